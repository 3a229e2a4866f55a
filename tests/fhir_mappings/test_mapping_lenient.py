"""JSON as it comes: what is read for a number, a day, a reference, and what is not."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fhir_mappings.wire.lenient import child, day, items, number, objects, reference, shown, text


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param(252, Decimal(252), id="a whole number"),
        pytest.param(Decimal("3.60"), Decimal("3.60"), id="a decimal keeps its digits"),
        pytest.param("3.6", Decimal("3.6"), id="a number sent as text"),
        pytest.param(" 70 ", Decimal(70), id="a number sent as text with blanks"),
        pytest.param("-1", Decimal(-1), id="a negative number sent as text"),
        pytest.param(Decimal("45.13075582917796"), Decimal("45.13075582917796"), id="fourteen decimals (Synthea)"),
        pytest.param(Decimal("459.00000000000006"), Decimal(459), id="85 x 5.4 as a float has it"),
        pytest.param("3.5999999999999996", Decimal("3.6"), id="3 x 1.2 as a float has it, sent as text"),
        pytest.param(Decimal("966.0000000000001"), Decimal(966), id="64.4 x 15 as a float has it"),
        pytest.param(Decimal("1.9999999999999998"), Decimal(2), id="a ratio of two, by division"),
        pytest.param(Decimal("0.30000000000000004"), Decimal("0.3"), id="below one"),
        pytest.param(Decimal("-459.00000000000006"), Decimal(-459), id="below zero"),
        pytest.param(Decimal("100000000000.00001"), Decimal(100000000000), id="noise after twelve digits"),
        pytest.param(Decimal("459.0000000001"), Decimal("459.0000000001"), id="too large a difference to be noise"),
        pytest.param(Decimal("459.000000000001"), Decimal("459.000000000001"), id="fifteen digits are not noise"),
        pytest.param(Decimal("1E+2"), Decimal(100), id="a number written with an exponent"),
        pytest.param(True, None, id="true is not a number, though Python says so"),
        pytest.param("3,6", None, id="a decimal comma is not clearly a number"),
        pytest.param("1,000", None, id="a thousands comma is not clearly a number"),
        pytest.param("1e3", None, id="an exponent in a text is not clearly a number"),
        pytest.param("70 kg", None, id="a number with its unit is not a number"),
        pytest.param("", None, id="an empty text"),
        pytest.param(None, None, id="absent"),
        pytest.param([70], None, id="an array"),
        pytest.param(10**30, None, id="a number that no dose can be"),
        pytest.param(Decimal("1E+30"), None, id="an exponent that no dose can have"),
        pytest.param(Decimal("1E-30"), None, id="a number too small to be meant"),
        pytest.param("0.00000000000000000001", None, id="a number too small to be meant, sent as text"),
        pytest.param(Decimal("NaN"), None, id="not a number"),
        pytest.param(Decimal("0." + "1" * 60), None, id="more digits than can be meant"),
        pytest.param(Decimal("1." + "1" * 39), Decimal("1." + "1" * 39), id="as many digits as are taken"),
        pytest.param(Decimal("1." + "1" * 40), None, id="one digit more than is taken"),
    ],
)
def test_number(value: Any, expected: Decimal | None) -> None:
    assert number(value) == expected


MEANT = st.decimals(min_value="0.1", max_value="400", places=2)


@given(MEANT, MEANT)
def test_number_takes_what_an_ehr_computed_with_floats_for_what_it_meant(one: Decimal, other: Decimal) -> None:
    assert number(Decimal(repr(float(one) * float(other)))) == one * other


@given(st.decimals("0.001", 10_000, places=15), st.decimals("0.001", 10_000, places=15))
def test_number_keeps_the_order_of_numbers(one: Decimal, other: Decimal) -> None:
    low, high = number(min(one, other)), number(max(one, other))
    assert low is not None
    assert high is not None
    assert low <= high


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param("2026-11-22", date(2026, 11, 22), id="a date"),
        pytest.param("2026-11-22T23:59:00-05:00", date(2026, 11, 22), id="a dateTime is of the day as written"),
        pytest.param("2026-11-22T", date(2026, 11, 22), id="a dateTime cut off after the T"),
        pytest.param(" 2026-11-22 ", date(2026, 11, 22), id="a date with blanks"),
        pytest.param("2026-11", date(2026, 11, 1), id="a month alone counts from its first day"),
        pytest.param("2026", date(2026, 1, 1), id="a year alone counts from its first day"),
        pytest.param("2026-02-30", None, id="a day that does not exist"),
        pytest.param("2026-13", None, id="a month that does not exist"),
        pytest.param("22.11.2026", None, id="another notation"),
        pytest.param("1900-01-01", None, id="a day that stands for an unknown one"),
        pytest.param("0001-01-01T00:00:00Z", None, id="the least date of a program"),
        pytest.param("1899", None, id="a year that stands for an unknown one"),
        pytest.param("1901-01-01", date(1901, 1, 1), id="the first day that may be one"),
        pytest.param("2026-11-22 10:00", date(2026, 11, 22), id="a blank in the place of the T"),
        pytest.param("2026-11-22 in the morning", None, id="words behind a date"),
        pytest.param("yesterday", None, id="a word"),
        pytest.param("", None, id="an empty text"),
        pytest.param(20261122, None, id="a number"),
        pytest.param(None, None, id="absent"),
    ],
)
def test_day(value: Any, expected: date | None) -> None:
    assert day(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param({"reference": "Patient/pat-1"}, "Patient/pat-1", id="relative"),
        pytest.param({"reference": "https://ehr.example.org/fhir/R4/Patient/pat-1"}, "Patient/pat-1", id="absolute"),
        pytest.param({"reference": "Patient/pat-1/_history/3"}, "Patient/pat-1", id="versioned"),
        pytest.param(
            {"reference": "https://ehr.example.org/fhir/Patient/pat-1/_history/3"}, "Patient/pat-1", id="both"
        ),
        pytest.param({"reference": "#med-1"}, "#med-1", id="contained"),
        pytest.param({"reference": "urn:uuid:0c3a"}, "urn:uuid:0c3a", id="urn"),
        pytest.param({"reference": " Patient/pat-1 "}, "Patient/pat-1", id="with blanks"),
        pytest.param("MedicationRequest/draft\u2011rx\u20111", "MedicationRequest/draft\u2011rx\u20111", id="U+2011"),
        pytest.param({"display": "Somebody"}, "", id="a display alone refers to nothing"),
        pytest.param({"reference": 5}, "", id="a number refers to nothing"),
        pytest.param(None, "", id="absent"),
        pytest.param([], "", id="an array"),
    ],
)
def test_reference(value: Any, expected: str) -> None:
    assert reference(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param([{"a": 1}, {"a": 2}], [(0, {"a": 1}), (1, {"a": 2})], id="an array"),
        pytest.param({"a": 1}, [(None, {"a": 1})], id="an object sent for an array has no index"),
        pytest.param([None, {"a": 1}, "x"], [(1, {"a": 1})], id="what is not an object is skipped, the index stays"),
        pytest.param(None, [], id="absent"),
        pytest.param("x", [], id="a text"),
    ],
)
def test_objects(value: Any, expected: list[Any]) -> None:
    assert list(objects(value)) == expected


def test_items_child_and_text_take_what_is_not_there_for_nothing() -> None:
    assert items(None) == []
    assert items("x") == ["x"]
    assert items(["x", None]) == ["x", None]
    assert child({"a": {"b": 1}}, "a") == {"b": 1}
    assert child({"a": [1]}, "a") == {}
    assert child([1], "a") == {}
    assert text(" entered-in-error ") == "entered-in-error"
    assert text(5) == ""


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param("252,0", "252,0", id="a text"),
        pytest.param(3, "3", id="a number"),
        pytest.param({"value": "1"}, "…", id="an object, as converters of XML write a number"),
        pytest.param([{"frequency": 1}], "…", id="an array"),
    ],
)
def test_what_cannot_be_used_is_shown_without_its_structure(value: object, expected: str) -> None:
    assert shown(value) == expected
