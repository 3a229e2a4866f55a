"""A report as sections: text, a chart and a table of its numbers. The page only lays them out (``sections.html``)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from markupsafe import Markup

from cds_service.charts.drawing import can_draw, draw
from cds_service.charts.figures import Chart, in_english

if TYPE_CHECKING:
    from cds_service.charts.figures import Say


@dataclass(frozen=True, slots=True)
class Table:
    """A table with a caption; ``numbers`` are the numeric columns, counted from 0."""

    caption: str
    header: Sequence[str]
    rows: Sequence[Sequence[object]]
    numbers: Collection[int] = ()


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a report. ``svg`` is the markup of the drawn chart; ``folded``: the table opens on demand.

    ``alert``: the items in ``points`` need attention. A section of level 3 belongs to the one of level 2 before it.
    ``new_page``: it starts a new page in print.
    """

    id: str
    title: str
    text: Sequence[str] = ()
    points: Sequence[str] = ()
    chart: Chart | None = None
    table: Table | None = None
    svg: str = ""
    level: int = 2
    alert: bool = False
    folded: bool = False
    new_page: bool = False


def drawn(sections: Sequence[Section], t: Say = in_english) -> list[Section]:
    """Draw all charts of a report at once."""
    charts = [(f"chart-{each.id}", each.chart) for each in sections if each.chart is not None]
    pictures = iter(draw(charts))
    return [each if each.chart is None else _with(each, next(pictures), t) for each in sections]


def _with(section: Section, picture: Markup, t: Say) -> Section:
    if picture:
        return replace(section, svg=picture)
    if can_draw():
        missing = t("The chart could not be drawn; the table has its figures.")
    else:
        missing = t("Charts need the extra her2-cds[charts]; the table has the figures.")
    return replace(section, text=(*section.text, missing))
