"""Makes rows acceptable to every database: no NUL, no lone surrogates, nothing longer than its column."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import String, Text

from cds_service.store import tables
from cds_service.store.record import Record, plain_text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Table

_CUT = "\N{HORIZONTAL ELLIPSIS}"
_OF_THE_DATA = frozenset({"DataError", "IntegrityError", "UnicodeError", "ValueError", "TypeError", "OverflowError"})


def is_of_the_data(error: BaseException) -> bool:
    """Return whether a driver rejected the data, rather than failing to reach its database."""
    return any(kind.__name__ in _OF_THE_DATA for kind in type(error).__mro__)


def made_safe(record: Record) -> Record:
    """Return a copy of a record that any database accepts, with refused characters replaced and long texts cut."""
    return Record(
        _row(tables.decisions, record.decision),
        tuple(_row(tables.decision_cards, row) for row in record.cards),
        tuple((digest, kept_text(content)) for digest, content in record.configurations),
        tuple(_row(tables.suppressions, row) for row in record.suppressed),
        tuple(_row(tables.shadow_verdicts, row) for row in record.shadow),
    )


def _row(table: Table, row: dict[str, Any]) -> dict[str, Any]:
    lengths = dict(_lengths(table))
    texts = {name: value for name, value in row.items() if isinstance(value, str)}
    return row | {name: _cut(kept_text(text), lengths.get(name)) for name, text in texts.items()}


def _lengths(table: Table) -> Iterable[tuple[str, int | None]]:
    for column in table.columns:
        if isinstance(column.type, String) and not isinstance(column.type, Text):
            yield column.name, column.type.length


def kept_text(text: str) -> str:
    """Return a text that every database accepts, whatever a provider or a form has sent."""
    return plain_text(text).encode(errors="replace").decode()


def _cut(text: str, length: int | None) -> str:
    return text if length is None or len(text) <= length else text[: length - 1] + _CUT
