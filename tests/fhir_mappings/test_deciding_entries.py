"""No shape of the one entry of the chart that decides makes the answer silent: it is read, or told.

Each entry is a reason for a card on an order that otherwise gets none; each shape is one in which clients send entries.
"""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any

import pytest
from shapes import ICD10, PATIENT, bundle, chart, coding, condition, order, quantity, topics

if TYPE_CHECKING:
    from collections.abc import Callable

    from shapes import Json

    Shape = Callable[[Json], None]

MAY_CHANGE = "http://example.org/may-change-everything"


def given(days: str, dose: int) -> Json:
    return {
        "resourceType": "MedicationAdministration",
        "id": "given-1",
        "status": "completed",
        "medicationCodeableConcept": {"text": "Kadcyla"},
        "subject": dict(PATIENT),
        "effectiveDateTime": days,
        "dosage": {"dose": quantity(dose, "mg")},
    }


def ordered(drug: str, status: str = "active") -> Json:
    return {
        "resourceType": "MedicationRequest",
        "id": "ordered-1",
        "status": status,
        "intent": "order",
        "medicationCodeableConcept": {"text": drug},
        "subject": dict(PATIENT),
        "authoredOn": "2026-11-12",
    }


DECIDING = {
    "interval-too-short": ("administrations", given("2026-11-12", 252)),
    "dose-re-escalation": ("administrations", given("2026-11-01", 210)),
    "her2-agents-combined": ("medications", ordered("trastuzumab")),
    "cyp3a4-inhibitor": ("medications", ordered("ketoconazole 200 mg tablet")),
    "anthracycline-concurrent": ("medications", ordered("doxorubicin 100 mg")),
    "completed-order": ("medications", ordered("Kadcyla", "completed")),
    "ild-active": ("conditions", condition("p", coding(ICD10, "J84.9"), text="Interstitial lung disease")),
    "heart-failure-active": ("conditions", condition("p", text="Congestive heart failure")),
}
DRUG, DATES = "medicationCodeableConcept", ("effectiveDateTime", "authoredOn")


def concept_of(entry: Json) -> str:
    return DRUG if DRUG in entry else "code"


def dates(change: Callable[[str], str | None]) -> Shape:
    def changed(entry: Json) -> None:
        for name in DATES:
            if name in entry:
                entry[name] = change(entry[name])

    return changed


def of_concept(change: Callable[[Json], Any]) -> Shape:
    def changed(entry: Json) -> None:
        name = concept_of(entry)
        entry[name] = change(entry[name])

    return changed


def of_drug(change: Callable[[Json], Json]) -> Shape:
    def changed(entry: Json) -> None:
        if DRUG in entry:
            entry.update(change(entry.pop(DRUG)))

    return changed


def contained(*medications: Json) -> Json:
    return {"contained": list(medications), "medicationReference": {"reference": "#m"}}


def a_medication(**content: Any) -> Json:
    return {"resourceType": "Medication", "id": "m", **content}


def with_status(change: Callable[[Any], Any]) -> Shape:
    def changed(entry: Json) -> None:
        for name in ("status", "clinicalStatus"):
            if name in entry:
                entry[name] = change(entry[name])

    return changed


def with_dosage(change: Callable[[Json], Any]) -> Shape:
    def changed(entry: Json) -> None:
        if "dosage" in entry:
            entry["dosage"] = change(entry["dosage"])

    return changed


def period(entry: Json) -> None:
    if day := entry.pop("effectiveDateTime", None):
        entry["effectivePeriod"] = {"start": f"{day}T09:00:00Z", "end": f"{day}T10:00:00Z"}


SHAPES: dict[str, Shape] = {
    "a list for the concept": of_concept(lambda each: [each]),
    "plain text for the concept": of_concept(lambda each: each["text"]),
    "text alone": of_concept(lambda each: {"text": each["text"]}),
    "a display under a local code": of_concept(lambda each: {"coding": [coding("urn:oid:1.2.3", "L1", each["text"])]}),
    "a coding that is no list": of_concept(lambda each: {"coding": coding("urn:oid:1.2.3", "L1", each["text"])}),
    "in capitals": of_concept(lambda each: {"text": each["text"].upper()}),
    "odd blanks": of_concept(lambda each: {"text": f"  {each['text']}\u00a0\n"}),
    "R5": of_drug(lambda drug: {"medication": {"concept": drug}}),
    "a contained Medication": of_drug(lambda drug: contained(a_medication(code=drug))),
    "its ingredient": of_drug(lambda drug: contained(a_medication(ingredient=[{"itemCodeableConcept": drug}]))),
    "its ingredient by reference": of_drug(
        lambda drug: contained(
            a_medication(ingredient=[{"itemReference": {"reference": "#s"}}]),
            {"resourceType": "Substance", "id": "s", "code": drug},
        )
    ),
    "a reference that only its display names": of_drug(
        lambda drug: {"medicationReference": {"reference": "Medication/x", "display": drug["text"]}}
    ),
    "a reference that leads nowhere": of_drug(lambda _: {"medicationReference": {"reference": "Medication/x"}}),
    "a status in capitals": with_status(lambda each: json.loads(json.dumps(each).upper().replace("COD", "cod"))),
    "a status that is not known": with_status(lambda _: "carried out"),
    "no status": lambda entry: entry.update(status=None, clinicalStatus=None),
    "no id": lambda entry: entry.update(id=None),
    "no intent": lambda entry: entry.update(intent=None),
    "a list of subjects": lambda entry: entry.update(subject=[entry["subject"]]),
    "the patient as the oldest release names it": lambda entry: entry.update(
        subject=None, patient=entry.get("subject")
    ),
    "a modifier extension": lambda entry: entry.update(modifierExtension=[{"url": MAY_CHANGE, "valueBoolean": True}]),
    "implicit rules": lambda entry: entry.update(implicitRules=MAY_CHANGE),
    "a type in small letters": lambda entry: entry.update(resourceType=entry["resourceType"].lower()),
    "no type": lambda entry: entry.update(resourceType=None),
    "an instant": dates(lambda day: f"{day}T10:00:00.000+00:00"),
    "a period": period,
    "a date with slashes": dates(lambda day: day.replace("-", "/")),
    "a date without separators": dates(lambda day: day.replace("-", "")),
    "no date": dates(lambda _: None),
    "a list of dosages": with_dosage(lambda each: [each]),
    "a decimal comma": with_dosage(lambda each: {"dose": {"value": f"{each['dose']['value']},0", "unit": "mg"}}),
    "a dose without a unit": with_dosage(lambda each: {"dose": {"value": each["dose"]["value"]}}),
}


def shaped(entry: Json, shape: Shape) -> Json:
    changed = copy.deepcopy(entry)
    shape(changed)
    return {name: value for name, value in changed.items() if value is not None}


def answered(key: str, entry: Json, own_key: str = "") -> list[str]:
    """Return the topics of the cards, with the entry in its list or under a key of the client's own."""
    usual = chart()
    listed = [each["resource"] for each in (usual[key] or {"entry": []})["entry"]]
    prefetch = chart(**({own_key: bundle(entry)} if own_key else {key: bundle(*listed, entry)}))
    return topics(order(), prefetch=prefetch)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("decided", DECIDING)
def test_no_shape_of_the_deciding_entry_is_silent(decided: str, shape: str) -> None:
    key, entry = DECIDING[decided]
    assert answered(key, shaped(entry, SHAPES[shape]))


@pytest.mark.parametrize("decided", DECIDING)
def test_it_decides_wherever_it_stands(decided: str) -> None:
    key, entry = DECIDING[decided]
    expected = answered(key, entry)
    assert expected != ["checks-incomplete"]
    assert answered(key, entry, own_key="mine") == expected
    nested = chart(mine={"resourceType": "Bundle", "type": "batch-response", "entry": [{"resource": bundle(entry)}]})
    assert topics(order(), prefetch=nested) == expected
    assert topics(order(), prefetch=chart(mine=entry)) == expected
