"""Workers are replaced, end with their parent, and start without a database: real processes and real sockets."""

from __future__ import annotations

import json
import os
import resource
import signal
import socket
import time
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from calls import SIGN, call, order
from running import Running, start, start_live, stop
from servers import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator

PATIENCE_S = 40
IDLE = 5000 if os.environ.get("SOAK") else 1000


def workers(running: Running) -> list[int]:
    """Return the processes of the workers."""
    pid = running.process.pid
    found = []
    for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        # A worker may end between the list and the look at it.
        with suppress(FileNotFoundError, ProcessLookupError):
            if b"resource_tracker" not in Path(f"/proc/{child}/cmdline").read_bytes():
                found.append(int(child))
    return found


def started(running: Running) -> list[object]:
    """Return the workers that have come up."""
    return [line["worker"] for line in running.logged if line["event"] == "worker_started"]


def is_there(pid: int) -> bool:
    with suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


def is_free(port: int) -> bool:
    with suppress(OSError), socket.create_server(("127.0.0.1", port)):
        return True
    return False


def wait(condition: object, seconds: float = PATIENCE_S) -> float:
    """Wait for a condition, and give how long it took."""
    began = time.monotonic()
    while not condition():  # type: ignore[operator]
        assert time.monotonic() - began < seconds
        time.sleep(0.02)
    return time.monotonic() - began


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    service = start(tmp_path, "--workers", "2")
    wait(lambda: len(started(service)) == 2)
    yield service
    stop(service)


def test_a_killed_worker_is_replaced_and_the_others_go_on(running: Running) -> None:
    times = []
    for number in range(3):
        before = workers(running)
        assert len(before) == 2
        os.kill(before[0], signal.SIGKILL)
        # What it had accepted is lost with it; later records go to the other file.
        wait(lambda gone=before[0]: gone not in workers(running))
        assert running.send("POST", f"/cds-services/{SIGN}", call(orders=[order(378)]))[0] == 200
        times.append(wait(lambda gone=before[0]: len(workers(running)) == 2 and gone not in workers(running)))
        wait(lambda wanted=3 + number: len(started(running)) == wanted)
    # On an idle machine each arrives within two seconds; here other processes run too.
    assert min(times) < 10
    assert running.send("GET", "/health/live")[0] == 200
    assert [line["event"] for line in running.logged].count("worker_replaced") == 3


def test_workers_end_with_their_parent_and_free_the_address(tmp_path: Path) -> None:
    service = start(tmp_path, "--workers", "2")
    left = workers(service)
    service.process.kill()
    service.process.wait()
    wait(lambda: not any(is_there(pid) for pid in left))
    wait(lambda: is_free(service.port))


def test_a_service_that_starts_before_its_database_gives_cards_and_records_them_late(tmp_path: Path) -> None:
    url = f"postgresql+psycopg://her2:s3cret@127.0.0.1:{free_port()}/her2"
    service = start_live(tmp_path, HER2_CDS_DATABASE=url)
    try:
        assert service.send("GET", "/health/live")[0] == 200
        assert service.send("GET", "/health/ready")[0] == 503
        status, _, body = service.send("POST", f"/cds-services/{SIGN}", call(orders=[order(378)]))
        assert status == 200
        assert body["cards"]
        assert service.send("GET", "/health/ready")[2]["store"]["recordsWaiting"] == 1
    finally:
        stop(service)
    logged = json.dumps(service.logged)
    assert "store_down" in logged
    assert "s3cret" not in logged


def test_idle_connections_change_nothing(running: Running) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    many = IDLE if hard == resource.RLIM_INFINITY else min(IDLE, hard - 500)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, many + 500), hard))
    with ExitStack() as opened:
        for _ in range(many):
            opened.enter_context(socket.create_connection(("127.0.0.1", running.port), timeout=5))
        began = time.monotonic()
        assert running.send("POST", f"/cds-services/{SIGN}", call(orders=[order(378)]))[0] == 200
        # Where idle connections are in the way, the call waits for them to be closed, one after the other.
        assert time.monotonic() - began < 20
