"""The control charts of the learning report, applied to a simulation: what went silent or loud, and how soon."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from cds_service.learning.control import begin_of, control_charts
from cds_service.learning.judgments import NOT_SETTLED
from cds_service.learning.volume import DAYS, product_names, volume_report, volumes
from cds_service.learning.volume_page import volume_lines
from cds_service.simulate.tables import open_database

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from cds_service.learning.control import Point

Json = dict[str, Any]
RUN, LAST_ORDER = "run.json", "last order"
_ORDERS = "SELECT day, patient, count(*) FROM read_parquet($1) GROUP BY ALL ORDER BY ALL"
_OF_PRODUCTS = "SELECT product, day, patient, count(*) FROM read_parquet($1) GROUP BY ALL ORDER BY ALL"
_FIRINGS = """
    SELECT topic, day, patient, count(DISTINCT "order") FROM read_parquet($1) WHERE configuration = $2
    GROUP BY ALL ORDER BY ALL
"""
_ByDay = dict[date, Counter[str]]


@dataclass(frozen=True, slots=True)
class Signal:
    """A period in which a topic was out of its limits; ``end`` is the day after it.

    ``days`` and ``orders`` count from the day of the change to that end; none if no day was given, or for an earlier
    signal.
    """

    topic: str
    point: Point
    end: date
    days: int | None = None
    orders: int | None = None


def charts(result: Path, configuration: str, days: int) -> dict[str, list[Point]]:
    """Chart each topic of a configuration, live or in the shadow, in periods of ``days``.

    Raises:
        duckdb.Error: the tables of the result cannot be read.

    """
    orders, hits = _counts(result, configuration)
    return control_charts(_together(orders, days), {topic: _together(own, days) for topic, own in hits.items()}, days)


def noticed(result: Path, configuration: str, days: int, since: date | None) -> list[Signal]:
    """List the signals of all topics by their period; with ``since``, how long each took from that day on.

    Raises:
        duckdb.Error: the tables of the result cannot be read.

    """
    found = signals(charts(result, configuration, days), days)
    if since is None:
        return found
    orders, _ = _counts(result, configuration)
    return [
        each
        if each.end <= since
        else replace(
            each,
            days=(each.end - since).days,
            orders=sum(count.total() for day, count in orders.items() if since <= day < each.end),
        )
        for each in found
    ]


def volume_of(result: Path) -> Json:
    """Chart the number of orders in scope, of all drugs and of each, to the last whole week of the export.

    Raises:
        duckdb.Error: the tables of the result cannot be read.

    """
    by_product: dict[str, _ByDay] = {}
    with open_database(result) as database:
        rows = database.execute(_OF_PRODUCTS, [str(result / "orders.parquet")]).fetchall()
    for product, day, patient, count in rows:
        by_product.setdefault(product or NOT_SETTLED, {}).setdefault(day, Counter())[patient] = count
    until = _last_day(result, (row[1] for row in rows)) + timedelta(days=1)
    return volume_report(volumes(by_product, product_names(), until), until)


def _last_day(result: Path, in_scope: Iterable[date]) -> date:
    """Return the day of the last order of any drug: orders in scope may have ended before."""
    last = max(in_scope, default=date.min)
    try:
        about = json.loads((result / RUN).read_text(encoding="utf-8"))["about"]
    except FileNotFoundError:
        return last
    return max(last, date.fromisoformat(about[LAST_ORDER])) if about.get(LAST_ORDER) else last


def volume_noticed(volume: Json, since: date | None) -> Iterator[str]:
    """Say for each drug when its orders first were silent or loud, before the change and after it."""
    runs: dict[tuple[str, str, bool], list[Json]] = {}
    for each in volume["signals"]:
        end = date.fromisoformat(each["begin"]) + timedelta(days=DAYS)
        after = since is not None and end > since
        runs.setdefault((each["display"], each["signal"], after), []).append(each)
    for (*_, after), run in runs.items():
        (line,) = volume_lines({"signals": run[:1]})
        if after and since is not None:
            end = date.fromisoformat(run[0]["begin"]) + timedelta(days=DAYS)
            line += f"; noticed after {(end - since).days} days"
        yield line if len(run) == 1 else f"{line}; {len(run)} weeks in all, the last {run[-1]['begin']}"


def signals(drawn: Mapping[str, Sequence[Point]], days: int) -> list[Signal]:
    """List what is out of its limits, by period."""
    found = [
        Signal(topic, point, point.count.begin + timedelta(days=days))
        for topic, points in drawn.items()
        for point in points
        if point.signal
    ]
    return sorted(found, key=lambda each: (each.point.count.begin, each.topic))


def signal_lines(found: Sequence[Signal], period: str) -> Iterator[str]:
    """Say for each topic when it first was silent or loud, before the change and after it, and for how long."""
    runs: dict[tuple[str, str, bool], list[Signal]] = {}
    for each in found:
        runs.setdefault((each.topic, each.point.signal, each.days is None), []).append(each)
    for (topic, signal, _), run in runs.items():
        point, days = run[0].point, run[0].days
        over = "" if point.over == 1 else f" over the last {point.over} {period}s"
        after = "" if days is None else f"; noticed after {days} days, {run[0].orders} orders"
        again = "" if len(run) == 1 else f"; {len(run)} {period}s in all, the last {run[-1].point.count.begin}"
        share = f"{point.count.hits} of {point.count.orders} orders"
        yield f"{point.count.begin}  {topic}: {signal}{over}, {share}{after}{again}"
    if not found:
        yield "no topic went silent or loud, as far as enough is known to say so"


def _counts(result: Path, configuration: str) -> tuple[_ByDay, dict[str, _ByDay]]:
    """Return how many orders each patient had on a day, and on how many of them each topic fired."""
    orders: _ByDay = {}
    hits: dict[str, _ByDay] = {}
    with open_database(result) as database:
        for day, patient, count in database.execute(_ORDERS, [str(result / "orders.parquet")]).fetchall():
            orders.setdefault(day, Counter())[patient] = count
        found = database.execute(_FIRINGS, [str(result / "firings.parquet"), configuration]).fetchall()
    for topic, day, patient, count in found:
        hits.setdefault(topic, {}).setdefault(day, Counter())[patient] = count
    return orders, hits


def _together(by_day: _ByDay, days: int) -> _ByDay:
    found: _ByDay = {}
    for day, counts in by_day.items():
        found.setdefault(begin_of(day, days), Counter()).update(counts)
    return found
