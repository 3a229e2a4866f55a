"""The forms of payer policies as apps of Da Vinci DTR ask for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from calls import COVERAGE, PATIENT, Caller, bundle, call, clean_prefetch, order
from fhir.resources.R4B.bundle import Bundle
from fhir.resources.R4B.questionnaire import Questionnaire
from fhir.resources.R4B.questionnaireresponse import QuestionnaireResponse

from cds_service.configuration.settings import Settings

if TYPE_CHECKING:
    from calls import Answer, Json

PATH = "/Questionnaire/$questionnaire-package"
BASE = "http://127.0.0.1:8080/Questionnaire/"
FORM = f"{BASE}LA.PHAR.229.1.12"


def coverage(patient: str = PATIENT) -> Json:
    return {
        "resourceType": "Coverage", "id": "cov-1", "status": "active", "payor": [{"display": "Louisiana Healthcare"}],
        "beneficiary": {"reference": f"Patient/{patient}"},
    }  # fmt: skip


def parameters(*forms: str, orders: Any = None, **more: Any) -> Json:
    listed = [{"name": "coverage", "resource": coverage()}]
    listed += [{"name": "order", "resource": each} for each in ([order()] if orders is None else orders)]
    listed += [{"name": "questionnaire", "valueCanonical": each} for each in forms]
    return {"resourceType": "Parameters", "parameter": listed, **more}


def asked(caller: Caller, body: Any) -> Answer:
    return caller.send("POST", PATH, json=body)


def parts(answer: Answer) -> dict[str, list[Json]]:
    assert answer.status == 200, answer.body
    assert answer.body["resourceType"] == "Parameters"
    found: dict[str, list[Json]] = {}
    for each in answer.body["parameter"]:
        found.setdefault(each["name"], []).append(each["resource"])
    return found


def test_a_form_comes_with_an_answer_prefilled_from_the_order_and_the_coverage(service) -> None:
    (package,) = parts(asked(service, parameters(FORM)))["packagebundle"]
    Bundle.model_validate(package)
    assert package["type"] == "collection"
    form, begun = (entry["resource"] for entry in package["entry"])
    Questionnaire.model_validate(form)
    QuestionnaireResponse.model_validate(begun)
    assert form == service.get(FORM.removeprefix("http://127.0.0.1:8080")).body
    assert begun["questionnaire"] == form["url"] == FORM == package["entry"][0]["fullUrl"]
    assert begun["subject"] == {"reference": f"Patient/{PATIENT}"}
    known = {each["linkId"]: each["answer"][0]["valueString"] for each in begun["item"][0]["item"]}
    text = order()["medicationCodeableConcept"]["text"]
    assert known == {"known.drug": text, "known.dose": "252 mg", "known.payer": "Louisiana Healthcare"}
    extensions = {each["url"].rpartition("/")[2]: each for each in begun["extension"]}
    assert extensions["qr-context"]["valueReference"] == {"reference": "MedicationRequest/order-1"}
    assert extensions["qr-coverage"]["valueReference"] == {"reference": "Coverage/cov-1"}


def test_the_form_named_by_the_extension_exists(service) -> None:
    crd = Caller(Settings(crd="2.2"))
    body = call(
        COVERAGE, prefetch={**clean_prefetch(), "coverage": bundle({**coverage(), "payor": [{"display": "Aetna"}]})}
    )
    (action,) = crd.post(body, COVERAGE).body["systemActions"]
    (extension,) = action["resource"]["extension"]
    said = {each["url"]: each for each in extension["extension"]}
    address = said["questionnaire"]["valueCanonical"]
    assert len(parts(asked(service, parameters(f"{address}|9.9")))["packagebundle"]) == 1


def test_several_forms_are_separate_packages_without_repeats(service) -> None:
    other = f"{BASE}LA.PHAR.229.1.1"
    assert len(parts(asked(service, parameters(FORM, other, FORM)))["packagebundle"]) == 2


def test_a_form_that_is_not_known_is_reported_beside_those_that_are(service) -> None:
    found = parts(asked(service, parameters(FORM, "https://payer.example.org/Questionnaire/x")))
    assert len(found["packagebundle"]) == 1
    (outcome,) = found["outcome"]
    assert [each["details"]["coding"][0]["code"] for each in outcome["issue"]] == ["not-found"]


def test_without_the_name_of_a_form_it_is_said_where_to_find_it(service) -> None:
    found = parts(asked(service, parameters()))
    assert "packagebundle" not in found
    assert "coverage-information" in found["outcome"][0]["issue"][0]["details"]["text"]


@pytest.mark.parametrize("orders", [[], [order(name=None)]])
def test_no_answer_is_prefilled_without_an_order_reference(service, orders) -> None:
    (package,) = parts(asked(service, parameters(FORM, orders=orders)))["packagebundle"]
    assert [entry["resource"]["resourceType"] for entry in package["entry"]] == ["Questionnaire"]


def test_a_browser_app_of_another_address_may_ask(service) -> None:
    answer = service.send("POST", PATH, json=parameters(FORM), headers={"Origin": "https://dtr.example.org"})
    assert answer.headers["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize(
    ("body", "code", "expression"),
    [
        pytest.param([], "wrong-type", "Parameters", id="a list"),
        pytest.param({"resourceType": "Bundle"}, "wrong-type", "Parameters", id="another resource"),
        pytest.param({"resourceType": "Parameters"}, "required", "coverage", id="nothing"),
        pytest.param(
            {"resourceType": "Parameters", "parameter": [{"name": "coverage", "resource": order()}]},
            "required",
            "coverage",
            id="an unknown coverage",
        ),
        pytest.param(parameters(orders=[]), "required", "questionnaire", id="neither order nor form"),
        pytest.param(
            parameters(FORM, orders=[order(patient="somebody-else")]), "wrong-type", "order", id="two patients"
        ),
        pytest.param(parameters(*(f"{FORM}{n}" for n in range(21))), "too-long", "questionnaire", id="too many"),
    ],
)
def test_unsupported_input_of_the_operation_is_refused(service, body, code, expression) -> None:
    answer = asked(service, body)
    assert (answer.status, answer.code, answer.expression) == (400, code, [expression])


@pytest.mark.parametrize("raw", [b"", b"{", b"[" * 1000])
def test_what_is_not_json_is_refused(service, raw) -> None:
    answer = service.send("POST", PATH, data=raw, content_type="application/fhir+json")
    assert (answer.status, answer.code) == (400, "not-json")


def test_an_order_with_too_much_text_is_shortened(service) -> None:
    long = order(medicationCodeableConcept={"text": "x" * 5000})
    (package,) = parts(asked(service, parameters(FORM, orders=[long])))["packagebundle"]
    assert (
        max(len(a["valueString"]) for i in package["entry"][1]["resource"]["item"][0]["item"] for a in i["answer"])
        == 200
    )
