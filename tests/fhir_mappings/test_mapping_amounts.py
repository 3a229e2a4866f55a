"""Numbers of results in texts: with a comparator, a unit, a flag, a comma. What may be two numbers is none."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from shapes import TERMINOLOGY, Json, concept, observation, quantity

from cards.facts.origins import Gap, Origin
from cards.facts.results import LabResult
from cards.values.intervals import Bound
from fhir_mappings.results.amounts import read_amount
from fhir_mappings.results.observations import ObservationReader

READER = ObservationReader(TERMINOLOGY)


def read(code: str, test: str, **value: Any) -> Any:
    (fact,) = READER.read(test, observation(code, **value), Origin("Observation/o", "x"))
    return fact


@pytest.mark.parametrize(
    ("written", "bound", "low", "high", "unit"),
    [
        (">175 U/L", Bound.ABOVE, "175", None, "U/L"),
        ("< 0.5", Bound.BELOW, "0.5", None, ""),
        ("\u2264 35 %", Bound.AT_MOST, "35", None, "%"),
        ("less than 0.5 K/uL", Bound.BELOW, "0.5", None, "K/uL"),
        ("0,67 ukat/L", Bound.EXACT, "0.67", None, "ukat/L"),
        ("180 10*3/uL", Bound.EXACT, "180", None, "10*3/uL"),
        ("180K/uL", Bound.EXACT, "180", None, "K/uL"),
        ("300 U/L (H)", Bound.EXACT, "300", None, "U/L"),
        ("300 U/L HH", Bound.EXACT, "300", None, "U/L"),
        ("300 U/L*", Bound.EXACT, "300", None, "U/L"),
        ("40-60 U/L", Bound.EXACT, "40", "60", "U/L"),
        ("40 to 60 U/L", Bound.EXACT, "40", "60", "U/L"),
    ],
)
def test_an_amount_in_a_text(written: str, bound: Bound, low: str, high: str | None, unit: str) -> None:
    found = read_amount(written)
    assert found is not None
    assert (found.bound, found.value, found.unit) == (bound, Decimal(low), unit)
    assert found.upper == (None if high is None else Decimal(high))


@pytest.mark.parametrize(
    "written",
    [
        "normal",
        "about 40",
        "40?",
        "4.500/ul",
        "180,000 /uL",
        "> 40 - 50 U/L",
        "60-40 U/L",
        "",
        "-5 U/L",
        "1e5",
        "40..50",
        "H",
    ],
)
def test_texts_without_a_single_amount(written: str) -> None:
    found = read_amount(written)
    assert found is None or found.unit not in ("", "U/L", "/uL")


@pytest.mark.parametrize(
    ("value", "expected", "bound"),
    [
        pytest.param({"valueString": "<0.5 10*3/uL"}, "0.5", Bound.BELOW, id="a text"),
        pytest.param(
            {"valueCodeableConcept": concept(text="49 x10^9/L")}, "49", Bound.EXACT, id="the text of a concept"
        ),
        pytest.param({"valueQuantity": {**quantity("<50", "10*3/uL")}}, "50", Bound.BELOW, id="a sign in the number"),
        pytest.param({"valueQuantity": {**quantity("> 50", "10*3/uL")}}, "50", Bound.ABOVE, id="and a blank"),
        pytest.param({"valueString": "49000 /mm3"}, "49", Bound.EXACT, id="in another unit"),
        pytest.param({"valueString": "PLT: 49 K/uL"}, "49", Bound.EXACT, id="with the name of the test"),
        pytest.param({"valueString": "Platelet count 49 K/uL"}, "49", Bound.EXACT, id="with a longer name"),
        pytest.param({"valueString": "Plt < 10 K/uL"}, "10", Bound.BELOW, id="with its name and a comparator"),
        pytest.param({"valueString": "49 K/uL (L)"}, "49", Bound.EXACT, id="with its flag"),
        pytest.param({"valueString": "49 K/uL (150-400)"}, "49", Bound.EXACT, id="with its range"),
        pytest.param({"valueString": "49 K/uL [ref: 150 - 400 K/uL]"}, "49", Bound.EXACT, id="with its range in words"),
    ],
)
def test_platelets_in_words(value: Json, expected: str, bound: Bound) -> None:
    fact = read("777-3", "platelets", **value)
    assert isinstance(fact, LabResult)
    assert (fact.value, fact.bound) == (Decimal(expected), bound)


@pytest.mark.parametrize(
    ("value", "reason", "told"),
    [
        pytest.param(
            {"valueQuantity": quantity("twelve", "10*3/uL")}, "value", "twelve 10*3/uL", id="a word for a number"
        ),
        pytest.param(
            {"valueQuantity": {**quantity("<5", "10*3/uL"), "comparator": ">"}}, "value", "> <5 10*3/uL", id="two signs"
        ),
        pytest.param({"valueString": "clumped"}, "value", "clumped", id="no number"),
        pytest.param({"valueString": "WBC 49 K/uL"}, "value", "WBC 49 K/uL", id="the name of another test"),
        pytest.param({"valueString": "231 K/uL (LL)"}, "flagged", "231 K/uL (LL)", id="a flag that it contradicts"),
        pytest.param({"valueString": "49"}, "unit-missing", "49", id="no unit"),
        pytest.param({"valueString": "49 zonks"}, "unit-unknown", "49 zonks", id="an unknown unit"),
        pytest.param(
            {"valueString": "49 10*3/uL, repeat 180"}, "unit-unknown", "49 10*3/uL, repeat 180", id="two numbers"
        ),
    ],
)
def test_what_is_not_read_is_reported_as_it_is_written(value: Json, reason: str, told: str) -> None:
    fact = read("777-3", "platelets", **value)
    assert isinstance(fact, Gap)
    assert (fact.reason, fact.values[0]) == (reason, ("value", told))
