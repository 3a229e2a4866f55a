"""A chart put together from what was read: each part in an order that does not depend on how the client sent it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from msgspec import structs

from cards.facts.origins import Gap
from cards.facts.outcomes import AN_INTERNAL_ERROR, FAILED
from cards.facts.patient import Patient, Staging, Treatment
from cards.facts.results import (
    Her2Result,
    LabResult,
    Lvef,
    Mutation,
    PregnancyTest,
    ReceptorResult,
    SiteResult,
    Weight,
)
from cards.knowledge.schema import Cancer
from fhir_mappings.request.chart_draft import Draft
from fhir_mappings.request.chart_source import future_as_gap
from fhir_mappings.wire.lenient import day, text
from fhir_mappings.wire.resources import Unreadable
from fhir_mappings.wire.times import newest_first

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterator, Sequence

    from fhir_mappings.request.chart_draft import OnFailure
    from fhir_mappings.wire.resources import ResourceStub

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
T = TypeVar("T")
_SEVERAL = 2


def assembled(draft: Draft, harmful_when_high: Container[str], on_failure: OnFailure | None) -> Patient:
    """Put a chart together, part by part; one that fails is unavailable, which is never "none on record".

    ``on_failure`` hears of the error; without it the error is raised.
    """
    by_kind: dict[type, list[Any]] = {}
    for each in draft.facts:
        fact = future_as_gap(each) if each.on is not None and each.on > draft.latest else each
        by_kind.setdefault(fact.__class__, []).append(fact)
    labs: dict[str, list[LabResult]] = {}
    for result in by_kind.get(LabResult, ()):
        labs.setdefault(result.test, []).append(result)
    failed: dict[str, str] = {}

    def part(key: str, write: Callable[[], tuple[T, ...]]) -> tuple[T, ...]:
        try:
            return write()
        except Exception as error:
            if on_failure is None:
                raise
            on_failure("chart", error)
            failed[key] = AN_INTERNAL_ERROR
            return ()

    lvefs = part("lvef", lambda: _by_time(by_kind.get(Lvef, ()), lambda lvef: -lvef.interval.low))
    her2 = part("tumorMarkers", lambda: _sorted(by_kind.get(Her2Result, ())))
    gaps: list[Gap] = by_kind.get(Gap, [])
    if not her2:
        gaps += part("tumorMarkers", lambda: tuple(_mentions("her2-interpretation", draft)))
    if Mutation not in by_kind and any(each.cancer is Cancer.LUNG for each in draft.current):
        gaps += part("tumorMarkers", lambda: tuple(_mentions("erbb2-mutation", draft)))
    if not lvefs:
        told = {gap.path for gap in gaps if gap.about == "lvef"}
        gaps += part("lvef", lambda: tuple(gap for gap in _mentions("lvef", draft) if gap.path not in told))
    found = Patient(
        weights=part("weight", lambda: _weights(by_kind.get(Weight, ()))),
        lvefs=lvefs,
        labs={
            test: part("labs", partial(_by_time, results, _high_end if test in harmful_when_high else _low_end))
            for test, results in labs.items()
        },
        her2=her2,
        pregnancy_tests=part("labs", lambda: _by_time(by_kind.get(PregnancyTest, ()), _harm_of_test)),
        mutations=part(
            "tumorMarkers",
            lambda: _by_time(by_kind.get(Mutation, ()), lambda found: Decimal(not found.found)),
        ),
        receptors=part("tumorMarkers", lambda: _sorted(by_kind.get(ReceptorResult, ()))),
        diagnoses=part(
            "conditions",
            lambda: tuple(sorted(draft.current or draft.past, key=lambda each: (each.origin.reference, each.label))),
        ),
        problems=part(
            "conditions",
            lambda: tuple(sorted(draft.problems, key=lambda each: (each.origin.reference, each.label))),
        ),
        treatments=part("medications", lambda: _sorted(draft.treatments)),
        sex=text(draft.person.get("gender")).strip().casefold(),
        birth_date=day(draft.person.get("birthDate")),
        site_results=part("labs", lambda: _sorted(by_kind.get(SiteResult, ()))),
        site_problems=part(
            "conditions",
            lambda: tuple(sorted(draft.site_problems, key=lambda each: (each.origin.reference, each.label, each.code))),
        ),
        coded_her2=part(
            "conditions",
            lambda: tuple(sorted(draft.coded_her2, key=lambda each: (each.origin.reference, each.label))),
        ),
        stagings=part("conditions", lambda: _sorted([*draft.stagings, *by_kind.get(Staging, ())])),
    )
    gaps += part("labs", lambda: tuple(_undated(found, harmful_when_high)))
    gaps += [Gap(None, f"prefetch.{key}", FAILED) for key in failed]
    return structs.replace(found, gaps=tuple(sorted(gaps, key=lambda gap: gap.path)), absent=tuple(failed.items()))


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
    first = _by_time([weight for weight in weights if weight not in told], lambda weight: -weight.kg.value)
    if not told:
        return first
    return tuple(sorted((*first, *told), key=lambda weight: (-(weight.on or date.min).toordinal(), weight.stated)))


def _high_end(result: LabResult) -> Decimal:
    return result.interval.high


def _low_end(result: LabResult) -> Decimal:
    return -result.interval.low


def _harm_of_test(test: PregnancyTest) -> Decimal:
    return Decimal(2 if test.positive else 1 if test.positive is None else 0)


def _undated(found: Patient, harmful_when_high: Container[str]) -> Iterator[Gap]:
    """List the results without a date that say worse than the newest one with a date, which is used.

    A pregnancy test without a date is reported even if it is the only one: no card asks for a second.
    """
    for test, results in found.labs.items():
        yield from _worse(test, results, _high_end if test in harmful_when_high else _low_end)
    yield from _worse("lvef", found.lvefs, lambda lvef: -lvef.interval.low)
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
    return [Gap(about, stub.path, reason) for stub in draft.unread if stub.mentions(words) and _is_own(stub, draft)]


def _is_own(stub: ResourceStub, draft: Draft) -> bool:
    try:
        return draft.is_own(stub.content, stub.full_url)
    except Unreadable:
        return False
