"""A policy's open questions as a Questionnaire, and a QuestionnaireResponse prefilled from the chart.

Source: FHIR R4 Questionnaire and QuestionnaireResponse; HL7 Da Vinci Documentation Templates and Rules 2.2.0 for the
origin of an answer, and a response's coverage, order and purpose.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cards.knowledge.schema import coverage as shapes
from cards.knowledge.schema.coverage import PriorAuthorization
from fhir_mappings.published.code_lists import PUBLISHER

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import date

    from cards.coverage.form import Form, Known
    from cards.facts.origins import Origin
    from fhir_mappings.wire.lenient import Json

_DTR = "http://hl7.org/fhir/us/davinci-dtr/StructureDefinition"
_PURPOSE = "http://hl7.org/fhir/us/davinci-crd/CodeSystem/coverage-information-codes"
_KNOWN, _ASKED = "known", "asked"
_LABELS = (
    "form-drug", "form-dose", "form-payer", "form-diagnosis", "form-stage", "form-her2", "form-doses-given", "form-met"
)  # fmt: skip
_ONE = frozenset({"form-drug", "form-dose", "form-payer", "form-stage"})


def canonical(form: Form, base_url: str) -> str:
    """Return the address of a form's Questionnaire."""
    return f"{base_url}/Questionnaire/{form.id}"


def questionnaire(form: Form, words: Mapping[str, str], base_url: str, release: str) -> Json:
    """Build a form: known data, read-only, and the open criteria, each with its documents."""
    policy, path = form.policy, form.path
    return {
        "resourceType": "Questionnaire",
        "id": form.id,
        "url": canonical(form, base_url),
        "version": release,
        "name": "PayerPolicyForm",
        "title": words["form-title"].format(policy=policy.id, path=path.name),
        "status": "active",
        "experimental": False,
        "subjectType": ["Patient"],
        "publisher": PUBLISHER,
        "description": words["form-about"].format(title=policy.title, payer=policy.payer),
        "item": [
            {
                "linkId": _KNOWN,
                "text": words["form-known"],
                "type": "group",
                "item": [_fact(label, words) for label in _LABELS],
            },
            {
                "linkId": _ASKED,
                "text": words["form-asked"],
                "type": "group",
                "item": list(_criteria(form.asked, words, _ASKED)),
            },
        ],
    }


def response(form: Form, words: Mapping[str, str], base_url: str, patient_id: str, order: Origin, today: date) -> Json:
    """Prefill the response to a form from the chart; each answer names its resource."""
    coverage = next((each.origin for each in form.known if each.label == "form-payer"), None)
    extensions = [{"url": f"{_DTR}/qr-context", "valueReference": {"reference": order.reference}}]
    if coverage is not None and coverage.reference:
        extensions.insert(0, {"url": f"{_DTR}/qr-coverage", "valueReference": {"reference": coverage.reference}})
    is_kept = form.policy.prior_authorization is PriorAuthorization.NOT_REQUIRED
    purpose = {"coding": [{"system": _PURPOSE, "code": "retain-doc" if is_kept else "withpa"}]}
    extensions.append({"url": f"{_DTR}/intendedUse", "valueCodeableConcept": purpose})
    return {
        "resourceType": "QuestionnaireResponse",
        "extension": extensions,
        "questionnaire": canonical(form, base_url),
        "status": "in-progress",
        "subject": {"reference": f"Patient/{patient_id}"},
        "authored": today.isoformat(),
        "item": [{"linkId": _KNOWN, "text": words["form-known"], "item": list(_answers(form.known, words, base_url))}],
    }


def _fact(label: str, words: Mapping[str, str]) -> Json:
    asked: Json = {"linkId": _link(label), "text": words[label], "type": "string", "readOnly": True}
    return asked if label in _ONE else {**asked, "repeats": True}


def _link(label: str) -> str:
    return f"{_KNOWN}.{label.removeprefix('form-')}"


def _answers(known: Iterable[Known], words: Mapping[str, str], base_url: str) -> Iterator[Json]:
    by_label: dict[str, list[Known]] = {}
    for each in known:
        by_label.setdefault(each.label, []).append(each)
    for label in _LABELS:
        if label in by_label:
            answers = [_answer(each, base_url) for each in by_label[label]]
            yield {"linkId": _link(label), "text": words[label], "answer": answers}


def _answer(known: Known, base_url: str) -> Json:
    origin = {"url": f"{_DTR}/information-origin", "extension": [{"url": "source", "valueCode": "auto-server"}]}
    extensions: list[Json] = [origin]
    if known.origin is not None and known.origin.reference:
        url = f"{base_url}/StructureDefinition/answer-source"
        extensions.append({"url": url, "valueReference": {"reference": known.origin.reference}})
    return {"extension": extensions, "valueString": known.value}


def _criteria(
    criteria: Iterable[shapes.Check | shapes.OneOf], words: Mapping[str, str], within: str, *, required: bool = True
) -> Iterator[Json]:
    """Build the questions; alternatives are each optional."""
    for number, criterion in enumerate(criteria, 1):
        link = f"{within}.{number}"
        if isinstance(criterion, shapes.OneOf):
            below = list(_criteria(criterion.of, words, link, required=False))
        else:
            below = list(_questions(criterion, words, link, required=required))
        for place, document in enumerate(criterion.documents, 1):
            text = words["form-document"].format(document=document.name)
            below.append({"linkId": f"{link}.d{place}", "text": text, "type": "attachment"})
        yield {"linkId": link, "prefix": criterion.ref, "text": criterion.text, "type": "group", "item": below}


def _questions(criterion: shapes.Check, words: Mapping[str, str], link: str, *, required: bool) -> Iterator[Json]:
    """Ask for what the check could not find: a value if one decides, else yes or no and the evidence."""
    match criterion:
        case shapes.PrescriberSpecialty():
            label, kind = "form-specialty", "string"
        case shapes.AgeAtLeast():
            label, kind = "form-birth-date", "date"
        case shapes.ResultsOnRecord():
            label, kind = "form-results", "text"
        case _:
            label, kind = "form-is-so", "boolean"
    yield {"linkId": f"{link}.a", "text": words[label], "type": kind, "required": required}
    if kind == "boolean":
        yield {"linkId": f"{link}.b", "text": words["form-shown"], "type": "text"}
