"""Sentences of free text that are told wherever they stand, and the routine beside them that is not."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from shapes import Json, bundle, chart, dosage, dose_of, observation, order, quantity, topics

from cards.knowledge.loader import check_references, load
from cards.knowledge.schema import About, KnowledgeError, NoteStatement
from fhir_mappings.wire.folding import fold
from fhir_mappings.wire.note_statements import NoteStatementReader

READER = NoteStatementReader(load().terminology.note_statements)
TOLD = ["checks-incomplete"]


def of_order(written: str) -> bool:
    """Return whether a sentence of an order for Kadcyla is told."""
    return READER.says(fold(written), About.ORDER, is_own=lambda plain: "kadcyla" in plain or "t-dm1" in plain)


@pytest.mark.parametrize(
    "written",
    [
        "Holding today - ANC 0.7",
        "Treatment on pause while LFTs recover",
        "Cycle 6 postponed",
        "Do not proceed with cycle 6",
        "No chemo this week",
        "Therapieabbruch besprochen",
        "Zyklus wird heute nicht gegeben",
        "Tratamiento suspendido hasta nueva orden",
        "No se administra por neutropenia",
        "Cure décalée d'une semaine",
        "Non si procede per neutropenia",
        "Tratamento suspenso até nova ordem",
        "Order belongs to her sister's chart",
        "Prescripción de otra enferma",
        "Prescription destinée à une autre patiente",
        "Was supposed to be Herceptin",
        "Doveva essere Enhertu",
        "Wrong weight entered",
        "Peso errado",
        "Child-Pugh C now",
        "Insuffisance hépatique aiguë",
        "New ground-glass opacities",
        "Positive home pregnancy test",
        "Severe reaction to Kadcyla, not to be rechallenged",
        "Choque anafilático no último ciclo",
        "Restaging shows PD on Kadcyla",
        "Tumorprogress unter Kadcyla",
        "Patientin lehnt weitere Therapie ab",
        "La paziente rifiuta la terapia",
        "Consent withdrawn",
        "Retrait du consentement",
        "Transitioned to hospice",
        "Randomized to control arm",
        "Gestern bereits erhalten",
        "Infusão já feita ontem",
        "Plt 38 this morning",
        "Plaquetas hoy 38.000",
        "Plaquettes 31000",
        "ANC only 0.6 today",
        "ANC 600",
        "Double dose to catch up",
        "Doppelte Dosis",
        "Dose doppia oggi",
        "Anafilaxia prévia ao trastuzumabe",
        "Stopped last month due to CHF",
        "Arrêté pour pneumopathie",
    ],
)
def test_a_sentence_of_an_order_that_nobody_should_overlook(written: str) -> None:
    assert of_order(written)


@pytest.mark.parametrize(
    "written",
    [
        "Hold treatment if platelets < 75",
        "Bei Thrombozyten < 50 Therapie pausieren",
        "Suspender tratamiento si plaquetas < 50.000",
        "Last dose was delayed for a holiday",
        "Infusion paused at the last cycle for 10 minutes",
        "Do not proceed with dextrose",
        "No treatment changes",
        "No infusion reactions",
        "Keine Therapieänderung",
        "Pas de bolus",
        "Name alert: another patient with the same name",
        "Patient should be observed after Kadcyla",
        "No ground-glass opacities",
        "No liver failure",
        "Discussed risk of liver failure",
        "Monitor for anaphylaxis during the first infusion",
        "Mother died of breast cancer",
        "Refused flu shot, treatment consent signed",
        "Declines premedication before treatment",
        "Continue treatment until progression on Kadcyla",
        "Progressed on THP",
        "Progression under Perjeta, now T-DM1",
        "Consent not withdrawn",
        "Prescription already received",
        "Loading dose already given",
        "Platelets 188, ANC 3.2",
        "Platelet nadir 38",
        "Plt 11/20 pending",
        "Repeat CBC if ANC 0.9",
        "Premedicate with acetaminophen 650 mg",
        "Dolmetscher bestellt",
        "Docetaxel stopped after 6 cycles, HP continues",
        "Paclitaxel nach 12 Gaben beendet",
        "Do not double the dose",
        "Double-check dose with second nurse",
        "Held once for a cold, resumed",
        "Stop for grade 3 pneumonitis",
    ],
)
def test_routine_beside_an_order_is_not_told(written: str) -> None:
    assert not of_order(written)


@pytest.mark.parametrize(
    "written",
    [
        "Patient refused",
        "Note: patient refused",
        "pt declined",
        "patient refused today",
        "Refused",
        "Declined by patient",
        "Patient did not show",
        "No show",
        "Pt no-showed",
        "did not arrive",
        "Patient not here",
        "admitted to ICU",
        "plt low",
        "low platelets",
        "counts low",
        "neutropenic",
        "febrile",
        "fever 38.9",
        "sepsis",
        "septic",
        "echo not done",
        "no echo",
        "EF unknown",
        "weight not updated",
        "weight from last year",
        "old weight",
        "wt outdated",
        "Patientin nicht erschienen",
        "Fieber 39,2",
        "Neutropenie",
        "Altes Gewicht",
        "Kein Echo",
        "Lehnt ab",
        "No acudió",
        "Fiebre",
        "Plaquetas bajas",
        "Sin eco",
        "Fièvre",
        "Pas d'écho",
        "Plaquettes basses",
        "Febbre",
        "Piastrine basse",
        "Não compareceu",
        "Febre",
        "CBC: plt low",
        "Pt septic in ED",
        "ANC low today",
        "Patient febrile this morning",
        "intubated",
        "On ventilator",
        "not weighed today",
    ],
)
def test_a_note_in_passing(written: str) -> None:
    """Two or three words name no object, and were passed over: "Patient refused", "no show", "plt low"."""
    assert of_order(written)


@pytest.mark.parametrize(
    "written",
    [
        "Patient refused blanket",
        "Declined flu shot",
        "Refused interpreter",
        "patient refused wheelchair",
        "No show for nutrition visit last month",
        "Neutropenic precautions",
        "Neutropenic diet",
        "Fever precautions",
        "Call for fever",
        "Febrile reaction to last transfusion resolved",
        "Monitor for neutropenia",
        "G-CSF for neutropenia prophylaxis",
        "No fever",
        "Afebrile",
        "afebrile today",
        "No neutropenia",
        "Denies fever",
        "Mild thrombocytopenia, stable",
        "Neutropenia resolved",
        "Neutropenia after C1, recovered",
        "plt low normal",
        "Hay fever",
        "Fever card given",
        "Sepsis ruled out",
        "History of sepsis 2019",
        "Echo due 12/15",
        "Next echo in 3 months",
        "No weight change",
        "No weight bearing",
        "Weight stable",
        "Weight loss 1 kg",
        "Weight from today",
        "Old weight 70, new 70",
        "Echo done 11/20",
        "Fieber: nein",
        "Kein Fieber",
        "Bei Fieber anrufen",
        "Sin fiebre",
        "Pas de fièvre",
        "Febbre assente",
        "Sem febre",
        "Counts OK",
        "Counts recovered",
        "Low sodium diet",
        "Low salt",
        "Patient here",
        "Arrived 0900",
        "low risk for neutropenia",
        "ANC low end of normal",
        "No echo needed until March",
        "not here before 9",
        "Not weighed in shoes",
        "DNA extracted",
        "DNA sent to lab",
        "DNA sequencing pending",
    ],
)
def test_routine_in_passing_is_not_told(written: str) -> None:
    assert not of_order(written)


@pytest.mark.parametrize(
    ("written", "is_told"),
    [
        ("Somebody else's name on the label", True),
        ("Slide was from a different case", True),
        ("Falscher Block gefärbt", True),
        ("Bloc équivoque, autre dossier", True),
        ("Do not rely on this score", True),
        ("Belongs to block A2 of the same tumor", False),
        ("Not from a different case", False),
        ("Échantillon interverti", True),
        ("Vetrino scambiato", True),
        ("No specimen mix-up", False),
        ("Confirmed by a second pathologist", False),
    ],
)
def test_a_note_that_makes_a_result_somebody_elses(written: str, is_told: bool) -> None:  # noqa: FBT001 - a column
    assert READER.says(fold(written), About.RESULT) is is_told


@pytest.mark.parametrize(
    ("written", "is_told"),
    [
        ("Reclassified as HER2-low", True),
        ("Herabgestuft auf HER2-low", True),
        ("Only faint staining of the membrane", True),
        ("Weak staining in 5 % only", True),
        ("Weak staining in 5 % of cells, strong in 90 %", False),
        ("ER weak staining", False),
        ("Reclassified as stage IV", False),
    ],
)
def test_a_note_that_takes_a_positive_her2_result_down(written: str, is_told: bool) -> None:  # noqa: FBT001 - a column
    assert READER.says(fold(written), About.HER2_POSITIVE) is is_told


@pytest.mark.parametrize(
    ("written", "is_told"),
    [
        ("Infusion stopped after 50 mL", True),
        ("Stopped for a reaction, not restarted", True),
        ("Bag leaked, partial dose", True),
        ("Infusion abgebrochen", True),
        ("Infusión interrumpida por reacción, no se reinicia", True),
        ("Perfusion arrêtée à mi-parcours", True),
        ("Infusione interrotta", True),
        ("Infusion stopped at 11:32", False),
        ("Infusion interrupted for 10 min, then completed", False),
        ("Unterbrochen, dann vollständig gegeben", False),
        ("No infiltration", False),
    ],
)
def test_a_dose_that_was_not_given_to_its_end(written: str, is_told: bool) -> None:  # noqa: FBT001 - a column
    assert READER.says(fold(written), About.GIVEN) is is_told


@pytest.mark.parametrize(
    ("written", "value", "is_told"),
    [
        ("EF is now 41 on repeat", 61, True),
        ("FEVG actuelle 41", 61, True),
        ("EF 41", 41, False),
        ("EF 58", 61, False),
        ("RVEF 41", 61, False),
        ("Prior EF 41", 61, False),
        ("FE calcolata su 3 cicli", 61, False),
        ("RMN: 41 %", 61, True),
        ("Reader 2: 42 %", 61, True),
        ("Zweitbefunder: 42 %", 61, True),
        ("Mala calidad, repetir", 61, True),
        ("Poor quality of the right heart views", 61, False),
    ],
)
def test_a_note_with_a_lower_ejection_fraction(written: str, value: int, is_told: bool) -> None:  # noqa: FBT001 - a column
    sent: Json = observation("10230-1", "new", valueQuantity=quantity(value, "%"), note=[{"text": written}])
    ordered = order(dosage(dose_of(252, "mg")))
    base = topics(ordered, prefetch=chart(lvef=bundle({**sent, "note": []})))
    assert (topics(ordered, prefetch=chart(lvef=bundle(sent))) != base) is is_told


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("Actually HER2-negative on re-biopsy", TOLD),
        ("Rebiopsie : HER2 négatif", TOLD),
        ("Diagnosis was revised to lung cancer", TOLD),
        ("Patient does not have breast cancer", TOLD),
        ("Entered in error", TOLD),
        ("ER negative, PR negative, HER2 3+ on metastatic biopsy", []),
        ("Stage changed to IV", []),
        ("Port placed 03/2024", []),
    ],
)
def test_the_note_of_a_cancer(written: str, expected: list[str]) -> None:
    assert topics(kadcyla(), prefetch=chart(conditions=bundle(cancer(note=[{"text": written}])))) == expected


def kadcyla(**changes: Any) -> Json:
    """Return the order of 252 mg of Kadcyla."""
    return order(dosage(dose_of(252, "mg")), **changes)


def cancer(**changes: Any) -> Json:
    """Return the metastatic breast cancer of the chart."""
    entries = chart()["conditions"]["entry"]
    return {**entries[0]["resource"], **changes}


@pytest.mark.parametrize("place", ["note", "text", "patientInstruction", "additionalInstruction"])
def test_every_text_of_an_order_is_heard(place: str) -> None:
    written = "Consent withdrawn yesterday"
    sent: Json = {
        "note": [{"text": written}],
        "text": written,
        "patientInstruction": written,
        "additionalInstruction": [{"text": written}],
    }
    inner = {} if place == "note" else {place: sent[place]}
    outer = {"note": sent["note"]} if place == "note" else {}
    assert topics(order(dosage(dose_of(252, "mg"), **inner), **outer)) == TOLD


def test_a_problem_that_has_its_own_line_is_told_once() -> None:
    assert topics(kadcyla(note=[{"text": "hCG came back positive"}])) == TOLD


@pytest.mark.parametrize(
    "statement",
    [
        NoteStatement(because="A list that is not there.", of=(About.ORDER,), all=("nowhere",)),
        NoteStatement(because="Three lists apart.", of=(About.ORDER,), all=("stopped", "today", "treatment"), apart=1),
    ],
)
def test_a_statement_that_means_nothing_does_not_load(statement: NoteStatement) -> None:
    known = load()
    statements = msgspec.structs.replace(
        known.terminology.note_statements, statements=(*known.terminology.note_statements.statements, statement)
    )
    terminology = msgspec.structs.replace(known.terminology, note_statements=statements)
    with pytest.raises(KnowledgeError):
        check_references(msgspec.structs.replace(known, terminology=terminology))


def test_the_words_that_a_statement_begins_with_are_found_by_their_first_letters() -> None:
    known = load().terminology.note_statements
    for statement in known.statements:
        for word in (word for name in statement.all for word in known.words[name]):
            stem = word.split()[0].partition("*")[0]
            assert stem[:1].isalnum(), word
            assert "*" not in word.split()[0] or len(stem) >= len("pre"), word


def test_no_word_of_a_statement_on_orders_is_an_amount() -> None:
    """Whether a text may have their words is asked of the text without its amounts."""
    known = load().terminology.note_statements
    on_orders = [each for each in known.statements if About.ORDER in each.of]
    listed = [word for statement in on_orders for name in statement.all for word in known.words[name]]
    assert [word for word in listed if word[0].isdigit() or "mg" in word.split()] == []
