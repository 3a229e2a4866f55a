"""The engine for many machines: Spark groups the data by patient, and the same function replays it.

The rows come back part by part to the machine that started the run, and are written there just as by the other engine.
Every machine needs this package, and the input and configuration files under the same paths.
"""

from __future__ import annotations

import json
import os
import pickle
import shutil
import sys
from dataclasses import replace
from functools import partial
from itertools import chain, groupby
from typing import TYPE_CHECKING, Any

from py4j.protocol import Py4JError
from pyspark import StorageLevel
from pyspark.errors import PySparkException
from pyspark.sql import SparkSession

from cds_service.simulate.embedded import PartWriter
from cds_service.simulate.inputs import ExportError
from cds_service.simulate.partitioning import Counts, part_of, routed_lines
from cds_service.simulate.replaying import Replayer, digest
from cds_service.simulate.routing import DRUG_KIND, Router, named_in
from cds_service.simulate.rows import Rows
from fhir_mappings.wire.resources import decode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

    from pyspark import RDD

    from cds_service.configuration.settings import Settings
    from cds_service.simulate.inputs import Piece
    from cds_service.simulate.plan import Plan

    Row = tuple[str, str, bytes]
    """The digest of a patient, the patient, and a line."""
    Found = tuple[str, Any]

_PILE, _ASKED, _DRUG, _TOLD = "pile", "asked", "drug", "told"
_PILE_BYTES = 32 * 1024 * 1024
_PATIENTS_TOGETHER = 500
# Set by spark-submit, which already has a master.
_SUBMITTED = "PYSPARK_GATEWAY_PORT"
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
    if master is not None:
        builder = builder.master(master)
    elif _SUBMITTED not in os.environ:
        builder = builder.master(f"local[{workers}]").config("spark.driver.host", "127.0.0.1")
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("OFF")
    try:
        return _replayed(session, run, progress)
    except (PySparkException, Py4JError) as error:
        raise ExportError(_in_one_line(error)) from None
    finally:
        session.stop()


def _in_one_line(error: Exception) -> str:
    """Return why Spark failed: our own message, if one of our functions raised it on a worker."""
    lines = str(error).strip().splitlines()
    ours = next((line for line in lines if f"{ExportError.__name__}: " in line), None)
    if ours is not None:
        return ours.partition(f"{ExportError.__name__}: ")[2][:400]
    return f"Spark gave up: {type(error).__name__}: {lines[0][:200] if lines else ''}"


def _replayed(session: SparkSession, run: Plan, progress: Callable[[str, int, int], None]) -> tuple[Counts, list[Path]]:
    parts = 2**run.bits
    # Files are listed by us: Spark would skip names with a leading dot or underscore, treat brackets as patterns, and
    # rely on suffixes.
    own_pieces = [replace(piece, path=piece.path.resolve()) for piece in run.pieces]
    pieces = session.sparkContext.parallelize(own_pieces, max(1, len(own_pieces)))
    routed = pieces.mapPartitions(partial(_route, run.a, run.b, run.bits)).persist(StorageLevel.DISK_ONLY)
    counts, names = _told(_of_kind(routed, _TOLD).collect())
    progress("reading", 1, 1)
    piles = _of_kind(routed, _PILE)
    if counts.kinds.get("Medication"):
        # A drug is no patient's: it goes to every patient one of whose resources refers to it.
        asked, drugs = _of_kind(routed, _ASKED).distinct(), _of_kind(routed, _DRUG)
        own = asked.join(drugs).map(lambda pair: (*pair[1][0], pair[1][1])).distinct()
        piles = piles.union(own.mapPartitions(partial(_piled, run.bits)))
    by_part = piles.partitionBy(parts, _same)
    replayed = by_part.mapPartitionsWithIndex(partial(_replay, run.a, run.b, names)).persist(StorageLevel.DISK_ONLY)
    # Compute all parts at once, then fetch them one by one.
    replayed.count()
    folders = [run.work / "parts" / f"{number:04}" for number in range(parts)]
    _write(folders, replayed.toLocalIterator())
    progress("replaying", parts, parts)
    return counts, folders


def _of_kind(routed: RDD[Any], kind: str) -> RDD[Any]:
    return routed.filter(lambda found: found[0] == kind).map(lambda found: found[1])


def _same(part: int) -> int:
    return part


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
    return _of_process[name]


def _route(a: Settings, b: Settings | None, bits: int, pieces: Iterable[Piece]) -> Iterator[Found]:
    """Route the lines of some pieces, and finally yield the counts."""
    replayer = _prepared(a, b)
    router, counts, names = Router(replayer.wanted, with_roles=replayer.asks_roles), Counts(), {}
    others: list[Found] = []

    def own() -> Iterator[Row]:
        for line, routed in chain.from_iterable(routed_lines(piece, router, counts) for piece in pieces):
            if routed.patient:
                name = digest(routed.patient)
                if routed.drug:
                    others.append((_ASKED, (routed.drug, (name, routed.patient))))
                yield name, routed.patient, line
            elif routed.kind != DRUG_KIND:
                place, called = named_in(line, routed.kind)
                names[place] = called
            else:
                others.append((_DRUG, (f"Medication/{decode(line)['id']}", line)))

    for pile in _piled(bits, own()):
        yield _PILE, pile
        yield from others
        others.clear()
    yield from others
    yield _TOLD, (counts, names)


def _told(each: Iterable[tuple[Counts, dict[str, str]]]) -> tuple[Counts, dict[str, str]]:
    whole, names = Counts(), {}
    for counts, named_here in each:
        whole.add(counts)
        names.update(named_here)
    return whole, names


def _replay(
    a: Settings, b: Settings | None, names: Mapping[str, str], part: int, piles: Iterable[tuple[int, bytes]]
) -> Iterator[tuple[int, Rows]]:
    replayer, gathered = _prepared(a, b), Rows()
    # In an order that depends only on the lines, as in the other engine. The pickled data from Spark were written by
    # this same module a moment ago.
    rows: list[Row] = sorted(row for _, pile in piles for row in pickle.loads(pile))  # noqa: S301
    for number, ((_, patient), group) in enumerate(groupby(rows, key=lambda row: row[:2]), 1):
        gathered.add(replayer.replay_patient(patient, [row[2] for row in group], names))
        if number % _PATIENTS_TOGETHER == 0:
            yield part, gathered
            gathered = Rows()
    yield part, gathered


def _write(folders: list[Path], replayed: Iterator[tuple[int, Rows]]) -> None:
    for part, group in groupby(replayed, key=lambda found: found[0]):
        folder, totals = folders[part], Rows()
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        with PartWriter(folder) as writer:
            for _, rows in group:
                writer.write(rows)
                totals.count(rows.counts)
        (folder / "counts.json").write_text(json.dumps(totals.counts), encoding="utf-8")
