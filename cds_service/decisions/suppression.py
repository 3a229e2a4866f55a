"""Suppresses, at signing and dispatch, cards that a clinician overrode with a reason at selection (ADR 10).

A card is suppressed only while everything that its finding rests on is the same: patient, drug, dose, start, results
and their dates. In case of doubt it is shown again: if the store is slow or down, another patient's card has the same
id, the user is another, or the order may not be the same.
"""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import msgspec
import structlog

from cards.facts.outcomes import Fired
from cds_service.decisions.decision import Suppressed, subjects
from cds_service.store.overrides import Override, overrides
from cds_service.store.record import order_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cards.facts.order import DrugOrder
    from cards.facts.outcomes import Verdict
    from cards.facts.session import Session
    from cards.presentation.grouping import CardContent
    from cds_service.clock import Clock
    from cds_service.configuration.policy_settings import RepeatSettings
    from cds_service.decisions.decision import Decision
    from cds_service.protocol.caller import Caller
    from cds_service.store.record import Pseudonyms
    from cds_service.store.store import Store
    from fhir_mappings.request.hook_request import HookRequest

DEADLINE_S = 0.2
"""How long an answer may wait for the lookup of overrides."""
_encode = msgspec.json.Encoder(decimal_format="string", order="sorted").encode
_log = structlog.get_logger()


class RepeatSuppressor:
    """Finds the cards that would repeat what was overridden."""

    def __init__(self, settings: RepeatSettings, pseudonyms: Pseudonyms, clock: Clock) -> None:
        """Keep how long an override counts and which cards are always shown."""
        self._hours = timedelta(hours=settings.hours)
        self._never = frozenset(settings.never)
        self._pseudonyms = pseudonyms
        self._clock = clock
        self._pool = ThreadPoolExecutor(max_workers=4, thread_name_prefix="overrides")

    def applied(self, store: Store, request: HookRequest, caller: Caller | None, decision: Decision) -> Decision:
        """Name the findings of a selection; suppress their repeats at signing and dispatch."""
        issuer = caller.issuer if caller else ""
        patient = self._pseudonyms.name("patient", request.patient_id, issuer)
        if patient is None or decision.session is None or not decision.cards:
            return decision
        named = {
            card["uuid"]: (finding_name(patient, content, decision.session), content)
            for card, content in zip(decision.cards, subjects(decision), strict=True)
            if content.lead.order is not None and card["indicator"] not in self._never
        }
        if request.hook.may_be_incomplete:
            return msgspec.structs.replace(decision, findings={uuid: name for uuid, (name, _) in named.items()})
        if not request.hook.orders_are_final or not named:
            return decision
        user = self._pseudonyms.name("user", request.user_id, issuer)
        known = list(self._ask(store, {name for name, _ in named.values()}))
        references = {order.origin.reference for order in decision.session.orders}
        suppressed = []
        for card in decision.cards:
            name, content = named.get(card["uuid"], ("", None))
            for override in known:
                if (
                    content
                    and override.finding == name
                    and _applies_to(override, content.lead, references, user, caller)
                ):
                    suppressed.append(Suppressed(card, content, override))
                    break
        gone = {each.card["uuid"] for each in suppressed}
        left = tuple(card for card in decision.cards if card["uuid"] not in gone)
        return msgspec.structs.replace(decision, cards=left, suppressed=tuple(suppressed))

    def _ask(self, store: Store, names: set[str]) -> Iterable[Override]:
        """Ask the store; no answer in time counts as no override."""
        if not store.recorder.is_up:
            return ()
        asked = self._pool.submit(overrides, store.engine, names, self._clock() - self._hours)
        try:
            return asked.result(DEADLINE_S)
        except Exception as error:  # noqa: BLE001 - whatever goes wrong, the card is shown
            asked.cancel()
            _log.warning("overrides_not_known", reason=type(error).__name__, meaning="every card is shown")
            return ()


def _applies_to(
    override: Override, verdict: Verdict, references: set[str], user: str | None, caller: Caller | None
) -> bool:
    """Return whether an override is about this order, by this user through this client.

    An order with a new reference is matched by product and dose, which are part of the finding's name, unless the
    overridden order is in the same request. Dispatch names no user.
    """
    if (override.issuer, override.tenant) != ((caller.issuer, caller.tenant) if caller else (None, None)):
        return False
    if user is not None and override.user is not None and user != override.user:
        return False
    return override.order == order_name(verdict) or override.order not in references


def finding_name(patient: str, content: CardContent, session: Session) -> str:
    """Return a name for what a card says about a patient, built from its facts but not its order references.

    Findings folded into the card count: when one changes, the card is shown again.
    """
    orders = {order.origin: order for order in session.orders}
    whole: list[Any] = [patient]
    for verdict in content.all_verdicts:
        order = orders.get(verdict.order) if verdict.order is not None else None
        whole += (verdict.topic, verdict.product, list(_finding(verdict)), list(_order(order)))
    return hashlib.sha256(_encode(whole)).hexdigest()


def _finding(verdict: Verdict) -> Iterator[Any]:
    if isinstance(verdict.outcome, Fired):
        finding = verdict.outcome
        yield from (finding.variant, finding.indicator, verdict.soften, finding.values, finding.notes)
        for line in finding.evidence:
            yield [line.label, line.text, line.values]


def _order(order: DrugOrder | None) -> Iterator[Any]:
    if order is not None:
        yield from (order.start, order.route, order.interval_days, order.cycles)
        for dose in order.doses:
            yield [dose.number, dose.unit, dose.slot]
