"""Control charts: whether a rule fires as often as it used to, week by week, with limits that hold for small counts.

An order either has a finding of a topic or not, so this is a p-chart. Its usual limits (three sigma of the normal
curve) are wrong where a rule fires on two orders in a hundred; these are exact, and allow for how little is known of
before (``statistics.limits``). A period is looked at by itself and together with the one, three or seven before it: a
rare rule that went silent shows only over some weeks.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from cds_service.learning.statistics import limits

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

# Eight looks (four lengths, two sides) of this chance are together about as rare as three sigma: 0.3 % of the periods.
TAIL = 0.0004
_LENGTHS = (1, 2, 4, 8)
BASE_PERIODS = 12
LEAST_PERIODS = 4
_LEAST_ORDERS = 30
SILENT, LOUD = "silent", "loud"
PERIODS = {"week": 7, "day": 1}
"""How many days a period has; a week begins on Monday."""


@dataclass(frozen=True, slots=True)
class Count:
    """A period: how many orders were judged, and on how many of them there was a finding."""

    begin: date
    orders: int
    hits: int = 0


@dataclass(frozen=True, slots=True)
class Point:
    """A period on the chart. ``lower`` and ``upper`` are counts for it alone; none while too little is known.

    ``signal`` is ``loud`` or ``silent`` where the last ``over`` periods together are outside of their limits, and
    ``together`` what would have been usual for them.
    """

    count: Count
    expected: float | None = None
    lower: int | None = None
    upper: int | None = None
    signal: str = ""
    over: int = 0
    together: float | None = None


@dataclass(frozen=True, slots=True)
class Seen:
    """What a look at the last periods came to: what is usual for them together and their limits, where known."""

    signal: str = ""
    expected: float | None = None
    lower: int | None = None
    upper: int | None = None


Look = Callable[[Sequence[Count], Sequence[Count]], Seen]


def begin_of(day: date, days: int) -> date:
    """Return the first day of the period of a day."""
    return day - timedelta(days=(day.toordinal() - 1) % days)


def counts_by_period(orders: Mapping[date, int], hits: Mapping[date, int], days: int) -> list[Count]:
    """Count every period from the first with an order to the last, those without an order too."""
    if not orders:
        return []
    first, last = min(orders), max(orders)
    periods = [first + timedelta(days=days * number) for number in range((last - first).days // days + 1)]
    return [Count(period, orders.get(period, 0), hits.get(period, 0)) for period in periods]


def control_chart(counts: Sequence[Count]) -> list[Point]:
    """Hold how often there was a finding to the usual periods before."""
    return held_to_usual(counts, _share)


def held_to_usual(counts: Sequence[Count], look: Look) -> list[Point]:
    """Hold each period to the usual ones before it; what a signal has been seen in never becomes usual.

    ``look`` compares the last periods with all usual ones before them.
    """
    points: list[Point] = []
    unusual: set[int] = set()
    for index in range(len(counts)):
        looks: list[tuple[int, Seen]] = []
        for length in (each for each in _LENGTHS if each <= index + 1):
            first = index - length + 1
            usual = [counts[each] for each in range(first) if each not in unusual]
            looks.append((length, look(usual, counts[first : index + 1])))
        alone = looks[0][1]
        over, found = next(((length, seen) for length, seen in looks if seen.signal), (0, Seen()))
        unusual.update(range(index - over + 1, index + 1))
        points.append(
            Point(counts[index], alone.expected, alone.lower, alone.upper, found.signal, over, found.expected)
        )
    return points


def _share(before: Sequence[Count], recent: Sequence[Count]) -> Seen:
    usual = [count for count in before if count.orders][-BASE_PERIODS:]
    of = sum(count.orders for count in usual)
    size = sum(count.orders for count in recent)
    if len(usual) < LEAST_PERIODS or of < _LEAST_ORDERS or not size:
        return Seen()
    hits = sum(count.hits for count in usual)
    lower, upper = limits(hits, of, size, TAIL)
    seen = sum(count.hits for count in recent)
    signal = LOUD if seen > upper else SILENT if seen < lower else ""
    return Seen(signal, hits / of * size, lower, upper)
