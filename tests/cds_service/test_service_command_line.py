"""``her2-cds check`` and ``config``: exit codes, what is printed where, and how a problem is told."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from calls import SELECT, aspirin, bundle, call, clean_prefetch, lvef, order, removed, without
from chart_server import ChartServer, Reply
from command_line import run

from cds_service import __version__

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


MARK = "MARK-1234"


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch) -> None:
    """Keep the variables of the machine out of it."""
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.delenv("HER2_CDS_CONFIG", raising=False)


@pytest.fixture
def chart() -> Iterator[ChartServer]:
    """Yield the FHIR server of the EHR."""
    server = ChartServer()
    yield server
    server.close()


def request_file(folder: Path, body: Any) -> Path:
    path = folder / "request.json"
    path.write_bytes(body if isinstance(body, bytes) else json.dumps(body).encode())
    return path


CHECKS = [
    pytest.param(call(), 0, id="an order in its label"),
    pytest.param(call(orders=[aspirin()], prefetch={}), 0, id="an order out of scope"),
    pytest.param(call(SELECT), 0, id="an order in its label, at selection"),
    pytest.param(call(orders=[order(378)]), 1, id="a dose above the maximum"),
    pytest.param(call(SELECT, [order(378)]), 1, id="a dose above the maximum, at selection"),
    pytest.param(call(prefetch={**clean_prefetch(), "lvef": bundle(lvef(days=300))}), 1, id="a warning alone"),
    pytest.param(call(prefetch={}), 2, id="a missing chart"),
    pytest.param(removed(call(), "context.patientId"), 2, id="a missing field"),
    pytest.param(removed(call(), "hook"), 2, id="a request without a hook"),
    pytest.param({**call(), "hook": "appointment-book"}, 2, id="a hook that no service answers"),
    pytest.param({**call(), "hook": {"a": 1}}, 2, id="a hook that is not text"),
    pytest.param([call()], 2, id="an array"),
    pytest.param(b"", 2, id="an empty file"),
    pytest.param(b"{", 2, id="half a request"),
    pytest.param(b"\xff\xfe", 2, id="no text"),
    pytest.param(b"[" * 101, 2, id="an array 101 deep"),
    pytest.param(b"9" * 10_000, 2, id="a long number"),
    pytest.param(json.dumps(call()).replace("252", "NaN").encode(), 2, id="a NaN"),
]


@pytest.mark.parametrize("output", ["text", "json"])
@pytest.mark.parametrize(("body", "code"), CHECKS)
def test_service_check_exit_code_depends_on_what_it_finds_in(tmp_path, body, code, output) -> None:
    result = run("check", request_file(tmp_path, body), "--format", output)
    assert result.exit_code == code, result.output
    assert not isinstance(result.exception, Exception)
    if code == 2:
        assert result.stdout == ""
        assert "request.json" in result.stderr
        assert len(result.stderr.splitlines()) == 1
    else:
        assert result.stderr == ""
        assert result.stdout.strip()


@pytest.mark.parametrize("body", [call(), call(orders=[order(378)])], ids=["no cards", "cards"])
def test_service_check_prints_json_as_the_service_answers(service, tmp_path, body) -> None:
    result = run("check", request_file(tmp_path, body), "--format", "json")
    assert json.loads(result.stdout) == service.post(body).body


def test_service_check_reads_standard_input() -> None:
    result = run("check", "-", "--format", "json", input=json.dumps(call(orders=[order(378)])))
    assert result.exit_code == 1
    assert json.loads(result.stdout)["cards"]


def test_service_check_says_that_there_are_no_cards(tmp_path) -> None:
    assert run("check", request_file(tmp_path, call())).stdout.startswith("No cards")


@pytest.mark.parametrize(
    ("orders", "settings", "says", "never"),
    [
        pytest.param(
            [order(252)], "", ["every check that applies was carried out"], ["Not shown"], id="nothing is wrong"
        ),
        pytest.param(
            [order(378)],
            "cards: {dose-above-maximum: {mode: shadow}, weight-stale: {mode: off}}",
            [
                "every check that is shown",
                "Not shown, by the configuration: dose-above-maximum (shadow), weight-stale (off)",
            ],
            ["every check that applies"],
            id="a topic on trial and one that is off",
        ),
        pytest.param(
            [order(252) | {"medicationCodeableConcept": {"text": "paclitaxel"}}],
            "cards: {dose-above-maximum: {mode: off}}",
            ["nothing here concerns a drug that is checked"],
            ["every check", "Not shown"],
            id="a drug out of scope",
        ),
        pytest.param(
            [order(378)],
            "cards: {weight-stale: {mode: off}}",
            ["1 card", "Not shown, by the configuration: weight-stale (off)"],
            ["No cards"],
            id="a card, and a topic that is off",
        ),
    ],
)
def test_service_check_says_what_silence_means(tmp_path, orders, settings, says, never) -> None:
    config = tmp_path / "her2.yaml"
    config.write_text(f'auth: {{mode: "off"}}\n{settings}')
    printed = " ".join(run("check", request_file(tmp_path, call(orders=orders)), "--config", config).stdout.split())
    assert [part for part in says if part not in printed] == []
    assert [part for part in never if part in printed] == []


def test_service_check_names_each_hook_once(tmp_path) -> None:
    told = run("check", request_file(tmp_path, call() | {"hook": "order-sing"})).stderr
    assert told.endswith("hook must be one of order-select, order-sign, order-dispatch, patient-view\n")


def test_service_check_prints_what_a_person_wants_to_know(tmp_path) -> None:
    printed = run("check", request_file(tmp_path, call(orders=[order(378)]))).stdout
    for part in ("CRITICAL", "Kadcyla 378 mg", "dose-above-maximum", "70 kg", "Change Kadcyla to 252 mg"):
        assert part in printed
    assert printed.splitlines()[-1] == "1 card"


@pytest.mark.parametrize("body", [call(), call(orders=[order(378)])], ids=["no cards", "cards"])
def test_service_check_prints_plainly_where_there_is_no_terminal(tmp_path, monkeypatch, body) -> None:
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    assert "\x1b" not in run("check", request_file(tmp_path, body)).stdout


def test_service_check_uses_a_configuration(tmp_path) -> None:
    config = tmp_path / "her2.yaml"
    config.write_text('auth: {mode: "off"}\ncards: {dose-above-maximum: {mode: off}}')
    body = call(orders=[order(378)])
    topics = json.loads(run("check", request_file(tmp_path, body), "--config", config, "--format", "json").stdout)
    assert "dose-above-maximum" not in str(topics)


@pytest.mark.parametrize("written", ["{}", "", "thresholds: {weight_max_age_days: 60}", "auth: {}"])
def test_a_configuration_that_does_not_say_who_may_call_is_refused(tmp_path, written) -> None:
    config = tmp_path / "her2.yaml"
    config.write_text(written)
    for arguments in (("check", request_file(tmp_path, call())), ("config", "show"), ("knowledge", "check")):
        result = run(*arguments, "--config", config)
        assert (result.exit_code, result.stdout) == (2, "")
        assert "auth.mode is missing" in result.stderr or "the file is empty" in result.stderr


def test_service_check_finds_the_configuration_in_the_environment(tmp_path, monkeypatch) -> None:
    config = tmp_path / "her2.yaml"
    config.write_text("fhri: {}")
    monkeypatch.setenv("HER2_CDS_CONFIG", str(config))
    result = run("check", request_file(tmp_path, call()))
    assert result.exit_code == 2
    assert "her2.yaml:1: unknown key 'fhri'" in result.stderr


def test_service_check_fetches_what_is_missing(tmp_path, chart) -> None:
    chart.serve(clean_prefetch())
    assert run("check", request_file(tmp_path, call(prefetch={}, fhirServer=chart.base))).exit_code == 0


@pytest.mark.parametrize("output", ["text", "json"])
def test_service_check_keeps_the_log_out_of_what_it_prints(tmp_path, chart, output) -> None:
    chart.serve(without(clean_prefetch(), "labs"), labs=Reply(status=500))
    result = run("check", request_file(tmp_path, call(prefetch={}, fhirServer=chart.base)), "--format", output)
    assert result.exit_code == 1
    assert "laboratory results not available" in result.stdout
    assert not any(word in result.stdout for word in ("fhir_fetch_refused", "prefetch.labs"))


@pytest.mark.parametrize("output", ["text", "json"])
def test_service_check_says_in_one_line_that_nothing_was_available(tmp_path, output) -> None:
    result = run("check", request_file(tmp_path, call(prefetch={})), "--format", output)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.splitlines() == [result.stderr.strip()]
    assert "labs" in result.stderr


def test_service_check_says_nothing_of_the_request_in_an_error(tmp_path) -> None:
    body = {**call(hookInstance=MARK), "hook": MARK}
    assert MARK not in run("check", request_file(tmp_path, body)).output


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(["check"], id="check without a file"),
        pytest.param(["check", "nope.json"], id="check with a file that does not exist"),
        pytest.param(["config", "check"], id="config check without a file"),
        pytest.param(["config", "check", "nope.yaml"], id="config check with a file that does not exist"),
        pytest.param(["check", __file__, "--format", "xml"], id="check in a format that does not exist"),
        pytest.param(["check", __file__, "--config", "nope.yaml"], id="check with a configuration that does not exist"),
        pytest.param(["serve", "--port", "0"], id="serve at port 0"),
        pytest.param(["serve", "--port", "65536"], id="serve beyond the last port"),
        pytest.param(["serve", "--workers", "0"], id="serve without workers"),
        pytest.param(["serve", "--config", "nope.yaml"], id="serve with a configuration that does not exist"),
        pytest.param(["sevre"], id="a command misspelled"),
    ],
)
def test_service_command_refuses(arguments) -> None:
    result = run(*arguments)
    assert result.exit_code == 2
    assert result.stderr


def test_service_command_tells_its_version() -> None:
    assert run("--version").stdout.split()[-1] == __version__


@pytest.mark.parametrize("arguments", [[], ["serve"], ["check"], ["config"], ["config", "check"], ["config", "schema"]])
def test_service_command_helps(arguments) -> None:
    result = run(*arguments, "--help")
    assert result.exit_code == 0
    assert "Usage:" in result.stdout


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        pytest.param("", 2, "the file is empty", id="an empty file"),
        pytest.param(
            "public_url: http://h.example", 2, "auth.mode is missing", id="a file that leaves open who may call"
        ),
        pytest.param("auth: {mode: off}", 0, "valid", id="a valid file"),
        pytest.param("fhri: {}", 2, ":1: unknown key 'fhri'; did you mean 'fhir'?", id="a key misspelled"),
        pytest.param("a: [", 2, ":1: not valid YAML", id="no YAML"),
        pytest.param("auth: {mode: required}", 2, ":1: auth.mode: 'required' without", id="nobody to admit"),
        pytest.param(
            "auth: {mode: off}\nsite: {code_maps: [nope.json]}", 2, "nope.json", id="a code map that does not exist"
        ),
    ],
)
def test_service_config_check_judges(tmp_path, text, code, said) -> None:
    path = tmp_path / "her2.yaml"
    path.write_text(text)
    result = run("config", "check", path)
    assert result.exit_code == code
    assert said in (result.stdout if code == 0 else result.stderr)
    assert (result.stderr if code == 0 else result.stdout) == ""


def test_service_config_check_prints_each_problem_on_its_own_line(tmp_path) -> None:
    path = tmp_path / "her2.yaml"
    path.write_text("fhri: 1\nsite: {timezone: X}\n")
    assert len(run("config", "check", path).stderr.splitlines()) == 2


def test_service_config_schema_prints_json_and_nothing_else() -> None:
    result = run("config", "schema")
    assert result.exit_code == 0
    assert json.loads(result.stdout)["title"] == "her2-cds configuration"


@pytest.mark.parametrize(
    ("config", "said"),
    [
        pytest.param("fhri: {}", "her2.yaml:1: unknown key 'fhri'; did you mean 'fhir'?", id="a key misspelled"),
        pytest.param(
            "auth: {mode: required}", "her2.yaml:1: auth.mode: 'required' without auth.clients", id="nobody to admit"
        ),
        pytest.param(
            "auth: {mode: off}\nsite: {code_maps: [nope.json]}", "nope.json", id="a code map that does not exist"
        ),
    ],
)
def test_service_serve_does_not_start_with(tmp_path, config, said) -> None:
    path = tmp_path / "her2.yaml"
    path.write_text(config)
    result = run("serve", "--config", path)
    assert (result.exit_code, result.stdout) == (2, "")
    assert said in result.stderr
