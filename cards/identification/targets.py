"""What a drug code or name means."""

from __future__ import annotations

from typing import NamedTuple


class Target(NamedTuple):
    """The meaning of a code or name: a product, and a brand if the code or name is specific to it."""

    product: str
    brand: str | None = None


Meaning = frozenset[Target]
"""The possible targets of a code or name: one if it is clear, several if it is ambiguous."""
