"""Reads the text of an ERBB2 mutation test as the value of a result is read."""

from __future__ import annotations

from benchmarks.reading.tables import UNREADABLE
from fhir_mappings.results.variant_texts import mutation_in

_ANSWERS = {True: "mutation", False: "none", None: UNREADABLE}


def read(_: str, text: str) -> str:
    """Return "mutation" for an activating mutation, and "none" if the text rules one out.

    Args:
        _: where the text stands, which is the same for all.
        text: what stands there.

    """
    return _ANSWERS[mutation_in(text)]
