"""A chart put together from what was read: each part in an order that does not depend on how the client sent it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeVar

from msgspec import structs

from cards.facts.origins import Gap
from cards.facts.outcomes import AN_INTERNAL_ERROR, FAILED
from cards.facts.patient import Diagnosis, Patient, PossibleDose, PresentProblem, SiteProblem, Staging, Treatment
from cards.facts.results import (
    CodedHer2,
    Her2Result,
    LabResult,
    Lvef,
    Mutation,
    PregnancyTest,
    Preliminary,
    ReceptorResult,
    SiteResult,
    Weight,
)
from cards.knowledge.schema import Cancer
from fhir_mappings.patient.person import sex_at_birth
from fhir_mappings.request.chart_draft import Draft
from fhir_mappings.request.chart_source import future_as_gap
from fhir_mappings.results.observations import NotFinal
from fhir_mappings.results.pregnancy_states import still_said
from fhir_mappings.wire.lenient import day, text
from fhir_mappings.wire.times import newest_first, span

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable, Iterator, Sequence

    from fhir_mappings.request.chart_draft import OnFailure

_MENTIONS = {
    "her2-interpretation": ("her2-in-text", (b"HER2", b"HER-2", b"Her2", b"ERBB2", b"c-erbB-2")),
    "erbb2-mutation": ("her2-in-text", (b"ERBB2", b"HER2")),
    "lvef": ("lvef-in-text", (b"LVEF", b"jection fraction", b"jection Fraction")),
}
Dated = (
    Weight
    | Lvef
    | LabResult
    | Her2Result
    | ReceptorResult
    | PregnancyTest
    | Mutation
    | Staging
    | Treatment
    | SiteResult
)
D = TypeVar("D", bound=Dated)
M = TypeVar("M", Weight, Lvef, LabResult, PregnancyTest, Mutation)
E = TypeVar("E", Diagnosis, PresentProblem, CodedHer2)
F = TypeVar("F")
_SEVERAL = 2


class _Parts:
    """Puts the parts of one chart in order; one that fails is unavailable, which is never "none on record"."""

    def __init__(self, on_failure: OnFailure | None) -> None:
        self._on_failure = on_failure
        self.failed: dict[str, str] = {}

    def ordered(self, key: str, facts: Sequence[F], in_order: Callable[[Sequence[F]], Sequence[F]]) -> tuple[F, ...]:
        """Return a part in its order."""
        # Most parts of most charts hold one fact or none.
        return tuple(facts) if len(facts) < _SEVERAL else tuple(self.told(key, lambda: in_order(facts)))

    def told(self, key: str, gather: Callable[[], Iterable[F]]) -> list[F]:
        """Return what is gathered about a part; nothing where that fails."""
        try:
            return list(gather())
        except Exception as error:
            if self._on_failure is None:
                raise
            self._on_failure("chart", error)
            self.failed[key] = AN_INTERNAL_ERROR
            return []


def assembled(draft: Draft, harmful_when_high: Container[str], on_failure: OnFailure | None) -> Patient:
    """Put a chart together, part by part.

    ``on_failure`` hears of the error of a part that fails; without it the error is raised.
    """
    by_kind = _by_kind(draft)
    labs: dict[str, list[LabResult]] = {}
    for result in by_kind.get(LabResult, ()):
        labs.setdefault(result.test, []).append(result)
    parts = _Parts(on_failure)
    part = parts.ordered
    lvefs = part("lvef", by_kind.get(Lvef, ()), _lvefs)
    her2 = part("tumorMarkers", by_kind.get(Her2Result, ()), _sorted)
    gaps: list[Gap] = by_kind.get(Gap, [])
    if not her2:
        gaps += parts.told("tumorMarkers", lambda: _mentions("her2-interpretation", draft))
    if Mutation not in by_kind and any(each.cancer is Cancer.LUNG for each in draft.current):
        gaps += parts.told("tumorMarkers", lambda: _mentions("erbb2-mutation", draft))
    if not lvefs:
        already = {gap.path for gap in gaps if gap.about == "lvef"}
        gaps += [gap for gap in parts.told("lvef", lambda: _mentions("lvef", draft)) if gap.path not in already]
    found = Patient(
        weights=part("weight", by_kind.get(Weight, ()), _weights),
        lvefs=lvefs,
        labs={
            test: part("labs", results, _high_first if test in harmful_when_high else _low_first)
            for test, results in labs.items()
        },
        her2=her2,
        pregnancy_tests=part("labs", by_kind.get(PregnancyTest, ()), _pregnancy_tests),
        mutations=part("tumorMarkers", by_kind.get(Mutation, ()), _mutations),
        receptors=part("tumorMarkers", by_kind.get(ReceptorResult, ()), _sorted),
        diagnoses=part("conditions", draft.current or draft.past, _by_reference),
        problems=part("conditions", [*draft.problems, *still_said(by_kind.get(PresentProblem, ()))], _by_reference),
        treatments=part("medications", draft.treatments, _sorted),
        sex=text(draft.person.get("gender")).casefold(),
        sex_at_birth=sex_at_birth(draft.person),
        birth_date=day(draft.person.get("birthDate")),
        site_results=part("labs", by_kind.get(SiteResult, ()), _sorted),
        site_problems=part("conditions", draft.site_problems, _by_reference_and_code),
        coded_her2=part("conditions", draft.coded_her2, _by_reference),
        possible_doses=part("medications", draft.possible_doses, _by_day_and_reference),
        stagings=part("conditions", [*draft.stagings, *by_kind.get(Staging, ())], _sorted),
    )
    not_final = by_kind.get(NotFinal, ())
    newer = parts.told("labs", lambda: _newer(found, not_final, draft.latest)) if not_final else []
    gaps += parts.told("labs", lambda: _undated(found, harmful_when_high))
    gaps += [Gap(None, f"prefetch.{key}", FAILED) for key in parts.failed]
    gaps.sort(key=lambda gap: gap.path)
    return structs.replace(found, gaps=tuple(gaps), absent=tuple(parts.failed.items()), preliminary=_preliminary(newer))


def _by_kind(draft: Draft) -> dict[type, list[Any]]:
    """Return the facts by their class; one from the future is a gap."""
    found: dict[type, list[Any]] = {}
    for each in draft.facts:
        fact = future_as_gap(each) if each.on is not None and each.on > draft.latest else each
        found.setdefault(fact.__class__, []).append(fact)
    return found


def _in_any_order(fact: Dated) -> tuple[str, str]:
    """Order by what does not depend on the order in which the client sent things."""
    value = getattr(fact, "as_reported", "") or str(getattr(fact, "kg", "")) or getattr(fact, "label", "")
    return fact.origin.reference, value


def _newest_first(fact: Dated) -> tuple[int, str, str]:
    """Order by date, undated last, and then by what does not depend on the order in which the client sent them."""
    return (-fact.on.toordinal() if fact.on else 0, *_in_any_order(fact))


def _sorted(facts: Sequence[D]) -> tuple[D, ...]:
    # Most servers already answer newest first; checking for that takes a tenth of the time of sorting.
    return tuple(facts) if _is_in_order(facts, 1) else tuple(sorted(facts, key=_newest_first))


def _is_in_order(facts: Sequence[Dated], days: int) -> bool:
    """Return whether each fact is at least ``days`` days older than the one before it."""
    before = date.max.toordinal()
    for fact in facts:
        on = fact.on.toordinal() if fact.on is not None else before
        if on + days > before:
            return False
        before = on
    return True


def _by_time(facts: Sequence[M], harm: Callable[[M], Decimal]) -> tuple[M, ...]:
    """Order results by instant; the newest lists the differing values of exactly the same time."""
    # Dates two days apart are in the right order in every time zone.
    if len(facts) < _SEVERAL or (_is_in_order(facts, 2) and not any(fact.within for fact in facts)):
        return tuple(facts)
    ordered, others = newest_first(facts, harm, _in_any_order)
    first = ordered[0]
    beside = tuple(dict.fromkeys(_value(each) for each in others if _value(each) != _value(first)))
    if beside:
        ordered[0] = structs.replace(first, beside=beside)
    return tuple(ordered)


def _value(fact: Weight | Lvef | LabResult | PregnancyTest | Mutation) -> str:
    return str(fact.kg) if isinstance(fact, Weight) else fact.as_reported


def _weights(weights: Sequence[Weight]) -> tuple[Weight, ...]:
    """Order weights; of one day a measured weight goes before a stated one. The lighter one makes the higher dose."""
    if len(weights) < _SEVERAL:
        return tuple(weights)
    measured = {weight.on for weight in weights if not weight.stated}
    told = [weight for weight in weights if weight.stated and weight.on in measured]
    first = _by_time([weight for weight in weights if weight not in told], _lightness)
    if not told:
        return first
    return tuple(sorted((*first, *told), key=lambda weight: (-(weight.on or date.min).toordinal(), weight.stated)))


def _high_end(result: LabResult) -> Decimal:
    return result.interval.high


def _low_end(result: LabResult | Lvef) -> Decimal:
    return -result.interval.low


def _lightness(weight: Weight) -> Decimal:
    return -weight.kg.value


def _harm_of_test(test: PregnancyTest) -> Decimal:
    return Decimal(2 if test.positive else 1 if test.positive is None else 0)


def _lvefs(lvefs: Sequence[Lvef]) -> tuple[Lvef, ...]:
    return _by_time(lvefs, _low_end)


def _high_first(results: Sequence[LabResult]) -> tuple[LabResult, ...]:
    return _by_time(results, _high_end)


def _low_first(results: Sequence[LabResult]) -> tuple[LabResult, ...]:
    return _by_time(results, _low_end)


def _pregnancy_tests(tests: Sequence[PregnancyTest]) -> tuple[PregnancyTest, ...]:
    return _by_time(tests, _harm_of_test)


def _newer(patient: Patient, results: Iterable[NotFinal], latest: date) -> list[NotFinal]:
    """Return the preliminary results that were certainly taken after every final one of their test, newest first."""
    found = []
    for each in results:
        result = each.result
        if result.on is None or result.on > latest:
            continue
        taken, final = span(result.on, result.time), _final_beside(patient, result)
        last = span(final[0].on, final[0].time) if final else None
        if last is None or (taken.start > last.start and taken.start >= last.end):
            found.append((taken, each))
    found.sort(key=lambda one: (-one[0].start, _in_any_order(one[1].result)))
    return [each for _, each in found]


def _final_beside(
    patient: Patient, result: LabResult | Lvef | PregnancyTest | Weight
) -> Sequence[LabResult | Lvef | PregnancyTest | Weight]:
    if isinstance(result, Weight):
        return patient.weights
    if isinstance(result, LabResult):
        return patient.labs.get(result.test, ())
    return patient.lvefs if isinstance(result, Lvef) else patient.pregnancy_tests


def _preliminary(newer: Iterable[NotFinal]) -> Preliminary | None:
    # Of a weight that the patient states, nothing more is expected.
    results = [each.result for each in newer if not (isinstance(each.result, Weight) and each.result.stated)]
    if not results:
        return None
    return Preliminary(
        tuple(each for each in results if isinstance(each, LabResult)),
        tuple(each for each in results if isinstance(each, Lvef)),
        tuple(each for each in results if isinstance(each, PregnancyTest)),
        tuple(each for each in results if isinstance(each, Weight)),
    )


def _mutations(mutations: Sequence[Mutation]) -> tuple[Mutation, ...]:
    return _by_time(mutations, lambda mutation: Decimal(not mutation.found))


def _by_reference(entries: Sequence[E]) -> list[E]:
    return sorted(entries, key=lambda each: (each.origin.reference, each.label))


def _by_day_and_reference(entries: Sequence[PossibleDose]) -> list[PossibleDose]:
    return sorted(entries, key=lambda each: (each.on, each.origin.reference, each.product))


def _by_reference_and_code(problems: Sequence[SiteProblem]) -> list[SiteProblem]:
    return sorted(problems, key=lambda each: (each.origin.reference, each.label, each.code))


def _undated(found: Patient, harmful_when_high: Container[str]) -> Iterator[Gap]:
    """List the results without a date that say worse than the newest one with a date, which is used.

    A pregnancy test without a date is reported even if it is the only one: no card asks for a second.
    """
    for test, results in found.labs.items():
        if results[-1].on is None:
            yield from _worse(test, results, _high_end if test in harmful_when_high else _low_end)
    yield from _worse("lvef", found.lvefs, _low_end)
    yield from _worse("weight", [each for each in found.weights if not each.stated], _lightness)
    yield from _worse("pregnancy-test", found.pregnancy_tests, _harm_of_test, Decimal(0))


def _worse(
    about: str, results: Sequence[M], harm: Callable[[M], Decimal], without_dated: Decimal | None = None
) -> Iterator[Gap]:
    # Undated results come last.
    if not results or results[-1].on is not None:
        return
    used = harm(results[0]) if results[0].on is not None else without_dated
    for each in results:
        if each.on is None and each.within is None and used is not None and harm(each) > used:
            yield Gap(about, each.origin.path, "undated-result", None, (("value", _value(each)),))


def _mentions(about: str, draft: Draft) -> list[Gap]:
    """List the texts of the patient's own chart that mention what no result says."""
    reason, words = _MENTIONS[about]
    mentioning = (stub for stub in draft.unread if stub.mentions(words))
    return [Gap(about, stub.path, reason) for stub, _ in draft.own(mentioning)]
