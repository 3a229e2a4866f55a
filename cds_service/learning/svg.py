"""A control chart as SVG: the share of each period, what is usual, its limits, and where something changed."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_WIDTH, _HEIGHT = 720, 230
_LEFT, _RIGHT, _TOP, _BOTTOM = 46, 12, 26, 34
_MOST_LABELS = 8


def control_chart_svg(name: str, title: str, points: Sequence[dict[str, Any]], marks: Mapping[str, str]) -> str:
    """Draw a chart; ``marks`` gives for a period the numbers of the changes that began in it."""
    top = max([1.0, *(value for point in points for value in _values(point))]) * 1.1
    step = (_WIDTH - _LEFT - _RIGHT) / max(1, len(points))

    def x(index: int) -> float:
        return round(_LEFT + step * (index + 0.5), 1)

    def y(value: float) -> float:
        return round(_HEIGHT - _BOTTOM - value / top * (_HEIGHT - _TOP - _BOTTOM), 1)

    parts = [
        f'<svg role="img" aria-labelledby="{name}-t {name}-d" viewBox="0 0 {_WIDTH} {_HEIGHT}">',
        f'<title id="{name}-t">{escape(title)}</title><desc id="{name}-d">{escape(_in_words(points))}</desc>',
    ]
    for part in (0, 0.5, 1):
        value = top / 1.1 * part
        parts.append(f'<line class="grid" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y(value)}" y2="{y(value)}"/>')
        parts.append(f'<text x="{_LEFT - 6}" y="{y(value) + 4}" text-anchor="end">{value:.3g}</text>')
    for index, point in enumerate(points):
        if point["upper"] is not None:
            high, low = y(_per_100(point, "upper")), y(_per_100(point, "lower"))
            left = round(x(index) - step / 2, 1)
            parts.append(f'<rect class="band" x="{left}" y="{high}" width="{step:.1f}" height="{low - high:.1f}"/>')
            usual = y(_per_100(point, "expected"))
            parts.append(f'<line class="usual" x1="{left}" x2="{left + step:.1f}" y1="{usual}" y2="{usual}"/>')
        if point["begin"] in marks:
            parts.append(
                f'<line class="mark" x1="{x(index)}" x2="{x(index)}" y1="{_TOP - 4}" y2="{_HEIGHT - _BOTTOM}"/>'
            )
            parts.append(f'<text x="{x(index)}" y="12" text-anchor="middle">{escape(marks[point["begin"]])}</text>')
    drawn = [(x(index), y(point["per100Orders"])) for index, point in enumerate(points) if point["orders"]]
    parts.append(f'<polyline class="line" points="{" ".join(f"{a},{b}" for a, b in drawn)}"/>')
    every = -(-len(points) // _MOST_LABELS)
    for index, point in enumerate(points):
        parts += _point(point, x(index), y(point["per100Orders"] or 0))
        if index % every == 0:
            parts.append(f'<text x="{x(index)}" y="{_HEIGHT - 12}" text-anchor="middle">{point["begin"]}</text>')
    return "".join([*parts, "</svg>"])


def _point(point: dict[str, Any], x: float, y: float) -> Iterator[str]:
    if not point["orders"]:
        return
    if not point["signal"]:
        yield f'<circle class="dot" cx="{x}" cy="{y}" r="3"/>'
        return
    # A shape and a word: colour alone says nothing to some.
    yield f'<path class="signal" d="M{x} {y - 7}l7 7l-7 7l-7 -7z"/>'
    below = y < _TOP + 24
    yield f'<text class="word" x="{x}" y="{y + 20 if below else y - 11}" text-anchor="middle">{point["signal"]}</text>'


def _values(point: dict[str, Any]) -> Iterator[float]:
    if point["orders"]:
        yield float(point["per100Orders"])
        if point["upper"] is not None:
            yield _per_100(point, "upper")


def _per_100(point: dict[str, Any], name: str) -> float:
    return 100 * float(point[name]) / int(point["orders"])


def _in_words(points: Sequence[dict[str, Any]]) -> str:
    signals = [f"{point['signal']} in the period of {point['begin']}" for point in points if point["signal"]]
    return f"{len(points)} periods; {', '.join(signals) or 'none out of its limits'}. The table below has every number."
