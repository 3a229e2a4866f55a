"""Reads an ejection fraction in words as the text of a result is read."""

from __future__ import annotations

from benchmarks.reading.tables import UNREADABLE, without_dates_of
from cards.knowledge.loader import default_knowledge
from fhir_mappings.results.lvef_texts import LvefNotRead, read_lvef_text


def read(where: str, text: str) -> str:
    """Return the number, range or limit, as it is written.

    Args:
        where: where the text stands, and the date of the result.
        text: what stands there.

    """
    plain = without_dates_of(where.partition("@")[2], text)
    found = read_lvef_text(plain, default_knowledge().terminology.lvef_in_words)
    if isinstance(found, LvefNotRead):
        return UNREADABLE
    upper = f"-{found.upper}" if found.upper is not None else ""
    return f"{found.bound.sign}{found.value}{upper}"
