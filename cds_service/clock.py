"""The current time. Tests and replays of the past pass in a clock of their own."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]
"""Returns the current time, with its zone."""


def now() -> datetime:
    """Return the current time in UTC."""
    return datetime.now(UTC)
