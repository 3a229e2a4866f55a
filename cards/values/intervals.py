"""Numbers that are known only to lie on one side of a limit, as laboratories report them ("<0.5", "> 800 U/L").

A comparator is an open interval: "<0.5" is below 0.5, and nothing more is known. A rule that compares such a result
with a limit inside the interval cannot tell.
"""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

NOTHING, ENDLESS = Decimal(0), Decimal("Infinity")
_STEP = Decimal(1)


class Bound(StrEnum):
    """Whether a number is the result or a limit of it, and whether the result may be the limit itself."""

    EXACT = "exact"
    BELOW = "below"
    AT_MOST = "at-most"
    AT_LEAST = "at-least"
    ABOVE = "above"

    @property
    def sign(self) -> str:
        """The sign in front of the number on a card; empty for an exact result."""
        return _SIGNS[self]


EXACT = Bound.EXACT
"""Looked up once: on Python 3.11 a member of an Enum takes a quarter of a microsecond, every time."""
_SIGNS = {EXACT: "", Bound.BELOW: "<", Bound.AT_MOST: "<=", Bound.AT_LEAST: ">=", Bound.ABOVE: ">"}
BOUND_BY_SIGN = {sign: bound for bound, sign in _SIGNS.items()}
"""What the sign in front of a number says; none says that it is exact."""


class Interval(NamedTuple):
    """The numbers from ``low`` to ``high``, excluding an open end. Clinical numbers are never negative."""

    low: Decimal
    high: Decimal
    low_open: bool = False
    high_open: bool = False

    @classmethod
    def of(cls, value: Decimal, bound: Bound = EXACT) -> Interval:
        """Return the possible numbers of a result with this bound."""
        if bound is Bound.EXACT:
            # Fast path: nearly every result is exact.
            return cls(value, value)
        match bound:
            case Bound.BELOW | Bound.AT_MOST:
                # "<0" cannot be a real result, but must not raise an error.
                low = NOTHING if value > NOTHING else value - _STEP
                return cls(low, value, high_open=bound is Bound.BELOW)
            case Bound.AT_LEAST | Bound.ABOVE:
                return cls(value, ENDLESS, low_open=bound is Bound.ABOVE, high_open=True)

    @property
    def is_exact(self) -> bool:
        """Whether it contains only one number."""
        return self.low == self.high

    def divided(self, divisor: Decimal) -> Interval:
        """Divide by a number above zero: a result by its upper limit of normal."""
        low = self.low / divisor
        high = low if self.high == self.low else self.high / divisor
        return Interval(low, high, self.low_open, self.high_open)

    def __sub__(self, other: Interval) -> Interval:
        """Return the possible differences, such as a drop from a baseline."""
        return Interval(
            self.low - other.high,
            self.high - other.low,
            self.low_open or other.high_open,
            self.high_open or other.low_open,
        )

    def holds(self, number: Decimal) -> bool:
        """Return whether the interval contains a number."""
        above = number > self.low or (number == self.low and not self.low_open)
        return above and (number < self.high or (number == self.high and not self.high_open))

    def is_below(self, limit: Decimal) -> bool | None:
        """Return whether all of it is below a limit; ``None`` if the limit is inside."""
        if self.high < limit or (self.high == limit and self.high_open):
            return True
        return False if self.low >= limit else None

    def is_above(self, limit: Decimal) -> bool | None:
        """Return whether all of it is above a limit; ``None`` if the limit is inside."""
        if self.low > limit or (self.low == limit and self.low_open):
            return True
        return False if self.high <= limit else None

    def pieces(self, cuts: Iterable[Decimal]) -> list[Decimal]:
        """Return one number from each piece into which limits cut the interval, and the limits inside it, in order.

        A statement that depends only on the limits is true of the whole interval if it is true of all of these.
        """
        inside = sorted({cut for cut in cuts if self.holds(cut)})
        if self.is_exact:
            return [self.low]
        found = set(inside)
        for left, right in pairwise([self.low, *inside, self.high]):
            if left < right:
                found.add(left + _STEP if right == ENDLESS else (left + right) / 2)
        found.update(end for end in (self.low, self.high) if end.is_finite() and self.holds(end))
        return sorted(found)
