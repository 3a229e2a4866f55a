"""Turns a decision into the rows of its record."""

from __future__ import annotations

from itertools import compress, groupby
from operator import attrgetter, not_
from typing import TYPE_CHECKING, Any

import msgspec

from cards.facts.outcomes import CannotTell, Clear, Fired, NotApplicable
from cards.values.text_cache import cached_by_key
from cds_service.clock import Clock, now
from cds_service.decisions.decision import subjects
from cds_service.store.record import Pseudonyms, Record, order_name, plain_text, without_resources
from fhir_mappings.coverage.coverage_information import stated_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cards.facts.policy import Policy
    from cards.facts.session import Session
    from cards.facts.topics import TopicCode
    from cds_service.decisions.decision import Decision, Tried
    from cds_service.decisions.versions import Versions
    from cds_service.protocol.caller import Caller
    from fhir_mappings.request.hook_request import HookRequest

Json = dict[str, Any]
_encode = msgspec.json.Encoder(decimal_format="string").encode
_topic, _order, _outcome, _product = map(attrgetter, ("topic", "order", "outcome", "product"))
_SILENT = frozenset({Clear, NotApplicable})
_PATTERNS = 256
"""How many combinations of silent outcomes are kept."""


class RecordWriter:
    """Turns decisions into records, for one configuration."""

    def __init__(
        self,
        versions: Versions,
        policy: Policy,
        pseudonyms: Pseudonyms,
        clock: Clock = now,
    ) -> None:
        """Keep what all decisions of this configuration share."""
        self._configuration = _configuration(versions)
        self._clock = clock
        self._policy = policy
        self._pseudonyms = pseudonyms
        self._common: Json = {
            "code_version": versions.code,
            "knowledge_version": versions.knowledge,
            "wording_version": versions.wording,
            "configuration_hash": versions.configuration_hash,
            "late": False,
        }

    def record(
        self, service: str, request: HookRequest, caller: Caller | None, decision: Decision, session: Session
    ) -> Record:
        """Build the rows of a decision that judged something."""
        issuer = plain_text(caller.issuer) if caller else None
        row = {
            **self._common,
            "id": decision.id,
            "at": self._clock(),
            "service": service,
            "hook_instance": plain_text(request.hook_instance),
            "issuer": issuer,
            "tenant": plain_text(caller.tenant) if caller and caller.tenant else None,
            "patient": self._pseudonyms.name("patient", request.patient_id, issuer or ""),
            "user": self._pseudonyms.name("user", request.user_id, issuer or ""),
            "duration_ms": round(decision.duration_s * 1000, 3),
            "facts": _encode(session).decode(),
            "verdicts": _encode(self._verdicts(decision)).decode(),
            "products": _products(decision),
        }
        cards = tuple(
            {
                **_card(decision.id, position, card),
                "order_name": order_name(content.lead),
                "product": content.lead.product,
                "finding": decision.findings.get(card["uuid"]),
            }
            for position, (card, content) in enumerate(zip(decision.cards, subjects(decision), strict=True))
        )
        tried = (decision.tried,) if decision.tried is not None else ()
        configurations = (self._configuration, *(_configuration(each.versions) for each in tried))
        shadow = tuple(_shadow(decision.id, each) for each in tried)
        return Record(row, cards, configurations, tuple(_suppressions(decision)), shadow)

    def _verdicts(self, decision: Decision) -> Json:
        """Serialize the verdicts by kind; the silent ones, by far the most, as lists of topics for each order.

        A finding shown as a line of another card names that card's topic. ``stated`` is what was written on orders.
        """
        folded = {id(each): content.lead.topic for content in decision.shown for each in content.folded}
        fired: list[Json] = []
        open_questions: list[Json] = []
        clear: dict[str, list[TopicCode]] = {}
        not_applicable: dict[str, dict[str, list[TopicCode]]] = {}
        # Most verdicts are silent, and the same from request to request.
        for _, verdicts in groupby(decision.verdicts, _order):
            of_order = [*verdicts]
            place = order_name(of_order[0])
            outcomes = [*map(_outcome, of_order)]
            is_silent = [*map(_SILENT.__contains__, map(type, outcomes))]
            topics, reasons = _grouped(
                tuple(compress(map(_topic, of_order), is_silent)), tuple(compress(outcomes, is_silent))
            )
            if topics:
                clear[place] = clear.get(place, []) + topics
            if reasons:
                # What is kept is shared by all requests, so nothing is added to it.
                known = not_applicable.get(place, {})
                more = {because: known[because] + reasons.get(because, []) for because in known}
                not_applicable[place] = {**reasons, **more} if more else reasons
            for verdict in compress(of_order, map(not_, is_silent)):
                outcome = verdict.outcome
                if isinstance(outcome, CannotTell):
                    open_questions.append({"topic": verdict.topic, "order": place, "missing": outcome.missing})
                elif isinstance(outcome, Fired):
                    fired.append(
                        {
                            "topic": verdict.topic,
                            "order": place,
                            "product": verdict.product,
                            "mode": self._policy.mode(verdict.topic),
                            "finding": outcome,
                            **({"line_of": folded[id(verdict)]} if id(verdict) in folded else {}),
                        }
                    )
        written = {
            "fired": fired,
            "cannot-tell": open_questions,
            "clear": clear,
            "not-applicable": not_applicable,
        }
        if stated := [each for action in decision.actions for each in stated_in(action)]:
            written["stated"] = stated
        return written


@cached_by_key(_PATTERNS)
def _grouped(
    topics: tuple[TopicCode, ...], outcomes: tuple[Clear | NotApplicable, ...]
) -> tuple[list[TopicCode], dict[str, list[TopicCode]]]:
    """Return the topics of silent rules: of those that found nothing, and of those that do not apply, by reason."""
    clear: list[TopicCode] = []
    not_applicable: dict[str, list[TopicCode]] = {}
    for topic, outcome in zip(topics, outcomes, strict=True):
        if isinstance(outcome, NotApplicable):
            not_applicable.setdefault(outcome.because, []).append(topic)
        else:
            clear.append(topic)
    return clear, not_applicable


def _products(decision: Decision) -> str | None:
    """Name the products that were judged, in order, with a comma before and after each."""
    found = sorted(filter(None, set(map(_product, decision.verdicts))))
    return f",{','.join(found)}," if found else None


def _card(decision: str, position: int, card: Json) -> Json:
    return {
        "decision_id": decision,
        "position": position,
        "uuid": card["uuid"],
        "topic": card["source"]["topic"]["code"],
        "indicator": card["indicator"],
        "content": _encode(without_resources(card)).decode(),
    }


def _suppressions(decision: Decision) -> Iterator[Json]:
    for position, each in enumerate(decision.suppressed):
        yield {
            **_card(decision.id, position, each.card),
            "order_name": order_name(each.content.lead),
            "overridden_card": each.override.card,
            "overridden_at": each.override.at,
            "reason": _encode(each.override.reason).decode(),
        }


def _configuration(versions: Versions) -> tuple[str, str]:
    return versions.configuration_hash, versions.configuration


def _shadow(decision: str, tried: Tried) -> Json:
    return {
        "decision_id": decision,
        "configuration_hash": tried.versions.configuration_hash,
        "verdicts": _encode(tried.verdicts).decode(),
    }
