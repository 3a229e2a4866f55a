"""The order volume charts as sections and as text, for the learning and simulation reports."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cds_service.charts.control import control_chart
from cds_service.charts.figures import Period
from cds_service.charts.sections import Section, Table
from cds_service.learning.volume import DAYS

if TYPE_CHECKING:
    from collections.abc import Iterator

Json = dict[str, Any]
_HEAD = ("Week of", "Orders", "Usual", "Limits", "Signal")
_KEY = (
    "Orders that were judged. The band is where chance alone would keep a week, as much as weeks vary; the short lines "
    "are what is usual; a diamond is out of its limits. Orders that are no longer recognized are missed here alone: "
    "all other charts are of orders that were recognized."
)


def volume_lines(volume: Json) -> Iterator[str]:
    """Say for each drug in which weeks it was out of its limits."""
    for each in volume["signals"]:
        over = "" if each["over"] == 1 else f" over the last {each['over']} weeks"
        usual = f"{each['ordersTogether']} orders where {each['expectedTogether']:.0f} are usual"
        yield f"{each['begin']}  orders of {each['display']}: {each['signal']}{over}, {usual}"


def left_out(volume: Json) -> str:
    """Say which weeks are not examined, and whether enough is known at all."""
    said = (
        f"The number of orders is charted by week, without the week of the first order and without weeks from "
        f"{volume['weeksBefore']} on, which are not over."
    )
    known = any(point["upper"] is not None for each in volume["charts"] for point in each["points"])
    return said if known else f"{said} Too few weeks or orders are known to say what is usual."


def volume_sections(volume: Json, id_: str = "volume") -> Iterator[Section]:
    """Yield the chart of all drugs, then that of each."""
    if not volume["charts"]:
        return
    yield Section(id_, "How many orders come in", text=[_KEY])
    for number, chart in enumerate(each for each in volume["charts"] if each["points"]):
        title = f"Orders of {chart['display']}"
        rows = [
            (
                point["begin"],
                point["orders"],
                "" if point["expected"] is None else f"{point['expected']:.1f}",
                "" if point["upper"] is None else f"{point['lower']} to {point['upper']}",
                point["signal"],
            )
            for point in chart["points"]
        ]
        yield Section(
            f"{id_}-{number}",
            title,
            chart=control_chart(title, [_period(point) for point in chart["points"]], DAYS, "orders a week"),
            table=Table(f"Numbers of {title[0].lower()}{title[1:]}", _HEAD, rows, numbers=(1, 2)),
            level=3,
            folded=True,
        )


def _period(point: Json) -> Period:
    return Period(point["begin"], point["orders"], point["lower"], point["expected"], point["upper"], point["signal"])
