"""Finds what was silent or loud in the last whole week, with the charts of the learning report.

Of all processes that share a database, one examines each week: the first to write its row. If that process ends before
it is done, another takes over an hour later.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import chain
from typing import TYPE_CHECKING

import msgspec
from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError

from cds_service.learning.control import PERIODS, begin_of
from cds_service.learning.firing import firing
from cds_service.learning.volume import product_names, volumes
from cds_service.store.database import writing
from cds_service.store.selection import Window
from cds_service.store.tables import watches

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from sqlalchemy import Engine

    from cds_service.learning.control import Point

WEEKS = 26
"""How far back the check reads: twelve usual weeks, eight that are tested together, and some unusual ones."""
ORDERS = "orders"
SERVICE = "her2-order-sign"
_DAYS = PERIODS["week"]
# Decisions that waited for the database are late; by Monday at three they have arrived.
_AFTER = timedelta(hours=3)
_LEASE = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class OutOfLimits:
    """A topic or a drug (``measure`` is ``orders``) that was silent or loud in a week.

    ``since`` is the first week of the current streak; ``count`` and ``usual`` are for the ``over`` weeks with the
    signal, ``orders`` for the week.
    """

    what: str
    measure: str
    signal: str
    week: date
    since: date
    over: int
    count: int
    usual: float
    orders: int

    @property
    def is_new(self) -> bool:
        """Whether it was not so the week before."""
        return self.since == self.week


_found = msgspec.json.Decoder(tuple[OutOfLimits, ...])


def last_whole_week(at: datetime) -> date:
    """Return the Monday of the last week that was over, with late records in, at a point in time."""
    return begin_of((at.astimezone(UTC) - _AFTER).date(), _DAYS) - timedelta(days=_DAYS)


def out_of_limits(engine: Engine, week: date, rest: Callable[[], None] | None = None) -> tuple[OutOfLimits, ...]:
    """Return which topics and drugs were silent or loud in a week; ``rest`` is called between decisions.

    Raises:
        SQLAlchemyError: the record cannot be read.

    """
    end = week + timedelta(days=_DAYS)
    window = Window(_midnight(end - timedelta(days=WEEKS * _DAYS)), _midnight(end), SERVICE)
    counted = firing(engine, window, _DAYS, rest)
    of_drugs = ((each.display, ORDERS, each.points) for each in volumes(counted.by_day, product_names(), end))
    of_topics = ((topic, measure, points) for (topic, measure), points in counted.charts.items())
    return tuple(
        _told(what, measure, points, week)
        for what, measure, points in chain(of_drugs, of_topics)
        if points and points[-1].signal and points[-1].count.begin == week
    )


def watch(
    engine: Engine, at: datetime, rest: Callable[[], None] | None = None
) -> tuple[date, tuple[OutOfLimits, ...]] | None:
    """Examine the last whole week and store the result; skip it if another process did or is doing so.

    Raises:
        SQLAlchemyError: the record cannot be read or written.

    """
    week = last_whole_week(at)
    if not _mine(engine, week, at):
        return None
    found = out_of_limits(engine, week, rest)
    with writing(engine) as connection:
        written = msgspec.json.encode(found).decode()
        connection.execute(update(watches).where(watches.c.week == str(week)).values(found=written))
    return week, found


def last_watch(engine: Engine) -> tuple[date, tuple[OutOfLimits, ...]] | None:
    """Return the last week that was examined, and the result.

    Raises:
        SQLAlchemyError: the record cannot be read.

    """
    chosen = select(watches).where(watches.c.found.is_not(None)).order_by(watches.c.week.desc()).limit(1)
    with engine.connect() as connection:
        row = connection.execute(chosen).first()
    return (date.fromisoformat(row.week), _found.decode(row.found)) if row else None


def watch_lines(found: Sequence[OutOfLimits]) -> Iterator[str]:
    """Write one line for each topic and drug; new ones come first."""
    for each in sorted(found, key=lambda one: not one.is_new):
        about = f"orders of {each.what}" if each.measure == ORDERS else f"{each.what} ({each.measure})"
        since = "new" if each.is_new else f"since the week of {each.since}"
        over = "in the week" if each.over == 1 else f"in the last {each.over} weeks"
        yield f"{each.week}  {about}: {each.signal}, {each.count} {over} where {each.usual:.0f} are usual; {since}"


def _mine(engine: Engine, week: date, at: datetime) -> bool:
    """Claim a week, if nobody has; a claim that is old and unfinished may be taken over."""
    chosen = select(watches.c.begun_at, watches.c.found).where(watches.c.week == str(week))
    with engine.connect() as connection:
        row = connection.execute(chosen).first()
    if row is not None and (row.found is not None or row.begun_at > at - _LEASE):
        return False
    try:
        with writing(engine) as connection:
            if row is None:
                connection.execute(insert(watches).values(week=str(week), begun_at=at))
                return True
            # Of two processes, one changes the row; the other finds it changed.
            taken = update(watches).where(watches.c.week == str(week), watches.c.begun_at == row.begun_at)
            return connection.execute(taken.values(begun_at=at)).rowcount == 1
    except IntegrityError:
        return False


def _told(what: str, measure: str, points: Sequence[Point], week: date) -> OutOfLimits:
    last = points[-1]
    since = week
    for point in reversed(points):
        if point.signal != last.signal:
            break
        since = point.count.begin
    counted = [point.count.orders if measure == ORDERS else point.count.hits for point in points[-last.over :]]
    usual = round(last.together or 0.0, 2)
    return OutOfLimits(what, measure, last.signal, week, since, last.over, sum(counted), usual, last.count.orders)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def as_logged(each: OutOfLimits) -> dict[str, object]:
    """Return the log fields: numbers and our own names, no patient data."""
    return {name: str(value) if isinstance(value, date) else value for name, value in asdict(each).items()}
