"""Results whose name has more words than the test, or stands over another code: told; what is near is not."""

from __future__ import annotations

from typing import Any

import pytest
from shapes import LOINC, Json, bundle, coding, concept, observation, quantity, read_patient

LOCAL = "urn:oid:1.2.840.114350.1.13.0.1.7.5.737384.6"


def local(name: str, value: Any, unit: str, **more: Any) -> Json:
    code = concept(coding(LOCAL, "1230", name))
    return observation("", "local-1", code=code, valueQuantity=quantity(value, unit, ""), **more)


def told(*results: Json) -> list[str | None]:
    return [gap.about for gap in read_patient(labs=bundle(*results)).gaps if gap.reason == "named-only"]


@pytest.mark.parametrize(
    ("name", "value", "unit", "about"),
    [
        ("GOT (ASAT) 37 °C", 400, "U/l", "ast"),
        ("Asparate Aminotransferase (AST)", 400, "IU/L", "ast"),
        ("Liver panel: AST", 400, "U/L", "ast"),
        ("AST (SGOT), Serum - LabCorp", 400, "IU/L", "ast"),
        ("Aspartattransaminase [ASAT];P", 400, "U/L", "ast"),
        ("CHEM: ALT", 400, "U/L", "alt"),
        ("Total Bilirubin (T Bil)", "6.2", "mg/dL", "bilirubin-total"),
        ("総ビリルビン", "6.2", "mg/dL", "bilirubin-total"),
        ("Platelet Count, EDTA", 40, "K/uL", "platelets"),
        ("Plt Count - Cell-Dyn", 40, "K/uL", "platelets"),
        ("血小板数", 4, "万/μL", "platelets"),
        ("Plaquetas, contagem", 40, "mil/mm3", "platelets"),
        ("plateletCount", 40, "10*3/uL", "platelets"),
        ("Aminotransferase, Aspartate", 400, "U/L", "ast"),
        ("BILT", "6.2", "mg/dL", "bilirubin-total"),
        ("Bilirub SerPl-mCnc", "6.2", "mg/dL", "bilirubin-total"),
        ("Body Wt", 50, "kg", "weight"),
        ("Neutrophils, Segmented, Absolute", "0.4", "K/uL", "neutrophils"),
        ("Neutrophile Granulozyten abs.", "0.4", "/nl", "neutrophils"),
        ("Weight for chemotherapy dosing", 50, "kg", "weight"),
        ("Weight - Standing Scale", 50, "kg", "weight"),
        ("Today's Weight", 50, "kg", "weight"),
        ("Pre-dialysis weight", 50, "kg", "weight"),
        ("Daily Weight", 50, "kg", "weight"),
    ],
)
def test_a_name_with_more_words_is_told(name: str, value: Any, unit: str, about: str) -> None:
    assert told(local(name, float(value), unit)) == [about]


@pytest.mark.parametrize(
    ("name", "value", "unit"),
    [
        ("plateletMeanVolume", 9, "fL"),
        ("Bilirub Direct SerPl-mCnc", 4, "mg/dL"),
        ("Neutrophils NFr Bld Auto", 30, "%"),
        ("AST/ALT Ratio", 1, "{ratio}"),
        ("FIB-4 (AST, ALT, platelets, age)", 1, ""),
        ("AST upper limit", 40, "U/L"),
        ("AST, previous", 390, "U/L"),
        ("Macro-AST", 300, "U/L"),
        ("AST, pleural fluid", 400, "U/L"),
        ("Lipase", 900, "U/L"),
        ("D. Bilirubin", 3, "mg/dL"),
        ("Bilirubin, Conjugated", 3, "mg/dL"),
        ("Transcutaneous bilirubin", 9, "mg/dL"),
        ("Cord blood bilirubin", 4, "mg/dL"),
        ("Immature Platelets, Absolute", 5, "K/uL"),
        ("Large Platelets", 5, "K/uL"),
        ("Platelet Count, donor product", 1400, "K/uL"),
        ("Platelet transfusion threshold", 10, "K/uL"),
        ("Platelet nadir", 22, "K/uL"),
        ("Neutrophils, CSF", "0.1", "K/uL"),
        ("Eosinophils Absolute", "0.1", "K/uL"),
        ("ANC nadir", "0.3", "K/uL"),
        ("Maximum weight (lifetime)", 95, "kg"),
        ("Weight limit of table", 200, "kg"),
        ("Skeletal muscle weight", 24, "kg"),
        ("Weight of mother", 60, "kg"),
        ("Husband's weight", 90, "kg"),
    ],
)
def test_a_name_of_another_value_is_not_told(name: str, value: Any, unit: str) -> None:
    assert told(local(name, float(value), unit)) == []


@pytest.mark.parametrize(
    ("code", "display", "text", "unit", "about"),
    [
        ("6768-6", "Alkaline phosphatase", "AST", "U/L", ["ast"]),
        ("2345-7", "Glucose", "AST (SGOT)", "U/L", ["ast"]),
        ("6690-2", "Leukocytes", "Platelet Count", "10*3/uL", ["platelets"]),
        ("1968-7", "Bilirubin.direct", "Bilirubin, Total", "mg/dL", ["bilirubin-total"]),
        ("8302-2", "Body height", "Weight", "kg", ["weight"]),
        ("74464-8", "Platelets [#/volume] in Blood by Impedance", "", "10*3/uL", ["platelets"]),
        ("58941-6", "Bilirubin.total [Moles/volume] in Venous blood", "", "umol/L", ["bilirubin-total"]),
        ("79348-9", "Body weight used for drug calculation", "", "kg", ["weight"]),
        ("6690-2", "Leukocytes [#/volume] in Blood", "WBC", "10*3/uL", []),
        ("1968-7", "Bilirubin.direct [Mass/volume]", "Bilirubin, Direct", "mg/dL", []),
        ("32623-1", "Platelet mean volume [Entitic volume] in Blood", "MPV", "fL", []),
        ("1916-6", "Aspartate aminotransferase/Alanine aminotransferase", "AST/ALT", "{ratio}", []),
        ("50064-5", "Ideal body weight", "Ideal body weight", "kg", []),
    ],
)
def test_a_name_over_the_code_of_another_test_is_told(
    code: str, display: str, text: str, unit: str, about: list[str]
) -> None:
    named = concept(coding(LOINC, code, display), text=text)
    assert told(observation("", "loinc-1", code=named, valueQuantity=quantity(50, unit))) == about


def analyte(name: str, value: float, unit: str) -> Json:
    parts = [
        {"code": concept(coding("openehr", "at0024", "Analyte name")), "valueCodeableConcept": concept(text=name)},
        {"code": concept(coding("openehr", "at0001", "Analyte result")), "valueQuantity": quantity(value, unit, "")},
    ]
    return observation("", "openehr-1", code=concept(text="Laboratory test result"), component=parts)


@pytest.mark.parametrize(
    ("sent", "about"),
    [
        pytest.param(analyte("Aspartate aminotransferase", 400, "U/L"), ["ast"], id="a test that rules use"),
        pytest.param(analyte("Platelet count", 40, "10*9/l"), ["platelets"], id="a count"),
        pytest.param(analyte("Sodium", 140, "mmol/L"), [], id="another test"),
    ],
)
def test_a_part_names_the_test_of_the_part_beside_it(sent: Json, about: list[str]) -> None:
    assert told(sent) == about


@pytest.mark.parametrize(
    ("name", "value", "about"),
    [
        ("Currently pregnant?", {"valueCodeableConcept": concept(text="Yes")}, ["pregnancy-test"]),
        ("Is the patient pregnant?", {"valueBoolean": True}, ["pregnancy-test"]),
        ("Pregnancy status", {"valueString": "Pregnant"}, ["pregnancy-test"]),
        ("Schwanger", {"valueString": "ja"}, ["pregnancy-test"]),
        ("Pregnancy intention", {"valueString": "Yes"}, []),
        ("Pregnancy history", {"valueString": "Yes"}, []),
        ("Possibility of pregnancy", {"valueString": "No"}, []),
    ],
)
def test_a_question_about_pregnancy_is_answered_like_a_test(name: str, value: Json, about: list[str]) -> None:
    assert told(observation("", "asked-1", code=concept(coding(LOCAL, "99", name)), **value)) == about
