"""A variant that another Observation assesses, in the shapes of HL7's genomics guide; a benign one is no mutation."""

from __future__ import annotations

from typing import Any

import pytest
from shapes import LOINC, Json, bundle, chart, coding, concept, observation, topics
from test_practice_orders import LUNG, drug, labs

TBD = "http://hl7.org/fhir/uv/genomics-reporting/CodeSystem/tbd-codes-cs"
YVMA, BENIGN_CHANGE = "p.Tyr772_Ala775dup", "p.Ile655Val"
BENIGN = "LA6675-8", "Benign"
UNCERTAIN = "LA26333-7", "Uncertain significance"
PATHOGENIC = "LA6668-3", "Pathogenic"
MISSING = ["erbb2-mutation-missing"]


def value(code: str, display: str = "", system: str = LOINC) -> Json:
    return {"valueCodeableConcept": concept(coding(system, code, display))}


def variant(change: str = BENIGN_CHANGE, name: str = "v1", gene: str = "HGNC:3430", **changes: Any) -> Json:
    parts = [
        {"code": concept(coding(LOINC, "48018-6")), **value(gene, "", "http://www.genenames.org")},
        {"code": concept(coding(LOINC, "48005-3")), **value(change, change, "http://varnomen.hgvs.org")},
    ]
    return observation("69548-6", name, component=parts, **value("LA9633-4", "Present"), **changes)


def assessment(said: tuple[str, str] = BENIGN, of: str = "Observation/v1", name: str = "a1", **changes: Any) -> Json:
    links = {"derivedFrom": [{"reference": of}]} if of else {}
    return observation("53037-8", name, **links, **(value(*said) | changes))


def implication(said: tuple[str, str]) -> Json:
    part = {"code": concept(coding(LOINC, "53037-8")), **value(*said)}
    of = [{"reference": "Observation/v1"}]
    return observation("diagnostic-implication", "a1", system=TBD, derivedFrom=of, component=[part])


def panel(*names: str) -> Json:
    return observation("81247-9", "panel-1", hasMember=[{"reference": f"Observation/{each}"} for each in names])


def by_uuid() -> Json:
    """Return a list whose entries refer to each other as those of one transaction do."""
    first, second = (f"urn:uuid:6f7a1d1e-0000-4000-8000-00000000000{n}" for n in (1, 2))
    nameless = {name: each for name, each in variant().items() if name != "id"}
    entries = [{"fullUrl": first, "resource": nameless}, {"fullUrl": second, "resource": assessment(of=first)}]
    return {"resourceType": "Bundle", "type": "searchset", "entry": entries}


def contained(said: tuple[str, str]) -> Json:
    subject = {"reference": "Patient/pat-1"}
    parts = [variant(), assessment(said, "#v1")]
    return {"resourceType": "DiagnosticReport", "id": "r", "status": "final", "subject": subject, "contained": parts}


@pytest.mark.parametrize(
    ("listed", "expected"),
    [
        pytest.param(bundle(variant(), assessment()), MISSING, id="benign"),
        pytest.param(bundle(variant(), implication(BENIGN)), MISSING, id="benign in an implication"),
        pytest.param(bundle(variant(), implication(UNCERTAIN)), MISSING, id="of uncertain significance"),
        pytest.param(bundle(variant(YVMA), implication(PATHOGENIC)), [], id="pathogenic"),
        pytest.param(
            bundle(variant(), assessment(valueCodeableConcept={"text": "Likely benign"})), MISSING, id="in words"
        ),
        pytest.param(
            bundle(variant(hasMember=[{"reference": "Observation/a1"}]), assessment(of="")), MISSING, id="as a member"
        ),
        pytest.param(bundle(panel("v1", "a1"), variant(), assessment(of="")), MISSING, id="in one panel"),
        pytest.param(
            bundle(panel("v1", "v2", "a1"), variant(YVMA), variant(name="v2"), assessment(of="")),
            [],
            id="of one of two in a panel: which is not said",
        ),
        pytest.param(bundle(variant(), variant(YVMA, "v2"), assessment()), [], id="beside another variant"),
        pytest.param(
            bundle(variant(YVMA), variant("p.Arg521Lys", "v2", "HGNC:3236"), assessment(of="Observation/v2")),
            [],
            id="of another gene's variant",
        ),
        pytest.param(bundle(variant(YVMA), assessment(status="entered-in-error")), [], id="entered in error"),
        pytest.param(bundle(variant(YVMA), assessment(UNCERTAIN, status="preliminary")), [], id="preliminary"),
        pytest.param(
            bundle(variant(YVMA), assessment(), assessment(PATHOGENIC, name="a2")), MISSING, id="assessments disagree"
        ),
        pytest.param(
            bundle(variant(), assessment(of="https://ehr.example.org/fhir/Observation/v1")), MISSING, id="by address"
        ),
        pytest.param(by_uuid(), MISSING, id="by the addresses of one transaction"),
        pytest.param(bundle(contained(BENIGN)), MISSING, id="contained in a report"),
        pytest.param(bundle(contained(PATHOGENIC)), [], id="contained, pathogenic"),
        pytest.param(
            bundle(variant(YVMA), assessment(subject={"reference": "Patient/other"})), [], id="of another patient"
        ),
    ],
)
def test_an_assessment_of_its_own(listed: Json, expected: list[str]) -> None:
    prefetch = chart(labs=labs(), conditions=bundle(LUNG), tumorMarkers=listed)
    assert topics(drug("Enhertu", 378), prefetch=prefetch) == expected
