"""What may happen to the database under a running service: told, and nothing more lost than said."""

from __future__ import annotations

import json
import resource
import shutil
import sqlite3
import stat
import time
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
from calls import SIGN, call, order
from running import Running, served, stop
from test_store_feedback import overridden
from test_up import workers

from cds_service.store.record import Record
from cds_service.store.waiting import Waiting

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PATIENCE_S = 20
MANY_BYTES = 1 << 30


def rows(path: Path, statement: str) -> list[Any]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(statement).fetchall()


def signed(running: Running, times: int = 1) -> None:
    """Sign orders that get a card each; every one is answered."""
    for _ in range(times):
        status, _, body = running.send("POST", f"/cds-services/{SIGN}", call(orders=[order(378)]))
        assert (status, len(body["cards"])) == (200, 1)


def is_ready(running: Running) -> None:
    until = time.monotonic() + PATIENCE_S
    while running.send("GET", "/health/ready")[0] != 200:
        assert time.monotonic() < until
        time.sleep(0.05)


def gaps(path: Path) -> tuple[int, int]:
    """Return how many records came late and how many were lost, in all gaps."""
    late, lost = rows(path, "SELECT coalesce(sum(recorded_late), 0), coalesce(sum(lost), 0) FROM recording_gaps")[0]
    return late, lost


def count(path: Path, table: str = "decisions") -> int:
    return int(rows(path, f"SELECT count(*) FROM {table}")[0][0])  # noqa: S608 - our own names


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    with served(tmp_path) as service:
        yield service


def remove(path: Path) -> None:
    for each in path.parent.glob(f"{path.name}*"):
        each.unlink()


def test_a_deleted_file_is_created_again_and_holds_what_follows(running: Running, tmp_path: Path) -> None:
    path = tmp_path / "her2-cds.sqlite3"
    signed(running, 3)
    remove(path)
    signed(running, 2)
    is_ready(running)
    signed(running, 2)
    assert count(path) == 4
    assert gaps(path) == (2, 0)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    # The decisions name a configuration, which stands in the new file too.
    assert count(path, "configurations") == 1
    told = [line.get("reason") for line in running.logged if line["event"] == "store_down"]
    assert told == ["FileNotFoundError"]


def test_accepted_feedback_is_in_the_current_file(running: Running, tmp_path: Path) -> None:
    path = tmp_path / "her2-cds.sqlite3"

    def status() -> int:
        said = {"feedback": [overridden("card-1")]}
        return running.send("POST", f"/cds-services/{SIGN}/feedback", said)[0]

    assert status() == 200
    remove(path)
    # The file is back at once, and its tables at the next check; nothing is guaranteed before.
    assert status() == 503
    is_ready(running)
    assert status() == 200
    assert count(path, "feedback") == 1


def test_a_file_replaced_by_an_older_copy_is_used_on(running: Running, tmp_path: Path) -> None:
    path, copy = tmp_path / "her2-cds.sqlite3", tmp_path / "copy.sqlite3"
    signed(running, 2)
    with closing(sqlite3.connect(path)) as there, closing(sqlite3.connect(copy)) as backup:
        there.backup(backup)
    signed(running, 3)
    remove(path)
    shutil.move(copy, path)
    signed(running, 2)
    is_ready(running)
    signed(running)
    assert count(path) == 5
    assert gaps(path) == (2, 0)


def test_a_corrupt_file_is_reported_and_answers_go_on(running: Running, tmp_path: Path) -> None:
    path = tmp_path / "her2-cds.sqlite3"
    signed(running, 2)
    stop_at = path.stat().st_size
    with path.open("r+b") as file:
        file.write(b"\xff" * stop_at)
    with (tmp_path / "her2-cds.sqlite3-wal").open("r+b") as file:
        file.write(b"\xff" * (tmp_path / "her2-cds.sqlite3-wal").stat().st_size)
    (tmp_path / "her2-cds.sqlite3-shm").unlink()
    signed(running, 3)
    until = time.monotonic() + PATIENCE_S
    while running.send("GET", "/health/ready")[0] == 200:
        signed(running)
        assert time.monotonic() < until
    # The operator removes the damaged file.
    remove(path)
    is_ready(running)
    signed(running)
    late, lost = gaps(path)
    assert lost == 0
    assert count(path) == late + 1


def test_a_full_disk_delays_records_but_no_answer(running: Running, tmp_path: Path) -> None:
    path = tmp_path / "her2-cds.sqlite3"
    signed(running, 2)
    (worker,) = workers(running)
    hard = resource.prlimit(worker, resource.RLIMIT_FSIZE)[1]
    # No file may grow beyond one page: neither the database nor the file of the records that wait.
    resource.prlimit(worker, resource.RLIMIT_FSIZE, (4096, hard))
    signed(running, 20)
    told = running.send("GET", "/health/ready")[2]["store"]
    assert (told["status"], told["recordsWaiting"], told["recordsLost"]) == ("down", 20, 0)
    resource.prlimit(worker, resource.RLIMIT_FSIZE, (MANY_BYTES, hard))
    is_ready(running)
    assert count(path) == 22
    assert gaps(path) == (20, 0)
    # The log had no room either; later lines are complete again.
    assert json.loads((tmp_path / "stderr").read_text().splitlines()[-1])["event"]


def test_a_stop_on_a_full_disk_says_how_many_records_it_loses(tmp_path: Path) -> None:
    path = tmp_path / "her2-cds.sqlite3"
    with served(tmp_path) as service:
        (worker,) = workers(service)
        hard = resource.prlimit(worker, resource.RLIMIT_FSIZE)[1]
        signed(service)
        # Room for some records in the file of those that wait, and for the log of the process.
        resource.prlimit(worker, resource.RLIMIT_FSIZE, (60_000, hard))
        signed(service, 20)
        stop(service)
        kept = [line["records"] for line in service.logged if line["event"] == "records_wait_for_the_next_start"]
        lost = [line["records"] for line in service.logged if line["event"] == "records_lost_at_stop"]
    with served(tmp_path) as service:
        is_ready(service)
    assert sum(kept) + sum(lost) + count_before(path, sum(kept)) == 21


def count_before(path: Path, late: int) -> int:
    """Count what was written at once: all but those that came late."""
    assert rows(path, "SELECT count(*) FROM decisions WHERE late")[0][0] == late
    return count(path) - late


def test_a_partly_written_record_is_rolled_back(tmp_path: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    waiting = Waiting(tmp_path)
    record = Record({"id": "x", "facts": "f" * 300}, (), ())
    assert waiting.add(record)
    resource.setrlimit(resource.RLIMIT_FSIZE, (500, hard))
    try:
        assert waiting.add(record)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert (len(waiting), waiting.kept) == (2, 1)
    assert waiting.add(record)
    waiting.close()
    assert Waiting(tmp_path).adopt() == (2, 0)


def test_a_service_goes_on_recording_in_a_database_that_a_newer_version_has_changed(
    running: Running, tmp_path: Path
) -> None:
    path = tmp_path / "her2-cds.sqlite3"
    signed(running)
    with closing(sqlite3.connect(path, isolation_level=None)) as newer:
        newer.execute("ALTER TABLE decisions ADD COLUMN of_tomorrow TEXT")
        newer.execute("UPDATE alembic_version SET version_num = 'of-tomorrow'")
        signed(running)
        newer.execute("BEGIN IMMEDIATE")
        signed(running, 2)
        newer.execute("ROLLBACK")
    is_ready(running)
    assert count(path) == 4
    assert gaps(path) == (2, 0)
    assert "database_is_newer" in [line["event"] for line in running.logged]
