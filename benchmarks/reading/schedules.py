"""Reads a schedule as an order states it: in words, by a code, or as a FHIR Timing."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from benchmarks.reading.tables import UNREADABLE
from cards.facts.schedules import Schedule
from fhir_mappings.medications.schedule import rhythms

_GTS = "http://terminology.hl7.org/CodeSystem/v3-GTSAbbreviation"


def read(where: str, text: str) -> str:
    """Return the fewest days between two doses and how many there are; `once`; or `none` where nothing is said.

    Args:
        where: `text`, `code`, `gts`, `repeat` (its JSON) or `event` (days, parted by commas).
        text: what stands there.

    """
    schedule = Schedule(rhythms({"dosageInstruction": [_instruction(where, text)]}))
    if schedule.unread:
        return UNREADABLE
    if schedule.count == 1:
        return "once"
    days = schedule.nearest.days if schedule.days and schedule.nearest else schedule.interval_days
    if days is None:
        return "none"
    times = f" x{schedule.count}" if schedule.count is not None else ""
    return f"{days.quantize(Decimal('0.01')).normalize():f} d{times}"


def _instruction(where: str, text: str) -> dict[str, Any]:
    if where == "text":
        return {"text": text}
    timings: dict[str, Any] = {
        "code": {"code": {"text": text}},
        "gts": {"code": {"coding": [{"system": _GTS, "code": text}]}},
        "event": {"event": text.split(", ")},
    }
    return {"timing": timings[where] if where in timings else {"repeat": json.loads(text)}}
