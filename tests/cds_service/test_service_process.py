"""``her2-cds serve`` as a real process: it starts, says where it is, answers over HTTP, logs, reloads and stops."""

from __future__ import annotations

import json
import multiprocessing
import time
from typing import TYPE_CHECKING

import pytest
from calls import DISPATCH, KEYS, SELECT, SIGN, authorization, call, check_body, clean_prefetch, order, without
from chart_server import ChartServer, Reply
from command_line import run
from running import Running, eventually, served, start_afresh, stop

from cds_service.server import Server

if TYPE_CHECKING:
    from collections.abc import Iterator

MARK = "MARK-1234"
LAST = {"Connection": "close"}
"""As many clients say; their connection ends with the answer, and breaks under them if they are still sending."""


@pytest.fixture(scope="module")
def running(tmp_path_factory) -> Iterator[Running]:
    """Yield a service that has a configuration file."""
    folder = tmp_path_factory.mktemp("service")
    config = folder / "her2.yaml"
    config.write_text("auth: {mode: off}\nlimits: {body_bytes: 100000}\nfhir: {timeout_s: 1}\n")
    service = start_afresh(folder, "--config", str(config))
    yield service
    stop(service)


@pytest.fixture
def chart() -> Iterator[ChartServer]:
    """Yield the FHIR server of the EHR."""
    server = ChartServer()
    yield server
    server.close()


def test_workers_are_forked_where_python_would_start_them_anew() -> None:
    """Python 3.14 does; workers share what was loaded before only when they are forked."""
    usual = multiprocessing.get_start_method()
    try:
        multiprocessing.set_start_method("spawn", force=True)
        Server("cds_service.wsgi:application", factory=True)
        assert multiprocessing.get_start_method() == "fork"
    finally:
        multiprocessing.set_start_method(usual, force=True)


def test_service_process_prints_the_addresses_to_open(running) -> None:
    for path in ("/", "/cds-services", "/health/ready", f"/cds-services/{SELECT}", f"/cds-services/{SIGN}"):
        assert f"http://127.0.0.1:{running.port}{path}" in running.printed


def test_service_process_without_a_public_address_calls_itself_by_its_port(running) -> None:
    own = f"http://127.0.0.1:{running.port}"
    assert running.send("GET", "/CodeSystem/card-topic")[2]["url"] == f"{own}/CodeSystem/card-topic"
    card = running.send("POST", f"/cds-services/{SIGN}", call(SIGN, [order(378)]))[2]["cards"][0]
    assert card["source"]["topic"]["system"] == f"{own}/CodeSystem/card-topic"


def test_service_process_warns_loudly_that_nobody_is_authenticated(running) -> None:
    warnings = [line for line in running.logged if line["event"] == "authentication_is_off"]
    assert [line["level"] for line in warnings] == ["warning"]


@pytest.mark.parametrize("service_id", [SELECT, SIGN, DISPATCH])
def test_service_process_answers_a_call(running, service_id) -> None:
    status, headers, body = running.send("POST", f"/cds-services/{service_id}", call(service_id, [order(378)]))
    assert (status, headers["Content-Type"]) == (200, "application/json")
    assert [card["source"]["topic"]["code"] for card in body["cards"]] == ["dose-above-maximum"]


@pytest.mark.parametrize(
    ("method", "path", "body", "headers", "expected"),
    [
        pytest.param("GET", "/cds-services", None, {}, 200, id="discovery"),
        pytest.param("GET", "/CodeSystem/card-topic", None, {}, 200, id="the topics"),
        pytest.param(
            "OPTIONS", f"/cds-services/{SIGN}/feedback", None, {"Origin": "https://x.example"}, 200, id="cors"
        ),
        pytest.param("POST", f"/cds-services/{SIGN}", b"{", {}, 400, id="half a body"),
        pytest.param("POST", f"/cds-services/{SIGN}", b"[" * 101, {}, 400, id="an array 101 deep"),
        pytest.param("POST", f"/cds-services/{SIGN}", b"9" * 90_000, {}, 400, id="a number of 90,000 digits"),
        pytest.param("POST", f"/cds-services/{SIGN}", b"\xff" * 90_000, {}, 400, id="garbage"),
        pytest.param("POST", f"/cds-services/{SIGN}", b"", {}, 400, id="no body"),
        pytest.param("POST", "/cds-services/nope", b"{}", {}, 404, id="an unknown service"),
        pytest.param("GET", "/%00%ff%2e%2e/x?%zz", None, {}, 404, id="an unusual address"),
        pytest.param("DELETE", f"/cds-services/{SIGN}", None, {}, 405, id="a wrong method"),
        pytest.param("POST", f"/cds-services/{SIGN}", call(prefetch={}), {}, 412, id="a missing chart"),
        pytest.param("POST", f"/cds-services/{SIGN}", b" " * 100_001, {}, 413, id="a body over the limit"),
        pytest.param("POST", f"/cds-services/{SIGN}", [b" " * 1000] * 101, {}, 413, id="chunks over the limit"),
        pytest.param("POST", f"/cds-services/{SIGN}", b" " * (20 << 20), LAST, 413, id="a body far over the limit"),
        pytest.param("POST", f"/cds-services/{SIGN}", [b" " * (1 << 20)] * 20, LAST, 413, id="chunks far over it"),
        pytest.param(
            "POST",
            f"/cds-services/{SIGN}",
            b" " * (20 << 20),
            {**LAST, "Content_Type": "text/plain"},
            415,
            id="a long body that is not JSON",
        ),
        pytest.param("POST", "/cds-services/nope", b" " * (20 << 20), LAST, 404, id="a long body for nobody"),
        pytest.param("POST", f"/cds-services/{SIGN}", b"{}", {"Content_Type": "text/plain"}, 415, id="no JSON"),
        pytest.param("POST", f"/cds-services/{SIGN}", [b"{", b"}"], {}, 400, id="chunks that lack everything"),
    ],
)
def test_service_process_answers(running, method, path, body, headers, expected) -> None:
    status, _, answer = running.send(method, path, body, **headers)
    assert status == expected
    assert answer is not None or method == "OPTIONS"
    if answer is not None:
        check_body(status, answer)


def test_service_process_reads_a_body_in_chunks(running) -> None:
    raw = json.dumps(call()).encode()
    chunks = [raw[at : at + 700] for at in range(0, len(raw), 700)]
    assert running.send("POST", f"/cds-services/{SIGN}", chunks)[::2] == (200, {"cards": []})


def test_service_process_stores_nothing_from_a_request(running, chart) -> None:
    marked = json.loads(json.dumps(call(orders=[order(378)])).replace("pat-1", MARK).replace("onc-17", f"{MARK}-u"))
    # The ids of a request may be written: a hookInstance and an X-Request-ID are generated by machines.
    marked |= {"hookInstance": "inst-1", "fhirServer": f"{chart.base}/{MARK}"}
    marked |= {"fhirAuthorization": authorization(f"{MARK}-t", patient=MARK), "extension": {MARK: MARK}}
    headers = {
        "Authorization": f"Bearer {MARK}",
        "X_Request_Id": f"{MARK} is no id",
        "Referer": f"https://{MARK}.example",
    }
    path = f"/cds-services/{SIGN}"
    sent = [
        running.send("POST", path, marked, **headers),
        running.send("POST", path, without(marked, "prefetch"), **headers),
        running.send("POST", path, {**marked, "hook": MARK}, **headers),
        running.send("POST", path, json.dumps(marked).encode()[:-1], **headers),
        running.send("POST", f"/cds-services/{MARK}?{MARK}={MARK}", marked, **headers),
        running.send(MARK, path, marked, **headers),
        running.send("POST", path, marked, **{**headers, "Content_Type": MARK}),
    ]
    assert [status for status, _, _ in sent] == [200, 412, 400, 400, 404, 405, 415]
    assert not any(MARK in json.dumps(body) for status, _, body in sent if status != 200)
    assert chart.heard
    written = running.printed + json.dumps(running.logged)
    assert "fhir_fetch_refused" in written
    assert MARK not in written


def test_service_process_fetches_and_does_not_write_down_the_token(running, chart) -> None:
    chart.serve(clean_prefetch(), labs=Reply(hangs_up=True))
    body = call(prefetch={}, fhirServer=chart.base, fhirAuthorization=authorization(f"{MARK}-token"))
    status, _, answer = running.send("POST", f"/cds-services/{SIGN}", body)
    assert status == 200
    # Only the laboratory results were unavailable, and the answer says so.
    assert [card["source"]["topic"]["code"] for card in answer["cards"]] == ["checks-incomplete"]
    assert {each.headers["Authorization"] for each in chart.heard} == {f"Bearer {MARK}-token"}
    assert sorted(set(chart.keys)) == sorted(KEYS)
    assert MARK not in running.printed + json.dumps(running.logged)


def test_service_process_keeps_the_names_of_headers_that_break_out_of_the_log(running, chart) -> None:
    broken = Reply(b"{}", headers={f"{MARK}": "x", "Bad\r\nno colon here": MARK})
    chart.serve(clean_prefetch(), labs=broken)
    body = call(prefetch={}, fhirServer=chart.base)
    status, _, answer = running.send("POST", f"/cds-services/{SIGN}", body)
    assert status == 200
    # Only the laboratory results were unavailable, and the answer says so.
    assert [card["source"]["topic"]["code"] for card in answer["cards"]] == ["checks-incomplete"]
    assert "pat-1" not in running.printed + json.dumps(running.logged)


def test_service_process_picks_up_a_changed_configuration(running) -> None:
    config = running.folder / "her2.yaml"
    before = config.read_text()
    path, body = f"/cds-services/{SIGN}", call(orders=[order(378)])
    config.write_text(f"{before}cards: {{dose-above-maximum: {{mode: off}}}}\n")
    eventually(lambda: running.send("POST", path, body)[2] == {"cards": []})
    config.write_text("fhri: {}\n")
    eventually(lambda: running.send("POST", path, body)[0] == 200 and refused(running))
    assert running.send("POST", path, body)[2] == {"cards": []}
    config.write_text(before)
    eventually(lambda: running.send("POST", path, body)[2] != {"cards": []})


def refused(running: Running) -> bool:
    return any(line["event"] == "configuration_refused" for line in running.logged)


def test_service_process_stops_when_it_is_asked_to(tmp_path) -> None:
    with served(tmp_path) as running:
        began = time.monotonic()
        assert stop(running) == 0
        assert time.monotonic() - began < 10
    with pytest.raises(OSError, match=r"."):
        running.send("GET", "/health/live")


def test_service_process_does_not_share_its_address_with_another(running) -> None:
    result = run("serve", "--port", running.port)
    assert (result.exit_code, result.stdout) == (2, "")
    assert f"127.0.0.1:{running.port}" in result.stderr
