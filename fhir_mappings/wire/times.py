"""When results were taken, and which of several is the newest.

A time with a zone is an instant; a date is its whole day, a month the whole month. If two of these overlap, it is
unknown which is newer.
"""

from __future__ import annotations

from calendar import monthrange
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, TypeVar

from cards.facts.results import ResultTime
from fhir_mappings.wire.lenient import child, day, text
from fhir_mappings.wire.statuses import CORRECTED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from decimal import Decimal

    from fhir_mappings.wire.lenient import Json

WHOLE_DAY, _MONTH, _YEAR = len("2026-11-20"), len("2026-11"), len("2026")
"""The length of a date with its day; a shorter one is a month or a year."""
_LONGEST = 40


class Timed(Protocol):
    """A fact that has a time."""

    @property
    def on(self) -> date | None:
        """Its day."""

    @property
    def time(self) -> ResultTime | None:
        """Its time as the chart writes it."""


T = TypeVar("T", bound=Timed)


def time_of(observation: Json) -> tuple[ResultTime, date | None]:
    """Return when a result was taken and released, as written, whether it replaces another, and its day.

    It has no day if it says when it was taken and that cannot be read: an old result may have been released just now.
    """
    taken: Any = observation.get("effectiveDateTime")
    if (on := day(taken)) is None:
        times = [taken, *_times(observation)]
        if not any(isinstance(each, str) and each.strip() for each in times):
            times = [observation.get("issued")]
        taken = next((each for each in times if day(each) is not None), "")
        on = day(taken)
    issued = observation.get("issued")
    released = issued[:_LONGEST] if issued.__class__ is str else ""
    status = observation.get("status")
    # Nearly every result is final.
    corrected = status != "final" and text(status) in CORRECTED
    return ResultTime(taken.strip()[:_LONGEST], released, corrected), on


def _times(observation: Json) -> Iterator[Any]:
    """Yield the other elements that may say when a result was taken, the most reliable first."""
    yield observation.get("effectiveInstant")
    timing = child(observation, "effectiveTiming")
    events = timing.get("event")
    events = events if isinstance(events, list) else [events]
    yield max((each for each in events if isinstance(each, str) and day(each) is not None), default=None, key=_end)
    for period in (child(child(timing, "repeat"), "boundsPeriod"), child(observation, "effectivePeriod")):
        yield period.get("end")
        yield period.get("start")


def within(time: ResultTime) -> tuple[date, date] | None:
    """Return the first and the last day of a month or year; ``None`` for a full date."""
    written = time.taken
    if len(written) > WHOLE_DAY and written[_MONTH] != "-":
        # A month with a time of the day, which is no date of FHIR.
        written = written[:_MONTH]
    first = day(written) if written and len(written) < WHOLE_DAY else None
    if first is None:
        return None
    if len(written) <= _YEAR:
        return first, first.replace(month=12, day=31)
    return first, first.replace(day=monthrange(first.year, first.month)[1])


def latest_day(time: ResultTime, on: date | None) -> date | None:
    """Return the last day that a result may be of: of a month or year, or where its evening is the next day in UTC."""
    if (days := within(time)) is not None:
        return days[1]
    if on is None or len(time.taken) <= WHOLE_DAY or (instant := _instant(time.taken)) is None:
        return None
    in_utc = datetime.fromtimestamp(instant, UTC).date()
    return in_utc if in_utc > on else None


def last_day(written: Any) -> date | None:
    """Return the last day that a date may mean: for a month or a year its last day."""
    first = day(written)
    if first is None:
        return None
    partial = within(ResultTime(written.strip()))
    return partial[1] if partial is not None else first


class Span(NamedTuple):
    """The range of seconds in which a result was taken; a single instant if its time is known."""

    start: float
    end: float


def span(on: date | None, time: ResultTime | None) -> Span:
    """Return the time span of a result."""
    written = time.taken if time is not None else ""
    if len(written) > WHOLE_DAY and (instant := _instant(written)) is not None:
        return Span(instant, instant)
    first = on or date.min
    last = (within(time) or (first, first))[1] if time is not None else first
    start = datetime(first.year, first.month, first.day, tzinfo=UTC).timestamp()
    return Span(start, start + timedelta(days=(last - first).days + 1).total_seconds())


def _instant(written: str) -> float | None:
    try:
        found = datetime.fromisoformat(written)
    except ValueError:
        return None
    # FHIR wants a zone with a time. Times without one are compared with each other.
    return (found if found.tzinfo is not None else found.replace(tzinfo=UTC)).timestamp()


def _end(written: str) -> float:
    return span(day(written), ResultTime(written)).end


def newest_first(
    facts: Sequence[T], harm: Callable[[T], Decimal], order: Callable[[T], Any]
) -> tuple[list[T], list[T]]:
    """Return results newest first, and those of exactly the same time as the first that differ from it.

    At the same time, the one released last comes first; a correction replaces what it corrects; if still tied, the more
    harmful one, by ``harm``, comes first. ``order`` makes the remaining order independent of the client's.
    """
    spans = {id(fact): span(fact.on, fact.time) for fact in facts}
    replaced = {spans[id(fact)] for fact in facts if fact.time is not None and fact.time.corrected}
    if replaced:
        facts = [fact for fact in facts if not _is_replaced(fact, spans[id(fact)], replaced)]
    dated = [fact for fact in facts if fact.on is not None]
    undated = sorted((fact for fact in facts if fact.on is None), key=order)
    if not dated:
        return undated, []
    latest = max(spans[id(fact)].start for fact in dated)
    rivals = [fact for fact in dated if not (latest >= spans[id(fact)].end and latest > spans[id(fact)].start)]
    released = [_instant(fact.time.issued) if fact.time and fact.time.issued else None for fact in rivals]
    if None not in released:
        last = max(each for each in released if each is not None)
        rivals = [fact for fact, each in zip(rivals, released, strict=True) if each == last]
    if any(fact.time and fact.time.corrected for fact in rivals):
        rivals = [fact for fact in rivals if fact.time and fact.time.corrected]
    first, *others = sorted(rivals, key=lambda fact: (-harm(fact), order(fact)))
    rest = sorted((fact for fact in dated if fact is not first), key=lambda fact: (-spans[id(fact)].start, order(fact)))
    return [first, *rest, *undated], others


def _is_replaced(fact: Timed, mine: Span, replaced: set[Span]) -> bool:
    """Return whether a correction at the same instant replaces a result."""
    return fact.time is not None and (not fact.time.corrected and mine.start == mine.end and mine in replaced)
