"""The topics a card can have: one stable code each, the same in configuration, cards and records."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cards.knowledge.schema import Knowledge


TopicCode = str
"""A topic of this list, or one of a rule of the site."""


class Topic(StrEnum):
    """A kind of finding."""

    DRUG_IDENTITY_CONFLICT = "drug-identity-conflict"
    DRUG_AMBIGUOUS = "drug-ambiguous"
    HCPCS_MISMATCH = "hcpcs-mismatch"
    HCPCS_NOT_SPECIFIC = "hcpcs-not-specific"
    NDC_MISMATCH = "ndc-mismatch"
    DOSE_MATCHES_OTHER_DRUG = "dose-matches-other-drug"
    DOSE_ABOVE_MAXIMUM = "dose-above-maximum"
    DOSE_NOT_A_LEVEL = "dose-not-a-level"
    DOSE_WRONG_FOR_INDICATION = "dose-wrong-for-indication"
    DOSE_IMPLAUSIBLE = "dose-implausible"
    DOSE_CANNOT_VERIFY = "dose-cannot-verify"
    DOSE_TEXT_CONFLICT = "dose-text-conflict"
    WEIGHT_IMPLAUSIBLE = "weight-implausible"
    WEIGHT_STALE = "weight-stale"
    INTERVAL_TOO_SHORT = "interval-too-short"
    CYCLE_LIMIT_REACHED = "cycle-limit-reached"
    DOSE_RE_ESCALATION = "dose-re-escalation"
    RELOAD_REQUIRED = "reload-required"
    INFUSION_RATE = "infusion-rate"
    AGE_NOT_LABELED = "age-not-labelled"
    ROUTE_WRONG = "route-wrong"
    DILUENT_INCOMPATIBLE = "diluent-incompatible"
    HER2_MISSING = "her2-missing"
    HER2_ISH_MISSING = "her2-ish-missing"
    HER2_NOT_ELIGIBLE = "her2-not-eligible"
    HER2_DISCORDANT = "her2-discordant"
    HER2_TIER_UNCLEAR = "her2-tier-unclear"
    ERBB2_MUTATION_MISSING = "erbb2-mutation-missing"
    INDICATION_UNSUPPORTED = "indication-unsupported"
    LVEF_MISSING = "lvef-missing"
    LVEF_OVERDUE = "lvef-overdue"
    LVEF_HOLD = "lvef-hold"
    LVEF_RECHECK = "lvef-recheck"
    LIVER_TESTS_MISSING = "liver-tests-missing"
    LIVER_TESTS_HOLD = "liver-tests-hold"
    LIVER_TESTS_DISCONTINUE = "liver-tests-discontinue"
    BLOOD_COUNT_MISSING = "blood-count-missing"
    BLOOD_COUNT_HOLD = "blood-count-hold"
    PREGNANCY_TEST_MISSING = "pregnancy-test-missing"
    PREGNANCY_POSITIVE = "pregnancy-positive"
    ILD_ACTIVE = "ild-active"
    HEART_FAILURE_ACTIVE = "heart-failure-active"
    HER2_AGENTS_COMBINED = "her2-agents-combined"
    ANTHRACYCLINE_CONCURRENT = "anthracycline-concurrent"
    CYP3A4_INHIBITOR = "cyp3a4-inhibitor"
    DUPLICATE_ORDER = "duplicate-order"
    PROPHYLAXIS_MISSING = "prophylaxis-missing"
    INTERACTION = "interaction"
    BILLING_SUMMARY = "billing-summary"
    BILLING_UNITS_MISMATCH = "billing-units-mismatch"
    COVERAGE_CRITERIA = "coverage-criteria"
    MONITORING_PLANNED = "monitoring-planned"
    CHECKS_INCOMPLETE = "checks-incomplete"


def topics_of(known: Knowledge) -> tuple[TopicCode, ...]:
    """List every topic: those that ship, then those of the site's rules."""
    return (*Topic, *(rule.topic for rule in known.site_rules))
