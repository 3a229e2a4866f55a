"""The roles and specialties of the user, and the class of the encounter, as far as sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fhir_mappings.codings import texts
from fhir_mappings.wire.exact_json import Unreadable
from fhir_mappings.wire.lenient import child, objects, reference, text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from fhir_mappings.request.hook_request import HookRequest
    from fhir_mappings.wire.lenient import Json
    from fhir_mappings.wire.stubs import ResourceStub

_PEOPLE = frozenset({"Practitioner", "PractitionerRole"})
_ROLES_QUERY, _READ_ROLE, _READ_PERSON, _READ_ENCOUNTER = "user.roles", "user.role", "user.person", "user.encounter"


def user_of(request: HookRequest) -> str:
    """Return the user as a reference, without a server address; empty if the hook names none."""
    return reference(request.user_id) if request.user_id else ""


def roles_in(request: HookRequest, resources: Iterable[ResourceStub]) -> frozenset[str]:
    """List the roles, specialties and qualifications of the user: codes, "system|code", and text, in lower case."""
    user = user_of(request)
    found: set[str] = set()
    for content in _contents(resources, _PEOPLE):
        own = f"{text(content.get('resourceType'))}/{text(content.get('id'))}"
        if user and user in (own, reference(content.get("practitioner"))):
            found |= roles_of(content)
    return frozenset(found)


def roles_of(content: Json) -> frozenset[str]:
    """List the roles, specialties and qualifications in a Practitioner or a PractitionerRole."""
    return frozenset(_said(_concepts(content)))


def encounter_class_in(request: HookRequest, resources: Iterable[ResourceStub]) -> frozenset[str]:
    """List the class of the call's encounter: its codes and text, in lower case."""
    found: set[str] = set()
    for content in _contents(resources, frozenset({"Encounter"})):
        if request.encounter_id and text(content.get("id")) == request.encounter_id:
            found |= class_of(content)
    return frozenset(found)


def class_of(encounter: Json) -> frozenset[str]:
    """List the codes and text of an encounter's class: one Coding in R4, a list of CodeableConcepts in R5."""
    classes = [each for _, each in objects(encounter.get("class"))]
    return frozenset(_said(each if "coding" in each else {"coding": [each]} for each in classes))


def roles_to_fetch(request: HookRequest) -> dict[str, str]:
    """Return the queries for the user's roles, by a place in the request."""
    kind, _, identifier = user_of(request).partition("/")
    if kind == "PractitionerRole" and _is_plain(identifier):
        return {_READ_ROLE: f"{kind}/{identifier}"}
    if kind == "Practitioner" and _is_plain(identifier):
        return {
            _ROLES_QUERY: f"PractitionerRole?practitioner={kind}/{identifier}",
            _READ_PERSON: f"{kind}/{identifier}",
        }
    return {}


def encounter_to_fetch(request: HookRequest) -> dict[str, str]:
    """Return the query for the encounter, by a place in the request."""
    return {_READ_ENCOUNTER: f"Encounter/{request.encounter_id}"} if _is_plain(request.encounter_id) else {}


def _is_plain(identifier: str) -> bool:
    """Return whether an id is a valid FHIR id, which needs no escaping in an address."""
    return 0 < len(identifier) <= 64 and all(each.isascii() and (each.isalnum() or each in "-.") for each in identifier)  # noqa: PLR2004 - FHIR's own limit


def _contents(resources: Iterable[ResourceStub], kinds: frozenset[str]) -> Iterator[Json]:
    for each in resources:
        if each.resource_type in kinds:
            try:
                yield each.content
            except Unreadable:
                continue


def _concepts(content: Json) -> list[Json]:
    if text(content.get("resourceType")) == "Practitioner":
        return [child(each, "code") for _, each in objects(content.get("qualification"))]
    return [concept for name in ("code", "specialty") for _, concept in objects(content.get(name))]


def _said(concepts: Iterable[Json]) -> Iterator[str]:
    for concept in concepts:
        yield from (each.casefold() for each in texts(concept) if each)
        for _, coding in objects(concept.get("coding")):
            if code := text(coding.get("code")):
                yield code.casefold()
                yield f"{text(coding.get('system'))}|{code}".casefold()
