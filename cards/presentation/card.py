"""A finding as a clinician sees it, before it is written as JSON."""

from __future__ import annotations

import msgspec

from cards.facts.origins import Origin
from cards.facts.outcomes import Fix, Indicator
from cards.facts.topics import TopicCode

SUMMARY_LIMIT = 139
"""CDS Hooks requires fewer than 140 characters."""


class Suggestion(msgspec.Struct, frozen=True):
    """One way to fix the problem on a card, with a stable id: the changes to each order."""

    label: str
    uuid: str
    changes: tuple[tuple[Origin, Fix], ...]


class OverrideReason(msgspec.Struct, frozen=True):
    """A reason a clinician may give for not following a card."""

    code: str
    display: str


class Card(msgspec.Struct, frozen=True):
    """One card: about one topic and the orders that it concerns, or about the request as a whole."""

    uuid: str
    topic: TopicCode
    topic_display: str
    order: Origin | None
    summary: str
    detail: str
    indicator: Indicator
    source_label: str
    source_url: str
    override_reasons: tuple[OverrideReason, ...]
    suggestions: tuple[Suggestion, ...]
    links: tuple[tuple[str, str], ...] = ()
    """The site's links: label and address."""
