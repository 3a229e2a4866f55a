"""The order volume charts as sections and as text, for the learning and simulation reports."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cds_service.charts.control import control_chart
from cds_service.charts.figures import Period
from cds_service.charts.sections import Section, Table
from cds_service.learning.report_words import named
from cds_service.learning.volume import DAYS
from cds_service.page_words import IN_ENGLISH

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cds_service.page_words import PageWords

Json = dict[str, Any]


def volume_lines(volume: Json, words: PageWords = IN_ENGLISH) -> Iterator[str]:
    """Say for each drug in which weeks it was out of its limits."""
    t = words.plain
    for each in volume["signals"]:
        said = {
            "begin": each["begin"],
            "drug": each["display"],
            "signal": named(each["signal"], words),
            "orders": each["ordersTogether"],
            "usual": f"{each['expectedTogether']:.0f}",
        }
        if each["over"] == 1:
            yield t("{begin}  orders of {drug}: {signal}, {orders} orders where {usual} are usual", **said)
        else:
            yield t(
                "{begin}  orders of {drug}: {signal} over the last {weeks} weeks, {orders} orders where {usual} are "
                "usual",
                weeks=each["over"],
                **said,
            )


def left_out(volume: Json, words: PageWords = IN_ENGLISH) -> str:
    """Say which weeks are not examined, and whether enough is known at all."""
    t = words.plain
    said = t(
        "The number of orders is charted by week, without the week of the first order and without weeks from {begin} "
        "on, which are not over.",
        begin=volume["weeksBefore"],
    )
    known = any(point["upper"] is not None for each in volume["charts"] for point in each["points"])
    return said if known else f"{said} {t('Too few weeks or orders are known to say what is usual.')}"


def volume_sections(volume: Json, words: PageWords = IN_ENGLISH) -> Iterator[Section]:
    """Yield the chart of all drugs, then that of each."""
    t = words.plain
    if not volume["charts"]:
        return
    key = t(
        "Orders that were judged. The band is where chance alone would keep a week, as much as weeks vary; the short "
        "lines are what is usual; a diamond is out of its limits. Orders that are no longer recognized are missed here "
        "alone: all other charts are of orders that were recognized."
    )
    head = [t("Week of"), t("Orders"), t("Usual"), t("Limits"), t("Signal")]
    yield Section("volume", t("How many orders come in"), text=[key])
    for number, chart in enumerate(each for each in volume["charts"] if each["points"]):
        title = t("Orders of {drug}", drug=chart["display"])
        rows = [
            (
                point["begin"],
                point["orders"],
                "" if point["expected"] is None else words.figure(f"{point['expected']:.1f}"),
                limits(point, words),
                named(point["signal"], words),
            )
            for point in chart["points"]
        ]
        periods = [_period(point, words) for point in chart["points"]]
        yield Section(
            f"volume-{number}",
            title,
            chart=control_chart(title, periods, DAYS, t("orders a week"), t),
            table=Table(t("{title}, in numbers", title=title), head, rows, numbers=(1, 2)),
            level=3,
            folded=True,
        )


def limits(point: Json, words: PageWords) -> str:
    """Write the limits of a point, as orders a week; empty if too little is known."""
    if point["upper"] is None:
        return ""
    return words.plain("{low} to {high}", low=point["lower"], high=point["upper"])


def _period(point: Json, words: PageWords) -> Period:
    signal = named(point["signal"], words)
    return Period(point["begin"], point["orders"], point["lower"], point["expected"], point["upper"], signal)
