"""A table of texts with the right reading of each, and the counts of what a reader makes of them.

A table is `NAME.tsv` in this folder; `NAME.py` beside it has `read(where, text)`, which gives the reading as the table
writes it, or `UNREADABLE`. The columns: where the text stands, the text, the right reading, and where texts of this
shape come from. Of several right readings, separated by " | ", each counts.
"""

from __future__ import annotations

import importlib
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from fhir_mappings.results.own_dates import without_own_dates

if TYPE_CHECKING:
    from collections.abc import Callable

FOLDER = Path(__file__).parent
UNREADABLE = "unreadable"
_COLUMNS = 4


class Entry(NamedTuple):
    """A text, where it stands, its right readings, and where texts of its shape come from."""

    where: str
    text: str
    right: tuple[str, ...]
    shape: str


class Miss(NamedTuple):
    """An entry that was not read right, and what it was read as."""

    entry: Entry
    read: str


class Counts(NamedTuple):
    """What became of the entries of a table: read right, refused though readable, read wrong."""

    right: int
    refused: tuple[Miss, ...]
    wrong: tuple[Miss, ...]

    @property
    def total(self) -> int:
        """How many entries there are."""
        return self.right + len(self.refused) + len(self.wrong)


def names() -> list[str]:
    """List the tables."""
    return sorted(path.stem for path in FOLDER.glob("*.tsv"))


def entries(name: str) -> list[Entry]:
    """Read a table.

    Raises:
        ValueError: a line has not all columns.

    """
    found = []
    for number, line in enumerate((FOLDER / f"{name}.tsv").read_text(encoding="utf-8").splitlines(), 1):
        if not line or line.startswith("#"):
            continue
        columns = line.split("\t")
        if len(columns) != _COLUMNS or not all(columns):
            msg = f"{name}.tsv:{number}: {len(columns)} columns, not {_COLUMNS}"
            raise ValueError(msg)
        where, text, right, shape = columns
        found.append(Entry(where, text, tuple(right.split(" | ")), shape))
    return found


def without_dates_of(days: str, text: str) -> str:
    """Return a text as a result of a day is read: without its own dates.

    Args:
        days: "2026-05-13", or "2026-05-13..2026-05-20" for a result that was released later; empty without a date.
        text: the text of the result.

    """
    if not days:
        return text
    taken, _, released = days.partition("..")
    first = date.fromisoformat(taken)
    return without_own_dates(text, (first, date.fromisoformat(released) if released else first))


def count(name: str) -> Counts:
    """Let the reader of a table read every entry of it."""
    read: Callable[[str, str], str] = importlib.import_module(f"benchmarks.reading.{name}").read
    right = 0
    refused: list[Miss] = []
    wrong: list[Miss] = []
    for entry in entries(name):
        reading = read(entry.where, entry.text)
        if reading in entry.right:
            right += 1
        elif reading == UNREADABLE:
            refused.append(Miss(entry, reading))
        else:
            wrong.append(Miss(entry, reading))
    return Counts(right, tuple(refused), tuple(wrong))
