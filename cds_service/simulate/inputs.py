"""The files of a Bulk FHIR export: which are read, and which are not and why; the same for every engine.

The list is made before an engine sees a file, by content more than by name: exports contain files with a leading
underscore, without a suffix, or as ``.json``. Compression is recognized by the first bytes.
"""

from __future__ import annotations

import gzip
import hashlib
import os
from codecs import BOM_UTF8
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path
from typing import IO, TYPE_CHECKING, cast

import pyarrow as pa

from fhir_mappings.wire.exact_json import Unreadable, decode
from fhir_mappings.wire.lenient import text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

PIECE_BYTES = 32 * 1024 * 1024
LINE_LIMIT = 16 * 1024 * 1024
"""A longer line cannot be a resource that this service uses; it is counted as unreadable."""
GZIP, ZSTD = "gzip", "zstd"
_PACKED = {".gz": GZIP, ".zst": ZSTD}
_BEGIN = {b"\x1f\x8b": GZIP, b"\x28\xb5\x2f\xfd": ZSTD}
_OTHERWISE_PACKED = {b"BZh": "bzip2", b"\xfd7zXZ": "xz", b"PK\x03\x04": "zip", b"\x04\x22\x4d\x18": "lz4"}
_LINES = (".ndjson", ".jsonl")
"""Files with these suffixes are read; each line that is not a resource is counted."""
_WIDE_MARKS = (b"\xff\xfe", b"\xfe\xff")
_GLIMPSE = 4096
_BLANK_LINES = 1000


class ExportError(ValueError):
    """The input cannot be used; the message is one line for the user."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a file: the lines that begin in a byte range. A compressed file is one piece, without an end."""

    path: Path
    begin: int
    end: int | None
    packed: str = ""

    def lines(self) -> Iterator[bytes]:
        """Yield the lines that begin in the range, each without its line break, the first without a byte order mark.

        Raises:
            OSError: the file cannot be read, or is a truncated compressed file.
            EOFError: a gzip file ends too soon.

        """
        with _opened(self.path, self.packed) as file:
            if self.begin:
                file.seek(self.begin - 1)
                file.readline()
            else:
                yield file.readline().removeprefix(BOM_UTF8).rstrip(b"\r\n")
            if self.end is None:
                yield from (line.rstrip(b"\r\n") for line in file)
                return
            while file.tell() < self.end and (line := file.readline()):
                yield line.rstrip(b"\r\n")


@dataclass(frozen=True, slots=True)
class ExportFile:
    """A file to read; ``packed`` is its compression, if any."""

    path: Path
    packed: str = ""

    @property
    def whole(self) -> Piece:
        """The file as one piece."""
        return Piece(self.path, 0, None, self.packed)

    def pieces(self) -> Iterator[Piece]:
        """Split the file; the splits depend only on its size."""
        if self.packed:
            yield self.whole
            return
        size = self.path.stat().st_size
        for begin in range(0, size, PIECE_BYTES):
            yield Piece(self.path, begin, min(begin + PIECE_BYTES, size))


@dataclass(frozen=True, slots=True)
class Aside:
    """A file that is not read, and why; ``may_be_data``: it may contain orders."""

    path: Path
    why: str
    may_be_data: bool = False


def export_files(folder: Path, output: Path | None = None) -> tuple[list[ExportFile], list[Aside]]:
    """List the files of an export, in the folder and below it, and those that are not read.

    The run's own ``output`` is excluded.

    Raises:
        ExportError: there is no file to read, or a file cannot be opened.

    """
    found: list[ExportFile] = []
    aside: list[Aside] = []
    for path in _below(folder, output.resolve() if output else None):
        try:
            each = _looked_at(path)
        except OSError as error:
            raise ExportError(f"{path}: cannot be read: {error.strerror or error}") from None
        (found if isinstance(each, ExportFile) else aside).append(each)  # type: ignore[arg-type]
    if not found:
        others = f"; {aside[0].path.name}: {aside[0].why}" if aside else ""
        raise ExportError(f"{folder}: no NDJSON files (*.ndjson, *.ndjson.gz, *.ndjson.zst) in it{others}")
    return found, aside


def pieces(files: Sequence[ExportFile]) -> list[Piece]:
    """Split the files into pieces; the splits depend only on the files."""
    return [piece for each in files for piece in each.pieces()]


def stamp(files: Sequence[ExportFile], folder: Path) -> str:
    """Return a digest of names, sizes and modification times, by which a run recognizes its input."""
    told = [(str(each.path.relative_to(folder)), each.path.stat()) for each in files]
    written = [f"{name}\t{known.st_size}\t{known.st_mtime_ns}" for name, known in told]
    return hashlib.sha256("\n".join(written).encode(errors="surrogateescape")).hexdigest()


def printable(path: Path, folder: Path) -> str:
    """Return a file's relative name so that it fits on one line and can be encoded."""
    name = str(path.relative_to(folder)).encode(errors="surrogateescape").decode(errors="backslashreplace")
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in name)


def _below(folder: Path, output: Path | None) -> Iterator[Path]:
    found = []
    for place, folders, names in os.walk(folder, onerror=_not_listed):
        folders[:] = [name for name in folders if output is None or (Path(place) / name).resolve() != output]
        # A link to a folder is not followed, because it may form a cycle.
        found += [
            Path(place) / name for name in (*names, *folders) if name in names or (Path(place) / name).is_symlink()
        ]
    return iter(sorted(found))


def _not_listed(error: OSError) -> None:
    raise ExportError(f"{error.filename}: cannot be read: {error.strerror or error}")


def _looked_at(path: Path) -> ExportFile | Aside:
    if path.is_dir():
        return Aside(path, "a link to a folder is not followed", may_be_data=True)
    if not path.is_file():
        return Aside(path, "no file: a pipe, a socket, or a link that leads nowhere")
    with path.open("rb") as file:
        begin = file.read(_GLIMPSE)
    suffixes = [each.casefold() for each in path.suffixes]
    packed = next((kind for mark, kind in _BEGIN.items() if begin.startswith(mark)), "")
    if not packed and begin and suffixes:
        packed = _PACKED.get(suffixes[-1], "")
    for mark, kind in _OTHERWISE_PACKED.items():
        if begin.startswith(mark):
            return Aside(path, f"compressed with {kind}: unpack it", may_be_data=True)
    own = [each for each in suffixes if each not in _PACKED][-1:]
    is_named_so = bool(own) and own[0] in _LINES
    if begin.startswith(_WIDE_MARKS):
        return Aside(path, "UTF-16: write it as UTF-8", may_be_data=True)
    if is_named_so:
        return ExportFile(path, packed)
    return _by_first_line(path, packed)


def _by_first_line(path: Path, packed: str) -> ExportFile | Aside:
    """Accept a file not named as NDJSON if its first line is a complete resource."""
    try:
        with _opened(path, packed) as file:
            line = file.readline(LINE_LIMIT + 1).removeprefix(BOM_UTF8)
            for _ in range(_BLANK_LINES):
                if line.strip() or not line:
                    break
                line = file.readline(LINE_LIMIT + 1)
            more = line + file.read(_GLIMPSE)
    except (OSError, EOFError):
        return Aside(path, "cannot be unpacked", may_be_data=True)
    kind = _kind(line)
    if kind == "Bundle":
        return Aside(path, "a Bundle: write its resources one on a line", may_be_data=True)
    if kind:
        return ExportFile(path, packed)
    if b'"resourceType"' in more:
        return Aside(path, "resources, but not one on a line", may_be_data=True)
    return Aside(path, "empty" if not line.strip() else "its first line is no resource")


def _kind(line: bytes) -> str:
    if len(line) > LINE_LIMIT or not line.lstrip().startswith(b"{"):
        return ""
    try:
        content = decode(line)
    except Unreadable:
        return ""
    return text(content.get("resourceType")) if isinstance(content, dict) else ""


def _opened(path: Path, packed: str) -> IO[bytes]:
    if packed == GZIP:
        return cast("IO[bytes]", gzip.open(path, "rb"))
    if packed == ZSTD:
        return BufferedReader(pa.CompressedInputStream(pa.OSFile(os.fsencode(path)), ZSTD))
    return path.open("rb")
