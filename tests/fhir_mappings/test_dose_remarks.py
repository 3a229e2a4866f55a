"""What instructions say of a dose without an amount, and the number of the cycle."""

from __future__ import annotations

from typing import Any

import pytest
from shapes import bundle, cards, chart, dosage, dose_of, order, quantity, topic

from fhir_mappings.medications.dose_remarks import cycle_number, dose_remarks


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("Dose level -1", ["reduced"]),
        ("DL-2", ["reduced"]),
        ("dose reduced due to thrombocytopenia", ["reduced"]),
        ("Give the reduced dose over 90 minutes", ["reduced"]),
        ("second dose reduction", ["reduced"]),
        ("Reduce dose by one level", ["reduced"]),
        ("half dose", ["reduced"]),
        ("Dosis reduziert", ["reduced"]),
        ("double dose", ["raised"]),
        ("dose increased", ["raised"]),
        ("120 % of the dose", ["raised"]),
        ("125%", ["raised"]),
        ("give 125 percent", ["raised"]),
        ("+25 %", ["raised"]),
        ("Dosis um 25 % erh\u00f6ht", ["raised"]),
        ("aumentar dosis 25 %", ["raised"]),
        ("1.25 x", ["raised"]),
        ("1.5 times the dose", ["raised"]),
        ("80 %", ["reduced"]),
        ("-20 %", ["reduced"]),
        ("minus 20 %", ["reduced"]),
        ("20 % less", ["reduced"]),
        ("level 1 reduction", ["reduced"]),
        ("at 75 % today", ["reduced"]),
        ("0.8 x dose", ["reduced"]),
        ("three quarters of the dose", ["reduced"]),
        ("2/3 of the dose", ["reduced"]),
        ("Loading dose IV over 90 minutes", ["loading"]),
        ("Dosis de carga", ["loading"]),
        ("maintenance dose", ["maintenance"]),
        ("Perjeta maintenance", ["maintenance"]),
        # What may come later, came before, or is said in general.
        ("reduce dose if platelets < 50", []),
        ("Consider dose reduction in neuropathy", []),
        ("no dose reduction", []),
        ("Dose reductions per label", []),
        ("see dose reduction table", []),
        ("dexamethasone dose reduced", []),
        ("loading dose given last month", []),
        ("three weeks after the loading dose", []),
        ("loading dose, then maintenance dose every 3 weeks", ["loading"]),
        ("8 mg/kg loading dose; 6 mg/kg maintenance dose", []),
        # What takes the order back, without a condition.
        ("252 mg IV. Do not give.", ["taken-back"]),
        ("on hold pending echo", ["taken-back"]),
        ("Order cancelled", ["taken-back"]),
        ("nicht geben", ["taken-back"]),
        ("no administrar", ["taken-back"]),
        ("lower the dose to 210", ["reduced"]),
        ("reduce to 210", ["reduced"]),
        ("Dosis auf 210 senken", ["reduced"]),
        ("bajar dosis a 210", ["reduced"]),
        ("252 mg less 25 %", ["reduced"]),
        ("Give double today", ["raised"]),
        ("Run wide open", ["too-fast"]),
        ("infuse as fast as tolerated", ["too-fast"]),
        ("Saline wide open for hypotension", []),
        ("lower dose of dexamethasone to 4", []),
        ("reduce to 210 if platelets fall", []),
        ("Reduce rate to 100", []),
        ("creatinine down to 70", []),
        ("Give double-checked dose", []),
        ("Hold if platelets < 75", []),
        ("Do not give as a push or bolus", []),
        ("Do not administer with dextrose", []),
        ("Stop the infusion if a reaction occurs", []),
        ("full dose", []),
        ("100 %", []),
        ("in NaCl 0.9 %", []),
        ("LVEF 60%", []),
        ("SpO2 > 92%", []),
        ("Neutrophils 55 %, KPS 80 %", []),
        ("hold if LVEF < 45 %", []),
        ("within 90-110 % of the dose", []),
        ("round to +/- 50 %", []),
        ("variance 5-20 %", []),
        ("weight -12 % since start", []),
        ("infuse at 50 % of the rate", []),
        ("bilirubin 1.5 x ULN", []),
        ("platelets 1.2 x 10", []),
        ("130 % of ideal body weight", []),
        ("doses every 3 weeks", []),
        ("", []),
    ],
)
def test_remarks_on_the_dose(written: str, expected: list[str]) -> None:
    assert [remark.kind.value for remark in dose_remarks(written)] == expected


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (["Cycle 15 Day 1"], 15),
        (["C15D1"], 15),
        (["cycle 3 of 14"], 3),
        (["Zyklus 4"], 4),
        (["cycle 21 days"], None),
        (["21-day cycle"], None),
        (["every 3 weeks for 14 cycles"], None),
        (["cycle 1-4"], None),
        (["cycle 2", "cycle 3"], None),
        (["Cycle 1 of 6"], 1),
        (["cycle 1/6"], 1),
        (["1st cycle: 420 mg IV"], 1),
        (["First cycle, 420 mg IV"], 1),
        (["420 mg IV (first cycle)"], 1),
        (["Observe for 60 min after the first cycle"], None),
        (["First cycle over 60 min, then over 30 min"], None),
        (["First cycle: over 60 min; subsequent cycles over 30 min"], None),
        (["cycle 1 and 2"], None),
        (["cycle 1, 2 and 3"], None),
        (["over 60 min in cycle 1, subsequent infusions over 30 min"], None),
        (["Zyklus 1 in 60 min, danach 30 min"], None),
        (["420 mg, cycle 1", "infuse over 60 minutes, then observe for 60 minutes"], None),
        (["cycle 15, then reassess"], 15),
        ([], None),
    ],
)
def test_the_number_of_the_cycle(written: list[str], expected: int | None) -> None:
    assert cycle_number(written) == expected


@pytest.mark.parametrize(
    ("instruction", "expected"),
    [
        ({"text": "Dose level -1"}, ["checks-incomplete"]),
        ({"text": "full dose"}, []),
        ({"text": "Dose reduction per protocol"}, []),
    ],
)
def test_a_remark_that_does_not_fit_the_dose_is_told(instruction: Any, expected: list[str]) -> None:
    found = cards(order(dosage(dose_of(252, "mg"), **instruction)), prefetch=chart())
    assert [topic(each) for each in found] == expected


@pytest.mark.parametrize(("doses", "expected"), [((252, 252), ["checks-incomplete"]), ((126, 126), [])])
def test_two_instructions_of_one_day(doses: tuple[int, int], expected: list[str]) -> None:
    day = {"timing": {"event": ["2026-11-22"]}}
    instructions = [dosage(dose_of(each, "mg"), **day) for each in doses]
    assert [topic(each) for each in cards(order(*instructions), prefetch=chart())] == expected


@pytest.mark.parametrize(
    ("instructions", "expected"),
    [
        pytest.param([{}, {}], ["checks-incomplete"], id="beside each other"),
        pytest.param([{"sequence": 1}, {"sequence": 1}], ["checks-incomplete"], id="of one place in the sequence"),
        pytest.param([{"sequence": 1}, {"sequence": 2}], [], id="one after the other"),
    ],
)
def test_two_instructions_without_a_day(instructions: list[Any], expected: list[str]) -> None:
    both = [dosage(dose_of(252, "mg"), **each) for each in instructions]
    assert [topic(each) for each in cards(order(*both), prefetch=chart())] == expected


@pytest.mark.parametrize(
    ("written", "is_told"),
    [
        ("252 mg/m2", True),
        ("give 125 %", True),
        ("dose reduced by 20 %", True),
        ("weekly dosing", True),
        ("give every week", True),
        ("every 3 weeks", False),
        ("SC injection", True),
        ("252 units", True),
        ("252 mg IV", False),
        ("docetaxel 75 mg/m2 to follow", False),
        ("labs weekly", False),
        ("LVEF 60 %, patient aware", False),
    ],
)
def test_what_a_note_says_of_the_dose_in_other_words_is_told(written: str, *, is_told: bool) -> None:
    noted = order(dosage(dose_of(252, "mg"), route={"text": "Intravenous"}), note=[{"text": written}])
    found = cards(noted, prefetch=chart())
    assert [topic(each) for each in found] == (["checks-incomplete"] if is_told else [])


@pytest.mark.parametrize(
    ("limit", "expected"),
    [
        ({"maxDosePerAdministration": quantity(200, "mg")}, ["dose-text-conflict"]),
        ({"maxDosePerLifetime": quantity(200, "mg")}, ["dose-text-conflict"]),
        (
            {"maxDosePerPeriod": {"numerator": quantity(200, "mg"), "denominator": quantity(3, "wk")}},
            ["dose-text-conflict"],
        ),
        ({"maxDosePerPeriod": {"numerator": {"value": 1}, "denominator": quantity(3, "wk")}}, []),
        ({"maxDosePerLifetime": quantity(4000, "mg"), "maxDosePerAdministration": quantity(252, "mg")}, []),
    ],
)
def test_a_dose_above_a_maximum_of_its_own_order(limit: Any, expected: list[str]) -> None:
    found = cards(order(dosage(dose_of(252, "mg"), **limit)), prefetch=chart())
    assert [topic(each) for each in found] == expected


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        # Another route for the order's own drug, which its route field gives into a vein.
        ("252 mg subcutaneously", ["checks-incomplete"]),
        ("intrathecal", ["checks-incomplete"]),
        ("Give the dose intramuscularly", ["checks-incomplete"]),
        ("IM injection", ["checks-incomplete"]),
        ("252 mg IV over 90 minutes", []),
        ("enoxaparin 40 mg subcut before", []),
        ("dexamethasone 12 mg PO before", []),
        ("Infuse via subcutaneous port", []),
        ("Apply lidocaine topically to the port", []),
        # Bags, and numbers of times.
        ("252 mg/m2", ["dose-text-conflict"]),
        ("252 mg + 126 mg", ["dose-text-conflict"]),
        ("126 mg + 126 mg", []),
        ("160 mg + 100 mg vials", []),
        (".378 g", ["dose-text-conflict"]),
        ("378", ["dose-text-conflict"]),
        ("252", []),
        ("give today and tomorrow", ["checks-incomplete"]),
        ("11/22, 11/29, 12/6", ["checks-incomplete"]),
        ("2026-11-22 and 2026-11-29", ["checks-incomplete"]),
        ("blood pressure 120/80", []),
        ("half now, half in 4 hours", ["checks-incomplete"]),
        ("378 mg/dose over 90 minutes", ["dose-text-conflict"]),
        ("125 %", ["checks-incomplete"]),
        ("with docetaxel 75 mg/m2", []),
        ("2 bags of 252 mg", ["dose-text-conflict"]),
        ("2 bags of 126 mg", []),
        ("2 bags of 126 mg each", []),
        ("252 mg each week", ["interval-too-short"]),
        ("Cycle #3", []),
        ("252 mg twice", ["checks-incomplete"]),
        ("dose +20 %", ["checks-incomplete"]),
        # The schedule of a test, and what is given at a reduction.
        ("Monitor LVEF every 12 weeks", []),
        ("Labs weekly. Infuse over 90 minutes every 3 weeks", []),
        ("Give with labs weekly", ["checks-incomplete"]),
        ("Blutbild wöchentlich", []),
        ("Herzecho alle 12 Wochen", []),
        ("Ecocardiograma cada 3 meses", []),
        ("Surveiller la FEVG tous les 3 mois", []),
        ("Kuur elke week na controle", ["checks-incomplete"]),
        ("Gabe alle 7 Tage nach Laborkontrolle", ["checks-incomplete"]),
        ("Donner toutes les semaines, contrôle FEVG", ["checks-incomplete"]),
        ("if dose reduction needed: 3 mg/kg then 2.4 mg/kg", []),
        ("if labs are fine give 378 mg", ["dose-text-conflict"]),
        # Three times the dose, a whole vial, and the weight that a dose was made from.
        ("Triple the dose this cycle", ["checks-incomplete"]),
        ("dreifache Dosis", ["checks-incomplete"]),
        ("dose triplée", ["checks-incomplete"]),
        ("Triple-lumen PICC", []),
        ("Give the entire 160 mg vial", ["dose-text-conflict"]),
        ("Use 1 x 160 mg vial and 1 x 100 mg vial", []),
        ("dosed on 105 kg", ["checks-incomplete"]),
        ("berechnet auf 110 kg", ["checks-incomplete"]),
        ("dose basée sur 105 kg", ["checks-incomplete"]),
        ("calculated from weight 70 kg", []),
        # Two hours of giving it, unlike those of anything else; days of an Italian cycle, unlike grades.
        ("Give at 0900 and 1700", ["interval-too-short"]),
        ("Administer 252 mg at 08:30 and 16:30", ["interval-too-short"]),
        ("Gabe um 9:00 und 17:00", ["interval-too-short"]),
        ("Give at 0900", []),
        ("Vitals at 0900 and 1000", []),
        ("Give between 0900 and 1700", []),
        ("G1 e G8 ogni 21 giorni", ["interval-too-short"]),
        ("ridurre se diarrea G3 e G4", []),
        # What is left of the course, and another drug's new amount.
        ("Cycle 6 day 1, 8 remaining", []),
        ("Cycle 6 day 1, 8", ["interval-too-short"]),
        ("C5D1, 3 cycles left", []),
        ("Last dose delayed one week for holiday", []),
        ("Last dose delayed one week for pneumonitis", ["checks-incomplete"]),
        ("lower dose of dexamethasone to 4 mg", []),
        ("Dexamethasone: taper to 4 mg", []),
        ("dexamethasone, reduced to 210 mg", ["dose-text-conflict"]),
        ("Subsequent cycles 420 mg", ["dose-text-conflict"]),
        ("Loading dose, then 420 mg", ["checks-incomplete"]),
    ],
)
def test_other_words_of_the_instructions(written: str, expected: list[str]) -> None:
    route = {"route": {"text": "Intravenous"}}
    found = cards(order(dosage(dose_of(252, "mg"), text=written, **route)), prefetch=chart())
    assert [topic(each) for each in found] == expected


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ({"resourceType": "MedicationStatement", "effectiveDateTime": "2026-11-17"}, ["checks-incomplete"]),
        ({"resourceType": "MedicationDispense", "whenHandedOver": "2026-11-17"}, ["checks-incomplete"]),
        ({"resourceType": "MedicationDispense", "whenHandedOver": "2026-11-21"}, []),
        ({"resourceType": "MedicationStatement", "effectiveDateTime": "2026-11-01"}, []),
    ],
)
def test_what_may_be_a_dose_given_is_told(entry: Any, expected: list[str]) -> None:
    named = order()["medicationCodeableConcept"]
    subject = {"reference": "Patient/pat-1"}
    sent = {"id": "e1", "status": "completed", "subject": subject, "medicationCodeableConcept": named, **entry}
    found = cards(order(dosage(dose_of(252, "mg"))), prefetch=chart(mine=bundle(sent)))
    assert [topic(each) for each in found] == expected
