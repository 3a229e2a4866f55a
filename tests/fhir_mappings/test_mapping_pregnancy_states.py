"""Observations that say whether the patient is pregnant."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from shapes import bundle, coding, concept, observation, quantity, read_patient

from cards.knowledge.schema import Problem

STATUS, DUE, AGE = "82810-3", "11778-8", "18185-9"
ON = "2026-11-20"
US_CORE = "http://hl7.org/fhir/us/core/StructureDefinition"


def said(code: str, on: str = ON, name: str = "o1", **value: Any) -> dict[str, Any]:
    return observation(code, name, effectiveDateTime=on, **value)


def status(answer: str, on: str = ON, name: str = "o1") -> dict[str, Any]:
    return said(STATUS, on, name, valueCodeableConcept={"text": answer})


@pytest.mark.parametrize(
    ("result", "label", "ended"),
    [
        pytest.param(
            said(STATUS, valueCodeableConcept=concept(coding("http://snomed.info/sct", "77386006", "Pregnant"))),
            "pregnancy status: Pregnant",
            None,
            id="by SNOMED CT",
        ),
        pytest.param(
            said(STATUS, valueCodeableConcept=concept(coding("http://loinc.org", "LA15173-0", "Pregnant"))),
            "pregnancy status: Pregnant",
            None,
            id="by an answer of LOINC",
        ),
        pytest.param(status("Schwanger"), "pregnancy status: Schwanger", None, id="in words"),
        pytest.param(said(STATUS, valueString="Yes"), "pregnancy status: Yes", None, id="yes"),
        pytest.param(said(STATUS, valueBoolean=True), "pregnancy status: yes", None, id="true"),
        pytest.param(
            said(DUE, valueDateTime="2027-05-01"),
            "estimated delivery date 2027-05-01",
            date(2027, 5, 1),
            id="a delivery date",
        ),
        pytest.param(
            said(DUE, valueDateTime="2027-05"),
            "estimated delivery date 2027-05",
            date(2027, 5, 31),
            id="the month of delivery",
        ),
        pytest.param(
            said(AGE, valueQuantity=quantity(12, "wk")), "gestational age 12 wk", date(2027, 6, 4), id="an age in weeks"
        ),
        pytest.param(
            said(AGE, valueQuantity=quantity(84, "d")), "gestational age 84 d", date(2027, 6, 4), id="an age in days"
        ),
    ],
)
def test_a_pregnancy(result: dict[str, Any], label: str, ended: date | None) -> None:
    chart = read_patient(labs=bundle(result))
    assert [(each.problem, each.label, each.ended, each.on) for each in chart.problems] == [
        (Problem.PREGNANCY, label, ended, date(2026, 11, 20))
    ]
    assert not chart.pregnancy_tests
    assert not chart.gaps


@pytest.mark.parametrize(
    "result",
    [
        pytest.param(status("Not pregnant"), id="denied"),
        pytest.param(said(STATUS, valueBoolean=False), id="false"),
        pytest.param(status("Unknown"), id="not known"),
        pytest.param(status("Declined to answer"), id="not answered"),
    ],
)
def test_no_pregnancy_and_no_test_either(result: dict[str, Any]) -> None:
    chart = read_patient(labs=bundle(result))
    assert (*chart.problems, *chart.gaps, *chart.pregnancy_tests) == ()


@pytest.mark.parametrize(
    "result",
    [
        pytest.param(status("Possible pregnancy"), id="possible"),
        pytest.param(status("Late period"), id="words that are not known"),
        pytest.param(said(AGE, valueQuantity=quantity(12, "furlongs")), id="an age in an unknown unit"),
        pytest.param(said(AGE, valueQuantity=quantity(60, "wk")), id="an age beyond term"),
        pytest.param(
            said(
                STATUS,
                valueCodeableConcept={
                    **concept(coding("http://snomed.info/sct", "77386006", "Pregnant")), "text": "Not pregnant"
                },
            ),
            id="a code against its text",
        ),
    ],
)  # fmt: skip
def test_an_answer_that_settles_nothing_is_told(result: dict[str, Any]) -> None:
    chart = read_patient(labs=bundle(result))
    assert [(gap.about, gap.reason) for gap in chart.gaps] == [("problem-pregnancy", "suspected")]
    assert not chart.problems


@pytest.mark.parametrize(
    ("later", "count"),
    [
        pytest.param(status("Not pregnant", "2026-11-21", "o2"), 0, id="denied later"),
        pytest.param(status("Not pregnant", ON, "o2"), 1, id="denied on the same day"),
        pytest.param(status("Not pregnant", "2026-11-19", "o2"), 1, id="denied before"),
        pytest.param(status("Unknown", "2026-11-21", "o2"), 1, id="not known later"),
    ],
)
def test_the_newest_entry_counts(later: dict[str, Any], count: int) -> None:
    for order in ((status("Pregnant"), later), (later, status("Pregnant"))):
        assert len(read_patient(labs=bundle(*order)).problems) == count


@pytest.mark.parametrize(
    ("result", "problem", "on"),
    [
        pytest.param(
            said("93857-1", valueDateTime="2026-10-01"), Problem.PREGNANCY_OVER, date(2026, 10, 1), id="a delivery"
        ),
        pytest.param(
            said("93857-1", valueDateTime="2027-05-01"), Problem.PREGNANCY, date(2026, 11, 20), id="one still to come"
        ),
        pytest.param(
            said("8665-2", valueDateTime="2026-11-02"), Problem.MENSTRUATION, date(2026, 11, 2), id="a menstruation"
        ),
    ],
)
def test_dates_of_a_pregnancy(result: dict[str, Any], problem: Problem, on: date) -> None:
    assert [(each.problem, each.on) for each in read_patient(labs=bundle(result)).problems] == [(problem, on)]


def test_a_date_that_is_not_stated_says_nothing() -> None:
    chart = read_patient(labs=bundle(said("93857-1", valueString="last spring")))
    assert (*chart.problems, *chart.gaps) == ()


@pytest.mark.parametrize(
    ("extensions", "sex"),
    [
        pytest.param([{"url": f"{US_CORE}/us-core-birthsex", "valueCode": "F"}], "female", id="of US Core"),
        pytest.param([{"url": f"{US_CORE}/us-core-birthsex", "valueCode": "UNK"}], "", id="not known"),
        pytest.param([{"url": f"{US_CORE}/us-core-sex", "valueCode": "248152002"}], "female", id="of US Core 8"),
        pytest.param([{"url": f"{US_CORE}/us-core-sex", "valueCode": "248153007"}], "", id="it need not be of birth"),
        pytest.param([{"url": f"{US_CORE}/us-core-race", "valueCode": "F"}], "", id="another extension"),
        pytest.param(
            [
                {
                    "url": "http://hl7.org/fhir/StructureDefinition/patient-sexParameterForClinicalUse",
                    "extension": [{"url": "value", "valueCodeableConcept": concept(coding("x", "male-typical", ""))}],
                }
            ],
            "male",
            id="for clinical use",
        ),
        pytest.param(
            [{"url": f"{US_CORE}/us-core-birthsex", "valueCode": each} for each in "FM"], "", id="two that differ"
        ),
    ],
)
def test_the_sex_at_birth(extensions: list[dict[str, Any]], sex: str) -> None:
    patient = {"resourceType": "Patient", "id": "pat-1", "gender": "male", "extension": extensions}
    chart = read_patient(patient=patient)
    assert (chart.sex, chart.sex_at_birth) == ("male", sex)
