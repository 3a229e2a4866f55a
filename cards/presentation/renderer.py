"""Renders findings as cards, within the protocol's limits and in the site's wording.

Everything from a chart is escaped, so that it cannot become markup.
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

import msgspec

from cards.facts.outcomes import FAILED, Evidence, Fired, Indicator
from cards.facts.topics import Topic, TopicCode
from cards.presentation.card import SUMMARY_LIMIT, Card, Suggestion
from cards.presentation.fallback import FallbackCards
from cards.presentation.fitting import fitted
from cards.presentation.grouping import CardContent
from cards.presentation.language import Localizer
from cards.presentation.markdown import escape, unescape
from cards.presentation.removals import NamedOrder
from cards.presentation.suggestions import SuggestionWriter, join_listed
from cards.presentation.urgency import Urgency, gravest, is_unverified

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from cards.facts.outcomes import Verdict
    from cards.knowledge.schema import Cited, Knowledge, Source
    from cards.presentation.wording import Wording

_NAMESPACE = uuid.UUID("6f0b8f0e-3d5a-5f0e-9a53-0c6d4b1e9d52")
_SETTING = "practice"
_DAYS_LISTED = 12
_OF_ORDER = "understood-in-part"
_PLACED = frozenset({"not-checked", "set-aside", "set-aside-entry", _OF_ORDER, "understood-in-part-entry"})
_LIST = "list-incomplete"
_LINE, _LINES, _REASONS = "{line}", "{lines}", "{reasons}"
_PLANNED = "planned-tests"
_FAILED = f"missing-{FAILED}"
# The link below the card has the full title.
_PI, _LABEL = "prescribing information", "label"


class Renderer:
    """Renders cards with one wording and one knowledge version."""

    def __init__(self, wording: Wording, known: Knowledge, indicators: Mapping[TopicCode, Indicator]) -> None:
        """Keep the words, the sources, and the indicators a site has set for its topics."""
        self._wording = wording
        self._known = known
        self._indicators = indicators
        self._localizer = Localizer(wording.locale)
        self._suggestions = SuggestionWriter(wording.suggestions, known.terminology, self._localizer)
        self.plain = FallbackCards(wording, known, indicators)

    def card(self, verdict: Verdict, hook_instance: str) -> Card | None:
        """Render the card of a single verdict that fired; ``None`` for any other."""
        if not isinstance(verdict.outcome, Fired):
            return None
        orders = (NamedOrder(verdict.order, verdict.drug, None),) if verdict.order else ()
        return self.card_of(CardContent((verdict,), orders), hook_instance)

    def card_of(self, content: CardContent, hook_instance: str) -> Card:
        """Render the card for a group of findings."""
        lead = content.lead
        words = self._wording.topics[lead.topic]
        key = f"{hook_instance}|{_key_of(content.verdicts)}|{lead.topic}"
        findings = [each.outcome for each in content.verdicts if isinstance(each.outcome, Fired)]
        source = self._known.sources[findings[0].cited[0].source]
        return Card(
            uuid=_uuid(key),
            topic=lead.topic,
            topic_display=words.display,
            order=lead.order,
            summary=self._summary(content),
            detail=self._detail(content, findings),
            indicator=gravest(content.verdicts, self._wording, self._indicators),
            source_label=self._own(source, source.title),
            source_url=source.url,
            override_reasons=self._wording.override_reasons_of(lead.topic),
            suggestions=tuple(
                Suggestion(label, _uuid(f"{key}|{number}"), changes)
                for number, (label, changes) in enumerate(self._suggestions.suggestions(content))
            ),
            links=tuple((link.label, link.url) for link in words.links),
        )

    def _summary(self, content: CardContent) -> str:
        """Return the summary: the gravest finding, and how many orders have it or a similar one."""
        drugs = self._drugs(content)
        said = list(dict.fromkeys(self._sentence(each, drugs) for each in content.verdicts))
        more = ""
        # One order may plan several doses.
        orders = len(content.orders) if content.lead.topic is not Topic.MONITORING_PLANNED else len(content.verdicts)
        if orders > 1 and content.lead.drug == drugs:
            label = "orders" if len(said) == 1 else "more-orders"
            count = orders if len(said) == 1 else orders - 1
            more = self._wording.headings[label].format(count=count)
        room = SUMMARY_LIMIT - len(more)
        text = said[0] if len(said[0]) <= room else said[0][: room - 1].rstrip() + "…"
        return text + more

    def _sentence(self, verdict: Verdict, drug: str) -> str:
        finding = verdict.outcome
        if not isinstance(finding, Fired):
            return ""
        sentence = self._wording.topics[verdict.topic].variants[finding.variant]
        filled = self._localizer.all_filled(finding.values)
        # The line of what could not be checked, where there is only one, or as much as there is room for of several.
        line = self._plain_line(finding.evidence[0], drug) if _LINE in sentence.summary else ""
        bare = {"drug": drug, "line": line, "lines": "", "reasons": ""}
        room = SUMMARY_LIMIT - len(sentence.summary.format(**bare, **filled))
        if _LINES in sentence.summary:
            bare["lines"] = fitted([self._plain_line(each, drug) for each in finding.evidence], room)
        if _REASONS in sentence.summary:
            bare["reasons"] = fitted([self._reason(each, drug) for each in finding.evidence], room)
        return " ".join(sentence.summary.format(**bare, **filled).split())

    def _plain_line(self, line: Evidence, drug: str) -> str:
        """Return a line of the evidence without markup, and without the drug or the order, which the summary names."""
        if line.label == _OF_ORDER:
            return self._reason(line, drug)
        return unescape(self._evidence_line(line)).removeprefix(f"{drug}: ")

    def _reason(self, line: Evidence, drug: str) -> str:
        """Return why something was not used, without its place, where the line is about that."""
        if line.gap is None or line.label not in _PLACED:
            return self._plain_line(line, drug)
        return self._wording.gaps[line.gap.reason].format(**self._localizer.all_filled(dict(line.gap.values)))

    def _detail(self, content: CardContent, findings: list[Fired]) -> str:
        content = _without_later_doses(content)
        headings, lead = self._wording.headings, findings[0]
        cited = _cited(content.verdicts)
        told = _days_together(line for finding in findings for line in finding.evidence)
        evidence = dict.fromkeys(self._lines(told, cited))
        parts = ["\n".join(evidence)] if evidence else []
        # The lines of this topic are the days of the orders.
        names_days = content.lead.topic is Topic.MONITORING_PLANNED
        if len(content.orders) > 1 and not names_days:
            parts.append(headings["for-orders"].format(days=self._days(content.orders)))
        elif content.orders and content.orders[0].which and not names_days:
            # One of several orders for the drug.
            parts.append(headings["for-order"].format(day=self._days(content.orders)))
        parts += dict.fromkeys(self._rules(content))
        parts += [f"**{headings[each.heading]}**\n\n{self._list(each.lines, cited)}" for each in lead.sections]
        parts += dict.fromkeys(
            self._wording.notes[note].format(**self._escaped(filled))
            for finding in findings
            for note, filled in finding.notes
        )
        parts += self._folded(content)
        if any(each.soften for each in content.verdicts):
            parts.append(self._wording.notes["tentative"])
        parts += self._sources(cited, _cited(content.folded), numbered=bool(lead.sections))
        if self._wording.contact:
            parts.append(escape(self._wording.contact))
        if notice := self._localizer.notice:
            parts.append(escape(notice))
        return "\n\n".join(parts)

    def _folded(self, content: CardContent) -> Iterator[str]:
        """Yield the sections for folded findings: what else was found, and what later doses need.

        A line based on an unverified fact says so, whatever the card itself is based on.
        """
        planned = [each for each in content.folded if each.topic is Topic.MONITORING_PLANNED]
        others = dict.fromkeys(
            escape(self._sentence(each, each.drug)) + self._verify(each)
            for each in content.folded
            if each.topic is not Topic.MONITORING_PLANNED
        )
        if others:
            yield "\n".join((self._wording.headings["folded"], "", *(f"- {each}" for each in others)))
        if planned:
            lines = dict.fromkeys(
                line for drug in dict.fromkeys(each.drug for each in planned) for line in self._needed(content, drug)
            )
            marks = dict.fromkeys(mark for each in planned if (mark := self._verify(each).strip()))
            yield "\n".join((self._wording.headings["later-doses"], "", *lines, *marks))

    def _needed(self, content: CardContent, drug: str) -> Iterator[str]:
        """Yield the lines on what later doses of a drug need, with its name if the card is about another."""
        told = _days_together(
            line
            for each in content.folded
            if each.topic is Topic.MONITORING_PLANNED and each.drug == drug and isinstance(each.outcome, Fired)
            for line in each.outcome.evidence
        )
        named = "" if any(each.drug == drug for each in content.verdicts) else f"{escape(drug)}: "
        yield from (f"- {named}{self._evidence_line(line)}" for line in told)

    def _verify(self, verdict: Verdict) -> str:
        is_marked = isinstance(verdict.outcome, Fired) and is_unverified(verdict.outcome.cited)
        return " " + self._wording.headings["line-verify"] if is_marked else ""

    def _rules(self, content: CardContent) -> Iterator[str]:
        drugs = escape(self._drugs(content))
        for verdict in content.verdicts:
            if isinstance(finding := verdict.outcome, Fired):
                sentence = self._wording.topics[verdict.topic].variants[finding.variant]
                yield sentence.rule.format(drug=drugs, **self._escaped(finding.values))

    def _sources(self, cited: tuple[Cited, ...], folded: tuple[Cited, ...], *, numbered: bool) -> Iterator[str]:
        """Name each source once, with its sections; a site's own setting is omitted if there is a label.

        Those of ``folded`` findings follow; their own lines say which are not verified.
        """
        headings = self._wording.headings
        if numbered:
            # Each line names its source by number.
            listed = "\n".join(f"{n}. {self._citation((each,))}" for n, each in enumerate(cited, 1))
            yield f"**{headings['source']}**\n\n{listed}"
            return
        told = [each for each in (*cited, *folded) if each.source != _SETTING] or list(cited)
        by_source: dict[str, list[Cited]] = {}
        for each in told:
            by_source.setdefault(each.source, []).append(each)
        yield f"{headings['source']}: " + "; ".join(self._citation(each) for each in by_source.values())
        if is_unverified(cited):
            yield f"**{headings['verify']}**"

    def _days(self, orders: Iterable[NamedOrder]) -> str:
        days = list(
            dict.fromkeys(order.which or (order.on.isoformat() if order.on else order.drug) for order in orders)
        )
        return escape(self._localizer.text(_listed(days)))

    def _list(self, lines: Iterable[Evidence], cited: tuple[Cited, ...]) -> str:
        return "\n".join(self._lines(lines, cited))

    def _lines(self, lines: Iterable[Evidence], cited: tuple[Cited, ...]) -> Iterator[str]:
        for line in lines:
            yield f"- {self._evidence_line(line)}{self._numbered(line, cited)}"
            yield from (f"  - {self._evidence_line(below)}{self._numbered(below, cited)}" for below in line.below)

    def _numbered(self, line: Evidence, cited: tuple[Cited, ...]) -> str:
        """Return the number of a line's source, and whether it has been verified."""
        if line.by is None:
            return ""
        label = "source-verify" if is_unverified((line.by,)) else "source-number"
        return " " + self._wording.headings[label].format(number=cited.index(line.by) + 1)

    def _evidence_line(self, line: Evidence) -> str:
        values = self._escaped(dict(line.values))
        if line.gap is not None:
            values["reason"] = self._wording.gaps[line.gap.reason].format(**self._escaped(dict(line.gap.values)))
        if line.label == _FAILED:
            topic = dict(line.values)["check"]
            values["check"] = escape(self._wording.topics[topic].display)
        said = (
            self._place(line.text, whole=line.label == _LIST)
            if line.label in _PLACED or line.label == _LIST
            else escape(self._localizer.line(line.label, line.text))
        )
        text = self._wording.evidence[line.label].format(text=said, **values)
        return "; ".join((text, *(self._evidence_line(part) for part in line.parts)))

    def _escaped(self, values: Mapping[str, str]) -> dict[str, str]:
        return {name: escape(value) for name, value in self._localizer.all_filled(values).items()}

    def _drugs(self, content: CardContent) -> str:
        return self._localizer.joined(dict.fromkeys(each.drug for each in content.verdicts))

    def _place(self, path: str, *, whole: bool = False) -> str:
        """Describe a place in the request, or a whole list, in words: readers of a card do not know FHIR paths."""
        places = self._wording.lists_of_request if whole else self._wording.places_of_request
        return next((said for begin, said in places.items() if path.startswith(begin)), places[""])

    def _own(self, source: Source, text: str) -> str:
        """Translate what this service says of its own settings; the titles of documents stay as they are."""
        return self._localizer.text(text) if source.own else text

    def _citation(self, cited: Sequence[Cited]) -> str:
        source = self._known.sources[cited[0].source]
        sections = "; ".join(dict.fromkeys(escape(self._own(source, each.section)) for each in cited))
        return self._wording.headings["citation"].format(
            title=escape(self._own(source, source.title).replace(_PI, _LABEL)),
            section=sections,
            as_of=self._localizer.figures(source.as_of),
        )


def _days_together(lines: Iterable[Evidence]) -> list[Evidence]:
    """Combine the tests that several planned doses need, with all their days."""
    found: list[Evidence] = []
    days: dict[str, dict[str, None]] = {}
    for line in lines:
        if line.label != _PLANNED:
            found.append(line)
            continue
        if line.text not in days:
            found.append(line)
        days.setdefault(line.text, {}).update(dict.fromkeys(day for _, day in line.values))
    return [
        msgspec.structs.replace(line, values=(("days", _listed(list(days[line.text]))),))
        if line.label == _PLANNED
        else line
        for line in found
    ]


def _listed(days: Sequence[str]) -> str:
    more = len(days) - _DAYS_LISTED
    listed = join_listed(days[:_DAYS_LISTED])
    return f"{listed} (+{more})" if more > 0 else listed


def _without_later_doses(content: CardContent) -> CardContent:
    """Leave out what later doses of a drug need that must not be given again."""
    if content.urgency is not Urgency.DISCONTINUE:
        return content
    product = content.lead.product
    ended = [each for each in content.folded if each.topic is Topic.MONITORING_PLANNED and each.product == product]
    folded = tuple(each for each in content.folded if each not in ended)
    return msgspec.structs.replace(content, folded=folded) if ended else content


def _cited(verdicts: Iterable[Verdict]) -> tuple[Cited, ...]:
    """Return the sources of the findings, each once."""
    return tuple(dict.fromkeys(each for v in verdicts if isinstance(v.outcome, Fired) for each in v.outcome.cited))


def _key_of(verdicts: Iterable[Verdict]) -> str:
    """Return the key of a card's orders: a single order keeps its original key, so that the card id stays the same."""
    return ",".join(sorted({each.order.reference or each.order.path for each in verdicts if each.order is not None}))


def _uuid(key: str) -> str:
    return str(uuid.uuid5(_NAMESPACE, key))
