"""Structured logs: the event is a constant, data are in fields, and no field contains patient data."""

from __future__ import annotations

import logging
import logging.config
import sys
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, BinaryIO, cast

import msgspec
import structlog

from cds_service.telemetry.request_names import add_names

_encode = msgspec.json.Encoder().encode


def _serialise(event: Any, **_: Any) -> bytes:
    return _encode(event)


# One list object: loggers keep a reference, and capturing logs in tests changes its contents.
_PROCESSORS: list[Any] = [
    add_names,
    structlog.processors.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.JSONRenderer(serializer=_serialise),
]


class _Lines:
    """The log stream: lines that cannot be written, on a full disk or a closed pipe, are dropped.

    An answer must not fail because its log line does.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._is_broken = False

    def write(self, line: bytes) -> int:
        # After a truncated line, start the next one on a new line.
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


_SPEAK_FOR_THEMSELVES = ("_granian", "opentelemetry")
"""Libraries that log only their own work. Messages of others may contain a URL, and so a patient id."""


class JsonFormatter(logging.Formatter):
    """Formats log records of libraries the same way: one JSON object per line."""

    def format(self, record: logging.LogRecord) -> str:
        """Format a record; its message is included only for libraries that never log request data."""
        has_words = record.name.startswith(_SPEAK_FOR_THEMSELVES)
        line: dict[str, Any] = {
            "event": record.getMessage() if has_words else "library_log",
            "logger": record.name.removeprefix("_"),
        }
        if not has_words:
            line["where"] = f"{record.module}:{record.lineno}"
        if record.exc_info and record.exc_info[0] is not None:
            line["error"] = record.exc_info[0].__name__
        add_names(None, "", line)
        line["level"] = record.levelname.lower()
        line["timestamp"] = datetime.fromtimestamp(record.created, UTC).isoformat().replace("+00:00", "Z")
        return _encode(line).decode()


class _News(logging.Filter):
    """Drops the server's warning about its number of threads, which is deliberate (ADR 3)."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether to log a record."""
        return "Python threads" not in record.getMessage()


OF_LIBRARIES: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": JsonFormatter}},
    "filters": {"news": {"()": _News}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json", "stream": "ext://sys.stderr"}},
    "root": {"level": "WARNING", "handlers": ["stderr"]},
    "loggers": {"_granian": {"level": "INFO", "handlers": ["stderr"], "filters": ["news"], "propagate": False}},
}
"""The logging configuration of the server and other libraries."""


def configure_logs(level: int = logging.INFO) -> None:
    """Log one JSON object per line to standard error, from a level up, for this service and libraries."""
    logging.config.dictConfig(OF_LIBRARIES)
    logging.captureWarnings(capture=True)
    structlog.configure(
        processors=_PROCESSORS,
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.BytesLoggerFactory(
            file=cast("BinaryIO", _Lines((sys.__stderr__ or sys.stderr).buffer))
        ),
        cache_logger_on_first_use=True,
    )
