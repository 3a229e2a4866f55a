"""Caches the reading of resource parts that recur, by their JSON.

A formulary uses the same codes and text for a drug on every order, as do a laboratory for a test and a clinic for a
diagnosis. A longer part is a narrative, which does not recur, or an attempt to fill memory; it is not cached.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeVar

from cards.values.text_cache import cached_by_key
from fhir_mappings.wire.exact_json import decode, encode

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")
PARTS = 1024
LONGEST = 2000
"""How many parts are cached, and how long their JSON and texts may be together."""


class CachedByJson(Generic[T]):
    """Caches a pure function of a part's JSON and some texts; the function must not modify the JSON."""

    def __init__(self, read: Callable[..., T]) -> None:
        """Take the function: of the part, and of the texts in their order."""
        self._read = read
        self._again = cached_by_key(PARTS)(self._read_written)

    def _read_written(self, written: bytes, *beside: str) -> T:
        return self._read(decode(written), *beside)

    def __call__(self, part: Any, *beside: str) -> T:
        """Read a part, from the cache if possible."""
        written = encode(part)
        length = len(written) + sum(map(len, beside))
        return self._again(written, *beside) if length <= LONGEST else self._read(part, *beside)
