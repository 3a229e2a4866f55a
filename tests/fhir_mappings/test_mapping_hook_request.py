"""The CDS Hooks request: what is required, what is tolerated, what is selected."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from shapes import Json, hook_body, hook_request, order

from fhir_mappings.request.hook_request import BadRequest, read_request
from fhir_mappings.request.selection import bundle_entries, selected_references
from fhir_mappings.wire.exact_json import encode


def changed(path: str, value: Any) -> Json:
    """Return a good request with one field set; ``...`` takes it out."""
    body = hook_body(hook="order-select", selections=["MedicationRequest/order-1"])
    *way, last = path.split(".")
    holder = body
    for step in way:
        holder = holder[step]
    if value is ...:
        del holder[last]
    else:
        holder[last] = copy.deepcopy(value)
    return body


@pytest.mark.parametrize(
    ("path", "value", "code"),
    [
        pytest.param("hook", ..., "required", id="no hook"),
        pytest.param("hook", None, "required", id="hook null"),
        pytest.param("hook", 5, "wrong-type", id="hook a number"),
        pytest.param("hook", "order-sign", "hook-mismatch", id="another hook of ours"),
        pytest.param("hook", "medication-prescribe", "hook-mismatch", id="a legacy hook"),
        pytest.param("hookInstance", ..., "required", id="no hookInstance"),
        pytest.param("hookInstance", " ", "wrong-type", id="a blank hookInstance"),
        pytest.param("hookInstance", "x" * 257, "too-long", id="a hookInstance without end"),
        pytest.param("context", ..., "required", id="no context"),
        pytest.param("context", [], "wrong-type", id="context an array"),
        pytest.param("context.patientId", ..., "required", id="no patientId"),
        pytest.param("context.patientId", "", "required", id="an empty patientId"),
        pytest.param("context.patientId", 5, "wrong-type", id="patientId a number"),
        pytest.param("context.userId", ..., "required", id="no userId"),
        pytest.param("context.draftOrders", ..., "required", id="no draftOrders"),
        pytest.param("context.draftOrders", [order()], "wrong-type", id="draftOrders an array"),
        pytest.param("context.draftOrders", order(), "wrong-type", id="draftOrders an order without its Bundle"),
        pytest.param("context.selections", ..., "required", id="no selections"),
        pytest.param("context.selections", "MedicationRequest/order-1", "wrong-type", id="selections a text"),
        pytest.param("context.selections", [5], "wrong-type", id="selections of numbers"),
        pytest.param("prefetch", [], "wrong-type", id="prefetch an array"),
        pytest.param("prefetch", "x", "wrong-type", id="prefetch a text"),
        pytest.param("fhirServer", 5, "wrong-type", id="fhirServer a number"),
        pytest.param("fhirAuthorization", "x", "wrong-type", id="fhirAuthorization a text"),
        pytest.param("fhirAuthorization", {"access_token": "t"}, "required", id="a token without a server"),
    ],
)
def test_a_request_that_cannot_be_taken_says_which_field(path: str, value: Any, code: str) -> None:
    with pytest.raises(BadRequest) as refused:
        read_request(encode(changed(path, value)), "order-select")
    assert refused.value.code == code
    if code != "too-long":
        assert refused.value.expression in (path, "fhirServer")


@pytest.mark.parametrize(
    ("path", "value"),
    [
        pytest.param("context.encounterId", None, id="encounterId null"),
        pytest.param("context.encounterId", "", id="encounterId empty"),
        pytest.param("context.services", None, id="a field of an older draft"),
        pytest.param("context.patientId", "Patient/pat-1", id="patientId a reference"),
        pytest.param("context.patientId", "https://ehr.example/fhir/Patient/pat-1", id="patientId an address"),
        pytest.param("context.patientId", " pat-1 ", id="patientId between blanks"),
        pytest.param("fhirAuthorization", None, id="fhirAuthorization null"),
        pytest.param("fhirServer", None, id="fhirServer null"),
        pytest.param("fhirServer", "", id="fhirServer empty"),
        pytest.param("prefetch", ..., id="no prefetch"),
        pytest.param("prefetch", None, id="prefetch null"),
        pytest.param("prefetch", {}, id="prefetch empty"),
        pytest.param("prefetch", {"item1": None, "item2": 5}, id="keys of the client's own, null or junk"),
        pytest.param("extension", {"com.example": 1}, id="an extension"),
        pytest.param("context.selections", [], id="nothing selected"),
        pytest.param("context.draftOrders.type", ..., id="a Bundle without type"),
        pytest.param("context.draftOrders.resourceType", ..., id="a Bundle without resourceType"),
        pytest.param("context.draftOrders.entry", ..., id="a Bundle without entry"),
        pytest.param("context.draftOrders.entry", {"resource": order()}, id="entry sent as an object"),
    ],
)
def test_what_real_requests_leave_out_or_add_is_tolerated(path: str, value: Any) -> None:
    assert read_request(encode(changed(path, value)), "order-select").patient_id == "pat-1"


@pytest.mark.parametrize("context", [{}, {"userId": None}])
def test_the_user_may_stand_outside_the_context(context: Json) -> None:
    body = hook_body()
    del body["context"]["userId"]
    body["context"].update(context)
    body["user"] = "Practitioner/1234"
    assert read_request(encode(body), "order-sign").user_id == "Practitioner/1234"


def test_the_patient_may_be_sent_as_a_reference() -> None:
    assert hook_request(patientId="Patient/pat-1").patient_id == "pat-1"


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        pytest.param(b"", "not-json", id="nothing"),
        pytest.param(b"{", "not-json", id="cut off"),
        pytest.param(b"[]", "not-an-object", id="an array"),
        pytest.param(b"null", "not-an-object", id="null"),
        pytest.param(b'{"hook": "\xff"}', "not-json", id="no UTF-8"),
        pytest.param(b'{"unknown": "\xff"}', "not-json", id="no UTF-8 in what is never read"),
        pytest.param(b'{"a":' * 101 + b"1" + b"}" * 101, "not-json", id="nested too deeply"),
        pytest.param(b'{"context": 1e99999999999999999999}', "not-json", id="a number that cannot be held"),
    ],
)
def test_bodies_that_are_not_requests(raw: bytes, code: str) -> None:
    with pytest.raises(BadRequest) as refused:
        read_request(raw, "order-sign")
    assert refused.value.code == code


def test_a_request_for_another_hook_of_ours_names_both() -> None:
    with pytest.raises(BadRequest, match="the hook order-select, and the request is for order-sign; the service"):
        read_request(encode(changed("hook", "order-sign")), "order-select")


def test_an_error_never_repeats_a_value() -> None:
    body = changed("context.patientId", ["MRN-4711"])
    with pytest.raises(BadRequest) as refused:
        read_request(encode(body), "order-select")
    assert "4711" not in f"{refused.value} {refused.value.message} {refused.value.expression}"


def test_the_token_is_never_written_out() -> None:
    body = hook_body()
    body |= {"fhirServer": "http://localhost/fhir", "fhirAuthorization": {"access_token": "s3cret", "patient": "pat-1"}}
    request = read_request(encode(body), "order-sign")
    assert request.fhir_authorization is not None
    assert request.fhir_authorization.access_token == "s3cret"  # noqa: S105 - made up here
    assert "s3cret" not in repr(request)


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        pytest.param([{"resource": {"id": "a"}}], [("b.entry[0].resource", {"id": "a"}, "")], id="an entry"),
        pytest.param({"resource": {"id": "a"}}, [("b.entry[0].resource", {"id": "a"}, "")], id="an object"),
        pytest.param(
            [{"resource": {"id": "a"}, "fullUrl": "urn:uuid:1"}],
            [("b.entry[0].resource", {"id": "a"}, "urn:uuid:1")],
            id="with a fullUrl",
        ),
        pytest.param([None], [("b.entry[0].resource", None, "")], id="a null entry"),
        pytest.param([{"resource": [1]}], [("b.entry[0].resource", None, "")], id="a resource that is an array"),
        pytest.param(
            [{"fullUrl": "urn:uuid:1"}], [("b.entry[0].resource", None, "urn:uuid:1")], id="an entry without resource"
        ),
        pytest.param(None, [], id="null"),
    ],
)
def test_bundle_entries(entries: Any, expected: list[Any]) -> None:
    assert list(bundle_entries({"entry": entries}, "b")) == expected


def group(*actions: Json, name: str = "group-1") -> Json:
    return {"resourceType": "RequestGroup", "id": name, "action": list(actions)}


def action(*nested: Json, of: str = "") -> Json:
    return {**({"resource": {"reference": of}} if of else {}), **({"action": list(nested)} if nested else {})}


@pytest.mark.parametrize(
    ("selections", "entry", "expected"),
    [
        pytest.param(["MedicationRequest/a"], group(), {"MedicationRequest/a"}, id="an order alone"),
        pytest.param(
            ["https://ehr.example.org/fhir/MedicationRequest/a"], group(), {"MedicationRequest/a"}, id="by address"
        ),
        pytest.param(
            ["RequestGroup/group-1"],
            group(action(of="MedicationRequest/a"), action(of="ServiceRequest/b")),
            {"RequestGroup/group-1", "MedicationRequest/a", "ServiceRequest/b"},
            id="a group selects the orders of its actions",
        ),
        pytest.param(
            ["RequestGroup/group-1"],
            group(action(action(of="MedicationRequest/a"))),
            {"RequestGroup/group-1", "MedicationRequest/a"},
            id="and of the actions inside them",
        ),
        pytest.param(
            ["urn:uuid:g"],
            {"resource": group(action(of="urn:uuid:a")), "fullUrl": "urn:uuid:g"},
            {"urn:uuid:g", "urn:uuid:a", "RequestGroup/group-1"},
            id="a group by its fullUrl",
        ),
        pytest.param(
            ["RequestGroup/group-2"],
            group(action(of="MedicationRequest/a")),
            {"RequestGroup/group-2"},
            id="another group selects nothing of this one",
        ),
        pytest.param(
            ["RequestGroup/group-1"],
            {"resourceType": "RequestGroup", "id": "group-1", "action": action(of="MedicationRequest/a")},
            {"RequestGroup/group-1", "MedicationRequest/a"},
            id="an action sent as an object",
        ),
        pytest.param(
            ["RequestGroup/group-1"],
            {"resourceType": "RequestGroup", "id": "group-1", "action": [None, 5, {"resource": "x"}]},
            {"RequestGroup/group-1", "x"},
            id="junk among the actions",
        ),
    ],
)
def test_selected_references(selections: list[str], entry: Json, expected: set[str]) -> None:
    request = hook_request(entry, hook="order-select", selections=selections)
    entries = bundle_entries(request.draft_orders, "context.draftOrders")
    assert selected_references(request.selections, entries) == expected
