"""Resolves references: contained, in the Bundle of the order, in the prefetch; others stay unresolved.

An absolute reference is to one server, and a relative one to the server of the resource that holds it. A resource from
another server with the same id does not match.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fhir_mappings.wire.exact_json import Unreadable
from fhir_mappings.wire.lenient import base_of, items, objects, reference, server_of, text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from fhir_mappings.wire.lenient import Json
    from fhir_mappings.wire.stubs import ResourceStub

_UNKNOWN: tuple[str, Json] = ("", {})
_NAMING = ("resourceType", "code", "ingredient")
_OTHER_PEOPLE = frozenset({"Patient", "RelatedPerson", "Person", "Group"})


def own_reference(resource: Json) -> str:
    """Return the reference of a resource itself, such as ``Patient/1``; empty if it has no id."""
    identifier = text(resource.get("id"))
    return f"{text(resource.get('resourceType'))}/{identifier}" if identifier else ""


class References:
    """The resources in a request, by reference and by fullUrl."""

    def __init__(self, server: str = "") -> None:
        """Start empty; ``server`` is the base address of the request's FHIR server, if stated."""
        self.server = base_of(server)
        self._resources: dict[str, list[tuple[str, Json]]] = {}
        self._stubs: dict[str, list[ResourceStub]] = {}
        # With the resource itself, so that its number is not given to another.
        self._servers: dict[int, tuple[str, Json]] = {}

    def add(self, resource: Json, full_url: str = "") -> None:
        """Add a resource; ``full_url`` is the fullUrl of its Bundle entry, if any."""
        server, named = (server_of(full_url), reference(full_url)) if full_url else ("", "")
        if own := own_reference(resource):
            self._resources.setdefault(own, []).append((server, resource))
        if named and named != own:
            self._resources.setdefault(named, []).append((server, resource))
        self._note_server(resource, server)

    def note_holder(self, resource: Json, full_url: str) -> None:
        """Note from which server a resource came that holds references, by the fullUrl of its Bundle entry."""
        self._note_server(resource, server_of(full_url))

    def _note_server(self, resource: Json, server: str) -> None:
        if server:
            self._servers[id(resource)] = server, resource

    def add_stubs(self, stubs: Iterable[ResourceStub]) -> None:
        """Add resources that are decoded only when referred to."""
        for stub in stubs:
            own, full_url = stub.reference, stub.full_url
            if own:
                self._stubs.setdefault(own, []).append(stub)
            # Nearly every fullUrl ends with the reference.
            if full_url and not (own and full_url.endswith(f"/{own}")) and (named := reference(full_url)) != own:
                self._stubs.setdefault(named, []).append(stub)

    def resolve(self, value: Any, holder: Json) -> Json | None:
        """Find the resource for a reference in ``holder``, on the server that it names."""
        return self.find(reference(value), holder, server_of(value))

    def find(self, wanted: str, holder: Json, server: str = "") -> Json | None:
        """Find the resource for a reference in ``holder``; a relative one is on the holder's own server."""
        if wanted.startswith("#"):
            for _, contained in objects(holder.get("contained")):
                # Some servers store the id with the mark of the reference.
                if text(contained.get("id")).removeprefix("#") == wanted[1:]:
                    return contained
            return None
        server = server or self._servers.get(id(holder), _UNKNOWN)[0]
        for own, resource in self._resources.get(wanted, ()):
            if not server or own in ("", server):
                return resource
        stubs = self._stubs.get(wanted, ())
        if len(stubs) > 1 and not server and any(server_of(stub.full_url) == self.server for stub in stubs):
            server = self.server
        return _agreed([stub for stub in stubs if not server or server_of(stub.full_url) in ("", server)])


def _agreed(stubs: Sequence[ResourceStub]) -> Json | None:
    """Return the first of some resources under one id; nothing if they name different things, as any may be meant."""
    first, *others = map(_content, stubs) if stubs else (None,)
    if first is None or any(each is None or each.get(name) != first.get(name) for each in others for name in _NAMING):
        return None
    return first


def _content(stub: ResourceStub) -> Json | None:
    try:
        return stub.content
    except Unreadable:
        return None


def is_same_patient(subject: object, patient_id: str, references: References, full_url: str = "") -> bool:
    """Return whether a resource is the patient's: a missing subject is accepted, another patient is not.

    An absolute address must be on the request's server; if that is not stated, on the resource's own server by its
    ``full_url``.
    """
    if isinstance(subject, dict) and subject.get("reference") == f"Patient/{patient_id}":
        return True
    if isinstance(subject, list):
        return all(is_same_patient(each, patient_id, references, full_url) for each in subject)
    wanted = reference(subject)
    if not wanted or wanted == f"#{patient_id}":
        # What is contained under the patient's own id is a copy of the patient.
        return True
    if wanted == f"Patient/{patient_id}":
        own, named = references.server or server_of(full_url), server_of(subject)
        return not own or not named or named == own
    if wanted.startswith("urn:"):
        resolved = references.find(wanted, {})
        return (resolved is not None and resolved.get("id") == patient_id) or wanted.rpartition(":")[2] == patient_id
    return False


def is_about_another_person(resource: Json, patient_id: str, references: References) -> bool:
    """Return whether the focus of a result, or the source of its contained specimen, is another person.

    Such as a donor, a fetus or a relative.
    """
    for focus in items(resource.get("focus")):
        wanted = reference(focus)
        contained = references.find(wanted, resource) if wanted.startswith("#") else None
        kind = text(contained.get("resourceType")) if contained is not None else wanted.partition("/")[0]
        if wanted.startswith("urn:"):
            kind = text((references.find(wanted, resource) or {}).get("resourceType"))
        kind = kind or (text(focus.get("type")) if focus.__class__ is dict else "")
        is_own = kind == "Patient" and is_same_patient(focus, patient_id, references)
        if (kind in _OTHER_PEOPLE or not kind) and not is_own:
            return True
    taken = reference(resource.get("specimen"))
    specimen = references.find(taken, resource) if taken.startswith("#") else None
    source = specimen.get("subject") if specimen is not None else None
    return reference(source).startswith("Patient/") and not is_same_patient(source, patient_id, references)
