"""Backs up the whole database while the service is running, and restores it.

SQLite uses its online backup; PostgreSQL uses ``pg_dump`` and ``pg_restore``, which must be at least as new as the
server. A backup is complete or absent: it is written to a temporary name and renamed at the end.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import inspect
from sqlalchemy.exc import SQLAlchemyError

from cds_service.store.database import DatabaseError, address_of, open_engine, upgrade
from cds_service.store.tables import metadata

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import URL, Engine

_OF_SQLITE, _OF_POSTGRESQL = b"SQLite format 3\0", b"PGDMP"
_LONGEST_S = 24 * 3600


class BackupError(Exception):
    """The backup or restore failed; the message says why and contains no password."""


def back_up(url: str, file: Path) -> int:
    """Back up a database to a new file that only its owner can read; return its size in bytes.

    Raises:
        BackupError: the file already exists, or the backup failed.
        DatabaseError: the address does not name a database that can be used.

    """
    if file.exists():
        raise BackupError(f"{file}: is there already; a backup never replaces another")
    address = address_of(url)
    part = file.with_name(f"{file.name}.part")
    try:
        os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except OSError as error:
        missing = not file.parent.is_dir()
        why = f"there is no folder {file.parent}" if missing else f"{part}: {error.strerror}"
        raise BackupError(why) from None
    try:
        if address.get_backend_name() == "sqlite":
            _copy_sqlite(address, part)
        else:
            _run("pg_dump", address, "--format=custom", "--no-owner", "--no-privileges", f"--file={part}")
        with part.open("rb") as written:
            os.fsync(written.fileno())
        part.rename(file)
    except (OSError, sqlite3.Error) as error:
        raise BackupError(f"{file}: {error}") from None
    finally:
        part.unlink(missing_ok=True)
    return file.stat().st_size


def restore(url: str, file: Path) -> None:
    """Restore a database, which must not exist yet, and migrate it to this version.

    Raises:
        BackupError: the database already exists, or the backup is of another kind, damaged, or unreadable.
        DatabaseError: the address does not name a database that can be used, or the backup is from a newer version.

    """
    address = address_of(url)
    is_sqlite = address.get_backend_name() == "sqlite"
    kind = _OF_SQLITE if is_sqlite else _OF_POSTGRESQL
    try:
        with file.open("rb") as given:
            begin = given.read(len(kind))
        if begin != kind:
            raise BackupError(f"{file}: not a backup of {address.get_backend_name()}, the configured database")
        if is_sqlite:
            _take_sqlite(address, file)
        with _opened(url) as engine:
            if not is_sqlite:
                _must_be_empty(engine)
                named = f"--dbname={address.database or ''}"
                how = ("--no-owner", "--exit-on-error", "--single-transaction")
                _run("pg_restore", address, *how, named, str(file))
            upgrade(engine)
    except (OSError, sqlite3.Error) as error:
        raise BackupError(f"{file}: {error}") from None


@contextmanager
def _opened(url: str) -> Iterator[Engine]:
    """Open a database temporarily."""
    engine = open_engine(url)
    try:
        yield engine
    finally:
        engine.dispose()


def _copy_sqlite(url: URL, part: Path) -> None:
    source = Path(url.database or "")
    if not source.is_file():
        raise BackupError(f"{source}: there is no database")
    # In one step, from one consistent state; writers are not blocked in WAL mode.
    with closing(sqlite3.connect(source)) as reading, closing(sqlite3.connect(part)) as writing:
        reading.backup(writing)
        # A single file, without a separate WAL.
        writing.execute("PRAGMA journal_mode=DELETE").fetchone()
    _must_be_whole(part)


def _take_sqlite(url: URL, file: Path) -> None:
    target = Path(url.database or "")
    beside = [path for path in (target, *(Path(f"{target}{end}") for end in ("-wal", "-shm"))) if path.exists()]
    if beside:
        raise BackupError(f"{beside[0]}: is there already; move it away, or name another database")
    _must_be_whole(file)
    part = target.with_name(f"{target.name}.part")
    os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    try:
        shutil.copyfile(file, part)
        part.rename(target)
    finally:
        part.unlink(missing_ok=True)


def _must_be_whole(file: Path) -> None:
    with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)) as reading:
        (said,) = reading.execute("PRAGMA integrity_check(1)").fetchone()
    if said != "ok":
        raise BackupError(f"{file}: is damaged ({said})")


def _must_be_empty(engine: Engine) -> None:
    try:
        with engine.connect() as connection:
            there = sorted({*metadata.tables} & {*inspect(connection).get_table_names()})
    except SQLAlchemyError as error:
        raise DatabaseError(f"database: cannot be reached ({type(error).__name__})") from None
    if there:
        raise BackupError(f"the database holds {', '.join(there[:3])} … already; create an empty one")


def _run(program: str, url: URL, *arguments: str) -> None:
    """Run a PostgreSQL program; the password is passed in the environment, where other users cannot see it."""
    found = shutil.which(program)
    if found is None:
        raise BackupError(f"{program} is not installed; it comes with the client programs of PostgreSQL")
    named = {"PGHOST": url.host, "PGPORT": url.port, "PGUSER": url.username, "PGPASSWORD": url.password}
    named |= {"PGDATABASE": url.database, **_options(url)}
    environment = os.environ | {name: str(value) for name, value in named.items() if value}
    done = subprocess.run(  # noqa: S603 - our own arguments
        [found, "--no-password", *arguments],
        env=environment,
        capture_output=True,
        text=True,
        timeout=_LONGEST_S,
        check=False,
    )
    if done.returncode != 0:
        lines = done.stderr.strip().splitlines()
        raise BackupError(f"{program}: {lines[0] if lines else 'failed'}")


def _options(url: URL) -> dict[str, str]:
    """Return the TLS options of an address as environment variables for PostgreSQL's client programs."""
    names = ("sslmode", "sslrootcert", "sslcert", "sslkey", "target_session_attrs")
    given = {name: url.query[name] for name in names if name in url.query}
    return {
        f"PG{name.replace('_', '').upper()}": value if isinstance(value, str) else value[-1]
        for name, value in given.items()
    }
