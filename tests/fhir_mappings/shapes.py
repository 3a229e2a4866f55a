"""FHIR JSON in a few words: a good Kadcyla order with a good chart, to be spoilt one shape at a time."""

from __future__ import annotations

import copy
import json
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from cards.identification.recognizer import Recognizer
from cards.knowledge.loader import default_knowledge
from cds_service.configuration.settings import Settings
from cds_service.decisions.decider import Decider
from fhir_mappings.medications.medication import MedicationReader
from fhir_mappings.patient.conditions import ConditionReader
from fhir_mappings.request.chart import ChartReader
from fhir_mappings.request.hook_request import read_request
from fhir_mappings.request.prefetch import read_answer
from fhir_mappings.wire.exact_json import encode
from fhir_mappings.wire.references import References

if TYPE_CHECKING:
    from cards.facts.order import DrugOrder
    from cards.facts.patient import Patient
    from fhir_mappings.request.hook_request import HookRequest

Json = dict[str, Any]

TODAY = date(2026, 11, 22)
LOINC = "http://loinc.org"
SNOMED = "http://snomed.info/sct"
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
NDC = "http://hl7.org/fhir/sid/ndc"
ATC = "http://www.whocc.no/atc"
CPT = "http://www.ama-assn.org/go/cpt"
UNII = "http://fdasis.nlm.nih.gov"
ICD10 = "http://hl7.org/fhir/sid/icd-10-cm"
UCUM = "http://unitsofmeasure.org"
HCPCS = "https://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets"
BILLING_OPTIONS = "http://hl7.org/fhir/us/davinci-crd/StructureDefinition/ext-billing-options"
PATIENT = {"reference": "Patient/pat-1"}

KNOWN = default_knowledge()
TERMINOLOGY = KNOWN.terminology
RECOGNIZER = Recognizer(KNOWN)


def coding(system: str, code: str, display: str = "") -> Json:
    return {"system": system, "code": code, **({"display": display} if display else {})}


def concept(*codings: Json, text: str = "") -> Json:
    return {**({"coding": list(codings)} if codings else {}), **({"text": text} if text else {})}


def quantity(value: Any, unit: str, code: str | None = None) -> Json:
    """Return a quantity with a UCUM code that is spelled like the unit; an empty code stands for none."""
    if code == "":
        return {"value": value, "unit": unit}
    return {"value": value, "unit": unit, "system": UCUM, "code": unit if code is None else code}


KADCYLA = concept(coding(RXNORM, "1371046", "Kadcyla"), text="ado-trastuzumab emtansine (KADCYLA) IV")


def dosage(*doses: Json, text: str = "", **changes: Any) -> Json:
    """Return one instruction: every three weeks unless it says otherwise."""
    written: Json = {"timing": {"repeat": {"frequency": 1, "period": 3, "periodUnit": "wk"}}}
    if text:
        written["text"] = text
    if doses:
        written["doseAndRate"] = [dict(dose) for dose in doses]
    written.update(changes)
    return written


def dose_of(value: Any, unit: str, code: str | None = None) -> Json:
    return {"doseQuantity": quantity(value, unit, code)}


def order(*instructions: Json, drug: Json | None = None, **changes: Any) -> Json:
    """Return a MedicationRequest: Kadcyla 3.6 mg/kg unless it says otherwise. A change to ``None`` leaves out."""
    resource: Json = {
        "resourceType": "MedicationRequest",
        "id": "order-1",
        "status": "draft",
        "intent": "order",
        "medicationCodeableConcept": copy.deepcopy(KADCYLA) if drug is None else drug,
        "subject": dict(PATIENT),
        "dosageInstruction": list(instructions) or [dosage(dose_of(Decimal("3.6"), "mg/kg"))],
    }
    return _changed(resource, changes)


def observation(code: str, name: str = "obs-1", /, *, system: str = LOINC, **changes: Any) -> Json:
    """Return a final Observation of two days ago; the value is one of the changes."""
    resource: Json = {
        "resourceType": "Observation",
        "id": name,
        "status": "final",
        "code": concept(coding(system, code)),
        "subject": dict(PATIENT),
        "effectiveDateTime": "2026-11-20",
    }
    return _changed(resource, changes)


def lab(code: str, name: str, value: Any, unit: str, high: Any) -> Json:
    """Return a result with the upper limit of normal in the same unit."""
    limit = [{"high": quantity(high, unit)}]
    return observation(code, name, valueQuantity=quantity(value, unit), referenceRange=limit)


def condition(name: str, /, *codings: Json, text: str = "", **changes: Any) -> Json:
    resource: Json = {
        "resourceType": "Condition",
        "id": name,
        "clinicalStatus": {"coding": [{"code": "active"}]},
        "verificationStatus": {"coding": [{"code": "confirmed"}]},
        "code": concept(*codings, text=text),
        "subject": dict(PATIENT),
    }
    return _changed(resource, changes)


def dose_given(**changes: Any) -> Json:
    """Return a full dose of Kadcyla that was given three weeks ago."""
    resource: Json = {
        "resourceType": "MedicationAdministration",
        "id": "given-1",
        "status": "completed",
        "subject": dict(PATIENT),
        "medicationCodeableConcept": {"text": "Kadcyla"},
        "effectiveDateTime": "2026-11-01",
        "dosage": {"dose": quantity(252, "mg")},
    }
    return _changed(resource, changes)


def _changed(resource: Json, changes: Json) -> Json:
    resource.update(changes)
    return {name: value for name, value in resource.items() if value is not None}


def bundle(*resources: Json | None, **changes: Any) -> Json:
    listed = [{"resource": resource} for resource in resources]
    return {"resourceType": "Bundle", "type": "searchset", "entry": listed, **changes}


def read_patient(**lists: Any) -> Patient:
    """Read a chart from the lists of a prefetch."""
    answers = {key: read_answer(encode(value), f"prefetch.{key}") for key, value in lists.items()}
    return ChartReader(TERMINOLOGY, RECOGNIZER).patient(answers, "pat-1", frozenset())


def chart(**changes: Any) -> Json:
    """Return a prefetch in which a Kadcyla order lacks nothing."""
    found: Json = {
        "patient": {"resourceType": "Patient", "id": "pat-1", "gender": "male", "birthDate": "1951-03-14"},
        "weight": bundle(observation("29463-7", "weight-1", valueQuantity=quantity(70, "kg"))),
        "tumorMarkers": bundle(
            observation("85319-2", "her2-1", valueCodeableConcept=concept(coding(LOINC, "LA11843-2", "3+")))
        ),
        "lvef": bundle(
            observation("10230-1", "lvef-2", valueQuantity=quantity(61, "%")),
            observation("10230-1", "lvef-1", valueQuantity=quantity(62, "%"), effectiveDateTime="2026-02-01"),
        ),
        "labs": bundle(
            lab("1920-8", "ast-1", 24, "U/L", 40),
            lab("1742-6", "alt-1", 22, "U/L", 40),
            lab("1975-2", "bili-1", Decimal("0.6"), "mg/dL", Decimal("1.2")),
            lab("777-3", "plt-1", 231, "10*3/uL", 400),
        ),
        "conditions": bundle(
            condition(
                "cancer-1",
                coding(SNOMED, "254837009"),
                text="Breast cancer",
                stage=[{"summary": {"text": "Stage IV"}}],
            )
        ),
    }
    return {**dict.fromkeys(DECIDER.templates), **found, **changes}


def hook_body(*entries: Json, hook: str = "order-sign", prefetch: Json | None = None, **context: Any) -> Json:
    """Return a request; what is no Bundle entry yet is wrapped into one."""
    listed = [entry if "resource" in entry else {"resource": entry} for entry in entries or (order(),)]
    return {
        "hook": hook,
        "hookInstance": "5d9f1e53-0c1a-4f9a-9a6c-2c8a7c1b0001",
        "context": {
            "userId": "Practitioner/onc-17",
            "patientId": "pat-1",
            "draftOrders": {"resourceType": "Bundle", "type": "collection", "entry": listed},
            **context,
        },
        "prefetch": chart() if prefetch is None else prefetch,
    }


def hook_request(*entries: Json, **changes: Any) -> HookRequest:
    body = hook_body(*entries, **changes)
    return read_request(encode(body), body["hook"])


def exact(written: str) -> Any:
    """Read JSON text, keeping the spelling of its numbers."""
    return json.loads(written, parse_float=Decimal)


DECIDER = Decider(Settings(), today=lambda: TODAY)


def cards(*entries: Json, **changes: Any) -> list[Json]:
    """Send orders through the whole path and give the cards."""
    return list(DECIDER.decide(hook_request(*entries, **changes)).cards)


def topic(card: Json) -> str:
    return str(card["source"]["topic"]["code"])


def topics(*entries: Json, **changes: Any) -> list[str]:
    return sorted(topic(card) for card in cards(*entries, **changes))


def read_order(resource: Json, *beside: Json) -> DrugOrder:
    """Read one order; what stands beside it in the session can be referred to."""
    references = References()
    for each in beside:
        references.add(each)
    return medication_reader().read(resource, "x", references)


@lru_cache(maxsize=1)
def medication_reader() -> MedicationReader:
    return MedicationReader(ConditionReader(TERMINOLOGY))


@lru_cache(maxsize=1)
def chart_reader() -> ChartReader:
    return ChartReader(TERMINOLOGY, RECOGNIZER)
