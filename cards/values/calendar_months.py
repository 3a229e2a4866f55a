"""Calendar months, because labels say "every 3 months" and not "every 91 days", and the ends of the calendar.

Charts hold the first and the last day that a computer knows where no date was known.
"""

from __future__ import annotations

from calendar import monthrange
from datetime import MINYEAR, date, timedelta

_MONTHS_IN_YEAR = 12


def years_before(day: date, years: int) -> date:
    """Return the same day a number of years earlier."""
    return months_before(day, years * _MONTHS_IN_YEAR)


def months_before(day: date, months: int) -> date:
    """Return the same day a number of months earlier, or the last day of that month.

    Before the first day of the calendar it is that one.
    """
    index = day.year * _MONTHS_IN_YEAR + day.month - 1 - months
    year, month = divmod(index, _MONTHS_IN_YEAR)
    if year < MINYEAR:
        return date.min
    try:
        return date(year, month + 1, day.day)
    except ValueError:
        return date(year, month + 1, monthrange(year, month + 1)[1])


def days_after(day: date, days: int) -> date:
    """Return the day so many days later, or earlier where they are negative; at most the last or first there is."""
    try:
        return day + timedelta(days=days)
    except OverflowError:
        return date.max if days > 0 else date.min
