"""What only words or codes say of a dose: read where everything around it is understood, told otherwise."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, strategies
from shapes import (
    HCPCS,
    KADCYLA,
    NDC,
    bundle,
    cards,
    chart,
    coding,
    concept,
    dosage,
    dose_of,
    medication_reader,
    observation,
    order,
    quantity,
    topic,
)

from fhir_mappings.medications.text_dose import dose_only_in_text

ABOVE, UNREAD, TWO = "critical dose-above-maximum", "warning dose-cannot-verify", "dose-text-conflict"
INFO = "info checks-incomplete"


def told(*orders: Any, **changes: Any) -> list[str]:
    return [f"{each['indicator']} {topic(each)}" for each in cards(*orders, prefetch=chart(**changes))]


def in_text(written: str, name: str = "", **changes: Any) -> Any:
    return order({"text": written}, drug=concept(text=name) if name else None, **changes)


@pytest.mark.parametrize(
    "written",
    [
        "Kadcyla 378 mg IV q21d",
        "Kadcyla 378 mg IV over 90 minutes every 21 days",
        "378 mg intravenous once",
        "ado-trastuzumab emtansine 378 mg IV in 250 mL 0.9% sodium chloride over 90 min every 3 weeks",
        "5.4 mg/kg (378 mg) IV q21d",
        "70 kg x 5.4 mg/kg = 378 mg IV q3w",
        "Give 378 mg IV on day 1 of a 21-day cycle",
        "Kadcyla 378 mg i.v. alle 3 Wochen",
        "Kadcyla 378 mg IV cada 21 d\u00edas",
        "KADCYLA 378MG IV Q21D",
        "Kadcyla 0.378 g IV q21d",
        "T-DM1 378 mg IV q3w",
        "Kadcyla 378 mg IV q21d. Premedicate with dexamethasone 12 mg IV.",
        "Kadcyla: 378 mg IV. Monitor patient for infusion reactions.",
        "dexamethasone 12 mg before, Kadcyla 378 mg IV q21d",
        "Kadcyla 378 mg IV q21d, dexamethasone 12 mg before",
        "Kadcyla 378 mg IV q21d (dexamethasone 12 mg IV 30 min prior)",
        "Kadcyla 378 mg IV q21d, premedicate with acetaminophen 650 mg PO and diphenhydramine 50 mg IV",
        "Kadcyla 378 mg in NS 250 mL over 90 min, acetaminophen 650 mg before",
        "Dexamethason 8 mg vorher, Kadcyla 378 mg i.v. alle 3 Wochen",
    ],
)
def test_a_text_that_is_understood_is_held_to_the_maximum(written: str) -> None:
    (card,) = cards(in_text(written), prefetch=chart())
    assert (card["indicator"], topic(card)) == ("critical", "dose-above-maximum")
    assert "the dose was read from its free text" in card["detail"]
    # There is no dose field that a button could change.
    assert [action["type"] for each in card.get("suggestions", []) for action in each["actions"]] in ([], ["delete"])


@pytest.mark.parametrize(
    "written",
    [
        "Kadcyla 252 mg IV q21d",
        "3.6 mg/kg (252 mg) IV q21d",
        "Give 3.6 mg/kg IV every 21 days",
        "70 kg x 3.6 mg/kg = 252 mg",
    ],
)
def test_a_right_dose_is_told_as_read_from_the_text(written: str) -> None:
    (card,) = cards(in_text(written), prefetch=chart())
    assert (card["indicator"], topic(card)) == ("warning", "dose-cannot-verify")
    assert "the dose is only in the free text. Enter" in card["summary"]


@pytest.mark.parametrize(
    "written",
    [
        "252 mg then 378 mg IV",
        "previous dose 378 mg",
        "max 378 mg",
        "up to 378 mg",
        "not 378 mg",
        "378 mg reduced by 20 %",
        "80% of 378 mg",
        "378 units",
        "378 mg/m2 IV",
        "total 756 mg in 3 doses",
        "252-378 mg IV",
        "2 x 189 mg",
        "~378 mg",
        "378 mg or 252 mg",
        "hold if platelets < 50, 378 mg",
        "per protocol",
        "dexamethasone 378 mg before",
        "olanzapinum 378 mg IV",
        "378 mg of cyclophosphamide",
        "Enhertu 378 mg IV q21d",
        "three hundred sixty milligrams IV",
        "Kadcyla 378 mg. " + "x" * 600,
    ],
)
def test_a_text_in_doubt_is_told_as_not_verified(written: str) -> None:
    found = cards(in_text(written), prefetch=chart())
    summary = next(each["summary"] for each in found if topic(each) == "dose-cannot-verify")
    assert "no dose to verify" in summary or "was not verified" in summary
    assert {topic(each) for each in found} <= {"dose-cannot-verify", "checks-incomplete"}


@given(strategies.from_regex(r"[b-df-hj-np-tv-z]{6,12}", fullmatch=True), strategies.integers(0, 4))
def test_an_unknown_word_anywhere_leaves_its_name_to_be_known(word: str, place: int) -> None:
    """No word that is on no list is passed over: it must be a name of the order's own drug."""
    words = ["Kadcyla", "378", "mg", "IV", "q21d"]
    written = " ".join([*words[:place], word, *words[place:]])
    read = dose_only_in_text({"dosageInstruction": [{"text": written}]}, frozenset())
    assert not read.doses or word in read.names


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        pytest.param("three hundred seventy-eight milligrams IV", [f"critical {TWO}"], id="English, another dose"),
        pytest.param("two hundred ten mg", [f"warning {TWO}"], id="English, a smaller dose"),
        pytest.param("two hundred and fifty two mg", [], id="English, the same dose"),
        pytest.param("252 mg (two hundred fifty-two milligrams) IV", [], id="both"),
        pytest.param("dexamethasone twelve mg before", [], id="of a premedication"),
        pytest.param("Give dose in mg", [], id="a unit without a number"),
        pytest.param("trescientos sesenta mg IV", [INFO], id="Spanish"),
        pytest.param("dreihundertsechzig mg", [INFO], id="German"),
        pytest.param("trois cent soixante milligrammes", [INFO], id="French"),
        pytest.param("trecentosessanta mg", [INFO], id="Italian"),
    ],
)
def test_a_number_in_words_is_read_or_told(written: str, expected: list[str]) -> None:
    assert told(order(dosage(dose_of(252, "mg"), text=written))) == expected


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        pytest.param("unknownol 500 mg before the infusion", [INFO], id="a word that is not known"),
        pytest.param("Give with unknownic acidol 4 mg", [INFO], id="two words"),
        pytest.param("252 mg IV, unknownol 500 mg before", [], id="beside the dose of the order"),
        pytest.param("dexamethasone 12 mg before", [], id="a drug that is listed"),
        pytest.param("Decadron 10 mg", [], id="a brand that is listed"),
        pytest.param("dose confirmed 252 mg by RPh", [], id="a word of checking"),
        pytest.param("Dosierung 378 mg", [f"critical {TWO}"], id="a word for the dose in German"),
        pytest.param("dawka 378 mg", [f"critical {TWO}"], id="and in Polish"),
        pytest.param("You will receive 378 mg", [f"critical {TWO}"], id="a verb"),
        pytest.param("trastuzumab emtansine 378 mg", [f"critical {TWO}"], id="the name of the drug"),
        pytest.param("Kadcyla 378 mg", [f"critical {TWO}"], id="its brand"),
    ],
)
def test_an_amount_beside_an_unknown_word_is_told_and_not_taken_for_the_dose(written: str, expected: list[str]) -> None:
    assert told(order(dosage(dose_of(252, "mg"), text=written))) == expected


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param({"reasonCode": [{"text": "Breast cancer; 378 mg"}]}, [INFO], id="a reason"),
        pytest.param({"reasonCode": [{"text": "HER2-positive breast cancer, stage 4"}]}, [], id="a reason without one"),
        pytest.param({"statusReason": {"text": "dose changed to 378 mg"}}, [INFO], id="the reason of the status"),
        pytest.param(
            {"extension": [{"url": "https://a.example/n", "valueString": "378 mg"}]}, [INFO], id="an extension"
        ),
        pytest.param(
            {"extension": [{"url": "a", "extension": [{"url": "b", "valueMarkdown": "Give **378 mg**"}]}]},
            [INFO],
            id="an extension in another",
        ),
        pytest.param({"extension": [{"url": "a", "valueString": "252 mg"}]}, [], id="an extension with the same dose"),
        pytest.param({"drug": concept(text="Kadcyla 378 mg in NaCl")}, [INFO], id="the name of the drug"),
        pytest.param({"drug": concept(text="Kadcyla 210 mg")}, [INFO], id="a lower level in the name"),
        pytest.param({"drug": concept(text="Kadcyla 160 mg")}, [], id="a vial in the name"),
        pytest.param({"drug": concept(text="Kadcyla 250 mg")}, [], id="the dose in the name, rounded"),
    ],
)
def test_a_dose_in_another_text_of_the_order_is_told(changes: Any, expected: list[str]) -> None:
    assert told(order(dosage(dose_of(252, "mg")), **changes)) == expected


@pytest.mark.parametrize(
    "element",
    [
        {"method": {"text": "infuse 378 mg"}},
        {"site": {"text": "378 mg, left arm"}},
        {"asNeededCodeableConcept": {"text": "378 mg if tolerated"}},
        {"extension": [{"url": "https://a.example/sig", "valueString": "Give 378 mg"}]},
        {"_text": {"extension": [{"url": "https://a.example/sig", "valueString": "Give 378 mg"}]}},
        {"timing": {"event": ["2026-11-22"], "code": {"text": "378 mg every 3 weeks"}}},
    ],
)
def test_a_dose_in_a_coded_part_of_the_instructions_is_told(element: Any) -> None:
    found = [
        each
        for each in cards(order(dosage(dose_of(252, "mg"), **element)), prefetch=chart())
        if "378 mg" in each["detail"]
    ]
    assert [topic(each) for each in found] == ["checks-incomplete"]


@pytest.mark.parametrize(
    ("written", "drug", "dose", "expected"),
    [
        pytest.param("Enhertu 252 mg IV", "Kadcyla", 252, ["warning checks-incomplete"], id="another conjugate"),
        pytest.param("T-DXd 252 mg q3w", "Kadcyla", 252, ["warning checks-incomplete"], id="its abbreviation"),
        pytest.param("Give Kadcyla", "Enhertu", 378, ["warning checks-incomplete"], id="the other way round"),
        pytest.param("Do not confuse with Herceptin or Enhertu", "Kadcyla", 252, [], id="a warning"),
        pytest.param("ado-trastuzumab emtansine 252 mg IV", "Kadcyla", 252, [], id="its own name"),
        pytest.param("Enhertu 378 mg, with pertuzumab", "Enhertu", 378, [], id="a partner"),
    ],
)
def test_instructions_that_name_a_look_alike_are_told(written: str, drug: str, dose: int, expected: list[str]) -> None:
    found = told(order(dosage(dose_of(dose, "mg"), text=written), drug=concept(text=drug)))
    # The chart has no neutrophils, which only Enhertu wants.
    assert [each for each in found if "blood-count-missing" not in each] == expected


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        pytest.param("210 mg IV", ["critical dose-re-escalation"], id="a reduced dose"),
        pytest.param("3 mg/kg IV over 30 minutes", ["critical dose-re-escalation"], id="by weight"),
        pytest.param("252 mg IV", [], id="the same dose"),
        pytest.param("see protocol", [], id="no dose"),
    ],
)
def test_the_dose_of_an_earlier_order_is_read_from_its_text(written: str, expected: list[str]) -> None:
    before = order(
        {"text": written, "timing": {"event": ["2026-11-01"]}},
        id="order-0",
        status="completed",
        authoredOn="2026-11-01",
    )
    assert told(order(dosage(dose_of(252, "mg"))), medications=bundle(before)) == expected


@pytest.mark.parametrize("kind", ["MedicationStatement", "MedicationRequest"])
@pytest.mark.parametrize(
    ("code", "expected"),
    [
        pytest.param(coding(HCPCS, "J9358"), ["critical her2-agents-combined"], id="Enhertu"),
        pytest.param(coding(HCPCS, "J9358-JW"), ["critical her2-agents-combined"], id="with a modifier"),
        pytest.param(coding(HCPCS, "J9000"), ["warning anthracycline-concurrent"], id="doxorubicin"),
        pytest.param(coding(HCPCS, "Q2050"), ["warning anthracycline-concurrent"], id="liposomal doxorubicin"),
        pytest.param(coding(HCPCS, "J9178"), ["warning anthracycline-concurrent"], id="epirubicin"),
        pytest.param(coding(HCPCS, "J2469"), [], id="palonosetron"),
        pytest.param(coding(HCPCS, "J9312"), [], id="rituximab"),
        pytest.param(coding(HCPCS, "J9999"), [INFO], id="not otherwise classified"),
        pytest.param(coding(NDC, "65597-406-01"), ["critical her2-agents-combined"], id="a package of Enhertu"),
    ],
)
def test_a_drug_of_the_chart_that_only_a_billing_code_names(kind: str, code: Any, expected: list[str]) -> None:
    entry = {
        "resourceType": kind,
        "id": "beside-1",
        "status": "active",
        "intent": "order",
        "medicationCodeableConcept": {"coding": [code]},
        "subject": {"reference": "Patient/pat-1"},
        "authoredOn": "2026-11-01",
    }
    assert told(order(dosage(dose_of(252, "mg"))), medications=bundle(entry)) == expected


@pytest.mark.parametrize(
    ("name", "ndc", "text", "amount", "expected"),
    [
        pytest.param("Phesgo", "", "", 1200, "", id="maintenance"),
        pytest.param("Phesgo 1200 mg-600 mg-30,000 units/15 mL", "", "", 1200, "loading", id="loading by its name"),
        pytest.param("Phesgo 1,200 mg-600 mg", "", "", 600, "loading", id="by the amount of the other antibody"),
        pytest.param("Phesgo", "50242-245-01", "", 1200, "loading", id="by its package"),
        pytest.param("Phesgo", "", "1200 mg/600 mg in 15 mL", 1200, "loading", id="by the instructions"),
        pytest.param("Phesgo", "", "15 mL over 8 minutes", 1200, "loading", id="by its volume"),
        pytest.param("Phesgo 600 mg-600 mg-20,000 units/10 mL", "", "", 1200, "", id="maintenance by its name"),
        pytest.param("Phesgo", "50242-260-01", "", 1200, "", id="maintenance by its package"),
        pytest.param("Phesgo", "", "1200 mg (600 mg + 600 mg)", 1200, "", id="the sum and its parts"),
    ],
)
def test_the_dose_of_one_antibody_stands_for_both(name: str, ndc: str, text: str, amount: int, expected: str) -> None:
    """1200 mg is the pertuzumab of the loading dose, and the sum of both antibodies of maintenance."""
    drug = concept(*([coding(NDC, ndc)] if ndc else []), text=name)
    ordered = order(dosage(dose_of(amount, "mg"), text=text, route={"text": "subcutaneous"}), drug=drug)
    before = {
        "resourceType": "MedicationAdministration",
        "id": "given-1",
        "status": "completed",
        "medicationCodeableConcept": {"text": "Phesgo"},
        "subject": {"reference": "Patient/pat-1"},
        "effectiveDateTime": "2026-11-01",
        "dosage": {"dose": quantity(1800, "mg")},
    }
    assert told(ordered) == []
    again = cards(ordered, prefetch=chart(administrations=bundle(before)))
    assert [topic(each) for each in again] == (["dose-wrong-for-indication"] if expected else [])
    if expected:
        assert f"{amount} mg + {1800 - amount} mg is a loading dose" in again[0]["summary"]
        assert not again[0].get("suggestions")


def test_a_dose_in_text_needs_a_weight_as_any_other() -> None:
    assert told(in_text("Kadcyla 378 mg IV q21d"), weight=bundle()) == [UNREAD]
    heavy = bundle(observation("29463-7", "weight-1", valueQuantity=quantity(110, "kg")))
    assert told(in_text("Kadcyla 378 mg IV q21d"), weight=heavy) == [UNREAD]


def test_a_dose_field_stands_before_the_text() -> None:
    read = medication_reader().read(order(dosage(dose_of(252, "mg"), text="378 mg IV"), drug=KADCYLA), "x", None)
    assert [dose.in_text for dose in read.doses] == [False]
