"""The engine for many machines: Spark groups the data by patient, and the same function replays it.

Every line is routed once, and one shuffle takes it to its part. The tables of a part are written where it is replayed;
the machine that started the run puts them into files, just as the other engine does.
Every machine needs this package, and the input and configuration files under the same paths.
"""

from __future__ import annotations

import gc
import json
import os
import pickle
import shutil
import sys
from dataclasses import replace
from functools import partial
from itertools import chain, groupby
from typing import TYPE_CHECKING, NamedTuple

import pyarrow as pa
from py4j.protocol import Py4JError
from pyspark import StorageLevel
from pyspark.errors import PySparkException
from pyspark.sql import SparkSession

from cds_service.simulate.embedded import OBJECTS_BETWEEN_COLLECTIONS, PartWriter, files_of
from cds_service.simulate.inputs import ExportError
from cds_service.simulate.partitioning import Counts, part_of, routed_lines, summed
from cds_service.simulate.replaying import Replayer, digest
from cds_service.simulate.routing import DRUG_KIND, Router, named_in
from cds_service.simulate.rows import SCHEMAS
from fhir_mappings.wire.exact_json import decode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

    from cds_service.configuration.settings import Settings
    from cds_service.simulate.inputs import Piece
    from cds_service.simulate.plan import Plan
    from cds_service.simulate.routing import Routed

    Row = tuple[str, str, bytes]
    """The digest of a patient, the patient, and a line."""

_PILE_BYTES = 32 * 1024 * 1024
# Set by spark-submit, which already has a master.
_SUBMITTED = "PYSPARK_GATEWAY_PORT"
# Java only carries bytes between files, network and Python: its optimizing compiler and parallel collector cost more
# processor time than they save. What a site sets as `extraJavaOptions` comes after these.
_JAVA_OPTIONS = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
_of_process: dict[str, Replayer] = {}


def replay(
    run: Plan, workers: int, progress: Callable[[str, int, int], None], master: str | None = None
) -> tuple[Counts, list[Path]]:
    """Read and replay the whole input; give what was read and the folders of the parts, in order.

    It runs on the cluster of a ``master``, else where ``spark-submit`` says, else on this machine.

    Raises:
        ExportError: Spark failed.

    """
    # Workers use this Python, not the first one on the path.
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    builder = SparkSession.builder.appName("her2-cds simulate").config("spark.ui.enabled", "false")
    builder = builder.config("spark.ui.showConsoleProgress", "false")
    for side in ("driver", "executor"):
        builder = builder.config(f"spark.{side}.defaultJavaOptions", _JAVA_OPTIONS)
    if master is not None:
        builder = builder.master(master)
    elif _SUBMITTED not in os.environ:
        builder = builder.master(f"local[{workers}]").config("spark.driver.host", "127.0.0.1")
    try:
        with builder.getOrCreate() as session:
            session.sparkContext.setLogLevel("OFF")
            return _replayed(session, run, progress)
    except (PySparkException, Py4JError) as error:
        raise ExportError(_in_one_line(error)) from None


class _Part(NamedTuple):
    """The tables of a part as Parquet files, and its counts."""

    number: int
    tables: dict[str, bytes]
    counts: dict[str, int]


def _in_one_line(error: Exception) -> str:
    """Return why Spark failed: our own message, if one of our functions raised it on a worker."""
    lines = str(error).strip().splitlines()
    ours = next((line for line in lines if f"{ExportError.__name__}: " in line), None)
    if ours is not None:
        return ours.partition(f"{ExportError.__name__}: ")[2][:400]
    # Py4J names the call on its first line, and the cause behind a colon.
    cause = next((line.removeprefix(": ") for line in lines if line.startswith(": ")), lines[0] if lines else "")
    return f"Spark gave up: {type(error).__name__}: {cause[:200]}"


def _replayed(session: SparkSession, run: Plan, progress: Callable[[str, int, int], None]) -> tuple[Counts, list[Path]]:
    parts = 2**run.bits
    # Files are listed by us: Spark would skip names with a leading dot or underscore, treat brackets as patterns, and
    # rely on suffixes.
    own_pieces = [replace(piece, path=piece.path.resolve()) for piece in run.pieces]
    pieces = session.sparkContext.parallelize(own_pieces, max(1, len(own_pieces)))
    # The counts are in a separate partition after the parts. Spark keeps the files of a shuffle, so lines are
    # not routed again for the parts; a persisted result of routing would be sent through Python once for each use.
    by_part = pieces.mapPartitions(partial(_route, run.a, run.b, run.bits)).partitionBy(parts + 1, _same)
    counted = session.sparkContext.runJob(by_part, list, [parts])
    counts, names = summed(pickle.loads(each) for _, each in counted)  # noqa: S301 - written by `_route`
    progress("reading", 1, 1)
    if counts.kinds.get("Medication"):
        # A drug belongs to no patient: it goes to every patient with a resource that refers to it.
        asked = pieces.mapPartitions(partial(_asked, run.a, run.b)).distinct()
        drugs = pieces.mapPartitions(partial(_drugs, run.a, run.b))
        own = asked.join(drugs).map(_of_patient).distinct()
        by_part = by_part.union(own.mapPartitions(partial(_piled, run.bits)).partitionBy(parts + 1, _same))
    replay = partial(_replay, run.a, run.b, names, parts)
    replayed = by_part.mapPartitionsWithIndex(replay).persist(StorageLevel.DISK_ONLY)
    # Compute all parts at once, then fetch them one by one.
    replayed.count()
    folders = [run.work / "parts" / f"{number:04}" for number in range(parts)]
    for part in replayed.toLocalIterator():
        _write(folders[part.number], part)
    progress("replaying", parts, parts)
    return counts, folders


def _same(part: int) -> int:
    return part


def _of_patient(found: tuple[str, tuple[tuple[str, str], bytes]]) -> Row:
    _, ((name, patient), line) = found
    return name, patient, line


def _piled(bits: int, rows: Iterable[Row]) -> Iterator[tuple[int, bytes]]:
    """Group rows by their patient's part, so that Spark gets a few large values rather than every line.

    Spark serializes its values several times on the way; line by line that would cost more than the judgment.
    """
    piles: dict[int, list[Row]] = {}
    size = 0
    for row in rows:
        piles.setdefault(part_of(row[0], bits), []).append(row)
        size += len(row[2])
        if size > _PILE_BYTES:
            yield from _written(piles)
            piles, size = {}, 0
    yield from _written(piles)


def _written(piles: Mapping[int, list[Row]]) -> Iterator[tuple[int, bytes]]:
    for part, rows in piles.items():
        yield part, pickle.dumps(rows, pickle.HIGHEST_PROTOCOL)


def _prepared(a: Settings, b: Settings | None) -> Replayer:
    """Return the replayer, created once per process."""
    name = f"{a.client} {a.model_dump_json()} {b.model_dump_json() if b else ''}"
    if name not in _of_process:
        _of_process[name] = Replayer(a, b)
        gc.collect()
        gc.freeze()
        gc.set_threshold(OBJECTS_BETWEEN_COLLECTIONS)
    return _of_process[name]


def _routed(replayer: Replayer, pieces: Iterable[Piece], counts: Counts) -> Iterator[tuple[Routed, bytes]]:
    """Yield the lines that are used, each after what it is, and count all of them."""
    router = Router(replayer.wanted, with_roles=replayer.asks_roles)
    for line, routed in chain.from_iterable(routed_lines(piece, router, counts) for piece in pieces):
        yield routed, line


def _route(a: Settings, b: Settings | None, bits: int, pieces: Iterable[Piece]) -> Iterator[tuple[int, bytes]]:
    """Route the lines of some pieces to the parts of their patients, and what was counted to the last one."""
    counts, names = Counts(), {}

    def own() -> Iterator[Row]:
        for routed, line in _routed(_prepared(a, b), pieces, counts):
            if routed.patient:
                yield digest(routed.patient), routed.patient, line
            elif routed.kind != DRUG_KIND:
                place, called = named_in(line, routed.kind)
                names[place] = called

    yield from _piled(bits, own())
    yield 2**bits, pickle.dumps((counts, names), pickle.HIGHEST_PROTOCOL)


def _asked(a: Settings, b: Settings | None, pieces: Iterable[Piece]) -> Iterator[tuple[str, tuple[str, str]]]:
    """Yield each Medication that a patient's resources refer to, and the patient."""
    for routed, _ in _routed(_prepared(a, b), pieces, Counts()):
        if routed.patient and routed.drug:
            yield routed.drug, (digest(routed.patient), routed.patient)


def _drugs(a: Settings, b: Settings | None, pieces: Iterable[Piece]) -> Iterator[tuple[str, bytes]]:
    """Yield each Medication by its reference."""
    for routed, line in _routed(_prepared(a, b), pieces, Counts()):
        if routed.kind == DRUG_KIND:
            yield f"Medication/{decode(line)['id']}", line


def _replay(
    a: Settings,
    b: Settings | None,
    names: Mapping[str, str],
    parts: int,
    number: int,
    piles: Iterable[tuple[int, bytes]],
) -> Iterator[_Part]:
    """Replay the patients of a part."""
    if number == parts:
        return
    replayer = _prepared(a, b)
    # In an order that depends only on the lines, as in the other engine. The pickled data from Spark were written by
    # this same module a moment ago.
    rows: list[Row] = sorted(row for _, pile in piles for row in pickle.loads(pile))  # noqa: S301
    sinks = {name: pa.BufferOutputStream() for name in SCHEMAS}
    with PartWriter(sinks) as writer:
        for (_, patient), group in groupby(rows, key=lambda row: row[:2]):
            writer.add(replayer.replay_patient(patient, [row[2] for row in group], names))
    yield _Part(number, {name: sink.getvalue().to_pybytes() for name, sink in sinks.items()}, writer.counts)


def _write(folder: Path, part: _Part) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name, file in files_of(folder).items():
        file.write_bytes(part.tables[name])
    (folder / "counts.json").write_text(json.dumps(part.counts), encoding="utf-8")
