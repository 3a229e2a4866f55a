"""The size of a dose: too high, meant for another drug, in an impossible unit, or not verifiable."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from cards.facts.order import DoseUnit, OrderedDose
from cards.facts.outcomes import (
    CannotTell,
    Clear,
    Evidence,
    Fired,
    Fix,
    Indicator,
    Missing,
    NotApplicable,
    OrderTests,
    Outcome,
    RemoveOrder,
    SetDose,
)
from cards.facts.topics import Topic
from cards.knowledge.label_doses import Ceiling, near
from cards.knowledge.schema import Basis, Cancer, Level, LevelRole, Problem, Product, Route
from cards.readings.case import shortened
from cards.readings.course import fitting_levels
from cards.readings.dosing import (
    DoseReading,
    Sense,
    is_component,
    look_alike_met,
    over_maximum,
    read_doses,
    usable_doses,
)
from cards.readings.parts_of_dose import dose_begun, judged_levels
from cards.readings.stated_doses import doses_named_in_text
from cards.readings.weights import weight_doubt
from cards.rules.tablets import above_in_a_day
from cards.values.quantities import Mg, MgPerKg, plain, precise, share

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cards.facts.order import OrderedDose
    from cards.facts.results import Weight
    from cards.knowledge.schema import Cited
    from cards.readings.case import Case
    from cards.values.quantities import Kg

_HUNDRED = Decimal(100)
_WEIGHTS = frozenset({"weight", "weight-stated"})
_UNITS_OF_ENZYME = frozenset({"u", "unit", "units", "iu", "usp'u"})
WITHOUT_WEIGHT = CannotTell((Missing("weight", reported_by=Topic.DOSE_CANNOT_VERIFY),))


def dose_above_maximum(case: Case) -> Outcome:
    """Fire when the dose is above the product's maximum for the indication.

    A dose up to the maximum rounded up to the next whole milligram is at the maximum. Within the rounding tolerance
    the card is a warning, beyond it critical.
    """
    usable = usable_doses(case)
    if not usable:
        return nothing_usable(case)
    limit = case.ceiling
    if limit is None:
        return without_regimen(case)
    weight, over = case.kg, over_maximum(case)
    if over:
        return _above(case, limit, max(over, key=lambda reading: _excess(reading, limit, weight)), tuple(over))
    if any(_cannot_compare(reading, limit, weight) for reading in usable):
        return WITHOUT_WEIGHT
    return above_in_a_day(case) if case.product.is_oral else Clear()


def _above(case: Case, limit: Ceiling, worst: DoseReading, over: tuple[DoseReading, ...]) -> Fired:
    weight = case.kg
    maximum = limit.maximum.dose
    excess = _excess(worst, limit, weight)
    tolerance = case.threshold("dose_rounding_tolerance_percent")
    notes: list[tuple[str, Mapping[str, str]]] = []
    if worst.ordered.in_text:
        notes.append(("dose-in-text", {}))
    if limit.assumed:
        notes.append(("cancer-unknown", {"maximum": str(maximum)}))
    if case.weight is not None and case.weight.stated:
        notes.append(("weight-stated", {}))
    if (other := look_alike_met(case, worst)) is not None:
        notes.append(("look-alike", {"other": other[0].name, "level": str(other[1].dose)}))
    impaired = case.has(Problem.SEVERE_HEPATIC) if case.product.is_oral else ()
    if any(level.problem is Problem.SEVERE_HEPATIC for level in limit.regimen.levels):
        notes.append(("severe-hepatic", {"maximum": str(maximum)}))
    else:
        impaired = ()
    if case.weight_bounds:
        notes.append(("weight-bound", {"regimen": limit.regimen.name}))
    absolute = f" ({(maximum * weight).whole_down()} at {weight})" if isinstance(maximum, MgPerKg) and weight else ""
    return Fired(
        values={
            "dose": written_dose(case, worst),
            "maximum": f"{maximum}{absolute}",
            "limit": str(maximum),
            "excess": share(excess),
        },
        evidence=(
            *dose_evidence(case, worst),
            *_worked(maximum, weight),
            *(Evidence("problem", each.label, each.origin) for each in impaired),
        ),
        cited=(limit.maximum.by,),
        variant="tablets" if case.product.is_oral else "fixed" if isinstance(maximum, Mg) else "default",
        indicator=Indicator.WARNING if excess <= tolerance else None,
        notes=tuple(notes),
        fixes=fixes_to(case, _highest_that_fits(case, maximum), tuple(reading.ordered for reading in over)),
    )


def _worked(maximum: Mg | MgPerKg, weight: Kg | None) -> tuple[Evidence, ...]:
    """Return the calculation of the maximum in milligrams, for checking by hand."""
    if weight is None or not isinstance(maximum, MgPerKg):
        return ()
    return (Evidence("worked", f"{weight} \u00d7 {maximum} = {maximum * weight}"),)


def _highest_that_fits(case: Case, maximum: Mg | MgPerKg) -> Mg | MgPerKg:
    """Return the highest level up to the maximum at which the course may continue; without one, the maximum."""
    doses = [level.dose for level in fitting_levels(case) if level.dose.value <= maximum.value]
    return max(doses, key=lambda dose: dose.value, default=maximum)


def dose_matches_other_drug(case: Case) -> Outcome:
    """Fire when the dose is not a level of this product but is one of a look-alike."""
    if not usable_doses(case):
        return nothing_usable(case)
    if not case.product.look_alikes:
        return NotApplicable("no look-alike")
    if not case.regimens:
        return NotApplicable("no dose on file for this cancer")
    if over_maximum(case):
        return NotApplicable("the dose is above the maximum, and that card names the look-alike")
    for reading, level in judged_levels(case):
        if case.weight_based and reading.lacks_weight(case.kg):
            return WITHOUT_WEIGHT
        if level is not None or is_component(case.product, reading):
            continue
        if (met := look_alike_met(case, reading)) is not None:
            return _of_another(case, reading, *met)
    return Clear()


def _of_another(case: Case, reading: DoseReading, other: Product, level: Level) -> Fired:
    own = case.regimens
    fitting = fitting_levels(case)
    starts = [each for each in fitting if each.role is not LevelRole.REDUCTION] or fitting[:1]
    levels = [str(each.dose) for regimen in own for each in regimen.levels]
    fixes: tuple[Fix, ...] = (RemoveOrder(),)
    if len(starts) == 1:
        fixes = (*fixes_to(case, starts[0].dose, (reading.ordered,)), RemoveOrder())
    return Fired(
        values={
            "dose": written_dose(case, reading),
            "other": other.name,
            "level": str(level.dose),
            "levels": ", ".join(dict.fromkeys(levels)),
        },
        evidence=dose_evidence(case, reading),
        cited=(own[0].by, level.by),
        notes=(("confusion", {"confusion": case.product.confusion}),) if case.product.confusion else (),
        fixes=fixes,
    )


def dose_implausible(case: Case) -> Outcome:
    """Fire when the number and unit are implausible: 3.6 mg, 250 mL, mg/m2, mg/kg of a fixed-dose product.

    The number is never converted to another unit; the clinician is asked.
    """
    if not case.order.doses:
        return NotApplicable("no dose")
    odd = [reading for reading in read_doses(case) if reading.sense is Sense.IMPLAUSIBLE]
    if not odd:
        return Clear()
    reading = odd[0]
    own = case.regimens or case.product.regimens
    per_kg = reading.per_kg(case.kg)
    return Fired(
        values={
            "dose": reading.ordered.as_written,
            "levels": ", ".join(dict.fromkeys(str(each.dose) for regimen in own for each in regimen.levels)),
            "per_kg": f"{precise(per_kg.value.quantize(Decimal('0.001')))} mg/kg" if per_kg else "",
        },
        evidence=(Evidence("dose", reading.ordered.as_written, case.order.origin), *case.weight_evidence()),
        cited=(own[0].by,),
        variant=reading.why,
        fixes=_intended_dose(case, reading),
    )


def _intended_dose(case: Case, reading: DoseReading) -> tuple[Fix, ...]:
    """Offer the labeled level whose number was written with another unit, or the fixed doses; else removal."""
    if weight_doubt(case) is not None:
        return (RemoveOrder(),)
    doses = dict.fromkeys(level.dose for level in fitting_levels(case))
    ordered = reading.ordered
    if ordered.computed or ordered.in_text:
        return (RemoveOrder(),)
    if case.product.basis is Basis.FIXED:
        offered = list(doses)
    else:
        offered = [dose for dose in doses if dose.value == ordered.number]
    return (*(SetDose(str(dose), ((ordered, dose),)) for dose in offered), RemoveOrder())


def dose_cannot_verify(case: Case) -> Outcome:
    """Fire, at signing, when there is no dose, no weight to judge it by, or a unit that cannot be read."""
    if case.session.hook.may_be_incomplete:
        return NotApplicable("the order may still be incomplete")
    if not case.order.doses:
        return _without_dose(case)
    unreadable = [reading for reading in read_doses(case) if reading.sense is Sense.UNREADABLE]
    if unreadable and not usable_doses(case):
        return _unreadable(case, unreadable[0])
    ends = _range(case)
    if ends is not None and not over_maximum(case):
        return _as_range(case, ends)
    by_weight = _weight_to_verify_by(case)
    if isinstance(by_weight, Fired):
        return by_weight
    if not case.order.weight_basis or not case.weight_based:
        found = _only_in_text(case)
        # A volume beside the dose is that of an infusion or a flush, and a count that of bags or tablets.
        others = [
            each
            for each in unreadable
            if each.ordered.unit in (DoseUnit.OTHER, DoseUnit.VIAL) and not _is_enzyme(case, each)
        ]
        return CannotTell(_unread_beside(others)) if others and isinstance(found, Clear) else found
    return Fired(
        values={"basis": case.order.weight_basis},
        evidence=tuple(dict.fromkeys(line for each in usable_doses(case) for line in dose_evidence(case, each))),
        cited=(_regimen_citation(case),),
        variant="other-weight",
    )


def _without_dose(case: Case) -> Fired:
    written = ", ".join(str(dose) for dose in doses_named_in_text(case))
    return Fired(
        values={"written": written},
        evidence=(Evidence("dose-in-text", written, case.order.origin),) if written else (),
        cited=(_regimen_citation(case),),
        variant="dose-in-text" if written else "no-dose",
    )


def _unreadable(case: Case, reading: DoseReading) -> Fired:
    return Fired(
        values={"dose": reading.ordered.as_written, "strength": str(reading.dose) if reading.dose else ""},
        evidence=(Evidence("dose", reading.ordered.as_written, case.order.origin),),
        cited=(_regimen_citation(case),),
        variant=_why_unread(reading),
    )


def _as_range(case: Case, ends: OrderedDose) -> Fired:
    is_open = ends.low_as_written == ends.as_written
    written = f"\u2265 {ends.as_written}" if is_open else f"{ends.low_as_written} \u2013 {ends.as_written}"
    return Fired(
        values={"low": ends.low_as_written, "dose": ends.as_written},
        evidence=(Evidence("dose", written, case.order.origin),),
        cited=(_regimen_citation(case),),
        variant="open-range" if is_open else "range",
    )


def _is_enzyme(case: Case, reading: DoseReading) -> bool:
    """Return whether an amount in units is that of the hyaluronidase in an injection under the skin."""
    unit = reading.ordered.as_written_unit.casefold().strip("[]{}")
    return case.product.route is Route.SUBCUTANEOUS and unit in _UNITS_OF_ENZYME


def _unread_beside(unreadable: list[DoseReading]) -> tuple[Missing, ...]:
    written = dict.fromkeys(each.ordered.as_written for each in unreadable)
    return tuple(Missing("dose-unread", values={"written": shortened(each)}) for each in written)


def _only_in_text(case: Case) -> Outcome:
    """Tell of a dose that was read from the text, unless the card on a dose above the maximum does."""
    readings = [each for each in usable_doses(case) if each.ordered.in_text]
    if not readings or over_maximum(case):
        return Clear()
    written = ", ".join(dict.fromkeys(each.ordered.as_written for each in readings))
    return Fired(
        values={"written": written},
        evidence=tuple(dict.fromkeys(line for each in readings for line in dose_evidence(case, each))),
        cited=(_regimen_citation(case),),
        variant="read-in-text",
    )


def _range(case: Case) -> OrderedDose | None:
    """Return a dose range wider than rounding explains, unless the order also states a single dose."""
    found = None
    for reading in usable_doses(case):
        low = reading.ordered.low
        if low is None or near(reading.ordered.number, low, case.threshold("dose_rounding_tolerance_percent")):
            return None
        found = found or reading.ordered
    return found


def _why_unread(reading: DoseReading) -> str:
    if reading.why == "tablets":
        return "tablets"
    if reading.ordered.computed:
        return "computed"
    if reading.dose:
        return "volume"
    return "unit" if reading.ordered.number else "number"


def _weight_to_verify_by(case: Case) -> Outcome:
    if not case.needs_weight or not usable_doses(case):
        return Clear()
    if case.weight is not None and (not case.weight.stated or not _depends_on_weight(case, case.weight)):
        return Clear()
    future = case.in_future(_WEIGHTS)
    without = "weight-unread" if case.unread(_WEIGHTS) else "weight-future" if future else "no-weight"
    return Fired(
        values={"dose": usable_doses(case)[0].ordered.as_written, "date": future},
        evidence=(
            Evidence("dose", usable_doses(case)[0].ordered.as_written, case.order.origin),
            *case.weight_evidence(),
            *case.unusable(_WEIGHTS),
        ),
        cited=(_regimen_citation(case),),
        variant="weight-stated" if case.weight else without,
        fixes=(OrderTests(("weight",)),),
    )


def _depends_on_weight(case: Case, weight: Weight) -> bool:
    """Return whether another weight might change the dose: always if by weight, else near a limit between doses."""
    if case.weight_based:
        return True
    percent = case.threshold("weight_change_percent")
    return any(near(bound, weight.kg.value, percent) for bound in case.weight_bounds)


def weight_stale(case: Case) -> Outcome:
    """Fire when the newest weight is older than the site allows and the dose depends on it."""
    if not case.needs_weight:
        return NotApplicable("the dose does not depend on the weight")
    if case.weight is None:
        return WITHOUT_WEIGHT
    if not _depends_on_weight(case, case.weight):
        return NotApplicable("the weight is far from the one at which the dose changes")
    limit, weight = case.threshold("weight_max_age_days"), case.weight
    # Of a month or year the last day: a weight that is too old then is too old.
    last = weight.within[1] if weight.within is not None else weight.on
    if weight.on is None or last is None or case.age_in_days(last) <= limit < case.age_in_days(weight.on):
        written = f"{weight.kg}, {weight.time.taken}" if weight.within and weight.time else str(weight.kg)
        return CannotTell((Missing("weight-day", values={"weight": written}, is_urgent=True),))
    age = case.age_in_days(last)
    if age <= limit:
        return Clear()
    return Fired(
        values={
            "weight": str(case.weight.kg),
            "age": str(age),
            "limit": plain(limit),
            "date": last.isoformat(),
            "planned": case.planned.isoformat(),
        },
        evidence=case.weight_evidence(),
        cited=(_regimen_citation(case), case.known.thresholds["weight_max_age_days"].by),
        variant="ahead" if case.is_for_later_day else "default",
        fixes=(OrderTests(("weight",)),),
    )


def nothing_usable(case: Case) -> Outcome:
    """Return the outcome of a rule that finds no dose to judge."""
    if any(reading.sense is Sense.IMPLAUSIBLE for reading in read_doses(case)):
        return NotApplicable("the dose is implausible")
    # Until a unit is chosen, a number says no more than a missing dose.
    if case.session.hook.may_be_incomplete and not any(dose.as_written_unit for dose in case.order.doses):
        return NotApplicable("no dose yet")
    if written := ", ".join(dose.as_written for dose in case.order.doses[:2]):
        values = {"written": shortened(written)}
        return CannotTell((Missing("dose-unread", reported_by=Topic.DOSE_CANNOT_VERIFY, values=values),))
    return CannotTell((Missing("dose", reported_by=Topic.DOSE_CANNOT_VERIFY),))


def _cannot_compare(reading: DoseReading, limit: Ceiling, weight: Kg | None) -> bool:
    return isinstance(reading.dose, Mg) and isinstance(limit.maximum.dose, MgPerKg) and weight is None


def _excess(reading: DoseReading, limit: Ceiling, weight: Kg | None) -> Decimal:
    """Return the percentage by which a dose is above the maximum."""
    maximum = limit.maximum.dose
    dose = reading.per_kg(weight) if isinstance(maximum, MgPerKg) else reading.in_mg(weight)
    return (dose.value / maximum.value - 1) * _HUNDRED if dose is not None else Decimal(0)


def without_regimen(case: Case) -> CannotTell:
    """Say that no labeled dose is on file for the order's cancers."""
    return CannotTell((Missing("regimen", values={"cancer": cancer_words(case)}),))


def cancer_words(case: Case) -> str:
    """Return the names of an order's cancers, for use in a sentence."""
    named = [f"{cancer} cancer" if cancer is not Cancer.OTHER else "this cancer" for cancer in sorted(case.cancers)]
    return " and ".join(named) or "any cancer on its label"


def written_dose(case: Case, reading: DoseReading) -> str:
    """Return a dose in both units if known, the ordered one first."""
    weight = case.weight.kg if case.weight and case.weight_based else None
    other = reading.per_kg(weight) if isinstance(reading.dose, Mg) else reading.in_mg(weight)
    ordered = reading.ordered.as_written
    return f"{ordered} ({other})" if other is not None else ordered


def dose_evidence(case: Case, reading: DoseReading) -> tuple[Evidence, ...]:
    """Return the evidence lines of a dose and of the weight it was judged by."""
    return (Evidence("dose", written_dose(case, reading), case.order.origin), *case.weight_evidence())


def _regimen_citation(case: Case) -> Cited:
    return case.product.regimens[0].by


def fixes_to(case: Case, dose: Mg | MgPerKg, replaces: tuple[OrderedDose, ...]) -> tuple[Fix, ...]:
    """Offer a dose as a replacement for others, each in its written unit.

    Nothing is offered if no dose was read, for a dose computed from a concentration and a volume or read from the text,
    if the weight for the calculation is missing or in doubt, or if a dose was given on that day already.
    """
    if not replaces or weight_doubt(case) is not None or _is_named_by_part(case, replaces):
        return ()
    if (begun := dose_begun(case)) is not None and not begun.is_completed:
        return ()
    changes: list[tuple[OrderedDose, Mg | MgPerKg]] = []
    for ordered in replaces:
        written = _in_unit_of(case, dose, ordered)
        if ordered.computed or ordered.in_text or written is None or not _in_whole_tablets(case, written, ordered):
            return ()
        changes.append((ordered, written))
    return (SetDose(str(changes[0][1]), tuple(changes), _restated(case, changes)),)


def _is_named_by_part(case: Case, replaces: tuple[OrderedDose, ...]) -> bool:
    """Return whether an amount is that of one antibody, so that the dose of both would only seem to be another."""
    if case.order.combined_mg is None:
        return False
    return any(
        each.number in case.product.component_doses_mg and each.number != case.order.combined_mg for each in replaces
    )


def _in_whole_tablets(case: Case, dose: Mg | MgPerKg, ordered: OrderedDose) -> bool:
    """Return whether a dose written in tablets stays a whole number of them."""
    return case.product.tablets is None or ordered.factor == 1 or dose.value % ordered.factor == 0


def _restated(
    case: Case, changes: list[tuple[OrderedDose, Mg | MgPerKg]]
) -> tuple[tuple[Mg | MgPerKg, Mg | MgPerKg], ...]:
    """Pair each old dose in the other unit with the new one."""
    if case.weight is None or not case.weight_based:
        return ()
    kg = case.weight.kg
    pairs: list[tuple[Mg | MgPerKg, Mg | MgPerKg]] = []
    for ordered, new in changes:
        if ordered.unit is DoseUnit.MG_PER_KG and isinstance(new, MgPerKg):
            pairs.append((MgPerKg(ordered.number) * kg, (new * kg).whole_down()))
        elif ordered.unit is DoseUnit.MG and isinstance(new, Mg):
            pairs.append((Mg(ordered.number) / kg, _nearest_level(case, new / kg)))
    return tuple(pairs)


def _nearest_level(case: Case, per_kg: MgPerKg) -> MgPerKg:
    """Return the labeled level for a dose rounded to whole milligrams."""
    regimens = case.regimens
    levels = [level.dose for regimen in regimens for level in regimen.levels if isinstance(level.dose, MgPerKg)]
    return min(levels, key=lambda level: abs(level.value - per_kg.value), default=per_kg)


def _in_unit_of(case: Case, dose: Mg | MgPerKg, ordered: OrderedDose) -> Mg | MgPerKg | None:
    if isinstance(dose, Mg) or ordered.unit is DoseUnit.MG_PER_KG:
        return dose
    return (dose * case.weight.kg).whole_down() if case.weight else None
