"""Authentication of ``her2-cds serve`` as a real process: several workers, real header fields, restarts, its log."""

from __future__ import annotations

import json
import socket
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from calls import SIGN, call, order
from running import Running, start, stop
from signers import BASE, DISCOVERY, EHR, Signer, bearer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SIGNER = Signer()
SIGN_URL = f"{DISCOVERY}/{SIGN}"


def configured(folder: Path, **more: Any) -> str:
    path = folder / "her2.yaml"
    (folder / "ehr.json").write_text(json.dumps({"keys": [SIGNER.jwk]}))
    clients = [{"issuer": EHR, "jwks_file": "ehr.json"}]
    path.write_text(json.dumps({"public_url": BASE, "auth": {"mode": "required", "clients": clients}, **more}))
    return str(path)


@pytest.fixture(scope="module")
def running(tmp_path_factory) -> Iterator[Running]:
    """Yield a service of two workers that wants tokens."""
    folder = tmp_path_factory.mktemp("auth")
    service = start(folder, "--config", configured(folder), "--workers", "2")
    yield service
    stop(service)


def statuses(running: Running, token: str, times: int) -> list[int]:
    with ThreadPoolExecutor(8) as pool:
        return list(pool.map(lambda _: running.send("GET", "/cds-services", **bearer(token))[0], range(times)))


def test_auth_process_answers_a_signed_call(running) -> None:
    headers = bearer(SIGNER.token(SIGN_URL))
    status, _, body = running.send("POST", f"/cds-services/{SIGN}", call(orders=[order(378)]), **headers)
    assert (status, len(body["cards"])) == (200, 1)
    assert not any(line["event"] == "authentication_is_off" for line in running.logged)


def test_auth_process_admits_a_token_once_across_workers(running) -> None:
    for _ in range(5):
        assert sorted(statuses(running, SIGNER.token(), 16)) == [200] + [401] * 15


@contextmanager
def served(folder: Path, *arguments: str, **more: Any) -> Iterator[Running]:
    folder.mkdir(exist_ok=True)
    service = start(folder, "--config", configured(folder, **more), *arguments)
    try:
        yield service
    finally:
        assert stop(service) == 0


def test_auth_process_knows_used_tokens_after_a_restart(tmp_path) -> None:
    token = SIGNER.token()
    for expected in (200, 401):
        with served(tmp_path, "--workers", "2") as service:
            assert service.send("GET", "/cds-services", **bearer(token))[0] == expected


def test_auth_process_shares_used_tokens_with_another_by_redis(tmp_path, redis_url) -> None:
    token = SIGNER.token()
    with served(tmp_path / "a", redis=redis_url) as one, served(tmp_path / "b", redis=redis_url) as other:
        told = [service.send("GET", "/cds-services", **bearer(token))[0] for service in (one, other)]
    assert told == [200, 401]


def raw(running: Running, *fields: str) -> tuple[int, bytes]:
    """Send header fields as they are written."""
    lines = ["GET /cds-services HTTP/1.1", "Host: localhost", "Connection: close", *fields, "", ""]
    with socket.create_connection(("127.0.0.1", running.port), 10) as connection:
        connection.sendall("\r\n".join(lines).encode("latin-1"))
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    return int(answer.split(b" ", 2)[1]), answer


def test_auth_process_refuses_a_second_header_field(running) -> None:
    for make in (
        lambda: [SIGNER.token(), SIGNER.token()],
        lambda: [SIGNER.token(), "x"],
        lambda: ["x", SIGNER.token()],
    ):
        status, _ = raw(running, *(f"Authorization: Bearer {token}" for token in make()))
        assert status in (400, 401)


@pytest.mark.parametrize(
    ("field", "status"),
    [
        pytest.param("authorization: bearer {}", 200, id="small letters"),
        pytest.param("AUTHORIZATION:Bearer {}  ", 200, id="capital letters and spaces around"),
        pytest.param("Authorization: Bearer {}\xe9", 401, id="a letter with an accent"),
        pytest.param("Authorization : Bearer {}", 400, id="a space before the colon"),
        pytest.param("X-Authorization: Bearer {}", 401, id="another field"),
        pytest.param("Authorization: Bearer " + "x" * 60_000, 401, id="60,000 characters"),
    ],
)
def test_auth_process_reads_a_field_with(running, field, status) -> None:
    found, answer = raw(running, field.format(SIGNER.token()))
    assert found == status or (found in (400, 401, 431) and status in (400, 401)), answer[:300]


def test_auth_process_closes_a_connection_whose_body_nobody_has_read(running) -> None:
    status, headers, body = running.send("POST", f"/cds-services/{SIGN}", b" " * 100_000)
    assert (status, headers["Connection"], body["resourceType"]) == (401, "close", "OperationOutcome")


def test_auth_process_unauthenticated_callers_cannot_occupy_threads_with_partial_bodies(running) -> None:
    """As many as there are threads in both workers, and more."""
    fields = (
        f"POST /cds-services/{SIGN} HTTP/1.1",
        "Host: x",
        "Content-Type: application/json",
        "Content-Length: 9999",
    )
    half = "\r\n".join([*fields, "", "{"]).encode()
    with ExitStack() as open_ones:
        for _ in range(80):
            connection = open_ones.enter_context(socket.create_connection(("127.0.0.1", running.port), 10))
            connection.sendall(half)
        assert running.send("GET", "/cds-services", **bearer(SIGNER.token()))[0] == 200


def test_auth_process_writes_no_token_to_disk(running) -> None:
    tokens = [SIGNER.token(), SIGNER.token(BASE), SIGNER.token(exp=1), SIGNER.token(jti=None), Signer(number=3).token()]
    for token in tokens:
        running.send("GET", "/cds-services", **bearer(token))
        running.send("GET", "/cds-services", **bearer(token[:-3]))
    written = running.printed + json.dumps(running.logged)
    assert "auth_refused" in written
    for token in tokens:
        assert not any(part in written for part in token.split("."))
