"""Findings back into FHIR: corrections of the EHR's own order, draft requests for missing tests, removals.

An update returns the resource as the EHR sent it with only the fields changed that must change. What is created is
checked against FHIR R4 before it is sent.
"""

from __future__ import annotations

import copy
import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from fhir.resources.R4B.medicationrequest import MedicationRequest
from fhir.resources.R4B.servicerequest import ServiceRequest
from pydantic import ValidationError

from cards.facts import DoseUnit
from cards.outcomes import Fix, OrderTests, RemoveNdc, RemoveOrder, ReplaceBillingCode, SetDose
from cards.quantities import Mg, MgPerKg, precise
from fhir_mappings.lenient import objects
from fhir_mappings.wire import encode

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from cards.facts import OrderedDose, Origin, Pointer
    from cards.records import Terminology
    from fhir_mappings.lenient import Json

Action = dict[str, Any]
_LOINC = "http://loinc.org"
_UCUM = "http://unitsofmeasure.org"
_MODELS: dict[str, Any] = {"MedicationRequest": MedicationRequest, "ServiceRequest": ServiceRequest}


class ActionWriter:
    """Writes the actions of suggestions."""

    def __init__(self, terminology: Terminology, descriptions: Mapping[str, str]) -> None:
        """Keep the codes of the tests and the words of the actions."""
        self._terminology = terminology
        self._words = descriptions

    def actions(self, fix: Fix, order: Origin, resources: Mapping[str, Json], patient_id: str) -> list[Action]:
        """Write the actions of a fix.

        There are none when the EHR's resource has no id or is not at hand, or when the result would be no valid FHIR
        though the original was.
        """
        resource = resources.get(order.reference or order.path)
        if resource is None:
            return []
        match fix:
            case RemoveOrder():
                return self._delete(order)
            case OrderTests(concepts=concepts):
                return [self._create(concept, resource, order, patient_id) for concept in concepts]
            case SetDose():
                return self._update(resource, order, lambda changed: set_doses(changed, fix), fix.dose)
            case ReplaceBillingCode(wrong=wrong):
                holder = resources.get(wrong.holder.reference or wrong.holder.path)
                if holder is None or not wrong.pointer:
                    return []
                return self._update(holder, wrong.holder, lambda changed: replace_code(changed, fix), fix.code)
            case RemoveNdc(ndc=ndc):
                if not ndc.pointer:
                    return []
                return self._update(resource, order, lambda changed: remove(changed, ndc.pointer), ndc.text)

    def _delete(self, order: Origin) -> list[Action]:
        if not order.reference:
            return []
        return [{"type": "delete", "description": self._words["remove-order"], "resourceId": order.reference}]

    def _update(self, resource: Json, origin: Origin, change: Callable[[Json], bool], what: str) -> list[Action]:
        if not origin.reference:
            return []
        changed = copy.deepcopy(resource)
        if not change(changed) or (_is_valid(resource) and not _is_valid(changed)):
            return []
        return [{"type": "update", "description": self._words["update"].format(what=what), "resource": changed}]

    def _create(self, concept: str, resource: Json, order: Origin, patient_id: str) -> Action:
        known = self._terminology.concepts[concept]
        code = known.order_loinc or known.loinc[0].code
        display = next((entry.display for entry in known.loinc if entry.code == code), known.display)
        request: Json = {
            "resourceType": "ServiceRequest",
            "status": "draft",
            "intent": "order",
            "priority": "urgent",
            "code": {
                "coding": [{"system": _LOINC, "code": code, "display": display}],
                "text": known.order_display or known.display,
            },
            "subject": {"reference": f"Patient/{patient_id}"},
        }
        for name in ("encounter", "requester"):
            if isinstance(resource.get(name), dict):
                request[name] = resource[name]
        for name in ("reasonCode", "reasonReference"):
            if isinstance(resource.get(name), list) and resource[name]:
                request[name] = resource[name]
        if order.reference:
            request["supportingInfo"] = [{"reference": order.reference}]
        if not _is_valid(request):
            # What was taken over from the order was not valid; the rest is ours.
            for name in ("encounter", "requester", "reasonCode", "reasonReference"):
                request.pop(name, None)
        words = self._words["create"].format(what=known.order_display or known.display)
        return {"type": "create", "description": words, "resource": request}


def set_doses(resource: Json, fix: SetDose) -> bool:
    """Write new doses into their quantities, and into the text where it states the old one."""
    for ordered, dose in fix.changes:
        quantity = _at(resource, ordered.pointer)
        if not isinstance(quantity, dict):
            return False
        _write(quantity, ordered, dose)
        for _, instruction in objects(resource.get("dosageInstruction")):
            _rewrite_text(instruction, ordered, dose)
    return True


def _write(quantity: Json, ordered: OrderedDose, dose: Mg | MgPerKg) -> None:
    same_basis = ordered.unit is (DoseUnit.MG if isinstance(dose, Mg) else DoseUnit.MG_PER_KG)
    if same_basis:
        quantity["value"] = _shortest(dose.value / ordered.factor)
        return
    unit = "mg" if isinstance(dose, Mg) else "mg/kg"
    quantity.update(value=_shortest(dose.value), unit=unit, system=_UCUM, code=unit)


def _shortest(value: Decimal) -> int | Decimal:
    return int(value) if value == value.to_integral_value() else value.normalize()


def _rewrite_text(instruction: Json, ordered: OrderedDose, dose: Mg | MgPerKg) -> None:
    """Put the new dose where the text states the old one, so that the two do not contradict each other."""
    written = instruction.get("text")
    if not isinstance(written, str):
        return
    unit = r"mg\s*/\s*kg" if ordered.unit is DoseUnit.MG_PER_KG else r"mg(?!\s*/)"
    old = re.compile(rf"(?<![\d.,]){re.escape(precise(ordered.number))}0*\s*{unit}", re.IGNORECASE)
    instruction["text"] = old.sub(f"{precise(dose.value)} {'mg' if isinstance(dose, Mg) else 'mg/kg'}", written)


def replace_code(resource: Json, fix: ReplaceBillingCode) -> bool:
    """Put the right billing code and its descriptor in the place of the wrong one; the system stays."""
    coding = _at(resource, fix.wrong.pointer)
    if not isinstance(coding, dict):
        return False
    coding["code"] = fix.code
    if "display" in coding:
        coding["display"] = fix.descriptor
    return True


def remove(resource: Json, pointer: Pointer) -> bool:
    """Take one element out of an array; an array left empty goes with it."""
    holder = _at(resource, pointer[:-1])
    last = pointer[-1]
    if isinstance(holder, list) and isinstance(last, int) and last < len(holder):
        del holder[last]
        if not holder:
            return remove(resource, pointer[:-1])
        return True
    if isinstance(holder, dict) and last in holder:
        del holder[last]
        return True
    return False


def _at(resource: Any, pointer: Pointer) -> Any:
    for step in pointer:
        if isinstance(step, int):
            if not isinstance(resource, list) or step >= len(resource):
                return None
            resource = resource[step]
        elif isinstance(resource, dict):
            resource = resource.get(step)
        else:
            return None
    return resource


def _is_valid(resource: Json) -> bool:
    """Tell whether a resource is valid FHIR R4, as far as its model can say."""
    model = _MODELS.get(str(resource.get("resourceType")))
    if model is None:
        return False
    try:
        model.model_validate_json(encode(resource))
    except (ValidationError, ValueError):
        return False
    return True
