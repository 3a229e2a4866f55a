"""The tables of texts and readings: nothing is read wrong, and little that could be read is refused."""

from __future__ import annotations

import pytest

from benchmarks.reading.tables import count, entries, names

REFUSED_AT_MOST = 0.10
AT_LEAST = {"her2": 300, "lvef": 150, "drug_names": 150}


@pytest.mark.parametrize("name", names())
def test_nothing_is_misread(name: str) -> None:
    counts = count(name)
    assert not counts.wrong
    assert len(counts.refused) <= REFUSED_AT_MOST * counts.total, counts.refused


@pytest.mark.parametrize("name", names())
def test_no_text_is_listed_twice(name: str) -> None:
    written = [(entry.where, entry.text) for entry in entries(name)]
    assert len(written) == len(set(written))
    assert len(written) >= AT_LEAST.get(name, 1)
