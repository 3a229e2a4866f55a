"""What holds for every dose and every stock of vials: the arithmetic of a claim."""

from __future__ import annotations

from decimal import Decimal
from itertools import product

import pytest
from builders import KNOWN
from hypothesis import given, settings
from hypothesis import strategies as st

from cards.billing.administration import further_hours
from cards.billing.drug_lines import drug_lines, units
from cards.billing.vials import MOST_VIALS, draw
from cards.knowledge.billing_loader import default_billing
from cards.knowledge.schema import Scope

BILLING = default_billing()
MODIFIERS = BILLING.modifiers
SIZES = st.sets(st.sampled_from([50, 100, 150, 160, 250, 300, 420, 600]), min_size=1, max_size=3)
DOSES = st.decimals(min_value=1, max_value=2500, places=2)
UNITS = st.sampled_from([Decimal(1), Decimal(2), Decimal(5), Decimal(10)])
ENTRIES = [
    (entry, supply)
    for supply in BILLING.supplies
    for brand in KNOWN.product(supply.product).brands
    for entry in brand.hcpcs
]


def by_brute_force(need: Decimal, sizes: set[int]) -> tuple[int, int]:
    """Try every number of every vial: the least total that covers the need, and the fewest vials for it."""
    most = [range(int(need // size) + 2) for size in sorted(sizes)]
    totals = [
        (sum(n * size for n, size in zip(numbers, sorted(sizes), strict=True)), sum(numbers))
        for numbers in product(*most)
    ]
    return min(each for each in totals if each[0] >= need)


@settings(deadline=None)
@given(DOSES, SIZES)
def test_doses_and_waste_add_up_to_the_vials(dose, sizes) -> None:
    drawn = draw(dose, sizes)
    assert drawn.contents_mg == sum(size * number for size, number in drawn.vials) == dose + drawn.left_mg
    assert 0 <= drawn.left_mg < max(sizes)
    assert {size for size, _ in drawn.vials} <= sizes


@settings(deadline=None)
@given(st.decimals(min_value=1, max_value=900, places=2), SIZES)
def test_the_vials_are_the_best_there_are(dose, sizes) -> None:
    drawn = draw(dose, sizes)
    assert (drawn.contents_mg, drawn.count) == by_brute_force(dose, sizes)


@settings(deadline=None)
@given(DOSES, SIZES, SIZES)
def test_more_sizes_on_the_shelf_never_waste_more(dose, sizes, more) -> None:
    assert draw(dose, sizes | more).discarded_mg <= draw(dose, sizes).discarded_mg


@settings(deadline=None)
@given(DOSES, SIZES, SIZES)
def test_multi_dose_vials_beside_single_dose_ones_never_waste_more(dose, single, multi) -> None:
    both = draw(dose, single, multi)
    assert both.discarded_mg <= draw(dose, single).discarded_mg
    assert both.discarded_mg == 0


@settings(deadline=None)
@given(DOSES, SIZES)
def test_a_larger_dose_never_needs_smaller_vials_in_all(dose, sizes) -> None:
    assert draw(dose + 1, sizes).contents_mg >= draw(dose, sizes).contents_mg


@settings(deadline=None)
@given(DOSES, SIZES, UNITS, st.booleans())
def test_a_claim_has_one_modifier_or_the_other(dose, sizes, unit, multi_dose) -> None:
    drawn = draw(dose, (), sizes) if multi_dose else draw(dose, sizes)
    lines = drug_lines(dose, unit, drawn, MODIFIERS).lines
    modifiers = [line.modifier for line in lines]
    if multi_dose:
        assert modifiers == [""]
    else:
        assert modifiers in (["JZ"], ["", "JW"])
    assert all(line.units > 0 for line in lines)


@settings(deadline=None)
@given(DOSES, SIZES, UNITS)
def test_the_units_cover_the_dose_and_never_more_than_the_vials(dose, sizes, unit) -> None:
    drawn = draw(dose, sizes)
    billed = drug_lines(dose, unit, drawn, MODIFIERS)
    assert billed.administered_units * unit >= dose > (billed.administered_units - 1) * unit
    assert billed.billed_units == billed.administered_units + billed.discarded_units
    # Every size is a whole number of units, so the claim pays for the vials, no more and no less.
    assert billed.billed_units * unit == drawn.contents_mg
    assert billed.discarded_units * unit <= drawn.discarded_mg


@pytest.mark.parametrize(("entry", "supply"), ENTRIES, ids=lambda each: getattr(each, "code", ""))
def test_every_vial_is_a_whole_number_of_units_of_every_code(entry, supply) -> None:
    assert all(vial.contents_mg % entry.unit_mg == 0 for vial in supply.vials)


@pytest.mark.parametrize(
    "chosen", [p for p in KNOWN.products if p.scope is Scope.CHECKED and not p.is_oral], ids=lambda each: each.id
)
def test_the_packages_of_a_product_are_vials_that_are_made(chosen) -> None:
    made = {(vial.contents_mg, vial.multi_dose) for vial in BILLING.supply(chosen.id).vials}
    assert {(int(p.contents_mg), p.multi_dose) for brand in chosen.brands for p in brand.packages} <= made


@pytest.mark.parametrize(
    ("dose", "sizes", "vials", "left"),
    [
        pytest.param("252", {100, 160}, ((160, 1), (100, 1)), "8", id="70 kg of Kadcyla"),
        pytest.param("306", {100, 160}, ((160, 2),), "14", id="85 kg of Kadcyla: not 160 + 2 x 100"),
        pytest.param("378", {100}, ((100, 4),), "22", id="70 kg of Enhertu"),
        pytest.param("512", {100}, ((100, 6),), "88", id="80 kg of Enhertu, gastric"),
        pytest.param("252", {100}, ((100, 3),), "48", id="a site that stocks the small vial alone"),
        pytest.param("252", {160}, ((160, 2),), "68", id="a site that stocks the large vial alone"),
        pytest.param("300", {100, 150}, ((150, 2),), "0", id="of equal waste the fewer vials"),
        pytest.param("800", {100, 160}, ((160, 5),), "0", id="five large ones before eight small ones"),
        pytest.param("0.5", {100}, ((100, 1),), "99.5", id="a part of a milligram takes a vial"),
        pytest.param("260.01", {100, 160}, ((100, 3),), "39.99", id="a hundredth over takes the next combination"),
    ],
)
def test_vials_for_a_dose(dose, sizes, vials, left) -> None:
    drawn = draw(Decimal(dose), sizes)
    assert (drawn.vials, drawn.left_mg) == (vials, Decimal(left))


@pytest.mark.parametrize(
    ("dose", "single", "multi", "vials", "multi_dose"),
    [
        pytest.param("420", {150}, {420}, ((420, 1),), True, id="the multi-dose vial wastes nothing"),
        pytest.param(
            "300", {150}, {420}, ((150, 2),), False, id="two full vials before a multi-dose vial that is opened"
        ),
        pytest.param("504", {150}, {420}, ((420, 2),), True, id="kinds of vials are not mixed"),
    ],
)
def test_single_dose_and_multi_dose_vials(dose, single, multi, vials, multi_dose) -> None:
    drawn = draw(Decimal(dose), single, multi)
    assert (drawn.vials, drawn.multi_dose, drawn.discarded_mg) == (vials, multi_dose, 0)


@pytest.mark.parametrize("dose", ["0", "-1", str(MOST_VIALS * 160 + 1), "1E+15"])
def test_no_number_of_vials_makes_some_doses(dose) -> None:
    assert draw(Decimal(dose), {100, 160}) is None


def test_an_empty_shelf_makes_no_dose() -> None:
    assert draw(Decimal(100), ()) is None


@pytest.mark.parametrize(
    ("amount", "unit", "count"),
    [("252", "1", 252), ("420", "10", 42), ("413", "10", 42), ("1050", "5", 210), ("1401", "2", 701), ("0.1", "10", 1)],
)
def test_units_of_an_amount(amount, unit, count) -> None:
    assert units(Decimal(amount), Decimal(unit)) == count


@pytest.mark.parametrize(
    ("minutes", "hours"), [(30, 0), (60, 0), (90, 0), (91, 1), (120, 1), (150, 1), (151, 2), (180, 2)]
)
def test_a_further_hour_begins_after_thirty_minutes_more(minutes, hours) -> None:
    assert further_hours(minutes, BILLING.administration.further_hour.over_minutes) == hours
