"""All rules with their topics, in the order in which cards are shown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from cards.facts.outcomes import Outcome
from cards.facts.session import Hook
from cards.facts.topics import Topic, TopicCode
from cards.readings.case import Case
from cards.rules import (
    age,
    billing_codes,
    concurrent_drugs,
    dose,
    dose_conflicts,
    dose_levels,
    her2,
    identity,
    interactions,
    intervals,
    lab_holds,
    lab_monitoring,
    lvef_holds,
    lvef_monitoring,
    preparation,
    problems,
    schedule,
    site_rules,
    weight,
)

if TYPE_CHECKING:
    from cards.knowledge.schema import Knowledge


@dataclass(frozen=True, slots=True)
class Rule:
    """A topic and the function that judges a case.

    ``before_identity``: it does not need an identified drug. ``on_view``: it also runs when a chart is opened.
    ``ignores_day``: where it is silent, it read nothing of the order's day and id, of its codes for billing and supply,
    or of the orders of other days.
    """

    topic: TopicCode
    judge: Callable[[Case], Outcome]
    before_identity: bool = False
    on_view: bool = False
    ignores_day: bool = False


RULES: tuple[Rule, ...] = (
    Rule(Topic.DRUG_IDENTITY_CONFLICT, identity.drug_identity_conflict, before_identity=True, ignores_day=True),
    Rule(Topic.DRUG_AMBIGUOUS, identity.drug_ambiguous, before_identity=True, ignores_day=True),
    Rule(Topic.HCPCS_MISMATCH, billing_codes.hcpcs_mismatch),
    Rule(Topic.HCPCS_NOT_SPECIFIC, billing_codes.hcpcs_not_specific),
    Rule(Topic.NDC_MISMATCH, billing_codes.ndc_mismatch),
    Rule(Topic.DOSE_IMPLAUSIBLE, dose.dose_implausible, ignores_day=True),
    Rule(Topic.DOSE_ABOVE_MAXIMUM, dose.dose_above_maximum, ignores_day=True),
    Rule(Topic.DOSE_MATCHES_OTHER_DRUG, dose.dose_matches_other_drug, ignores_day=True),
    Rule(Topic.DOSE_NOT_A_LEVEL, dose_levels.dose_not_a_level, ignores_day=True),
    Rule(Topic.DOSE_WRONG_FOR_INDICATION, dose_levels.dose_wrong_for_indication),
    Rule(Topic.DOSE_RE_ESCALATION, dose_levels.dose_re_escalation),
    Rule(Topic.DOSE_TEXT_CONFLICT, dose_conflicts.dose_text_conflict, ignores_day=True),
    Rule(Topic.WEIGHT_IMPLAUSIBLE, weight.weight_implausible),
    Rule(Topic.DOSE_CANNOT_VERIFY, dose.dose_cannot_verify),
    Rule(Topic.WEIGHT_STALE, dose.weight_stale),
    Rule(Topic.INTERVAL_TOO_SHORT, intervals.interval_too_short),
    Rule(Topic.CYCLE_LIMIT_REACHED, schedule.cycle_limit_reached),
    Rule(Topic.RELOAD_REQUIRED, schedule.reload_required),
    Rule(Topic.ROUTE_WRONG, preparation.route_wrong, ignores_day=True),
    Rule(Topic.DILUENT_INCOMPATIBLE, preparation.diluent_incompatible, ignores_day=True),
    Rule(Topic.INFUSION_RATE, preparation.infusion_rate),
    Rule(Topic.AGE_NOT_LABELED, age.age_not_labeled),
    Rule(Topic.HER2_AGENTS_COMBINED, concurrent_drugs.her2_agents_combined),
    Rule(Topic.ANTHRACYCLINE_CONCURRENT, concurrent_drugs.anthracycline_concurrent),
    Rule(Topic.CYP3A4_INHIBITOR, concurrent_drugs.cyp3a4_inhibitor),
    Rule(Topic.DUPLICATE_ORDER, concurrent_drugs.duplicate_order),
    Rule(Topic.PROPHYLAXIS_MISSING, interactions.prophylaxis_missing),
    Rule(Topic.INTERACTION, interactions.interaction),
    Rule(Topic.INDICATION_UNSUPPORTED, her2.indication_unsupported),
    Rule(Topic.HER2_MISSING, her2.her2_missing, ignores_day=True),
    Rule(Topic.HER2_ISH_MISSING, her2.her2_ish_missing, ignores_day=True),
    Rule(Topic.HER2_NOT_ELIGIBLE, her2.her2_not_eligible, ignores_day=True),
    Rule(Topic.HER2_TIER_UNCLEAR, her2.her2_tier_unclear, ignores_day=True),
    Rule(Topic.HER2_DISCORDANT, her2.her2_discordant, ignores_day=True),
    Rule(Topic.ERBB2_MUTATION_MISSING, her2.erbb2_mutation_missing),
    Rule(Topic.LVEF_MISSING, lvef_monitoring.lvef_missing, on_view=True),
    Rule(Topic.LVEF_OVERDUE, lvef_monitoring.lvef_overdue, on_view=True),
    Rule(Topic.LVEF_HOLD, lvef_holds.lvef_hold, on_view=True),
    Rule(Topic.LVEF_RECHECK, lvef_holds.lvef_recheck),
    Rule(Topic.LIVER_TESTS_DISCONTINUE, lab_holds.liver_tests_discontinue, on_view=True),
    Rule(Topic.LIVER_TESTS_HOLD, lab_holds.liver_tests_hold, on_view=True),
    Rule(Topic.BLOOD_COUNT_HOLD, lab_holds.blood_count_hold, on_view=True),
    Rule(Topic.PREGNANCY_POSITIVE, problems.pregnancy_positive, on_view=True),
    Rule(Topic.PREGNANCY_TEST_MISSING, problems.pregnancy_test_missing, on_view=True),
    Rule(Topic.ILD_ACTIVE, problems.ild_active, on_view=True, ignores_day=True),
    Rule(Topic.HEART_FAILURE_ACTIVE, problems.heart_failure_active, on_view=True, ignores_day=True),
    Rule(Topic.LIVER_TESTS_MISSING, lab_monitoring.liver_tests_missing, on_view=True),
    Rule(Topic.BLOOD_COUNT_MISSING, lab_monitoring.blood_count_missing, on_view=True),
)


RULES_ON_VIEW = tuple(rule for rule in RULES if rule.on_view)


def rules_for_hook(hook: Hook, known: Knowledge | None = None) -> tuple[Rule, ...]:
    """Return the rules for a moment: the shipped ones, followed by the site's."""
    shipped = RULES if hook.has_orders else RULES_ON_VIEW
    if known is None or not known.site_rules:
        return shipped
    asked = (each for each in known.site_rules if hook in each.hooks)
    return (*shipped, *(Rule(each.topic, partial(site_rules.judge, each), on_view=each.on_view) for each in asked))
