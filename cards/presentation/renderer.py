"""Turns findings into cards, within the limits of the protocol and in the words of the site.

Everything that comes from a chart is escaped, so that no text of a patient becomes markup.
"""

from __future__ import annotations

import re
import uuid
from typing import TYPE_CHECKING

from cards.facts.outcomes import (
    Evidence,
    Fired,
    Fix,
    HoldOrder,
    Indicator,
    OrderTests,
    RemoveNdc,
    RemoveOrder,
    ReplaceBillingCode,
    SetDose,
)
from cards.knowledge.schema import Confidence
from cards.presentation.card import SUMMARY_LIMIT, Card, OverrideReason, Suggestion

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from cards.facts.outcomes import Verdict
    from cards.facts.topics import Topic
    from cards.knowledge.schema import Cited, Knowledge
    from cards.presentation.wording import Sentence, Wording

_NAMESPACE = uuid.UUID("6f0b8f0e-3d5a-5f0e-9a53-0c6d4b1e9d52")
_SEVERITY = (Indicator.INFO, Indicator.WARNING, Indicator.CRITICAL)
_MARKUP = re.compile(r"([\\`*_{}\[\]<>#|~&])")
# What would be a tag were the backslash not read stands as an entity: no detail holds HTML, however it is displayed.
_TAG = re.compile(r"\\<(?=[A-Za-z/!?])")


def escape(text: str) -> str:
    """Make a text from a chart harmless in GitHub Flavored Markdown; line breaks become spaces."""
    return _TAG.sub("&lt;", _MARKUP.sub(r"\\\1", " ".join(text.split())))


class Renderer:
    """Writes cards in one wording, from one state of knowledge."""

    def __init__(self, wording: Wording, known: Knowledge, indicators: Mapping[Topic, Indicator]) -> None:
        """Keep the words, the sources, and the indicators a site has set for its topics."""
        self._wording = wording
        self._known = known
        self._indicators = indicators

    def card(self, verdict: Verdict, hook_instance: str) -> Card | None:
        """Write the card of a verdict that fired; nothing for any other."""
        finding = verdict.outcome
        if not isinstance(finding, Fired):
            return None
        words = self._wording.topics[verdict.topic]
        sentence = words.variants[finding.variant]
        key = (
            f"{hook_instance}|{verdict.order.reference or verdict.order.path if verdict.order else ''}|{verdict.topic}"
        )
        source = self._known.sources[finding.cited[0].source]
        return Card(
            uuid=_uuid(key),
            topic=verdict.topic,
            topic_display=words.display,
            order=verdict.order,
            summary=self._summary(sentence, finding, verdict.drug),
            detail=self._detail(sentence, finding, verdict),
            indicator=self._indicator(verdict, finding),
            source_label=source.title,
            source_url=source.url,
            override_reasons=tuple(
                OverrideReason(code, self._wording.override_reasons[code]) for code in words.override_reasons
            ),
            suggestions=tuple(
                Suggestion(self._label(fix), _uuid(f"{key}|{number}"), fix) for number, fix in enumerate(finding.fixes)
            ),
            links=tuple((link.label, link.url) for link in words.links),
        )

    def _summary(self, sentence: Sentence, finding: Fired, drug: str) -> str:
        text = " ".join(sentence.summary.format(drug=drug, **finding.values).split())
        return text if len(text) <= SUMMARY_LIMIT else text[: SUMMARY_LIMIT - 1].rstrip() + "…"

    def _detail(self, sentence: Sentence, finding: Fired, verdict: Verdict) -> str:
        headings = self._wording.headings
        parts = []
        if finding.evidence:
            parts.append(self._list(headings["evidence"], finding.evidence, finding.cited))
        values = {name: escape(value) for name, value in finding.values.items()}
        parts.append(f"**{headings['rule']}** {sentence.rule.format(drug=escape(verdict.drug), **values)}")
        parts += [self._list(headings[each.heading], each.lines, finding.cited) for each in finding.sections]
        parts += [
            self._wording.notes[note].format(**{name: escape(value) for name, value in filled.items()})
            for note, filled in finding.notes
        ]
        if verdict.soften:
            parts.append(self._wording.notes["tentative"])
        if finding.sections:
            # Each line names its source by number.
            numbered = "\n".join(f"{n}. {self._citation(cited)}" for n, cited in enumerate(finding.cited, 1))
            parts.append(f"**{headings['source']}**\n\n{numbered}")
        else:
            sources = "; ".join(self._citation(cited) for cited in finding.cited)
            parts.append(f"**{headings['source']}** {sources}")
        if _unverified(finding.cited) and not finding.sections:
            parts.append(f"**{headings['verify']}**")
        if self._wording.contact:
            parts.append(escape(self._wording.contact))
        return "\n\n".join(parts)

    def _list(self, heading: str, lines: Iterable[Evidence], cited: tuple[Cited, ...]) -> str:
        written = []
        for line in lines:
            written.append(f"- {self._evidence_line(line)}{self._numbered(line, cited)}")
            written += [f"  - {self._evidence_line(below)}{self._numbered(below, cited)}" for below in line.below]
        return "\n".join((f"**{heading}**", "", *written))

    def _numbered(self, line: Evidence, cited: tuple[Cited, ...]) -> str:
        """Say which of the sources a line rests on, and whether that has been verified."""
        if line.by is None:
            return ""
        label = "source-verify" if _unverified((line.by,)) else "source-number"
        return " " + self._wording.headings[label].format(number=cited.index(line.by) + 1)

    def _evidence_line(self, line: Evidence) -> str:
        values = {name: escape(value) for name, value in line.values}
        if line.gap is not None:
            filled = {name: escape(value) for name, value in line.gap.values}
            values["reason"] = self._wording.gaps[line.gap.reason].format(**filled)
        text = self._wording.evidence[line.label].format(text=escape(line.text), **values)
        reference = line.origin.reference if line.origin else ""
        text = f"{text} ({escape(reference)})" if reference else text
        return "; ".join((text, *(self._evidence_line(part) for part in line.parts)))

    def _citation(self, cited: Cited) -> str:
        source = self._known.sources[cited.source]
        return self._wording.headings["citation"].format(
            title=escape(source.title), section=escape(cited.section), as_of=source.as_of
        )

    def _indicator(self, verdict: Verdict, finding: Fired) -> Indicator:
        """Take the site's indicator or the topic's own, and lower it where the finding itself is weaker."""
        default = self._indicators.get(verdict.topic, self._wording.topics[verdict.topic].indicator)
        candidates = [default]
        if finding.indicator is not None:
            candidates.append(finding.indicator)
        if verdict.soften or _unverified(finding.cited):
            candidates.append(Indicator.WARNING)
        return min(candidates, key=_SEVERITY.index)

    def _label(self, fix: Fix) -> str:
        words = self._wording.suggestions
        match fix:
            case SetDose(dose=dose):
                return words["set-dose"].format(dose=dose)
            case OrderTests(is_all=True):
                return words["order-all"]
            case OrderTests(concepts=concepts):
                known = self._known.terminology.concepts
                names = [known[concept].order_display or known[concept].display for concept in concepts]
                return words["order-tests"].format(tests=", ".join(names))
            case ReplaceBillingCode(wrong=wrong, code=code):
                return words["replace-billing-code"].format(wrong=wrong.code, code=code)
            case RemoveNdc(ndc=ndc):
                return words["remove-ndc"].format(ndc=ndc.text)
            case HoldOrder():
                return words["hold-order"]
            case RemoveOrder():
                return words["remove-order"]


def _uuid(key: str) -> str:
    return str(uuid.uuid5(_NAMESPACE, key))


def _unverified(cited: Iterable[Cited]) -> bool:
    return any(each.confidence is Confidence.UNVERIFIED for each in cited)
