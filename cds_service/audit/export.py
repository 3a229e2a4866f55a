"""Exports recorded decisions as NDJSON or as FHIR R4 AuditEvents.

Source: FHIR R4, AuditEvent; DICOM and IHE codes from its value sets.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from cds_service.store.reading import StoredDecision

Json = dict[str, Any]
_PARTICIPANT = "http://dicom.nema.org/resources/ontology/DCM"
_TYPE = "http://terminology.hl7.org/CodeSystem/audit-event-type"


def as_row(kept: StoredDecision) -> Json:
    """Return a decision with its verdicts, facts and cards as one object."""
    row = kept.row
    return {
        "id": row.id,
        "at": row.at.isoformat(),
        "service": row.service,
        "hookInstance": row.hook_instance,
        "issuer": row.issuer,
        "tenant": row.tenant,
        "patient": row.patient,
        "user": row.user,
        "durationMs": row.duration_ms,
        "codeVersion": row.code_version,
        "knowledgeVersion": row.knowledge_version,
        "wordingVersion": row.wording_version,
        "configurationHash": row.configuration_hash,
        "policy": kept.configuration.get("policy"),
        "stopped": kept.configuration.get("stopped", {}),
        "recordedLate": row.late,
        "facts": msgspec.json.decode(row.facts),
        "verdicts": msgspec.json.decode(row.verdicts),
        "cards": list(kept.cards),
        "suppressed": [
            {"card": msgspec.json.decode(each.content), "overriddenCard": each.overridden_card}
            for each in kept.suppressed
        ],
    }


def as_audit_event(kept: StoredDecision, base_url: str) -> Json:
    """Return a decision as a FHIR R4 AuditEvent: who asked about whom, when, and which cards were shown."""
    row = kept.row
    agents = [
        {
            "type": {"coding": [{"system": _PARTICIPANT, "code": "110153", "display": "Source Role ID"}]},
            "who": {"display": row.issuer or "client without a token"},
            "requestor": row.user is None,
        }
    ]
    if row.user is not None:
        agents.append(
            {"who": {"identifier": {"system": f"{base_url}/pseudonym/user", "value": row.user}}, "requestor": True}
        )
    entities: list[Json] = [
        {
            "what": {"identifier": {"system": f"{base_url}/decision", "value": row.id}},
            "detail": [
                {"type": "hookInstance", "valueString": row.hook_instance},
                {"type": "knowledge", "valueString": row.knowledge_version},
                {"type": "wording", "valueString": row.wording_version},
                {"type": "configuration", "valueString": row.configuration_hash},
            ],
        }
    ]
    policy = kept.configuration.get("policy")
    if policy is not None:
        entities[0]["detail"].append({"type": "policy", "valueString": f"version {policy['version']} {policy['hash']}"})
    if row.patient is not None:
        entities.append({"what": {"identifier": {"system": f"{base_url}/pseudonym/patient", "value": row.patient}}})
    entities += [
        {
            "what": {"identifier": {"system": f"{base_url}/card", "value": card["uuid"]}},
            "name": card["source"]["topic"]["code"],
            "description": card["indicator"],
        }
        for card in kept.cards
    ]
    return {
        "resourceType": "AuditEvent",
        "id": row.id,
        "type": {"system": _TYPE, "code": "rest", "display": "RESTful Operation"},
        "subtype": [{"system": f"{base_url}/CodeSystem/service", "code": row.service}],
        "action": "E",
        "recorded": row.at.isoformat(timespec="milliseconds"),
        "outcome": "0",
        "agent": agents,
        "source": {"observer": {"display": f"her2-cds {row.code_version}"}},
        "entity": entities,
    }
