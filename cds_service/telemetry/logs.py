"""Structured logs: the event is a constant, the data stands in fields, and no field is ever about a patient."""

from __future__ import annotations

import logging
import sys
from contextlib import suppress
from typing import Any, BinaryIO, cast

import msgspec
import structlog

_encode = msgspec.json.Encoder().encode


def _serialise(event: Any, **_: Any) -> bytes:
    return _encode(event)


# One list for all times: loggers keep it, and who captures logs changes what is in it.
_PROCESSORS: list[Any] = [
    structlog.processors.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.JSONRenderer(serializer=_serialise),
]


class _Lines:
    """Where log lines go: what cannot be written, on a full disk or a closed pipe, is dropped.

    An answer must not fail because its log line does.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._is_broken = False

    def write(self, line: bytes) -> int:
        # After a line that was cut off, the next begins a line of its own.
        whole = b"\n" + line if self._is_broken else line
        try:
            written = self._file.write(whole)
        except (OSError, ValueError):
            written = 0
        self._is_broken = self._is_broken if written == 0 else written < len(whole)
        return written

    def flush(self) -> None:
        with suppress(OSError, ValueError):
            self._file.flush()


def configure_logs(level: int = logging.INFO) -> None:
    """Write one JSON object a line to standard error, from a level on."""
    structlog.configure(
        processors=_PROCESSORS,
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.BytesLoggerFactory(
            file=cast("BinaryIO", _Lines((sys.__stderr__ or sys.stderr).buffer))
        ),
        cache_logger_on_first_use=True,
    )
