"""Feedback from eight clients for a minute beside their calls: none refused, none lost, none twice.

    .venv/bin/python -m benchmarks.feedback [--seconds 60] [--database postgresql+psycopg://user@host/db]

Without an address it tries SQLite, and PostgreSQL on a server of its own where that is installed. Each client signs an
order, says of the card it got that it was overridden, and sends every tenth feedback a second time, as a client does
that lost the answer. Exit code 1: a feedback was refused, is missing, or is there twice.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import json
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import NullPool, create_engine, text
from sqlalchemy.exc import OperationalError

from benchmarks.chart import Person
from benchmarks.payloads import Drug, request_of
from benchmarks.servers import SERVICE, running

if TYPE_CHECKING:
    from collections.abc import Iterator

CLIENTS = 8
OK = 200
_AGAIN = 10
_PATH = "/cds-services/her2-order-sign"
_TOO_MUCH = (Drug("ado-trastuzumab emtansine (KADCYLA) IV", "1371046", mg_per_kg=5.4),)


class Clients:
    """What the clients sent, and what they were told."""

    def __init__(self, port: int, seconds: float) -> None:
        """Send until the time is over."""
        self._port, self._until = port, time.monotonic() + seconds
        self._lock = threading.Lock()
        self.calls: Counter[int] = Counter()
        self.feedback: Counter[int] = Counter()
        self.accepted: set[str] = set()
        self.seconds: list[float] = []

    def go(self) -> None:
        """Be one client."""
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=30)
        body = request_of(Person(3), _TOO_MUCH, 8, ("patient", "weight", "tumorMarkers", "lvef", "labs", "conditions"))
        number = 0
        while time.monotonic() < self._until:
            body["hookInstance"] = str(uuid.uuid4())
            status, answer = _sent(connection, _PATH, body)
            with self._lock:
                self.calls[status] += 1
            if status != OK:
                continue
            card = answer["cards"][0]["uuid"]
            said = {"card": card, "outcome": "overridden", "outcomeTimestamp": "2026-11-01T08:00:00Z"}
            number += 1
            for _ in range(1 if number % _AGAIN else 2):
                began = time.monotonic()
                status, _ = _sent(connection, f"{_PATH}/feedback", {"feedback": [said]})
                with self._lock:
                    self.feedback[status] += 1
                    self.seconds.append(time.monotonic() - began)
                    if status == OK:
                        self.accepted.add(card)
        connection.close()


def _sent(connection: http.client.HTTPConnection, path: str, body: Any) -> tuple[int, Any]:
    connection.request("POST", path, json.dumps(body), {"Content-Type": "application/json"})
    answer = connection.getresponse()
    raw = answer.read()
    return answer.status, json.loads(raw) if raw[:1] == b"{" else None


def tried(database: str, seconds: float) -> bool:
    """Try one database, print what came of it, and tell whether all feedback is there once."""
    with running((*SERVICE,), HER2_CDS_DATABASE=database) as port:
        clients = Clients(port, seconds)
        with ThreadPoolExecutor(CLIENTS) as pool:
            for future in [pool.submit(clients.go) for _ in range(CLIENTS)]:
                future.result()
    engine = create_engine(database)
    with engine.connect() as connection:
        kept = Counter(row[0] for row in connection.execute(text("SELECT card FROM feedback")))
    engine.dispose()
    refused = sum(count for status, count in clients.feedback.items() if status != OK)
    missing, twice = len(clients.accepted - set(kept)), sum(count > 1 for count in kept.values())
    print(
        f"{database.partition(':')[0]}: calls {dict(clients.calls)}; feedback {dict(clients.feedback)}, "
        f"p50 {statistics.median(clients.seconds) * 1000:.0f} ms, longest {max(clients.seconds):.2f} s; "
        f"refused {refused}, missing {missing} of {len(clients.accepted)}, twice {twice}",
        flush=True,
    )
    return refused == missing == twice == 0


@contextlib.contextmanager
def postgresql(folder: Path) -> Iterator[str | None]:
    """Run a server of its own, if PostgreSQL is installed; as root it runs as postgres."""
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    if not programs:
        yield None
        return
    data, port = folder / "data", 54_329
    folder.chmod(0o755)
    data.mkdir()
    other = ("setpriv", "--reuid=postgres", "--clear-groups") if os.geteuid() == 0 else ()
    if other:
        shutil.chown(data, "postgres")
    initdb = (*other, programs[-1] / "initdb", "-D", data, "-U", "her2", "-A", "trust", "-E", "UTF8", "--locale=C")
    subprocess.run(initdb, check=True, capture_output=True)
    listens = ("-h", "127.0.0.1", "-p", str(port), "-k", "")
    server = subprocess.Popen(
        (*other, programs[-1] / "postgres", "-D", data, *listens), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    address = f"postgresql+psycopg://her2@127.0.0.1:{port}/postgres"
    try:
        deadline = time.monotonic() + 60
        while True:
            with contextlib.suppress(OperationalError), create_engine(address, poolclass=NullPool).connect():
                break
            if time.monotonic() > deadline:
                raise TimeoutError
            time.sleep(0.2)
        yield address
    finally:
        # Fast: it does not wait for its sessions.
        server.send_signal(signal.SIGINT)
        server.wait(60)


def main() -> None:
    """Try the databases, one after the other."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--database", help="try this one alone; it must have no feedback in it")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="her2-feedback-") as name:
        folder = Path(name)
        if chosen.database:
            sys.exit(0 if tried(chosen.database, chosen.seconds) else 1)
        fine = tried(f"sqlite:///{folder}/record.sqlite3", chosen.seconds)
        with postgresql(folder) as address:
            if address is not None:
                fine = tried(address, chosen.seconds) and fine
            else:
                print("PostgreSQL is not installed here")
    sys.exit(0 if fine else 1)


if __name__ == "__main__":
    main()
