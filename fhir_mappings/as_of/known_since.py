"""Since when the chart has had a resource, and when its status became what the export says.

An export contains the last version of each resource. A resource without any date cannot be shown to have been known, so
it is not visible; ``meta.lastUpdated`` is used if there is no other date, because the resource cannot have become known
later.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fhir_mappings.as_of.event_times import later, when
from fhir_mappings.wire.lenient import child, objects, text

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from fhir_mappings.as_of.event_times import EventTime
    from fhir_mappings.wire.lenient import Json

_STATUS_CHANGED = "MedicationRequest.statusChanged"
_OVER = frozenset({"completed", "stopped", "cancelled"})
_CONDITION_OVER = frozenset({"inactive", "remission", "resolved"})


def known_since(resource: Json, zone: ZoneInfo) -> EventTime | None:
    """Return the time from which a resource is visible: the later of when it happened and when it was recorded."""
    kind = text(resource.get("resourceType"))
    found: EventTime | None
    if kind == "Observation":
        found = later(when(resource.get("issued"), zone), _effective(resource, zone, end_first=True))
    elif kind == "Condition":
        onset = when(resource.get("onsetDateTime"), zone) or when(child(resource, "onsetPeriod").get("start"), zone)
        found = later(when(resource.get("recordedDate"), zone), onset)
    elif kind == "MedicationStatement":
        found = later(when(resource.get("dateAsserted"), zone), _effective(resource, zone))
    elif kind == "MedicationAdministration":
        found = _effective(resource, zone)
    elif kind in ("MedicationRequest", "ServiceRequest"):
        found = when(resource.get("authoredOn"), zone)
    elif kind == "Encounter":
        found = when(child(resource, "period").get("start"), zone)
    else:
        found = None
    return found or when(child(resource, "meta").get("lastUpdated"), zone)


def _effective(resource: Json, zone: ZoneInfo, *, end_first: bool = False) -> EventTime | None:
    # Fast path: nearly every resource has this one.
    if (found := when(resource.get("effectiveDateTime"), zone)) is not None:
        return found
    period = child(resource, "effectivePeriod")
    order = ("end", "start") if end_first else ("start", "end")
    candidates = (resource.get("effectiveInstant"), *(period.get(name) for name in order))
    return next((found for candidate in candidates if (found := when(candidate, zone)) is not None), None)


def before_its_end(resource: Json, last_given: EventTime | None, zone: ZoneInfo) -> tuple[EventTime, Json] | None:
    """Return when a resource ended, and its state before; nothing if it has not ended or the time is not known.

    ``last_given`` is the last administration of an order. An order that ended at an unknown time has the exported
    status all along.
    """
    kind = text(resource.get("resourceType"))
    end: EventTime | None = None
    if kind == "MedicationRequest" and resource.get("status") in _OVER:
        end = _order_end(resource, last_given, zone)
    elif kind == "MedicationStatement" and resource.get("status") in _OVER:
        end = when(child(resource, "effectivePeriod").get("end"), zone)
    elif kind == "Condition" and _clinical_status(resource) in _CONDITION_OVER:
        end = when(resource.get("abatementDateTime"), zone) or when(
            child(resource, "abatementPeriod").get("start"), zone
        )
        if end is not None:
            kept = {name: value for name, value in resource.items() if not name.startswith("abatement")}
            return end, {**kept, "clinicalStatus": {"coding": [{"code": "active"}]}}
    return (end, {**resource, "status": "active"}) if end is not None else None


def _order_end(resource: Json, last_given: EventTime | None, zone: ZoneInfo) -> EventTime | None:
    for _, extension in objects(resource.get("extension")):
        if text(extension.get("url")).endswith(_STATUS_CHANGED):
            changed = when(extension.get("valueDateTime"), zone)
            if changed is not None:
                return changed
    if last_given is not None or resource.get("status") != "completed":
        return last_given
    ends = [
        end
        for _, instruction in objects(resource.get("dosageInstruction"))
        if (end := when(child(child(child(instruction, "timing"), "repeat"), "boundsPeriod").get("end"), zone))
    ]
    return max(ends, key=lambda each: each.day, default=None)


def _clinical_status(condition: Json) -> str:
    status = condition.get("clinicalStatus")
    if isinstance(status, str):
        return text(status)
    return next(
        (text(coding.get("code")) for _, coding in objects(child(condition, "clinicalStatus").get("coding"))), ""
    )
