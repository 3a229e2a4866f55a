"""A copy of the database is whole while others write, and what is made from it still explains its decisions."""

from __future__ import annotations

import shutil
import sqlite3
import stat
import subprocess
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from calls import Caller, call, troubled_prefetch
from click.testing import CliRunner
from servers import lacking

from cds_service.audit.explain import explain
from cds_service.cli import main
from cds_service.store import backup
from cds_service.store.database import open_engine
from cds_service.store.reading import since

if TYPE_CHECKING:
    from servers import Postgres

TROUBLED = call(prefetch=troubled_prefetch())


def run(*arguments: str | Path, database: str, code: int = 0) -> str:
    """Run a command of the database and return what it wrote."""
    result = CliRunner().invoke(main, ["database", *map(str, arguments)], env={"HER2_CDS_DATABASE": database})
    assert result.exit_code == code, result.output
    return result.output


@pytest.fixture
def another(database_url: str, tmp_path: Path, request: pytest.FixtureRequest) -> str:
    """Return the address of a place for a second database of the same kind."""
    if database_url.startswith("sqlite"):
        return f"sqlite:///{tmp_path / 'another.sqlite3'}"
    if shutil.which("pg_dump") is None:
        lacking("pg_dump (PostgreSQL's client programs)")
    server: Postgres = request.getfixturevalue("postgres")
    return server.new_database()


def test_a_copy_made_during_writes_explains_an_old_decision(database_url: str, another: str, tmp_path: Path) -> None:
    caller, file = Caller(database=database_url), tmp_path / "copy"
    first = caller.post(TROUBLED)
    decision = first.headers["HER2-CDS-Decision"]
    done = threading.Event()
    statuses: list[int] = []

    def write() -> None:
        while not done.is_set():
            statuses.append(caller.client.post("/cds-services/her2-order-sign", json=TROUBLED).status_code)

    writing = threading.Thread(target=write)
    writing.start()
    try:
        said = run("backup", file, database=database_url)
    finally:
        done.set()
        writing.join(timeout=30)
    assert set(statuses) <= {200}
    assert "it holds health data" in said
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert not list(tmp_path.glob("*.part"))
    before = explain(caller.store.engine, decision)
    run("restore", file, database=another)
    engine = open_engine(another)
    again: Any = explain(engine, decision)
    assert again == before
    assert again["replay"]["identical"]
    assert all(each.cards for each in since(engine)), "each decision has its cards: the copy is of one moment"
    engine.dispose()
    # Created drafts continue.
    assert Caller(database=another).post(TROUBLED).status == 200


def test_nothing_is_ever_replaced(database_url: str, another: str, tmp_path: Path) -> None:
    Caller(database=database_url)
    file = tmp_path / "copy"
    run("backup", file, database=database_url)
    assert "is there already" in run("backup", file, database=database_url, code=2)
    assert "already" in run("restore", file, database=database_url, code=2)
    run("restore", file, database=another)


def test_a_file_that_is_not_a_backup_creates_no_database(database_url: str, another: str, tmp_path: Path) -> None:
    kind = database_url.partition(":")[0].partition("+")[0]
    file = tmp_path / "copy"
    file.write_text("not a database")
    assert f"not a backup of {kind}" in run("restore", file, database=another, code=2)
    Caller(database=database_url)
    run("backup", tmp_path / "good", database=database_url)
    whole = (tmp_path / "good").read_bytes()
    file.write_bytes(whole[: len(whole) // 2])
    run("restore", file, database=another, code=2)
    # A failed restore has left no file that blocks the good one.
    run("restore", tmp_path / "good", database=another)


def test_no_copy_is_made_without_a_database(tmp_path: Path) -> None:
    said = run("backup", tmp_path / "copy", database=f"sqlite:///{tmp_path / 'none.sqlite3'}", code=2)
    assert "there is no database" in said
    assert list(tmp_path.iterdir()) == []
    gone = "postgresql+psycopg://her2:secret-word@127.0.0.1:1/none"
    assert "secret-word" not in run("backup", tmp_path / "copy", database=gone, code=2)
    assert list(tmp_path.iterdir()) == []


def test_an_unfinished_copy_leaves_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Caller(database=f"sqlite:///{tmp_path / 'a.sqlite3'}")

    def full(*_: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(backup, "_must_be_whole", full)
    assert "disk is full" in run("backup", tmp_path / "copy", database=f"sqlite:///{tmp_path / 'a.sqlite3'}", code=2)
    assert not list(tmp_path.glob("copy*"))


def test_the_password_appears_on_no_command_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    heard: dict[str, Any] = {}

    def spy(command: list[str], **options: Any) -> subprocess.CompletedProcess[str]:
        heard.update(command=command, env=options["env"])
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr(backup.shutil, "which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr(backup.subprocess, "run", spy)
    run(
        "backup",
        tmp_path / "copy",
        database="postgresql+psycopg://her2:secret-word@db.example/her2?sslmode=verify-full",
    )
    assert not any("secret-word" in each for each in heard["command"])
    named = {name: heard["env"][name] for name in ("PGPASSWORD", "PGHOST", "PGDATABASE", "PGSSLMODE")}
    assert named == {
        "PGPASSWORD": "secret-word",
        "PGHOST": "db.example",
        "PGDATABASE": "her2",
        "PGSSLMODE": "verify-full",
    }
