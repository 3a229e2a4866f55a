"""Where a fact was read, and what was present but could not be used."""

from __future__ import annotations

from datetime import date

import msgspec

Pointer = tuple[str | int, ...]
"""The way from a resource to one of its elements: ``("dosageInstruction", 0, "text")``."""


class Origin(msgspec.Struct, frozen=True):
    """Where a fact was read: the resource's reference (empty when it has no id) and its place in the request."""

    reference: str
    path: str


class Gap(msgspec.Struct, frozen=True):
    """Something that was present but could not be used.

    ``about`` is the concept it would have informed, or ``None`` when not even that could be read. ``reason`` is a
    key of the wording; ``values`` fill it. ``on`` is its date where that could be read.
    """

    about: str | None
    path: str
    reason: str
    on: date | None = None
    values: tuple[tuple[str, str], ...] = ()
