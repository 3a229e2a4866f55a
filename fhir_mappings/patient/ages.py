"""When something was that the chart dates by the patient's age: "at 45 years" is from one birthday to the next."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from cards.values.calendar_months import days_after, months_before
from fhir_mappings.wire.lenient import child, number, text

if TYPE_CHECKING:
    from fhir_mappings.wire.lenient import Json

_MONTHS = {
    **dict.fromkeys(("a", "y", "yr", "yrs", "year", "years"), 12), **dict.fromkeys(("mo", "month", "months"), 1)
}  # fmt: skip
_DAYS = {**dict.fromkeys(("wk", "week", "weeks"), 7), **dict.fromkeys(("d", "day", "days"), 1)}


def days_at_age(condition: Json, name: str, born: date | None) -> tuple[date, date] | None:
    """Return the first and the last possible day of an ``Age`` or a ``Range`` of ages; ``None`` if it is not known."""
    in_range, at_age = f"{name}Range", f"{name}Age"
    if in_range not in condition and at_age not in condition:
        return None
    ages = child(condition, in_range)
    low, high = (child(ages, "low"), child(ages, "high")) if ages else (child(condition, at_age),) * 2
    first, last = _days(low, born), _days(high, born)
    return (first[0], last[1]) if first is not None and last is not None else None


def _days(age: Json, born: date | None) -> tuple[date, date] | None:
    value, unit = number(age.get("value")), (text(age.get("code")) or text(age.get("unit"))).casefold()
    if born is None or value is None or value < 0 or "comparator" in age:
        return None
    whole = int(value)
    if months := _MONTHS.get(unit):
        until = months_before(born, -(whole + 1) * months)
        return months_before(born, -whole * months), until - timedelta(days=1)
    if days := _DAYS.get(unit):
        return days_after(born, whole * days), days_after(born, (whole + 1) * days - 1)
    return None
