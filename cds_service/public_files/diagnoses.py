"""Compares diagnosis codes with the ICD-10-CM order file.

Source: the layout that comes with the order file (order number 1-5, code 7-13, valid for billing 15, then the titles).
"""

from __future__ import annotations

import bisect
import re
from typing import TYPE_CHECKING

from cds_service.public_files.findings import Finding, Kind, PublicFileError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cards.knowledge.schema import Knowledge
    from cards.knowledge.schema.billing import BillingKnowledge

_ORDER = re.compile(r"\d{5} ([A-Z][0-9A-Z]{2,6}) *([01]) ")
_CODE = slice(6, 13)
_WHAT = "ICD-10-CM"


def is_order_line(line: str) -> bool:
    """Return whether a line is one of an order file."""
    return _ORDER.match(line) is not None


def check_diagnoses(lines: Iterable[str], known: Knowledge, billing: BillingKnowledge, name: str) -> list[Finding]:
    """Compare every diagnosis code and prefix in the knowledge with the order file.

    Raises:
        PublicFileError: the file has no lines of an order file.

    """
    billable: dict[str, bool] = {}
    for line in lines:
        match = _ORDER.match(line)
        if match is not None:
            billable[line[_CODE].strip()] = match[2] == "1"
    if not billable:
        raise PublicFileError(f"{name}: no line of an ICD-10-CM order file (number, code, 0 or 1, titles)")
    ordered = sorted(billable)
    found = [
        Finding(Kind.ENDED, _WHAT, prefix, "neither a code nor the beginning of one in this file")
        for prefix in sorted(_prefixes(known))
        if not _begins(prefix.replace(".", ""), ordered)
    ]
    for code in sorted(_complete(billing)):
        plain = code.replace(".", "")
        if plain not in billable:
            found.append(Finding(Kind.ENDED, _WHAT, code, "not in this file"))
        elif not billable[plain]:
            found.append(Finding(Kind.WRONG, _WHAT, code, "a heading, not valid for billing"))
    return found


def _begins(prefix: str, ordered: list[str]) -> bool:
    at = bisect.bisect_left(ordered, prefix)
    return at < len(ordered) and ordered[at].startswith(prefix)


def _prefixes(known: Knowledge) -> set[str]:
    words = known.terminology
    found = {prefix for group in words.diagnoses for prefix in group.icd10}
    found |= {prefix for group in words.problems for prefix in group.icd10}
    found |= {*words.metastasis.icd10, *words.metastasis.regional_icd10, *words.other_cancers.never_icd10}
    return found | {code.icd10 for code in words.receptor_codes.codes if code.icd10 is not None}


def _complete(billing: BillingKnowledge) -> set[str]:
    known = billing.diagnoses
    found = {code for complete in known.complete for code in complete.codes}
    found |= {*known.breast.without_sex, *(each.code for each in known.receptors)}
    return found | {each.code for each in known.encounter}
