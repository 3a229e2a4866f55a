"""Finds the parts of an order's instructions that are no element of FHIR, so that nothing in them is passed over."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fhir_mappings.wire.lenient import items, text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fhir_mappings.wire.lenient import Json

_LONGEST = 40
_OF_DOSE = frozenset({"doseQuantity", "doseRange", "rateQuantity", "rateRange", "rateRatio"})
_OF_ANY = frozenset({"id", "extension", "modifierExtension"})
# The elements of Dosage and of its doseAndRate in FHIR R4, and those of other releases that say the same: in STU3 the
# amounts stand on the instruction itself, and R5 has other names for "as needed".
_DOSE_AND_RATE = _OF_DOSE | _OF_ANY | {"type"}
_DOSAGE = (
    _OF_DOSE
    | _OF_ANY
    | {
        "additionalInstruction", "asNeeded", "asNeededBoolean", "asNeededCodeableConcept", "asNeededFor", "doseAndRate",
        "maxDosePerAdministration", "maxDosePerLifetime", "maxDosePerPeriod", "method", "patientInstruction", "route",
        "sequence", "site", "text", "timing",
    }
)  # fmt: skip


def unknown_in_instructions(order: Json) -> tuple[str, ...]:
    """List what stands in an order's instructions and is no element of FHIR: names of elements, and bare texts."""
    found: list[str] = []
    for instruction in items(order.get("dosageInstruction")):
        found += _beside(instruction, _DOSAGE)
        if instruction.__class__ is dict:
            for dose_and_rate in items(instruction.get("doseAndRate")):
                found += _beside(dose_and_rate, _DOSE_AND_RATE)
    return tuple(dict.fromkeys(each[:_LONGEST] for each in found)) if found else ()


def _beside(element: Any, known: frozenset[str]) -> Sequence[str]:
    if element.__class__ is dict:
        if known.issuperset(element):
            return ()
        # A name with a line in front has the extensions of a value.
        return sorted(name for name in element if name.removeprefix("_") not in known)
    return () if element is None else (text(element) or type(element).__name__,)
