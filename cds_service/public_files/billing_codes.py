"""The quarterly HCPCS files of CMS: the code file with fixed-width records, and the NDC to HCPCS crosswalk.

Sources: the record layout that comes with the HCPCS file (code 1-5, record identification 11, long description 12-91,
termination date 285-292); the header of the crosswalk's table.
"""

from __future__ import annotations

import csv
import re
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from cards.knowledge.schema import Scope
from cards.values.codes import ndc_readings
from cds_service.public_files.findings import READABLE, Finding, Kind, Names, PublicFileError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cards.knowledge.schema import Knowledge

_FIRST, _FURTHER = "3", "4"
_CODE = re.compile(r"[A-Z][0-9]{4}")
_AMOUNT = re.compile(r"(?<![0-9.])([0-9]{1,4}(?:\.[0-9]{1,3})?) ?mg(?![a-z/])", re.IGNORECASE)
_CROSSWALK_CODE = re.compile(r"_?(?:\d{4})?_?(?:hcpcs)?_?code", re.IGNORECASE)
_PREAMBLE = 30
_WHAT = "HCPCS"


class _Record(NamedTuple):
    code: str
    description: str
    ends: date | None


def read_hcpcs(lines: Iterable[str]) -> Iterator[_Record]:
    """Read the codes of a quarterly file; descriptions that run over several records are joined."""
    code, words, ends = "", [""], None
    for line in lines:
        kind = line[10:11]
        if kind == _FIRST and _CODE.fullmatch(line[:5]):
            if code:
                yield _Record(code, " ".join(words), ends)
            code, words, ends = line[:5], [line[11:91].strip()], _day(line[284:292])
        elif kind == _FURTHER and line[:5] == code:
            words.append(line[11:91].strip())
    if code:
        yield _Record(code, " ".join(words), ends)


def check_hcpcs(lines: Iterable[str], known: Knowledge, name: str, today: date) -> list[Finding]:
    """Compare the billing codes with a quarterly HCPCS file.

    Raises:
        PublicFileError: the file holds no such records.

    """
    found: list[Finding] = []
    own = {entry.code: entry for p in known.products for b in p.brands for entry in b.hcpcs}
    mapped = {*own, *(each.code for p in known.products for b in p.brands for each in b.retired_hcpcs)}
    unspecific = {each.code for each in known.unspecific_hcpcs}
    names, seen = Names(known), set()
    for record in read_hcpcs(lines):
        seen.add(record.code)
        over = record.ends is not None and record.ends < today
        entry = own.get(record.code)
        if entry is not None and over:
            found.append(Finding(Kind.ENDED, _WHAT, record.code, f"not valid after {record.ends}"))
        elif entry is not None and (amount := _amount(record.description)) not in (None, entry.unit_mg):
            says = f"counted by {amount} mg, not by {entry.unit_mg} mg ({record.description})"
            found.append(Finding(Kind.WRONG, _WHAT, record.code, says))
        elif record.code not in mapped and record.code not in unspecific and not over:
            product = names.product(record.description)
            if product is not None and _amount(record.description) is not None:
                found.append(Finding(Kind.MISSING, _WHAT, record.code, f"{record.description} ({product})"))
    if not seen:
        raise PublicFileError(f"{name}: not a public file that can be read; it must be {READABLE}")
    letters = {code[0] for code in seen}
    gone = [code for code in own if code not in seen and code[0] in letters]
    return [*found, *(Finding(Kind.ENDED, _WHAT, code, "not in this file") for code in gone)]


def is_crosswalk(line: str) -> bool:
    """Return whether a line is the header of the crosswalk table."""
    cells = [cell.strip() for cell in next(csv.reader([line]), [])]
    return bool(cells) and bool(_CROSSWALK_CODE.fullmatch(cells[0])) and any("ndc" in c.casefold() for c in cells[1:])


def check_crosswalk(lines: list[str], known: Knowledge, name: str) -> list[Finding]:
    """Compare packages and their billing codes with the NDC to HCPCS crosswalk.

    Raises:
        PublicFileError: the file has no crosswalk table.

    """
    start = next((at for at, line in enumerate(lines[:_PREAMBLE]) if is_crosswalk(line)), None)
    if start is None:
        raise PublicFileError(f"{name}: no table with a HCPCS code first and an NDC in the first {_PREAMBLE} lines")
    rows = csv.reader(lines[start:])
    header = [cell.strip().casefold() for cell in next(rows)]
    at = next(index for index, cell in enumerate(header) if "ndc" in cell)
    codes = {entry.code: (p, b) for p in known.products for b in p.brands for entry in b.hcpcs}
    packages = {package.ndc: (p, b) for p in known.products for b in p.brands for package in b.packages}
    found: list[Finding] = []
    for row in rows:
        if len(row) <= at:
            continue
        code, written = row[0].strip().upper(), row[at].strip()
        readings = ndc_readings(written)
        held = next((packages[reading] for reading in readings if reading in packages), None)
        if held is None and code in codes and readings:
            product, brand = codes[code]
            if product.scope is Scope.CHECKED:
                found.append(Finding(Kind.MISSING, "NDC", written, f"a package of {brand.name} under {code}"))
        elif held is not None and code in codes and codes[code][1].id != held[1].id:
            says = f"listed under {code} ({codes[code][1].name}), on file as a package of {held[1].name}"
            found.append(Finding(Kind.WRONG, "NDC", written, says))
        elif held is not None and code not in codes and held[1].hcpcs:
            own = " / ".join(entry.code for entry in held[1].hcpcs)
            found.append(Finding(Kind.WRONG, "NDC", written, f"listed under {code}, on file under {own}"))
    return list(dict.fromkeys(found))


def _amount(description: str) -> Decimal | None:
    match = _AMOUNT.search(description)
    return Decimal(match[1]) if match else None


def _day(written: str) -> date | None:
    try:
        return date.fromisoformat(f"{written[:4]}-{written[4:6]}-{written[6:8]}")
    except ValueError:
        return None
