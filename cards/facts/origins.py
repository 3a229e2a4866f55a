"""The origins of facts, and gaps: data that were present but could not be used."""

from __future__ import annotations

from datetime import date

import msgspec

Pointer = tuple[str | int, ...]
"""The path from a resource to one of its elements: ``("dosageInstruction", 0, "text")``."""


DOUBTS = frozenset({"suspected", "named-elsewhere"})
"""Reasons of gaps for problems that are told and not believed, until an entry of record settles them."""


class Origin(msgspec.Struct, frozen=True):
    """Where a fact was read: the resource's reference (empty when it has no id) and its place in the request."""

    reference: str
    path: str


class Gap(msgspec.Struct, frozen=True):
    """Something that was present but could not be used.

    ``about`` is the concept concerned, or ``None`` if not even that could be read. ``reason`` is a key of the wording,
    with ``values`` for its placeholders, and "entry" for how the chart names an entry of a list. ``on`` is its date, if
    readable; ``latest`` the last day that it may mean, if it is only a month or year.
    """

    about: str | None
    path: str
    reason: str
    on: date | None = None
    values: tuple[tuple[str, str], ...] = ()
    latest: date | None = None

    @property
    def last_day(self) -> date | None:
        """The last day that it may be of."""
        return self.latest or self.on
