"""``order-dispatch``: the orders are found wherever they are, judged as at signing, and never taken out."""

from __future__ import annotations

import json
from itertools import combinations
from typing import TYPE_CHECKING, Any

import pytest
from calls import (
    DISPATCH,
    KEYS,
    ORDER,
    PATIENT,
    SIGN,
    Caller,
    aspirin,
    bundle,
    call,
    changed,
    clean_prefetch,
    order,
    outcome,
    removed,
    troubled_prefetch,
    without,
)
from chart_server import ChartServer, Reply, as_json

if TYPE_CHECKING:
    from collections.abc import Iterator

    from calls import Answer, Json

REFERENCE = f"MedicationRequest/{ORDER}"
TASK = {"resourceType": "Task", "status": "requested", "intent": "order", "focus": {"reference": REFERENCE}}
NOT_AVAILABLE = {
    "patient": "sex and date of birth",
    "weight": "body weight",
    "tumorMarkers": "HER2 results",
    "lvef": "LVEF",
    "labs": "laboratory results",
    "conditions": "problem list",
    "administrations": "doses given",
    "medications": "medication list",
}
PERFORMER = "Organization/infusion-centre"


@pytest.fixture(scope="module")
def chart() -> Iterator[ChartServer]:
    server = ChartServer()
    yield server
    server.close()


def active(mg: float = 378, name: str = ORDER, **more: Any) -> Json:
    return order(mg, name, status="active", **more)


def dispatch(*orders: Json, prefetch: Json | None = None, **context: Any) -> Json:
    """Dispatch orders that stand under a key of the client's own, unless a prefetch says otherwise."""
    sent = {**clean_prefetch(), "orders": bundle(*orders)} if prefetch is None else prefetch
    body = call(DISPATCH, list(orders) or [active()], sent)
    body["context"].update(context)
    return body


def lacks(answer: Answer, *places: str) -> None:
    assert (answer.status, answer.code) == (412, "required-data-missing")
    assert answer.expression == list(places)


def warns_of_unchecked(answer: Answer) -> None:
    """Nothing was found, and the chart is at hand: a card, because clients show a 412 as if all were well."""
    assert (answer.status, answer.topics) == (200, ["checks-incomplete"])
    assert answer.cards[0]["indicator"] == "warning"


def without_uuids(answer: Answer) -> str:
    """Return the cards as they are said, whatever the ids and the places."""
    said = [{k: v for k, v in card.items() if k not in ("uuid", "suggestions")} for card in answer.cards]
    return json.dumps(said, sort_keys=True)


# --- Where the orders are --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "place",
    [
        pytest.param({"medications": bundle(active())}, id="in the list of active orders"),
        pytest.param({"mine": bundle(active())}, id="in a list of the client's own"),
        pytest.param({"mine": active()}, id="alone under a key of the client's own"),
        pytest.param({"mine": bundle(aspirin(), active())}, id="among other orders"),
        pytest.param({"mine": {"resource": active()}}, id="wrapped"),
        pytest.param(
            {"mine": {"resourceType": "Bundle", "type": "batch-response", "entry": [{"resource": bundle(active())}]}},
            id="in the answer of a batch",
        ),
    ],
)
def test_service_finds_a_dispatched_order(service, place) -> None:
    answer = service.post(dispatch(prefetch={**clean_prefetch(), **place}), DISPATCH)
    assert answer.topics == ["dose-above-maximum"]


@pytest.mark.parametrize(
    "reference",
    [
        REFERENCE,
        f"https://ehr.example.org/fhir/{REFERENCE}",
        f"{REFERENCE}/_history/3",
        f" {REFERENCE} ",
    ],
)
def test_service_finds_a_dispatched_order_by(service, reference) -> None:
    body = dispatch(active(), dispatchedOrders=[reference])
    assert service.post(body, DISPATCH).topics == ["dose-above-maximum"]


def test_service_finds_a_dispatched_order_by_its_full_url(service) -> None:
    entry = {"fullUrl": "urn:uuid:9ae2b04a-7a49-4b5b-b0a6-0f5e0c1d2e3f", "resource": active()}
    prefetch = {**clean_prefetch(), "mine": {"resourceType": "Bundle", "entry": [entry]}}
    body = dispatch(prefetch=prefetch, dispatchedOrders=[entry["fullUrl"]])
    assert service.post(body, DISPATCH).topics == ["dose-above-maximum"]


def test_service_reads_a_dispatched_order_from_the_server(service, chart) -> None:
    chart.serve(clean_prefetch())
    chart.replies[f"/fhir/{REFERENCE}"] = as_json(active())
    body = dispatch(prefetch={}, dispatchedOrders=[REFERENCE]) | {"fhirServer": chart.base}
    assert service.post(body, DISPATCH).topics == ["dose-above-maximum"]
    assert sorted(chart.keys) == sorted(KEYS)
    assert [each.path for each in chart.heard].count(f"/fhir/{REFERENCE}") == 1


def test_service_reads_nothing_else_for_a_dispatched_order_out_of_scope(service, chart) -> None:
    chart.serve(clean_prefetch())
    chart.replies["/fhir/MedicationRequest/order-9"] = as_json(aspirin())
    body = dispatch(prefetch={}, dispatchedOrders=["MedicationRequest/order-9"]) | {"fhirServer": chart.base}
    assert service.post(body, DISPATCH).body == {"cards": []}
    assert [each.path for each in chart.heard] == ["/fhir/MedicationRequest/order-9"]


def test_service_reads_the_drug_of_a_dispatched_order_from_the_server(service, chart) -> None:
    drug = {"resourceType": "Medication", "id": "med-1", "code": order()["medicationCodeableConcept"]}
    dispatched = without(active(), "medicationCodeableConcept") | {
        "medicationReference": {"reference": "Medication/med-1"}
    }
    chart.serve(clean_prefetch())
    chart.replies[f"/fhir/{REFERENCE}"] = as_json(dispatched)
    chart.replies["/fhir/Medication/med-1"] = as_json(drug)
    body = dispatch(prefetch={}, dispatchedOrders=[REFERENCE]) | {"fhirServer": chart.base}
    assert service.post(body, DISPATCH).topics == ["dose-above-maximum"]


@pytest.mark.parametrize("count", range(len(KEYS) + 1))
def test_service_gives_the_same_cards_by_prefetch_and_by_fetch_at_dispatch(service, chart, count) -> None:
    whole = troubled_prefetch()
    expected = service.post(dispatch(prefetch={**whole, "orders": bundle(active())}), DISPATCH)
    assert len(expected.topics) >= 4
    for keys in combinations(KEYS, count):
        sent = {key: whole[key] for key in keys}
        for orders in ({"orders": bundle(active())}, {}):
            chart.serve(whole)
            chart.replies[f"/fhir/{REFERENCE}"] = as_json(active())
            body = dispatch(prefetch={**sent, **orders}, dispatchedOrders=[REFERENCE]) | {"fhirServer": chart.base}
            assert service.post(body, DISPATCH).cards == expected.cards
            assert chart.keys == [key for key in KEYS if key not in keys]


def test_service_says_at_dispatch_what_it_says_at_signing(service) -> None:
    signed = service.post(call(SIGN, [active()], troubled_prefetch()))
    dispatched = service.post(dispatch(prefetch={**troubled_prefetch(), "orders": bundle(active())}), DISPATCH)
    assert without_uuids(signed) == without_uuids(dispatched)
    assert len(signed.cards) >= 4


# --- An order that is available nowhere ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "reference",
    [REFERENCE, "MedicationOrder/1", "RequestGroup/1", "order-1", "urn:uuid:1", "CarePlan/1", "Unheard/1"],
)
def test_service_cannot_check_a_dispatched_order_that_nobody_sent(service, reference) -> None:
    body = dispatch(prefetch=clean_prefetch(), dispatchedOrders=[reference])
    warns_of_unchecked(service.post(body, DISPATCH))


@pytest.mark.parametrize(
    ("reply", "why"),
    [
        pytest.param(Reply(status=404), "refused it (HTTP 404)", id="404"),
        pytest.param(Reply(status=500), "refused it (HTTP 500)", id="500"),
        pytest.param(as_json(outcome()), "something other than the FHIR asked for", id="an OperationOutcome"),
        pytest.param(Reply(b"null"), "something other than the FHIR asked for", id="null"),
        pytest.param(as_json(active(name="order-2")), "could not be found", id="another order"),
        pytest.param(
            as_json({**aspirin(), "resourceType": "ServiceRequest", "id": ORDER}),
            "something other than the FHIR asked for",
            id="another type",
        ),
        pytest.param(
            Reply(b"<html>", headers={"Content-Type": "text/html"}),
            "something other than the FHIR asked for",
            id="a page to sign in",
        ),
    ],
)
def test_service_cannot_check_a_dispatched_order_for_which_the_server_sends(service, chart, reply, why) -> None:
    chart.serve(clean_prefetch())
    chart.replies[f"/fhir/{REFERENCE}"] = reply
    body = dispatch(prefetch=clean_prefetch(), dispatchedOrders=[REFERENCE]) | {"fhirServer": chart.base}
    answer = service.post(body, DISPATCH)
    warns_of_unchecked(answer)
    assert why in answer.cards[0]["detail"]


def test_service_names_every_missing_dispatched_order(service) -> None:
    wanted = ["MedicationRequest/a", "MedicationRequest/b", "ServiceRequest/c"]
    body = dispatch(prefetch={}, dispatchedOrders=wanted)
    lacks(service.post(body, DISPATCH), "context.dispatchedOrders[0]", "context.dispatchedOrders[1]")


@pytest.mark.parametrize(
    ("at_hand", "topics"),
    [
        pytest.param(active(378), ["dose-above-maximum", "checks-incomplete"], id="an overdose is reported"),
        pytest.param(active(252), ["checks-incomplete"], id="a right order"),
        pytest.param({**aspirin(), "status": "active", "id": ORDER}, ["checks-incomplete"], id="out of scope"),
    ],
)
def test_a_missing_dispatched_order_leaves_the_others_checked(service, at_hand, topics) -> None:
    wanted = ["MedicationRequest/a", REFERENCE, "MedicationRequest/b", "ServiceRequest/c"]
    answer = service.post(dispatch(at_hand, dispatchedOrders=wanted), DISPATCH)
    assert answer.topics == topics
    assert answer.cards[-1]["indicator"] == "warning"
    assert answer.cards[-1]["detail"].count("could not be found (not in the prefetch") == 1


@pytest.mark.parametrize(
    "wanted",
    [
        pytest.param([], id="nothing"),
        pytest.param(["ServiceRequest/proc002"], id="a service"),
        pytest.param(["DeviceRequest/1", "NutritionOrder/2", "VisionPrescription/3"], id="devices and diets"),
    ],
)
def test_service_gives_no_card_when_the_dispatched_order_is(service, wanted) -> None:
    assert service.post(dispatch(prefetch={}, dispatchedOrders=wanted), DISPATCH).body == {"cards": []}


@pytest.mark.parametrize("key", KEYS)
def test_service_cannot_check_a_dispatched_order_when_a_key_is_missing(service, key) -> None:
    prefetch = {**without(clean_prefetch(), key), "orders": bundle(active())}
    cards = {c["source"]["topic"]["code"]: c for c in service.post(dispatch(prefetch=prefetch), DISPATCH).cards}
    card = cards["checks-incomplete"]
    assert card["indicator"] == "warning"
    assert ("dose-above-maximum" in cards) == (key != "weight")
    assert f"{NOT_AVAILABLE[key]} not available; not in the prefetch" in card["detail"]


def test_service_cannot_check_a_dispatched_order_when_every_key_is_missing(service) -> None:
    lacks(service.post(dispatch(prefetch={"orders": bundle(active())}), DISPATCH), *(f"prefetch.{key}" for key in KEYS))


@pytest.mark.parametrize("status", ["completed", "cancelled", "stopped", "entered-in-error"])
def test_service_does_not_check_a_dispatched_order_that_is(service, status) -> None:
    assert service.post(dispatch(active() | {"status": status}), DISPATCH).body == {"cards": []}


@pytest.mark.parametrize("service_id", [SIGN, DISPATCH])
@pytest.mark.parametrize("status", ["draft", "active", "on-hold", "unknown"])
def test_service_checks_an_order_that_is(service, service_id, status) -> None:
    body = call(service_id, [order(378, status=status)])
    assert service.post(body, service_id).topics == ["dose-above-maximum"]


# --- How it reads them -----------------------------------------------------------------------------------------------


def test_service_checks_only_the_orders_that_are_dispatched(service) -> None:
    prefetch = {**clean_prefetch(), "orders": bundle(active(), active(500, "order-2"))}
    answer = service.post(dispatch(prefetch=prefetch, dispatchedOrders=[REFERENCE]), DISPATCH)
    assert answer.topics == ["dose-above-maximum"]
    assert "378 mg" in answer.cards[0]["summary"]


def test_service_does_not_take_the_dispatched_order_for_an_earlier_one(service) -> None:
    prefetch = {**clean_prefetch(), "medications": bundle(active(252))}
    assert service.post(dispatch(prefetch=prefetch, dispatchedOrders=[REFERENCE]), DISPATCH).body == {"cards": []}


def test_service_uses_no_dispatched_order_of_another_patient(service) -> None:
    answer = service.post(dispatch(active(patient="pat-2")), DISPATCH)
    assert answer.topics == ["checks-incomplete"]


def test_service_checks_the_orders_of_a_dispatched_group(service, chart) -> None:
    group = {
        "resourceType": "RequestGroup",
        "id": "group-1",
        "status": "active",
        "intent": "order",
        "action": [{"action": [{"resource": {"reference": REFERENCE}}]}],
    }
    chart.serve(clean_prefetch())
    chart.replies[f"/fhir/{REFERENCE}"] = as_json(active())
    chart.replies["/fhir/RequestGroup/group-1"] = as_json(group)
    body = dispatch(prefetch={"mine": bundle(group, active())} | clean_prefetch())
    body["context"]["dispatchedOrders"] = ["RequestGroup/group-1"]
    assert service.post(body, DISPATCH).topics == ["dose-above-maximum"]
    lacking = {**body, "prefetch": {"mine": bundle(group), **clean_prefetch()}}
    warns_of_unchecked(service.post(lacking, DISPATCH))
    assert service.post({**lacking, "fhirServer": chart.base}, DISPATCH).topics == ["dose-above-maximum"]


def test_service_reads_the_billing_code_of_a_service_dispatched_beside_its_drug(service, chart) -> None:
    billed = {
        "resourceType": "ServiceRequest",
        "id": "service-1",
        "status": "active",
        "intent": "order",
        "code": {"coding": [{"system": "urn:oid:2.16.840.1.113883.6.285", "code": "J9308"}]},
        "subject": {"reference": f"Patient/{PATIENT}"},
        "supportingInfo": [{"reference": REFERENCE}],
    }
    chart.serve(clean_prefetch())
    chart.replies[f"/fhir/{REFERENCE}"] = as_json(active(252))
    chart.replies["/fhir/ServiceRequest/service-1"] = as_json(billed)
    wanted = [REFERENCE, "ServiceRequest/service-1"]
    body = dispatch(prefetch={}, dispatchedOrders=wanted) | {"fhirServer": chart.base}
    assert service.post(body, DISPATCH).topics == ["hcpcs-mismatch"]


def actions(answer: Answer) -> list[Json]:
    return [a for card in answer.cards for each in card.get("suggestions", ()) for a in each["actions"]]


def test_service_corrects_a_dispatched_order_in_the_words_of_the_ehr(service) -> None:
    original = active(note=[{"text": "keep"}], extension=[{"url": "urn:x", "valueDecimal": 1.10}])
    (action,) = actions(service.post(dispatch(original), DISPATCH))
    assert action["type"] == "update"
    assert without(action["resource"], "dosageInstruction") == without(original, "dosageInstruction")


def test_service_holds_a_dispatched_order_where_it_would_remove_a_draft(service) -> None:
    positive = {
        **clean_prefetch()["labs"],
        "entry": [
            *clean_prefetch()["labs"]["entry"][:3],
            {"resource": changed(clean_prefetch()["labs"]["entry"][3]["resource"], "valueQuantity.value", 20)},
        ],
    }
    prefetch = {**clean_prefetch(), "labs": positive}
    drafts = service.post(call(SIGN, [order()], prefetch))
    assert [each["type"] for each in actions(drafts)] == ["delete"]
    dispatched = service.post(dispatch(prefetch={**prefetch, "orders": bundle(active(252))}), DISPATCH)
    assert dispatched.topics == drafts.topics == ["blood-count-hold"]
    (action,) = actions(dispatched)
    assert (action["type"], action["resource"]) == ("update", active(252) | {"status": "on-hold"})
    held = service.post(
        dispatch(prefetch={**prefetch, "orders": bundle(active(252) | {"status": "on-hold"})}), DISPATCH
    )
    assert "suggestions" not in held.cards[0]


# --- The context -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "context",
    [
        pytest.param({"order": REFERENCE, "performer": PERFORMER, "task": TASK}, id="of version 1.0"),
        pytest.param({"order": REFERENCE, "performer": PERFORMER}, id="of version 1.0 without a task"),
        pytest.param(
            {"dispatchedOrders": [REFERENCE], "performer": PERFORMER, "fulfillmentTasks": [TASK]}, id="of 1.1"
        ),
        pytest.param(
            {"dispatchedOrders": [REFERENCE], "performer": PERFORMER, "fulfillment-tasks": [TASK]},
            id="as the published example spells it",
        ),
        pytest.param(
            {"dispatchedOrders": [REFERENCE], "performer": PERFORMER, "fulfillmentTasks": ["Task/1"]},
            id="with tasks by reference",
        ),
        pytest.param(
            {"dispatchedOrders": [REFERENCE], "order": "MedicationRequest/none", "performer": PERFORMER},
            id="of both versions",
        ),
        pytest.param(
            {"dispatchedOrders": [REFERENCE, REFERENCE], "performer": PERFORMER}, id="that names an order twice"
        ),
        pytest.param(
            {"dispatchedOrders": [REFERENCE], "performer": PERFORMER, "userId": 7}, id="with a user that is none"
        ),
    ],
)
def test_service_accepts_a_context(service, context) -> None:
    body = {**dispatch(active()), "context": {"patientId": PATIENT, **context}}
    assert service.post(body, DISPATCH).topics == ["dose-above-maximum"]


@pytest.mark.parametrize(
    ("path", "value", "code"),
    [
        pytest.param("dispatchedOrders", None, "required", id="orders that are null"),
        pytest.param("dispatchedOrders", REFERENCE, "wrong-type", id="one order, no array"),
        pytest.param("dispatchedOrders", {}, "wrong-type", id="orders that are an object"),
        pytest.param("dispatchedOrders", [1], "wrong-type", id="numbers"),
        pytest.param("dispatchedOrders", [""], "wrong-type", id="an empty reference"),
        pytest.param("dispatchedOrders", [{"reference": REFERENCE}], "wrong-type", id="references as objects"),
        pytest.param("dispatchedOrders", [f"MedicationRequest/{n}" for n in range(201)], "too-long", id="too many"),
        pytest.param("performer", None, "required", id="no performer"),
        pytest.param("performer", 7, "wrong-type", id="a performer that is a number"),
        pytest.param("patientId", None, "required", id="no patient"),
    ],
)
def test_service_refuses_a_context_with(service, path, value, code) -> None:
    answer = service.post(changed(dispatch(active()), f"context.{path}", value), DISPATCH)
    assert (answer.status, answer.code, answer.expression) == (400, code, [f"context.{path}"])


@pytest.mark.parametrize("path", ["dispatchedOrders", "performer", "patientId"])
def test_service_refuses_a_context_without(service, path) -> None:
    answer = service.post(removed(dispatch(active()), f"context.{path}"), DISPATCH)
    assert (answer.status, answer.code, answer.expression) == (400, "required", [f"context.{path}"])


def test_service_refuses_a_dispatched_order_that_is_nested_deeply(service: Caller) -> None:
    deep: Any = 1
    for _ in range(50):
        deep = {"extension": [deep]}
    answer = service.post(dispatch(active(zz=deep)), DISPATCH)
    assert (answer.status, answer.code) == (400, "not-json")
