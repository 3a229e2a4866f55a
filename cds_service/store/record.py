"""What is recorded of one decision: the facts, every verdict, the cards as sent, and the versions used.

The facts contain results with their dates and references, but no names or patient identifiers: patient and user are
stored separately as keyed hashes, unless the site has chosen otherwise.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from cards.facts.billing import BillingSession
from cards.facts.session import Session

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cards.facts.outcomes import Verdict
    from cds_service.configuration.site_settings import AuditSettings

_encode = msgspec.json.Encoder(decimal_format="string").encode
_session = msgspec.json.Decoder(Session)
_billing_session = msgspec.json.Decoder(BillingSession)
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Record:
    """The rows of one decision; ``configurations`` are configuration contents by hash."""

    decision: Json
    cards: tuple[Json, ...]
    configurations: tuple[tuple[str, str], ...]
    suppressed: tuple[Json, ...] = ()
    shadow: tuple[Json, ...] = ()


class Pseudonyms:
    """Pseudonymizes patients and users for the record, as the site has configured."""

    def __init__(self, settings: AuditSettings, key: bytes) -> None:
        """Keep the method and the hash key."""
        self._manner = settings.patient
        self._key = key

    def name(self, kind: str, identifier: str, issuer: str = "") -> str | None:
        """Return a person's pseudonym; the same id at two clients means two people."""
        if not identifier or self._manner == "none":
            return None
        if self._manner == "plain":
            return plain_text(identifier)
        return hmac.digest(self._key, f"{kind}\n{issuer}\n{identifier}".encode(), "sha256").hex()


def order_name(verdict: Verdict) -> str:
    """Return the order of a verdict: its reference, or its place if it has none; empty for the whole request."""
    if verdict.order is None:
        return ""
    return verdict.order.reference or verdict.order.path


def read_session(facts: str, *, coverage: bool = False) -> Session:
    """Restore the facts of a decision; ``coverage``: including the billing facts."""
    return (_billing_session if coverage else _session).decode(facts)


def without_resources(card: Json) -> Json:
    """Return a card without the FHIR resources of its suggestions, which are the EHR's and name the patient."""
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
    """Return a text that every database accepts: PostgreSQL has no NUL."""
    return text.replace("\0", "\N{SYMBOL FOR NULL}")
