"""The schedule of an order: FHIR's Timing in every form, its code, the maximum per period, and the text."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import TYPE_CHECKING

from msgspec.structs import replace

from cards.facts.schedules import DAY, Rhythm, Schedule
from fhir_mappings.codings import codings, texts
from fhir_mappings.medications.instructions import written_in
from fhir_mappings.medications.schedule_text import fewest_days_between, read_schedule_text
from fhir_mappings.wire.lenient import child, day, items, number, objects, shown, text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import date

    from fhir_mappings.wire.lenient import Json

_ONE, _WEEK, _HOURS = Decimal(1), 7, 24
_UNITS = {
    "d": _ONE, "day": _ONE, "days": _ONE, "wk": Decimal(7), "w": Decimal(7), "week": Decimal(7), "weeks": Decimal(7),
    # The shortest month and year, so that an interval is never overstated.
    "mo": Decimal(28), "month": Decimal(28), "months": Decimal(28), "a": Decimal(365), "y": Decimal(365),
    "year": Decimal(365),
}  # fmt: skip
_PARTS_OF_A_DAY = {
    "h": 24, "hr": 24, "hour": 24, "hours": 24, "min": 24 * 60, "minutes": 24 * 60, "s": 24 * 3600
}  # fmt: skip
_WEEKDAYS = {"mon": 0, "tue": 1, "wed": 2, "thu": 3, "fri": 4, "sat": 5, "sun": 6}
# HL7 v3 GTSAbbreviation, the codes for Timing.code, as days between two doses.
_CODES = {
    "bid": _ONE / 2, "tid": _ONE / 3, "qid": _ONE / 4, "am": _ONE, "pm": _ONE, "qd": _ONE, "bed": _ONE,
    "qod": Decimal(2), "q1h": _ONE / 24, "q2h": _ONE / 12, "q3h": _ONE / 8, "q4h": _ONE / 6, "q6h": _ONE / 4,
    "q8h": _ONE / 3, "wk": Decimal(7), "mo": Decimal(28),
    # Two parts of the day, as codes of other countries have them.
    **dict.fromkeys((
        "matin et soir", "matin, soir", "morgens und abends", "morgens, abends", "mañana y noche", "mattina e sera",
        "manhã e noite", "ochtend en avond", "s ochtends en s avonds", "rano i wieczorem", "am/pm", "am and pm",
    ), _ONE / 2),
}  # fmt: skip
_ONCE = frozenset({"once", "stat", "1x", "x1", "one time", "onetime", "now"})
# A dose of each cycle: how long a cycle is, is said elsewhere or nowhere.
_PER_CYCLE = re.compile(
    r"(?:(?:once|one dose|one|1 ?x?|every|each|einmal|1 fois|une fois|una vez|uma vez|una volta|eenmaal|eens"
    r"|raz)[ -]?)?(?:(?:per|a|an|each|every|in each|/|pro|je|par|por|cada|ogni|na)[ -]?)?"
    r"(?:cycle|treatment cycle|chemo cycle|zyklus|ciclo|cyclus|kuur|cykl|cure)"
    r"|(?:on )?(?:each )?treatment days?(?: only)?"
    r"|(?:on |once \()?(?:cycle ?(?:\d{1,2} ?)?)?(?:day|d|tag|jour|j|dia|d\u00eda|giorno|g|dag"
    r"|dzie\u0144) ?1(?: only|\))?|c ?\d{1,2} ?,? ?d ?1"
)
_UNDERSTOOD = frozenset(
    {
        "id", "extension", "boundsDuration", "boundsRange", "boundsPeriod", "count", "countMax", "duration",
        "durationMax", "durationUnit", "durationUnits", "frequency", "frequencyMax", "period", "periodMax",
        "periodUnit", "periodUnits", "dayOfWeek", "timeOfDay", "when", "offset",
    }
)  # fmt: skip
# "Week 1", "weeks 2-3", "week 4 on": the step of a course that an instruction is for.
_STEP = re.compile(r"(?:weeks?|days?) \d{1,2}(?: ?(?:-|to|through|and) ?\d{1,2})?(?: (?:on(?:wards?)?|and after))?")
_LAST_STEP = re.compile(r".* (?:on(?:wards?)?|and after)")
_DAYS_OF_CYCLE = "http://hl7.org/fhir/StructureDefinition/timing-daysOfCycle"
_MOST_DOSES = 1000


class _Unread(ValueError):  # noqa: N818 - it is a state of the input, not a fault of ours
    """A part of a schedule that was not understood."""


def rhythms(resource: Json) -> tuple[Rhythm, ...]:
    """List the schedules in the instructions of an order, one for each place that states one."""
    return tuple(dict.fromkeys(rhythm for _, stated in by_instruction(resource) for rhythm in stated))


def by_instruction(resource: Json) -> tuple[tuple[Json, tuple[Rhythm, ...]], ...]:
    """Return each dosage instruction of an order with the schedules that it states."""
    instructions = [instruction for _, instruction in objects(resource.get("dosageInstruction"))]
    stated = ((each, tuple(dict.fromkeys(_of_instruction(each)))) for each in instructions)
    if len(instructions) > 1:
        return tuple(stated)
    # The only instruction of an order is no step of several, but for the last: "week 3 on".
    return tuple(
        (each, tuple(replace(rhythm, names_step=_LAST_STEP.fullmatch(rhythm.unread) is not None) for rhythm in said))
        for each, said in stated
    )


def names_day_twice(stated: Iterable[tuple[Json, tuple[Rhythm, ...]]]) -> bool:
    """Return whether two instructions that have a dose may be for the same day.

    They name it; or neither names a day, and both have the same schedule and the same place in the sequence, or the
    first one has no end, so that another dose after it never has a beginning.
    """
    days: set[date] = set()
    without_day: set[tuple[str, tuple[Rhythm, ...]]] = set()
    without_end: list[object] = []
    for instruction, said in stated:
        if not (doses := instruction.get("doseAndRate")):
            continue
        own = {day for rhythm in said for day in rhythm.days}
        place = str(instruction.get("sequence", "")), said
        if not days.isdisjoint(own) or place in without_day:
            return True
        days |= own
        if own:
            continue
        if any(doses != each for each in without_end):
            return True
        without_day.add(place)
        if Schedule(said).count is None:
            without_end.append(doses)
    return False


def _of_instruction(instruction: Json) -> Iterator[Rhythm]:
    timing = instruction.get("timing")
    if timing.__class__ is dict:
        structured = _of_timing(timing)
        if structured is not None:
            yield structured
        yield from _of_code(timing.get("code"))
        if "modifierExtension" in timing:
            yield Rhythm(unread="modifierExtension")
    elif timing is not None:
        yield Rhythm(unread=shown(timing)[:60])
    maximum = child(instruction, "maxDosePerPeriod")
    if maximum and (every := _by_maximum(maximum)) is not None:
        yield Rhythm(every_days=every, is_limit=True)
    for written in written_in(instruction):
        yield from _of_text(written)


def _of_timing(timing: Json) -> Rhythm | None:
    repeat = timing.get("repeat")
    try:
        days = _events(timing.get("event"))
    except _Unread as unread:
        return Rhythm(unread=str(unread))
    if days:
        # An event takes precedence over a repeat, because it names the days.
        repeat = timing.get("repeat") if len(days) == 1 else None
        beside = _of_repeat(repeat, ()) if repeat.__class__ is dict else None
        return Rhythm(days=days, every_days=_within_a_day(timing.get("event")), repeat=beside)
    try:
        cycle_days = tuple(_cycle_days(timing))
    except _Unread as unread:
        return Rhythm(unread=str(unread))
    if repeat is None and not cycle_days:
        return None
    if repeat is not None and repeat.__class__ is not dict:
        return Rhythm(unread=f"repeat {shown(repeat)}"[:60])
    return _of_repeat(repeat or {}, cycle_days)


def _cycle_days(timing: Json) -> Iterator[int]:
    """Yield the days of a cycle by HL7's extension of a timing, on it or on its repeat."""
    for holder in (timing, child(timing, "repeat")):
        for _, extension in objects(holder.get("extension")):
            if extension.get("url") != _DAYS_OF_CYCLE:
                continue
            for _, part in objects(extension.get("extension")):
                on = number(part.get("valueInteger"))
                if on is None or on < 1 or on != int(on):
                    raise _Unread("day of the cycle")
                yield int(on)


def _among(cycle_days: tuple[int, ...], every: Decimal | None) -> Decimal | None:
    """Return the fewest days between two doses on some days of a cycle that is repeated every so many days."""
    if len(set(cycle_days)) <= 1:
        return every
    if every is not None and every <= DAY:
        # "Twice a day on days 1 to 14" leaves days out.
        raise _Unread(f"days {', '.join(map(str, cycle_days))} of the cycle"[:40])
    return fewest_days_between(cycle_days, int(every) if every is not None and every >= max(cycle_days) else None)


def _of_repeat(repeat: Json, cycle_days: tuple[int, ...]) -> Rhythm | None:
    if unknown := sorted(set(repeat) - _UNDERSTOOD):
        return Rhythm(unread=", ".join(unknown)[:60])
    try:
        count, lasts = _count(repeat), _lasts(repeat)
        every = _among(cycle_days, _every(repeat))
        if count is None and every == DAY and len(cycle_days) > 1:
            # Days in a row are as many doses; "daily" alone may be one.
            count = len(cycle_days)
    except _Unread as unread:
        return Rhythm(unread=str(unread))
    if (left_out := _leaves_out_days(repeat, every)) and count != 1:
        return Rhythm(every_days=every, doses=count, lasts_days=lasts, unread=left_out, changes_rhythm=True)
    if every is None and count is None and lasts is None:
        return None
    return Rhythm(every_days=every, doses=count, lasts_days=lasts)


def _events(events: object) -> tuple[date, ...]:
    found: dict[date, None] = {}
    listed = items(events)
    if len(listed) >= _MOST_DOSES:
        raise _Unread(f"{len(listed)} events")
    for event in listed:
        if (on := _whole_day(event)) is None:
            raise _Unread(shown(event)[:40])
        found[on] = None
    return tuple(sorted(found))


def _within_a_day(events: object) -> Decimal | None:
    """Return the days between the nearest two events on the same day; ``None`` if all are on different days."""
    times = []
    for event in items(events)[:_MOST_DOSES]:
        try:
            moment = datetime.fromisoformat(text(event))
        except ValueError:
            continue
        times.append(moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC))
    gaps = [later - earlier for earlier, later in pairwise(sorted(set(times))) if later - earlier < timedelta(days=1)]
    return Decimal(int(min(gaps).total_seconds())) / (_HOURS * 3600) if gaps else None


def _whole_day(value: object) -> date | None:
    written = text(value)
    return day(written) if len(written) >= len("2026-11-29") else None


def _given_number(repeat: Json, name: str) -> Decimal | None:
    if (value := repeat.get(name)) is None:
        return None
    found = number(value)
    if found is None or found <= 0:
        raise _Unread(f"{name} {shown(value)}"[:40])
    return found


def _count(repeat: Json) -> int | None:
    counts = [_given_number(repeat, name) for name in ("count", "countMax")]
    most = max((count for count in counts if count is not None), default=None)
    if most is not None and (most != int(most) or most >= _MOST_DOSES):
        raise _Unread(f"count {most}"[:40])
    return int(most) if most is not None else None


def _lasts(repeat: Json) -> Decimal | None:
    """Return for how many days doses are repeated; ``None`` if open."""
    period = child(repeat, "boundsPeriod")
    if repeat.get("boundsPeriod") and not period:
        raise _Unread("boundsPeriod")
    if (start := period.get("start")) is not None and _whole_day(start) is None:
        # The order would be taken for one of today.
        raise _Unread(text(start)[:40] or "boundsPeriod")
    if period.get("end") is not None and start is not None:
        begin, end = _whole_day(start), _whole_day(period["end"])
        if begin is None or end is None or end < begin:
            raise _Unread("boundsPeriod")
        return Decimal((end - begin).days + 1)
    for holder in (child(repeat, "boundsDuration"), child(child(repeat, "boundsRange"), "high")):
        if holder:
            value = number(holder.get("value"))
            days = days_of(text(holder.get("code")) or text(holder.get("unit")), value)
            if days is None:
                raise _Unread("bounds")
            return days
    return None


def days_of(unit: str, value: Decimal | None) -> Decimal | None:
    """Return a stretch of time in days; ``None`` if it is no number above zero, or its unit is not known."""
    folded = unit.casefold()
    if value is None or value <= 0:
        return None
    if folded in _UNITS:
        return value * _UNITS[folded]
    return value / _PARTS_OF_A_DAY[folded] if folded in _PARTS_OF_A_DAY else None


def _every(repeat: Json) -> Decimal | None:
    """Return the fewest days between two doses, by the period, the days of the week and the times of the day."""
    weekdays = _weekdays(repeat)
    a_day = max(len(items(repeat.get("timeOfDay"))), len(items(repeat.get("when"))))
    numbers = [_given_number(repeat, name) for name in ("frequency", "frequencyMax")]
    frequency = max((each for each in numbers if each is not None), default=_ONE)
    period, longest = (_given_number(repeat, name) for name in ("period", "periodMax"))
    period = longest if period is None else period
    unit = text(repeat.get("periodUnit")) or text(repeat.get("periodUnits"))
    if period is not None and longest is not None and longest < period:
        raise _Unread(f"period {period} to {longest} {unit}"[:40])
    if period is None and unit:
        raise _Unread(f"period {unit}"[:40])
    days = days_of(unit, period) if period is not None else None
    if period is not None and (days is None or unit.casefold() in ("s", "min", "minutes")):
        # No infusion is given that often; the number may be its duration.
        raise _Unread(f"period {period} {unit}"[:40])
    if days is not None and days <= DAY and len(weekdays) == _WEEK:
        # Every day of the week says no more than "daily".
        weekdays = ()
    if days is not None and days <= DAY and weekdays:
        a_day = max(a_day, int(frequency / days))
    if weekdays:
        weeks = max(int((days or Decimal(_WEEK)) / _WEEK), 1)
        between = fewest_days_between(weekdays, weeks * _WEEK)
        return between / a_day if a_day > 1 else between
    if days is None:
        if frequency > 1:
            raise _Unread(f"frequency {frequency}")
        return _ONE / a_day if a_day else None
    if a_day > 1 and days > 1:
        # Two times of one day beside "every 3 weeks": how many doses are meant is not clear.
        raise _Unread(f"{a_day} times of the day")
    if a_day:
        frequency = max(frequency, Decimal(a_day))
    return days / frequency


def _leaves_out_days(repeat: Json, every: Decimal | None) -> str:
    """Return the days of the week, if doses are on days in a row and not on all: "daily" is not all there is to say."""
    named = [text(each) for each in items(repeat.get("dayOfWeek"))]
    return f"dayOfWeek {', '.join(named)}"[:40] if every is not None and every <= DAY and 1 < len(named) < _WEEK else ""


def _weekdays(repeat: Json) -> tuple[int, ...]:
    named = [text(each).casefold()[:3] for each in items(repeat.get("dayOfWeek"))]
    if any(each not in _WEEKDAYS for each in named):
        raise _Unread("dayOfWeek")
    return tuple(sorted({_WEEKDAYS[each] for each in named}))


def _of_code(concept: object) -> Iterator[Rhythm]:
    """Read the code of a timing: by HL7's abbreviations, else by its texts, all that are understood."""
    if concept is None:
        return
    written = [coding.code for coding in codings(concept) if coding.code] + list(texts(concept))
    understood: dict[Rhythm, None] = {}
    unread: list[str] = []
    for each in written:
        said = list(_of_written_code(each))
        understood |= {rhythm: None for rhythm in said if not rhythm.unread}
        if _PER_CYCLE.fullmatch(each.strip().casefold()) is None:
            unread += [rhythm.unread for rhythm in said if rhythm.unread] or ([each[:60]] if not said else [])
    if understood:
        yield from understood
    elif unread:
        yield Rhythm(unread=unread[-1])


def _of_written_code(written: str) -> Iterator[Rhythm]:
    folded = written.strip().casefold()
    if folded in _CODES:
        yield Rhythm(every_days=_CODES[folded], is_code=True)
    elif folded in _ONCE:
        yield Rhythm(doses=1, is_code=True)
    else:
        yield from _of_text(written)


def _of_text(written: str) -> Iterator[Rhythm]:
    said = read_schedule_text(written)
    if said.unread:
        # A partly understood text counts as unread; its apparent meaning can only confirm a coded timing.
        yield Rhythm(
            unread="; ".join(said.unread)[:80],
            seems_days=said.every_days,
            is_text=True,
            changes_rhythm=said.changes_rhythm,
            names_step=all(map(_STEP.fullmatch, said.unread)),
        )
    elif said.every_days is not None or said.doses is not None or said.lasts_days is not None or said.rests:
        yield Rhythm(
            every_days=said.every_days, doses=said.doses, lasts_days=said.lasts_days, is_text=True, rests=said.rests
        )


def _by_maximum(ratio: Json) -> Decimal | None:
    """Return the days of a period with at most one dose; a maximum in milligrams says nothing about days."""
    above, below = child(ratio, "numerator"), child(ratio, "denominator")
    times = number(above.get("value"))
    days = days_of(text(below.get("code")) or text(below.get("unit")), number(below.get("value")))
    return days if times == 1 and days is not None else None
