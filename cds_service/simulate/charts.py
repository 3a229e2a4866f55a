"""Charts as SVG inside the page: no script, nothing fetched, readable in print; the figures stand in a table beside."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_WIDTH, _LABELS, _ROW, _BAR = 760, 250, 34, 11
_TOP, _LINE_HEIGHT = 8, 220
_MARGIN = 46
_FEW = 14


@dataclass(frozen=True, slots=True)
class Bar:
    """A name with one value, or with two side by side."""

    name: str
    a: float
    b: float | None = None


@dataclass(frozen=True, slots=True)
class Range:
    """A name with a share between 0 and 1, and its interval."""

    name: str
    value: float
    low: float
    high: float


def bars(identifier: str, title: str, rows: Sequence[Bar]) -> str:
    """Draw horizontal bars, the values written behind them."""
    compared = any(row.b is not None for row in rows)
    top = max((value for row in rows for value in (row.a, row.b or 0)), default=0) or 1
    space = _WIDTH - _LABELS - 70
    drawn = []
    for index, row in enumerate(rows):
        y = _TOP + index * _ROW
        drawn.append(f'<text x="{_LABELS - 8}" y="{y + 17}" class="name">{escape(row.name)}</text>')
        values = [("a", row.a, y + (2 if compared else 7))]
        if row.b is not None:
            values.append(("b", row.b, y + 15))
        for kind, value, where in values:
            length = round(space * value / top, 1)
            drawn.append(f'<rect class="{kind}" x="{_LABELS}" y="{where}" width="{length}" height="{_BAR}"/>')
            drawn.append(f'<text x="{_LABELS + length + 5:g}" y="{where + 10}" class="value">{value:g}</text>')
    return _svg(identifier, title, _TOP * 2 + _ROW * max(1, len(rows)), drawn)


def line(identifier: str, title: str, rows: Sequence[Bar]) -> str:
    """Draw one or two lines over time."""
    top = max((value for row in rows for value in (row.a, row.b or 0)), default=0) or 1
    width, height = _WIDTH - 2 * _MARGIN, _LINE_HEIGHT - 2 * _MARGIN
    step = width / max(1, len(rows) - 1)

    def place(index: int, value: float) -> tuple[float, float]:
        return round(_MARGIN + index * step, 1), round(_MARGIN + height * (1 - value / top), 1)

    drawn = []
    for share in (0, 0.5, 1):
        y = round(_MARGIN + height * (1 - share), 1)
        drawn.append(f'<line class="grid" x1="{_MARGIN}" x2="{_WIDTH - _MARGIN}" y1="{y:g}" y2="{y:g}"/>')
        drawn.append(f'<text x="{_MARGIN - 6}" y="{y + 4:g}" class="name">{round(top * share, 1):g}</text>')
    every = -(-len(rows) // _FEW)
    for index, row in enumerate(rows):
        if index % every == 0:
            x = round(_MARGIN + index * step, 1)
            drawn.append(f'<text x="{x:g}" y="{_LINE_HEIGHT - 20}" class="tick">{escape(row.name)}</text>')
    for kind in "ab":
        points = [
            place(index, value)
            for index, row in enumerate(rows)
            if (value := row.a if kind == "a" else row.b) is not None
        ]
        written = " ".join(f"{x:g},{y:g}" for x, y in points)
        drawn.append(f'<polyline class="{kind}" points="{written}"/>' if points else "")
        drawn += [f'<circle class="{kind}" cx="{x:g}" cy="{y:g}" r="3"/>' for x, y in points]
    return _svg(identifier, title, _LINE_HEIGHT, drawn)


def ranges(identifier: str, title: str, rows: Sequence[Range]) -> str:
    """Draw shares as points with their intervals, on a scale from 0 to 1."""
    space = _WIDTH - _LABELS - 70
    drawn = []
    for index, row in enumerate(rows):
        y = _TOP + index * _ROW + 12
        low, high, middle = (round(_LABELS + space * value, 1) for value in (row.low, row.high, row.value))
        drawn.append(f'<text x="{_LABELS - 8}" y="{y + 5}" class="name">{escape(row.name)}</text>')
        drawn.append(f'<line class="grid" x1="{_LABELS}" x2="{_LABELS + space}" y1="{y}" y2="{y}"/>')
        drawn.append(f'<line class="interval" x1="{low:g}" x2="{high:g}" y1="{y}" y2="{y}"/>')
        drawn.append(f'<circle class="a" cx="{middle:g}" cy="{y}" r="5"/>')
        drawn.append(f'<text x="{_LABELS + space + 10}" y="{y + 5}" class="value">{row.value:.2f}</text>')
    return _svg(identifier, title, _TOP * 2 + _ROW * max(1, len(rows)), drawn)


def _svg(identifier: str, title: str, height: int, drawn: Sequence[str]) -> str:
    return (
        f'<svg viewBox="0 0 {_WIDTH} {height}" role="img" aria-labelledby="{identifier}">'
        f'<title id="{identifier}">{escape(title)}</title>{"".join(drawn)}</svg>'
    )
