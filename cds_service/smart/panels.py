"""Panels of a timeline as SVG drawings: points over days, horizontal lines and zones, all on one time axis.

A drawing is numbers and texts for a template; a description and a table repeat them in words.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_CEILING, Decimal
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

WIDTH, HEIGHT = 900, 172
LEFT, RIGHT, TOP, BOTTOM = 44, 656, 10, 146
_LABEL_GAP = 13
_TICKS = 5
_MONTHS_APART = (1, 2, 3, 6, 12, 24, 60)
_TICKS_OF_TIME = 9
_DAYS_OF_MONTH = Decimal("30.5")
_ROOM = Decimal("1.15")
_STEPS = tuple(Decimal(step) for step in ("0.1", "0.2", "0.5", "1", "2", "5", "10", "20", "50", "100", "200", "500"))


class Point(NamedTuple):
    """A value on a day, and its text."""

    on: date
    value: Decimal
    said: str


class Series(NamedTuple):
    """A series of values, by day."""

    name: str
    points: tuple[Point, ...]
    shape: str


class Line(NamedTuple):
    """A line at a significant value; ``kind`` is how it is drawn."""

    value: Decimal
    label: str
    kind: str


class Zone(NamedTuple):
    """A significant range of values."""

    low: Decimal
    high: Decimal
    label: str
    kind: str


@dataclass(frozen=True, slots=True)
class Panel:
    """The content of one drawing, also as rows of a table: day, value, remark."""

    title: str
    unit: str
    series: tuple[Series, ...]
    lines: tuple[Line, ...] = ()
    zones: tuple[Zone, ...] = ()
    rows: tuple[tuple[date | None, str, str], ...] = ()
    low: Decimal = Decimal(0)

    @property
    def days(self) -> list[date]:
        """The days with values."""
        return [point.on for series in self.series for point in series.points]


class Mark(NamedTuple):
    """A point in the drawing."""

    x: float
    y: float
    said: str
    series: int
    shape: str


class Label(NamedTuple):
    """A label at a height, with the height that it refers to."""

    y: float
    at: float
    text: str
    kind: str
    is_line: bool = True


class Box(NamedTuple):
    """A zone in the drawing."""

    y: float
    height: float
    kind: str


class Drawing(NamedTuple):
    """A panel, ready for a template."""

    panel: Panel
    marks: tuple[Mark, ...]
    paths: tuple[tuple[int, str], ...]
    labels: tuple[Label, ...]
    boxes: tuple[Box, ...]
    scale: tuple[tuple[float, str], ...]
    months: tuple[tuple[float, str], ...]
    today: float
    beyond: tuple[str, ...]
    """Lines above the top of the scale."""


class TimeAxis:
    """The time axis that all panels share."""

    def __init__(
        self, days: Iterable[date], today: date, month: str = "%b %Y", figures: Callable[[str], str] = str
    ) -> None:
        """Cover the first day to today, with a margin; ``month`` formats a month, ``figures`` numbers and dates."""
        self._month = month
        self.figures = figures
        known = [*days, today]
        self._first = min(known) - timedelta(days=14)
        self._last = max(known) + timedelta(days=14)
        self.today = today

    def x(self, day: date) -> float:
        """Return the x coordinate of a day."""
        share = (day - self._first).days / (self._last - self._first).days
        return round(LEFT + share * (RIGHT - LEFT), 1)

    def months(self) -> tuple[tuple[float, str], ...]:
        """Return the first days of months, as many as fit legibly."""
        months = (self._last - self._first).days / _DAYS_OF_MONTH
        apart = next((each for each in _MONTHS_APART if months / each <= _TICKS_OF_TIME), _MONTHS_APART[-1])
        ticks = []
        day = date(self._first.year, 1, 1)
        while day <= self._last:
            if day >= self._first:
                ticks.append((self.x(day), day.strftime(self._month)))
            index = day.year * 12 + day.month - 1 + apart
            day = date(index // 12, index % 12 + 1, 1)
        return tuple(ticks)


def draw(panel: Panel, axis: TimeAxis) -> Drawing:
    """Lay a panel out."""
    values = [point.value for series in panel.series for point in series.points]
    top, step = _top(panel, values)

    def y(value: Decimal) -> float:
        share = (min(max(value, panel.low), top) - panel.low) / (top - panel.low)
        return round(BOTTOM - float(share) * (BOTTOM - TOP), 1)

    shown = [line for line in panel.lines if line.value <= top]
    boxes = [Box(y(zone.high), round(y(zone.low) - y(zone.high), 1), zone.kind) for zone in panel.zones]
    labels = [Label(y(line.value), y(line.value), line.label, line.kind) for line in shown]
    labels += [Label(y(zone.high) + 6, y(zone.high) + 6, zone.label, zone.kind, is_line=False) for zone in panel.zones]
    marks = tuple(
        Mark(
            axis.x(point.on),
            y(point.value),
            f"{series.name} {point.said}, {axis.figures(str(point.on))}",
            number,
            series.shape,
        )
        for number, series in enumerate(panel.series)
        for point in series.points
    )
    paths = tuple(
        (number, " ".join(f"{axis.x(point.on)},{y(point.value)}" for point in series.points))
        for number, series in enumerate(panel.series)
        if len(series.points) > 1
    )
    count = int((top - panel.low) / step)
    ticks = [panel.low + step * number for number in range(count + 1)]
    scale = tuple((y(tick), axis.figures(f"{tick.normalize():f}")) for tick in ticks)
    beyond = tuple(line.label for line in panel.lines if line.value > top)
    return Drawing(panel, marks, paths, _apart(labels), tuple(boxes), scale, axis.months(), axis.x(axis.today), beyond)


def _top(panel: Panel, values: Sequence[Decimal]) -> tuple[Decimal, Decimal]:
    """Choose the top of the scale and its step: to fit all values and the nearest line, with a margin."""
    highest = max(values, default=Decimal(0))
    above = [line.value for line in panel.lines if line.value >= highest]
    reach = max([highest, *([min(above)] if above else [line.value for line in panel.lines])], default=Decimal(1))
    if panel.zones:
        reach = max(reach, *(zone.high for zone in panel.zones))
    span = (reach or Decimal(1)) * _ROOM - panel.low
    step = next((each for each in _STEPS if span / each <= _TICKS), span)
    return panel.low + step * (span / step).to_integral_value(ROUND_CEILING), step


def _apart(labels: list[Label]) -> tuple[Label, ...]:
    """Separate overlapping labels, downward from the top and back up from the bottom."""
    placed = sorted(labels, key=lambda label: label.y)
    for at, (upper, lower) in enumerate(pairwise(placed), 1):
        placed[at] = lower._replace(y=max(lower.y, placed[at - 1].y + _LABEL_GAP)) if upper else lower
    floor = float(BOTTOM) + 2
    for at in range(len(placed) - 1, -1, -1):
        placed[at] = placed[at]._replace(y=min(placed[at].y, floor))
        floor = placed[at].y - _LABEL_GAP
    return tuple(placed)
