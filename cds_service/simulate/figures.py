"""The results of a run: how often each topic fires, where, when, and the cards per hundred orders."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cds_service.simulate.tables import open_database

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_BY = """
    SELECT {column} AS name, count(*) AS orders, sum(cards_a) AS cards_a, sum(cards_b) AS cards_b
    FROM read_parquet($orders) GROUP BY ALL ORDER BY {order}
"""
_BY_TOPIC = """
    SELECT topic, configuration, count(*) AS findings, count(*) FILTER (shown) AS shown,
        count(*) FILTER (shown AND indicator = 'critical') AS critical, any_value(mode ORDER BY mode) AS mode
    FROM read_parquet($firings) GROUP BY ALL ORDER BY topic, configuration
"""
_TOPIC_AND = """
    SELECT topic, {column} AS name, configuration, count(*) AS findings, count(*) FILTER (shown) AS shown
    FROM read_parquet($firings) GROUP BY ALL ORDER BY ALL
"""
GROUPS = ("drug", "month", "site")


@dataclass(frozen=True, slots=True)
class Share:
    """The orders of a group, and their cards; ``None`` if nothing is compared."""

    name: str
    orders: int
    cards_a: int
    cards_b: int | None

    @property
    def rate_a(self) -> float:
        """Cards per hundred orders."""
        return per_hundred(self.cards_a, self.orders)

    @property
    def rate_b(self) -> float | None:
        """Cards per hundred orders under the other configuration."""
        return None if self.cards_b is None else per_hundred(self.cards_b, self.orders)


@dataclass(frozen=True, slots=True)
class TopicFigures:
    """How often a topic fires under one configuration: in total, shown, and shown as critical."""

    topic: str
    findings: int
    shown: int
    critical: int
    mode: str


@dataclass(frozen=True, slots=True)
class Figures:
    """The numbers in the report."""

    whole: Share
    groups: dict[str, list[Share]]
    topics_a: dict[str, TopicFigures]
    topics_b: dict[str, TopicFigures]
    changes: dict[str, int]
    topics_by_month: dict[str, dict[str, dict[str, int]]]
    """By configuration, topic and month: how many findings."""


def per_hundred(number: float, orders: int) -> float:
    """Return a number per hundred orders, with two decimals."""
    return round(100 * number / orders, 2) if orders else 0.0


def figures(output: Path, *, compared: bool) -> Figures:
    """Count, and write the counts as CSV next to the tables."""
    orders, firings = {"orders": str(output / "orders.parquet")}, {"firings": str(output / "firings.parquet")}
    with open_database(output) as database:

        def shares(column: str, order: str) -> list[Share]:
            rows = database.execute(_BY.format(column=column, order=order), orders).fetchall()
            return [Share(str(n), o, int(a or 0), int(b or 0) if compared else None) for n, o, a, b in rows]

        whole = next(iter(shares("'all orders'", "1")), Share("all orders", 0, 0, 0 if compared else None))
        groups = {name: shares(name, "1" if name == "month" else "orders DESC, 1") for name in GROUPS}
        by_topic: dict[str, dict[str, TopicFigures]] = {"A": {}, "B": {}}
        by_month: dict[str, dict[str, dict[str, int]]] = {}
        for topic, configuration, *counts in database.execute(_BY_TOPIC, firings).fetchall():
            by_topic[configuration][topic] = TopicFigures(topic, *counts)
        for name in GROUPS:
            rows = database.execute(_TOPIC_AND.format(column=name), firings).fetchall()
            if name == "month":
                by_month = _by_month(rows)
            _write(output / f"topics_by_{name}.csv", ("topic", name, "configuration", "findings", "shown"), rows)
        changes: dict[str, int] = {}
        if compared:
            query = "SELECT change, count(*) FROM read_parquet($1) GROUP BY ALL ORDER BY change"
            changes = dict(database.execute(query, [str(output / "differences.parquet")]).fetchall())
    found = Figures(whole, groups, by_topic["A"], by_topic["B"], changes, by_month)
    _write_figures(output, found)
    return found


def _by_month(rows: Sequence[tuple[str, str, str, int, int]]) -> dict[str, dict[str, dict[str, int]]]:
    found: dict[str, dict[str, dict[str, int]]] = {"A": {}, "B": {}}
    for topic, month, configuration, findings, _ in rows:
        found[configuration].setdefault(topic, {})[month] = findings
    return found


def _write_figures(output: Path, found: Figures) -> None:
    header = ("orders", "cards_a", "cards_per_100_a", "cards_b", "cards_per_100_b")
    for name, shares in found.groups.items():
        rows = [(s.name, s.orders, s.cards_a, s.rate_a, _or_empty(s.cards_b), _or_empty(s.rate_b)) for s in shares]
        _write(output / f"by_{name}.csv", (name, *header), rows)
    counted = [
        (configuration, t.topic, t.mode, t.findings, t.shown, t.critical, per_hundred(t.findings, found.whole.orders))
        for configuration, topics in (("A", found.topics_a), ("B", found.topics_b))
        for t in topics.values()
    ]
    names = ("configuration", "topic", "mode", "findings", "shown", "critical", "findings_per_100_orders")
    _write(output / "by_topic.csv", names, counted)


def _or_empty(value: float | None) -> object:
    return "" if value is None else value


def _write(path: Path, header: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)
