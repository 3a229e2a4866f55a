"""Caches computed values for a case, or for the process.

Caches by key are in `text_cache`. No answer depends on either (ADR 25).

``functools.cached_property`` takes a lock at every first read on Python 3.11; a case belongs to one request and one
thread, so it needs none. Elsewhere two threads may both compute a value, with the same result.
"""

from __future__ import annotations

from functools import cache, lru_cache, wraps
from typing import TYPE_CHECKING, Any, Generic, TypeVar, overload

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")
C = TypeVar("C")


class lazy(Generic[T]):  # noqa: N801 - reads as a decorator
    """Compute a property on first access and store it on the instance, which must have a ``__dict__``."""

    def __init__(self, work_out: Callable[[Any], T]) -> None:
        """Keep the function, its name and its docstring."""
        self._work_out = work_out
        self._name = work_out.__name__
        self.__doc__ = work_out.__doc__

    @overload
    def __get__(self, instance: None, owner: type) -> lazy[T]: ...
    @overload
    def __get__(self, instance: object, owner: type) -> T: ...
    def __get__(self, instance: object | None, owner: type) -> T | lazy[T]:
        """Compute the value; from then on the instance attribute takes precedence."""
        if instance is None:
            return self
        value = self._work_out(instance)
        instance.__dict__[self._name] = value
        return value


def once(load: Callable[[], T]) -> Callable[[], T]:
    """Cache the result of a function without arguments for the life of the process, such as a shipped file."""
    return cache(load)


def kept_under(question: Callable[..., Any]) -> str:
    """Return the name of the attribute of a case under which the result of a function of it is kept."""
    return f"answer of {question.__module__}.{question.__name__}"


class _Itself:
    """Stands for an object in a cache: equal only to the same object, however many others have the same content."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        """Hold the object, so that no other gets its identity while it is in the cache."""
        self.value = value

    def __hash__(self) -> int:
        return id(self.value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Itself) and self.value is other.value


def cached_by_identity(most: int) -> Callable[[Callable[..., T]], Callable[..., T]]:
    """Cache the last results of a function of objects that are never changed, such as the index of a terminology."""

    def decorate(make: Callable[..., T]) -> Callable[..., T]:
        again = lru_cache(maxsize=most)(lambda *given: make(*(each.value for each in given)))

        @wraps(make)
        def made(*given: Any) -> T:
            return again(*map(_Itself, given))

        return made

    return decorate


def per_case(question: Callable[[C], T]) -> Callable[[C], T]:
    """Cache the result of a function of a case on the case."""
    name = kept_under(question)

    @wraps(question)
    def answer(case: C) -> T:
        kept: dict[str, T] = case.__dict__
        if name in kept:
            return kept[name]
        found = kept[name] = question(case)
        return found

    return answer
