"""The engine of many machines: Spark brings together what belongs to a patient, and the same function replays it.

The rows come back to the machine that started the run, part by part, and are written there as the other engine writes
them. Every machine needs this package, and the files of the input and of the configurations under the same names.
"""

from __future__ import annotations

import json
import shutil
from functools import lru_cache, partial
from itertools import groupby
from typing import TYPE_CHECKING, Any

from pyspark import StorageLevel
from pyspark.sql import SparkSession

from cds_service.simulate.embedded import PartWriter
from cds_service.simulate.inputs import LINE_LIMIT
from cds_service.simulate.replaying import Replayer, digest
from cds_service.simulate.routing import UNREADABLE, Router
from cds_service.simulate.rows import Rows
from cds_service.simulate.staging import Counts, part_of
from fhir_mappings.as_of.sites import NAMED_KINDS, named
from fhir_mappings.wire import decode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

    from pyspark import RDD

    from cds_service.settings import Settings
    from cds_service.simulate.plan import Plan

_PATIENT, _DRUG, _TOLD = "patient", "drug", "told"
_PATIENTS_TOGETHER = 500
Key = tuple[str, str, bytes]


def replay(run: Plan, workers: int, progress: Callable[[str, int, int], None]) -> tuple[Counts, list[Path]]:
    """Read and replay the whole input; give what was read and the folders of the parts, in order.

    The master is Spark's own setting (``SPARK_MASTER`` or ``spark-submit``); without one, this machine.
    """
    builder = SparkSession.builder.appName("her2-cds simulate").config("spark.ui.enabled", "false")
    if not _has_master():
        builder = builder.master(f"local[{workers}]")
    session = builder.getOrCreate()
    try:
        return _replayed(session, run, progress)
    finally:
        session.stop()


def _has_master() -> bool:
    import os  # noqa: PLC0415

    return any(name in os.environ for name in ("SPARK_MASTER", "SPARK_REMOTE", "MASTER"))


def _replayed(session: SparkSession, run: Plan, progress: Callable[[str, int, int], None]) -> tuple[Counts, list[Path]]:
    parts = 2**run.bits
    lines = session.read.text([path.resolve().as_uri() for path in run.files], lineSep="\n")
    # As bytes: what is no UTF-8 must be told as unreadable, not be put right.
    raw = lines.selectExpr("cast(value as binary) as line").rdd
    routed = raw.mapPartitions(partial(_route, run.a, run.b)).persist(StorageLevel.DISK_ONLY)
    counts, names = _told(routed.filter(lambda found: found[0] == _TOLD).map(lambda found: found[1]).toLocalIterator())
    progress("reading", 1, 1)
    own: RDD[Any] = routed.filter(lambda found: found[0] == _PATIENT).map(lambda found: found[1])
    keyed = own.map(lambda row: ((row[0], row[1], row[3]), None))
    drugs = routed.filter(lambda found: found[0] == _DRUG).map(lambda found: found[1])
    if not drugs.isEmpty():
        asked = own.filter(lambda row: bool(row[2])).map(lambda row: (row[2], (row[0], row[1]))).distinct()
        keyed = keyed.union(asked.join(drugs).map(lambda pair: ((*pair[1][0], pair[1][1]), None)).distinct())
    in_order = keyed.repartitionAndSortWithinPartitions(parts, partial(_part, run.bits))
    replayed = in_order.mapPartitionsWithIndex(partial(_replay, run.a, run.b, names))
    replayed = replayed.persist(StorageLevel.DISK_ONLY)
    replayed.count()
    folders = _write(run, parts, replayed.toLocalIterator())
    progress("replaying", parts, parts)
    return counts, folders


def _part(bits: int, key: Key) -> int:
    return part_of(key[0], bits)


@lru_cache(maxsize=1)
def _prepared(a: str, b: str | None) -> Replayer:
    import pickle  # noqa: PLC0415

    return Replayer(pickle.loads(bytes.fromhex(a)), pickle.loads(bytes.fromhex(b)) if b else None)
