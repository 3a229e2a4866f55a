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

from cards.billing.rules import coverage_rules
from cards.engine import judge
from cards.facts.billing import BillingFacts, BillingSession
from cards.facts.origins import Gap
from cards.facts.outcomes import AN_INTERNAL_ERROR, FAILED, Evidence
from cards.facts.patient import Patient
from cards.facts.session import Hook, Session
from cards.facts.topics import Topic
from cards.identification.recognizer import recognizer_for
from cards.knowledge.billing_setup import with_sources
from cards.presentation.fallback import ungrouped
from cards.presentation.grouping import CardContent
from cards.presentation.renderer import Renderer
from cards.readings.case import gap_line
from cards.readings.on_treatment import on_treatment
from cards.unchecked import could_not_check, with_line
from cds_service.decisions import failures
from cds_service.decisions.card_writer import CardWriter
from cds_service.decisions.coverage_parts import CoverageParts, card_as_wanted, cards_wanted
from cds_service.decisions.data_access import DataMissing, RequestData
from cds_service.decisions.decision import Decision
from cds_service.decisions.versions import versions
from cds_service.ehr import reasons
from cds_service.ehr.client import FhirClient
from cds_service.ehr.limits import ServerBusyError
from cds_service.protocol import crd
from cds_service.protocol.card_json import live_findings, to_show
from fhir_mappings.code_maps.files import read_code_map
from fhir_mappings.medications.actions import ActionWriter
from fhir_mappings.request.chart import ChartReader
from fhir_mappings.request.chart_source import ChartSource
from fhir_mappings.request.hook_request import BadRequest, RequestReader
from fhir_mappings.request.orders import Orders, requested_in
from fhir_mappings.request.prefetch import Answer, PrefetchState
from fhir_mappings.request.queries import MONITORING_KEYS, TREATMENT_KEYS, templates

if TYPE_CHECKING:
    from collections.abc import Callable

    from cards.facts.billing import CoverageExchange
    from cards.facts.outcomes import Verdict
    from cds_service.configuration.settings import Settings
    from cds_service.ehr.limits import Aside, OnFetched
    from fhir_mappings.request.hook_request import HookRequest

    _Shown = tuple[tuple[dict[str, Any], ...], tuple[CardContent, ...]]
    _Answered = tuple[Session | None, tuple[Verdict, ...], _Shown]


_NO_BILLING = Gap(None, "context.billing", FAILED)
_IN_PART = frozenset({FAILED, "malformed", "partial"})
_NOT_GROUPED = Evidence("failed-grouping", "")


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
        self._today = today or (lambda: datetime.now(ZoneInfo(settings.site.timezone)).date())
        self._recognizer = recognizer_for(self.known)
        code_map = read_code_map(settings.site.code_maps)
        self.chart_reader = self._chart = chart_reader(
            self.known.terminology,
            self._recognizer,
            code_map,
            settings.site.zone_of_doses,
            failures.check_failed,
        )
        self.templates = templates(self.known.terminology, code_map)
        self.crd = settings.crd == crd.VERSION
        self._sizes = settings.limits.sizes
        self.read = RequestReader(self.templates, self._sizes).read
        self.billing = settings.billing()
        self._coverage_rules = coverage_rules(self.billing)
        renderer = Renderer(self.wording, with_sources(self.known, self.billing), self.policy.indicators)
        actions = ActionWriter(self.known.terminology, self.wording.actions) if suggestions else None
        self._writer = CardWriter(settings, renderer, actions)
        self.unchecked_card = self._writer.unchecked
        self._parts = CoverageParts(
            self._recognizer,
            self.policy,
            self.billing,
            self.wording,
            settings.base_url,
            offers_answers=suggestions,
        )
        self.fhir = FhirClient(settings.fhir_limits, on_fetched=on_fetched, aside=aside)
        self.versions = versions(settings, self.known, self.wording, self.billing)

    def reads_drug(self, name: str) -> bool:
        """Return whether a name is, or may be, that of a known drug."""
        return self._recognizer.read_text(name).names_drug

    def data_of(self, request: HookRequest) -> RequestData:
        """Return the data access for a request."""
        return RequestData(request, self.templates, self.fhir, self._sizes.entries)

    def decide(
        self,
        request: HookRequest,
        *,
        coverage: bool = False,
        before: RequestData | None = None,
        gaps: tuple[Gap, ...] = (),
    ) -> Decision:
        """Answer one request; ``coverage``: with the billing and coverage rules instead of the clinical ones.

        ``before`` is what has already been fetched for the call, ``gaps`` what is known to be unread. An unexpected
        error costs only the part of the answer in which it occurs, and the answer says so; if everything fails, the
        answer says that nothing could be checked.

        Raises:
            BadRequest: the dispatched orders hold more than a request may, or another version of CRD is asked for.
            DataMissing: an order in scope needs data that are not available.
            ServerBusyError: too many calls wait for FHIR servers already.

        """
        began = time.perf_counter()
        try:
            return self._decided(request, before, gaps, began, coverage=coverage)
        except (BadRequest, DataMissing, ServerBusyError):
            raise
        except Exception as error:  # noqa: BLE001 - an EHR shows an error of the server as if all were well
            failures.part_failed("decision", error)
            return self._nothing_checked(request, began)

    def _nothing_checked(self, request: HookRequest, began: float) -> Decision:
        """Say that nothing could be checked."""
        has_orders = request.hook.has_orders
        unread = Gap(None, "context.draftOrders" if has_orders else "prefetch", FAILED)
        session = Session(request.hook, self._today(), (), Patient(), (unread,))
        verdicts = (could_not_check((gap_line(self.known, unread),), request.hook.variant_without_drug),)
        shown = ungrouped(verdicts, self.wording, self.policy.indicators)
        cards = tuple(self._writer.cards(shown, {}, request))
        return Decision(str(uuid.uuid4()), cards, verdicts, session, time.perf_counter() - began, shown)

    def _decided(
        self,
        request: HookRequest,
        before: RequestData | None,
        gaps: tuple[Gap, ...],
        began: float,
        *,
        coverage: bool,
    ) -> Decision:
        exchange = crd.exchange_of(request.extension) if coverage and self.crd else None
        asked = self.templates if exchange is None else {**self.templates, **crd.COVERAGE_TEMPLATE}
        gathering = RequestData(request, asked, self.fhir, self._sizes.entries, before)
        actions: tuple[dict[str, Any], ...] = ()
        if not request.hook.has_orders:
            session, verdicts, (cards, shown) = self._opened(request, gathering, gaps)
        else:
            orders = gathering.orders(self._chart)
            session, verdicts, (cards, shown) = self._ordered(
                request, gathering, orders, gaps, coverage=coverage, exchange=exchange
            )
            if exchange is None:
                cards = tuple(self._parts.with_forms(cards, shown, session, orders))
            elif session is not None and not exchange.says_nothing:
                actions = tuple(self._parts.statements(session, orders))
        took = time.perf_counter() - began
        return Decision(str(uuid.uuid4()), cards, verdicts, session, took, shown, actions=actions)

    def _ordered(
        self,
        request: HookRequest,
        gathering: RequestData,
        orders: Orders,
        of_call: tuple[Gap, ...],
        *,
        coverage: bool,
        exchange: CoverageExchange | None,
    ) -> _Answered:
        """Judge the orders of a call."""
        gaps = (*orders.gaps, *_unresolved(orders), *gathering.not_found(orders))
        today, in_scope = self._today(), orders.in_scope
        if in_scope:
            gaps += of_call
            patient = self._part_of_chart(request, gathering, tuple(self.templates), today, orders)
            patient = self._chart.with_words_of_orders(patient, orders, today)
            listed = self._chart.with_reasons(orders, gathering.non_observations())
            gaps += tuple(gap for order in listed for gap in order.gaps if gap.reason == FAILED)
            session = Session(request.hook, today, listed, patient, gaps)
            if coverage:
                try:
                    facts = self._chart.billing.read(request, orders, gathering.chart())
                except Exception as error:  # noqa: BLE001 - the orders are judged without it, which is told
                    failures.part_failed("billing", error)
                    facts, gaps = BillingFacts(), (*gaps, _NO_BILLING)
                if exchange is not None:
                    facts = msgspec.structs.replace(facts, exchange=exchange)
                session = BillingSession(session.hook, session.today, listed, patient, gaps, facts)
        else:
            session = Session(request.hook, today, orders.orders, Patient(), gaps)
        if not gaps and not in_scope and not orders.is_miscoded:
            return None, (), ((), ())
        verdicts = judge(
            session,
            self._recognizer,
            self.policy,
            orders.identities,
            self._coverage_rules if coverage else None,
            failures.check_failed,
        )
        verdicts, shown = self._shown(verdicts, session)
        nothing_had = len(session.patient.absent) == len(self.templates) and not gathering.has_other_data()
        if in_scope and nothing_had and not _reports_findings(shown):
            # Nothing can be checked without the chart.
            _refuse_unless_failed(session)
        if exchange is not None:
            shown = cards_wanted(shown, session)
        cards = tuple(self._writer.cards(shown, orders.resources, request))
        if exchange is not None:
            cards = tuple(card_as_wanted(card, each, session) for card, each in zip(cards, shown, strict=True))
        return session, verdicts, (cards, shown)

    def _shown(
        self, verdicts: tuple[Verdict, ...], session: Session
    ) -> tuple[tuple[Verdict, ...], tuple[CardContent, ...]]:
        """Group the findings into cards. If that fails, each finding is shown by itself, and the answer says so."""
        try:
            shown = to_show(
                verdicts, session, self.policy, self._recognizer, self.wording, on_failure=failures.check_failed
            )
        except Exception as error:  # noqa: BLE001 - a finding is worth more than its place among the others
            failures.part_failed("grouping", error)
            verdicts = with_line(verdicts, _NOT_GROUPED, session.hook.variant_without_drug)
            shown = ungrouped(live_findings(verdicts, self.policy), self.wording, self.policy.indicators)
        return verdicts, shown

    def _opened(self, request: HookRequest, gathering: RequestData, of_call: tuple[Gap, ...]) -> _Answered:
        """Judge the monitoring of the patient's drugs; if there are none, nothing else is read."""
        today = self._today()
        patient = _with_doubtful_lists(self._part_of_chart(request, gathering, TREATMENT_KEYS, today))
        # If one medication list is unavailable, an empty other list does not show that the patient takes none.
        if not patient.absent and not on_treatment(patient, self.known, self.policy.thresholds, today):
            return None, (), ((), ())
        patient = self._part_of_chart(request, gathering, MONITORING_KEYS, today)
        if len(patient.absent) == len(MONITORING_KEYS) and not gathering.has_other_data():
            _refuse_unless_failed(Session(Hook.VIEW, today, (), patient))
        drugs = on_treatment(patient, self.known, self.policy.thresholds, today)
        patient = patient if drugs else _with_doubtful_lists(patient)
        session = Session(Hook.VIEW, today, tuple(order for order, _ in drugs), patient, of_call)
        identities = [identity for _, identity in drugs]
        verdicts = judge(session, self._recognizer, self.policy, identities, on_failure=failures.check_failed)
        resources = {order.origin.path: requested_in(request) for order, _ in drugs}
        verdicts, shown = self._shown(verdicts, session)
        return session, verdicts, (tuple(self._writer.cards(shown, resources, request)), shown)

    def _part_of_chart(
        self,
        request: HookRequest,
        gathering: RequestData,
        keys: tuple[str, ...],
        today: date,
        orders: Orders | None = None,
    ) -> Patient:
        """Read the patient from some prefetch keys; unavailable parts are named in the result.

        ``orders`` are those that are asked about, with what of a chart stands among them.
        """
        session = orders.references if orders is not None else frozenset()
        try:
            answers = gathering.chart(None if request.hook.has_orders else keys)
            if orders is not None and (beside := orders.beside).stubs:
                # First, as what a session says of an order stands before what the chart says.
                answers = {"context.draftOrders": Answer(PrefetchState.PRESENT, beside), **answers}
            absent = gathering.absent(keys)
            chart_source = ChartSource(request.fhir_server, today)
            patient = self._chart.patient(
                answers, request.patient_id, frozenset(keys), session, chart_source=chart_source
            )
        except ServerBusyError:
            raise
        except Exception as error:  # noqa: BLE001 - the orders are judged without the chart, which is told
            failures.part_failed("chart", error)
            lost = tuple((key, AN_INTERNAL_ERROR) for key in keys)
            return Patient(gaps=(Gap(None, "prefetch", FAILED),), absent=lost)
        if not absent:
            return patient
        both = dict((*patient.absent, *absent))
        return msgspec.structs.replace(patient, absent=tuple(both.items()))


def _with_doubtful_lists(patient: Patient) -> Patient:
    """Mark a medication list as unavailable of which an entry failed, here or on the server: it may be what matters."""
    lost: dict[str, str] = {}
    for gap in patient.gaps:
        if gap.reason in _IN_PART:
            for key in TREATMENT_KEYS:
                if gap.path.startswith(f"prefetch.{key}"):
                    lost[key] = AN_INTERNAL_ERROR if gap.reason == FAILED else lost.get(key, reasons.IN_PART)
    return msgspec.structs.replace(patient, absent=tuple((lost | dict(patient.absent)).items())) if lost else patient


def _refuse_unless_failed(session: Session) -> None:
    """Refuse a call for which no patient data were available; after an internal error, a card says so instead.

    Raises:
        DataMissing: no data were available, and nothing failed here.

    """
    absent = session.patient.absent
    failed = any(gap.reason == FAILED for gap in (*session.gaps, *session.patient.gaps))
    if not failed and all(why != AN_INTERNAL_ERROR for _, why in absent):
        raise DataMissing([f"prefetch.{key}" for key, _ in absent], absent[0][1])


def _reports_findings(shown: tuple[CardContent, ...]) -> bool:
    """Return whether any card says more than that checks could not be carried out."""
    return any(content.lead.topic is not Topic.CHECKS_INCOMPLETE for content in shown)


def _unresolved(orders: Orders) -> tuple[Gap, ...]:
    """Report each order whose drug could not be found as not checked."""
    return tuple(
        Gap(None, order.origin.path, gap.reason) for order in orders.orders if order.in_focus for gap in order.gaps
    )
