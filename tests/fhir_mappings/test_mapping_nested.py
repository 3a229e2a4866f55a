"""Orders inside a RequestGroup, and a batch of searches in one prefetch key."""

from __future__ import annotations

import json
from typing import Any

import pytest
from shapes import cards, chart_reader, condition, dosage, dose_of, lab, order, topic

from fhir_mappings.request.hook_request import read_request
from fhir_mappings.request.prefetch import PrefetchState, read_answer

ORDER = {
    "resourceType": "MedicationRequest",
    "id": "inner",
    "status": "draft",
    "intent": "order",
    "subject": {"reference": "Patient/pat-1"},
    "medicationCodeableConcept": {"text": "Kadcyla"},
}
GROUP = {
    "resourceType": "RequestGroup",
    "id": "plan",
    "status": "draft",
    "intent": "plan",
    "contained": [ORDER],
    "action": [{"resource": {"reference": "#inner"}}],
}


def request(hook: str, selections: list[str], group: dict[str, Any] = GROUP) -> bytes:
    context = {
        "userId": "Practitioner/1",
        "patientId": "pat-1",
        "selections": selections,
        "draftOrders": {"resourceType": "Bundle", "entry": [{"resource": group}]},
    }
    return json.dumps({"hook": hook, "hookInstance": "h", "context": context}).encode()


@pytest.mark.parametrize(
    ("hook", "selections", "asked"),
    [
        pytest.param("order-sign", [], True, id="at signing every order counts"),
        pytest.param("order-select", ["RequestGroup/plan"], True, id="a selected group selects the orders inside it"),
        pytest.param("order-select", ["MedicationRequest/other"], False, id="another selection does not"),
    ],
)
def test_an_order_within_a_group(hook: str, selections: list[str], asked: bool) -> None:  # noqa: FBT001
    orders = chart_reader().orders(read_request(request(hook, selections), hook))
    assert [order.origin.path for order in orders.orders] == ["context.draftOrders.entry[0].resource.contained[0]"]
    assert orders.orders[0].origin.reference == ""
    assert orders.in_scope is asked


@pytest.mark.parametrize(
    "holder",
    [
        pytest.param({"resourceType": "Bundle", "entry": [{"resource": ORDER}]}, id="a Bundle in the Bundle"),
        pytest.param({"resourceType": "Task", "contained": [ORDER], "focus": {"reference": "#inner"}}, id="a Task"),
        pytest.param({"resourceType": "List", "contained": [ORDER]}, id="a List"),
    ],
)
def test_an_order_within_something_else(holder: dict[str, Any]) -> None:
    sent = read_request(request("order-sign", [], holder), "order-sign")
    assert chart_reader().orders(sent).in_scope


def test_an_order_that_another_replaces_is_none_of_the_session() -> None:
    other = {**ORDER, "id": "new", "medicationCodeableConcept": {"text": "Ondansetron"}, "contained": [ORDER]}
    sent = read_request(request("order-sign", [], other), "order-sign")
    assert not chart_reader().orders(sent).in_scope


@pytest.mark.parametrize("selections", [["RequestOrchestration/plan"], []])
def test_a_requestgroup_under_the_name_of_later_releases(selections: list[str]) -> None:
    hook = "order-select" if selections else "order-sign"
    group = {**GROUP, "resourceType": "RequestOrchestration"}
    orders = chart_reader().orders(read_request(request(hook, selections, group), hook))
    assert (len(orders.orders), orders.in_scope) == (1, True)


def bundle(*resources: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"resourceType": "Bundle", "entry": [{"resource": each} for each in resources], **more}


def test_a_batch_of_searches_is_read_search_by_search() -> None:
    weights = bundle({"resourceType": "Observation", "id": "w"}, link=[{"relation": "next", "url": "http://x/2"}])
    none = {"resourceType": "Bundle", "type": "searchset", "total": 0}
    answer = read_answer(json.dumps(bundle(weights, none)).encode(), "prefetch.all")
    assert answer.state is PrefetchState.PRESENT
    assert answer.listing is not None
    assert [stub.reference for stub in answer.listing.stubs] == ["Observation/w"]
    assert answer.listing.next_page == "http://x/2"


def test_endless_nesting_of_bundles_is_set_aside() -> None:
    nested = bundle()
    for _ in range(10):
        nested = bundle(nested)
    answer = read_answer(json.dumps(nested).encode(), "prefetch.all")
    assert answer.listing is not None
    assert answer.listing.broken


@pytest.mark.parametrize(
    ("contained", "told"),
    [
        pytest.param(lab("1742-6", "c", 900, "U/L", 40), ["liver-tests-discontinue"], id="a result"),
        pytest.param(lab("1742-6", "c", 20, "U/L", 40), [], id="a normal result"),
        pytest.param({**lab("1742-6", "c", 900, "U/L", 40), "status": "entered-in-error"}, [], id="an error"),
        pytest.param(
            {**lab("1742-6", "c", 900, "U/L", 40), "subject": {"reference": "Patient/other"}},
            ["checks-incomplete"],
            id="of somebody else",
        ),
        pytest.param(condition("c", text="Pregnancy"), ["pregnancy-positive"], id="a problem"),
        pytest.param(condition("c", text="Hypertension"), [], id="a problem that matters not"),
    ],
)
def test_what_an_order_contains_to_support_it_counts(contained, told) -> None:
    """An order with an ALT of 22 times the limit in it, as a request for approval may have, was silent."""
    supported = order(dosage(dose_of(252, "mg")), contained=[contained], supportingInformation=[{"reference": "#c"}])
    assert [topic(card) for card in cards(supported)] == told
