"""The parts of a Vega-Lite specification that all charts share.

Colors are CSS custom properties of the page (``static/report.css``), so that one drawing works in light and dark mode.
The width fits a phone; a larger screen scales it up.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cds_service.charts.figures import Chart, in_english

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cds_service.charts.figures import Say

Json = dict[str, Any]
HEIGHT = 190
TICKS = 5
A, B, INK = "var(--chart-a, #1f5fa8)", "var(--chart-b, #b45309)", "currentColor"
_GRID = "var(--chart-grid, #d0d7de)"
_WIDTH = 400
_NAMES = 160
_HEADROOM = 1.15
_CONFIG: Json = {
    # The page has text and a table for readers who cannot see the chart.
    "mark": {"aria": False},
    "font": "Liberation Sans, Arial, Helvetica, sans-serif",
    "view": {"stroke": None},
    "axis": {
        "aria": False,
        "labelColor": INK,
        "labelFontSize": 11,
        "titleColor": INK,
        "titleFontSize": 11,
        "titleFontWeight": "normal",
        "gridColor": _GRID,
        "domainColor": _GRID,
        "tickColor": _GRID,
    },
    "legend": {
        "aria": False,
        "labelColor": INK,
        "labelFontSize": 11,
        "orient": "top",
        "title": None,
        "symbolType": "square",
    },
    "text": {"color": INK, "fontSize": 11},
}


def chart(
    title: str, words: str, values: Sequence[Json], layers: Sequence[Json], *, t: Say = in_english, **others: Any
) -> Chart:
    """Put a chart together; ``others`` are ``height`` and what all layers encode alike."""
    by_rows = isinstance(others["height"], dict)
    mark = number("0.5", t)[1]
    numbers = {"decimal": mark, "thousands": "", "grouping": [3], "currency": ["", ""]}
    return Chart(
        title,
        words,
        {
            "width": _WIDTH,
            "autosize": {"type": "fit-x" if by_rows else "fit", "contains": "padding"},
            # A fallback font may be wider than the one that the drawing was made for.
            "padding": {"left": 16 if by_rows else 5, "top": 5, "right": 5, "bottom": 5},
            "background": None,
            "config": _CONFIG if mark == "." else _CONFIG | {"locale": {"number": numbers}},
            "data": {"values": values},
            "layer": layers,
            **others,
        },
    )


def number(written: str, t: Say) -> str:
    """Write a number with the decimal mark of a report's language."""
    return t("{number}", number=written)


def names(*, grid: bool = False) -> Json:
    """Encode the names of the rows, in the order of the rows."""
    axis = {"title": None, "labelLimit": _NAMES, "ticks": False, "domain": False, "labelPadding": 6, "grid": grid}
    return {"field": "name", "type": "nominal", "sort": None, "axis": axis}


def amount(field: str, top: float, title: str | None = None) -> Json:
    """Encode a number from 0 to a little more than ``top``, which leaves room for a label."""
    scale = {"domain": [0, (top or 1) * _HEADROOM], "nice": False}
    axis = {"title": title, "tickCount": TICKS, "domain": False, "ticks": False}
    return {"field": field, "type": "quantitative", "scale": scale, "axis": axis}


def time(field: str, **axis: Any) -> Json:
    """Encode a day or a month."""
    return {
        "field": field,
        "type": "temporal",
        "scale": {"type": "utc"},
        "axis": {"title": None, "grid": False, **axis},
    }


def of(pair: tuple[str, str]) -> Json:
    """Encode by color which of the two it is."""
    return {"field": "of", "type": "nominal", "scale": {"domain": list(pair), "range": [A, B]}}
