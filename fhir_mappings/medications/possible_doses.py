"""Entries that may be a dose given and are no administration: statements, dispenses and procedures that name a drug.

They are not counted. A rule says where one is so new that the next dose would be too early.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cards.facts.origins import Origin
from cards.facts.patient import PossibleDose, PossibleKind
from fhir_mappings.wire.lenient import child, objects, text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from fhir_mappings.medications.treatments import TreatmentReader
    from fhir_mappings.wire.lenient import Json
    from fhir_mappings.wire.references import References

_KINDS = {
    "MedicationStatement": PossibleKind.STATEMENT,
    "MedicationDispense": PossibleKind.DISPENSE,
    "Procedure": PossibleKind.PROCEDURE,
}
MAY_BE_DOSES = frozenset(_KINDS)
_DONE = frozenset({"completed", "in-progress", "stopped"})
_STATED = frozenset({*_DONE, "active"})
_TIMES = {
    "MedicationStatement": ("effectiveDateTime",),
    "MedicationDispense": ("whenHandedOver", "whenPrepared"),
    "Procedure": ("performedDateTime", "occurrenceDateTime"),
}
_PERIODS = {"MedicationStatement": ("effectivePeriod",), "Procedure": ("performedPeriod", "occurrencePeriod")}


def possible_dose(
    resource: Json, path: str, references: References, treatments: TreatmentReader
) -> PossibleDose | None:
    """Read a resource that may be a dose given on a known day; ``None`` if it is not done, or of no drug in scope."""
    kind, status = text(resource.get("resourceType")), text(resource.get("status"))
    if status not in (_STATED if kind == "MedicationStatement" else _DONE) or treatments.is_denied(resource):
        return None
    on = _day(resource, kind, status, treatments)
    if on is None:
        return None
    concepts = _named(resource, kind, treatments)
    product = next((found for each in concepts if (found := treatments.product_of(each, references))), "")
    if not product:
        return None
    identifier = text(resource.get("id"))
    origin = Origin(f"{kind}/{identifier}" if identifier else "", path)
    return PossibleDose(product, on, origin, _KINDS[kind], treatments.amount_of(resource, references))


def _day(resource: Json, kind: str, status: str, treatments: TreatmentReader) -> date | None:
    """Return the day: a time, or the end of a period that is over; an open period is a course, not a dose."""
    times = [text(resource.get(name)) for name in _TIMES[kind]]
    if status != "active":
        times += [text(child(resource, name).get("end")) for name in _PERIODS.get(kind, ())]
    return treatments.day_of(next((each for each in times if each), ""))


def _named(resource: Json, kind: str, treatments: TreatmentReader) -> Iterator[Json]:
    """Yield what may name the drug that was given, in the shape of a medication's concept."""
    if kind != "Procedure":
        yield resource
        return
    for name in ("code", "usedCode"):
        for _, concept in objects(resource.get(name)):
            if name == "usedCode" or not treatments.is_care(concept):
                yield {"medicationCodeableConcept": concept}
