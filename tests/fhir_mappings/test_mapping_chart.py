"""A whole request into orders and chart: whose data it is, what was selected, what lacks, and what comes of it."""

from __future__ import annotations

import copy
import json
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from shapes import (
    DECIDER,
    HCPCS,
    ICD10,
    KADCYLA,
    LOINC,
    NDC,
    RXNORM,
    SNOMED,
    TODAY,
    Json,
    bundle,
    cards,
    chart,
    chart_reader,
    coding,
    concept,
    condition,
    dosage,
    dose_of,
    hook_body,
    hook_request,
    lab,
    observation,
    order,
    quantity,
    topic,
    topics,
)

from cards.facts.patient import Patient
from cds_service.configuration.settings import Settings
from cds_service.configuration.site_settings import SiteSettings
from cds_service.decisions.data_access import DataMissing
from cds_service.decisions.decider import Decider
from fhir_mappings.request.chart_source import ChartSource
from fhir_mappings.request.hook_request import BadRequest, read_request
from fhir_mappings.request.orders import Orders
from fhir_mappings.request.prefetch import Answer, read_answer
from fhir_mappings.wire.exact_json import encode

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

REQUIRED = frozenset({"weight", "labs", "lvef", "tumorMarkers", "conditions", "patient"})
WEIGHT = observation("29463-7", "weight-1", valueQuantity=quantity(70, "kg"))
OVERDOSE = order(dosage(dose_of(5, "mg/kg")))
AMOXICILLIN = order(id="order-2", drug=concept(coding(RXNORM, "308182"), text="Amoxicillin 250 mg"))


def patient(**lists: Any) -> Patient:
    answers: dict[str, Answer] = {key: read_answer(encode(value), f"prefetch.{key}") for key, value in lists.items()}
    return chart_reader().patient(answers, "pat-1", REQUIRED)


def orders(*entries: Json, **changes: Any) -> Orders:
    return chart_reader().orders(hook_request(*entries, **changes))


def infusion(instructions: str, name: str = "Chemotherapy infusion") -> Json:
    return order({"text": instructions}, id="i", drug={"text": name})


def reasons(found: Patient | Orders) -> list[str]:
    return [gap.reason for gap in found.gaps]


def test_an_order_without_missing_data_gets_no_card() -> None:
    assert topics() == []


@pytest.mark.parametrize(
    ("subject", "is_used"),
    [
        pytest.param({"reference": "Patient/pat-1"}, True, id="relative"),
        pytest.param({"reference": "https://ehr.example.org/fhir/Patient/pat-1"}, True, id="absolute"),
        pytest.param({"reference": "Patient/pat-1/_history/2"}, True, id="versioned"),
        pytest.param({"reference": "urn:uuid:pat-1"}, True, id="urn of the patient's id"),
        pytest.param({"reference": "urn:uuid:0c3a"}, True, id="urn of the Patient that came along"),
        pytest.param(None, True, id="missing"),
        pytest.param({"display": "Somebody"}, True, id="a display alone"),
        pytest.param([{"reference": "Patient/pat-1"}], True, id="an array for the object"),
        pytest.param({"reference": "#pat-1"}, True, id="a contained copy of the patient"),
        pytest.param({"reference": "#pat-2"}, False, id="a contained patient of another id"),
        pytest.param({"reference": "Patient/pat-2"}, False, id="another patient"),
        pytest.param({"reference": "Patient/pat-11"}, False, id="a longer id"),
        pytest.param({"reference": "https://ehr.example.org/fhir/Patient/pat-2"}, False, id="another, absolute"),
        pytest.param({"reference": "urn:uuid:other"}, False, id="a urn that is nobody's"),
        pytest.param({"reference": "Group/pat-1"}, False, id="a group"),
        pytest.param([{"reference": "Patient/pat-2"}], False, id="another, an array for the object"),
        pytest.param([{"reference": "Patient/pat-1"}, {"reference": "Patient/pat-2"}], False, id="both"),
    ],
)
def test_only_the_patients_own_data_is_used(subject: Any, is_used: bool) -> None:  # noqa: FBT001 - a column
    known = bundle({"resourceType": "Patient", "id": "pat-1"})
    known["entry"][0]["fullUrl"] = "urn:uuid:0c3a"
    cancer = condition("c", coding(ICD10, "C50.911"), subject=subject)
    found = patient(patient=known, weight=bundle({**WEIGHT, "subject": subject}), conditions=bundle(cancer))
    assert (len(found.weights), len(found.diagnoses)) == ((1, 1) if is_used else (0, 0))
    assert reasons(found) == ([] if is_used else ["other-patient", "other-patient"])


def dose(on: str, text: str = "Kadcyla", **changes: Any) -> Json:
    """Make a dose that was given on a day."""
    return {
        "resourceType": "MedicationAdministration",
        "id": f"dose-{on}",
        "status": "completed",
        "medicationCodeableConcept": {"text": text},
        "effectiveDateTime": on,
        **changes,
    }


@pytest.mark.parametrize(
    ("doses", "read"),
    [
        pytest.param([], ["2026-11-20"], id="no dose: the newest alone"),
        pytest.param([dose("2026-11-01")], ["2026-11-20", "2026-11-15", "2026-11-08"], id="back to the dose"),
        pytest.param([dose("2026-11-08")], ["2026-11-20", "2026-11-15"], id="not of the day of the dose"),
        pytest.param([dose("2026-11-07")], ["2026-11-20", "2026-11-15", "2026-11-08"], id="of the day after"),
        pytest.param(
            [dose("2026-10-01"), dose("2026-11-10")],
            ["2026-11-20", "2026-11-15", "2026-11-08", "2026-10-20"],
            id="the first of several",
        ),
        pytest.param([dose("2026-11-21")], ["2026-11-20"], id="a dose after all of them"),
        pytest.param([dose("2026-11-01", "Enhertu")], ["2026-11-20"], id="a drug that no result ends"),
        pytest.param([dose("2026-11-01", status="not-done")], ["2026-11-20"], id="a dose that was not given"),
        pytest.param(
            [{**dose("2026-11-01"), "resourceType": "MedicationRequest", "status": "active"}],
            ["2026-11-20", "2026-11-15", "2026-11-08"],
            id="an order, which is all that is on record of tablets",
        ),
        pytest.param(
            [{**dose("2026-11-10"), "resourceType": "MedicationRequest"}],
            ["2026-11-20", "2026-11-15"],
            id="a completed order where no dose is recorded",
        ),
        pytest.param(
            [dose("2026-11-01"), {**dose("2026-11-16"), "resourceType": "MedicationRequest"}],
            ["2026-11-20", "2026-11-15", "2026-11-08"],
            id="a completed order beside a dose says nothing",
        ),
    ],
)
def test_results_are_read_back_to_the_first_dose_of_a_drug_that_they_end(doses: list[Json], read: list[str]) -> None:
    days = ("2026-10-20", "2026-11-08", "2026-11-15", "2026-11-20")
    drawn = [lab("1742-6", f"alt-{day}", 900, "U/L", 40) | {"effectiveDateTime": day} for day in days]
    found = patient(labs=bundle(*drawn), administrations=bundle(*doses))
    assert [str(result.on) for result in found.labs["alt"]] == read


@pytest.mark.parametrize(
    ("subject", "expected"),
    [
        pytest.param({"reference": "Patient/pat-1"}, ["dose-above-maximum"], id="relative"),
        pytest.param(
            {"reference": "https://ehr.example.org/fhir/Patient/pat-1/_history/1"},
            ["dose-above-maximum"],
            id="absolute",
        ),
        pytest.param({"reference": "urn:uuid:p"}, ["dose-above-maximum"], id="urn of a Patient in the session"),
        pytest.param(None, ["dose-above-maximum"], id="missing"),
        pytest.param({"reference": "Patient/pat-2"}, ["checks-incomplete"], id="another patient: said, never checked"),
    ],
)
def test_an_order_of_another_patient_is_not_checked_and_not_passed_over(subject: Any, expected: list[str]) -> None:
    known = {"resource": {"resourceType": "Patient", "id": "pat-1"}, "fullUrl": "urn:uuid:p"}
    assert topics({**OVERDOSE, "subject": subject}, known) == expected


def test_an_order_of_another_patient_out_of_scope_is_passed_over() -> None:
    assert topics({**AMOXICILLIN, "subject": {"reference": "Patient/pat-2"}}) == []


@pytest.mark.parametrize(
    ("resource", "expected"),
    [
        pytest.param({"resourceType": "Patient", "id": "pat-1"}, [], id="the patient"),
        pytest.param({"resourceType": "Patient"}, [], id="a Patient without id"),
        pytest.param({"resourceType": "Patient", "id": "pat-2"}, ["other-patient"], id="another Patient"),
    ],
)
def test_the_patient_resource(resource: Json, expected: list[str]) -> None:
    assert reasons(patient(patient=resource)) == expected


def test_texts_of_another_patient_are_not_searched() -> None:
    def report(subject: str) -> Json:
        return {
            "resourceType": "DiagnosticReport",
            "id": "r",
            "subject": {"reference": subject},
            "conclusion": "HER2 3+, LVEF 60 %",
        }

    assert reasons(patient(x=bundle(report("Patient/pat-1")))) == ["her2-in-text", "lvef-in-text"]
    assert reasons(patient(x=bundle(report("Patient/pat-2")))) == []


@pytest.mark.parametrize(
    ("conclusion", "changes", "told"),
    [
        pytest.param("Ductal carcinoma. HER2 negative (1+).", {}, "HER2 negative (1+)", id="another HER2 status"),
        pytest.param("Ductal carcinoma. HER2 3+.", {}, None, id="the same HER2 status"),
        pytest.param("Candidate for HER2-targeted therapy.", {}, None, id="HER2 without a status"),
        pytest.param("HER2 1+ on repeat biopsy.", {}, "HER2 1+ on repeat biopsy", id="a score in other words"),
        pytest.param("HER2 3+ on repeat biopsy.", {}, None, id="the same score in other words"),
        pytest.param("The HER2 result is an error.", {}, "The HER2 result is an error", id="a result called wrong"),
        pytest.param("HER2 scoring: 0, 1+ negative.", {}, None, id="a legend"),
        pytest.param("Echo. LVEF 35 %.", {}, "LVEF 35 %", id="a lower LVEF"),
        pytest.param("LVEF 48 % down from 60 %.", {}, "LVEF 48 % down from 60 %", id="an LVEF that is not read"),
        pytest.param("LVEF 55-60 %.", {}, None, id="a range that holds the LVEF"),
        pytest.param("LVEF is preserved.", {}, None, id="no number"),
        pytest.param("LVEF 35 %.", {"effectiveDateTime": "2026-10-01"}, None, id="before the result"),
        pytest.param("LVEF 35 %.", {"effectiveDateTime": "2026-11-20"}, "LVEF 35 %", id="a lower LVEF of the same day"),
        pytest.param(
            "LVEF 48 % down from 60 %.", {"effectiveDateTime": "2026-11-20"}, None, id="the same study in other words"
        ),
        pytest.param("HER2 2+ (equivocal).", {}, "HER2 2+ (equivocal)", id="another score, not the opposite"),
        pytest.param("If HER2 is negative, repeat the test.", {}, None, id="under a condition"),
        pytest.param("HER2 2+ cases are reflexed to ISH.", {}, None, id="a policy"),
        pytest.param("Prior specimen: HER2 1+. Current: HER2 3+.", {}, None, id="an earlier specimen"),
        pytest.param("HER2 was scored as 0 on review.", {}, "HER2 was scored as 0 on review", id="a score of 0"),
        pytest.param("HER2 negative.", {"status": "preliminary"}, None, id="not final"),
        pytest.param("HER2 negative.", {"subject": {"reference": "Patient/pat-2"}}, None, id="of another patient"),
    ],
)
def test_a_report_that_says_otherwise_than_the_results(conclusion: str, changes: Json, told: str | None) -> None:
    report = {
        "resourceType": "DiagnosticReport",
        "id": "r",
        "status": "final",
        "subject": {"reference": "Patient/pat-1"},
        "effectiveDateTime": "2026-11-21",
        "conclusion": conclusion,
        **changes,
    }
    lvef = observation("10230-1", valueQuantity=quantity(60, "%"))
    her2 = observation("85319-2", valueString="3+") | {"id": "her2"}
    gaps = patient(x=bundle(report, lvef, her2)).gaps
    assert [(gap.reason, dict(gap.values)["value"]) for gap in gaps] == ([("in-report", told)] if told else [])


@pytest.mark.parametrize(("code", "told"), [("C34.90", True), ("C50.911", False)])
def test_a_sequencing_result_that_was_not_read_is_there_in_lung_cancer(code: str, told: bool) -> None:  # noqa: FBT001
    cancer = {
        "resourceType": "Condition",
        "id": "c",
        "subject": {"reference": "Patient/pat-1"},
        "clinicalStatus": {"coding": [{"code": "active"}]},
        "code": {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": code}]},
    }
    panel = {
        "resourceType": "Observation",
        "id": "o",
        "status": "final",
        "subject": {"reference": "Patient/pat-1"},
        "code": {"text": "NGS panel"},
        "valueString": "ERBB2 p.A775_G776insYVMA",
    }
    found = patient(conditions=bundle(cancer), tumorMarkers=bundle(panel))
    assert ("erbb2-mutation" in [gap.about for gap in found.gaps]) is told


@pytest.mark.parametrize(
    "resource",
    [
        pytest.param({"resourceType": "DiagnosticReport", "conclusion": "HER2: Negative"}, id="a report"),
        pytest.param(
            {"resourceType": "DiagnosticReport", "text": {"div": "<td>ER: Negative, HER2: Negative</td>"}},
            id="the narrative of a report",
        ),
        pytest.param(
            {"resourceType": "Observation", "code": {"text": "Pathology"}, "valueString": "Her2/neu 3+"},
            id="an Observation",
        ),
        pytest.param({"resourceType": "DocumentReference", "description": "ERBB2 FISH"}, id="a document"),
    ],
)
def test_her2_in_narrative_only_asks_for_a_review(resource: Json) -> None:
    found = cards(prefetch=chart(tumorMarkers=bundle(resource)))
    (card,) = (card for card in found if topic(card) == "her2-missing")
    assert "mentions HER2" in card["detail"]


def test_serum_her2_is_not_even_a_mention() -> None:
    serum = observation(
        "32996-1", "s", code=concept(coding(LOINC, "32996-1", "HER2 in Serum")), valueString="HER2 high"
    )
    assert reasons(patient(x=bundle(serum))) == []


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param(bundle(WEIGHT, link=[{"relation": "next", "url": "x"}]), ["next-page"], id="a next page"),
        pytest.param(
            bundle(WEIGHT, {"resourceType": "OperationOutcome", "issue": [{"severity": "error"}]}),
            ["partial"],
            id="an error beside results",
        ),
        pytest.param(
            bundle(WEIGHT, {"resourceType": "OperationOutcome", "issue": [{"severity": "warning"}]}),
            [],
            id="a warning beside results",
        ),
        pytest.param(bundle(WEIGHT, None), ["malformed"], id="a null resource"),
        pytest.param({**bundle(WEIGHT), "entry": [{"resource": WEIGHT}, None]}, ["malformed"], id="a null entry"),
        pytest.param(bundle(WEIGHT, {"resourceType": "Observation", "id": "x"}), ["no-code"], id="without code"),
        pytest.param(bundle(WEIGHT, observation("", "x", code={})), ["no-code"], id="with an empty code"),
        pytest.param(bundle(WEIGHT, observation("", "x", code={"coding": [{}]})), ["no-code"], id="with empty codings"),
        pytest.param(bundle(WEIGHT, observation("", "x", code={"text": "Gait"})), [], id="named in words"),
        pytest.param(bundle(WEIGHT, observation("8302-2", "x")), [], id="another code"),
        pytest.param(bundle(WEIGHT, {"id": "x"}), ["malformed"], id="without type"),
        pytest.param(bundle(WEIGHT, {}), ["malformed"], id="an empty resource"),
        pytest.param(bundle(WEIGHT, {"resourceType": "Provenance"}), [], id="a resource of no interest"),
        pytest.param(
            bundle(WEIGHT, {**condition("c"), "resourceType": "condition"}), ["malformed"], id="a misspelled type"
        ),
        pytest.param(bundle(WEIGHT, {**condition("c"), "resourceType": "CONDITION"}), ["malformed"], id="in capitals"),
        pytest.param(bundle(WEIGHT, condition("c", code={})), ["no-code"], id="a condition with an empty code"),
        pytest.param(bundle(WEIGHT, condition("c", code={"coding": [{}]})), ["no-code"], id="with an empty coding"),
        pytest.param(bundle(WEIGHT, condition("c", code=None)), ["no-code"], id="a condition without code"),
    ],
)
def test_what_is_missing_is_reported(value: Json, expected: list[str]) -> None:
    found = patient(weight=value)
    assert (len(found.weights), reasons(found)) == (1, expected)


@pytest.mark.parametrize(
    ("more", "expected"),
    [pytest.param({}, ["full-page"], id="not counted"), pytest.param({"total": 100}, [], id="counted")],
)
def test_a_list_of_just_as_many_as_were_asked_for(more: Json, expected: list[str]) -> None:
    many = bundle(*({**WEIGHT, "id": f"w-{number}"} for number in range(100)), **more)
    assert reasons(patient(weight=many)) == expected
    told = [card for card in cards(prefetch=chart(weight=many)) if topic(card) == "checks-incomplete"]
    assert [("100 entries, as many as were asked for" in card["detail"]) for card in told] == [True] * len(expected)


def test_an_item_missing_from_the_clients_own_list_is_not_reported() -> None:
    own = bundle(WEIGHT, None, link=[{"relation": "next", "url": "x"}])
    found = patient(item1=own)
    assert (len(found.weights), reasons(found)) == (1, [])


@pytest.mark.parametrize(
    "said",
    [
        pytest.param({"modifierExtension": [{"url": "http://example.org/not", "valueBoolean": True}]}, id="extension"),
        pytest.param({"implicitRules": "http://example.org/rules"}, id="rules"),
    ],
)
@pytest.mark.parametrize(
    ("resource", "about"),
    [
        pytest.param(WEIGHT, "weight", id="a result"),
        pytest.param(condition("c"), "diagnosis", id="a condition"),
        pytest.param(
            {"resourceType": "Patient", "id": "pat-1", "birthDate": "1970-01-01"}, "patient", id="the patient"
        ),
        pytest.param(
            {"resourceType": "MedicationAdministration", "status": "completed", "medicationCodeableConcept": KADCYLA},
            "treatment",
            id="a dose given",
        ),
    ],
)
def test_what_carries_an_unknown_modifier_is_not_used_and_told(resource: Json, about: str, said: Json) -> None:
    found = patient(item=bundle({**resource, **said}))
    assert [(gap.about, gap.reason) for gap in found.gaps] == [(about, "modified")]
    assert (found.weights, found.diagnoses, found.birth_date, found.treatments) == ((), (), None, ())


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        ("preliminary", "preliminary"),
        ("unknown", "result-no-status"),
        ("FINAL", "result-status-unknown"),
        ("done", "result-status-unknown"),
    ],
)
def test_a_status_that_fhir_does_not_have_says_nothing(status: str, reason: str) -> None:
    assert reasons(patient(weight=bundle({**WEIGHT, "status": status}))) == [reason]


def test_an_unknown_status_without_a_value_is_a_test_under_way() -> None:
    """Converters of HL7 v2 write it for a result that is "in process"."""
    under_way = {name: value for name, value in WEIGHT.items() if name != "valueQuantity"}
    assert reasons(patient(weight=bundle({**under_way, "status": "unknown"}))) == ["status"]


def measured(code: str, value: int, unit: str, **changes: Any) -> Json:
    return observation(code, f"{code}-{value}", valueQuantity=quantity(value, unit), **changes)


AST, LVEF, PREGNANCY = "1920-8", "10230-1", "2106-3"


@pytest.mark.parametrize(
    ("results", "expected"),
    [
        pytest.param(
            [measured(AST, 24, "U/L"), measured(AST, 300, "U/L", effectiveDateTime=None)], ["300 U/L"], id="worse"
        ),
        pytest.param([measured(AST, 300, "U/L"), measured(AST, 24, "U/L", effectiveDateTime=None)], [], id="better"),
        pytest.param(
            [measured(AST, 300, "U/L", effectiveDateTime=None)], [], id="the only one: the rule asks for its date"
        ),
        pytest.param(
            [measured(LVEF, 60, "%"), measured(LVEF, 35, "%", effectiveDateTime=None)], ["35 %"], id="a lower LVEF"
        ),
        pytest.param(
            [observation(PREGNANCY, "t", valueString="Positive", effectiveDateTime=None)], ["Positive"], id="pregnancy"
        ),
        pytest.param([observation(PREGNANCY, "t", valueString="Negative", effectiveDateTime=None)], [], id="negative"),
        pytest.param([WEIGHT, measured("29463-7", 50, "kg", effectiveDateTime=None)], ["50 kg"], id="a lower weight"),
        pytest.param([WEIGHT, measured("29463-7", 90, "kg", effectiveDateTime=None)], [], id="a higher weight"),
        pytest.param([WEIGHT, measured("3142-7", 50, "kg", effectiveDateTime=None)], [], id="a weight by hearsay"),
        pytest.param(
            [measured(AST, 24, "U/L"), measured(AST, 300, "U/L", effectiveDateTime="11/28/2026")],
            ["300 U/L"],
            id="a date that may be read in two ways",
        ),
    ],
)
def test_a_worse_result_without_a_date_is_told(results: list[Json], expected: list[str]) -> None:
    """It may be newer than the one that is used."""
    undated = [gap for gap in patient(labs=bundle(*results)).gaps if gap.reason == "undated-result"]
    assert [dict(gap.values)["value"] for gap in undated] == expected


def test_a_modified_part_of_a_result_is_one_of_the_result() -> None:
    modified = [{"code": WEIGHT["code"], "modifierExtension": [{"url": "http://example.org/not"}]}]
    assert reasons(patient(weight=bundle({**WEIGHT, "component": modified}))) == ["modified"]


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda order: order.update(modifierExtension=[{"url": "http://x"}]), id="of the order"),
        pytest.param(lambda order: order.update(implicitRules="http://x"), id="implicit rules"),
        pytest.param(
            lambda order: order["dosageInstruction"][0].update(modifierExtension=[{"url": "http://x"}]),
            id="of the instructions",
        ),
    ],
)
def test_an_order_with_an_unknown_modifier_is_judged_and_told_of(change: Callable[[Json], None]) -> None:
    resource = copy.deepcopy(order())
    change(resource)
    (card,) = cards(resource, prefetch=chart())
    assert (topic(card), card["indicator"]) == ("checks-incomplete", "warning")
    assert "modifier extension or implicit rules" in card["detail"]


@pytest.mark.parametrize(
    ("change", "unknown"),
    [
        pytest.param(lambda listed: listed.insert(0, "378 mg IV now"), "378 mg IV now", id="a bare text"),
        pytest.param(lambda listed: listed.insert(0, {"free": "378 mg"}), "free", id="an element of no release"),
        pytest.param(lambda listed: listed[0].update(dosage="378 mg"), "dosage", id="beside those of FHIR"),
        pytest.param(lambda listed: listed[0]["doseAndRate"].insert(0, "378 mg"), "378 mg", id="a bare dose"),
        pytest.param(lambda listed: listed[0]["doseAndRate"].append({"dose": 378}), "dose", id="of the doses"),
        pytest.param(
            lambda listed: listed[0].update(_text={"id": "a"}, extension=[{"url": "http://x"}]), "", id="none"
        ),
    ],
)
def test_a_part_of_the_instructions_that_fhir_does_not_have_is_told(
    change: Callable[[list[Any]], None], unknown: str
) -> None:
    resource = copy.deepcopy(order())
    change(resource["dosageInstruction"])
    found = [gap for gap in orders(resource).gaps if gap.reason == "instructions-unknown"]
    assert [dict(gap.values)["unknown"] for gap in found] == ([unknown] if unknown else [])
    told = [card["indicator"] for card in cards(resource, prefetch=chart()) if topic(card) == "checks-incomplete"]
    assert told == (["warning"] if unknown else [])


@pytest.mark.parametrize("key", ["administrations", "medications", "conditions", "labs"])
def test_a_resource_of_another_kind_in_place_of_a_list_is_no_answer(key: str) -> None:
    found = cards(order(), prefetch={**chart(), key: {"resourceType": "Basic", "id": "x"}})
    assert [card["indicator"] for card in found if topic(card) == "checks-incomplete"] == ["warning"]


def test_a_resource_that_turns_out_unreadable_is_set_aside() -> None:
    raw = encode(bundle(WEIGHT)).replace(b'"unit":"kg"', b'"unit":"kg","x":1e99999999999999999999')
    found = chart_reader().patient({"weight": read_answer(raw, "prefetch.weight")}, "pat-1", REQUIRED)
    assert (found.weights, reasons(found)) == ((), ["malformed"])


@pytest.mark.parametrize(
    ("first", "second", "is_second"),
    [
        pytest.param({"versionId": "1"}, {"versionId": "2"}, True, id="by its number"),
        pytest.param({"versionId": "10"}, {"versionId": "9"}, False, id="which is no text"),
        pytest.param(
            {"lastUpdated": "2026-11-20T08:00:00Z", "versionId": "b"},
            {"lastUpdated": "2026-11-20T09:00:00Z", "versionId": "a"},
            True,
            id="by its time",
        ),
    ],
)
def test_of_two_versions_of_a_resource_the_newer_counts(first: Json, second: Json, *, is_second: bool) -> None:
    cancers = [condition("c", coding(ICD10, code), meta=meta) for code, meta in (("C50.911", first), ("C16.9", second))]
    expected = "gastric" if is_second else "breast"
    assert [each.cancer for each in patient(conditions=bundle(*cancers)).diagnoses] == [expected]
    assert [each.cancer for each in patient(a=bundle(cancers[0]), b=bundle(cancers[1])).diagnoses] == [expected]


def test_two_resources_under_one_id_without_versions_are_both_read() -> None:
    cancers = [condition("c", coding(ICD10, code)) for code in ("C50.911", "C16.9", "C50.911")]
    assert sorted(str(each.cancer) for each in patient(conditions=bundle(*cancers)).diagnoses) == ["breast", "gastric"]
    doses = [dose(day, id="given-1") for day in ("2026-10-11", "2026-11-01", "2026-11-01")]
    assert {str(each.on) for each in patient(administrations=bundle(*doses)).treatments} == {"2026-10-11", "2026-11-01"}


def test_a_resource_in_two_lists_counts_once() -> None:
    assert len(patient(weight=bundle(WEIGHT), item1=bundle(WEIGHT)).weights) == 1
    without_id = {name: value for name, value in WEIGHT.items() if name != "id"}
    assert len(patient(weight=bundle(without_id), item1=bundle(without_id)).weights) == 2


def dated(name: str, day: str | None, kg: int, code: str = "29463-7") -> Json:
    return observation(code, name, valueQuantity=quantity(kg, "kg"), effectiveDateTime=day)


@pytest.mark.parametrize(
    ("weights", "kg"),
    [
        pytest.param([dated("a", "2026-01-01", 80), dated("b", "2026-11-01", 70)], 70, id="the newest"),
        pytest.param([dated("a", None, 80), dated("b", "2020-01-01", 70)], 70, id="a dated one before an undated one"),
        pytest.param([dated("a", "2026-11", 80), dated("b", "2026-11-02", 70)], 70, id="a day before its bare month"),
        pytest.param(
            [dated("a", "2026-11-01", 80, "3142-7"), dated("b", "2026-11-01", 70)], 70, id="measured before stated"
        ),
        pytest.param(
            [dated("a", "2026-11-02", 80, "3142-7"), dated("b", "2026-11-01", 70)], 80, id="newer before measured"
        ),
        pytest.param([dated("a", "2026-11-01", 70), dated("b", "2026-11-01", 80)], 70, id="of one day by id"),
    ],
)
def test_the_weight_that_counts_does_not_depend_on_the_order(weights: list[Json], kg: int) -> None:
    for listed in (weights, weights[::-1]):
        assert patient(weight=bundle(*listed)).weights[0].kg.value == kg


def test_weights_of_one_day_without_ids_still_have_an_order() -> None:
    without = [{**dated("a", "2026-11-01", kg), "id": None} for kg in (70, 80)]
    first, second = (patient(weight=bundle(*listed)).weights for listed in (without, without[::-1]))
    assert [weight.kg for weight in first] == [weight.kg for weight in second]


@pytest.mark.parametrize(
    ("conditions", "cancers", "setting"),
    [
        pytest.param([condition("a", coding(ICD10, "C50.911"))], ["breast"], None, id="one"),
        pytest.param(
            [
                condition("a", coding(ICD10, "C50.911"), clinicalStatus="resolved"),
                condition("b", coding(ICD10, "C16.0")),
            ],
            ["gastric"],
            None,
            id="a past cancer beside a present one is past",
        ),
        pytest.param(
            [condition("a", coding(ICD10, "C50.911"), clinicalStatus="remission")],
            ["breast"],
            None,
            id="a past cancer alone is better than no cancer",
        ),
        pytest.param(
            [condition("a", coding(ICD10, "C50.911")), condition("b", coding(ICD10, "C78.7"))],
            ["breast"],
            "metastatic",
            id="with a metastasis",
        ),
        pytest.param(
            [
                condition("a", coding(ICD10, "C50.911"), stage=[{"summary": {"text": "Stage II"}}]),
                condition("b", coding(ICD10, "C78.7")),
            ],
            ["breast"],
            "metastatic",
            id="metastatic now, whatever the first stage was",
        ),
        pytest.param([condition("a", coding(ICD10, "E11.9"))], [], None, id="another disease"),
    ],
)
def test_cancers_and_setting(conditions: list[Json], cancers: list[str], setting: str | None) -> None:
    found = patient(conditions=bundle(*conditions))
    assert ([diagnosis.cancer for diagnosis in found.diagnoses], found.setting) == (cancers, setting)


def test_two_concepts_in_one_panel_are_both_read() -> None:
    panel = observation(
        "74885-5",
        component=[
            {"code": concept(coding(LOINC, "49683-6")), "valueQuantity": quantity(Decimal("2.4"), "{ratio}")},
            {"code": concept(coding(LOINC, "85337-4")), "valueCodeableConcept": concept(coding(SNOMED, "10828004"))},
        ],
    )
    found = patient(tumorMarkers=bundle(panel))
    assert [result.finding for result in found.her2] == ["positive"]
    assert found.hormone_receptor_positive is True


@pytest.mark.parametrize(
    ("entry", "selections", "in_focus"),
    [
        pytest.param(order(), ["MedicationRequest/order-1"], True, id="by reference"),
        pytest.param(order(), ["order-1"], True, id="by its bare id"),
        pytest.param(order(), ["https://ehr.example.org/fhir/MedicationRequest/order-1"], True, id="by address"),
        pytest.param(
            {"resource": order(id=None), "fullUrl": "urn:uuid:o"}, ["urn:uuid:o"], True, id="by fullUrl, without id"
        ),
        pytest.param({"resource": order(), "fullUrl": "urn:uuid:o"}, ["urn:uuid:o"], True, id="by fullUrl"),
        pytest.param(
            order(id="draft\u2011rx\u20111"), ["MedicationRequest/draft\u2011rx\u20111"], True, id="an id with U+2011"
        ),
        pytest.param(order(), ["MedicationRequest/order-2"], False, id="another"),
        pytest.param(order(), ["ServiceRequest/order-1"], False, id="another type"),
        pytest.param(order(), [], False, id="none"),
        pytest.param(order(id=None), [""], False, id="nothing selects an order without id"),
    ],
)
def test_what_is_selected_is_in_focus(entry: Json, selections: list[str], in_focus: bool) -> None:  # noqa: FBT001 - a column
    found = orders(entry, hook="order-select", selections=selections)
    assert [each.in_focus for each in found.orders] == [in_focus]
    assert found.in_scope is in_focus


@pytest.mark.parametrize(
    "by", ["MedicationRequest/order-1", "urn:uuid:o", "https://x.example.org/MedicationRequest/order-1"]
)
def test_selecting_a_group_selects_the_orders_of_its_actions(by: str) -> None:
    group = {"resourceType": "RequestGroup", "id": "g", "action": [{"action": [{"resource": {"reference": by}}]}]}
    entry = {"resource": OVERDOSE, "fullUrl": "urn:uuid:o"}
    sent: Json = {"hook": "order-select", "selections": ["RequestGroup/g"]}
    assert topics(group, entry, **sent) == ["dose-above-maximum"]
    assert topics(group, entry, **{**sent, "selections": ["RequestGroup/h"]}) == ["checks-incomplete"]


def test_an_order_that_is_not_selected_is_context_and_gets_no_card() -> None:
    sent: Json = {"hook": "order-select", "selections": ["MedicationRequest/order-2"]}
    assert topics(OVERDOSE, AMOXICILLIN, **sent) == []


@pytest.mark.parametrize(
    ("draft", "selections", "told"),
    [
        pytest.param(OVERDOSE, ["MedicationRequest/gone"], True, id="an order that is not in the session"),
        pytest.param(OVERDOSE, ["gone"], True, id="a bare id"),
        pytest.param(OVERDOSE, ["CarePlan/gone"], True, id="a plan"),
        pytest.param(OVERDOSE, ["ServiceRequest/gone"], False, id="no order of a drug"),
        pytest.param(OVERDOSE, [], False, id="nothing"),
        pytest.param({**AMOXICILLIN, "id": "x"}, ["MedicationRequest/gone"], False, id="beside no drug in scope"),
    ],
)
def test_a_selection_that_cannot_be_found(draft: Json, selections: list[str], told: bool) -> None:  # noqa: FBT001 - a column
    found = orders(draft, hook="order-select", selections=selections)
    assert [gap.reason for gap in found.gaps] == ["selection-unknown"] * told
    assert topics(draft, hook="order-select", selections=selections) == ["checks-incomplete"] * told


@pytest.mark.parametrize(
    "entries",
    [
        pytest.param([AMOXICILLIN], id="another drug"),
        pytest.param([{"resourceType": "NutritionOrder", "id": "n"}], id="no drug"),
        pytest.param(
            [{"resourceType": "DeviceRequest", "codeCodeableConcept": concept(coding(HCPCS, "E0250"))}], id="a device"
        ),
        pytest.param([order(status="cancelled")], id="a cancelled order of ours"),
        pytest.param([order(doNotPerform=True)], id="an order of ours that is not to be carried out"),
        pytest.param([{"resourceType": "ServiceRequest", "code": concept(coding(HCPCS, "J9267"))}], id="a code alone"),
    ],
)
def test_an_order_out_of_scope_gets_no_card_even_without_data(entries: list[Json]) -> None:
    assert cards(*entries, prefetch={}) == []


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        pytest.param([infusion("Kadcyla 400 mg IV")], ["named-in-instructions"], id="an infusion without a name"),
        pytest.param([infusion("hydration before Kadcyla")], [], id="hydration"),
        pytest.param([infusion("dilute Kadcyla 252 mg"), order()], [], id="the diluent of an order"),
        pytest.param([infusion("Kadcyla 400 mg IV", "Ondansetron")], [], id="another drug"),
    ],
)
def test_a_drug_that_no_order_names_is_told(entries: list[Json], expected: list[str]) -> None:
    assert reasons(orders(*entries)) == expected


def test_an_order_in_scope_needs_its_data() -> None:
    with pytest.raises(DataMissing):
        cards(prefetch={})
    failed = {**chart(), "weight": {"resourceType": "OperationOutcome", "issue": []}}
    assert topics(prefetch=failed) == ["checks-incomplete"]
    assert "dose-cannot-verify" in topics(prefetch=chart(weight=None))


@pytest.mark.parametrize(
    ("resource", "expected"),
    [
        pytest.param(
            {"resourceType": "MedicationOrder", "id": "o", "medicationCodeableConcept": KADCYLA},
            "other-release",
            id="DSTU2",
        ),
        pytest.param(
            {
                "resourceType": "MedicationOrder",
                "id": "o",
                "contained": [{"resourceType": "Medication", "id": "m", "code": KADCYLA}],
                "medicationReference": {"reference": "#m"},
            },
            "other-release",
            id="DSTU2, contained",
        ),
        pytest.param(
            {"resourceType": "MedicationRequest", "id": "o", "medication": {"concept": KADCYLA}},
            "other-release",
            id="R5",
        ),
        pytest.param(
            {"resourceType": "MedicationRequest", "id": "o", "medication": KADCYLA},
            "other-release",
            id="R5, the concept without its wrapper",
        ),
        pytest.param(
            {
                "resourceType": "MedicationRequest",
                "id": "o",
                "contained": [{"resourceType": "Medication", "id": "m", "code": KADCYLA}],
                "medication": {"reference": {"reference": "#m"}},
            },
            "other-release",
            id="R5, contained",
        ),
        pytest.param(
            {
                "resourceType": "MedicationRequest",
                "id": "o",
                "medication": {"reference": {"reference": "Medication/x"}},
            },
            "other-release-unnamed",
            id="R5, a drug that does not exist",
        ),
        pytest.param(
            {"resourceType": "MedicationOrder", "id": "o", "medicationCodeableConcept": concept(text="Amoxicillin")},
            None,
            id="DSTU2, another drug",
        ),
        pytest.param(
            {
                "resourceType": "MedicationRequest",
                "id": "o",
                "medication": {"concept": {"coding": [{"system": "https://pharmaca.fi/vnr", "code": "123456"}]}},
            },
            None,
            id="R5, a local code that nobody knows",
        ),
        pytest.param({"resourceType": "MedicationOrder", "id": "o"}, None, id="DSTU2, no drug"),
    ],
)
def test_an_order_of_another_release_in_scope_is_said_to_be_unchecked(resource: Json, expected: str | None) -> None:
    assert reasons(orders(resource)) == ([expected] if expected else [])
    assert topics(resource) == (["checks-incomplete"] if expected else [])
    sent: Json = {"hook": "order-select", "selections": ["MedicationRequest/other"]}
    assert topics(resource, **sent) == []


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        pytest.param("", "kind-unnamed", id="none"),
        pytest.param("medicationrequest", "kind-unnamed", id="in other letters"),
        pytest.param("Prescription", "kind-unnamed", id="not a type of FHIR"),
        pytest.param("MedicationDispense", "no-order", id="a dispense"),
        pytest.param("MedicationStatement", "no-order", id="a statement"),
        pytest.param("MedicationAdministration", "", id="a dose given"),
    ],
)
def test_an_order_that_does_not_say_what_it_is_is_told(kind: str, told: str) -> None:
    assert reasons(orders({**order(), "resourceType": kind})) == ([told] if told else [])


@pytest.mark.parametrize(
    "beside",
    [
        pytest.param((order(),), id="an order of a drug in scope"),
        pytest.param(({**AMOXICILLIN, "resourceType": "MedicationStatement"},), id="a record of another drug"),
    ],
)
def test_a_record_of_a_drug_is_no_order(beside: tuple[Json, ...]) -> None:
    never_taken = {**order(), "resourceType": "MedicationStatement", "id": "s", "status": "not-taken"}
    assert reasons(orders(never_taken, *beside)) == []
    record = {**never_taken, "status": "completed"}
    assert reasons(orders(record, *beside)) == ([] if beside == (order(),) else ["no-order"])


@pytest.mark.parametrize(
    ("words", "beside", "is_told"),
    [
        pytest.param("Infuse Kadcyla 252 mg IV", (), True, id="a dose, and no order for the drug"),
        pytest.param("Infuse Kadcyla 252 mg IV", (order(),), False, id="beside its order"),
        pytest.param("Infuse Kadcyla 252 mg IV", (AMOXICILLIN,), True, id="beside the order of another drug"),
        pytest.param("Echocardiogram before Kadcyla", (), False, id="no dose"),
        pytest.param("Cefazolin 2000 mg IV", (), False, id="a dose of another drug"),
    ],
)
def test_a_service_that_gives_a_dose_is_told(words: str, beside: tuple[Json, ...], *, is_told: bool) -> None:
    service = {"resourceType": "ServiceRequest", "id": "s", "status": "draft", "code": {"text": words}}
    assert reasons(orders(service, *beside)) == (["ordered-as-service"] if is_told else [])
    unselected: Json = {"hook": "order-select", "selections": ["MedicationRequest/other"]}
    assert topics(service, **unselected) == []


_PERTUZUMAB, _TRASTUZUMAB = order(drug={"text": "pertuzumab"}), order(drug={"text": "trastuzumab"}, id="order-2")


@pytest.mark.parametrize(
    ("code", "beside", "is_told"),
    [
        pytest.param("J9354", (), True, id="alone"),
        pytest.param("J9354-JZ", (), True, id="alone, with a modifier"),
        pytest.param("J9354", (AMOXICILLIN,), True, id="beside the order of a drug out of scope"),
        pytest.param("J9354", (_PERTUZUMAB, _TRASTUZUMAB), True, id="beside two orders of other drugs"),
        pytest.param("J9355", (_PERTUZUMAB, _TRASTUZUMAB), False, id="of one of two orders"),
        pytest.param("J9354", (_TRASTUZUMAB,), False, id="beside one order, which is held against it"),
        pytest.param("J9354", (order(),), False, id="beside its order"),
        pytest.param("J9267", (), False, id="of another drug"),
        pytest.param("96413", (), False, id="of the infusion"),
    ],
)
def test_a_service_that_is_billed_as_a_drug_is_told(code: str, beside: tuple[Json, ...], *, is_told: bool) -> None:
    descriptor = "Injection, ado-trastuzumab emtansine, 1 mg" if code == "J9354" else ""
    service = {
        "resourceType": "ServiceRequest",
        "id": "s",
        "status": "draft",
        "code": concept(coding(HCPCS, code, descriptor)),
    }
    assert reasons(orders(service, *beside)) == (["ordered-as-service"] if is_told else [])
    of_signed_order = {**service, "basedOn": [{"reference": "MedicationRequest/signed-before"}]}
    assert reasons(orders(of_signed_order, *beside)) == []
    of_another = {**service, "subject": {"reference": "Patient/another"}}
    assert reasons(orders(of_another, *beside)) == (["other-patient"] if is_told else [])
    while_written: Json = {"hook": "order-select", "selections": ["ServiceRequest/s"]}
    assert topics(service, **while_written) == []


@pytest.mark.parametrize(
    ("code", "is_told"),
    [
        pytest.param(concept(coding(RXNORM, "1658089")), True, id="RxNorm"),
        pytest.param(concept(coding(NDC, "50242-088-01")), True, id="NDC"),
        pytest.param(concept(coding(HCPCS, "J3490"), text="Kadcyla"), True, id="billed as unclassified"),
        pytest.param(concept(coding(HCPCS, "J3490"), text="Chemotherapy"), False, id="nothing but unclassified"),
        pytest.param(concept(coding(HCPCS, "C8929"), text="Echo before Kadcyla"), False, id="a test by HCPCS"),
        pytest.param(concept(coding(SNOMED, "40701008"), text="Echo before Kadcyla"), False, id="a test by SNOMED CT"),
    ],
)
def test_a_service_is_of_the_drug_of_its_code(code: Json, *, is_told: bool) -> None:
    service = {"resourceType": "ServiceRequest", "id": "s", "status": "draft", "code": code}
    assert reasons(orders(service)) == (["ordered-as-service"] if is_told else [])


def test_an_order_that_is_listed_twice_is_one() -> None:
    assert len(orders(OVERDOSE, OVERDOSE).orders) == 1
    assert len(orders(OVERDOSE, {**OVERDOSE, "status": "active"}).orders) == 2


@pytest.mark.parametrize(
    ("refuted_on", "told"),
    [
        pytest.param("2026-10-10", [], id="later"),
        pytest.param("2026-09-20", [], id="on that day"),
        pytest.param("2026-09-01", ["suspected"], id="before"),
        pytest.param(None, ["suspected"], id="nobody knows when"),
    ],
)
def test_a_suspicion_that_was_ruled_out_is_settled(refuted_on: str | None, told: list[str]) -> None:
    lung = coding(ICD10, "J84.9")
    suspected = condition("s", lung, verificationStatus="provisional", recordedDate="2026-09-20")
    refuted = condition("r", lung, verificationStatus="refuted", recordedDate=refuted_on)
    assert reasons(patient(conditions=bundle(suspected, refuted))) == told


@pytest.mark.parametrize(
    "drug",
    [
        pytest.param({"concept": {"text": "Kadcyla"}}, id="a concept of R5"),
        pytest.param({"reference": {"reference": "Medication/m", "display": "Kadcyla"}}, id="a reference of R5"),
        pytest.param({"text": "Kadcyla"}, id="a bare concept"),
        pytest.param("Kadcyla", id="plain text"),
    ],
)
def test_a_dose_given_in_another_release_is_read(drug: Any) -> None:
    given = {**dose("2026-11-01"), "medicationCodeableConcept": None, "medication": drug}
    found = patient(administrations=bundle(given))
    assert [(each.product, each.on) for each in found.treatments] == [("kadcyla", date(2026, 11, 1))]
    assert reasons(found) == []


@pytest.mark.parametrize(
    ("onset", "latest", "is_settled"),
    [
        pytest.param({"onsetDateTime": "2026-10-01"}, None, True, id="a day"),
        pytest.param({"onsetDateTime": "2026-10"}, date(2026, 10, 31), False, id="a month"),
        pytest.param({"onsetAge": {"value": 35, "unit": "a"}}, date(2027, 4, 30), False, id="a year of life"),
    ],
)
def test_a_suspicion_is_not_settled_before_the_last_day_it_may_mean(
    onset: Json, latest: date | None, *, is_settled: bool
) -> None:
    entry = condition("s", coding(ICD10, "Z33.1"), verificationStatus="provisional", **onset)
    born = {"resourceType": "Patient", "id": "pat-1", "birthDate": "1991-05-01"}
    (told,) = patient(patient=born, conditions=bundle(entry)).gaps
    assert (told.reason, told.latest) == ("suspected", latest)
    refuted = condition("r", coding(ICD10, "Z33.1"), verificationStatus="refuted", recordedDate="2026-10-20")
    assert (reasons(patient(patient=born, conditions=bundle(entry, refuted))) == []) is is_settled


def test_data_that_an_older_release_assigns_to_another_patient_are_not_used() -> None:
    cancer = condition("c", coding(ICD10, "C50.911"), subject=None)
    for whose, is_used in (("Patient/pat-1", True), ("Patient/pat-2", False)):
        found = patient(conditions=bundle({**cancer, "patient": {"reference": whose}}))
        assert (bool(found.diagnoses), reasons(found)) == (is_used, [] if is_used else ["other-patient"])


def test_a_drug_in_the_prefetch_is_found() -> None:
    drug = {"resourceType": "Medication", "id": "med-1", "code": KADCYLA}
    resource = order(
        dosage(dose_of(5, "mg/kg")),
        medicationCodeableConcept=None,
        medicationReference={"reference": "Medication/med-1"},
    )
    assert topics(resource, prefetch=chart(item1=drug)) == ["dose-above-maximum"]
    assert topics(resource, drug) == ["dose-above-maximum"]
    assert topics(resource) == ["checks-incomplete"]
    amoxicillin = {**drug, "code": AMOXICILLIN["medicationCodeableConcept"]}
    assert topics(resource, prefetch={"item1": {"response": {"status": "200 OK"}, "resource": amoxicillin}}) == []


def test_an_unreadable_drug_in_the_prefetch_counts_as_absent() -> None:
    body = hook_body(order(medicationCodeableConcept=None, medicationReference={"reference": "Medication/med-1"}))
    body["prefetch"]["item1"] = bundle({"resourceType": "Medication", "id": "med-1", "x": "?"})
    raw = encode(body).replace(b'"x":"?"', b'"x":1e99999999999999999999')
    decision = DECIDER.decide(read_request(raw, "order-sign"))
    assert [topic(card) for card in decision.cards] == ["checks-incomplete"]


@pytest.mark.parametrize(
    "entry",
    [
        pytest.param(None, id="null"),
        pytest.param({"fullUrl": "urn:uuid:1"}, id="without resource"),
        pytest.param({"resource": "x"}, id="a text for the resource"),
    ],
)
def test_an_unreadable_entry_is_reported(entry: Any) -> None:
    bundled = {"resourceType": "Bundle", "entry": [entry, {"resource": AMOXICILLIN}]}
    assert reasons(orders(draftOrders=bundled)) == ["unreadable-order"]


@pytest.mark.parametrize(
    "drafts",
    [
        pytest.param({"entry": [OVERDOSE]}, id="orders instead of entries"),
        pytest.param({"entry": [{"resource": json.dumps(OVERDOSE)}]}, id="an order as text"),
        pytest.param({"entry": [None, {"resource": [OVERDOSE]}]}, id="nothing, and an order in a list"),
        pytest.param({"resourceType": "Bundle", "entries": [{"resource": OVERDOSE}]}, id="under another name"),
        pytest.param({"resourceType": "Bundle", "contained": [OVERDOSE]}, id="orders contained in the Bundle"),
        pytest.param(
            {"entry": [{"resource": {"resourceType": "Bundle", "Entry": [OVERDOSE]}}]}, id="in a Bundle in it"
        ),
    ],
)
def test_a_session_without_a_readable_order_is_not_silent(drafts: Any) -> None:
    decision = DECIDER.decide(read_request(encode(hook_body(draftOrders=drafts)), "order-sign"))
    (card,) = decision.cards
    assert (topic(card), card["indicator"]) == ("checks-incomplete", "warning")
    assert "no order of this session could be read" in card["detail"]


@pytest.mark.parametrize("entry", [5, "MedicationRequest/1", True])
def test_entries_of_a_wrong_type_are_refused(entry: Any) -> None:
    body = encode(hook_body(draftOrders={"resourceType": "Bundle", "entry": entry}))
    with pytest.raises(BadRequest) as refused:
        read_request(body, "order-sign")
    assert (refused.value.code, refused.value.expression) == ("wrong-type", "context.draftOrders.entry")


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        pytest.param({"resourceType": None}, ["checks-incomplete"], id="no type"),
        pytest.param({"resourceType": "medicationrequest"}, ["checks-incomplete"], id="a type in small letters"),
        pytest.param({"resourceType": 5}, ["checks-incomplete"], id="a number for the type"),
        pytest.param({"resourceType": "MedicationStatement"}, ["checks-incomplete"], id="no order"),
        pytest.param({"resourceType": "MedicationStatement", "status": "not-taken"}, [], id="never taken"),
        pytest.param(
            {"resourceType": None, "medicationCodeableConcept": {"text": "amoxicillin"}}, [], id="another drug, no type"
        ),
    ],
)
def test_an_order_that_does_not_say_what_it_is(change: Json, expected: list[str]) -> None:
    assert topics({**OVERDOSE, **change}) == expected


def test_draft_orders_may_have_the_wrong_shape() -> None:
    for bundled in ({"resourceType": "Bundle", "entry": {"resource": OVERDOSE}}, {"entry": [{"resource": OVERDOSE}]}):
        assert topics(draftOrders=bundled) == ["dose-above-maximum"]
    assert topics(draftOrders={"resourceType": "Bundle"}) == []


def service(code: str, **changes: Any) -> Json:
    return {
        "resourceType": "ServiceRequest",
        "id": "s",
        "status": "draft",
        "intent": "order",
        "code": concept(coding(HCPCS, code)),
        "subject": {"reference": "Patient/pat-1"},
        **changes,
    }


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param({}, ["hcpcs-mismatch"], id="beside the order"),
        pytest.param({"basedOn": [{"reference": "MedicationRequest/order-1"}]}, ["hcpcs-mismatch"], id="for the order"),
        pytest.param({"basedOn": [{"reference": "urn:uuid:o"}]}, ["hcpcs-mismatch"], id="for it by fullUrl"),
        pytest.param({"basedOn": [{"reference": "MedicationRequest/order-2"}]}, [], id="for another order"),
        pytest.param({"status": "revoked"}, [], id="revoked"),
        pytest.param({"status": "entered-in-error"}, [], id="entered in error"),
        pytest.param({"subject": {"reference": "Patient/pat-2"}}, [], id="of another patient"),
    ],
)
def test_the_billing_code_of_a_service_beside_the_order(changes: Json, expected: list[str]) -> None:
    entry = {"resource": order(), "fullUrl": "urn:uuid:o"}
    assert topics(entry, AMOXICILLIN, service("J9358", **changes)) == expected


def test_the_administration_code_of_the_order_is_not_a_code_of_a_drug() -> None:
    linked = {"basedOn": [{"reference": "MedicationRequest/order-1"}]}
    assert topics(order(), service("96413", **linked)) == []


def test_the_reason_may_stand_in_the_prefetch_and_must_be_the_patients() -> None:
    gastric = condition("reason", coding(ICD10, "C16.0"), text="Gastric cancer")
    resource = order(reasonReference=[{"reference": "Condition/reason"}])
    assert "indication-unsupported" in topics(resource, prefetch=chart(item1=gastric))
    foreign = {**gastric, "subject": {"reference": "Patient/pat-2"}}
    assert "indication-unsupported" not in topics(resource, prefetch=chart(item1=foreign))


def test_orders_of_one_session_keep_their_own_reasons_each_at_its_place() -> None:
    breast, gastric = ([{"text": name}] for name in ("Breast cancer", "Gastric cancer"))
    inside = {"reasonReference": [{"reference": "#c"}]}
    reader = chart_reader()
    orders = reader.orders(
        hook_request(
            order(id="1", reasonCode=breast),
            order(id="2", reasonCode=breast),
            order(id="3", reasonCode=gastric),
            order(id="4"),
            order(id="5", contained=[condition("c", coding(ICD10, "C16.0"), text="Gastric cancer")], **inside),
            order(id="6", contained=[condition("c", coding(ICD10, "C50.911"), text="Breast cancer")], **inside),
        )
    )
    found = reader.with_reasons(orders, ())
    assert [[reason.cancer for reason in each.reasons] for each in found] == [
        ["breast"], ["breast"], ["gastric"], [], ["gastric"], ["breast"],
    ]  # fmt: skip
    assert all(reason.origin.path.startswith(each.origin.path) for each in found for reason in each.reasons)


@pytest.mark.parametrize(
    ("equivalence", "expected"),
    [
        pytest.param("equivalent", ["dose-above-maximum"], id="equivalent"),
        pytest.param("narrower", ["dose-cannot-verify"], id="narrower: refused"),
    ],
)
def test_local_codes_of_the_site_for_the_drug_and_for_the_weight(
    tmp_path: Path, equivalence: str, expected: list[str]
) -> None:
    groups = [
        {"source": "urn:site", "target": target, "element": [{"code": code, "target": [said]}]}
        for target, code, said in (
            (LOINC, "WT", {"code": "29463-7", "equivalence": equivalence}),
            (RXNORM, "TDM1", {"code": "1371041", "equivalence": "equal"}),
        )
    ]
    path = tmp_path / "map.json"
    path.write_text(json.dumps({"resourceType": "ConceptMap", "group": groups}), encoding="utf-8")
    decider = Decider(Settings(site=SiteSettings(code_maps=[path])), today=lambda: TODAY)
    local = order(dosage(dose_of(350, "mg")), drug=concept(coding("urn:site", "TDM1")))
    weight = bundle({**WEIGHT, "code": concept(coding("urn:site", "WT"))})
    decision = decider.decide(hook_request(local, prefetch=chart(weight=weight)))
    assert [topic(card) for card in decision.cards] == expected


@pytest.mark.parametrize(
    ("on", "status", "is_told"),
    [
        ("2026-11-30", "completed", False),
        # In some time zone it is tomorrow.
        ("2026-12-01", "completed", False),
        ("2026-12-02", "completed", True),
        ("2027-11", "completed", True),
        ("2026-12", "completed", False),
        ("2026-12-02", "not-done", False),
        ("2026-12-02", "entered-in-error", False),
    ],
)
def test_a_dose_dated_in_the_future_has_no_day_and_is_told(on: str, status: str, *, is_told: bool) -> None:
    given = {
        "resourceType": "MedicationAdministration",
        "id": "a",
        "status": status,
        "subject": {"reference": "Patient/pat-1"},
        "medicationCodeableConcept": {"text": "Kadcyla"},
        "effectiveDateTime": on,
        "dosage": {"dose": quantity(252, "mg")},
    }
    answers = {"administrations": read_answer(encode(bundle(given)), "prefetch.administrations")}
    found = chart_reader().patient(answers, "pat-1", REQUIRED, chart_source=ChartSource(today=date(2026, 11, 30)))
    told = [dict(gap.values)["value"] for gap in found.gaps if gap.reason == "future"]
    first_day = on if len(on) == len("2026-12-02") else f"{on}-01"
    assert told == ([f"Kadcyla 252 mg ({first_day})"] if is_told else [])
    assert all(each.on is None for each in found.treatments) or not is_told
