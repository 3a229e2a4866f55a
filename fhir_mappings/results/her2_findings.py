"""How findings of HER2 go together: which say more, and which can be of one tumor."""

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
    """What a text states of each method; ``None`` where it states nothing of it.

    ``overall`` is a status of no named method. ``by_ratio`` and ``by_copies`` are what numbers of ISH say where no
    conclusion is stated. ``conflict``: the text says two things that cannot both be.
    """

    ihc: Her2Finding | None = None
    ish: Her2Finding | None = None
    overall: Her2Finding | None = None
    by_ratio: Her2Finding | None = None
    by_copies: Her2Finding | None = None
    conflict: bool = False


def findings_of(reading: Stated) -> list[Her2Finding]:
    """List what a text states, whatever the method."""
    every = (reading.ihc, reading.ish, reading.overall, reading.by_ratio, reading.by_copies)
    return [each for each in every if each is not None]


def precision(finding: Her2Finding) -> int:
    """Tell how much a finding says: the smaller, the more."""
    return _PRECISION.get(finding, _BARE)


def most_precise(findings: set[Her2Finding]) -> Her2Finding:
    """Prefer a grade to a bare positive or negative."""
    return min(sorted(findings), key=precision)


def agree(one: Her2Finding, other: Her2Finding) -> bool:
    """Return whether two findings can be of one tumor."""
    return one == other or any({one, other} <= group for group in _CONSISTENT)
