"""What time it is. A test, or a look at the past, brings a clock of its own."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]
"""Gives the present moment, with its time zone."""


def now() -> datetime:
    """Return the present moment in UTC."""
    return datetime.now(UTC)
