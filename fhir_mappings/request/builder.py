"""Builds the CDS Hooks request that an EHR would send, for trying the service on a chart.

Source: CDS Hooks 2.0.1, HTTP request; hooks order-select 1.0, order-sign 1.0, order-dispatch 1.1, patient-view 1.0.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING

from cards.facts.session import Hook
from fhir_mappings.wire.exact_json import Unreadable, decode_sent
from fhir_mappings.wire.json_place import json_problem
from fhir_mappings.wire.lenient import child, objects

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from fhir_mappings.request.prefetch import Answer
    from fhir_mappings.wire.lenient import Json

_UCUM = "http://unitsofmeasure.org"
_USER = "Practitioner/example"
_ORDER_ID = "draft-1"
_RESOURCE_ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")
_DOSE = re.compile(r"(?P<value>[0-9]{1,6}(?:\.[0-9]{1,4})?) ?(?P<unit>[A-Za-zµ%][A-Za-z0-9µ/]{0,19})")
_LONGEST_DRUG = 200
_NO_ORDERS = frozenset(
    {"Bundle", "Condition", "Encounter", "Medication", "MedicationAdministration", "Observation", "OperationOutcome"}
    | {"Patient", "Practitioner"}
)
"""What is most often named by mistake; any other type is passed on, as an EHR would."""
_PARTIAL: Json = {
    "resourceType": "OperationOutcome",
    "issue": [{"severity": "error", "code": "incomplete", "diagnostics": "The server reported an error in this list."}],
}
_WITHHELD: Json = {
    "resourceType": "OperationOutcome",
    "issue": [{"severity": "warning", "code": "suppressed", "diagnostics": "The server left out some of this list."}],
}


_WRONG_PATIENT = "the id of a patient has 1 to 64 letters, digits, hyphens or dots"
_WRONG_DRUG = "the name of a drug has 1 to {most} characters"
_WRONG_DOSE = 'a dose is a number and a unit, as in "252 mg" or "3.6 mg/kg"'
WRONG_INPUT = (_WRONG_PATIENT, _WRONG_DRUG, _WRONG_DOSE)
"""What is said of a patient, a drug or a dose that cannot be read."""


class BuildError(ValueError):
    """A request cannot be built from the input; the message says why: a sentence and the values in it."""

    def __init__(self, says: str, **values: object) -> None:
        """Keep the sentence, so that a page can say it in its language."""
        super().__init__(says.format(**values) if values else says)
        self.says = says
        self.values = values


def patient_id(written: str) -> str:
    """Read a patient id, as ``example`` or ``Patient/example``.

    Raises:
        BuildError: it is not a valid FHIR id.

    """
    bare = written.removeprefix("Patient/")
    if not _RESOURCE_ID.fullmatch(bare):
        raise BuildError(_WRONG_PATIENT)
    return bare


def draft_order(drug: str, dose: str, patient: str) -> Json:
    """Build a draft order for a drug by name, with a dose such as ``252 mg`` or ``3.6 mg/kg``.

    Raises:
        BuildError: the name is empty or too long, or the dose is not a number with a unit.

    """
    name, stated = drug.strip(), _DOSE.fullmatch(dose.strip())
    if not name or len(name) > _LONGEST_DRUG:
        raise BuildError(_WRONG_DRUG, most=_LONGEST_DRUG)
    if stated is None:
        raise BuildError(_WRONG_DOSE)
    unit = stated["unit"]
    quantity = {"value": Decimal(stated["value"]), "unit": unit, "system": _UCUM, "code": unit}
    return {
        "resourceType": "MedicationRequest",
        "id": _ORDER_ID,
        "status": "draft",
        "intent": "order",
        "medicationCodeableConcept": {"text": name},
        "subject": {"reference": f"Patient/{patient}"},
        "dosageInstruction": [{"doseAndRate": [{"doseQuantity": quantity}]}],
    }


def orders_in(body: bytes) -> list[Json]:
    """Read the orders in a file: one resource, or a Bundle.

    Raises:
        BuildError: it is not a FHIR resource, contains none, or one of them has no id.

    """
    try:
        content = decode_sent(body)
    except Unreadable:
        raise BuildError(f"the file cannot be read: {json_problem(body)}") from None
    if not isinstance(content, dict) or not isinstance(content.get("resourceType"), str):
        raise BuildError("the file holds no FHIR resource")
    orders = _held(content) if content["resourceType"] == "Bundle" else [content]
    if not orders or not all(isinstance(each.get("resourceType"), str) for each in orders):
        raise BuildError("the Bundle holds no orders, or an entry without a resource")
    if wrong := next((each["resourceType"] for each in orders if each["resourceType"] in _NO_ORDERS), None):
        raise BuildError(f"a {wrong} is no order")
    for order in orders:
        order.setdefault("id", _ORDER_ID if len(orders) == 1 else None)
        if not isinstance(order["id"], str):
            raise BuildError("an order of a Bundle has no id")
    return orders


def hook_request(
    hook: str, instance: str, patient: str, orders: Sequence[Json], prefetch: Mapping[str, Json | None]
) -> Json:
    """Build the request of a hook; dispatched orders go into the prefetch, where the service looks for them.

    Raises:
        BuildError: the hook needs orders, and there are none.

    """
    context: Json = {"userId": _USER, "patientId": patient}
    answers = dict(prefetch)
    kind = Hook(hook)
    if kind.has_orders and not orders:
        raise BuildError(f"{hook} is about orders: name a file or a drug")
    references = [f"{order['resourceType']}/{order['id']}" for order in orders]
    if kind.orders_are_signed:
        context = {
            "patientId": patient,
            "dispatchedOrders": references,
            "performer": "Organization/example",
            "fulfillmentTasks": [],
        }
        answers["dispatchedOrders"] = bundle_of("collection", orders)
    elif kind.has_orders:
        context["draftOrders"] = bundle_of("collection", orders)
    if kind.may_be_incomplete:
        context["selections"] = references
    return {"hook": hook, "hookInstance": instance, "context": context, "prefetch": answers}


def as_prefetch(answer: Answer, query: str) -> Json | None:
    """Return a server's answer as the value of a prefetch key: a searchset, a resource, or ``null`` for none.

    The server's metadata are kept: the number of matches, a page that was not read, an error in addition to the
    results, an entry that is not a resource.
    """
    listing = answer.listing
    # Contained resources are part of their resource already.
    stubs = [each for each in listing.stubs if ".contained[" not in each.path] if listing is not None else []
    if "?" not in query:
        return stubs[0].content if stubs else None
    entries = [{**({"fullUrl": each.full_url} if each.full_url else {}), "resource": each.content} for each in stubs]
    found: Json = {"resourceType": "Bundle", "type": "searchset"}
    if listing is not None:
        entries += [{} for _ in listing.broken]
        if listing.total is not None or (listing.is_joined and not listing.next_page):
            found["total"] = listing.matches if listing.total is None else listing.total
        if listing.next_page:
            found["link"] = [{"relation": "next", "url": listing.next_page}]
    if answer.partial:
        entries.append({"search": {"mode": "outcome"}, "resource": _PARTIAL})
    if answer.withheld:
        entries.append({"search": {"mode": "outcome"}, "resource": _WITHHELD})
    return {**found, "entry": entries} if entries else found


def _held(bundle: Json) -> list[Json]:
    """List the resources of a Bundle; an entry without one is an empty resource."""
    return [child(entry, "resource") for _, entry in objects(bundle.get("entry"))]


def bundle_of(kind: str, resources: Sequence[Json]) -> Json:
    """Build a Bundle of a type, such as a ``collection``."""
    entries = {"entry": [{"resource": each} for each in resources]} if resources else {}
    return {"resourceType": "Bundle", "type": kind, **entries}
