"""What changed in a period, and its effect: how often each topic fired before and after."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from cds_service.learning.judgments import judgments
from cds_service.learning.statistics import wilson

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from sqlalchemy import Engine

    from cds_service.learning.judgments import Judged
    from cds_service.store.selection import Window

Json = dict[str, Any]
LOOKED_AT = timedelta(days=28)
"""The period compared before and after a change, at most up to the adjacent change."""
LEAST_ORDERS = 20
"""With fewer orders on either side, no effect is reported."""


@dataclass(frozen=True, slots=True)
class Counted:
    """The number of orders judged, and on how many of them each topic fired, shown or in the shadow."""

    orders: int
    fired: Counter[str]
    unseen: Counter[str]
    not_checked: Counter[str]


class Timeline:
    """The outcomes of all decisions in a window, to be summed over any part of it."""

    def __init__(self, engine: Engine, window: Window) -> None:
        """Read the window once."""
        self._at: list[datetime] = []
        self._counted: list[Counted] = []
        for each in judgments(engine, window):
            self._at.append(each.at)
            self._counted.append(_counted(each))

    def between(self, begin: datetime, end: datetime) -> Counted:
        """Add up the decisions between two points in time, the end excluded."""
        those = self._counted[bisect_left(self._at, begin) : bisect_left(self._at, end)]
        sums: list[Counter[str]] = [Counter(), Counter(), Counter()]
        for each in those:
            for total, own in zip(sums, (each.fired, each.unseen, each.not_checked), strict=True):
                total.update(own)
        return Counted(sum(each.orders for each in those), *sums)


def _counted(each: Judged) -> Counted:
    orders = each.orders.keys()
    missing = {(topic, order) for topic, order, _ in each.found.missing}
    return Counted(
        len(orders),
        Counter(topic for topic, order in each.found.fired if order in orders),
        Counter(topic for topic, order in each.found.in_shadow if order in orders),
        Counter(topic for topic, order in missing if order in orders),
    )


def effects(timeline: Timeline, changes: Sequence[Json], end: datetime, moments: Sequence[datetime]) -> list[Json]:
    """Compare the time before each change with the time after it, topic by topic.

    ``moments`` are the times of the changes. A topic is listed if the change names it, or if its rate differs by more
    than chance explains (95 % intervals that do not touch).
    """
    found = []
    for number, (change, at) in enumerate(zip(changes, moments, strict=True)):
        begin = max(at - LOOKED_AT, moments[number - 1] if number else at - LOOKED_AT)
        until = min(moments[number + 1] if number + 1 < len(moments) else end, at + LOOKED_AT, end)
        before, after = timeline.between(begin, at), timeline.between(at, until)
        found.append(
            {
                "number": number + 1,
                "at": change["at"],
                "what": change["what"],
                "words": list(change["words"]) or [f"{change['before']} → {change['after']}"],
                "ordersBefore": before.orders,
                "ordersAfter": after.orders,
                "topics": list(_topics(before, after, " ".join(change["words"]))),
            }
        )
    return found


def _topics(before: Counted, after: Counted, words: str) -> Iterable[Json]:
    if min(before.orders, after.orders) < LEAST_ORDERS:
        return
    for topic in sorted({*before.fired, *after.fired}):
        low_then, high_then = wilson(before.fired[topic], before.orders)
        low_now, high_now = wilson(after.fired[topic], after.orders)
        moved = "more" if low_now > high_then else "fewer" if high_now < low_then else ""
        if moved or topic in words:
            yield {
                "topic": topic,
                "before": before.fired[topic],
                "after": after.fired[topic],
                "moved": moved or "no clear difference",
            }
