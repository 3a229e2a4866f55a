"""The times that an order plans, at the site: which day a dose is for depends on where its time is read."""

from __future__ import annotations

from datetime import UTC, datetime, time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datetime import tzinfo

_WHOLE_DAY = len("2026-11-29")
_MIDNIGHT = time()


def at_site(instructions: Any, zone: tzinfo | None) -> Any:
    """Return dosage instructions with their named times, and the bounds of their repetition, in a site's time zone.

    Without a zone, or without a named time, they are returned as they are. Midnight in UTC stays as written: it is how
    many systems write a day.
    """
    if zone is None:
        return instructions
    if isinstance(instructions, list):
        return [_instruction(each, zone) for each in instructions]
    return _instruction(instructions, zone)


def _instruction(instruction: Any, zone: tzinfo) -> Any:
    timing = instruction.get("timing") if isinstance(instruction, dict) else None
    if not isinstance(timing, dict):
        return instruction
    changed = dict(timing)
    if (events := timing.get("event")) is not None:
        changed["event"] = [_local(each, zone) for each in events] if isinstance(events, list) else _local(events, zone)
    repeat = timing.get("repeat")
    if isinstance(repeat, dict) and isinstance(bounds := repeat.get("boundsPeriod"), dict):
        local = {name: _local(at, zone) if name in ("start", "end") else at for name, at in bounds.items()}
        changed["repeat"] = {**repeat, "boundsPeriod": local}
    return {**instruction, "timing": changed}


def _local(at: Any, zone: tzinfo) -> Any:
    if not isinstance(at, str) or len(at) <= _WHOLE_DAY:
        return at
    try:
        moment = datetime.fromisoformat(at)
        if moment.tzinfo is None or moment.astimezone(UTC).time() == _MIDNIGHT == moment.time():
            return at
        return moment.astimezone(zone).isoformat()
    except (ValueError, OverflowError):
        return at
