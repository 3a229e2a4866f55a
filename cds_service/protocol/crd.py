"""Da Vinci CRD 2.2 for the billing and coverage services: what a client may choose, and how that changes cards.

Source: HL7 Da Vinci Coverage Requirements Discovery 2.2.1, deviations.html (version declaration, configuration options,
linking responses to requests) and cards.html. A coverage statement is a system action, never a card.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cards.facts.billing import BillingSession, CoverageExchange
from cards.facts.topics import Topic
from fhir_mappings.request.hook_request import BadRequest

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from cards.facts.session import Session
    from cards.presentation.grouping import CardContent

Json = dict[str, Any]
VERSION = "2.2"
_CONFIGURATION, _REQUESTED = "davinci-crd.configuration", "davinci-crd.requestedVersion"
_COVERAGE_INFO, _CLAIM, _MOST_CARDS = "coverage-info", "claim", "max-cards"
_DEFAULT_CARDS = 100
# The codes are those of http://terminology.hl7.org/CodeSystem/cdshooks-card-type where one fits.
_TOPICS = {
    _COVERAGE_INFO: (Topic.COVERAGE_CRITERIA,),
    _CLAIM: (Topic.BILLING_SUMMARY, Topic.BILLING_UNITS_MISMATCH),
}
COVERAGE_TEMPLATE = {"coverage": "Coverage?patient={{context.patientId}}&status=active"}
"""An additional prefetch key: every statement must name a coverage."""
DISCOVERY: Json = {
    "davinci-crd.version": [VERSION],
    "davinci-crd.configuration-options": [
        {
            "code": _COVERAGE_INFO,
            "type": "boolean",
            "name": "Coverage information",
            "description": "Whether the drug is covered, needs prior authorization or documents, written on the order.",
            "default": True,
        },
        {
            "code": _CLAIM,
            "type": "boolean",
            "name": "Claim",
            "description": "Cards with the billing code, units, vials and modifiers of the claim.",
            "default": True,
        },
        {
            "code": _MOST_CARDS,
            "type": "integer",
            "name": "Maximum number of cards",
            "description": "How many cards are returned at most; the most urgent come first.",
            "default": _DEFAULT_CARDS,
        },
    ],
}
"""The discovery extension of each billing and coverage service."""


def exchange_of(extension: Mapping[str, Any]) -> CoverageExchange:
    """Read a client's configuration; unknown options and wrong types are ignored.

    Raises:
        BadRequest: the client asks for another version of CRD.

    """
    requested = extension.get(_REQUESTED)
    if requested is not None and requested != VERSION:
        where = f"extension.{_REQUESTED}"
        raise BadRequest("unsupported-version", f"this service answers version {VERSION} of CRD", where)
    given = extension.get(_CONFIGURATION)
    chosen = given if isinstance(given, dict) else {}
    withheld = [str(topic) for code, topics in _TOPICS.items() if chosen.get(code) is False for topic in topics]
    most = chosen.get(_MOST_CARDS)
    return CoverageExchange(
        tuple(withheld),
        chosen.get(_COVERAGE_INFO) is False,
        most if isinstance(most, int) and not isinstance(most, bool) and most >= 0 else _DEFAULT_CARDS,
    )


def contents_for(contents: tuple[CardContent, ...], session: Session) -> tuple[CardContent, ...]:
    """Leave out the cards that a CRD client does not want, and those whose content is written on the order."""
    exchange = session.billing.exchange if isinstance(session, BillingSession) else None
    if exchange is None or not isinstance(session, BillingSession):
        return contents
    names_coverage = any(each.reference for each in session.billing.coverages)
    left = [each for each in contents if each.lead.topic not in exchange.withheld]
    if names_coverage:
        left = [each for each in left if each.lead.topic is not Topic.COVERAGE_CRITERIA or not _is_stated(each)]
    return tuple(left if exchange.most_cards is None else left[: exchange.most_cards])


def _is_stated(content: CardContent) -> bool:
    """Return whether every order of a card can carry the statement; one without an id cannot be updated."""
    return all(each.origin.reference for each in content.orders)


def card_for(card: Json, content: CardContent, session: Session) -> Json:
    """Set the payer as the source of a card, and add the orders that the card is about."""
    if not isinstance(session, BillingSession) or session.billing.exchange is None:
        return card
    changed = dict(card)
    if payer := payer_of(session):
        changed["source"] = {**card["source"], "label": payer}
    references = [each.origin.reference for each in content.orders if each.origin.reference]
    if references:
        linked = [{"reference": each} for each in dict.fromkeys(references)]
        changed["extension"] = {"davinci-crd.associated-resource": linked}
    return changed


def payer_of(session: BillingSession) -> str:
    """Return the name of the first payer whose coverage is in force, or an empty string."""
    named: Iterable[str] = (
        each.payer.name for each in session.billing.coverages if each.payer.name and each.is_in_force(session.today)
    )
    return next(iter(named), "")
