"""Compares the knowledge with one public file of any supported kind."""

from __future__ import annotations

from codecs import BOM_UTF8
from typing import TYPE_CHECKING, Any

from cds_service.public_files.archives import is_archive
from cds_service.public_files.billing_codes import check_crosswalk, check_hcpcs, is_crosswalk
from cds_service.public_files.diagnoses import check_diagnoses, is_order_line
from cds_service.public_files.drug_directories import check_label, check_ndc_directory, check_rxnorm
from cds_service.public_files.findings import READABLE, Finding, PublicFileError
from fhir_mappings.wire.exact_json import Unreadable, decode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import date
    from pathlib import Path

    from cards.knowledge.schema import Knowledge
    from cards.knowledge.schema.billing import BillingKnowledge

_LIMIT = 2 * 1024**3
_WHOLE_LIMIT = 512 * 1024**2
_HEAD = 65_536
_PREAMBLE = 30
_BARS = 16


def check_against(path: Path, known: Knowledge, billing: BillingKnowledge, today: date) -> list[Finding]:
    """Read a public file of any quarter and list where it differs from the knowledge.

    Its kind is recognized by its content: openFDA's NDC directory (JSON), the CMS NDC to HCPCS crosswalk (CSV), the
    quarterly HCPCS file, RXNCONSO, the ICD-10-CM order file, or a structured product label (XML).

    Raises:
        PublicFileError: it is not one of these, is too large, or cannot be read.

    """
    name = path.name
    try:
        if path.stat().st_size > _LIMIT:
            raise PublicFileError(f"{name}: larger than {_LIMIT} bytes")
        if is_archive(path):
            raise PublicFileError(f"{name}: an archive; unpack it and name the file inside")
        with path.open("rb") as file:
            head = file.read(_HEAD)
        if not head.strip():
            raise PublicFileError(f"{name}: the file is empty")
        if b"\0" in head:
            raise PublicFileError(f"{name}: not text in UTF-8; it must be {READABLE}")
        start = head.lstrip(BOM_UTF8 + b" \t\r\n")[:1]
        if start in (b"{", b"["):
            return check_ndc_directory(_json(path), known, name, today)
        if start == b"<":
            return check_label(_whole(path), known, name)
        encoding = _encoding(head)
        with path.open(encoding=encoding, errors="replace", newline="") as lines:
            return _of_lines(head.decode(encoding, "replace"), lines, known, billing, (name, today))
    except OSError as error:
        raise PublicFileError(f"{name}: cannot be read ({type(error).__name__})") from None


def _of_lines(
    head: str, lines: Iterable[str], known: Knowledge, billing: BillingKnowledge, of: tuple[str, date]
) -> list[Finding]:
    name, today = of
    first = head.splitlines()
    if any(is_crosswalk(line) for line in first[:_PREAMBLE]):
        return check_crosswalk(list(lines), known, name)
    line = first[0] if first else ""
    if line.count("|") >= _BARS:
        return check_rxnorm(_whole_lines(lines, name, lambda last: last.count("|") >= _BARS), known, name)
    if is_order_line(line):
        return check_diagnoses(_whole_lines(lines, name, is_order_line), known, billing, name)
    return check_hcpcs(_whole_lines(lines, name), known, name, today)


def _whole_lines(lines: Iterable[str], name: str, is_whole: Callable[[str], bool] | None = None) -> Iterator[str]:
    """Yield the lines of a file, and refuse one that was cut: what is behind the cut would be reported as ended.

    Without ``is_whole`` the last line is held to the width of the others, if they have one.

    Raises:
        PublicFileError: the last line does not end, and is not whole.

    """
    last, before, widths = "", "", set[int]()
    for last in lines:
        if before:
            widths.add(len(before.rstrip("\r\n")))
        before = last
        yield last
    is_cut = not is_whole(last) if is_whole else len(widths) == 1 and len(last) < min(widths)
    if last and is_cut and not last.endswith(("\n", "\r")):
        raise PublicFileError(f"{name}: it ends in the middle of a line: the copy is not complete; fetch it again")


def _encoding(head: bytes) -> str:
    """Choose between UTF-8 and the code page that CMS uses; the sample may end in the middle of a character."""
    try:
        head[:-4].decode("utf-8")
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8-sig"


def _json(path: Path) -> Any:
    try:
        return decode(_whole(path))
    except Unreadable:
        raise PublicFileError(f"{path.name}: not JSON that can be read") from None


def _whole(path: Path) -> bytes:
    if path.stat().st_size > _WHOLE_LIMIT:
        raise PublicFileError(f"{path.name}: larger than {_WHOLE_LIMIT} bytes")
    return path.read_bytes()
