"""A request for every sentence on what cannot be used or is not there, which no rule says by itself."""

from __future__ import annotations

from typing import Any, NamedTuple

from shapes import (
    ICD10,
    PATIENT,
    RXNORM,
    Json,
    bundle,
    chart,
    coding,
    concept,
    condition,
    dosage,
    dose_of,
    lab,
    observation,
    order,
    quantity,
)
from test_practice_orders import METASTATIC, active, drug, given, her2, labs

MASKED = {"coding": [{"code": "masked"}]}
MODIFIER = [{"url": "https://ehr.example.org/only-if", "valueString": "cleared"}]
NOTHING = {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "processing"}]}
LATER = {"effectiveDateTime": "2026-11-21"}
A_DAY = {"timing": {"repeat": {"frequency": 2, "period": 1, "periodUnit": "d"}}}


class Unchecked(NamedTuple):
    """The key of a sentence, what was sent in words, the orders, and what else the request says."""

    key: str
    sentence: str
    orders: tuple[Any, ...]
    changes: Json


def sent(key: str, sentence: str, *orders: Any, context: Json | None = None, **lists: Any) -> Unchecked:
    """Return a row: Kadcyla at its dose in a chart that lacks nothing, but for what is said."""
    return Unchecked(key, sentence, orders or (drug("Kadcyla", 252),), {"prefetch": chart(**lists), **(context or {})})


def kadcyla(text: str = "", note: str = "", **changes: Any) -> Json:
    """Return Kadcyla at its dose, with instructions, a note or other fields of its own."""
    notes = {"note": [{"text": note}]} if note else {}
    return order(dosage(dose_of(252, "mg"), text=text), **notes, **changes)


def timed(text: str, besides: str) -> Json:
    """Return a second dose of Kadcyla with a time in its instructions and another one beside it."""
    return order(dosage(dose_of(252, "mg"), text=text, additionalInstruction=[{"text": besides}]))


def without(resource: Json, *names: str) -> Json:
    return {name: value for name, value in resource.items() if name not in names}


def ast(*left_out: str, **changes: Any) -> Json:
    """Return laboratory results with an AST of 300 U/L that lacks something or has fields of its own."""
    return labs(ast={**without(lab("1920-8", "ast-1", 300, "U/L", 40), *left_out), **changes})


def alt_later(*left_out: str, **changes: Any) -> Json:
    """Return normal laboratory results and one more ALT, of yesterday."""
    later = {**without(lab("1742-6", "alt-2", 22, "U/L", 40), *left_out), **LATER, **changes}
    return bundle(*resources(labs()), later)


def weights(**changes: Any) -> Json:
    """Return a usable weight and one of 50 kg with fields of its own."""
    usable = observation("29463-7", "weight-1", valueQuantity=quantity(70, "kg"))
    return bundle(usable, observation("29463-7", "weight-2", valueQuantity=quantity(50, "kg"), **changes))


def resources(listed: Json) -> list[Json]:
    return [entry["resource"] for entry in listed["entry"]]


def problem(*codings: Json, **changes: Any) -> Json:
    """Return the problem list: the cancer and one more."""
    return bundle(METASTATIC, condition("problem-1", *codings, **changes))


def noted_cancer(note: str) -> Json:
    """Return the problem list: the cancer with a note."""
    return bundle({**METASTATIC, "code": concept(text="Breast cancer"), "note": [{"text": note}]})


def dose_given(*left_out: str, **changes: Any) -> Json:
    """Return a dose of Kadcyla of five days ago that lacks something or has fields of its own."""
    return bundle({**without(given("Kadcyla", 5, 252), *left_out), **changes})


def plan(kind: str, **steps: Any) -> Json:
    """Return a plan among the orders of a session."""
    return {"resourceType": kind, "id": "plan-1", "status": "draft", "intent": "order", "subject": PATIENT, **steps}


def referring(reference: str, **contained: Any) -> Json:
    """Return an order whose drug is a Medication that it refers to."""
    changes = {"medicationCodeableConcept": None, "medicationReference": {"reference": reference}}
    return order(dosage(dose_of(252, "mg")), **changes, **contained)


ELSEWHERE = {"reference": "MedicationRequest/elsewhere"}

ROWS = (
    # Lists that were not sent, or not in full.
    *(
        sent(f"missing-absent-{name}", f"an error for {what}", **{name: NOTHING})
        for name, what in (
            ("administrations", "the doses given"),
            ("conditions", "the problem list"),
            ("labs", "the laboratory results"),
            ("lvef", "the ejection fractions"),
            ("medications", "the medication list"),
            ("patient", "the patient"),
            ("tumorMarkers", "the HER2 results"),
            ("weight", "the weights"),
        )
    ),
    sent("next-page", "a next page", labs=labs() | {"link": [{"relation": "next", "url": "https://x.example.org"}]}),
    sent("short", "nine results counted, five sent", labs=labs() | {"total": 9}),
    sent("partial", "an error among the results", labs=bundle(*resources(labs()), NOTHING)),
    sent("withheld", "a list labeled as redacted", labs=labs() | {"meta": {"security": [{"code": "REDACTED"}]}}),
    sent(
        "full-page",
        "a hundred results, not counted",
        labs=bundle(*(observation("718-7", f"other-{n}") for n in range(95)), *resources(labs())),
    ),
    # Entries of a list.
    sent("no-code", "an AST without a code", labs=ast("code")),
    sent("modified", "an AST with an unknown modifier", labs=ast(modifierExtension=MODIFIER)),
    sent("modified", "a dose given with an unknown modifier", administrations=dose_given(modifierExtension=MODIFIER)),
    sent(
        "misshapen",
        "a dose given with a list for a number",
        administrations=dose_given(dosage={"dose": {"value": [1]}}),
    ),
    sent("no-status", "a dose given without a status", administrations=dose_given("status")),
    sent("status-unknown", "a dose given with a status in capitals", administrations=dose_given(status="COMPLETED")),
    sent("status-unknown", "an order with a status in capitals", medications=bundle(active("Enhertu", "ACTIVE"))),
    sent("drug-unclear", "a dose of ado-trastuzumab given", administrations=bundle(given("ado-trastuzumab", 5, 252))),
    sent(
        "denied-in-note",
        "a dose given, and the words say held",
        administrations=dose_given(note=[{"text": "Held - ANC 0.7"}]),
    ),
    sent(
        "unresolved-drug",
        "a dose given of a drug that was not sent",
        administrations=dose_given("medicationCodeableConcept", medicationReference=ELSEWHERE),
    ),
    sent("deceased", "a patient who died", patient={**chart()["patient"], "deceasedDateTime": "2026-11-20"}),
    sent("deceased", "a patient who died, no day", patient={**chart()["patient"], "deceasedBoolean": True}),
    # Results.
    sent("no-value", "an ALT without a value", labs=alt_later("valueQuantity")),
    sent("unit-missing", "an AST without a unit", labs=ast(valueQuantity={"value": 300})),
    sent(
        "unit-unknown", "platelets in a unit nobody knows", labs=labs(platelets=lab("777-3", "plt-1", 40, "foo", 400))
    ),
    sent(
        "comparator",
        "an AST that is not equal to a value",
        labs=ast(valueQuantity={**quantity(300, "U/L"), "comparator": "!="}),
    ),
    sent("note-cut", "an ALT with a very long note", labs=alt_later(note=[{"text": "Method as before. " * 1500}])),
    sent("voided", "an ALT whose note takes it back", labs=alt_later(note=[{"text": "wrong patient"}])),
    sent("flagged", "a normal ALT flagged as critical", labs=alt_later(interpretation=[{"text": "HH"}])),
    sent("flag-alone", "an AST that is only flagged", labs=ast("valueQuantity", interpretation=[{"text": "HH"}])),
    sent("note-alone", "an AST only in a note", labs=ast("valueQuantity", note=[{"text": "300 U/L by phone"}])),
    sent("value-and-absent", "an AST also marked as missing", labs=ast(dataAbsentReason={"text": "error"})),
    sent("value-withheld", "an AST that was not sent", labs=ast("valueQuantity", dataAbsentReason=MASKED)),
    sent("named-only", "an AST without a code that is known", labs=ast(code={"text": "AST"})),
    sent(
        "code-system",
        "an AST under another address than LOINC's",
        labs=ast(code=concept(coding("urn:oid:1.2.3", "1920-8"))),
    ),
    sent("future", "an ALT of next year", labs=alt_later(effectiveDateTime="2027-01-21")),
    sent("result-no-status", "an AST without a status", labs=ast("status")),
    sent("result-status-unknown", "an AST with a status of its own", labs=ast(status="done")),
    sent("undated-result", "a lower weight without a date", weight=weights(effectiveDateTime=None)),
    sent(
        "missing-earlier-weight",
        "350 mg of trastuzumab half a year ago, and no weight of then",
        order({"doseAndRate": [dose_of(350, "mg")]}, drug={"text": "Herceptin"}),
        administrations=bundle(given("Herceptin", 200, 350)),
    ),
    sent(
        "missing-lab-day",
        "an AST of this month",
        labs=labs(ast={**lab("1920-8", "ast-1", 24, "U/L", 40), "effectiveDateTime": "2026-11"}),
    ),
    sent(
        "missing-preliminary",
        "a newer AST of 300 U/L, preliminary",
        labs=bundle(*resources(labs()), {**lab("1920-8", "ast-2", 300, "U/L", 40), **LATER, "status": "preliminary"}),
    ),
    sent(
        "missing-preliminary-weight",
        "a newer weight of 50 kg, preliminary",
        weight=weights(status="preliminary", **LATER),
    ),
    sent(
        "in-report",
        "a report that says HER2 1+",
        tumorMarkers=bundle(
            her2("3+"),
            {
                "resourceType": "DiagnosticReport",
                "id": "report-1",
                "status": "final",
                "subject": PATIENT,
                "code": {"text": "Pathology"},
                "conclusion": "HER2: score 1+",
                **LATER,
            },
        ),
    ),
    # Diagnoses.
    sent(
        "suspected",
        "a provisional lung disease",
        conditions=problem(
            coding(ICD10, "J70.2", "Acute drug-induced ILD"), verificationStatus={"coding": [{"code": "provisional"}]}
        ),
    ),
    sent(
        "named-elsewhere",
        "an adverse event",
        administrations=bundle(
            {
                "resourceType": "AdverseEvent",
                "id": "event-1",
                "subject": PATIENT,
                "event": {"text": "Interstitial lung disease, grade 2"},
                "date": "2026-11-01",
            }
        ),
    ),
    sent(
        "codes-not-known",
        "a code of the hospital alone",
        conditions=problem(coding("https://hospital.example.org/dx", "X4711")),
    ),
    sent("code-alone", "a code that may mean lung disease", conditions=problem(coding(ICD10, "J98.4"))),
    sent("noted", "a cancer whose note says another HER2 status", conditions=noted_cancer("Rebiopsy: HER2 negative")),
    # The order's own words and fields.
    sent("order-modified", "an order with an unknown modifier", kadcyla(modifierExtension=MODIFIER)),
    sent(
        "medication-void",
        "an order of a Medication entered in error",
        referring(
            "#drug",
            contained=[
                {"resourceType": "Medication", "id": "drug", "status": "entered-in-error", "code": {"text": "Kadcyla"}}
            ],
        ),
    ),
    sent(
        "concept-as-text",
        "a drug with a code as plain text",
        order(dosage(dose_of(252, "mg")), medicationCodeableConcept="RXNORM 1371046 ado-trastuzumab emtansine"),
    ),
    sent(
        "instructions-unknown",
        "an unknown element in the instructions",
        order({**dosage(dose_of(252, "mg")), "taken out": 1}),
    ),
    sent("instructions-cut", "very long instructions", kadcyla("Infuse slowly. " * 200)),
    sent("text-cut", "very long notes", kadcyla(note="Port flushed. " * 2000)),
    sent("in-order", "an ejection fraction in the instructions", kadcyla("EF 38% today")),
    sent("missing-dose-in-words", "an amount in words", kadcyla("trescientos mg")),
    sent("missing-drug-in-text", "another drug in the instructions", order(dosage(text="Enhertu 378 mg IV"))),
    sent("missing-note-infusion", "too short a time in a note", kadcyla(note="Give over 10 minutes")),
    sent("missing-note-remark", "a note that says no", kadcyla(note="Do not give.")),
    sent("missing-problem-on-order", "a problem in the instructions", kadcyla("Prior Enhertu, stopped for ILD")),
    sent("missing-reason-on-order", "another cancer as the reason", kadcyla(reasonCode=[{"text": "Prostate cancer"}])),
    sent(
        "missing-schedule-counts",
        "4 cycles in words, 14 in the field",
        order(
            dosage(
                dose_of(252, "mg"),
                text="x 4 cycles",
                timing={"repeat": {"frequency": 1, "period": 3, "periodUnit": "wk", "count": 14}},
            )
        ),
    ),
    sent(
        "missing-schedule-differs",
        "tablets every 8 hours, twice a day",
        order(dosage(dose_of(300, "mg"), text="every 8 hours", **A_DAY), drug={"text": "Tukysa"}),
    ),
    sent(
        "missing-schedule-dose-twice",
        "two instructions without a day",
        order(dosage(dose_of(252, "mg")), dosage(dose_of(252, "mg"))),
    ),
    sent(
        "missing-schedule-never-begins",
        "an open instruction, then another",
        order(
            dosage(dose_of(300, "mg"), sequence=1, **A_DAY),
            dosage(dose_of(250, "mg"), sequence=2, **A_DAY),
            drug={"text": "Tukysa"},
        ),
    ),
    sent(
        "missing-dose-prepared",
        "a bag that holds another amount",
        referring(
            "#bag",
            contained=[
                {
                    "resourceType": "Medication",
                    "id": "bag",
                    "code": {"text": "Kadcyla"},
                    "ingredient": [
                        {
                            "itemCodeableConcept": {"text": "Kadcyla"},
                            "strength": {"numerator": quantity(378, "mg"), "denominator": quantity(1, "{bag}")},
                        }
                    ],
                }
            ],
        ),
    ),
    sent("missing-dose-dispensed", "a dispense of 200 mg", kadcyla(dispenseRequest={"quantity": quantity(200, "mg")})),
    sent(
        "missing-infusion-times", "a time of 90 minutes, and 15 in words", timed("over 90 minutes", "give over 15 min")
    ),
    # Orders that were not checked.
    sent(
        "plan-activity",
        "Kadcyla described in a plan",
        plan("CarePlan", activity=[{"detail": {"status": "scheduled", "productCodeableConcept": {"text": "Kadcyla"}}}]),
    ),
    sent(
        "plan-drug-unread",
        "a drug of a plan that was not sent",
        plan(
            "CarePlan",
            activity=[{"detail": {"status": "scheduled", "productReference": {"reference": "Medication/elsewhere"}}}],
        ),
    ),
    sent(
        "plan-order-missing",
        "an order of a plan that was not sent",
        plan("CarePlan", activity=[{"reference": ELSEWHERE}]),
    ),
    sent(
        "plan-order-named",
        "Kadcyla of a group that was not sent",
        plan("RequestGroup", action=[{"resource": {**ELSEWHERE, "display": "Kadcyla 252 mg"}}]),
    ),
    sent(
        "other-release",
        "an order as DSTU2 has it",
        {
            "resourceType": "MedicationOrder",
            "id": "order-1",
            "status": "draft",
            "patient": PATIENT,
            "medicationCodeableConcept": {"text": "Kadcyla"},
        },
    ),
    sent(
        "other-release-unnamed",
        "an order as R5 has it, of a drug not sent",
        {
            "resourceType": "MedicationRequest",
            "id": "order-1",
            "status": "draft",
            "intent": "order",
            "subject": PATIENT,
            "medication": {"reference": {"reference": "Medication/elsewhere"}},
        },
    ),
    sent("unresolved-drug", "a drug that was not sent", referring("Medication/elsewhere")),
    sent(
        "unknown-code",
        "a code that is not known",
        order(dosage(dose_of(252, "mg")), drug=concept(coding(RXNORM, "9999999"))),
    ),
    sent("drug-unreadable", "a number for a name", order(dosage(dose_of(252, "mg")), drug={"text": 7})),
    sent("unreadable-order", "beside Kadcyla what is no resource", drug("Kadcyla", 252), {"resource": 7}),
    sent("unreadable-session", "nothing but what is no resource", {"resource": 7}),
    sent("kind-unnamed", "an order that does not say what it is", without(kadcyla(), "resourceType")),
    sent(
        "no-order",
        "a statement among the orders",
        {
            "resourceType": "MedicationStatement",
            "id": "statement-1",
            "status": "active",
            "subject": PATIENT,
            "medicationCodeableConcept": {"text": "Kadcyla"},
        },
    ),
    sent(
        "ordered-as-service",
        "Kadcyla as a service",
        {
            "resourceType": "ServiceRequest",
            "id": "service-1",
            "status": "draft",
            "intent": "order",
            "subject": PATIENT,
            "code": {"text": "Kadcyla 252 mg infusion"},
        },
    ),
    sent(
        "named-in-instructions",
        "Kadcyla in a bag of saline",
        order(dosage(text="Kadcyla 252 mg in 250 mL"), drug={"text": "Sodium chloride 0.9 % 250 mL"}),
    ),
    sent(
        "selection-unknown",
        "the selection of another order",
        context={"hook": "order-select", "selections": ["MedicationRequest/other"]},
    ),
    sent(
        "order-not-found",
        "a dispatched order that was not sent",
        context={
            "hook": "order-dispatch",
            "dispatchedOrders": ["MedicationRequest/elsewhere"],
            "performer": "Organization/x",
        },
    ),
    sent("other-patient", "an order of another patient", kadcyla(subject={"reference": "Patient/other"})),
)
