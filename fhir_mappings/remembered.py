"""Remembers what short texts say: names, instructions and stages repeat, and take many patterns to read.

A longer text is a narrative, which nobody writes twice; it is read each time, so that the memory has a bound.
"""

from __future__ import annotations

from functools import lru_cache, wraps
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")
TEXTS = 4096
LENGTH = 200


def remembered(read: Callable[[str], T]) -> Callable[[str], T]:
    """Let a function of nothing but a text remember the texts that it was last asked about."""
    again = lru_cache(maxsize=TEXTS)(read)

    @wraps(read)
    def reading(written: str) -> T:
        return again(written) if len(written) <= LENGTH else read(written)

    return reading
