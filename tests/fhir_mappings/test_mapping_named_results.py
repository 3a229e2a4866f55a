"""Results that words name and no standard code: told with their value where none with a code is as new."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from shapes import bundle, read_patient

from cards.knowledge.loader import default_knowledge
from fhir_mappings.results.observations import ObservationReader

NAMED = ObservationReader(default_knowledge().terminology).named
LOINC, SNOMED = "http://loinc.org", "http://snomed.info/sct"


@pytest.mark.parametrize(
    ("code", "concept"),
    [
        pytest.param({"text": "AST"}, "ast", id="a short name"),
        pytest.param({"text": "AST (SGOT)"}, "ast", id="with another in brackets"),
        pytest.param({"text": "Aspartate aminotransferase, serum"}, "ast", id="with the specimen"),
        pytest.param({"text": "GOT (ASAT)"}, "ast", id="in German"),
        pytest.param({"text": "Bilirubin, Total"}, "bilirubin-total", id="with a comma"),
        pytest.param({"text": "Platelet Count"}, "platelets", id="a count"),
        pytest.param({"text": "Neutrophils, Absolute"}, "neutrophils", id="absolute neutrophils"),
        pytest.param({"text": "Weight"}, "weight", id="a weight"),
        pytest.param({"text": "LV Ejection Fraction (2D)"}, "lvef", id="an ejection fraction"),
        pytest.param({"text": "Urine pregnancy test"}, "pregnancy-test", id="a pregnancy test"),
        pytest.param({"coding": [{"system": "urn:oid:1.2.3", "code": "77", "display": "ALT"}]}, "alt", id="a display"),
        pytest.param({"coding": [{"system": "urn:oid:1.2.3", "code": "PLT"}]}, "platelets", id="a code that is a name"),
        pytest.param({"text": "P-ASAT; kat.konc."}, "ast", id="as Nordic laboratories name quantities"),
        pytest.param({"text": "HCG, Qual, Urine"}, "pregnancy-test", id="a pregnancy test in short"),
        pytest.param({"text": "POCT hCG, urine"}, "pregnancy-test", id="a pregnancy test at the bedside"),
        pytest.param({"text": "Urine"}, None, id="a specimen alone"),
        pytest.param({"text": "PLATELET CT"}, "platelets", id="a count in short"),
        pytest.param({"text": "Neut Abs"}, "neutrophils", id="absolute neutrophils in short"),
        pytest.param({"text": "Dosing weight"}, "weight", id="the weight for the dose"),
        pytest.param({"text": "Ideal body weight"}, None, id="an ideal weight"),
        pytest.param({"text": "Bilirubin, direct"}, None, id="direct bilirubin"),
        pytest.param({"text": "Bilirubin"}, None, id="which bilirubin is not said"),
        pytest.param({"text": "Neutrophils %"}, None, id="a share of neutrophils"),
        pytest.param({"text": "Neutrophils"}, None, id="a share or a number"),
        pytest.param({"text": "Mean platelet volume"}, None, id="a volume"),
        pytest.param({"text": "AST/ALT ratio"}, None, id="a ratio"),
        pytest.param({"text": "Birth weight"}, None, id="another weight"),
        pytest.param({"text": "RV ejection fraction"}, None, id="the other ventricle"),
        pytest.param({"text": "AST", "coding": [{"display": "ALT"}]}, None, id="two names"),
        pytest.param({"text": "1920-8"}, "ast", id="a code in place of words"),
        pytest.param({"coding": [{"system": LOINC, "display": "1920-8"}]}, "ast", id="a code in place of a display"),
        pytest.param({"text": "1234-5"}, None, id="a code that is not known"),
        pytest.param({"text": "Sodium"}, None, id="another test"),
        pytest.param({}, None, id="nothing"),
    ],
)
def test_what_the_words_of_a_code_name(code: dict[str, Any], concept: str | None) -> None:
    assert NAMED.concept({"code": code}) == concept


@pytest.mark.parametrize(
    ("name", "unit", "concept"),
    [
        pytest.param("Neutrophils", "10*3/uL", "neutrophils", id="a number of neutrophils"),
        pytest.param("Neutrophils (Absolute)", "/uL", "neutrophils", id="a number of single cells"),
        pytest.param("Neutrophils", "%", None, id="a share of neutrophils"),
        pytest.param("Neutrophils", "", None, id="no unit"),
        pytest.param("Bilirubin", "mg/dL", "bilirubin-total", id="bilirubin, which is the total unless it says more"),
        pytest.param("Bilirubin", "EU/dL", None, id="a test strip"),
        pytest.param("Bilirubin direct", "mg/dL", None, id="direct bilirubin"),
        pytest.param("Bilirubin, urine", "mg/dL", None, id="bilirubin in urine"),
    ],
)
def test_a_name_of_several_tests_counts_with_the_unit_of_one(name: str, unit: str, concept: str | None) -> None:
    assert NAMED.concept({"code": {"text": name}, "valueQuantity": {"value": 1, "unit": unit}}) == concept


def result(code: Any, value: float, on: str, **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "Observation",
        "id": f"{on}-{value}",
        "status": "final",
        "code": code,
        "subject": {"reference": "Patient/pat-1"},
        "effectiveDateTime": on,
        "valueQuantity": {"value": value, "unit": "U/L"},
        **more,
    }


AST = {"coding": [{"system": LOINC, "code": "1920-8"}]}
NAME = {"text": "AST"}


@pytest.mark.parametrize(
    ("results", "told"),
    [
        pytest.param([result(NAME, 300, "2026-11-20")], [date(2026, 11, 20)], id="alone"),
        pytest.param(
            [result(NAME, 300, "2026-11-20"), result(AST, 30, "2026-11-19")], [date(2026, 11, 20)], id="newer"
        ),
        pytest.param(
            [result(NAME, 300, "2026-11-20"), result(AST, 30, "2026-11-20")],
            [date(2026, 11, 20)],
            id="as new as a coded one of another number",
        ),
        pytest.param(
            [result(NAME, 300, "2026-11-20"), result(AST, 300, "2026-11-20", id="again")], [], id="the coded one again"
        ),
        pytest.param(
            [
                result(NAME, 300, "2026-11-20", effectiveDateTime="2026-11-20T08:00:00Z"),
                result(AST, 30, "2026-11-20", effectiveDateTime="2026-11-20T20:00:00Z"),
            ],
            [],
            id="earlier on the same day",
        ),
        pytest.param(
            [
                result(NAME, 300, "2026-11-20"),
                result(AST, 5, "2026-11-20", valueQuantity={"value": 5, "unit": "ukat/L"}),
            ],
            [],
            id="the coded one in another unit",
        ),
        pytest.param(
            [
                result(NAME, 300, "2026-11-20"),
                result(AST, 1, "2026-11-20", valueQuantity={"value": 1, "unit": "ukat/L"}),
            ],
            [date(2026, 11, 20)],
            id="of the same day, another one in another unit",
        ),
        pytest.param([result(NAME, 300, "2026-11-20"), result(AST, 300, "2026-11-19")], [], id="newer, and the same"),
        pytest.param([result(NAME, 300, "2026-11-20"), result(AST, 299, "2026-11-19")], [], id="newer, and rounded"),
        pytest.param([result(NAME, 300, "2026-11-20"), result(AST, 30, "2026-11-21")], [], id="older"),
        pytest.param([result(NAME, 300, "2026-11-20", status="preliminary")], [], id="not final"),
        pytest.param(
            [result(NAME, 300, "2026-11-20", status="F")], [date(2026, 11, 20)], id="a status of HL7 version 2"
        ),
        pytest.param([result(NAME, 300, "2026-11-20", status=None)], [date(2026, 11, 20)], id="no status"),
        pytest.param(
            [result(NAME, 300, "2026-11-20", effectiveDateTime="20261120083000"), result(AST, 30, "2026-11-19")],
            [None],
            id="a date that cannot be read, and another number",
        ),
        pytest.param(
            [result(NAME, 300, "2026-11-20", effectiveDateTime=None), result(AST, 300, "2026-11-19", id="again")],
            [],
            id="no date, and the number of one with a code",
        ),
        pytest.param(
            [result(NAME, 300, "2026-11-20", effectiveDateTime="2026-11"), result(AST, 30, "2026-11-19")],
            [date(2026, 11, 1)],
            id="a month in which it may be the newest",
        ),
        pytest.param(
            [result(NAME, 300, "2026-11-20", effectiveDateTime="2026-10"), result(AST, 30, "2026-11-19")],
            [],
            id="an earlier month",
        ),
        pytest.param([result(NAME, 300, "2026-11-20", status="entered-in-error")], [], id="an error"),
        pytest.param(
            [result(NAME, 300, "2026-11-20", dataAbsentReason={"text": "clotted"})],
            [date(2026, 11, 20)],
            id="a value that is said to be absent",
        ),
        pytest.param([result(NAME, 300, "2026-11-20", subject={"reference": "Patient/p2"})], [], id="of somebody else"),
        pytest.param(
            [result({"text": "AST", "coding": [{"system": LOINC, "code": "99999-9"}]}, 300, "2026-11-20")],
            [date(2026, 11, 20)],
            id="a code of LOINC that is not known here",
        ),
        pytest.param(
            [result({"coding": [{"system": SNOMED, "code": "99999009", "display": "AST level"}]}, 300, "2026-11-20")],
            [date(2026, 11, 20)],
            id="a code of SNOMED CT that is not known here",
        ),
    ],
)
def test_when_a_result_that_is_only_named_is_reported(results: list[dict[str, Any]], told: list[date]) -> None:
    found = [gap for gap in read_patient(labs=bundle(*results)).gaps if gap.reason == "named-only"]
    assert [(gap.about, gap.on) for gap in found] == [("ast", on) for on in told]
    assert all(gap.values == (("value", "300 U/L"),) for gap in found)


def part(name: str | None, value: float, code: str = "", **more: Any) -> dict[str, Any]:
    codes = {"coding": [{"system": LOINC, "code": code}]} if code else {}
    named = {"code": {"text": name, **codes}} if name or code else {}
    return {**named, "valueQuantity": {"value": value, "unit": "U/L"}, **more}


def panel(code: Any, *parts: dict[str, Any], **more: Any) -> dict[str, Any]:
    held = {name: value for name, value in result(code, 0, "2026-11-20").items() if name != "valueQuantity"}
    return {**held, "component": list(parts), **more}


PANEL = {"text": "Liver panel"}
CODED_PANEL = {"coding": [{"system": LOINC, "code": "24325-3"}]}


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        pytest.param(panel(PANEL, part("AST", 300)), ["300 U/L"], id="in a panel without a code"),
        pytest.param(panel(CODED_PANEL, part("AST", 300)), ["300 U/L"], id="in a panel of LOINC"),
        pytest.param(panel(PANEL, part("Comment", 1), part("AST", 300)), ["300 U/L"], id="beside a comment"),
        pytest.param(
            panel(PANEL, part("ALT", 22, "1742-6"), part("AST", 300)), ["300 U/L"], id="beside one with a code"
        ),
        pytest.param(panel(NAME, part("Result", 300)), ["300 U/L"], id='under "Result" in a result of that name'),
        pytest.param(
            panel(PANEL, part("AST", 300, "99999-9")), ["300 U/L"], id="with a code of LOINC that is not known here"
        ),
        pytest.param(panel(PANEL, part("Result", 300)), [], id='"Result" of nothing known'),
        pytest.param(
            panel(PANEL, part("AST", 300, dataAbsentReason={"text": "clotted"})),
            ["300 U/L"],
            id="a value that is said to be absent",
        ),
    ],
)
def test_a_part_that_is_only_named_is_reported(sent: dict[str, Any], told: list[str]) -> None:
    gaps = read_patient(labs=bundle(sent)).gaps
    assert [dict(gap.values)["value"] for gap in gaps if gap.about == "ast"] == told


@pytest.mark.parametrize(
    ("sent", "values"),
    [
        pytest.param(panel(AST, part("Result", 300)), [300], id='"Result"'),
        pytest.param(panel(AST, part("Messwert", 300)), [300], id="a word for a value in German"),
        pytest.param(panel(AST, part(None, 300)), [300], id="no name"),
        pytest.param(panel(AST, part("LDH", 300)), [], id="another name"),
        pytest.param(panel(AST, part("Result", 300, "99999-9")), [], id="a code of LOINC"),
        pytest.param(
            panel(AST, part("Repeat", 300), valueQuantity={"value": 30, "unit": "U/L"}),
            [30, 300],
            id="a second value beside the first",
        ),
        pytest.param(
            panel(AST, {"code": {"text": "Result"}, "valueString": "ok"}, valueQuantity={"value": 30, "unit": "U/L"}),
            [30],
            id="a word beside the value",
        ),
    ],
)
def test_a_part_that_is_the_value_of_its_result_is_read(sent: dict[str, Any], values: list[int]) -> None:
    found = read_patient(labs=bundle(sent)).labs.get("ast", ())
    assert sorted(each.value for each in found) == values


@pytest.mark.parametrize(
    ("code", "told"),
    [
        pytest.param("1920-8 zz", True, id="something behind it"),
        pytest.param("1920-8 AST", True, id="its name behind it"),
        pytest.param("1920-80", False, id="another number"),
        pytest.param("21920-8", False, id="a longer number"),
    ],
)
def test_a_code_that_begins_with_a_known_one_is_told(code: str, told: bool) -> None:  # noqa: FBT001 - a column
    gaps = read_patient(labs=bundle(result({"coding": [{"system": LOINC, "code": code}]}, 300, "2026-11-20"))).gaps
    assert [gap.reason for gap in gaps if gap.about == "ast"] == (["code-system"] if told else [])


def test_a_result_with_a_code_that_never_counts_beside_one_that_does_is_told() -> None:
    direct = {"system": LOINC, "code": "1968-7", "display": "Bilirubin.direct"}
    both = {"coding": [{"system": LOINC, "code": "1975-2"}, direct]}
    (gap,) = read_patient(labs=bundle(result(both, 6, "2026-11-20"))).gaps
    assert (gap.about, gap.reason) == ("bilirubin-total", "named-otherwise")
    assert dict(gap.values)["name"] == "Bilirubin.direct"
    assert not read_patient(labs=bundle(result({"coding": [direct]}, 6, "2026-11-20"))).gaps


@pytest.mark.parametrize(
    ("why", "told"),
    [
        pytest.param("See report", True, id="in a report"),
        pytest.param("Siehe Befund", True, id="in a report, in German"),
        pytest.param("reported as text", True, id="as a text"),
        pytest.param("Hemolyzed", False, id="no value"),
        pytest.param("Not performed", False, id="no test"),
    ],
)
def test_a_value_that_is_missing_because_it_stands_elsewhere_is_told(why: str, told: bool) -> None:  # noqa: FBT001
    sent = panel(AST, dataAbsentReason={"text": why})
    gaps = read_patient(labs=bundle({name: value for name, value in sent.items() if name != "component"})).gaps
    assert [gap.reason for gap in gaps] == ["value-withheld" if told else "absent"]


@pytest.mark.parametrize(
    ("code", "more", "reason"),
    [
        pytest.param(NAME, {"dataAbsentReason": {"text": "See report"}}, "value-withheld", id="only named"),
        pytest.param(NAME, {"interpretation": [{"coding": [{"code": "HH"}]}]}, "flag-alone", id="only a flag"),
        pytest.param(NAME, {"dataAbsentReason": {"text": "Hemolyzed"}}, None, id="no value at all"),
        pytest.param(
            {"coding": [{"code": "1920-8"}]},
            {"dataAbsentReason": {"coding": [{"code": "masked"}]}},
            "value-withheld",
            id="a code without its system",
        ),
    ],
)
def test_a_value_that_is_held_back_is_told_without_a_code_as_well(
    code: dict[str, Any], more: dict[str, Any], reason: str | None
) -> None:
    held = {name: value for name, value in result(code, 0, "2026-11-20").items() if name != "valueQuantity"}
    gaps = read_patient(labs=bundle({**held, **more}, result(AST, 30, "2026-11-19"))).gaps
    assert [gap.reason for gap in gaps if gap.about == "ast"] == ([reason] if reason else [])


def test_a_result_that_cannot_be_read_counts_until_the_end_of_its_month() -> None:
    unread = result(AST, 300, "2026-11", valueQuantity={"value": 300})
    (gap,) = read_patient(labs=bundle(unread)).gaps
    assert (gap.reason, gap.on, gap.last_day) == ("unit-missing", date(2026, 11, 1), date(2026, 11, 30))


@pytest.mark.parametrize(
    ("conclusion", "more", "told"),
    [
        pytest.param("AST 300 U/L.", {}, "AST 300 U/L", id="a worse result"),
        pytest.param("ALT 22 U/L, AST: 300 U/L, GGT 40 U/L", {}, "AST: 300 U/L", id="among others"),
        pytest.param("AST 300 U/L (critical)", {}, "AST 300 U/L (critical)", id="with a remark in brackets"),
        pytest.param("AST 300 U/L", {"effectiveDateTime": "2026-11-18"}, None, id="an older report"),
        pytest.param("AST 300 U/L", {"status": "entered-in-error"}, None, id="a report in error"),
        pytest.param("AST 300 U/L", {"subject": {"reference": "Patient/p2"}}, None, id="of somebody else"),
        pytest.param("AST 20 U/L", {}, None, id="a better one"),
        pytest.param("AST 38 U/L", {}, None, id="within the limits"),
        pytest.param("AST 300", {}, "AST 300", id="without a unit"),
        pytest.param("AST 300 U/L on 11/02, now normal", {}, None, id="a sentence that says more"),
        pytest.param("No abnormality.", {}, None, id="no result"),
    ],
)
def test_a_result_in_the_conclusion_of_a_report(conclusion: str, more: dict[str, Any], told: str | None) -> None:
    report = {
        "resourceType": "DiagnosticReport",
        "id": "report",
        "status": "final",
        "subject": {"reference": "Patient/pat-1"},
        "effectiveDateTime": "2026-11-20",
        "conclusion": conclusion,
        **more,
    }
    known = result(AST, 30, "2026-11-19", referenceRange=[{"high": {"value": 40, "unit": "U/L"}}])
    said = [dict(gap.values)["value"] for gap in read_patient(x=bundle(report, known)).gaps if gap.about == "ast"]
    assert said == ([told] if told else [])


@pytest.mark.parametrize(
    ("local", "on", "coded", "told"),
    [
        pytest.param("Negative", "2026-11-20", "Negative", False, id="negative again"),
        pytest.param("Positive", "2026-11-20", "Negative", True, id="positive, later"),
        pytest.param("Positive", "2026-11-19", "Negative", True, id="positive, on the same day"),
        pytest.param("Positive", "2026-11-19", "Positive", False, id="positive again, on the same day"),
        pytest.param("Negative", "2026-11-20", "Positive", True, id="negative, after a positive one"),
        pytest.param("2300 mIU/mL", "2026-11-19", "Negative", True, id="an amount, on the same day"),
        pytest.param("faint line", "2026-11-20", "Negative", True, id="unclear, later"),
        pytest.param("Positive", "2026-11-18", "Negative", False, id="positive, earlier"),
    ],
)
def test_a_pregnancy_test_that_is_only_named(local: str, on: str, coded: str, told: bool) -> None:  # noqa: FBT001
    known = {"coding": [{"system": LOINC, "code": "2106-3"}]}
    sent = [
        result({"text": "Urine hCG"}, 0, on, valueQuantity=None, valueString=local, id="local"),
        result(known, 0, "2026-11-19", valueQuantity=None, valueString=coded),
    ]
    gaps = read_patient(
        labs=bundle(*({name: value for name, value in each.items() if value is not None} for each in sent))
    ).gaps
    assert [gap.about for gap in gaps] == (["pregnancy-test"] if told else [])


def test_the_limits_of_a_result_hold_for_a_part_that_is_its_value() -> None:
    sent = panel(AST, part("Result", 300), referenceRange=[{"high": {"value": 40}}])
    (found,) = read_patient(labs=bundle(sent)).labs["ast"]
    assert found.upper_limit == 40


CODED = {
    "resourceType": "Observation",
    "id": "coded",
    "status": "final",
    "code": {"coding": [{"system": LOINC, "code": "85319-2"}]},
    "subject": {"reference": "Patient/pat-1"},
    "effectiveDateTime": "2026-05-13",
    "valueString": "3+",
}
LOCAL = {"text": "HER2 IHC", "coding": [{"system": "http://hospital.example", "code": "H2"}]}
GENERIC = {"coding": [{"system": "http://snomed.info/sct", "code": "1234806008"}]}
GENE = {"code": {"coding": [{"system": LOINC, "code": "48018-6"}]}, "valueCodeableConcept": {"text": "ERBB2"}}
PART = {"code": {"text": "HER2 FISH"}, "valueString": "not amplified"}


def named(value: Any, on: str = "2026-09-13", code: Any = LOCAL, **more: Any) -> dict[str, Any]:
    holds = "valueString" if isinstance(value, str) else "valueCodeableConcept" if value else "id"
    return {**CODED, "id": "named", "code": code, "effectiveDateTime": on, holds: value or "named", **more} | (
        {} if holds == "valueString" else {"valueString": None}
    )


@pytest.mark.parametrize(
    ("result", "told"),
    [
        pytest.param(named("1+"), "1+", id="another score"),
        pytest.param(named("3+"), None, id="the same score"),
        pytest.param(named("positive"), None, id="the same status"),
        pytest.param(named("negative", "2023-01-02"), "negative", id="another status, older"),
        pytest.param(named("negative", code={"text": "HER2/neu"}), "negative", id="no code at all"),
        pytest.param(
            named("1+", code={"coding": [{"system": LOINC, "code": "99999-9", "display": "HER2 [Score]"}]}),
            "1+",
            id="an unknown code of LOINC",
        ),
        pytest.param(
            named("negative", code={"coding": [{"system": LOINC, "code": "99999-9"}]}), None, id="a code without words"
        ),
        pytest.param(named("1+", code=GENERIC, component=[GENE]), "1+", id="a generic test of the gene"),
        pytest.param(named(None, code={"text": "Biomarkers"}, component=[PART]), "not amplified", id="in a part"),
        pytest.param(named("1+ and 3+ in parts"), "1+ and 3+ in parts", id="a score that cannot be read"),
        pytest.param(named("1+ and 3+ in parts", "2023-01-02"), None, id="the same, older than what counts"),
        pytest.param(named("see report"), None, id="no word of HER2"),
        pytest.param(named({"coding": [{"system": "http://hospital.example", "code": "7"}]}), "?", id="a code alone"),
        pytest.param(named("4B5", code={"text": "HER2 antibody clone"}), None, id="the antibody"),
        pytest.param(named("negative", code={"text": "ERBB2 mutation"}), None, id="a mutation"),
        pytest.param(named("negative", code={"text": "HER2 in serum"}), None, id="the shed receptor"),
        pytest.param(named("1+", code={"text": "HER2 control"}), None, id="a control"),
        pytest.param(named("1+", status="preliminary"), None, id="not final"),
        pytest.param(named("1+", subject={"reference": "Patient/p2"}), None, id="of somebody else"),
    ],
)
def test_a_her2_test_that_is_only_named_is_compared_with_the_results_that_count(
    result: dict[str, Any], told: str | None
) -> None:
    patient = read_patient(x=bundle(CODED, {name: value for name, value in result.items() if value is not None}))
    assert [each.as_reported for each in patient.her2] == ["3+"]
    said = [dict(gap.values)["value"] for gap in patient.gaps if gap.about == "her2-interpretation"]
    assert said == ([told] if told else [])


def test_a_her2_panel_with_a_conclusion_of_its_own_is_read() -> None:
    panel = {**CODED, "id": "panel", "code": {"coding": [{"system": LOINC, "code": "74885-5"}]}}
    assert [each.finding for each in read_patient(x=bundle({**panel, "valueString": "not amplified"})).her2] == [
        "negative"
    ]
    members = {name: value for name, value in panel.items() if name != "valueString"}
    assert not read_patient(x=bundle({**members, "hasMember": [{"reference": "Observation/a"}]})).gaps


def percent(value: float) -> dict[str, Any]:
    return {"valueQuantity": {"value": value, "unit": "%"}}


def echo(code: Any, on: str = "2026-11-10", **more: Any) -> dict[str, Any]:
    return {**result(code, 35, on), **percent(35), **more}


LVEF = {"coding": [{"system": LOINC, "code": "10230-1"}]}
UNKNOWN = {"system": LOINC, "code": "99999-9"}


@pytest.mark.parametrize(
    ("found", "told"),
    [
        pytest.param(echo({"text": "LVEF by MUGA"}), "35 %", id="with its method"),
        pytest.param(echo({"coding": [{**UNKNOWN, "display": "LV ejection fraction by PET"}]}), "35 %", id="of LOINC"),
        pytest.param(
            echo({"text": "Echo"}, valueQuantity=None, component=[{"code": {"text": "LVEF"}, **percent(35)}]),
            "35 %",
            id="in a part",
        ),
        pytest.param(echo({"text": "Fraction d'éjection"}), "35 %", id="in French"),
        pytest.param(echo({"text": "LVEF"}, "2026-10-01"), None, id="older than what counts"),
        pytest.param(echo({"text": "Right ventricular ejection fraction"}), None, id="the right ventricle"),
        pytest.param(echo({"text": "LVEF at peak stress"}), None, id="under stress"),
        pytest.param(echo({"text": "LVEF method"}), None, id="the method"),
        pytest.param(echo({"text": "FEV1"}), None, id="of the lung"),
        pytest.param(echo({"text": "LVEF"}, status="preliminary"), None, id="not final"),
        pytest.param(echo({"text": "LVEF"}, subject={"reference": "Patient/p2"}), None, id="of somebody else"),
    ],
)
def test_a_newer_ejection_fraction_that_is_only_named_is_reported(found: dict[str, Any], told: str | None) -> None:
    sent = {name: value for name, value in found.items() if value is not None}
    patient = read_patient(x=bundle({**result(LVEF, 60, "2026-10-20"), **percent(60)}, sent))
    assert [dict(gap.values)["value"] for gap in patient.gaps if gap.about == "lvef"] == ([told] if told else [])
