"""What the prefetch lacks is read from the FHIR server, over real HTTP: completely, in time, and from nowhere else."""

from __future__ import annotations

import codecs
import gzip
import json
import time
from itertools import combinations
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import pytest
from calls import (
    INSTANCE,
    KEYS,
    PATIENT,
    QUERIES,
    SELECT,
    SIGN,
    Caller,
    aspirin,
    assert_missing,
    authorization,
    bundle,
    call,
    clean_prefetch,
    labs,
    lvef,
    order,
    outcome,
    troubled_prefetch,
    weight,
    without,
)
from chart_server import ChartServer, Reply, as_json, when_all_ask

from cds_service.configuration.settings import Settings
from cds_service.ehr.client import FhirClient
from fhir_mappings.request.hook_request import FhirAuthorization, HookRequest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from calls import Answer, Json

BUDGET_S = 0.8
# A busy machine is slow anyway; to wait for the server would take half a minute.
SLACK_S = 8.0
SLOW_S = 30.0
TOKEN = "token-of-one-call"  # noqa: S105 - opens nothing


@pytest.fixture(scope="module")
def chart() -> Iterator[ChartServer]:
    """Yield the FHIR server of the EHR."""
    server = ChartServer()
    yield server
    server.close()


@pytest.fixture(scope="module")
def elsewhere() -> Iterator[ChartServer]:
    """Yield a server that nobody should be asked to."""
    server = ChartServer()
    yield server
    server.close()


@pytest.fixture
def hasty() -> Caller:
    """Return a service with a small budget of time, and connections of its own."""
    return Caller(Settings(fhir={"timeout_s": BUDGET_S}))


def ask(caller: Caller, chart: ChartServer, prefetch: Json | None = None, token: str = TOKEN, **more: Any) -> Answer:
    more = {"fhirServer": chart.base, "fhirAuthorization": authorization(token) if token else None, **more}
    return caller.post(call(prefetch=prefetch or {}, **more))


@pytest.mark.parametrize("service_id", [SELECT, SIGN])
@pytest.mark.parametrize("count", range(len(KEYS) + 1))
def test_service_gives_the_same_cards_by_prefetch_and_by_fetch(service, chart, service_id, count) -> None:
    whole = troubled_prefetch()
    expected = service.post(call(service_id, [order(378)], whole), service_id)
    assert len(expected.topics) >= 4
    for keys in combinations(KEYS, count):
        chart.serve(whole)
        sent = {key: whole[key] for key in keys}
        fetched = service.post(call(service_id, [order(378)], sent, fhirServer=chart.base), service_id)
        assert fetched.cards == expected.cards
        assert chart.keys == [key for key in KEYS if key not in keys]


@pytest.mark.parametrize(
    "failed",
    [
        pytest.param(outcome(), id="an OperationOutcome"),
        pytest.param(bundle(outcome()), id="a Bundle with an error alone"),
        pytest.param("nonsense", id="nonsense"),
        pytest.param({"response": {"status": "500"}}, id="a response without a resource"),
    ],
)
@pytest.mark.parametrize("key", KEYS)
def test_service_fetches_what_the_client_could_not(service, chart, key, failed) -> None:
    chart.serve(clean_prefetch())
    assert ask(service, chart, {**clean_prefetch(), key: failed}).body == {"cards": []}
    assert chart.keys == [key]


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("answered", [None, bundle()], ids=["null", "an empty Bundle"])
def test_service_does_not_ask_again_for_what_the_client_reports_as_empty(service, chart, key, answered) -> None:
    chart.serve(clean_prefetch())
    assert ask(service, chart, {**clean_prefetch(), key: answered}).status == 200
    assert chart.heard == []


def test_service_asks_nothing_for_an_order_out_of_scope(service, chart) -> None:
    chart.serve(clean_prefetch())
    assert service.post(call(orders=[aspirin()], prefetch={}, fhirServer=chart.base)).body == {"cards": []}
    assert chart.heard == []


def test_service_only_reads_from_the_server(service, chart) -> None:
    chart.serve(clean_prefetch())
    ask(service, chart)
    assert {each.method for each in chart.heard} == {"GET"}
    assert sorted(each.path for each in chart.heard) == sorted(f"/fhir/{query}" for query in QUERIES.values())
    assert {each.headers["Accept"] for each in chart.heard} == {"application/fhir+json, application/json"}


@pytest.mark.parametrize(
    "patient",
    ["pat/../../1", "pat 1", "pat&code=x", "pat?x", "pat#x", "pät-1", "%2e%2e", "pat|1", "pat,1"],
)
def test_service_puts_a_patient_into_the_address_whatever_the_id(service, chart, patient) -> None:
    chart.serve({})
    body = call(orders=[without(order(), "subject")], prefetch={}, fhirServer=chart.base)
    body["context"]["patientId"] = patient
    service.post(body)
    asked = [each.path for each in chart.heard]
    wanted = [f"/fhir/{q.replace(PATIENT, patient, 1)}" for q in QUERIES.values()]
    if ".." in unquote(patient):
        # A server that decodes twice would read another resource.
        wanted.remove(f"/fhir/Patient/{patient}")
    assert sorted(asked) == sorted(wanted)


# --- The token -------------------------------------------------------------------------------------------------------


def test_service_shows_the_token_in_one_header_and_nowhere_else(service, chart, log_lines) -> None:
    chart.serve(clean_prefetch(), labs=Reply(status=500), lvef=Reply(b"{", headers={"X": "y"}))
    answer = ask(service, chart)
    assert {each.headers["Authorization"] for each in chart.heard} == {f"Bearer {TOKEN}"}
    assert not any(TOKEN in each.path for each in chart.heard)
    assert not any(TOKEN in value for each in chart.heard for name, value in each.headers.items() if name[0] != "A")
    assert TOKEN.encode() not in answer.raw
    assert log_lines
    assert TOKEN not in repr(log_lines)
    assert not any(word in repr(log_lines) for word in (PATIENT, INSTANCE, chart.base, "onc-17"))


@pytest.mark.parametrize(
    "access",
    [
        pytest.param(None, id="no authorization"),
        pytest.param(authorization(""), id="an empty token"),
        pytest.param({"token_type": "Bearer"}, id="an authorization without a token"),
        pytest.param({"access_token": 5}, id="a token that is a number"),
    ],
)
def test_service_asks_an_open_server_without_a_token_given(service, chart, access) -> None:
    chart.serve(clean_prefetch())
    assert ask(service, chart, fhirAuthorization=access).body == {"cards": []}
    assert not any("Authorization" in each.headers for each in chart.heard)


@pytest.mark.parametrize(
    ("patient", "is_used"),
    [
        pytest.param(PATIENT, True, id="the patient"),
        pytest.param(f"Patient/{PATIENT}", True, id="the patient, as a reference"),
        pytest.param("Patient/pat-2", False, id="another patient, as a reference"),
        pytest.param("", True, id="nobody in particular"),
        pytest.param(None, True, id="null"),
        pytest.param("pat-2", False, id="another patient"),
    ],
)
def test_service_uses_a_token_for(service, chart, patient, is_used) -> None:
    chart.serve(clean_prefetch())
    answer = ask(service, chart, fhirAuthorization=authorization(TOKEN, patient=patient))
    assert (answer.status, bool(chart.heard)) == ((200, True) if is_used else (412, False))


@pytest.mark.parametrize(
    "token",
    ["tok€n", "token\r\nX-Other: 1", "token\n", "\ud83d\ude00", "x" * 100_000],
    ids=lambda token: repr(token[:9]),
)
def test_service_tolerates_a_token_that_cannot_be_sent(service, chart, log_lines, token) -> None:
    chart.serve(clean_prefetch())
    answer = ask(service, chart, token=token)
    assert answer.status in (200, 412)
    assert not any("X-Other" in each.headers for each in chart.heard)
    assert token.strip() not in repr(log_lines)


def test_service_does_not_send_a_servers_cookies_with_the_next_token(service, chart) -> None:
    reply = as_json(clean_prefetch()["labs"])
    reply.headers["Set-Cookie"] = "session=of-the-first; Path=/"
    chart.serve(clean_prefetch(), labs=reply)
    for token in ("first", "second", "third"):
        assert ask(service, chart, token=token).status == 200
    assert not any("Cookie" in each.headers for each in chart.heard)


# --- Pages -----------------------------------------------------------------------------------------------------------


def page(*resources: Json, following: str | None = None) -> Reply:
    return as_json(bundle(*resources, **({"link": [{"relation": "next", "url": following}]} if following else {})))


def in_three_pages(chart: ChartServer) -> dict[str, Reply]:
    """Spread the laboratory results of the chart over three pages."""
    third = chart.add("/fhir?_getpages=x&_offset=3", page(*labs()[3:]))
    second = chart.add("/fhir?_getpages=x&_offset=2", page(*labs()[1:3], following=third))
    return {"labs": page(*labs()[:1], following=second)}


def test_service_reads_every_page(service, chart) -> None:
    chart.serve(clean_prefetch())
    chart.replies |= {f"/fhir/{QUERIES[key]}": reply for key, reply in in_three_pages(chart).items()}
    assert ask(service, chart).body == {"cards": []}
    assert {each.headers["Authorization"] for each in chart.heard} == {f"Bearer {TOKEN}"}
    assert len(chart.heard) == len(KEYS) + 2


BAD_PAGES = [
    pytest.param(Reply(status=500), id="that is an error"),
    pytest.param(Reply(status=404), id="that was removed"),
    pytest.param(Reply(status=302, headers={"Location": "/fhir/x"}), id="that is elsewhere"),
    pytest.param(Reply(hangs_up=True), id="that never comes"),
    pytest.param(Reply(after_s=SLOW_S), id="that comes too late"),
    pytest.param(Reply(trickles=True), id="that arrives slowly"),
    pytest.param(Reply(b"<html>"), id="that is not JSON"),
    pytest.param(Reply(b"null"), id="that is null"),
    pytest.param(Reply(b""), id="that is empty"),
    pytest.param(as_json(outcome()), id="that is an OperationOutcome"),
    pytest.param(as_json(bundle(outcome())), id="with an error alone"),
    pytest.param(as_json(bundle(*labs()[2:], outcome())), id="with an error among its results"),
]


@pytest.mark.parametrize("reply", BAD_PAGES)
def test_service_says_so_when_there_is_a_next_page(hasty, chart, reply) -> None:
    chart.serve(clean_prefetch())
    second = chart.add("/fhir?page=2", reply)
    chart.replies[f"/fhir/{QUERIES['labs']}"] = page(*labs(), following=second)
    began = time.monotonic()
    assert ask(hasty, chart).topics == ["checks-incomplete"]
    assert time.monotonic() - began < BUDGET_S + SLACK_S


@pytest.mark.parametrize(
    "address",
    [
        pytest.param("{elsewhere}/fhir?page=2", id="on another port"),
        pytest.param("http://localhost:{port}/fhir?page=2", id="on another name of the host"),
        pytest.param("http://x@127.0.0.1:{port}/fhir?page=2", id="with a user"),
        pytest.param("https://127.0.0.1:{port}/fhir?page=2", id="of another scheme"),
        pytest.param("http://127.0.0.1:{port}/other?page=2", id="outside the base"),
        pytest.param("http://127.0.0.1:{port}/fhirx?page=2", id="beside the base"),
        pytest.param("http://127.0.0.1:{port}/fhir/../other?page=2", id="with path traversal out of the base"),
        pytest.param("http://127.0.0.1:{port}/fhir/%2e%2e/other?page=2", id="with encoded path traversal"),
        pytest.param("http://127.0.0.1:{port}/fhir/%2E./other?page=2", id="with partly encoded path traversal"),
        pytest.param("http://127.0.0.1:{port}\\@{elsewhere_host}/fhir?page=2", id="with a backslash"),
        pytest.param("http://127.0.0.1:{port}\t/fhir?page=2", id="with a tab"),
        pytest.param("//{elsewhere_host}/fhir?page=2", id="without a scheme"),
        pytest.param("/fhir?page=2", id="without a host"),
        pytest.param("file:///etc/passwd", id="that is a file"),
        pytest.param("http://[::1", id="that is half an address"),
    ],
)
def test_service_does_not_follow_a_next_page(service, chart, elsewhere, address) -> None:
    elsewhere.serve({})
    host = f"127.0.0.1:{elsewhere.server_port}"
    following = address.format(elsewhere=f"http://{host}", elsewhere_host=host, port=chart.server_port)
    chart.serve(clean_prefetch(), labs=page(*labs(), following=following))
    assert ask(service, chart).topics == ["checks-incomplete"]
    assert elsewhere.heard == []
    assert len(chart.heard) == len(KEYS)


def test_service_does_not_follow_pages_in_a_circle(service, chart) -> None:
    chart.serve(clean_prefetch())
    path = f"/fhir/{QUERIES['labs']}"
    chart.replies[path] = page(*labs(), following=f"http://127.0.0.1:{chart.server_port}{path}")
    assert ask(service, chart).topics == ["checks-incomplete"]
    assert len(chart.heard) < 20


def test_service_finds_the_results_on_a_later_page_when_the_first_is_empty(service, chart) -> None:
    chart.serve(clean_prefetch())
    second = chart.add("/fhir?page=2", page(*labs()))
    chart.replies[f"/fhir/{QUERIES['labs']}"] = page(following=second)
    assert ask(service, chart).body == {"cards": []}


# --- A server that misbehaves ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("key", ["patient", "labs"])
def test_service_does_not_follow_a_redirect(service, chart, elsewhere, status, key) -> None:
    elsewhere.serve(clean_prefetch())
    location = {"Location": f"{elsewhere.base}/{QUERIES[key]}"}
    chart.serve(clean_prefetch(), **{key: Reply(status=status, headers=location)})
    assert_missing(ask(service, chart), key)
    assert elsewhere.heard == []


FAILURES = [
    pytest.param(Reply(status=404), id="404"),
    pytest.param(Reply(status=401), id="401"),
    pytest.param(Reply(status=403, body=json.dumps(outcome()).encode()), id="403"),
    pytest.param(Reply(status=410), id="410"),
    pytest.param(Reply(status=429, headers={"Retry-After": "1"}), id="429"),
    pytest.param(Reply(status=500, body=b'{"resourceType":"Bundle"}'), id="500"),
    pytest.param(Reply(status=503), id="503"),
    pytest.param(Reply(status=204), id="204"),
    pytest.param(Reply(status=206, body=b'{"resourceType":"Bundle"}'), id="206"),
    pytest.param(Reply(b""), id="nothing"),
    pytest.param(Reply(b"null"), id="null"),
    pytest.param(Reply(b"[]"), id="an array"),
    pytest.param(Reply(b"{}"), id="an empty object"),
    pytest.param(Reply(b'"text"'), id="a text"),
    pytest.param(Reply(b"<html>sign in</html>", headers={"Content-Type": "text/html"}), id="a page to sign in"),
    pytest.param(Reply(b'{"resourceType":"Bundle","entry":[{"resource":{"id":'), id="half a Bundle"),
    pytest.param(Reply(b"\xff\xfe\x00\x01" * 100), id="garbage"),
    pytest.param(Reply(b"[" * 101), id="an array 101 deep"),
    pytest.param(Reply(b"{}", headers={"Content-Encoding": "gzip"}), id="what it calls gzip"),
    pytest.param(Reply(b"{}", headers={"Content-Length": "100"}), id="less than it announced"),
    pytest.param(Reply(b'{"resourceType":"Bundle"}' + b" " * 300_000), id="more than the limit"),
    pytest.param(
        Reply(gzip.compress(b" " * 30_000_000 + b'{"resourceType":"Bundle"}'), headers={"Content-Encoding": "gzip"}),
        id="much more than the limit, compressed",
    ),
    pytest.param(Reply(hangs_up=True), id="a closed connection"),
    pytest.param(as_json(outcome()), id="an OperationOutcome"),
    pytest.param(as_json(bundle(outcome())), id="a Bundle with an error alone"),
    pytest.param(Reply(after_s=SLOW_S), id="nothing for a long time"),
    pytest.param(Reply(trickles=True), id="one byte after the other"),
]


@pytest.mark.parametrize("key", ["tumorMarkers", "conditions"])
@pytest.mark.parametrize("reply", FAILURES)
def test_service_cannot_check_when_a_search_brings(chart, log_lines, key, reply) -> None:
    caller = Caller(Settings(fhir={"timeout_s": BUDGET_S}, limits={"body_bytes": 200_000}))
    chart.serve(clean_prefetch(), **{key: reply})
    began = time.monotonic()
    assert_missing(ask(caller, chart), key)
    assert time.monotonic() - began < BUDGET_S + SLACK_S
    assert not any(word in repr(log_lines) for word in (TOKEN, PATIENT, chart.base))


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param(Reply(status=500), id="500"),
        pytest.param(Reply(status=401), id="401"),
        pytest.param(Reply(b"null"), id="null"),
        pytest.param(Reply(b"garbage"), id="garbage"),
        pytest.param(as_json(outcome()), id="an OperationOutcome"),
    ],
)
def test_service_cannot_check_when_the_read_of_the_patient_brings(service, chart, reply) -> None:
    chart.serve(clean_prefetch(), patient=reply)
    assert_missing(ask(service, chart), "patient")


def test_service_treats_an_absent_patient_as_missing(service, chart) -> None:
    chart.serve(clean_prefetch(), patient=Reply(status=404))
    assert ask(service, chart).status == 200


def test_service_cannot_check_with_a_server_that_has_nothing_at_all(service, chart) -> None:
    """A wrong base URL: the patient is not found there, and no search is answered."""
    chart.serve({}, **dict.fromkeys(KEYS, Reply(status=404)))
    assert_missing(ask(service, chart), *KEYS)


def test_service_reads_an_answer_that_begins_with_a_byte_order_mark(service, chart) -> None:
    marked = Reply(codecs.BOM_UTF8 + json.dumps(clean_prefetch()["labs"]).encode())
    chart.serve(clean_prefetch(), labs=marked)
    assert ask(service, chart).body == {"cards": []}


@pytest.mark.parametrize("encoding", ["gzip", "identity"])
def test_service_reads_a_compressed_answer(service, chart, encoding) -> None:
    body = json.dumps(clean_prefetch()["labs"]).encode()
    packed = gzip.compress(body) if encoding == "gzip" else body
    chart.serve(clean_prefetch(), labs=Reply(packed, headers={"Content-Encoding": encoding}))
    assert ask(service, chart).body == {"cards": []}


def test_service_waits_for_all_searches_together_no_longer_than_its_budget(hasty, chart) -> None:
    chart.serve({}, **dict.fromkeys(KEYS, Reply(after_s=SLOW_S)))
    began = time.monotonic()
    assert_missing(ask(hasty, chart), *KEYS)
    assert BUDGET_S * 0.9 < time.monotonic() - began < BUDGET_S + SLACK_S


def test_service_asks_for_everything_at_once(chart) -> None:
    chart.serve({}, **when_all_ask(len(KEYS), clean_prefetch()))
    assert ask(Caller(Settings(fhir={"timeout_s": 30})), chart).body == {"cards": []}


@pytest.mark.parametrize(
    "reply",
    [pytest.param(Reply(after_s=1.5), id="late"), pytest.param(Reply(trickles=True), id="arriving slowly")],
)
def test_service_is_not_held_up_afterwards_by_answers_that_were(hasty, chart, reply) -> None:
    for _ in range(3):
        chart.serve({}, **dict.fromkeys(KEYS, reply))
        assert_missing(ask(hasty, chart), *KEYS)
    time.sleep(0.2)
    chart.serve(clean_prefetch())
    assert ask(hasty, chart).body == {"cards": []}


# --- Which servers may be asked --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("allowed", "server", "may"),
    [
        pytest.param([], "http://127.0.0.1:8090/fhir", True, id="loopback, when none is listed"),
        pytest.param([], "http://localhost/fhir", True, id="loopback by its name, when no server is listed"),
        pytest.param([], "http://LOCALHOST/fhir", True, id="loopback in capitals, when none is listed"),
        pytest.param([], "https://[::1]:8443/fhir", True, id="loopback of IPv6, when none is listed"),
        pytest.param([], "https://ehr.example.org/fhir", False, id="anything else, when none is listed"),
        pytest.param([], "http://127.0.0.1.example.org/fhir", False, id="a name that begins like loopback"),
        pytest.param([], "http://localhost.example.org/", False, id="a name that begins like localhost"),
        pytest.param([], "http://127.0.0.1@example.org/", False, id="loopback for a user"),
        pytest.param([], "http://example.org\\@127.0.0.1/", False, id="loopback after a backslash"),
        pytest.param([], "http://example.org#@127.0.0.1/", False, id="loopback in a fragment"),
        pytest.param([], "http://169.254.169.254/latest", False, id="the address of cloud metadata"),
        pytest.param([], "http://0.0.0.0/", False, id="any address"),
        pytest.param([], "http://2130706433/", False, id="loopback as a number"),
        pytest.param([], "gopher://127.0.0.1/", False, id="loopback by another scheme"),
        pytest.param([], "http:///fhir", False, id="no host"),
        pytest.param(["https://a.example/fhir"], "https://a.example/fhir", True, id="the one listed"),
        pytest.param(["https://a.example/fhir"], "https://a.example/fhir/", True, id="with a slash at the end"),
        pytest.param(["https://a.example/fhir/"], "https://a.example/fhir", True, id="without the listed slash"),
        pytest.param(["https://a.example/fhir"], "https://a.example:443/fhir", True, id="with the port written out"),
        pytest.param(["https://a.example/fhir"], "HTTPS://A.EXAMPLE/fhir", True, id="in capitals"),
        pytest.param(["https://a.example/fhir"], "https://a.example/fhir/tenant", True, id="below the one listed"),
        pytest.param(["https://a.example"], "https://a.example/anything", True, id="below a listed host"),
        pytest.param(["https://b.example", "https://a.example"], "https://a.example/", True, id="one of several"),
        pytest.param(["https://a.example/fhir"], "http://a.example/fhir", False, id="without encryption"),
        pytest.param(["https://a.example/fhir"], "https://a.example:8443/fhir", False, id="on another port"),
        pytest.param(["https://a.example/fhir"], "https://b.example/fhir", False, id="on another host"),
        pytest.param(["https://a.example/fhir"], "https://x.a.example/fhir", False, id="on a host below"),
        pytest.param(["https://a.example/fhir"], "https://a.example.org/fhir", False, id="on a longer host"),
        pytest.param(["https://a.example/fhir"], "https://a.example./fhir", False, id="on the host with a dot"),
        pytest.param(["https://a.example/fhir"], "https://a.example/fhirx", False, id="beside the path"),
        pytest.param(["https://a.example/fhir"], "https://a.example/FHIR", False, id="with the path in capitals"),
        pytest.param(["https://a.example/fhir"], "https://a.example/", False, id="above the path"),
        pytest.param(["https://a.example/fhir"], "https://a.example/fhir/../x", False, id="path traversal"),
        pytest.param(["https://a.example/fhir"], "https://a.example/fhir/%2e%2e/x", False, id="encoded path traversal"),
        pytest.param(
            ["https://a.example/fhir"], "https://a.example/fhir/%2E%2E", False, id="path traversal in capitals"
        ),
        pytest.param(["https://a.example/fhir"], "https://u@a.example/fhir", False, id="with a user"),
        pytest.param(["https://a.example/fhir"], "https://u:p@a.example/fhir", False, id="with a password"),
        pytest.param(["https://a.example/fhir"], "https://a.example/fhir?x=", False, id="with a query"),
        pytest.param(["https://a.example/fhir"], "https://a.example/fhir#x", False, id="with a fragment"),
        pytest.param(["https://a.example/fhir"], "https://a.example/fhir ", False, id="with a blank"),
        pytest.param(["https://a.example/fhir"], "\thttps://a.example/fhir", False, id="with a tab"),
        pytest.param(["https://a.example/fhir"], "https://a.example/fhir\n", False, id="with a line break"),
        pytest.param(["https://a.example/fhir"], "http://127.0.0.1/fhir", False, id="loopback, when another is listed"),
    ],
)
def test_service_may_ask(allowed, server, may) -> None:
    client = FhirClient(Settings(fhir={"allowed_servers": allowed}).fhir_limits)
    request = HookRequest("order-sign", INSTANCE, PATIENT, "u", (), {}, {}, server)
    assert (client.access(request) is not None) is may


@pytest.mark.parametrize(
    ("allowed", "is_asked"),
    [
        pytest.param("{base}", True, id="allowed"),
        pytest.param("{base}/", True, id="allowed with a slash"),
        pytest.param("{host}", True, id="below an allowed one"),
        pytest.param("{base}/tenant", False, id="above the allowed one"),
        pytest.param("{host}/other", False, id="beside the allowed one"),
        pytest.param("http://127.0.0.1:1/fhir", False, id="on another port than the allowed one"),
        pytest.param("https://ehr.example.org/fhir", False, id="not allowed at all"),
    ],
)
def test_service_asks_a_server_that_is(chart, allowed, is_asked) -> None:
    chart.serve(clean_prefetch())
    host = f"http://127.0.0.1:{chart.server_port}"
    caller = Caller(Settings(fhir={"allowed_servers": [allowed.format(base=chart.base, host=host)]}))
    answer = ask(caller, chart)
    assert (answer.status, bool(chart.heard)) == ((200, True) if is_asked else (412, False))


def test_service_never_shows_a_token_when_it_is_printed() -> None:
    assert TOKEN not in repr(FhirAuthorization(TOKEN, PATIENT))


# --- How it reads the chart ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "found", "topic"),
    [
        pytest.param("weight", bundle(), "dose-cannot-verify", id="no weight"),
        pytest.param("weight", bundle(weight(days=60)), "weight-stale", id="an old weight"),
        pytest.param("tumorMarkers", bundle(), "her2-missing", id="no HER2 result"),
        pytest.param("lvef", bundle(), "lvef-missing", id="no ejection fraction"),
        pytest.param("lvef", bundle(lvef(days=300)), "lvef-overdue", id="an old ejection fraction"),
        pytest.param("labs", bundle(), "liver-tests-missing", id="no laboratory results"),
    ],
)
def test_service_says_that_a_fetched_chart_has(service, chart, key, found, topic) -> None:
    chart.serve({**clean_prefetch(), key: found})
    assert topic in ask(service, chart).topics
