"""Amounts of an order outside its dose field: of its Medication, its dispensing, its plan, its volumes and times."""

from __future__ import annotations

from typing import Any

import pytest
from shapes import PATIENT, chart, concept, dosage, dose_of, order, quantity, topics

INTRAVENOUS = {"text": "Intravenous"}
SUBCUTANEOUS = {"text": "Subcutaneous"}
ASKED = ["checks-incomplete"]
PHESGO = "Phesgo 600 mg-600 mg-20,000 units/10 mL"


def told(drug: str, dose: Any, *, instruction: Any = None, **changes: Any) -> list[str]:
    """Return the cards that an order has beyond those of the same order without the changes."""
    route = SUBCUTANEOUS if drug.startswith(("Phesgo", "Herceptin H")) else INTRAVENOUS
    bare = topics(order(dosage(dose, route=route), drug=concept(text=drug)), prefetch=chart())
    said = topics(
        order(dosage(dose, route=route, **(instruction or {})), drug=concept(text=drug), **changes), prefetch=chart()
    )
    for each in bare:
        if each in said:
            said.remove(each)
    return said


def ingredient(name: str, value: Any, per: Any = None, unit: str = "mg", **more: Any) -> Any:
    strength = {"numerator": quantity(value, unit)} | ({"denominator": per} if per is not None else {})
    return {"itemCodeableConcept": {"text": name}, "strength": strength, **more}


OF_BAG, OF_VIAL, OF_ONE = quantity(1, "{bag}"), quantity(1, "{vial}"), quantity(1, "1")


@pytest.mark.parametrize(
    ("drug", "dose", "ingredients", "expected"),
    [
        pytest.param("Kadcyla", 252, [ingredient("Kadcyla", 252, OF_ONE)], [], id="the dose"),
        pytest.param("Kadcyla", 252, [ingredient("Kadcyla", 252)], [], id="the dose of nothing said"),
        pytest.param("Kadcyla", 252, [ingredient("Kadcyla", 378, OF_ONE)], ASKED, id="more"),
        pytest.param("Kadcyla", 252, [ingredient("Kadcyla", 200, OF_BAG)], ASKED, id="less"),
        pytest.param("Kadcyla", 252, [ingredient("Kadcyla", 260, OF_BAG)], [], id="what the vials for it hold"),
        pytest.param("Kadcyla", 252, [ingredient("Kadcyla", 160, OF_ONE)], [], id="the size of a vial"),
        pytest.param("Kadcyla", 252, [ingredient("Kadcyla", 378, OF_VIAL)], [], id="a strength of a vial"),
        pytest.param("Kadcyla", 252, [ingredient("Kadcyla", 20, quantity(1, "mL"))], [], id="a concentration"),
        pytest.param("Kadcyla", 252, [ingredient("Kadcyla", 378, quantity(269, "mL"))], ASKED, id="of a whole bag"),
        pytest.param(
            "Kadcyla",
            252,
            [ingredient("Kadcyla", 252, OF_ONE), ingredient("sodium chloride 0.9 %", 250, OF_ONE, "mL")],
            [],
            id="beside its diluent",
        ),
        pytest.param("Perjeta", 840, [ingredient("pertuzumab", 420, OF_ONE)], [], id="a vial of a loading dose"),
        pytest.param("Perjeta", 420, [ingredient("pertuzumab", 840, OF_ONE)], ASKED, id="twice a fixed dose"),
        pytest.param(
            PHESGO,
            1200,
            [ingredient("pertuzumab", 600, OF_ONE), ingredient("trastuzumab", 600, OF_ONE)],
            [],
            id="both antibodies",
        ),
        pytest.param(
            PHESGO,
            1200,
            [ingredient("pertuzumab", 1200, OF_ONE), ingredient("trastuzumab", 600, OF_ONE)],
            ASKED,
            id="both antibodies of a loading dose",
        ),
    ],
)
def test_what_the_medication_holds(drug: str, dose: int, ingredients: list[Any], expected: list[str]) -> None:
    medication = {"resourceType": "Medication", "id": "m", "code": {"text": drug}, "ingredient": ingredients}
    changes = {
        "contained": [medication],
        "medicationReference": {"reference": "#m"},
        "medicationCodeableConcept": None,
    }
    assert told(drug, dose_of(dose, "mg"), **changes) == expected


@pytest.mark.parametrize(
    ("drug", "dose", "dispensed", "expected"),
    [
        pytest.param("Kadcyla", 252, quantity(252, "mg"), [], id="one dose"),
        pytest.param("Kadcyla", 252, quantity(756, "mg"), [], id="three doses"),
        pytest.param("Kadcyla", 252, quantity(320, "mg"), [], id="vials for one dose"),
        pytest.param("Kadcyla", 252, quantity(13, "mL"), [], id="the volume of the vials for one dose"),
        pytest.param("Kadcyla", 252, quantity(250, "mL"), [], id="the volume of the bag"),
        pytest.param("Kadcyla", 252, quantity(2, "{vial}"), [], id="a number of vials"),
        pytest.param("Kadcyla", 252, quantity(200, "mg"), ASKED, id="too little"),
        pytest.param("Kadcyla", 252, quantity(378, "mg"), ASKED, id="a dose and a half"),
        pytest.param("Enhertu", 378, quantity(400, "mg"), [], id="four vials"),
        pytest.param("Enhertu", 378, quantity(448, "mg"), ASKED, id="the dose of another cancer"),
        pytest.param("Perjeta", 420, quantity(14, "mL"), [], id="the volume of a fixed dose"),
        pytest.param(PHESGO, 1200, quantity(10, "mL"), [], id="an injection"),
        pytest.param(PHESGO, 1200, quantity(15, "mL"), ASKED, id="the injection of a loading dose"),
    ],
)
def test_what_is_dispensed(drug: str, dose: int, dispensed: Any, expected: list[str]) -> None:
    assert told(drug, dose_of(dose, "mg"), dispenseRequest={"quantity": dispensed}) == expected


@pytest.mark.parametrize(
    ("drug", "dose", "expected"),
    [
        ("Kadcyla", quantity("12.6", "mL"), []),
        ("Kadcyla", quantity(15, "mL"), ["dose-cannot-verify"]),
        ("Kadcyla", quantity(250, "mL"), ["dose-implausible"]),
        ("Kadcyla", quantity(2, "{vial}"), ["dose-cannot-verify"]),
        ("Perjeta", quantity(2, "vial"), []),
        (PHESGO, quantity(1, "Durchstechflasche"), ["her2-loading"]),
    ],
)
def test_a_dose_by_volume_or_vials(drug: str, dose: Any, expected: list[str]) -> None:
    route = SUBCUTANEOUS if drug == PHESGO else INTRAVENOUS
    found = topics(order(dosage({"doseQuantity": dose}, route=route), drug=concept(text=drug)))
    of_dose = [each for each in found if each in ("dose-cannot-verify", "dose-implausible")]
    assert of_dose == [each for each in expected if each.startswith("dose")]


@pytest.mark.parametrize(
    ("volume", "expected"),
    [("12.6", []), ("18.9", ASKED), ("262.6", [])],
)
def test_a_volume_in_a_field_beside_the_milligrams(volume: str, expected: list[str]) -> None:
    doses = {"doseAndRate": [dose_of(252, "mg"), dose_of(volume, "mL")]}
    assert told("Kadcyla", dose_of(252, "mg"), instruction=doses) == expected


@pytest.mark.parametrize(
    ("ends", "expected"),
    [
        ({"high": quantity(252, "mg")}, ["dose-cannot-verify"]),
        ({"low": quantity(250, "mg"), "high": quantity(252, "mg")}, []),
    ],
)
def test_a_range_without_its_lower_end(ends: Any, expected: list[str]) -> None:
    assert topics(order(dosage({"doseRange": ends}))) == expected


@pytest.mark.parametrize(
    ("percent", "expected"),
    [(80, ASKED), (100, [])],
)
def test_a_percent_in_an_extension_of_the_dose(percent: int, expected: list[str]) -> None:
    share = {"url": "http://example.org/percent", "valueQuantity": quantity(percent, "%")}
    dose = {**dose_of(252, "mg"), "extension": [share]}
    assert told("Kadcyla", dose_of(252, "mg"), instruction={"doseAndRate": [dose]}) == expected


RATE = {"value": 175, "unit": "mL/h", "system": "http://unitsofmeasure.org", "code": "mL/h"}
FAST = {**RATE, "value": 1500}
LATER = {**RATE, "value": 500}


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        pytest.param({"text": "252 mg over 90 min", "additionalInstruction": [{"text": "over 15 minutes"}]}, ASKED),
        pytest.param({"text": "252 mg over 90 min", "patientInstruction": "Flush over 5 minutes"}, []),
        pytest.param({"text": "252 mg over 90 min. Dexamethasone over 10 min before"}, []),
        pytest.param({"text": "252 mg over 90 min, subsequent cycles over 30 min"}, []),
        pytest.param({"text": "252 mg. Run wide open"}, ASKED),
        pytest.param({"text": "252 mg over 90 min. Saline wide open if reaction"}, []),
        pytest.param({"text": "252 mg in 250 mL", "doseAndRate": [{**dose_of(252, "mg"), "rateQuantity": RATE}]}, []),
        pytest.param({"text": "252 mg (12.6 mL)", "doseAndRate": [{**dose_of(252, "mg"), "rateQuantity": RATE}]}, []),
        pytest.param(
            {"text": "252 mg in 250 mL", "doseAndRate": [{**dose_of(252, "mg"), "rateQuantity": FAST}]},
            ["infusion-rate"],
        ),
        pytest.param(
            {"text": "250 mL over 90 min", "doseAndRate": [{**dose_of(252, "mg"), "rateQuantity": LATER}]},
            ["infusion-rate"],
            id="the rate goes before the words",
        ),
    ],
)
def test_the_time_of_an_infusion(said: Any, expected: list[str]) -> None:
    assert told("Kadcyla", dose_of(252, "mg"), instruction=said) == expected


WEEKLY = {"repeat": {"frequency": 1, "period": 1, "periodUnit": "wk"}}


@pytest.mark.parametrize(
    ("plan", "step", "expected"),
    [
        pytest.param({}, {"title": "Kadcyla 3.6 mg/kg", "description": "252 mg IV"}, [], id="the same"),
        pytest.param({}, {"textEquivalent": "Give 378 mg IV"}, ASKED, id="another dose"),
        pytest.param({}, {"title": "Enhertu 5.4 mg/kg"}, ASKED, id="another drug"),
        pytest.param({}, {"timingTiming": WEEKLY}, ["interval-too-short"], id="another schedule"),
        pytest.param({"note": [{"text": "Cycle 1 of 14"}]}, {}, [], id="a note"),
        pytest.param({"note": [{"text": "Hold all chemo until seen"}]}, {}, ASKED, id="a note that holds it"),
    ],
)
def test_what_a_plan_says_of_its_order(plan: Any, step: Any, expected: list[str]) -> None:
    action = {"resource": {"reference": "MedicationRequest/order-1"}, **step}
    group = {
        "resourceType": "RequestGroup",
        "id": "plan-1",
        "status": "draft",
        "intent": "plan",
        "subject": dict(PATIENT),
        "action": [action],
        **plan,
    }
    assert topics(group, order()) == expected


def test_a_note_on_the_progress_of_an_activity() -> None:
    activity = {
        "reference": {"reference": "MedicationRequest/order-1"},
        "progress": [{"text": "Do not give until seen by cardiology"}],
    }
    plan = {
        "resourceType": "CarePlan",
        "id": "plan-1",
        "status": "draft",
        "intent": "plan",
        "subject": dict(PATIENT),
        "activity": [activity],
    }
    assert topics(plan, order()) == ASKED


@pytest.mark.parametrize(
    ("note", "expected"),
    [
        ("loading 1200/600 mg given 11/10", []),
        ("10 mL contains 600 mg pertuzumab and 600 mg trastuzumab", []),
        ("Give 1200 mg/600 mg today", ASKED),
    ],
)
def test_both_antibodies_in_a_note(note: str, expected: list[str]) -> None:
    assert told(PHESGO, dose_of(10, "mL"), note=[{"text": note}]) == expected


@pytest.mark.parametrize(
    ("note", "expected"),
    [
        ("Dose capped at 200 mg", ["dose-text-conflict"]),
        ("Max dose is 200 mg", ["dose-text-conflict"]),
        ("Cap dose at 300 mg", []),
        ("BSA capped at 2.0", []),
    ],
)
def test_a_maximum_in_a_note(note: str, expected: list[str]) -> None:
    assert told("Kadcyla", dose_of(252, "mg"), note=[{"text": note}]) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [("Kadcyla IM", ASKED), ("Kadcyla (I.M.)", ASKED), ("Kadcyla IT", ASKED), ("Kadcyla IV", [])],
)
def test_a_route_at_the_end_of_a_name(name: str, expected: list[str]) -> None:
    found = topics(order(dosage(dose_of(252, "mg"), route=INTRAVENOUS), drug=concept(text=name)))
    assert found == expected


@pytest.mark.parametrize(
    ("note", "expected"),
    [
        ("new dose 210", ASKED),
        ("Dose is 210 now.", ASKED),
        ("give 342", ASKED),
        ("Dose is 252", []),
        ("Dose 12 of 14", []),
        ("give 0900", []),
        ("Give 500 mL of saline after", []),
        ("Next dose 12/22", []),
    ],
)
def test_a_number_without_a_unit_in_a_note(note: str, expected: list[str]) -> None:
    assert told("Kadcyla", dose_of(252, "mg"), note=[{"text": note}]) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"url": "http://example.org/dose-percentage", "valueDecimal": 80}, ASKED),
        ({"url": "http://example.org/dose-percentage", "valueInteger": 100}, []),
        ({"url": "http://example.org/modification", "valueCodeableConcept": {"text": "Reduced 25%"}}, ASKED),
        ({"url": "http://example.org/weight", "valueQuantity": quantity(210, "[lb_av]")}, ASKED),
        ({"url": "http://example.org/weight", "valueQuantity": quantity(154, "[lb_av]")}, []),
    ],
)
def test_an_extension_of_the_order(value: Any, expected: list[str]) -> None:
    assert told("Kadcyla", dose_of(252, "mg"), extension=[value]) == expected
