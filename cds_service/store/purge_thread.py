"""Deletes in the background what is older than the site keeps."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import structlog
from sqlalchemy.exc import SQLAlchemyError

from cds_service.store.retention import purge

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from cds_service.decisions.active import Configuration

_FIRST_AFTER_S = 60.0
_EVERY_S = 6 * 3600.0
_log = structlog.get_logger()


def keep_house(engine: Engine, configuration: Configuration) -> threading.Thread:
    """Begin; several processes may do so at once, and what one has deleted the others do not find."""
    thread = threading.Thread(target=_go_round, args=(engine, configuration), name="housekeeping", daemon=True)
    thread.start()
    return thread


def _go_round(engine: Engine, configuration: Configuration) -> None:
    time.sleep(_FIRST_AFTER_S)
    while True:
        keep_days = configuration.current().decider.settings.audit.keep_days
        if keep_days is not None:
            try:
                decisions, feedback = purge(engine, keep_days)
            except SQLAlchemyError as error:
                _log.warning("purge_failed", reason=type(error).__name__)
            else:
                _log.info("purged", decisions=decisions, feedback=feedback, keep_days=keep_days)
        time.sleep(_EVERY_S)
