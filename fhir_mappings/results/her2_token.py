"""A part of a HER2 text with its meaning."""

from __future__ import annotations

from typing import Any, NamedTuple

CHANGE = "change"
"""The value of a token that names an amplification or overexpression."""
KIT = "kit"
"""The value of a token that names a product for immunohistochemistry."""


class Token(NamedTuple):
    """A word, number or sign with its meaning; ``kind`` is ``unknown`` if it has none."""

    kind: str
    value: Any
    written: str
