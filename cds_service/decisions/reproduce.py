"""Judges recorded facts again with the settings that were in force, and compares the result."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from cards.engine import cases_in_scope, judge
from cards.facts.outcomes import Indicator
from cards.facts.policy import Mode, PlannedDoses, Policy
from cards.facts.topics import TopicCode
from cards.failures import ignore_failure, run_rule
from cards.identification.identity import IdentityStatus
from cards.identification.recognizer import Recognizer, recognizer_for
from cards.knowledge.billing_setup import with_sources
from cards.knowledge.loader import default_knowledge
from cards.presentation.renderer import Renderer
from cds_service import __version__
from cds_service.configuration.coverage_files import setup_of_record
from cds_service.configuration.site_layer import layer_of_record
from cds_service.decisions.rejudge import question, recorded_session
from cds_service.protocol import crd
from cds_service.protocol.card_json import card_json, to_show, worded
from cds_service.protocol.form_links import suggestion_id

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from cards.facts.outcomes import Verdict
    from cards.facts.session import Session
    from cards.identification.identity import Identity
    from cards.knowledge.schema import Knowledge
    from cards.presentation.card import Card
    from cards.presentation.grouping import CardContent
    from cards.presentation.wording import Wording
    from cards.rules import Rule
    from cds_service.store.reading import StoredDecision

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Replay:
    """The result of judging recorded facts today. ``changed`` names the versions that differ now."""

    verdicts: tuple[Verdict, ...]
    cards: tuple[Json, ...]
    identical: bool
    changed: tuple[str, ...]
    thresholds: Mapping[TopicCode, Sequence[str]]
    known: Knowledge
    wording: Wording


def replay(kept: StoredDecision) -> Replay:
    """Judge the facts of a decision again, with today's code, knowledge and wording and its own settings."""
    layer = layer_of_record(kept.configuration)
    known, wording = layer.known, layer.wording
    policy, billing = recorded_policy(kept.configuration), setup_of_record(kept.configuration.get("coverage"))
    session, identities, rules = question(recorded_session(kept), known, policy, billing)
    recognizer, cited = recognizer_for(known), with_sources(known, billing)
    verdicts = judge(session, recognizer, policy, identities, rules, ignore_failure)
    renderer = Renderer(wording, cited, policy.indicators)
    sent = {each["uuid"]: each for card in kept.cards for each in card.get("suggestions", ())}
    links = {card["uuid"]: card["links"] for card in kept.cards if "links" in card}
    contents = crd.contents_for(to_show(verdicts, session, policy, recognizer, wording), session)
    cards = tuple(
        crd.card_for(
            card_json(
                card,
                kept.configuration["base_url"],
                [
                    {"label": each.label, "uuid": each.uuid, **_as_sent(sent[each.uuid])}
                    for each in card.suggestions
                    if each.uuid in sent
                ]
                + [sent[begun] for begun in (suggestion_id(card.uuid),) if begun in sent],
                [each for each in links.get(card.uuid, ()) if (each["label"], each["url"]) not in card.links],
            ),
            content,
            session,
        )
        for card, content in _sent(kept, zip(worded(contents, renderer, kept.row.hook_instance), contents, strict=True))
    )
    then = (kept.row.code_version, kept.row.knowledge_version, kept.row.wording_version)
    now = (__version__, known.version, wording.version)
    named = ("code", "knowledge", "wording")
    changed = tuple(name for name, old, new in zip(named, then, now, strict=True) if old != new)
    thresholds = thresholds_asked(session, recognizer, policy, identities, rules)
    return Replay(verdicts, cards, cards == kept.cards, changed, thresholds, cited, wording)


def _sent(kept: StoredDecision, cards: Iterable[tuple[Card, CardContent]]) -> Iterable[tuple[Card, CardContent]]:
    """Leave out the cards that were suppressed as repeats at the time."""
    left_out = {row.uuid for row in kept.suppressed}
    return ((card, content) for card, content in cards if card.uuid not in left_out)


def _as_sent(suggestion: Json) -> Json:
    """Reduce a recorded suggestion to what the judgment produces; older records have no recommendation."""
    return {name: suggestion[name] for name in ("isRecommended", "actions") if name in suggestion}


def recorded_policy(configuration: Json) -> Policy:
    """Return the policy of a recorded configuration.

    A threshold added since then gets its default, because today's rules need it.
    """
    defaults = {name: threshold.default for name, threshold in default_knowledge().thresholds.items()}
    topics = configuration["topics"]
    return Policy(
        thresholds=defaults
        | {
            name: None if each["value"] is None else Decimal(each["value"])
            for name, each in configuration["thresholds"].items()
        },
        modes={topic: Mode(each["mode"]) for topic, each in topics.items()},
        indicators={topic: Indicator(each["indicator"]) for topic, each in topics.items()},
        # Decisions from before this setting existed judged every planned dose.
        planned_doses=PlannedDoses(configuration.get("planned_doses", PlannedDoses.EVERY)),
    )


class _Watched(Mapping[str, Decimal | None]):
    """Thresholds that record which of them were read."""

    def __init__(self, thresholds: Mapping[str, Decimal | None]) -> None:
        self._thresholds = thresholds
        self.asked: dict[str, None] = {}

    def __getitem__(self, name: str) -> Decimal | None:
        value = self._thresholds[name]
        self.asked[name] = None
        return value

    def __iter__(self) -> Iterator[str]:
        return iter(self._thresholds)

    def __len__(self) -> int:
        return len(self._thresholds)


def thresholds_asked(
    session: Session,
    recognizer: Recognizer,
    policy: Policy,
    identities: Sequence[Identity] | None,
    rules: Sequence[Rule],
) -> dict[TopicCode, list[str]]:
    """Find which thresholds each topic's rule reads for these facts, by running each rule separately."""
    found = {}
    for rule in rules:
        watched = _Watched(policy.thresholds)
        for case in cases_in_scope(session, recognizer, Policy(watched), identities):
            if case.identity.status is IdentityStatus.SETTLED or rule.before_identity:
                run_rule(rule, case, ignore_failure)
        found[rule.topic] = list(watched.asked)
    return found
