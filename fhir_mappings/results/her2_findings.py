"""How HER2 findings relate: which are more precise, and which are compatible in one tumor."""

from __future__ import annotations

import msgspec

from cards.facts.results import Her2Finding

SCORES = {0: Her2Finding.IHC_0, 1: Her2Finding.IHC_1, 2: Her2Finding.IHC_2, 3: Her2Finding.IHC_3}
"""The scores of IHC by their number."""
_BARE = 2
_PRECISION = {
    Her2Finding.ULTRALOW: 0,
    Her2Finding.NULL: 0,
    **dict.fromkeys(SCORES.values(), 1),
    Her2Finding.LOW: 1,
}
_CONSISTENT = (
    frozenset({Her2Finding.POSITIVE, Her2Finding.IHC_3}),
    frozenset({Her2Finding.EQUIVOCAL, Her2Finding.IHC_2}),
    frozenset({Her2Finding.NEGATIVE, Her2Finding.IHC_1, Her2Finding.LOW}),
    frozenset({Her2Finding.NEGATIVE, Her2Finding.IHC_0, Her2Finding.ULTRALOW}),
    frozenset({Her2Finding.NEGATIVE, Her2Finding.IHC_0, Her2Finding.NULL}),
)


class Stated(msgspec.Struct, frozen=True):
    """What a text states for each method; ``None`` if nothing.

    ``overall`` is a status without a named method. ``by_ratio`` and ``by_copies`` are from ISH numbers without a stated
    conclusion. ``conflict``: the text contradicts itself.
    """

    ihc: Her2Finding | None = None
    ish: Her2Finding | None = None
    overall: Her2Finding | None = None
    by_ratio: Her2Finding | None = None
    by_copies: Her2Finding | None = None
    conflict: bool = False


def findings_of(reading: Stated) -> list[Her2Finding]:
    """List the findings in a text, for any method."""
    every = (reading.ihc, reading.ish, reading.overall, reading.by_ratio, reading.by_copies)
    return [each for each in every if each is not None]


def precision(finding: Her2Finding) -> int:
    """Return how precise a finding is: a smaller number is more precise."""
    return _PRECISION.get(finding, _BARE)


def most_precise(findings: set[Her2Finding]) -> Her2Finding:
    """Prefer a grade to a bare positive or negative."""
    return min(sorted(findings), key=precision)


def agree(one: Her2Finding, other: Her2Finding) -> bool:
    """Return whether two findings are compatible in one tumor."""
    return one == other or any({one, other} <= group for group in _CONSISTENT)
