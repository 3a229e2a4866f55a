"""Fits what several lines say into a summary: whole, without their reasons, or only counted."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_REASON = "; "
_MOST = 5
"""No summary has room for more lines."""


def fitted(lines: Sequence[str], room: int) -> str:
    """Return lines in at most ``room`` characters, if it is possible at all; several are numbered.

    What stands behind the first semicolon of a line is its reason. Every line is named before any has its reason; the
    first lines, which are the most urgent ones, have theirs first. Lines for which there is no room are counted.
    """
    kept = [line.partition(_REASON)[0] for line in islice(lines, _MOST)]
    while len(kept) > 1 and len(_numbered(kept, len(lines))) > room:
        kept.pop()
    for place, line in enumerate(lines[: len(kept)]):
        longer = [*kept[:place], line, *kept[place + 1 :]]
        if len(_numbered(longer, len(lines))) <= room:
            kept = longer
    return _numbered(kept, len(lines))


def _numbered(kept: Sequence[str], count: int) -> str:
    if count == 1:
        return kept[0]
    left = count - len(kept)
    said = "; ".join(f"({number}) {line}" for number, line in enumerate(kept, 1))
    return f"{said} (+{left})" if left else said
