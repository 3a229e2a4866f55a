"""Remembers what short texts say: names, units, instructions and stages repeat, and take many patterns to read.

A longer text is a narrative, which nobody writes twice, or meant to fill the memory; it is read each time.
"""

from __future__ import annotations

from functools import lru_cache, wraps
from typing import TYPE_CHECKING, ParamSpec, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

P = ParamSpec("P")
T = TypeVar("T")
TEXTS = 4096
LENGTH = 200


def cached_by_text(read: Callable[P, T]) -> Callable[P, T]:
    """Let a function of nothing but texts remember those that it was last asked about."""
    again = lru_cache(maxsize=TEXTS)(read)

    @wraps(read)
    def reading(*written: P.args, **named: P.kwargs) -> T:
        is_short = sum(map(len, written)) <= LENGTH  # type: ignore[arg-type]
        return again(*written, **named) if is_short else read(*written, **named)  # type: ignore[arg-type]

    return reading
