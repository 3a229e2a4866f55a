"""Changes to an order as the EHR sent it: its doses and the texts that state them, its billing code, its status.

Each changes the resource in place and returns whether it could. Amounts are written in the unit that the order has.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from cards.facts.order import DoseUnit
from cards.values.quantities import Mg, MgPerKg, precise
from fhir_mappings.wire.lenient import number, objects

if TYPE_CHECKING:
    from collections.abc import Callable

    from cards.facts.order import OrderedDose
    from cards.facts.origins import Pointer
    from cards.facts.outcomes import ReplaceBillingCode, SetDose
    from fhir_mappings.wire.lenient import Json

_UCUM = "http://unitsofmeasure.org"
_UNIT_IN_TEXT = {DoseUnit.MG_PER_KG: r"mg\s*/\s*kg", DoseUnit.MG_PER_M2: r"mg\s*/\s*m(?:2|\^2|\u00b2)"}


def put_on_hold(resource: Json) -> bool:
    """Put a signed order on hold; nothing to do if it already is."""
    if resource.get("status") == "on-hold":
        return False
    resource["status"] = "on-hold"
    return True


def set_doses(resource: Json, fix: SetDose) -> bool:
    """Write new doses into their quantities, and into the text if it states the old one."""
    for ordered, dose in fix.changes:
        quantity = _at(resource, ordered.pointer)
        if not isinstance(quantity, dict):
            return False
        _write(quantity, ordered, dose)
        if ordered.pointer[-2:] == ("doseRange", "high"):
            _lowered_range(_at(resource, (*ordered.pointer[:-1], "low")), quantity)
    if restate := _restatements(fix):
        for _, instruction in objects(resource.get("dosageInstruction")):
            if isinstance(instruction.get("text"), str):
                instruction["text"] = restate(instruction["text"])
    return True


def _write(quantity: Json, ordered: OrderedDose, dose: Mg | MgPerKg) -> None:
    if _is_same_basis(ordered, dose):
        quantity["value"] = _shortest(dose.value / ordered.factor)
        return
    unit = "mg" if isinstance(dose, Mg) else "mg/kg"
    quantity.update(value=_shortest(dose.value), unit=unit, system=_UCUM, code=unit)


def _is_same_basis(ordered: OrderedDose, dose: Mg | MgPerKg) -> bool:
    return ordered.unit is (DoseUnit.MG if isinstance(dose, Mg) else DoseUnit.MG_PER_KG)


def _lowered_range(low: Any, high: Json) -> None:
    """Lower the low end of a range that would exceed its new high end."""
    value, limit = (number(end.get("value")) if isinstance(end, dict) else None for end in (low, high))
    if value is not None and limit is not None and value > limit and low.get("unit") == high.get("unit"):
        low["value"] = high["value"]


def _shortest(value: Decimal) -> int | Decimal:
    return int(value) if value == value.to_integral_value() else value.normalize()


def _restatements(fix: SetDose) -> Callable[[str], str] | None:
    """Return a function that replaces old doses in a text by new ones, so that text and dose field agree.

    A text is processed once, whatever the number of doses.
    """
    new: dict[tuple[str, str], str] = {}
    for ordered, dose in fix.changes:
        unit = "mg" if isinstance(dose, Mg) else "mg/kg"
        old_unit = _UNIT_IN_TEXT.get(ordered.unit, "mg")
        new.setdefault((precise(ordered.number), old_unit), f"{precise(dose.value)} {unit}")
        if ordered.factor != 1 and _is_same_basis(ordered, dose):
            restated = f"{precise(dose.value / ordered.factor)} {ordered.as_written_unit}"
            old_unit = re.escape(ordered.as_written_unit.lower())
            new.setdefault((precise(ordered.number / ordered.factor), old_unit), restated)
    for old, dose in fix.restated:
        old_unit = _UNIT_IN_TEXT[DoseUnit.MG_PER_KG] if isinstance(old, MgPerKg) else "mg"
        new.setdefault((precise(old.value), old_unit), str(dose))
    if not new:
        return None
    units = sorted({unit for _, unit in new}, key=lambda unit: (-len(unit), unit))
    alternatives = "|".join(f"({unit})" for unit in units)
    # In "2.520 mg" the part after the point is not a separate number.
    stated = re.compile(rf"(?<![\d.,])(?P<number>\d+(?:\.\d+)?)\s*(?:{alternatives})(?!\w|\s*/)", re.IGNORECASE)

    def restated_in(match: re.Match[str]) -> str:
        number_of = match["number"].rstrip("0").rstrip(".") if "." in match["number"] else match["number"]
        unit = next(unit for unit, found in zip(units, match.groups()[1:], strict=True) if found is not None)
        return new.get((number_of, unit), match[0])

    return lambda written: stated.sub(restated_in, written)


def replace_code(resource: Json, fix: ReplaceBillingCode) -> bool:
    """Replace a wrong billing code and its descriptor; system and modifiers stay."""
    coding = _at(resource, fix.wrong.pointer)
    if not isinstance(coding, dict):
        return False
    coding["code"] = fix.code + fix.wrong.modifiers
    if "display" in coding:
        coding["display"] = fix.descriptor
    return True


def remove(resource: Json, pointer: Pointer) -> bool:
    """Remove one element from an array, and the array if it is left empty."""
    holder = _at(resource, pointer[:-1])
    last = pointer[-1]
    if isinstance(holder, list) and isinstance(last, int) and last < len(holder):
        del holder[last]
        if not holder:
            return remove(resource, pointer[:-1])
        return True
    if isinstance(holder, dict) and last in holder:
        del holder[last]
        # If the rest would be empty it is not valid FHIR, and nothing is offered.
        return bool(holder)
    return False


def _at(resource: Any, pointer: Pointer) -> Any:
    for step in pointer:
        if isinstance(step, int):
            if not isinstance(resource, list) or step >= len(resource):
                return None
            resource = resource[step]
        elif isinstance(resource, dict):
            resource = resource.get(step)
        else:
            return None
    return resource
