"""Every table of a report as a CSV file, for a spreadsheet."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cds_service.charts.sections import Section

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def spreadsheet_text(value: object) -> str:
    """Write a text so that a spreadsheet does not treat it as a formula; a number stays a number."""
    text = str(value)
    return f"'{text}" if isinstance(value, str) and text.startswith(_FORMULA) else text


def csv_tables(sections: Iterable[Section]) -> Iterator[tuple[str, str]]:
    """Yield a file name and the text for each table, with RFC 4180 line endings."""
    for section in sections:
        if section.table is not None:
            written = io.StringIO()
            rows = csv.writer(written, lineterminator="\r\n")
            rows.writerow(section.table.header)
            rows.writerows([spreadsheet_text(cell) for cell in row] for row in section.table.rows)
            yield f"{section.id}.csv", written.getvalue()
