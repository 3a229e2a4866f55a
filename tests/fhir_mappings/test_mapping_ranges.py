"""Which of several reference ranges is the normal one of this patient, by its type, group, age and words."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapes import SNOMED, TERMINOLOGY, Json, coding, concept, observation, quantity

from cards.facts.origins import Gap, Origin
from cards.facts.results import LabResult, Lvef
from fhir_mappings.results.observations import ObservationReader
from fhir_mappings.results.reference_ranges import NOBODY, Subject

LAW = settings(deadline=None)
READER = ObservationReader(TERMINOLOGY)
WOMAN, MAN = Subject("female", date(1968, 3, 14)), Subject("male", date(1968, 3, 14))
FEMALE, MALE = concept(coding(SNOMED, "248152002", "Female")), concept(coding(SNOMED, "248153007", "Male"))
MEANING = "http://terminology.hl7.org/CodeSystem/referencerange-meaning"
HIGH = {"high": quantity(40, "U/L")}


def years(low: int | None = None, high: int | None = None, unit: str = "a") -> Json:
    return {side: quantity(value, unit) for side, value in (("low", low), ("high", high)) if value is not None}


def read(ranges: Any, subject: Subject = WOMAN, test: str = "ast", **changes: Any) -> Any:
    value = changes or {"valueQuantity": quantity(24, "U/L")}
    resource = observation("1920-8", referenceRange=ranges, **value)
    (fact,) = READER.read(test, resource, Origin("Observation/o", "x"), subject)
    return fact


@pytest.mark.parametrize(
    ("ranges", "expected"),
    [
        pytest.param(
            [{**HIGH, "text": "Normal Range"}, {"high": quantity(500, "U/L"), "text": "Critical"}],
            40,
            id="critical beside normal",
        ),
        pytest.param([{"high": quantity(500, "U/L"), "text": "Critical Range"}], None, id="critical alone"),
        pytest.param(
            [{"high": quantity(200, "U/L"), "type": {"text": "Panic"}}], None, id="panic by the text of its type"
        ),
        pytest.param(
            [{"high": quantity(200, "U/L"), "type": concept(coding(MEANING, "treatment"))}], None, id="treatment"
        ),
        pytest.param(
            [{**HIGH, "type": concept(coding(MEANING, "normal", "Normal Range"))}], 40, id="normal by its type"
        ),
        pytest.param([{**HIGH, "type": {"text": "Normal"}}], 40, id="normal by the text of its type"),
        pytest.param([{**HIGH, "type": concept(coding("urn:local", "N"))}], None, id="a type that nobody knows"),
        pytest.param([{**HIGH, "text": "Alert limit"}], None, id="alert"),
        pytest.param([{**HIGH, "text": "Newborn"}], None, id="newborn in words"),
        pytest.param([{**HIGH, "text": "Pediatric reference range"}], None, id="pediatric in words"),
        pytest.param([{**HIGH, "text": "Kinder"}], None, id="children in German"),
        pytest.param([{**HIGH, "text": "reference interval, adults"}], 40, id="words that change nothing"),
        pytest.param([{**HIGH, "text": "0 - 40 U/L"}], 40, id="the same range in words"),
        pytest.param([{"low": quantity(0, "U/L"), "text": "0 - 40 U/L"}], 40, id="one limit as a field, both in words"),
        pytest.param([{"low": quantity(5, "U/L"), "text": "0 - 40 U/L"}], None, id="a field that disagrees"),
        pytest.param([{**HIGH, "text": "0 - 400 U/L"}], None, id="another range in words"),
        pytest.param([{**HIGH, "text": "first trimester"}], None, id="words that are not known"),
        pytest.param(
            [{**HIGH, "type": concept(coding(MEANING, "normal")), "text": "Method: IFCC"}],
            40,
            id="a remark beside what is coded as normal",
        ),
        pytest.param(
            [{**HIGH, "appliesTo": [FEMALE]}, {"high": quantity(60, "U/L"), "appliesTo": [MALE]}],
            40,
            id="the range of her sex",
        ),
        pytest.param([{"high": quantity(60, "U/L"), "appliesTo": [MALE]}], None, id="of the other sex alone"),
        pytest.param([{"high": quantity(60, "U/L"), "appliesTo": [MALE, FEMALE]}], 60, id="of both sexes"),
        pytest.param([{**HIGH, "appliesTo": [{"text": "Women"}]}], 40, id="a sex in words"),
        pytest.param([{**HIGH, "appliesTo": [{"text": "pregnant"}]}], None, id="another group"),
        pytest.param(
            [{"high": quantity(55, "U/L")}, {**HIGH, "appliesTo": [FEMALE]}], 40, id="her own before the general one"
        ),
        pytest.param([{**HIGH, "appliesTo": FEMALE}], 40, id="an object in the place of the list"),
        pytest.param(
            [{"high": quantity(150, "U/L"), "age": years(0, 1)}, {**HIGH, "age": years(18)}],
            40,
            id="of two ages the adult one",
        ),
        pytest.param([{"high": quantity(150, "U/L"), "age": years(0, 17)}], None, id="of children alone"),
        pytest.param([{**HIGH, "age": {"low": quantity(18, "Jahre")}}], 40, id="in years, in German"),
        pytest.param([{**HIGH, "age": years(18, 58)}], 40, id="up to the last day of the year of age"),
        pytest.param([{**HIGH, "age": years(18, 57)}], None, id="until the birthday"),
        pytest.param(
            [{"high": quantity(150, "U/L"), "age": {"low": {"value": 0}, "high": quantity(1, "mo")}}],
            None,
            id="of the newborn",
        ),
        pytest.param([{**HIGH, "age": {"low": quantity(18, "parsec")}}], None, id="an age in an unknown unit"),
        pytest.param([{**HIGH, "age": {}}], None, id="an age that says nothing"),
        pytest.param(
            [{**HIGH, "text": "Males"}, {"high": quantity(35, "U/L"), "text": "Females"}], 35, id="two sexes in words"
        ),
        pytest.param([{"text": "10-40 U/L"}], 40, id="text alone"),
        pytest.param([{"text": "10 \u2013 40"}], 40, id="with another dash and no unit"),
        pytest.param([{"text": "< 40"}], 40, id="below"),
        pytest.param([{"text": "\u2264 40 U/L"}], 40, id="at most"),
        pytest.param([{"text": "bis 40"}], 40, id="up to, in German"),
        pytest.param([{"text": "up to 40 U/L"}], 40, id="up to"),
        pytest.param([{"text": "hasta 40 UI/L"}], 40, id="up to, in Spanish"),
        pytest.param([{"text": "до 40"}], 40, id="up to, in Russian"),
        pytest.param([{"text": "N : inf à 40"}], 40, id="below, in French"),
        pytest.param([{"text": "alle 40"}], 40, id="below, in Finnish"),
        pytest.param([{"text": "от 10 до 40"}], 40, id="from and to, in Russian"),
        pytest.param([{"text": "from 10 to 40 U/L"}], 40, id="from and to"),
        pytest.param([{"text": "Ženy: < 40 Muži: < 50"}], 40, id="by sex, in Czech"),
        pytest.param([{"text": "ж: до 40; м: до 50"}], 40, id="by sex, in Russian"),
        pytest.param([{"text": "女: 7-40 男: 10-50"}], 40, id="by sex, in Japanese"),
        pytest.param([{"text": "критический: до 500"}], None, id="critical, in Russian"),
        pytest.param([{"text": "不超过40"}], 40, id="up to, in Chinese"),
        pytest.param([{"text": "zwischen 10 und 40"}], 40, id="between, in German"),
        pytest.param([{"text": "ULN: 40 U/L"}], 40, id="the upper limit by its name"),
        pytest.param([{"text": "Normal: 10 to 40 IU/L"}], 40, id="with a word in front"),
        pytest.param([{"text": "0,2 - 40,0"}], 40, id="decimal commas"),
        pytest.param([{"text": "M: 10-50; F: 10-40"}], 40, id="both sexes in one text"),
        pytest.param([{"text": "F: 10-40 M: 10-50"}], 40, id="both sexes with nothing between them"),
        pytest.param([{"text": "10-40 mg/dL"}], None, id="in a unit of another test"),
        pytest.param([{"text": "10-40 (critical above 500)"}], None, id="two limits in one text"),
        pytest.param([{"text": "critical > 500"}], None, id="a critical one in words"),
        pytest.param([{"text": "> 10"}], None, id="a lower limit alone"),
        pytest.param([{"text": "see report"}], None, id="no range at all"),
        pytest.param([{**HIGH, "text": "JCCLS共用基準範囲2022"}], 40, id="the name of a set of ranges and its year"),
        pytest.param([{**HIGH, "text": "Zonk 2022"}], None, id="a year behind a word that is not known"),
        pytest.param([{"text": "2022"}], None, id="a year alone"),
        pytest.param([{"text": "10"}], None, id="a bare number"),
        pytest.param([{"text": "40-10"}], None, id="upside down"),
        pytest.param([HIGH, {"high": quantity(50, "U/L")}], "40", id="two that disagree, and it is normal by both"),
        pytest.param([HIGH, {"high": quantity(20, "U/L")}], None, id="two that disagree on it"),
        pytest.param([{"text": "N: 10 - 40"}], "40", id="N for normal"),
        pytest.param([{"text": "< or = 40 U/L"}], "40", id="less or equal in words"),
        pytest.param([{"text": "Female 10-35 Male 10-50"}], "35", id="a sex before each range"),
        pytest.param([{"text": "10-35 female"}], "35", id="a sex behind its range"),
        pytest.param([{"high": {"value": 40, "comparator": "<", "unit": "U/L"}}], None, id="a limit with a comparator"),
        pytest.param(
            [{"low": quantity(10, "mg/dL"), "high": quantity(40, "U/L")}],
            40,
            id="of one that says nothing else the other end does not matter",
        ),
    ],
)
def test_the_normal_range(ranges: Any, expected: int | None) -> None:
    fact = read(ranges)
    assert isinstance(fact, LabResult)
    assert fact.upper_limit == (None if expected is None else Decimal(expected))


def test_a_range_for_one_sex_is_ignored_if_the_sex_is_unknown() -> None:
    assert read([{**HIGH, "appliesTo": [FEMALE]}], NOBODY).upper_limit is None
    assert read([{**HIGH, "appliesTo": [FEMALE]}], MAN).upper_limit is None
    both = [{**HIGH, "appliesTo": [FEMALE]}, {"high": quantity(50, "U/L"), "appliesTo": [MALE]}]
    assert read(both, MAN).upper_limit == Decimal(50)


def test_an_adult_range_counts_without_a_date_of_birth() -> None:
    assert read([{**HIGH, "age": years(18)}], NOBODY).upper_limit == Decimal(40)
    assert read([{**HIGH, "age": years(18, 60)}], NOBODY).upper_limit is None


@pytest.mark.parametrize(
    ("value", "limit", "ratio"),
    [
        pytest.param({"value": 300, "unit": "zonks"}, {"value": 40, "unit": "zonks"}, "7.5", id="the same text"),
        pytest.param({"value": 300, "unit": "Zonks "}, {"value": 40, "unit": "zonks"}, "7.5", id="in another case"),
        pytest.param({"value": 300, "code": "Z"}, {"value": 40, "code": "Z"}, "7.5", id="the same code"),
        pytest.param({"value": 300, "unit": "zonks"}, {"value": 40}, "7.5", id="a range without a unit"),
        pytest.param({"value": 300}, {"value": 40}, "7.5", id="neither has a unit"),
        pytest.param({"value": 300, "unit": "zonks"}, {"value": 40, "unit": "blips"}, None, id="two unknown units"),
        pytest.param(
            {"value": 300, "unit": "zonks"}, {"value": 40, "unit": "U/L"}, None, id="an unknown and a known one"
        ),
        pytest.param(
            {"value": 300, "unit": "mg/dL"}, {"value": 40, "unit": "mg/dL"}, None, id="a unit of something else"
        ),
        pytest.param(
            quantity(300, "enzyme unit per liter", "U/L"),
            {"value": 40, "unit": "enzyme unit per liter"},
            "7.5",
            id="the text of the value",
        ),
    ],
)
def test_value_and_limit_in_one_unknown_unit_give_a_multiple(value: Json, limit: Json, ratio: str | None) -> None:
    fact = read([{"high": limit}], valueQuantity=value)
    if ratio is None:
        assert isinstance(fact, Gap)
        assert fact.reason == "unit-unknown"
        assert fact.values[0][1].startswith("300")
    else:
        assert fact.value / fact.upper_limit == Decimal(ratio)


@pytest.mark.parametrize(
    ("written", "multiple"),
    [
        ("6 x ULN", "6"),
        ("6xULN", "6"),
        ("6 \u00d7 ULN", "6"),
        ("1.2 times the upper limit of normal", "1.2"),
        ("6 x LLN", None),
        ("6 x", None),
    ],
)
def test_a_multiple_of_the_upper_limit_in_words(written: str, multiple: str | None) -> None:
    fact = read([], valueString=written)
    assert getattr(fact, "value", None) == (Decimal(multiple) if multiple else None)
    assert getattr(fact, "upper_limit", None) == (1 if multiple else None)


@pytest.mark.parametrize(
    ("ranges", "expected"),
    [
        pytest.param([{"low": quantity(55, "%")}], 55, id="by its number"),
        pytest.param([{"text": ">= 55 %"}], 55, id="in words"),
        pytest.param([{"text": "55 - 70"}], 55, id="a range in words"),
        pytest.param(
            [{"low": quantity(52, "%"), "appliesTo": [MALE]}, {"low": quantity(54, "%"), "appliesTo": [FEMALE]}],
            54,
            id="of her sex",
        ),
        pytest.param([{"low": quantity(30, "%"), "text": "critical"}], None, id="a critical one"),
    ],
)
def test_the_lower_limit_of_an_ejection_fraction(ranges: Any, expected: int | None) -> None:
    resource = observation("10230-1", referenceRange=ranges, valueQuantity=quantity(48, "%"))
    (fact,) = READER.read("lvef", resource, Origin("Observation/o", "x"), WOMAN)
    assert isinstance(fact, Lvef)
    assert (fact.lower_limit.value if fact.lower_limit else None) == (None if expected is None else Decimal(expected))


@LAW
@given(st.text(max_size=12), st.sampled_from(["", "10-40 U/L", "Normal range"]), st.booleans())
def test_a_word_that_is_not_known_never_leaves_a_range_as_it_was(word: str, written: str, behind: bool) -> None:  # noqa: FBT001 - drawn
    text = f"{written} {word}" if behind else f"{word} {written}"
    known = TERMINOLOGY.reference_ranges
    every = {*known.normal_words, *known.female_words, *known.male_words}
    is_plain = (
        word.strip().isalpha()
        and word.strip().casefold() not in every
        and word.strip().casefold()
        not in {
            *known.to_words,
            *known.up_to_words,
            *known.from_words,
        }
    )
    if is_plain:
        assert read([{**HIGH, "text": text}]).upper_limit is None, text


@LAW
@given(
    st.permutations(
        [
            {**HIGH, "text": "Normal"},
            {"high": quantity(500, "U/L"), "text": "Critical"},
            {"high": quantity(60, "U/L"), "appliesTo": [MALE]},
        ]
    )
)
def test_the_order_of_ranges_does_not_matter(ranges: list[Json]) -> None:
    assert read(ranges).upper_limit == Decimal(40)
