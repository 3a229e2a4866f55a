"""Remembers tokens in the database of the service: for several workers, and across restarts."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

import structlog
from sqlalchemy import delete
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from cds_service.auth.replay import ReplayStoreError
from cds_service.store.database import DatabaseError, upgrade
from cds_service.store.tables import seen_tokens

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Engine, Executable

_BETWEEN_PURGES_S = 600
_log = structlog.get_logger()


class DatabaseReplayStore:
    """Remembers tokens in the table ``seen_tokens``."""

    def __init__(self, engine: Engine, clock: Callable[[], float] = time.time) -> None:
        """Take the database; nothing is asked of it yet."""
        self._engine = engine
        self._clock = clock
        self._insert = postgresql.insert if engine.dialect.name == "postgresql" else sqlite.insert
        self._lock = threading.Lock()
        self._purged = clock()

    def is_first(self, token: str, expires: int) -> bool:
        """Remember a token; see `ReplayStore`."""
        now = int(self._clock())
        new = self._insert(seen_tokens).values(token_hash=token, expires_at=expires)
        # One statement, so that of two who come at once the database lets one wait for the other. A row whose time is
        # over is as good as none.
        remember = new.on_conflict_do_update(
            index_elements=[seen_tokens.c.token_hash],
            set_={"expires_at": new.excluded.expires_at},
            where=seen_tokens.c.expires_at <= now,
        ).returning(seen_tokens.c.token_hash)
        first = self._run(remember) is not None
        self._purge(now)
        return first

    def _run(self, statement: Executable) -> Any:
        try:
            try:
                return self._once(statement)
            except DBAPIError as error:
                # A connection that a restart of the server has left stale; the others go with it.
                if not error.connection_invalidated:
                    raise
                return self._once(statement)
        except SQLAlchemyError as error:
            raise ReplayStoreError(f"database: {type(error).__name__}") from None

    def _once(self, statement: Executable) -> Any:
        with self._engine.begin() as connection:
            return connection.scalar(statement)

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
        """Make the tables, if they are not there yet; see `ReplayStore`."""
        try:
            upgrade(self._engine)
        except DatabaseError as error:
            raise ReplayStoreError(str(error)) from None

    def close(self) -> None:
        """Close the connections."""
        self._engine.dispose()
