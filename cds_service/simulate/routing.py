"""Routes a line of an export: its patient, and whether a replay can use it; the same for every engine."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import msgspec

from fhir_mappings.as_of.signers import ROLED_KINDS, role_entry
from fhir_mappings.as_of.sites import NAMED_KINDS, named
from fhir_mappings.wire.depth import is_too_deep
from fhir_mappings.wire.exact_json import Unreadable, decode
from fhir_mappings.wire.lenient import child, reference, text
from fhir_mappings.wire.stubs import ResourceStub

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from fhir_mappings.as_of.searches import Search

DRUG_KIND = "Medication"
_OF_PATIENTS = frozenset({"MedicationRequest", "ServiceRequest", "Encounter"})


class Routed(NamedTuple):
    """Where a line goes: to a patient, the drugs, the names of places, the roles of people; or why it is not used.

    ``kind`` is the resource type, ``drug`` the Medication that it refers to.
    """

    kind: str
    patient: str = ""
    drug: str = ""
    unused: str = ""


class _Referred(msgspec.Struct, gc=False):
    reference: str = ""


class _Head(msgspec.Struct, gc=False):
    resourceType: str = ""  # noqa: N815 - FHIR's own names
    id: str = ""
    subject: _Referred | None = None
    patient: _Referred | None = None
    medicationReference: _Referred | None = None  # noqa: N815


def named_in(line: bytes, kind: str) -> tuple[str, str]:
    """Return the reference of a place or a person, and its name or the roles."""
    resource = decode(line)
    return role_entry(resource) if kind in ROLED_KINDS else named(resource)


_head = msgspec.json.Decoder(_Head)
UNREADABLE = Routed("", unused="unreadable")


class Router:
    """Routes lines for the queries of the service."""

    def __init__(self, wanted: Iterable[Search], *, with_roles: bool = False) -> None:
        """Note which types and codes the queries ask for; ``with_roles``: the signers' roles matter too."""
        self._named = NAMED_KINDS | ROLED_KINDS if with_roles else NAMED_KINDS
        tokens: dict[str, set[tuple[str, str]] | None] = {}
        for search in wanted:
            known = tokens.setdefault(search.kind, set())
            if search.tokens is None or known is None:
                tokens[search.kind] = None
            else:
                known.update(search.tokens)
        self._tokens: Mapping[str, set[tuple[str, str]] | None] = {**tokens, **dict.fromkeys(_OF_PATIENTS)}

    def route(self, line: bytes) -> Routed:
        """Route one line."""
        if is_too_deep(line):
            return UNREADABLE
        try:
            head = _head.decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return self._leniently(line)
        owner = head.subject or head.patient
        drug = head.medicationReference
        return self._routed(
            line, head.resourceType, head.id, owner.reference if owner else "", drug.reference if drug else ""
        )

    def _leniently(self, line: bytes) -> Routed:
        """Read a line whose structure is unusual in a relevant place."""
        try:
            content = decode(line)
        except Unreadable:
            return UNREADABLE
        if not isinstance(content, dict) or not text(content.get("resourceType")):
            return UNREADABLE
        owner = reference(content.get("subject")) or reference(content.get("patient"))
        drug = reference(child(content, "medicationReference"))
        return self._routed(line, text(content["resourceType"]), text(content.get("id")), owner, drug)

    def _routed(self, line: bytes, kind: str, identifier: str, owner: str, drug: str) -> Routed:
        if not kind:
            return UNREADABLE
        if kind == "Patient":
            return Routed(kind, patient=identifier) if identifier else Routed(kind, unused="no id")
        if kind == DRUG_KIND or kind in self._named:
            return Routed(kind) if identifier else Routed(kind, unused="no id")
        if kind not in self._tokens:
            return Routed(kind, unused="type")
        wanted = reference(owner)
        if not wanted.startswith("Patient/"):
            return Routed(kind, unused="no patient")
        codes = self._tokens[kind]
        if codes is not None:
            try:
                stub = ResourceStub.of(line, "")
            except Unreadable:
                return UNREADABLE
            if not any((each.system, each.code) in codes for each in stub.codes[0]):
                return Routed(kind, unused="code")
        return Routed(kind, patient=wanted.removeprefix("Patient/"), drug=reference(drug))
