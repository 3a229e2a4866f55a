"""A FHIR server under strain: second tries where they are safe, connections kept, nobody waiting for others."""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

import pytest
from calls import KEYS, QUERIES, Caller, authorization, bundle, call, clean_prefetch, labs, order, outcome, without
from chart_server import ChartServer, Reply, as_json, when_all_ask

from cds_service.configuration.settings import Settings
from cds_service.ehr.client import CALLS_AT_ONCE, FhirClient
from fhir_mappings.request.hook_request import FhirAuthorization, HookRequest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from calls import Answer, Json

BUDGET_S = 0.6
# A busy machine is slow anyway; to wait for the server would take half a minute.
SLACK_S = 8.0
SLOW_S = 30.0
TOKEN = "token-of-one-call"  # noqa: S105 - opens nothing


@pytest.fixture
def chart() -> Iterator[ChartServer]:
    server = ChartServer()
    yield server
    server.close()


@pytest.fixture
def elsewhere() -> Iterator[ChartServer]:
    server = ChartServer()
    yield server
    server.close()


@pytest.fixture(scope="module")
def hasty() -> Caller:
    return Caller(Settings(fhir={"timeout_s": BUDGET_S}))


def ask(caller: Caller, chart: ChartServer, prefetch: Json | None = None, **more: Any) -> Answer:
    access = {"fhirServer": chart.base, "fhirAuthorization": authorization(TOKEN)}
    return caller.post(call(prefetch=prefetch or {}, **{**access, **more}))


def lacking_labs() -> Json:
    return without(clean_prefetch(), "labs")


def in_turn(*replies: Reply) -> Callable[[], Reply]:
    """Reply with one after the other; the last one is given from then on."""
    left = list(replies)
    return lambda: left.pop(0) if len(left) > 1 else left[0]


# --- Second tries ----------------------------------------------------------------------------------------------------

GOOD = as_json(bundle(*labs()))


def in_a_moment() -> str:
    return format_datetime(datetime.now(UTC) - timedelta(seconds=1), usegmt=True)


@pytest.mark.parametrize(
    "first",
    [
        pytest.param(Reply(hangs_up=True), id="connection closed"),
        pytest.param(Reply(status=502), id="was a bad gateway"),
        pytest.param(Reply(status=503), id="was not available"),
        pytest.param(Reply(status=503, headers={"Retry-After": "0"}), id="asked for no pause"),
        pytest.param(Reply(status=503, headers={"Retry-After": in_a_moment()}), id="named a time"),
        pytest.param(Reply(status=429, headers={"Retry-After": "0"}), id="had too many and said when"),
    ],
)
def test_service_asks_a_second_time_when_the_server(hasty, chart, first) -> None:
    chart.serve({}, labs=in_turn(first, GOOD))
    assert ask(hasty, chart, lacking_labs()).body == {"cards": []}
    assert chart.keys == ["labs", "labs"]


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param(Reply(status=400), id="refuses"),
        pytest.param(Reply(status=401), id="does not take the token"),
        pytest.param(Reply(status=403), id="forbids"),
        pytest.param(Reply(status=404), id="knows no such search"),
        pytest.param(Reply(status=429), id="has too many and does not say when"),
        pytest.param(Reply(status=429, headers={"Retry-After": "30"}), id="has too many for longer than the budget"),
        pytest.param(Reply(status=503, headers={"Retry-After": "30"}), id="is away for longer than the budget"),
        pytest.param(Reply(status=503, headers={"Retry-After": "soon"}), id="names no time"),
        pytest.param(Reply(status=500), id="fails"),
        pytest.param(Reply(status=504), id="waited in vain itself"),
        pytest.param(Reply(b"garbage"), id="sends garbage"),
        pytest.param(Reply(b"{}", headers={"Content-Length": "9"}), id="stops in the middle"),
        pytest.param(as_json(outcome()), id="sends an OperationOutcome"),
        pytest.param(Reply(after_s=SLOW_S), id="never answers"),
    ],
)
def test_service_asks_once_when_the_server(hasty, chart, reply) -> None:
    chart.serve({}, labs=reply)
    began = time.monotonic()
    assert ask(hasty, chart, lacking_labs()).topics == ["checks-incomplete"]
    assert time.monotonic() - began < BUDGET_S + SLACK_S
    assert chart.keys == ["labs"]


@pytest.mark.parametrize(
    "reply", [Reply(hangs_up=True), Reply(status=502), Reply(status=503)], ids=["cut", "502", "503"]
)
def test_service_asks_no_third_time(hasty, chart, reply) -> None:
    chart.serve({}, labs=reply)
    assert ask(hasty, chart, lacking_labs()).topics == ["checks-incomplete"]
    assert chart.keys == ["labs", "labs"]


def test_service_asks_a_second_time_for_a_later_page(hasty, chart) -> None:
    second = chart.add("/fhir?page=2", Reply())
    chart.serve({}, labs=as_json(bundle(*labs()[:1], link=[{"relation": "next", "url": second}])))
    chart.replies["/fhir?page=2"] = in_turn(Reply(status=503), as_json(bundle(*labs()[1:])))
    assert ask(hasty, chart, lacking_labs()).body == {"cards": []}


# --- An answer to something else ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "body"),
    [
        pytest.param("labs", clean_prefetch()["patient"], id="a patient for a search"),
        pytest.param("labs", {"resourceType": "CapabilityStatement"}, id="what the server can do"),
        pytest.param("labs", labs()[0], id="one result for a search"),
        pytest.param("patient", labs()[0], id="a result for the patient"),
        pytest.param("patient", {"resourceType": "Parameters"}, id="parameters for the patient"),
        pytest.param("patient", bundle(), id="an empty list for the patient"),
    ],
)
def test_service_does_not_accept_as_an_answer(hasty, chart, key, body) -> None:
    chart.serve({}, **{key: as_json(body)})
    answer = ask(hasty, chart, without(clean_prefetch(), key))
    assert (answer.status, answer.topics) == (200, ["checks-incomplete"])


@pytest.mark.parametrize("kind", ["application/json", "text/plain", "application/octet-stream", "text/html", ""])
def test_service_reads_what_is_json_whatever_it_is_called(hasty, chart, kind) -> None:
    chart.serve({}, labs=Reply(json.dumps(bundle(*labs())).encode(), headers={"Content-Type": kind}))
    assert ask(hasty, chart, lacking_labs()).body == {"cards": []}


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"<!doctype html><title>Sign in</title>", id="a page to sign in"),
        pytest.param(b'<Bundle xmlns="http://hl7.org/fhir"/>', id="XML"),
        pytest.param(b"resourceType: Bundle", id="YAML"),
    ],
)
def test_service_does_not_read_what_is_called_json_and_is(hasty, chart, body) -> None:
    chart.serve({}, labs=Reply(body, headers={"Content-Type": "application/fhir+json"}))
    assert ask(hasty, chart, lacking_labs()).topics == ["checks-incomplete"]


# --- Lists that were sent in part -----------------------------------------------------------------------------------


def first_page(chart: ChartServer, following: str) -> Json:
    chart.serve({})
    return clean_prefetch() | {"labs": bundle(*labs()[:2], link=[{"relation": "next", "url": following}])}


def test_service_continues_where_the_prefetch_ends(hasty, chart) -> None:
    following = f"{chart.base}?page=2"
    prefetch = first_page(chart, following)
    chart.add("/fhir?page=2", as_json(bundle(*labs()[2:])))
    assert ask(hasty, chart, prefetch).body == {"cards": []}
    assert [(each.path, each.headers["Authorization"]) for each in chart.heard] == [("/fhir?page=2", f"Bearer {TOKEN}")]


def test_service_reads_further_pages_of_the_clients_own_list(hasty, chart) -> None:
    prefetch = clean_prefetch() | {"labs": bundle(), "mine": first_page(chart, f"{chart.base}?page=2")["labs"]}
    chart.add("/fhir?page=2", as_json(bundle(*labs()[2:])))
    assert ask(hasty, chart, prefetch).body == {"cards": []}


@pytest.mark.parametrize(
    "reply", [Reply(status=500), Reply(after_s=SLOW_S), Reply(b"x")], ids=["500", "late", "garbage"]
)
def test_service_says_so_when_it_could_not_read_further_pages(hasty, chart, reply) -> None:
    prefetch = first_page(chart, f"{chart.base}?page=2")
    chart.add("/fhir?page=2", reply)
    topics = ask(hasty, chart, prefetch).topics
    assert topics[-1] == "checks-incomplete"


def test_service_does_not_read_further_pages_elsewhere(hasty, chart, elsewhere) -> None:
    elsewhere.add("/fhir?page=2", as_json(bundle(*labs()[2:])))
    answer = ask(hasty, chart, first_page(chart, f"{elsewhere.base}?page=2"))
    assert "checks-incomplete" in answer.topics
    assert elsewhere.heard == chart.heard == []


# --- Limits ----------------------------------------------------------------------------------------------------------


def test_service_bounds_all_that_is_read_for_one_call(chart) -> None:
    """Each page is within the limit of a body; all of them together are not."""
    caller = Caller(Settings(limits={"body_bytes": 100_000}))
    padding = b" " * 90_000
    for number in range(9):
        more = [{"relation": "next", "url": f"{chart.base}?page={number + 1}"}]
        body = json.dumps(bundle(link=more)).encode() + padding
        chart.add(f"/fhir?page={number}", Reply(body, headers={"Content-Type": "application/json"}))
    chart.replies |= {f"/fhir/{QUERIES[key]}": chart.replies["/fhir?page=0"] for key in ("labs", "lvef", "weight")}
    answer = ask(caller, chart, without(clean_prefetch(), "labs", "lvef", "weight"))
    # Which of the three lists is cut short, and at which page, depends on timing.
    assert answer.status == 412 or "checks-incomplete" in answer.topics
    assert len(chart.heard) <= 13


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param(Reply(headers={f"X-{n}": "x" * 50_000 for n in range(90)}), id="megabytes of headers"),
        pytest.param(Reply(headers={f"X-{n}": "x" for n in range(500)}), id="hundreds of headers"),
        pytest.param(Reply(headers={"X-Long": "x" * 100_000}), id="a header without an end"),
        pytest.param(Reply(drips=True), id="headers that come one byte at a time"),
    ],
)
def test_service_tolerates(hasty, chart, reply) -> None:
    chart.serve({}, labs=reply)
    began = time.monotonic()
    assert ask(hasty, chart, lacking_labs()).status in (200, 412)
    assert time.monotonic() - began < BUDGET_S + SLACK_S


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param(Reply(drips=True), id="sends headers slowly"),
        pytest.param(Reply(trickles=True), id="sends a body slowly"),
        pytest.param(Reply(after_s=SLOW_S), id="never answers"),
    ],
)
def test_service_recovers_its_threads_from_a_server_that(chart, reply) -> None:
    client = FhirClient(Settings(fhir={"timeout_s": 0.3}).fhir_limits)
    chart.serve({}, **dict.fromkeys(KEYS, reply))
    access = client.access(HookRequest("order-sign", "i", "pat-1", "u", (), {}, {}, chart.base))
    assert access is not None
    access.fetch({f"prefetch.{key}": query for key, query in QUERIES.items()})
    deadline = time.monotonic() + 20
    while client.threads._idle_semaphore._value < len(client.threads._threads) and time.monotonic() < deadline:
        time.sleep(0.02)
    # On a busy machine the first has its thread back before the last asks for one.
    assert client.threads._idle_semaphore._value == len(client.threads._threads) > 0


def test_service_spends_one_budget_on_the_order_its_drug_and_its_chart(chart) -> None:
    caller = Caller(Settings(fhir={"timeout_s": 1.0}))
    slow = {key: as_json(value, after_s=0.6) for key, value in clean_prefetch().items()}
    chart.serve({}, **slow)
    drug = {"resourceType": "Medication", "id": "med-1", "code": order()["medicationCodeableConcept"]}
    chart.add("/fhir/Medication/med-1", as_json(drug, after_s=0.6))
    draft = without(order(), "medicationCodeableConcept") | {"medicationReference": {"reference": "Medication/med-1"}}
    answer = caller.post(call(orders=[draft], prefetch={}, fhirServer=chart.base))
    # With a budget of its own the chart would have been there in time.
    assert (answer.status, answer.expression) == (412, [f"prefetch.{key}" for key in KEYS])


# --- Many at once ----------------------------------------------------------------------------------------------------


def test_service_keeps_its_connections(chart) -> None:
    caller = Caller()
    chart.serve(clean_prefetch())
    for _ in range(6):
        assert ask(caller, chart).body == {"cards": []}
    assert len(chart.heard) == 6 * len(KEYS)
    assert len({each.port for each in chart.heard}) <= len(KEYS)


def test_service_answers_all_calls_that_lack_everything_at_the_same_time(chart) -> None:
    caller = Caller(Settings(fhir={"timeout_s": 30}))
    chart.serve({}, **when_all_ask(CALLS_AT_ONCE * len(KEYS), clean_prefetch()))
    with ThreadPoolExecutor(CALLS_AT_ONCE) as calls:
        answers = list(calls.map(lambda _: Caller.post(caller, body_for(chart)), range(CALLS_AT_ONCE)))
    assert [answer.body for answer in answers] == [{"cards": []}] * CALLS_AT_ONCE


def body_for(chart: ChartServer) -> Json:
    return call(prefetch={}, fhirServer=chart.base)


def test_service_lets_no_caller_wait_for_anothers_slow_server(chart, elsewhere) -> None:
    caller = Caller(Settings(fhir={"timeout_s": 20}))
    chart.serve(clean_prefetch())
    elsewhere.serve({}, **dict.fromkeys(KEYS, Reply(after_s=SLOW_S)))
    with ThreadPoolExecutor(CALLS_AT_ONCE) as calls:
        stuck = [calls.submit(caller.post, body_for(elsewhere)) for _ in range(CALLS_AT_ONCE - 1)]
        deadline = time.monotonic() + 10
        while len(elsewhere.heard) < len(stuck) * len(KEYS) and time.monotonic() < deadline:
            time.sleep(0.01)
        for _ in range(5):
            assert caller.post(body_for(chart)).body == {"cards": []}
        assert not any(each.done() for each in stuck)
        elsewhere.closing.set()
        assert [each.result().status for each in stuck] == [412] * len(stuck)


def test_service_keeps_the_tokens_of_calls_at_the_same_time_apart(chart) -> None:
    caller = Caller(Settings(fhir={"timeout_s": 5}))
    chart.serve(clean_prefetch())

    def one(number: int) -> list[str]:
        access = authorization(f"token-{number}")
        return caller.post(call(prefetch={}, fhirServer=chart.base, fhirAuthorization=access)).topics

    with ThreadPoolExecutor(CALLS_AT_ONCE) as calls:
        assert list(calls.map(one, range(40))) == [[]] * 40
    sent = [each.headers["Authorization"] for each in chart.heard]
    assert {token: sent.count(token) for token in sent} == {f"Bearer token-{n}": len(KEYS) for n in range(40)}


def test_service_prints_no_token_of_an_access() -> None:
    request = HookRequest(
        "order-sign", "i", "pat-1", "u", (), {}, {}, "http://127.0.0.1/fhir", FhirAuthorization(TOKEN)
    )
    assert TOKEN not in repr(FhirClient(Settings().fhir_limits).access(request))
    assert TOKEN not in repr(request)
