"""The result rows of a replay, and their tables: the same columns in Parquet, CSV and between processes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pyarrow as pa

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Row = tuple[Any, ...]

_ORDER_COLUMNS = [
    ("patient", pa.string()),
    ("order", pa.string()),
    ("day", pa.date32()),
    ("month", pa.string()),
    ("product", pa.string()),
    ("drug", pa.string()),
    ("site", pa.string()),
]
ORDERS = pa.schema(
    [*_ORDER_COLUMNS, ("dated_by", pa.string()), ("cards_a", pa.int32()), ("cards_b", pa.int32())],
)
"""One row for each order in scope that was replayed; ``patient`` is a digest of the patient's id."""
FIRINGS = pa.schema(
    [
        *_ORDER_COLUMNS,
        ("configuration", pa.string()),
        ("topic", pa.string()),
        ("indicator", pa.string()),
        ("mode", pa.string()),
        ("shown", pa.bool_()),
        ("summary", pa.string()),
    ]
)
"""One row for each finding, shown or not: what the card says, under which configuration."""
LEFT_OUT = pa.schema([("patient", pa.string()), ("order", pa.string()), ("reason", pa.string())])
"""One row for each order that cannot be replayed."""
SCHEMAS = {"orders": ORDERS, "firings": FIRINGS, "left_out": LEFT_OUT}


@dataclass(slots=True)
class Rows:
    """The result of replaying one or more patients; ``counts`` are sums."""

    orders: list[Row] = field(default_factory=list)
    firings: list[Row] = field(default_factory=list)
    left_out: list[Row] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)

    def add(self, other: Rows) -> None:
        """Append the rows of another patient."""
        self.orders += other.orders
        self.firings += other.firings
        self.left_out += other.left_out
        self.count(other.counts)

    def count(self, counts: dict[str, int]) -> None:
        """Add sums."""
        for name, number in counts.items():
            self.counts[name] = self.counts.get(name, 0) + number

    def table(self, name: str) -> pa.Table:
        """Return one of the tables."""
        return table(SCHEMAS[name], getattr(self, name))


def table(schema: pa.Schema, rows: Iterable[Sequence[Any]]) -> pa.Table:
    """Convert rows to columns."""
    columns = list(zip(*rows, strict=True)) or [()] * len(schema)
    return pa.table([pa.array(column, kind.type) for column, kind in zip(columns, schema, strict=True)], schema=schema)
