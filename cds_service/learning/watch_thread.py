"""Checks once a week, in the background, what went silent or loud, and reports it in the log and the metrics."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import structlog
from sqlalchemy.exc import SQLAlchemyError

from cds_service.clock import now
from cds_service.learning.watch import as_logged, last_watch, watch
from cds_service.telemetry import metrics

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Engine

_FIRST_AFTER_S = 90.0
_EVERY_S = 3600.0
_TURN_S = 0.02
_RESTED = 9
"""How much longer it pauses than it works: a process that answers calls spends a tenth of its time on this."""
_log = structlog.get_logger()


def start_watching(engine: Engine, is_wanted: Callable[[], bool]) -> threading.Thread:
    """Start; of several processes and machines on one database, one examines each week."""
    thread = threading.Thread(target=_run, args=(engine, is_wanted), name="watch", daemon=True)
    thread.start()
    return thread


def _run(engine: Engine, is_wanted: Callable[[], bool]) -> None:
    time.sleep(_FIRST_AFTER_S)
    while True:
        if is_wanted():
            look(engine)
        time.sleep(_EVERY_S)


def look(engine: Engine) -> None:
    """Examine the last whole week unless that was done, and report the newest result."""
    try:
        done = watch(engine, now(), Pacer().pause_if_due)
        if done is not None:
            week, found = done
            for each in found:
                _log.warning("out_of_limits", **as_logged(each), new=each.is_new)
            _log.info("watched", week=str(week), out_of_limits=len(found))
        last = last_watch(engine)
        if last is not None:
            metrics.watched(len(last[1]))
    except SQLAlchemyError as error:
        _log.warning("watch_failed", reason=type(error).__name__)


class Pacer:
    """Pauses regularly, so that calls are answered meanwhile."""

    def __init__(self) -> None:
        """Start a working period."""
        self._since = time.perf_counter()

    def pause_if_due(self) -> None:
        """Pause if it has worked long enough."""
        worked = time.perf_counter() - self._since
        if worked >= _TURN_S:
            time.sleep(min(worked, 1.0) * _RESTED)
            self._since = time.perf_counter()
