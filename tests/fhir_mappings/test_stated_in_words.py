"""What an Observation states as a diagnosis, and what reports say outside of conclusions: told, never believed."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from shapes import SNOMED, Json, bundle, chart, coding, concept, observation, quantity, topics

ASSERTION = concept(coding("http://terminology.hl7.org/CodeSystem/v3-ActCode", "ASSERTION"))
ILD = coding(SNOMED, "233703007", "Interstitial lung disease")
TOLD = ["checks-incomplete"]


def stated(code: Json, **value: Any) -> Json:
    return observation("", "stated-1", code=code, **value)


def report(**more: Any) -> Json:
    return {
        "resourceType": "DiagnosticReport",
        "id": "report-1",
        "status": "final",
        "code": {"text": "Report"},
        "subject": {"reference": "Patient/pat-1"},
        "effectiveDateTime": "2026-11-21",
        **more,
    }


def attached(written: str, kind: str = "text/plain") -> Json:
    return report(presentedForm=[{"contentType": kind, "data": base64.b64encode(written.encode()).decode()}])


def narrated(written: str) -> Json:
    return report(text={"status": "generated", "div": f"<div xmlns='http://www.w3.org/1999/xhtml'>{written}</div>"})


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        pytest.param(
            stated(ASSERTION, valueCodeableConcept=concept(coding(SNOMED, "431396003", "HER2-negative carcinoma"))),
            TOLD,
            id="the opposite HER2 status",
        ),
        pytest.param(
            stated(ASSERTION, valueCodeableConcept=concept(coding(SNOMED, "427685000", "HER2-positive carcinoma"))),
            [],
            id="the same HER2 status",
        ),
        pytest.param(
            stated(concept(coding(SNOMED, "431396003", "HER2-negative carcinoma")), valueBoolean=True),
            TOLD,
            id="a HER2 status as its code",
        ),
        pytest.param(stated(ASSERTION, valueCodeableConcept=concept(ILD)), TOLD, id="lung disease"),
        pytest.param(stated(concept(ILD), valueBoolean=True), TOLD, id="lung disease as its code"),
        pytest.param(stated(concept(ILD), valueCodeableConcept=concept(text="Present")), TOLD, id="present"),
        pytest.param(stated(concept(ILD), valueBoolean=False), [], id="no lung disease"),
        pytest.param(stated(concept(ILD), valueCodeableConcept=concept(text="Absent")), [], id="absent"),
        pytest.param(
            stated(ASSERTION, valueCodeableConcept=concept(ILD), status="entered-in-error"), [], id="an error"
        ),
        pytest.param(
            stated(ASSERTION, valueCodeableConcept=concept(text="LVEF reduced, 35 %")), TOLD, id="a lower fraction"
        ),
        pytest.param(
            stated(ASSERTION, valueCodeableConcept=concept(coding(SNOMED, "44054006", "Diabetes mellitus type 2"))),
            [],
            id="another diagnosis",
        ),
        pytest.param(attached("Findings:\nLVEF 38%.\n"), TOLD, id="a lower fraction in a text that is attached"),
        pytest.param(attached("<p>LVEF 60-65%.</p>", "text/html"), [], id="a normal one in HTML"),
        pytest.param(attached("LVEF 61%.\nPrior LVEF 38% in 2024, improved.\n"), [], id="an earlier fraction"),
        pytest.param(attached("Sodium 140 mmol/L\nPLT 38 K/uL L\n"), TOLD, id="a low count in a line of its own"),
        pytest.param(attached("PLT 208 K/uL\n"), [], id="a normal count"),
        pytest.param(attached("ER: positive\nHER2: Negative (1+)\n"), TOLD, id="another status"),
        pytest.param(
            attached("HER2: Positive (3+)\n\nScoring criteria: HER2 0 and 1+ are negative.\nHER2 negative control: ok"),
            [],
            id="a key to the scores",
        ),
        pytest.param(narrated("<b>LVEF</b> 38%"), TOLD, id="a lower fraction in the narrative"),
        pytest.param(narrated("<ul><li>AST: 400 U/L (H)</li></ul>"), TOLD, id="a high result in the narrative"),
        pytest.param(
            report(presentedForm=[{"contentType": "text/plain", "data": "%%%"}]), [], id="nothing that can be read"
        ),
        pytest.param(
            report(presentedForm=[{"contentType": "application/pdf", "data": "JVBERi0x"}]), [], id="no text at all"
        ),
        pytest.param(
            observation(
                "",
                "narrated-1",
                code=concept(text="Liver enzymes"),
                effectiveDateTime="2026-11-21",
                text={"status": "generated", "div": "<div>AST 400 U/L (H)</div>"},
            ),
            TOLD,
            id="a result that stands in its narrative alone",
        ),
        pytest.param(
            observation(
                "",
                "narrated-1",
                code=concept(text="Sodium"),
                valueQuantity=quantity(140, "mmol/L"),
                text={"status": "generated", "div": "<div>AST 400 U/L</div>"},
            ),
            [],
            id="the narrative of another result",
        ),
    ],
)
def test_what_is_only_stated_is_told(sent: Json, expected: list[str]) -> None:
    prefetch = chart()
    prefetch["labs"]["entry"].append({"resource": sent})
    assert topics(prefetch=prefetch) == expected


def test_a_break_of_hl7_version_2_ends_a_sentence() -> None:
    written = "LVEF 60-65%\\.br\\Normal wall motion"
    assert topics(prefetch=chart(lvef=bundle(observation("10230-1", valueString=written)))) == []


@pytest.mark.parametrize(
    "conclusion",
    [
        "AST elevated at 400 U/L.",
        "AST 400, ALT 350: significant transaminitis.",
        "ALT markedly elevated (380 U/L).",
        "Platelet count of 38,000.",
        "Severe thrombocytopenia, platelets 38K.",
        "Plt 38K.",
        "Thrombozyten 38 G/l.",
        "Total bilirubin elevated to 6.2.",
        "LV systolic function is severely reduced.",
        "Severely depressed LV function.",
        "LVEF has fallen from 60% to 38%.",
        "Compared with the prior study, LVEF has decreased from 60% to 42%.",
        "Previously 60%, LVEF is now 40%.",
    ],
)
def test_a_worse_result_in_the_sentence_of_a_report_is_told(conclusion: str) -> None:
    assert with_report(conclusion) == TOLD


@pytest.mark.parametrize(
    "conclusion",
    [
        "Patient got 400 mg ibuprofen.",
        "AST decreased from 400 to 24 U/L.",
        "AST 24 U/L (previously 400).",
        "Previous AST 400 U/L.",
        "Hold if platelets 38K or lower.",
        "Platelets 38K last month.",
        "Platelets were 38 on 10/12, now 210.",
        "2 units of platelets transfused.",
        "Platelet count 210,000.",
        "Der Patient ist alt, 80 kg.",
        "Alt 65 Jahre.",
        "AST/ALT ratio 3.",
        "ALT 22, AST 24, ALP 400.",
        "RV systolic function is moderately reduced.",
        "LV diastolic function is mildly impaired.",
        "LV systolic function is not reduced.",
        "Prior study showed severely reduced LV function.",
        "Compared with the prior study, LVEF has improved from 40% to 61%.",
        "Previous LVEF 38%.",
    ],
)
def test_what_a_report_says_of_another_day_or_thing_is_not_told(conclusion: str) -> None:
    assert with_report(conclusion) == []


def with_report(conclusion: str) -> list[str]:
    prefetch = chart()
    prefetch["labs"]["entry"].append({"resource": report(conclusion=conclusion)})
    return topics(prefetch=prefetch)
