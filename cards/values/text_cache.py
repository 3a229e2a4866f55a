"""Bounded caches of results by text, code and other recurring keys.

Names, units, instructions and stages recur, and take many patterns to read. A longer text is a narrative, which does
not recur, or an attempt to fill memory; it is not cached. No answer depends on the caches (ADR 25).
"""

from __future__ import annotations

from functools import lru_cache, partial, wraps
from inspect import Parameter, signature
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

P = ParamSpec("P")
T = TypeVar("T")
K = TypeVar("K", bound="Hashable")
H = TypeVar("H")
TEXTS = 4096
LENGTH = 200


def cached_by_text(read: Callable[P, T]) -> Callable[P, T]:
    """Cache the last results of a function of texts."""
    again = lru_cache(maxsize=TEXTS)(read)
    if [each.kind for each in signature(read).parameters.values()] == [Parameter.POSITIONAL_OR_KEYWORD]:
        # Most are functions of one text, which is handed on without a tuple: half of the time of a text that is known.
        @wraps(read)
        def reading_one(written: Any) -> T:
            return again(written) if len(written) <= LENGTH else read(written)  # type: ignore[call-arg]

        return reading_one  # type: ignore[return-value]

    @wraps(read)
    def reading(*written: P.args, **named: P.kwargs) -> T:
        length = sum(map(len, written))  # type: ignore[arg-type]
        return again(*written, **named) if length <= LENGTH else read(*written, **named)  # type: ignore[arg-type]

    return reading


def cached_by_key(most: int) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Cache the last results of a function of short keys, such as codes."""

    def decorate(read: Callable[P, T]) -> Callable[P, T]:
        again: Any = lru_cache(maxsize=most)(read)
        found: Callable[P, T] = again
        return found

    return decorate


def cached_on_reader(most: int) -> Callable[[Callable[[K, H], T]], Callable[[K, H], T]]:
    """Cache the results of a function of a key and a reader on the reader, so that they are freed with it."""

    def decorate(read: Callable[[K, H], T]) -> Callable[[K, H], T]:
        name = f"answers of {read.__module__}.{read.__name__}"

        @wraps(read)
        def reading(key: K, reader: H) -> T:
            kept: dict[str, Any] = reader.__dict__
            again = kept.get(name)
            if again is None:
                again = kept[name] = lru_cache(maxsize=most)(partial(_turned, read, reader))
            found: T = again(key)
            return found

        return reading

    return decorate


def _turned(read: Callable[[K, H], T], reader: H, key: K) -> T:
    return read(key, reader)
