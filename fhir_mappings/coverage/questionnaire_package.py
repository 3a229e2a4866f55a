"""Payer policy forms for Da Vinci DTR: a package with a Questionnaire and a prefilled response.

Source: HL7 Da Vinci Documentation Templates and Rules 2.2.0, OperationDefinition questionnaire-package. A form is
requested by its address, as in the coverage-information extension and on the card. It is prefilled from the order and
the coverage in the call; the chart is not read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from msgspec import structs

from cards.coverage.form import Form, Known, form_named
from cards.facts.origins import Origin
from fhir_mappings.codings import texts
from fhir_mappings.coverage.questionnaires import canonical, questionnaire, response
from fhir_mappings.wire.lenient import child, number, objects, reference, text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import date

    from cards.knowledge.schema.coverage import PayerPolicy
    from fhir_mappings.wire.lenient import Json

_MOST = 20
_LONGEST = 200


class BadPackageRequest(ValueError):  # noqa: N818 - named for the answer it leads to
    """The call does not have what the operation needs; ``expression`` names the parameter, never its value."""

    def __init__(self, code: str, message: str, expression: str) -> None:
        """Keep the problem and the parameter."""
        super().__init__(message)
        self.code = code
        self.message = message
        self.expression = expression


class Asked(NamedTuple):
    """The content of a call: the addresses of forms, the order and the coverage."""

    forms: tuple[str, ...]
    order: Json
    coverage: Json
    patient_id: str


class Publisher(NamedTuple):
    """What forms are made from: the policies, the wording, the public address and the release."""

    policies: tuple[PayerPolicy, ...]
    words: Mapping[str, str]
    base_url: str
    release: str


def read_asked(body: object) -> Asked:
    """Read the Parameters of a call.

    Raises:
        BadPackageRequest: they are missing, have no coverage, name neither an order, form nor context, or are about two
        patients.

    """
    if not isinstance(body, dict) or body.get("resourceType") != "Parameters":
        raise BadPackageRequest("wrong-type", "the body must be a FHIR Parameters resource", "Parameters")
    given: dict[str, list[Json]] = {}
    for _, each in objects(body.get("parameter")):
        given.setdefault(text(each.get("name")), []).append(each)
    coverages = [child(each, "resource") for each in given.get("coverage", ())]
    orders = [child(each, "resource") for each in given.get("order", ())]
    if not coverages or coverages[0].get("resourceType") != "Coverage":
        raise BadPackageRequest("required", "a parameter named coverage with a Coverage is needed", "coverage")
    if not (orders or given.get("questionnaire") or given.get("context")):
        raise BadPackageRequest("required", "name an order, a questionnaire or a context", "questionnaire")
    patients = {reference(each.get("beneficiary")) for each in coverages}
    patients |= {reference(each.get("subject")) for each in orders}
    patients.discard("")
    if len(patients) > 1:
        raise BadPackageRequest("wrong-type", "the orders and the coverages are about different patients", "order")
    forms = [text(each.get("valueCanonical")).partition("|")[0] for each in given.get("questionnaire", ())]
    if len(forms) > _MOST:
        raise BadPackageRequest("too-long", f"more than {_MOST} questionnaires", "questionnaire")
    patient = next(iter(patients), "").rpartition("/")[2]
    return Asked(tuple(dict.fromkeys(forms)), orders[0] if orders else {}, coverages[0], patient)


def packages(asked: Asked, publisher: Publisher, today: date) -> tuple[list[Json], list[str]]:
    """Return the package of each known form, and the addresses of unknown ones."""
    found: list[Json] = []
    unknown: list[str] = []
    for address in asked.forms:
        form = form_named(address.removeprefix(f"{publisher.base_url}/Questionnaire/"), publisher.policies)
        if form is None:
            unknown.append(address)
        else:
            found.append(_package(structs.replace(form, known=tuple(_known(asked))), asked, publisher, today))
    return found, unknown


def _package(form: Form, asked: Asked, publisher: Publisher, today: date) -> Json:
    words, base_url = publisher.words, publisher.base_url
    entries = [
        {"fullUrl": canonical(form, base_url), "resource": questionnaire(form, words, base_url, publisher.release)}
    ]
    order = _origin(asked.order)
    if order.reference and asked.patient_id:
        begun = response(form, words, base_url, asked.patient_id, order, today)
        entries.append({"fullUrl": f"{base_url}/QuestionnaireResponse/{form.id}", "resource": begun})
    return {"resourceType": "Bundle", "type": "collection", "entry": entries}


def _known(asked: Asked) -> Iterator[Known]:
    order, coverage = _origin(asked.order), _origin(asked.coverage)
    drug = next(iter(texts(asked.order.get("medicationCodeableConcept"))), "")
    if drug:
        yield Known("form-drug", drug[:_LONGEST], order)
    if dose := _dose(asked.order):
        yield Known("form-dose", dose[:_LONGEST], order)
    payer = next((name for _, each in objects(asked.coverage.get("payor")) if (name := text(each.get("display")))), "")
    if payer:
        yield Known("form-payer", payer[:_LONGEST], coverage)


def _dose(order: Json) -> str:
    """Return the first dose of an order as written."""
    for _, instruction in objects(order.get("dosageInstruction")):
        for _, dose in objects(instruction.get("doseAndRate")):
            quantity = child(dose, "doseQuantity")
            value, unit = number(quantity.get("value")), text(quantity.get("unit")) or text(quantity.get("code"))
            if value is not None and unit:
                return f"{value:f} {unit}"
    return ""


def _origin(resource: Json) -> Origin:
    kind, identifier = text(resource.get("resourceType")), text(resource.get("id"))
    return Origin(f"{kind}/{identifier}" if kind and identifier else "", "")


def as_parameters(found: Iterable[Json], outcome: Json | None) -> Json:
    """Build the answer: a package for each form, and what could not be returned."""
    parameters = [{"name": "packagebundle", "resource": each} for each in found]
    if outcome is not None:
        parameters.append({"name": "outcome", "resource": outcome})
    return {"resourceType": "Parameters", "parameter": parameters}
