"""The CRD profile over HTTP: Da Vinci Coverage Requirements Discovery 2.2.1, each test with the requirement it is of.

The numbers (resp-35, dev-5, …) are those of the requirements in the pages of the guide; crd-ci-q1 to q9 are the
invariants of the coverage-information extension. What the certification tools assert beside them is named by its test.
"""

from __future__ import annotations

import copy
import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from calls import (
    COVERAGE,
    COVERAGE_DISPATCH,
    COVERAGE_SELECT,
    DISPATCH,
    PATIENT,
    SELECT,
    SIGN,
    VIEW,
    Caller,
    aspirin,
    bundle,
    call,
    clean_prefetch,
    days_ago,
    dose_given,
    ihc,
    order,
    troubled_prefetch,
    without,
)
from chart_server import ChartServer, as_json
from click.testing import CliRunner
from command_line import run
from fhir.resources.R4B.medicationrequest import MedicationRequest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cds_service.audit.explain import explain
from cds_service.cli import main
from cds_service.configuration.settings import Settings
from fhir_mappings.coverage.coverage_information import COVERAGE_INFORMATION

if TYPE_CHECKING:
    from collections.abc import Iterator

Json = dict[str, Any]
ALL = (COVERAGE, COVERAGE_SELECT, COVERAGE_DISPATCH)
CLINICAL = (SELECT, SIGN, DISPATCH, VIEW)
PARTS = {
    "coverage": (1, 1), "covered": (1, 1), "pa-needed": (0, 1), "doc-needed": (0, 9), "doc-purpose": (0, 9),
    "info-needed": (0, 9), "billingCode": (0, 9), "reason": (0, 9), "detail": (0, 9), "dependency": (0, 9),
    "questionnaire": (0, 9), "date": (1, 1), "coverage-assertion-id": (1, 1), "satisfied-pa-id": (0, 1),
    "contact": (0, 9), "expiry-date": (0, 1),
}  # fmt: skip
CODES = {
    "covered": {"covered", "not-covered", "conditional", "indeterminate"},
    "pa-needed": {"no-auth", "auth-needed", "satisfied", "performpa", "conditional", "indeterminate"},
    "doc-needed": {"clinical", "admin", "patient", "conditional", "indeterminate"},
    "doc-purpose": {"withpa", "withclaim", "withorder", "retain-doc", "OTH"},
    "info-needed": {"performer", "location", "timeframe", "contract-window", "detail-code", "OTH"},
}
STANDARD_REASONS = {
    "gold-card", "no-member-found", "no-active-coverage", "coverage-not-found", "auth-out-network", "technical"
}  # fmt: skip


def insured(name: str = "UnitedHealthcare", identifier: str = "cov-1", **more: Any) -> Json:
    """Return a coverage in force."""
    return {
        "resourceType": "Coverage",
        "id": identifier,
        "status": "active",
        "beneficiary": {"reference": f"Patient/{PATIENT}"},
        "payor": [{"display": name}],
        **more,
    }


def whole(*coverages: Json, **more: Any) -> Json:
    return {**clean_prefetch(), "coverage": bundle(*(coverages or (insured(),))), **more}


def given_before() -> Json:
    """Return a chart that meets what most policies ask: earlier trastuzumab and a taxane."""
    earlier = [
        dose_given(200 + number, f"earlier-{number}", medicationCodeableConcept={"text": name})
        for number, name in enumerate(("trastuzumab", "paclitaxel"))
    ]
    return {"administrations": bundle(*earlier)}


@pytest.fixture(scope="module")
def crd() -> Caller:
    return Caller(Settings(crd="2.2"))


@pytest.fixture
def chart() -> Iterator[ChartServer]:
    server = ChartServer()
    yield server
    server.close()


def actions(answer: Any) -> list[Json]:
    """Return the system actions, each of them held to the profile and its invariants."""
    found = answer.body["systemActions"]
    for action in found:
        assert set(action) == {"type", "description", "resource"}
        assert action["type"] == "update"
        MedicationRequest.model_validate(action["resource"])
        for extension in of_coverage(action["resource"]):
            check_extension(extension)
    return list(found)


def of_coverage(resource: Json) -> list[Json]:
    return [each for each in resource["extension"] if each["url"] == COVERAGE_INFORMATION]


def parts_of(extension: Json) -> dict[str, list[Any]]:
    """Return the values of an extension by their names."""
    found: dict[str, list[Any]] = {}
    for part in extension["extension"]:
        value = next((value for name, value in part.items() if name.startswith("value")), part.get("extension"))
        found.setdefault(part["url"], []).append(value)
    return found


def check_extension(extension: Json) -> None:
    said = parts_of(extension)
    assert set(said) <= set(PARTS)
    for name, (least, most) in PARTS.items():
        assert least <= len(said.get(name, [])) <= most, name
    for name, codes in CODES.items():
        assert set(said.get(name, [])) <= codes, name
    decisions = [each for name in ("covered", "pa-needed", "doc-needed") for each in said.get(name, [])]
    assert "questionnaire" not in said or "doc-needed" in said, "crd-ci-q1"
    assert said["covered"] != ["not-covered"] or "pa-needed" not in said, "crd-ci-q2"
    assert ("conditional" in decisions) == ("info-needed" in said), "crd-ci-q3"
    if said.get("pa-needed") in (["satisfied"], ["no-auth"]):
        assert "withpa" not in said.get("doc-purpose", []), "crd-ci-q4"
    assert (said.get("pa-needed") == ["satisfied"]) == ("satisfied-pa-id" in said), "crd-ci-q5"
    assert "OTH" not in said.get("info-needed", []) or "reason" in said, "crd-ci-q6"
    for reason in said.get("reason", []):
        codes = {coding["code"] for coding in reason.get("coding", [])}
        assert reason.get("text") or codes <= STANDARD_REASONS, "crd-ci-q7"
        assert codes <= STANDARD_REASONS
    assert "doc-purpose" not in said or "reason" in said, "crd-ci-q8"
    assert "indeterminate" not in decisions or "reason" in said, "crd-ci-q9"
    for detail in said.get("detail", []):
        assert {part["url"] for part in detail} <= {"category", "code", "value", "qualification"}


def stated(crd: Caller, service: str = COVERAGE, orders: list[Json] | None = None, **prefetch: Any) -> dict[str, Any]:
    """Return what is stated of the one order, each part once."""
    body = call(service, orders, whole(**prefetch) if "coverage" not in prefetch else clean_prefetch() | prefetch)
    if service == COVERAGE_DISPATCH:
        body["prefetch"]["orders"] = bundle(*(orders or [order()]))
    (action,) = actions(crd.post(body, service))
    (extension,) = of_coverage(action["resource"])
    return {name: values[0] for name, values in parts_of(extension).items()}


@pytest.mark.parametrize("service", ALL)
def test_crd_every_order_in_scope_gets_one_update_that_changes_nothing_else(crd, service) -> None:
    """resp-26, resp-29, resp-37: one system action an order, and only coverage-information is added."""
    second = order(420, "order-2", medicationCodeableConcept={"text": "Perjeta"}, extension=[{
        "url": "https://ehr.example.org/own", "valueDecimal": 3.60
    }])  # fmt: skip
    sent = [order(), second, aspirin()]
    body = call(service, sent, whole())
    if service == COVERAGE_DISPATCH:
        body["prefetch"]["orders"] = bundle(*sent)
    found = actions(crd.post(body, service))
    assert [each["resource"]["id"] for each in found] == ["order-1", "order-2"]
    for action, original in zip(found, sent, strict=False):
        left = [each for each in action["resource"]["extension"] if each["url"] != COVERAGE_INFORMATION]
        assert left == original.get("extension", [])
        assert without(action["resource"], "extension") == without(original, "extension")
        assert len(of_coverage(action["resource"])) == 1


def test_crd_what_is_stated_follows_the_policy_and_the_chart(crd) -> None:
    open_ = stated(crd)
    assert (open_["covered"], open_["pa-needed"]) == ("conditional", "auth-needed")
    assert (open_["doc-needed"], open_["doc-purpose"], open_["info-needed"]) == ("clinical", "withpa", "OTH")
    assert open_["coverage"] == {"reference": "Coverage/cov-1"}
    assert open_["billingCode"]["code"] == "J9354"
    assert open_["date"] == days_ago(0)
    assert "Prior trastuzumab and a taxane" in open_["reason"]["text"]
    # A criterion that the chart speaks against: the tumor is not HER2 positive.
    negative = stated(crd, tumorMarkers=bundle(ihc("LA11841-6", "1+")))
    assert negative["covered"] == "not-covered"
    assert "HER2 positive" in negative["reason"]["text"]


def test_crd_no_prior_authorization_with_original_medicare(crd) -> None:
    said = stated(crd, coverage=bundle(insured("Medicare")))
    assert (said["pa-needed"], said["doc-purpose"]) == ("no-auth", "retain-doc")


def approval(**more: Any) -> Json:
    """Return a payer's yes to Kadcyla."""
    return {
        "resourceType": "ClaimResponse", "id": "pa-1", "status": "active", "use": "preauthorization",
        "type": {"text": "professional"}, "patient": {"reference": f"Patient/{PATIENT}"}, "created": days_ago(9),
        "insurer": {"display": "UnitedHealthcare"}, "outcome": "complete", "preAuthRef": "PA-4711",
        "preAuthPeriod": {"start": days_ago(9), "end": days_ago(-90)},
        "addItem": [{"productOrService": {"coding": [{"code": "J9354"}]}}], **more,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "satisfied"),
    [
        pytest.param({}, True, id="given"),
        pytest.param({"preAuthPeriod": {"end": days_ago(1)}}, False, id="over"),
        pytest.param({"preAuthPeriod": {"start": days_ago(-5)}}, False, id="not yet"),
        pytest.param({"addItem": [{"productOrService": {"coding": [{"code": "J9358"}]}}]}, False, id="another drug"),
        pytest.param({"addItem": []}, False, id="no drug named"),
        pytest.param({"disposition": "Denied: not medically necessary"}, False, id="denied"),
        pytest.param({"status": "cancelled"}, False, id="withdrawn"),
        pytest.param({"use": "claim"}, False, id="a claim"),
        pytest.param({"outcome": "queued"}, False, id="pending"),
        pytest.param({"insurance": [{"sequence": 1, "coverage": {"reference": "Coverage/other"}}]}, False, id="other"),
        pytest.param({"patient": {"reference": "Patient/pat-2"}}, False, id="somebody else's"),
        pytest.param({"addItem": [], "request": {"reference": "Claim/c-1"}}, True, id="by its claim"),
    ],
)
def test_crd_a_prior_authorization_on_record_satisfies_the_payer(crd, changes, satisfied) -> None:
    """crd-ci-q4 and q5: satisfied has a number and no documents to send with a request for approval."""
    claim = {
        "resourceType": "Claim", "id": "c-1", "patient": {"reference": f"Patient/{PATIENT}"},
        "item": [{"sequence": 1, "productOrService": {"coding": [{"code": "J9354"}]}}],
    }  # fmt: skip
    said = stated(crd, approvals=bundle(approval(**changes), claim))
    assert said["pa-needed"] == ("satisfied" if satisfied else "auth-needed")
    assert said.get("satisfied-pa-id") == ("PA-4711" if satisfied else None)


@pytest.mark.parametrize(
    ("insurance", "said"),
    [
        pytest.param([], ["auth-needed", "auth-needed"], id="not said"),
        pytest.param(["Coverage/cov-1"], ["satisfied", "auth-needed"], id="the first"),
        pytest.param(["Coverage/cov-2"], ["auth-needed", "satisfied"], id="the second"),
    ],
)
def test_crd_an_authorization_belongs_to_one_of_two_coverages(crd, insurance, said) -> None:
    listed = [{"sequence": 1, "focal": True, "coverage": {"reference": each}} for each in insurance]
    given = approval(**({"insurance": listed} if listed else {}))
    prefetch = whole(insured(), insured("Aetna", "cov-2"), approvals=bundle(given))
    (action,) = actions(crd.post(call(COVERAGE, prefetch=prefetch), COVERAGE))
    assert [parts_of(each)["pa-needed"][0] for each in of_coverage(action["resource"])] == said


def test_crd_covered_where_every_criterion_is_met(tmp_path) -> None:
    policy = """
sources:
  plan: {title: Plan policy, url: https://plan.example.org/kadcyla, as_of: "2026-10"}
policies:
  - id: PLAN-KADCYLA
    title: Kadcyla
    payer: Example Plan
    products: [kadcyla]
    prior_authorization: varies
    by: &by {source: plan, section: "1", confidence: V}
    paths:
      - {ref: "1", name: All uses, by: *by, criteria: [
          {check: age_at_least, ref: "1.1", text: Adult, years: 18, by: *by}]}
"""
    (tmp_path / "own.yaml").write_text(policy, encoding="utf-8")
    caller = Caller(Settings(crd="2.2", coverage={"policy_files": [tmp_path / "own.yaml"]}))
    said = stated(caller, coverage=bundle(insured("Example Plan of Ohio")))
    assert (said["covered"], said["pa-needed"], said["info-needed"]) == ("covered", "conditional", "OTH")
    assert said["detail"][2] == {"url": "value", "valueUrl": "https://plan.example.org/kadcyla"}


@pytest.mark.parametrize(
    ("prefetch", "orders", "words"),
    [
        pytest.param({"coverage": bundle(insured("Other Plan"))}, None, "No policy of Other Plan", id="payer"),
        pytest.param({"coverage": bundle(insured() | {"payor": [{"reference": "Organization/gone"}]})}, None,
                     "The payer of Coverage/cov-1 could not be read", id="payer unread"),
        pytest.param({}, [order(medicationCodeableConcept={"text": "ado-trastuzumab"})], "not settled", id="drug"),
        pytest.param({"conditions": {"resourceType": "OperationOutcome", "issue": []}}, None,
                     "Not available from the chart: problem list", id="data"),
    ],
)  # fmt: skip
def test_crd_what_could_not_be_told_is_indeterminate_for_a_technical_reason(crd, prefetch, orders, words) -> None:
    """resp-43: indeterminate, with the reason "technical" and the details in its text."""
    said = stated(crd, orders=orders, **prefetch)
    assert said["covered"] == "indeterminate"
    assert said["reason"]["coding"] == [
        {"system": "http://hl7.org/fhir/us/davinci-crd/CodeSystem/temp", "code": "technical"}
    ]
    assert words in said["reason"]["text"]
    assert "doc-needed" not in said


def test_crd_a_coverage_that_is_over_is_not_covered(crd) -> None:
    """resp-45: not-covered, with the reason "no-active-coverage"."""
    for over in ({"period": {"end": days_ago(3)}}, {"status": "cancelled"}):
        said = stated(crd, coverage=bundle(insured(**over)))
        assert said["covered"] == "not-covered"
        assert said["reason"]["coding"][0]["code"] == "no-active-coverage"
    ends = days_ago(-90)
    assert stated(crd, coverage=bundle(insured(period={"end": ends})))["expiry-date"] == ends


def test_crd_each_coverage_is_stated_by_its_own_payer(crd) -> None:
    """resp-32: statements of different coverages have ids of their own; the patient's first coverage stands first."""
    both = bundle(insured("Medicare", "cov-2", order=2), insured("Aetna", "cov-1", order=1))
    (action,) = actions(crd.post(call(COVERAGE, prefetch=whole(coverage=both)), COVERAGE))
    said = [parts_of(each) for each in of_coverage(action["resource"])]
    assert [each["coverage"][0]["reference"] for each in said] == ["Coverage/cov-1", "Coverage/cov-2"]
    assert [each["pa-needed"] for each in said] == [["auth-needed"], ["no-auth"]]
    assert len({each["coverage-assertion-id"][0] for each in said}) == 2


@pytest.mark.parametrize("service", ALL)
def test_crd_nothing_is_sent_when_nothing_is_new(crd, service) -> None:
    """resp-29, resp-35, hook-16: no action for an order that carries the statement already, whatever its date."""
    body = call(service, prefetch=whole())
    if service == COVERAGE_DISPATCH:
        body["prefetch"]["orders"] = bundle(order())
    (first,) = actions(crd.post(body, service))
    signed = copy.deepcopy(first["resource"])
    for part in signed["extension"][0]["extension"]:
        if part["url"] == "date":
            part["valueDate"] = days_ago(9)
    again = call(service, [signed], whole())
    if service == COVERAGE_DISPATCH:
        again["prefetch"]["orders"] = bundle(signed)
    answer = crd.post(again, service)
    assert answer.body["systemActions"] == []
    assert "coverage-criteria" not in answer.topics


def test_crd_a_new_statement_replaces_one_that_no_longer_holds(crd) -> None:
    (first,) = actions(crd.post(call(COVERAGE, prefetch=whole()), COVERAGE))
    changed = whole(tumorMarkers=bundle(ihc("LA11841-6", "1+")))
    (second,) = actions(crd.post(call(COVERAGE, [first["resource"]], changed), COVERAGE))
    (before,), (after,) = of_coverage(first["resource"]), of_coverage(second["resource"])
    assert parts_of(after)["covered"] == ["not-covered"]
    assert parts_of(before)["coverage-assertion-id"] != parts_of(after)["coverage-assertion-id"]


def test_crd_a_payers_own_statement_is_kept(crd) -> None:
    """resp-37: nothing is changed but extensions of our own."""
    of_payer = {"url": COVERAGE_INFORMATION, "extension": [
        {"url": "coverage", "valueReference": {"reference": "https://ehr.example.org/fhir/Coverage/cov-1"}},
        {"url": "covered", "valueCode": "covered"},
        {"url": "date", "valueDate": days_ago(2)},
        {"url": "coverage-assertion-id", "valueString": "Q-17"},
    ]}  # fmt: skip
    answer = crd.post(call(COVERAGE, [order(extension=[of_payer])], whole()), COVERAGE)
    assert actions(answer) == []


def test_crd_the_statement_is_never_a_card_as_well(crd) -> None:
    """resp-12, resp-25: the response type "Coverage Information" has no card."""
    answer = crd.post(call(COVERAGE, prefetch=whole()), COVERAGE)
    assert answer.topics == ["billing-summary"]
    assert len(actions(answer)) == 1


def test_crd_without_a_coverage_nothing_is_stated_and_the_card_stays(crd) -> None:
    """The extension has to name a Coverage of the client, so without one it cannot be returned."""
    for prefetch in (clean_prefetch(), whole(coverage=bundle()), whole(insured(identifier="x") | {"payor": [
        {"reference": f"Patient/{PATIENT}"}
    ]})):  # fmt: skip
        answer = crd.post(call(COVERAGE, prefetch=prefetch), COVERAGE)
        assert answer.body["systemActions"] == []
        assert "coverage-criteria" in answer.topics


def test_crd_an_order_without_an_id_cannot_be_changed_and_keeps_its_card(crd) -> None:
    answer = crd.post(call(COVERAGE, [order(name=None)], whole()), COVERAGE)
    assert answer.body["systemActions"] == []
    assert "coverage-criteria" in answer.topics


@pytest.mark.parametrize("service", ALL)
def test_crd_an_order_out_of_scope_gets_empty_lists(crd, service) -> None:
    """The certification tools want the member systemActions in every answer to a primary hook."""
    body = call(service, [aspirin()], whole())
    if service == COVERAGE_DISPATCH:
        body["prefetch"]["orders"] = bundle(aspirin())
    assert crd.post(body, service).body == {"cards": [], "systemActions": []}


def test_crd_at_selection_no_documents_are_asked_for(crd) -> None:
    """hook-19: coverage information of a secondary hook names no need for clinical or administrative information."""
    said = stated(crd, COVERAGE_SELECT)
    assert said["covered"] == "conditional"
    assert {"doc-needed", "doc-purpose", "questionnaire"}.isdisjoint(said)
    assert stated(crd, COVERAGE_DISPATCH)["doc-needed"] == "clinical"


def test_crd_at_selection_only_what_is_selected_is_stated(crd) -> None:
    body = call(
        COVERAGE_SELECT, [order(), order(420, "order-2", medicationCodeableConcept={"text": "Perjeta"})], whole()
    )
    body["context"]["selections"] = ["MedicationRequest/order-2"]
    assert [each["resource"]["id"] for each in actions(crd.post(body, COVERAGE_SELECT))] == ["order-2"]


def test_crd_cards_name_the_payer_and_the_orders_they_are_about(crd) -> None:
    """resp-4: the source label is the insurer's name. dev-25: associated-resource links a card to its orders."""
    answer = crd.post(call(COVERAGE, prefetch=whole(insured("Aetna"))), COVERAGE)
    for card in answer.cards:
        assert card["source"]["label"] == "Aetna"
        assert card["source"]["topic"]["code"]  # resp-5
        assert card["indicator"] in ("info", "warning")  # resp-1
        assert card["extension"]["davinci-crd.associated-resource"] == [{"reference": "MedicationRequest/order-1"}]


def test_crd_discovery_names_the_version_and_an_option_for_each_kind_of_answer(crd) -> None:
    """dev-1, dev-4, dev-5, dev-7, dev-8: version, and options of five elements with a default."""
    services = {each["id"]: each for each in crd.get("/cds-services").body["services"]}
    for name in ALL:
        extension = services[name]["extension"]
        assert extension["davinci-crd.version"] == ["2.2"]
        options = extension["davinci-crd.configuration-options"]
        assert {each["code"] for each in options} == {"coverage-info", "claim", "max-cards"}
        for each in options:
            assert set(each) == {"code", "type", "name", "description", "default"}
            assert isinstance(each["default"], {"boolean": bool, "integer": int}[each["type"]])
        for element in ("code", "name", "description"):
            assert len({each[element] for each in options}) == len(options)
        assert services[name]["prefetch"]["coverage"] == "Coverage?patient={{context.patientId}}&status=active"
    assert all("extension" not in services[name] and "coverage" not in services[name]["prefetch"] for name in CLINICAL)


@pytest.mark.parametrize(
    ("configuration", "topics", "count"),
    [
        ({}, ["billing-summary"], 1),
        ({"coverage-info": False}, ["billing-summary"], 0),
        ({"claim": False}, [], 1),
        ({"coverage-info": False, "claim": False}, [], 0),
        ({"max-cards": 0}, [], 1),
        (
            {"coverage-info": "no", "claim": 0, "max-cards": "2", "therapy-alternatives-opt": False},
            ["billing-summary"],
            1,
        ),
        ("nonsense", ["billing-summary"], 1),
    ],
)
def test_crd_options_are_honored_and_what_is_not_supported_is_ignored(crd, configuration, topics, count) -> None:
    """dev-14, dev-15, dev-17, resp-28: what a client chose holds, and nothing has to be chosen."""
    body = call(COVERAGE, prefetch=whole(), extension={"davinci-crd.configuration": configuration})
    answer = crd.post(body, COVERAGE)
    assert answer.topics == topics
    assert len(actions(answer)) == count


def test_crd_another_version_is_refused(crd) -> None:
    """davinci-crd.requestedVersion: a version that is not supported SHALL lead to an error."""
    for name, version, status in ((COVERAGE, "2.2", 200), (COVERAGE, "2.0", 400), (SIGN, "2.0", 200)):
        body = call(name, prefetch=whole(), extension={"davinci-crd.requestedVersion": version})
        assert crd.post(body, name).status == status
    assert crd.post(call(COVERAGE, extension={"davinci-crd.requestedVersion": ["2.2"]}), COVERAGE).code == (
        "unsupported-version"
    )


def test_crd_the_coverage_is_read_from_the_server_where_it_was_not_sent(crd, chart) -> None:
    """dev-29, A50: prefetch or server, the answer is the same."""
    expected = crd.post(call(COVERAGE, prefetch=whole()), COVERAGE)
    chart.add(f"/fhir/Coverage?patient={PATIENT}&status=active", as_json(bundle(insured())))
    body = call(COVERAGE, prefetch=clean_prefetch()) | {"fhirServer": chart.base}
    answer = crd.post(body, COVERAGE)
    assert answer.body["systemActions"] == expected.body["systemActions"]


def test_crd_clinical_services_stay_as_they_are_byte_for_byte(crd, service) -> None:
    for name in CLINICAL:
        for prefetch in (clean_prefetch(), troubled_prefetch()):
            body = call(name, prefetch=None if name == VIEW else prefetch)
            if name == DISPATCH:
                body["prefetch"] = {**prefetch, "orders": bundle(order())}
            body["extension"] = {"davinci-crd.configuration": {"coverage-info": True}}
            assert crd.post(body, name).raw == service.post(body, name).raw


def test_crd_is_off_by_default(service) -> None:
    answer = service.post(call(COVERAGE, prefetch=whole()), COVERAGE)
    assert "systemActions" not in answer.body
    assert answer.topics == ["billing-summary", "coverage-criteria"]
    assert all("extension" not in each for each in service.get("/cds-services").body["services"])
    for name in (COVERAGE_SELECT, COVERAGE_DISPATCH):
        body = call(name, prefetch=whole())
        if name == COVERAGE_DISPATCH:
            body["prefetch"]["orders"] = bundle(order())
        assert "billing-summary" in service.post(body, name).topics


def test_crd_may_be_set_for_one_client(tmp_path) -> None:
    path = tmp_path / "site.yaml"
    for written in ("'2.2'", "2.2"):
        profile = f"payers: {{match: {{service: her2-coverage}}, crd: {written}}}"
        path.write_text(f"auth: {{mode: off}}\nprofiles:\n  {profile}\n", encoding="utf-8")
        caller = Caller(path=path)
        assert len(actions(caller.post(call(COVERAGE, prefetch=whole()), COVERAGE))) == 1
        assert "systemActions" not in caller.post(call(COVERAGE_SELECT, prefetch=whole()), COVERAGE_SELECT).body


def test_crd_an_extension_that_is_not_a_list_is_read_as_one(crd) -> None:
    own = {"url": "https://ehr.example.org/own", "valueCode": "x"}
    answer = crd.post(call(COVERAGE, [order(extension=own)], whole()), COVERAGE)
    (action,) = answer.body["systemActions"]
    assert action["resource"]["extension"][0] == own
    assert len(of_coverage(action["resource"])) == 1


def test_crd_the_command_prints_what_is_written_on_the_order(tmp_path) -> None:
    request, config = tmp_path / "request.json", tmp_path / "site.yaml"
    request.write_text(json.dumps(call(COVERAGE, prefetch=whole())), encoding="utf-8")
    config.write_text("auth: {mode: off}\ncrd: 2.2\n", encoding="utf-8")
    asked = ["check", str(request), "--service", COVERAGE, "--config", str(config)]
    printed = CliRunner().invoke(main, asked)
    assert "covered: conditional" in " ".join(printed.output.split())
    written = run(*asked, "--format", "json")
    assert len(json.loads(written.output)["systemActions"]) == 1


def test_crd_no_number_of_the_order_changes(crd) -> None:
    """resp-37: an exact number stays as the client wrote it."""
    body = call(COVERAGE, [order(252)], whole())
    raw = crd.post(json.dumps(body).replace('"value": 252,', '"value": 252.10,').encode(), COVERAGE).raw
    assert b'"value":252.10' in raw


def test_crd_a_decision_is_explained_by_its_record(log_lines) -> None:
    """The record holds what was read and how the client wanted to be answered, so the same cards come out again."""
    caller = Caller(Settings(crd="2.2"))
    body = call(COVERAGE, prefetch=whole(), extension={"davinci-crd.configuration": {"max-cards": 1}})
    (card,) = caller.post(body, COVERAGE).cards
    explained = explain(caller.store.engine, card["uuid"])
    assert explained is not None
    assert explained["replay"] == {"identical": True, "otherVersionsNow": []}
    (stated_then,) = explained["stated"]
    assert stated_then["order"] == "MedicationRequest/order-1"
    assert (stated_then["coverage"], stated_then["covered"]) == ("Coverage/cov-1", "conditional")
    assert stated_then["id"].startswith("her2-cds-")
    assert all("pat-1" not in str(line) for line in log_lines)


def certified(answer: Json, hook: str) -> None:
    """Hold an answer to each assertion that the certification tools make of a server's answer.

    Source: inferno-framework/davinci-crd-test-kit, cards_validation.rb, suggestion_actions_validation.rb,
    service_response_validation_test.rb and coverage_information_system_action_validation_test.rb (March 2026; the
    tests for version 2.2.0 make the same ones). Those of discovery, of the options and of the forms have tests above.
    """
    assert isinstance(answer["cards"], list), "the answer has an array of cards"
    assert hook == "order-select" or isinstance(answer["systemActions"], list), "systemActions is there and an array"
    for card in answer["cards"]:
        for name, kind in {"summary": str, "indicator": str, "source": dict}.items():
            assert isinstance(card[name], kind), "required fields of a card"
        for name, kind in {"uuid": str, "detail": str, "suggestions": list, "links": list}.items():
            assert name not in card or isinstance(card[name], kind), "optional fields of a card"
        assert len(card["summary"]) < 140, "the limit of the summary"
        assert card["indicator"] in ("info", "warning", "critical"), "the values of the indicator"
        assert isinstance(card["source"]["label"], str), "the source has a label"
        topic = card["source"]["topic"]
        assert isinstance(topic["code"], str), "the topic has a code"
        assert isinstance(topic["system"], str), "the topic has a system"
        for reason in card.get("overrideReasons", []):
            assert {"code", "system", "display"} <= set(reason), "fields of an override reason"
        for link in card.get("links", []):
            assert isinstance(link["label"], str)
            assert link["url"].startswith("http"), "a link is a URL"
            assert link["type"] in ("absolute", "smart"), "the types of a link"
            assert link["type"] == "smart" or "appContext" not in link, "no context on an absolute link"
        if card.get("suggestions"):
            assert card["selectionBehavior"] in ("at-most-one", "any"), "how suggestions are selected"
        for suggestion in card.get("suggestions", []):
            assert isinstance(suggestion["label"], str)
            assert suggestion["actions"], "actions are not an empty array"
            for action in suggestion["actions"]:
                certified_action(action)
    for action in answer.get("systemActions", []):
        certified_action(action)
        assert action["type"] == "update", "coverage information is an update"
        assert action["resource"]["resourceType"] in ("MedicationRequest", "ServiceRequest"), "a target of the hook"
        for name, is_required in {"coverage-assertion-id": True, "satisfied-pa-id": False}.items():
            by_coverage: dict[str, set[str]] = {}
            for extension in of_coverage(action["resource"]):
                said = parts_of(extension)
                by_coverage.setdefault(said["coverage"][0]["reference"], set()).update(said.get(name, ()))
            assert by_coverage, "coverage information was received"
            identifiers = [each for found in by_coverage.values() for each in found]
            assert all(is_required <= len(found) <= 1 for found in by_coverage.values()), f"one {name} a coverage"
            assert len(identifiers) == len(set(identifiers)), f"another {name} for another coverage"


def certified_action(action: Json) -> None:
    assert isinstance(action["type"], str)
    assert isinstance(action["description"], str)
    assert action["type"] in ("create", "update", "delete"), "the types of an action"
    if action["type"] == "delete":
        assert re.fullmatch(r"[A-Za-z]+/[A-Za-z0-9.-]+", action["resourceId"]), "a delete names a resource"
    else:
        assert action["resource"]["resourceType"], "a create or an update has a resource"


@pytest.mark.parametrize("service", ALL)
@pytest.mark.parametrize(
    "prefetch",
    [
        pytest.param({}, id="usual"),
        pytest.param({"coverage": bundle(insured("Aetna"), insured("Medicare", "cov-2"))}, id="two coverages"),
        pytest.param({"coverage": bundle(insured("Nobody knows"))}, id="no policy"),
        pytest.param({"approvals": bundle(approval())}, id="authorized"),
        pytest.param(
            {"coverage": bundle(insured(), insured(identifier="cov-2")), "approvals": bundle(approval())},
            id="two coverages of the payer and one authorization",
        ),
        pytest.param({"coverage": bundle()}, id="no coverage"),
        pytest.param({"tumorMarkers": bundle(ihc("LA11841-6", "1+"))}, id="not covered"),
        pytest.param({"labs": {"resourceType": "OperationOutcome", "issue": []}}, id="data missing"),
    ],
)
def test_crd_every_answer_passes_what_the_certification_tools_assert(crd, service, prefetch) -> None:
    orders = [order(), order(420, "order-2", medicationCodeableConcept={"text": "Perjeta"}), aspirin()]
    body = call(service, orders, whole(**prefetch))
    if service == COVERAGE_DISPATCH:
        body["prefetch"]["orders"] = bundle(*orders)
    answer = crd.post(body, service).body
    certified(answer, body["hook"])


CHARTS = st.fixed_dictionaries({
    "payer": st.sampled_from(["Aetna", "Medicare", "State Medicaid", "Louisiana Healthcare Connections", "Other Plan"]),
    "score": st.sampled_from([("LA11843-2", "3+"), ("LA11842-4", "2+"), ("LA11841-6", "1+"), ("LA11840-8", "0")]),
    "drug": st.sampled_from(["Kadcyla", "Enhertu", "Perjeta", "Herceptin", "ado-trastuzumab"]),
    "mg": st.sampled_from([100, 252, 378, 420, 840]),
    "own": st.lists(st.sampled_from([{"url": "https://a.example", "valueCode": "x"}, {"url": "urn:b"}]), max_size=2),
    "lacking": st.sampled_from(["", "labs", "conditions", "weight", "administrations"]),
    "treated": st.booleans(),
})  # fmt: skip


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(chart=CHARTS)
def test_crd_law_every_statement_is_valid_changes_nothing_else_and_appears_once(crd, chart) -> None:
    """Whatever the order and the chart: the invariants hold, the order stays, and the same is not said twice."""
    own = chart["own"]
    ordered = order(chart["mg"], medicationCodeableConcept={"text": chart["drug"]}, extension=own)
    earlier = given_before() if chart["treated"] else {}
    prefetch = whole(insured(chart["payer"]), tumorMarkers=bundle(ihc(*chart["score"])), **earlier)
    if chart["lacking"]:
        prefetch[chart["lacking"]] = {"resourceType": "OperationOutcome", "issue": []}
    (action,) = actions(crd.post(call(COVERAGE, [ordered], prefetch), COVERAGE))
    resource = action["resource"]
    assert without(resource, "extension") == without(ordered, "extension")
    assert [each for each in resource["extension"] if each["url"] != COVERAGE_INFORMATION] == own
    assert crd.post(call(COVERAGE, [resource], prefetch), COVERAGE).body["systemActions"] == []
