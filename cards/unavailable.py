"""Handles unavailable parts of the chart: a rule that depends on one can say neither "fine" nor "missing"."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cards.facts.outcomes import CannotTell, Fired, Missing
from cards.facts.topics import Topic, TopicCode

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from cards.facts.outcomes import Outcome

_HISTORY = frozenset(
    {
        Topic.INTERVAL_TOO_SHORT,
        Topic.CYCLE_LIMIT_REACHED,
        Topic.DOSE_RE_ESCALATION,
        Topic.RELOAD_REQUIRED,
        Topic.DOSE_WRONG_FOR_INDICATION,
        Topic.PREGNANCY_TEST_MISSING,
        Topic.WEIGHT_IMPLAUSIBLE,
        Topic.INFUSION_RATE,
        # A problem that began during treatment remains a stop, and an LVEF drop is measured from before treatment.
        Topic.ILD_ACTIVE,
        Topic.HEART_FAILURE_ACTIVE,
        Topic.LIVER_TESTS_DISCONTINUE,
        Topic.LVEF_HOLD,
        Topic.LVEF_RECHECK,
        # The first weeks of a course count from its beginning.
        Topic.PROPHYLAXIS_MISSING,
    }
)
_LIVER_AND_BLOOD = frozenset(
    {
        Topic.LIVER_TESTS_MISSING,
        Topic.LIVER_TESTS_HOLD,
        Topic.LIVER_TESTS_DISCONTINUE,
        Topic.BLOOD_COUNT_MISSING,
        Topic.BLOOD_COUNT_HOLD,
    }
)
_HER2 = frozenset(
    {
        Topic.HER2_MISSING,
        Topic.HER2_ISH_MISSING,
        Topic.HER2_NOT_ELIGIBLE,
        Topic.HER2_DISCORDANT,
        Topic.HER2_TIER_UNCLEAR,
        Topic.ERBB2_MUTATION_MISSING,
    }
)
READS: Mapping[str, frozenset[Topic]] = {
    "patient": frozenset({Topic.PREGNANCY_TEST_MISSING, Topic.AGE_NOT_LABELED}),
    "weight": frozenset(
        {
            Topic.DOSE_ABOVE_MAXIMUM,
            Topic.DOSE_MATCHES_OTHER_DRUG,
            Topic.DOSE_IMPLAUSIBLE,
            Topic.DOSE_NOT_A_LEVEL,
            Topic.DOSE_WRONG_FOR_INDICATION,
            Topic.DOSE_RE_ESCALATION,
            Topic.DOSE_CANNOT_VERIFY,
            Topic.WEIGHT_STALE,
            Topic.WEIGHT_IMPLAUSIBLE,
        }
    ),
    "tumorMarkers": _HER2,
    "lvef": frozenset({Topic.LVEF_MISSING, Topic.LVEF_OVERDUE, Topic.LVEF_HOLD, Topic.LVEF_RECHECK}),
    "labs": _LIVER_AND_BLOOD | {Topic.PREGNANCY_TEST_MISSING, Topic.PREGNANCY_POSITIVE},
    "conditions": _HER2
    | {
        Topic.INDICATION_UNSUPPORTED,
        Topic.DOSE_WRONG_FOR_INDICATION,
        Topic.ILD_ACTIVE,
        Topic.HEART_FAILURE_ACTIVE,
        Topic.PREGNANCY_POSITIVE,
        Topic.PREGNANCY_TEST_MISSING,
        Topic.LIVER_TESTS_DISCONTINUE,
        Topic.CYCLE_LIMIT_REACHED,
    },
    "administrations": _HISTORY | {Topic.HER2_AGENTS_COMBINED},
    "medications": _HISTORY
    | {Topic.HER2_AGENTS_COMBINED, Topic.ANTHRACYCLINE_CONCURRENT, Topic.CYP3A4_INHIBITOR, Topic.INTERACTION},
}
"""The topics that depend on each part of the chart, by its prefetch key."""
TREATMENT_PARTS = frozenset({"administrations", "medications"})
"""The parts of the chart with the patient's drugs."""
READS_ORDERS_ONLY = frozenset(
    {
        Topic.DRUG_IDENTITY_CONFLICT,
        Topic.DRUG_AMBIGUOUS,
        Topic.HCPCS_MISMATCH,
        Topic.HCPCS_NOT_SPECIFIC,
        Topic.NDC_MISMATCH,
        Topic.DOSE_TEXT_CONFLICT,
        Topic.ROUTE_WRONG,
        Topic.DILUENT_INCOMPATIBLE,
        Topic.DUPLICATE_ORDER,
        Topic.BILLING_SUMMARY,
        Topic.BILLING_UNITS_MISMATCH,
        # The billing card is still useful; it names missing parts of the chart.
        Topic.COVERAGE_CRITERIA,
        # Built from the outcomes of other rules.
        Topic.MONITORING_PLANNED,
        Topic.CHECKS_INCOMPLETE,
    }
)
"""The topics whose outcome does not change when a part of the chart is unavailable."""
# These fire if data are absent; if the list itself is unavailable, absence proves nothing.
_FIRES_ON_ABSENCE = frozenset(
    {
        Topic.HER2_MISSING,
        Topic.HER2_ISH_MISSING,
        Topic.HER2_NOT_ELIGIBLE,
        Topic.HER2_TIER_UNCLEAR,
        Topic.ERBB2_MUTATION_MISSING,
        Topic.INDICATION_UNSUPPORTED,
        Topic.LVEF_MISSING,
        Topic.LVEF_OVERDUE,
        Topic.LIVER_TESTS_MISSING,
        Topic.BLOOD_COUNT_MISSING,
        Topic.PREGNANCY_TEST_MISSING,
        Topic.DOSE_CANNOT_VERIFY,
        Topic.DOSE_WRONG_FOR_INDICATION,
        Topic.WEIGHT_STALE,
        Topic.INFUSION_RATE,
        Topic.PROPHYLAXIS_MISSING,
    }
)
_STRICTEST = "cancer-unknown"
_MAXIMUM = frozenset({Topic.DOSE_ABOVE_MAXIMUM})


def cannot_tell_if_unavailable(topic: TopicCode, outcome: Outcome, absent: tuple[tuple[str, str], ...]) -> Outcome:
    """Return a rule's outcome, or ``CannotTell`` if it depends on parts of the chart that are unavailable.

    ``absent`` has each unavailable part with the reason. A finding that more data could not change is kept.
    """
    missing = [(part, why) for part, why in absent if topic in READS.get(part, ())]
    if isinstance(outcome, Fired):
        assumed = topic in _MAXIMUM and any(note == _STRICTEST for note, _ in outcome.notes)
        if assumed:
            missing += [each for each in absent if each[0] == "conditions"]
        if not missing or (topic not in _FIRES_ON_ABSENCE and not assumed):
            return outcome
        if topic is Topic.DOSE_CANNOT_VERIFY and not outcome.variant.startswith("no-weight"):
            return outcome
        if topic is Topic.INFUSION_RATE and outcome.variant != "first":
            return outcome
    if not missing:
        return outcome
    return CannotTell(unavailable_parts(missing))


def unavailable_parts(absent: Iterable[tuple[str, str]]) -> tuple[Missing, ...]:
    """List the parts of the chart that are unavailable, each with the reason."""
    return tuple(Missing(f"absent-{part}", values={"why": why}, is_urgent=True) for part, why in absent)
