"""Reports failed parts of an answer to the operator: a log line and a metric, without patient data."""

from __future__ import annotations

import traceback
from contextlib import suppress
from pathlib import PurePath
from typing import TYPE_CHECKING

import structlog

if TYPE_CHECKING:
    from cards.facts.topics import TopicCode

_log = structlog.get_logger()
_PLACES = 12


def check_failed(topic: TopicCode, error: Exception) -> None:
    """Log and count a check that raised an exception."""
    part_failed(str(topic), error)


def part_failed(part: str, error: Exception) -> None:
    """Log and count a part of an answer that failed, with its traceback, innermost call last.

    The error message is left out, because it may quote the chart.
    """
    # Imported late: metrics are shared between workers only if loaded after their folder is set.
    from cds_service.telemetry import metrics  # noqa: PLC0415

    # Neither number nor line may cost the answer that is given in spite of the failure.
    with suppress(Exception):
        metrics.failed(part)
    with suppress(Exception):
        _log.error("check_failed", check=part, error=type(error).__name__, traceback=_places(error))


def _places(error: Exception) -> list[str]:
    frames = traceback.extract_tb(error.__traceback__)[-_PLACES:]
    return [f"{'/'.join(PurePath(each.filename).parts[-3:])}:{each.lineno} {each.name}" for each in frames]
