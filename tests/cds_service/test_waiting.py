"""Nobody waits long for anybody: half-sent bodies, a frozen database, and neighbors that drip or hang."""

from __future__ import annotations

import http.client
import json
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

import psycopg
import pytest
from calls import SIGN, call, order
from chart_server import ChartServer, Reply
from running import Running, served
from signers import BASE, OTHER_EHR, Signer, bearer, client
from test_pressure import count
from test_store_feedback import overridden
from urllib3.exceptions import HTTPError

from cds_service.auth import key_fetching
from cds_service.configuration.smart_settings import SmartServer
from cds_service.smart import exchange
from cds_service.smart.launch import LaunchError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from concurrent.futures import Future
    from pathlib import Path

    from servers import Postgres

PROMPT_S = 3.0
"""A machine of its own needs 20 ms; here others are at work too."""
HALF = (
    b"POST /cds-services/her2-order-sign HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\n"
    b'%bContent-Length: 999\r\n\r\n{"hook":'
)


def configured(folder: Path, text: str) -> str:
    """Write a configuration file, and return its path."""
    path = folder / "her2-cds.yaml"
    path.write_text(f"auth: {{mode: 'off'}}\n{text}\n", encoding="utf-8")
    return str(path)


def asked(running: Running) -> tuple[int, float]:
    """Sign an order that gets a card, and return the status and the time of the answer."""
    began = time.monotonic()
    status, _, _ = running.send("POST", f"/cds-services/{SIGN}", call(orders=[order(378)]))
    return status, time.monotonic() - began


def is_closed(connection: socket.socket, seconds: float) -> bool:
    """Return whether the service closes a connection in time; an answer before that is read."""
    connection.settimeout(seconds)
    try:
        while connection.recv(4096):
            pass
    except TimeoutError:
        return False
    except OSError:
        pass
    return True


@contextmanager
def half_sent(port: int, count: int, header: bytes = b"") -> Iterator[list[socket.socket]]:
    """Open connections that stop in the middle of a body."""
    with ExitStack() as opened:
        connections = [opened.enter_context(socket.create_connection(("127.0.0.1", port), 5)) for _ in range(count)]
        for each in connections:
            each.sendall(HALF % header)
        yield connections


@pytest.fixture(scope="module")
def hasty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Run a service that gives bodies and neighbors little time: bodies more than a busy machine takes to read one."""
    folder = tmp_path_factory.mktemp("hasty")
    config = configured(folder, "limits: {body_s: 4}\nfhir: {timeout_s: 0.4}")
    with served(folder, "--config", config) as running:
        yield running


def test_partial_bodies_are_cut_off_and_block_nobody(hasty: Running) -> None:
    with half_sent(hasty.port, 300) as stalled:
        seen = []
        until = time.monotonic() + 6
        while time.monotonic() < until:
            seen.append(asked(hasty))
        assert {status for status, _ in seen} <= {200, 503}
        assert seen[-1][0] == 200
        assert max(took for _, took in seen) < PROMPT_S
        assert hasty.send("GET", "/health/live")[0] == 200
        assert all(is_closed(each, 8) for each in stalled)
    assert "slow_bodies_cut_off" in [line["event"] for line in hasty.logged]


@pytest.mark.parametrize("header", [b"", b"Expect: 100-continue\r\n"], ids=["in silence", "told to go on"])
def test_a_single_body_that_stops_is_cut_off(hasty: Running, header: bytes) -> None:
    with half_sent(hasty.port, 1, header) as (stalled,):
        assert asked(hasty)[0] == 200
        assert is_closed(stalled, 12)


def test_a_body_that_drips_is_cut_off_and_one_that_is_only_slow_is_answered(hasty: Running) -> None:
    with half_sent(hasty.port, 1) as (stalled,):
        until, gone = time.monotonic() + 12, False
        while time.monotonic() < until and not gone:
            time.sleep(0.05)
            try:
                stalled.sendall(b" ")
            except OSError:
                gone = True
        assert gone
    began, raw = time.monotonic(), b'{"hook":"order-sign"}'
    with half_sent(hasty.port, 1), socket.create_connection(("127.0.0.1", hasty.port), 5) as slow:
        slow.sendall(HALF.replace(b"999", b"%d" % (len(raw))).replace(b'{"hook":', raw[:5]) % b"")
        time.sleep(0.5)
        slow.sendall(raw[5:])
        assert slow.recv(4096).startswith(b"HTTP/1.1 400")
        assert time.monotonic() - began < 5


def test_working_and_idle_connections_stay_open_while_stalled_bodies_are_cut_off(hasty: Running) -> None:
    with socket.create_connection(("127.0.0.1", hasty.port), 5) as never_used, half_sent(hasty.port, 1) as (stalled,):
        kept = http.client.HTTPConnection("127.0.0.1", hasty.port, timeout=10)
        stop = threading.Event()
        failed: list[Exception] = []

        def work() -> None:
            try:
                while not stop.is_set():
                    kept.request("GET", "/health/live")
                    kept.getresponse().read()
            except OSError as error:
                failed.append(error)

        thread = threading.Thread(target=work)
        thread.start()
        assert is_closed(stalled, 12)
        stop.set()
        thread.join(10)
        kept.close()
        assert not failed
        never_used.sendall(b"GET /health/live HTTP/1.1\r\nHost: h\r\n\r\n")
        assert never_used.recv(100).startswith(b"HTTP/1.1 200")


# --- A database that accepts and never answers -----------------------------------------------------------------------


def test_a_frozen_database_delays_no_call_and_loses_no_record(postgres: Postgres, tmp_path: Path) -> None:
    url = postgres.new_database()
    with served(tmp_path, HER2_CDS_DATABASE=url) as running:
        assert asked(running)[0] == 200
        with postgres.frozen():
            took = [asked(running) for _ in range(12)]
            assert {status for status, _ in took} == {200}
            # The first call detects it; the others do not wait again.
            assert max(seconds for _, seconds in took) < PROMPT_S
            assert sum(seconds > 0.9 for _, seconds in took) <= 1
            assert running.send("GET", "/health/ready")[0] == 503
            began = time.monotonic()
            assert (
                running.send("POST", f"/cds-services/{SIGN}/feedback", {"feedback": [overridden("card-1")]})[0] == 503
            )
            assert time.monotonic() - began < 2 * PROMPT_S
        until = time.monotonic() + 20
        while running.send("GET", "/health/ready")[0] != 200:
            assert time.monotonic() < until
            time.sleep(0.1)
    assert count(url, "decisions") == 13
    with psycopg.connect(url.replace("+psycopg", "")) as server:
        assert server.execute("SELECT sum(lost) FROM recording_gaps").fetchone() == (0,)


# --- Servers of keys, launches and sign-ins ---------------------------------------------------------------------------


@pytest.fixture
def neighbor() -> Iterator[ChartServer]:
    server = ChartServer()
    yield server
    server.close()


@contextmanager
def at_once(count: int, call_it: Callable[[], int]) -> Iterator[list[Future[int]]]:
    """Do something many times at once, in the background."""
    with ThreadPoolExecutor(count) as pool:
        futures = [pool.submit(call_it) for _ in range(count)]
        # By then each has its connection.
        time.sleep(0.5)
        yield futures


def test_slow_keys_delay_only_callers_who_need_them(neighbor: ChartServer, tmp_path: Path) -> None:
    known, dripping = Signer(), Signer(OTHER_EHR)
    fetched = {"issuer": OTHER_EHR, "jwks_url": neighbor.add("/jwks.json", Reply(drips=True))}
    auth = {"mode": "required", "clients": [client(known), fetched]}
    (tmp_path / "her2-cds.yaml").write_text(json.dumps({"public_url": BASE, "auth": auth}))

    with served(tmp_path, "--config", "her2-cds.yaml") as running:

        def status(signer: Signer) -> int:
            return running.send("GET", "/cds-services", **bearer(signer.token()))[0]

        assert status(known) == 200
        with at_once(40, lambda: status(dripping)) as others:
            began = time.monotonic()
            assert status(known) == 200
            assert time.monotonic() - began < PROMPT_S
        assert {each.result() for each in others} <= {401, 503}


def test_the_thread_that_fetches_keys_ends_despite_slow_keys(
    neighbor: ChartServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(key_fetching, "FETCH_S", 0.3)
    for reply in (Reply(drips=True), Reply(trickles=True), Reply(after_s=30)):
        began = time.monotonic()
        with pytest.raises((OSError, HTTPError)):
            key_fetching.fetch(neighbor.add("/jwks.json", reply))
        assert time.monotonic() - began < PROMPT_S


def test_launches_and_sign_ins_at_unresponsive_servers_delay_no_call(neighbor: ChartServer, tmp_path: Path) -> None:
    base = f"http://127.0.0.1:{neighbor.server_port}"
    neighbor.add("/.well-known/smart-configuration", Reply(drips=True))
    neighbor.add("/.well-known/openid-configuration", Reply(after_s=30))
    oidc = f"{{issuer: '{base}', client_id: her2, roles: {{editor: [e]}}}}"
    config = configured(
        tmp_path,
        f"smart: {{servers: [{{iss: '{base}', client_id: her2}}]}}\nworkbench: {{sign_in: oidc, oidc: {oidc}}}",
    )
    with served(tmp_path, "--config", config) as running:

        def status(path: str) -> int:
            connection = http.client.HTTPConnection("127.0.0.1", running.port, timeout=30)
            connection.request("GET", path)
            found = connection.getresponse().status
            connection.close()
            return found

        launch = f"/smart/launch?iss={base}&launch=1"
        with (
            at_once(48, lambda: status(launch)) as launches,
            at_once(48, lambda: status("/workbench/sign-in/provider")) as sign_ins,
        ):
            assert asked(running)[0] == 200
            took = [asked(running)[1] for _ in range(5)]
            assert max(took) < PROMPT_S
            # Four wait for each server; the others were refused at once.
            for each in (launches, sign_ins):
                assert sum(future.done() for future in each) >= 44
            for each in (launches, sign_ins):
                assert [future.result() for future in each if future.done()].count(503) >= 44
        # Waiting calls are answered within the time of one exchange.
        assert {future.result() for future in (*launches, *sign_ins)} <= {502, 503}


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param(Reply(headers={"Content-Length": "99"}), id="a body that breaks off"),
        pytest.param(Reply(b"zz\r\n", headers={"Transfer-Encoding": "chunked"}), id="a body in no chunks"),
        pytest.param(Reply(b"{}", headers={"Content-Encoding": "gzip"}), id="a body not compressed as declared"),
    ],
)
def test_a_truncated_answer_to_a_launch_is_reported_as_unreachable(neighbor: ChartServer, reply: Reply) -> None:
    """A connection that is cut off at its deadline breaks off just so, where the cut comes while the body is read."""
    neighbor.add("/.well-known/smart-configuration", reply)
    server = SmartServer(iss=f"http://127.0.0.1:{neighbor.server_port}", client_id="her2")
    with pytest.raises(LaunchError) as told:
        exchange.endpoints(server)
    assert (told.value.code, told.value.status) == ("unreachable", 502)


@pytest.mark.parametrize("methods", [7, "S256", None, {"S256": True}, True])
def test_a_launch_is_refused_if_the_server_lists_its_methods_wrongly(neighbor: ChartServer, methods: object) -> None:
    base = f"http://127.0.0.1:{neighbor.server_port}"
    found = {
        "authorization_endpoint": f"{base}/authorize",
        "token_endpoint": f"{base}/token",
        "code_challenge_methods_supported": methods,
    }
    neighbor.add("/.well-known/smart-configuration", Reply(json.dumps(found).encode()))
    with pytest.raises(LaunchError) as told:
        exchange.endpoints(SmartServer(iss=base, client_id="her2"))
    assert told.value.code == "no-pkce"
