"""Reads a patient's chart with the token of a launch, and judges it.

Active orders are judged as at signing; without any, the patient's current drugs are judged as when a chart is opened.
"""

from __future__ import annotations

import uuid
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from cards.engine import judge
from cards.facts.order import DrugOrder
from cards.facts.origins import Origin
from cards.facts.outcomes import FAILED
from cards.facts.patient import Patient, TreatmentState
from cards.facts.session import Hook, Session
from cards.identification.identity import Identity, IdentityStatus
from cards.identification.recognizer import recognizer_for
from cards.knowledge.schema import Scope
from cards.presentation.renderer import Renderer
from cards.readings.case import Case
from cards.readings.on_treatment import on_treatment
from cards.readings.parts_of_dose import completes_dose
from cards.readings.session_orders import SessionOrders
from cds_service.decisions import failures
from cds_service.ehr.client import FhirClient
from cds_service.ehr.limits import ServerBusyError
from cds_service.protocol.card_json import to_show, worded
from fhir_mappings.code_maps.files import read_code_map
from fhir_mappings.patient.person import name_of
from fhir_mappings.request.chart import ChartReader
from fhir_mappings.request.chart_source import ChartSource
from fhir_mappings.request.hook_request import read_request
from fhir_mappings.request.orders import Orders
from fhir_mappings.request.prefetch import OMITTED, Answer, PrefetchState, stubs_of
from fhir_mappings.request.queries import filled_query
from fhir_mappings.wire.exact_json import Unreadable, encode

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from cards.knowledge.schema import Product
    from cards.presentation.card import Card
    from cds_service.decisions.decider import Decider
    from cds_service.ehr.limits import OnFetched
    from cds_service.smart.exchange import Grant
    from fhir_mappings.request.hook_request import HookRequest

_PATIENCE_S = 10.0
"""Longer than for cards, because a person is waiting for a page."""
_FAILED = frozenset({PrefetchState.FAILED, PrefetchState.OMITTED})
_NOT_ON_ORDER = Origin("", "")
_NO_ORDERS = Orders((), {}, (), (), "")


@dataclass(frozen=True, slots=True)
class Review:
    """A chart and its findings.

    ``unread`` are the lists that could not be obtained, so nothing is judged by them. ``cases`` are the patient's HER2
    drugs, those on order first. An internal error costs its part: ``is_checked`` is whether the rules were applied,
    ``is_whole`` whether all of the chart that was obtained could be read.
    """

    name: str
    patient: Patient
    today: date
    cases: tuple[Case, ...]
    ordered: frozenset[str]
    cards: tuple[Card, ...]
    unread: tuple[str, ...]
    is_checked: bool = True
    is_whole: bool = True


class Reviewer:
    """Reads and judges with one configuration."""

    def __init__(self, decider: Decider, on_fetched: OnFetched | None = None) -> None:
        """Prepare the readers, and a client that may read only the app's servers."""
        self._decider = decider
        settings = decider.settings
        fhir = {
            "allowed_servers": [server.iss for server in settings.smart.servers],
            "timeout_s": max(settings.fhir.timeout_s, _PATIENCE_S),
        }
        self._client = FhirClient(
            settings.model_copy(update={"fhir": settings.fhir.model_copy(update=fhir)}).fhir_limits,
            on_fetched=on_fetched,
        ).open()
        self._recognizer = recognizer_for(decider.known)
        code_map = read_code_map(decider.settings.site.code_maps)
        self._chart = ChartReader(
            decider.known.terminology,
            self._recognizer,
            code_map,
            decider.settings.site.zone_of_doses,
            failures.check_failed,
        )

    def review(self, iss: str, grant: Grant) -> Review:
        """Read and judge the chart of the patient in the launch context."""
        settings = self._decider.settings
        today = datetime.now(ZoneInfo(settings.site.timezone)).date()
        chart_source = ChartSource(today=today)
        required = frozenset(self._decider.templates)
        answers: Mapping[str, Answer] = dict.fromkeys(self._decider.templates, OMITTED)
        failed: list[str] = []
        with _costing("fetch", failed):
            answers = self._answers(iss, grant)
        unread = tuple(key for key in self._decider.templates if answers[key].state in _FAILED)
        patient, orders, name = Patient(), _NO_ORDERS, ""
        with _costing("chart", failed):
            patient = self._chart.patient(answers, grant.patient, required, every_lab=True, chart_source=chart_source)
        with _costing("orders", failed):
            orders = self._chart.orders(_request(grant.patient, _active_orders(answers)), stubs_of(answers))
        cards: tuple[Card, ...] = ()
        if not unread and not failed:
            with _costing("decision", failed):
                # The orders being judged are not part of the history.
                history = self._chart.patient(
                    answers, grant.patient, required, orders.references, chart_source=chart_source
                )
                history = self._chart.with_words_of_orders(history, orders, today)
                listed = self._chart.with_reasons(orders, stubs_of(answers))
                cards = self._cards(orders, listed, history, today)
        is_checked = not failed
        cases: tuple[Case, ...] = ()
        ordered: frozenset[str] = frozenset()
        with _costing("cases", failed):
            cases, ordered = self._cases(orders, patient, today)
        with _costing("person", failed):
            name = _name(answers)
        is_whole = not failed and all(gap.reason != FAILED for gap in (*patient.gaps, *orders.gaps))
        return Review(name, patient, today, cases, ordered, cards, unread, is_checked, is_whole)

    def _answers(self, iss: str, grant: Grant) -> Mapping[str, Answer]:
        """Read every list; one that could not be obtained is ``FAILED``."""
        access = self._client.access(_request(grant.patient, [], iss, grant.access_token))
        if access is None:
            return dict.fromkeys(self._decider.templates, OMITTED)
        quoted = quote(grant.patient, safe="")
        queries = {f"prefetch.{key}": filled_query(query, quoted) for key, query in self._decider.templates.items()}
        return {place.removeprefix("prefetch."): answer for place, answer in access.fetch(queries).items()}

    def _cards(self, orders: Orders, listed: tuple[DrugOrder, ...], patient: Patient, today: date) -> tuple[Card, ...]:
        decider = self._decider
        if orders.in_scope:
            session = Session(Hook.SIGN, today, listed, patient, orders.gaps)
            identities = orders.identities
        else:
            drugs = on_treatment(patient, decider.known, decider.policy.thresholds, today)
            session = Session(Hook.VIEW, today, tuple(order for order, _ in drugs), patient)
            identities = tuple(identity for _, identity in drugs)
        verdicts = judge(session, self._recognizer, decider.policy, identities, on_failure=failures.check_failed)
        renderer = Renderer(decider.wording, decider.known, decider.policy.indicators)
        heard = failures.check_failed
        shown = to_show(verdicts, session, decider.policy, self._recognizer, decider.wording, on_failure=heard)
        return tuple(worded(shown, renderer, str(uuid.uuid4()), heard))

    def _cases(self, orders: Orders, patient: Patient, today: date) -> tuple[tuple[Case, ...], frozenset[str]]:
        """Make one case for each HER2 drug that is on order or was given."""
        found: dict[str, tuple[DrugOrder, Identity]] = {}
        for order, identity in zip(orders.orders, orders.identities, strict=True):
            if identity.status is IdentityStatus.SETTLED and identity.product and identity.in_scope:
                found.setdefault(identity.product.id, (order, identity))
        ordered = frozenset(found)
        for treatment in patient.treatments:
            product = self._product(treatment.product)
            if product is not None and treatment.state is not TreatmentState.ACTIVE:
                identity = Identity.of(product)
                found.setdefault(product.id, (DrugOrder(_NOT_ON_ORDER), identity))
        thresholds = self._decider.policy.thresholds
        alone = SessionOrders((), today, self._recognizer)
        return tuple(
            Case(
                order,
                identity,
                Session(Hook.SIGN, today, (order,), patient),
                alone,
                self._recognizer,
                thresholds,
                completes_dose,
            )
            for order, identity in found.values()
        ), ordered

    def _product(self, identifier: str) -> Product | None:
        products = (each for each in self._decider.known.products if each.scope is Scope.CHECKED)
        return next((each for each in products if each.id == identifier), None)


@contextmanager
def _costing(step: str, failed: list[str]) -> Iterator[None]:
    """Let an error cost a step alone, and note it."""
    try:
        yield
    except ServerBusyError:
        raise
    except Exception as error:  # noqa: BLE001 - the page says what is missing
        failures.part_failed("smart", error)
        failed.append(step)


def _request(patient_id: str, orders: list[Any], server: str = "", token: str = "") -> HookRequest:
    """Build the request that an EHR would send at signing, so that the same code reads orders and token."""
    body: dict[str, Any] = {
        "hook": Hook.SIGN,
        "hookInstance": str(uuid.uuid4()),
        "context": {
            "userId": "Practitioner/at-the-screen",
            "patientId": patient_id,
            "draftOrders": {"resourceType": "Bundle", "entry": [{"resource": order} for order in orders]},
        },
    }
    if server:
        body["fhirServer"] = server
        body["fhirAuthorization"] = {"access_token": token, "token_type": "Bearer"}
    return read_request(encode(body), Hook.SIGN)


def _active_orders(answers: Mapping[str, Answer]) -> list[Any]:
    """List the active medication orders in the chart, unchanged."""
    found = []
    for stub in stubs_of(answers):
        if stub.resource_type == "MedicationRequest":
            try:
                if stub.content.get("status") == "active":
                    found.append(stub.content)
            except Unreadable:
                continue
    return found


def _name(answers: Mapping[str, Answer]) -> str:
    people = [stub for stub in stubs_of(answers) if stub.resource_type == "Patient"]
    try:
        return name_of(people[0].content) if people else ""
    except Unreadable:
        return ""
