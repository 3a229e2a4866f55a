"""Which body weight an order says its dose is by."""

from __future__ import annotations

import pytest

from fhir_mappings.medications.weight_basis import weight_basis


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("3.6 mg/kg ideal body weight IV", "ideal"),
        ("216 mg (3.6 mg/kg IBW)", "ideal"),
        ("3.6 mg/kg nach Idealgewicht", "ideal"),
        ("dose by adjusted body weight", "adjusted"),
        ("3.6 mg/kg AdjBW", "adjusted"),
        ("lean body mass", "lean"),
        ("3.6 mg/kg actual body weight", ""),
        ("Use actual body weight, not ideal body weight", ""),
        ("Ideal body weight not used", ""),
        ("3.6 mg/kg, IBW 58 kg (not used)", ""),
        ("Dose on actual body weight; ideal body weight 58 kg", ""),
        ("Actual body weight 110 kg; dose by ideal body weight", "ideal"),
        ("dose by ideal body weight, not actual body weight", "ideal"),
        ("3.6 mg/kg; IBW 58 kg", ""),
        ("IBW 58 kg, ABW 70 kg; 3.6 mg/kg", ""),
        ("Dosing weight 70 kg (IBW 58 kg)", ""),
        ("Ideal body weight: 58 kg", ""),
        ("Ideal Body Weight (kg): 58", ""),
        ("Idealgewicht 58 kg", ""),
        ("AdjBW 62 kg", ""),
        ("3.6 mg/kg (IBW 58 kg)", "ideal"),
        ("3.6 mg/kg x IBW 58 kg = 209 mg", "ideal"),
        ("3.6 mg/kg x 58 kg (IBW)", "ideal"),
        ("based on adjusted body weight 62 kg", "adjusted"),
        ("Weight used: IBW 58 kg", "ideal"),
        ("dosing weight: adjusted 62 kg", "adjusted"),
        ("seg\u00fan peso ideal 58 kg", "ideal"),
        ("adjust rate if needed", ""),
        ("ideally in the morning", ""),
        ("252 mg IV", ""),
    ],
)
def test_the_weight_that_a_text_names(text: str, found: str) -> None:
    assert weight_basis({"dosageInstruction": [{"text": text}]}) == found


def test_the_weight_in_the_unit_of_a_dose() -> None:
    dose = {"doseQuantity": {"value": 3.6, "unit": "mg/kg IBW"}}
    assert weight_basis({"dosageInstruction": [{"doseAndRate": [dose]}]}) == "ideal"
