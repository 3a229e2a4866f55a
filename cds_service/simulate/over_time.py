"""The part of the report on how often topics fire over time, and which went silent or loud."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from cds_service.charts.control import control_chart
from cds_service.charts.figures import Period
from cds_service.charts.sections import Section, Table
from cds_service.learning.volume_page import left_out, volume_sections
from cds_service.simulate.figures import per_hundred
from cds_service.simulate.signal_detection import charts, signal_lines, signals, volume_noticed, volume_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from cds_service.learning.control import Point
    from cds_service.simulate.figures import Figures

Json = dict[str, Any]
_DAYS = 7
_DRAWN = 12
_FIRST = 2
_HELD = (
    "Each topic week by week, held to the twelve usual weeks before, as her2-cds learn report does. A course of "
    "treatment has other topics at its begin than later: where many begin or end at once, that is seen here too."
)


def over_time(output: Path, found: Figures, configurations: str) -> Iterator[Section]:
    """Yield the counts of topics by month, and for each configuration what was out of its limits, week by week."""
    months = found.groups["month"]
    volume = volume_of(output)
    yield from _volume(volume)
    for configuration in configurations:
        name = f", configuration {configuration}" if len(configurations) > 1 else ""
        by_topic = found.topics_by_month[configuration]
        rows = [
            (
                month.name,
                f"{month.orders:,}",
                *(_rate(own.get(month.name, 0), month.orders) for own in by_topic.values()),
            )
            for month in months
        ]
        header = ("month", "orders", *by_topic)
        table = Table(f"Findings for 100 orders by topic and month{name}", header, rows, range(1, len(header)))
        id_ = configuration.lower()
        yield Section(f"months-{id_}", f"Topics by month{name}", table=table, folded=True)
        yield from _signals(output, configuration, name)


def _volume(volume: Json) -> Iterator[Section]:
    """Chart the orders of all drugs together, and of each drug that was out of its limits."""
    loud = {each["product"] for each in volume["signals"]} | {""}
    drawn = [each for each in volume["charts"] if each["product"] in loud][: _DRAWN + 1]
    for section in volume_sections({**volume, "charts": drawn}):
        if section.level > _FIRST:
            yield section
        else:
            text = [*section.text, left_out(volume)]
            yield replace(section, text=text, points=list(volume_noticed(volume, None)))


def _rate(findings: int, orders: int) -> str:
    return f"{per_hundred(findings, orders):g}"


def _signals(output: Path, configuration: str, name: str) -> Iterator[Section]:
    drawn = charts(output, configuration, _DAYS)
    lines = list(signal_lines(signals(drawn, _DAYS), "week"))
    text = [_HELD]
    loud = {topic: points for topic, points in drawn.items() if any(point.signal for point in points)}
    if len(loud) > _DRAWN:
        text.append(f"Charts of the first {_DRAWN} of {len(loud)} topics.")
    id_ = configuration.lower()
    yield Section(f"signals-{id_}", f"Silent or loud{name}", text, lines)
    for topic, points in list(loud.items())[:_DRAWN]:
        rows = [
            (
                str(point.count.begin),
                point.count.orders,
                point.count.hits,
                "" if point.upper is None else f"{point.lower} to {point.upper}",
                point.signal,
            )
            for point in points
        ]
        header = ("week of", "orders", "findings", "limits", "signal")
        yield Section(
            f"signals-{id_}-{topic}",
            f"{topic}{name}",
            chart=control_chart(
                f"{topic}, findings for 100 orders by week", [_period(point) for point in points], _DAYS
            ),
            table=Table(f"Numbers of {topic}{name}", header, rows, numbers=(1, 2)),
            level=3,
            folded=True,
        )


def _period(point: Point) -> Period:
    def per_100(number: float | None) -> float | None:
        return None if number is None else per_hundred(number, point.count.orders)

    value = per_hundred(point.count.hits, point.count.orders) if point.count.orders else None
    low, usual, high = (per_100(each) for each in (point.lower, point.expected, point.upper))
    return Period(str(point.count.begin), value, low, usual, high, point.signal)
