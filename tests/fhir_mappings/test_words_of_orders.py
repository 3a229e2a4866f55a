"""Words beside the dose of tablets and injections: what they add, take back, or contradict."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from shapes import RECOGNIZER, cards, chart, dose_of, order, quantity, topic

from cards.identification.combined_amounts import amounts_stated
from fhir_mappings.medications.schedule_text import read_schedule_text

SUBCUTANEOUS = {"text": "SC"}
TWICE_A_DAY = {"repeat": {"frequency": 2, "period": 1, "periodUnit": "d"}}


def told(drug: str, dose: Any, instruction: Any, **changes: Any) -> list[str]:
    """Return what the words of an order add to the cards of the same order without them."""
    bare = {name: value for name, value in instruction.items() if name in ("route", "timing")}

    def found(said: Any, **more: Any) -> set[tuple[str, str]]:
        written = order({**said, "doseAndRate": [dose]}, drug={"text": drug}, **more)
        return {(topic(each), each["summary"]) for each in cards(written, prefetch=chart())}

    return sorted(name for name, _ in found(instruction, **changes) - found(bare))


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("10 mL SC every 3 weeks", []),
        ("600 mg pertuzumab/600 mg trastuzumab (10 mL) SC", []),
        ("1200 mg", []),
        ("Flush with 5 mL flush", []),
        ("Draw up into a 20 mL syringe", []),
        ("Inject at 2 mL/min", []),
        ("15 mL SC", ["dose-text-conflict"]),
        ("inject 5 mL under the skin", ["dose-text-conflict"]),
        ("1,200 mg/600 mg", ["dose-text-conflict"]),
        ("1200 mg pertuzumab/600 mg trastuzumab (10 mL) SC", ["dose-text-conflict"]),
        ("15 mL, then 10 mL every 3 weeks", []),
        ("600 mg pertuzumab/600 mg trastuzumab (10 mL) IV", ["checks-incomplete"]),
    ],
)
def test_an_injection_whose_text_states_another_amount(written: str, expected: list[str]) -> None:
    assert told("Phesgo", dose_of(10, "mL"), {"route": SUBCUTANEOUS, "text": written}) == expected


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"patientInstruction": "You get 15 mL"}, ["dose-text-conflict"]),
        ({"maxDosePerAdministration": quantity(5, "mL")}, ["dose-text-conflict"]),
        ({"maxDosePerAdministration": quantity(10, "mL")}, []),
    ],
)
def test_other_places_of_an_injection(change: Any, expected: list[str]) -> None:
    assert told("Phesgo", dose_of(10, "mL"), {"route": SUBCUTANEOUS, **change}) == expected


@pytest.mark.parametrize(
    ("drug", "doses", "expected"),
    [
        ("Phesgo", [dose_of(1200, "mg"), dose_of(10, "mL")], []),
        ("Phesgo", [dose_of(1800, "mg"), dose_of(10, "mL")], ["dose-text-conflict"]),
        ("Phesgo", [dose_of(1200, "mg"), dose_of(600, "mg"), dose_of(15, "mL")], []),
        ("Herceptin Hylecta", [dose_of(600, "mg"), dose_of(5, "mL")], []),
        ("Herceptin Hylecta", [dose_of(600, "mg"), dose_of(10000, "[USP'U]")], []),
        # A volume is of both antibodies: 600 mg, half a dose.
        ("Phesgo", [dose_of(5, "mL")], ["dose-implausible"]),
    ],
)
def test_a_volume_beside_the_milligrams_of_an_injection(drug: str, doses: Any, expected: list[str]) -> None:
    written = order({"route": SUBCUTANEOUS, "doseAndRate": doses}, drug={"text": drug})
    found = [topic(each) for each in cards(written, prefetch=chart())]
    assert [each for each in found if each.startswith("dose")] == expected


def test_the_note_of_an_injection_is_heard_to_its_end() -> None:
    written = order(
        {"route": SUBCUTANEOUS, "doseAndRate": [dose_of(10, "mL")]},
        drug={"text": "Phesgo"},
        note=[{"text": "Give 15 mL. Do not give."}],
    )
    (card,) = (each for each in cards(written, prefetch=chart()) if topic(each) == "checks-incomplete")
    assert "1800 mg" in card["detail"]
    assert "do not give" in card["detail"]


@pytest.mark.parametrize(
    ("drug", "written", "expected"),
    [
        ("phesgo", "1200 mg-600 mg-30,000 units/15 mL", ((1800,), (1800,))),
        ("phesgo", "10 mL", ((1200,),)),
        ("phesgo", "600 mg", ()),
        ("hylecta", "5 mL", ((600,),)),
        ("kadcyla", "in 250 mL", ()),
    ],
)
def test_the_amounts_that_a_text_states(drug: str, written: str, expected: Any) -> None:
    product = RECOGNIZER.product(drug)
    assert sorted(amounts_stated(product, written)) == [tuple(map(Decimal, each)) for each in expected]


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("Take 2 tablets (300 mg total) by mouth 2 (two) times a day.", []),
        ("Take 2 tablets by mouth twice daily with or without food. Swallow whole.", []),
        ("300 mg twice daily, about 12 hours apart, at the same time each day", []),
        ("Take 2 tablets every morning and every evening", []),
        ("Take two tablets twice a day. Do not take if vomiting; call the clinic.", []),
        ("Take 300 mg by mouth twice daily, 21-day cycle, continuous", []),
        ("Take 300 mg twice daily in combination with capecitabine and trastuzumab", []),
        ("2 Tabletten (300 mg) zweimal täglich", []),
        ("2 comprimidos (300 mg) dos veces al día", []),
        ("2 comprimés (300 mg) deux fois par jour", []),
        ("300 mg oral BID, Dispense: 120 tablets, Refills: 3", []),
        ("Take 300 mg by mouth twice daily; use within 3 months", []),
        ("morgens 2 Tabletten, abends 2 Tabletten", []),
        ("2 comprimés le matin et 2 comprimés le soir", []),
        ("2 comprimidos por la mañana y 2 por la noche", []),
        ("2 tabletki rano i 2 tabletki wieczorem", []),
        ("2 compresse mattina e sera", []),
        ("Nehmen Sie morgens und abends je 2 Tabletten (300 mg) im Abstand von etwa 12 Stunden.", []),
        ("Przyjmować 2 tabletki (300 mg) dwa razy na dobę, co około 12 godzin.", []),
        ("2 comprimés matin, midi et soir", ["checks-incomplete"]),
        ("Take 300 mg by mouth 2 times daily. Total daily dose 600 mg.", []),
        ("300 mg twice daily (600 mg per day)", []),
        ("Take 300 mg (2 tablets) twice daily for a total of 600 mg daily", []),
        ("Tagesdosis 600 mg, 2x täglich 300 mg", []),
        ("300 mg twice daily. Total daily dose 900 mg.", ["checks-incomplete"]),
        ("300 mg twice daily (300 mg per day)", ["checks-incomplete"]),
        ("300 mg twice daily = 900 mg/day", ["checks-incomplete"]),
        # Days without, and an order that is taken back.
        ("Take 300 mg by mouth twice daily for 14 days then 7 days off", ["checks-incomplete"]),
        ("Take 300 mg by mouth twice daily on days 1-14 of a 21-day cycle", ["checks-incomplete"]),
        ("Take 300 mg by mouth twice daily every other day", ["checks-incomplete"]),
        ("Take 300 mg by mouth in the morning, noon and evening", ["checks-incomplete"]),
        ("Take 300 mg by mouth twice daily - do not give", ["checks-incomplete"]),
        ("Take 300 mg by mouth twice daily. Do not take.", ["checks-incomplete"]),
    ],
)
def test_the_text_of_tablets(written: str, expected: list[str]) -> None:
    assert told("Tukysa 150 mg tablet", dose_of(300, "mg"), {"timing": TWICE_A_DAY, "text": written}) == expected


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("Take 600 mg by mouth twice daily", ["checks-incomplete"]),
        ("Please take 600 mg", ["checks-incomplete"]),
        ("Blorp 600 mg", ["checks-incomplete"]),
        ("Blorp 5 mg", []),
        ("loperamide 4 mg as needed", []),
        ("Decadron 600 mg", []),
        ("Take 300 mg", []),
    ],
)
def test_a_note_beside_tablets(written: str, expected: list[str]) -> None:
    instruction = {"timing": TWICE_A_DAY}
    assert told("Tukysa 150 mg tablet", dose_of(300, "mg"), instruction, note=[{"text": written}]) == expected


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("For HER2+ metastatic breast cancer after trastuzumab and a taxane", []),
        ("Progressed on trastuzumab + pertuzumab + docetaxel.", []),
        ("Previously received Herceptin", []),
        ("Progression under Perjeta/Herceptin, now T-DM1", []),
        ("Nach Progress unter Trastuzumab/Pertuzumab", []),
        ("PD après trastuzumab", []),
        ("Tras trastuzumab y pertuzumab", []),
        ("Last Herceptin 10/12/2026", []),
        ("Completed 6 cycles TCHP (trastuzumab, pertuzumab, docetaxel)", []),
        ("Premedicated for prior infusion reaction to trastuzumab", []),
        ("Vorbehandlung: Trastuzumab", []),
        ("Enhertu not tolerated: intolerance", []),
        # What is to be given is told, whatever else the clause says.
        ("Infuse after Herceptin", ["checks-incomplete"]),
        ("Previously 252 mg; continue Perjeta", ["checks-incomplete"]),
        ("After progression start Enhertu", ["checks-incomplete"]),
        ("Previous cycle delayed. Enhertu instead.", ["checks-incomplete"]),
        ("Herceptin", ["checks-incomplete"]),
        ("Weiter mit Herceptin nach Rezidiv", ["checks-incomplete"]),
    ],
)
def test_a_note_on_an_earlier_treatment(written: str, expected: list[str]) -> None:
    assert told("Kadcyla", dose_of(252, "mg"), {}, note=[{"text": written}]) == expected


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("Give before trastuzumab; observe for 60 min", []),
        ("Cycle 8, with Ogivri 420 mg", []),
        ("In Kombination mit Trastuzumab", []),
        ("Herceptin instead, with docetaxel", ["checks-incomplete"]),
        ("with Kadcyla", ["checks-incomplete"]),
        ("with Enhertu", ["checks-incomplete"]),
        ("Ogivri", ["checks-incomplete"]),
    ],
)
def test_a_note_on_what_the_label_gives_with_the_drug(written: str, expected: list[str]) -> None:
    assert told("Perjeta", dose_of(420, "mg"), {}, note=[{"text": written}]) == expected


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("After progression on T-DXd", []),
        ("Prior Enhertu, stopped for nausea", []),
        # The lung disease is told.
        ("Prior Enhertu, stopped for ILD", ["checks-incomplete"]),
        ("T-DXd", ["checks-incomplete"]),
        ("After progression give T-DXd", ["checks-incomplete"]),
    ],
)
def test_instructions_that_name_a_look_alike(written: str, expected: list[str]) -> None:
    assert told("Kadcyla", dose_of(252, "mg"), {"text": f"252 mg IV every 3 weeks. {written}."}) == expected


@pytest.mark.parametrize(
    ("written", "interval", "is_read"),
    [
        ("Take 1250 mg by mouth once daily on days 1 to 21 of a 21-day cycle", "1", True),
        ("Take 1250 mg by mouth once daily on days 1 to 14 of a 21-day cycle", "1", False),
        ("252 mg IV daily, 21-day cycle", "1", False),
        ("252 mg IV, 21-day cycle", "21", True),
        ("252 mg IV every 21 days if ANC > 1 and platelets > 100", "21", False),
        ("2 tablets in the morning and 2 tablets at bedtime", "0.5", True),
        ("1 tablet in the morning or the evening, once daily", "1", True),
        ("252 mg IV every 3 weeks; dexamethasone PO the evening before and the morning of the infusion", "21", True),
    ],
)
def test_cycles_and_parts_of_the_day(written: str, interval: str, is_read) -> None:
    read = read_schedule_text(written)
    assert (read.every_days, not read.unread) == (Decimal(interval), is_read)


@pytest.mark.parametrize(
    ("written", "interval"),
    [
        ("Take 6 tablets once daily. Take loperamide 4 mg three times a day for 14 days.", "1"),
        ("premed acetaminophen 650 mg, diphenhydramine 50 mg, then 252 mg IV every 3 weeks", "21"),
        ("Take 300 mg by mouth twice daily with trastuzumab every 3 weeks and capecitabine on days 1-14", "0.5"),
        ("Perjeta 420 mg IV with trastuzumab every 3 weeks", "21"),
        ("Take 120 mg daily. If you vomit, do not take another dose until the next day.", "1"),
        ("300 mg PO BID, 28-day supply", "0.5"),
        (
            "3.6 mg/kg (Treatment Plan Recorded), intravenous, every 21 days, starting when released, over 30 minutes",
            "21",
        ),
        ("378 mg (5.4 mg/kg x 70 kg treatment plan actual weight), intravenous, every 21 days", "21"),
        (
            "252 mg, IVPB, q3wk, infuse over: 30 minute, start date 11/30/26 9:00:00 CST, physician stop date 01/31/27",
            "21",
        ),
        ("You will get this medicine every 3 weeks", "21"),
        ("252 mg IVPB over 30 Minutes Q21 Days, Routine", "21"),
        ("252 mg IV every 21 days to complete 1 year (adjuvant)", "21"),
        ("252 mg intravenous infusion day 1, cycle length 21 days, cycles 5 to 8", "21"),
        ("252 mg intravenöst var tredje vecka", "21"),
        ("Herceptin 6 mg/kg (420 mg) over 30 min D1 q21", "21"),
        ("10 mL subcutaneous every 21 days, alternate left and right thigh", "21"),
        ("420 mg IV over 30 minutes every 3 weeks, observe 30 minutes", "21"),
        ("252 mg IV day 1, q21 days, days 2-21: rest", "21"),
        ("252 mg alle 21 Tage, Tag 2-21 Pause", "21"),
        ("252 mg IV q3w, no treatment on D8 and D15", "21"),
        ("252 mg IV Q3W +/- 3 days", "21"),
        ("every 3 weeks (window -2/+7 days)", "21"),
        ("Admin: 252 mg IV, Schedule: q21d, C3 D1 (of 14)", "21"),
        ("three weekly cycle", "21"),
        ("252 mg every 21 days. Please repeat weight before dosing.", "21"),
        ("252 mg q3w; monitor q15min x 4", "21"),
        ("252 mg every 3 weeks. Day 8: nurse phone call. Day 15: labs.", "21"),
        ("300 mg IV var 3:e vecka", "21"),
        ("20 mg twice daily with food, continuous 21-day cycles", "0.5"),
        ("Oncosys: 252 mg, first dose: 11/22/26 9:00:00 CST, every 21 days, Dose Calc Wt: 70 kg", "21"),
        ("252 mg, alle 21 Tage, Laufzeit 30 min, Zyklus 3", "21"),
        ("420 mg (6 mg/kg), Treatment Plan: BREAST TRASTUZUMAB 6 MG/KG Q21D, C3D1", "21"),
        ("252 mg day 1, cycle 3 of 14, interval 21 d, dose modified: no", "21"),
        ("252 mg i.v. hver 3. uge", "21"),
        ("252 mg i.v. 3 hetente, 30 perc alatt", "21"),
        ("252 mg ενδοφλεβίως κάθε 3 εβδομάδες", "21"),
        ("1 raz w tygodniu", "7"),
        ("2 comprimidos de 12/12 horas", "0.5"),
        ("300 mg 1-0-1", "0.5"),
        ("2 tablets at 8 am and 2 tablets at 8 pm", "0.5"),
        ("300 mg PO BD", "0.5"),
        ("6 compresse al giorno con il cibo", "1"),
        ("1400 mg biweekly (every 2 weeks)", "14"),
        ("5 tablets once daily continuously; capecitabine days 1-14 q21d", "1"),
    ],
)
def test_what_is_said_of_others_leaves_the_schedule(written: str, interval: str) -> None:
    read = read_schedule_text(written)
    assert (read.every_days, read.unread) == (Decimal(interval), ())


@pytest.mark.parametrize(
    ("written", "interval"),
    [
        ("Dexamethasone 12 mg then 252 mg IV weekly", "7"),
        ("Trastuzumab 420 mg every 3 weeks after dexamethasone 8 mg", "21"),
    ],
)
def test_another_drug_in_the_same_clause_hides_no_schedule(written: str, interval: str) -> None:
    assert read_schedule_text(written).every_days == Decimal(interval)
