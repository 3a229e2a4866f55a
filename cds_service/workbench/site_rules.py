"""The data of the site rules page: each rule's text, the results of its cases, and its card."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cards.identification.recognizer import recognizer_for
from cards.knowledge.schema import Expected
from cards.site_cases import CaseRun, run_cases, session_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cards.facts.policy import Mode
    from cards.knowledge.schema import SiteRule, Source
    from cds_service.configuration.settings import Settings
    from cds_service.configuration.site_layer import SiteLayer
    from cds_service.workbench.previewing import Previewer

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class RuleView:
    """A rule: its text from the file, the results of its cases, and the card of the first that fires."""

    rule: SiteRule
    mode: Mode
    indicator: str
    source: Source
    text: str
    runs: Sequence[CaseRun]
    card: Json | None


def rule_views(settings: Settings, previewer: Previewer) -> list[RuleView]:
    """Describe all site rules."""
    layer, policy = settings.site_layer, settings.policy()
    runs: dict[str, list[CaseRun]] = {}
    for run in run_cases(layer.known):
        runs.setdefault(run.rule.topic, []).append(run)
    return [
        RuleView(
            rule,
            policy.mode(rule.topic),
            str(policy.indicators.get(rule.topic, rule.indicator)),
            layer.known.sources[rule.by.source],
            _text(rule, layer),
            runs.get(rule.topic, ()),
            card_of_rule(rule, previewer),
        )
        for rule in layer.known.site_rules
    ]


def card_of_rule(rule: SiteRule, previewer: Previewer) -> Json | None:
    """Return the card of the first case in which a rule fires, whatever its mode, if any."""
    firing = next((case for case in rule.cases if case.expect is Expected.FIRES), None)
    if firing is None:
        return None
    _, session = session_of(firing, recognizer_for(previewer.known))
    return previewer.card_about(session, rule.topic)


def _text(rule: SiteRule, layer: SiteLayer) -> str:
    """Return the lines of a rule, up to the next rule of its file."""
    name, _, line = rule.where.rpartition(":")
    text = next((text for file, text in layer.rule_files if file == name), "")
    lines, first = text.splitlines(), int(line) - 1
    starts = [
        int(each.where.rpartition(":")[2]) for each in layer.known.site_rules if each.where.startswith(f"{name}:")
    ]
    last = min((start - 1 for start in starts if start - 1 > first), default=len(lines))
    own = lines[first:last]
    # A comment before the next rule is about that one.
    while own and (not own[-1].strip() or own[-1].lstrip().startswith("#")):
        own.pop()
    return "\n".join(own)
