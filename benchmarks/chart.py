"""The chart that comes with a measured request: as many Observations as wanted, as an EHR writes them, all normal."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

Json = dict[str, Any]
BESIDES_LABS = 4
"""A weight, two tumour markers and an ejection fraction are in every chart; the rest are laboratory results."""
_DAYS_BETWEEN_DRAWS = 21
_LOINC = "http://loinc.org"
_UCUM = "http://unitsofmeasure.org"


class Person(NamedTuple):
    """A made-up patient; weight, results and dates follow from the number."""

    number: int

    @property
    def id(self) -> str:
        """The id of the Patient resource."""
        return f"pat-{self.number}"

    @property
    def reference(self) -> Json:
        """The reference to the patient."""
        return {"reference": f"Patient/{self.id}", "display": f"Example, Patient {self.number}"}

    @property
    def kg(self) -> float:
        """The body weight."""
        return 45 + self.number / 20

    def result(self, usual: float) -> float:
        """Return a result of this patient, up to an eighth above the usual one."""
        return round(usual * (1 + self.number % 64 / 512), 2)


class Test(NamedTuple):
    """A laboratory test, its usual result and the range of normal."""

    code: str
    display: str
    value: float
    unit: str
    low: float
    high: float


# The rules read the first five; the others come along, as from an EHR that answers by panel and not by code.
_PANEL = (
    Test("1920-8", "Aspartate aminotransferase [Enzymatic activity/volume] in Serum or Plasma", 24, "U/L", 8, 40),
    Test("1742-6", "Alanine aminotransferase [Enzymatic activity/volume] in Serum or Plasma", 21, "U/L", 7, 41),
    Test("1975-2", "Bilirubin.total [Mass/volume] in Serum or Plasma", 0.6, "mg/dL", 0.1, 1.2),
    Test("777-3", "Platelets [#/volume] in Blood by Automated count", 212, "10*3/uL", 150, 400),
    Test("751-8", "Neutrophils [#/volume] in Blood by Automated count", 4.1, "10*3/uL", 1.8, 7.7),
    Test("2951-2", "Sodium [Moles/volume] in Serum or Plasma", 139, "mmol/L", 136, 145),
    Test("2823-3", "Potassium [Moles/volume] in Serum or Plasma", 4.2, "mmol/L", 3.5, 5.1),
    Test("2075-0", "Chloride [Moles/volume] in Serum or Plasma", 103, "mmol/L", 98, 107),
    Test("2028-9", "Carbon dioxide, total [Moles/volume] in Serum or Plasma", 25, "mmol/L", 22, 29),
    Test("3094-0", "Urea nitrogen [Mass/volume] in Serum or Plasma", 14, "mg/dL", 7, 20),
    Test("2160-0", "Creatinine [Mass/volume] in Serum or Plasma", 0.8, "mg/dL", 0.5, 1.1),
    Test("17861-6", "Calcium [Mass/volume] in Serum or Plasma", 9.4, "mg/dL", 8.6, 10.3),
    Test("2345-7", "Glucose [Mass/volume] in Serum or Plasma", 96, "mg/dL", 70, 99),
    Test("1751-7", "Albumin [Mass/volume] in Serum or Plasma", 4.2, "g/dL", 3.5, 5.2),
    Test("2885-2", "Protein [Mass/volume] in Serum or Plasma", 7.1, "g/dL", 6.0, 8.3),
    Test("6768-6", "Alkaline phosphatase [Enzymatic activity/volume] in Serum or Plasma", 77, "U/L", 40, 129),
    Test("6690-2", "Leukocytes [#/volume] in Blood by Automated count", 6.3, "10*3/uL", 4.0, 11.0),
    Test("789-8", "Erythrocytes [#/volume] in Blood by Automated count", 4.4, "10*6/uL", 3.8, 5.2),
    Test("718-7", "Hemoglobin [Mass/volume] in Blood", 12.9, "g/dL", 11.7, 15.5),
    Test("4544-3", "Hematocrit [Volume Fraction] of Blood by Automated count", 38.7, "%", 35, 45),
)


def prefetch(keys: Iterable[str], observations: int, person: Person) -> Json:
    """Return an answer to every prefetch key, with so many Observations in all; every other list is empty."""
    stained = 200 + person.number % 90
    ihc = _observation(person, "her2", "85319-2", "HER2 [Presence] in Breast cancer specimen by Immune stain", stained)
    receptor = _observation(
        person, "er", "85337-4", "Estrogen receptor Ag [Presence] in Breast cancer specimen", stained
    )
    ihc["valueCodeableConcept"] = _concept(_LOINC, "LA11843-2", "3+")
    receptor["valueCodeableConcept"] = _concept("http://snomed.info/sct", "10828004", "Positive (qualifier value)")
    weight = _measured(_observation(person, "weight", "29463-7", "Body weight", 1), person.kg, "kg")
    lvef = _measured(
        _observation(person, "lvef", "10230-1", "Left ventricular Ejection fraction", 40), 56 + person.number % 16, "%"
    )
    on_record = {
        "patient": {"resourceType": "Patient", "id": person.id, "gender": "female", "birthDate": "1968-03-14"},
        "weight": _searchset([weight]),
        "tumorMarkers": _searchset([ihc, receptor]),
        "lvef": _searchset([lvef]),
        "labs": _searchset([_lab(person, index) for index in range(observations - BESIDES_LABS)]),
        "conditions": _searchset([_condition(person)]),
    }
    return {key: on_record.get(key, _searchset([])) for key in keys}


def _searchset(resources: list[Json]) -> Json:
    base = "https://ehr.example.org/fhir"
    entries = [
        {
            "fullUrl": f"{base}/{resource['resourceType']}/{resource['id']}",
            "resource": resource,
            "search": {"mode": "match"},
        }
        for resource in resources
    ]
    return {"resourceType": "Bundle", "type": "searchset", "total": len(entries), "entry": entries}


def _lab(person: Person, index: int) -> Json:
    """Return one result: the newest draw first, each draw one panel."""
    draw, place = divmod(index, len(_PANEL))
    test = _PANEL[place]
    resource = _observation(person, f"lab-{index}", test.code, test.display, 1 + draw * _DAYS_BETWEEN_DRAWS)
    resource["referenceRange"] = [
        {"low": _quantity(test.low, test.unit), "high": _quantity(test.high, test.unit), "text": "Reference range"}
    ]
    return _measured(resource, person.result(test.value), test.unit)


def _observation(person: Person, name: str, code: str, display: str, days_ago: int) -> Json:
    taken = datetime.now(UTC) - timedelta(days=days_ago, minutes=person.number)
    return {
        "resourceType": "Observation",
        "id": f"{name}-{person.number}",
        "meta": {"versionId": "1", "lastUpdated": taken.isoformat(timespec="seconds")},
        "status": "final",
        "category": [
            _concept("http://terminology.hl7.org/CodeSystem/observation-category", "laboratory", "Laboratory")
        ],
        "code": {**_concept(_LOINC, code, display), "text": display},
        "subject": person.reference,
        "effectiveDateTime": taken.isoformat(timespec="seconds"),
        "issued": taken.isoformat(timespec="milliseconds"),
        "performer": [{"reference": "Organization/lab-1"}],
    }


def _measured(resource: Json, value: float, unit: str) -> Json:
    return {**resource, "valueQuantity": _quantity(value, unit)}


def _quantity(value: float, unit: str) -> Json:
    return {"value": value, "unit": unit, "system": _UCUM, "code": unit}


def _condition(person: Person) -> Json:
    return {
        "resourceType": "Condition",
        "id": f"breast-cancer-{person.number}",
        "clinicalStatus": _concept("http://terminology.hl7.org/CodeSystem/condition-clinical", "active", "Active"),
        "code": _concept("http://hl7.org/fhir/sid/icd-10-cm", "C50.911", "Malignant neoplasm of right female breast"),
        "subject": person.reference,
        "stage": [{"summary": {"text": "Stage IV"}}],
    }


def _concept(system: str, code: str, display: str) -> Json:
    return {"coding": [{"system": system, "code": code, "display": display}]}
