"""Deletes records past the site's retention period, in the background."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import structlog
from sqlalchemy.exc import SQLAlchemyError

from cds_service.store.retention import purge

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Engine

_FIRST_AFTER_S = 60.0
_EVERY_S = 6 * 3600.0
_log = structlog.get_logger()


def start_purging(engine: Engine, keep_days: Callable[[], int | None]) -> threading.Thread:
    """Start; several processes may do this at once without conflict."""
    thread = threading.Thread(target=_run, args=(engine, keep_days), name="housekeeping", daemon=True)
    thread.start()
    return thread


def _run(engine: Engine, days_to_keep: Callable[[], int | None]) -> None:
    time.sleep(_FIRST_AFTER_S)
    while True:
        keep_days = days_to_keep()
        if keep_days is not None:
            try:
                decisions, feedback = purge(engine, keep_days)
            except SQLAlchemyError as error:
                _log.warning("purge_failed", reason=type(error).__name__)
            else:
                _log.info("purged", decisions=decisions, feedback=feedback, keep_days=keep_days)
        time.sleep(_EVERY_S)
