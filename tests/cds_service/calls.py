"""Requests as clients send them, and what every answer of the service must hold to."""

from __future__ import annotations

import copy
import json
import os
import shutil
import tempfile
import time
import weakref
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from fhir.resources.R4B.operationoutcome import OperationOutcome

from cards.knowledge.loader import default_knowledge
from cds_service.app import create_app
from cds_service.clock import Clock, now
from cds_service.configuration.settings import Settings
from cds_service.protocol.services import BY_ID
from cds_service.store.store import Store, open_store
from cds_service.telemetry.metrics import store_changed
from fhir_mappings.codings import NO_CODE_MAP
from fhir_mappings.request.queries import MONITORING_KEYS, resolve, templates

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from flask.testing import FlaskClient
    from werkzeug.test import TestResponse

Json = dict[str, Any]

SELECT, SIGN = "her2-order-select", "her2-order-sign"
DISPATCH, VIEW = "her2-order-dispatch", "her2-patient-view"
COVERAGE = "her2-coverage"
COVERAGE_SELECT, COVERAGE_DISPATCH = "her2-coverage-select", "her2-coverage-dispatch"
PATIENT, USER, ORDER = "pat-1", "Practitioner/onc-17", "order-1"
INSTANCE = "6d6a1c0e-2f0b-4c53-9b3b-6f0f3f1d9a01"
QUERIES = {
    key: resolve(template, PATIENT) for key, template in templates(default_knowledge().terminology, NO_CODE_MAP).items()
}
KEYS = tuple(QUERIES)
LOINC, UCUM = "http://loinc.org", "http://unitsofmeasure.org"
TODAY = datetime.now(UTC).date()


def days_ago(days: int) -> str:
    """Return a day as FHIR writes it."""
    return str(TODAY - timedelta(days=days))


def without(holder: Json, *names: str) -> Json:
    """Return an object without some of its members."""
    return {name: value for name, value in holder.items() if name not in names}


def bundle(*resources: Json, **more: Any) -> Json:
    """Return a searchset."""
    entries = {"entry": [{"resource": resource} for resource in resources]} if resources else {}
    return {"resourceType": "Bundle", "type": "searchset", "total": len(resources), **entries, **more}


def outcome(severity: str = "error") -> Json:
    """Return what a FHIR server says when it could not do what was asked."""
    return {"resourceType": "OperationOutcome", "issue": [{"severity": severity, "code": "processing"}]}


def observation(name: str, code: str, days: int, patient: str = PATIENT, **value: Any) -> Json:
    """Return a final Observation with a LOINC code."""
    return {
        "resourceType": "Observation",
        "id": name,
        "status": "final",
        "code": {"coding": [{"system": LOINC, "code": code}]},
        "subject": {"reference": f"Patient/{patient}"},
        "effectiveDateTime": days_ago(days),
        **value,
    }


def measured(value: float, unit: str) -> Json:
    """Return a quantity in UCUM."""
    return {"valueQuantity": {"value": value, "unit": unit, "system": UCUM, "code": unit}}


def weight(kg: float = 70, days: int = 2, patient: str = PATIENT) -> Json:
    """Return a measured body weight."""
    return observation("weight-1", "29463-7", days, patient, **measured(kg, "kg"))


def ihc(answer: str = "LA11843-2", display: str = "3+", days: int = 300, patient: str = PATIENT) -> Json:
    """Return a HER2 result of immunohistochemistry."""
    concept = {"coding": [{"system": LOINC, "code": answer, "display": display}]}
    return observation("her2-1", "85319-2", days, patient, valueCodeableConcept=concept)


def lvef(percent: float = 61, days: int = 40, patient: str = PATIENT) -> Json:
    """Return an ejection fraction."""
    return observation("lvef-1", "10230-1", days, patient, **measured(percent, "%"))


def labs(days: int = 2, patient: str = PATIENT) -> list[Json]:
    """Return the laboratory results that Kadcyla wants, all of them normal."""
    return [
        observation("ast-1", "1920-8", days, patient, **measured(24, "U/L"), referenceRange=[{"high": {"value": 40}}]),
        observation("alt-1", "1742-6", days, patient, **measured(22, "U/L"), referenceRange=[{"high": {"value": 40}}]),
        observation(
            "bili-1", "1975-2", days, patient, **measured(0.6, "mg/dL"), referenceRange=[{"high": {"value": 1.2}}]
        ),
        observation(
            "plt-1", "777-3", days, patient, **measured(212, "10*3/uL"), referenceRange=[{"low": {"value": 150}}]
        ),
    ]


def cancer(code: str = "C50.911", patient: str = PATIENT) -> Json:
    """Return an active, metastatic cancer of the breast."""
    return {
        "resourceType": "Condition",
        "id": "cancer-1",
        "clinicalStatus": {
            "coding": [{"system": "http://terminology.hl7.org/CodeSystem/condition-clinical", "code": "active"}]
        },
        "code": {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": code}]},
        "subject": {"reference": f"Patient/{patient}"},
        "stage": [{"summary": {"text": "Stage IV"}}],
    }


def clean_prefetch(patient: str = PATIENT) -> Json:
    """Return a chart with which an order of Kadcyla is in its label."""
    known = {
        "patient": {"resourceType": "Patient", "id": patient, "gender": "female", "birthDate": "1948-03-14"},
        "weight": bundle(weight(patient=patient)),
        "tumorMarkers": bundle(ihc(patient=patient)),
        "lvef": bundle(lvef(patient=patient)),
        "labs": bundle(*labs(patient=patient)),
        "conditions": bundle(cancer(patient=patient)),
    }
    return {key: known.get(key, bundle()) for key in KEYS}


def troubled_prefetch() -> Json:
    """Return a chart in which every list has something to say a card about."""
    return clean_prefetch() | {
        "weight": bundle(weight(days=45)),
        "tumorMarkers": bundle(ihc("LA11842-4", "2+")),
        "lvef": bundle(lvef(days=250)),
        "labs": bundle(*labs(days=30)),
    }


def order(mg: float = 252, name: str | None = ORDER, patient: str = PATIENT, **changes: Any) -> Json:
    """Return an order of Kadcyla; 252 mg is 3.6 mg/kg at 70 kg."""
    written: Json = {
        "resourceType": "MedicationRequest",
        "id": name,
        "status": "draft",
        "intent": "order",
        "medicationCodeableConcept": {
            "coding": [{"system": "http://www.nlm.nih.gov/research/umls/rxnorm", "code": "1371046"}],
            "text": "ado-trastuzumab emtansine (KADCYLA) IV",
        },
        "subject": {"reference": f"Patient/{patient}"},
        "requester": {"reference": USER},
        "dosageInstruction": [
            {
                "text": f"{mg} mg IV over 90 minutes, day 1 of a 21-day cycle",
                "timing": {"repeat": {"frequency": 1, "period": 3, "periodUnit": "wk"}},
                "doseAndRate": [{"doseQuantity": {"value": mg, "unit": "mg", "system": UCUM, "code": "mg"}}],
            }
        ],
        **changes,
    }
    return written if name is not None else without(written, "id")


def aspirin() -> Json:
    """Return an order that is none of this service's business."""
    concept = {"coding": [{"system": "http://www.nlm.nih.gov/research/umls/rxnorm", "code": "1191"}], "text": "aspirin"}
    return order(81, "order-9", medicationCodeableConcept=concept)


def dose_given(days: int, name: str = "given-1", patient: str = PATIENT, **more: Any) -> Json:
    """Return a dose of Kadcyla that was given."""
    return {
        "resourceType": "MedicationAdministration",
        "id": name,
        "status": "completed",
        "medicationCodeableConcept": order()["medicationCodeableConcept"],
        "subject": {"reference": f"Patient/{patient}"},
        "effectiveDateTime": days_ago(days),
        "dosage": {"dose": {"value": 252, "unit": "mg", "system": UCUM, "code": "mg"}},
        **more,
    }


def on_kadcyla(days: int = 5, **lists: Any) -> Json:
    """Return what monitoring is judged by, for a patient whose last dose of Kadcyla was so many days ago."""
    known = {**clean_prefetch(), "administrations": bundle(dose_given(days)), **lists}
    return {key: known[key] for key in MONITORING_KEYS}


def call(service: str = SIGN, orders: list[Json] | None = None, prefetch: Any = None, **more: Any) -> Json:
    """Return a request: by default of an order in its label, with every prefetch key."""
    drafts = orders if orders is not None else [order()]
    names = [f"{each['resourceType']}/{each['id']}" for each in drafts if "id" in each]
    context: Json = {"userId": USER, "patientId": PATIENT}
    sent = clean_prefetch()
    if service in (DISPATCH, COVERAGE_DISPATCH):
        context = {"patientId": PATIENT, "dispatchedOrders": names, "performer": "Organization/infusion-centre"}
        sent["dispatched"] = bundle(*drafts)
    elif service == VIEW:
        context["encounterId"] = "enc-1"
        sent = on_kadcyla()
    else:
        context["draftOrders"] = {"resourceType": "Bundle", "entry": [{"resource": each} for each in drafts]}
    if service in (SELECT, COVERAGE_SELECT):
        context["selections"] = names
    return {
        "hook": BY_ID[service].hook,
        "hookInstance": INSTANCE,
        "context": context,
        "prefetch": prefetch if prefetch is not None else sent,
        **more,
    }


def authorization(token: str = "t-0", **more: Any) -> Json:  # noqa: S107 - opens nothing
    """Return leave to read the FHIR server."""
    return {
        "access_token": token,
        "token_type": "Bearer",
        "expires_in": 300,
        "scope": "patient/Observation.rs",
        "subject": "cds-service",
        **more,
    }


def changed(holder: Json, path: str, value: Any) -> Json:
    """Return a copy with the member at a dotted path set to a value."""
    result = copy.deepcopy(holder)
    *steps, last = path.split(".")
    place = result
    for step in steps:
        place = place[step]
    place[last] = value
    return result


def removed(holder: Json, path: str) -> Json:
    """Return a copy without the member at a dotted path."""
    result = copy.deepcopy(holder)
    *steps, last = path.split(".")
    place = result
    for step in steps:
        place = place[step]
    del place[last]
    return result


@dataclass(frozen=True)
class Answer:
    """An answer that has been found to hold to what every answer must."""

    status: int
    headers: Any
    body: Json
    raw: bytes

    @property
    def cards(self) -> list[Json]:
        """The cards of an answer that has them."""
        assert self.status == 200, self.raw
        return list(self.body["cards"])

    def card(self, topic: str) -> Json:
        """Return the first card on a topic."""
        return next(card for card in self.cards if card["source"]["topic"]["code"] == topic)

    @property
    def topics(self) -> list[str]:
        """The topics of the cards, in the order in which they are shown."""
        return [card["source"]["topic"]["code"] for card in self.cards]

    @property
    def code(self) -> str:
        """The stable code of an error."""
        coding = self.body["issue"][0]["details"]["coding"][0]
        assert coding["system"].startswith("http"), coding
        return str(coding["code"])

    @property
    def expression(self) -> list[str]:
        """The fields that an error names."""
        return list(self.body["issue"][0].get("expression", []))


FOLDERS: set[str] = set()
"""The folders of services in this process, also of those that could not be started."""


class Caller:
    """Calls the service in this process, and looks at every answer."""

    def __init__(
        self,
        settings: Settings | None = None,
        path: Path | None = None,
        database: str | None = None,
        clock: Clock = now,
    ) -> None:
        """Start an application with a configuration and, unless told otherwise, a database of its own."""
        folder = tempfile.mkdtemp(prefix="her2-cds-")
        FOLDERS.add(folder)
        self.store = open_store(database or f"sqlite:///{folder}/her2-cds.sqlite3", store_changed)
        settings = settings if settings is not None or path is not None else Settings()
        self.app = create_app(path, settings, self.store, clock)
        weakref.finalize(self.app, _put_away, self.store, folder)
        self.client: FlaskClient = self.app.test_client()

    def post(self, body: Any, service: str = SIGN, content_type: str | None = "application/json") -> Answer:
        """Send a request; a body that is no bytes is written as JSON."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.send("POST", f"/cds-services/{service}", data=raw, content_type=content_type)

    def get(self, path: str, **more: Any) -> Answer:
        """Ask for an address."""
        return self.send("GET", path, **more)

    def send(self, method: str, path: str, **more: Any) -> Answer:
        """Send anything."""
        return checked(self.client.open(path, method=method, **more))


def _put_away(store: Store, folder: str) -> None:
    try:
        store.close()
    finally:
        remove(folder)


def remove(folder: str) -> None:
    """Remove the folder of a service."""
    shutil.rmtree(folder, ignore_errors=True)
    FOLDERS.discard(folder)


def checked(response: TestResponse) -> Answer:
    """Hold an answer to what holds for every answer: JSON, nothing null or empty, an OperationOutcome for an error."""
    assert response.status_code < 500, response.data
    assert response.content_type == "application/json"
    body = json.loads(response.data) if response.data else {}
    check_body(response.status_code, body)
    return Answer(response.status_code, response.headers, body, response.data)


def check_body(status: int, body: Json) -> None:
    """Look for elements that are null or empty, and read an error as the FHIR resource that it must be."""
    assert list(hollow(body)) == []
    if status >= 400:
        OperationOutcome.model_validate(body)
        issue = body["issue"][0]
        assert issue["severity"] == "error"
        assert issue["details"]["text"]


def hollow(value: Any, path: str = "$") -> Iterator[str]:
    """List the elements that are null or empty, but for the arrays that may be and the EHR's own resources."""
    if value is None or (value in ("", [], {}) and path not in ("$.cards", "$.services", "$.systemActions")):
        yield path
    elif isinstance(value, dict):
        for name, each in value.items():
            if not (name == "resource" and value.get("type") == "update"):
                yield from hollow(each, f"{path}.{name}")
    elif isinstance(value, list):
        for index, each in enumerate(value):
            yield from hollow(each, f"{path}[{index}]")


def rewrite(path: Path, text: str) -> None:
    """Write a file anew, with a later time than before however soon after."""
    path.write_text(text, encoding="utf-8")
    os.utime(path, ns=(time.time_ns(), path.stat().st_mtime_ns + 1_000_000))


def assert_missing(answer: Answer, *keys: str) -> None:
    """Check that an answer is a 412 if every key is missing, else a card that names each of them."""
    if set(keys) == set(KEYS):
        assert (answer.status, answer.code) == (412, "required-data-missing")
        assert answer.expression == [f"prefetch.{key}" for key in keys]
        return
    assert answer.status == 200
    card = answer.card("checks-incomplete")
    assert card["indicator"] == "warning"
    assert card["detail"].count("not available") >= len(keys)
