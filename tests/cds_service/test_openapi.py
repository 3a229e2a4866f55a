"""The OpenAPI document and the service say the same: every route is in it, and every answer is as it says."""

from __future__ import annotations

import importlib.util
import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from calls import COVERAGE, DISPATCH, SELECT, SIGN, VIEW, Caller, call, order, troubled_prefetch, without
from servers import lacking
from signers import BASE, Signer, client, required

from cds_service.auth import gate
from cds_service.web.admission import Admission

if TYPE_CHECKING:
    from collections.abc import Iterator

Json = dict[str, Any]
_METHODS = ("GET", "POST")
FEEDBACK = {
    "feedback": [
        {"card": "c-1", "outcome": "overridden", "outcomeTimestamp": "2026-01-05T00:00:00Z"},
        {
            "card": "c-2",
            "outcome": "accepted",
            "outcomeTimestamp": "2026-01-05T00:00:00Z",
            "acceptedSuggestions": [{"id": "s-1"}],
        },
    ]
}
CALL, FORM = "/cds-services/{service_id}", "/Questionnaire/{identifier}"


@pytest.fixture(scope="module")
def document(service: Caller) -> Json:
    """Return the document as the service sends it."""
    found: Json = service.client.get("/openapi.json").get_json()
    return found


def operations(document: Json) -> Iterator[tuple[str, str, Json]]:
    """Yield path, method and description of each operation."""
    for path, item in document["paths"].items():
        yield from ((path, method, item[method.lower()]) for method in _METHODS if method.lower() in item)


def resolved(document: Json, part: Json) -> Json:
    """Return what a part of the document refers to, or the part itself."""
    if "$ref" not in part:
        return part
    found: Any = document
    for step in part["$ref"].removeprefix("#/").split("/"):
        found = found[step]
    return dict(found)


def test_every_route_is_in_the_document_and_no_other(document: Json, service: Caller) -> None:
    routes = {
        (re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule), method)
        for rule in service.app.url_map.iter_rules()
        for method in (rule.methods or set()) & set(_METHODS)
    }
    assert routes == {(path, method) for path, method, _ in operations(document)}


def test_the_document_is_consistent(document: Json) -> None:
    assert document["openapi"] == "3.1.0"
    # A comma within braces ends a text of YAML, and what follows becomes a member without a value.
    assert "null" not in re.sub(r'"[^"]*"', "", json.dumps(document))
    assert document["servers"] == [{"url": "http://127.0.0.1:8080"}]
    ids = [each["operationId"] for _, _, each in operations(document)]
    assert len(ids) == len(set(ids))
    tags = {each["name"] for each in document["tags"]}
    for path, _, each in operations(document):
        assert each["summary"]
        assert set(each["tags"]) <= tags
        assert each["responses"]
        parameters = [*document["paths"][path].get("parameters", []), *each.get("parameters", [])]
        named = {found["name"] for found in (resolved(document, one) for one in parameters) if found["in"] == "path"}
        assert named == set(re.findall(r"{(\w+)}", path))
    for reference in re.findall(r'"\$ref": "([^"]+)"', json.dumps(document)):
        assert resolved(document, {"$ref": reference})


def validate(document: Json, schema: Json, value: Any) -> None:
    """Hold a value to a schema of the document."""
    if importlib.util.find_spec("jsonschema") is None:
        lacking("jsonschema")
    from jsonschema import Draft202012Validator  # noqa: PLC0415 - may not be installed

    problems = Draft202012Validator({**schema, "components": document["components"]}).iter_errors(value)
    assert [f"{each.json_path}: {each.message}" for each in problems] == []


def hold(document: Json, path: str, method: str, answer: Any) -> None:
    """Hold an answer to what the document says of it."""
    said = document["paths"][path][method.lower()]["responses"]
    status = str(answer.status_code)
    assert status in said or "default" in said, f"{method} {path} answers {status}"
    response = resolved(document, said.get(status) or said["default"])
    kind = answer.headers["Content-Type"].partition(";")[0]
    content = response["content"]
    assert kind in content or "*/*" in content or answer.status_code in (301, 302), kind
    assert set(response.get("headers", {})) <= set(answer.headers.keys())
    if kind == "application/json" and "schema" in content.get(kind, {}):
        validate(document, content[kind]["schema"], answer.get_json())
    assert answer.headers["X-Request-ID"]


REQUESTS = (
    pytest.param(CALL, SIGN, call(), 200, id="nothing to say"),
    pytest.param(CALL, SIGN, call(orders=[order(400)], prefetch=troubled_prefetch()), 200, id="many cards"),
    pytest.param(CALL, SELECT, call(SELECT), 200, id="at selection"),
    pytest.param(CALL, DISPATCH, call(DISPATCH), 200, id="at dispatch"),
    pytest.param(CALL, VIEW, call(VIEW), 200, id="an opened chart"),
    pytest.param(CALL, COVERAGE, call(COVERAGE), 200, id="coverage"),
    pytest.param(CALL, SIGN, without(call(), "context"), 400, id="no context"),
    pytest.param(CALL, SIGN, call(prefetch={}), 412, id="no data"),
    pytest.param(CALL, "no-such-service", call(), 404, id="no service"),
    pytest.param(f"{CALL}/feedback", SIGN, FEEDBACK, 200, id="feedback"),
    pytest.param(f"{CALL}/feedback", SIGN, {"feedback": [{}]}, 400, id="no feedback"),
    pytest.param(f"{CALL}/feedback", "no-such-service", FEEDBACK, 404, id="feedback for no service"),
)


@pytest.mark.parametrize(("path", "name", "body", "status"), REQUESTS)
def test_a_call_is_answered_as_the_document_says(
    document: Json, service: Caller, path: str, name: str, body: Json, status: int
) -> None:
    if status == 200:
        operation = document["paths"][path]["post"]
        validate(document, operation["requestBody"]["content"]["application/json"]["schema"], body)
    answer = service.client.post(path.format(service_id=name), json=body)
    assert answer.status_code == status
    hold(document, path, "POST", answer)


def test_refusals_are_as_the_document_says(document: Json, service: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    address, browser = f"/cds-services/{SIGN}", service.client
    too_long = {"data": b"[" + b"1," * 3_000_000, "content_type": "application/json"}
    for status, sent in (
        (400, {"data": b"{", "content_type": "application/json"}),
        (413, too_long),
        (415, {"data": "x"}),
    ):
        for path in (CALL, f"{CALL}/feedback"):
            answer = browser.post(path.format(service_id=SIGN), **sent)
            assert answer.status_code == status
            hold(document, path, "POST", answer)
    with monkeypatch.context() as busy:
        busy.setattr(Admission, "lets_in", lambda _: False)
        answer = browser.post(address, json=call())
    assert answer.status_code == 503
    hold(document, CALL, "POST", answer)
    locked = Caller(required(client(Signer())))
    for path, method in ((CALL, "POST"), (f"{CALL}/feedback", "POST"), ("/cds-services", "GET")):
        answer = locked.client.open(path.format(service_id=SIGN), method=method)
        assert answer.status_code == 401
        hold(document, path, method, answer)
    assert locked.client.get("/openapi.json").get_json()["servers"] == [{"url": BASE}]
    assert gate.PROTECTED in document["paths"]


def test_every_address_that_is_read_answers_as_the_document_says(document: Json, service: Caller) -> None:
    decision = service.client.post(f"/cds-services/{SIGN}", json=call()).headers["HER2-CDS-Decision"]
    asked = {
        "/ValueSet/{identifier}": ["her2-ihc", "measurement-her2-ihc"],
        FORM: ["LA.PHAR.229.1.12", "none"],
        "/decisions/{identifier}": [decision, "none"],
        "/static/{filename}": ["page.css", "none.css"],
        "/workbench/{rest}": ["none"],
        "/workbench/topics/{name}": ["weight-stale"],
        "/workbench/versions/{number}": ["1"],
        "/workbench/versions/{number}.yaml": ["1"],
    }
    seen: dict[str, set[int]] = {}
    for path, method, _ in operations(document):
        if method == "GET":
            for name in asked.get(path, [""]):
                answer = service.client.get(re.sub(r"{\w+}", name, path))
                hold(document, path, method, answer)
                answer.close()
                seen.setdefault(path, set()).add(answer.status_code)
    expected = {
        path: {200} for path, method, each in operations(document) if method == "GET" and "200" in each["responses"]
    }
    assert {path: seen[path] & {200} for path in expected} == expected


def test_a_request_that_cannot_be_built_is_reported_as_the_document_says(document: Json, service: Caller) -> None:
    asked = {"server": "http://127.0.0.1:1", "patient": "pat-1", "drug": "Kadcyla", "dose": "252 mg"}
    statuses = []
    for sent in ({"json": asked}, {"json": {}}, {"data": "x"}):
        answer = service.client.post("/try-it/request", **sent)
        statuses.append(answer.status_code)
        hold(document, "/try-it/request", "POST", answer)
    assert statuses == [422, 400, 415]


def test_a_questionnaire_package_is_answered_as_the_document_says(document: Json, service: Caller) -> None:
    path = "/Questionnaire/$questionnaire-package"
    coverage = {
        "resourceType": "Coverage",
        "status": "active",
        "beneficiary": {"reference": "Patient/pat-1"},
        "payor": [{"display": "A payer"}],
    }
    named = {"name": "questionnaire", "valueCanonical": "urn:none"}
    asked = {"resourceType": "Parameters", "parameter": [named, {"name": "coverage", "resource": coverage}]}
    statuses = []
    for sent in ({"json": asked}, {"json": {}}, {"data": "x"}):
        answer = service.client.post(path, **sent)
        statuses.append(answer.status_code)
        hold(document, path, "POST", answer)
    assert statuses == [200, 400, 415]


def test_a_caller_with_the_current_services_gets_304(document: Json, service: Caller) -> None:
    tag = service.client.get("/cds-services").headers["ETag"]
    answer = service.client.get("/cds-services", headers={"If-None-Match": tag})
    assert answer.status_code == 304
    assert "304" in document["paths"]["/cds-services"]["get"]["responses"]
    assert answer.headers["X-Request-ID"]


def test_forms_of_pages_answer_as_the_document_says(document: Json, service: Caller) -> None:
    for path, method, each in operations(document):
        if method == "POST" and each["tags"] == ["workbench"]:
            hold(document, path, method, service.client.post(re.sub(r"{\w+}", "1", path)))
