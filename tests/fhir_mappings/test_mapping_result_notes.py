"""Notes that speak against a result: a void one is told, and a weight called stated is no measured one."""

from __future__ import annotations

from typing import Any

import pytest
from shapes import bundle, observation, quantity, read_patient

from cards.facts.results import Weight
from cards.knowledge.loader import default_knowledge
from fhir_mappings.results.written_values import written_value


def ast(**more: Any) -> dict[str, Any]:
    return observation("1920-8", valueQuantity=quantity(25, "U/L"), **more)


@pytest.mark.parametrize(
    ("more", "note"),
    [
        pytest.param({"note": [{"text": "Specimen mislabeled"}]}, "Specimen mislabeled", id="mislabeled"),
        pytest.param({"note": [{"text": "WRONG PATIENT - disregard"}]}, "WRONG PATIENT - disregard", id="in capitals"),
        pytest.param({"note": {"text": "do not use"}}, "do not use", id="a note that is not a list"),
        pytest.param({"comment": "Result invalid"}, "Result invalid", id="a comment of an earlier release"),
        pytest.param({"note": "entered in error"}, "entered in error", id="a bare text"),
        pytest.param({"note": [{"text": "Ok."}, {"text": "Probe verwechselt"}]}, "Probe verwechselt", id="in German"),
        pytest.param({"note": [{"text": "Resultado no válido"}]}, "Resultado no válido", id="in Spanish"),
        pytest.param({"note": [{"text": "Échantillon erroné"}]}, "Échantillon erroné", id="in French"),
        pytest.param(
            {"note": [{"text": "Fasting. Contaminated."}]}, "Fasting. Contaminated.", id="its second sentence"
        ),
        pytest.param({"note": [{"text": "Test canceled"}]}, "Test canceled", id="canceled"),
        pytest.param({"note": [{"text": "Result withdrawn by lab"}]}, "Result withdrawn by lab", id="withdrawn"),
        pytest.param({"note": [{"text": "Superseded by repeat"}]}, "Superseded by repeat", id="superseded"),
        pytest.param({"note": [{"text": "Befund storniert"}]}, "Befund storniert", id="canceled in German"),
        pytest.param({"note": [{"text": "Résultat annulé"}]}, "Résultat annulé", id="canceled in French"),
        pytest.param({"note": [{"text": "Previous result canceled; repeat"}]}, "", id="an earlier one was canceled"),
        pytest.param({"note": [{"text": "Supersedes the result of 8 a.m."}]}, "", id="one that supersedes another"),
        pytest.param({"note": [{"text": "Previous result invalid; repeat"}]}, "", id="an earlier result"),
        pytest.param({"note": [{"text": "Not contaminated"}]}, "", id="denied"),
        pytest.param({"note": [{"text": "Replaces an erroneous value"}]}, "", id="what it replaces"),
        pytest.param({"note": [{"text": "Slightly hemolyzed"}]}, "", id="a remark on the specimen"),
        pytest.param({"note": [{"text": "Verified by repeat analysis"}]}, "", id="a remark for it"),
        pytest.param({"note": [{"text": "invalidated sample plan"}]}, "", id="another word"),
        pytest.param({"note": []}, "", id="no note"),
        pytest.param({"note": [{"text": "Quality control sample"}]}, "Quality control sample", id="no patient's"),
        pytest.param({"interpretation": [{"text": "Wrong patient"}]}, "Wrong patient", id="an interpretation"),
        pytest.param({"interpretation": {"text": "Result retracted"}}, "Result retracted", id="one that is no list"),
        pytest.param({"interpretation": [{"text": "Normal"}]}, "", id="an interpretation for it"),
        pytest.param(
            {"component": [{"code": {"text": "Comment"}, "valueCodeableConcept": {"text": "Do not use"}}]},
            "Do not use",
            id="a comment that is a concept",
        ),
    ],
)
def test_a_note_that_calls_a_result_void(more: dict[str, Any], note: str) -> None:
    chart = read_patient(labs=bundle(ast(**more)))
    told = [dict(gap.values)["note"] for gap in chart.gaps if gap.reason == "voided"]
    assert told == ([note] if note else [])
    assert ("ast" in chart.labs) is not bool(note)


VALUES = {
    "1920-8": quantity(25, "U/L"),
    "1975-2": quantity(0.6, "mg/dL"),
    "777-3": quantity(231, "10*3/uL"),
    "10230-1": quantity(60, "%"),
    "29463-7": quantity(70, "kg"),
    "19080-1": quantity(2, "mIU/mL"),
}


@pytest.mark.parametrize(
    ("code", "note", "is_doubtful"),
    [
        ("1920-8", "Specimen rejected", True),
        ("1920-8", "Repeat pending", True),
        ("1920-8", "Kontrolle folgt", True),
        ("1920-8", "Interpretar con precaución", True),
        ("1920-8", "Lipemic", True),
        ("1920-8", "Slightly lipemic", False),
        ("1920-8", "No lipemia", False),
        ("1920-8", "Lipemia: none", False),
        ("1920-8", "Free of hemolysis and lipemia", False),
        ("1920-8", "Lipemia index 5", False),
        ("1920-8", "Lipemia index exceeds the limit", True),
        ("1920-8", "Grossly hemolyzed", False),
        ("1920-8", "AST may be falsely low", True),
        ("1920-8", "AST may be falsely elevated", False),
        ("1920-8", "Repeat in 3 weeks", False),
        ("1920-8", "Result confirmed by repeat analysis", False),
        ("1920-8", "Final. Supersedes preliminary report", False),
        ("1920-8", "Clotted", False),
        ("1975-2", "Hemolyzed", False),
        ("1975-2", "Grossly hemolyzed", True),
        ("777-3", "Specimen clotted", True),
        ("777-3", "Specimen checked for clots: none found", False),
        ("777-3", "Platelet clumps, count may be falsely low", False),
        ("777-3", "RBC fragments, count may be falsely elevated", True),
        ("777-3", "Estimated from smear", True),
        ("777-3", "Manual count: 30", True),
        ("777-3", "Manual count 231", False),
        ("777-3", "Rerun on 11/28", False),
        ("777-3", "Estimate: adequate", False),
        ("10230-1", "Visual estimate", False),
        ("10230-1", "No LV clot; questionable effusion; RVSP may be overestimated", False),
        ("10230-1", "EF may be overestimated", True),
        ("10230-1", "Preliminary read", True),
        ("19080-1", "May be falsely low (hook effect)", True),
        ("19080-1", "May be falsely elevated", False),
        ("29463-7", "Includes wheelchair", True),
        ("29463-7", "Wheelchair weight subtracted", False),
        ("29463-7", "Weight error, actual 50 kg", True),
        ("29463-7", "Re-weighed: 50 kg", True),
        ("29463-7", "Actual body weight 70 kg used", False),
        ("29463-7", "Dry weight 68 kg", False),
        ("10230-1", "EF 35 %", True),
        ("10230-1", "Wall motion normal. EF by visual estimate 40 %.", True),
        ("10230-1", "Prior EF 35 %", False),
        ("10230-1", "LVEF 62 % (prior 35 %)", False),
        ("10230-1", "Normal EF is 45-70 %", False),
        ("10230-1", "EF 55 %", False),
        ("10230-1", "RVEF 40 %", False),
        ("10230-1", "LVEF 35", True),
        ("10230-1", "EF severely reduced", True),
        ("10230-1", "LVEF mildly reduced", True),
        ("10230-1", "RV function mildly reduced", False),
        ("10230-1", "LVEF preserved", False),
        ("10230-1", "Study of another patient", True),
        ("1920-8", "AST 400 U/L", True),
        ("1920-8", "AST is 400", True),
        ("1920-8", "Ok. Repeat: 400 U/L", True),
        ("1920-8", "SGOT 6,67 ukat/L", True),
        ("1920-8", "AST 20 U/L", False),
        ("1920-8", "AST 25 U/L", False),
        ("1920-8", "Previous AST 400 U/L", False),
        ("1920-8", "ALT 400 U/L", False),
        ("1920-8", "Normal 10-40 U/L", False),
        ("1920-8", "Repeat in 400 h", False),
        ("1920-8", "Value 400", False),
        ("1920-8", "Sample swapped in lab.", True),
        ("1920-8", "Drawn above infusion, diluted", True),
        ("1920-8", "Hémolyse, résultat ininterprétable", True),
        ("1920-8", "Amostra hemolisada, repetir coleta", True),
        ("1920-8", "Amostra hemolisada", False),
        ("1920-8", "Wynik niewiarygodny", True),
        ("777-3", "Slide mix-up; result does not belong to this patient.", True),
        ("777-3", "Agregados plaquetarios", False),
        ("777-3", "Platelets 40 10*3/uL", True),
        ("777-3", "Platelets 400 10*3/uL", False),
        ("29463-7", "50 kg", True),
        ("29463-7", "Weight 90", True),
        ("29463-7", "110 lb", True),
        ("29463-7", "154 lb", False),
        ("29463-7", "Last 50 kg", False),
        ("29463-7", "Height 170 cm", False),
    ],
)
def test_a_note_that_makes_a_result_doubtful(code: str, note: str, *, is_doubtful: bool) -> None:
    chart = read_patient(labs=bundle(observation(code, valueQuantity=VALUES[code], note=[{"text": note}])))
    assert [gap.reason for gap in chart.gaps] == (["voided"] if is_doubtful else [])


@pytest.mark.parametrize(
    ("code", "note", "is_another"),
    [
        ("29463-7", "Ideal body weight", True),
        ("29463-7", "Lean body weight used", True),
        ("29463-7", "Ideal body weight is 55 kg", False),
        ("29463-7", "Goal discussed", False),
        ("10230-1", "Right ventricle", True),
        ("10230-1", "Stress echo", True),
        ("10230-1", "Fractional shortening", True),
        ("10230-1", "Right ventricle normal", False),
        ("10230-1", "Stress echo, at rest", False),
        ("1920-8", "ALT", True),
        ("1920-8", "ALT normal", False),
    ],
)
def test_a_note_that_is_the_name_of_another_measurement(code: str, note: str, *, is_another: bool) -> None:
    chart = read_patient(labs=bundle(observation(code, valueQuantity=VALUES[code], note=[{"text": note}])))
    assert [gap.reason for gap in chart.gaps] == (["named-otherwise"] if is_another else [])


@pytest.mark.parametrize(
    ("beside", "told"),
    [
        ({"interpretation": [{"text": "LVEF 35 %"}]}, True),
        ({"interpretation": [{"text": "Severely reduced"}]}, True),
        ({"interpretation": [{"text": "Normal"}]}, False),
        ({"interpretation": [{"text": "Abnormal"}]}, False),
        ({"comment": "EF 35 %"}, True),
        ({"component": [{"code": {"text": "Comment"}, "valueString": "EF 35 %"}]}, True),
        ({"component": [{"code": {"text": "Heart rate"}, "valueString": "35"}]}, False),
    ],
)
def test_a_lower_ejection_fraction_beside_the_value(beside: dict[str, Any], *, told: bool) -> None:
    result = observation("10230-1", valueQuantity=quantity(60, "%"), **beside)
    assert [gap.reason for gap in read_patient(lvef=bundle(result)).gaps] == (["voided"] if told else [])


def test_a_value_that_can_only_be_better_counts_and_is_quoted_with_its_note() -> None:
    result = observation("1920-8", valueQuantity=quantity(400, "U/L"), note=[{"text": "Grossly hemolyzed"}])
    (ast,) = read_patient(labs=bundle(result)).labs["ast"]
    assert ast.as_reported == '400 U/L, "Grossly hemolyzed"'


@pytest.mark.parametrize(
    ("more", "stated"),
    [
        ({"performer": [{"reference": "Patient/p1"}]}, True),
        ({"performer": [{"reference": "https://ehr.example/RelatedPerson/2"}]}, True),
        ({"performer": [{"reference": "Practitioner/1"}]}, False),
        ({"device": {"display": "Home scale"}}, True),
        ({"device": {"display": "Bed scale"}}, False),
    ],
)
def test_who_weighed_and_with_what(more: dict[str, Any], *, stated: bool) -> None:
    (weight,) = read_patient(x=bundle(observation("29463-7", valueQuantity=quantity(70, "kg"), **more))).weights
    assert weight.stated is stated


@pytest.mark.parametrize(("specimen", "told"), [("Serum", False), ("Pleural fluid", True), ("Cord blood", True)])
def test_the_specimen_of_a_laboratory_result(specimen: str, *, told: bool) -> None:
    gaps = read_patient(labs=bundle(ast(specimen={"display": specimen}))).gaps
    assert [gap.reason for gap in gaps] == (["named-otherwise"] if told else [])


@pytest.mark.parametrize(
    ("note", "is_void"),
    [
        ("Corrected: LVEF is 35 %", True),
        ("Value should be 45", True),
        ("Corrected: LVEF is 60 %", False),
        ("Corrected from 35 %", False),
        ("Corrected result; previously reported 35 %", False),
        ("Corrected report on 10/21", False),
        ("Amended 10/21/2026", False),
        ("Corrected for dilution 10", False),
        ("Should be repeated in 2 weeks", False),
    ],
)
def test_a_note_with_another_number_as_the_true_one(note: str, *, is_void: bool) -> None:
    result = observation("10230-1", valueQuantity=quantity(60, "%"), note=[{"text": note}])
    assert [gap.reason for gap in read_patient(lvef=bundle(result)).gaps] == (["voided"] if is_void else [])


@pytest.mark.parametrize("code", ["10230-1", "29463-7", "777-3", "19080-1"])
def test_it_is_noticed_on_every_measurement(code: str) -> None:
    value = {"10230-1": quantity(60, "%"), "29463-7": quantity(70, "kg"), "777-3": quantity(210, "10*3/uL")}
    result = observation(code, valueQuantity=value.get(code, quantity(2, "mIU/mL")), note=[{"text": "disregard"}])
    chart = read_patient(labs=bundle(result))
    assert [gap.reason for gap in chart.gaps] == ["voided"]
    assert not any((chart.lvefs, chart.weights, chart.labs, chart.pregnancy_tests))


@pytest.mark.parametrize(
    ("more", "stated"),
    [
        pytest.param({"method": {"text": "Estimated"}}, True, id="estimated, by its method"),
        pytest.param({"note": [{"text": "Stated by patient"}]}, True, id="stated, by its note"),
        pytest.param({"note": [{"text": "laut Patientin"}]}, True, id="in German"),
        pytest.param({"method": {"text": "Bed scale"}}, False, id="measured"),
        pytest.param({"note": [{"text": "Carried forward from the last visit"}]}, True, id="carried forward"),
        pytest.param({"note": [{"text": "Home scale"}]}, True, id="weighed at home"),
        pytest.param({"note": [{"text": "Patient reports 70 kg"}]}, True, id="a number told by the patient"),
        pytest.param({"note": [{"text": "Pt states she weighs about 154 lbs"}]}, True, id="pounds told by the patient"),
        pytest.param({"note": [{"text": "Patient reports feeling well"}]}, False, id="a report of something else"),
        pytest.param({"note": [{"text": "Patient reports 10 hours of sleep"}]}, False, id="a number of something else"),
        pytest.param({"note": [{"text": "Measured, previously stated"}]}, False, id="an earlier one was stated"),
    ],
)
def test_a_weight_that_was_not_measured(more: dict[str, Any], *, stated: bool) -> None:
    (weight,) = read_patient(weight=bundle(observation("29463-7", valueQuantity=quantity(70, "kg"), **more))).weights
    assert isinstance(weight, Weight)
    assert weight.stated is stated


@pytest.mark.parametrize(
    ("code", "changes", "told"),
    [
        pytest.param("10230-1", {"code": {"text": "RVEF"}}, "named-otherwise", id="the right ventricle"),
        pytest.param("10230-1", {"bodySite": {"text": "Right ventricle"}}, "named-otherwise", id="by its site"),
        pytest.param("10230-1", {"code": {"text": "LVEF (biplane)"}}, None, id="the left ventricle"),
        pytest.param("10230-1", {"code": {"text": "LVEF, peak stress"}}, "named-otherwise", id="under stress"),
        pytest.param("10230-1", {"code": {"text": "Stress echo: LVEF at rest"}}, None, id="at rest, before stress"),
        pytest.param("10230-1", {"code": {"text": "Echo with strain: LVEF"}}, None, id="strain beside it"),
        pytest.param("10230-1", {"code": {"text": "Change in LVEF"}}, "named-otherwise", id="a difference"),
        pytest.param("29463-7", {"code": {"text": "Ideal body weight"}}, "named-otherwise", id="an ideal weight"),
        pytest.param("29463-7", {"code": {"text": "Body weight measured"}}, None, id="a weight"),
        pytest.param("10230-1", {"valueString": "35 %"}, "value", id="two values"),
        pytest.param("10230-1", {"interpretation": [{"coding": [{"code": "LL"}]}]}, "flagged", id="critical"),
        pytest.param("10230-1", {"interpretation": [{"coding": [{"code": "N"}]}]}, None, id="normal"),
    ],
)
def test_what_a_result_says_against_its_value(code: str, changes: dict[str, Any], told: str | None) -> None:
    result = observation(code, valueQuantity=quantity(60, "kg" if code == "29463-7" else "%"))
    named = {**result["code"], **changes.get("code", {})}
    gaps = read_patient(x=bundle({**result, **changes, "code": named})).gaps
    assert [gap.reason for gap in gaps] == ([told] if told else [])


@pytest.mark.parametrize(
    ("code", "unit", "name", "told"),
    [
        pytest.param("1920-8", "U/L", "ALT (SGPT)", True, id="the other transaminase"),
        pytest.param("1920-8", "U/L", "Alkaline phosphatase", True, id="another enzyme"),
        pytest.param("1920-8", "U/L", "SGOT (AST)", False, id="an old name"),
        pytest.param("1742-6", "U/L", "ALT (panel with AST and GGT)", False, id="a panel"),
        pytest.param("751-8", "10*3/uL", "WBC", True, id="all white cells"),
        pytest.param("751-8", "10*3/uL", "Lymphocytes, absolute", True, id="other white cells"),
        pytest.param("751-8", "10*3/uL", "Neutrophils (WBC differential)", False, id="of the differential"),
        pytest.param("751-8", "10*3/uL", "Immature granulocytes", True, id="a part of them"),
        pytest.param("777-3", "10*3/uL", "Leukozyten", True, id="in German"),
        pytest.param("777-3", "10*3/uL", "Immature platelet fraction", True, id="a part of the platelets"),
        pytest.param("777-3", "10*3/uL", "Thrombozyten", False, id="platelets in German"),
        pytest.param("29463-7", "kg", "Height", True, id="a height"),
        pytest.param("29463-7", "kg", "Infant weight", True, id="the weight of a child"),
        pytest.param("29463-7", "kg", "Height and weight", False, id="both"),
    ],
)
def test_a_name_of_another_test_than_the_code(code: str, unit: str, name: str, told: bool) -> None:  # noqa: FBT001
    result = observation(code, valueQuantity=quantity(60, unit))
    gaps = read_patient(x=bundle({**result, "code": {**result["code"], "text": name}})).gaps
    assert [gap.reason for gap in gaps] == (["named-otherwise"] if told else [])


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        pytest.param({"text": "Pleural fluid"}, True, id="a fluid in words"),
        pytest.param({"coding": [{"display": "Ascitic fluid sample"}]}, True, id="a fluid by its display"),
        pytest.param({"text": "Synovial fluid"}, True, id="of a joint"),
        pytest.param({"text": "QC material"}, True, id="of nobody"),
        pytest.param({"text": "Donor blood"}, True, id="of somebody else"),
        pytest.param({"text": "Fetal blood"}, True, id="of a child"),
        pytest.param({"text": "Knochenmark"}, True, id="of the marrow, in German"),
        pytest.param({"text": "Serum"}, False, id="serum"),
        pytest.param({"text": "Arterial blood"}, False, id="of an artery"),
        pytest.param({"text": "Plasma, lithium heparin"}, False, id="plasma"),
    ],
)
def test_the_type_of_a_contained_specimen_is_heard(kind: dict[str, Any], told: bool) -> None:  # noqa: FBT001
    specimen = {"resourceType": "Specimen", "id": "s", "type": kind}
    taken = {"specimen": {"reference": "#s"}, "contained": [specimen]}
    result = observation("1920-8", valueQuantity=quantity(24, "U/L"), **taken)
    gaps = read_patient(labs=bundle(result)).gaps
    assert [gap.reason for gap in gaps] == (["named-otherwise"] if told else [])


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        pytest.param({"condition": [{"text": "Clotted"}]}, "voided", id="a clot"),
        pytest.param({"condition": [{"coding": [{"code": "CLOT", "display": "Clotted"}]}]}, "voided", id="coded"),
        pytest.param({"status": "unsatisfactory"}, "voided", id="unfit"),
        pytest.param({"note": [{"text": "Clotted, recollect"}]}, "voided", id="in its note"),
        pytest.param({"condition": [{"text": "Hemolyzed"}]}, "", id="which makes a count of cells no lower"),
        pytest.param({"condition": [{"text": "Cool"}]}, "", id="kept cool"),
        pytest.param({"status": "available"}, "", id="fit"),
        pytest.param({"id": "another", "status": "unsatisfactory"}, "", id="another specimen"),
    ],
)
def test_the_state_of_a_contained_specimen_is_heard(state: dict[str, Any], expected: str) -> None:
    taken = {"specimen": {"reference": "#s"}, "contained": [{"resourceType": "Specimen", "id": "s"} | state]}
    result = observation("777-3", valueQuantity=quantity(210, "10*3/uL"), **taken)
    gaps = read_patient(labs=bundle(result)).gaps
    assert [gap.reason for gap in gaps] == ([expected] if expected else [])


def test_a_panel_may_name_other_tests_than_its_part() -> None:
    part = {"code": {**observation("751-8")["code"], "text": "Neutrophils"}, "valueQuantity": quantity(3, "10*3/uL")}
    panel = observation("58410-2", component=[part])
    chart = read_patient(labs=bundle({**panel, "code": {**panel["code"], "text": "CBC: WBC, Hgb, platelets"}}))
    assert "neutrophils" in chart.labs
    assert not chart.gaps


def test_the_part_of_a_result_under_stress_is_told_and_the_one_at_rest_is_used() -> None:
    parts = [
        {"code": {**observation("10230-1")["code"], "text": text}, "valueQuantity": quantity(value, "%")}
        for text, value in (("LVEF at rest", 60), ("LVEF at stress", 38))
    ]
    patient = read_patient(x=bundle(observation("10230-1", component=parts)))
    assert [str(each.percent.value) for each in patient.lvefs] == ["60"]
    assert [gap.reason for gap in patient.gaps] == ["named-otherwise"]


def test_a_weight_named_as_stated_is_stated() -> None:
    result = observation("29463-7", valueQuantity=quantity(70, "kg"))
    (weight,) = read_patient(x=bundle({**result, "code": {**result["code"], "text": "Weight (stated)"}})).weights
    assert weight.stated


def test_the_words_of_other_names_are_for_concepts_that_exist() -> None:
    terminology = default_knowledge().terminology
    assert {each for names in terminology.names_another for each in names.concepts} <= terminology.concepts.keys()


@pytest.mark.parametrize(
    ("value", "written"),
    [
        pytest.param({"valueQuantity": {"comparator": "<", "value": 5, "unit": "U/L"}}, "< 5 U/L", id="a quantity"),
        pytest.param({"valueRange": {"low": quantity(5, "U"), "high": quantity(9, "U")}}, "5 U - 9 U", id="range"),
        pytest.param({"valueRange": {"low": quantity(5, "U/L")}}, "5 U/L", id="a range with one end"),
        pytest.param({"valueRatio": {"numerator": {"value": 1}, "denominator": {"value": 2}}}, "1 / 2", id="ratio"),
        pytest.param({"valueInteger": 0}, "0", id="an integer"),
        pytest.param({"valueBoolean": False}, "false", id="a boolean"),
        pytest.param({"valueAttachment": {"title": "AST.pdf"}}, "AST.pdf", id="a scan"),
        pytest.param({"valueAttachment": {"contentType": "image/png"}}, "image/png", id="a scan without a title"),
        pytest.param({"valueSampledData": {"data": "1 2"}}, "?", id="samples"),
        pytest.param({}, "?", id="nothing"),
    ],
)
def test_a_value_is_shown_as_it_was_sent(value: dict[str, Any], written: str) -> None:
    assert written_value(value) == written
