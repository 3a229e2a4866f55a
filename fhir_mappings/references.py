"""Follows references: contained, in the Bundle of the order, in the prefetch. What is not there stays unresolved."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fhir_mappings.lenient import objects, reference, text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fhir_mappings.lenient import Json
    from fhir_mappings.wire import Glimpse


class References:
    """The resources that came with a request, by reference and by fullUrl."""

    def __init__(self) -> None:
        """Start with none."""
        self._resources: dict[str, Json] = {}
        self._glimpses: dict[str, Glimpse] = {}

    def add(self, resource: Json, full_url: str = "") -> None:
        """Take in a resource."""
        identifier = text(resource.get("id"))
        if identifier:
            self._resources.setdefault(f"{text(resource.get('resourceType'))}/{identifier}", resource)
        if full_url:
            self._resources.setdefault(reference(full_url), resource)

    def add_glimpses(self, glimpses: Iterable[Glimpse]) -> None:
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
        return glimpse.content if glimpse is not None else None
