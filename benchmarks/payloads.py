"""The requests that are measured: orders that are right and a chart that is complete, so that no card comes back.

They are made by code, with dates counted back from today, so that they are as clean tomorrow. Every check runs.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

from benchmarks.chart import Json, Person, prefetch

if TYPE_CHECKING:
    from collections.abc import Collection

HOOK = "order-sign"
SERVICE = "her2-order-sign"


class Payload(NamedTuple):
    """A request and what it holds, for one patient after the other."""

    size: str
    orders: int
    observations: int
    bodies: tuple[bytes, ...]


# At S more than the service remembers instructions of; at M and L they are next to nothing beside the rest.
PATIENTS = {"S": 1200, "M": 64, "L": 8}


class Drug(NamedTuple):
    """A drug and a usual dose of it, in milligrams: so many, or so many per kilogram."""

    text: str
    rxnorm: str
    mg: float = 0
    mg_per_kg: float = 0


KADCYLA = Drug("ado-trastuzumab emtansine (KADCYLA) IV", "1371046", mg_per_kg=3.6)
# One session of a usual regimen: two drugs in scope, and what is given with them.
_REGIMEN = (
    Drug("trastuzumab (HERCEPTIN) IV", "224905", mg_per_kg=6),
    Drug("pertuzumab (PERJETA) IV", "1298944", 420),
    Drug("docetaxel IV", "72962", 130),
    Drug("carboplatin IV", "40048", 600),
    Drug("dexamethasone IV", "3264", 8),
)


def payloads(keys: Collection[str]) -> list[Payload]:
    """Return the requests, small to large, for the prefetch keys of the service."""
    return [build("S", (KADCYLA,), 8, keys), build("M", (KADCYLA,), 100, keys), build("L", _REGIMEN, 1000, keys)]


def build(size: str, drugs: tuple[Drug, ...], observations: int, keys: Collection[str]) -> Payload:
    """Make a request with an order of each drug and so many Observations, for each of some patients."""
    people = [Person(number) for number in range(PATIENTS[size])]
    bodies = (json.dumps(request_of(person, drugs, observations, keys), separators=(",", ":")) for person in people)
    return Payload(size, len(drugs), observations, tuple(body.encode() for body in bodies))


def request_of(person: Person, drugs: tuple[Drug, ...], observations: int, keys: Collection[str]) -> Json:
    """Make a request for one patient."""
    entries = [{"resource": order(drug, index, person)} for index, drug in enumerate(drugs, start=1)]
    return {
        "hook": HOOK,
        "hookInstance": f"6d6a1c0e-2f0b-4c53-9b3b-6f0f3f1d{person.number:04}",
        "context": {
            "userId": "Practitioner/onc-17",
            "patientId": person.id,
            "draftOrders": {"resourceType": "Bundle", "type": "collection", "entry": entries},
        },
        "prefetch": prefetch(keys, observations, person),
    }


def order(drug: Drug, index: int, person: Person) -> Json:
    """Write the order of a drug, one of several of a session."""
    mg = drug.mg or round(drug.mg_per_kg * person.kg, 1)
    coding = {"system": "http://www.nlm.nih.gov/research/umls/rxnorm", "code": drug.rxnorm, "display": drug.text}
    route = {"system": "http://snomed.info/sct", "code": "47625008", "display": "Intravenous route"}
    dose = {"value": mg, "unit": "mg", "system": "http://unitsofmeasure.org", "code": "mg"}
    return {
        "resourceType": "MedicationRequest",
        "id": f"order-{person.number}-{index}",
        "status": "draft",
        "intent": "order",
        "medicationCodeableConcept": {"coding": [coding], "text": drug.text},
        "subject": person.reference,
        "requester": {"reference": "Practitioner/onc-17"},
        "reasonReference": [{"reference": f"Condition/breast-cancer-{person.number}"}],
        "dosageInstruction": [
            {
                "text": f"{mg} mg IV over 90 minutes, day 1 of a 21-day cycle",
                "timing": {"repeat": {"frequency": 1, "period": 3, "periodUnit": "wk"}},
                "route": {"coding": [route]},
                "doseAndRate": [{"doseQuantity": dose}],
            }
        ],
    }
