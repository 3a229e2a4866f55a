"""Several lines in one summary: whole, without reasons, or only counted."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cards.presentation.fitting import fitted


@pytest.mark.parametrize(
    ("room", "expected"),
    [
        (60, "(1) weight; none on record; (2) route; not understood"),
        (50, "(1) weight; none on record; (2) route"),
        (35, "(1) weight; (2) route"),
        (29, "(1) weight; (2) route"),
        (15, "(1) weight (+1)"),
        (1, "(1) weight (+1)"),
    ],
)
def test_as_much_as_there_is_room_for(room: int, expected: str) -> None:
    assert fitted(["weight; none on record", "route; not understood"], room) == expected


def test_a_single_line_has_no_number() -> None:
    assert fitted(["weight; none on record"], 60) == "weight; none on record"


@given(st.lists(st.text("ab; ", min_size=1), min_size=2), st.integers(0, 200))
def test_every_line_is_named_or_counted(lines: list[str], room: int) -> None:
    said = fitted(lines, room)
    left = int(said.rpartition("(+")[2].rstrip(")")) if said.endswith(")") and "(+" in said else 0
    assert f"({len(lines) - left}) " in said
    assert f"({len(lines) - left + 1}) " not in said
