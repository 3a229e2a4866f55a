"""Interprets the doses of an order for the product: their amounts, and the levels and maximum that apply."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING

import msgspec

from cards.facts.order import DoseUnit, OrderedDose
from cards.knowledge.label_doses import Ceiling, near
from cards.knowledge.schema import Basis, Level, Product, Regimen, Route
from cards.values.caching import per_case
from cards.values.codes import ndc_readings
from cards.values.quantities import Kg, Mg, MgPerKg, plain

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cards.facts.order import DrugOrder
    from cards.identification.recognizer import Recognizer
    from cards.readings.case import Case

_HUNDRED = Decimal(100)
_ANY_BODY = (Decimal(0), Decimal("Infinity"))


class Sense(StrEnum):
    """How a dose quantity can be interpreted."""

    USABLE = "usable"
    IMPLAUSIBLE = "implausible"
    UNREADABLE = "unreadable"


class DoseReading(msgspec.Struct, frozen=True):
    """A dose quantity and its amount. ``why`` is a wording variant if it is not usable."""

    ordered: OrderedDose
    sense: Sense
    dose: Mg | MgPerKg | None = None
    why: str = ""

    def per_kg(self, weight: Kg | None) -> MgPerKg | None:
        """Return the dose per kilogram, if known."""
        if isinstance(self.dose, MgPerKg):
            return self.dose
        if self.dose is None or weight is None:
            return None
        return self.dose / weight

    def lacks_weight(self, weight: Kg | None) -> bool:
        """Return whether the dose per kilogram is unknown because there is no weight."""
        return self.dose is None or (weight is None and not isinstance(self.dose, MgPerKg))

    def in_mg(self, weight: Kg | None) -> Mg | None:
        """Return the absolute dose, if known."""
        if isinstance(self.dose, Mg):
            return self.dose
        if self.dose is None or weight is None:
            return None
        return self.dose * weight


@per_case
def read_doses(case: Case) -> tuple[DoseReading, ...]:
    """Interpret each dose quantity of the order by its unit and size."""
    weight = case.kg
    readings = [read_dose(dose, case.product, weight, case) for dose in case.order.doses]
    if len(readings) == 1 or (case.product.route is Route.SUBCUTANEOUS and case.product.concentration is not None):
        # What is drawn up for an injection is its dose.
        return tuple(readings)
    # A bag volume in addition to a dose in milligrams is the volume of the infusion, not another dose.
    masses = {reading.ordered.instruction for reading in readings if reading.ordered.unit is not DoseUnit.ML}
    # So is one in a separate instruction, "dilute in 250 mL", if no dose of the product has such a volume.
    stated = any(reading.ordered.unit is not DoseUnit.ML and reading.sense is Sense.USABLE for reading in readings)
    return tuple(
        r
        for r in readings
        if r.ordered.unit is not DoseUnit.ML
        or (r.ordered.instruction not in masses and not (stated and _is_bag(r.ordered, case, weight)))
    )


def _is_bag(ordered: OrderedDose, case: Case, weight: Kg | None) -> bool:
    strength = case.product.concentration
    if strength is None:
        return True
    _, too_large = _plausible_mass(case.product, weight, case)
    return ordered.number * strength.mg_per_ml > too_large


def read_dose(ordered: OrderedDose, product: Product, weight: Kg | None, case: Case) -> DoseReading:
    """Interpret one dose quantity by its unit and size."""
    if ordered.unit is DoseUnit.MG_PER_M2:
        return DoseReading(ordered, Sense.IMPLAUSIBLE, why="body-surface")
    if ordered.unit is DoseUnit.VIAL and (contents := _vial_contents(case, product)) is not None:
        ordered = msgspec.structs.replace(
            ordered, number=ordered.number * contents, unit=DoseUnit.MG, factor=contents, as_written=ordered.as_written
        )
    if ordered.unit in (DoseUnit.OTHER, DoseUnit.VIAL):
        return DoseReading(ordered, Sense.UNREADABLE, why="unit")
    if ordered.unit is DoseUnit.TABLET:
        strength = tablet_strength(case.order, product, case.recognizer, ordered.number)
        if strength is None:
            return DoseReading(ordered, Sense.UNREADABLE, why="tablets" if product.tablets else "unit")
        ordered = _in_milligrams(ordered, strength)
    if ordered.number <= 0:
        return DoseReading(ordered, Sense.IMPLAUSIBLE, why="not-positive")
    if ordered.unit is DoseUnit.ML:
        return _read_volume(ordered, product, weight, case)
    if ordered.unit is DoseUnit.MG_PER_KG:
        dose_per_kg = MgPerKg(ordered.number)
        if product.basis is Basis.FIXED:
            return DoseReading(ordered, Sense.IMPLAUSIBLE, dose_per_kg, "weight-based")
        if not _within_gate(ordered.number, case):
            return DoseReading(ordered, Sense.IMPLAUSIBLE, dose_per_kg, "per-kg")
        return DoseReading(ordered, Sense.USABLE, dose_per_kg)
    return _read_mass(*_of_both(ordered, product, case), product, weight, case)


def _of_both(ordered: OrderedDose, product: Product, case: Case) -> tuple[OrderedDose, Mg]:
    """Return a dose, of both antibodies where its amount is that of one: 1200 mg of "Phesgo 1200 mg-600 mg"."""
    both = case.order.combined_mg
    if both is None and product.component_doses_mg and _is_written_by_part(ordered.number, case):
        both = ordered.number + min(product.component_doses_mg)
    if both is None or ordered.number >= both or ordered.number not in product.component_doses_mg:
        return ordered, Mg(ordered.number)
    written = f"{ordered.as_written} + {Mg(both - ordered.number)}"
    return msgspec.structs.replace(ordered, as_written=written), Mg(both)


def _is_written_by_part(amount: Decimal, case: Case) -> bool:
    """Return whether an amount that may be of one antibody or of both is of one, as the last dose on record was.

    After 600 mg of Phesgo, which is no dose of both, 1200 mg is the pertuzumab of a loading dose.
    """
    whole = {level.mg for regimen in case.product.regimens for level in regimen.levels}
    last = next(iter(case.doses_recorded(frozenset({case.product.id}))), None)
    dose = last.dose if last is not None else None
    parts = case.product.component_doses_mg
    return amount in whole and isinstance(dose, Mg) and dose.value in parts and dose.value not in whole


def tablet_strength(
    order: DrugOrder, product: Product, recognizer: Recognizer, count: Decimal | None = None
) -> Decimal | None:
    """Return the milligrams of a tablet: from the order, its package, or the only marketed strength.

    An amount beside a count of tablets may be the strength of one or the dose of all, whichever is marketed.
    """
    if product.tablets is None:
        return None
    strengths = product.tablets.strengths_mg
    if order.tablet_mg is not None:
        return order.tablet_mg if order.tablet_mg in strengths else None
    written = {reading for ndc in order.ndcs for reading in ndc_readings(ndc.text)}
    packaged = {each.contents_mg for each in recognizer.packages(product, None) if each.ndc in written}
    if len(packaged) == 1:
        return packaged.pop()
    of_one = count if count is not None and count > 0 else None
    for amounts in (order.named_mg, order.instructed_mg):
        named = {each for each in amounts if each in strengths}
        if of_one is not None:
            named |= {each / of_one for each in amounts if each / of_one in strengths}
        if named:
            return named.pop() if len(named) == 1 else None
    # The name gives an amount that no tablet has.
    is_contradicted = of_one is not None and bool(order.named_mg)
    return strengths[0] if len(strengths) == 1 and not is_contradicted else None


def _vial_contents(case: Case, product: Product) -> Decimal | None:
    """Return the milligrams of a vial that is a fixed dose: the only one marketed, or the one that the order names."""
    if product.basis is not Basis.FIXED:
        return None
    if product.component_doses_mg:
        return case.order.combined_mg
    contents = {each.contents_mg for each in case.recognizer.packages(product, None)}
    return contents.pop() if len(contents) == 1 else None


def _in_milligrams(ordered: OrderedDose, strength: Decimal) -> OrderedDose:
    """Convert a number of tablets to milligrams; the factor converts back."""
    number = ordered.number * strength
    tablets = f"{plain(ordered.number)} tablet{'' if ordered.number == 1 else 's'}"
    written = f"{tablets} ({Mg(number)})"
    return msgspec.structs.replace(ordered, number=number, unit=DoseUnit.MG, factor=strength, as_written=written)


def _within_gate(per_kg: Decimal, case: Case) -> bool:
    low, high = case.threshold("plausible_dose_min_mg_per_kg"), case.threshold("plausible_dose_max_mg_per_kg")
    return low <= per_kg <= high


def _read_mass(ordered: OrderedDose, dose: Mg, product: Product, weight: Kg | None, case: Case) -> DoseReading:
    """Refuse an amount too small for any patient; a large one is an overdose instead."""
    least, most = _plausible_mass(product, weight, case)
    far_too_large = dose.value > most
    if dose.value < least:
        return DoseReading(ordered, Sense.IMPLAUSIBLE, dose, "too-small")
    if far_too_large and ordered.computed:
        # The concentration is the vial's and the volume is the bag's, so the dose is not known.
        return DoseReading(ordered, Sense.UNREADABLE, why="volume")
    is_counted = product.tablets is not None and ordered.factor in product.tablets.strengths_mg
    if far_too_large and ordered.factor != 1 and not is_counted:
        return DoseReading(ordered, Sense.IMPLAUSIBLE, dose, "too-large")
    return DoseReading(ordered, Sense.USABLE, dose)


def _plausible_mass(product: Product, weight: Kg | None, case: Case) -> tuple[Decimal, Decimal]:
    """Return the range of plausible doses in milligrams."""
    if product.basis is Basis.FIXED:
        smallest = min(level.mg for regimen in product.regimens for level in regimen.levels if level.mg is not None)
        share = case.threshold("plausible_fixed_dose_min_percent") / _HUNDRED
        return smallest * share, smallest / share
    low, high = case.threshold("plausible_dose_min_mg_per_kg"), case.threshold("plausible_dose_max_mg_per_kg")
    # Without a weight on record, use the lightest and the heaviest plausible adult.
    believed = case.known.terminology.concepts["weight"].plausible or _ANY_BODY
    lightest, heaviest = (weight.value, weight.value) if weight else believed
    return low * lightest, high * heaviest


def _read_volume(ordered: OrderedDose, product: Product, weight: Kg | None, case: Case) -> DoseReading:
    """Convert milliliters to milligrams if the product is a solution of one concentration; no other has a volume."""
    if product.concentration is None:
        return DoseReading(ordered, Sense.IMPLAUSIBLE, why="volume")
    dose = Mg(ordered.number * product.concentration.mg_per_ml)
    reading = _read_mass(ordered, dose, product, weight, case)
    per_kg = reading.per_kg(weight)
    believable = reading.sense is Sense.USABLE and (
        (
            product.basis is Basis.FIXED
            and any(level.mg == dose.value for regimen in product.regimens for level in regimen.levels)
        )
        or (product.basis is Basis.WEIGHT and per_kg is not None and _within_gate(per_kg.value, case))
    )
    if not believable:
        return DoseReading(ordered, Sense.IMPLAUSIBLE, why="volume")
    tolerance = case.threshold("dose_rounding_tolerance_percent")
    # What is drawn up at the strength of the label, where that is a level of it; any other is of unknown strength.
    if product.concentration.ready_to_use or level_met(reading, product, product.regimens, weight, tolerance):
        return reading
    return DoseReading(ordered, Sense.UNREADABLE, dose, "volume")


def is_over(reading: DoseReading, limit: Ceiling, weight: Kg | None) -> bool:
    """Return whether a dose is above a maximum, if comparable.

    A dose up to the maximum, rounded up to the next whole milligram, is at the maximum.
    """
    maximum = limit.maximum.dose
    if isinstance(reading.dose, MgPerKg) and isinstance(maximum, MgPerKg):
        return reading.dose > maximum
    in_mg = reading.in_mg(weight)
    if in_mg is None:
        return False
    if isinstance(maximum, Mg):
        return in_mg > maximum
    return weight is not None and in_mg > (maximum * weight).whole_up()


def level_met(
    reading: DoseReading, product: Product, regimens: Iterable[Regimen], weight: Kg | None, percent: Decimal
) -> Level | None:
    """Find the labeled level of a dose, within a tolerance: the nearest if there are several."""
    if product.basis is Basis.FIXED and isinstance(reading.dose, MgPerKg):
        return None
    per_kg, in_mg = reading.per_kg(weight), reading.in_mg(weight)
    best: tuple[Decimal, Level] | None = None
    for regimen in regimens:
        for level in regimen.levels:
            stated = level.dose
            dose = per_kg if isinstance(stated, MgPerKg) else in_mg
            if dose is not None and near(dose.value, stated.value, percent):
                distance = abs(dose.value - stated.value)
                if best is None or distance < best[0]:
                    best = (distance, level)
    return best[1] if best else None


def look_alike_met(case: Case, reading: DoseReading) -> tuple[Product, Level] | None:
    """Find the look-alike product whose level the dose is at."""
    percent = case.threshold("look_alike_match_percent")
    for other_id in case.product.look_alikes:
        other = case.recognizer.product(other_id)
        level = level_met(reading, other, other.regimens, case.kg, percent)
        if level is not None:
            return other, level
    return None


def in_basis(case: Case, basis: type[Mg | MgPerKg]) -> list[tuple[DoseReading, Mg | MgPerKg]]:
    """Return the usable doses of an order in milligrams or milligrams per kilogram, as far as the weight is known."""
    found: list[tuple[DoseReading, Mg | MgPerKg]] = []
    for reading in usable_doses(case):
        dose = reading.per_kg(case.kg) if basis is MgPerKg else reading.in_mg(case.kg)
        if dose is not None:
            found.append((reading, dose))
    return found


@per_case
def over_maximum(case: Case) -> list[DoseReading]:
    """List the doses above the applicable maximum."""
    limit = case.ceiling
    return [each for each in usable_doses(case) if is_over(each, limit, case.kg)] if limit is not None else []


def levels_met_by(case: Case, reading: DoseReading) -> Level | None:
    """Find the labeled level of a dose, within the site's tolerance, among the order's regimens."""
    tolerance = case.threshold("dose_rounding_tolerance_percent")
    return level_met(reading, case.product, case.regimens, case.kg, tolerance)


@per_case
def usable_doses(case: Case) -> list[DoseReading]:
    """List the doses that can be judged; none if one of them is implausible, because then none can be trusted."""
    usable = []
    for reading in read_doses(case):
        if reading.sense is Sense.IMPLAUSIBLE:
            return []
        if reading.sense is Sense.USABLE:
            usable.append(reading)
    return usable


def any_level_met_by(case: Case, reading: DoseReading) -> Level | None:
    """Find the labeled level of a dose among all regimens of the product."""
    tolerance = case.threshold("dose_rounding_tolerance_percent")
    return level_met(reading, case.product, case.product.regimens, case.kg, tolerance)


def reading_of(dose: Mg | MgPerKg) -> DoseReading:
    """Return an amount as one that can be judged like an ordered dose."""
    unit = DoseUnit.MG if isinstance(dose, Mg) else DoseUnit.MG_PER_KG
    return DoseReading(OrderedDose(dose.value, unit, str(dose), (), 0, Decimal(1)), Sense.USABLE, dose)


def may_be_own(case: Case, dose: Mg | MgPerKg) -> bool:
    """Return whether an amount in a text could be a dose of the ordered drug: a level, or above the maximum."""
    reading = reading_of(dose)
    is_above = case.ceiling is not None and is_over(reading, case.ceiling, case.kg)
    return is_above or levels_met_by(case, reading) is not None


def is_component(product: Product, reading: DoseReading) -> bool:
    """Return whether a combination product's dose is written as that of one of its antibodies; a volume is of both."""
    is_volume = reading.ordered.unit is DoseUnit.ML
    return reading.dose is not None and not is_volume and is_part_of_combination(product, reading.dose)


def is_part_of_combination(product: Product, dose: Mg | MgPerKg) -> bool:
    """Return whether an amount in milligrams is that of one antibody of a combination product."""
    return isinstance(dose, Mg) and dose.value in product.component_doses_mg
