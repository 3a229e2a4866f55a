"""Days and months at the ends of the calendar, where a chart has a date that nobody knew."""

from __future__ import annotations

from datetime import date

import pytest

from cards.values.calendar_months import days_after, months_before


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        (date(2026, 5, 31), 3, date(2026, 2, 28)),
        (date(2026, 1, 1), 1, date(2025, 12, 1)),
        (date(1, 4, 1), 3, date(1, 1, 1)),
        (date(1, 3, 31), 3, date.min),
        (date.min, 1200, date.min),
        (date.max, 1, date(9999, 11, 30)),
    ],
)
def test_months_before(day: date, months: int, expected: date) -> None:
    assert months_before(day, months) == expected


@pytest.mark.parametrize(
    ("day", "days", "expected"),
    [
        (date(2026, 2, 28), 1, date(2026, 3, 1)),
        (date(2026, 3, 1), -1, date(2026, 2, 28)),
        (date.min, -1, date.min),
        (date.max, 19, date.max),
        (date.min, 1, date(1, 1, 2)),
    ],
)
def test_days_after(day: date, days: int, expected: date) -> None:
    assert days_after(day, days) == expected
