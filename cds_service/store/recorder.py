"""Records decisions before their answers are sent, without ever blocking an answer.

While the database is down, records wait (`waiting`) within limits; when it is back they are written and marked as late,
and the gap is recorded with the number of lost records. A record whose content the database refuses is made safe or,
failing that, dropped, so that it never blocks the next.
"""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import structlog

from cds_service.store.database import DatabaseError, DatabaseNewerError, upgrade
from cds_service.store.row_writer import BUSY_S, RowWriter
from cds_service.store.safe_rows import is_of_the_data, made_safe
from cds_service.store.waiting import Waiting

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from sqlalchemy import Engine

    from cds_service.store.record import Record

_RETRY_S = 1.0
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
        self._rows = RowWriter(engine, lambda: self._down_since is not None)
        self._lock = threading.Lock()
        self._waiting = Waiting(folder)
        found, self._lost = self._waiting.adopt()
        self._late = 0
        self._down_since: datetime | None = None
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
                self._rows.insert(record)
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
        if self._down_since is None and not self._rows.is_file_there:
            self._go_down("the file of the database was deleted or replaced")

    def close(self) -> None:
        """Write waiting records if possible, and close the connections."""
        self._stopping.set()
        if self._retrying is not None:
            self._retrying.join(timeout=2 * BUSY_S)
        if self._down_since is not None and not self._catch_up():
            kept = self._waiting.kept
            lost = len(self._waiting) + self._lost - kept
            if kept:
                _log.warning("records_wait_for_the_next_start", records=kept)
            if lost:
                _log.error("records_lost_at_stop", records=lost)
        self._waiting.close()
        self._rows.close()

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
            self._rows.forget_configurations()
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
                        self._rows.write_gap(began or datetime.now(UTC), count, self._lost)
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
            self._rows.insert(made_safe(record))
        except Exception as error:  # noqa: BLE001 - as above
            _log.warning("record_not_made_safe", reason=type(error).__name__)
            return False
        return True

    def _inserted(self, batch: Sequence[Record]) -> int:
        """Write waiting records, in one transaction if possible; return how many the database accepted."""
        try:
            self._rows.insert(*batch, late=True)
        except Exception as error:
            if not is_of_the_data(error):
                raise
            return sum(self._inserted_or_refused(record) for record in batch)
        return len(batch)

    def _inserted_or_refused(self, record: Record) -> bool:
        """Write a waiting record; return whether the database accepted it, unchanged or made safe."""
        try:
            self._rows.insert(record, late=True)
        except Exception as error:
            if not is_of_the_data(error):
                raise
            try:
                self._rows.insert(made_safe(record), late=True)
            except Exception as again:
                if not is_of_the_data(again):
                    raise
                _log.error("record_set_aside", reason=type(again).__name__, decision=record.decision["id"])
                return False
        return True
