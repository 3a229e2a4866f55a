"""When an order or statement in the chart ends according to its own data, whatever its status says.

Old orders are rarely closed. One ends with its period, its stated length, its number of doses; a drug that is no HER2
drug, with the supply that was dispensed for it, too.
"""

from __future__ import annotations

from datetime import timedelta
from decimal import ROUND_CEILING, Decimal
from typing import TYPE_CHECKING, Any

from fhir_mappings.wire.lenient import child, day, number, objects, text
from fhir_mappings.wire.times import last_day

if TYPE_CHECKING:
    from datetime import date

    from fhir_mappings.wire.lenient import Json

# The longest month and year, so that no order ends too early.
_DAYS = {
    **dict.fromkeys(("d", "day", "days"), Decimal(1)), **dict.fromkeys(("wk", "w", "week", "weeks"), Decimal(7)),
    **dict.fromkeys(("mo", "month", "months"), Decimal(31)), **dict.fromkeys(("a", "y", "year", "years"), Decimal(366)),
    **dict.fromkeys(("h", "hr", "hour", "hours"), Decimal(1) / 24),
}  # fmt: skip


def ended(resource: Json, *, by_supply: bool) -> date | None:
    """Return the last day of an order or statement; ``None`` if one of its parts is open."""
    if resource.get("resourceType") == "MedicationStatement":
        return last_day(child(resource, "effectivePeriod").get("end"))
    signed = day(resource.get("authoredOn")) or day(resource.get("dateWritten"))
    ends = [_end(child(each, "timing"), signed) for _, each in objects(resource.get("dosageInstruction"))]
    if ends and None not in ends:
        return max(each for each in ends if each is not None)
    dispensed = child(resource, "dispenseRequest")
    if (until := last_day(child(dispensed, "validityPeriod").get("end"))) is not None or not by_supply:
        return until
    return _supplied(dispensed, signed)


def _end(timing: Json, signed: date | None) -> date | None:
    repeat = child(timing, "repeat")
    period = child(repeat, "boundsPeriod")
    if (until := last_day(period.get("end"))) is not None:
        return until
    events = timing.get("event")
    first = events[0] if isinstance(events, list) and events else events
    length = _length(repeat)
    begun = last_day(period.get("start")) or last_day(first) or signed
    return _after(begun, length) if length is not None else None


def _length(repeat: Json) -> Decimal | None:
    """Return the days of a course: its stated length, or its number of doses times the days of one."""
    for bounds in (child(repeat, "boundsDuration"), child(child(repeat, "boundsRange"), "high")):
        if bounds:
            return _days(bounds.get("value"), text(bounds.get("code")) or text(bounds.get("unit")))
    doses = number(repeat.get("countMax")) or number(repeat.get("count"))
    period = number(repeat.get("periodMax")) or number(repeat.get("period"))
    cycle = _days(period, text(repeat.get("periodUnit")) or text(repeat.get("periodUnits")))
    frequency = number(repeat.get("frequency")) or Decimal(1)
    return doses * cycle / frequency if doses and cycle is not None and frequency > 0 else None


def _supplied(dispensed: Json, signed: date | None) -> date | None:
    supply = child(dispensed, "expectedSupplyDuration")
    days = _days(supply.get("value"), text(supply.get("code")) or text(supply.get("unit")))
    repeats = number(dispensed.get("numberOfRepeatsAllowed")) or Decimal(0)
    return _after(signed, days * (repeats + 1)) if days is not None and repeats >= 0 else None


def _days(value: Any, unit: str) -> Decimal | None:
    found, factor = number(value), _DAYS.get(unit.casefold())
    return found * factor if found is not None and found > 0 and factor is not None else None


def _after(begun: date | None, days: Decimal) -> date | None:
    if begun is None:
        return None
    try:
        return begun + timedelta(days=int(days.to_integral_value(ROUND_CEILING)))
    except OverflowError:
        return None
