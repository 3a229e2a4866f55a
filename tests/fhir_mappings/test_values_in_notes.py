"""Another value in the note of a result, and words that no normal value has: told; what only looks like it is not."""

from __future__ import annotations

from typing import Any

import pytest
from shapes import Json, bundle, concept, lab, observation, quantity, read_patient

RESULTS: dict[str, Any] = {
    "ast": lab("1920-8", "ast-1", 24, "U/L", 40),
    "bilirubin": lab("1975-2", "bili-1", 0.6, "mg/dL", 1.2),
    "platelets": observation("777-3", "plt-1", valueQuantity=quantity(212, "10*3/uL")),
    "neutrophils": observation("751-8", "anc-1", valueQuantity=quantity(3.2, "10*3/uL")),
    "weight": observation("29463-7", "weight-1", valueQuantity=quantity(70, "kg")),
    "lvef": observation("10230-1", "lvef-1", valueQuantity=quantity(61, "%")),
}


@pytest.mark.parametrize(
    ("of", "note"),
    [
        ("ast", "8 x ULN on repeat"),
        ("ast", "Confirmed on repeat: 8 times the upper limit of normal"),
        ("ast", "10-fold ULN on rerun"),
        ("ast", "240, nicht 24"),
        ("ast", "Not multiplied by dilution factor"),
        ("bilirubin", "6.0, not 0.6"),
        ("bilirubin", "Grossly icteric serum"),
        ("platelets", "valor real 35000"),
        ("platelets", "True count 35,000"),
        ("platelets", "Real count 35K"),
        ("platelets", "38 not 212"),
        ("platelets", "Count by fluorescent method 38"),
        ("platelets", "Smear: platelets markedly decreased"),
        ("neutrophils", "Manual diff ANC 0.4"),
        ("neutrophils", "Manual ANC 400"),
        ("neutrophils", "Severe neutropenia confirmed"),
        ("weight", "55 kg not 70 kg"),
        ("weight", "Entered as lb, not kg"),
        ("weight", "Wheelchair 15 kg not subtracted"),
        ("lvef", "EF is 38 not 61"),
        ("lvef", "39% not 61%"),
        ("lvef", "Correct EF: 39"),
        ("lvef", "es 38, no 61"),
    ],
)
def test_a_note_that_says_another_value_voids_the_result(of: str, note: str) -> None:
    assert voided({**RESULTS[of], "note": [{"text": note}]})


@pytest.mark.parametrize(
    ("of", "note"),
    [
        ("ast", "0.6 x ULN"),
        ("ast", "Below 1.5 x ULN"),
        ("ast", "Hold Kadcyla if > 5 x ULN"),
        ("ast", "ULN 40 U/L; 3 x ULN = 120 U/L"),
        ("ast", "Was 8 x ULN last month, now normal"),
        ("ast", "24 not 42 as phoned"),
        ("bilirubin", "Sample not icteric, not hemolyzed"),
        ("platelets", "No thrombocytopenia"),
        ("platelets", "History of thrombocytopenia, resolved"),
        ("platelets", "Indication: thrombocytopenia follow-up"),
        ("platelets", "Prior 35,000 on 10/02"),
        ("platelets", "212, not clumped"),
        ("neutrophils", "Neutropenic precautions not required"),
        ("neutrophils", "Febrile neutropenia in cycle 1"),
        ("weight", "70 kg not 154 kg"),
        ("weight", "Wheelchair weight subtracted"),
        ("lvef", "61, not significantly changed"),
    ],
)
def test_a_note_about_something_else_leaves_the_result(of: str, note: str) -> None:
    assert not voided({**RESULTS[of], "note": [{"text": note}]})


def test_words_for_a_low_count_say_nothing_against_a_low_one() -> None:
    low = {**RESULTS["platelets"], "valueQuantity": quantity(60, "10*3/uL"), "note": [{"text": "Thrombocytopenia"}]}
    assert not voided(low)


def test_an_ejection_fraction_under_stress_by_its_method_is_another_measurement() -> None:
    stressed = {**RESULTS["lvef"], "method": concept(text="Dobutamine stress echo")}
    assert [gap.reason for gap in read_patient(lvef=bundle(stressed)).gaps] == ["named-otherwise"]


def voided(result: Json) -> bool:
    return any(gap.reason == "voided" for gap in read_patient(labs=bundle(result)).gaps)
