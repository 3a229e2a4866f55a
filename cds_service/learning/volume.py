"""Order volume: how many orders were judged each week, for all drugs and for each drug.

The topic charts count orders in scope. If a site starts writing a drug in a way that is not recognized, its orders
leave the scope and those charts; here their number falls. Only whole weeks count: weekdays differ, a current week is
incomplete, and the week of the first order may be.
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
    compared_with_usual,
    false_alarm_share,
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
    """The orders of all drugs (no product), or of one, by week."""

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
    """Chart the orders before the day ``until``: first all drugs, then drugs with a signal, then the rest.

    ``by_product`` has the number of orders for each product, day and patient, ``names`` the product names; a product
    without a name is shown by its id.
    """
    together: dict[date, Counter[str]] = {}
    for days in by_product.values():
        for day, orders in days.items():
            together.setdefault(day, Counter()).update(orders)
    if not together:
        return []
    tail = false_alarm_share(len(by_product) + 1, DAYS)
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
    return compared_with_usual(whole, _Numbers(tail, Patients(by_week)).look)


def product_names() -> dict[str, str]:
    """Return the product names by id."""
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
    """Compare the number of orders in each week with the usual weeks before, all orders from different patients."""
    return compared_with_usual(weeks, _Numbers(false_alarm_share(1, DAYS)).look)


def volume_report(charts: Sequence[Volume], until: date) -> Json:
    """Return the charts as report data; ``weeksBefore`` is the Monday of the first week that had not ended.

    A signal also has the number of orders in its ``over`` weeks together, and what is usual for them.
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
    """Return the data of a week; the limits are numbers of orders."""
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
    """Compares numbers of orders; without ``patients`` every order is from a different patient."""

    tail: float
    patients: Patients | None = None

    def look(self, before: Sequence[Count], recent: Sequence[Count]) -> Seen:
        """Compare the orders of the last weeks together with what is usual.

        Only a single week can be loud. At a growing site, several weeks together are always more than before; if they
        were loud, they would never become usual, and the usual level would soon be too low to notice a loss.
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
        """Return how much the orders of several weeks vary because patients return: the orders of one patient.

        Variation between single weeks does not show this.
        """
        return 1.0 if self.patients is None else self.patients.together(tuple(weeks)).size
