"""Remembers tokens in the service's database: for several workers, and across restarts."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

import structlog
from sqlalchemy import bindparam, delete, event
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from cds_service.auth.used_tokens import ReplayStoreError
from cds_service.ehr.limits import CallLimit
from cds_service.store.database import DatabaseError, upgrade
from cds_service.store.dialects import dialect_of
from cds_service.store.tables import seen_tokens

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable

    from sqlalchemy import Engine, Executable

_BETWEEN_PURGES_S = 600
_WAITING = 64
_log = structlog.get_logger()


class DatabaseReplayStore:
    """Remembers tokens in the table ``seen_tokens``."""

    def __init__(self, engine: Engine, clock: Callable[[], float] = time.time) -> None:
        """Take a database engine that is used for nothing else; no connection is made yet."""
        if engine.dialect.name == "sqlite":
            event.listen(engine, "connect", _no_wait_for_disk)
        self._engine = engine
        self._clock = clock
        self._remember = _remember(engine.dialect.name)
        self._lock = threading.Lock()
        # Calls that wait for a frozen database must not use up the threads of the service.
        self._calls = CallLimit(_WAITING)
        self._purged = clock()

    def is_first(self, token: str, expires: int, issued: float = 0) -> bool:  # noqa: ARG002 - it is kept on disk
        """Remember a token; see `ReplayStore`."""
        now = int(self._clock())
        first = self._run({"token": token, "expires": expires, "now": now}) is not None
        self._purge(now)
        return first

    def _run(self, values: dict[str, Any]) -> Any:
        try:
            with self._calls.asked():
                try:
                    return self._once(values)
                except DBAPIError as error:
                    # The connection is stale after a server restart, and so are the others.
                    if not error.connection_invalidated:
                        raise
                    return self._once(values)
        except SQLAlchemyError as error:
            raise ReplayStoreError(f"database: {type(error).__name__}") from None

    def _once(self, values: dict[str, Any]) -> Any:
        with self._engine.begin() as connection:
            return connection.scalar(self._remember, values)

    def _purge(self, now: int) -> None:
        with self._lock:
            if now - self._purged < _BETWEEN_PURGES_S:
                return
            self._purged = now
        try:
            with self._engine.begin() as connection:
                connection.execute(delete(seen_tokens).where(seen_tokens.c.expires_at <= now))
        except SQLAlchemyError as error:
            _log.warning("seen_tokens_not_purged", reason=type(error).__name__)

    def check(self) -> None:
        """Create the tables if they do not exist yet; see `ReplayStore`."""
        try:
            upgrade(self._engine)
        except DatabaseError as error:
            raise ReplayStoreError(str(error)) from None

    def close(self) -> None:
        """Close the connections."""
        self._engine.dispose()


def _remember(dialect: str) -> Executable:
    """Build the statement that returns a row to the first call with a token, and none to the others.

    It is a single statement, so that the database serializes simultaneous calls. An expired row is replaced.
    """
    new = dialect_of(dialect).insert(seen_tokens).values(token_hash=bindparam("token"), expires_at=bindparam("expires"))
    statement: Executable = new.on_conflict_do_update(
        index_elements=[seen_tokens.c.token_hash],
        set_={"expires_at": new.excluded.expires_at},
        where=seen_tokens.c.expires_at <= bindparam("now"),
    ).returning(seen_tokens.c.token_hash)
    return statement


def _no_wait_for_disk(connection: sqlite3.Connection, _: Any) -> None:
    """Make commits survive the process but not a power cut, so that no call waits for the disk."""
    connection.execute("PRAGMA synchronous=NORMAL")
