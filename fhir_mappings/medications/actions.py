"""Writes findings back as FHIR actions: corrections of the EHR's own order, draft requests for missing tests, removals.

An update returns the resource as the EHR sent it, with only the necessary fields changed. New resources are validated
against FHIR R4 before they are sent: all of one suggestion as the first, because they differ in our own codes alone.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cards.facts.outcomes import Fix, HoldOrder, OrderTests, RemoveNdc, RemoveOrder, ReplaceBillingCode, SetDose
from cards.values.caching import once
from fhir_mappings.medications.order_changes import put_on_hold, remove, replace_code, set_doses
from fhir_mappings.wire.exact_json import encode
from fhir_mappings.wire.lenient import reference

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cards.facts.origins import Origin
    from cards.knowledge.schema import Concept, Terminology
    from fhir_mappings.wire.lenient import Json

Action = dict[str, Any]
_LOINC = "http://loinc.org"
_SNOMED = "http://snomed.info/sct"
_COPIED = ("encounter", "requester", "reasonCode", "reasonReference")


@once
def models() -> Mapping[str, Any]:
    """Return the FHIR models, which are slow to load and needed only for answers with suggestions."""
    from fhir.resources.R4B.medicationrequest import MedicationRequest  # noqa: PLC0415
    from fhir.resources.R4B.servicerequest import ServiceRequest  # noqa: PLC0415

    return {"MedicationRequest": MedicationRequest, "ServiceRequest": ServiceRequest}


@dataclass(slots=True)
class _Update:
    """An EHR resource, and a copy with the changes of one suggestion."""

    original: Json
    resource: Json
    what: str = ""


class ActionWriter:
    """Writes the actions of suggestions."""

    def __init__(self, terminology: Terminology, descriptions: Mapping[str, str]) -> None:
        """Keep the codes of the tests and the words of the actions."""
        self._terminology = terminology
        self._words = descriptions

    def actions(
        self, changes: Sequence[tuple[Origin, Fix]], resources: Mapping[str, Json], patient_id: str
    ) -> list[Action]:
        """Write the actions of a suggestion.

        There are none if it cannot be carried out in full: an EHR resource has no id or is not available, or the result
        would not be valid FHIR although the original was. Several changes to one resource are one update.
        """
        actions: list[Action] = []
        updates: dict[str, _Update] = {}
        for order, fix in changes:
            resource = resources.get(order.path)
            if resource is None:
                return []
            match fix:
                case RemoveOrder():
                    if not order.reference:
                        return []
                    actions.append(self._delete(order))
                case OrderTests(concepts=concepts):
                    actions += self._create(concepts, resource, order, patient_id, fix)
                case _:
                    update = self._changed(fix, order, resources, updates)
                    if update is None:
                        return []
        for update in updates.values():
            if not _is_valid(update.resource) and _is_valid(update.original):
                return []
            words = self._words["update"].format(what=update.what)
            actions.append({"type": "update", "description": words, "resource": update.resource})
        return actions

    def _delete(self, order: Origin) -> Action:
        return {"type": "delete", "description": self._words["remove-order"], "resourceId": order.reference}

    def _changed(
        self, fix: Fix, order: Origin, resources: Mapping[str, Json], updates: dict[str, _Update]
    ) -> _Update | None:
        """Apply a fix to a copy of the resource, which the fixes of one suggestion share."""
        origin = fix.wrong.holder if isinstance(fix, ReplaceBillingCode) else order
        resource = resources.get(origin.path)
        if resource is None or not origin.reference:
            return None
        update = updates.get(origin.path) or _Update(resource, copy.deepcopy(resource))
        changed = update.resource
        match fix:
            case HoldOrder():
                is_changed, what = put_on_hold(changed), self._words["on-hold"]
            case SetDose():
                is_changed, what = set_doses(changed, fix), fix.dose
            case ReplaceBillingCode(wrong=wrong):
                is_changed, what = bool(wrong.pointer) and replace_code(changed, fix), fix.code
            case RemoveNdc(ndc=ndc):
                is_changed, what = bool(ndc.pointer) and remove(changed, ndc.pointer), ndc.text
            case _:
                return None
        if not is_changed:
            return None
        update.what = what
        updates[origin.path] = update
        return update

    def _create(
        self, concepts: Sequence[str], resource: Json, order: Origin, patient_id: str, fix: OrderTests
    ) -> list[Action]:
        """Write a request for each test; what is copied from the order is the same in all, and so checked once."""
        actions = [self._request(concept, resource, order, patient_id, fix) for concept in concepts]
        if actions and not _is_valid(actions[0]["resource"]):
            # What was copied from the order was not valid; the rest is ours.
            for action in actions:
                for name in _COPIED:
                    action["resource"].pop(name, None)
        return actions

    def _request(self, concept: str, resource: Json, order: Origin, patient_id: str, fix: OrderTests) -> Action:
        known = self._terminology.concepts[concept]
        system, code = _code_to_order(known)
        display = next((entry.display for entry in known.loinc if entry.code == code), known.display)
        request: Json = {
            "resourceType": "ServiceRequest",
            "status": "draft",
            "intent": "order",
            "priority": "urgent" if fix.is_urgent else "routine",
            "code": {
                "coding": [{"system": system, "code": code, "display": display}],
                "text": known.order_display or known.display,
            },
            "subject": {"reference": f"Patient/{patient_id}"},
        }
        if fix.by is not None:
            request["occurrencePeriod"] = {"end": fix.by.isoformat()}
        for name in ("encounter", "requester"):
            kept = without_empty_values(resource.get(name))
            if isinstance(kept, dict) and kept and not _is_inside(kept):
                request[name] = kept
        for name in ("reasonCode", "reasonReference"):
            listed = without_empty_values(resource.get(name))
            if outside := [each for each in listed if not _is_inside(each)] if isinstance(listed, list) else []:
                request[name] = outside
        if order.reference:
            request["supportingInfo"] = [{"reference": order.reference}]
        words = self._words["create"].format(what=known.order_display or known.display)
        return {"type": "create", "description": words, "resource": request}


def _code_to_order(concept: Concept) -> tuple[str, str]:
    """Return the system and code for ordering a test; a site's test may have no LOINC code."""
    if concept.order_loinc or concept.loinc:
        return _LOINC, concept.order_loinc or concept.loinc[0].code
    if concept.snomed:
        return _SNOMED, concept.snomed[0].code
    return concept.local[0].system, concept.local[0].code


def without_empty_values(value: Any) -> Any:
    """Remove empty values: CDS Hooks allows no null or empty elements in an answer."""
    if isinstance(value, dict):
        kept = {name: without_empty_values(each) for name, each in value.items()}
        return {name: each for name, each in kept.items() if each not in (None, "", [], {})}
    if isinstance(value, list):
        return [each for each in map(without_empty_values, value) if each not in (None, "", [], {})]
    return value


def _is_inside(referred: Any) -> bool:
    """Return whether a reference is to a contained resource, which has no meaning elsewhere."""
    return reference(referred).startswith("#")


def _is_valid(resource: Json) -> bool:
    """Return whether a resource is valid FHIR R4, as far as its model can tell."""
    model = models().get(str(resource.get("resourceType")))
    if model is None:
        return False
    try:
        model.model_validate_json(encode(resource))
    except Exception:  # noqa: BLE001 - on foreign content the model raises whatever it comes upon
        return False
    return True
