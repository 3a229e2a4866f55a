"""The drug of an order is a reference: found in the request, on the EHR's server, or said to be unknown."""

from __future__ import annotations

import json
from typing import Any

import pytest
from calls import SIGN, Caller, call, order
from chart_server import ChartServer, Reply

KADCYLA = {"resourceType": "Medication", "id": "m-1", "code": {"text": "Kadcyla"}}


def referring(display: str | None = None) -> dict:
    drug = order(mg=378)
    del drug["medicationCodeableConcept"]
    drug["medicationReference"] = {"reference": "Medication/m-1", **({"display": display} if display else {})}
    return drug


def topics(body: dict) -> list[str]:
    response = Caller().client.post(f"/cds-services/{SIGN}", json=body)
    assert response.status_code == 200
    return [card["source"]["topic"]["code"] for card in response.json["cards"]]


def test_the_drug_is_fetched_from_the_server_of_the_call() -> None:
    server = ChartServer()
    try:
        server.replies["/fhir/Medication/m-1"] = Reply(json.dumps(KADCYLA).encode())
        body = call(orders=[referring()], fhirServer=server.base)
        assert topics(body) == ["dose-above-maximum"]
        assert any(heard.path.endswith("/Medication/m-1") for heard in server.heard)
    finally:
        server.close()


@pytest.mark.parametrize(
    ("display", "expected"),
    [
        pytest.param(None, ["checks-incomplete"], id="nobody says what it is"),
        pytest.param("Kadcyla", ["dose-above-maximum"], id="the reference names it"),
        pytest.param("Aspirin 81 mg", [], id="the reference names a drug out of scope"),
    ],
)
def test_a_drug_that_cannot_be_fetched(display: str | None, expected: list[str]) -> None:
    assert topics(call(orders=[referring(display)])) == expected


PLANNED = {"kind": "MedicationRequest", "status": "scheduled", "productCodeableConcept": {"text": "Kadcyla"}}


@pytest.mark.parametrize(
    "unread",
    [
        pytest.param({"resourceType": "MedicationOrder", "medicationCodeableConcept": {"text": "Kadcyla"}}, id="DSTU2"),
        pytest.param({"resourceType": "MedicationRequest", "medication": {"concept": {"text": "Kadcyla"}}}, id="R5"),
        pytest.param(
            {"resourceType": "CarePlan", "intent": "order", "activity": [{"detail": PLANNED}]}, id="in a care plan"
        ),
    ],
)
def test_an_entirely_unchecked_order_is_a_warning(unread: dict) -> None:
    body = call(orders=[{"id": "unread", "status": "draft", **unread}])
    (card,) = Caller().client.post(f"/cds-services/{SIGN}", json=body).json["cards"]
    assert (card["source"]["topic"]["code"], card["indicator"]) == ("checks-incomplete", "warning")
    assert "Kadcyla" in card["detail"]


def test_orders_that_share_an_id_get_cards_with_ids_of_their_own() -> None:
    body = call(orders=[order(mg=378), order(mg=500, status="active")])
    response = Caller().client.post(f"/cds-services/{SIGN}", json=body)
    uuids = [card["uuid"] for card in response.json["cards"]]
    assert len(uuids) == len(set(uuids)) > 1


HCPCS, NDC = "http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets", "http://hl7.org/fhir/sid/ndc"


def neighbor(system: str, code: str) -> dict:
    drug = order(mg=560)
    drug["medicationCodeableConcept"] = {"text": "Cyramza", "coding": [{"system": system, "code": code}]}
    return drug


@pytest.mark.parametrize(
    ("system", "code", "expected"),
    [
        pytest.param(HCPCS, "J9306", ["hcpcs-mismatch"], id="pertuzumab's billing code"),
        pytest.param(HCPCS, "J9306-JZ", ["hcpcs-mismatch"], id="with its modifier"),
        pytest.param(NDC, "50242-145-01", ["ndc-mismatch"], id="pertuzumab's package"),
        pytest.param("https://www.gs1.org/gtin", "00350242145017", ["ndc-mismatch"], id="its bar code"),
        pytest.param(HCPCS, "J9308", [], id="its own code"),
        pytest.param(HCPCS, "J9271", [], id="the code of another drug out of scope"),
    ],
)
@pytest.mark.parametrize("chart", ["in the request", "nowhere to be had"])
def test_a_neighbor_is_asked_for_its_codes_only(system: str, code: str, expected: list[str], chart: str) -> None:
    """Nothing of the patient is needed for it, and nothing else is said."""
    body = call(orders=[neighbor(system, code)])
    if chart == "nowhere to be had":
        del body["prefetch"]
    assert topics(body) == expected


def of_plan(**activity: Any) -> dict[str, Any]:
    return {"resourceType": "CarePlan", "id": "plan-1", "status": "draft", "intent": "order", "activity": [activity]}


def of_group(**action: Any) -> dict[str, Any]:
    return {"resourceType": "RequestGroup", "id": "plan-1", "status": "draft", "intent": "order", "action": [action]}


MISSING = {"reference": "MedicationRequest/elsewhere"}


@pytest.mark.parametrize(
    ("described", "told"),
    [
        pytest.param(of_plan(reference=MISSING), "refers to an order that was not sent", id="an order not sent"),
        pytest.param(of_group(resource=MISSING), "refers to an order that was not sent", id="in a group"),
        pytest.param(
            of_group(title="Day 1", action=[{"resource": MISSING}]),
            "an order that was not sent",
            id="in a step of a step",
        ),
        pytest.param(of_plan(reference={**MISSING, "display": "Kadcyla 252 mg"}), '"Kadcyla"', id="by name"),
        pytest.param(of_group(resource={"display": "Enhertu 378 mg"}), '"Enhertu"', id="by name without a reference"),
        pytest.param(of_plan(reference={**MISSING, "display": "Aspirin 81 mg"}), None, id="another drug by name"),
        pytest.param(of_plan(reference={"reference": "ServiceRequest/ast"}), None, id="a test not sent"),
        pytest.param(of_plan(reference={"reference": "Task/chair"}), None, id="a task not sent"),
        pytest.param(
            of_plan(detail={"productReference": {"reference": "Medication/elsewhere"}}),
            "describes a drug that could not be read",
            id="a drug not sent",
        ),
        pytest.param(
            of_plan(detail={"productReference": {"reference": "Medication/x", "display": "Kadcyla"}}),
            '"Kadcyla" without an order',
            id="a drug by name",
        ),
        pytest.param(of_plan(detail={"code": {"text": "Kadcyla"}}), '"Kadcyla" without an order', id="by its code"),
        pytest.param(of_plan(detail={"code": {"text": "Follow-up visit"}}), None, id="a visit"),
        *(
            pytest.param(of_plan(detail={"code": {"text": "Kadcyla"}, "status": status}), None, id=f"a {status} step")
            for status in ("completed", "cancelled", "stopped", "entered-in-error")
        ),
        pytest.param(
            of_plan(detail={"code": {"text": "Kadcyla"}, "status": "scheduled"}),
            '"Kadcyla" without an order',
            id="a scheduled step",
        ),
        pytest.param(of_plan(detail={"code": {"text": "Kadcyla"}, "doNotPerform": True}), None, id="not to be done"),
        pytest.param({**of_group(code=[{"text": "Kadcyla"}]), "status": "revoked"}, None, id="a group that is revoked"),
        pytest.param(
            of_plan(detail={"description": "Kadcyla 252 mg IV on day 1"}), '"Kadcyla" without an order', id="in words"
        ),
        pytest.param(of_plan(detail={"description": "echocardiogram before Kadcyla"}), None, id="words about a test"),
        pytest.param(of_group(title="Kadcyla 252 mg IV"), '"Kadcyla" without an order', id="a title with a dose"),
        pytest.param(of_group(title="Check LVEF before Kadcyla"), None, id="a title about a test"),
        pytest.param(of_group(code=[{"text": "Enhertu"}]), '"Enhertu" without an order', id="the code of an action"),
    ],
)
@pytest.mark.parametrize("service", ["her2-order-sign", "her2-order-select"])
def test_what_a_plan_describes_without_an_order_is_told(
    service: str, described: dict[str, Any], told: str | None
) -> None:
    body = call(orders=[described])
    body["context"]["selections"] = [f"{described['resourceType']}/plan-1"]
    body["hook"] = service.removeprefix("her2-")
    cards = Caller().client.post(f"/cds-services/{service}", json=body).json["cards"]
    if told is None:
        assert cards == []
        return
    (card,) = cards
    assert (card["source"]["topic"]["code"], card["indicator"]) == ("checks-incomplete", "warning")
    assert told in card["detail"].replace("\\", "")


def test_a_plan_whose_order_is_in_the_chart_or_is_not_selected_is_not_told_of() -> None:
    described = of_plan(reference={"reference": "MedicationRequest/signed"})
    signed = {**order(mg=252), "id": "signed", "status": "active", "authoredOn": "2026-11-01"}
    body = call(orders=[described])
    body["prefetch"]["medications"] = {"resourceType": "Bundle", "type": "searchset", "entry": [{"resource": signed}]}
    assert Caller().client.post(f"/cds-services/{SIGN}", json=body).json["cards"] == []
    body = call(orders=[of_plan(reference=MISSING), order(mg=252)])
    body["hook"], body["context"]["selections"] = "order-select", [f"MedicationRequest/{order(mg=252)['id']}"]
    found = Caller().client.post("/cds-services/her2-order-select", json=body).json["cards"]
    assert "not sent" not in str(found)


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        pytest.param([order(mg=400)], ["dose-above-maximum"], id="a wrong one"),
        pytest.param([order(mg=252)], [], id="a right one"),
        pytest.param([{**order(mg=400), "status": "active"}], [], id="one that is active already"),
        pytest.param([{**order(mg=400), "status": "cancelled"}], [], id="one that is cancelled"),
    ],
)
@pytest.mark.parametrize("described", [of_plan, of_group], ids=["a plan", "a group"])
@pytest.mark.parametrize("service", ["her2-order-sign", "her2-order-select"])
@pytest.mark.parametrize("nested", [False, True], ids=["directly", "through another group"])
def test_a_draft_of_a_group_that_only_the_prefetch_holds(
    service: str, described: Any, sent: list[dict[str, Any]], expected: list[str], *, nested: bool
) -> None:
    reference = {"reference": f"MedicationRequest/{order(mg=252)['id']}"}
    inner = {**of_group(resource=reference), "id": "inner"}
    step = {"reference": "RequestGroup/inner"} if nested else reference
    plan = described(**{"reference" if described is of_plan else "resource": step})
    body = call(orders=[plan])
    body["hook"], body["context"]["selections"] = service.removeprefix("her2-"), [f"{plan['resourceType']}/plan-1"]
    held = [*sent, inner] if nested else sent
    body["prefetch"]["drafts"] = {"resourceType": "Bundle", "entry": [{"resource": each} for each in held]}
    cards = Caller().client.post(f"/cds-services/{service}", json=body).json["cards"]
    assert [card["source"]["topic"]["code"] for card in cards] == expected
