"""Answers one request: read it, fetch missing data, judge, and write the cards.

If no order is in scope, the answer is given before any patient data is read.
"""

from __future__ import annotations

import time
import uuid
from contextlib import nullcontext
from datetime import date, datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import msgspec

from cards.billing.coverage_statement import form_for, statements
from cards.billing.rules import coverage_rules
from cards.engine import cases_in_scope, judge
from cards.facts.billing import BillingSession
from cards.facts.origins import Gap
from cards.facts.patient import Patient
from cards.facts.session import Moment, Session
from cards.facts.topics import Topic
from cards.identification.recogniser import recogniser_of
from cards.knowledge.billing_setup import with_sources
from cards.presentation.grouping import CardContent
from cards.presentation.renderer import Renderer
from cards.readings.on_treatment import on_treatment
from cds_service.decisions import failures
from cds_service.decisions.data_access import DataMissing, RequestData
from cds_service.decisions.decision import Decision
from cds_service.decisions.versions import versions
from cds_service.ehr.client import FhirClient
from cds_service.protocol import crd
from cds_service.protocol.card_json import card_json, suggestion_json, to_show, worded
from cds_service.protocol.form_links import with_form
from cds_service.protocol.smart_links import smart_links
from fhir_mappings.code_maps.files import read_code_map
from fhir_mappings.coverage.coverage_information import CoverageWriter
from fhir_mappings.coverage.questionnaires import response
from fhir_mappings.medications.actions import ActionWriter
from fhir_mappings.request.chart import ChartReader
from fhir_mappings.request.hook_request import RequestReader
from fhir_mappings.request.orders import Orders, requested_in
from fhir_mappings.request.queries import MONITORING_KEYS, TREATMENT_KEYS, templates

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from cards.coverage.form import Form
    from cards.facts.billing import CoverageExchange
    from cards.facts.origins import Origin
    from cards.facts.outcomes import Verdict
    from cards.presentation.card import Card
    from cards.readings.case import Case
    from cds_service.configuration.settings import Settings
    from cds_service.ehr.limits import Aside, OnFetched
    from fhir_mappings.request.hook_request import HookRequest
    from fhir_mappings.wire.lenient import Json

    _Shown = tuple[tuple[dict[str, Any], ...], tuple[CardContent, ...]]
    _Answered = tuple[Session | None, tuple[Verdict, ...], _Shown]


class Decider:
    """Answers requests with one configuration."""

    def __init__(
        self,
        settings: Settings,
        today: Callable[[], date] | None = None,
        *,
        suggestions: bool = True,
        chart_reader: type[ChartReader] = ChartReader,
        on_fetched: OnFetched | None = None,
        aside: Aside = nullcontext,
    ) -> None:
        """Build the readers, the rules and the renderer; without ``suggestions`` cards only say what is wrong.

        ``on_fetched`` is called with what each call fetched from a FHIR server. A call waits for a server inside the
        context manager ``aside``.

        Raises:
            CodeMapError: a code map of the site cannot be used.
            CoverageFileError: a payer policy or a price file of the site cannot be used.

        """
        self.settings = settings
        self.known = settings.site_layer.known
        self.wording = settings.site_layer.wording
        self.policy = settings.policy()
        self._with_suggestions = suggestions
        self._today = today or (lambda: datetime.now(ZoneInfo(settings.site.timezone)).date())
        self._recogniser = recogniser_of(self.known)
        code_map = read_code_map(settings.site.code_maps)
        self.chart_reader = self._chart = chart_reader(
            self.known.terminology,
            self._recogniser,
            code_map,
            settings.site.zone_of_doses,
            lambda error: failures.part_failed("chart", error),
        )
        self.templates = templates(self.known.terminology, code_map)
        self.crd = settings.crd == crd.VERSION
        self._required = frozenset(self.templates)
        self._sizes = settings.limits.sizes
        self.read = RequestReader(self.templates, self._sizes).read
        self.billing = settings.billing()
        self._coverage_rules = coverage_rules(self.billing)
        self._renderer = Renderer(self.wording, with_sources(self.known, self.billing), self.policy.indicators)
        self._actions = ActionWriter(self.known.terminology, self.wording.actions)
        sources = with_sources(self.known, self.billing).sources
        self._coverage = CoverageWriter(self.wording.statements, sources, settings.base_url)
        self.fhir = FhirClient(settings.fhir_limits, on_fetched=on_fetched, aside=aside)
        self.versions = versions(settings, self.known, self.wording, self.billing)

    def reads_drug(self, name: str) -> bool:
        """Return whether a name is, or may be, that of a known drug."""
        return self._recogniser.read_text(name).names_drug

    def data_of(self, request: HookRequest) -> RequestData:
        """Return the data access for a request."""
        return RequestData(request, self.templates, self.fhir, self._sizes.entries)

    def decide(self, request: HookRequest, *, coverage: bool = False, before: RequestData | None = None) -> Decision:
        """Answer one request; ``coverage``: with the billing and coverage rules instead of the clinical ones.

        ``before`` is what has already been fetched for the call.

        Raises:
            DataMissing: an order in scope needs data that are not available.

        """
        began = time.perf_counter()
        exchange = crd.exchange_of(request.extension) if coverage and self.crd else None
        asked = self.templates if exchange is None else {**self.templates, **crd.COVERAGE_TEMPLATE}
        gathering = RequestData(request, asked, self.fhir, self._sizes.entries, before)
        actions: tuple[dict[str, Any], ...] = ()
        if not request.moment.has_orders:
            session, verdicts, (cards, shown) = self._opened(request, gathering)
        else:
            orders = gathering.orders(self._chart)
            session, verdicts, (cards, shown) = self._ordered(
                request, gathering, orders, coverage=coverage, exchange=exchange
            )
            if exchange is None:
                cards = tuple(self._with_forms(cards, shown, session, orders))
            elif session is not None and not exchange.says_nothing:
                actions = tuple(self._statements(session, orders))
        took = time.perf_counter() - began
        return Decision(str(uuid.uuid4()), cards, verdicts, session, took, shown, actions=actions)

    def _statements(self, session: Session, orders: Orders) -> Iterator[dict[str, Any]]:
        """Write the coverage statement of each order on the order itself, if it is new."""
        for case in cases_in_scope(session, self._recogniser, self.policy, orders.identities):
            try:
                action = self._statement(case, session, orders)
            except Exception as error:  # noqa: BLE001 - nothing is stated of this order, and the cards are given
                failures.part_failed("coverage-information", error)
                continue
            if action is not None:
                yield action

    def _statement(self, case: Case, session: Session, orders: Orders) -> dict[str, Any] | None:
        stated = statements(case, self.billing)
        resource = orders.resources.get(case.order.origin.path)
        if not stated or resource is None:
            return None
        return self._coverage.update(stated, resource, session.today, self.wording.actions["coverage-information"])

    def _with_forms(
        self,
        cards: Iterable[dict[str, Any]],
        shown: Iterable[CardContent],
        session: Session | None,
        orders: Orders,
    ) -> Iterator[dict[str, Any]]:
        """Add a form to the card with a policy's criteria: what is not known, prefilled from the chart."""
        for card, content in zip(cards, shown, strict=True):
            order = content.lead.order
            if content.lead.topic is not Topic.COVERAGE_CRITERIA or session is None or order is None:
                yield card
                continue
            try:
                yield self._with_form(card, order, session, orders)
            except Exception as error:  # noqa: BLE001 - a card without its form is better than none
                failures.part_failed("form", error)
                yield card

    def _with_form(self, card: dict[str, Any], order: Origin, session: Session, orders: Orders) -> dict[str, Any]:
        cases = cases_in_scope(session, self._recogniser, self.policy, orders.identities)
        form = next((form_for(case, self.billing) for case in cases if case.order.origin == order), None)
        if form is None:
            return card
        words, base_url = self.wording.statements, self.settings.base_url
        return with_form(card, form, words, base_url, self._begun(form, orders, order, session))

    def _begun(self, form: Form, orders: Orders, order: Origin, session: Session) -> dict[str, Any] | None:
        """Prefill the answer to a form; not offered if the order has no reference."""
        if not order.reference or not self._with_suggestions:
            return None
        words, base_url = self.wording.statements, self.settings.base_url
        return response(form, words, base_url, orders.patient_id, order, session.today)

    def _ordered(
        self,
        request: HookRequest,
        gathering: RequestData,
        orders: Orders,
        *,
        coverage: bool,
        exchange: CoverageExchange | None,
    ) -> _Answered:
        """Judge the orders of a call."""
        gaps = (*orders.gaps, *_unresolved(orders), *gathering.not_found(orders))
        if orders.in_scope:
            answers = gathering.chart()
            absent = gathering.absent(self.templates)
            patient = self._chart.patient(
                answers, request.patient_id, self._required, orders.references, server=request.fhir_server
            )
            patient = msgspec.structs.replace(patient, absent=absent) if absent else patient
            listed = self._chart.with_reasons(orders, gathering.non_observations())
            session = Session(Moment(request.hook), self._today(), listed, patient, gaps)
            if coverage:
                facts = self._chart.billing.read(request, orders, answers)
                if exchange is not None:
                    facts = msgspec.structs.replace(facts, exchange=exchange)
                session = BillingSession(session.moment, session.today, listed, patient, gaps, facts)
        else:
            session = Session(Moment(request.hook), self._today(), orders.orders, Patient(), gaps)
        if not gaps and not orders.in_scope and not orders.is_miscoded:
            return None, (), ((), ())
        verdicts = judge(
            session,
            self._recogniser,
            self.policy,
            orders.identities,
            self._coverage_rules if coverage else None,
            failures.check_failed,
        )
        shown = to_show(verdicts, session, self.policy, self._recogniser, self.wording)
        if orders.in_scope and len(session.patient.absent) == len(self.templates) and not _says_more(shown):
            # Nothing can be checked without the chart.
            absent = session.patient.absent
            raise DataMissing([f"prefetch.{key}" for key, _ in absent], absent[0][1])
        if exchange is not None:
            shown = crd.contents_for(shown, session)
        cards = tuple(self._cards(shown, orders.resources, request))
        if exchange is not None:
            cards = tuple(crd.card_for(card, each, session) for card, each in zip(cards, shown, strict=True))
        return session, verdicts, (cards, shown)

    def _opened(self, request: HookRequest, gathering: RequestData) -> _Answered:
        """Judge the monitoring of the patient's drugs; if there are none, nothing else is read."""
        today = self._today()
        patient = self._part_of_chart(request, gathering, TREATMENT_KEYS)
        # If one medication list is unavailable, an empty other list does not show that the patient takes none.
        if not patient.absent and not on_treatment(patient, self.known, self.policy.thresholds, today):
            return None, (), ((), ())
        patient = self._part_of_chart(request, gathering, MONITORING_KEYS)
        if len(patient.absent) == len(MONITORING_KEYS):
            raise DataMissing([f"prefetch.{key}" for key, _ in patient.absent], patient.absent[0][1])
        drugs = on_treatment(patient, self.known, self.policy.thresholds, today)
        session = Session(Moment.VIEW, today, tuple(order for order, _ in drugs), patient)
        identities = [identity for _, identity in drugs]
        verdicts = judge(session, self._recogniser, self.policy, identities, on_failure=failures.check_failed)
        resources = {order.origin.path: requested_in(request) for order, _ in drugs}
        shown = to_show(verdicts, session, self.policy, self._recogniser, self.wording)
        return session, verdicts, (tuple(self._cards(shown, resources, request)), shown)

    def _part_of_chart(self, request: HookRequest, gathering: RequestData, keys: tuple[str, ...]) -> Patient:
        """Read the patient from some prefetch keys; unavailable parts are named in the result."""
        answers = gathering.chart(keys)
        patient = self._chart.patient(answers, request.patient_id, frozenset(keys), server=request.fhir_server)
        absent = gathering.absent(keys)
        return msgspec.structs.replace(patient, absent=absent) if absent else patient

    def _cards(
        self, contents: Iterable[CardContent], resources: Mapping[str, Json], request: HookRequest
    ) -> Iterator[dict[str, Any]]:
        for card in worded(contents, self._renderer, request.hook_instance):
            suggestions = list(self._suggestions(card, resources, request.patient_id))
            has_link = self.settings.smart.links and card.order is not None
            links = smart_links(card, self.settings.base_url) if has_link else []
            yield card_json(card, self.settings.base_url, suggestions, links)

    def _suggestions(self, card: Card, resources: Mapping[str, Json], patient_id: str) -> Iterator[dict[str, Any]]:
        """Write the suggestions that can be made on the EHR's own resources."""
        if not self._with_suggestions:
            return
        is_first = True
        for suggestion in card.suggestions:
            try:
                actions = self._actions.actions(suggestion.changes, resources, patient_id)
            except Exception as error:  # noqa: BLE001 - a card without a button is better than none
                failures.part_failed("suggestion", error)
                continue
            if actions:
                yield suggestion_json(suggestion.label, suggestion.uuid, actions, is_first=is_first)
                is_first = False


def _says_more(shown: tuple[CardContent, ...]) -> bool:
    """Return whether any card says more than that checks could not be carried out."""
    return any(content.lead.topic is not Topic.CHECKS_INCOMPLETE for content in shown)


def _unresolved(orders: Orders) -> tuple[Gap, ...]:
    """Report each order whose drug could not be found as not checked."""
    return tuple(
        Gap(None, order.origin.path, gap.reason) for order in orders.orders if order.in_focus for gap in order.gaps
    )
