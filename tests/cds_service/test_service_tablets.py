"""Orders of tablets as EHRs write them: the label's are silent in every form, and what is wrong is told."""

from __future__ import annotations

from typing import Any

import pytest
from calls import Caller, call, clean_prefetch, days_ago, order, without

MG = {"value": 300, "unit": "mg", "system": "http://unitsofmeasure.org", "code": "mg"}
TABLETS = {"value": 2, "unit": "tablet", "system": "http://unitsofmeasure.org", "code": "{tbl}"}
TWICE = {"timing": {"repeat": {"frequency": 2, "period": 1, "periodUnit": "d"}}}
ORAL = {"coding": [{"system": "http://snomed.info/sct", "code": "26643006", "display": "Oral route"}]}


@pytest.fixture(scope="module")
def service() -> Caller:
    return Caller()


def tablets(*instructions: dict[str, Any], drug: Any = "Tukysa 150 mg tablet", dose: Any = MG, **more: Any) -> Any:
    written = [{"route": ORAL, "doseAndRate": [{"doseQuantity": dose}], **each} for each in instructions]
    concept = {"text": drug} if isinstance(drug, str) else drug
    return {**order(**more), "medicationCodeableConcept": concept, "dosageInstruction": written}


def beside(*drugs: str) -> dict[str, Any]:
    entries = [
        {
            "resource": {
                "resourceType": "MedicationRequest",
                "id": f"beside-{place}",
                "status": "active",
                "intent": "order",
                "authoredOn": days_ago(9),
                "subject": {"reference": "Patient/pat-1"},
                "medicationCodeableConcept": {"text": drug},
            }
        }
        for place, drug in enumerate(drugs)
    ]
    medications = {"resourceType": "Bundle", "type": "searchset", "total": len(entries), "entry": entries}
    return {**clean_prefetch(), "medications": medications}


def topics(service: Caller, *orders: Any, prefetch: Any = None, name: str = "her2-order-sign") -> list[str]:
    answer = service.post(call(orders=list(orders), prefetch=prefetch or clean_prefetch()), name)
    assert answer.status == 200
    return answer.topics


AT_THE_LABEL = {
    "by timing": tablets(TWICE),
    "by code": tablets({"timing": {"code": {"text": "BID"}}}),
    "every 12 hours": tablets({"timing": {"repeat": {"frequency": 1, "period": 12, "periodUnit": "h"}}}),
    "by the text alone": tablets({"text": "Take 300 mg by mouth twice daily"}),
    "in tablets": tablets({**TWICE, "text": "Take 2 tablets (300 mg) by mouth 2 (two) times a day."}, dose=TABLETS),
    "morning and evening": tablets(
        {"sequence": 1, "timing": {"repeat": {"when": ["MORN"]}}},
        {"sequence": 2, "timing": {"repeat": {"when": ["EVE"]}}},
    ),
    "with advice": tablets({**TWICE, "patientInstruction": "Swallow whole, at the same time each day, with food."}),
    "in a cycle": tablets({**TWICE, "text": "300 mg PO BID days 1-21 of a 21 day cycle"}),
    "by its code": tablets(
        TWICE, drug={"coding": [{"system": "http://www.nlm.nih.gov/research/umls/rxnorm", "code": "2361300"}]}
    ),
    "by its package": tablets(
        TWICE, drug={"coding": [{"system": "http://hl7.org/fhir/sid/ndc", "code": "51144-002-60"}]}, dose=TABLETS
    ),
}


@pytest.mark.parametrize("drug", AT_THE_LABEL.values(), ids=AT_THE_LABEL)
def test_an_order_at_the_label_is_silent(service, drug) -> None:
    assert topics(service, drug) == []


@pytest.mark.parametrize("drug", [AT_THE_LABEL["by timing"], tablets({"timing": {"code": {"text": "TID"}}})])
def test_coverage_does_not_apply_to_tablets(service, drug) -> None:
    assert topics(service, drug, name="her2-coverage") == []


@pytest.mark.parametrize("absent", ["weight", "lvef"])
def test_data_irrelevant_to_tablets_is_not_requested(service, absent) -> None:
    assert topics(service, tablets(TWICE), prefetch=without(clean_prefetch(), absent)) == []


WRONG = {
    "three times a day": (tablets({"timing": {"code": {"text": "TID"}}}), ["dose-above-maximum"]),
    "600 mg": (tablets(TWICE, dose={**MG, "value": 600}), ["dose-above-maximum"]),
    "once a day": (tablets({"timing": {"code": {"text": "QD"}}}), ["dose-not-a-level"]),
    "intravenously": (tablets({**TWICE, "route": {"text": "IV"}}), ["route-wrong"]),
    "another dose in the text": (tablets({**TWICE, "text": "Take 600 mg twice daily"}), ["dose-text-conflict"]),
    "another rhythm in the text": (tablets({**TWICE, "text": "300 mg three times daily"}), ["checks-incomplete"]),
    "tablets of no strength": (tablets(TWICE, drug="tucatinib tablets", dose=TABLETS), ["dose-cannot-verify"]),
    "no rhythm": (tablets({}), ["checks-incomplete"]),
}


@pytest.mark.parametrize(("drug", "expected"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_reported_once(service, drug, expected) -> None:
    assert topics(service, drug) == expected


def test_a_regimen_with_trastuzumab_and_capecitabine_gets_no_card(service) -> None:
    prefetch = beside("capecitabine 500 mg tablet", "trastuzumab-anns (Kanjinti)")
    assert topics(service, tablets(TWICE), prefetch=prefetch) == []


def test_two_strengths_of_one_dose_are_not_a_duplicate(service) -> None:
    large = tablets(TWICE, dose={**TABLETS, "value": 1}, name="order-1")
    small = tablets(TWICE, dose=TABLETS, drug="Tukysa 50 mg tablet", name="order-2")
    assert topics(service, large, small, prefetch=beside("Tukysa 150 mg tablet")) == []


def test_the_same_tablets_twice_are_one(service) -> None:
    assert topics(service, tablets(TWICE, name="order-1"), tablets(TWICE, name="order-2")) == ["duplicate-order"]


@pytest.mark.parametrize(
    ("drugs", "expected"),
    [
        pytest.param(["gemfibrozil 600 mg tablet"], ["interaction"], id="an inhibitor"),
        pytest.param(["St. John's Wort 300 mg"], ["interaction"], id="a herb"),
        pytest.param(["ondansetron 8 mg tablet"], [], id="an unrelated drug"),
    ],
)
def test_a_drug_that_the_label_says_to_avoid(service, drugs, expected) -> None:
    assert topics(service, tablets(TWICE), prefetch=beside(*drugs)) == expected


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        pytest.param("Cirrhosis of liver, Child-Pugh class C", ["dose-above-maximum"], id="class C"),
        pytest.param("Cirrhosis, Child-Pugh C", ["dose-above-maximum"], id="C"),
        pytest.param("Cirrhosis of liver, Child-Pugh class B", [], id="class B"),
        pytest.param("Child-Pugh classification pending", [], id="no class"),
        pytest.param("No severe hepatic impairment", [], id="denied"),
    ],
)
def test_severe_hepatic_impairment_lowers_the_maximum(service, said, expected) -> None:
    prefetch = clean_prefetch()
    condition = {**prefetch["conditions"]["entry"][0]["resource"], "id": "liver", "code": {"text": said}}
    condition.pop("stage", None)
    entries = [*prefetch["conditions"]["entry"], {"resource": condition}]
    conditions = {**prefetch["conditions"], "entry": entries, "total": len(entries)}
    assert topics(service, tablets(TWICE), prefetch={**prefetch, "conditions": conditions}) == expected
