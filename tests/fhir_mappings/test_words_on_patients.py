"""What the words of an order say of the patient or of another order: told where it speaks against the dose."""

from __future__ import annotations

from typing import Any

import pytest
from shapes import (
    ATC,
    HCPCS,
    KADCYLA,
    NDC,
    RXNORM,
    Json,
    bundle,
    cards,
    chart,
    coding,
    concept,
    dosage,
    dose_of,
    order,
    topics,
)

from fhir_mappings.medications.dose_remarks import dose_remarks

WOMAN = chart(patient={"resourceType": "Patient", "id": "pat-1", "gender": "female", "birthDate": "1990-03-14"})
GIVEN = {
    "resourceType": "MedicationAdministration",
    "id": "given-1",
    "status": "completed",
    "medicationCodeableConcept": {"text": "Kadcyla"},
    "subject": {"reference": "Patient/pat-1"},
    "effectiveDateTime": "2026-11-01",
}
TOLD = ["checks-incomplete"]


def told(prefetch: Json | None = None, **changes: Any) -> list[str]:
    """Return the topics for an order of 252 mg; a change with the name of the instruction's element goes there."""
    inner = {name: changes.pop(name) for name in ("text", "patientInstruction") if name in changes}
    sent = prefetch if prefetch is not None else {**WOMAN, "administrations": bundle(GIVEN)}
    return topics(order(dosage(dose_of(252, "mg"), **inner), **changes), prefetch=sent)


@pytest.mark.parametrize(
    "written",
    [
        "patient is pregnant",
        "12 weeks gestation",
        "Pt pregnant, call OB",
        "Schwanger (SSW 14)",
        "patiente enceinte",
        "paciente embarazada",
        "pacjentka w ciąży",
        "paciente grávida",
        "pregnancy test positive today",
        "positive hCG today",
        "new pneumonitis on CT",
        "suspected ILD",
        "Patientin hat Herzinsuffizienz",
        "heart failure NYHA III",
    ],
)
def test_a_problem_that_only_the_order_names_is_told_wherever_it_stands(written: str) -> None:
    places: list[Json] = [
        {"note": [{"text": written}]},
        {"text": f"252 mg IV. {written}"},
        {"patientInstruction": written},
        {"reasonCode": [{"text": written}]},
        {"statusReason": {"text": written}},
        {"reasonReference": [{"display": written}]},
        {"extension": [{"url": "urn:comment", "valueString": written}]},
    ]
    assert [told(**each) for each in places] == [TOLD] * len(places)


@pytest.mark.parametrize(
    "written",
    [
        "Not pregnant",
        "pregnancy test negative",
        "pregnancy test neg",
        "Pregnancy status: not pregnant",
        "Schwangerschaft: nein",
        "niet zwanger",
        "nie jest w ciąży",
        "If you become pregnant, tell your doctor",
        "Do not give during pregnancy",
        "Pregnant staff should not prepare",
        "Pregnancy category D",
        "postmenopausal, pregnancy not possible",
        "Monitor for ILD/pneumonitis",
        "ILD monitoring per protocol",
        "Patient aware of ILD risk",
        "Pneumonitis: hold for grade 1, discontinue for grade 2",
        "Bei Verdacht auf Pneumonitis absetzen",
        "Cave Herzinsuffizienz",
        "Vigilar signos de insuficiencia cardiaca",
        "no HF",
        "Boxed warning: embryo-fetal toxicity, heart failure",
    ],
)
def test_a_warning_or_a_denial_is_not_told(written: str) -> None:
    assert told(note=[{"text": written}]) == []
    assert told(patientInstruction=written) == []


def test_a_pregnancy_that_cannot_be_is_told_because_the_words_may_be_of_another_patient() -> None:
    assert told(chart(), note=[{"text": "patient is pregnant"}]) == TOLD


def test_a_problem_of_the_chart_is_told_once() -> None:
    problem = {
        "resourceType": "Condition",
        "id": "c",
        "code": {"text": "Pneumonitis"},
        "subject": {"reference": "Patient/pat-1"},
    }
    conditions = {**WOMAN, "conditions": bundle(*[each["resource"] for each in WOMAN["conditions"]["entry"]], problem)}
    assert "checks-incomplete" not in told(conditions, note=[{"text": "patient has pneumonitis"}])


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("allergic to trastuzumab", ["of-patient"]),
        ("Trastuzumab: anaphylaxis 2024", ["of-patient"]),
        ("Known hypersensitivity to ado-trastuzumab emtansine", ["of-patient"]),
        ("Anaphylaxie auf Trastuzumab", ["of-patient"]),
        ("alérgica a trastuzumab", ["of-patient"]),
        ("Severe infusion reaction to Kadcyla last cycle", ["of-patient"]),
        ("patient died", ["of-patient"]),
        ("Patientin verstorben", ["of-patient"]),
        ("last dose was given yesterday", ["again 1"]),
        ("last dose 1 week ago", ["again 7"]),
        ("letzte Gabe vor 3 Wochen", ["again 21"]),
        ("última dosis hace 1 semana", ["again 7"]),
        ("Allergic to penicillin", []),
        ("No hypersensitivity to trastuzumab", []),
        ("Tell your doctor if you are allergic to trastuzumab", []),
        ("Observe for infusion reactions after Kadcyla", []),
        ("tolerated prior trastuzumab without reaction", []),
        ("husband deceased", []),
        ("last dose of dexamethasone yesterday", []),
        ("last labs yesterday", []),
        ("awaiting echo", ["taken-back"]),
        ("Labs pending", ["taken-back"]),
        ("Echo steht noch aus", ["taken-back"]),
        ("en attente du bilan", ["taken-back"]),
        ("dose to be determined by pharmacy", ["taken-back"]),
        ("HOLD per Dr. Smith", ["taken-back"]),
        ("PA pending", []),
        ("awaiting prior authorization", []),
        ("Port placement pending", []),
    ],
)
def test_remarks_on_the_patient(written: str, expected: list[str]) -> None:
    found = [f"{each.kind} {each.days}" if each.kind == "again" else str(each.kind) for each in dose_remarks(written)]
    assert found == expected


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"reasonCode": [{"text": "Prostate cancer"}]}, TOLD),
        ({"reasonCode": [{"text": "Lungenkrebs"}]}, TOLD),
        (
            {"reasonReference": [{"reference": "Condition/none", "display": "Gastric cancer"}]},
            ["indication-unsupported"],
        ),
        ({"reasonCode": [{"text": "Breast cancer metastatic to lung"}]}, []),
        ({"reasonCode": [{"text": "Secondary malignant neoplasm of bone"}]}, []),
        ({"reasonCode": [{"text": "Chemotherapy"}]}, []),
        ({"extension": [{"url": "urn:comment", "valueString": "do not give"}]}, TOLD),
        ({"extension": [{"url": "urn:comment", "valueString": "give as IV push"}]}, TOLD),
        ({"extension": [{"url": "urn:plan", "valueString": "BREAST T-DM1 Q21D"}]}, []),
        ({"basedOn": [{"display": "BREAST FAM-TRASTUZUMAB DERUXTECAN Q21D"}]}, TOLD),
        ({"basedOn": [{"display": "BREAST T-DM1 after TCHP"}]}, []),
        ({"substitution": {"allowedCodeableConcept": {"text": "Trastuzumab may be substituted"}}}, TOLD),
        ({"identifier": [{"system": HCPCS, "value": "J9358"}]}, ["hcpcs-mismatch"]),
        ({"identifier": [{"system": HCPCS, "value": "J9354"}]}, []),
        ({"note": [{"text": "NDC 65597-0406-01"}]}, ["ndc-mismatch"]),
        ({"note": [{"text": "NDC 50242-0088-01 lot C123"}]}, []),
        ({"note": [{"text": "Prior therapy: trastuzumab and a taxane"}]}, []),
        ({"note": [{"text": "Please give trastuzumab today, received T-DM1 before"}]}, TOLD),
    ],
)
def test_other_places_of_an_order(changes: Json, expected: list[str]) -> None:
    assert told(**changes) == expected


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("<p>Enhertu 378 mg IV</p>", TOLD),
        ("<p>Kadcyla <b>378 mg</b> IV</p>", TOLD),
        ("<p>ado-trastuzumab emtansine 100 MG Injection</p><p>252 mg IV every 3 weeks</p>", []),
        ("<p>Kadcyla after trastuzumab, 3.6 mg/kg</p>", []),
        ("<p>MedicationRequest/order-1</p>", []),
    ],
)
def test_a_narrative_that_says_something_else(written: str, expected: list[str]) -> None:
    assert told(text=None) == []
    resource = order(dosage(dose_of(252, "mg")), note=None)
    resource["text"] = {"status": "generated", "div": f'<div xmlns="http://www.w3.org/1999/xhtml">{written}</div>'}
    assert topics(resource, prefetch=chart()) == expected


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (coding(RXNORM, "RXCUI:1371041"), []),
        (coding(RXNORM, "RxNorm:224905"), ["drug-identity-conflict"]),
        (coding(ATC, "ATC:L01FD04"), ["drug-identity-conflict"]),
        (coding(NDC, "NDC:65597-0406-01"), ["ndc-mismatch"]),
        (coding(HCPCS, "HCPCS:J9354"), []),
    ],
)
def test_a_code_with_the_name_of_its_system(code: Json, expected: list[str]) -> None:
    sent = order(dosage(dose_of(252, "mg")), drug=concept(code, text="Kadcyla"))
    assert topics(sent, prefetch=chart()) == expected


@pytest.mark.parametrize(("status", "expected"), [("active", []), ("inactive", []), ("entered-in-error", TOLD)])
def test_a_medication_that_was_entered_in_error(status: str, expected: list[str]) -> None:
    medication = {"resourceType": "Medication", "id": "m", "status": status, "code": KADCYLA}
    sent = order(dosage(dose_of(252, "mg")), contained=[medication], medicationReference={"reference": "#m"})
    del sent["medicationCodeableConcept"]
    found = cards(sent, prefetch=chart())
    assert [each["source"]["topic"]["code"] for each in found] == expected
    assert all(each["indicator"] == "warning" for each in found)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("EF 38% today", TOLD),
        ("LVEF 42 % on 11/30", TOLD),
        ("EF down to 40%", TOLD),
        ("FEVG à 40 %", TOLD),
        ("HER2 negative on repeat biopsy", TOLD),
        ("HER2 IHC 1+ on new biopsy", TOLD),
        ("Echo 10/2026 LVEF 61 %", []),
        ("Hold if LVEF < 45%", []),
        ("LVEF must be >= 50%", []),
        ("prior EF 45%, recovered to 61%", []),
        ("Check LVEF q3 months", []),
        ("HER2-positive", []),
        ("HER2 negative control stained", []),
    ],
)
def test_a_result_that_only_the_order_states_and_that_differs_is_told(written: str, expected: list[str]) -> None:
    assert told(note=[{"text": written}]) == expected
    assert told(text=f"252 mg IV. {written}") == expected


def test_a_note_that_is_older_than_the_newest_result_is_of_an_earlier_one() -> None:
    assert told(note=[{"text": "EF 38% today"}], authoredOn="2026-11-20") == TOLD
    assert told(note=[{"text": "EF 38% today"}], authoredOn="2026-11-01") == []


def test_what_the_order_states_of_a_result_is_quoted() -> None:
    (card,) = cards(order(dosage(dose_of(252, "mg")), note=[{"text": "EF 38% today"}]), prefetch=chart())
    assert 'the order says "EF 38% today", unlike the results' in card["detail"]
