"""Orders of whose drug nothing can be read are told; a drug of another system, or one still to be chosen, is not."""

from __future__ import annotations

from typing import Any

import pytest
from calls import DISPATCH, SELECT, SIGN, Caller, call, order, without

RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
LOCAL = "urn:oid:1.2.3"


@pytest.fixture(scope="module")
def caller() -> Caller:
    """Return one service for all of it."""
    return Caller()


def coded(**coding: Any) -> Any:
    return {"coding": [coding]}


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
        pytest.param(SIGN, order(medicationCodeableConcept=coded(system=LOCAL, code="D-17")), id="a local code"),
        pytest.param(SIGN, order(medicationCodeableConcept=coded(system=RXNORM, code="1191")), id="another drug"),
        pytest.param(SIGN, order(medicationCodeableConcept={"text": "aspirin"}), id="a name"),
        pytest.param(SELECT, without(order(), "medicationCodeableConcept"), id="a drug still to be chosen"),
    ],
)
def test_another_drug_or_one_not_listed_yet_is_not_reported(caller: Caller, service: str, asked: Any) -> None:
    assert caller.post(call(service, orders=[asked]), service).topics == []


def test_an_order_without_a_drug_is_reported_when_it_is_signed(caller: Caller) -> None:
    assert caller.post(call(orders=[without(order(), "medicationCodeableConcept")])).topics == ["checks-incomplete"]
