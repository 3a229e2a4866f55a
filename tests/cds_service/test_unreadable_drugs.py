"""Orders of whose drug nothing can be read are told; a drug of another system, or one still to be chosen, is not."""

from __future__ import annotations

from typing import Any

import pytest
from calls import DISPATCH, SELECT, SIGN, Caller, call, order, without

RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
HCPCS = "http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets"
LOCAL = "urn:oid:1.2.3"


@pytest.fixture(scope="module")
def caller() -> Caller:
    """Return one service for all of it."""
    return Caller()


def coded(**coding: Any) -> Any:
    return {"coding": [coding]}


def doseless(concept: Any, **dosage: Any) -> Any:
    return order(medicationCodeableConcept=concept, dosageInstruction=[dosage] if dosage else [])


UNREADABLE = [
    pytest.param(5, id="a number"),
    pytest.param(["x"], id="a list of texts"),
    pytest.param({}, id="empty"),
    pytest.param({"coding": []}, id="no coding"),
    pytest.param({"coding": ["1371046"]}, id="a coding that is a text"),
    pytest.param({"text": ["KADCYLA"]}, id="a text that is a list"),
    pytest.param({"text": "  "}, id="a blank text"),
    pytest.param(coded(system=RXNORM), id="no code"),
    pytest.param(coded(system=RXNORM, code={"value": "1371046"}), id="a code that is an object"),
    pytest.param(coded(system=7, code="1371046"), id="a system that is a number"),
]


@pytest.mark.parametrize("concept", UNREADABLE)
@pytest.mark.parametrize("service", [SIGN, SELECT, DISPATCH])
def test_a_drug_that_cannot_be_read_is_reported(caller: Caller, service: str, concept: Any) -> None:
    (card,) = caller.post(call(service, orders=[order(medicationCodeableConcept=concept)]), service).cards
    assert card["source"]["topic"]["code"] == "checks-incomplete"
    assert card["indicator"] == "warning"
    assert "it names no drug that can be read" in card["detail"]


@pytest.mark.parametrize(
    ("service", "asked"),
    [
        pytest.param(
            SELECT, order(medicationCodeableConcept=coded(system=LOCAL, code="D-17")), id="still without words"
        ),
        pytest.param(SIGN, doseless(coded(system=LOCAL, code="D-17")), id="a local code without a dose"),
        pytest.param(SIGN, doseless(coded(system=LOCAL, code="D-17"), text="1 tablet daily"), id="of a tablet"),
        pytest.param(
            SIGN, order(medicationCodeableConcept=coded(system=LOCAL, code="D-17", display="Aspirin")), id="with words"
        ),
        pytest.param(
            SIGN, order(medicationCodeableConcept=coded(system=LOCAL, code="J9271")), id="a code of HCPCS by its form"
        ),
        pytest.param(
            SIGN, order(medicationCodeableConcept=coded(system=LOCAL, code="L01CD01")), id="a code of ATC by its form"
        ),
        pytest.param(SIGN, order(medicationCodeableConcept=coded(system=RXNORM, code="1191")), id="another drug"),
        pytest.param(SIGN, order(medicationCodeableConcept={"text": "aspirin"}), id="a name"),
        pytest.param(SELECT, without(order(), "medicationCodeableConcept"), id="a drug still to be chosen"),
    ],
)
def test_another_drug_or_one_not_listed_yet_is_not_reported(caller: Caller, service: str, asked: Any) -> None:
    assert caller.post(call(service, orders=[asked]), service).topics == []


def test_an_order_without_a_drug_is_reported_when_it_is_signed(caller: Caller) -> None:
    assert caller.post(call(orders=[without(order(), "medicationCodeableConcept")])).topics == ["checks-incomplete"]


@pytest.mark.parametrize(
    ("system", "code", "told"),
    [
        pytest.param(RXNORM, "99999999", "RxNorm 99999999", id="RxNorm"),
        pytest.param("http://www.whocc.no/atc", "L01FD", "ATC L01FD", id="the group of HER2 antibodies"),
        pytest.param("http://www.whocc.no/atc", "L01FD99", "ATC L01FD99", id="a new one in it"),
        pytest.param("http://snomed.info/sct", "777148002", "SNOMED CT 777148002", id="SNOMED CT"),
        pytest.param("http://hl7.org/fhir/sid/ndc", "12345-6789-01", "NDC 12345-6789-01", id="NDC"),
    ],
)
def test_a_dose_of_a_drug_that_only_an_unknown_code_of_a_known_system_names_is_reported(
    caller: Caller, system: str, code: str, told: str
) -> None:
    (card,) = caller.post(call(orders=[order(medicationCodeableConcept=coded(system=system, code=code))])).cards
    assert card["source"]["topic"]["code"] == "checks-incomplete"
    assert f"a code that is not known here ({told})" in card["detail"]


@pytest.mark.parametrize("words", ["Chemotherapy infusion", "CHEMO per protocol, cycle 3"])
def test_a_dose_under_words_that_name_no_drug_is_reported(caller: Caller, words: str) -> None:
    asked = order(medicationCodeableConcept={"text": words})
    (card,) = caller.post(call(orders=[asked])).cards
    assert "it names no drug that can be read" in card["detail"]
    assert caller.post(call(SELECT, orders=[asked]), SELECT).topics == []


@pytest.mark.parametrize("words", ["Sodium chloride 1000 mg tablet", "dextrose 50 % syringe", "Ondansetron"])
def test_a_fluid_or_another_drug_is_not_reported(caller: Caller, words: str) -> None:
    assert caller.post(call(orders=[order(medicationCodeableConcept={"text": words})])).topics == []


@pytest.mark.parametrize("service", [SIGN, DISPATCH])
@pytest.mark.parametrize(
    "asked",
    [
        pytest.param(order(medicationCodeableConcept=coded(system=LOCAL, code="D-17")), id="with a dose"),
        pytest.param(
            doseless(coded(system=LOCAL, code="D-17"), text="252 mg over 30 minutes"), id="with a dose in words"
        ),
        pytest.param(doseless(coded(system=LOCAL, code="D-17"), route={"text": "IV"}), id="with a route"),
        pytest.param(
            order(medicationCodeableConcept=coded(system=HCPCS, code="D-17")), id="under the address of HCPCS"
        ),
    ],
)
def test_a_dose_of_a_drug_that_only_an_unknown_code_names_is_reported(caller: Caller, service: str, asked: Any) -> None:
    (card,) = caller.post(call(service, orders=[asked]), service).cards
    assert (card["source"]["topic"]["code"], card["indicator"]) == ("checks-incomplete", "warning")
    assert "the drug is given only by a code that is not known here (D-17)" in card["detail"]
