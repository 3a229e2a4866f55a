"""Every FHIR resource that the service makes is read by fhir.resources, in every shape that it can have.

The models do not check required bindings: the codes that FHIR R4 binds are listed here.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from calls import (
    COVERAGE,
    DISPATCH,
    SELECT,
    SIGN,
    VIEW,
    Caller,
    call,
    on_kadcyla,
    order,
    troubled_prefetch,
    without,
)
from fhir.resources.R4B import get_fhir_model_class

from cards.facts.topics import Topic
from cards.knowledge.loader import default_knowledge
from cards.knowledge.schema import Brand, Scope
from cds_service.audit.export import as_audit_event
from cds_service.configuration.settings import Settings
from cds_service.protocol.operation_outcome import ISSUE_TYPES, operation_outcome, operation_outcomes
from cds_service.store.reading import since
from fhir_mappings.published.code_lists import value_sets
from fhir_mappings.published.library import library
from fhir_mappings.wire.exact_json import encode

if TYPE_CHECKING:
    from pathlib import Path

Json = dict[str, Any]
KNOWN = default_knowledge()
BASE = "https://cds.example.org/her2"
ISSUE_CODES = {
    *("invalid", "structure", "required", "value", "invariant", "security", "login", "unknown", "expired"),
    *("forbidden", "suppressed", "processing", "not-supported", "duplicate", "multiple-matches", "not-found"),
    *("deleted", "too-long", "code-invalid", "extension", "too-costly", "business-rule", "conflict", "transient"),
    *("lock-error", "no-store", "exception", "timeout", "incomplete", "throttled", "informational"),
}
"""http://hl7.org/fhir/ValueSet/issue-type, 4.0.1."""
ARTIFACTS = {
    *("documentation", "justification", "citation", "predecessor", "successor", "derived-from", "depends-on"),
    "composed-of",
}
FILTERS = {"=", "is-a", "descendent-of", "is-not-a", "regex", "in", "not-in", "generalizes", "exists"}
STATUSES = {"draft", "active", "retired", "unknown"}


def read(resource: Json) -> Json:
    """Read a resource as FHIR, from the bytes that leave the service."""
    get_fhir_model_class(resource["resourceType"]).model_validate_json(encode(resource))
    return resource


@pytest.mark.parametrize("name", ["card-topic", "error"])
def test_code_systems(service: Caller, name: str) -> None:
    body = read(service.get(f"/CodeSystem/{name}").body)
    codes = [each["code"] for each in body["concept"]]
    assert (body["status"], body["count"], len(set(codes))) == ("active", len(codes), len(codes))
    assert set(codes) == ({str(topic) for topic in Topic} if name == "card-topic" else set(ISSUE_TYPES))


@pytest.mark.parametrize("identifier", sorted(value_sets(KNOWN, BASE)))
def test_value_sets(service: Caller, identifier: str) -> None:
    body = read(service.get(f"/ValueSet/{identifier}").body)
    assert (body["id"], body["status"], body["version"]) == (identifier, "active", KNOWN.version)
    for part in body["compose"]["include"]:
        assert ("concept" in part) is not ("filter" in part)
        assert {each["op"] for each in part.get("filter", ())} <= FILTERS
        codes = [each["code"] for each in part.get("concept", ())]
        assert len(codes) == len(set(codes))


def test_the_code_lists_contain_the_codes_of_the_knowledge() -> None:
    found = value_sets(KNOWN, BASE)
    for product in KNOWN.products:
        own = (*product.rxnorm, *product.atc, *product.snomed, *product.unii)
        has_code = own or any(_codes_of(brand) for brand in product.brands)
        assert (f"product-{product.id}" in found) is bool(product.scope is Scope.CHECKED and has_code)
    written = json.dumps(found["product-kadcyla"])
    assert all(code in written for code in ("J9354", "1371046", "50242-0088-01"))
    assert "http://loinc.org" in json.dumps(found["measurement-ast"])
    assert found["cancer-breast"]["compose"]["include"][0]["filter"][0]["value"] == "C50"


def _codes_of(brand: Brand) -> bool:
    return bool(brand.rxnorm or brand.atc or brand.hcpcs or brand.packages)


def test_the_bundle_of_the_value_sets(service: Caller) -> None:
    body = read(service.get("/ValueSet").body)
    assert (body["type"], body["total"]) == ("searchset", len(value_sets(KNOWN, BASE)))
    address = body["entry"][0]["fullUrl"]
    one = read(service.get("/ValueSet", query_string={"url": address}).body)
    assert [each["resource"]["url"] for each in one["entry"]] == [address]
    none = read(service.get("/ValueSet?url=http://nowhere.example").body)
    assert none == {"resourceType": "Bundle", "type": "searchset", "total": 0}
    assert service.get("/ValueSet/nothing").status == 404


def test_the_library(service: Caller) -> None:
    body = read(service.get("/Library/her2-knowledge").body)
    assert body["version"].endswith(KNOWN.version)
    assert {each["type"] for each in body["relatedArtifact"]} <= ARTIFACTS
    assert all(each["url"].startswith("http") for each in body["relatedArtifact"] if "url" in each)
    lists = [each["resource"] for each in body["relatedArtifact"] if each["type"] == "composed-of"]
    assert [each.rpartition("/")[2] for each in lists] == list(value_sets(KNOWN, BASE))
    read(library(KNOWN, {}, BASE, "1.0", [], "nothing"))


@pytest.mark.parametrize("code", [*ISSUE_TYPES, "another"])
def test_operation_outcomes(code: str) -> None:
    body = read(operation_outcome(code, "what is wrong", ["prefetch.labs"], BASE))
    assert body["issue"][0]["code"] in ISSUE_CODES
    read(operation_outcomes([(code, "one", None), (code, "two", ["context"])], BASE))


@pytest.mark.parametrize(
    ("status", "path", "sent"),
    [
        pytest.param(400, SIGN, b"{", id="not JSON"),
        pytest.param(400, SIGN, without(call(), "hookInstance"), id="a field is missing"),
        pytest.param(404, "nothing", call(), id="no such service"),
        pytest.param(412, SIGN, call(prefetch={}), id="no data"),
    ],
)
def test_the_errors_of_a_call(service: Caller, status: int, path: str, sent: Any) -> None:
    answer = service.post(sent, path)
    assert answer.status == status
    assert all(each["code"] in ISSUE_CODES for each in read(answer.body)["issue"])


@pytest.mark.parametrize("patient", ["hashed", "plain", "none"])
def test_audit_events_of_every_service(patient: str, tmp_path: Path) -> None:
    settings = Settings.model_validate({"audit": {"patient": patient}})
    caller = Caller(settings, database=f"sqlite:///{tmp_path}/record.sqlite3")
    try:
        for service in (SELECT, SIGN, DISPATCH, VIEW, COVERAGE):
            sent = on_kadcyla(lvef={"resourceType": "Bundle", "type": "searchset", "total": 0})
            caller.post(call(service, prefetch=sent if service == VIEW else None), service)
            caller.post(call(service, [order(900)]), service)
        caller.post(call(prefetch=troubled_prefetch()))
        events = [as_audit_event(each, BASE) for each in since(caller.store.engine)]
        assert len(events) == 11
        for event in events:
            read(event)
            assert (event["action"], event["outcome"]) == ("E", "0")
        assert len({len(event["entity"]) for event in events}) > 1
    finally:
        caller.store.close()


def coded(*codings: Json) -> Json:
    concept = order()["medicationCodeableConcept"]
    return {"medicationCodeableConcept": {**concept, "coding": [*concept["coding"], *codings]}}


NDC, HCPCS = "http://hl7.org/fhir/sid/ndc", "http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets"
DISPATCHED = order(252, status="active", route=None)


@pytest.mark.parametrize(
    ("body", "kinds"),
    [
        pytest.param(call(prefetch=troubled_prefetch()), {"create"}, id="tests are missing"),
        pytest.param(call(orders=[order(378)]), {"update"}, id="a dose is too high"),
        pytest.param(
            call(orders=[order(**coded({"system": HCPCS, "code": "J9308"}))]), {"update"}, id="a billing code"
        ),
        pytest.param(call(orders=[order(**coded({"system": NDC, "code": "50242-0145-01"}))]), {"update"}, id="an NDC"),
        pytest.param(call(orders=[order(), order(name="order-2")]), {"delete"}, id="a duplicate"),
        pytest.param(
            call(DISPATCH, [order(status="active"), order(name="order-2", status="active")]),
            {"update"},
            id="a duplicate that was signed",
        ),
    ],
)
def test_suggestions(service: Caller, body: Json, kinds: set[str]) -> None:
    name = DISPATCH if body["hook"] == "order-dispatch" else SIGN
    cards = service.post(body, name).cards
    made = [action for card in cards for each in card.get("suggestions", ()) for action in each["actions"]]
    assert kinds <= {each["type"] for each in made}
    for action in made:
        if "resource" in action:
            assert read(action["resource"])["status"] in {"draft", "active", "on-hold"}
