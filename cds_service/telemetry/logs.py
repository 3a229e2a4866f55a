"""Structured logs: the event is a constant, the data stands in fields, and no field is ever about a patient."""

from __future__ import annotations

import logging
import sys
from typing import Any

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


def configure_logs() -> None:
    """Write one JSON object a line to the standard error of the process."""
    structlog.configure(
        processors=_PROCESSORS,
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.BytesLoggerFactory(file=(sys.__stderr__ or sys.stderr).buffer),
        cache_logger_on_first_use=True,
    )
