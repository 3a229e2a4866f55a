"""Records decisions before their answers are sent, without ever blocking an answer.

While the database is down, records wait (`waiting`) within limits; when it is back they are written and marked as late,
and the gap is recorded with the number of lost records. A record whose content the database refuses is made safe or,
failing that, dropped, so that it never blocks the next.
"""

from __future__ import annotations

import threading
import uuid
from datetime import UTC, datetime
from queue import Empty, LifoQueue
from typing import TYPE_CHECKING, Any

import structlog

from cds_service.store import tables
from cds_service.store.checkpoints import PAGES_AT_MOST, Checkpoints
from cds_service.store.database import DatabaseError, DatabaseNewerError, upgrade
from cds_service.store.database_file import DatabaseFile
from cds_service.store.safe_rows import is_of_the_data, made_safe
from cds_service.store.statements import Insert
from cds_service.store.waiting import Waiting

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from sqlalchemy import Engine

    from cds_service.store.record import Record

_RETRY_S = 1.0
_CONNECTIONS = {"sqlite": 1, "postgresql": 4}
_BUSY_S = 3.0
_LOCKED_MS = 1000
_AT_ONCE = 50
"""How many waiting records are written in one transaction: new ones arrive meanwhile."""
_log = structlog.get_logger()


class Recorder:
    """Writes the decisions of one process to the database."""

    def __init__(
        self,
        engine: Engine,
        *,
        ready: bool = True,
        retry_s: float = _RETRY_S,
        watch: Callable[[Recorder], None] = lambda _: None,
        folder: Path | None = None,
    ) -> None:
        """Start; ``ready``: the tables already exist; ``watch`` is called when the store goes down or comes back.

        ``folder`` is where waiting records are stored, including those that earlier processes left.
        """
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
        self._file = DatabaseFile(engine)
        self._lock = threading.Lock()
        self._waiting = Waiting(folder)
        found, self._lost = self._waiting.adopt()
        self._late = 0
        self._down_since: datetime | None = None
        self._known_configurations: set[str] = set()
        self._retry_s = retry_s
        self._stopping = threading.Event()
        self._retrying: threading.Thread | None = None
        self._watch = watch
        self._watch(self)
        if found or self._lost:
            _log.warning("records_taken_over", records=found, broken=self._lost)
        if not ready or found or self._lost:
            self._go_down("not reached at the start" if not ready else "records of an earlier run wait")

    @property
    def is_up(self) -> bool:
        """Whether records are written to the database immediately."""
        return self._down_since is None

    @property
    def waiting(self) -> int:
        """How many records wait for the database to come back."""
        return len(self._waiting)

    @property
    def lost(self) -> int:
        """How many records were lost in the current gap because there was no room to wait."""
        return self._lost

    def write(self, record: Record) -> bool:
        """Write a record; return whether it is in the database. Never raises."""
        if self._down_since is None:
            try:
                self._insert(record)
            except Exception as error:  # noqa: BLE001 - whatever a driver raises, the answer goes out
                if is_of_the_data(error) and self._is_inserted_safe(record):
                    return True
                self._keep(record)
                self._go_down(type(error).__name__)
            else:
                return True
        else:
            self._keep(record)
            # The store may have come back in between, and nothing else would write this waiting record.
            self._go_down("a record came too late for the last gap")
        return False

    def look(self) -> None:
        """Check for a missing database file, before the next record is written."""
        if self._down_since is None and not self._file.is_there:
            self._go_down("the file of the database was deleted or replaced")

    def close(self) -> None:
        """Write waiting records if possible, and close the connections."""
        self._stopping.set()
        if self._retrying is not None:
            self._retrying.join(timeout=2 * _BUSY_S)
        if self._down_since is not None and not self._catch_up():
            kept = self._waiting.kept
            lost = len(self._waiting) + self._lost - kept
            if kept:
                _log.warning("records_wait_for_the_next_start", records=kept)
            if lost:
                _log.error("records_lost_at_stop", records=lost)
        self._waiting.close()
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

    def set_aside(self, reason: str) -> None:
        """Count a decision that cannot be recorded; the gap itself is recorded."""
        _log.error("record_set_aside", reason=reason)
        with self._lock:
            self._lost += 1
        self._go_down("a record was set aside")

    def _keep(self, record: Record) -> None:
        with self._lock:
            try:
                is_kept = self._waiting.add(record)
            except ValueError:
                # The record could not even be encoded as JSON.
                is_kept = self._waiting.add(made_safe(record))
            if not is_kept:
                self._lost += 1
        if not is_kept:
            _log.error("record_lost", decision=record.decision["id"], waiting=len(self._waiting))

    def _go_down(self, reason: str) -> None:
        with self._lock:
            if self._down_since is not None:
                return
            self._down_since = datetime.now(UTC)
            # After an outage it may be a different database, for example an older backup.
            self._known_configurations.clear()
            self._retrying = threading.Thread(target=self._retry, name="store-retry", daemon=True)
            self._retrying.start()
        self._watch(self)
        _log.error("store_down", reason=reason, meaning="cards are given, their record waits in memory")

    def _retry(self) -> None:
        while not self._stopping.wait(self._retry_s):
            if self._catch_up():
                return

    def _catch_up(self) -> bool:
        """Write waiting records and the gap; the final check for records and the end of the gap share one lock."""
        began, at_once = self._down_since, _AT_ONCE
        try:
            self._make_tables()
            while True:
                with self._lock:
                    batch = self._waiting.first(at_once)
                if not batch:
                    with self._lock:
                        if self._waiting:
                            continue
                        count = self._late
                        self._write_gap(began or datetime.now(UTC), count, self._lost)
                        self._down_since, self._lost, self._late, self._retrying = None, 0, 0, None
                        break
                try:
                    written = self._inserted(batch)
                except Exception:
                    if len(batch) == 1:
                        raise
                    # On a nearly full disk, some may still fit.
                    at_once = 1
                    continue
                with self._lock:
                    self._waiting.done(len(batch))
                    # Kept across retries, because the connection may break again halfway.
                    self._late += written
                    self._lost += len(batch) - written
        except DatabaseError:
            return False
        except Exception as error:  # noqa: BLE001 - tried again
            _log.warning("store_still_down", reason=type(error).__name__)
            return False
        self._watch(self)
        _log.info("store_back", recorded_late=count)
        return True

    def _make_tables(self) -> None:
        """Create the tables, unless a newer version has: its tables accept what this version writes.

        Raises:
            DatabaseError: the database cannot be reached or written.

        """
        try:
            upgrade(self._engine)
        except DatabaseNewerError as error:
            _log.error("database_is_newer", problem=str(error), meaning="written to as before; end this version soon")

    def _is_inserted_safe(self, record: Record) -> bool:
        try:
            self._insert(made_safe(record))
        except Exception as error:  # noqa: BLE001 - as above
            _log.warning("record_not_made_safe", reason=type(error).__name__)
            return False
        return True

    def _inserted(self, batch: Sequence[Record]) -> int:
        """Write waiting records, in one transaction if possible; return how many the database accepted."""
        try:
            self._insert(*batch, late=True)
        except Exception as error:
            if not is_of_the_data(error):
                raise
            return sum(self._inserted_or_refused(record) for record in batch)
        return len(batch)

    def _inserted_or_refused(self, record: Record) -> bool:
        """Write a waiting record; return whether the database accepted it, unchanged or made safe."""
        try:
            self._insert(record, late=True)
        except Exception as error:
            if not is_of_the_data(error):
                raise
            try:
                self._insert(made_safe(record), late=True)
            except Exception as again:
                if not is_of_the_data(again):
                    raise
                _log.error("record_set_aside", reason=type(again).__name__, decision=record.decision["id"])
                return False
        return True

    def _insert(self, *records: Record, late: bool = False) -> None:
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

    def _write_gap(self, began: datetime, late: int, lost: int) -> None:
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
        connection = self._connections.get(timeout=_BUSY_S)
        try:
            self._must_be_up(late=late)
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

    def _must_be_up(self, *, late: bool) -> None:
        """Raise if another call found the store down while this one waited for a connection."""
        if not late and self._down_since is not None:
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
