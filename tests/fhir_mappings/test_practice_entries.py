"""What a client sends besides orders and the lists asked for: other entries of a chart, wherever they stand."""

from __future__ import annotations

from typing import Any

import pytest
from shapes import SNOMED, Json, bundle, cards, chart, coding, concept, lab, observation, order, quantity, topics
from test_practice_orders import METASTATIC, active, cancer, case, drug, given, on
from test_practice_requests import ILD, reported

from cds_service.decisions.data_access import DataMissing

PATIENT = {"reference": "Patient/pat-1"}
TOLD = ("checks-incomplete",)


def entry(kind: str, **elements: Any) -> Json:
    return {"resourceType": kind, "id": "entry-1", "subject": PATIENT, **elements}


def event(text: str, days: int = 10, **changes: Any) -> Json:
    said = {"actuality": "actual", "event": concept(text=text), "date": on(days), **changes}
    return entry("AdverseEvent", **said)


def flag(text: str, status: str = "active") -> Json:
    return entry("Flag", status=status, code=concept(text=text), period={"start": on(20)})


def issue(text: str, status: str = "final") -> Json:
    found = entry("DetectedIssue", status=status, code=concept(text=text), identifiedDateTime=on(5), patient=PATIENT)
    del found["subject"]
    return found


def allergy(substance: str, reaction: str, days: int = 40, **changes: Any) -> Json:
    return {
        "resourceType": "AllergyIntolerance",
        "id": "entry-1",
        "patient": PATIENT,
        "code": concept(text=substance),
        "reaction": [{"manifestation": [concept(text=reaction)]}],
        "recordedDate": on(days),
        **changes,
    }


def visit(reason: str, days: int, status: str = "finished") -> Json:
    return entry("Encounter", status=status, reasonCode=[concept(text=reason)], period={"start": on(days)})


def ct(conclusion: str, days: int = 5, **changes: Any) -> Json:
    return reported(conclusion, effectiveDateTime=on(days), id=f"ct-{days}", **changes)


NYHA_I, NYHA_II = coding(SNOMED, "420300004"), coding(SNOMED, "421704003", "NYHA Classification - Class II")
UNKNOWN_CLASS = concept(coding("http://loinc.org", "LA28406-1"))


def nyha(written: str, days: int = 10, value: Json | None = None, **changes: Any) -> Json:
    said = value or {"valueString": written}
    name = f"nyha-{days}"
    return observation("88020-3", name, **said, **{"effectiveDateTime": on(days), **changes})


def elsewhere(sentence: str, expected: tuple[str, ...], *entries: Json, **changes: Any) -> Any:
    return case(sentence, expected, (drug("Kadcyla", 252),), chart={"other": bundle(*entries), **changes})


REFUTED = cancer(
    ILD, text="ILD", name="ild-1", verificationStatus={"coding": [{"code": "refuted"}]}, recordedDate=on(3)
)
FOR_LONG = bundle(given("Kadcyla", 21, 252), given("Kadcyla", 600, 252))
CASES = [
    elsewhere("an adverse event", TOLD, event("Interstitial lung disease, grade 2")),
    elsewhere("an adverse event by its code", TOLD, event("", event=concept(coding(SNOMED, "233703007")))),
    elsewhere("an adverse event that stops nothing", (), event("Nausea, grade 1")),
    elsewhere("a potential adverse event", (), event("Pneumonitis", actuality="potential")),
    elsewhere("an adverse event of somebody else", (), event("Pneumonitis", subject={"reference": "Patient/other"})),
    elsewhere("an old adverse event before treatment", (), event("Pneumonitis", 900)),
    elsewhere("an old one under treatment", TOLD, event("Pneumonitis", 500), administrations=FOR_LONG),
    elsewhere("among the problems", TOLD, conditions=bundle(METASTATIC, event("Pneumonitis"))),
    elsewhere(
        "on the problem list as well",
        ("ild-active",),
        event("ILD"),
        conditions=bundle(METASTATIC, cancer(ILD, text="ILD", name="ild-1")),
    ),
    elsewhere("ruled out later on the problem list", (), event("ILD"), conditions=bundle(METASTATIC, REFUTED)),
    elsewhere("a reaction to a drug", TOLD, allergy("Enhertu", "Pneumonitis")),
    elsewhere("a reaction years ago", (), allergy("Nitrofurantoin", "Pneumonitis", 2000)),
    elsewhere(
        "an allergy that was refuted",
        (),
        allergy("Enhertu", "Pneumonitis", verificationStatus={"coding": [{"code": "refuted"}]}),
    ),
    elsewhere("a rash", (), allergy("Penicillin", "Rash")),
    elsewhere("a flag", TOLD, flag("ILD - pulmonary following")),
    elsewhere("a flag that was taken down", (), flag("Interstitial lung disease", "inactive")),
    elsewhere("flags of another kind", (), flag("Contact isolation")),
    elsewhere("a detected issue", TOLD, issue("Possible drug-induced pneumonitis")),
    elsewhere("a cancelled issue", (), issue("Pneumonitis", "cancelled")),
    elsewhere("the reason of a visit", TOLD, visit("Pneumonitis", 15)),
    elsewhere("the reason of a visit that was cancelled", (), visit("Pneumonitis", 15, "cancelled")),
    elsewhere("the reason of a visit years ago", (), visit("Pneumonitis", 1900)),
    elsewhere("a report that suspects it", TOLD, ct("Opacities compatible with drug-related pneumonitis grade 2.")),
    elsewhere("a code of a report", TOLD, ct("See codes.", conclusionCode=[concept(ILD)])),
    elsewhere("a report that denies it", (), ct("No evidence of ILD or pneumonitis. Stable nodules.")),
    elsewhere("a report that denies it in German", (), ct("Kein Anhalt für Pneumonitis oder ILD.")),
    elsewhere("a report of other things", (), ct("Stable metastases. Mild emphysema. No pulmonary embolism.")),
    elsewhere(
        "a suspicion that a later report denies", (), ct("Suspicious for pneumonitis.", 40), ct("No pneumonitis.")
    ),
    elsewhere("a suspicion after a clear report", TOLD, ct("No pneumonitis.", 40), ct("Suspicious for pneumonitis.")),
    elsewhere("a report that compares it", TOLD, ct("Interstitial lung disease, new since prior.")),
    elsewhere("what may be heart failure", TOLD, event("Trastuzumab cardiotoxicity")),
    elsewhere("NYHA class III", TOLD, nyha("Class III")),
    elsewhere("NYHA class II by its code", TOLD, nyha("", value={"valueCodeableConcept": concept(NYHA_II)})),
    elsewhere("NYHA class as a number", TOLD, nyha("", value={"valueInteger": 4})),
    elsewhere("NYHA class by a code without words", TOLD, nyha("", value={"valueCodeableConcept": UNKNOWN_CLASS})),
    elsewhere("NYHA class that only words name", TOLD, nyha("III", code=concept(text="NYHA functional class"))),
    elsewhere("NYHA class I", (), nyha("I")),
    elsewhere("NYHA class I with its meaning", (), nyha("NYHA Class I: no limitation of physical activity")),
    elsewhere("NYHA class I by its code", (), nyha("", value={"valueCodeableConcept": concept(NYHA_I)})),
    elsewhere("NYHA class not assessed", (), nyha("Not assessed")),
    elsewhere("NYHA class III, and I later", (), nyha("III", 30), nyha("I", 3)),
    elsewhere("NYHA class I, and III later", TOLD, nyha("I", 30), nyha("III", 3)),
    elsewhere("NYHA class III years ago", (), nyha("III", 900)),
    elsewhere("NYHA class in error", (), nyha("III", status="entered-in-error")),
    elsewhere("the class of another scale", (), nyha("3", code=concept(text="ECOG performance status"))),
    elsewhere("a finding", TOLD, entry("ClinicalImpression", finding=[{"itemCodeableConcept": concept(text="ILD")}])),
]
PLATELETS = lab("777-3", "plt-9", 40, "10*3/uL", 400) | {"effectiveDateTime": on(0)}
IN_TIME = {"administrations": bundle(given("Kadcyla", 21, 252))}


def among(sentence: str, expected: tuple[str, ...], *beside: Json, **changes: Any) -> Any:
    return case(f"among the orders: {sentence}", expected, (drug("Kadcyla", 252), *beside), chart=changes)


CASES += [
    among("low platelets", ("blood-count-hold",), PLATELETS),
    among("normal platelets", (), lab("777-3", "plt-9", 230, "10*3/uL", 400)),
    among("lung disease", ("ild-active",), cancer(ILD, text="ILD", name="ild-1")),
    among("another diagnosis", (), cancer(text="Essential hypertension", name="hypertension-1")),
    among("a dose of last week", ("interval-too-short",), given("Kadcyla", 7, 252)),
    among("the dose of three weeks ago", (), given("Kadcyla", 21, 252)),
    among(
        "another antibody that is taken",
        ("her2-agents-combined",),
        {**active("trastuzumab"), "resourceType": "MedicationStatement"},
    ),
    among(
        "the end of an order that the chart still has",
        (),
        {**active("trastuzumab"), "status": "stopped"},
        medications=bundle(active("trastuzumab")),
    ),
    among(
        "the end of another order",
        ("her2-agents-combined",),
        {**active("trastuzumab"), "status": "cancelled", "id": "another"},
        medications=bundle(active("trastuzumab")),
    ),
    among(
        "an order that is completed now",
        (),
        {**active("voriconazole"), "status": "completed"},
        medications=bundle(active("voriconazole")),
    ),
    among("the patient", (), {"resourceType": "Patient", "id": "pat-1"}),
]


def wrapped(*resources: Json) -> Json:
    return {"resourceType": "Parameters", "parameter": [{"name": "return", "resource": each} for each in resources]}


def listed(sentence: str, expected: tuple[str, ...], **changes: Any) -> Any:
    return case(f"a list: {sentence}", expected, (drug("Kadcyla", 252),), chart={**IN_TIME, **changes})


FAILED = {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "timeout"}]}
FULL = bundle(METASTATIC, *(cancer(text="Hypertension", name=f"other-{number}") for number in range(199)), total=None)
SHORT = bundle(given("Kadcyla", 21, 252), total=40)
CASES += [
    listed("in Parameters", (), administrations=wrapped(bundle(given("Kadcyla", 21, 252)))),
    listed(
        "in Parameters, too soon", ("interval-too-short",), administrations=wrapped(bundle(given("Kadcyla", 7, 252)))
    ),
    listed(
        "in a part of Parameters",
        ("blood-count-hold",),
        everything={
            "resourceType": "Parameters",
            "parameter": [{"name": "a", "part": [{"name": "b", "resource": PLATELETS}]}],
        },
    ),
    listed("in Parameters, failed", TOLD, administrations=wrapped(FAILED)),
    listed("as long as was asked for, in a list", TOLD, conditions=bundle(FULL, total=None)),
    listed("as long as was asked for, in Parameters", TOLD, conditions=wrapped(FULL)),
    listed("in Parameters that hold none", TOLD, administrations=wrapped()),
    listed("inside a list, short of its total", TOLD, administrations=bundle(SHORT, total=None)),
    listed("redacted", TOLD, conditions=bundle(METASTATIC, meta={"security": [{"code": "REDACTED"}]})),
    listed("redacted and empty", TOLD, administrations=bundle(meta={"security": [{"code": "REDACTED"}]})),
    listed("of normal confidentiality", (), conditions=bundle(METASTATIC, meta={"security": [{"code": "N"}]})),
    listed(
        "whose newest dose was not given",
        TOLD,
        administrations=bundle(
            {**given("Kadcyla", 21, 252), "note": [{"text": "Held - ANC 0.7"}]}, given("Kadcyla", 42, 252)
        ),
    ),
    listed(
        "of which an older dose was not given",
        (),
        administrations=bundle(given("Kadcyla", 21, 252), {**given("Kadcyla", 42, 252), "note": [{"text": "Held"}]}),
    ),
]


def recorded(adherence: str) -> Json:
    """Return a statement of R5."""
    elements: Json = {"medication": {"concept": concept(text="trastuzumab")}, "status": "recorded"}
    said = {"adherence": {"code": {"coding": [{"code": adherence}]}}} if adherence else {}
    return entry("MedicationStatement", **elements, **said)


CASES += [
    listed(
        "with a statement of R5 that it is taken",
        ("her2-agents-combined",),
        other=bundle(recorded("taking-as-directed")),
    ),
    listed("with a statement of R5", ("her2-agents-combined",), other=bundle(recorded(""))),
    listed("with a statement of R5 that it is not taken", (), other=bundle(recorded("not-taking"))),
]


@pytest.mark.parametrize(("entries", "changes", "expected"), CASES)
def test_exactly_these_cards(entries: tuple[Json, ...], changes: dict[str, Any], expected: list[str]) -> None:
    assert topics(*entries, prefetch=chart(**changes["chart"])) == expected


def test_a_problem_outside_the_problem_list_is_a_warning_with_what_it_stands_in() -> None:
    (card,) = cards(order(), prefetch=chart(other=bundle(event("ILD grade 2"))))
    assert card["indicator"] == "warning"
    assert f'"ILD grade 2" is in the chart but not on the problem list (AdverseEvent, {on(10)})' in card["detail"]


def test_a_dose_that_was_not_given_is_a_warning_with_its_words() -> None:
    record = {**given("Kadcyla", 21, 252), "note": [{"text": "Patient declined"}]}
    (card,) = cards(order(), prefetch=chart(administrations=bundle(record)))
    assert card["indicator"] == "warning"
    assert f'is charted as given on {on(21)}, and the words beside it say "Patient declined"' in card["detail"]


def test_a_chart_under_a_key_of_the_clients_own_is_checked() -> None:
    everything = [each for value in chart().values() if value is not None for each in _resources(value)]
    (card,) = cards(order(), prefetch={"everything": bundle(*everything)})
    assert card["source"]["topic"]["code"] == "checks-incomplete"
    low = observation("777-3", "plt-9", valueQuantity=quantity(40, "10*3/uL"))
    assert "blood-count-hold" in topics(order(), prefetch={"everything": bundle(low)})
    with pytest.raises(DataMissing):
        cards(order(), prefetch={"user": {"resourceType": "Practitioner", "id": "p"}})


def _resources(value: Json) -> list[Json]:
    return [each["resource"] for each in value.get("entry", [])] if value["resourceType"] == "Bundle" else [value]
