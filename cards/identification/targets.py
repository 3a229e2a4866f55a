"""What a code or a name of a drug stands for."""

from __future__ import annotations

from typing import NamedTuple


class Target(NamedTuple):
    """What a code or a name means: a product, and a brand of it where the code or name is the brand's own."""

    product: str
    brand: str | None = None


Meaning = frozenset[Target]
"""The targets that a code or a name may mean: one when it is clear, several when it is ambiguous."""
