"""The denial tables of both billing pages, row by row as requests: each is said before there is a claim."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from calls import (
    COVERAGE,
    PATIENT,
    bundle,
    call,
    cancer,
    clean_prefetch,
    dose_given,
    ihc,
    order,
    weight,
    without,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

Json = dict[str, Any]
HCPCS = "https://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets"
NDC = "http://hl7.org/fhir/sid/ndc"
KADCYLA, ENHERTU = "Kadcyla", "Enhertu"
PAGES = {
    KADCYLA: [
        "HER2 documentation not on file", "HER2 tier mismatch", "Wrong drug billed",
        "Missing prior HER2-directed therapy", "Missing residual-disease documentation",
        "Missing liver tests or LVEF at baseline", "Wrong administration code (96365)", "JW line missing",
        "JW and JZ missing", "Wrong NDC format, or one of two vials", "Site of care after cycles 1 and 2",
        "Dose above 3.6 mg/kg",
    ],
    ENHERTU: [
        "HER2 documentation not on file", "HER2 tier mismatch", "Wrong dose for the indication",
        "Wrong administration code (96365)", "JW line missing", "JW and JZ missing", "Wrong NDC", "Site of care",
        "Step therapy not met", "Tumor-agnostic use denied",
    ],
}  # fmt: skip


class Denial(NamedTuple):
    """A row of a table as a request: what is ordered, beside what, in which chart, and what the cards have to say."""

    drug: str
    row: str
    says: dict[str, str]
    mg: float = 0
    prefetch: Mapping[str, Any] = MappingProxyType({})
    services: tuple[Json, ...] = ()
    codings: tuple[Json, ...] = ()


def service_of(code: str, quantity: float | None = None, *modifiers: str, place: str = "") -> Json:
    """Return a line of the claim beside the order."""
    written: Json = {
        "resourceType": "ServiceRequest", "id": f"line-{code}", "status": "draft", "intent": "order",
        "code": {"coding": [{"system": HCPCS, "code": "-".join((code, *modifiers))}]},
        "subject": {"reference": f"Patient/{PATIENT}"}, "basedOn": [{"reference": "MedicationRequest/order-1"}],
    }  # fmt: skip
    if quantity is not None:
        written["quantityQuantity"] = {"value": quantity}
    if place:
        written["locationCode"] = [{"coding": [{"code": place}]}]
    return written


def insured(name: str) -> Json:
    return {"coverage": bundle({
        "resourceType": "Coverage", "id": "cov-1", "status": "active", "payor": [{"display": name}],
        "beneficiary": {"reference": f"Patient/{PATIENT}"},
    })}  # fmt: skip


def early() -> Json:
    return {"conditions": bundle({**cancer(), "stage": [{"summary": {"text": "Stage II"}}]})}


def given_three(drug: str) -> Json:
    doses = (dose_given(21 * n, f"given-{n}", medicationCodeableConcept={"text": drug}) for n in range(1, 4))
    return {"administrations": bundle(*doses)}


def colon() -> Json:
    return {"conditions": bundle(cancer("C18.9"))}


SUMMARY, CRITERIA = "billing-summary", "coverage-criteria"
ROWS = [
    Denial(KADCYLA, "HER2 documentation not on file", {SUMMARY: "No usable HER2 result is on record"},
           prefetch={"tumorMarkers": bundle()}),
    Denial(KADCYLA, "HER2 tier mismatch", {SUMMARY: "The HER2 status on record does not qualify for Kadcyla"},
           prefetch={"tumorMarkers": bundle(ihc("LA11841-6", "1+"))}),
    Denial(KADCYLA, "Wrong drug billed", {SUMMARY: "J9358 is the code for Enhertu"},
           services=(service_of("J9358", 252),)),
    Denial(KADCYLA, "Missing prior HER2-directed therapy",
           {CRITERIA: "**Not known** · prior therapy · Prior trastuzumab and a taxane"}, prefetch=insured("Aetna")),
    Denial(KADCYLA, "Missing residual-disease documentation",
           {CRITERIA: "Surgical pathology report with ypT and ypN"}, prefetch={**insured("Aetna"), **early()}),
    Denial(KADCYLA, "Missing liver tests or LVEF at baseline",
           {CRITERIA: "**Not known** · baseline · AST, ALT, total bilirubin and LVEF"},
           prefetch={**insured("Aetna"), "labs": bundle(), "lvef": bundle()}),
    Denial(KADCYLA, "Wrong administration code (96365)",
           {SUMMARY: "CPT 96365 in the session: an infusion of this drug is 96413"}, services=(service_of("96365"),)),
    Denial(KADCYLA, "JW line missing", {SUMMARY: "No JW line in the session, and 8 units are discarded"},
           services=(service_of("J9354", 252),)),
    Denial(KADCYLA, "JW and JZ missing", {SUMMARY: "No JZ in the session, and nothing is discarded"}, mg=260,
           prefetch={"weight": bundle(weight(72.5))}, services=(service_of("J9354", 260),)),
    Denial(KADCYLA, "Wrong NDC format, or one of two vials",
           {SUMMARY: "NDC 50242-088-01 on the order is not in claim format: 50242-0088-01"},
           codings=({"system": NDC, "code": "50242-088-01"},)),
    Denial(KADCYLA, "Site of care after cycles 1 and 2", {SUMMARY: "POS 22 in the session, and 3 doses are on record"},
           prefetch=given_three(KADCYLA), services=(service_of("J9354", 252, place="22"),)),
    Denial(KADCYLA, "Dose above 3.6 mg/kg", {SUMMARY: "is above the label's maximum of 3.6 mg/kg"}, mg=300),
    Denial(ENHERTU, "HER2 documentation not on file", {SUMMARY: "No usable HER2 result is on record"},
           prefetch={"tumorMarkers": bundle()}),
    Denial(ENHERTU, "HER2 tier mismatch", {CRITERIA: "**Not known** · HER2"},
           prefetch={"tumorMarkers": bundle(ihc("LA11840-8", "0"))}),
    Denial(ENHERTU, "Wrong dose for the indication", {CRITERIA: "**Not met** · dose · Starts at 6.4 mg/kg"}, mg=432,
           prefetch={"conditions": bundle(cancer("C16.0")), "weight": bundle(weight(80))}),
    Denial(ENHERTU, "Wrong administration code (96365)",
           {SUMMARY: "CPT 96365 in the session: an infusion of this drug is 96413"}, services=(service_of("96365"),)),
    Denial(ENHERTU, "JW line missing", {SUMMARY: "No JW line in the session, and 22 units are discarded"},
           services=(service_of("J9358", 378),)),
    Denial(ENHERTU, "JW and JZ missing", {SUMMARY: "No JZ in the session, and nothing is discarded"}, mg=400,
           prefetch={"weight": bundle(weight(74.1))}, services=(service_of("J9358", 400),)),
    Denial(ENHERTU, "Wrong NDC", {SUMMARY: "NDC 65597-406-01 on the order is not in claim format: 65597-0406-01"},
           codings=({"system": NDC, "code": "65597-406-01"},)),
    Denial(ENHERTU, "Site of care", {SUMMARY: "POS 19 in the session, and 3 doses are on record"},
           prefetch=given_three(ENHERTU), services=(service_of("J9358", 378, place="19"),)),
    Denial(ENHERTU, "Step therapy not met", {CRITERIA: "**Not known** · step therapy"}),
    Denial(ENHERTU, "Tumor-agnostic use denied", {CRITERIA: "NCCN compendium reference"}, prefetch=colon()),
]  # fmt: skip


def test_denials_every_row_of_both_pages_is_sent() -> None:
    assert {drug: [each.row for each in ROWS if each.drug == drug] for drug in PAGES} == PAGES


@pytest.mark.parametrize("denial", ROWS, ids=lambda each: f"{each.drug}: {each.row}")
def test_denials_are_reported_before_the_claim(service, denial) -> None:
    usual = 252 if denial.drug == KADCYLA else 378
    concept: Json = {"text": denial.drug}
    if denial.codings:
        concept["coding"] = list(denial.codings)
    ordered = order(denial.mg or usual, medicationCodeableConcept=concept)
    body = call(COVERAGE, [ordered, *denial.services], {**clean_prefetch(), **denial.prefetch})
    found = {card["source"]["topic"]["code"]: card["detail"] for card in service.post(body, COVERAGE).cards}
    for topic, words in denial.says.items():
        assert words in found[topic]


@pytest.mark.parametrize(("drug", "mg", "code"), [(KADCYLA, 252, "J9354"), (ENHERTU, 378, "J9358")])
def test_a_correct_claim_has_no_denials(service, drug, mg, code) -> None:
    """The same tables beside a claim that is right: nothing stands under "Fix before billing"."""
    discarded = {"J9354": 8, "J9358": 22}[code]
    lines = [service_of(code, mg), {**service_of(code, discarded, "JW"), "id": "line-waste"}, service_of("96413")]
    liver = {**cancer("C78.7"), "id": "liver"}
    prefetch = clean_prefetch() | {"conditions": bundle(cancer(), without(liver, "stage"))}
    body = call(COVERAGE, [order(mg, medicationCodeableConcept={"text": drug}), *lines], prefetch)
    summary = next(c for c in service.post(body, COVERAGE).cards if c["source"]["topic"]["code"] == SUMMARY)
    assert "Fix before billing" not in summary["detail"]
    assert "billing-units-mismatch" not in service.post(body, COVERAGE).topics
