"""Entries of other FHIR releases, with their drug where R4 has it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fhir_mappings.wire.lenient import child, objects, text

if TYPE_CHECKING:
    from fhir_mappings.wire.lenient import Json

_R4 = ("medicationCodeableConcept", "medicationReference")


def is_of_other_release(resource: Json) -> bool:
    """Return whether the drug of a resource stands where R5 has it."""
    return isinstance(resource.get("medication"), dict | str)


def with_r4_drug(resource: Json) -> Json:
    """Return a resource with the drug of R5, or one that is plain text, in the elements of R4; any other as it is."""
    if not is_of_other_release(resource):
        return resource
    bare = text(resource.get("medication"))
    medication = {"text": bare} if bare else child(resource, "medication")
    concept, referred = (resource.get(name) for name in _R4)
    drug = {
        _R4[0]: concept or medication.get("concept") or ("reference" not in medication and medication) or None,
        _R4[1]: referred or medication.get("reference"),
    }
    kept = {name: value for name, value in resource.items() if name not in ("medication", *_R4)}
    if text(resource.get("resourceType")) == "MedicationStatement" and text(resource.get("status")) == "recorded":
        kept["status"] = "active" if _is_taken(resource) else "stopped"
    return {**kept, **{name: value for name, value in drug.items() if value is not None}}


def _is_taken(statement: Json) -> bool:
    """Return whether a statement of R5, which says only that it is recorded, is of a drug that is taken."""
    said = [
        text(coding.get("code")) for _, coding in objects(child(child(statement, "adherence"), "code").get("coding"))
    ]
    return all(code.startswith("taking") for code in said if code)
