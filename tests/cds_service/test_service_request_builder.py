"""``her2-cds request``: the request of an EHR, read from a real FHIR server and answered by the service."""

from __future__ import annotations

import json
import socket
from typing import TYPE_CHECKING, Any

import pytest
from calls import KEYS, bundle, clean_prefetch, order, outcome, without
from chart_server import ChartServer, Reply
from command_line import run

from fhir_mappings.request.builder import as_prefetch
from fhir_mappings.request.prefetch import Answer, read_answer
from fhir_mappings.wire.exact_json import encode

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result

TOO_MUCH = ("--drug", "Kadcyla", "--dose", "378 mg")


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch) -> None:
    """Keep the variables of the machine out of it."""
    monkeypatch.delenv("HER2_CDS_CONFIG", raising=False)
    monkeypatch.delenv("FHIR_ACCESS_TOKEN", raising=False)


def built(chart: ChartServer, *more: str | Path) -> Result:
    return run("request", "--fhir-server", chart.base, "--patient", "pat-1", *more)


def topics(request: str, *more: str) -> list[str]:
    answer = json.loads(run("check", "-", "--format", "json", *more, input=request).stdout)
    return [card["source"]["topic"]["code"] for card in answer["cards"]]


def test_the_request_for_a_drug_and_a_dose_is_answered_like_that_of_an_ehr(chart) -> None:
    result = built(chart, *TOO_MUCH)
    assert result.exit_code == 0, result.stderr
    written = json.loads(result.stdout)
    assert written["hook"] == "order-sign"
    assert set(written["prefetch"]) == set(KEYS)
    assert topics(result.stdout) == ["dose-above-maximum"]


def test_a_dose_in_its_label_is_silent(chart) -> None:
    assert topics(built(chart, "--drug", "Kadcyla", "--dose", "3.6 mg/kg").stdout) == []


def test_an_order_from_a_file_is_sent_as_it_is(chart, tmp_path) -> None:
    path = tmp_path / "order.json"
    path.write_text(json.dumps(order(378)))
    written = json.loads(built(chart, "--order", path).stdout)
    assert written["context"]["draftOrders"]["entry"][0]["resource"] == order(378)


@pytest.mark.parametrize("hook", ["order-select", "order-sign", "order-dispatch"])
def test_every_hook_about_orders_finds_the_dose(chart, tmp_path, hook) -> None:
    path = tmp_path / "orders.json"
    path.write_text(json.dumps(bundle(order(378))))
    assert "dose-above-maximum" in topics(built(chart, "--order", path, "--hook", hook).stdout)


def test_opening_a_chart_needs_no_order(chart) -> None:
    result = built(chart, "--hook", "patient-view")
    assert result.exit_code == 0
    assert "draftOrders" not in json.loads(result.stdout)["context"]
    assert "tumorMarkers" not in json.loads(result.stdout)["prefetch"]


def test_a_key_that_cannot_be_read_is_left_out_and_named(chart) -> None:
    chart.serve(clean_prefetch(), labs=Reply(status=500))
    result = built(chart, *TOO_MUCH)
    assert result.exit_code == 1
    assert "labs" not in json.loads(result.stdout)["prefetch"]
    assert "labs: not read" in result.stderr
    assert "the FHIR server refused it (HTTP 500) (no reason given)" in result.stderr


def test_the_token_goes_to_the_server_and_is_never_printed(chart, monkeypatch) -> None:
    monkeypatch.setenv("FHIR_ACCESS_TOKEN", "MARK-TOKEN")
    result = built(chart, *TOO_MUCH)
    assert {each.headers["Authorization"] for each in chart.heard} == {"Bearer MARK-TOKEN"}
    assert "MARK-TOKEN" not in result.output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        pytest.param((), "order-sign is about orders", id="no order"),
        pytest.param(("--drug", "Kadcyla"), "--drug and --dose must be used together", id="a drug without a dose"),
        pytest.param(("--drug", "Kadcyla", "--dose", "a lot"), "a dose is a number and a unit", id="no dose"),
        pytest.param(("--drug", " ", "--dose", "252 mg"), "the name of a drug", id="no drug"),
    ],
)
def test_unusable_options_are_refused_before_anything_is_fetched(chart, arguments, message) -> None:
    result = built(chart, *arguments)
    assert result.exit_code == 2
    assert message in result.stderr
    assert chart.heard == []


def test_a_server_that_is_not_reached_is_reported_with_the_cause() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        server = f"http://127.0.0.1:{taken.getsockname()[1]}/fhir"
        result = run("request", "--fhir-server", server, "--patient", "pat-1", *TOO_MUCH)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "the FHIR server could not be reached (connection refused)" in result.stderr


def test_a_server_that_refuses_access_is_reported_with_its_reason(chart) -> None:
    refusal = Reply(status=401, headers={"WWW-Authenticate": 'Bearer error="invalid_token"'})
    chart.serve(clean_prefetch(), **dict.fromkeys(KEYS, refusal))
    result = built(chart, *TOO_MUCH)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "refused it (HTTP 401) (invalid_token)" in result.stderr


def test_a_patient_unknown_to_the_server_is_reported(chart) -> None:
    chart.serve(without(clean_prefetch(), "patient"))
    result = built(chart, *TOO_MUCH)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "the FHIR server has no Patient/pat-1" in result.stderr


@pytest.mark.parametrize(
    ("drug", "nearest"),
    [
        pytest.param("Kadkyra", "Kadcyla", id="a name misspelled"),
        pytest.param("Zihara", "Ziihera", id="another name misspelled"),
        pytest.param("paracetamol", "", id="another drug"),
        pytest.param("x", "", id="no name at all"),
    ],
)
def test_a_drug_that_is_not_known_is_reported_with_the_nearest_names(chart, drug, nearest) -> None:
    result = built(chart, "--drug", drug, "--dose", "252 mg")
    assert result.exit_code == 2
    assert "no drug of this service is called by that name" in result.stderr
    assert nearest in result.stderr
    assert ("the nearest are" in result.stderr) is bool(nearest)
    assert "--order" in result.stderr
    assert chart.heard == []


@pytest.mark.parametrize(
    "drug", ["Kadcyla", "T-DM1", "trastuzumab ADC", "kadcylla", "Herceptin Hylecta", "ramucirumab"]
)
def test_a_known_or_possibly_meant_drug_is_sent(chart, drug) -> None:
    assert built(chart, "--drug", drug, "--dose", "252 mg").exit_code == 0


RESULT = order()
OUTCOME = {"search": {"mode": "outcome"}, "resource": outcome()}


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param(bundle(RESULT), id="a list that is counted"),
        pytest.param(without(bundle(RESULT), "total"), id="a list that is not"),
        pytest.param({**bundle(RESULT), "total": 5}, id="fewer than there are"),
        pytest.param(bundle(RESULT, link=[{"relation": "next", "url": "http://x/2"}]), id="a page that was not read"),
        pytest.param(bundle(), id="nothing"),
        pytest.param({**bundle(RESULT), "entry": [{"resource": RESULT}, OUTCOME]}, id="an error beside a result"),
        pytest.param({**bundle(RESULT), "entry": [{"resource": RESULT}, {}]}, id="an entry that is not a resource"),
        pytest.param(bundle({**RESULT, "contained": [RESULT]}), id="a resource in a resource"),
    ],
)
def test_what_a_server_says_of_its_list_is_in_the_prefetch(sent) -> None:
    read = read_answer(json.dumps(sent).encode(), "prefetch.labs")
    again = read_answer(encode(as_prefetch(read, "Observation?code=x")), "prefetch.labs")
    assert described(again) == described(read)


def described(answer: Answer) -> tuple[Any, ...]:
    listing = answer.listing
    assert listing is not None
    contents = [stub.content for stub in listing.stubs]
    return answer.state, answer.partial, contents, len(listing.broken), listing.next_page, listing.is_short


@pytest.mark.parametrize("patient", ["../Group/1", "a b", "", "x" * 65, "1?_count=1"])
def test_an_invalid_patient_id_is_refused(chart, patient) -> None:
    result = run("request", "--fhir-server", chart.base, "--patient", patient, *TOO_MUCH)
    assert result.exit_code == 2
    assert chart.heard == []


@pytest.mark.parametrize(
    "server", ["ftp://127.0.0.1/fhir", "http://169.254.169.254/fhir", "http://u:p@127.0.0.1/fhir", "x"]
)
def test_an_address_that_is_never_asked_is_refused(server) -> None:
    result = run("request", "--fhir-server", server, "--patient", "pat-1", *TOO_MUCH)
    assert result.exit_code == 2
    assert "--fhir-server" in result.stderr


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"no json", id="no JSON"),
        pytest.param(b"[]", id="a list"),
        pytest.param(b'{"resourceType": "Bundle"}', id="an empty Bundle"),
        pytest.param(b'{"resourceType": "Bundle", "entry": [{}]}', id="an entry without a resource"),
        pytest.param(
            json.dumps(bundle({"resourceType": "A"}, {"resourceType": "A"})).encode(),
            id="orders without ids",
        ),
    ],
)
def test_a_file_that_holds_no_order_is_refused(chart, tmp_path, content) -> None:
    path = tmp_path / "order.json"
    path.write_bytes(content)
    assert built(chart, "--order", path).exit_code == 2
