"""Bars, lines and intervals, for one configuration or for two side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cds_service.charts.figures import in_english
from cds_service.charts.specification import HEIGHT, INK, A, amount, chart, names, number, of, time

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cds_service.charts.figures import Bar, Chart, Range, Say

Json = dict[str, Any]
_BAR, _ROW = 13, 22
_MONTH = len("2026-01")
_BEHIND = {"type": "text", "align": "left", "dx": 5}


def bars(title: str, rows: Sequence[Bar], pair: tuple[str, str] = ("A", "B"), t: Say = in_english) -> Chart | None:
    """Draw horizontal bars with their values next to them; no rows, no chart."""
    if not rows:
        return None
    values = _values(rows, pair, t)
    encoding: Json = {"y": names(), "x": amount("value", max(each["value"] for each in values))}
    color: Json = {"value": A}
    height: Json = {"step": _ROW}
    if _compared(rows):
        encoding["yOffset"] = {"field": "of", "type": "nominal", "sort": list(pair)}
        color = of(pair)
        height = {"step": _BAR, "for": "offset"}
    layers: list[Json] = [
        {"mark": "bar", "encoding": {"color": color}},
        {"mark": _BEHIND, "encoding": {"text": {"field": "said"}}},
    ]
    return chart(title, t("{count} rows.", count=len(rows)), values, layers, t=t, encoding=encoding, height=height)


def lines(title: str, rows: Sequence[Bar], pair: tuple[str, str] = ("A", "B"), t: Say = in_english) -> Chart | None:
    """Draw one or two lines over time, with rows named by month or day; no rows, no chart."""
    if not rows:
        return None
    values = _values(rows, pair, t)
    encoding: Json = {
        "x": time("name", labelOverlap="greedy", format="%Y-%m" if len(rows[0].name) == _MONTH else "%Y-%m-%d"),
        "y": amount("value", max(each["value"] for each in values)),
        "color": of(pair) if _compared(rows) else {"value": A},
    }
    dashes = {"field": "of", "type": "nominal", "scale": {"domain": list(pair), "range": [[1, 0], [6, 3]]}}
    layers: list[Json] = [
        {"mark": "line", "encoding": {"strokeDash": dashes} if _compared(rows) else {}},
        {"mark": {"type": "point", "filled": True, "size": 22, "opacity": 1}},
    ]
    words = t("From {first} to {last}.", first=rows[0].name, last=rows[-1].name)
    return chart(title, words, values, layers, t=t, encoding=encoding, height=HEIGHT)


def ranges(title: str, rows: Sequence[Range], t: Say = in_english) -> Chart | None:
    """Draw shares as points with their intervals, on a scale from 0 to 1; no rows, no chart."""
    if not rows:
        return None
    values = [
        {"name": row.name, "value": row.value, "low": row.low, "high": row.high, "said": number(f"{row.value:.2f}", t)}
        for row in rows
    ]
    share = amount("value", 1)
    share["axis"] = share["axis"] | {"values": [0, 0.5, 1], "grid": False}
    interval = {"x": share | {"field": "low"}, "x2": {"field": "high"}}
    layers: list[Json] = [
        {"mark": {"type": "rule", "strokeWidth": 3, "color": A}, "encoding": interval},
        {"mark": {"type": "point", "filled": True, "size": 80, "color": A, "opacity": 1}, "encoding": {"x": share}},
        {
            "mark": _BEHIND | {"dx": 8, "color": INK},
            "encoding": {"x": {"datum": 1, "type": "quantitative"}, "text": {"field": "said"}},
        },
    ]
    words = t("{count} rows.", count=len(rows))
    return chart(title, words, values, layers, t=t, encoding={"y": names(grid=True)}, height={"step": _ROW})


def _compared(rows: Sequence[Bar]) -> bool:
    return any(row.b is not None for row in rows)


def _values(rows: Sequence[Bar], pair: tuple[str, str], t: Say) -> list[Json]:
    return [
        {"name": row.name, "of": name, "value": float(value), "said": number(f"{value:g}", t)}
        for row in rows
        for name, value in zip(pair, (row.a, row.b), strict=True)
        if value is not None
    ]
