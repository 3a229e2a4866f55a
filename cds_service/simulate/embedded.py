"""The engine for one machine: processes read and replay, DuckDB groups the data by patient.

Each finished piece of work is a folder that was renamed when complete, so that a killed run can continue after it.
"""

from __future__ import annotations

import gc
import json
import multiprocessing
import os
import threading
from concurrent.futures import ProcessPoolExecutor, as_completed
from itertools import groupby
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

from cds_service.simulate.partitioning import built_whole, stage, told
from cds_service.simulate.replaying import Replayer
from cds_service.simulate.routing import Router
from cds_service.simulate.rows import SCHEMAS, Rows
from cds_service.simulate.tables import connect, rows_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path
    from typing import Self

    from cds_service.configuration.settings import Settings
    from cds_service.simulate.inputs import Piece
    from cds_service.simulate.partitioning import Counts
    from cds_service.simulate.plan import Plan

FLUSH_ORDERS = 20_000
"""Orders whose rows are held in memory before they are written."""
_MEMORY = "512MB"
OBJECTS_BETWEEN_COLLECTIONS = 200_000
"""Few reference cycles are created, and the prepared objects are permanent, so garbage is collected rarely."""
_IN_ORDER = """
    SELECT patient, line FROM (
        SELECT digest, patient, line FROM read_parquet($lines) WHERE part = $part
        {drugs}
    ) ORDER BY digest, patient, line
"""
# A Medication belongs to no patient: it goes to every patient with a resource that refers to it.
_DRUGS = """
        UNION ALL SELECT DISTINCT own.digest, own.patient, drugs.line
        FROM read_parquet($lines) AS own JOIN read_parquet($drugs) AS drugs ON drugs.reference = own.drug
        WHERE own.part = $part
"""

_of_process: tuple[Replayer, Router] | None = None


def replay(run: Plan, workers: int, progress: Callable[[str, int, int], None]) -> tuple[Counts, list[Path]]:
    """Read and replay the whole input; return the counts and the folders of the parts, in order.

    Raises:
        ExportError: a file cannot be read.
        OSError: the output cannot be written.

    """
    staged = [run.work / "read" / f"{number:06}" for number in range(len(run.pieces))]
    parts = [run.work / "parts" / f"{number:04}" for number in range(2**run.bits)]
    # What the processes need is loaded once, in the one that they are forked from; to load it takes longer than to
    # replay a small export.
    started_from = multiprocessing.get_context("forkserver")
    started_from.set_forkserver_preload(["cds_service.simulate.forked_from"])
    with ProcessPoolExecutor(workers, started_from, initializer=_begin, initargs=(run.a, run.b)) as pool:
        try:
            reading = [
                pool.submit(_stage, piece, folder, run.bits) for piece, folder in zip(run.pieces, staged, strict=True)
            ]
            for done, future in enumerate(as_completed(reading), 1):
                future.result()
                progress("reading", done, len(reading))
            counts, names = told(staged)
            replaying = [pool.submit(_replay, run.work, number, names) for number in range(len(parts))]
            for done, future in enumerate(as_completed(replaying), 1):
                future.result()
                progress("replaying", done, len(replaying))
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return counts, parts


def _begin(a: Settings, b: Settings | None) -> None:
    """Prepare a process, and make it end with its parent."""
    global _of_process  # noqa: PLW0603 - what each process prepares once
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
    replayer = Replayer(a, b)
    _of_process = replayer, Router(replayer.wanted, with_roles=replayer.asks_roles)
    gc.set_threshold(OBJECTS_BETWEEN_COLLECTIONS)


def _end_with(parent: multiprocessing.process.BaseProcess) -> None:
    parent.join()
    os._exit(1)


def _prepared() -> tuple[Replayer, Router]:
    if _of_process is None:
        msg = "the process was not prepared"
        raise ValueError(msg)
    return _of_process


def _stage(piece: Piece, folder: Path, bits: int) -> None:
    stage(piece, folder, _prepared()[1], bits)


def _replay(work: Path, part: int, names: Mapping[str, str]) -> None:
    """Replay the patients of a part, and write their rows."""
    folder = work / "parts" / f"{part:04}"
    if folder.exists():
        return
    replayer = _prepared()[0]
    with built_whole(folder) as building:
        with PartWriter(files_of(building)) as writer:
            for patient, lines in _patients(work, part):
                writer.add(replayer.replay_patient(patient, lines, names))
        (building / "counts.json").write_text(json.dumps(writer.counts), encoding="utf-8")


class PartWriter:
    """Writes the tables of a part incrementally."""

    def __init__(self, sinks: Mapping[str, Path | pa.BufferOutputStream]) -> None:
        """Open a file, or a place in memory, for each table."""
        self._writers = {name: pq.ParquetWriter(sinks[name], schema) for name, schema in SCHEMAS.items()}
        self._rows, self._totals = Rows(), Rows()

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, failure: type[BaseException] | None, *_: object) -> None:
        """Write the rest, unless something failed, and close the files."""
        if failure is None:
            self._flush()
        for writer in self._writers.values():
            writer.close()

    @property
    def counts(self) -> dict[str, int]:
        """What was counted in the rows written."""
        return self._totals.counts

    def add(self, rows: Rows) -> None:
        """Add the rows of a patient; they are written once there are enough for a row group."""
        self._rows.add(rows)
        if len(self._rows.orders) >= FLUSH_ORDERS:
            self._flush()

    def _flush(self) -> None:
        for name, writer in self._writers.items():
            writer.write_table(self._rows.table(name))
        self._totals.count(self._rows.counts)
        self._rows = Rows()


def files_of(folder: Path) -> dict[str, Path]:
    """Return the file of each table of a part."""
    return {name: folder / f"{name}.parquet" for name in SCHEMAS}


def _patients(work: Path, part: int) -> Iterator[tuple[str, list[bytes]]]:
    """Yield each patient of a part with all lines, in an order that depends only on the lines."""
    lines = sorted(str(path) for path in (work / "read").glob("*/lines-*.parquet"))
    drugs = sorted(str(path) for path in (work / "read").glob("*/drugs-*.parquet"))
    if not lines:
        return
    spill = work / "spill" / f"{part:04}"
    with connect(threads=1, memory_limit=_MEMORY, temp_directory=str(spill)) as database:
        query = _IN_ORDER.format(drugs=_DRUGS if drugs else "")
        parameters = {"lines": lines, "part": part, **({"drugs": drugs} if drugs else {})}
        found = rows_of(database.execute(query, parameters))
        for patient, group in groupby(found, key=lambda row: row[0]):
            yield patient, [line for _, line in group]
