"""Who signed the orders of a session, with which roles, in what kind of encounter, as far as an export says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fhir_mappings.request.circumstances import class_of, roles_of
from fhir_mappings.wire.lenient import reference, text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from fhir_mappings.wire.lenient import Json

ROLED_KINDS = frozenset({"Practitioner", "PractitionerRole"})
"""The resource types with people's roles."""


def signed_by(orders: Iterable[Json]) -> str:
    """Return the requester of some orders, as a reference; empty if they do not all name the same person."""
    asked = {reference(order.get("requester")) for order in orders}
    only = asked.pop() if len(asked) == 1 else ""
    return only if only.partition("/")[0] in ROLED_KINDS else ""


def encounter_of(orders: Iterable[Json]) -> str:
    """Return the reference of the encounter of some orders; empty if they do not all name the same one."""
    named = {reference(order.get("encounter")) for order in orders}
    return named.pop() if len(named) == 1 else ""


def encounter_class(orders: Iterable[Json], resource: Callable[[str], Json]) -> frozenset[str]:
    """List the class of the encounter of some orders; ``resource`` finds the patient's own resources."""
    return class_of(resource(encounter_of(orders)))


def role_entry(resource: Json) -> tuple[str, str]:
    """Return the reference of a person or a role and, one per line, the person and their roles."""
    own = f"{text(resource.get('resourceType'))}/{text(resource.get('id'))}"
    said = sorted(" ".join(each.split()) for each in roles_of(resource))
    return own, "\n".join([reference(resource.get("practitioner")), *said])


def roles_by_user(names: Mapping[str, str]) -> dict[str, frozenset[str]]:
    """Collect everybody's roles from such entries; a person has the roles of each PractitionerRole."""
    found: dict[str, frozenset[str]] = {}
    for own, entry in names.items():
        if own.partition("/")[0] not in ROLED_KINDS:
            continue
        person, *said = entry.split("\n")
        for user in dict.fromkeys(each for each in (own, person) if each):
            found[user] = found.get(user, frozenset()) | frozenset(said)
    return found
