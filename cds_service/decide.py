"""One request to one answer: read, look up what is lacking, judge, and word the cards.

An order out of scope is answered before anything about the patient is looked at.
"""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from cards.engine import judge
from cards.facts import Gap, Moment, Patient, Session
from cards.knowledge import default_knowledge
from cards.recognition import Recogniser
from cards.render import Renderer
from cards.wordings import default_wording
from cds_service.card_json import card_json, shown_cards
from cds_service.fhir_client import FhirClient
from cds_service.versions import versions
from fhir_mappings.actions import ActionWriter
from fhir_mappings.chart import ChartReader, Orders
from fhir_mappings.codings import CodeMap
from fhir_mappings.prefetch import OMITTED, Answer, State, read_answer
from fhir_mappings.queries import resolve, templates

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from cards.card import Card
    from cards.outcomes import Verdict
    from cds_service.repeats import Suppressed
    from cds_service.settings import Settings
    from fhir_mappings.hook_request import HookRequest
    from fhir_mappings.wire import Glimpse

_UNANSWERED = frozenset({State.OMITTED, State.FAILED})


class DataMissing(LookupError):  # noqa: N818 - named for the answer it leads to
    """Data that an order in scope needs can be had neither from the prefetch nor from the FHIR server."""

    def __init__(self, keys: list[str]) -> None:
        """Keep the prefetch keys that lack an answer."""
        super().__init__(", ".join(keys))
        self.keys = keys


@dataclass(frozen=True, slots=True)
class Decision:
    """What was answered and why: every verdict, the silent ones too, and the cards that are shown."""

    id: str
    cards: tuple[dict[str, Any], ...]
    verdicts: tuple[Verdict, ...]
    session: Session
    duration_s: float
    suppressed: tuple[Suppressed, ...] = ()
    findings: Mapping[str, str] = field(default_factory=dict)
    """The names of findings by the id of the card, where repeats of them may be left out later."""


class Decider:
    """Everything that answering needs, for one state of the configuration."""

    def __init__(self, settings: Settings, today: Callable[[], date] | None = None) -> None:
        """Build the readers, the judgement and the wording.

        Raises:
            CodeMapError: a code map of the site cannot be used.

        """
        self.settings = settings
        self.known = default_knowledge()
        self.wording = default_wording()
        self.policy = settings.policy()
        self._today = today or (lambda: datetime.now(ZoneInfo(settings.site.timezone)).date())
        self._recogniser = Recogniser(self.known)
        code_map = CodeMap.read(settings.site.code_maps)
        self._chart = ChartReader(self.known.terminology, self._recogniser, code_map)
        self.templates = templates(self.known.terminology, code_map)
        self._required = frozenset(self.templates)
        self._renderer = Renderer(self.wording, self.known, self.policy.indicators)
        self._actions = ActionWriter(self.known.terminology, self.wording.actions)
        self._fhir = FhirClient(settings)
        self.versions = versions(settings, self.known, self.wording)

    def decide(self, request: HookRequest) -> Decision:
        """Answer one request.

        Raises:
            DataMissing: an order in scope needs data that cannot be had.

        """
        began = time.perf_counter()
        orders = self._chart.orders(request)
        answers: dict[str, Answer] = {}
        if orders.unresolved:
            answers = self._sent(request)
            orders = self._chart.orders(request, _glimpses(answers))
        drugs: dict[str, Answer] = {}
        if orders.drugs_to_fetch and self._fhir.may_use(request):
            drugs = self._fhir.fetch(request, {wanted: _address(wanted) for wanted in orders.drugs_to_fetch})
            orders = self._chart.orders(request, _glimpses({**answers, **drugs}))
        verdicts: tuple[Verdict, ...] = ()
        cards: tuple[dict[str, Any], ...] = ()
        gaps = (*orders.gaps, *_unresolved(orders))
        if orders.in_scope:
            answers = self._completed(request, answers or self._sent(request))
            patient = self._chart.patient(answers, request.patient_id, self._required, orders.references)
            listed = self._chart.with_reasons(orders, _glimpses({**answers, **drugs}))
            session = Session(Moment(request.hook), self._today(), listed, patient, gaps)
        else:
            session = Session(Moment(request.hook), self._today(), orders.orders, Patient(), gaps)
        if gaps or orders.in_scope:
            verdicts = judge(session, self._recogniser, self.policy, orders.identities)
            cards = tuple(self._cards(verdicts, orders, request))
        return Decision(str(uuid.uuid4()), cards, verdicts, session, time.perf_counter() - began)

    def _cards(self, verdicts: tuple[Verdict, ...], orders: Orders, request: HookRequest) -> Iterator[dict[str, Any]]:
        for card in shown_cards(verdicts, self._renderer, self.policy, request.hook_instance):
            yield card_json(card, self.settings.base_url, list(self._suggestions(card, orders, request.patient_id)))

    def _suggestions(self, card: Card, orders: Orders, patient_id: str) -> Iterator[dict[str, Any]]:
        """Write the suggestions that the EHR's own resource allows."""
        if card.order is None:
            return
        for suggestion in card.suggestions:
            actions = self._actions.actions(suggestion.fix, card.order, orders.resources, patient_id)
            if actions:
                yield {"label": suggestion.label, "uuid": suggestion.uuid, "actions": actions}

    def _sent(self, request: HookRequest) -> dict[str, Answer]:
        """Read every prefetch value, under keys of our own and of the client's; keys of ours that lack are omitted."""
        answers = {key: read_answer(raw, f"prefetch.{key}") for key, raw in request.prefetch.items()}
        return {**dict.fromkeys(self.templates, OMITTED), **answers}

    def _completed(self, request: HookRequest, answers: dict[str, Answer]) -> dict[str, Answer]:
        """Fetch the keys that lack an answer, if the EHR's server may be asked."""
        lacking = [key for key in self.templates if answers[key].state in _UNANSWERED]
        if not lacking:
            return answers
        if self._fhir.may_use(request):
            patient = quote(request.patient_id, safe="")
            queries = {key: resolve(self.templates[key], patient) for key in lacking}
            answers = {**answers, **self._fhir.fetch(request, queries)}
            lacking = [key for key in lacking if answers[key].state in _UNANSWERED]
        if lacking:
            raise DataMissing(lacking)
        return answers


def _address(wanted: str) -> str:
    """Write a reference as the address below the server's base."""
    kind, _, identifier = wanted.partition("/")
    return f"{kind}/{quote(identifier, safe='')}"


def _glimpses(answers: dict[str, Answer]) -> list[Glimpse]:
    return [glimpse for answer in answers.values() if answer.listing for glimpse in answer.listing.glimpses]


def _unresolved(orders: Orders) -> tuple[Gap, ...]:
    """Say of each order whose drug could not be found out that it was not checked."""
    return tuple(
        Gap(None, order.origin.path, gap.reason) for order in orders.orders if order.in_focus for gap in order.gaps
    )
