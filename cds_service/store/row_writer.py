"""Writes rows to the database over separate connections, each call in one transaction."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from queue import Empty, LifoQueue
from typing import TYPE_CHECKING, Any

import structlog

from cds_service.store import tables
from cds_service.store.checkpoints import PAGES_AT_MOST, Checkpoints
from cds_service.store.database import DatabaseError
from cds_service.store.database_file import DatabaseFile
from cds_service.store.statements import insert_into

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from cds_service.store.record import Record
    from cds_service.store.statements import Insert

BUSY_S = 3.0
"""How long a call waits for a connection."""
_CONNECTIONS = {"sqlite": 1, "postgresql": 4}
_LOCKED_MS = 1000
_log = structlog.get_logger()


class RowWriter:
    """Writes the rows of decisions. Every method may raise whatever the driver raises."""

    def __init__(self, engine: Engine, is_down: Callable[[], bool]) -> None:
        """Prepare the statements; ``is_down`` says whether another call found the store down."""
        self._engine = engine
        self._is_down = is_down
        name = engine.dialect.name
        self._configuration = insert_into(tables.configurations, name)
        self._decision = insert_into(tables.decisions, name)
        self._card = insert_into(tables.decision_cards, name)
        self._suppression = insert_into(tables.suppressions, name)
        self._shadow = insert_into(tables.shadow_verdicts, name)
        self._gap = insert_into(tables.recording_gaps, name)
        self._connections: LifoQueue[Any] = LifoQueue()
        for _ in range(_CONNECTIONS[name]):
            self._connections.put(None)
        self._checkpoints = Checkpoints(engine) if name == "sqlite" else None
        self._file = DatabaseFile(engine)
        self._known_configurations: set[str] = set()

    @property
    def is_file_there(self) -> bool:
        """Whether the file of the database is the one that was opened; true for a server."""
        return self._file.is_there

    def forget_configurations(self) -> None:
        """Write configurations anew: after an outage it may be a different database, such as an older backup."""
        self._known_configurations.clear()

    def close(self) -> None:
        """Close the connections."""
        self._file.close()
        if self._checkpoints is not None:
            self._checkpoints.close()
        while True:
            try:
                connection = self._connections.get_nowait()
            except Empty:
                break
            if connection is not None:
                connection.close()

    def insert(self, *records: Record, late: bool = False) -> None:
        """Write records in one transaction; ``late``: they waited for the database."""
        inserts: list[tuple[Insert, Sequence[Mapping[str, Any]]]] = []
        added: set[str] = set()
        for record in records:
            row = {**record.decision, "late": True} if late else record.decision
            new = {
                digest: content for digest, content in record.configurations if digest not in self._known_configurations
            }
            inserts += [
                (self._configuration, [{"hash": each, "first_seen": row["at"], "content": new[each]} for each in new]),
                (self._decision, (row,)),
                (self._card, record.cards),
                (self._suppression, record.suppressed),
                (self._shadow, record.shadow),
            ]
            added.update(new)
        self._commit([(insert, rows) for insert, rows in inserts if rows], late=late)
        self._known_configurations.update(added)

    def write_gap(self, began: datetime, late: int, lost: int) -> None:
        """Record a gap that ends now, with the number of records written late and of those lost."""
        row = {
            "id": str(uuid.uuid4()),
            "began_at": began,
            "ended_at": datetime.now(UTC),
            "recorded_late": late,
            "lost": lost,
        }
        self._commit([(self._gap, (row,))], late=True)

    def _commit(self, inserts: Sequence[tuple[Insert, Sequence[Mapping[str, Any]]]], *, late: bool) -> None:
        """Write rows in one transaction; a single row is a transaction by itself.

        A connection with any error is not used again.
        """
        is_single = len(inserts) == 1 and len(inserts[0][1]) == 1
        connection = self._connections.get(timeout=BUSY_S)
        try:
            self._refuse_if_down(late=late)
            if connection is None:
                connection = self._connect()
            cursor = connection.cursor()
            if not is_single:
                cursor.execute("BEGIN")
            for insert, rows in inserts:
                insert.run(cursor, rows)
            if not is_single:
                cursor.execute("COMMIT")
            cursor.close()
            self._file.must_be_there()
            if self._checkpoints is not None:
                self._checkpoints.soon()
        except BaseException:
            if connection is not None:
                _close_quietly(connection)
            connection = None
            raise
        finally:
            self._connections.put(connection)

    def _refuse_if_down(self, *, late: bool) -> None:
        """Raise if another call found the store down while this one waited for a connection."""
        if not late and self._is_down():
            raise DatabaseError("the store is down")

    def _connect(self) -> Any:
        """Open a separate connection in autocommit mode."""
        pooled = self._engine.raw_connection()
        pooled.detach()
        connection: Any = pooled.dbapi_connection
        self._file.opened()
        if self._engine.dialect.name == "postgresql":
            connection.autocommit = True
            # A clinician is waiting, as below.
            connection.longest_s = _LOCKED_MS / 1000
        else:
            # Commits survive the process; the last second before a power cut may be lost (ADR 7).
            connection.execute("PRAGMA synchronous=NORMAL")
            # A clinician is waiting, so if the database stays locked longer, the record is written later.
            connection.execute(f"PRAGMA busy_timeout={_LOCKED_MS}")
            connection.execute(f"PRAGMA wal_autocheckpoint={PAGES_AT_MOST}")
        return connection


def _close_quietly(connection: Any) -> None:
    try:
        # A statement still referenced keeps the SQLite connection, and its lock, open after closing.
        connection.rollback()
        connection.close()
    except Exception as error:  # noqa: BLE001 - it is broken already
        _log.info("connection_not_closed", reason=type(error).__name__)
