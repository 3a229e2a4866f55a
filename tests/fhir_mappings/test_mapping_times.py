"""Which of several results is the newest: by instant, release, correction, and then by what does more harm."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapes import Json, bundle, concept, observation, quantity, read_patient

from cards.facts.results import ResultTime
from fhir_mappings.wire.times import last_day, span, time_of, within

LAW = settings(deadline=None)
AST, PLATELETS, LVEF, WEIGHT, HCG = "1920-8", "777-3", "10230-1", "29463-7", "2106-3"
NIGHT = {"effectiveDateTime": "2026-11-20T20:00:00Z"}
MORNING = {"effectiveDateTime": "2026-11-20T08:00:00Z"}


def result(code: str, value: Any, unit: str, name: str, **changes: Any) -> Json:
    return observation(code, name, valueQuantity=quantity(value, unit), **changes)


def ast(value: int, name: str, **changes: Any) -> Json:
    return result(AST, value, "U/L", name, **changes)


def newest(*results: Json, test: str = "ast") -> tuple[str, tuple[str, ...]]:
    """Return the newest result, and what else is said of its time: the same whatever the order."""
    found = set()
    for ordered in permutations(results):
        first = read_patient(labs=bundle(*ordered)).labs[test][0]
        found.add((str(first.value.normalize()), first.beside))
    assert len(found) == 1
    value, beside = found.pop()
    return f"{Decimal(value):f}", beside


@pytest.mark.parametrize(
    ("results", "value", "beside"),
    [
        pytest.param([ast(30, "b", **MORNING), ast(300, "a", **NIGHT)], "300", (), id="the later of a day"),
        pytest.param([ast(300, "a", **MORNING), ast(30, "b", **NIGHT)], "30", (), id="though it is the milder one"),
        pytest.param(
            [
                ast(300, "a", effectiveDateTime="2026-11-20T23:30:00-05:00"),
                ast(30, "b", effectiveDateTime="2026-11-21T01:00:00+01:00"),
            ],
            "300",
            (),
            id="by the instant, not by the day that is written",
        ),
        pytest.param(
            [ast(300, "a", **NIGHT), ast(30, "b", status="corrected", **NIGHT)], "30", (), id="a correction replaces"
        ),
        pytest.param(
            [ast(300, "a", status="amended", **NIGHT), ast(30, "b", **NIGHT)], "300", (), id="so does an amendment"
        ),
        pytest.param(
            [
                ast(300, "a", issued="2026-11-20T21:00:00Z", **NIGHT),
                ast(30, "b", issued="2026-11-20T22:00:00Z", **NIGHT),
            ],
            "30",
            (),
            id="of one time the one released last",
        ),
        pytest.param(
            [ast(300, "a", **NIGHT), ast(30, "b", **NIGHT)],
            "300",
            ("30 U/L",),
            id="tied: the more harmful one, and both are reported",
        ),
        pytest.param([ast(30, "a", **NIGHT), ast(30, "b", **NIGHT)], "30", (), id="two that say the same"),
        pytest.param([ast(300, "a"), ast(30, "b")], "300", ("30 U/L",), id="two of a day without a time"),
        pytest.param(
            [ast(300, "a"), ast(30, "b", **NIGHT)], "300", ("30 U/L",), id="one has a time, one the day alone"
        ),
        pytest.param(
            [ast(300, "a", effectiveDateTime="2026-11"), ast(30, "b", **NIGHT)],
            "300",
            ("30 U/L",),
            id="of some day in the month",
        ),
        pytest.param(
            [ast(300, "a", effectiveDateTime="2026-10"), ast(30, "b", **NIGHT)], "30", (), id="of an earlier month"
        ),
        pytest.param(
            [ast(300, "a", effectiveDateTime="2026-11-19"), ast(30, "b", **NIGHT)], "30", (), id="of the day before"
        ),
    ],
)
def test_the_newest_result(results: list[Json], value: str, beside: tuple[str, ...]) -> None:
    assert newest(*results) == (value, beside)


def test_the_lower_of_two_platelet_counts_counts() -> None:
    two = [result(PLATELETS, value, "10*9/L", name, **NIGHT) for value, name in ((40, "b"), (200, "a"))]
    assert newest(*two, test="platelets") == ("40", ("200 10*9/L",))


def test_what_a_correction_replaces_is_not_a_result_of_the_chart() -> None:
    found = read_patient(labs=bundle(ast(900, "a", **NIGHT), ast(90, "b", status="corrected", **NIGHT)))
    assert [each.value for each in found.labs["ast"]] == [Decimal(90)]


def test_the_lower_of_two_ejection_fractions_or_weights_counts() -> None:
    for code, unit, of in ((LVEF, "%", "lvefs"), (WEIGHT, "kg", "weights")):
        for first, second in (("a", "b"), ("b", "a")):
            found = read_patient(lvef=bundle(result(code, 60, unit, first), result(code, 40, unit, second)))
            newest_one = getattr(found, of)[0]
            assert newest_one.beside == (f"60 {unit}",)


@pytest.mark.parametrize("names", [("a", "b"), ("b", "a")])
def test_ids_do_not_decide_between_a_positive_and_a_negative_pregnancy_test_of_one_day(
    names: tuple[str, str],
) -> None:
    two = [
        observation(HCG, name, valueCodeableConcept=concept(text=answer))
        for name, answer in zip(names, ("negative", "positive"), strict=True)
    ]
    first = read_patient(pregnancy=bundle(*two)).pregnancy_tests[0]
    assert (first.positive, first.beside) == (True, ("negative",))


@pytest.mark.parametrize(
    ("element", "taken"),
    [
        pytest.param({"effectiveDateTime": "2026-11-20"}, "2026-11-20", id="a date"),
        pytest.param({"effectiveInstant": "2026-11-20T08:00:00Z"}, "2026-11-20T08:00:00Z", id="an instant"),
        pytest.param(
            {"effectiveTiming": {"event": ["2026-11-19", "2026-11-20", "2026-11-18"]}},
            "2026-11-20",
            id="the last event",
        ),
        pytest.param({"effectiveTiming": {"event": "2026-11-20"}}, "2026-11-20", id="an event that is not a list"),
        pytest.param(
            {"effectiveTiming": {"repeat": {"boundsPeriod": {"start": "2026-11-18", "end": "2026-11-20"}}}},
            "2026-11-20",
            id="the end of its bounds",
        ),
        pytest.param(
            {"effectivePeriod": {"start": "2026-11-19", "end": "2026-11-20"}}, "2026-11-20", id="the end of a period"
        ),
        pytest.param({"effectivePeriod": {"start": "2026-11-20"}}, "2026-11-20", id="the start of a period"),
        pytest.param(
            {"issued": "2026-11-20T08:00:00Z"}, "2026-11-20T08:00:00Z", id="its release if nothing else is stated"
        ),
        pytest.param({"effectiveDateTime": "soon", "issued": "2026-11-20"}, "", id="a date that cannot be read"),
        pytest.param({"effectiveDateTime": " ", "issued": "2026-11-20"}, "2026-11-20", id="an empty date"),
        pytest.param(
            {"effectiveDateTime": "01/15/2026", "effectivePeriod": {"start": "2026-01-15"}},
            "2026-01-15",
            id="another element that can be read",
        ),
        pytest.param({"effectiveDateTime": 20261120}, "", id="a number"),
        pytest.param({"effectiveTiming": {"event": [None, 5]}}, "", id="invalid events"),
        pytest.param({}, "", id="nothing"),
    ],
)
def test_when_a_result_was_taken(element: Json, taken: str) -> None:
    assert time_of(element)[0].taken == taken


@pytest.mark.parametrize(
    ("written", "first", "last"),
    [
        ("2026-02", date(2026, 2, 1), date(2026, 2, 28)),
        ("2024-02", date(2024, 2, 1), date(2024, 2, 29)),
        ("2025", date(2025, 1, 1), date(2025, 12, 31)),
    ],
)
def test_a_partial_date_is_an_interval(written: str, first: date, last: date) -> None:
    assert within(ResultTime(written)) == (first, last)
    assert last_day(written) == last
    assert within(ResultTime("2026-02-03")) is None
    assert last_day("2026-02-03T23:00:00Z") == date(2026, 2, 3)
    assert last_day(None) is None


def test_a_result_dated_by_month_is_quoted_with_its_month() -> None:
    found = read_patient(labs=bundle(ast(300, "a", effectiveDateTime="2026-11"))).labs["ast"][0]
    assert (found.on, found.within) == (date(2026, 11, 1), (date(2026, 11, 1), date(2026, 11, 30)))


@LAW
@given(st.datetimes(timezones=st.timezones(), min_value=datetime(2000, 1, 1)))  # noqa: DTZ001 - the zone is drawn
def test_an_instant_is_the_same_in_every_zone(moment: datetime) -> None:
    here, there = (ResultTime(each.isoformat()) for each in (moment, moment.astimezone(UTC)))
    assert span(None, here) == span(None, there)


def test_a_worse_result_whose_date_cannot_be_read_is_told() -> None:
    read = observation("1920-8", "o1", valueQuantity=quantity(24, "U/L"))
    unread = observation("1920-8", "o2", valueQuantity=quantity(300, "U/L"), effectiveDateTime="11/29/2026")
    chart = read_patient(labs=bundle(read, unread))
    assert [(gap.reason, dict(gap.values)) for gap in chart.gaps] == [("undated-result", {"value": "300 U/L"})]
