"""Records waiting for the database: in memory, and in a file that survives a stop or kill.

Each process has its own file and keeps it locked. A starting process looks for unlocked files and takes over their
records. The file contains health data, like the database, so only the service can read it.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import uuid
from collections import deque
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING, Any

import msgspec
import structlog

from cds_service.store.record import Record

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MOST_RECORDS = 5000
MOST_BYTES = 64 << 20
_TIMES = ("at", "overridden_at")
_PATTERN = "waiting-*.ndjson"
_encode = msgspec.json.Encoder().encode
_log = structlog.get_logger()


class Waiting:
    """Records in order of arrival. Not thread-safe: the caller must use it from one thread at a time."""

    def __init__(self, folder: Path | None) -> None:
        """Start empty; ``folder`` is where the file is kept, ``None`` for memory only."""
        self._folder = folder
        self._records: deque[tuple[Record, int, bool]] = deque()
        self._bytes = self._kept = 0
        # Not named after the process id, which in a container is the same after every restart.
        self._path = folder / f"waiting-{uuid.uuid4().hex}.ndjson" if folder is not None else None
        self._file: int | None = None
        self._adopted: list[tuple[Path, int]] = []
        self._told = False

    def __len__(self) -> int:
        """Count the records."""
        return len(self._records)

    def add(self, record: Record) -> bool:
        """Add a record; return whether there was room for it."""
        written = _encode(record) + b"\n"
        if len(self._records) >= MOST_RECORDS or self._bytes + len(written) > MOST_BYTES:
            return False
        is_kept = self._append(written)
        self._records.append((record, len(written), is_kept))
        self._bytes += len(written)
        self._kept += is_kept
        return True

    def first(self, count: int) -> list[Record]:
        """Return the records that have waited longest."""
        return [record for record, _, _ in islice(self._records, count)]

    def done(self, count: int = 1) -> None:
        """Remove the first records, which have been written. If none is left, remove the files too."""
        for _ in range(count):
            _, size, was_kept = self._records.popleft()
            self._bytes -= size
            self._kept -= was_kept
        if not self._records:
            self._forget_files()

    def adopt(self) -> tuple[int, int]:
        """Take over the files of ended processes; return the number of records and of broken lines."""
        found = broken = 0
        for path in sorted(self._folder.glob(_PATTERN)) if self._folder is not None and self._folder.is_dir() else ():
            with contextlib.suppress(OSError):
                descriptor = os.open(path, os.O_RDWR)
                try:
                    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except OSError:
                    os.close(descriptor)
                    continue
                for record in _records_in(path):
                    if record is None:
                        broken += 1
                    else:
                        size = len(record.decision["facts"])
                        self._records.append((record, size, True))
                        self._bytes += size
                        self._kept += 1
                        found += 1
                self._adopted.append((path, descriptor))
        if not self._records:
            self._forget_files()
        return found, broken

    def close(self) -> None:
        """Release the files; the next process takes over their records."""
        for descriptor in [*(each for _, each in self._adopted), *([self._file] if self._file is not None else [])]:
            os.close(descriptor)
        self._adopted, self._file = [], None

    @property
    def kept(self) -> int:
        """How many of the waiting records are also in a file."""
        return self._kept

    def _append(self, written: bytes) -> bool:
        """Write a record to the file, whole or not at all; return whether it is there."""
        if self._folder is None or self._path is None:
            return False
        before: int | None = None
        try:
            if self._file is None:
                self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            before = os.fstat(self._file).st_size
            is_whole = os.write(self._file, written) == len(written)
            reason = "NoRoom"
        except OSError as error:
            is_whole, reason = False, type(error).__name__
        if not is_whole:
            if self._file is not None and before is not None:
                # On a full disk part of it may have been written; the next record must not be appended to that.
                with contextlib.suppress(OSError):
                    os.ftruncate(self._file, before)
            if not self._told:
                self._told = True
                _log.error("waiting_in_memory_alone", reason=reason, folder=str(self._folder))
        return is_whole

    def _forget_files(self) -> None:
        for path, descriptor in self._adopted:
            with contextlib.suppress(OSError):
                path.unlink()
            os.close(descriptor)
        self._adopted = []
        if self._file is not None and self._path is not None:
            with contextlib.suppress(OSError):
                self._path.unlink()
            os.close(self._file)
            self._file = None


def _records_in(path: Path) -> Iterator[Record | None]:
    """Read a file line by line; yield ``None`` for a line cut off by a kill or a full disk."""
    with path.open("rb") as file:
        for line in file:
            try:
                record = msgspec.json.decode(line, type=Record)
                for row in (record.decision, *record.suppressed):
                    _read_times(row)
            except (msgspec.MsgspecError, ValueError, KeyError, TypeError):
                yield None
            else:
                yield record


def _read_times(row: dict[str, Any]) -> None:
    for name in _TIMES:
        if name in row:
            row[name] = datetime.fromisoformat(row[name])
