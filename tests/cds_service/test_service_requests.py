"""Requests that lack something, name the wrong thing, or come in an odd shape: 400 with a stable code, or an answer."""

from __future__ import annotations

import io
import json

import pytest
from calls import SELECT, SIGN, Caller, aspirin, authorization, call, changed, order, removed, without

from cds_service.configuration.settings import Settings

HOOKS = {SELECT: "order-select", SIGN: "order-sign"}
TEXTS = ("hook", "hookInstance", "context.patientId", "context.userId")
NO_TEXTS = [
    pytest.param(7, id="a number"),
    pytest.param(True, id="a boolean"),
    pytest.param(["x"], id="an array"),
    pytest.param({"x": 1}, id="an object"),
    pytest.param("   ", id="blanks"),
]


def refused(answer, code: str, expression: str | None) -> None:
    assert answer.status == 400
    assert answer.code == code
    assert answer.expression == ([expression] if expression else [])


@pytest.mark.parametrize("service_id", HOOKS)
@pytest.mark.parametrize("field", [*TEXTS, "context", "context.draftOrders"])
def test_service_refuses_a_request_without_a_required_field(service, service_id, field) -> None:
    refused(service.post(removed(call(service_id), field), service_id), "required", field)


@pytest.mark.parametrize("service_id", HOOKS)
@pytest.mark.parametrize("field", [*TEXTS, "context", "context.draftOrders"])
def test_service_refuses_a_required_field_that_is_null(service, service_id, field) -> None:
    refused(service.post(changed(call(service_id), field, None), service_id), "required", field)


@pytest.mark.parametrize("service_id", HOOKS)
@pytest.mark.parametrize("field", TEXTS)
def test_service_refuses_a_required_text_that_is_empty(service, service_id, field) -> None:
    refused(service.post(changed(call(service_id), field, ""), service_id), "required", field)


@pytest.mark.parametrize("service_id", HOOKS)
@pytest.mark.parametrize("field", TEXTS)
@pytest.mark.parametrize("value", NO_TEXTS)
def test_service_refuses_a_required_text_of_another_type(service, service_id, field, value) -> None:
    refused(service.post(changed(call(service_id), field, value), service_id), "wrong-type", field)


@pytest.mark.parametrize("field", ["hookInstance", "context.patientId", "context.userId"])
def test_service_refuses_an_invalid_identifier(service, field) -> None:
    refused(service.post(changed(call(), field, "x" * 257)), "too-long", field)


@pytest.mark.parametrize("service_id", HOOKS)
@pytest.mark.parametrize(
    ("field", "value", "code", "expression"),
    [
        pytest.param("context", {}, "required", "context.patientId", id="an empty context"),
        pytest.param("context", [], "wrong-type", "context", id="a context that is an array"),
        pytest.param("context", "x", "wrong-type", "context", id="a context that is a text"),
        pytest.param("context.draftOrders", {}, "wrong-type", "context.draftOrders", id="orders that are empty"),
        pytest.param("context.draftOrders", [], "wrong-type", "context.draftOrders", id="orders that are an array"),
        pytest.param("context.draftOrders", "x", "wrong-type", "context.draftOrders", id="orders that are a text"),
        pytest.param("context.draftOrders", order(), "wrong-type", "context.draftOrders", id="an order, no Bundle"),
        pytest.param("context.patientId", "Patient/", "required", "context.patientId", id="a reference without an id"),
        pytest.param("prefetch", [], "wrong-type", "prefetch", id="a prefetch that is an array"),
        pytest.param("prefetch", "x", "wrong-type", "prefetch", id="a prefetch that is a text"),
        pytest.param("prefetch", 1, "wrong-type", "prefetch", id="a prefetch that is a number"),
        pytest.param("fhirServer", 1, "wrong-type", "fhirServer", id="a server that is a number"),
        pytest.param("fhirServer", {}, "wrong-type", "fhirServer", id="a server that is an object"),
        pytest.param("fhirAuthorization", "x", "wrong-type", "fhirAuthorization", id="a token outside its object"),
        pytest.param("fhirAuthorization", [], "wrong-type", "fhirAuthorization", id="authorizations in an array"),
        pytest.param("fhirAuthorization", {}, "required", "fhirServer", id="an empty authorization without a server"),
        pytest.param(
            "fhirAuthorization", authorization(), "required", "fhirServer", id="an authorization without a server"
        ),
    ],
)
def test_service_refuses_a_field_of_the_wrong_shape(service, service_id, field, value, code, expression) -> None:
    refused(service.post(changed(call(service_id), field, value), service_id), code, expression)


@pytest.mark.parametrize("server", [pytest.param("", id="empty"), pytest.param(None, id="null")])
def test_service_refuses_an_authorization_whose_server_is(service, server) -> None:
    body = call(fhirServer=server, fhirAuthorization=authorization())
    refused(service.post(body), "required", "fhirServer")


@pytest.mark.parametrize(
    ("value", "code"),
    [
        pytest.param(None, "required", id="null"),
        pytest.param("MedicationRequest/order-1", "wrong-type", id="one reference, no array"),
        pytest.param({"0": "MedicationRequest/order-1"}, "wrong-type", id="an object"),
        pytest.param([1], "wrong-type", id="numbers"),
        pytest.param([None], "wrong-type", id="nulls"),
        pytest.param([{"reference": "MedicationRequest/order-1"}], "wrong-type", id="references as objects"),
    ],
)
def test_service_refuses_selections_that_are(service, value, code) -> None:
    refused(service.post(changed(call(SELECT), "context.selections", value), SELECT), code, "context.selections")


def test_service_refuses_a_selection_without_selections(service) -> None:
    refused(service.post(removed(call(SELECT), "context.selections"), SELECT), "required", "context.selections")


@pytest.mark.parametrize(
    "selections",
    [pytest.param([], id="nothing"), pytest.param(["MedicationRequest/order-2"], id="another order")],
)
def test_service_gives_no_card_when_the_selected_order_is(service, selections) -> None:
    orders = [order(378), {**aspirin(), "id": "order-2"}]
    body = changed(call(SELECT, orders), "context.selections", selections)
    assert service.post(body, SELECT).topics == []


@pytest.mark.parametrize("service_id", HOOKS)
@pytest.mark.parametrize("hook", ["order-select", "order-sign", "order-dispatch", "patient-view", "Order-Sign", "x"])
def test_service_answers_its_own_hook_only(service, service_id, hook) -> None:
    answer = service.post({**call(service_id), "hook": hook}, service_id)
    if hook == HOOKS[service_id]:
        assert answer.status == 200
    else:
        refused(answer, "hook-mismatch", "hook")


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({}, id="as it should be"),
        pytest.param({"fhirServer": None, "fhirAuthorization": None}, id="with server and authorization null"),
        pytest.param({"fhirServer": "https://ehr.example.org/fhir"}, id="with a server and no authorization"),
        pytest.param(
            {"fhirServer": "https://ehr.example.org/fhir", "fhirAuthorization": None}, id="with a null authorization"
        ),
        pytest.param(
            {"fhirServer": "https://ehr.example.org", "fhirAuthorization": authorization("")}, id="with an empty token"
        ),
        pytest.param(
            {"fhirServer": "https://ehr.example.org", "fhirAuthorization": {"access_token": 5}}, id="with an odd token"
        ),
        pytest.param({"user": "Practitioner/x"}, id="with the user outside the context too"),
        pytest.param({"extension": {"com.example.x": {"a": [1, None]}}}, id="with an extension"),
        pytest.param({"redirect": "https://x.example", "oauth": None, "": 1}, id="with members of earlier drafts"),
        pytest.param({"hookInstance": "not-a-uuid"}, id="with an instance that is not a UUID"),
    ],
)
def test_service_answers_a_request(service, change) -> None:
    assert service.post(call(**change)).body == {"cards": []}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        pytest.param("context.encounterId", None, id="a null encounter"),
        pytest.param("context.encounterId", "enc-1", id="an encounter"),
        pytest.param("context.encounterId", 7, id="an encounter that is a number"),
        pytest.param("context.extension", {"org.example": {"x": 1}}, id="an extension of the context"),
        pytest.param("context.unknown", [{}], id="an unknown member of the context"),
        pytest.param("context.patientId", "Patient/pat-1", id="the patient as a reference"),
        pytest.param("context.draftOrders.type", "collection", id="orders with a type"),
        pytest.param("context.draftOrders.extension", {"org.example": 1}, id="an extension of the orders"),
        pytest.param("prefetch.extension", {"org.example": 1}, id="an extension of the prefetch"),
        pytest.param("context.selections", 7, id="selections that this hook does not have"),
    ],
)
def test_service_tolerates_in_a_request(service, path, value) -> None:
    assert service.post(changed(call(), path, value)).body == {"cards": []}


@pytest.mark.parametrize("service_id", HOOKS)
def test_service_takes_the_user_from_outside_the_context(service, service_id) -> None:
    body = {**removed(call(service_id), "context.userId"), "user": "Practitioner/onc-17"}
    assert service.post(body, service_id).status == 200


def test_service_takes_the_user_from_outside_the_context_when_it_is_null_there(service) -> None:
    assert service.post(changed(call(user="Practitioner/onc-17"), "context.userId", None)).status == 200


@pytest.mark.parametrize(
    "selections",
    [
        pytest.param(["MedicationRequest/order-1"], id="its reference"),
        pytest.param(["order-1"], id="its id alone"),
        pytest.param(["https://ehr.example.org/fhir/MedicationRequest/order-1"], id="its address"),
        pytest.param(["MedicationRequest/order-1/_history/3"], id="a version of it"),
        pytest.param(["MedicationRequest/x", "MedicationRequest/order-1"], id="its reference among others"),
    ],
)
def test_service_checks_an_order_that_is_selected_by(service, selections) -> None:
    body = changed(call(SELECT, [order(378)]), "context.selections", selections)
    assert service.post(body, SELECT).topics == ["dose-above-maximum"]


def test_service_refuses_a_user_outside_the_context_that_is_not_text(service) -> None:
    refused(service.post({**removed(call(), "context.userId"), "user": 5}), "wrong-type", "context.userId")


@pytest.mark.parametrize(
    "bundle",
    [
        pytest.param({"resourceType": "Bundle"}, id="has no entries"),
        pytest.param({"resourceType": "Bundle", "entry": []}, id="has an empty list of entries"),
        pytest.param({"resourceType": "Bundle", "entry": None}, id="has entries that are null"),
        pytest.param({"resourceType": "Bundle", "entry": [{"resource": aspirin()}]}, id="has other drugs only"),
    ],
)
def test_service_gives_no_card_when_the_draft(service, bundle) -> None:
    assert service.post(without(changed(call(), "context.draftOrders", bundle), "prefetch")).body == {"cards": []}


def test_service_reads_orders_whose_bundle_does_not_say_that_it_is_one(service) -> None:
    body = call(orders=[order(378)])
    del body["context"]["draftOrders"]["resourceType"]
    assert service.post(body).topics == ["dose-above-maximum"]


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        pytest.param("GET", f"/cds-services/{SIGN}", "POST", id="asking a service"),
        pytest.param("PUT", f"/cds-services/{SIGN}", "POST", id="putting to a service"),
        pytest.param("DELETE", f"/cds-services/{SIGN}", "POST", id="deleting a service"),
        pytest.param("PATCH", f"/cds-services/{SIGN}", "POST", id="patching a service"),
        pytest.param("BREW", f"/cds-services/{SIGN}", "POST", id="a method that nobody knows"),
        pytest.param("GET", f"/cds-services/{SIGN}/feedback", "POST", id="asking for feedback"),
        pytest.param("POST", "/cds-services", "GET", id="posting to discovery"),
        pytest.param("POST", "/health/live", "GET", id="posting to health"),
        pytest.param("POST", "/CodeSystem/card-topic", "GET", id="posting to the topics"),
    ],
)
def test_service_names_the_method_it_takes_after(service, method, path, allowed) -> None:
    answer = service.send(method, path, json=call())
    assert (answer.status, answer.code) == (405, "method-not-allowed")
    assert allowed in answer.headers["Allow"].replace(" ", "").split(",")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        pytest.param("POST", "/cds-services/her2-order-sing", id="a service misspelled"),
        pytest.param("POST", "/cds-services/order-sign", id="a hook for a service"),
        pytest.param("POST", "/cds-services/HER2-ORDER-SIGN", id="a service in capitals"),
        pytest.param("POST", f"/cds-services/{SIGN}/", id="a slash too many at the end"),
        pytest.param("POST", f"/cds-services//{SIGN}", id="a slash too many in the middle"),
        pytest.param("POST", "/cds-services/%00%ff", id="an address that is not text"),
        pytest.param("POST", "/cds-services/nope/feedback", id="feedback to an unknown service"),
        pytest.param("GET", "/nope", id="any other address"),
        pytest.param("GET", "/static/nope.css", id="a missing file"),
    ],
)
def test_service_knows_no(service, method, path) -> None:
    answer = service.send(method, path, **({"json": call()} if method == "POST" else {}))
    assert (answer.status, answer.code) == (404, "not-found")


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "application/json; charset=utf-8",
        "application/json;charset=UTF-8",
        "Application/JSON",
        "application/fhir+json",
        "application/json+fhir",
        "application/fhir+json; fhirVersion=4.0",
        "application/cds-hooks+json",
    ],
)
def test_service_accepts_json_with_the_content_type(service, content_type) -> None:
    assert service.post(call(), content_type=content_type).status == 200


@pytest.mark.parametrize(
    "content_type",
    [
        pytest.param(None, id="none at all"),
        "",
        "json",
        "text/plain",
        "text/json",
        "text/html",
        "application/xml",
        "application/fhir+xml",
        "application/jsonp",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "image/svg+json",
        ";;;",
    ],
)
def test_service_refuses_the_content_type(service, content_type) -> None:
    answer = service.post(call(), content_type=content_type)
    assert (answer.status, answer.code) == (415, "not-json-content")


LIMIT = 16384


@pytest.fixture(scope="module")
def limited() -> Caller:
    """Return a service with a low limit."""
    return Caller(Settings(limits={"body_bytes": LIMIT}))


@pytest.mark.parametrize(
    ("size", "status"),
    [
        pytest.param(LIMIT - 1, 200, id="just below the limit"),
        pytest.param(LIMIT, 200, id="at the limit"),
        pytest.param(LIMIT + 1, 413, id="just above the limit"),
        pytest.param(LIMIT * 50, 413, id="far above the limit"),
    ],
)
@pytest.mark.parametrize("tells", [True, False], ids=["a body that tells its length", "a body that does not"])
def test_service_limits(limited, size, status, tells) -> None:
    body = json.dumps(call()).encode()
    raw = body + b" " * (size - len(body))
    answer = limited.send(
        "POST",
        f"/cds-services/{SIGN}",
        content_type="application/json",
        environ_overrides={} if tells else {"wsgi.input_terminated": True},
        **({"data": raw} if tells else {"input_stream": io.BytesIO(raw)}),
    )
    assert answer.status == status
    assert status == 200 or answer.code == "body-too-large"


def test_service_limits_a_body_that_only_claims_to_be_long(limited) -> None:
    claim = {"CONTENT_LENGTH": str(LIMIT + 1)}
    path = f"/cds-services/{SIGN}"
    answer = limited.send("POST", path, data=b"{}", environ_overrides=claim, content_type="application/json")
    assert (answer.status, answer.code) == (413, "body-too-large")
