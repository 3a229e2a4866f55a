"""Closes what a test has opened: Python 3.13 warns of every SQLite connection that is left to the garbage collector."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Engine, event

from cds_service.store.checkpoints import Checkpoints

if TYPE_CHECKING:
    from collections.abc import Iterator

_opened: list[sqlite3.Connection] = []
_owners: WeakKeyDictionary[Engine, object] = WeakKeyDictionary()
_test: object = None


@event.listens_for(Engine, "engine_connect")
def _note(connection: Connection) -> None:
    """Hold a connection of an engine that was first used within the test; those of wider fixtures outlive it."""
    raw = connection.connection.dbapi_connection
    if _owners.setdefault(connection.engine, _test) is _test is not None and isinstance(raw, sqlite3.Connection):
        _opened.append(raw)


@contextmanager
def closed_at_the_end() -> Iterator[None]:
    """Close the connections of the engines that are first used in between."""
    global _test  # noqa: PLW0603 - one test after the other
    own = _test = object()
    try:
        yield
    finally:
        _test = None
        _end_checkpoints(own)
        while _opened:
            _opened.pop().close()


def _end_checkpoints(test: object) -> None:
    """End the checkpoints of stores that the test left open: SQLite crashes when a connection in use is closed."""
    for thread in threading.enumerate():
        carrier = getattr(getattr(thread, "function", None), "__self__", None)
        if isinstance(carrier, Checkpoints) and _owners.get(carrier._engine) is test:
            carrier.close()
