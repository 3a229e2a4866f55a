"""Errors that suffice: who reads the answer and the log knows what to mend, all of it, at the first look."""

from __future__ import annotations

import gzip
import json
import socket
import zlib
from typing import TYPE_CHECKING

import pytest
from calls import COVERAGE, DISPATCH, PATIENT, SELECT, SIGN, VIEW, Caller, authorization, call, clean_prefetch, without
from certificates import Authority
from chart_server import ChartServer, Reply, as_json

from cds_service.configuration.environment import LISTENING_AT
from cds_service.configuration.settings import Settings
from cds_service.ehr.causes import cause_of, cause_of_refusal
from cds_service.telemetry.request_names import current

if TYPE_CHECKING:
    from calls import Answer
    from structlog.typing import EventDict

MARK = "SECRET-MARK"


@pytest.mark.parametrize(
    ("body", "says"),
    [
        pytest.param(b"", "the body is empty", id="nothing"),
        pytest.param(b" \n ", "the body is empty", id="blanks"),
        pytest.param(b"{", "ends too early, at line 1, column 2", id="an object that is not closed"),
        pytest.param(b'{"a": tru}', "invalid character at line 1, column 11", id="a word cut short"),
        pytest.param(b'{"hook": "x",\n "context" {}}', "at line 2, column 12", id="a colon left out"),
        pytest.param(b'{"hook": "x",\n}', "at line 2, column 1", id="a trailing comma"),
        pytest.param(
            '{"hook": "\u00e4\u00f6\u00fc" x}'.encode(), "at line 1, column 16", id="columns count characters"
        ),
        pytest.param(b'{"hook":\r\n "a\nb"}', "at line 2, column 4", id="a line break in a text"),
        pytest.param(b'{"hook": "\xff"}', "not UTF-8 text: line 1, column 11", id="no text"),
        pytest.param(b"\xef\xbb\xbf{}", "begins with a byte order mark", id="a byte order mark"),
        pytest.param(b"{1: 2}", "object keys must be strings at line 1, column 2", id="a key without marks"),
    ],
)
@pytest.mark.parametrize("path", [SIGN, f"{SIGN}/feedback"])
def test_where_json_breaks_off_is_reported(service, path, body, says) -> None:
    answer = service.post(body, path)
    assert (answer.status, answer.code) == (400, "not-json")
    assert says in answer.body["issue"][0]["details"]["text"]


def test_the_position_in_invalid_json_never_quotes_it(service) -> None:
    answer = service.post(f'{{"hook": "order-sign",\n"context": {{"patientId": "{MARK}" "x"}}}}'.encode())
    assert answer.code == "not-json"
    assert MARK not in answer.raw.decode()


def told(answer: Answer) -> list[tuple[str, str]]:
    """Return the code and the field of each problem."""
    return [
        (issue["details"]["coding"][0]["code"], (issue.get("expression") or [""])[0]) for issue in answer.body["issue"]
    ]


@pytest.mark.parametrize(
    ("service_id", "body", "problems"),
    [
        pytest.param(
            SIGN,
            {},
            [("required", "hook"), ("required", "hookInstance"), ("required", "context")],
            id="an empty object",
        ),
        pytest.param(
            SELECT,
            {"hook": "order-select", "context": {"patientId": 7}, "fhirAuthorization": authorization()},
            [
                ("required", "hookInstance"),
                ("required", "fhirServer"),
                ("wrong-type", "context.patientId"),
                ("required", "context.userId"),
                ("required", "context.selections"),
                ("required", "context.draftOrders"),
            ],
            id="everything that a selection needs",
        ),
        pytest.param(
            SIGN,
            {"hook": "order-select", "context": {}},
            [("hook-mismatch", "hook"), ("required", "hookInstance"), ("required", "context.patientId")],
            id="of another hook nothing is asked that this one needs",
        ),
        pytest.param(
            DISPATCH,
            {"hook": "order-dispatch", "hookInstance": "x", "context": {"patientId": "p"}},
            [("required", "context.dispatchedOrders"), ("required", "context.performer")],
            id="a dispatch",
        ),
        pytest.param(
            VIEW,
            {"hook": "patient-view", "context": {"patientId": "p"}},
            [("required", "hookInstance"), ("required", "context.userId")],
            id="an opened chart needs no orders",
        ),
        pytest.param(
            SIGN,
            {"hook": "order-sign", "context": {"patientId": "p", "userId": "u"}, "prefetch": []},
            [("wrong-type", "prefetch"), ("required", "hookInstance"), ("required", "context.draftOrders")],
            id="a prefetch of the wrong type among others",
        ),
        pytest.param(
            SIGN,
            {"hook": "order-sign", "hookInstance": "x", "context": {"patientId": "p"}, "fhirServer": "ftp://ehr/fhir"},
            [("required", "context.userId"), ("wrong-type", "fhirServer"), ("required", "context.draftOrders")],
            id="a server of another scheme among others",
        ),
    ],
)
def test_all_problems_of_a_request_are_reported_at_once(service, service_id, body, problems) -> None:
    answer = service.post(body, service_id)
    assert answer.status == 400
    assert told(answer) == problems


def test_one_problem_is_one_issue(service) -> None:
    assert told(service.post(without(call(), "hookInstance"))) == [("required", "hookInstance")]


@pytest.mark.parametrize("path", ["nope", "nope/feedback", f"{SIGN}/nope"])
def test_an_unknown_service_is_answered_with_those_that_exist(service, path) -> None:
    answer = service.post(call(), path)
    assert (answer.status, answer.code) == (404, "not-found")
    text = answer.body["issue"][0]["details"]["text"]
    assert all(each in text for each in (SELECT, SIGN, DISPATCH, VIEW, COVERAGE))
    assert "her2-orders" not in text


def test_an_unknown_service_is_answered_with_the_shared_id_where_there_is_one() -> None:
    answer = Caller(Settings(quirks={"same_ids": True})).post(call(), "nope")
    assert "her2-orders" in answer.body["issue"][0]["details"]["text"]


def test_any_other_unknown_address_points_to_the_list(service) -> None:
    answer = service.get("/cds-service")
    assert "/cds-services" in answer.body["issue"][0]["details"]["text"]


def packed_call(service: Caller, data: bytes, encoding: str, path: str = SIGN) -> Answer:
    headers = {"Content-Encoding": encoding}
    return service.send("POST", f"/cds-services/{path}", data=data, content_type="application/json", headers=headers)


@pytest.mark.parametrize("encoding", ["gzip", "x-gzip", "GZIP", " gzip "])
def test_a_body_compressed_with_gzip_is_taken(service, encoding) -> None:
    body = call()
    packed = gzip.compress(json.dumps(body).encode())
    assert packed_call(service, packed, encoding).cards == service.post(body).cards


@pytest.mark.parametrize("encoding", ["identity", ""])
def test_a_body_declared_as_identity_encoding_is_accepted(service, encoding) -> None:
    assert packed_call(service, json.dumps(call()).encode(), encoding).status == 200


def test_compressed_feedback_is_read_like_any_other(service) -> None:
    packed = gzip.compress(b'{"feedback": []}')
    assert packed_call(service, packed, "gzip", f"{SIGN}/feedback").expression == ["feedback"]


@pytest.mark.parametrize("encoding", ["br", "zstd", "deflate", "compress", "gzip, br", "gzip, gzip", "x"])
def test_any_other_encoding_is_refused_with_the_accepted_ones(service, encoding) -> None:
    answer = packed_call(service, b"whatever", encoding)
    assert (answer.status, answer.code) == (415, "content-encoding-not-taken")
    assert answer.headers["Accept-Encoding"] == "gzip"


WHOLE = gzip.compress(b"{}")


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"{}", id="plain"),
        pytest.param(WHOLE[:-3], id="cut off"),
        pytest.param(WHOLE + b"x", id="something after it"),
        pytest.param(WHOLE + WHOLE, id="two of them"),
        pytest.param(zlib.compress(b"{}"), id="zlib"),
        pytest.param(WHOLE[:-8] + bytes(8), id="a wrong sum"),
    ],
)
def test_a_body_that_is_not_whole_gzip_is_refused(service, data) -> None:
    answer = packed_call(service, data, "gzip")
    assert (answer.status, answer.code) == (400, "not-gzip")


def test_a_compression_bomb_is_refused_before_it_is_unpacked() -> None:
    limited = Caller(Settings(limits={"body_bytes": 20_000}))
    bomb = gzip.compress(b" " * 10_000_000)
    assert len(bomb) < 20_000
    answer = packed_call(limited, bomb, "gzip")
    assert (answer.status, answer.code) == (413, "body-too-large")
    exactly = json.dumps(call()).encode().ljust(20_000)
    assert len(exactly) == 20_000
    assert packed_call(limited, gzip.compress(exactly), "gzip").status == 200
    assert packed_call(limited, gzip.compress(exactly + b" "), "gzip").status == 413


# Browsers


def test_a_browser_may_read_the_id_of_the_decision(service) -> None:
    answer = service.post(call())
    assert answer.headers["HER2-CDS-Decision"]
    assert "HER2-CDS-Decision" in answer.headers["Access-Control-Expose-Headers"]


def test_a_browser_may_read_the_tag_of_discovery(service) -> None:
    answer = service.get("/cds-services", headers={"Origin": "https://ehr.example.org"})
    assert "ETag" in answer.headers["Access-Control-Expose-Headers"]


# Discovery


def test_unchanged_discovery_is_not_sent_again(service) -> None:
    tag = service.get("/cds-services").headers["ETag"]
    again = service.client.get("/cds-services", headers={"If-None-Match": tag})
    assert (again.status_code, again.data) == (304, b"")
    assert again.headers["ETag"] == tag
    other = service.client.get("/cds-services", headers={"If-None-Match": 'W/"other"'})
    assert other.status_code == 200
    assert other.json["services"]


def test_changed_discovery_has_another_tag(service) -> None:
    crd = Caller(Settings(crd="2.2")).get("/cds-services").headers["ETag"]
    assert crd != service.get("/cds-services").headers["ETag"]


@pytest.mark.parametrize(
    ("accepted", "is_packed"),
    [("gzip", True), ("gzip, br", True), ("br;q=1, gzip;q=0.5", True), ("gzip;q=0", False), ("br", False), ("", False)],
)
def test_discovery_is_compressed_for_those_who_take_it(service, accepted, is_packed) -> None:
    plain = service.client.get("/cds-services")
    answer = service.client.get("/cds-services", headers={"Accept-Encoding": accepted})
    assert answer.headers["ETag"] == plain.headers["ETag"]
    assert "Accept-Encoding" in answer.headers["Vary"]
    assert ("Content-Encoding" in answer.headers) is is_packed
    assert (gzip.decompress(answer.data) if is_packed else answer.data) == plain.data
    assert int(answer.headers["Content-Length"]) == len(answer.data)


# Suggestions


def test_every_suggestion_says_whether_it_is_recommended(service) -> None:
    body = call(prefetch=clean_prefetch() | {"labs": {"resourceType": "Bundle", "type": "searchset"}})
    body["context"]["draftOrders"]["entry"][0]["resource"]["dosageInstruction"][0]["doseAndRate"][0]["doseQuantity"][
        "value"
    ] = 378
    cards = service.post(body).cards
    found = {card["source"]["topic"]["code"]: [s["isRecommended"] for s in card["suggestions"]] for card in cards}
    assert found["liver-tests-missing"][0] is True
    assert not any(found["liver-tests-missing"][1:])
    assert not any(found["dose-above-maximum"])


# Causes of failed fetches


def logged(log_lines: list[EventDict], event: str) -> list[str]:
    return sorted({str(line["cause"]) for line in log_lines if line["event"] == event})


def asked(server: str, caller: Caller) -> Answer:
    return caller.post(call(prefetch={}, fhirServer=server))


def test_the_log_says_that_a_connection_was_refused(log_lines, service) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        answer = asked(f"http://127.0.0.1:{taken.getsockname()[1]}/fhir", service)
    assert answer.status == 412
    assert logged(log_lines, "fhir_fetch_failed") == ["connection refused"]


def test_the_log_says_that_a_certificate_was_not_accepted(log_lines, tmp_path) -> None:
    server = ChartServer(clean_prefetch(), Authority(tmp_path).server_context("localhost"))
    try:
        asked(f"https://localhost:{server.server_port}/fhir", Caller(Settings()))
    finally:
        server.close()
    (cause,) = logged(log_lines, "fhir_fetch_failed")
    assert cause.startswith("certificate not accepted")
    assert "fhir.ca_bundle" in cause


def test_the_log_says_that_a_server_speaks_no_tls(log_lines, chart) -> None:
    asked(chart.base.replace("http:", "https:"), Caller(Settings()))
    assert logged(log_lines, "fhir_fetch_failed") == ["TLS: no common protocol, or no TLS at this port"]


def test_the_log_says_that_a_server_was_late(log_lines, chart) -> None:
    chart.serve(clean_prefetch(), labs=Reply(trickles=True))
    asked(chart.base, Caller(Settings(fhir={"timeout_s": 0.3})))
    assert len(logged(log_lines, "fhir_fetch_failed")) == 1


REFUSAL = {
    "resourceType": "OperationOutcome",
    "issue": [{"severity": "error", "code": "forbidden", "diagnostics": f"Patient/{MARK}"}],
}


def test_the_log_says_what_a_server_gave_as_its_reason_and_quotes_nothing(log_lines, chart) -> None:
    refusal = as_json(REFUSAL)
    refusal.status = 403
    refusal.headers["WWW-Authenticate"] = f'Bearer error="insufficient_scope", scope="patient/{MARK}.rs"'
    chart.serve(clean_prefetch(), labs=refusal)
    asked(chart.base, Caller(Settings()))
    assert logged(log_lines, "fhir_fetch_refused") == ["insufficient_scope, forbidden"]
    assert MARK not in str(log_lines)


def test_the_log_says_that_a_server_sent_a_page(log_lines, chart) -> None:
    chart.serve(clean_prefetch(), labs=Reply(b"<html>sign in</html>", headers={"Content-Type": "text/html"}))
    asked(chart.base, Caller(Settings()))
    assert [each["content_type"] for each in log_lines if each["event"] == "fhir_fetch_unreadable"] == ["text/html"]


@pytest.mark.parametrize(
    ("headers", "body", "cause"),
    [
        pytest.param({}, b"", "no reason given", id="nothing"),
        pytest.param({}, b"<html>", "no reason given", id="a page"),
        pytest.param({}, b"[" * 100_000, "no reason given", id="deep"),
        pytest.param({}, b'{"issue": {"code": "expired"}}', "expired", id="one issue, not in a list"),
        pytest.param({}, f'{{"issue": [{{"code": "{MARK}"}}]}}'.encode(), "no reason given", id="a code of its own"),
        pytest.param({"WWW-Authenticate": 'Bearer error="invalid_token"'}, b"", "invalid_token", id="a bad token"),
        pytest.param({"WWW-Authenticate": f"Basic realm={MARK}"}, b"", "no reason given", id="another scheme"),
    ],
)
def test_the_cause_of_a_refusal_is_from_a_closed_list(headers, body, cause) -> None:
    assert cause_of_refusal(headers, body) == cause


def test_an_error_that_is_its_own_cause_is_handled() -> None:
    error = ValueError("x")
    error.__context__ = OSError("y", error)
    assert cause_of(error) == "no connection"


# The address of a service whose configuration names none


def test_a_service_without_a_public_address_uses_the_one_it_listens_on(monkeypatch) -> None:
    monkeypatch.setenv(LISTENING_AT, "http://127.0.0.1:9123")
    assert Settings().base_url == "http://127.0.0.1:9123"
    assert Settings(public_url="https://cds.example.org/").base_url == "https://cds.example.org"
    card = Caller(Settings()).post(call(prefetch=clean_prefetch() | {"lvef": None})).cards[0]
    assert card["source"]["topic"]["system"] == "http://127.0.0.1:9123/CodeSystem/card-topic"


# Queries


def test_codes_reach_a_server_behind_a_proxy_that_merges_slashes(chart, service) -> None:
    asked(chart.base, service)
    raw = [each.raw for each in chart.heard]
    searches = [path.partition("?")[2] for path in raw if "?" in path]
    assert any("code=http%3A%2F%2Floinc.org%7C" in each for each in searches)
    assert not any("//" in each or "|" in each for each in searches)
    assert not any(MARK in each for each in searches)
    assert any(PATIENT in each for each in searches)


def test_the_templates_stay_as_cds_hooks_writes_them(service) -> None:
    announced = service.get("/cds-services").body["services"][0]["prefetch"]
    assert "code=http://loinc.org|" in announced["weight"]


@pytest.fixture(scope="module")
def limited() -> Caller:
    """Start a service that takes short bodies."""
    return Caller(Settings(limits={"body_bytes": 2048}))


@pytest.mark.parametrize(
    ("sent", "says", "line"),
    [
        pytest.param(
            ("GET", f"/cds-services/{SIGN}", {}), "takes POST only", {"status": 405, "service": SIGN}, id="405"
        ),
        pytest.param(
            ("POST", "/cds-services", {}), "takes GET only", {"status": 405, "service": None}, id="405 of a list"
        ),
        pytest.param(
            (MARK, f"/cds-services/{SIGN}/feedback", {}), "POST", {"status": 405, "method": "other"}, id="405 of a word"
        ),
        pytest.param(("POST", f"/cds-services/{MARK}", {}), SIGN, {"status": 404, "service": None}, id="404"),
        pytest.param(
            ("GET", f"/{MARK}?patient={MARK}", {}), "/cds-services", {"status": 404, "route": None}, id="no page"
        ),
        pytest.param(
            (
                "POST",
                f"/cds-services/{SIGN}",
                {"data": f"patient={MARK}", "content_type": "application/x-www-form-urlencoded"},
            ),
            "application/json",
            {"status": 415, "code": "not-json-content", "service": SIGN},
            id="415",
        ),
        pytest.param(
            ("POST", f"/cds-services/{SIGN}/feedback", {"data": b" " * 2049, "content_type": "application/json"}),
            "2048 bytes",
            {"status": 413, "code": "body-too-large", "route": "/cds-services/<service_id>/feedback", "service": SIGN},
            id="413",
        ),
        pytest.param(
            (
                "POST",
                f"/cds-services/{SIGN}",
                {"data": b"{}", "content_type": "application/json", "headers": {"Content-Encoding": "br"}},
            ),
            "gzip",
            {"status": 415, "code": "content-encoding-not-taken"},
            id="415 of an encoding",
        ),
    ],
)
def test_a_request_refused_unread_is_logged(limited, log_lines: list[EventDict], sent, says, line) -> None:
    method, path, more = sent
    answer = limited.send(method, path, **more)
    assert says in answer.body["issue"][0]["details"]["text"]
    (refused,) = [each for each in log_lines if each["event"] == "request_refused"]
    assert {name: refused[name] for name in line} == line
    assert refused["status"] == answer.status
    assert MARK not in str(log_lines)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"hook": "order-select"}, id="another hook"),
        pytest.param({"context": {}}, id="no context"),
        pytest.param({"prefetch": []}, id="a prefetch that is a list"),
    ],
)
def test_a_refused_hook_is_known_by_its_instance_in_the_log(service, change) -> None:
    assert service.post({**call(), "hookInstance": "inst-1", **change}).status == 400
    names = current()
    assert names is not None
    assert names.hook_instance == "inst-1"
