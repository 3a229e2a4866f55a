"""What the texts and other fields of an order say about its dose, compared with the dose field."""

from __future__ import annotations

from bisect import bisect_left
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from cards.facts.order import DoseUnit
from cards.facts.outcomes import Missing
from cards.identification.folding import fold
from cards.knowledge.label_doses import near
from cards.knowledge.schema import LevelRole, Product, Route
from cards.readings.dosing import (
    DoseReading,
    Sense,
    any_level_met_by,
    in_basis,
    is_component,
    is_part_of_combination,
    levels_met_by,
    may_be_own,
    read_dose,
    reading_of,
    tablet_strength,
    usable_doses,
)
from cards.readings.tablets import days_of
from cards.values.caching import per_case
from cards.values.quantities import Kg, Mg, MgPerKg, plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from cards.facts.order import AmountInOtherUnit, CountedTablets, NotedDose
    from cards.readings.case import Case

_ZERO, _HUNDRED = Decimal(0), Decimal(100)
_TWO, _TEN = Decimal(2), Decimal(10)
_SEVERAL = 2
_COURSE = {LevelRole.LOADING, LevelRole.MAINTENANCE}


class DoseConflict(NamedTuple):
    """Two contradictory amounts in one order; ``in_text``: the second is in the instructions.

    ``percent``: the instructions give it as so much of the dose.
    """

    field: DoseReading
    field_dose: Mg | MgPerKg
    other: Mg | MgPerKg
    in_text: bool
    percent: Decimal | None = None

    def other_as_written(self, product: Product) -> str:
        """Return the other amount as the field is written: an injection's by volume, if that is."""
        if self.field.ordered.unit is DoseUnit.ML and isinstance(self.other, Mg) and product.concentration is not None:
            return f"{plain(self.other.value / product.concentration.mg_per_ml)} mL"
        return str(self.other)


@per_case
def dose_conflict(case: Case) -> DoseConflict | None:
    """Find different amounts in the dose field and the instructions, or in two quantities of one instruction.

    Only a single mention in a unit is compared: a text with several may be about vials, or earlier doses. Of several
    texts, such as those for the nurse and for the patient, each is compared by itself.
    """
    weight, tolerance = case.kg, case.threshold("dose_rounding_tolerance_percent")
    # A dose per kilogram of another body weight cannot be compared with milligrams.
    is_other_weight = bool(case.order.weight_basis) and case.weight_based
    for basis in (Mg,) if is_other_weight else (MgPerKg, Mg):
        in_field = in_basis(case, basis)
        if not in_field:
            continue
        groups = [_mentioned(case, basis, said) for said in (case.order.text_doses, *case.order.doses_by_text)]
        groups += [_given_a_day(case, basis)] if case.order.text_other_units else []
        groups += _joined(case) if case.order.text_sums and basis is Mg else []
        for mentioned in (*groups, _counted(case) if basis is Mg else []):
            if len(mentioned) != 1 or is_part_of_combination(case.product, mentioned[0]):
                continue
            if not any(near(dose.value, mentioned[0].value, tolerance) for _, dose in in_field):
                return DoseConflict(*in_field[0], mentioned[0], in_text=True)
    between = None if is_other_weight else _between_fields(case, weight, tolerance)
    return between or _injected(case, tolerance) or _above_own_limit(case) or _share_in_words(case)


def _injected(case: Case, tolerance: Decimal) -> DoseConflict | None:
    """Find a text that gives another amount of an injection under the skin, by its volume or its two antibodies."""
    ordered = in_basis(case, Mg) if case.order.injected_mg else []
    for stated in case.order.injected_mg:
        if ordered and not any(near(dose.value, each, tolerance) for _, dose in ordered for each in stated):
            return DoseConflict(*ordered[0], Mg(stated[-1]), in_text=True)
    return None


def drawn_otherwise(case: Case) -> Missing | None:
    """Return that a text or a field draws up a volume that is another dose, at the strength of the solution."""
    solution, order = case.product.concentration, case.order
    if solution is None or case.product.route is Route.SUBCUTANEOUS:
        return None
    if not order.text_volumes and not any(each.unit is DoseUnit.ML for each in order.doses):
        return None
    ordered = in_basis(case, Mg)
    if not ordered:
        return None
    tolerance = case.threshold("dose_rounding_tolerance_percent")
    most = max(dose.value for _, dose in ordered) * _TWO
    # A larger volume in a field is that of the bag.
    in_fields = [
        each.number
        for each in case.order.doses
        if each.unit is DoseUnit.ML and each.number * solution.mg_per_ml <= most
    ]
    for volume in (*case.order.text_volumes, *in_fields):
        drawn = volume * solution.mg_per_ml
        if not any(near(dose.value, drawn, tolerance) for _, dose in ordered):
            values = {
                "volume": f"{plain(volume)} mL",
                "strength": f"{plain(solution.mg_per_ml)} mg/mL",
                "doses": str(Mg(drawn)),
                "dose": ordered[0][0].ordered.as_written,
            }
            return Missing("dose-volume", values=values)
    return None


def counted_otherwise(case: Case) -> Missing | None:
    """Return that the instructions count vials that do not make the dose, or the dose itself several times or in part.

    As many doses as the schedule has are its doses.
    """
    if case.product.is_oral or not case.order.text_tablets:
        return None
    ordered = in_basis(case, Mg)
    sizes = _sizes(case)
    # Bags of any other amount are added up, and compared with the dose.
    counted = [
        (each.count, each.mg)
        for each in case.order.text_tablets
        if each.mg is not None and (each.mg in sizes or not each.in_bags)
    ]
    if not ordered or not counted:
        return None
    doses = sorted(dose.value for _, dose in ordered)
    vials = [(count, mg) for count, mg in counted if mg in sizes]
    tolerance = case.threshold("dose_rounding_tolerance_percent")
    said = vials if vials and _make_another_dose(vials, doses, tolerance) else []
    said += [
        (count, mg)
        for count, mg in counted
        if mg not in sizes and count not in (1, case.order.cycles) and near(_nearest(doses, mg), mg, tolerance)
    ]
    if not said:
        return None
    written = " + ".join(f"{plain(count)} x {plain(mg)} mg" for count, mg in said)
    return Missing("dose-counted", values={"said": written, "dose": ordered[0][0].ordered.as_written})


def _make_another_dose(vials: Sequence[tuple[Decimal, Decimal]], doses: Sequence[Decimal], tolerance: Decimal) -> bool:
    """Return whether the vials cannot make the dose: one of them is not needed; too few may be part of a list."""
    total = sum((count * mg for count, mg in vials), Decimal(0))
    if any(count % 1 for count, _ in vials):
        return not near(_nearest(doses, total), total, tolerance)
    return total - min(mg for _, mg in vials) >= doses[0] * (1 - tolerance / _HUNDRED)


def above_limit_of_day(case: Case) -> Missing | None:
    """Return that tablets are above the maximum of a day that the order itself states."""
    stated = case.order.max_a_day
    if stated is None or not case.product.is_oral:
        return None
    limit = read_dose(stated, case.product, case.kg, case)
    if not isinstance(limit.dose, Mg):
        return None
    for day in days_of(case):
        if day.total is not None and day.total.value > limit.dose.value:
            return Missing("dose-day-limit", values={"total": str(day.total), "limit": str(limit.dose)}, is_urgent=True)
    return None


def day_stated_otherwise(case: Case) -> Missing | None:
    """Return that the instructions give another total for a day of tablets than their dose and schedule make."""
    if not (case.product.is_oral and case.order.text_other_units):
        return None
    totals = sorted(day.total.value for day in days_of(case) if day.total is not None)
    if not totals:
        return None
    tolerance = case.threshold("dose_rounding_tolerance_percent")
    for each in _of_own_drug(case, case.order.text_other_units):
        stated = each.a_day.value if isinstance(each.a_day, Mg) and not each.beside else None
        if stated is not None and not near(_nearest(totals, stated), stated, tolerance):
            values = {"said": each.text, "dose": usable_doses(case)[0].ordered.as_written}
            return Missing("dose-remark", values=values)
    return None


def _joined(case: Case) -> list[list[Mg | MgPerKg]]:
    """List the amounts that a text adds up, a list for each sum, but for single antibodies and vials for a dose."""
    sizes, parts = _sizes(case), set(case.product.component_doses_mg)
    least = min((dose.value for _, dose in in_basis(case, Mg)), default=_ZERO)
    least -= least * case.threshold("dose_rounding_tolerance_percent") / _HUNDRED
    joined = (
        each
        for each in case.order.text_sums
        if not parts.issuperset(each) and not (sizes.issuperset(each) and sum(each, _ZERO) >= least)
    )
    return [[Mg(sum(each, Decimal(0)))] for each in joined]


def _given_a_day(case: Case, basis: type[Mg | MgPerKg]) -> list[Mg | MgPerKg]:
    """List the doses of an infusion that a text gives as so much a day; tablets may be taken twice."""
    if case.product.is_oral:
        return []
    named = (each.a_day for each in _of_own_drug(case, case.order.text_other_units) if not each.beside)
    return list(dict.fromkeys(dose for dose in named if isinstance(dose, basis)))


def in_another_unit(case: Case, amounts: Sequence[AmountInOtherUnit]) -> AmountInOtherUnit | None:
    """Find, of the amounts in a text, one whose unit cannot be meant if the dose field is right."""
    written = _numbers(case)
    found = (each for each in _of_own_drug(case, amounts) if not each.beside and _matters(each, written))
    # What cannot be meant goes before what may be.
    return min(found, key=lambda each: each.unclear, default=None)


def units_beside_other_words(case: Case) -> list[AmountInOtherUnit]:
    """List such amounts next to a word that is not a listed drug, so that what they measure is not known."""
    written = _numbers(case)
    beside = (each for each in _of_own_drug(case, case.order.text_other_units) if each.beside)
    return [each for each in beside if each.a_day is not None or _matters(each, written)]


def _of_own_drug(case: Case, amounts: Iterable[AmountInOtherUnit]) -> Iterator[AmountInOtherUnit]:
    """Yield the amounts in other units, but for those beside another drug that is known.

    The volume of an injection under the skin is its dose in another unit.
    """
    listed = case.recognizer.supportive_drugs
    by_volume = case.product.route is Route.SUBCUTANEOUS and case.product.concentration is not None
    return (
        each
        for each in amounts
        if listed.isdisjoint((each.beside, each.behind))
        and not (each.beside and case.recognizer.other_drugs(each.beside))
        and not (by_volume and fold(each.text).endswith("ml"))
    )


def _numbers(case: Case) -> set[Decimal]:
    """Return the number of each dose of an order, as written, in milligrams, and per kilogram."""
    written = {reading.ordered.number for reading in usable_doses(case)}
    return written | {dose.value for basis in (Mg, MgPerKg) for _, dose in in_basis(case, basis)}


def _matters(amount: AmountInOtherUnit, written: set[Decimal]) -> bool:
    return amount.never_fits or (amount.a_day is None and amount.number in written)


def _above_own_limit(case: Case) -> DoseConflict | None:
    """Find a dose above the maximum per administration that the order itself states."""
    if case.order.max_dose is None:
        return None
    limit = read_dose(case.order.max_dose, case.product, case.kg, case)
    # However small an amount in milligrams is, it limits the dose.
    is_usable = limit.sense is Sense.USABLE or limit.ordered.unit is DoseUnit.MG
    allowed = limit.in_mg(case.kg) if is_usable else None
    strength = case.product.concentration
    if limit.ordered.unit is DoseUnit.ML and strength is not None and case.product.route is Route.SUBCUTANEOUS:
        # However small a volume is, it limits an injection.
        allowed = Mg(limit.ordered.number * strength.mg_per_ml)
    if allowed is None:
        return None
    tolerance = case.threshold("dose_rounding_tolerance_percent")
    for reading, dose in in_basis(case, Mg):
        if dose.value > allowed.value and not near(dose.value, allowed.value, tolerance):
            return DoseConflict(reading, dose, limit.dose or allowed, in_text=False)
    return None


def _share_in_words(case: Case) -> DoseConflict | None:
    """Find a share of the dose in the instructions, less or more than all, beside a full dose in the dose field."""
    tolerance = case.threshold("dose_rounding_tolerance_percent")
    shares = [each for each in case.order.text_shares if abs(each - _HUNDRED) > tolerance]
    if not shares:
        return None
    levels = [(reading, levels_met_by(case, reading)) for reading in usable_doses(case)]
    if not levels or any(level is None or level.role is LevelRole.REDUCTION for _, level in levels):
        return None
    reading, _ = levels[0]
    if reading.dose is None:
        return None
    share = max(shares) if max(shares) > _HUNDRED else min(shares)
    meant = type(reading.dose)(reading.dose.value * share / _HUNDRED)
    return DoseConflict(reading, reading.dose, meant, in_text=True, percent=share)


@per_case
def beside_other_words(case: Case) -> tuple[NotedDose, ...]:
    """List the doses in the instructions next to an unknown word, which may therefore be those of another drug."""
    listed = case.recognizer.supportive_drugs
    return tuple(
        each
        for each in case.order.text_beside
        if fold(each.after) not in listed and case.recognizer.read_text(each.after).unread
    )


def several_in_text(case: Case) -> tuple[Mg | MgPerKg, ...]:
    """List the amounts of a text that names several, if none is that of the dose field, or one may be another dose."""
    if max(len(case.order.text_doses), len(case.order.text_tablets)) < _SEVERAL:
        return ()
    return _none_is_the_dose(case) or _another_dose(case)


def _none_is_the_dose(case: Case) -> tuple[Mg | MgPerKg, ...]:
    tolerance = case.threshold("dose_rounding_tolerance_percent")
    for basis in (MgPerKg, Mg):
        mentioned, in_field = _mentioned(case, basis, case.order.text_doses), in_basis(case, basis)
        mentioned += _counted(case) if basis is Mg else []
        if len(mentioned) > 1 and in_field:
            amounts = sorted(dose.value for _, dose in in_field)
            met = any(near(_nearest(amounts, each.value), each.value, tolerance) for each in mentioned)
            if not met and not any(is_part_of_combination(case.product, each) for each in mentioned):
                return tuple(mentioned)
    return ()


def _another_dose(case: Case) -> tuple[Mg | MgPerKg, ...]:
    """List the amounts of a text that names the dose of the dose field, and one that may be another dose."""
    counted = _counted(case)
    if _has_another(case, Mg, counted, frozenset()):
        return tuple(counted)
    for said in case.order.doses_by_text or (case.order.text_doses,):
        for basis in (MgPerKg, Mg):
            mentioned = _mentioned(case, basis, said)
            if _has_another(case, basis, mentioned, _sizes(case) if basis is Mg else frozenset()):
                return tuple(mentioned)
    return ()


def _has_another(
    case: Case, basis: type[Mg | MgPerKg], mentioned: Sequence[Mg | MgPerKg], sizes: frozenset[Decimal]
) -> bool:
    """Return whether one of several amounts is the dose and another may be one; what all of them make is one dose."""
    if len(mentioned) < _SEVERAL:
        return False
    tolerance = case.threshold("dose_rounding_tolerance_percent")
    ordered = [dose.value for _, dose in in_basis(case, basis)]
    others = [each for each in mentioned if not _is_near(each.value, ordered, tolerance)]
    if len(others) == len(mentioned):
        return False
    totals = [sum((each.value for each in parts), Decimal(0)) for parts in (mentioned, others)]
    if any(_is_near(total, ordered, tolerance) for total in totals):
        return False
    days = [day.total.value for day in days_of(case) if day.total is not None] if case.product.is_oral else []
    return any(
        _is_another(case, each, ordered)
        for each in others
        if not _is_near(each.value, days, tolerance) and not _fill(each, sizes, ordered)
    )


def _is_near(value: Decimal, others: Iterable[Decimal], tolerance: Decimal) -> bool:
    return any(near(other, value, tolerance) for other in others)


def _fill(amount: Mg | MgPerKg, sizes: Iterable[Decimal], ordered: Sequence[Decimal]) -> bool:
    """Return whether an amount is that of a vial or tablet, or what the vials of a dose hold: 400 mg for 378 mg."""
    value = amount.value
    return any(
        value == size or (value % size == 0 and any(dose <= value < dose + size for dose in ordered)) for size in sizes
    )


def _is_another(case: Case, other: Mg | MgPerKg, ordered: Iterable[Decimal]) -> bool:
    """Return whether an amount may be a dose: a level, half of what is ordered or more, or a tenth of it.

    A loading dose or a step may stand beside the dose that follows it.
    """
    if is_part_of_combination(case.product, other):
        return False
    if _is_near(other.value * _TEN, ordered, case.threshold("dose_rounding_tolerance_percent")):
        return True
    readings = (*usable_doses(case), reading_of(other))
    roles = {level.role for each in readings if (level := any_level_met_by(case, each)) is not None}
    if roles == _COURSE or LevelRole.STEP in roles:
        return False
    return may_be_own(case, other) or any(other.value * _TWO >= each for each in ordered)


def names_own_dose(case: Case, noted: NotedDose) -> bool:
    """Return whether the text that has an amount beside an unknown word also names the dose of the dose field."""
    tolerance = case.threshold("dose_rounding_tolerance_percent")
    groups = case.order.doses_by_text or (case.order.text_doses,)
    return any(
        near(dose.value, each.value, tolerance)
        for said in groups
        if noted.dose in said
        for basis in (MgPerKg, Mg)
        for each in _mentioned(case, basis, said)
        for _, dose in in_basis(case, basis)
    )


def _nearest(amounts: Sequence[Decimal], wanted: Decimal) -> Decimal:
    """Return the amount nearest to a number, from a non-empty sorted list."""
    place = bisect_left(amounts, wanted)
    return min(amounts[max(place - 1, 0) : place + 1], key=lambda each: abs(each - wanted))


def doses_named_in_text(case: Case) -> list[Mg | MgPerKg]:
    """List the doses that the text of the instructions names, numbers of tablets as the milligrams of all of them."""
    said = case.order.text_doses
    kept = {*_mentioned(case, MgPerKg, said), *_mentioned(case, Mg, said)}
    named = [*(dose for dose in said if dose in kept), *_counted(case)]
    return list(dict.fromkeys(named or said))


def _mentioned(case: Case, basis: type[Mg | MgPerKg], said: Iterable[Mg | MgPerKg]) -> list[Mg | MgPerKg]:
    """List the doses of a text, without the strengths of tablets and the sizes of vials."""
    others = {noted.dose for noted in beside_other_words(case)}
    named = [dose for dose in said if isinstance(dose, basis) and dose not in others]
    if basis is not Mg or not named:
        return named
    of_one = {each.mg for each in case.order.text_tablets if each.mg is not None}
    of_one.update(amount for joined in case.order.text_sums for amount in joined)
    if case.product.tablets is None:
        # "160 mg + 100 mg" are vials where no amount is anything else.
        sizes = _sizes(case) if of_one or len(named) > 1 else frozenset()
        if all(dose.value in sizes for dose in named):
            return []
    elif any(dose.unit is DoseUnit.TABLET for dose in case.order.doses):
        of_one |= _sizes(case)
    return [dose for dose in named if dose.value not in of_one]


def _counted(case: Case) -> list[Mg | MgPerKg]:
    """List the doses that a text gives as a number of tablets, or as a multiple: "2 x 126 mg"."""
    if not case.order.text_tablets:
        return []
    sizes, is_oral = _sizes(case), case.product.tablets is not None
    strength = tablet_strength(case.order, case.product, case.recognizer)
    amounts = ((each, each.mg or strength) for each in case.order.text_tablets)
    found = (_multiple(case, each, mg) for each, mg in amounts if mg is not None and (mg in sizes) is is_oral)
    return list(dict.fromkeys(found))


def _sizes(case: Case) -> frozenset[Decimal]:
    """Return the marketed strengths of the tablets, or sizes of the vials."""
    if case.product.tablets is not None:
        return frozenset(case.product.tablets.strengths_mg)
    return frozenset(each.contents_mg for each in case.recognizer.packages(case.product, None))


def _multiple(case: Case, counted: CountedTablets, mg: Decimal) -> Mg:
    """Return what "2 x 126 mg" means: the product, or the amount alone where it is the dose and the count its doses."""
    tolerance = case.threshold("dose_rounding_tolerance_percent")
    is_tablets = case.product.tablets is not None
    is_dose = not is_tablets and any(near(dose.value, mg, tolerance) for _, dose in in_basis(case, Mg))
    return Mg(mg) if is_dose and not counted.in_bags else Mg(counted.count * mg)


def _twice_in_mg(case: Case, usable: Sequence[DoseReading], tolerance: Decimal) -> DoseConflict | None:
    """Find two amounts in milligrams in one instruction that differ, such as the dose ordered and the one calculated.

    The two antibodies of a combination have one each.
    """
    first: dict[int, DoseReading] = {}
    for reading in usable:
        if not isinstance(reading.dose, Mg) or is_component(case.product, reading):
            continue
        one = first.setdefault(reading.ordered.instruction, reading)
        if isinstance(one.dose, Mg) and not near(one.dose.value, reading.dose.value, tolerance):
            return DoseConflict(one, one.dose, reading.dose, in_text=False)
    return None


def _between_fields(case: Case, weight: Kg | None, tolerance: Decimal) -> DoseConflict | None:
    """Compare milligrams with milligrams per kilogram in the same instruction, and two amounts of milligrams."""
    usable = usable_doses(case)
    if (twice := _twice_in_mg(case, usable, tolerance)) is not None:
        return twice
    if weight is None or len(usable) < _SEVERAL:
        return None
    per_kg: dict[int, list[tuple[Decimal, MgPerKg]]] = {}
    for reading in usable:
        if isinstance(reading.dose, MgPerKg):
            per_kg.setdefault(reading.ordered.instruction, []).append(((reading.dose * weight).value, reading.dose))
    extremes = {
        instruction: (min(each for each, _ in meant), max(each for each, _ in meant))
        for instruction, meant in per_kg.items()
    }
    for one in usable:
        instruction, dose = one.ordered.instruction, one.dose
        # A dose near both the lowest and the highest amount is near all of them.
        if not isinstance(dose, Mg) or all(near(dose.value, each, tolerance) for each in extremes.get(instruction, ())):
            continue
        for meant, other in per_kg[instruction]:
            if not near(dose.value, meant, tolerance):
                return DoseConflict(one, dose, other, in_text=False)
    return None
