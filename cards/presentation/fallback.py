"""What is shown where putting findings on cards fails: each by itself, in the plainest words, with no change offered.

A finding is worth more than its card: one that cannot be worded is still named, and one that cannot even be named is
told of.
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

import msgspec

from cards.facts.outcomes import Fired, Indicator
from cards.facts.topics import Topic
from cards.presentation.card import SUMMARY_LIMIT, Card
from cards.presentation.grouping import CardContent
from cards.presentation.markdown import escape
from cards.presentation.urgency import Urgency, gravest, indicator_of, urgency_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from cards.facts.outcomes import Verdict
    from cards.facts.topics import TopicCode
    from cards.knowledge.schema import Knowledge
    from cards.presentation.wording import Wording

_NAMESPACE = uuid.UUID("1c1b7a86-8f3c-5b0e-9d0a-6a6c9f7b5d11")
_SOURCE = "practice"


def ungrouped(
    shown: Iterable[Verdict], wording: Wording, by_site: Mapping[TopicCode, Indicator]
) -> tuple[CardContent, ...]:
    """Put the findings of one topic and drug on a card, the most urgent first; none is folded, and no fix offered.

    Which changes may be offered is for the grouping to say, which failed.
    """
    groups: dict[tuple[TopicCode, str], list[Verdict]] = {}
    for verdict in shown:
        if isinstance(verdict.outcome, Fired):
            bare = msgspec.structs.replace(verdict, outcome=msgspec.structs.replace(verdict.outcome, fixes=()))
            groups.setdefault((verdict.topic, verdict.drug), []).append(bare)
    contents = [
        CardContent(tuple(group), urgency=min(_urgency(each, wording, by_site) for each in group))
        for group in groups.values()
    ]
    return tuple(sorted(contents, key=lambda each: each.urgency))


def _urgency(verdict: Verdict, wording: Wording, by_site: Mapping[TopicCode, Indicator]) -> Urgency:
    try:
        return urgency_of(verdict, indicator_of(verdict, wording, by_site))
    except Exception:  # noqa: BLE001 - the failure of the grouping is told already; one that may be grave goes first
        return Urgency.CRITICAL


class FallbackCards:
    """Writes cards that need none of what may have failed, in the words of one site."""

    def __init__(self, wording: Wording, known: Knowledge, indicators: Mapping[TopicCode, Indicator]) -> None:
        """Write beforehand what is said when nothing can be written."""
        self._wording, self._known, self._indicators = wording, known, indicators
        source = known.sources[_SOURCE]
        words = wording.topics[Topic.CHECKS_INCOMPLETE]
        self._last_resort = Card(
            uuid="",
            topic=Topic.CHECKS_INCOMPLETE,
            topic_display=words.display,
            order=None,
            summary=wording.headings["failed-summary"],
            detail=wording.headings["failed-detail"],
            indicator=Indicator.WARNING,
            source_label=source.title,
            source_url=source.url,
            override_reasons=wording.override_reasons_of(Topic.CHECKS_INCOMPLETE),
            suggestions=(),
        )

    def card_of(self, content: CardContent, hook_instance: str) -> Card:
        """Write the card of findings whose words failed: their topic, their drugs, and that there is more to know."""
        lead = content.lead
        words = self._wording.topics[lead.topic]
        drugs = ", ".join(dict.fromkeys(each.drug for each in content.verdicts if each.drug))
        summary = f"{drugs}: {words.display}" if drugs else words.display
        others = dict.fromkeys((each.topic, each.drug) for each in content.all_verdicts[1:] if each.topic != lead.topic)
        lines = (escape(f"{drug}: {self._wording.topics[topic].display}") for topic, drug in others)
        return msgspec.structs.replace(
            self._last_resort,
            uuid=_uuid(f"{hook_instance}|{lead.topic}|{drugs}|{lead.order.path if lead.order else ''}"),
            topic=lead.topic,
            topic_display=words.display,
            order=lead.order,
            summary=summary if len(summary) <= SUMMARY_LIMIT else summary[: SUMMARY_LIMIT - 1] + "…",
            detail="\n".join((self._wording.headings["unworded"], "", *(f"- {each}" for each in lines))).strip(),
            indicator=gravest(content.verdicts, self._wording, self._indicators),
            override_reasons=self._wording.override_reasons_of(lead.topic),
        )

    def minimal_card(self, hook_instance: str, place: int = 0) -> Card:
        """Return the card that says no more than that something could not be checked or shown."""
        return msgspec.structs.replace(self._last_resort, uuid=_uuid(f"{hook_instance}|{place}"))


def _uuid(key: str) -> str:
    return str(uuid.uuid5(_NAMESPACE, key))
