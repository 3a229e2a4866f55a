"""Answers requests in a process that keeps nothing: ``python uncached.py DAY < requests > answers``, a line each.

What is loaded once for the process stays loaded; everything that is kept for a case, by a text, a code or a part of
JSON is worked out again each time. The decorators are replaced before anything uses them.
"""

from __future__ import annotations

import sys
from datetime import date
from typing import TYPE_CHECKING, Any

from cards.values import caching, text_cache

if TYPE_CHECKING:
    from collections.abc import Callable


def again(function: Callable[..., Any]) -> Callable[..., Any]:
    """Keep nothing."""
    return function


def replace() -> None:
    """Take the three ways to keep something away."""
    caching.per_case = again  # type: ignore[assignment]
    caching.lazy = property  # type: ignore[assignment,misc]
    text_cache.cached_by_text = again  # type: ignore[assignment]
    text_cache.cached_by_key = lambda most: again  # type: ignore[assignment] # noqa: ARG005 - as it is called
    text_cache.cached_on_reader = lambda most: again  # type: ignore[assignment] # noqa: ARG005 - likewise


if __name__ == "__main__":
    replace()
    from answering import Answering  # imported here: the decorators run at import

    answering = Answering(date.fromisoformat(sys.argv[1]))
    for line in sys.stdin.buffer:
        sys.stdout.buffer.write(answering.answer(line) + b"\n")
