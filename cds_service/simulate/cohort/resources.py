"""A course as FHIR resources that an EHR would export."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from cds_service.simulate.cohort.courses import NAMES, RXNORM, SITES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from cds_service.simulate.cohort.courses import Course, Ordered, Visit

Json = dict[str, Any]
_LOINC, _UCUM, _SNOMED = "http://loinc.org", "http://unitsofmeasure.org", "http://snomed.info/sct"
_ICD10 = "http://hl7.org/fhir/sid/icd-10-cm"
_RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
_HCPCS = "http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets"
_CLINICAL = "http://terminology.hl7.org/CodeSystem/condition-clinical"
# LOINC code, unit, upper limit of normal.
TESTS = {
    "ast": ("1920-8", "U/L", 40),
    "alt": ("1742-6", "U/L", 40),
    "bilirubin": ("1975-2", "mg/dL", 1.2),
    "platelets": ("777-3", "10*3/uL", 400),
    "neutrophils": ("751-8", "10*3/uL", 7.7),
    "weight": ("29463-7", "kg", None),
    "lvef": ("10230-1", "%", None),
}
_IHC = {"3+": "LA11843-2", "2+": "LA11842-4"}
_PROBLEMS = {
    "pneumonitis": ("J70.2", "Acute drug-induced interstitial lung disorders"),
    "heart failure": ("I50.20", "Unspecified systolic (congestive) heart failure"),
    "pregnancy": ("Z33.1", "Pregnant state, incidental"),
}
_ORDERED_AT, _GIVEN_AT, _DRAWN_AT = "T09:15:00Z", "T13:30:00Z", "T07:40:00Z"


def places() -> Iterator[Json]:
    """Yield the resources that belong to no patient: the sites."""
    for site in SITES:
        yield {"resourceType": "Location", "id": f"site-{site}", "name": f"{site.replace('-', ' ').title()} oncology"}


def resources(course: Course, until: int | None = None) -> Iterator[tuple[Json, Ordered | None]]:
    """Yield the resources of a course, each order with its data.

    ``until`` is the number of the visit at which the course ends: with its results, but without its orders.
    """
    yield _person(course), None
    for resource in _before(course):
        yield resource, None
    for number, visit in enumerate(course.visits):
        yield _encounter(course, number, visit), None
        for resource in _results(course, number, visit):
            yield resource, None
        if number == until:
            return
        for place, ordered in enumerate(visit.orders):
            yield ordered_at(course, number, place, visit.day, ordered), ordered
            if ordered.given and ordered.drug in course.drugs:
                yield _administration(course, number, place, visit, ordered), None
    for resource in _afterwards(course):
        yield resource, None


def _person(course: Course) -> Json:
    return {"resourceType": "Patient", "id": course.patient, "gender": "female", "birthDate": str(course.born)}


def _before(course: Course) -> Iterator[Json]:
    """Yield the disease, its tissue test, and the pregnancy test before the first dose."""
    first = course.visits[0].day
    recorded = first - timedelta(days=30)
    yield _condition(course, "cancer", "C50.911", "Malignant neoplasm of right female breast", recorded)
    yield _condition(course, "metastasis", "C79.51", "Secondary malignant neoplasm of bone", recorded)
    if not course.drugs:
        return
    if course.tissue_tested:
        answer = {"coding": [{"system": _LOINC, "code": _IHC[course.ihc], "display": course.ihc}]}
        yield _observation(course, "ihc", "85319-2", recorded, valueCodeableConcept=answer)
    if course.pregnancy_tested:
        negative = {"coding": [{"system": _SNOMED, "code": "260385009", "display": "Negative"}]}
        day = first - timedelta(days=2)
        yield _observation(course, "pregnancy", "2106-3", day, valueCodeableConcept=negative)


def _results(course: Course, number: int, visit: Visit) -> Iterator[Json]:
    beside = {"weight": visit.weight, "lvef": visit.lvef}
    measured = {name: value for name, value in {**visit.bloods, **beside}.items() if value is not None}
    days = {"lvef": 3, "weight": 0}
    for name, value in measured.items():
        code, unit, upper = TESTS[name]
        quantity = {"value": float(value), "unit": unit, "system": _UCUM, "code": unit}
        limits: Json = {"referenceRange": [{"high": {"value": upper, "unit": unit}}]} if upper is not None else {}
        day = visit.day - timedelta(days=days.get(name, 1))
        yield _observation(course, f"{name}-{number}", code, day, valueQuantity=quantity, **limits)
    if visit.problem:
        code, display = _PROBLEMS[visit.problem]
        yield _condition(course, f"problem-{number}", code, display, visit.day - timedelta(days=2))


def _afterwards(course: Course) -> Iterator[Json]:
    """Yield results from after the last order, which must not affect any order."""
    last = course.visits[-1]
    if not course.drugs:
        return
    day = last.day + timedelta(days=9)
    code, display = _PROBLEMS["pneumonitis"]
    yield _condition(course, "late-problem", code, display, day)
    for name, value in (("alt", 640.0), ("platelets", 18.0), ("lvef", 31.0)):
        loinc, unit, _ = TESTS[name]
        quantity = {"value": value, "unit": unit, "system": _UCUM, "code": unit}
        yield _observation(course, f"late-{name}", loinc, day, valueQuantity=quantity)


def _encounter(course: Course, number: int, visit: Visit) -> Json:
    return {
        "resourceType": "Encounter",
        "id": f"{course.patient}-visit-{number}",
        "status": "finished",
        "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"},
        "subject": {"reference": f"Patient/{course.patient}"},
        "period": {"start": f"{visit.day}T08:30:00Z", "end": f"{visit.day}T15:30:00Z"},
        "location": [{"location": {"reference": f"Location/site-{course.site}"}}],
    }


def order_id(course: Course, number: int, place: int) -> str:
    """Name an order."""
    return f"{course.patient}-order-{number}-{place}"


def ordered_at(course: Course, number: int, place: int, signed: date, ordered: Ordered) -> Json:
    """Write an order, signed on the morning of a day."""
    written: Json = {
        "resourceType": "MedicationRequest",
        "id": order_id(course, number, place),
        "status": "completed",
        "intent": "order",
        "medicationCodeableConcept": _drug(ordered),
        "subject": {"reference": f"Patient/{course.patient}"},
        "encounter": {"reference": f"Encounter/{course.patient}-visit-{number}"},
        "authoredOn": f"{signed}{_ORDERED_AT}",
    }
    if ordered.drug in NAMES:
        instruction: Json = {
            "timing": {"repeat": {"frequency": 1, "period": 3, "periodUnit": "wk"}},
            "route": {"coding": [{"system": _SNOMED, "code": ordered.route[0], "display": ordered.route[1]}]},
        }
        if ordered.dose is not None:
            instruction["doseAndRate"] = [{"doseQuantity": _milligrams(ordered)}]
        written["dosageInstruction"] = [instruction]
    return written


def _drug(ordered: Ordered) -> Json:
    if ordered.drug not in NAMES:
        return {"text": ordered.drug}
    named = {"system": _RXNORM, "code": RXNORM[ordered.drug], "display": NAMES[ordered.drug]}
    return {"coding": [named, {"system": _HCPCS, "code": ordered.code}], "text": NAMES[ordered.drug]}


def _milligrams(ordered: Ordered) -> Json:
    dose = float(ordered.dose or 0)
    value = int(dose) if dose.is_integer() else dose
    return {"value": value, "unit": ordered.unit, "system": _UCUM, "code": ordered.unit}


def _administration(course: Course, number: int, place: int, visit: Visit, ordered: Ordered) -> Json:
    given: Json = {
        "resourceType": "MedicationAdministration",
        "id": f"{course.patient}-dose-{number}-{place}",
        "status": "completed",
        "medicationCodeableConcept": {"coding": _drug(ordered)["coding"][:1], "text": NAMES[ordered.drug]},
        "subject": {"reference": f"Patient/{course.patient}"},
        "effectiveDateTime": f"{visit.day}{_GIVEN_AT}",
        "request": {"reference": f"MedicationRequest/{order_id(course, number, place)}"},
    }
    if ordered.dose is not None:
        given["dosage"] = {"dose": _milligrams(ordered)}
    return given


def _observation(course: Course, name: str, code: str, day: date, **value: Any) -> Json:
    return {
        "resourceType": "Observation",
        "id": f"{course.patient}-{name}",
        "status": "final",
        "code": {"coding": [{"system": _LOINC, "code": code}]},
        "subject": {"reference": f"Patient/{course.patient}"},
        "effectiveDateTime": f"{day}{_DRAWN_AT}",
        **value,
    }


def _condition(course: Course, name: str, code: str, display: str, recorded: date) -> Json:
    return {
        "resourceType": "Condition",
        "id": f"{course.patient}-{name}",
        "clinicalStatus": {"coding": [{"system": _CLINICAL, "code": "active"}]},
        "code": {"coding": [{"system": _ICD10, "code": code, "display": display}]},
        "subject": {"reference": f"Patient/{course.patient}"},
        "recordedDate": str(recorded),
    }
