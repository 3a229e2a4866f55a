"""A control chart: the share in each period, the usual value, its limits, the changes, and what is out of limits."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from cds_service.charts.figures import in_english
from cds_service.charts.specification import HEIGHT, INK, TICKS, amount, chart, time

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cds_service.charts.figures import Chart, Period, Say

Json = dict[str, Any]
_BAND, _USUAL = "var(--chart-band, #dbe8f5)", "var(--chart-usual, #4a6f9a)"
_CHANGE, _SIGNAL = "var(--chart-change, #6b4a00)", "var(--chart-signal, #b00020)"
_GROUND = "var(--chart-ground, #fff)"
_MANY = 60
_POINT = {"type": "point", "filled": True, "opacity": 1}


def control_chart(
    title: str, periods: Sequence[Period], days: int, unit: str = "", t: Say = in_english
) -> Chart | None:
    """Draw periods of ``days``; ``unit`` says what their values are, if not per 100 orders. No periods, no chart."""
    if not periods:
        return None
    top = max((each for period in periods for each in (period.value, period.high) if each is not None), default=0)
    small = len(periods) > _MANY
    every = -(-len(periods) // TICKS)
    begin = time("begin", format="%Y-%m-%d", labelFlush=False, values=[each.begin for each in periods[::every]])
    begin["scale"] |= {"domain": [_edges(periods[0], days)[0], _edges(periods[-1], days)[1]]}
    value = amount("value", top, unit or t("per 100 orders"))
    here = {"x": begin, "y": value}
    band = {"x": begin | {"field": "from"}, "x2": {"field": "to"}}
    layers = [
        {
            "mark": {"type": "rect", "color": _BAND},
            "encoding": {**band, "y": value | {"field": "low"}, "y2": {"field": "high"}},
        },
        {
            "mark": {"type": "rule", "color": _USUAL, "strokeWidth": 1.5},
            "encoding": {**band, "y": value | {"field": "usual"}},
        },
        _where("change", {"type": "rule", "color": _CHANGE, "strokeDash": [4, 3]}, {"x": begin}),
        _where(
            "change",
            {"type": "text", "color": _CHANGE, "baseline": "bottom", "dy": -3},
            {"x": begin, "y": {"value": 0}, "text": {"field": "change"}},
        ),
        {"mark": {"type": "line", "color": INK, "strokeWidth": 1.5}, "encoding": here},
        _where("value", _POINT | {"color": INK, "size": 6 if small else 18}, here),
        # A shape and a word, because some readers cannot tell the colors apart.
        _where("signal", _POINT | {"shape": "diamond", "color": _SIGNAL, "size": 40 if small else 110}, here),
        *(
            _where(
                "word", {"type": "text", "dy": -12, "fontWeight": "bold", **look}, here | {"text": {"field": "word"}}
            )
            for look in ({"color": _GROUND, "stroke": _GROUND, "strokeWidth": 4}, {"color": _SIGNAL})
        ),
    ]
    return chart(title, _in_words(periods, t), list(_values(periods, days)), layers, t=t, height=HEIGHT)


def _where(field: str, mark: Json, encoding: Json) -> Json:
    return {"transform": [{"filter": f"isValid(datum.{field})"}], "mark": mark, "encoding": encoding}


def _values(periods: Sequence[Period], days: int) -> Iterator[Json]:
    before = ""
    for each in periods:
        written: Json = {"begin": each.begin, "value": each.value, "change": each.change or None}
        written |= {"signal": each.signal or None, "word": each.signal if each.signal != before else None}
        if each.high is not None:
            written |= dict(zip(("from", "to"), _edges(each, days), strict=True))
            written |= {"low": each.low, "usual": each.usual, "high": each.high}
        yield written
        before = each.signal


def _edges(period: Period, days: int) -> tuple[str, str]:
    """Return where a period's band begins and ends; the point is in the middle."""
    middle, half = datetime.fromisoformat(period.begin).replace(tzinfo=UTC), timedelta(days=days) / 2
    return (middle - half).isoformat(), (middle + half).isoformat()


def _in_words(periods: Sequence[Period], t: Say) -> str:
    signals = [
        t("{signal} in the period of {begin}", signal=each.signal, begin=each.begin) for each in periods if each.signal
    ]
    return t(
        "{count} periods; {signals}. The table below has every number.",
        count=len(periods),
        signals=", ".join(signals) or t("none out of its limits"),
    )
