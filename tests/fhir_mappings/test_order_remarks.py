"""What a text says of an order as a whole, and the weights and volumes it states beside the dose."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from shapes import RXNORM, bundle, cards, chart, coding, concept, dosage, dose_of, observation, order, quantity, topic

from fhir_mappings.medications.dose_remarks import dose_remarks
from fhir_mappings.medications.doses_in_text import doses_in, maxima_in
from fhir_mappings.medications.drawn_volumes import volumes_drawn
from fhir_mappings.medications.schedule_text import read_schedule_text
from fhir_mappings.medications.stated_weights import weights_in
from fhir_mappings.medications.tablet_counts import tablets_in

BID = {"timing": {"repeat": {"frequency": 2, "period": 1, "periodUnit": "d"}}}


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("HOLD - awaiting platelets", ["taken-back"]),
        ("Do not administer - patient in hospital", ["taken-back"]),
        ("cancelled per Dr. Jones", ["taken-back"]),
        ("DISCONTINUED 11/20", ["taken-back"]),
        ("252 mg - dose for another patient, please disregard", ["taken-back"]),
        ("order entered on wrong patient", ["taken-back"]),
        ("Ordered in error", ["taken-back"]),
        ("This was ordered on the wrong patient", ["taken-back"]),
        ("see new order, this one discontinued", ["taken-back"]),
        ("duplicate - ignore", ["taken-back"]),
        ("delay until 12/6", ["taken-back"]),
        ("Stop taking this medicine", ["taken-back"]),
        ("Dosis bitte pausieren", ["taken-back"]),
        ("falscher Patient", ["taken-back"]),
        ("suspender", ["taken-back"]),
        ("paciente equivocado", ["taken-back"]),
        ("ne pas administrer", ["taken-back"]),
        ("Zurückstellen bis Echo vorliegt", ["taken-back"]),
        ("No administrar hasta ver analítica", ["taken-back"]),
        ("Não administrar até avaliação médica", ["taken-back"]),
        ("Nie podawać do czasu kontroli", ["taken-back"]),
        ("Niet toedienen", ["taken-back"]),
        ("Kuur uitstellen tot echo", ["taken-back"]),
        ("Gabe verschieben auf nächste Woche", ["taken-back"]),
        ("Adiar para semana que vem", ["taken-back"]),
        ("Não administrar em bolus", []),
        ("Ne pas administrer en bolus", []),
        ("Bei Thrombozyten < 100 zurückstellen", []),
        ("niet in glucose", []),
        ("zweite Gabe morgen", ["again 1"]),
        ("In 7 Tagen wiederholen", ["again 7"]),
        ("Dosis in 7 Tagen wiederholen", ["again 7"]),
        ("Blutbild in 7 Tagen wiederholen", []),
        ("Second dose this Friday", ["again 7"]),
        ("repetir en 7 días", ["again 7"]),
        ("prochaine cure dans 3 semaines", ["again 21"]),
        ("Repeter le bilan dans 7 jours", []),
        ("252 mg bei Bedarf", ["as-needed"]),
        ("Pharmacy: please clarify dose", ["taken-back"]),
        ("If a reaction occurs, stop the infusion", []),
        ("Monitor for reactions, stop infusion, notify MD", []),
        ("Hold for ANC < 1.0", []),
        ("Do NOT give until plt > 100", ["taken-back"]),
        ("prn only", ["as-needed"]),
        ("HOLD x 1 wk", ["taken-back"]),
        ("test order", ["taken-back"]),
        ("wrong drug", ["taken-back"]),
        ("labs drawn, results pending", ["taken-back"]),
        ("EF was 45 %, now 61 %", []),
        ("dose de ataque", ["loading"]),
        ("onderhoudsdosis", ["maintenance"]),
        ("HER2 test positive", []),
        ("level -2", ["reduced"]),
        ("-1 DL", ["reduced"]),
        ("25% \u2193 dose", ["reduced"]),
        ("0 % dose reduction", []),
        ("Loading dose given 11/1", []),
        ("Loading dose 8 mg/kg given 11/1. Maintenance 6 mg/kg", ["maintenance"]),
        ("Cancel the previous order", []),
        ("If you miss a dose, skip the missed dose", []),
        ("Discontinue after 1 year", []),
        ("Take as needed", ["as-needed"]),
        ("252 mg IV PRN", ["as-needed"]),
        ("give if needed", ["as-needed"]),
        ("Take only when you have diarrhea", ["as-needed"]),
        ("ondansetron 8 mg PRN", []),
        ("Call as needed", []),
        ("second dose tomorrow", ["again 1"]),
        ("repeat in 1 week", ["again 7"]),
        ("252 mg now and 252 mg at 6 pm", ["again 0"]),
        ("252 mg, then again on day 8", ["again 7"]),
        ("252 mg. Repeat next Monday.", ["again 7"]),
        ("2 doses 12 h apart", ["again 0"]),
        ("two doses this week", ["again 0"]),
        ("extra dose on 12/8", ["again 0"]),
        ("252 mg AM and 252 mg PM", ["again 0"]),
        ("Therapiepause bis CT", ["taken-back"]),
        ("Pause wegen Neutropenie", ["taken-back"]),
        ("hold all chemo until seen", ["taken-back"]),
        ("one dose this week", []),
        ("two doses of ondansetron this week", []),
        ("Pause vor dem Essen", []),
        ("may repeat x1", ["again 0"]),
        ("in two divided doses", ["again 0"]),
        ("inject 10 mL today and 10 mL tomorrow", ["again 1"]),
        ("one dose level down", ["reduced"]),
        ("next dose in 3 weeks", ["again 21"]),
        ("Repeat CBC in 1 week", []),
        ("Give the dose Thursday", []),
        ("next dose today", []),
        ("252 mg twice weekly", []),
        ("Neulasta 6 mg SC tomorrow", []),
    ],
)
def test_remarks_on_the_order(written: str, expected: list[str]) -> None:
    found = [f"{each.kind} {each.days}" if each.kind == "again" else str(each.kind) for each in dose_remarks(written)]
    assert found == expected


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("3.6 mg/kg x 70 kg = 252 mg", ["70"]),
        ("Dosing weight: 95 kg", ["95"]),
        ("70,5 kg \u00d7 3,6 mg/kg", ["70.5"]),
        ("Wt used 154 lb", ["154 lb"]),
        ("3,6 mg/kg bei 95 kg", ["95"]),
        ("Wiegt jetzt 52 kg", ["52"]),
        ("Pesa ahora 52 kg", ["52"]),
        ("Pèse maintenant 52 kg", ["52"]),
        ("Pesa ora 52 kg", ["52"]),
        ("Bilancia: pesa fino a 150 kg", []),
        ("3.6 mg/kg at 70 kg = 252 mg", ["70"]),
        ("IBW 58 kg", []),
        ("ideal body weight 58 kg", []),
        ("weight loss of 12 kg", []),
        ("last weight 90 kg", []),
        ("hold if weight < 50 kg", []),
        ("3.6 mg/kg", []),
    ],
)
def test_weights_in_a_text(written: str, expected: list[str]) -> None:
    assert [f"{each.number}{' lb' if each.in_pounds else ''}" for each in weights_in(written)] == expected


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("252 mg (12.6 mL)", ["12.6"]),
        ("252 mg = 12,6 ml of 20 mg/mL", ["12.6"]),
        ("draw up 12.6 mL", ["12.6"]),
        ("252 mg in 250 mL NS", []),
        ("252 mg (50 mL NS)", []),
        ("reconstitute with 8 mL", []),
        ("withdraw 5 mL sterile water", []),
    ],
)
def test_volumes_that_are_drawn_up(written: str, expected: list[str]) -> None:
    assert volumes_drawn(written) == tuple(map(Decimal, expected))


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("252 mg per protocol", ["252"]),
        ("210 mg per Dr. Smith", ["210"]),
        ("20 mg per mL", []),
        ("160 mg per vial", []),
        ("600 mg per day", []),
        ("1'050 mg", ["1050", "50"]),
        ("was 252 mg, now 210 mg", ["210"]),
        ("1.050 mg", ["1.050", "1050"]),
        ("Loading dose of 8 mg/kg was given with cycle 1", []),
        ("Total daily dose 600 mg", []),
        ("Port accessed with 20G needle", []),
        ("PIV 22G left forearm", []),
        ("252 g", ["252000"]),
    ],
)
def test_amounts_in_a_text(written: str, expected: list[str]) -> None:
    assert [each.value for each in doses_in(written)] == list(map(Decimal, expected))


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("Dose capped at 200 mg", ["200"]),
        ("max dose 1,200 mg", ["1200"]),
        ("not to exceed 200 mg", ["200"]),
        ("max 16 mg per day", []),
        ("acetaminophen 650 mg, max 3000 mg", []),
        ("capecitabine 500 mg", []),
    ],
)
def test_maxima_in_a_text(written: str, expected: list[str]) -> None:
    assert maxima_in(written) == tuple(map(Decimal, expected))


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("1.5 vials of 252 mg", [("1.5", "252")]),
        ("2 vials x 420 mg", [("2", "420")]),
        ("Vial 160 mg x 2", []),
        ("126 mg x 2", [("2", "126")]),
        ("half of 252 mg", [("0.5", "252")]),
        ("3.78 x 100 mg", [("3.78", "100")]),
        ("2 * 252 mg", [("2", "252")]),
        ("1/2 of 252 mg", [("0.5", "252")]),
        ("2 (150 mg) tablets", [("2", "150")]),
    ],
)
def test_amounts_that_are_counted(written: str, expected: list[tuple[str, str]]) -> None:
    assert [(each.count, each.mg) for each in tablets_in(written)] == [(Decimal(n), Decimal(mg)) for n, mg in expected]


@pytest.mark.parametrize(("written", "counts"), [("2-0-2", [2]), ("4-0-2", [2, 4]), ("1-0-1", []), ("555-0-2", [])])
def test_tablets_by_the_part_of_the_day(written: str, counts: list[int]) -> None:
    assert [each.count for each in tablets_in(written)] == counts


@pytest.mark.parametrize(
    ("written", "interval"),
    [
        ("C3D1 and C3D8", "7"),
        ("C3D1, C4D1", None),
        ("252 mg IV, C3D1", None),
        ("3.6 mg/kg/day x 3 days", "1"),
        ("420 mg, starting 3 weeks after the loading dose", "21"),
        ("252 mg IV c/21 d\u00edas", "21"),
        ("every 3 weeks (21 days)", "21"),
        ("2 tablets every morning", "1"),
        ("2 tablets in the morning only", "1"),
        ("2 tabs QHS", "1"),
        ("Repeat cycle every 21 days", "21"),
        ("1400 mg IV q2w; days 1 and 15 of 28-day cycle", "14"),
        ("Reconstitute each vial; 252 mg q3w", "21"),
        ("252 mg q3w. Do not wait for the next planned cycle if a dose is missed.", "21"),
        ("420 mg q3w; if 6 weeks or more since last dose, give 840 mg", "21"),
        ("378 mg q3w. Give olanzapine 5 mg at bedtime days 1-4, dexamethasone 8 mg days 2-4", "21"),
        ("Take 2 tablets twice daily; skip a missed dose, do not take 2 doses at once", "0.5"),
        ("6 tablets daily. Start loperamide 4 mg with first dose, then 4 mg three times daily for 14 days", "1"),
        ("252 mg q3w, hazardous - handle with care", "21"),
        ("252 mg. Independent double check required x2 RN", None),
        ("252 mg IV q3/52", "21"),
        ("2D2T", "0.5"),
        ("2 tabl. 3x dz.", str(Decimal(1) / 3)),
        ("252 mg viikoittain", "7"),
        ("420 mg q3w, completing 1 year of adjuvant trastuzumab in 03/2027", "21"),
        ("420 mg q3w. HP maintenance after THP x 6.", "21"),
        ("Ciclo 6 día 1, próximo 22/12/2026", None),
        ("Week 3 252 mg IV", None),
        ("252 mg, cycle 2, week 4 of 12 weeks", None),
        ("252 mg IV. Treatment day.", None),
        ("252 mg over 90 min, subsequent cycles over 30 min", None),
        ("252 mg (rounded from 251.6 mg), starting today at 1000", None),
        ("FREQ: Q3W START: 12/01/26 STOP: 12/01/26 COMMENTS: NONE", "21"),
    ],
)
def test_schedules_of_order_forms(written: str, interval: str | None) -> None:
    read = read_schedule_text(written)
    assert (read.every_days, read.doses, read.unread) == (Decimal(interval) if interval else None, None, ())


@pytest.mark.parametrize("written", ["252 mg week 1, week 2", "252 mg W1, W2", "6-0-2"])
def test_several_weeks_or_times_are_not_understood(written: str) -> None:
    assert read_schedule_text(written).unread


def topics_of(*instructions: Any, drug: str = "", **changes: Any) -> list[str]:
    named = {"drug": {"text": drug}} if drug else {}
    return [topic(each) for each in cards(order(*instructions, **named, **changes), prefetch=chart())]


@pytest.mark.parametrize(
    ("written", "is_told"),
    [
        ("IV push", True),
        ("run over 10 minutes", True),
        ("infuse in 10 min", True),
        ("1 vial 160 mg + 1 vial 100 mg", False),
        ("mix in D5W", True),
        ("changed to q2w", True),
        ("every 14 days from now on", True),
        ("give weekly x 3", True),
        ("weight is 90 kg", True),
        ("4.4 mg/kg per Dr. Smith", True),
        ("should be q2w", True),
        ("to be given every week x 4", True),
        ("hold 2 weeks", True),
        ("Should be held until echo", True),
        ("next visit should be in 3 weeks", False),
        ("Total dose given so far 504 mg over 2 cycles", False),
        ("hold for 1 week then resume", True),
        ("weight entered in lb", True),
        ("Double check dose, seems high", True),
        ("B12 1000 mcg IM given today", False),
        ("Zofran 8 mg IV push", False),
        ("flush with 10 mL IV push", False),
        ("run over 90 minutes", False),
        ("mix in NS", False),
        ("weight stable at 70 kg", False),
        ("1 x 252 mg", False),
    ],
)
def test_what_a_note_says_of_the_infusion_is_told(written: str, *, is_told: bool) -> None:
    found = topics_of(dosage(dose_of(252, "mg")), note=[{"text": written}])
    assert found == (["checks-incomplete"] if is_told else [])


@pytest.mark.parametrize(
    "written",
    [
        "Hold this dose",
        "(hold this dose)",
        "[HOLD]",
        "{hold}",
        "***NOTE*** hold this dose",
        "-> hold this dose",
        "=> HOLD",
        "Note:hold this dose",
        "Please hold this dose",
        "pls hold dose",
        "Kindly hold the dose",
        "plz, do not give",
        "(do not give)",
        "_HOLD_",
        "__Do not give__",
        "!HOLD!",
        "252 mg IV HOLD",
        "252 mg IV over 90 minutes hold this dose",
        "252 mg IVPB once HOLD - see note",
        "252 mg q21d on hold",
        "252 mg IV cycle 3 cancelled",
        "252 mg IV (wrong patient)",
        "252 mg iv in 250 ml NS hold x 1 week",
        "252 mg IV pls hold",
        "<b>HOLD</b>",
        "<p>252 mg IV</p><p>HOLD</p>",
        "Kadcyla 252 mg | HOLD",
        "hold\u200b this dose",
        "h\u200eold this dose",
    ],
)
@pytest.mark.parametrize("place", ["note", "instructions"])
def test_what_takes_an_order_back_counts_in_any_marks(place: str, written: str) -> None:
    """Only a sentence, or a part between commas, was heard: "[HOLD]" and "252 mg IV HOLD" were silent."""
    shown = topics_of(dosage(dose_of(252, "mg"), text=written)) if place == "instructions" else _with_note(written)
    assert shown == ["checks-incomplete"]


@pytest.mark.parametrize(
    "written",
    [
        "252 mg IV. Patient may hold a warm blanket",
        "Hold pressure for 5 minutes after the IV is removed",
        "252 mg IV over 90 minutes, hold parameters: none",
        "Do not hold for fever",
        "(no need to hold)",
        "Never on hold",
        "[not discontinued]",
        "hold if platelets < 25",
        "(hold if ANC < 1)",
        "Stop date: 12/22/2026",
        "252 mg IV stop at 12:30",
        "252 mg IV once. Dose check done",
        "Cancel appointment for 12/22",
        "252 mg IV (do not shake)",
        "252 mg IV do not shake",
    ],
)
@pytest.mark.parametrize("place", ["note", "instructions"])
def test_what_does_not_take_an_order_back_is_silent(place: str, written: str) -> None:
    shown = topics_of(dosage(dose_of(252, "mg"), text=written)) if place == "instructions" else _with_note(written)
    assert shown == []


@pytest.mark.parametrize(
    "written",
    [
        "half",
        "half dose",
        "½ dose",
        "Dose x2 today",
        "2x dose",
        "double",
        "doubled",
        "x2",
        "Verdoppelte Dosis geben",
        "doppelte Dosis",
        "Dosi doppie",
        "dosis doble",
        "reduce 25%",
        "reduced",
        "reduzierte Dosis",
        "dosis reducida",
        "dose réduite",
        "dose ridotta",
        "dose reduzida",
        "dose dimezzata",
        "not Kadcyla",
    ],
)
@pytest.mark.parametrize("place", ["note", "instructions"])
def test_a_dose_that_a_few_words_change_is_told(place: str, written: str) -> None:
    text = f"252 mg IV over 90 minutes. {written}"
    shown = topics_of(dosage(dose_of(252, "mg"), text=text)) if place == "instructions" else _with_note(written)
    assert not {"checks-incomplete", "dose-text-conflict"}.isdisjoint(shown)


@pytest.mark.parametrize(
    "written",
    [
        "full dose",
        "same dose",
        "dose double checked",
        "dose double-checked",
        "double check done",
        "reduced salt diet",
        "half-life 4 days",
        "half saline flush",
        "1 dose x 2 bags",
        "dose x 2 syringes",
        "reduce noise",
        "double lumen port",
        "double gloves",
        "reduced hearing",
        "no dose reduction",
    ],
)
def test_a_few_words_that_change_no_dose_are_not_told(written: str) -> None:
    assert _with_note(written) == []


def _with_note(written: str) -> list[str]:
    return topics_of(dosage(dose_of(252, "mg")), note=[{"text": written}])


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"asNeededBoolean": True}, ["checks-incomplete"]),
        ({"asNeededBoolean": False}, []),
        ({"asNeededCodeableConcept": {"text": "pain"}}, ["checks-incomplete"]),
        ({"asNeeded": True}, ["checks-incomplete"]),
        ({"text": "Dose capped at 200 mg"}, ["dose-text-conflict"]),
        ({"text": "Dose capped at 300 mg"}, []),
        ({"text": "252 mg by mouth"}, ["checks-incomplete"]),
        ({"text": "Do not give IV push"}, []),
        ({"text": "Dosing weight: 70000 g"}, []),
        ({"text": "252 MG IVPB ONCE ONE; Start: 22/11/26 09:00; Stop: 22/11/26 09:01"}, []),
        ({"text": "252 mg in Sodium Chloride 0.9% 250 mL, Total Vol 262.6, Rate 175 mL/hr"}, []),
        ({"text": "KADCYLA [252 MG] D5W [250 ML] IV Q21D"}, ["diluent-incompatible"]),
        ({"text": "252 mg iv dag 1 en 8, kuur 3"}, ["interval-too-short"]),
        ({"text": "Give 252 mg IV over 30 min every 21 days"}, ["infusion-rate"]),
        ({"text": "<p>Give <b>252 mg</b> IV over 30&nbsp;min every 21&nbsp;days</p>"}, ["infusion-rate"]),
        ({"text": "<p>Give <b>252 mg</b> IV over 90&nbsp;min every 21&nbsp;days</p>"}, []),
        ({"text": "<b>252&#160;mg</b> IV<br/>Do not give<br/>"}, ["checks-incomplete"]),
        ({"text": "<p>Give <b>420&nbsp;mg</b> IV over 90&nbsp;min</p>"}, ["dose-text-conflict"]),
        ({"text": "252 mg IV. Then 252 mg on 11/29."}, ["checks-incomplete"]),
        ({"text": "Day 1: 252 mg. Days 8 and 15: rest."}, []),
        ({"patientInstruction": "Sie erhalten heute 252 mg. Der Termin in 3 Wochen steht."}, []),
        ({"method": {"text": "infuse over 5 minutes"}}, ["infusion-rate"]),
        (
            {"timing": {"repeat": {"timeOfDay": ["08:00", "20:00"], "period": 3, "periodUnit": "wk"}}},
            ["checks-incomplete"],
        ),
        ({"timing": {"repeat": {"timeOfDay": ["08:00"], "period": 3, "periodUnit": "wk"}}}, []),
        ({"extension": [{"url": "x", "valueQuantity": quantity(2520, "mg")}]}, ["checks-incomplete"]),
        ({"extension": [{"url": "x", "valueQuantity": quantity(252, "mg")}]}, []),
        ({"extension": [{"url": "x", "valueQuantity": quantity(110, "kg")}]}, ["checks-incomplete"]),
        ({"extension": [{"url": "x", "valueQuantity": quantity(70, "kg")}]}, []),
    ],
)
def test_other_elements_of_an_instruction(changes: Any, expected: list[str]) -> None:
    assert topics_of(dosage(dose_of(252, "mg"), route={"text": "IV"}, **changes)) == expected


MINUTES = {"low": quantity(5, "min"), "high": quantity(10, "min")}


@pytest.mark.parametrize(
    ("doses", "expected"),
    [
        ([{**dose_of(252, "mg"), "rateRange": MINUTES}], ["infusion-rate"]),
        ([dose_of(252, "mg"), dose_of(90, "%")], ["checks-incomplete"]),
        ([dose_of(252, "mg"), dose_of(1, "bag", "")], []),
        ([dose_of(252, "mg"), dose_of(250, "mL")], []),
    ],
)
def test_what_stands_beside_the_dose(doses: Any, expected: list[str]) -> None:
    assert topics_of(dosage(*doses, route={"text": "IV"})) == expected


@pytest.mark.parametrize(
    ("second", "expected"),
    [
        (dosage(dose_of(210, "mg"), text="if platelets < 50", sequence=2), ["checks-incomplete"]),
        (dosage(dose_of(210, "mg"), text="Cycle 4 if grade 2", sequence=2), ["checks-incomplete"]),
        (dosage(dose_of(252, "mg"), sequence=2), []),
        (dosage(text="Observe for 30 minutes", sequence=2), []),
    ],
)
def test_a_dose_behind_an_instruction_without_an_end(second: Any, expected: list[str]) -> None:
    assert topics_of(dosage(dose_of(252, "mg"), sequence=1), second) == expected


@pytest.mark.parametrize(
    ("reason", "expected"),
    [("Dose reduced 20 % for neutropenia", ["checks-incomplete"]), ("Awaiting signature", [])],
)
def test_the_reason_of_the_status(reason: str, expected: list[str]) -> None:
    assert topics_of(dosage(dose_of(252, "mg")), statusReason={"text": reason}) == expected


@pytest.mark.parametrize(
    ("unit", "code", "expected"),
    [
        ("milligram per square meter", "mg", ["dose-cannot-verify"]),
        ("mg/day", "mg", ["dose-cannot-verify"]),
        ("mg per infusion", "mg", []),
        ("Milligramm i.v.", "mg", []),
    ],
)
def test_a_unit_in_words_beside_its_code(unit: str, code: str, expected: list[str]) -> None:
    assert topics_of(dosage(dose_of(252, unit, code))) == expected


@pytest.mark.parametrize(("rate", "expected"), [(420, ["dose-above-maximum"]), (252, [])])
def test_a_mass_in_place_of_a_rate_is_another_dose(rate: int, expected: list[str]) -> None:
    dose = {**dose_of(252, "mg"), "rateQuantity": quantity(rate, "mg")}
    found = topics_of(dosage(dose))
    assert found[:1] == expected


@pytest.mark.parametrize(
    ("written", "expected"),
    [("x 4 cycles", ["checks-incomplete", "monitoring-planned"]), ("x 14 cycles", ["monitoring-planned"])],
)
def test_parts_of_the_schedule_with_other_numbers_of_doses(written: str, expected: list[str]) -> None:
    repeat = {"frequency": 1, "period": 3, "periodUnit": "wk", "count": 14}
    assert sorted(topics_of(dosage(dose_of(252, "mg"), text=written, timing={"repeat": repeat}))) == expected


@pytest.mark.parametrize(("calculated", "expected"), [(210, ["dose-text-conflict"]), (250, [])])
def test_an_ordered_and_a_calculated_dose(calculated: int, expected: list[str]) -> None:
    assert topics_of(dosage(dose_of(252, "mg"), dose_of(calculated, "mg"))) == expected


@pytest.mark.parametrize(
    ("limit", "expected"),
    [
        (quantity(600, "mg"), []),
        (quantity(4, "{tbl}"), []),
        (quantity(300, "mg"), ["checks-incomplete"]),
        (quantity(3, "{tbl}"), ["checks-incomplete"]),
    ],
)
def test_the_maximum_of_a_day_for_tablets(limit: Any, expected: list[str]) -> None:
    most = {"maxDosePerPeriod": {"numerator": limit, "denominator": quantity(1, "d")}}
    assert topics_of(dosage(dose_of(300, "mg"), **BID, **most), drug="Tukysa 150 mg tablet") == expected


def test_the_weeks_of_an_escalation_are_its_steps() -> None:
    daily = {"frequency": 1, "period": 1, "periodUnit": "d"}
    week = {**daily, "boundsDuration": quantity(7, "d")}
    steps = [
        dosage(dose_of(120, "mg"), text="Week 1", sequence=1, timing={"repeat": week}),
        dosage(dose_of(160, "mg"), text="Week 2", sequence=2, timing={"repeat": week}),
        dosage(dose_of(240, "mg"), text="Week 3 on", sequence=3, timing={"repeat": daily}),
    ]
    assert topics_of(*steps, drug="Nerlynx 40 mg tablet") == []


def test_the_summary_names_what_could_not_be_checked() -> None:
    instruction = dosage(dose_of(252, "mg"), text="dosing weight 95 kg, repeat in 1 week")
    old = observation("29463-7", valueQuantity=quantity(70, "kg"))
    (card,) = cards(order(instruction), prefetch=chart(weight=bundle(old)))
    assert card["summary"] == (
        "Kadcyla: please check: (1) body weight; the order says 95 kg, the chart 70 kg;"
        ' (2) the instructions say "repeat in 1 week"'
    )


@pytest.mark.parametrize(
    ("name", "is_told"),
    [
        ("*** HOLD *** Kadcyla 160 mg vial", True),
        ("Kadcyla (on hold)", True),
        ("[DISCONTINUED] Kadcyla", True),
        ("Kadcyla - DO NOT USE", True),
        ("Kadcyla 160 mg vial", False),
    ],
)
def test_the_name_of_a_drug_that_takes_its_order_back(name: str, *, is_told: bool) -> None:
    found = topics_of(dosage(dose_of(252, "mg")), drug=name)
    assert found == (["checks-incomplete"] if is_told else [])


@pytest.mark.parametrize("said", ["WRONG PATIENT", "(entered in error)", "- falscher Patient", "** ON HOLD **"])
def test_the_name_beside_a_code_that_takes_its_order_back(said: str) -> None:
    drug = concept(coding(RXNORM, "1371046"), text=f"Kadcyla {said}")
    (card,) = cards(order(dosage(dose_of(252, "mg")), drug=drug))
    assert (card["indicator"], topic(card)) == ("warning", "checks-incomplete")


@pytest.mark.parametrize(
    ("said", "indicator"),
    [
        ("Do not give.", "warning"),
        ("Wrong patient", "warning"),
        ("Repeat in 1 week", "info"),
        ("Reduced dose", "info"),
    ],
)
def test_words_that_take_an_order_back_are_a_warning(said: str, indicator: str) -> None:
    in_instructions = order(dosage(dose_of(252, "mg"), text=said))
    in_note = order(dosage(dose_of(252, "mg")), note=[{"text": said}])
    found = [card["indicator"] for each in (in_instructions, in_note) for card in cards(each)]
    assert found == [indicator, indicator]


@pytest.mark.parametrize(
    ("written", "is_told"),
    [
        ("Hold this cycle for neuropathy", True),
        ("Skip cycle 6", True),
        ("Wait for echo before giving", True),
        ("Awaiting MUGA results", True),
        ("Pending echo", True),
        ("Bitte Dosis prüfen", True),
        ("Vérifier la dose", True),
        ("Infusion auf nächste Woche verschieben", True),
        ("Dosis halveren", True),
        ("Dosis halbieren", True),
        ("Dosis um eine Stufe senken", True),
        ("Um 1 Dosisstufe reduziert", True),
        ("Demi-dose", True),
        ("Give 1 vial (100 mg) only", True),
        ("Cancel today's infusion", True),
        ("Do not mix until MD calls", True),
        ("Do not mix with dextrose", False),
        ("Not cleared by cardiology", True),
        ("Withhold", True),
        ("Delay one week", True),
        ("Irrtümlich verordnet", True),
        ("Prescrit par erreur", True),
        ("Échographie en attente", True),
        ("Riduzione del 25 %", True),
        ("D5W 250 mL", True),
        ("NaCl 0.9 % 250 mL", False),
        ("Gewicht 61 kg", True),
        ("Pt to receive next week instead", True),
        ("Verify weight, 70 kg seems wrong", True),
        ("Noch nicht freigegeben", True),
        ("Suspender por neuropatía", True),
        ("Erreur de patient", True),
        ("Dosis verdoppelt", True),
        ("Gewicht aktuell 55 kg", True),
        ("Poids actuel 70 kg", False),
        ("Next infusion 12/22", False),
        # What is to be done if something happens, and what is done.
        ("Hold for platelets < 75 or AST > 5x ULN", False),
        ("Hold for grade 3 neuropathy", False),
        ("Echo results reviewed", False),
        ("Dose verified", False),
        ("Dosis geprüft", False),
        ("3 vials (100 mg)", False),
    ],
)
def test_words_that_put_an_order_off_or_question_it(written: str, *, is_told: bool) -> None:
    for words in ({"note": [{"text": written}]}, {}):
        beside = {} if words else {"additionalInstruction": [{"text": written}]}
        found = topics_of(dosage(dose_of(252, "mg"), **beside), **words)
        assert bool(found) is is_told, (written, found)
