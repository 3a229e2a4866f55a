"""Where an order was written: the encounter's location, else its service provider, else the requesting organization."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fhir_mappings.wire.lenient import child, objects, reference, text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from fhir_mappings.wire.lenient import Json

UNKNOWN = "unknown"
NAMED_KINDS = frozenset({"Organization", "Location"})
"""The resource types whose names are sites."""


def site_of(order: Json, resource: Callable[[str], Json], names: Mapping[str, str]) -> str:
    """Name the site of an order; ``resource`` finds the patient's own, ``names`` the names of all others."""
    encounter = resource(reference(order.get("encounter")))
    places = [child(entry, "location") for _, entry in objects(encounter.get("location"))]
    for referred in (*places, child(encounter, "serviceProvider"), child(order, "requester")):
        wanted = reference(referred)
        if wanted.partition("/")[0] not in NAMED_KINDS:
            continue
        if name := names.get(wanted) or text(referred.get("display")) or wanted:
            return name
    return UNKNOWN


def named(resource: Json) -> tuple[str, str]:
    """Return the reference of an organization or a location, and its name."""
    own = f"{text(resource.get('resourceType'))}/{text(resource.get('id'))}"
    return own, text(resource.get("name"))
