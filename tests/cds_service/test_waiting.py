"""Nobody waits long for anybody: half-sent bodies, a frozen database, and neighbors that drip or hang."""

from __future__ import annotations

import http.client
import socket
import threading
import time
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

import pytest
from calls import SIGN, call, order
from running import Running, served

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

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
    """Tell whether the service closes a connection in time; an answer before that is read."""
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
    """Run a service that gives bodies and neighbors little time."""
    folder = tmp_path_factory.mktemp("hasty")
    config = configured(folder, "limits: {body_s: 0.8}\nfhir: {timeout_s: 0.4}")
    with served(folder, "--config", config) as running:
        yield running


def test_bodies_that_stop_half_way_are_cut_off_and_hold_up_nobody(hasty: Running) -> None:
    with half_sent(hasty.port, 300) as stalled:
        seen = []
        until = time.monotonic() + 4
        while time.monotonic() < until:
            seen.append(asked(hasty))
        assert {status for status, _ in seen} <= {200, 503}
        assert seen[-1][0] == 200
        assert max(took for _, took in seen) < PROMPT_S
        assert hasty.send("GET", "/health/live")[0] == 200
        assert all(is_closed(each, 5) for each in stalled)
    assert "slow_bodies_cut_off" in [line["event"] for line in hasty.logged]


@pytest.mark.parametrize("header", [b"", b"Expect: 100-continue\r\n"], ids=["in silence", "told to go on"])
def test_a_single_body_that_stops_is_cut_off(hasty: Running, header: bytes) -> None:
    with half_sent(hasty.port, 1, header) as (stalled,):
        assert asked(hasty)[0] == 200
        assert is_closed(stalled, 8)


def test_a_body_that_drips_is_cut_off_and_one_that_is_only_slow_is_answered(hasty: Running) -> None:
    with half_sent(hasty.port, 1) as (stalled,):
        until, gone = time.monotonic() + 8, False
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


def test_connections_at_work_or_idle_are_left_alone_while_bodies_are_cut_off(hasty: Running) -> None:
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
        assert is_closed(stalled, 8)
        stop.set()
        thread.join(10)
        kept.close()
        assert not failed
        never_used.sendall(b"GET /health/live HTTP/1.1\r\nHost: h\r\n\r\n")
        assert never_used.recv(100).startswith(b"HTTP/1.1 200")
