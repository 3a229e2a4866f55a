"""What the Medication of an order holds in all, and what is dispensed for it: amounts that should make the dose."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from cards.facts.order import DoseUnit, HeldAmount, HeldWhere
from fhir_mappings.medications.amounts import LEAST_OF_BAG_ML
from fhir_mappings.medications.diluents import of_concept
from fhir_mappings.results.units import dose_scale
from fhir_mappings.wire.lenient import child, number, objects, text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fhir_mappings.wire.lenient import Json

_ONE = Decimal(1)
# The unit of what is one whole preparation; of a vial or a milliliter it is a strength.
_WHOLE = frozenset({"", "1", "bag", "dose", "infusion", "syringe", "ivpb", "beutel", "unit", "each"})
_MASS_OR_VOLUME = frozenset({DoseUnit.MG, DoseUnit.ML})


def held_amounts(order: Json, medication: Json) -> tuple[HeldAmount, ...]:
    """List the milligrams that a Medication holds in all, and the milligrams or milliliters that are dispensed."""
    found = list(_prepared(medication)) if medication else []
    if "dispenseRequest" in order:
        dispensed = _amount(child(child(order, "dispenseRequest"), "quantity"), HeldWhere.DISPENSED)
        found += [dispensed] if dispensed is not None else []
    return tuple(found)


def _prepared(medication: Json) -> Iterator[HeldAmount]:
    for _, ingredient in objects(medication.get("ingredient")):
        if ingredient.get("isActive") is not False and not of_concept(child(ingredient, "itemCodeableConcept")):
            yield from _of_whole(child(ingredient, "strength"))
    yield from _of_whole(child(medication, "amount"))


def _of_whole(ratio: Json) -> Iterator[HeldAmount]:
    """Yield the milligrams of a ratio that is of one whole preparation, or of the volume of a bag."""
    held, below = _amount(child(ratio, "numerator"), HeldWhere.PREPARED), child(ratio, "denominator")
    if held is None or held.unit is not DoseUnit.MG:
        return
    per = (text(below.get("code")) or text(below.get("unit"))).strip("{}").casefold()
    volume = _amount(below, HeldWhere.PREPARED)
    is_bag = volume is not None and volume.unit is DoseUnit.ML and volume.number >= LEAST_OF_BAG_ML
    if is_bag or (per in _WHOLE and number(below.get("value")) in (None, _ONE)):
        yield held


def _amount(quantity: Json, where: HeldWhere) -> HeldAmount | None:
    value, code, unit = number(quantity.get("value")), text(quantity.get("code")), text(quantity.get("unit"))
    scale = dose_scale(code, unit)
    if value is None or value <= 0 or scale is None or scale.unit not in _MASS_OR_VOLUME:
        return None
    return HeldAmount(where, value * scale.factor, scale.unit, f"{value:f} {unit or code}"[:40])
