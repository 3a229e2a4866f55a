"""The files of a Bulk FHIR export, cut into pieces that can be read side by side."""

from __future__ import annotations

import gzip
import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

PIECE_BYTES = 32 * 1024 * 1024
_SUFFIXES = (".ndjson", ".ndjson.gz", ".jsonl", ".jsonl.gz")
LINE_LIMIT = 16 * 1024 * 1024
"""A longer line cannot be a resource that this service uses; it is counted as unreadable."""


class ExportError(ValueError):
    """The input cannot be used; the message is one line for whoever started the run."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a file: the lines that begin in a range of bytes. A compressed file is one piece."""

    path: Path
    begin: int
    end: int | None

    def lines(self) -> Iterator[bytes]:
        """Yield the lines that begin in the range, each without its line break.

        Raises:
            OSError: the file cannot be read, or is no whole gzip file.
            EOFError: a gzip file ends too soon.

        """
        if self.end is None:
            with gzip.open(self.path, "rb") as unpacked:
                yield from (line.rstrip(b"\r\n") for line in unpacked)
            return
        with self.path.open("rb") as file:
            if self.begin:
                file.seek(self.begin - 1)
                file.readline()
            while file.tell() < self.end and (line := file.readline()):
                yield line.rstrip(b"\r\n")


def export_files(folder: Path) -> list[Path]:
    """List the files of an export, in the folder and below it.

    Raises:
        ExportError: no such files.

    """
    found = sorted(path for path in folder.rglob("*") if path.name.casefold().endswith(_SUFFIXES) and path.is_file())
    if not found:
        raise ExportError(f"{folder}: no NDJSON files (*.ndjson, *.ndjson.gz) in it")
    return found


def pieces(files: Sequence[Path]) -> list[Piece]:
    """Cut the files into pieces; where the cuts are depends on the files alone."""
    found = []
    for path in files:
        if path.name.casefold().endswith(".gz"):
            found.append(Piece(path, 0, None))
            continue
        size = path.stat().st_size
        found += [Piece(path, begin, min(begin + PIECE_BYTES, size)) for begin in range(0, size, PIECE_BYTES)]
    return found


def stamp(files: Sequence[Path], folder: Path) -> str:
    """Return a digest of names, sizes and times of change, by which a run knows its own input again."""
    written = [f"{path.relative_to(folder)}\t{path.stat().st_size}\t{path.stat().st_mtime_ns}" for path in files]
    return hashlib.sha256("\n".join(written).encode()).hexdigest()
