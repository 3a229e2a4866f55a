"""The rules of the coverage service, which runs only these and no clinical rules."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cards.billing.summary_rule import BillingSummary
from cards.billing.units_rule import BillingUnits
from cards.coverage.criteria_rule import CoverageCriteria
from cards.facts.topics import Topic
from cards.rules import Rule

if TYPE_CHECKING:
    from cards.knowledge.billing_setup import BillingSetup


def coverage_rules(setup: BillingSetup) -> tuple[Rule, ...]:
    """Return the rules for a site's setup, in the order in which their cards are shown."""
    return (
        Rule(Topic.BILLING_UNITS_MISMATCH, BillingUnits(setup).judge),
        Rule(Topic.BILLING_SUMMARY, BillingSummary(setup).judge, before_identity=True),
        Rule(Topic.COVERAGE_CRITERIA, CoverageCriteria(setup).judge),
    )
