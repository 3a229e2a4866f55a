"""The states of a prefetch key, and when what lacks is a 412: "not sent" and "none on record" are never the same."""

from __future__ import annotations

from itertools import combinations

import pytest
from calls import (
    KEYS,
    SELECT,
    SIGN,
    aspirin,
    assert_missing,
    bundle,
    call,
    changed,
    clean_prefetch,
    ihc,
    labs,
    lvef,
    order,
    outcome,
    removed,
    troubled_prefetch,
    weight,
    without,
)

OMITTED = object()
ANSWERED = {
    "null": None,
    "an empty Bundle": {"resourceType": "Bundle", "type": "searchset", "total": 0, "entry": []},
    "a Bundle without entries": {"resourceType": "Bundle", "type": "searchset", "total": 0},
    "a Bundle whose entries are null": {"resourceType": "Bundle", "entry": None},
    "a Bundle without a type": {"resourceType": "Bundle"},
    "a Bundle with a warning alone": bundle(outcome("warning")),
    "a Bundle with an information alone": bundle(outcome("information")),
}
UNANSWERED = {
    "omitted": OMITTED,
    "an OperationOutcome with an error": outcome("error"),
    "an OperationOutcome with a fatal error": outcome("fatal"),
    "an OperationOutcome with a warning": outcome("warning"),
    "an OperationOutcome without an issue": {"resourceType": "OperationOutcome"},
    "a Bundle with an error alone": bundle(outcome("error")),
    "a Bundle with a fatal error alone": bundle(outcome("fatal")),
    "an error, wrapped with its response": {"response": {"status": "500"}, "resource": outcome()},
    "a response without a resource": {"response": {"status": "404 Not Found"}},
    "a text": "none",
    "a number": 0,
    "false": False,
    "an array": [],
    "an array of resources": [weight()],
    "an object that is no resource": {"entry": []},
    "an empty object": {},
}


NO_BASE_URLS = (
    "ftp://127.0.0.1/fhir",
    "/fhir",
    "127.0.0.1",
    "http://user:secret@127.0.0.1/fhir",
    "http://127.0.0.1/fh ir",
    " ",
    "http://127.0.0.1/fhir/../x",
    "http://127.0.0.1/fhir?_format=json",
)


def with_key(key: str, value: object) -> dict:
    prefetch = without(clean_prefetch(), key)
    return prefetch if value is OMITTED else {**prefetch, key: value}


@pytest.mark.parametrize("service_id", [SELECT, SIGN])
@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("value", UNANSWERED.values(), ids=UNANSWERED)
def test_service_cannot_check_when_a_key_is(service, service_id, key, value) -> None:
    assert_missing(service.post(call(service_id, prefetch=with_key(key, value)), service_id), key)


@pytest.mark.parametrize("service_id", [SELECT, SIGN])
@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("value", ANSWERED.values(), ids=ANSWERED)
def test_service_accepts_as_an_answer(service, service_id, key, value) -> None:
    assert service.post(call(service_id, prefetch=with_key(key, value)), service_id).status == 200


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("value", [*UNANSWERED.values(), *ANSWERED.values()], ids=[*UNANSWERED, *ANSWERED])
def test_service_asks_nothing_for_an_order_out_of_scope_when_a_key_is(service, key, value) -> None:
    assert service.post(call(orders=[aspirin()], prefetch=with_key(key, value))).body == {"cards": []}


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("value", [*UNANSWERED.values(), *ANSWERED.values()], ids=[*UNANSWERED, *ANSWERED])
def test_service_asks_nothing_for_an_order_that_is_not_selected_when_a_key_is(service, key, value) -> None:
    body = call(SELECT, [order(), aspirin()], with_key(key, value))
    body["context"]["selections"] = ["MedicationRequest/order-9"]
    assert service.post(body, SELECT).body == {"cards": []}


@pytest.mark.parametrize(
    ("key", "topic"),
    [
        ("weight", "dose-cannot-verify"),
        ("tumorMarkers", "her2-missing"),
        ("lvef", "lvef-missing"),
        ("labs", "liver-tests-missing"),
    ],
)
@pytest.mark.parametrize("value", ANSWERED.values(), ids=ANSWERED)
def test_service_says_what_the_chart_lacks_when_it_is(service, key, topic, value) -> None:
    assert topic in service.post(call(prefetch=with_key(key, value))).topics


@pytest.mark.parametrize("size", range(2, len(KEYS) + 1))
def test_service_names_every_missing_key_in_order(service, size) -> None:
    for keys in combinations(KEYS, size):
        assert_missing(service.post(call(prefetch=without(clean_prefetch(), *keys))), *keys)


@pytest.mark.parametrize(
    "prefetch", [pytest.param({}, id="empty"), pytest.param(None, id="null"), pytest.param(OMITTED, id="omitted")]
)
def test_service_names_every_key_when_the_prefetch_is(service, prefetch) -> None:
    body = removed(call(), "prefetch") if prefetch is OMITTED else {**call(), "prefetch": prefetch}
    assert_missing(service.post(body), *KEYS)
    assert service.post({**body, "context": call(orders=[aspirin()])["context"]}).body == {"cards": []}


@pytest.mark.parametrize(
    "server",
    [
        pytest.param("https://ehr.example.org/fhir", id="that is not allowed"),
        pytest.param("http://ehr.example.org/fhir", id="without encryption"),
        pytest.param("ftp://127.0.0.1/fhir", id="of another scheme"),
        pytest.param("file:///etc/passwd", id="that is a file"),
        pytest.param("http://127.0.0.1:70000/fhir", id="with a port that does not exist"),
        pytest.param("http://[::1/fhir", id="that is half an address"),
        pytest.param("//127.0.0.1/fhir", id="without a scheme"),
        pytest.param("127.0.0.1", id="that is a host alone"),
        pytest.param("", id="that is empty"),
        pytest.param("nonsense", id="that is not an address"),
    ],
)
def test_service_cannot_ask_a_server(service, server) -> None:
    assert_missing(service.post(call(prefetch=without(clean_prefetch(), "labs"), fhirServer=server)), "labs")


@pytest.mark.parametrize(
    ("server", "told"),
    [
        *((server, "is not the http or https base URL of a server") for server in NO_BASE_URLS),
        ("https://ehr.example.org/fhir", "is not among fhir.allowed_servers"),
        ("", "names no fhirServer"),
    ],
)
def test_service_says_why_it_cannot_ask_a_server(service, server, told) -> None:
    body = call(prefetch={}, fhirServer=server)
    answer = service.post(body)
    assert (answer.status, told in answer.body["issue"][0]["details"]["text"]) == (412, True)
    alone = service.post({**body, "context": call(orders=[order(3.6)])["context"]})
    assert alone.topics == ["dose-implausible", "checks-incomplete"]
    assert told in alone.cards[-1]["detail"].replace("\\_", "_")


@pytest.mark.parametrize(
    "wrap",
    [
        pytest.param(lambda value: {"response": {"status": "200"}, "resource": value}, id="with its response"),
        pytest.param(lambda value: {"resource": value}, id="alone"),
        pytest.param(lambda value: {"resource": value, "response": None}, id="with a null response"),
        pytest.param(
            lambda value: {"fullUrl": "urn:uuid:1", "resource": value, "search": {"mode": "match"}}, id="as an entry"
        ),
    ],
)
def test_service_reads_a_resource_wrapped(service, wrap) -> None:
    wrapped = {key: wrap(value) for key, value in troubled_prefetch().items()}
    assert service.post(call(prefetch=wrapped)).cards == service.post(call(prefetch=troubled_prefetch())).cards


@pytest.mark.parametrize(
    ("key", "resource"),
    [("weight", weight()), ("tumorMarkers", ihc()), ("lvef", lvef())],
    ids=["a weight", "a HER2 result", "an ejection fraction"],
)
def test_service_reads_a_single_resource_in_place_of_a_bundle(service, key, resource) -> None:
    assert service.post(call(prefetch=with_key(key, resource))).body == {"cards": []}


@pytest.mark.parametrize(
    "extra",
    [
        pytest.param({"mine": bundle(lvef())}, id="with the resources that lacked"),
        pytest.param({"mine": lvef()}, id="with the one resource that lacked"),
        pytest.param({"a": None, "b": bundle(lvef())}, id="some of them null"),
        pytest.param({"a": outcome(), "b": bundle(outcome(), lvef())}, id="some of them failed"),
        pytest.param({"a": 7, "b": "x", "c": [], "d": {}, "e": bundle(lvef())}, id="some of them invalid"),
    ],
)
def test_service_uses_keys_of_the_client(service, extra) -> None:
    prefetch = with_key("lvef", None)
    assert service.post(call(prefetch=prefetch)).topics == ["lvef-missing"]
    assert service.post(call(prefetch={**prefetch, **extra})).body == {"cards": []}


def test_service_does_not_take_a_key_of_the_client_for_one_of_its_own(service) -> None:
    prefetch = {**without(clean_prefetch(), "lvef"), "LVEF": bundle(lvef()), "lvef ": bundle(lvef())}
    assert_missing(service.post(call(prefetch=prefetch)), "lvef")


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(bundle(*labs(), outcome("error")), id="with an error among the results"),
        pytest.param(
            bundle(*labs(), link=[{"relation": "next", "url": "https://ehr.example.org/fhir?page=2"}]),
            id="with a next page",
        ),
        pytest.param(bundle(*labs(), {"resourceType": "Observation", "code": 5}), id="with a broken result"),
        pytest.param({"resourceType": "Bundle", "entry": [{"resource": each} for each in labs()] + [7]}, id="with a 7"),
        pytest.param(bundle(*labs()[1:], changed(labs()[0], "valueQuantity", {"value": "high"})), id="with no number"),
        pytest.param(bundle(*labs()[1:], labs(patient="pat-2")[0]), id="with a result of another patient"),
    ],
)
def test_service_says_that_a_list_was_not_read_whole(service, value) -> None:
    answer = service.post(call(prefetch=with_key("labs", value)))
    assert "checks-incomplete" in answer.topics or "liver-tests-missing" in answer.topics


def test_service_does_not_mind_a_warning_among_the_results(service) -> None:
    assert service.post(call(prefetch=with_key("labs", bundle(*labs(), outcome("warning"))))).body == {"cards": []}


def test_service_does_not_mind_which_key_holds_a_result(service) -> None:
    prefetch = dict.fromkeys(KEYS, bundle(*(r for each in clean_prefetch().values() for r in resources(each))))
    assert service.post(call(prefetch=prefetch)).body == {"cards": []}


def resources(value: dict) -> list[dict]:
    return [entry["resource"] for entry in value.get("entry", [])] if value["resourceType"] == "Bundle" else [value]
