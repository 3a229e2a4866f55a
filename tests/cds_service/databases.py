"""Closes what a test has opened: Python 3.13 warns of every SQLite connection that is left to the garbage collector."""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Engine, event

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
    _test = object()
    try:
        yield
    finally:
        _test = None
        while _opened:
            _opened.pop().close()
