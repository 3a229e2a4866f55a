"""Follows references: contained, in the Bundle of the order, in the prefetch. What is not there stays unresolved."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fhir_mappings.wire.lenient import objects, reference, text
from fhir_mappings.wire.resources import Unreadable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fhir_mappings.wire.lenient import Json
    from fhir_mappings.wire.resources import ResourceStub


class References:
    """The resources that came with a request, by reference and by fullUrl."""

    def __init__(self) -> None:
        """Start with none."""
        self._resources: dict[str, Json] = {}
        self._glimpses: dict[str, ResourceStub] = {}

    def add(self, resource: Json, full_url: str = "") -> None:
        """Take in a resource."""
        identifier = text(resource.get("id"))
        if identifier:
            self._resources.setdefault(f"{text(resource.get('resourceType'))}/{identifier}", resource)
        if full_url:
            self._resources.setdefault(reference(full_url), resource)

    def add_glimpses(self, glimpses: Iterable[ResourceStub]) -> None:
        """Take in resources that are read only when somebody refers to them."""
        for glimpse in glimpses:
            if glimpse.reference:
                self._glimpses.setdefault(glimpse.reference, glimpse)
            if glimpse.full_url:
                self._glimpses.setdefault(reference(glimpse.full_url), glimpse)

    def find(self, wanted: str, holder: Json) -> Json | None:
        """Find the resource of a reference made by ``holder``."""
        if wanted.startswith("#"):
            for _, contained in objects(holder.get("contained")):
                if text(contained.get("id")) == wanted[1:]:
                    return contained
            return None
        if wanted in self._resources:
            return self._resources[wanted]
        glimpse = self._glimpses.get(wanted)
        try:
            return glimpse.content if glimpse is not None else None
        except Unreadable:
            return None


def is_same_patient(subject: object, patient_id: str, references: References) -> bool:
    """Tell whether a resource is the patient's: a subject that is absent is trusted, one that is another's is not."""
    if isinstance(subject, dict) and subject.get("reference") == f"Patient/{patient_id}":
        return True
    if isinstance(subject, list):
        return all(is_same_patient(each, patient_id, references) for each in subject)
    wanted = reference(subject)
    if not wanted or wanted == f"Patient/{patient_id}":
        return True
    if wanted.startswith("urn:"):
        resolved = references.find(wanted, {})
        return (resolved is not None and resolved.get("id") == patient_id) or wanted.rpartition(":")[2] == patient_id
    return False
