"""Shares with their uncertainty, and the limits within which a count may vary by chance."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_Z = 1.959963984540054  # two-sided 95 %
_LEAST_LOG = -700.0
"""The logarithm below which a chance is too small to be written, and adds nothing to a sum."""


def wilson(hits: int, of: int) -> tuple[float, float]:
    """Return Wilson's (1927) 95 % interval of a share; without data, the whole range."""
    if of == 0:
        return 0.0, 1.0
    share, square = hits / of, _Z * _Z
    middle = (share + square / (2 * of)) / (1 + square / of)
    half = _Z / (1 + square / of) * math.sqrt(share * (1 - share) / of + square / (4 * of * of))
    # Rounding must not exclude 0 or 1.
    return (0.0 if hits == 0 else max(0.0, middle - half)), (1.0 if hits == of else min(1.0, middle + half))


def limits(hits: float, of: float, size: int, tail: float) -> tuple[int, int]:
    """Return the least and greatest unsurprising count among ``size`` after ``hits`` of ``of`` before.

    The future count is beta-binomial (Jeffreys' prior on the share): the limits are exact for small counts and widen if
    little is known about the past. Counts below the first, or above the second, each have a probability under ``tail``.
    If orders are not independent, ``hits`` and ``of`` are effective numbers of independent orders, and need not be
    whole.
    """
    if hits > of - hits:
        # Counted from the rarer side, so that the usual range is reached in few steps.
        least, greatest = limits(of - hits, of, size, tail)
        return size - greatest, size - least
    a, b = hits + 0.5, of - hits + 0.5
    # Count by count from none on, at first in logarithms.
    log, count = math.lgamma(size + b) - math.lgamma(size + a + b) + math.lgamma(a + b) - math.lgamma(b), 0
    while log < _LEAST_LOG and count < size:
        log += math.log((size - count) * (count + a) / ((count + 1) * (size - count - 1 + b)))
        count += 1
    chance, below, lower = math.exp(log), 0.0, count
    while count < size and 1 - (below + chance) >= tail:
        below += chance
        lower += below < tail
        chance *= (size - count) * (count + a) / ((count + 1) * (size - count - 1 + b))
        count += 1
    return lower, count


def count_limits(before: Sequence[int], periods: int, tail: float, least: float = 1.0) -> tuple[float, int, int]:
    """Return what is usual for the next ``periods`` together after ``before``, and the least and greatest unsurprising.

    The count to come is negative binomial. Where counts vary as chance alone has it (Poisson), it is what follows from
    Jeffreys' prior on the rate. Where they vary more, its variance grows with theirs, as that of Student's
    distribution, because it is estimated from few. Counts below the least, or above the greatest, each have a
    probability under ``tail``. ``before`` has four counts or more. ``least`` is the least variance, in means.
    """
    known = len(before)
    mean = sum(before) / known
    expected = periods * (sum(before) + 0.5) / known
    squares = sum((count - mean) ** 2 for count in before)
    spread = max(least, squares / (known - 3) / mean) if squares else least
    excess = spread * (1 + periods / known) - 1
    size = expected / excess
    more = excess / (1 + excess)
    # Count by count from none on, at first in logarithms.
    log, count = -size * math.log1p(excess), 0
    while log < _LEAST_LOG:
        log += math.log((size + count) / (count + 1) * more)
        count += 1
    chance, below, lower = math.exp(log), 0.0, count
    while 1 - (below + chance) >= tail:
        below += chance
        lower += below < tail
        chance *= (size + count) / (count + 1) * more
        count += 1
    return expected, lower, count
