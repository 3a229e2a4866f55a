"""What only billing and coverage read: quantities, claim lines, infusion time, diagnosis codes, prescriber, payer."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from shapes import (
    BILLING_OPTIONS,
    HCPCS,
    ICD10,
    SNOMED,
    Json,
    bundle,
    chart,
    chart_reader,
    coding,
    concept,
    condition,
    dosage,
    dose_of,
    hook_request,
    observation,
    order,
    quantity,
)

from cards.facts.billing import BillingFacts, Counted, Receptor, Supplied
from fhir_mappings.medications.infusion import infusion_minutes
from fhir_mappings.request.prefetch import read_answer

if TYPE_CHECKING:
    from cards.facts.billing import ClaimLine

CPT = "http://www.ama-assn.org/go/cpt"
POS = "https://www.cms.gov/Medicare/Coding/place-of-service-codes"
NUCC = "http://nucc.org/provider-taxonomy"


def read(*entries: Json, **prefetch: Any) -> BillingFacts:
    request = hook_request(*entries, prefetch={**chart(), **prefetch})
    answers = {key: read_answer(raw, f"prefetch.{key}") for key, raw in request.prefetch.items()}
    reader = chart_reader()
    return reader.billing.read(request, reader.orders(request), answers)


def supplied(*entries: Json, **prefetch: Any) -> Supplied:
    return next(iter(read(*entries, **prefetch).supplied.values()))


def dispensing(value: Any, unit: str = "", code: str | None = "") -> Json:
    return order(dispenseRequest={"quantity": quantity(value, unit, code)})


def service(*codings: Json, name: str = "service-1", **changes: Any) -> Json:
    written: Json = {
        "resourceType": "ServiceRequest",
        "id": name,
        "status": "draft",
        "intent": "order",
        "code": concept(*codings),
        "subject": {"reference": "Patient/pat-1"},
        **changes,
    }
    return {key: value for key, value in written.items() if value is not None}


def lines(*entries: Json) -> tuple[ClaimLine, ...]:
    return supplied(order(), *entries).lines


@pytest.mark.parametrize(
    ("value", "unit", "counted", "number"),
    [
        (252, "mg", Counted.MG, "252"),
        (Decimal("0.252"), "g", Counted.MG, "252"),
        (250, "mL", Counted.ML, "250"),
        (42, "units", Counted.UNITS, "42"),
        (42, "unit", Counted.UNITS, "42"),
        (42, "billing units", Counted.UNITS, "42"),
        (2, "vial", Counted.VIALS, "2"),
        (2, "Vials", Counted.VIALS, "2"),
        (2, "UN", Counted.VIALS, "2"),
        (2, "EA", Counted.VIALS, "2"),
        (2, "", Counted.UNSAID, "2"),
        (2, "1", Counted.UNSAID, "2"),
        (3, "cycles", Counted.OTHER, "3"),
        (252, "mg/kg", Counted.OTHER, "252"),
    ],
)
def test_what_a_quantity_counts(value, unit, counted, number) -> None:
    dispensed = supplied(dispensing(value, unit)).dispensed
    assert dispensed is not None
    assert (dispensed.counted, dispensed.number) == (counted, Decimal(number))


@pytest.mark.parametrize("broken", [None, "252 mg", [], {"value": "many"}, {"unit": "mg"}, {"value": True}])
def test_a_quantity_that_cannot_be_read(broken) -> None:
    assert supplied(order(dispenseRequest={"quantity": broken})).dispensed is None
    assert supplied(order(dispenseRequest=broken)).dispensed is None


@pytest.mark.parametrize(
    ("instruction", "minutes"),
    [
        pytest.param(dosage(dose_of(252, "mg")), None, id="it says none"),
        pytest.param(dosage(dose_of(252, "mg"), text="252 mg IV over 90 minutes"), 90, id="in the text"),
        pytest.param(dosage(dose_of(252, "mg"), text="over 1.5 hours"), 90, id="hours in the text"),
        pytest.param(dosage(dose_of(252, "mg"), text="over 90 min, then over 30 min"), None, id="two times"),
        pytest.param(
            dosage({"doseQuantity": quantity(252, "mg"), "rateRatio": {
                "numerator": quantity(252, "mg"), "denominator": quantity(30, "min")}}), 30, id="below a ratio",
        ),
        pytest.param(
            dosage({"rateRatio": {"numerator": quantity(100, "mL"), "denominator": quantity(1, "h")}}), None,
            id="one hour below a ratio is a rate",
        ),
        pytest.param(dosage({"rateQuantity": quantity(20, "min")}), 20, id="a time in the slot of the rate"),
        pytest.param(dosage({"rateQuantity": quantity(20, "mL/h")}), None, id="a rate"),
        pytest.param(
            dosage(timing={"repeat": {"period": 3, "periodUnit": "wk", "duration": 90, "durationUnit": "min"}}), 90,
            id="in the timing",
        ),
        pytest.param(dosage({"rateQuantity": quantity(-5, "min")}), None, id="a time below zero"),
        pytest.param(dosage({"rateQuantity": quantity(9999999, "h")}), None, id="a time of years"),
    ],
)  # fmt: skip
def test_infusion_time(instruction, minutes) -> None:
    assert infusion_minutes(order(instruction)) == minutes
    assert supplied(order(instruction)).infusion_minutes == minutes


def test_a_claim_line_with_quantity_modifiers_and_place() -> None:
    (line,) = lines(
        service(
            coding(HCPCS, "J9354"),
            quantityQuantity={"value": 252},
            orderDetail=[concept(coding("https://www.cms.gov/modifiers", "JZ"))],
            locationCode=[concept(coding(POS, "22"))],
            basedOn=[{"reference": "MedicationRequest/order-1"}],
        )
    )
    assert (line.code, line.modifiers, line.places, line.linked) == ("J9354", ("JZ",), ("22",), True)
    assert line.quantity is not None
    assert (line.quantity.number, line.quantity.counted) == (252, Counted.UNSAID)
    assert line.origin.reference == "ServiceRequest/service-1"


@pytest.mark.parametrize(
    ("written", "code", "modifiers"),
    [
        ("J9354", "J9354", ()),
        ("J9354-JW", "J9354", ("JW",)),
        ("j9354 jw", "J9354", ("JW",)),
        ("J9354-JZ-TB", "J9354", ("JZ", "TB")),
        ("96413", "96413", ()),
        ("96413-25", "96413", ("25",)),
        ("J9354-76 59", "J9354", ("76", "59")),
        ("96413-255", "", ()),
        ("96413-96415", "", ()),
        ("lots", "", ()),
    ],
)
def test_a_code_with_its_modifiers(written, code, modifiers) -> None:
    assert [(line.code, line.modifiers) for line in lines(service(coding(CPT, written)))] == (
        [(code, modifiers)] if code else []
    )


def test_modifiers_as_words_and_codes_in_the_billing_extension() -> None:
    inside = concept(text="infusion") | {
        "extension": [{"url": BILLING_OPTIONS, "valueCodeableConcept": concept(coding(HCPCS, "J9358"))}]
    }
    (line,) = lines(service(code=inside, orderDetail=[{"text": "JW"}, {"text": "slowly"}]))
    assert (line.code, line.modifiers, line.linked) == ("J9358", ("JW",), False)


def test_a_claim_line_for_another_order_or_patient_is_ignored() -> None:
    other = service(coding(HCPCS, "J9354"), basedOn=[{"reference": "MedicationRequest/order-9"}])
    foreign = service(coding(HCPCS, "J9354"), name="s-2", subject={"reference": "Patient/pat-2"})
    assert lines(other, foreign) == ()


def test_diagnosis_codes_with_their_dot_once_each() -> None:
    facts = read(
        order(),
        conditions=bundle(
            condition("c-1", coding(ICD10, "C50911", "Breast"), coding(SNOMED, "254837009")),
            condition("c-2", coding(ICD10, "c77.3")),
            condition("c-3", coding(ICD10, "Z17.31", "HER2 positive")),
            condition("c-4", coding(ICD10, "I10")),
            condition("c-5", coding(ICD10, "C23")),
        ),
    )
    assert [(code.code, code.label) for code in facts.codes] == [
        ("C50.911", "Breast"), ("C77.3", "c77.3"), ("Z17.31", "HER2 positive"), ("C23", "C23")
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "kept"),
    [
        pytest.param({}, True, id="active"),
        pytest.param({"verificationStatus": {"coding": [{"code": "refuted"}]}}, False, id="refuted"),
        pytest.param({"verificationStatus": {"coding": [{"code": "entered-in-error"}]}}, False, id="an error"),
        pytest.param({"clinicalStatus": {"coding": [{"code": "resolved"}]}}, False, id="resolved"),
        pytest.param({"subject": {"reference": "Patient/pat-2"}}, False, id="of another patient"),
        pytest.param({"code": {"coding": [{"system": ICD10, "code": "<b>"}]}}, False, id="no code"),
        pytest.param({"code": "C50.911"}, False, id="no concept"),
    ],
)
def test_which_diagnosis_codes_count(changes, kept) -> None:
    facts = read(order(), conditions=bundle(condition("c-1", coding(ICD10, "C50.911"), **changes)))
    assert bool(facts.codes) is kept


def test_the_newest_plain_answer_for_each_hormone_receptor() -> None:
    def result(code: str, name: str, answer: str, on: str) -> Json:
        value = concept(coding(SNOMED, {"positive": "10828004", "negative": "260385009"}[answer], answer))
        return observation(code, name, valueCodeableConcept=value, effectiveDateTime=on)

    facts = read(
        order(),
        tumorMarkers=bundle(
            result("16112-5", "er-1", "positive", "2025-01-01"),
            result("16112-5", "er-2", "negative", "2026-01-01"),
            result("16113-3", "pr-1", "negative", "2025-01-01"),
            observation("16113-3", "pr-2", valueString="see report"),
        ),
    )
    assert facts.receptors == {Receptor.ESTROGEN: False, Receptor.PROGESTERONE: False}


def role(*specialties: Json, name: str = "role-1", practitioner: str = "Practitioner/onc-17") -> Json:
    return {
        "resourceType": "PractitionerRole",
        "id": name,
        "practitioner": {"reference": practitioner},
        "specialty": list(specialties),
    }


ONCOLOGY = concept(coding(NUCC, "207RX0202X", "Medical Oncology Physician"))


@pytest.mark.parametrize(
    ("requester", "sent", "said"),
    [
        pytest.param({"reference": "PractitionerRole/role-1"}, bundle(role(ONCOLOGY)), True, id="by the role"),
        pytest.param({"reference": "Practitioner/onc-17"}, bundle(role(ONCOLOGY)), True, id="by the role's person"),
        pytest.param(None, bundle(role(ONCOLOGY)), True, id="by the user, where nobody is named"),
        pytest.param({"reference": "Practitioner/onc-18"}, bundle(role(ONCOLOGY)), False, id="another person"),
        pytest.param(
            {"reference": "Practitioner/onc-17"},
            bundle({"resourceType": "Practitioner", "id": "onc-17", "qualification": [{"code": ONCOLOGY}]}), True,
            id="by the person's qualification",
        ),
        pytest.param({"reference": "PractitionerRole/role-1"}, None, False, id="nothing sent"),
        pytest.param("Practitioner/onc-17", bundle(role("oncology")), False, id="no concept"),
    ],
)  # fmt: skip
def test_the_specialty_of_the_prescriber(requester, sent, said) -> None:
    found = supplied(order(requester=requester), requester=sent).specialties
    assert ("207RX0202X" in found) is said


def test_a_contained_role_belongs_to_its_own_order() -> None:
    contained = {"requester": {"reference": "#me"}, "contained": [role(ONCOLOGY, name="me", practitioner="")]}
    other = {**order(**contained), "id": "order-2", "contained": [role(concept(text="Cardiology"), name="me")]}
    first, second = read(order(**contained), other).supplied.values()
    assert "207RX0202X" in first.specialties
    assert second.specialties == ("Cardiology",)


def coverage(**changes: Any) -> Json:
    return {
        "resourceType": "Coverage",
        "id": "cov-1",
        "status": "active",
        "beneficiary": {"reference": "Patient/pat-1"},
        "payor": [{"display": "Louisiana Healthcare Connections"}],
        **changes,
    }


@pytest.mark.parametrize(
    ("changes", "names"),
    [
        pytest.param({}, ["Louisiana Healthcare Connections"], id="by its display"),
        pytest.param({"payor": [{"reference": "Organization/org-1"}]}, ["Aetna"], id="by the organization"),
        pytest.param({"payor": {"reference": "Organization/org-1"}}, ["Aetna"], id="an object for an array"),
        pytest.param({"status": "cancelled"}, [], id="cancelled"),
        pytest.param({"beneficiary": {"reference": "Patient/pat-2"}}, [], id="of another patient"),
        pytest.param(
            {"payor": [{"reference": "Patient/pat-1", "display": "Jane Roe"}]},
            [],
            id="the patient pays",
        ),
        pytest.param(
            {"type": {"coding": [{"code": "pay"}]}, "payor": [{"display": "Jane Roe"}]}, [], id="somebody pays: no name"
        ),
        pytest.param({"payor": [{"reference": "Organization/org-9"}]}, [], id="an organization that was not sent"),
    ],
)
def test_who_pays(changes, names) -> None:
    organization = {"resourceType": "Organization", "id": "org-1", "name": "Aetna"}
    facts = read(order(), coverage=bundle(coverage(**changes), organization))
    assert [payer.name for payer in facts.payers] == names


def test_what_cannot_be_read_is_left_out() -> None:
    facts = read(
        order(), conditions=bundle(None, {"resourceType": "Condition", "code": 7}, condition("c", coding(ICD10, "C23")))
    )
    assert [code.code for code in facts.codes] == ["C23"]
