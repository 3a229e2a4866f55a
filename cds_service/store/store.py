"""The store of one process: its database, and the recorder that writes to it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import structlog
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from cds_service.ehr.limits import CallLimit, ServerBusyError
from cds_service.store.database import DatabaseError, open_engine, upgrade
from cds_service.store.recorder import Recorder

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Engine

_PROBES = 4
"""How many threads may check the database at the same time."""
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Store:
    """The store of one process."""

    engine: Engine
    recorder: Recorder
    probes: CallLimit = field(default_factory=lambda: CallLimit(_PROBES))

    def is_reachable(self) -> bool:
        """Return whether the database answers a query and accepts records."""
        self.recorder.look()
        if not self.recorder.is_up:
            return False
        try:
            with self.probes.asked(), self.engine.connect() as connection:
                connection.execute(text("SELECT 1"))
        except (SQLAlchemyError, ServerBusyError):
            return False
        return self.recorder.is_up

    def close(self) -> None:
        """Write waiting records and close the connections."""
        self.recorder.close()
        self.engine.dispose()


def open_store(url: str, on_change: Callable[[Recorder], None] = lambda _: None) -> Store:
    """Open the store. If the database cannot be reached, connecting is retried later: cards are shown without it.

    Raises:
        DatabaseError: the address does not name a database that can be used.

    """
    engine = open_engine(url)
    try:
        upgrade(engine)
    except DatabaseError as error:
        _log.error("store_unreachable", problem=str(error))
        return Store(engine, Recorder(engine, ready=False, watch=on_change, folder=_folder(engine)))
    return Store(engine, Recorder(engine, watch=on_change, folder=_folder(engine)))


def _folder(engine: Engine) -> Path | None:
    """Return the folder for waiting records: next to the SQLite file, else the current directory."""
    file = engine.url.database if engine.dialect.name == "sqlite" else ""
    if file is None or file == ":memory:":
        return None
    return (Path(file).parent if file else Path()).absolute() / "her2-cds-waiting"
