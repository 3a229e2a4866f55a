"""Results whose value, id, time or parts are not where FHIR has them: told, or read; never passed over."""

from __future__ import annotations

from typing import Any

import pytest
from shapes import LOINC, Json, bundle, chart, coding, concept, lab, observation, quantity, read_patient, topics

TOLD = ["checks-incomplete"]
HIGH = lab("1920-8", "ast-2", 400, "U/L", 40)
AST = concept(coding(LOINC, "1920-8"))
NAMED = concept(text="AST")


def without_value(**more: Any) -> Json:
    return {**{name: value for name, value in HIGH.items() if name != "valueQuantity"}, **more}


def with_result(sent: Json) -> Json:
    """Return a chart in which a result follows a normal one of the day before."""
    prefetch = chart()
    prefetch["labs"]["entry"].append({"resource": {**sent, "effectiveDateTime": "2026-11-21"}})
    return prefetch


@pytest.mark.parametrize("code", [pytest.param(AST, id="with a code"), pytest.param(NAMED, id="only named")])
@pytest.mark.parametrize(
    "value",
    [
        pytest.param({"valueDecimal": 400}, id="a number of another release"),
        pytest.param({"value": {"value": 400, "unit": "U/L"}}, id="no type"),
        pytest.param({"value_quantity": {"value": 400, "unit": "U/L"}}, id="another spelling"),
        pytest.param({"valuequantity": {"value": 400, "unit": "U/L"}}, id="lower case"),
        pytest.param({"extension": [{"url": "x", "valueQuantity": quantity(400, "U/L")}]}, id="in an extension"),
        pytest.param(
            {"valueQuantity": quantity(400, "U/L"), "dataAbsentReason": {"text": "unknown"}}, id="said to be absent"
        ),
        pytest.param({"component": [{"code": concept(text="Result"), "valueDecimal": 400}]}, id="in a part"),
    ],
)
def test_a_value_under_another_name_is_told(code: Json, value: Json) -> None:
    assert topics(prefetch=with_result(without_value(code=code, **value))) == TOLD


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param(without_value(code=concept(text="GOT (ASAT) 37 °C"), valueString="400 U/L"), id="as a text"),
        pytest.param(
            without_value(code=concept(text="GOT (ASAT) 37 °C"), valueQuantity={"value": 400}), id="without a unit"
        ),
        pytest.param(
            without_value(
                code=concept(text="GOT (ASAT) 37 °C"),
                component=[{"code": concept(text="Result"), "valueQuantity": quantity(400, "U/L")}],
            ),
            id="in a part",
        ),
    ],
)
def test_a_result_named_among_other_words_is_told_in_any_form(sent: Json) -> None:
    assert topics(prefetch=with_result(sent)) == TOLD


def test_two_results_under_one_id_are_both_read() -> None:
    assert topics(prefetch=with_result({**HIGH, "id": "ast-1"})) == ["liver-tests-hold"]


def test_one_result_in_two_lists_is_read_once() -> None:
    twice = lab("29463-7", "weight-1", 70, "kg", 100)
    assert len(read_patient(weight=bundle(twice), labs=bundle(twice)).weights) == 1


def test_two_diagnoses_under_one_id_are_both_read() -> None:
    conditions = chart()["conditions"]
    lung = {**conditions["entry"][0]["resource"], "code": concept(text="Interstitial lung disease")}
    conditions["entry"].append({"resource": lung})
    assert topics(prefetch=chart(conditions=conditions)) == ["ild-active"]


def test_a_note_is_about_the_part_with_the_value() -> None:
    part = {"code": concept(text="Result"), "valueQuantity": quantity(24, "U/L")}
    for note in ("8 x ULN on repeat", "240, not 24", "AST 400 on repeat"):
        sent = without_value(component=[part], note=[{"text": note}])
        assert [gap.reason for gap in read_patient(labs=bundle(sent)).gaps] == ["voided"]


def test_an_unread_result_of_an_evening_may_be_of_the_next_day_in_utc() -> None:
    unread = without_value(effectiveDateTime="2026-11-20T22:00:00-05:00", valueString="see below")
    (gap,) = read_patient(labs=bundle(unread)).gaps
    assert str(gap.last_day) == "2026-11-21"


@pytest.mark.parametrize(("value", "expected"), [(35, TOLD), (61, [])])
def test_an_ejection_fraction_without_a_date_that_only_words_name_is_told_if_it_differs(
    value: int, expected: list[str]
) -> None:
    prefetch = chart()
    sent = observation("", "ef", code=concept(text="Ejection Fraction, Biplane"), valueQuantity=quantity(value, "%"))
    prefetch["lvef"]["entry"].append({"resource": {**sent, "effectiveDateTime": ""}})
    assert topics(prefetch=prefetch) == expected


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        pytest.param(HIGH, TOLD, id="a high result"),
        pytest.param(lab("1920-8", "ast-2", 24, "U/L", 40), [], id="a normal result"),
        pytest.param({**HIGH, "code": NAMED}, TOLD, id="a high result that only words name"),
    ],
)
def test_a_date_before_the_birth_of_the_patient_is_none(sent: Json, expected: list[str]) -> None:
    prefetch = chart()
    prefetch["labs"]["entry"].append({"resource": {**sent, "effectiveDateTime": "1900-01-01"}})
    assert topics(prefetch=prefetch) == expected
