"""How amounts are written."""

import pytest

from cards.values.quantities import in_print


@pytest.mark.parametrize(
    ("written", "printed"),
    [
        ("49 10*3/uL", "49 × 10³/µL"),
        ("< 50 10*9/L", "< 50 × 10⁹/L"),
        ("49 10*3/uL (low)", "49 × 10³/µL (low)"),
        ("10*3/uL", "10³/µL"),
        ("0.2 x 10*9/L", "0.2 x 10⁹/L"),
        ("210*3/uL", "210*3/uL"),
        ("49 10*3{cells}/uL", "49 10*3{cells}/uL"),
        ("49 10*3", "49 10*3"),
        ("105 U/L", "105 U/L"),
    ],
)
def test_ucum_codes_of_cell_counts_are_printed_and_anything_else_stays(written: str, printed: str) -> None:
    assert in_print(written) == printed
