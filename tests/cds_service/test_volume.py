"""The number of orders: weeks that are not over, drugs that vanish, false alarms, and what is told of it."""

from __future__ import annotations

import json
import math
import random
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from cds_service.learning.control import Count
from cds_service.learning.page import sections
from cds_service.learning.statistics import count_limits
from cds_service.learning.text import learning_lines
from cds_service.learning.volume import volume_chart, volume_report, volumes, whole_weeks
from cds_service.learning.volume_page import left_out, volume_lines
from cds_service.simulate.rows import ORDERS
from cds_service.simulate.signal_detection import volume_noticed, volume_of

if TYPE_CHECKING:
    from pathlib import Path

Json = dict[str, Any]
MONDAY = date(2026, 1, 5)
WEEK = timedelta(days=7)
NAMES = {"kadcyla": "Kadcyla", "enhertu": "Enhertu"}


def chart(*orders: int) -> list[Any]:
    return volume_chart([Count(MONDAY + number * WEEK, each) for number, each in enumerate(orders)])


def seen(*orders: int) -> dict[int, tuple[str, int]]:
    return {number: (each.signal, each.over) for number, each in enumerate(chart(*orders)) if each.signal}


# --- Limits ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "periods", "limits"),
    [
        pytest.param([20] * 12, 1, (7, 38), id="twenty a week"),
        pytest.param([5] * 12, 1, (0, 15), id="of five a week one week may have none"),
        pytest.param([5] * 12, 2, (1, 24), id="of five a week two weeks may not"),
        pytest.param([20] * 4, 1, (6, 39), id="four weeks tell less than twelve"),
        pytest.param([10, 30] * 6, 1, (0, 84), id="weeks that vary much have wide limits"),
        pytest.param([0] * 12, 1, (0, 2), id="after none at all"),
        pytest.param([2000] * 12, 1, (1846, 2158), id="so many that the first chances are too small to be written"),
    ],
)
def test_the_limits_of_a_count(before: list[int], periods: int, limits: tuple[int, int]) -> None:
    assert count_limits(before, periods, 0.0004)[1:] == limits


@given(before=st.lists(st.integers(2, 30), min_size=4, max_size=12), periods=st.integers(1, 4))
def test_limits_leave_exactly_the_tail_probability_outside(before: list[int], periods: int) -> None:
    tail = 0.01
    expected, lower, upper = count_limits(before, periods, tail)
    known, mean = len(before), sum(before) / len(before)
    spread = max(1.0, sum((each - mean) ** 2 for each in before) / (known - 3) / mean)
    scale = spread * (1 + periods / known) - 1
    shape = expected / scale
    assume(shape > 2)  # otherwise too steep near zero for the steps
    # Computed another way: a Poisson count whose rate is drawn from the gamma distribution, in small steps.
    steps, far = 1000, expected + 12 * math.sqrt(shape) * scale + 12 * scale
    rates = [(step + 0.5) * far / steps for step in range(steps)]
    logs = [(shape - 1) * math.log(rate) - rate / scale for rate in rates]
    most = max(logs)
    weights = [math.exp(each - most) for each in logs]
    up_to_each = [_poisson_up_to_each(upper, rate) for rate in rates]

    def up_to(count: int) -> float:
        """Return the chance of a count or fewer."""
        if count < 0:
            return 0.0
        found = sum(weight * chances[count] for weight, chances in zip(weights, up_to_each, strict=True))
        return found / sum(weights)

    assert up_to(lower - 1) < tail * 1.01
    assert up_to(lower) > tail * 0.99
    assert 1 - up_to(upper) < tail * 1.01
    assert 1 - up_to(upper - 1) > tail * 0.99


def _poisson_up_to_each(most: int, rate: float) -> list[float]:
    """Return the chances of each count or fewer, from none to ``most``."""
    chance, found, chances = math.exp(-rate), 0.0, []
    for number in range(1, most + 2):
        found += chance
        chances.append(found)
        chance *= rate / number
    return chances


# --- Signals ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("orders", "signals"),
    [
        pytest.param([], {}, id="no week"),
        pytest.param([20] * 20, {}, id="always the same"),
        pytest.param([20, 20, 20, 0], {}, id="three weeks are too few"),
        pytest.param([20, 20, 20, 20, 0], {4: ("silent", 1)}, id="four weeks are enough"),
        pytest.param([0] * 20, {}, id="none at all"),
        pytest.param([1] * 14 + [0] * 12, {}, id="a drug that is rare may stop unseen"),
        pytest.param([20] * 12 + [0], {12: ("silent", 1)}, id="vanished"),
        pytest.param([5] * 12 + [0] * 2, {13: ("silent", 2)}, id="five a week vanish: two weeks"),
        pytest.param([100] * 12 + [50], {12: ("silent", 1)}, id="halved"),
        pytest.param([20] * 12 + [10] * 3, {}, id="half of twenty: not in three weeks"),
        pytest.param([20] * 12 + [10] * 4, {15: ("silent", 4)}, id="half of twenty: in four"),
        pytest.param([100] * 12 + [200], {12: ("loud", 1)}, id="doubled"),
        pytest.param([20] * 6 + [0] + [20] * 6, {6: ("silent", 1)}, id="one week without an order"),
        pytest.param([3] * 4 + [40], {}, id="twelve orders are too few to say"),
        pytest.param([100] * 12 + [0] * 3 + [100], {12: ("silent", 1), 13: ("silent", 1), 14: ("silent", 1),
                     15: ("silent", 2)}, id="back again: together still too few"),
    ],
)  # fmt: skip
def test_missing_orders_are_detected(orders: list[int], signals: dict[int, tuple[str, int]]) -> None:
    assert seen(*orders) == signals


def test_lost_orders_never_become_usual() -> None:
    points = chart(*[20] * 8, *[0] * 30)
    assert [point.signal for point in points[8:]] == ["silent"] * 30
    assert points[-1].expected == pytest.approx(20, abs=0.1)


def test_a_growing_service_can_still_detect_a_loss() -> None:
    growing = [round(50 * 1.02**week) for week in range(60)]
    assert seen(*growing) == {}
    assert seen(*growing, growing[-1] // 2)[60] == ("silent", 1)


@given(before=st.lists(st.integers(0, 60), min_size=4, max_size=20), last=st.integers(0, 80), more=st.integers(1, 80))
def test_more_orders_never_silence_the_last_week_and_fewer_never_raise_a_signal(
    before: list[int], last: int, more: int
) -> None:
    few, many = chart(*before, last)[-1], chart(*before, last + more)[-1]
    assert (few.lower, few.upper) == (many.lower, many.upper)
    assert not (many.signal == "silent" and few.signal != "silent")
    assert not (few.signal == "loud" and many.signal != "loud")


def _drawn(lot: random.Random, mean: float, spread: float) -> int:
    """Draw a count; its variance is ``spread`` times its mean."""
    rate = lot.gammavariate(mean / (spread - 1), spread - 1) if spread > 1 else mean
    count, left = 0, lot.expovariate(1)
    while left < rate:
        count, left = count + 1, left + lot.expovariate(1)
    return count


@pytest.mark.parametrize("mean", [5, 20, 100])
@pytest.mark.parametrize(
    ("spread", "growth", "most"),
    [
        pytest.param(1, 0, 0.1, id="by chance alone"),
        pytest.param(2, 0, 0.4, id="twice as much"),
        pytest.param(1, 0.02, 0.5, id="a service that grows by two in a hundred every week"),
    ],
)
def test_false_alarms_are_rare(mean: int, spread: float, growth: float, most: float) -> None:
    """``most``: alarms in a year; one that goes on is one."""
    lot = random.Random(17)  # noqa: S311 - a lot that can be drawn again
    weeks = alarms = 0
    for _ in range(30):
        points = chart(*(_drawn(lot, mean * (1 + growth) ** week, spread) for week in range(56)))
        weeks += sum(point.expected is not None for point in points)
        alarms += sum(bool(now.signal) and now.signal != last.signal for last, now in pairwise(points))
    assert weeks > 1400
    assert alarms / weeks * 52 < most


# --- Whole weeks and drugs -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("until", "orders"),
    [
        pytest.param(date(2026, 1, 26), [7, 7], id="a Monday: the week before is over"),
        pytest.param(date(2026, 1, 25), [7], id="a Sunday: the week is not over"),
        pytest.param(date(2026, 2, 9), [7, 7, 1, 0], id="a week without an order counts"),
        pytest.param(date(2026, 1, 12), [], id="only the week of the first order"),
        pytest.param(date(2025, 1, 6), [], id="before the first order"),
    ],
)
def test_only_whole_weeks_count(until: date, orders: list[int]) -> None:
    days = {MONDAY + timedelta(days=number): 1 for number in range(2, 22)}
    weeks = whole_weeks(days, until)
    assert [each.orders for each in weeks] == orders
    assert [each.begin for each in weeks] == [MONDAY + number * WEEK for number in range(1, len(orders) + 1)]


def test_no_chart_without_orders() -> None:
    assert whole_weeks({}, MONDAY) == []
    assert volumes({}, NAMES, MONDAY) == []


def a_week(*orders: int) -> dict[date, dict[str, int]]:
    """Every order is another patient's."""
    return {
        MONDAY + number * WEEK: {f"patient {number}/{each}": 1 for each in range(count)}
        for number, count in enumerate(orders)
    }


def report(until: date = MONDAY + 14 * WEEK) -> Json:
    """Report on fourteen weeks; in the last one nobody's Kadcyla is known."""
    by_day = {"enhertu": a_week(*[40] * 14), "kadcyla": a_week(*[20] * 13), "not settled": a_week(*[1] * 14)}
    return volume_report(volumes(by_day, NAMES, until), until)


def test_the_loss_of_one_drug_is_detected_even_if_the_total_does_not_show_it() -> None:
    found = report()
    assert [each["display"] for each in found["charts"]] == ["all drugs", "Kadcyla", "Enhertu", "not settled"]
    assert [(each["product"], each["begin"], each["signal"]) for each in found["signals"]] == [
        ("kadcyla", "2026-04-06", "silent")
    ]
    assert list(volume_lines(found)) == ["2026-04-06  orders of Kadcyla: silent, 0 orders where 20 are usual"]


@pytest.mark.parametrize("days", range(1, 8))
def test_an_unfinished_week_never_counts_as_silent(days: int) -> None:
    found = report(MONDAY + 14 * WEEK - timedelta(days=days))
    assert found["signals"] == []
    assert "without weeks from 2026-04-06 on, which are not over" in left_out(found)


def test_too_little_data_is_reported() -> None:
    until = MONDAY + 4 * WEEK
    few = volume_report(volumes({"kadcyla": a_week(*[20] * 4)}, NAMES, until), until)
    assert "Too few weeks or orders are known" in left_out(few)
    assert "Too few" not in left_out(report())


def whole_report() -> Json:
    empty = {name: [] for name in ("topics", "reasons", "weeks", "comments", "changes", "charts", "signals", "stopped")}
    return {**empty, "period": "day", "cut": None, "decisions": 1, "orders": 1, "cards": 0, "volume": report()}


def test_the_report_says_so_first() -> None:
    found = {each.id: each for each in sections(whole_report())}
    first = found["signals"]
    assert (first.alert, first.points) == (True, ["2026-04-06  orders of Kadcyla: silent, 0 orders where 20 are usual"])
    assert [found[f"volume-{number}"].title for number in range(2)] == ["Orders of all drugs", "Orders of Kadcyla"]
    drawn = found["volume-1"]
    assert drawn.chart is not None
    assert "silent in the period of 2026-04-06" in drawn.chart.words
    assert "orders a week" in drawn.chart.text
    assert drawn.table is not None
    assert drawn.table.rows[-1] == ("2026-04-06", 0, "20.0", "5 to 41", "silent")
    told = list(learning_lines(whole_report()))
    assert told[told.index("silent or loud") + 1].endswith("orders of Kadcyla: silent, 0 orders where 20 are usual")
    assert "  none, as far as enough is known to say so" not in told


# --- In a simulation -------------------------------------------------------------------------------------------------


def _result(folder: Path, last: date | None) -> Path:
    """Write the result of a simulation whose orders in scope end on a Sunday, and those of any drug on ``last``."""
    days = [MONDAY + timedelta(days=number) for number in range(7 * 12)]
    rows = [
        (f"p-{day}-{number}", f"o-{day}-{number}", day, f"{day:%Y-%m}", product, "", "north", "authoredOn", 0, None)
        for day in days
        for number, product in enumerate(("kadcyla", "kadcyla", "kadcyla", ""))
    ]
    columns = [pa.array(column, kind.type) for column, kind in zip(zip(*rows, strict=True), ORDERS, strict=True)]
    pq.write_table(pa.table(columns, schema=ORDERS), folder / "orders.parquet")
    if last is not None:
        (folder / "run.json").write_text(json.dumps({"about": {"last order": str(last)}}))
    return folder


@pytest.mark.parametrize(
    ("last", "silent"),
    [
        pytest.param(None, [], id="a result that does not say when orders ended"),
        pytest.param(date(2026, 3, 29), [], id="orders of any drug ended with those in scope"),
        pytest.param(date(2026, 4, 4), [], id="a week that is not over"),
        pytest.param(date(2026, 4, 5), ["all drugs", "Kadcyla"], id="a whole week of orders out of scope alone"),
    ],
)
def test_orders_missing_from_an_export_are_detected(tmp_path: Path, last: date | None, silent: list[str]) -> None:
    found = volume_of(_result(tmp_path, last))
    assert [each["display"] for each in found["signals"]] == silent
    assert {each["display"] for each in found["charts"]} == {"all drugs", "Kadcyla", "not settled"}


def test_how_soon_a_loss_was_noticed_is_reported_once_for_each_drug(tmp_path: Path) -> None:
    found = volume_of(_result(tmp_path, datetime(2026, 4, 19, tzinfo=UTC).date()))
    line, *_ = volume_noticed(found, date(2026, 4, 1))
    usual = "2026-03-30  orders of all drugs: silent, 0 orders where 28 are usual"
    assert line == f"{usual}; noticed after 5 days; 3 weeks in all, the last 2026-04-13"
    before, *_ = volume_noticed(found, date(2026, 5, 1))
    assert before == f"{usual}; 3 weeks in all, the last 2026-04-13"
