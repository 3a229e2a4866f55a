"""The rules of a site through the service: on cards, in discovery, in the record, replayed, off and in the shadow."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from calls import (
    LOINC,
    SELECT,
    VIEW,
    Caller,
    bundle,
    call,
    clean_prefetch,
    dose_given,
    lvef,
    observation,
    order,
    rewrite,
)
from command_line import exit_and_output
from fhir.resources.R4B.servicerequest import ServiceRequest

from cds_service.audit.explain import explain
from cds_service.configuration.layers import ConfigurationError
from cds_service.configuration.loading import load_settings
from cds_service.configuration.policy_settings import PromotionSettings
from cds_service.learning.promotion import promotion_report
from cds_service.store.selection import Window

if TYPE_CHECKING:
    from calls import Json

EXAMPLES = Path(__file__).parents[2] / "examples"
RULES = (EXAMPLES / "site-rules.yaml").read_text(encoding="utf-8")
MISSING = "hepatitis-b-missing"
CONFIGURATION = """
auth: {mode: "off"}
site: {rules: [rules.yaml]}
"""


@pytest.fixture
def site(tmp_path) -> Path:
    """Return the configuration of a site with the rules of the examples."""
    (tmp_path / "rules.yaml").write_text(RULES)
    path: Path = tmp_path / "her2.yaml"
    path.write_text(CONFIGURATION)
    return path


def enhertu(**changes: Json) -> Json:
    return order(378, medicationCodeableConcept={"text": "Enhertu"}, **changes)


def surface_antigen(days: int = 30, **more: Json) -> Json:
    return observation("hbsag-1", "5196-1", days, valueCodeableConcept={"text": "Negative"}, **more)


def chart(*results: Json, **lists: Json) -> Json:
    """Return a chart with further laboratory results."""
    clean = clean_prefetch()
    entries = [entry["resource"] for entry in clean["labs"]["entry"]]
    return {**clean, "labs": bundle(*entries, *results), **lists}


def test_the_rule_fires_before_the_first_dose_and_offers_the_test(site) -> None:
    answer = Caller(path=site).post(call(orders=[enhertu()]))
    card = answer.card(MISSING)
    assert card["summary"] == "Enhertu: no hepatitis B surface antigen within 180 days"
    assert card["indicator"] == "warning"
    assert card["source"]["label"] == "Pharmacy and therapeutics committee"
    assert card["source"]["topic"]["display"] == "Hepatitis B not tested"
    assert "Hepatitis B surface antigen: none in the data received" in card["detail"]
    created = card["suggestions"][0]["actions"][0]["resource"]
    assert ServiceRequest.model_validate(created)
    assert created["code"]["coding"][0]["code"] == "5196-1"
    assert next(each["code"] for each in card["overrideReasons"]) == "action-completed"


@pytest.mark.parametrize(
    ("days", "fires"), [(30, False), (180, False), (181, True)], ids=["recent", "on the last day", "a day too old"]
)
def test_a_result_is_valid_for_as_long_as_the_rule_says(site, days, fires) -> None:
    topics = Caller(path=site).post(call(orders=[enhertu()], prefetch=chart(surface_antigen(days)))).topics
    assert (MISSING in topics) is fires


def test_a_result_counts_under_any_prefetch_key(site) -> None:
    sent = {**chart(), "more": bundle(surface_antigen())}
    assert MISSING not in Caller(path=site).post(call(orders=[enhertu()], prefetch=sent)).topics


@pytest.mark.parametrize(
    "changes",
    [
        {"status": "preliminary"},
        {"status": "entered-in-error"},
        {"subject": {"reference": "Patient/somebody-else"}},
        {"code": {"coding": [{"system": "http://example.org", "code": "HBSAG"}]}},
    ],
    ids=["preliminary", "wrong", "of another patient", "of another system"],
)
def test_a_result_that_does_not_count_leaves_the_rule_firing(site, changes) -> None:
    sent = chart({**surface_antigen(), **changes})
    assert MISSING in Caller(path=site).post(call(orders=[enhertu()], prefetch=sent)).topics


def test_a_loinc_code_under_another_system_is_reported_and_never_counts_as_missing(site) -> None:
    foreign = {"code": {"coding": [{"system": "http://example.org", "code": "5196-1"}]}}
    answer = Caller(path=site).post(call(orders=[enhertu()], prefetch=chart({**surface_antigen(), **foreign})))
    assert MISSING not in answer.topics
    incomplete = answer.card("checks-incomplete")
    assert "Hepatitis B surface antigen Negative cannot be compared" in incomplete["detail"]


def test_missing_data_is_reported_and_never_taken_as_absent(site) -> None:
    sent = {key: value for key, value in chart().items() if key != "labs"}
    answer = Caller(path=site).post(call(orders=[enhertu()], prefetch=sent))
    assert MISSING not in answer.topics
    incomplete = answer.card("checks-incomplete")
    assert incomplete["indicator"] == "warning"
    assert "laboratory results not available" in incomplete["detail"]


def test_a_list_with_more_pages_is_not_taken_for_an_empty_one(site) -> None:
    sent = chart()
    sent["labs"]["total"] = 250
    answer = Caller(path=site).post(call(orders=[enhertu()], prefetch=sent))
    assert MISSING not in answer.topics
    incomplete = answer.card("checks-incomplete")
    assert "Hepatitis B not tested; the list of results is incomplete" in incomplete["detail"]


def test_a_result_without_a_date_is_reported_with_its_value(site) -> None:
    undated = {key: value for key, value in surface_antigen().items() if key != "effectiveDateTime"}
    answer = Caller(path=site).post(call(orders=[enhertu()], prefetch=chart(undated)))
    assert MISSING not in answer.topics
    incomplete = answer.card("checks-incomplete")
    assert "Hepatitis B surface antigen Negative, undated" in incomplete["detail"]


def test_another_drug_and_a_later_dose_are_not_asked_about(site) -> None:
    caller = Caller(path=site)
    assert caller.post(call()).topics == []
    given = dose_given(21, medicationCodeableConcept={"text": "Enhertu"})
    later = chart(administrations=bundle(given))
    assert MISSING not in caller.post(call(orders=[enhertu()], prefetch=later)).topics


def test_the_rule_is_asked_at_selection_too_and_its_codes_are_in_discovery(site) -> None:
    caller = Caller(path=site)
    assert MISSING in caller.post(call(SELECT, orders=[enhertu()]), SELECT).topics
    services = caller.get("/cds-services").body["services"]
    assert all(f"{LOINC}|5196-1" in each["prefetch"]["labs"] for each in services if each["id"] != "her2-patient-view")
    concepts = caller.get("/CodeSystem/card-topic").body
    assert {"code": MISSING, "display": "Hepatitis B not tested"} in concepts["concept"]
    assert concepts["count"] == len(concepts["concept"])


def test_the_shipped_rules_are_unaffected(site) -> None:
    ours, shipped = Caller(path=site), Caller()
    own = {MISSING, "lvef-six-weeks", "antiemetic-plan"}
    for prefetch in (chart(), chart(surface_antigen()), {"labs": chart()["labs"]}):
        request = call(orders=[enhertu()], prefetch=prefetch)
        left = [each for each in ours.post(request).topics if each not in own]
        expected = shipped.post(request).topics
        assert [each for each in left if each != "checks-incomplete"] == [
            each for each in expected if each != "checks-incomplete"
        ]


@pytest.mark.parametrize("mode", ["off", "shadow"])
def test_the_rule_is_off_or_in_the_shadow_like_any_other(site, mode) -> None:
    site.write_text(CONFIGURATION + f'cards: {{{MISSING}: {{mode: "{mode}"}}}}\n')
    caller = Caller(path=site)
    answer = caller.post(call(orders=[enhertu()]))
    assert MISSING not in answer.topics
    explained = explain(caller.store.engine, answer.headers["HER2-CDS-Decision"])
    assert explained is not None
    judged = {each["topic"]: each["mode"] for each in explained["checks"]}
    assert judged.get(MISSING) == (None if mode == "off" else "shadow")


def test_a_topic_without_a_rule_is_refused_with_its_line(site) -> None:
    site.write_text(CONFIGURATION + "cards:\n  hepatitis-b-misssing: {mode: shadow}\n")
    with pytest.raises(ConfigurationError) as error:
        load_settings(site, {})
    assert error.value.problems == [
        f"{site}:5: unknown topic 'hepatitis-b-misssing'; did you mean 'hepatitis-b-missing'?"
    ]


def test_the_rule_is_less_urgent_where_the_site_says_so(site) -> None:
    site.write_text(CONFIGURATION + f"cards: {{{MISSING}: {{indicator: info}}}}\n")
    cards = Caller(path=site).post(call(orders=[enhertu()])).cards
    assert next(each["indicator"] for each in cards if each["source"]["topic"]["code"] == MISSING) == "info"


@pytest.mark.usefixtures("eager")
def test_a_decision_is_explained_by_the_rules_it_was_made_with(site) -> None:
    caller = Caller(path=site)
    card = next(
        each for each in caller.post(call(orders=[enhertu()])).cards if each["source"]["topic"]["code"] == MISSING
    )
    rewrite(site.parent / "rules.yaml", "rules: []")
    assert MISSING not in caller.post(call(orders=[enhertu()])).topics
    explained = explain(caller.store.engine, card["uuid"])
    assert explained is not None
    assert explained["replay"]["identical"]
    check = next(each for each in explained["checks"] if each["topic"] == MISSING)
    assert (check["outcome"], check["display"], check["mode"]) == ("fired", "Hepatitis B not tested", "live")


@pytest.mark.usefixtures("eager")
def test_a_rule_that_fails_its_own_case_is_refused_and_the_last_valid_one_stays(site, log_lines) -> None:
    caller = Caller(path=site)
    rewrite(
        site.parent / "rules.yaml",
        RULES.replace("{name: never tested, expect: fires}", "{name: never tested, expect: silent}"),
    )
    assert MISSING in caller.post(call(orders=[enhertu()])).topics
    refused = next(line for line in log_lines if line["event"] == "configuration_refused")
    assert refused["problems"] == ["rules.yaml:18: case 'never tested' of hepatitis-b-missing: fires, expected silent"]


def test_the_rules_are_part_of_the_configuration_hash(site) -> None:
    first = Caller(path=site).app.extensions["her2_cds"].current().decider.versions
    (site.parent / "rules.yaml").write_text(RULES.replace("Test before", "Test soon before"))
    second = Caller(path=site).app.extensions["her2_cds"].current().decider.versions
    assert first.configuration_hash != second.configuration_hash


def test_the_sites_lvef_interval_applies_when_a_chart_is_opened(site) -> None:
    given = dose_given(10, medicationCodeableConcept={"text": "Enhertu"})
    sent = call(VIEW)
    sent["prefetch"] |= {"administrations": bundle(given), "lvef": bundle(lvef(days=50)), "labs": chart()["labs"]}
    answer = Caller(path=site).post(sent, VIEW)
    assert "lvef-six-weeks" in answer.topics
    card = answer.card("lvef-six-weeks")
    assert "is 50 days old" in card["summary"]


def test_the_command_line_checks_and_compares_rules(site) -> None:
    rules = site.parent / "rules.yaml"
    code, said = exit_and_output("knowledge", "check", rules)
    assert code == 0
    assert "3 rules, 18 cases, all as expected" in said
    code, said = exit_and_output("knowledge", "diff", "default", rules)
    assert code == 1
    assert "rule hepatitis-b-missing is new\n" in said
    assert "\n  unless_result.within_days: 180\n" in said
    assert "topics.hepatitis-b-missing" not in said
    other = site.parent / "other.yaml"
    other.write_text('auth: {mode: "off"}\n')
    code, said = exit_and_output("config", "diff", other, site)
    assert code == 1
    assert "rule hepatitis-b-missing is new\n" in said
    rules.write_text(RULES.replace("first_dose: true}", "first_doze: true}", 1))
    code, said = exit_and_output("knowledge", "check", rules)
    assert code == 2
    assert "rules.yaml:11: rules.0.when.first_doze" in said
    assert "did you mean 'first_dose'" in said


def test_the_worked_example_is_valid() -> None:
    settings = load_settings(EXAMPLES / "site.yaml", {})
    assert len(settings.site_layer.known.site_rules) == 3


def test_the_topic_is_shown_to_its_owners_with_its_codes(site) -> None:
    caller = Caller(path=site)
    told = next(each for each in caller.get("/source-attributes").body["interventions"] if each["topic"] == MISSING)
    assert told["developer"] == "The site that runs the service"
    assert told["reads"] == [{"data": "Hepatitis B surface antigen", "fhir": "Observation"}]
    assert [each["confidence"] for each in told["citations"]] == ["S"]
    listed = caller.get(f"/ValueSet/rule-{MISSING}").body
    assert listed["compose"]["include"][0]["concept"] == [{"code": "5196-1", "display": "Hepatitis B surface antigen"}]


def test_the_schema_for_editors_knows_the_topics_of_the_site(site) -> None:
    code, said = exit_and_output("config", "schema", "--config", site)
    assert code == 0
    assert f'"{MISSING}"' in said
    assert f'"{MISSING}"' not in exit_and_output("config", "schema")[1]


def test_a_rule_in_the_shadow_is_reported(site) -> None:
    site.write_text(CONFIGURATION + f"cards: {{{MISSING}: {{mode: shadow}}}}\n")
    caller = Caller(path=site)
    assert MISSING not in caller.post(call(orders=[enhertu()])).topics
    (found,) = promotion_report(caller.store.engine, Window(service="her2-order-sign"), PromotionSettings(), MISSING)
    assert (found["topic"], found["wouldFire"], found["new"]) == (MISSING, 1, 1)


BY_CODE = """
sources:
  our-pt: {title: Pharmacy and therapeutics committee, url: https://intranet.example/pt, as_of: "2026-11"}
rules:
  - topic: hepatitis-b-untreated
    display: Hepatitis B without treatment
    summary: "{drug}: hepatitis B on record and no antiviral"
    rule: Ask hepatology before the first dose.
    has_problem: ["http://hl7.org/fhir/sid/icd-10-cm|B18.1", "https://hospital.example/problems|HEPB"]
    unless_drug: [entecavir, "http://www.nlm.nih.gov/research/umls/rxnorm|306266", "http://www.whocc.no/atc|J05AF"]
    by: {source: our-pt, section: "7", confidence: V}
"""
UNTREATED = "hepatitis-b-untreated"
LOCAL_MAP = {
    "resourceType": "ConceptMap",
    "status": "active",
    "group": [
        {
            "source": "https://other.example/problems",
            "target": "http://hl7.org/fhir/sid/icd-10-cm",
            "element": [{"code": "77", "target": [{"code": "B18.1", "equivalence": "equivalent"}]}],
        }
    ],
}


@pytest.fixture
def by_code(tmp_path) -> Path:
    """Return the configuration of a site with a rule that names problems and drugs by code."""
    (tmp_path / "rules.yaml").write_text(BY_CODE)
    (tmp_path / "map.json").write_text(json.dumps(LOCAL_MAP))
    path: Path = tmp_path / "her2.yaml"
    path.write_text(CONFIGURATION.replace("rules.yaml]", "rules.yaml], code_maps: [map.json]"))
    return path


def problem(system: str, code: str, **changes: Json) -> Json:
    return {
        "resourceType": "Condition",
        "id": "hepb",
        "subject": {"reference": "Patient/p-1"},
        "clinicalStatus": {"coding": [{"code": "active"}]},
        "code": {"coding": [{"system": system, "code": code}]},
        **changes,
    }


def with_problem(stated: Json, *drugs: Json) -> Json:
    clean = clean_prefetch()
    cancers = [entry["resource"] for entry in clean["conditions"]["entry"]]
    stated = {**stated, "subject": cancers[0]["subject"]}
    drugs = tuple({**each, "subject": cancers[0]["subject"]} for each in drugs)
    return {**clean, "conditions": bundle(*cancers, stated), "medications": bundle(*drugs)}


def antiviral(system: str, code: str) -> Json:
    return {
        "resourceType": "MedicationRequest",
        "id": "antiviral",
        "status": "active",
        "intent": "order",
        "medicationCodeableConcept": {"coding": [{"system": system, "code": code}]},
        "authoredOn": "2026-01-02",
    }


ICD10 = "http://hl7.org/fhir/sid/icd-10-cm"


@pytest.mark.parametrize(
    ("stated", "fires"),
    [
        (problem(ICD10, "B18.1"), True),
        (problem("urn:oid:2.16.840.1.113883.6.90", "b181"), True),
        (problem(ICD10, "B18.10"), True),
        (problem(ICD10, "B18.2"), False),
        (problem("https://hospital.example/problems", "HEPB"), True),
        (problem("https://elsewhere.example/problems", "HEPB"), False),
        (problem("https://other.example/problems", "77"), True),
        (problem(ICD10, "B18.1", clinicalStatus={"coding": [{"code": "resolved"}]}), False),
        (problem(ICD10, "B18.1", verificationStatus={"coding": [{"code": "refuted"}]}), False),
        (problem(ICD10, "B18.1", abatementDateTime="2020-02-02"), False),
    ],
    ids=["the code", "an OID, no dot", "below it", "another", "local", "another's local", "mapped", "resolved",
         "refuted", "over"],
)  # fmt: skip
def test_a_problem_is_found_by_the_sites_code(by_code, stated, fires) -> None:
    answer = Caller(path=by_code).post(call(orders=[enhertu()], prefetch=with_problem(stated)))
    assert (UNTREATED in answer.topics) is fires


@pytest.mark.parametrize(
    ("drug", "fires"),
    [
        (antiviral("http://www.nlm.nih.gov/research/umls/rxnorm", "306266"), False),
        (antiviral("http://www.whocc.no/atc", "J05AF07"), False),
        (antiviral("http://fhir.de/CodeSystem/bfarm/atc", "j05af10"), False),
        (antiviral("http://www.whocc.no/atc", "J05AE03"), True),
        (antiviral("http://www.nlm.nih.gov/research/umls/rxnorm", "1191"), True),
    ],
    ids=["RxNorm", "below an ATC group", "ATC in Germany", "another group", "another drug"],
)
def test_a_drug_that_the_chart_gives_by_code_alone_is_seen(by_code, drug, fires) -> None:
    sent = with_problem(problem(ICD10, "B18.1"), drug)
    answer = Caller(path=by_code).post(call(orders=[enhertu()], prefetch=sent))
    assert (UNTREATED in answer.topics) is fires


def test_a_concurrent_drug_ordered_by_code_alone_is_recognized(by_code) -> None:
    beside = {**antiviral("http://www.whocc.no/atc", "J05AF10"), "status": "draft", "subject": enhertu()["subject"]}
    sent = with_problem(problem(ICD10, "B18.1"))
    assert UNTREATED not in Caller(path=by_code).post(call(orders=[enhertu(), beside], prefetch=sent)).topics


def test_a_problem_by_code_is_evidence_on_the_card(by_code) -> None:
    sent = with_problem(problem("https://hospital.example/problems", "HEPB"))
    caller = Caller(path=by_code)
    answer = caller.post(call(orders=[enhertu()], prefetch=sent))
    card = answer.card(UNTREATED)
    assert "HEPB" in card["detail"]


def test_problems_that_were_not_sent_are_reported(by_code) -> None:
    sent = {key: value for key, value in clean_prefetch().items() if key != "conditions"}
    answer = Caller(path=by_code).post(call(orders=[enhertu()], prefetch=sent))
    assert UNTREATED not in answer.topics
    assert "checks-incomplete" in answer.topics
