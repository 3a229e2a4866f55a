"""What only words say in a chart: results without a known code, conclusions of reports, problems outside the list.

Nothing of it is used as a fact. It is told where it is newer than the results that count, or says something else.
"""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, TypeAlias

from msgspec.structs import replace

from cards.facts.origins import Gap, Origin
from cards.facts.patient import TreatmentState
from cards.facts.results import Her2Result, LabResult, Lvef, PregnancyTest, ResultTime, Weight
from cards.values.calendar_months import days_after
from cards.values.intervals import Interval
from fhir_mappings.codings import texts
from fhir_mappings.patient.named_elsewhere import REASON, asserted, named_elsewhere
from fhir_mappings.patient.nyha_classes import CONCEPT as NYHA_CLASS
from fhir_mappings.patient.nyha_classes import with_symptoms
from fhir_mappings.results.named_her2 import MENTIONS as NAMES_OF_HER2
from fhir_mappings.results.report_sentences import CARRIES_TEXT, sentences_of
from fhir_mappings.results.report_texts import MENTIONS
from fhir_mappings.results.written_values import VALUES
from fhir_mappings.wire.folding import fold
from fhir_mappings.wire.statuses import may_count
from fhir_mappings.wire.times import span, time_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from fhir_mappings.patient.conditions import ConditionReader
    from fhir_mappings.request.chart_draft import Draft
    from fhir_mappings.results.observations import ObservationReader
    from fhir_mappings.wire.lenient import Json

_HALF_A_YEAR = 183
_READ = frozenset({REASON, "named-only"})
"""The reasons of gaps for classes of heart failure whose value is told."""
_SHOWN = 60
_SENTENCES = re.compile(r"[;\n]|, |\.(?=\s|$)")
_NO = frozenset({"no", "nein", "non", "nao", "nee", "nie"})
"""The answers to a question that are no words of a laboratory."""
_NARRATIVE = (b'"div"',)
Measured: TypeAlias = Weight | Lvef | LabResult | PregnancyTest
_MEASURED = {Weight: "weight", Lvef: "lvef", PregnancyTest: "pregnancy-test"}


def add_named_in_words(draft: Draft, observations: ObservationReader, conditions: ConditionReader) -> None:
    """Add what only words say to a chart whose coded results have all been read."""
    if draft.local_results:
        draft.facts += _without_code(draft, observations)
    if draft.may_be_named:
        draft.facts += _her2(draft, observations)
        # A fraction that was told above is not told again.
        draft.facts += _lvef(draft, observations)
    if draft.reports or draft.elsewhere or draft.local_results:
        draft.facts += [*_in_reports(draft, observations), *_labs_in_reports(draft, observations)]
    classes = [fact for fact in draft.facts if isinstance(fact, Gap) and fact.about == NYHA_CLASS]
    if draft.elsewhere or classes:
        between = _since(draft), draft.latest
        draft.facts += with_symptoms([each for each in classes if each.reason in _READ], between)
        draft.facts += _problems_elsewhere(draft, conditions, between)


def half_a_year_before(day: date) -> date:
    """Return the day from which on something may still matter to a treatment; the first of all for an open end."""
    return days_after(day, -_HALF_A_YEAR) if day != date.max else date.min


def _without_code(draft: Draft, observations: ObservationReader) -> Iterator[Gap]:
    """Yield the results without a standard code that may be newer than those of their test with one, and differ."""
    read: dict[str, list[Measured]] = {}
    for fact in draft.facts:
        if isinstance(fact, Measured) and fact.on is not None:
            read.setdefault(_concept(fact), []).append(fact)
    newest = [max(fact.on for fact in facts if fact.on is not None) for facts in read.values()]
    # Where a test has no result with a code, one of half a year ago is still told; older ones are left alone.
    since = min([*newest, half_a_year_before(draft.latest)]).isoformat()
    born = draft.subject.birth_date
    first = born.isoformat() if born is not None else ""
    recent = (stub for stub in draft.local_results if not "" < stub.day < since or stub.day < first)
    for stub, content in draft.own(recent):
        time = time_of(content)[0]
        for found, holder in observations.named.gaps(content, Origin(stub.reference, stub.path)):
            gap = found
            if born is not None and gap.on is not None and gap.on < born:
                # What systems write for a day that they do not know, such as 1900-01-01.
                gap, time = replace(gap, on=None, latest=None), ResultTime("")
            known, is_future = read.get(gap.about or "", ()), gap.on is not None and gap.on > draft.latest
            if not is_future and _may_be_newest(gap, time, known) and _is_other(gap, holder, known, observations):
                yield gap


def _may_be_newest(gap: Gap, time: ResultTime, read: Sequence[Measured]) -> bool:
    """Return whether a result is not certainly older than one of its test with a code."""
    if gap.on is None or not read:
        return True
    mine, last = span(gap.on, time), max(span(each.on, each.time).start for each in read)
    return mine.end > last or mine.start == last


def _is_other(gap: Gap, holder: Json, read: Sequence[Measured], observations: ObservationReader) -> bool:
    """Return whether a result differs from those of its day with a code, or from the newest of them if it is later.

    A value that cannot be read does, if it is later.
    """
    days = [each.on for each in read if each.on is not None]
    if not days:
        return True
    is_later = gap.on is not None and gap.on > max(days)
    beside = [each for each in read if each.on in (gap.on, max(days))] if gap.on is not None else read
    if gap.about == _MEASURED[PregnancyTest]:
        is_denied = fold(dict(gap.values)["value"]) in _NO
        answer = False if is_denied else observations.findings.pregnancy_test(holder, gap.on, Origin("", "")).positive
        is_known = any(map(_is_positive, beside))
        return (is_later and (is_known or answer is not False)) or (answer is True and not is_known)
    mine = observations.numbers.value_of(gap.about or "", holder)
    if mine is None:
        return is_later
    return not any(observations.numbers.is_same(mine, _interval(each)) for each in beside)


def _is_positive(fact: Measured) -> bool:
    return isinstance(fact, PregnancyTest) and bool(fact.positive)


def _interval(fact: Measured) -> Interval:
    if isinstance(fact, LabResult | Lvef):
        return fact.interval
    return Interval(fact.kg.value, fact.kg.value) if isinstance(fact, Weight) else Interval.of(Decimal(0))


def _her2(draft: Draft, observations: ObservationReader) -> Iterator[Gap]:
    """Yield the results that only words name as HER2 and that say something else than those that count."""
    her2 = [fact for fact in draft.facts if isinstance(fact, Her2Result)]
    if not her2:
        return
    for stub, content in draft.own(each for each in draft.may_be_named if each.mentions(NAMES_OF_HER2)):
        gap = observations.named_her2.against(content, stub.path, her2)
        if gap is not None:
            yield gap


def _lvef(draft: Draft, observations: ObservationReader) -> Iterator[Gap]:
    """Yield the ejection fractions that only words name and that are newer than those that count."""
    lvefs = [fact for fact in draft.facts if isinstance(fact, Lvef)]
    last, known = max((each.on for each in lvefs if each.on), default=None), {each.as_reported for each in lvefs}
    if last is None:
        return
    told = {fact.path for fact in draft.facts if isinstance(fact, Gap) and fact.about == _MEASURED[Lvef]}
    newer = (stub for stub in draft.may_be_named if not "" < stub.day <= last.isoformat() and stub.path not in told)
    for stub, content in draft.own(newer):
        gap = observations.named_lvef(content, Origin(stub.reference, stub.path))
        if gap is None:
            continue
        is_newer = last < gap.on <= draft.latest if gap.on is not None else dict(gap.values)["value"] not in known
        if is_newer:
            yield gap


def _in_reports(draft: Draft, observations: ObservationReader) -> Iterator[Gap]:
    """Yield what the conclusions of reports say against the results."""
    lvefs = [fact for fact in draft.facts if isinstance(fact, Lvef)]
    her2 = [fact for fact in draft.facts if isinstance(fact, Her2Result)]
    if not (lvefs or her2):
        return
    telling = (*MENTIONS, *CARRIES_TEXT)
    for stub, content in draft.own(each for each in draft.reports if each.mentions(telling)):
        yield from observations.reports.against(content, stub.path, lvefs, her2)
    # What an Observation states as a diagnosis is read as the conclusion of a report.
    stating = (each for each in draft.elsewhere if each.resource_type == "Observation")
    for stub, content in draft.own(stating):
        if may_count(content) and (concept := asserted(content)) is not None:
            conclusion = {"conclusion": "; ".join(texts(concept)), "conclusionCode": [concept]}
            yield from observations.reports.against({**content, **conclusion}, stub.path, lvefs, her2)


def _labs_in_reports(draft: Draft, observations: ObservationReader) -> Iterator[Gap]:
    """Yield the results in conclusions that are worse than the newest of their test, and neither older nor normal."""
    newest: dict[str, LabResult] = {}
    for fact in draft.facts:
        if isinstance(fact, LabResult) and fact.on is not None:
            before = newest.get(fact.test)
            newest[fact.test] = fact if before is None or before.on is None or fact.on > before.on else before
    told = {fact.path for fact in draft.facts if isinstance(fact, Gap)}
    without_value = (each for each in draft.local_results if each.path not in told and each.mentions(_NARRATIVE))
    for stub, content in draft.own([*draft.reports, *without_value]):
        is_report, on = stub.resource_type == "DiagnosticReport", time_of(content)[1]
        if on is None or on > draft.latest or not may_count(content):
            continue
        if not is_report and not (VALUES.isdisjoint(content) and "component" not in content):
            continue
        for sentence in (part for each in sentences_of(content) for part in _SENTENCES.split(each)):
            test, value = observations.numbers.named_in(sentence.strip()) or ("", Decimal(0))
            last = newest.get(test)
            if last is None or last.on is None or last.on > on:
                continue
            is_worse = value > last.value if test in observations.harmful_when_high else value < last.value
            if is_worse and not observations.flags.is_normal(test, value, last.upper_limit):
                yield Gap(test, stub.path, "in-report", on, (("value", sentence.strip()[:_SHOWN]),))


def _since(draft: Draft) -> date:
    """Return the day half a year ago, or that of the first dose, if earlier."""
    given = (each.on for each in draft.treatments if each.product and each.state is TreatmentState.GIVEN)
    return min([half_a_year_before(draft.latest), *(on for on in given if on is not None)])


def _problems_elsewhere(draft: Draft, conditions: ConditionReader, between: tuple[date, date]) -> list[Gap]:
    """List the problems that stand outside the problem list."""
    own = ((content, Origin(stub.reference, stub.path)) for stub, content in draft.own(draft.elsewhere))
    return named_elsewhere(own, conditions, draft.subject.birth_date, between)


def _concept(fact: Measured) -> str:
    return fact.test if isinstance(fact, LabResult) else _MEASURED[type(fact)]
