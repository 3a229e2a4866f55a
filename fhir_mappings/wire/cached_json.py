"""Reads parts of resources that say the same again and again, known by their JSON.

A formulary writes each drug with the same codes and words on every order, a laboratory each result of a test, a clinic
each diagnosis. A longer part is a narrative, which nobody writes twice, or meant to fill the memory; it is read each
time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeVar

from cards.values.text_cache import cached_by_key
from fhir_mappings.wire.resources import decode, encode

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")
PARTS = 1024
LONGEST = 2000
"""How many parts a reader remembers, and how long their JSON and what is given beside them may be together."""


class CachedByJson(Generic[T]):
    """Reads a part by a function of nothing but its JSON and some texts beside it, which must change nothing in it."""

    def __init__(self, read: Callable[..., T]) -> None:
        """Take the function: of the part, and of the texts in their order."""
        self._read = read
        self._again = cached_by_key(PARTS)(self._read_written)

    def _read_written(self, written: bytes, *beside: str) -> T:
        return self._read(decode(written), *beside)

    def __call__(self, part: Any, *beside: str) -> T:
        """Return what was read of the same part before, or read it."""
        written = encode(part)
        length = len(written) + sum(map(len, beside))
        return self._again(written, *beside) if length <= LONGEST else self._read(part, *beside)
