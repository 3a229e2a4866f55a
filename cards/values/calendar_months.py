"""Calendar months, because labels say "every 3 months" and not "every 91 days"."""

from __future__ import annotations

from calendar import monthrange
from datetime import date

_MONTHS_IN_YEAR = 12


def years_before(day: date, years: int) -> date:
    """Return the same day a number of years earlier."""
    return months_before(day, years * _MONTHS_IN_YEAR)


def months_before(day: date, months: int) -> date:
    """Return the same day a number of months earlier, or the last day of that month."""
    index = day.year * _MONTHS_IN_YEAR + day.month - 1 - months
    year, month = divmod(index, _MONTHS_IN_YEAR)
    try:
        return date(year, month + 1, day.day)
    except ValueError:
        return date(year, month + 1, monthrange(year, month + 1)[1])
