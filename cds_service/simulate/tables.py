"""The tables of a run for analysts, from the rows of its parts: Parquet and CSV, the same bytes for the same rows."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

import duckdb
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from cds_service.simulate.rows import SCHEMAS, table

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from cds_service.simulate.rows import Row

_FETCHED = 2048
_GROUP_ROWS = 65_536
_SHOWN = (
    "SELECT * EXCLUDE (configuration, shown, mode) FROM read_parquet($firings) WHERE shown AND configuration = '{}'"
)
_DIFFERENCES = f"""
    SELECT
        coalesce(a."order", b."order") AS "order", coalesce(a.patient, b.patient) AS patient,
        coalesce(a.day, b.day) AS day, coalesce(a.month, b.month) AS month, coalesce(a.drug, b.drug) AS drug,
        coalesce(a.site, b.site) AS site, coalesce(a.topic, b.topic) AS topic,
        CASE WHEN b.topic IS NULL THEN 'only A' WHEN a.topic IS NULL THEN 'only B'
             WHEN a.indicator <> b.indicator THEN 'other indicator' ELSE 'other words' END AS change,
        a.indicator AS indicator_a, b.indicator AS indicator_b, a.summary AS summary_a, b.summary AS summary_b
    FROM ({_SHOWN.format("A")}) AS a FULL JOIN ({_SHOWN.format("B")}) AS b
        ON a."order" = b."order" AND a.patient = b.patient AND a.topic = b.topic
    WHERE a.topic IS NULL OR b.topic IS NULL OR a.indicator <> b.indicator OR a.summary <> b.summary
    ORDER BY patient, day, "order", topic
"""  # noqa: S608 - our own text
DIFFERENCES = pa.schema(
    [(name, pa.date32() if name == "day" else pa.string()) for name in (
        "order", "patient", "day", "month", "drug", "site", "topic", "change",
        "indicator_a", "indicator_b", "summary_a", "summary_b",
    )]
)  # fmt: skip
"""One row for each card that only one of the two configurations shows, or that they show differently."""


def write_tables(parts: Iterable[Path], output: Path, *, compared: bool) -> None:
    """Write the tables of a run from the folders of its parts, which are in order.

    Raises:
        OSError: the output cannot be written.

    """
    folders = list(parts)
    for name, schema in SCHEMAS.items():
        write(output, name, schema, (batch for folder in folders for batch in _batches(folder / f"{name}.parquet")))
    if compared:
        with open_database(output) as database:
            found = rows_of(database.execute(_DIFFERENCES, {"firings": str(output / "firings.parquet")}))
            write(output, "differences", DIFFERENCES, _tabled(DIFFERENCES, found))


def open_database(output: Path) -> duckdb.DuckDBPyConnection:
    """Open DuckDB for queries on the tables; it spills to disk next to the output."""
    return connect(memory_limit="1GB", temp_directory=str(output / ".work" / "spill"))


def connect(**options: Any) -> duckdb.DuckDBPyConnection:
    """Open DuckDB in memory. It never draws a progress bar: forked processes look like an interactive session to it."""
    database = duckdb.connect(config=options)
    database.execute("SET enable_progress_bar = false")
    return database


def rows_of(result: duckdb.DuckDBPyConnection) -> Iterator[Row]:
    """Yield the rows of a result, a few thousand in memory at a time."""
    while found := result.fetchmany(_FETCHED):
        yield from found


def _tabled(schema: pa.Schema, rows: Iterator[Row]) -> Iterator[pa.RecordBatch]:
    while found := list(islice(rows, _GROUP_ROWS)):
        yield from table(schema, found).to_batches()


def _batches(path: Path) -> Iterator[pa.RecordBatch]:
    with pq.ParquetFile(path) as file:
        yield from file.iter_batches(_GROUP_ROWS)


def write(output: Path, name: str, schema: pa.Schema, batches: Iterable[pa.RecordBatch]) -> None:
    """Write a table as Parquet and as CSV; the row groups depend only on the rows."""
    options = pa_csv.WriteOptions(quoting_style="needed")
    with (
        pq.ParquetWriter(output / f"{name}.parquet", schema, compression="zstd", version="2.6") as parquet,
        pa_csv.CSVWriter(output / f"{name}.csv", schema, write_options=options) as text,
    ):
        for group in _groups(schema, batches):
            parquet.write_table(group, row_group_size=_GROUP_ROWS)
            text.write_table(group)


def _groups(schema: pa.Schema, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.Table]:
    held: list[pa.RecordBatch] = []
    count = 0
    for batch in batches:
        held.append(batch)
        count += batch.num_rows
        while count >= _GROUP_ROWS:
            whole = _table(schema, held)
            yield whole.slice(0, _GROUP_ROWS)
            rest = whole.slice(_GROUP_ROWS)
            held, count = rest.to_batches(), rest.num_rows
    if count:
        yield _table(schema, held)


def _table(schema: pa.Schema, batches: list[pa.RecordBatch]) -> pa.Table:
    return pa.Table.from_batches([batch.cast(schema) for batch in batches], schema).combine_chunks()
