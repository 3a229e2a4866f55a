"""A damaged configuration never opens the door: a real process, whose file is cut, emptied and spoilt."""

from __future__ import annotations

import json
import os
import time
from typing import TYPE_CHECKING

import pytest
import yaml
from calls import Caller
from running import Running, refused, start, stop
from signers import BASE, EHR, Signer, bearer

from cds_service.configuration.layers import ConfigurationError
from cds_service.configuration.loading import load_settings
from cds_service.configuration.strict_yaml import DEEPEST, LARGEST_BYTES, MOST_NODES, compose
from cds_service.web.loopback import is_on_this_machine

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SIGNER = Signer()
REQUIRED = f"""\
public_url: {BASE}
auth:
  mode: required
  clients:
    - issuer: {EHR}
      jwks_file: ehr.json
cards:
  weight-stale: {{mode: shadow}}
thresholds: {{weight_max_age_days: 45}}
"""


def configured(folder: Path, text: str = REQUIRED) -> Path:
    (folder / "ehr.json").write_text(json.dumps({"keys": [SIGNER.jwk]}))
    path = folder / "her2.yaml"
    path.write_text(text)
    return path


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("closed")
    service = start(folder, "--config", str(configured(folder)))
    yield service
    stop(service)


def spoilt(running: Running, text: str) -> list[str]:
    """Change the file under the service, call as nobody after it has looked, and give what it logged."""
    before = len(running.logged)
    path = running.folder / "her2.yaml"
    path.write_text(text)
    deadline = time.monotonic() + 4
    while time.monotonic() < deadline:
        assert running.send("GET", "/cds-services")[0] == 401
        if any(line["event"].startswith("configuration_") for line in running.logged[before:]):
            break
        time.sleep(0.1)
    assert running.send("GET", "/cds-services")[0] == 401
    return [line["event"] for line in running.logged[before:] if line["event"].startswith("configuration_")]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="emptied"),
        pytest.param("\0" * len(REQUIRED), id="zeros of a power cut"),
        pytest.param("# nothing yet\n", id="comments alone"),
        pytest.param(f"public_url: {BASE}\n", id="cut before auth"),
        pytest.param(REQUIRED.replace("mode: required", 'mode: "off"'), id="turned off"),
        pytest.param(REQUIRED[: REQUIRED.index("ehr.json")], id="cut within a name"),
        pytest.param(REQUIRED[:-4], id="cut at the end"),
        pytest.param("auth: {mode: required}\n", id="nobody to admit"),
    ],
)
def test_a_running_service_stays_closed(running: Running, text: str) -> None:
    assert spoilt(running, text) == ["configuration_refused"]
    numbers = running_metrics(running)
    assert "her2_cds_configuration_refused 1.0" in numbers
    assert spoilt(running, REQUIRED) == ["configuration_loaded"]
    assert "her2_cds_configuration_refused 0.0" in running_metrics(running)
    status, _, _ = running.send("GET", "/cds-services", **bearer(SIGNER.token()))
    assert status == 200


def running_metrics(running: Running) -> str:
    import http.client  # noqa: PLC0415 - what `send` reads is JSON

    connection = http.client.HTTPConnection("127.0.0.1", running.port, timeout=10)
    connection.request("GET", "/metrics")
    text = connection.getresponse().read().decode()
    connection.close()
    return text


def test_a_key_file_cut_at_any_byte_admits_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cds_service.decisions.active._LOOK_EVERY_S", -1)
    path = configured(tmp_path)
    caller = Caller(path=path)
    for cut in range(len(REQUIRED)):
        path.write_text(REQUIRED[:cut])
        os.utime(path, ns=(time.time_ns(), time.time_ns() + cut))
        assert caller.get("/cds-services").status == 401, cut
    for cut in range(len(REQUIRED)):
        path.write_text(REQUIRED[:cut])
        try:
            settings = load_settings(path, {}, serving=True)
        except ConfigurationError:
            continue
        assert settings.auth.mode == "required", cut


@pytest.mark.parametrize(
    ("text", "arguments", "says"),
    [
        pytest.param("public_url: http://h.example\n", (), "auth.mode is missing", id="a file without auth.mode"),
        pytest.param("", (), "the file is empty", id="an empty file"),
        pytest.param('auth: {mode: "off"}\n', ("--host", "0.0.0.0"), "--insecure", id="every address"),  # noqa: S104
        pytest.param('auth: {mode: "off"}\n', ("--host", "::"), "--insecure", id="every address of IPv6"),
        pytest.param(
            "auth: {mode: off}\ndatabase: postgresql://u:s3cret@h/db\n", (), "HER2_CDS_DATABASE", id="a password"
        ),
        pytest.param(
            f"auth: {{mode: off}}\noperator: {{token: {'x' * 20}}}\n", (), "is a secret", id="a token of the operator"
        ),
    ],
)
def test_a_service_does_not_start_unprotected(tmp_path: Path, text: str, arguments: tuple[str, ...], says: str) -> None:
    said = refused(tmp_path, "--config", str(configured(tmp_path, text)), *arguments)
    assert says in said
    assert "s3cret" not in said


def test_a_service_listens_beyond_this_machine_only_if_configured_to(tmp_path: Path) -> None:
    path = configured(tmp_path, 'auth: {mode: "off"}\n')
    service = start(tmp_path, "--config", str(path), "--host", "0.0.0.0", "--insecure")  # noqa: S104 - what is tested
    assert stop(service) == 0
    assert oct((tmp_path / "her2-cds.sqlite3").stat().st_mode)[-3:] == "600"


def test_a_database_that_others_can_read_is_reported(tmp_path: Path) -> None:
    (tmp_path / "her2-cds.sqlite3").touch(mode=0o644)
    service = start(tmp_path)
    assert stop(service) == 0
    told = [line for line in service.logged if line["event"] == "database_file_is_open"]
    assert told
    assert told[0]["mode"] == "0644"


# --- YAML ------------------------------------------------------------------------------------------------------------

BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join(['*' + before] * 9)}]\n" for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        pytest.param(BOMB, "an alias", id="aliases of aliases"),
        pytest.param("a: &a {b: 1}\nc: {<<: *a}", "an alias", id="a merge"),
        pytest.param("a: &a [*a]", "an alias", id="a value that contains itself"),
        pytest.param("[" * (DEEPEST + 1) + "]" * (DEEPEST + 1), "nested deeper", id="deep"),
        pytest.param("a: [" + "1," * MOST_NODES + "]", f"more than {MOST_NODES}", id="many"),
        pytest.param("a: " + "x" * LARGEST_BYTES, "over 256 KiB", id="large"),
    ],
)
def test_yaml_that_no_configuration_is_written_in_is_refused_at_once(text: str, says: str) -> None:
    began = time.process_time()
    with pytest.raises((yaml.YAMLError, ValueError), match=says):
        compose(text)
    assert time.process_time() - began < 5


# --- Proxies ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [
        "Via",
        "Forwarded",
        "X-Forwarded-Proto",
        "X-Forwarded-For",
        "X-Forwarded-Port",
        "X-Real-IP",
        "X-Original-URL",
        "Fastly-Client-IP",
        "X-Azure-ClientIP",
        "X-ARR-SSL",
        "Front-End-Https",
        "X-Scheme",
    ],
)
def test_a_proxied_request_is_not_local(service: Caller, name: str) -> None:
    nearby = {"REMOTE_ADDR": "127.0.0.1"}
    with service.app.test_request_context("/", base_url="http://localhost", environ_base=nearby):
        assert is_on_this_machine()
    with service.app.test_request_context(
        "/", base_url="http://localhost", environ_base=nearby, headers={name: "https"}
    ):
        assert not is_on_this_machine()


def test_a_request_through_nginx_is_not_local(service: Caller) -> None:
    """It names the service by its own address and adds no header, but speaks HTTP/1.0 unless it is told otherwise."""
    for protocol in ("HTTP/1.0", "HTTP/1"):
        plain = {"REMOTE_ADDR": "127.0.0.1", "SERVER_PROTOCOL": protocol}
        with service.app.test_request_context("/", base_url="http://localhost", environ_overrides=plain):
            assert not is_on_this_machine()
