"""The urgency of a finding: its indicator, and the position of its card in an answer."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING

from cards.facts.outcomes import Fired, Indicator
from cards.facts.topics import Topic, TopicCode
from cards.knowledge.schema import Confidence

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from cards.facts.outcomes import Verdict
    from cards.knowledge.schema import Cited
    from cards.presentation.wording import Wording

SEVERITY = (Indicator.INFO, Indicator.WARNING, Indicator.CRITICAL)
_IDENTITY = frozenset({Topic.DRUG_IDENTITY_CONFLICT, Topic.DRUG_AMBIGUOUS})
_DISCONTINUE = frozenset(
    {Topic.LIVER_TESTS_DISCONTINUE, Topic.ILD_ACTIVE, Topic.HEART_FAILURE_ACTIVE, Topic.PREGNANCY_POSITIVE}
)
_HOLD = frozenset({Topic.LVEF_HOLD, Topic.LIVER_TESTS_HOLD, Topic.BLOOD_COUNT_HOLD})
STOPS = _DISCONTINUE | _HOLD
"""The topics that say not to give the drug."""


class Urgency(IntEnum):
    """The classes by which cards are sorted, most urgent first."""

    IDENTITY = 0
    """Which drug is meant."""
    DISCONTINUE = 1
    HOLD = 2
    CRITICAL = 3
    WARNING = 4
    INFO = 5


def indicator_of(verdict: Verdict, wording: Wording, by_site: Mapping[TopicCode, Indicator]) -> Indicator:
    """Return the site's indicator or the topic's default, lowered if the finding itself is weaker."""
    candidates = [by_site.get(verdict.topic, wording.topics[verdict.topic].indicator)]
    if isinstance(verdict.outcome, Fired):
        if verdict.outcome.indicator is not None:
            candidates.append(verdict.outcome.indicator)
        if verdict.soften or is_unverified(verdict.outcome.cited):
            candidates.append(Indicator.WARNING)
    return min(candidates, key=SEVERITY.index)


def gravest(verdicts: Iterable[Verdict], wording: Wording, by_site: Mapping[TopicCode, Indicator]) -> Indicator:
    """Return the indicator of a card: that of its gravest finding."""
    return max((indicator_of(each, wording, by_site) for each in verdicts), key=SEVERITY.index)


def is_unverified(cited: Iterable[Cited]) -> bool:
    """Return whether one of the citations is not verified."""
    return any(each.confidence is Confidence.UNVERIFIED for each in cited)


def urgency_of(verdict: Verdict, indicator: Indicator) -> Urgency:
    """Return the class of a finding. A "stop" finding stays one whatever indicator a site sets."""
    if verdict.topic in _IDENTITY:
        return Urgency.IDENTITY
    # A finding lowered by its own rule, such as lung disease from before treatment, is not a "stop".
    if not isinstance(verdict.outcome, Fired) or verdict.outcome.indicator in (None, Indicator.CRITICAL):
        if verdict.topic in _DISCONTINUE:
            return Urgency.DISCONTINUE
        if verdict.topic in _HOLD:
            return Urgency.HOLD
    return (Urgency.INFO, Urgency.WARNING, Urgency.CRITICAL)[SEVERITY.index(indicator)]
