"""What only words say in a chart: results without a known code, conclusions of reports, problems outside the list.

Nothing of it is used as a fact. It is told where it is newer than the results that count, or says something else.
"""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, TypeAlias

from cards.facts.origins import Gap, Origin
from cards.facts.patient import TreatmentState
from cards.facts.results import Her2Result, LabResult, Lvef, PregnancyTest, Weight
from cards.values.calendar_months import days_after
from cards.values.texts import LONGEST
from fhir_mappings.patient.named_elsewhere import REASON, named_elsewhere
from fhir_mappings.patient.nyha_classes import CONCEPT as NYHA_CLASS
from fhir_mappings.patient.nyha_classes import with_symptoms
from fhir_mappings.results.answer_words import answered
from fhir_mappings.results.named_her2 import MENTIONS as NAMES_OF_HER2
from fhir_mappings.results.report_texts import MENTIONS
from fhir_mappings.wire.lenient import text
from fhir_mappings.wire.statuses import may_count
from fhir_mappings.wire.times import span, time_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cards.facts.results import ResultTime
    from fhir_mappings.patient.conditions import ConditionReader
    from fhir_mappings.request.chart_draft import Draft
    from fhir_mappings.results.observations import ObservationReader

_HALF_A_YEAR = 183
_READ = frozenset({REASON, "named-only"})
"""The reasons of gaps for classes of heart failure whose value is told."""
_SHOWN = 60
_SENTENCES = re.compile(r"[;\n]|, |\.(?=\s|$)")
_AMOUNT = re.compile(r"(\d{1,9}(?:\.\d{1,6})?) (\S.{0,39})")
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
    if draft.reports:
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
    """Yield the results without a standard code that are newer than those of their test with one.

    So is one that may be newer and has another number in the same unit.
    """
    read: dict[str, list[Measured]] = {}
    for fact in draft.facts:
        if isinstance(fact, Measured) and fact.on is not None:
            read.setdefault(_concept(fact), []).append(fact)
    newest = {concept: max(fact.on for fact in facts if fact.on is not None) for concept, facts in read.items()}
    # Where a test has no result with a code, one of half a year ago is still told; older ones are left alone.
    since = min([*newest.values(), half_a_year_before(draft.latest)]).isoformat()
    recent = (stub for stub in draft.local_results if not "" < stub.day < since)
    for stub, content in draft.own(recent):
        for gap in observations.named.gaps(content, Origin(stub.reference, stub.path)):
            last = newest.get(gap.about or "")
            is_newer = last is None or (gap.on is not None and gap.on > last)
            if last is not None and (gap.on is None or gap.on <= last <= (gap.last_day or last)):
                is_newer = _is_other(gap, time_of(content)[0], read[gap.about or ""])
            if is_newer and (gap.on is None or gap.on <= draft.latest):
                yield gap


def _is_other(gap: Gap, time: ResultTime, read: Sequence[Measured]) -> bool:
    """Return whether a result may be the newest, and none of those of its day, or of any, has its number."""
    of_day = [each for each in read if each.on == gap.on] or read
    if gap.on is not None and span(gap.on, time).end < max(span(each.on, each.time).start for each in of_day):
        return False
    value = dict(gap.values).get("value", "")
    if any(isinstance(each, PregnancyTest) for each in of_day):
        is_positive = answered(value) is True
        return is_positive and not any(isinstance(each, PregnancyTest) and each.positive for each in of_day)
    written = [str(each.kg) if isinstance(each, Weight) else each.as_reported for each in of_day]
    return all(_differs(value, each) for each in written)


def _differs(one: str, other: str) -> bool:
    """Return whether two values are different numbers in the same unit."""
    both = _AMOUNT.fullmatch(one), _AMOUNT.fullmatch(other)
    if both[0] is None or both[1] is None or both[0][2].casefold() != both[1][2].casefold():
        return False
    return Decimal(both[0][1]) != Decimal(both[1][1])


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
    last = max((fact.on for fact in draft.facts if isinstance(fact, Lvef) and fact.on is not None), default=None)
    if last is None:
        return
    told = {fact.path for fact in draft.facts if isinstance(fact, Gap) and fact.about == _MEASURED[Lvef]}
    newer = (stub for stub in draft.may_be_named if not "" < stub.day <= last.isoformat() and stub.path not in told)
    for stub, content in draft.own(newer):
        gap = observations.named_lvef(content, Origin(stub.reference, stub.path))
        if gap is not None and gap.on is not None and last < gap.on <= draft.latest:
            yield gap


def _in_reports(draft: Draft, observations: ObservationReader) -> Iterator[Gap]:
    """Yield what the conclusions of reports say against the results."""
    lvefs = [fact for fact in draft.facts if isinstance(fact, Lvef)]
    her2 = [fact for fact in draft.facts if isinstance(fact, Her2Result)]
    if not (lvefs or her2):
        return
    for stub, content in draft.own(each for each in draft.reports if each.mentions(MENTIONS)):
        yield from observations.reports.against(content, stub.path, lvefs, her2)


def _labs_in_reports(draft: Draft, observations: ObservationReader) -> Iterator[Gap]:
    """Yield the results in conclusions that are worse than the newest of their test, and neither older nor normal."""
    newest: dict[str, LabResult] = {}
    for fact in draft.facts:
        if isinstance(fact, LabResult) and fact.on is not None:
            before = newest.get(fact.test)
            newest[fact.test] = fact if before is None or before.on is None or fact.on > before.on else before
    for stub, content in draft.own(draft.reports):
        conclusion, on = text(content.get("conclusion"))[:LONGEST], time_of(content)[1]
        if on is None or on > draft.latest or not may_count(content):
            continue
        for sentence in _SENTENCES.split(conclusion):
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
