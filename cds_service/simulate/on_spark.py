"""The engine of many machines: Spark brings together what belongs to a patient, and the same function replays it.

The rows come back to the machine that started the run, part by part, and are written there as the other engine writes
them. Every machine needs this package, and the files of the input and of the configurations under the same names.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from functools import partial
from itertools import groupby
from typing import TYPE_CHECKING, Any

from py4j.protocol import Py4JError
from pyspark import StorageLevel
from pyspark.errors import PySparkException
from pyspark.sql import SparkSession

from cds_service.simulate.embedded import PartWriter
from cds_service.simulate.inputs import LINE_LIMIT, ExportError
from cds_service.simulate.partitioning import Counts, part_of
from cds_service.simulate.replaying import Replayer, digest
from cds_service.simulate.routing import DRUG_KIND, UNREADABLE, Router, named_in
from cds_service.simulate.rows import Rows
from fhir_mappings.wire.resources import decode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

    from pyspark import RDD

    from cds_service.configuration.settings import Settings
    from cds_service.simulate.plan import Plan

    Key = tuple[str, str, bytes]
    Found = tuple[str, Any]

_OWN, _DRUG, _TOLD = "own", "drug", "told"
_PATIENTS_TOGETHER = 500
# Set by spark-submit, which has a master already.
_SUBMITTED = "PYSPARK_GATEWAY_PORT"
_of_process: dict[str, Replayer] = {}


def replay(run: Plan, workers: int, progress: Callable[[str, int, int], None]) -> tuple[Counts, list[Path]]:
    """Read and replay the whole input; give what was read and the folders of the parts, in order.

    Started by ``spark-submit`` it runs where that says; otherwise on this machine.

    Raises:
        ExportError: Spark gave up.

    """
    # The workers' Python is this one, and not whichever comes first on the path.
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    builder = SparkSession.builder.appName("her2-cds simulate").config("spark.ui.enabled", "false")
    builder = builder.config("spark.ui.showConsoleProgress", "false")
    if _SUBMITTED not in os.environ:
        builder = builder.master(f"local[{workers}]").config("spark.driver.host", "127.0.0.1")
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("OFF")
    try:
        return _replayed(session, run, progress)
    except (PySparkException, Py4JError) as error:
        raise ExportError(
            f"Spark gave up: {type(error).__name__}: {str(error).strip().splitlines()[0][:200]}"
        ) from None
    finally:
        session.stop()


def _replayed(session: SparkSession, run: Plan, progress: Callable[[str, int, int], None]) -> tuple[Counts, list[Path]]:
    parts = 2**run.bits
    lines = session.read.text([path.resolve().as_uri() for path in run.files], lineSep="\n")
    # As bytes: what is no UTF-8 must be told as unreadable, not be put right.
    raw = lines.selectExpr("cast(value as binary) as line").rdd
    routed = raw.mapPartitions(partial(_route, run.a, run.b)).persist(StorageLevel.DISK_ONLY)
    counts, names = _told(_of_kind(routed, _TOLD).collect())
    progress("reading", 1, 1)
    own, drugs = _of_kind(routed, _OWN), _of_kind(routed, _DRUG)
    keyed = own.map(lambda row: ((row[0], row[1], row[3]), None))
    if counts.kinds.get("Medication"):
        asked = own.filter(lambda row: bool(row[2])).map(lambda row: (row[2], (row[0], row[1]))).distinct()
        keyed = keyed.union(asked.join(drugs).map(lambda pair: ((*pair[1][0], pair[1][1]), None)).distinct())
    in_order = keyed.repartitionAndSortWithinPartitions(parts, partial(_part, run.bits))
    replayed = in_order.mapPartitionsWithIndex(partial(_replay, run.a, run.b, names)).persist(StorageLevel.DISK_ONLY)
    # All parts at once; only then are they fetched, one after the other.
    replayed.count()
    folders = [run.work / "parts" / f"{number:04}" for number in range(parts)]
    _write(folders, replayed.toLocalIterator())
    progress("replaying", parts, parts)
    return counts, folders


def _of_kind(routed: RDD[Any], kind: str) -> RDD[Any]:
    return routed.filter(lambda found: found[0] == kind).map(lambda found: found[1])


def _part(bits: int, key: Key) -> int:
    return part_of(key[0], bits)


def _prepared(a: Settings, b: Settings | None) -> Replayer:
    """Return what replays, made once in each process."""
    name = f"{a.client} {a.model_dump_json()} {b.model_dump_json() if b else ''}"
    if name not in _of_process:
        _of_process[name] = Replayer(a, b)
    return _of_process[name]


def _route(a: Settings, b: Settings | None, rows: Iterable[Any]) -> Iterator[Found]:
    """Route the lines of a partition, and tell at its end what was read."""
    replayer = _prepared(a, b)
    router, counts, names = Router(replayer.wanted, with_roles=replayer.asks_roles), Counts(), {}
    for row in rows:
        line = bytes(row.line).rstrip(b"\r")
        if not line.strip():
            continue
        routed = router.route(line) if len(line) <= LINE_LIMIT else UNREADABLE
        counts.note(routed.kind, routed.unused)
        if routed.unused:
            continue
        if routed.patient:
            yield _OWN, (digest(routed.patient), routed.patient, routed.drug, line)
        elif routed.kind != DRUG_KIND:
            own, name = named_in(line, routed.kind)
            names[own] = name
        else:
            yield _DRUG, (f"Medication/{decode(line)['id']}", line)
    yield _TOLD, (counts, names)


def _told(each: Iterable[tuple[Counts, dict[str, str]]]) -> tuple[Counts, dict[str, str]]:
    whole, names = Counts(), {}
    for counts, named_here in each:
        whole.add(counts)
        names.update(named_here)
    return whole, names


def _replay(
    a: Settings, b: Settings | None, names: Mapping[str, str], part: int, rows: Iterable[tuple[Key, None]]
) -> Iterator[tuple[int, Rows]]:
    replayer, gathered = _prepared(a, b), Rows()
    for number, ((_, patient), group) in enumerate(groupby(rows, key=lambda row: row[0][:2]), 1):
        gathered.add(replayer.replay_patient(patient, [row[0][2] for row in group], names))
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
