"""Writes decisions down before their answers leave, and never stands in the way of an answer.

While the database is down, records wait in memory, as many as the limit allows; when it is back they are written,
marked as late, and the gap is written beside them with the number of those that were lost.
"""

from __future__ import annotations

import threading
import uuid
from collections import deque
from datetime import UTC, datetime
from queue import Empty, LifoQueue
from typing import TYPE_CHECKING, Any

import structlog

from cds_service.store import tables
from cds_service.store.checkpoints import PAGES_AT_MOST, Checkpoints
from cds_service.store.database import DatabaseError, upgrade
from cds_service.store.statements import Insert

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from sqlalchemy import Engine

    from cds_service.store.record import Record

WAITING_LIMIT = 5000
_RETRY_S = 1.0
_CONNECTIONS = {"sqlite": 1, "postgresql": 4}
_BUSY_S = 3.0
_LOCKED_MS = 1000
_log = structlog.get_logger()


class Recorder:
    """The one way by which decisions reach the database, for one process."""

    def __init__(
        self,
        engine: Engine,
        *,
        ready: bool = True,
        retry_s: float = _RETRY_S,
        watch: Callable[[Recorder], None] = lambda _: None,
    ) -> None:
        """Begin; ``ready`` says whether the tables are there already, ``watch`` is told whenever that changes."""
        self._engine = engine
        name = engine.dialect.name
        self._configuration = Insert(tables.configurations, name)
        self._decision = Insert(tables.decisions, name)
        self._card = Insert(tables.decision_cards, name)
        self._suppression = Insert(tables.suppressions, name)
        self._shadow = Insert(tables.shadow_verdicts, name)
        self._gap = Insert(tables.recording_gaps, name)
        self._connections: LifoQueue[Any] = LifoQueue()
        for _ in range(_CONNECTIONS[name]):
            self._connections.put(None)
        self._checkpoints = Checkpoints(engine) if name == "sqlite" else None
        self._lock = threading.Lock()
        self._waiting: deque[Record] = deque()
        self._lost = 0
        self._late = 0
        self._down_since: datetime | None = None
        self._known_configurations: set[str] = set()
        self._retry_s = retry_s
        self._stopping = threading.Event()
        self._retrying: threading.Thread | None = None
        self._watch = watch
        self._watch(self)
        if not ready:
            self._go_down("not reached at the start")

    @property
    def is_up(self) -> bool:
        """Whether records reach the database at once."""
        return self._down_since is None

    @property
    def waiting(self) -> int:
        """How many records wait for the database to come back."""
        return len(self._waiting)

    @property
    def lost(self) -> int:
        """How many records found no room to wait in the present gap."""
        return self._lost

    def write(self, record: Record) -> bool:
        """Write a record down; tell whether it is in the database. Never raises."""
        if self._down_since is None:
            try:
                self._insert(record)
            except Exception as error:  # noqa: BLE001 - whatever a driver raises, the answer goes out
                self._keep(record)
                self._go_down(type(error).__name__)
            else:
                return True
        else:
            self._keep(record)
        return False

    def close(self) -> None:
        """Write what waits, if that is possible now, and let the connections go."""
        self._stopping.set()
        if self._retrying is not None:
            self._retrying.join(timeout=2 * _BUSY_S)
        if self._down_since is not None and not self._catch_up():
            _log.error("records_lost_at_stop", records=len(self._waiting) + self._lost)
        if self._checkpoints is not None:
            self._checkpoints.close()
        while True:
            try:
                connection = self._connections.get_nowait()
            except Empty:
                break
            if connection is not None:
                connection.close()

    def _keep(self, record: Record) -> None:
        with self._lock:
            if len(self._waiting) < WAITING_LIMIT:
                self._waiting.append(record)
            else:
                self._lost += 1

    def _go_down(self, reason: str) -> None:
        with self._lock:
            if self._down_since is not None:
                return
            self._down_since = datetime.now(UTC)
            self._retrying = threading.Thread(target=self._retry, name="store-retry", daemon=True)
            self._retrying.start()
        self._watch(self)
        _log.error("store_down", reason=reason, meaning="cards are given, their record waits in memory")

    def _retry(self) -> None:
        while not self._stopping.wait(self._retry_s):
            if self._catch_up():
                return

    def _catch_up(self) -> bool:
        """Write what waits and the gap itself; the last look and the end of the gap are one step."""
        began = self._down_since
        try:
            upgrade(self._engine)
            while True:
                with self._lock:
                    record = self._waiting[0] if self._waiting else None
                if record is None:
                    with self._lock:
                        if self._waiting:
                            continue
                        count = self._late
                        self._write_gap(began or datetime.now(UTC), count, self._lost)
                        self._down_since, self._lost, self._late, self._retrying = None, 0, 0, None
                        break
                self._insert(record, late=True)
                with self._lock:
                    self._waiting.popleft()
                # Counted over all tries: a connection may break again in the middle.
                self._late += 1
        except DatabaseError:
            return False
        except Exception as error:  # noqa: BLE001 - tried again
            _log.warning("store_still_down", reason=type(error).__name__)
            return False
        self._watch(self)
        _log.info("store_back", recorded_late=count)
        return True

    def _insert(self, record: Record, *, late: bool = False) -> None:
        row = {**record.decision, "late": True} if late else record.decision
        new = {digest: content for digest, content in record.configurations if digest not in self._known_configurations}
        inserts: list[tuple[Insert, Sequence[Mapping[str, Any]]]] = [
            (self._configuration, [{"hash": each, "first_seen": row["at"], "content": new[each]} for each in new]),
            (self._decision, (row,)),
            (self._card, record.cards),
            (self._suppression, record.suppressed),
            (self._shadow, record.shadow),
        ]
        self._commit([(insert, rows) for insert, rows in inserts if rows])
        self._known_configurations.update(new)

    def _write_gap(self, began: datetime, late: int, lost: int) -> None:
        row = {
            "id": str(uuid.uuid4()),
            "began_at": began,
            "ended_at": datetime.now(UTC),
            "recorded_late": late,
            "lost": lost,
        }
        self._commit([(self._gap, (row,))])

    def _commit(self, inserts: Sequence[tuple[Insert, Sequence[Mapping[str, Any]]]]) -> None:
        """Write rows in one transaction; a single row is a transaction by itself.

        A connection on which anything went wrong is not used again.
        """
        is_single = len(inserts) == 1 and len(inserts[0][1]) == 1
        connection = self._connections.get(timeout=_BUSY_S)
        try:
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
            if self._checkpoints is not None:
                self._checkpoints.soon()
        except BaseException:
            if connection is not None:
                _close_quietly(connection)
            connection = None
            raise
        finally:
            self._connections.put(connection)

    def _connect(self) -> Any:
        """Open a connection of our own, in which every statement commits by itself unless told otherwise."""
        pooled = self._engine.raw_connection()
        pooled.detach()
        connection: Any = pooled.dbapi_connection
        if self._engine.dialect.name == "postgresql":
            connection.autocommit = True
        else:
            # What is committed outlives the process; the last second before a power cut may be lost (ADR 7).
            connection.execute("PRAGMA synchronous=NORMAL")
            # A clinician waits for this one: a database that is locked for longer gets the record late.
            connection.execute(f"PRAGMA busy_timeout={_LOCKED_MS}")
            connection.execute(f"PRAGMA wal_autocheckpoint={PAGES_AT_MOST}")
        return connection


def _close_quietly(connection: Any) -> None:
    try:
        connection.close()
    except Exception as error:  # noqa: BLE001 - it is broken already
        _log.info("connection_not_closed", reason=type(error).__name__)
