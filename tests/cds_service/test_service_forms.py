"""What a payer policy still asks, as a FHIR Questionnaire with a QuestionnaireResponse begun from the chart."""

from __future__ import annotations

from typing import Any

import pytest
from calls import (
    COVERAGE,
    PATIENT,
    Caller,
    bundle,
    call,
    clean_prefetch,
    days_ago,
    dose_given,
    order,
)
from fhir.resources.R4B.questionnaire import Questionnaire
from fhir.resources.R4B.questionnaireresponse import QuestionnaireResponse

from cards.coverage.form import form_named
from cards.knowledge.billing_loader import default_policies
from cards.presentation.wording import default_wording
from cds_service.audit.explain import explain
from cds_service.configuration.settings import Settings
from fhir_mappings.coverage.questionnaires import questionnaire

Json = dict[str, Any]
ORIGIN = "http://hl7.org/fhir/us/davinci-dtr/StructureDefinition/information-origin"


def insured(name: str) -> Json:
    return {
        "resourceType": "Coverage", "id": "cov-1", "status": "active", "payor": [{"display": name}],
        "beneficiary": {"reference": f"Patient/{PATIENT}"},
    }  # fmt: skip


def criteria_card(caller: Caller, payer: str, **prefetch: Any) -> Json:
    sent = {**clean_prefetch(), "coverage": bundle(insured(payer)), **prefetch}
    found = caller.post(call(COVERAGE, prefetch=sent), COVERAGE).cards
    return next(card for card in found if card["source"]["topic"]["code"] == "coverage-criteria")


def read(caller: Caller, address: str) -> Json:
    """Read a form at its address, and hold it to FHIR R4 and to what its items have to be."""
    form = caller.get(address.removeprefix("http://127.0.0.1:8080")).body
    Questionnaire.model_validate(form)
    items = list(flat(form["item"]))
    links = [item["linkId"] for item in items]
    assert len(links) == len(set(links)), "que-2: the link ids are unique"
    for item in items:
        assert ("item" in item) == (item["type"] == "group"), "que-1: a group has items"
        assert not (item["type"] == "display" and "required" in item), "que-6"
    return dict(form)


def flat(items: list[Json]) -> Any:
    for item in items:
        yield item
        yield from flat(item.get("item", []))


def begun(card: Json) -> Json:
    """Return the answer that a card offers to begin, held to FHIR R4."""
    (suggestion,) = card["suggestions"]
    (action,) = suggestion["actions"]
    assert action["type"] == "create"
    QuestionnaireResponse.model_validate(action["resource"])
    return dict(action["resource"])


def test_forms_ask_only_for_what_is_unknown(service) -> None:
    card = criteria_card(service, "Louisiana Healthcare Connections")
    (link,) = card["links"]
    assert link["type"] == "absolute"
    asked = read(service, link["url"])["item"][1]["item"]
    not_known = [line.split(" · ")[1] for line in card["detail"].splitlines() if line.startswith("- **Not known**")]
    assert [each["prefix"] for each in asked] == not_known == ["I.A.2", "I.A.5"]
    # No single alternative has to be answered.
    assert [each["item"][0]["required"] for each in asked[1]["item"]] == [False, False]


def test_forms_are_prefilled_from_the_chart_with_the_place_of_each_answer(service) -> None:
    card = criteria_card(service, "Louisiana Healthcare Connections")
    answer = begun(card)
    form = read(service, card["links"][0]["url"])
    assert answer["questionnaire"] == form["url"]
    assert (answer["status"], answer["subject"]) == ("in-progress", {"reference": f"Patient/{PATIENT}"})
    links = {item["linkId"] for item in flat(form["item"])}
    said: dict[str, list[tuple[str, str]]] = {}
    for item in flat(answer["item"]):
        assert item["linkId"] in links
        for each in item.get("answer", []):
            origin, *place = each["extension"]
            assert origin == {"url": ORIGIN, "extension": [{"url": "source", "valueCode": "auto-server"}]}
            where = place[0]["valueReference"]["reference"] if place else ""
            said.setdefault(item["linkId"], []).append((each["valueString"], where))
    assert said["known.drug"] == [("Kadcyla", "MedicationRequest/order-1")]
    assert said["known.dose"] == [("252 mg", "MedicationRequest/order-1")]
    assert said["known.payer"] == [("Louisiana Healthcare Connections", "Coverage/cov-1")]
    assert said["known.diagnosis"] == [("C50.911", "Condition/cancer-1")]
    assert said["known.her2"] == [(f"IHC 3+, {days_ago(300)}", "Observation/her2-1")]
    assert ("I.A.1: HER2-positive breast cancer", "Observation/her2-1") in said["known.met"]
    assert "known.doses-given" not in said


def test_forms_state_their_purpose(service) -> None:
    for payer, purpose in (("Aetna", "withpa"), ("Medicare", "retain-doc")):
        extensions = {
            each["url"].rpartition("/")[2]: each for each in begun(criteria_card(service, payer))["extension"]
        }
        assert extensions["intendedUse"]["valueCodeableConcept"]["coding"][0]["code"] == purpose
        assert extensions["qr-context"]["valueReference"]["reference"] == "MedicationRequest/order-1"
        assert extensions["qr-coverage"]["valueReference"]["reference"] == "Coverage/cov-1"


def test_forms_name_earlier_doses(service) -> None:
    given = bundle(dose_given(42, "one"), dose_given(21, "two"))
    answer = begun(criteria_card(service, "Louisiana Healthcare Connections", administrations=given))
    doses = next(item for item in flat(answer["item"]) if item["linkId"] == "known.doses-given")
    assert [each["valueString"] for each in doses["answer"]] == [days_ago(21), days_ago(42)]


def test_forms_are_linked_from_the_extension_where_documents_are_asked_for() -> None:
    crd = Caller(Settings(crd="2.2"))
    body = call(COVERAGE, prefetch={**clean_prefetch(), "coverage": bundle(insured("Aetna"))})
    (action,) = crd.post(body, COVERAGE).body["systemActions"]
    (extension,) = action["resource"]["extension"]
    said = {each["url"]: each for each in extension["extension"]}
    assert said["doc-needed"]["valueCode"] == "clinical"
    assert read(crd, said["questionnaire"]["valueCanonical"])["url"] == said["questionnaire"]["valueCanonical"]


def test_forms_every_path_of_every_policy_is_valid() -> None:
    for policy in default_policies():
        for place, path in enumerate(policy.paths, 1):
            form = form_named(f"{policy.id}.{place}.{(1 << len(path.criteria)) - 1:x}", default_policies())
            assert form is not None
            assert len(form.id) <= 64
            words = default_wording().statements
            Questionnaire.model_validate(questionnaire(form, words, "https://cds.example.org", "1"))


@pytest.mark.parametrize(
    "name",
    [
        "LA.PHAR.229.1.0", "LA.PHAR.229.9.1", "LA.PHAR.229.0.1", "LA.PHAR.229.1.ffff", "LA.PHAR.229.1", "nothing",
        "LA.PHAR.229.1." + "f" * 40, "%00", "..%2f..",
    ],
)  # fmt: skip
def test_unknown_forms_are_not_found(service, name) -> None:
    assert service.get(f"/Questionnaire/{name}").status == 404


def test_forms_an_order_without_an_id_has_only_the_link(service) -> None:
    sent = {**clean_prefetch(), "coverage": bundle(insured("Aetna"))}
    found = service.post(call(COVERAGE, [order(name=None)], sent), COVERAGE).cards
    card = next(card for card in found if card["source"]["topic"]["code"] == "coverage-criteria")
    assert "links" in card
    assert "suggestions" not in card


def test_forms_the_record_contains_no_answer_and_explains_the_card() -> None:
    caller = Caller()
    card = criteria_card(caller, "Aetna")
    explained = explain(caller.store.engine, card["uuid"])
    assert explained is not None
    assert explained["replay"] == {"identical": True, "otherVersionsNow": []}
    assert "QuestionnaireResponse" not in str(explained)


def test_forms_open_as_a_page_in_a_browser(service) -> None:
    address = "/Questionnaire/LA.PHAR.229.1.12"
    browser = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
    shown = service.client.get(address, headers=browser)
    assert shown.content_type.startswith("text/html")
    assert "default-src 'none'" in shown.headers["Content-Security-Policy"]
    text = shown.get_data(as_text=True)
    assert "Prior trastuzumab-based therapy and a taxane" in text
    assert "Document: Note of the oncologist who prescribes or was consulted" in text
    assert "<script" not in text
    for accept in ("*/*", "application/fhir+json", "application/json"):
        assert service.client.get(address, headers={"Accept": accept}).content_type == "application/json"
