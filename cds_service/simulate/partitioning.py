"""Partitions an export: each line is routed once and written to its patient's part, in complete files.

A part is the patients whose digests share a prefix, so that the parts in sequence are in digest order.
"""

from __future__ import annotations

import json
import shutil
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

from cds_service.simulate.inputs import LINE_LIMIT, ExportError
from cds_service.simulate.replaying import digest
from cds_service.simulate.routing import DRUG_KIND, UNREADABLE, named_in
from fhir_mappings.wire.exact_json import decode

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from cds_service.simulate.inputs import ExportFile, Piece
    from cds_service.simulate.routing import Routed, Router

_FLUSH_BYTES = 32 * 1024 * 1024
_LINES = pa.schema(
    [
        ("part", pa.int32()),
        ("digest", pa.string()),
        ("patient", pa.string()),
        ("drug", pa.string()),
        ("line", pa.binary()),
    ]
)
_DRUGS = pa.schema([("reference", pa.string()), ("line", pa.binary())])
LAST_PART_BITS = 8
_UNPACKED = 8
"""The approximate growth of resources when decompressed."""


def part_of(patient_digest: str, bits: int) -> int:
    """Return the part of a patient among ``2 ** bits``."""
    return int(patient_digest[:4], 16) >> (16 - bits)


@dataclass(slots=True)
class Counts:
    """How many lines were read, and how many were not used and why; no content."""

    lines: int = 0
    unreadable: int = 0
    kinds: dict[str, int] = field(default_factory=dict)
    unused: dict[str, int] = field(default_factory=dict)

    def note(self, kind: str, unused: str) -> None:
        """Count one line."""
        self.lines += 1
        if kind:
            self.kinds[kind] = self.kinds.get(kind, 0) + 1
        if unused == "unreadable":
            self.unreadable += 1
        elif unused:
            name = f"{kind}: {unused}"
            self.unused[name] = self.unused.get(name, 0) + 1

    def add(self, other: Counts) -> None:
        """Add another piece's counts."""
        self.lines += other.lines
        self.unreadable += other.unreadable
        for mine, theirs in ((self.kinds, other.kinds), (self.unused, other.unused)):
            for name, number in theirs.items():
                mine[name] = mine.get(name, 0) + number


class _Pile:
    """Lines of one piece that have not been written yet."""

    def __init__(self, folder: Path, bits: int) -> None:
        self._folder, self._bits = folder, bits
        self._files = 0
        self._bytes = 0
        self._rows: list[tuple[int, str, str, str, bytes]] = []
        self._drugs: list[tuple[str, bytes]] = []

    def add(self, patient: str, drug: str, line: bytes) -> None:
        name = digest(patient)
        self._rows.append((part_of(name, self._bits), name, patient, drug, line))
        self._grow(line)

    def add_drug(self, reference: str, line: bytes) -> None:
        self._drugs.append((reference, line))
        self._grow(line)

    def _grow(self, line: bytes) -> None:
        self._bytes += len(line)
        if self._bytes > _FLUSH_BYTES:
            self.lay_down()

    def lay_down(self) -> None:
        """Write the lines, each part as its own row group, so that it can be read without the others."""
        if self._rows:
            # A stable sort by part only; lines within a part are sorted when it is read.
            self._rows.sort(key=lambda row: row[0])
            with pq.ParquetWriter(
                self._folder / f"lines-{self._files:04}.parquet", _LINES, compression="zstd"
            ) as writer:
                begin = 0
                for end in range(1, len(self._rows) + 1):
                    if end == len(self._rows) or self._rows[end][0] != self._rows[begin][0]:
                        columns = zip(*self._rows[begin:end], strict=True)
                        writer.write_table(
                            pa.table([pa.array(c, f.type) for c, f in zip(columns, _LINES, strict=True)], schema=_LINES)
                        )
                        begin = end
        if self._drugs:
            columns = zip(*self._drugs, strict=True)
            written = pa.table([pa.array(c, f.type) for c, f in zip(columns, _DRUGS, strict=True)], schema=_DRUGS)
            pq.write_table(written, self._folder / f"drugs-{self._files:04}.parquet", compression="zstd")
        self._files += 1
        self._bytes = 0
        self._rows.clear()
        self._drugs.clear()


def stage(piece: Piece, folder: Path, router: Router, bits: int) -> None:
    """Partition a piece into a folder, which is complete or absent afterwards.

    Raises:
        ExportError: the file cannot be read.
        OSError: the folder cannot be written.

    """
    if folder.exists():
        return
    with built_whole(folder) as building:
        pile, counts, names = _Pile(building, bits), Counts(), {}
        for line, routed in routed_lines(piece, router, counts):
            if routed.patient:
                pile.add(routed.patient, routed.drug, line)
            elif routed.kind != DRUG_KIND:
                own, name = named_in(line, routed.kind)
                names[own] = name
            else:
                pile.add_drug(f"Medication/{decode(line)['id']}", line)
        pile.lay_down()
        told = {"counts": [counts.lines, counts.unreadable, counts.kinds, counts.unused], "names": names}
        (building / "told.json").write_text(json.dumps(told), encoding="utf-8")


@contextmanager
def built_whole(folder: Path) -> Iterator[Path]:
    """Give a new folder to fill; it gets its name only when it is complete."""
    building = folder.with_suffix(".new")
    shutil.rmtree(building, ignore_errors=True)
    building.mkdir(parents=True)
    yield building
    building.rename(folder)


def routed_lines(piece: Piece, router: Router, counts: Counts) -> Iterator[tuple[bytes, Routed]]:
    """Yield the lines of a piece that are used, each with what it is, and count all of them.

    Raises:
        ExportError: the file cannot be read.

    """
    for line in readable(piece):
        if not line.strip():
            continue
        routed = router.route(line) if len(line) <= LINE_LIMIT else UNREADABLE
        counts.note(routed.kind, routed.unused)
        if not routed.unused:
            yield line, routed


def readable(piece: Piece) -> Iterator[bytes]:
    """Yield the lines of a piece.

    Raises:
        ExportError: the file cannot be read.

    """
    try:
        yield from piece.lines()
    except (OSError, EOFError) as error:
        raise ExportError(f"{piece.path}: cannot be read: {getattr(error, 'strerror', None) or error}") from None


def told(folders: Iterable[Path]) -> tuple[Counts, dict[str, str]]:
    """Sum up what the folders of the pieces tell."""
    read = (json.loads((folder / "told.json").read_text(encoding="utf-8")) for folder in folders)
    return summed((Counts(*each["counts"]), each["names"]) for each in read)


def summed(pieces: Iterable[tuple[Counts, dict[str, str]]]) -> tuple[Counts, dict[str, str]]:
    """Sum up the counts of some pieces, and collect the names of places."""
    whole, names = Counts(), {}
    for counts, named in pieces:
        whole.add(counts)
        names.update(named)
    return whole, names


def size_of(files: Iterable[ExportFile]) -> int:
    """Estimate the uncompressed size of an export in bytes."""
    return sum(each.path.stat().st_size * (_UNPACKED if each.packed else 1) for each in files)
