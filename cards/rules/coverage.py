"""The rules of the coverage service. They answer that service alone, and none of the clinical rules answers it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cards.rules import Rule
from cards.rules.billing_summary import BillingSummary
from cards.rules.billing_units import BillingUnits
from cards.rules.coverage_criteria import CoverageCriteria
from cards.topics import Topic

if TYPE_CHECKING:
    from cards.billing.setup import BillingSetup


def coverage_rules(setup: BillingSetup) -> tuple[Rule, ...]:
    """Give the rules for the setup of a site, in the order in which their cards are shown."""
    return (
        Rule(Topic.BILLING_UNITS_MISMATCH, BillingUnits(setup).judge),
        Rule(Topic.BILLING_SUMMARY, BillingSummary(setup).judge, before_identity=True),
        Rule(Topic.COVERAGE_CRITERIA, CoverageCriteria(setup).judge),
    )
