"""Whether the file of a SQLite database is still the one that was opened.

A file that is deleted or replaced under a running service stays open: commits go to it, and are lost with the last
connection. So it is checked with every commit.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import structlog
from sqlalchemy import event
from sqlalchemy.exc import DisconnectionError

if TYPE_CHECKING:
    from sqlalchemy import Engine

_KEY = "her2_cds_file"
_log = structlog.get_logger()
Identity = tuple[int, int] | None


class DatabaseFile:
    """The file of a SQLite database; ``None`` for PostgreSQL and for an in-memory database."""

    def __init__(self, engine: Engine) -> None:
        """Remember the file."""
        self._path = path_of(engine)
        self._identity: Identity = None
        self._held: int | None = None
        self.opened()

    @property
    def is_there(self) -> bool:
        """Return whether the file opened last is still there."""
        return self._path is None or self._identity == _identity(self._path)

    def opened(self) -> None:
        """Note that the current file has been opened."""
        if self._path is None:
            return
        self._identity = _identity(self._path)
        # While it is held, no other file gets its inode number. Without O_PATH, closing it would release SQLite's
        # locks.
        self.close()
        if hasattr(os, "O_PATH"):
            with suppress(OSError):
                self._held = os.open(self._path, os.O_PATH)

    def close(self) -> None:
        """Release the file."""
        if self._held is not None:
            os.close(self._held)
            self._held = None

    def must_be_there(self) -> None:
        """Check that the file opened last is still there.

        Raises:
            FileNotFoundError: the last commit went to a deleted file.

        """
        if not self.is_there:
            raise FileNotFoundError("the file of the database was deleted or replaced")


def path_of(engine: Engine) -> Path | None:
    """Return the file of a SQLite database."""
    name = engine.url.database
    if engine.dialect.name != "sqlite" or not name or name == ":memory:" or name.startswith("file:"):
        return None
    return Path(name).absolute()


def watch(engine: Engine) -> None:
    """Replace an engine's connections once its file is gone or has been replaced."""
    path = path_of(engine)
    if path is None:
        return

    def note(_connection: Any, record: Any) -> None:
        record.info[_KEY] = _identity(path)

    def check(_connection: Any, record: Any, _proxy: Any) -> None:
        if record.info.get(_KEY) != _identity(path):
            _log.error("database_file_gone", file=str(path), meaning="it was deleted or replaced; opened anew")
            raise DisconnectionError

    event.listen(engine, "connect", note)
    event.listen(engine, "checkout", check)


def _identity(path: Path) -> Identity:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino
