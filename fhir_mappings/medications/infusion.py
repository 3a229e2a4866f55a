"""How long an order wants its infusion to run, in minutes."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING

from fhir_mappings.wire.lenient import child, number, objects, text

if TYPE_CHECKING:
    from fhir_mappings.wire.lenient import Json

_MINUTES = {
    "min": Decimal(1), "minute": Decimal(1), "minutes": Decimal(1),
    "h": Decimal(60), "hr": Decimal(60), "hour": Decimal(60), "hours": Decimal(60),
}  # fmt: skip
_IN_TEXT = re.compile(
    r"\bover\s+(?:at least\s+)?(\d{1,3}(?:\.\d)?)\s*-?\s*(min(?:ute)?s?|h(?:(?:ou)?rs?)?)\b", re.IGNORECASE
)
_DAY = 24 * 60


def infusion_minutes(resource: Json) -> int | None:
    """Give the minutes, from a rate, the timing, or the text; nothing when it says none or several."""
    found: set[Decimal] = set()
    for _, instruction in objects(resource.get("dosageInstruction")):
        for _, dose_and_rate in objects(instruction.get("doseAndRate")):
            per = child(child(dose_and_rate, "rateRatio"), "denominator")
            # One hour below the line is a rate; anything else is how long this dose runs.
            if number(per.get("value")) != 1:
                found |= _minutes(per)
            # A rate that is a time alone is the infusion time in the wrong slot.
            found |= _minutes(child(dose_and_rate, "rateQuantity"))
        repeat = child(child(instruction, "timing"), "repeat")
        found |= _minutes({"value": repeat.get("duration"), "unit": repeat.get("durationUnit")})
        for amount, unit in _IN_TEXT.findall(text(instruction.get("text"))):
            found |= _minutes({"value": amount, "unit": "min" if unit.casefold().startswith("m") else "h"})
    return int(found.pop()) if len(found) == 1 else None


def _minutes(quantity: Json) -> set[Decimal]:
    value = number(quantity.get("value"))
    factor = _MINUTES.get(text(quantity.get("code")).casefold()) or _MINUTES.get(text(quantity.get("unit")).casefold())
    if value is None or factor is None or not 0 < value * factor <= _DAY:
        return set()
    return {value * factor}
