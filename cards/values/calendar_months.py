"""Calendar months, because labels say "every 3 months" and not "every 91 days"."""

from __future__ import annotations

from calendar import monthrange
from datetime import date

_MONTHS_IN_YEAR = 12
_DAYS_IN_EVERY_MONTH = 28


def years_before(day: date, years: int) -> date:
    """Return the same day so many years earlier."""
    return months_before(day, years * _MONTHS_IN_YEAR)


def months_before(day: date, months: int) -> date:
    """Return the same day so many months earlier; the last of the month where there is no such day."""
    index = day.year * _MONTHS_IN_YEAR + day.month - 1 - months
    year, month = divmod(index, _MONTHS_IN_YEAR)
    if day.day <= _DAYS_IN_EVERY_MONTH:
        return date(year, month + 1, day.day)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
