"""Inserts on a connection that stays open.

A decision is recorded before its answer is sent, so the clinician waits for the insert. SQLAlchemy compiles the
statement once; using it on every call would take three times as long (ADR 7).
"""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING, Any

from cards.values.text_cache import cached_by_key
from cds_service.store.dialects import dialect_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from sqlalchemy import Dialect, Table

_CONFLICT = " ON CONFLICT DO NOTHING"


class Insert:
    """The compiled insert into one table; an existing row is left unchanged."""

    def __init__(self, table: Table, dialect_name: str) -> None:
        """Compile the statement."""
        dialect = _dialect(dialect_name)
        self.sql = str(table.insert().compile(dialect=dialect)) + _CONFLICT
        self._in_order = itemgetter(*(column.name for column in table.columns))
        bound = (column.type.dialect_impl(dialect).bind_processor(dialect) for column in table.columns)
        self._written: list[tuple[int, Callable[[Any], Any]]] = [
            (place, write) for place, write in enumerate(bound) if write
        ]

    def values(self, row: Mapping[str, Any]) -> list[Any]:
        """Return a row as positional values, which the driver handles in half the time of named ones."""
        values = list(self._in_order(row))
        for place, write in self._written:
            values[place] = write(values[place])
        return values

    def run(self, cursor: Any, rows: Iterable[Mapping[str, Any]]) -> None:
        """Insert rows."""
        for row in rows:
            cursor.execute(self.sql, self.values(row))


@cached_by_key(32)
def insert_into(table: Table, dialect_name: str) -> Insert:
    """Return the compiled insert into a table, compiled once in a process."""
    return Insert(table, dialect_name)


def _dialect(name: str) -> Dialect:
    dialect: Dialect = dialect_of(name).dialect(paramstyle="qmark" if name == "sqlite" else "format")
    return dialect
