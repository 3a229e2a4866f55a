"""How many orders were judged, week by week, of all drugs and of each: orders that are no longer recognised leave here.

The charts of topics count among orders in scope. A drug that a site writes in a way nobody knows leaves the scope, and
those charts with it; here its number falls. Only whole weeks count: days of the week differ, the week that is not over
has fewer for that alone, and of the week of the first order nobody knows whether it is whole.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from cards.knowledge.loader import default_knowledge
from cds_service.learning.clusters import Patients
from cds_service.learning.control import (
    BASE_PERIODS,
    LEAST_CHANGE,
    LEAST_PERIODS,
    LOUD,
    PERIODS,
    SILENT,
    Count,
    Point,
    Seen,
    begin_of,
    held_to_usual,
    tail_of,
)
from cds_service.learning.statistics import count_limits

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Json = dict[str, Any]
ALL_DRUGS = "all drugs"
DAYS = PERIODS["week"]
# With fewer in twelve weeks, not even eight weeks without one are surprising.
_LEAST_ORDERS = 15


@dataclass(frozen=True, slots=True)
class Volume:
    """The orders of all drugs (no product), or of one, week by week."""

    product: str
    display: str
    points: list[Point]

    @property
    def signals(self) -> list[Point]:
        """The weeks that are out of their limits."""
        return [point for point in self.points if point.signal]


def volumes(
    by_product: Mapping[str, Mapping[date, Mapping[str, int]]], names: Mapping[str, str], until: date
) -> list[Volume]:
    """Chart the orders of each day before ``until``: of all drugs first, then drugs with a signal, then the rest.

    ``by_product`` says how many orders of a product each patient had on a day, ``names`` how products are called; one
    without a name goes by its id.
    """
    together: dict[date, Counter[str]] = {}
    for days in by_product.values():
        for day, orders in days.items():
            together.setdefault(day, Counter()).update(orders)
    if not together:
        return []
    tail = tail_of(len(by_product) + 1, DAYS)
    each = [
        Volume(product, names.get(product, product), _charted(days, until, tail))
        for product, days in by_product.items()
    ]
    each.sort(key=lambda one: (not one.signals, one.display))
    return [Volume("", ALL_DRUGS, _charted(together, until, tail)), *each]


def _charted(by_day: Mapping[date, Mapping[str, int]], until: date, tail: float) -> list[Point]:
    by_week: dict[date, Counter[str]] = {}
    for day, orders in by_day.items():
        by_week.setdefault(begin_of(day, DAYS), Counter()).update(orders)
    whole = whole_weeks({week: orders.total() for week, orders in by_week.items()}, until)
    return held_to_usual(whole, _Numbers(tail, Patients(by_week)).look)


def product_names() -> dict[str, str]:
    """Tell how products are called, by their ids."""
    return {product.id: product.name for product in default_knowledge().products}


def whole_weeks(by_day: Mapping[date, int], until: date) -> list[Count]:
    """Count the weeks after that of the first order, also those without one, that had ended when ``until`` began."""
    if not by_day:
        return []
    weeks: dict[date, int] = {}
    for day, orders in by_day.items():
        begin = begin_of(day, DAYS)
        weeks[begin] = weeks.get(begin, 0) + orders
    first = min(weeks)
    number = (begin_of(until, DAYS) - first).days // DAYS
    begins = (first + timedelta(days=DAYS * week) for week in range(1, number))
    return [Count(begin, weeks.get(begin, 0)) for begin in begins]


def volume_chart(weeks: Sequence[Count]) -> list[Point]:
    """Hold the number of orders of each week to the usual weeks before it, where every order is another patient's."""
    return held_to_usual(weeks, _Numbers(tail_of(1, DAYS)).look)


def volume_report(charts: Sequence[Volume], until: date) -> Json:
    """Write the charts as reports have them; ``weeksBefore`` is the Monday from which on no week had ended.

    A signal also says how many orders the ``over`` weeks had together in which it is seen, and what is usual for them.
    """
    return {
        "period": "week",
        "weeksBefore": str(begin_of(until, DAYS)),
        "charts": [
            {"product": each.product, "display": each.display, "points": [_point(point) for point in each.points]}
            for each in charts
        ],
        "signals": [
            {
                "product": each.product,
                "display": each.display,
                **_point(point),
                "ordersTogether": sum(one.count.orders for one in each.points[: number + 1][-point.over :]),
                "expectedTogether": round(point.together or 0, 2),
            }
            for each in charts
            for number, point in enumerate(each.points)
            if point.signal
        ],
    }


def _point(point: Point) -> Json:
    """Write a week; the limits are numbers of orders."""
    return {
        "begin": str(point.count.begin),
        "orders": point.count.orders,
        "expected": None if point.expected is None else round(point.expected, 2),
        "lower": point.lower,
        "upper": point.upper,
        "signal": point.signal,
        "over": point.over,
    }


@dataclass(frozen=True, slots=True)
class _Numbers:
    """Compares numbers of orders; without ``patients`` every order is another patient's."""

    tail: float
    patients: Patients | None = None

    def look(self, before: Sequence[Count], recent: Sequence[Count]) -> Seen:
        """Compare the orders of the last weeks together with what is usual.

        Loud is one week alone. Several weeks of a service that grows are always more than before; were they loud, they
        would never become usual, and what is usual would soon be too low for a loss to be seen.
        """
        usual = [count.orders for count in before][-BASE_PERIODS:]
        if len(usual) < LEAST_PERIODS or sum(usual) < _LEAST_ORDERS:
            return Seen()
        least = self._least([count.begin for count in before][-len(recent) :])
        expected, lower, upper = count_limits(usual, len(recent), self.tail, least)
        lower, upper = min(lower, math.floor(expected / LEAST_CHANGE)), max(upper, math.ceil(expected * LEAST_CHANGE))
        seen = sum(count.orders for count in recent)
        loud = seen > upper and len(recent) == 1
        return Seen(LOUD if loud else SILENT if seen < lower else "", expected, lower, upper)

    def _least(self, weeks: Sequence[date]) -> float:
        """Return how much the orders of some weeks vary because patients come again: as many as one has of them.

        That does not show in how much single weeks vary.
        """
        return 1.0 if self.patients is None else self.patients.together(tuple(weeks)).size
