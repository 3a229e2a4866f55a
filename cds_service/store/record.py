"""What is kept of one decision: the facts, every verdict, the cards as sent, and the versions they came from.

The facts hold results with their dates and references, and no name and no identifier of the patient: the patient and
the user stand beside them as keyed hashes, unless the site has chosen otherwise.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from cards.billing.facts import BillingSession
from cards.facts.outcomes import CannotTell, Clear, Fired, NotApplicable
from cards.facts.session import Session
from cds_service.clock import Clock, now

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cards.facts.outcomes import Verdict
    from cards.facts.policy import Policy
    from cards.presentation.grouping import CardContent
    from cds_service.configuration.site_settings import AuditSettings
    from cds_service.decisions.decider import Decision
    from cds_service.decisions.shadow import Shadow
    from cds_service.decisions.versions import Versions
    from cds_service.protocol.caller import Caller
    from fhir_mappings.request.hook_request import HookRequest

_encode = msgspec.json.Encoder(decimal_format="string").encode
_session = msgspec.json.Decoder(Session)
_billing_session = msgspec.json.Decoder(BillingSession)
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Record:
    """The rows of one decision; ``configurations`` are hashes with the content that they stand for."""

    decision: Json
    cards: tuple[Json, ...]
    configurations: tuple[tuple[str, str], ...]
    suppressed: tuple[Json, ...] = ()
    shadow: tuple[Json, ...] = ()


class Pseudonyms:
    """Names patients and users in the record as the site wants them named."""

    def __init__(self, settings: AuditSettings, key: bytes) -> None:
        """Take the manner and the key of the hash."""
        self._manner = settings.patient
        self._key = key

    def name(self, kind: str, identifier: str, issuer: str = "") -> str | None:
        """Give the name of a person; the same id at two clients is two persons."""
        if not identifier or self._manner == "none":
            return None
        if self._manner == "plain":
            return plain_text(identifier)
        return hmac.digest(self._key, f"{kind}\n{issuer}\n{identifier}".encode(), "sha256").hex()


class RecordWriter:
    """Turns decisions into records, for one state of the configuration."""

    def __init__(
        self,
        versions: Versions,
        policy: Policy,
        pseudonyms: Pseudonyms,
        clock: Clock = now,
        shadow: Shadow | None = None,
    ) -> None:
        """Take what every decision of this configuration has in common; ``shadow`` is what is tried beside it."""
        self._configuration = (versions.configuration_hash, versions.configuration)
        self._clock = clock
        self._shadow = shadow
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
        """Write the rows of a decision that judged something."""
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
        configurations = [self._configuration]
        shadow = tuple(self._tried(service, caller, decision.id, session, configurations))
        return Record(row, cards, tuple(configurations), tuple(_suppressions(decision)), shadow)

    def _tried(
        self,
        service: str,
        caller: Caller | None,
        decision: str,
        session: Session,
        configurations: list[tuple[str, str]],
    ) -> Iterator[Json]:
        """Judge by what is tried, and add its content to the configurations."""
        if self._shadow is None:
            return
        candidate = self._shadow.candidate(caller, service)
        verdicts = self._shadow.verdicts(session, candidate)
        if verdicts is not None:
            digest = candidate.versions.configuration_hash
            configurations.append((digest, candidate.versions.configuration))
            yield {"decision_id": decision, "configuration_hash": digest, "verdicts": _encode(verdicts).decode()}

    def _verdicts(self, decision: Decision) -> Json:
        """Write the verdicts by kind; the silent ones, nearly all of them, as lists of topics for each order.

        One that stands as a line of another card names the topic of that card.
        """
        folded = {id(each): content.lead.topic for content in decision.shown for each in content.folded}
        fired: list[Json] = []
        open_questions: list[Json] = []
        clear: dict[str, list[str]] = {}
        not_applicable: dict[str, dict[str, list[str]]] = {}
        place, order = "", None
        for verdict in decision.verdicts:
            outcome = verdict.outcome
            kind = outcome.__class__
            if verdict.order is not order:
                # The verdicts on an order follow each other.
                place, order = order_name(verdict), verdict.order
            if kind is Clear:
                clear.setdefault(place, []).append(verdict.topic)
            elif isinstance(outcome, NotApplicable):
                not_applicable.setdefault(place, {}).setdefault(outcome.because, []).append(verdict.topic)
            elif isinstance(outcome, CannotTell):
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
        return {"fired": fired, "cannot-tell": open_questions, "clear": clear, "not-applicable": not_applicable}


def subjects(decision: Decision) -> list[CardContent]:
    """Give for each card that is sent what stands behind it."""
    suppressed = {id(each.content) for each in decision.suppressed}
    return [content for content in decision.shown if id(content) not in suppressed]


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


def order_name(verdict: Verdict) -> str:
    """Name the order of a verdict: its reference, or its place where it has none; empty for the whole request."""
    if verdict.order is None:
        return ""
    return verdict.order.reference or verdict.order.path


def read_session(facts: str, *, coverage: bool = False) -> Session:
    """Read the facts of a decision again, as they were; ``coverage``: with what billing read beside them."""
    return (_billing_session if coverage else _session).decode(facts)


def without_resources(card: Json) -> Json:
    """Give a card without the FHIR resources of its suggestions, which are the EHR's and name the patient."""
    if "suggestions" not in card:
        return card
    return {**card, "suggestions": list(_suggestions(card["suggestions"]))}


def _suggestions(suggestions: Iterable[Json]) -> Iterable[Json]:
    for suggestion in suggestions:
        actions = [
            {name: each for name, each in action.items() if name != "resource"} for action in suggestion["actions"]
        ]
        yield {**suggestion, "actions": actions}


def plain_text(text: str) -> str:
    """Give a text that every database takes: PostgreSQL knows no NUL."""
    return text.replace("\0", "\N{SYMBOL FOR NULL}")
