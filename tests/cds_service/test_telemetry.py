"""What a platform sees of a request: its names in answer and log, its spans, and the numbers of the process."""

from __future__ import annotations

import importlib.util
import json
import os
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest
from calls import PATIENT, SIGN, Caller, call, clean_prefetch, order, without
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families
from running import Running, start, stop
from servers import lacking
from signers import BASE, EHR, OTHER_EHR, Signer, bearer, client, required

from cds_service import __version__
from cds_service.auth.authenticator import Authenticator
from cds_service.configuration.auth_settings import AuthSettings
from cds_service.protocol.caller import Caller as Client
from cds_service.telemetry.client_names import ClientNames
from cds_service.telemetry.processes import Processes
from cds_service.telemetry.request_names import begin, current
from cds_service.web import tracing

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from span_receiver import SpanReceiver

TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
TRACEPARENT = f"00-{TRACE}-{SPAN}-01"
MARK = "MARKPATIENT"
PATIENCE_S = 30

# --- Ids of a request ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sent", "trace"),
    [
        pytest.param(TRACEPARENT, TRACE, id="as the standard writes it"),
        pytest.param(f"01-{TRACE}-{SPAN}-01-more", TRACE, id="a later version may say more"),
        pytest.param(f"00-{TRACE}-{SPAN}-01-more", "", id="this version may not"),
        pytest.param(f"ff-{TRACE}-{SPAN}-01", "", id="no version"),
        pytest.param(f"00-{'0' * 32}-{SPAN}-01", "", id="no trace"),
        pytest.param(f"00-{TRACE}-{'0' * 16}-01", "", id="no span"),
        pytest.param(TRACEPARENT.upper(), "", id="capital letters"),
        pytest.param(f" {TRACEPARENT}", "", id="a blank before it"),
        pytest.param(f"{TRACEPARENT}\n", "", id="a line after it"),
        pytest.param("", "", id="empty"),
        pytest.param(None, "", id="not sent"),
    ],
)
def test_a_traceparent_is_read_as_the_standard_says(sent: str | None, trace: str) -> None:
    names = begin(None, sent)
    assert (names.trace_id, names.traceparent) == (trace, sent if trace else "")


@given(st.text(max_size=300))
def test_a_request_id_is_bounded_and_one_line(sent: str) -> None:
    name = begin(sent, sent).request_id
    assert 0 < len(name) <= 128
    assert name.isascii()
    assert name.isprintable()
    assert " " not in name


def test_a_service_returns_the_ids_it_was_sent_and_generates_the_others(service: Caller) -> None:
    sent = service.client.get("/cds-services", headers={"X-Request-ID": "req-1", "traceparent": TRACEPARENT})
    assert (sent.headers["X-Request-ID"], sent.headers["traceparent"]) == ("req-1", TRACEPARENT)
    made = [service.client.get("/nowhere").headers for _ in range(2)]
    assert made[0]["X-Request-ID"] != made[1]["X-Request-ID"]
    assert "traceparent" not in made[0]
    names = current()
    assert names is not None
    assert names.request_id == made[1]["X-Request-ID"]


# --- The log and the metrics of a process ----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def receiver() -> Iterator[SpanReceiver]:
    """Yield a receiver of spans."""
    if importlib.util.find_spec("opentelemetry") is None or importlib.util.find_spec("opentelemetry.sdk") is None:
        lacking("OpenTelemetry (the extra 'otel')")
    from span_receiver import SpanReceiver  # noqa: PLC0415 - reads what may not be installed

    listening = SpanReceiver()
    yield listening
    listening.close()


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory, receiver: SpanReceiver) -> Iterator[Running]:
    """Yield a service of two workers that sends spans."""
    folder = tmp_path_factory.mktemp("telemetry")
    service = start(
        folder,
        "--workers",
        "2",
        OTEL_EXPORTER_OTLP_ENDPOINT=receiver.url,
        OTEL_BSP_SCHEDULE_DELAY="100",
        OTEL_RESOURCE_ATTRIBUTES="deployment.environment=test",
    )
    yield service
    stop(service)


def marked() -> dict[str, Any]:
    """Return a request whose patient, user and results can be found again wherever they are written."""
    chart = clean_prefetch(MARK)
    chart["patient"] |= {"name": [{"family": MARK}]}
    request = call(orders=[order(400, name=f"{MARK}-order", patient=MARK)], prefetch=chart)
    request["context"] |= {"patientId": MARK, "userId": f"Practitioner/{MARK}"}
    return request


def lines_of(running: Running, request_id: str, event: str) -> list[dict[str, Any]]:
    """Wait for a line of the log about a request."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        found = [each for each in running.logged if each.get("request_id") == request_id and each["event"] == event]
        if found:
            return found
        time.sleep(0.02)
    pytest.fail(f"no line {event} about {request_id}")


def test_each_line_about_a_call_has_its_names_and_its_status(running: Running) -> None:
    path, names = f"/cds-services/{SIGN}", {"X_Request_ID": "req-7", "traceparent": TRACEPARENT}
    assert running.send("POST", path, call(hookInstance="inst-1"), **names)[0] == 200
    (line,) = lines_of(running, "req-7", "hook_answered")
    assert (line["hook_instance"], line["trace_id"], line["status"]) == ("inst-1", TRACE, 200)
    assert running.send("POST", path, call(prefetch={}, hookInstance="Mrs Smith"), X_Request_ID="req-8")[0] == 412
    (line,) = lines_of(running, "req-8", "hook_refused")
    assert (line["hook_instance"], line["status"]) == ("not an identifier", 412)
    assert running.send("POST", path, call(hook="order-select", hookInstance="inst-2"), X_Request_ID="req-a")[0] == 400
    (line,) = lines_of(running, "req-a", "hook_refused")
    assert (line["hook_instance"], line["status"]) == ("inst-2", 400)
    assert running.send("GET", path, X_Request_ID="req-b")[0] == 405
    (line,) = lines_of(running, "req-b", "request_refused")
    assert (line["service"], line["status"]) == (SIGN, 405)
    feedback = {"feedback": [{"card": "c-1", "outcome": "accepted", "outcomeTimestamp": "2026-01-05T00:00:00Z"}]}
    running.send("POST", f"{path}/feedback", feedback, X_Request_ID="req-9")
    (line,) = lines_of(running, "req-9", "feedback_taken")
    assert line["status"] in (200, 400)


def test_every_line_of_a_process_is_json(running: Running) -> None:
    lines = running.logged + [json.loads(line) for line in running.printed.splitlines()]
    assert all({"event", "level", "timestamp"} <= line.keys() for line in lines)
    assert {"granian", "granian.serve"} <= {line.get("logger") for line in lines}
    assert not any("Python threads" in line["event"] for line in lines)
    assert sum(line["event"] == "serving" for line in lines) == 1


def numbers(running: Running) -> dict[str, list[tuple[dict[str, str], float]]]:
    """Return the metrics by name, with their labels."""
    import http.client  # noqa: PLC0415 - the answer is no JSON

    connection = http.client.HTTPConnection("127.0.0.1", running.port, timeout=PATIENCE_S)
    connection.request("GET", "/metrics")
    text = connection.getresponse().read().decode()
    connection.close()
    found: dict[str, list[tuple[dict[str, str], float]]] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            found.setdefault(sample.name, []).append((sample.labels, sample.value))
    return found


def test_metrics_report_build_and_processes_from_any_worker(running: Running) -> None:
    first, second = numbers(running), numbers(running)
    ((labels, one),) = first["her2_cds_build_info"]
    assert (labels["version"], labels["python"], one) == (__version__, sys.version.split()[0], 1)
    assert len(labels["knowledge"]) == 12
    assert first["her2_cds_workers"] == second["her2_cds_workers"] == [({}, 2)]
    ((_, begun),) = first["process_start_time_seconds"]
    assert abs(begun - (running.folder / "stderr").stat().st_ctime) < 3600
    assert second["process_start_time_seconds"] == first["process_start_time_seconds"]
    assert second["process_cpu_seconds_total"][0][1] >= first["process_cpu_seconds_total"][0][1] > 0
    assert first["process_resident_memory_bytes"][0][1] > 50e6
    assert 3 < first["process_open_fds"][0][1] < first["process_max_fds"][0][1]


def test_a_process_that_is_not_a_worker_reports_itself(tmp_path: Path) -> None:
    told = {family.name: family.samples[0].value for family in Processes().collect()}
    assert told["her2_cds_workers"] == 1
    assert told["process_cpu_seconds"] <= sum(os.times()[:2]) + 1
    assert list(Processes(tmp_path).collect()) == []


# --- Spans -----------------------------------------------------------------------------------------------------------


def test_a_request_has_a_span_below_that_of_its_sender_and_one_for_each_step(
    running: Running, receiver: SpanReceiver
) -> None:
    from span_receiver import attributes  # noqa: PLC0415 - as above

    trace = "a" * 32
    status, headers, _ = running.send(
        "POST", f"/cds-services/{SIGN}", marked(), traceparent=f"00-{trace}-{SPAN}-01", X_Request_ID="req-1"
    )
    assert status == 200
    spans = {span.name: span for span in receiver.trace(trace, 8)}
    assert {"read request", "choose profile", "decide", "read chart", "judge", "write record", "store record"} <= {
        *spans
    }
    root = spans["POST /cds-services/<service_id>"]
    assert (root.parent_span_id.hex(), root.kind) == (SPAN, 2)
    said = attributes(root)
    assert (said["http.response.status_code"], said["http.route"]) == (200, "/cds-services/<service_id>")
    assert (said["her2_cds.service"], said["her2_cds.issuer"]) == (SIGN, "none")
    assert said["her2_cds.request_id"] == "req-1"
    decided = attributes(spans["decide"])
    assert decided["her2_cds.decision"] == headers["HER2-CDS-Decision"]
    assert decided["her2_cds.topics"] == ["dose-above-maximum"]
    assert spans["judge"].parent_span_id == spans["decide"].span_id
    assert all(root.start_time_unix_nano <= each.start_time_unix_nano for each in spans.values())
    assert receiver.resource["service.name"] == "her2-cds"
    assert receiver.resource["deployment.environment"] == "test"


def test_a_refused_request_has_spans_without_a_word_of_it(running: Running, receiver: SpanReceiver) -> None:
    from span_receiver import attributes  # noqa: PLC0415 - as above

    for number, (sent, status) in enumerate(((without(marked(), "context"), 400), (marked() | {"prefetch": {}}, 412))):
        trace = f"{number + 1:032x}"
        parent = {"traceparent": f"00-{trace}-{SPAN}-01"}
        assert running.send("POST", f"/cds-services/{SIGN}?{MARK}", sent, **parent)[0] == status
        assert attributes(receiver.answer_of(trace))["http.response.status_code"] == status
    assert running.send("POST", f"/cds-services/{MARK}", marked(), traceparent=f"00-{'b' * 32}-{SPAN}-01")[0] == 404
    receiver.trace("b" * 32, 1)
    assert MARK.encode() not in receiver.raw
    assert PATIENT.encode() not in receiver.raw


def test_a_trace_starts_here_if_none_was_sent(running: Running, receiver: SpanReceiver) -> None:
    running.send("POST", f"/cds-services/{SIGN}", call(), X_Request_ID="req-own")
    (line,) = lines_of(running, "req-own", "hook_answered")
    assert receiver.trace(line["trace_id"], 5)


def test_tracing_is_off_without_an_endpoint(service: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    assert tracing.begin() is None
    assert service.post(call()).cards == []
    assert not hasattr(Authenticator.authenticate, "__wrapped__")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4318")
    monkeypatch.setenv("OTEL_SDK_DISABLED", "true")
    assert tracing.begin() is None


def test_unavailable_tracing_is_reported(monkeypatch: pytest.MonkeyPatch, log_lines: list[Any]) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4318")
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.trace", None)
    assert tracing.begin() is None
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")
    assert tracing.begin() is None
    told = [line["reason"] for line in log_lines if line["event"] == "tracing_is_off"]
    assert told == [
        "OpenTelemetry is not installed (requirements-otel.lock)",
        "of the protocols of OTLP only http/protobuf is spoken here",
    ]


# --- Clients as labels -----------------------------------------------------------------------------------------------


def test_clients_are_labels_by_configured_names_alone() -> None:
    keys = {"jwks": {"keys": []}}
    names = ClientNames(
        AuthSettings(clients=[{"issuer": EHR, "tenants": ["north"], **keys}, {"issuer": OTHER_EHR, **keys}])
    )
    asked = [None, Client(EHR, "north"), Client(EHR), Client(OTHER_EHR, "tenant-4711"), Client("https://gone.example")]
    assert [names.of(each) for each in asked] == [
        ("none", "none"),
        (EHR, "north"),
        (EHR, "none"),
        (OTHER_EHR, "other"),
        ("other", "none"),
    ]


def test_calls_cards_and_feedback_are_counted_by_client() -> None:
    signer = Signer("https://counted.example.org")
    caller, path = Caller(required(client(signer, tenants=["north"]))), f"/cds-services/{SIGN}"
    for mg in (252, 400):
        token = bearer(signer.token(f"{BASE}{path}", tenant="north"))
        answer = caller.client.post(path, json=call(orders=[order(mg)]), headers=token)
        assert answer.status_code == 200
    entry = {"card": answer.get_json()["cards"][0]["uuid"], "outcome": "overridden"}
    entry["outcomeTimestamp"] = "2026-01-05T00:00:00Z"
    token = bearer(signer.token(f"{BASE}{path}/feedback", tenant="north"))
    assert caller.client.post(f"{path}/feedback", json={"feedback": [entry]}, headers=token).status_code == 200
    assert (
        caller.client.post(path, json=[], headers=bearer(signer.token(f"{BASE}{path}", tenant="north"))).status_code
        == 400
    )
    counted = {
        (
            sample.name.removeprefix("her2_cds_client_"),
            *(sample.labels.get(name, "") for name in ("status", "topic", "outcome")),
        ): sample.value
        for family in text_string_to_metric_families(caller.client.get("/metrics").text)
        for sample in family.samples
        if sample.labels.get("issuer") == signer.issuer
        and sample.labels["tenant"] == "north"
        and not sample.name.endswith("_created")
    }
    assert counted == {
        ("requests_total", "200", "", ""): 2,
        ("requests_total", "400", "", ""): 1,
        ("cards_total", "", "dose-above-maximum", ""): 1,
        ("feedback_total", "", "", "overridden"): 1,
    }
