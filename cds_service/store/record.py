"""What is kept of one decision: the facts, every verdict, the cards as sent, and the versions they came from.

The facts hold results with their dates and references, and no name and no identifier of the patient: the patient and
the user stand beside them as keyed hashes, unless the site has chosen otherwise.
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
        """Return the name of a person; the same id at two clients is two persons."""
        if not identifier or self._manner == "none":
            return None
        if self._manner == "plain":
            return plain_text(identifier)
        return hmac.digest(self._key, f"{kind}\n{issuer}\n{identifier}".encode(), "sha256").hex()


def order_name(verdict: Verdict) -> str:
    """Name the order of a verdict: its reference, or its place where it has none; empty for the whole request."""
    if verdict.order is None:
        return ""
    return verdict.order.reference or verdict.order.path


def read_session(facts: str, *, coverage: bool = False) -> Session:
    """Read the facts of a decision again, as they were; ``coverage``: with what billing read beside them."""
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
    """Return a text that every database takes: PostgreSQL knows no NUL."""
    return text.replace("\0", "\N{SYMBOL FOR NULL}")
