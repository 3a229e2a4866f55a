"""Laws of the service: whatever the body, it is answered with cards or with a 4xx, and the same body always alike."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from calls import (
    COVERAGE,
    DISPATCH,
    PATIENT,
    SELECT,
    SIGN,
    VIEW,
    Caller,
    aspirin,
    bundle,
    call,
    lvef,
    on_kadcyla,
    order,
    troubled_prefetch,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

CALLER = Caller()
SERVICES = [SELECT, SIGN, DISPATCH, VIEW, COVERAGE]

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20)
    | st.sampled_from(["Kadcyla", "MedicationRequest", "Observation", "Bundle", "Patient/pat-1", "mg/kg", "2026-13-45"])
)
NAMES = st.text(max_size=8) | st.sampled_from(
    ["resourceType", "resource", "entry", "id", "code", "coding", "system", "value", "unit", "reference", "hook",
     "context", "prefetch", "draftOrders", "selections", "dispatchedOrders", "performer", "order", "status",
     "effectiveDateTime", "patientId", "userId", "hookInstance", "contained",
     "doseAndRate", "doseQuantity", "dosageInstruction", "extension", "action", "link", "url", "issue", "component"]
)  # fmt: skip
JSON = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=4), max_leaves=20
)
unhurried = settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])


def places(value: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """List the path of every value inside a value."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path] + [place for step, each in inside for place in places(each, (*path, step))]


def replaced(body: Any, place: tuple[str | int, ...], value: Any) -> Any:
    """Return a copy of a body with one value replaced by another."""
    if not place:
        return value
    result = copy.deepcopy(body)
    holder = result
    for step in place[:-1]:
        holder = holder[step]
    holder[place[-1]] = value
    return result


SUPPLY: Any = {
    "requester": {"reference": "PractitionerRole/r"},
    "dispenseRequest": {"quantity": {"value": 378, "unit": "mg"}},
}
LINE: Any = {
    "resourceType": "ServiceRequest",
    "id": "line-1",
    "code": {"coding": [{"system": "urn:oid:2.16.840.1.113883.6.285", "code": "J9354-JW"}]},
    "quantityQuantity": {"value": 8, "unit": "units"},
    "orderDetail": [{"text": "JZ"}],
    "locationCode": [{"coding": [{"code": "22"}]}],
}
ROLE: Any = {"resourceType": "PractitionerRole", "id": "r", "specialty": [{"text": "Oncology"}]}
PAYER: Any = {
    "resourceType": "Coverage",
    "id": "c",
    "status": "active",
    "beneficiary": {"reference": f"Patient/{PATIENT}"},
    "payor": [{"display": "Aetna"}],
}


def request_of(service: str) -> Any:
    group = {
        "resourceType": "RequestGroup",
        "id": "group-1",
        "action": [{"resource": {"reference": "MedicationRequest/order-1"}}],
    }
    contained = order(
        100,
        "order-2",
        contained=[{"resourceType": "Medication", "id": "m", "code": {"text": "Kadcyla"}}],
        medicationReference={"reference": "#m"},
        reasonReference=[{"reference": "Condition/cancer-1"}],
    )
    del contained["medicationCodeableConcept"]
    if service == COVERAGE:
        return call(
            service, [order(378, **SUPPLY), contained, LINE], troubled_prefetch() | {"team": bundle(ROLE, PAYER)}
        )
    orders = [order(378), contained, aspirin(), group]
    if service == VIEW:
        return call(VIEW, prefetch=on_kadcyla(20, labs=bundle(), lvef=bundle(lvef(days=200))))
    prefetch = troubled_prefetch() | ({"dispatched": bundle(*orders)} if service == DISPATCH else {})
    return call(service, orders, prefetch)


REQUESTS = {service: request_of(service) for service in SERVICES}
PLACES = {service: places(body) for service, body in REQUESTS.items()}


def is_answered(service: str, raw: bytes) -> None:
    answer = CALLER.post(raw, service)  # nothing null or empty, no 5xx, an OperationOutcome for an error
    assert answer.status in (200, 400, 412)
    assert CALLER.post(raw, service).raw == answer.raw


@pytest.mark.parametrize("service", SERVICES)
@unhurried
@given(body=JSON)
def test_service_law_of_any_json(service, body) -> None:
    is_answered(service, json.dumps(body).encode())


@pytest.mark.parametrize("service", SERVICES)
@unhurried
@given(raw=st.binary(max_size=200))
def test_service_law_of_any_bytes(service, raw) -> None:
    is_answered(service, raw)


@pytest.mark.parametrize("service", SERVICES)
@unhurried
@given(data=st.data())
def test_service_law_of_a_request_with_anything_anywhere(service, data) -> None:
    place = data.draw(st.sampled_from(PLACES[service]), label="place")
    value = data.draw(JSON, label="value")
    is_answered(service, json.dumps(replaced(REQUESTS[service], place, value)).encode())


@pytest.mark.parametrize("service", SERVICES)
@unhurried
@given(data=st.data())
def test_service_law_of_a_request_with_its_parts_mixed_up(service, data) -> None:
    body = REQUESTS[service]
    for _ in range(data.draw(st.integers(1, 4), label="swaps")):
        here = data.draw(st.sampled_from(places(body)), label="place")
        value: Any = REQUESTS[service]
        for step in data.draw(st.sampled_from(PLACES[service]), label="part"):
            value = value[step]
        body = replaced(body, here, copy.deepcopy(value))
    is_answered(service, json.dumps(body).encode())


@pytest.mark.parametrize("service", SERVICES)
@unhurried
@given(data=st.data())
def test_service_law_of_a_request_cut_short_or_with_a_byte_changed(service, data) -> None:
    raw = bytearray(json.dumps(REQUESTS[service]).encode())
    at = data.draw(st.integers(0, len(raw) - 1), label="at")
    if data.draw(st.booleans(), label="cut"):
        raw = raw[:at]
    else:
        raw[at] = data.draw(st.integers(0, 255), label="byte")
    is_answered(service, bytes(raw))
