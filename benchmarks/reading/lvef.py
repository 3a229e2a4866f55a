"""Reads an ejection fraction in words as the text of a result is read."""

from __future__ import annotations

from benchmarks.reading.tables import UNREADABLE
from cards.knowledge.loader import default_knowledge
from fhir_mappings.results.lvef_texts import LvefNotRead, read_lvef_text


def read(where: str, text: str) -> str:  # noqa: ARG001 - all stand in one place
    """Return the number, range or limit, as it is written.

    Args:
        where: where the text stands.
        text: what stands there.

    """
    found = read_lvef_text(text, default_knowledge().terminology.lvef_in_words)
    if isinstance(found, LvefNotRead):
        return UNREADABLE
    upper = f"-{found.upper}" if found.upper is not None else ""
    return f"{found.bound.sign}{found.value}{upper}"
