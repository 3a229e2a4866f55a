"""FHIR dates and times as comparable values, whatever their precision.

A value with a time is compared by its time; a date, by its day in the site's time zone. A month or a year means
its last day: what happened some time in May may not have been known on May 2.
"""

from __future__ import annotations

import calendar
import re
from datetime import date, datetime
from typing import TYPE_CHECKING, NamedTuple

from cards.values.text_cache import cached_by_key

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

_PARTIAL = re.compile(r"(\d{4})(?:-(\d{2}))?")
_DAY_LENGTH = 10
_DECEMBER = 12
# Cached, because many resources share a time: an order and its dose, the results of one sample.
_MOMENTS = 1024


class EventTime(NamedTuple):
    """A point in time: its day at the site, and its time in seconds, if it has one."""

    day: date
    at: float | None = None

    def is_before(self, other: EventTime) -> bool:
        """Return whether it is certainly earlier than another."""
        if self.at is not None and other.at is not None:
            return self.at < other.at
        return self.day < other.day


def when(value: object, zone: ZoneInfo) -> EventTime | None:
    """Read a FHIR date, dateTime or instant; nothing if it is not valid."""
    return _read(value.strip(), zone) if isinstance(value, str) else None


@cached_by_key(_MOMENTS)
def _read(written: str, zone: ZoneInfo) -> EventTime | None:
    try:
        if len(written) == _DAY_LENGTH:
            return EventTime(date.fromisoformat(written))
        if len(written) > _DAY_LENGTH:
            moment = datetime.fromisoformat(written)
            # A time without a zone is not valid FHIR, but many systems export it: it is in the site's zone.
            local = moment.replace(tzinfo=zone) if moment.tzinfo is None else moment
            return EventTime(local.astimezone(zone).date(), local.timestamp())
        if (match := _PARTIAL.fullmatch(written)) is not None:
            year, month = int(match[1]), int(match[2] or _DECEMBER)
            return EventTime(date(year, month, calendar.monthrange(year, month)[1]))
    except (ValueError, OverflowError):
        pass
    return None


def later(first: EventTime | None, second: EventTime | None) -> EventTime | None:
    """Return the later of two; if neither is certainly later, the one that has a time."""
    if first is None or second is None:
        return first or second
    if first.is_before(second):
        return second
    return second if first.at is None and not second.is_before(first) else first
