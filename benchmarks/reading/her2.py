"""Reads a HER2 result in words as a result of a code is read."""

from __future__ import annotations

from benchmarks.reading.tables import UNREADABLE, without_dates_of
from cards.knowledge.loader import default_knowledge
from fhir_mappings.codings import NO_CODE_MAP
from fhir_mappings.results.her2_values import Her2Vocabulary

_CONCEPTS = {
    "ihc": "her2-ihc",
    "ish": "her2-ish",
    "ratio": "her2-ish-ratio",
    "copies": "her2-copy-number",
    "overall": "her2-interpretation",
}
_VOCABULARY = Her2Vocabulary(default_knowledge().terminology)


def read(where: str, text: str) -> str:
    """Return what is read by method, "conflict" where the text says two things.

    Args:
        where: the code of the result, by the short name of the table, and its date.
        text: its value.

    """
    code, _, days = where.partition("@")
    value = {"valueString": without_dates_of(days, text)}
    listed = _VOCABULARY.read(_CONCEPTS[code], value, NO_CODE_MAP)
    if listed[0].finding is None:
        return UNREADABLE
    if any(each.conflict for each in listed):
        return "conflict"
    return "; ".join(f"{each.method or ''} {(each.finding or '').removeprefix('ihc-')}".strip() for each in listed)
