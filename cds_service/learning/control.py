"""Control charts: whether a rule fires as often as before, week by week, with limits that hold for small counts.

An order either has a finding of a topic or not, so this is a p-chart. Its usual limits (three sigma of the normal
curve) are wrong where a rule fires on two orders in a hundred; these are exact, and allow for how little is known about
the past (``statistics.limits``). A period is examined by itself and together with the one, three or seven before it: if
a rare rule goes silent, that shows only over several weeks.

Limits are wider where orders vary more than independent ones: because patients return (``clusters``), or because weeks
differ (the chi-square of the usual weeks, as D. B. Laney, Quality Engineering 14 (2002), 531-537, does for the
p-chart). The wider of the two applies.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, TypeVar

from cds_service.learning.clusters import LEAST_PATIENTS, Patients, added, correlation
from cds_service.learning.statistics import limits

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

ALARMS_A_YEAR = 0.1
"""The false alarms per year that all charts of a report may have together, if all tests were independent: one in ten
years.

Each test gets an equal share (Bonferroni): with more topics there are more tests, and limits are wider.
"""
LEAST_CHANGE = 1.5
"""Changes of the odds, or of the number of orders, by less than half are not reported: with very many orders even the
smallest change is statistically significant, and every site has such changes."""
_LENGTHS = (1, 2, 4, 8)
BASE_PERIODS = 12
LEAST_PERIODS = 4
_LEAST_ORDERS = 30
SILENT, LOUD = "silent", "loud"
PERIODS = {"week": 7, "day": 1}
"""How many days a period has; a week begins on Monday."""
_DAYS_OF_A_YEAR = 365


@dataclass(frozen=True, slots=True)
class Count:
    """A period: how many orders were judged, and how many of them had a finding."""

    begin: date
    orders: int
    hits: int = 0


@dataclass(frozen=True, slots=True)
class Point:
    """A period on the chart. ``lower`` and ``upper`` are limits for this period alone; none while too little is known.

    ``signal`` is ``loud`` or ``silent`` if the last ``over`` periods together are outside their limits, and
    ``together`` is what would have been usual for them.
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
    """The result of examining the last periods: what is usual for them together, and their limits, if known."""

    signal: str = ""
    expected: float | None = None
    lower: int | None = None
    upper: int | None = None


_Name = TypeVar("_Name", str, tuple[str, str])
Look = Callable[[Sequence[Count], Sequence[Count]], Seen]


def begin_of(day: date, days: int) -> date:
    """Return the first day of the period of a day."""
    return day - timedelta(days=(day.toordinal() - 1) % days)


def counts_by_period(
    orders: Mapping[date, Mapping[str, int]], hits: Mapping[date, Mapping[str, int]], days: int
) -> list[Count]:
    """Count every period from the first with an order to the last, including those without an order.

    ``orders`` and ``hits`` have the numbers of each patient for each period.
    """
    if not orders:
        return []
    first, last = min(orders), max(orders)
    periods = [first + timedelta(days=days * number) for number in range((last - first).days // days + 1)]
    return [
        Count(period, sum(orders.get(period, {}).values()), sum(hits.get(period, {}).values())) for period in periods
    ]


def false_alarm_share(charts: int, days: int) -> float:
    """Return the allowed false alarm probability of one test, given the number of charts with periods of ``days``."""
    looks = _DAYS_OF_A_YEAR / days * len(_LENGTHS) * 2
    return ALARMS_A_YEAR / (looks * max(1, charts))


def control_charts(
    orders: Mapping[date, Mapping[str, int]], hits: Mapping[_Name, Mapping[date, Mapping[str, int]]], days: int
) -> dict[_Name, list[Point]]:
    """Compare how often each finding occurred with the usual periods before.

    ``orders`` and ``hits`` have the numbers of each patient for each period.
    """
    patients, tail = Patients(orders), false_alarm_share(len(hits), days)
    return {
        name: compared_with_usual(counts_by_period(orders, own, days), _Shares(tail, patients, own).look)
        for name, own in sorted(hits.items())
    }


def control_chart(counts: Sequence[Count], days: int = PERIODS["week"]) -> list[Point]:
    """Compare how often a finding occurred with the usual periods before, with all orders from different patients."""
    return compared_with_usual(counts, _Shares(false_alarm_share(1, days)).look)


def compared_with_usual(counts: Sequence[Count], look: Look) -> list[Point]:
    """Compare each period with the usual ones before it; a period with a signal never becomes usual.

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


@dataclass(frozen=True, slots=True)
class _Shares:
    """Compares shares; without ``patients`` every order is from a different patient."""

    tail: float
    patients: Patients | None = None
    hits: Mapping[date, Mapping[str, int]] | None = None

    def look(self, before: Sequence[Count], recent: Sequence[Count]) -> Seen:
        usual = [count for count in before if count.orders][-BASE_PERIODS:]
        of = sum(count.orders for count in usual)
        size = sum(count.orders for count in recent)
        if len(usual) < LEAST_PERIODS or of < _LEAST_ORDERS or not size:
            return Seen()
        hits = sum(count.hits for count in usual)
        effect_before, effect_now = self._effects(usual, recent)
        lower, upper = limits(hits / effect_before, of / effect_before, math.ceil(size / effect_now), self.tail)
        usual_share = (hits + 0.5) / (of + 1)
        lower = min(math.ceil(lower * effect_now), math.floor(size * _share(usual_share, 1 / LEAST_CHANGE)))
        upper = max(math.floor(upper * effect_now), math.ceil(size * _share(usual_share, LEAST_CHANGE)))
        seen = sum(count.hits for count in recent)
        loud = seen > upper and self._is_enough_data(recent)
        return Seen(LOUD if loud else SILENT if seen < lower else "", hits / of * size, lower, min(upper, size))

    def _effects(self, usual: Sequence[Count], recent: Sequence[Count]) -> tuple[float, float]:
        """Return how much more the usual periods, and the last ones, vary than independent orders."""
        of_weeks = _of_weeks(usual)
        if self.patients is None or self.hits is None:
            return of_weeks, of_weeks
        periods = tuple(count.begin for count in usual)
        known = self.patients.together(periods)
        alike = correlation(added(self.hits, periods), known)
        now = self.patients.together(tuple(count.begin for count in recent))
        return max(of_weeks, 1 + alike * (known.size - 1)), max(of_weeks, 1 + alike * (now.size - 1))

    def _is_enough_data(self, recent: Sequence[Count]) -> bool:
        return self.hits is None or len(added(self.hits, [count.begin for count in recent])) >= LEAST_PATIENTS


def _share(share: float, times: float) -> float:
    """Return the share whose odds are this many times the odds of another share."""
    odds = times * share / (1 - share)
    return odds / (1 + odds)


def _of_weeks(usual: Sequence[Count]) -> float:
    """Return how much more the counts of periods vary than by chance: their chi-square, at least one."""
    share = sum(count.hits for count in usual) / sum(count.orders for count in usual)
    if not 0 < share < 1:
        return 1.0
    squares = sum((count.hits - share * count.orders) ** 2 / count.orders for count in usual)
    return max(1.0, squares / (share * (1 - share)) / (len(usual) - 1))
