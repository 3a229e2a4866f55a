"""The schedule of an order, as stated by each of its parts."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import ROUND_CEILING, Decimal
from itertools import pairwise

import msgspec

from cards.values.caching import lazy

DAY = Decimal(1)
_LONGEST_PLAN = 1000


class Rhythm(msgspec.Struct, frozen=True):
    """The schedule in one part of an order.

    ``every_days`` are the fewest days between two doses, less than one if there are several a day. ``doses`` is their
    number and ``lasts_days`` the duration; ``days`` are named days. ``is_limit``: no more often than this. ``unread``:
    a part was not understood; ``changes_rhythm``: that part speaks of time, such as "7 days off". ``repeat`` is the
    repetition stated next to a single named day. ``names_step``: all that was not understood is "week 1" and the like.
    ``rests`` are days without treatment ("days 2-21: rest"), which say nothing of an infusion on other days.
    """

    every_days: Decimal | None = None
    doses: int | None = None
    lasts_days: Decimal | None = None
    days: tuple[date, ...] = ()
    is_code: bool = False
    is_text: bool = False
    is_limit: bool = False
    unread: str = ""
    seems_days: Decimal | None = None
    repeat: Rhythm | None = None
    changes_rhythm: bool = False
    names_step: bool = False
    rests: str = ""

    @property
    def count(self) -> int | None:
        """How many doses are meant; ``None`` if not stated."""
        if self.days:
            return len(self.days)
        if self.doses is not None:
            return self.doses
        if self.lasts_days is None or self.every_days is None:
            return None
        return max(int((self.lasts_days / self.every_days).to_integral_value(ROUND_CEILING)), 1)

    @property
    def is_open_daily(self) -> bool:
        """Whether it says only "daily", which is often how a single infusion is written."""
        return self.every_days == DAY and self.count is None


class Nearest(msgspec.Struct, frozen=True):
    """The two doses of an order closest to each other; ``first`` and ``second`` are set if their days are named."""

    days: Decimal
    first: date | None = None
    second: date | None = None


class Schedule(msgspec.Struct, frozen=True, dict=True):
    """The schedule of an order, from all its parts."""

    rhythms: tuple[Rhythm, ...] = ()

    @lazy
    def days(self) -> tuple[date, ...]:
        """The days that are named, the first one first."""
        return tuple(sorted({day for rhythm in self.rhythms for day in rhythm.days}))

    @lazy
    def unread(self) -> tuple[str, ...]:
        """The parts not understood, except words beside a schedule that agrees with a coded one."""
        stated = {each.every_days for each in self.rhythms if each.every_days is not None and not each.is_text}
        unread = [
            each.unread
            for each in self.rhythms
            if each.unread and (each.changes_rhythm or each.seems_days not in stated)
        ]
        if not self.days and not any(each.every_days is not None for each in self.rhythms):
            unread += [f"{each.doses} doses" for each in self.rhythms if each.doses is not None and each.doses > 1]
        return tuple(dict.fromkeys(unread))

    @lazy
    def unread_of_tablets(self) -> tuple[str, ...]:
        """The parts not understood, with days without tablets, but for the step of several that an instruction is for.

        Its bounds say how long a step lasts.
        """
        steps = {each.unread for each in self.rhythms if each.names_step}
        rests = tuple(each.rests for each in self.rhythms if each.rests)
        return (*(each for each in self.unread if each not in steps), *rests)

    @lazy
    def interval_days(self) -> Decimal | None:
        """The days between doses, if all parts agree; any other statement overrides a bare "daily"."""
        if len(self.days) > 1:
            return Decimal(min(_gaps(self.days)))
        found = self._intervals()
        return found.pop() if len(found) == 1 else None

    @lazy
    def conflicting_intervals(self) -> tuple[Decimal, ...]:
        """The differing intervals, in days, that parts of the order state; empty if they agree."""
        found = self._intervals()
        return tuple(sorted(found)) if len(found) > 1 and not self.days else ()

    @lazy
    def distinct_intervals(self) -> tuple[Decimal, ...]:
        """All different intervals in its parts, in days, fully understood or not."""
        stated = {each.every_days or each.seems_days for each in self.rhythms if not each.is_limit}
        found = sorted(each for each in stated if each)
        return tuple(found) if len(found) > 1 else ()

    def _intervals(self) -> set[Decimal]:
        named = [each for each in self.rhythms if each.every_days is not None and not each.days]
        limits = [each for each in named if each.is_limit]
        named = [each for each in named if not each.is_limit] or limits
        stated = [each for each in named if not each.is_open_daily] or named
        return {each.every_days for each in stated if each.every_days is not None}

    @lazy
    def count(self) -> int | None:
        """The most doses that any part plans; ``None`` if no part says."""
        if self.days:
            return len(self.days)
        return max((each.count for each in self.rhythms if each.count is not None), default=None)

    @lazy
    def conflicting_counts(self) -> tuple[int, ...]:
        """The differing numbers of doses that parts of the order state; one dose may be that of this order alone."""
        found = {each.doses for each in self.rhythms if each.doses is not None and each.doses > 1}
        return tuple(sorted(found)) if len(found) > 1 and not self.days else ()

    @lazy
    def repeat(self) -> Rhythm | None:
        """The repetition stated next to the only named day; ``None`` without one, or if it says only "daily"."""
        if len(self.days) != 1:
            return None
        stated = (each.repeat for each in self.rhythms if each.repeat is not None)
        return next((each for each in stated if each.every_days is not None and not each.is_open_daily), None)

    @lazy
    def repeated_in_words(self) -> Decimal | None:
        """The days between doses that a text repeats a stated number of times, next to the only named day."""
        if len(self.days) != 1:
            return None
        said = (each for each in self.rhythms if each.is_text and (each.count or 1) > 1)
        return min((each.every_days for each in said if each.every_days is not None), default=None)

    @lazy
    def doses_from_day(self) -> int | None:
        """The number of doses stated next to the only named day, coded or in words; ``None`` if not stated."""
        if self.repeat is not None:
            return self.repeat.doses
        if len(self.days) != 1:
            return None
        return max((each.doses for each in self.rhythms if each.doses is not None), default=None)

    @lazy
    def beside_day(self) -> tuple[Decimal, ...]:
        """The intervals stated next to the only named day, without a number of doses, the shortest first."""
        if len(self.days) != 1:
            return ()
        said = (each for each in self.rhythms if not each.days and not each.is_limit and not each.is_open_daily)
        found = {each.every_days for each in said if each.every_days is not None}
        repeat = self.repeat
        if repeat is not None and repeat.every_days is not None and repeat.count is None:
            found.add(repeat.every_days)
        return tuple(sorted(found))

    def days_from(self, first: date) -> tuple[date, ...]:
        """Return every day on which a dose is due, if the days or the number of doses are stated.

        ``first`` is the day of the first dose. How long an order is valid says nothing about the number of doses.
        """
        if len(self.days) > 1:
            return self.days
        repeat = self.repeat
        every = self.interval_days
        count = max((each.doses for each in self.rhythms if each.doses is not None), default=None)
        if repeat is not None:
            every, count = repeat.every_days, repeat.doses
        if every is None or every < DAY or count is None or every * count > _LONGEST_PLAN:
            return (first,)
        return tuple(first + timedelta(days=int(every * place)) for place in range(count))

    @lazy
    def nearest(self) -> Nearest | None:
        """The two of its doses nearest to each other; ``None`` for a single dose, or if not stated."""
        days = self.days
        if days:
            if (hours := [each.every_days for each in self.rhythms if each.days and each.every_days is not None]) != []:
                return Nearest(min(hours))
            gaps = _gaps(days)
            if not gaps:
                return None
            place = gaps.index(min(gaps))
            return Nearest(Decimal(gaps[place]), days[place], days[place + 1])
        counts = {each.count for each in self.rhythms if each.count is not None}
        if counts == {1}:
            return None
        several = any(count > 1 for count in counts)
        every = [
            each.every_days
            for each in self.rhythms
            if each.every_days is not None and each.count != 1 and (several or not each.is_open_daily)
        ]
        return Nearest(min(every)) if every else None


def _gaps(days: tuple[date, ...]) -> list[int]:
    return [(later - earlier) // timedelta(days=1) for earlier, later in pairwise(days)]


NO_SCHEDULE = Schedule()
