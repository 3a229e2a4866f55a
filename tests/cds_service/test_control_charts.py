"""Charts of a made-up site whose patients come again: false alarms over years, and faults that are planted."""

from __future__ import annotations

import random
from collections import Counter
from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest

from cds_service.learning.clusters import LEAST_PATIENTS, Patients, correlation
from cds_service.learning.control import ALARMS_A_YEAR, control_charts, false_alarm_share

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

MONDAY = date(2023, 1, 2)
WEEKS, BEGUN = 156, 40
VISITS = range(4, 14)
ByWeek = dict[date, Counter[str]]
FAULT = 100
"""The week from which a planted fault holds."""


def site(
    seed: int, starts: int, topics: Mapping[str, tuple[float, float]], change: Callable[[int], float] = lambda _: 1.0
) -> tuple[ByWeek, dict[str, ByWeek]]:
    """Make up orders and findings: courses of 4 to 13 visits, three weeks apart, begin every week.

    ``topics``: on what share of the courses a topic fires at every visit, and on what share of the orders of the
    others. ``change`` says by how much both are multiplied in a week, for the topic "changed".
    """
    lot = random.Random(seed)  # noqa: S311 - a lot that can be drawn again
    orders: ByWeek = {}
    hits: dict[str, ByWeek] = {name: {} for name in topics}
    for begin in range(-BEGUN, WEEKS):
        for number in range(starts):
            patient, errors = f"{begin}/{number}", {name: lot.random() for name in topics}
            for week in range(begin, begin + 3 * lot.choice(VISITS), 3):
                if not 0 <= week < WEEKS:
                    continue
                monday = MONDAY + timedelta(weeks=week)
                orders.setdefault(monday, Counter())[patient] += 1
                for name, (of_courses, of_orders) in topics.items():
                    times = change(week) if name == "changed" else 1.0
                    if errors[name] < of_courses * times or lot.random() < of_orders * times:
                        hits[name].setdefault(monday, Counter())[patient] += 1
    return orders, hits


def lines(orders: ByWeek, hits: dict[str, ByWeek]) -> list[tuple[str, str, int]]:
    """Return what a report has a line for: the topic, the direction, and the first week."""
    first: dict[tuple[str, str], int] = {}
    for name, points in control_charts(orders, hits, 7).items():
        for point in points:
            if point.signal:
                first.setdefault((name, point.signal), (point.count.begin - MONDAY).days // 7)
    return [(*key, week) for key, week in first.items()]


TOPICS = {
    f"{kind}-{number}": shares
    for kind, shares in {
        "rare": (0.005, 0.0),
        "course": (0.03, 0.0),
        "order": (0.0, 0.02),
        "both": (0.02, 0.05),
        "often": (0.1, 0.2),
    }.items()
    for number in range(3)
}
"""Fifteen topics, as a site has them: of errors that stay with a course, of single orders, and of both."""


@pytest.mark.parametrize(("seed", "starts"), [(1, 4), (2, 9), (3, 16)])
def test_three_years_without_a_fault_have_one_line_at_most(seed: int, starts: int) -> None:
    assert len(lines(*site(seed, starts, TOPICS))) <= 1


@pytest.mark.parametrize(
    ("shares", "times", "signal", "weeks"),
    [
        pytest.param((0.1, 0.0), 0.0, "silent", 8, id="ten courses in a hundred, none after a change of codes"),
        pytest.param((0.0, 0.1), 0.0, "silent", 3, id="ten orders in a hundred, then none"),
        pytest.param((0.0, 0.03), 0.0, "silent", 6, id="three orders in a hundred, then none"),
        pytest.param((0.0, 0.1), 2.0, "loud", 4, id="ten orders in a hundred double"),
        pytest.param((0.1, 0.1), 2.0, "loud", 6, id="some of courses and some of orders double"),
        pytest.param((0.0, 0.02), 20.0, "loud", 1, id="two in a hundred become forty"),
    ],
)
def test_a_planted_fault_is_seen(shares: tuple[float, float], times: float, signal: str, weeks: int) -> None:
    topics = {**{name: TOPICS[name] for name in ("rare-0", "course-0", "order-0", "both-0")}, "changed": shares}
    found = lines(*site(11, 12, topics, lambda week: times if week >= FAULT else 1.0))
    assert [(name, how) for name, how, _ in found] == [("changed", signal)]
    assert FAULT <= found[0][2] < FAULT + weeks


def test_one_patient_is_not_a_change_at_a_site() -> None:
    """Five orders of one patient are what would be loud on five patients."""
    orders = {MONDAY + timedelta(weeks=week): Counter({f"{week}/{n}": 1 for n in range(40)}) for week in range(13)}
    last = max(orders)
    patients = list(orders[last])
    one = Counter({patients[0]: 6})
    some = Counter(dict.fromkeys(patients[:6], 1))
    for hits, signal in ((one, ""), (some, "loud")):
        assert control_charts(orders, {"topic": {last: hits}}, 7)["topic"][-1].signal == signal
    assert len(some) - 1 == LEAST_PATIENTS


def test_the_correlation_is_zero_for_independent_orders_and_one_for_all_or_nothing_patients() -> None:
    lot = random.Random(4)  # noqa: S311 - a lot that can be drawn again
    known = Patients({MONDAY: Counter({f"p{number}": 4 for number in range(2000)})}).together((MONDAY,))
    single = Counter({each: sum(lot.random() < 0.2 for _ in range(4)) for each in known.of})
    whole = Counter({each: 4 for each in known.of if lot.random() < 0.2})
    assert correlation(+single, known) == pytest.approx(0, abs=0.05)
    assert correlation(whole, known) == pytest.approx(1, abs=0.01)
    assert correlation(Counter({"p1": 1}), known) == 1  # too few to estimate it
    assert known.size == 4


def test_all_checks_of_a_year_together_have_the_stated_error_rate() -> None:
    assert false_alarm_share(20, 7) * 20 * 8 * 365 / 7 == pytest.approx(ALARMS_A_YEAR)
    assert false_alarm_share(20, 1) == pytest.approx(false_alarm_share(20, 7) / 7)
