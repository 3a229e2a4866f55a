"""Keeps what was read of texts, codes and other keys that repeat, up to so many of them.

Names, units, instructions and stages repeat, and take many patterns to read. A longer text is a narrative, which nobody
writes twice, or meant to fill the memory; it is read each time. No answer depends on what is kept (ADR 25).
"""

from __future__ import annotations

from functools import lru_cache, partial, wraps
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
    """Let a function of nothing but texts keep the answers for those that it was last asked about."""
    again = lru_cache(maxsize=TEXTS)(read)

    @wraps(read)
    def reading(*written: P.args, **named: P.kwargs) -> T:
        is_short = sum(map(len, written)) <= LENGTH  # type: ignore[arg-type]
        return again(*written, **named) if is_short else read(*written, **named)  # type: ignore[arg-type]

    return reading


def cached_by_key(most: int) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Let a function of keys that are short by nature, such as codes, keep its last so many answers."""

    def decorate(read: Callable[P, T]) -> Callable[P, T]:
        again: Any = lru_cache(maxsize=most)(read)
        found: Callable[P, T] = again
        return found

    return decorate


def cached_on_reader(most: int) -> Callable[[Callable[[K, H], T]], Callable[[K, H], T]]:
    """Let a function of a key and a reader keep its answers on the reader, so that they are dropped along with it."""

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
