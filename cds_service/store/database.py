"""Opens the database and migrates its tables to this version."""

from __future__ import annotations

import os
import sqlite3
import stat
import threading
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import structlog
from sqlalchemy import create_engine, event, inspect, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError

from cds_service.store.database_file import watch
from cds_service.store.tables import metadata

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import URL, Connection, Engine

    from cds_service.store.bounded_postgresql import BoundedConnection

LATEST_REVISION = "0008"
"""The migration that this version needs: the last one under ``migrations/versions``."""
_REVISIONS = (
    "CREATE TABLE alembic_version ("
    "version_num VARCHAR(32) NOT NULL, CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num))"
)
"""As created by Alembic."""
_DRIVERS = {"sqlite": "sqlite+pysqlite", "postgresql": "postgresql+psycopg"}
_WAIT_S = 2
_SQLITE_WAIT_S = 5
_UPGRADE_S = 30.0
# An arbitrary number that every process must share.
_UPGRADE_LOCK = 0x4845_5232
_TURN = threading.Lock()


_log = structlog.get_logger()


class DatabaseError(Exception):
    """The database cannot be used; the message says what to change and contains no password."""


class DatabaseNewerError(DatabaseError):
    """The tables are from a newer version, so retrying is pointless."""


def open_engine(url: str) -> Engine:
    """Open a database; connections are made on first use and stay open.

    Raises:
        DatabaseError: the address does not name a usable database.

    """
    address = address_of(url)
    if address.get_backend_name() == "sqlite":
        file = address.database
        _keep_private(file)
        # The recorder hands its connection from thread to thread, never to two at once.
        engine = create_engine(address, connect_args={"timeout": _SQLITE_WAIT_S, "check_same_thread": False})
        event.listen(engine, "do_connect", lambda *_: _made_private(file))
        event.listen(engine, "connect", _prepare_sqlite)
        watch(engine)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    engine = create_engine(
        address,
        pool_size=16,
        max_overflow=0,
        pool_timeout=_WAIT_S,
        pool_recycle=1800,
        # A server that disappears must not delay an answer for longer than this.
        connect_args={
            "connect_timeout": _WAIT_S,
            "tcp_user_timeout": _WAIT_S * 1000,
            "options": f"-c statement_timeout={_WAIT_S * 1000}",
        },
    )
    event.listen(engine, "do_connect", _connect_bounded)
    return engine


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """Yield a connection for one transaction that writes.

    SQLite allows one writer at a time. A transaction that reads first and then writes fails at once if another wrote in
    between; one that begins as a writer waits its turn. Within the process, a lock serializes writers.

    Raises:
        SQLAlchemyError: the transaction could not be started or committed.

    """
    if engine.dialect.name != "sqlite":
        with engine.begin() as connection:
            yield connection
        return
    options = {"sqlite_begin": "BEGIN IMMEDIATE"}
    with _TURN, engine.connect().execution_options(**options) as connection, connection.begin():
        yield connection


def upgrade(engine: Engine) -> None:
    """Create or migrate the tables; of several processes that start at once, one does it and the others wait.

    Raises:
        DatabaseError: the database cannot be reached or written, or is from a newer version.

    """
    try:
        writer = engine.connect().execution_options(sqlite_begin="BEGIN IMMEDIATE")
        with writer as connection, ExitStack() as patience, connection.begin():
            if engine.dialect.name == "postgresql":
                patience.enter_context(_patient(connection))
                connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
                connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_UPGRADE_LOCK})")
            if not inspect(connection).get_table_names():
                _make_tables(connection)
            elif _revision(connection) != LATEST_REVISION:
                _upgrade(connection)
    except SQLAlchemyError as error:
        raise DatabaseError(f"database: {_said(engine.url, error)}") from None


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    revision: str | None = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
    return revision


def _make_tables(connection: Connection) -> None:
    """Create the final tables in an empty database directly, in a fifth of the time that the migrations take."""
    metadata.create_all(connection, checkfirst=False)
    connection.exec_driver_sql(_REVISIONS)
    connection.exec_driver_sql(f"INSERT INTO alembic_version (version_num) VALUES ('{LATEST_REVISION}')")  # noqa: S608 - our own constant


def _upgrade(connection: Connection) -> None:
    # Alembic takes a tenth of the startup time, so it is not loaded if the tables are current or absent.
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415
    from alembic.script import ScriptDirectory  # noqa: PLC0415

    settings = Config()
    settings.set_main_option("script_location", "cds_service.store:migrations")
    settings.attributes["connection"] = connection
    present = _revision(connection)
    known = {each.revision for each in ScriptDirectory.from_config(settings).walk_revisions()}
    if present is not None and present not in known:
        raise DatabaseNewerError(
            f"database: its tables are of a newer version ({present}); run that version of her2-cds"
        )
    command.upgrade(settings, "head")


def address_of(url: str) -> URL:
    """Parse a database address.

    Raises:
        DatabaseError: it does not name a usable database.

    """
    try:
        address = make_url(url)
    except ArgumentError:
        raise DatabaseError("database: no address of a database; write sqlite:///file or postgresql://…") from None
    driver = _DRIVERS.get(address.get_backend_name())
    if driver is None or (address.drivername not in (address.get_backend_name(), driver)):
        raise DatabaseError("database: SQLite (sqlite:///file) and PostgreSQL (postgresql+psycopg://…) can be used")
    address = address.set(drivername=driver)
    if address.get_backend_name() == "sqlite" and address.database and address.database != ":memory:":
        folder = Path(address.database).resolve().parent
        if not folder.is_dir():
            raise DatabaseError(f"database: there is no folder {folder}")
    try:
        address.get_dialect()
    except NoSuchModuleError:
        raise DatabaseError("database: no driver for this address") from None
    return address


def _made_private(file: str | None) -> None:
    """Create the file, if it does not exist, readable only by the service: it contains health data."""
    if file and file != ":memory:" and not file.startswith("file:"):
        # Never an existing file: closing it would release the locks that SQLite holds in this process. Connecting will
        # report any problem with the file.
        with suppress(OSError):
            os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))


def _keep_private(file: str | None) -> None:
    """Create the file if needed, and warn if others can read it."""
    if not file or file == ":memory:" or file.startswith("file:"):
        return
    _made_private(file)
    try:
        mode = stat.S_IMODE(Path(file).stat().st_mode)
    except OSError:
        # Connecting will report the error.
        return
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        _log.warning("database_file_is_open", file=file, mode=f"{mode:04o}", meaning="others can read it; chmod 600")


def _prepare_sqlite(connection: sqlite3.Connection, _: Any) -> None:
    # SQLAlchemy begins transactions explicitly; the driver would begin one only at the first change.
    connection.isolation_level = None
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA foreign_keys=ON")


def _connect_bounded(_dialect: Any, _record: Any, arguments: Any, named: Any) -> BoundedConnection:
    # Drivers of database servers are not loaded for SQLite.
    from cds_service.store.bounded_postgresql import BoundedConnection  # noqa: PLC0415

    return BoundedConnection.connect(*arguments, **named)


@contextmanager
def _patient(connection: Connection) -> Iterator[None]:
    """Allow more time for statements while tables are migrated, by this process or another."""
    raw: Any = connection.connection.dbapi_connection
    usual, raw.longest_s = raw.longest_s, _UPGRADE_S
    try:
        yield
    finally:
        raw.longest_s = usual


def _begin_sqlite(connection: Connection) -> None:
    connection.exec_driver_sql(connection.get_execution_options().get("sqlite_begin", "BEGIN"))


def _said(url: URL, error: SQLAlchemyError) -> str:
    """Return the driver's message in one line, with the database but without its password."""
    cause = str(getattr(error, "orig", None) or error)
    line = " ".join(cause.split())
    if url.password:
        line = line.replace(str(url.password), "***")
    return f"{url.render_as_string(hide_password=True)}: {line}"
