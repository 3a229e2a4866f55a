"""Determines the kind of payer of a coverage: "Humana Medicare Advantage" is not Original Medicare."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cards.knowledge.schema.coverage import PayerKind

if TYPE_CHECKING:
    from cards.coverage.view import View
    from cards.facts.billing import Payer
    from cards.knowledge.schema.billing import BillingKnowledge

STEERED = frozenset({PayerKind.COMMERCIAL, PayerKind.MEDICARE_ADVANTAGE})
"""The kinds that steer the site of care; Original Medicare and Medicaid do not."""


def kind_of(payer: Payer, known: BillingKnowledge) -> PayerKind:
    """Return the first kind with a word in the payer's name or plan, else commercial."""
    said = f"{payer.name} / {payer.plan}".casefold()
    for each in known.payer_kinds:
        if any(word in said for word in each.words):
            return each.kind
    return PayerKind.COMMERCIAL


def kinds_on_record(view: View) -> frozenset[PayerKind]:
    """Return the kinds of the payers on record."""
    return frozenset(kind_of(payer, view.known) for payer in view.facts.payers)


def may_steer(view: View) -> bool:
    """Return whether a payer on record may steer the site of care; an unknown one may."""
    kinds = kinds_on_record(view)
    return not kinds or bool(kinds & STEERED)
