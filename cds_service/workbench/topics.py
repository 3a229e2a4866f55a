"""The data of the topic pages: what each topic does now, who set it, and its source."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cards.facts.outcomes import Indicator
from cards.facts.policy import Mode, default_policy
from cards.facts.topics import Topic, TopicCode
from cards.identification.recognizer import recognizer_for
from cards.knowledge.loader import default_knowledge
from cards.presentation.wording import default_wording
from cards.values.quantities import plain
from cards.values.text_cache import cached_by_key
from cds_service.configuration.settings import Settings
from cds_service.decisions.rejudge import question
from cds_service.decisions.reproduce import thresholds_asked
from cds_service.workbench.site_rules import card_of_rule
from cds_service.workbench.specimens import specimens

if TYPE_CHECKING:
    from decimal import Decimal

    from cards.presentation.wording import TopicWording
    from cds_service.workbench.previewing import Previewer

FAMILIES: tuple[tuple[str, Topic], ...] = (
    ("Identity and coding", Topic.DRUG_IDENTITY_CONFLICT),
    ("Dose", Topic.DOSE_MATCHES_OTHER_DRUG),
    ("HER2 and indication", Topic.HER2_MISSING),
    ("Monitoring", Topic.LVEF_MISSING),
    ("Regimen", Topic.HER2_AGENTS_COMBINED),
    ("Billing and coverage", Topic.BILLING_SUMMARY),
    ("Everywhere", Topic.CHECKS_INCOMPLETE),
)
"""The families, each with its first topic."""
OF_SITE = "Rules of the site"


@dataclass(frozen=True, slots=True)
class ThresholdRow:
    """A threshold: the value in force, its bounds, its effect, and who set it."""

    name: str
    value: Decimal | None
    default: Decimal | None
    minimum: Decimal
    maximum: Decimal
    unit: str
    meaning: str
    source: str
    set_by: str

    @property
    def written(self) -> str:
        """The value with its unit."""
        return "the label's own" if self.value is None else f"{plain(self.value)} {self.unit}"

    @property
    def is_fixed(self) -> bool:
        """Whether no site may change it."""
        return self.minimum == self.maximum


@dataclass(frozen=True, slots=True)
class TopicRow:
    """A topic as it is in force."""

    topic: TopicCode
    words: TopicWording
    mode: Mode
    indicator: Indicator
    owner: str
    set_by: str
    thresholds: tuple[ThresholdRow, ...]
    source_label: str
    source_url: str


def threshold_rows(settings: Settings) -> dict[str, ThresholdRow]:
    """Return every threshold by its name."""
    known, policy = settings.site_layer.known, settings.policy()
    return {
        name: ThresholdRow(
            name,
            policy.thresholds[name],
            each.default,
            each.minimum,
            each.maximum,
            each.unit,
            each.meaning,
            f"{known.sources[each.by.source].title}, {each.by.section}",
            settings.set_by("thresholds", name),
        )
        for name, each in known.thresholds.items()
    }


def topic_row(topic: TopicCode, settings: Settings, previewer: Previewer) -> TopicRow:
    """Describe a topic. Its source is taken from the card of its typical case."""
    return _row(topic, settings, previewer, threshold_rows(settings))


def _row(topic: TopicCode, settings: Settings, previewer: Previewer, rows: dict[str, ThresholdRow]) -> TopicRow:
    words, policy = settings.site_layer.wording, settings.policy()
    setting = settings.cards.get(topic)
    card = typical_card(topic, settings, previewer)
    return TopicRow(
        topic=topic,
        words=words.topics[topic],
        mode=policy.mode(topic),
        indicator=policy.indicators.get(topic, words.topics[topic].indicator),
        owner=(setting.owner if setting else None) or "",
        set_by=settings.set_by("cards", str(topic)),
        thresholds=tuple(rows[name] for name in rows if name in _asked_for(topic)),
        source_label=card["source"]["label"] if card else "",
        source_url=card["source"].get("url", "") if card else "",
    )


@cached_by_key(len(Topic))
def _asked_for(topic: TopicCode) -> frozenset[str]:
    """Return the thresholds of a topic: those that its rule reads in any of its cases, and those in its texts."""
    known, policy = default_knowledge(), default_policy(default_knowledge())
    billing = Settings().billing()
    asked = {name for name, each in default_wording().thresholds.items() if topic in each.topics}
    for case in specimens().values():
        if case.topic == topic:
            put = question(case.session(), known, policy, billing)
            own = [rule for rule in put.rules if rule.topic == topic]
            asked.update(*thresholds_asked(put.session, recognizer_for(known), policy, put.identities, own).values())
    return frozenset(asked)


def typical_card(topic: TopicCode, settings: Settings, previewer: Previewer) -> dict[str, Any] | None:
    """Return the card of a topic's typical case, with the wording and indicators in force."""
    if (rule := settings.site_layer.known.site_rule(topic)) is not None:
        return card_of_rule(rule, previewer)
    return previewer.typical_cards.get(topic)


def families(settings: Settings, previewer: Previewer) -> list[tuple[str, list[TopicRow]]]:
    """Return all topics by family."""
    begins, rows = {first: label for label, first in FAMILIES}, threshold_rows(settings)
    found: list[tuple[str, list[TopicRow]]] = []
    for topic in Topic:
        if topic in begins:
            found.append((begins[topic], []))
        found[-1][1].append(_row(topic, settings, previewer, rows))
    own = [_row(rule.topic, settings, previewer, rows) for rule in settings.site_layer.known.site_rules]
    return [*found, (OF_SITE, own)] if own else found
