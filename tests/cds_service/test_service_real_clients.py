"""What clients in use really send, each over real HTTP with its quirks, and that it gets a sensible answer.

The requests are written here after what was seen of each client; nothing of theirs is copied.
"""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any

import pytest
from calls import (
    DISPATCH,
    PATIENT,
    QUERIES,
    SELECT,
    SIGN,
    UCUM,
    USER,
    VIEW,
    Caller,
    bundle,
    call,
    clean_prefetch,
    on_kadcyla,
    order,
    troubled_prefetch,
    without,
)
from chart_server import ChartServer, as_json

if TYPE_CHECKING:
    from collections.abc import Iterator

    from calls import Answer, Json

RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"


@pytest.fixture(scope="module")
def chart() -> Iterator[ChartServer]:
    server = ChartServer()
    yield server
    server.close()


# --- The official sandbox --------------------------------------------------------------------------------------------


def sandbox_order(dose: Json | None = None, drug: Json | None = None) -> Json:
    """Return the one order of the sandbox: an id that never changes, a category that is no array."""
    written: Json = {
        "resourceType": "MedicationRequest",
        "id": "request-123",
        "status": "draft",
        "subject": {"reference": f"Patient/{PATIENT}"},
        "dosageInstruction": [{"doseAndRate": [{"doseQuantity": dose or {"value": 1, "unit": "{pill}"}}]}],
        "category": {
            "coding": [
                {"system": "http://terminology.hl7.org/CodeSystem/medicationrequest-category", "code": "inpatient"}
            ]
        },
    }
    if drug is not None:
        written |= {"intent": "order", "medicationCodeableConcept": drug}
    return written


KADCYLA = {
    "text": "ado-trastuzumab emtansine 100 MG Injection [Kadcyla]",
    "coding": [
        {"system": RXNORM, "code": "1658087", "display": "ado-trastuzumab emtansine 100 MG Injection [Kadcyla]"}
    ],
}
MILLIGRAMS = {"value": 378, "unit": "mg", "system": UCUM, "code": "mg"}


def sandbox(hook: str, drawn: Json, server: str, prefetch: Json | None = None) -> Json:
    """Write a call of the sandbox: an open server without an authorization, no encounter, a Bundle without a type."""
    context: Json = {
        "patientId": PATIENT,
        "userId": "Practitioner/COREPRACTITIONER1",
        "draftOrders": {"resourceType": "Bundle", "entry": [{"resource": drawn}]},
    }
    if hook == "order-select":
        context["selections"] = ["MedicationRequest/request-123"]
    body: Json = {"hookInstance": "a2c3b1e4-1111-4222-8333-944455556666", "hook": hook, "fhirServer": server}
    return body | {"context": context} | ({"prefetch": prefetch} if prefetch is not None else {})


def from_a_browser(caller: Caller, body: Json, service: str) -> Answer:
    """Ask first whether asking is allowed, as a browser does."""
    path = f"/cds-services/{service}"
    headers = {
        "Origin": "https://sandbox.cds-hooks.org",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,content-type",
    }
    preflight = caller.client.open(path, method="OPTIONS", headers=headers)
    assert preflight.status_code == 200
    assert preflight.headers["Access-Control-Allow-Origin"] in ("*", headers["Origin"])
    allowed = preflight.headers["Access-Control-Allow-Headers"].casefold()
    assert {"authorization", "content-type"} <= {each.strip() for each in allowed.split(",")}
    answer = caller.send(
        "POST", path, data=json.dumps(body), content_type="application/json", headers={"Origin": headers["Origin"]}
    )
    assert answer.headers["Access-Control-Allow-Origin"] in ("*", headers["Origin"])
    return answer


def test_sandbox_before_anything_is_chosen(service, chart) -> None:
    chart.serve(clean_prefetch())
    body = sandbox("order-select", sandbox_order(), chart.base, {})
    body["context"]["selections"] = []
    assert from_a_browser(service, body, SELECT).body == {"cards": []}
    assert chart.heard == []


@pytest.mark.parametrize(("hook", "service_id"), [("order-select", SELECT), ("order-sign", SIGN)])
@pytest.mark.parametrize("sent", [{}, None, {"patient": clean_prefetch()["patient"]}], ids=["{}", "none", "one key"])
def test_sandbox_with_an_open_server(service, chart, hook, service_id, sent) -> None:
    chart.serve(clean_prefetch())
    body = sandbox(hook, sandbox_order(MILLIGRAMS, KADCYLA), chart.base, sent)
    answer = from_a_browser(service, body, service_id)
    assert answer.topics == ["dose-above-maximum"]
    assert not any("Authorization" in each.headers for each in chart.heard)


@pytest.mark.parametrize(
    ("hook", "service_id", "topic"),
    [("order-select", SELECT, "checks-incomplete"), ("order-sign", SIGN, "dose-cannot-verify")],
)
def test_sandbox_with_a_dose_in_pills(service, chart, hook, service_id, topic) -> None:
    """Every new order of the sandbox starts as one pill; while it is being written that is no more than a remark."""
    chart.serve(clean_prefetch())
    answer = from_a_browser(service, sandbox(hook, sandbox_order(None, KADCYLA), chart.base, {}), service_id)
    assert answer.topics == [topic]


def test_sandbox_when_its_public_server_is_not_allowed(service) -> None:
    drawn = sandbox_order(MILLIGRAMS, KADCYLA)
    server = "https://launch.smarthealthit.org/v/r4/fhir"
    assert from_a_browser(service, sandbox("order-sign", drawn, server, clean_prefetch()), SIGN).topics == [
        "dose-above-maximum"
    ]
    lacking = sandbox("order-sign", drawn, server, without(clean_prefetch(), "labs"))
    assert from_a_browser(service, lacking, SIGN).topics == ["dose-above-maximum", "checks-incomplete"]


def test_sandbox_at_every_change_of_the_dose(service, chart) -> None:
    """Each edit is a call of its own with an instance of its own, about the same order."""
    chart.serve(clean_prefetch())
    seen: set[str] = set()
    for number, dose in enumerate((252, 260, 378, 3780)):
        drawn = sandbox_order({**MILLIGRAMS, "value": dose}, KADCYLA)
        body = sandbox("order-select", drawn, chart.base, clean_prefetch())
        body["hookInstance"] = f"a2c3b1e4-1111-4222-8333-94445555666{number}"
        cards = from_a_browser(service, body, SELECT).cards
        assert bool(cards) is (dose > 252)
        assert seen.isdisjoint(card["uuid"] for card in cards)
        seen |= {card["uuid"] for card in cards}


def test_sandbox_takes_a_suggestion_back_as_it_was_sent(service, chart) -> None:
    """An update holds the order with its odd category, and taking it silences the card."""
    chart.serve(clean_prefetch())
    drawn = sandbox_order(MILLIGRAMS, KADCYLA)
    (card,) = from_a_browser(service, sandbox("order-sign", drawn, chart.base, clean_prefetch()), SIGN).cards
    (action,) = card["suggestions"][0]["actions"]
    assert without(action["resource"], "dosageInstruction") == without(drawn, "dosageInstruction")
    taken = sandbox("order-sign", action["resource"], chart.base, clean_prefetch())
    assert from_a_browser(service, taken, SIGN).body == {"cards": []}


def test_sandbox_opening_a_chart(service, chart) -> None:
    chart.serve(on_kadcyla(20, labs=bundle()))
    body = sandbox("patient-view", {}, chart.base, {})
    del body["context"]["draftOrders"]
    assert len(from_a_browser(service, body, VIEW).cards) == 1


# --- A SMART launcher in front of it ---------------------------------------------------------------------------------


def test_smart_launcher(service, chart) -> None:
    """A token that names no patient although it is for one, a server below a path, a scope of the first version."""
    chart.serve({})
    chart.replies = {f"/v/r4/fhir/{QUERIES[key]}": as_json(value) for key, value in clean_prefetch().items()}
    server = f"http://127.0.0.1:{chart.server_port}/v/r4/fhir"
    body = sandbox("order-sign", sandbox_order(MILLIGRAMS, KADCYLA), server, {})
    body["fhirAuthorization"] = {
        "access_token": "eyJhbGciOiJIUzI1NiJ9.e30.c2ln",
        "token_type": "Bearer",
        "expires_in": 3600,
        "scope": "patient/*.* user/*.* launch openid fhirUser profile offline_access",
        "subject": "my_web_app",
    }
    assert from_a_browser(service, body, SIGN).topics == ["dose-above-maximum"]
    assert {each.headers["Authorization"] for each in chart.heard} == {"Bearer eyJhbGciOiJIUzI1NiJ9.e30.c2ln"}


# --- The CRD request generator ---------------------------------------------------------------------------------------


def crd(server: str, hook: str = "order-sign") -> Json:
    """Write a call with keys of its own, an instance that never changes and a token that is empty."""
    drawn = order(378, "devreq-1")
    context: Json = {
        "userId": "Practitioner/example",
        "patientId": PATIENT,
        "encounterId": "enc89284",
        "draftOrders": {"resourceType": "Bundle", "entry": [{"resource": drawn}]},
    }
    if hook == "order-select":
        context["selections"] = ["MedicationRequest/devreq-1"]
    return {
        "hookInstance": "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea",
        "fhirServer": server,
        "hook": hook,
        "fhirAuthorization": {
            "access_token": "",
            "token_type": "Bearer",
            "expires_in": 300,
            "scope": "patient/Patient.read patient/Observation.read",
            "subject": "cds-service4",
        },
        "context": context,
        "prefetch": {
            "medicationRequestBundle": bundle(drawn, clean_prefetch()["patient"], type="collection"),
            "coverageBundle": bundle(
                {"resourceType": "Coverage", "id": "cov015", "status": "active", "beneficiary": {"reference": "x"}}
            ),
            "deviceRequestBundle": None,
        },
        "extension": {"davinci-crd.configuration": {"alternative-therapy": True}},
    }


@pytest.mark.parametrize(("hook", "service_id"), [("order-select", SELECT), ("order-sign", SIGN)])
def test_crd_request_generator(service, chart, hook, service_id) -> None:
    chart.serve(clean_prefetch())
    answer = service.post(crd(chart.base, hook), service_id)
    assert answer.topics == ["dose-above-maximum"]
    assert set(chart.keys) == set(QUERIES)
    assert not any("Authorization" in each.headers for each in chart.heard)


def test_crd_request_generator_when_its_server_cannot_be_asked(service) -> None:
    answer = service.post(crd("https://ehr.example.org/fhir"))
    assert (answer.status, len(answer.expression)) == (412, 8)
    assert "is not among fhir.allowed_servers" in answer.body["issue"][0]["details"]["text"]


def test_crd_request_generator_repeats_its_instance_for_another_order(service, chart) -> None:
    """Its instance is a constant, so two orders must not share the ids of their cards."""
    chart.serve(clean_prefetch())
    first = crd(chart.base)
    second = json.loads(json.dumps(first).replace("devreq-1", "devreq-2"))
    ids = [service.post(body).cards[0]["uuid"] for body in (first, second)]
    assert ids[0] != ids[1]


# --- Medplum ---------------------------------------------------------------------------------------------------------


def medplum(service_id: str, prefetch: Json) -> Json:
    """Write a call without a server, with null for whatever it could not make out."""
    return without(call(service_id, [order(378)], prefetch), "fhirServer")


@pytest.mark.parametrize("service_id", [SELECT, SIGN])
def test_medplum_with_nulls_for_everything(service, service_id) -> None:
    """Null says that there is none: the cards ask for it, and none of them claims a wrong number."""
    answer = service.post(medplum(service_id, dict.fromkeys(QUERIES)), service_id)
    assert {"her2-missing", "lvef-missing"} <= set(answer.topics)
    assert not any(card["indicator"] == "critical" for card in answer.cards)


def test_medplum_with_a_null_among_answers(service) -> None:
    answer = service.post(medplum(SIGN, {**clean_prefetch(), "administrations": None}))
    assert answer.topics == ["dose-above-maximum"]


def test_medplum_opening_a_chart_with_nulls(service) -> None:
    body = {**call(VIEW, prefetch=dict.fromkeys(on_kadcyla()))}
    assert service.post(body, VIEW).body == {"cards": []}


# --- An outside test suite at order-dispatch 1.0 ---------------------------------------------------------------------


def test_outside_test_suite_dispatches_by_the_first_version(service, chart) -> None:
    task = {
        "resourceType": "Task",
        "status": "requested",
        "intent": "order",
        "focus": {"reference": "MedicationRequest/order-1"},
        "for": {"reference": f"Patient/{PATIENT}"},
    }
    chart.serve(troubled_prefetch())
    chart.replies["/fhir/MedicationRequest/order-1"] = as_json(order(378, status="active"))
    body: dict[str, Any] = {
        "hook": "order-dispatch",
        "hookInstance": "05a05d07-5d7f-4a3c-9a1e-0f6a2ad9a111",
        "fhirServer": chart.base,
        "fhirAuthorization": {
            "access_token": "t-1",
            "token_type": "Bearer",
            "expires_in": 3600,
            "scope": "user/*.read",
            "subject": "cds",
            "patient": PATIENT,
        },
        "context": {
            "patientId": PATIENT,
            "order": "MedicationRequest/order-1",
            "performer": USER,
            "task": copy.deepcopy(task),
        },
    }
    assert "dose-above-maximum" in service.post(body, DISPATCH).topics
    assert {each.headers["Authorization"] for each in chart.heard} == {"Bearer t-1"}
