"""Checkpoints SQLite's write-ahead log in the background instead of during an answer.

By itself SQLite checkpoints during some later commit, when the log has grown long: that commit waits for the disk, and
the answer with it. Until then a power cut may lose commits. Here a dedicated thread does it at most a second after a
commit.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import structlog
from sqlalchemy.exc import SQLAlchemyError

if TYPE_CHECKING:
    from sqlalchemy import Engine

_AFTER_S = 1.0
_PATIENCE_S = 5.0
PAGES_AT_MOST = 20_000
"""How large the log may grow before a commit checkpoints it after all: 80 MB, if the thread never gets to it."""
_log = structlog.get_logger()


class Checkpoints:
    """The checkpoints of one process; SQLite lets one process at a time do it."""

    def __init__(self, engine: Engine, after_s: float = _AFTER_S) -> None:
        """Take the database."""
        self._engine = engine
        self._after_s = after_s
        self._lock = threading.Lock()
        self._due: threading.Timer | None = None
        self._running: threading.Timer | None = None

    def soon(self) -> None:
        """Schedule a checkpoint soon."""
        if self._due is None:
            with self._lock:
                if self._due is None:
                    due = threading.Timer(self._after_s, self._carry_over)
                    due.daemon = True
                    try:
                        due.start()
                    except RuntimeError as error:
                        # No thread could be started: the commit is unaffected, and the next one tries again.
                        _log.info("checkpoint_put_off", reason=type(error).__name__)
                    else:
                        self._due = due

    def close(self) -> None:
        """End after a running checkpoint; closing the last connection writes whatever is left."""
        with self._lock:
            due = self._due
        # Its connection must not be closed while it is in use.
        for each in (due, self._running):
            if each is not None and each is not threading.current_thread():
                each.cancel()
                each.join(timeout=_PATIENCE_S)

    def _carry_over(self) -> None:
        with self._lock:
            # Commits from here on schedule a new checkpoint.
            self._running, self._due = self._due, None
        try:
            connection = self._engine.raw_connection()
            try:
                connection.cursor().execute("PRAGMA wal_checkpoint(PASSIVE)")
            finally:
                connection.close()
        except (SQLAlchemyError, self._engine.dialect.dbapi.Error) as error:  # type: ignore[union-attr]
            _log.info("checkpoint_put_off", reason=type(error).__name__)
