"""Orders of tablets: their strength, how often a day each instruction wants them, and the steps of a schedule."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from cards.facts.order import CountedTablets, DosageTiming, Supply
from fhir_mappings.medications.schedule import by_instruction
from fhir_mappings.medications.tablet_counts import tablets_in
from fhir_mappings.medications.tablets import supply, tablet_mg, tablet_strengths, timings


def repeat(**parts: Any) -> dict[str, Any]:
    return {"timing": {"repeat": {"frequency": 1, "period": 1, "periodUnit": "d", **parts}}}


def ingredient(mg: Any, per: Any, unit: str = "mg", per_unit: str = "TAB") -> dict[str, Any]:
    strength = {"numerator": {"value": mg, "unit": unit}, "denominator": {"value": per, "code": per_unit}}
    return {"ingredient": [{"strength": strength}]}


@pytest.mark.parametrize(
    ("medication", "written", "expected"),
    [
        pytest.param({}, ["tucatinib 150 MG Oral Tablet [Tukysa]"], "150", id="in the name"),
        pytest.param({}, ["Tukysa 50 mg tab"], "50", id="as a tab"),
        pytest.param({}, ["Tukysa 150 mg Filmtabletten"], "150", id="in German"),
        pytest.param({}, ["tucatinib 300 mg"], None, id="a dose without a tablet is not a strength"),
        pytest.param({}, ["Tukysa 150 mg tablet", "tucatinib 50 mg tablet"], None, id="two strengths"),
        pytest.param({}, ["lapatinib 250 mg/5 mL tablet"], None, id="a concentration"),
        pytest.param(ingredient(150, 1), [], "150", id="by the ingredient"),
        pytest.param(
            ingredient(150, 1), ["Tukysa 50 mg tablet"], "150", id="the ingredient takes precedence over the name"
        ),
        pytest.param(ingredient(150, 1, per_unit="mL"), [], None, id="an ingredient in a volume"),
        pytest.param(ingredient(300, 2), [], None, id="two tablets"),
        pytest.param(ingredient("150", None), [], None, id="no denominator"),
    ],
)
def test_strength(medication, written, expected) -> None:
    assert tablet_mg(medication, tablet_strengths(written)) == (Decimal(expected) if expected else None)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("Take 2 tablets twice daily", [("2", None)]),
        ("take two (2) 150-mg tablets", [("2", "150")]),
        ("2 x 150 mg BID", [("2", "150")]),
        ("126 mg x 2", [("2", "126")]),
        ("252 mg x 4 cycles", []),
        ("2 tablets (150 mg each)", [("2", "150")]),
        ("2 tablets (300 mg)", [("2", None)]),
        ("2 comprimidos de 150 mg cada 12 horas", [("2", "150")]),
        ("2 Tabletten à 150 mg", [("2", "150")]),
        ("1.5 tablets", [("1.5", None)]),
        ("1 tablet in the morning and 2 tablets in the evening", [("1", None), ("2", None)]),
        ("252 mg IV over 90 min, cycle 2 of 14", []),
        ("1-2 tablets", []),
        ("twice a day", []),
    ],
)
def test_numbers_of_tablets_in_a_text(written, expected) -> None:
    assert tablets_in(written) == tuple(CountedTablets(Decimal(n), Decimal(mg) if mg else None) for n, mg in expected)


@pytest.mark.parametrize(
    ("instruction", "a_day", "is_unclear"),
    [
        pytest.param(repeat(frequency=2), "2", False, id="twice a day"),
        pytest.param({"timing": {"code": {"text": "BID"}}}, "2", False, id="by code"),
        pytest.param({"timing": {"code": {"text": "2 times daily"}}}, "2", False, id="by the words of the code"),
        pytest.param({"text": "Take 2 tablets by mouth 2 (two) times a day."}, "2", False, id="by the text"),
        pytest.param({"text": "300 mg PO BID with food"}, "2", False, id="with food"),
        pytest.param({"text": "Take 300 mg twice daily, at the same time every day"}, "2", False, id="the same time"),
        pytest.param({"text": "5 tablets once daily 1 hour before or after food"}, "1", False, id="before food"),
        pytest.param({"text": "Take 300 mg twice daily on days 1-21 of a 21-day cycle"}, "2", False, id="in a cycle"),
        pytest.param({"timing": {"repeat": {"when": ["MORN", "EVE"]}}}, "2", False, id="by the times of the day"),
        pytest.param({"timing": {"repeat": {"period": 12, "periodUnit": "h"}}}, "2", False, id="every 12 hours"),
        pytest.param({**repeat(frequency=2), "text": "three times daily"}, None, True, id="timing and text differ"),
        pytest.param({"timing": {"repeat": {"frequency": 2}}}, None, True, id="a frequency without a period"),
        pytest.param({"text": "as directed"}, None, False, id="not said"),
        pytest.param({}, None, False, id="nothing"),
    ],
)
def test_how_often_a_day(instruction, a_day, is_unclear) -> None:
    (timing,) = timings(by_instruction({"dosageInstruction": [instruction]}))
    assert (timing.a_day, timing.is_unclear) == (Decimal(a_day) if a_day else None, is_unclear)


def test_one_dose_has_no_interval() -> None:
    (timing,) = timings(by_instruction({"dosageInstruction": [{"timing": {"repeat": {"count": 1}}}]}))
    assert timing == DosageTiming(0, None, is_single=True)


WEEK = {"boundsDuration": {"value": 7, "unit": "d", "code": "d"}}


@pytest.mark.parametrize(
    ("instructions", "steps"),
    [
        pytest.param([repeat(when=["MORN"]), repeat(when=["EVE"])], [0, 0], id="morning and evening"),
        pytest.param(
            [{"sequence": 1, **repeat(when=["MORN"])}, {"sequence": 2, **repeat(when=["EVE"])}],
            [0, 0],
            id="morning and evening, numbered",
        ),
        pytest.param([{"sequence": 1, **repeat()}, {"sequence": 2, **repeat()}], [0, 1], id="one after the other"),
        pytest.param([{"sequence": 1, **repeat()}, {"sequence": 1, **repeat()}], [0, 0], id="together, by number"),
        pytest.param([repeat(**WEEK), repeat(**WEEK), repeat()], [0, 1, 2], id="by their bounds"),
        pytest.param(
            [{"text": "week 1"}, {"text": "week 2"}, {"text": "then"}], [0, 1, 2], id="by the words of the steps"
        ),
        pytest.param([repeat(), repeat()], [0, 0], id="nothing distinguishes them"),
    ],
)
def test_steps(instructions, steps) -> None:
    assert [each.step for each in timings(by_instruction({"dosageInstruction": instructions}))] == steps


@pytest.mark.parametrize(
    ("first", "second", "never_begins"),
    [
        pytest.param({"sequence": 1, **repeat()}, {"sequence": 2, **repeat()}, True, id="after one without an end"),
        pytest.param({"sequence": 1, **repeat(**WEEK)}, {"sequence": 2, **repeat()}, False, id="after a week"),
        pytest.param(
            {"sequence": 1, "text": "Week 1", **repeat()},
            {"sequence": 2, "text": "Week 2", **repeat()},
            False,
            id="by the words",
        ),
    ],
)
def test_an_instruction_behind_one_without_an_end_never_begins(first: Any, second: Any, *, never_begins: bool) -> None:
    doses = [{"doseQuantity": {"value": 240, "unit": "mg"}}]
    instructions = [{**each, "doseAndRate": doses} for each in (first, second)]
    found = timings(by_instruction({"dosageInstruction": instructions}))
    assert [each.never_begins for each in found] == [False, never_begins]


@pytest.mark.parametrize(
    ("amount", "time", "expected"),
    [
        ({"value": 120, "unit": "Tab"}, {"value": 30, "unit": "Day"}, Supply(Decimal(120), Decimal(30))),
        ({"value": 120, "code": "{tbl}"}, {"value": 4, "code": "wk"}, Supply(Decimal(120), Decimal(28))),
        ({"value": 2, "unit": "vial"}, {"value": 21, "unit": "d"}, None),
        ({"value": 120, "unit": "tablet"}, {}, None),
        ({}, {"value": 30, "unit": "d"}, None),
    ],
)
def test_the_supply_that_an_order_has_dispensed(amount: Any, time: Any, expected: Supply | None) -> None:
    assert supply({"dispenseRequest": {"quantity": amount, "expectedSupplyDuration": time}}) == expected
