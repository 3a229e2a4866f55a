"""What an operator writes about authentication: what is taken, what is refused with what advice, what changes do."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import pytest
import servers
import yaml
from calls import Caller
from click.testing import Result
from command_line import run
from signers import BASE, EHR, OTHER_EHR, Signer, as_jwk, bearer, private_key

from cds_service.configuration.auth_settings import AuthSettings
from cds_service.configuration.json_schema import json_schema
from cds_service.configuration.layers import ConfigurationError
from cds_service.configuration.loading import load_settings
from cds_service.configuration.settings import Settings
from cds_service.decisions.active import Configuration

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SIGNER, OTHER = Signer(), Signer(OTHER_EHR, number=1)
KEYS = {"keys": [SIGNER.jwk]}
SECRET = as_jwk(private_key("ES384"))["d"]


class WrittenOut(yaml.SafeDumper):
    """Writes a value out each time: aliases are refused."""

    def ignore_aliases(self, _: Any) -> bool:
        """Never write one."""
        return True


def written(folder: Path, tree: Any, name: str = "her2.yaml") -> Path:
    path = folder / name
    path.write_text(tree if isinstance(tree, str) else yaml.dump(tree, Dumper=WrittenOut, sort_keys=False))
    return path


def auth(*clients: Any, **more: Any) -> dict[str, Any]:
    return {"public_url": BASE, "auth": {"mode": "required", "clients": list(clients)} | more}


def ehr(**more: Any) -> dict[str, Any]:
    return {"issuer": EHR, **more}


def problem(path: Path | None, environment: dict[str, str] | None = None) -> str:
    with pytest.raises(ConfigurationError) as caught:
        Configuration(settings=load_settings(path, environment or {}))
    (said,) = caught.value.problems
    return said


TAKEN: list[Any] = [
    pytest.param(auth(ehr(jwks=KEYS)), id="keys"),
    pytest.param(auth(ehr(jwks_url="https://ehr.example.org/jwks.json")), id="an address of keys"),
    pytest.param(auth(ehr(jwks_url="http://127.0.0.1:3100/public_keys")), id="an address on this machine"),
    pytest.param(auth(ehr(jku=["https://ehr.example.org/jwks.json"])), id="an address that tokens name"),
    pytest.param(auth(ehr(jwks=KEYS, jku=["https://ehr.example.org/jwks.json"])), id="both"),
    pytest.param(auth(ehr(jwks={"keys": []}, jwks_url="https://ehr.example.org/jwks.json")), id="an empty list beside"),
    pytest.param(auth(ehr(jwks=KEYS, tenants=["a"]), algorithms=["EdDSA"], leeway_s=0, max_lifetime_s=600), id="all"),
    pytest.param({"auth": {"mode": "off", "clients": [ehr(jwks={"keys": []})]}}, id="clients that nobody asks for"),
    pytest.param({"auth": {"mode": "off", "clients": [ehr()]}}, id="a client without keys that nobody asks for"),
]


@pytest.mark.parametrize("tree", TAKEN)
def test_auth_configuration_takes(tmp_path, tree) -> None:
    settings = load_settings(written(tmp_path, tree), {})
    assert (Caller(settings).get("/cds-services").status == 401) is (settings.auth.mode == "required")


def test_auth_configuration_takes_the_example_of_the_contract(tmp_path) -> None:
    text = """\
public_url: http://127.0.0.1:8080
redis: null
auth:
  mode: "off"
  clients:
    - issuer: https://ehr.example.org
      jwks: {keys: []}
      tenants: []
"""
    assert load_settings(written(tmp_path, text), {}).auth.clients[0].issuer == "https://ehr.example.org"


REFUSED: list[Any] = [
    pytest.param(auth(), ":3: auth.mode: 'required' without auth.clients lets nobody in", id="nobody"),
    pytest.param(auth(ehr()), ":5: auth.clients.0: no keys; give jwks, jwks_file or jwks_url", id="no keys"),
    pytest.param(auth(ehr(jwks={"keys": []})), ":5: auth.clients.0: no keys", id="an empty list of keys"),
    pytest.param(auth({"jwks": KEYS}), "auth.clients.0.issuer: Field required", id="no issuer"),
    pytest.param(auth(ehr(jwks=KEYS), ehr(jwks=KEYS)), f"auth.clients.1: issuer '{EHR}' is given twice", id="twice"),
    pytest.param(
        auth(ehr(jwks=KEYS, jwks_url="https://x.example/k")), "keys in jwks and jwks_url; give one", id="two places"
    ),
    pytest.param(auth(ehr(jwks={"kyes": []})), "auth.clients.0.jwks: a JWK Set is", id="no list of keys"),
    pytest.param(auth(ehr(jwks=[SIGNER.jwk])), "auth.clients.0.jwks: must hold keys and values", id="a bare list"),
    pytest.param(
        auth(ehr(jwks={"keys": [{**SIGNER.jwk, "d": SECRET}]})), "keys[0] (kid 'key-1') holds a private", id="private"
    ),
    pytest.param(auth(ehr(jwks={"keys": [{"kty": "oct", "k": SECRET}]})), "is a symmetric key", id="symmetric"),
    pytest.param(auth(ehr(jwks={"keys": [SIGNER.jwk] * 2})), "kid 'key-1' is given twice", id="one id twice"),
    pytest.param(auth(ehr(jwks={"keys": [{**SIGNER.jwk, "use": "enc"}]})), "no key in it can verify", id="encryption"),
    pytest.param(auth(ehr(jwks_url="http://ehr.example.org/k")), "jwks_url: keys are fetched over https", id="http"),
    pytest.param(
        auth(ehr(jwks_url="ehr.example.org/k")),
        "jwks_url: must be an address that begins with https://",
        id="no scheme",
    ),
    pytest.param(auth(ehr(jku=["http://ehr.example.org/k"])), "jku: keys are fetched over https", id="http in jku"),
    pytest.param(auth(ehr(jku="https://ehr.example.org/k")), "jku: must be a list", id="no list in jku"),
    pytest.param(auth(ehr(jwks_file="nope.json")), "auth.clients.0.jwks_file: ", id="no file"),
    pytest.param(auth(ehr(jwks=KEYS), algorithms=["none"]), "auth.algorithms.0: must be 'ES256'", id="none"),
    pytest.param(auth(ehr(jwks=KEYS), algorithms=["HS256"]), "auth.algorithms.0: must be", id="HS256"),
    pytest.param(auth(ehr(jwks=KEYS), algorithms=["ES384", "HS512"]), "auth.algorithms.1: must be", id="HS512"),
    pytest.param(auth(ehr(jwks=KEYS), algorithms=[]), "auth.algorithms: List should have at least 1", id="nothing"),
    pytest.param(auth(ehr(jwks=KEYS), leeway_s=301), "auth.leeway_s: must be less", id="a long leeway"),
    pytest.param(auth(ehr(jwks=KEYS), leeway_s=-1), "auth.leeway_s: must be greater", id="a negative one"),
    pytest.param(auth(ehr(jwks=KEYS), max_lifetime_s=0), "auth.max_lifetime_s", id="no life"),
    pytest.param(auth(ehr(jwks=KEYS), max_lifetime_s=9e9), "auth.max_lifetime_s", id="a long life"),
    pytest.param(auth(ehr(jwks=KEYS), replay_store="disk"), "auth.replay_store: must be 'auto'", id="a disk"),
    pytest.param(
        auth(ehr(jwks=KEYS), replay_store="redis"), "auth.replay_store: 'redis' needs its address", id="no Redis"
    ),
    pytest.param(
        {**auth(ehr(jwks=KEYS)), "redis": "host:6379"}, "redis: not the address of a Redis server", id="no URL"
    ),
    pytest.param(
        {**auth(ehr(jwks=KEYS)), "redis": "http://h:1"}, "redis: not the address of a Redis server", id="a page"
    ),
    pytest.param(auth(ehr(jwks=KEYS, jwk={})), "unknown key 'auth.clients.0.jwk'; did you mean 'jwks'?", id="a key"),
    pytest.param(auth(ehr(jwks=KEYS), algorithm=1), "'auth.algorithm'; did you mean 'algorithms'", id="one"),
]


@pytest.mark.parametrize(("tree", "said"), REFUSED)
def test_auth_configuration_refuses_in_one_line_without_a_secret(tmp_path, tree, said) -> None:
    told = problem(written(tmp_path, tree))
    assert "her2.yaml:" in told
    assert said in told
    assert SECRET not in told
    assert "\n" not in told


@pytest.fixture
def serve(tmp_path, monkeypatch) -> Iterator[Callable[..., Result]]:
    """Yield ``her2-cds serve`` in a folder of its own; what it sets for its workers is forgotten afterwards."""
    monkeypatch.chdir(tmp_path)

    def started(tree: Any, *arguments: str) -> Result:
        return run("serve", "--port", servers.free_port(), "--config", written(tmp_path, tree), *arguments)

    with patch.dict(os.environ):
        yield started


@pytest.mark.parametrize(
    ("tree", "said"),
    [
        pytest.param(
            {**auth(ehr(jwks=KEYS)), "redis": "redis://h:port/0"}, "redis: not the address", id="no number for a port"
        ),
        pytest.param(
            {**auth(ehr(jwks=KEYS)), "redis": "redis://127.0.0.1:1/0"},
            "redis: the server cannot be used (ConnectionError)",
            id="an unreachable Redis",
        ),
        pytest.param(
            {**auth(ehr(jwks=KEYS)), "database": "postgresql://u:s3cret@127.0.0.1:1/x"},
            "database holds a password; set HER2_CDS_DATABASE instead",
            id="the password of a database in the file",
        ),
        pytest.param(
            {**auth(ehr(jwks=KEYS)), "redis": "redis://:s3cret@127.0.0.1:1/0"},
            "redis holds a password; set HER2_CDS_REDIS instead",
            id="the password of a Redis in the file",
        ),
        pytest.param(
            {**auth(ehr(jwks=KEYS), replay_store="database"), "database": "mysql://u@h/x"},
            "can be used",
            id="another database",
        ),
    ],
)
def test_auth_stores_that_cannot_be_used_stop_the_start_in_one_line(serve, tree, said) -> None:
    result = serve(tree)
    assert (result.exit_code, result.stdout) == (2, "")
    (line,) = [line for line in result.stderr.splitlines() if not line.startswith("{")]
    assert said in line
    assert "s3cret" not in result.stderr


@pytest.mark.parametrize("mode", ["required", "off"])
def test_auth_memory_of_several_workers_stops_the_start(serve, mode) -> None:
    """Also without authentication, which may be switched on while the workers run."""
    result = serve(auth(ehr(jwks=KEYS), replay_store="memory", mode=mode), "--workers", "2")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "auth.replay_store: the memory of one worker is not known to another" in result.stderr


# --- Key files and the environment -----------------------------------------------------------------------------------


def test_auth_key_file_lies_beside_the_configuration(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir("/")
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / "ehr.json").write_text(json.dumps(KEYS))
    caller = Caller(load_settings(written(tmp_path, auth(ehr(jwks_file="keys/ehr.json"))), {}))
    assert caller.get("/cds-services", headers=bearer(SIGNER.token())).status == 200


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "is no JSON object"),
        ('{"keys": []}', "holds no key"),
        (json.dumps({"keys": [{**SIGNER.jwk, "d": SECRET}]}), "holds a private key"),
    ],
)
def test_auth_key_file_that_cannot_be_used_is_refused_with_its_line(tmp_path, text, said) -> None:
    (tmp_path / "ehr.json").write_text(text)
    told = problem(written(tmp_path, auth(ehr(jwks_file="ehr.json"))))
    assert "her2.yaml:6: auth.clients.0.jwks_file: " in told
    assert said in told
    assert SECRET not in told


def test_auth_clients_may_come_from_the_environment() -> None:
    environment = {
        "HER2_CDS_AUTH__MODE": "required",
        "HER2_CDS_AUTH__CLIENTS": json.dumps([ehr(jwks=KEYS)]),
        "HER2_CDS_PUBLIC_URL": BASE,
    }
    caller = Caller(load_settings(None, environment))
    assert caller.get("/cds-services", headers=bearer(SIGNER.token())).status == 200
    environment["HER2_CDS_AUTH__CLIENTS"] = "[{issuer: x}]"
    assert problem(None, environment).startswith("HER2_CDS_AUTH__CLIENTS: auth.clients.0: no keys")


def test_auth_every_setting_says_what_it_means() -> None:
    schema = json_schema()["$defs"]["AuthSettings"]["properties"]
    assert set(schema) == set(AuthSettings.model_fields)
    assert all(each.get("description") for name, each in schema.items() if name != "clients")


# --- A changed file --------------------------------------------------------------------------------------------------


def rewrite(path: Path, tree: Any) -> None:
    written(path.parent, tree, path.name)
    os.utime(path, ns=(time.time_ns(), path.stat().st_mtime_ns + 1_000_000))


def test_auth_configuration_is_picked_up_when_it_changes(tmp_path, monkeypatch, log_lines) -> None:
    monkeypatch.setattr("cds_service.decisions.active._LOOK_EVERY_S", -1)
    path = written(tmp_path, auth(ehr(jwks=KEYS)))
    caller = Caller(path=path)

    def statuses() -> list[int]:
        tokens = [SIGNER.token(), OTHER.token()]
        return [caller.get("/cds-services", headers=bearer(token)).status for token in tokens]

    used = SIGNER.token()
    assert caller.get("/cds-services", headers=bearer(used)).status == 200
    assert statuses() == [200, 403]
    rewrite(path, auth(ehr(jwks=KEYS), {"issuer": OTHER_EHR, "jwks": {"keys": [OTHER.jwk]}}))
    assert statuses() == [200, 200]
    rewrite(path, auth(ehr(jwks={"keys": [{**SIGNER.jwk, "d": SECRET}]})))
    assert statuses() == [200, 200]
    rewrite(path, {**auth(ehr(jwks=KEYS), replay_store="redis"), "redis": "redis://127.0.0.1:1/0"})
    assert statuses() == [200, 403]
    rewrite(path, auth({"issuer": OTHER_EHR, "jwks": {"keys": [OTHER.jwk]}}))
    assert statuses() == [403, 200]
    for opened in ({"public_url": BASE}, {"public_url": BASE, "auth": {"mode": "off"}}):
        rewrite(path, opened)
        assert caller.get("/cds-services").status == 401
    rewrite(path, auth(ehr(jwks=KEYS)))
    assert caller.get("/cds-services").status == 401
    assert caller.get("/cds-services", headers=bearer(used)).status == 401
    events = [line["event"] for line in log_lines if line["event"].startswith("configuration")]
    assert events.count("configuration_refused") == 3
    assert events.count("configuration_loaded") == 4
    waiting = [line["keys"] for line in log_lines if line["event"] == "restart_needed"]
    assert waiting == [["redis", "auth.replay_store"]] * 2


def test_auth_configuration_of_the_demo_asks_for_no_token() -> None:
    assert Settings().auth.mode == "off"
