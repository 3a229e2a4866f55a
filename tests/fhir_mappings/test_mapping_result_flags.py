"""Flags that contradict a value, and results that say something without one."""

from __future__ import annotations

from typing import Any

import pytest
from shapes import bundle, observation, quantity, read_patient

from cards.knowledge.loader import default_knowledge

PLATELETS, AST, LVEF = "777-3", "1920-8", "10230-1"
UNITS = {PLATELETS: "10*3/uL", AST: "U/L", LVEF: "%"}


def flagged(*codes: str) -> dict[str, Any]:
    return {"interpretation": [{"coding": [{"code": code} for code in codes]}]}


def said(text: str) -> dict[str, Any]:
    return {"interpretation": [{"text": text}]}


UP_TO_35 = {"referenceRange": [{"high": {"value": 35, "unit": "U/L"}}]}
FROM_150 = {"referenceRange": [{"low": {"value": 150, "unit": "10*3/uL"}}]}


@pytest.mark.parametrize(
    ("code", "value", "more", "flag"),
    [
        pytest.param(PLATELETS, 231, flagged("LL"), "LL", id="a normal count marked as critical"),
        pytest.param(PLATELETS, 231, flagged("AA"), "AA", id="critical, on either side"),
        pytest.param(PLATELETS, 231, said("Critical low"), "Critical low", id="in words"),
        pytest.param(PLATELETS, 231, said("Kritisch niedrig"), "Kritisch niedrig", id="in German"),
        pytest.param(PLATELETS, 231, {"interpretation": {"text": "LL"}}, "LL", id="not a list"),
        pytest.param(PLATELETS, 100, flagged("LL"), "LL", id="the lowest that no one calls critical"),
        pytest.param(PLATELETS, 99, flagged("LL"), None, id="lower"),
        pytest.param(PLATELETS, 30, flagged("LL"), None, id="critical indeed"),
        pytest.param(PLATELETS, 140, flagged("L"), None, id="low only"),
        pytest.param(PLATELETS, 900, flagged("HH"), None, id="too many"),
        pytest.param(PLATELETS, 231, flagged("N"), None, id="normal"),
        pytest.param(PLATELETS, 231, said("Not critical"), None, id="other words"),
        pytest.param(AST, 25, {**UP_TO_35, **flagged("HH")}, "HH", id="below its own limit"),
        pytest.param(AST, 35, {**UP_TO_35, **flagged("HH")}, "HH", id="at its own limit"),
        pytest.param(AST, 36, {**UP_TO_35, **flagged("HH")}, None, id="above it"),
        pytest.param(AST, 25, flagged("HH"), None, id="without a limit, which is told by itself"),
        pytest.param(AST, 25, {**UP_TO_35, **flagged("H")}, "H", id="high, and below its own limit"),
        pytest.param(AST, 25, {**UP_TO_35, **said("erhöht")}, "erhöht", id="high in German"),
        pytest.param(AST, 35, {**UP_TO_35, **flagged("H")}, None, id="high at its own limit, which may be rounded"),
        pytest.param(AST, 25, {**UP_TO_35, **flagged("L")}, None, id="low, which does no harm"),
        pytest.param(AST, 25, flagged("H"), None, id="high without a limit"),
        pytest.param(PLATELETS, 231, {**FROM_150, **flagged("L")}, "L", id="low, and above its own limit"),
        pytest.param(PLATELETS, 231, {**FROM_150, **said("Below low normal")}, "Below low normal", id="low in words"),
        pytest.param(PLATELETS, 140, {**FROM_150, **flagged("L")}, None, id="low indeed"),
        pytest.param(PLATELETS, 231, {**FROM_150, **flagged("H")}, None, id="many, which does no harm"),
        pytest.param(LVEF, 52, flagged("L"), None, id="low by a limit that was not sent"),
        pytest.param(LVEF, 60, flagged("LL"), "LL", id="a normal ejection fraction"),
        pytest.param(LVEF, 40, flagged("LL"), None, id="a low one"),
    ],
)
def test_a_critical_flag_against_the_value(code: str, value: int, more: dict[str, Any], flag: str | None) -> None:
    result = observation(code, valueQuantity=quantity(value, UNITS[code]), **more)
    gaps = read_patient(labs=bundle(result)).gaps
    assert [dict(gap.values)["flag"] for gap in gaps if gap.reason == "flagged"] == ([flag] if flag else [])


@pytest.mark.parametrize(
    ("code", "value", "flag", "written"),
    [
        pytest.param(PLATELETS, 5, flagged("<"), "< 5 10*3/uL", id="too few to count"),
        pytest.param(AST, 800, flagged(">"), "> 800 U/L", id="the end of the scale"),
        pytest.param(AST, 800, said("Off scale high"), "> 800 U/L", id="in words"),
        pytest.param(AST, 800, flagged("HH"), "800 U/L", id="critical, and a number"),
    ],
)
def test_a_value_at_the_end_of_the_scale_is_a_limit(code: str, value: int, flag: dict[str, Any], written: str) -> None:
    chart = read_patient(labs=bundle(observation(code, valueQuantity=quantity(value, UNITS[code]), **flag)))
    assert [(each.as_reported, each.bound.sign) for (each,) in chart.labs.values()] == [
        (written, written[0] if written[0] in "<>" else "")
    ]


@pytest.mark.parametrize(
    ("code", "value", "note", "told"),
    [
        pytest.param(PLATELETS, 231, "Critical result called to RN Roe, read back", True, id="a normal count"),
        pytest.param(PLATELETS, 231, "Kritischer Wert, telefonisch durchgegeben", True, id="in German"),
        pytest.param(AST, 25, "CRITICAL VALUE CALLED to Dr. Roe", True, id="a normal AST"),
        pytest.param(PLATELETS, 12, "Critical result called to RN Roe, read back", False, id="a critical count"),
        pytest.param(PLATELETS, 231, "No critical values were called", False, id="a denial"),
        pytest.param(PLATELETS, 231, "Critical values are below 20 and above 1000", False, id="the rule alone"),
        pytest.param(PLATELETS, 231, "Critical values will be called if below 20", False, id="the rule for calls"),
        pytest.param(PLATELETS, 231, "Previous critical value was called", False, id="an earlier one"),
        pytest.param(PLATELETS, 231, "Critical value called: potassium 6.9", False, id="another test"),
    ],
)
def test_a_call_about_a_critical_value(code: str, value: int, note: str, told: bool) -> None:  # noqa: FBT001
    ranges = UP_TO_35 if code == AST else FROM_150
    result = observation(code, valueQuantity=quantity(value, UNITS[code]), note=[{"text": note}], **ranges)
    chart = read_patient(labs=bundle(result))
    assert [gap.reason for gap in chart.gaps] == (["voided"] if told else [])


def absent(code: str = "unknown") -> dict[str, Any]:
    return {"dataAbsentReason": {"coding": [{"code": code}]}}


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        pytest.param(absent(), "absent", id="missing"),
        pytest.param({}, "no-value", id="nothing"),
        pytest.param(absent() | flagged("LL"), "flag-alone", id="marked as critical"),
        pytest.param(flagged("L"), "flag-alone", id="marked as low"),
        pytest.param(absent() | flagged("N"), "absent", id="marked as normal"),
        pytest.param(absent() | flagged("IND"), "absent", id="marked as open"),
        pytest.param(absent("masked"), "value-withheld", id="hidden"),
        pytest.param({"status": "corrected"} | absent("unknown"), "value-withheld", id="taken back"),
        pytest.param({"status": "amended"}, "value-withheld", id="taken back without a reason"),
        pytest.param(absent("as-text"), "value-withheld", id="only in the narrative"),
        pytest.param(absent("not-performed"), "absent", id="not done"),
        pytest.param(absent() | {"valueQuantity": quantity(30, "10*3/uL")}, "value-and-absent", id="with a value"),
        pytest.param(absent() | {"note": [{"text": "phoned: 12 x10^9/L"}]}, "note-alone", id="a number in its note"),
        pytest.param(absent() | {"note": [{"text": "Critically low, see chart"}]}, "note-alone", id="a word in it"),
        pytest.param(absent() | {"note": [{"text": "Clotted, redraw 11/28 at 10:30"}]}, "absent", id="a date in it"),
        pytest.param({"dataAbsentReason": {"text": "Value was 12 K/uL"}}, "note-alone", id="in the reason"),
    ],
)
def test_a_result_without_a_value(more: dict[str, Any], reason: str) -> None:
    result = observation(PLATELETS, **more)
    assert [gap.reason for gap in read_patient(labs=bundle(result)).gaps] == [reason]


def test_a_pregnancy_test_without_a_value_that_is_marked_as_positive_is_unclear() -> None:
    chart = read_patient(labs=bundle(observation("2106-3", **absent(), **flagged("POS"))))
    assert [(test.positive, test.as_reported) for test in chart.pregnancy_tests] == [(None, "POS")]


def test_the_words_of_doubts_are_for_concepts_that_exist_and_stand_in_one_list_of_a_concept() -> None:
    terminology = default_knowledge().terminology
    doubts = terminology.result_doubts
    named = {concept for each in doubts.doubts for concept in each.concepts}
    named |= {each.concept for each in doubts.never_critical}
    assert named <= terminology.concepts.keys()
    for concept in named:
        words = [word for each in doubts.doubts if not each.concepts or concept in each.concepts for word in each.words]
        assert len(words) == len(set(words)), sorted(word for word in set(words) if words.count(word) > 1)
