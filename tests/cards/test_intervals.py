"""Laws of results that are reported as a limit: whatever the number may be, the answer holds for it."""

from __future__ import annotations

from decimal import Decimal

import pytest
from builders import chart, judged, order, outcome_of
from hypothesis import given, settings
from hypothesis import strategies as st

from cards.facts.outcomes import CannotTell, Fired
from cards.facts.topics import Topic
from cards.knowledge.schema import Band
from cards.values.intervals import ENDLESS, Bound, Interval

LAW = settings(deadline=None)
SMALL = st.integers(0, 40).map(lambda quarter: Decimal(quarter) / 4)
BOUNDS = st.sampled_from(Bound)
BANDS = st.builds(
    lambda low, high, open_low, open_high: Band(
        **({"above": low} if open_low else {"at_least": low}), **({"below": high} if open_high else {"at_most": high})
    ),
    SMALL,
    SMALL,
    st.booleans(),
    st.booleans(),
).filter(lambda band: band.lowest < band.highest)


def members(values: Interval) -> list[Decimal]:
    """List the eighths of an interval, up to a number that stands for all beyond it."""
    return [number for eighth in range(-8, 200) if values.holds(number := Decimal(eighth) / 8)]


@LAW
@given(SMALL, BOUNDS, BANDS)
def test_an_interval_answers_only_if_all_its_numbers_agree(value: Decimal, bound: Bound, band: Band) -> None:
    values = Interval.of(value, bound)
    found = {band.holds(number) for number in members(values)}
    if found:
        assert band.answers(values) is (found.pop() if len(found) == 1 else None)


@LAW
@given(SMALL, BOUNDS, st.lists(SMALL))
def test_the_parts_of_an_interval_cover_it_exactly(value: Decimal, bound: Bound, cuts: list[Decimal]) -> None:
    values = Interval.of(value, bound)
    pieces = values.pieces(cuts)
    assert all(values.holds(piece) for piece in pieces)
    for number in members(values):
        # The unit follows each number directly.
        assert any(
            piece == number or not any(min(piece, number) <= cut <= max(piece, number) for cut in cuts)
            for piece in pieces
        )


@LAW
@given(SMALL, BOUNDS, SMALL, BOUNDS)
def test_a_difference_of_intervals_contains_every_difference_of_their_numbers(
    one: Decimal, first: Bound, other: Decimal, second: Bound
) -> None:
    minuend, subtrahend = Interval.of(one, first), Interval.of(other, second)
    difference = minuend - subtrahend
    for left in members(minuend)[:20]:
        for right in members(subtrahend)[:20]:
            assert difference.holds(left - right)


@pytest.mark.parametrize(
    ("bound", "expected"),
    [
        (Bound.EXACT, Interval(Decimal(5), Decimal(5))),
        (Bound.BELOW, Interval(Decimal(0), Decimal(5), high_open=True)),
        (Bound.AT_MOST, Interval(Decimal(0), Decimal(5))),
        (Bound.AT_LEAST, Interval(Decimal(5), ENDLESS, high_open=True)),
        (Bound.ABOVE, Interval(Decimal(5), ENDLESS, low_open=True, high_open=True)),
    ],
)
def test_a_comparator_is_an_interval(bound: Bound, expected: Interval) -> None:
    assert Interval.of(Decimal(5), bound) == expected
    assert Interval.of(Decimal(10), bound).divided(Decimal(2)) == expected


TABLES = {
    "ast": ("Kadcyla", "252 mg", Topic.LIVER_TESTS_HOLD, Topic.LIVER_TESTS_DISCONTINUE, " ULN"),
    "bilirubin-total": ("Kadcyla", "252 mg", Topic.LIVER_TESTS_HOLD, Topic.LIVER_TESTS_DISCONTINUE, " ULN"),
    "platelets": ("Kadcyla", "252 mg", Topic.BLOOD_COUNT_HOLD, None, ""),
    "neutrophils": ("Enhertu", "378 mg", Topic.BLOOD_COUNT_HOLD, None, ""),
}


@LAW
@given(
    st.sampled_from(sorted(TABLES)),
    st.integers(0, 120).map(lambda quarter: Decimal(quarter) / 4),
    BOUNDS,
    st.sampled_from([None, "metastatic", "early"]),
    st.data(),
)
def test_a_statement_about_a_bound_holds_for_every_number_within_it(
    test: str, value: Decimal, bound: Bound, setting: str | None, data: st.DataObject
) -> None:
    drug, dose, hold, stop, unit = TABLES[test]
    numbers = members(Interval.of(value, bound))
    if not numbers:
        return
    number = data.draw(st.sampled_from(numbers))

    def severity(written: str) -> tuple[int, bool]:
        verdicts = judged(order(drug, dose), patient=chart(setting=setting, values={test: f"{written}{unit}"}))
        found = [outcome_of(topic, verdicts) for topic in (hold, stop) if topic is not None]
        fired = [place for place, outcome in enumerate(found, 1) if isinstance(outcome, Fired)]
        return max(fired, default=0), any(isinstance(outcome, CannotTell) for outcome in found)

    said, is_open = severity(f"{bound.sign}{value}")
    actual, _ = severity(str(number))
    # Never milder than stated, and never worse than silence.
    assert said <= actual
    assert said or is_open or not actual


@LAW
@given(st.integers(5, 89), BOUNDS, st.one_of(st.none(), st.integers(50, 80)), st.data())
def test_a_statement_about_a_bounded_ejection_fraction_holds_for_all_its_numbers(
    percent: int, bound: Bound, baseline: int | None, data: st.DataObject
) -> None:
    values = Interval.of(Decimal(percent), bound)
    number = data.draw(st.sampled_from([each for each in range(91) if values.holds(Decimal(each))]))
    before = None if baseline is None else str(baseline)
    for topic in (Topic.LVEF_HOLD, Topic.LVEF_RECHECK):
        for drug, dose in (("Kadcyla", "252 mg"), ("Enhertu", "378 mg"), ("trastuzumab", "420 mg")):
            said, actual = (
                type(outcome_of(topic, judged(order(drug, dose), patient=chart(lvef=each, baseline=before))))
                for each in (f"{bound.sign}{percent}", str(number))
            )
            if said is not CannotTell and actual is not CannotTell:
                assert said is actual, (drug, topic)
