"""Problems for which the label says not to give the drug: lung, heart, pregnancy and its test."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cards.calendar_months import years_before
from cards.case import dated
from cards.outcomes import (
    CannotTell,
    Clear,
    Evidence,
    Fired,
    Missing,
    NotApplicable,
    OrderTests,
    Outcome,
    RemoveOrder,
)
from cards.quantities import plain
from cards.records import Problem, Stop

if TYPE_CHECKING:
    from cards.case import Case
    from cards.facts import PregnancyTest

_FEMALE = "female"


def ild_active(case: Case) -> Outcome:
    """Fire on an active interstitial lung disease or pneumonitis."""
    return _stop(case, Problem.ILD)


def heart_failure_active(case: Case) -> Outcome:
    """Fire on an active symptomatic heart failure."""
    return _stop(case, Problem.HEART_FAILURE)


def pregnancy_positive(case: Case) -> Outcome:
    """Fire on a recorded pregnancy, or a positive test that no later negative one takes back."""
    stop = _rule(case, Problem.PREGNANCY)
    if stop is None:
        return NotApplicable("no such rule on file")
    recorded = _stop(case, Problem.PREGNANCY)
    if isinstance(recorded, Fired):
        return recorded
    tests = _recent_tests(case)
    newest = next((test for test in tests if test.positive is not None), None)
    if newest is not None:
        if not newest.positive:
            return Clear()
        line = Evidence("pregnancy-test", dated(newest.as_reported, newest.on), newest.origin)
        return _fired(stop, f"pregnancy test {newest.as_reported}"[:60], (line,))
    # What is left are amounts of hormone.
    return CannotTell((Missing("pregnancy-amount"),)) if tests else Clear()


def pregnancy_test_missing(case: Case) -> Outcome:
    """Fire before the first dose of a patient who may become pregnant, when no recent test is on record."""
    by = case.product.monitoring.pregnancy_test
    if by is None:
        return NotApplicable("no such rule on file")
    if case.history or not case.dose_is_near:
        return NotApplicable("no first dose is planned")
    if any(each.problem is Problem.PREGNANCY for each in case.patient.problems):
        return NotApplicable("a pregnancy is on record, and that card speaks")
    if not case.patient.sex:
        return CannotTell((Missing("sex"),))
    if case.patient.sex != _FEMALE:
        return NotApplicable("the patient is not recorded as female")
    if case.patient.birth_date is None:
        return CannotTell((Missing("birth-date"),))
    low = years_before(case.planned, int(case.threshold("pregnancy_age_min_years")))
    high = years_before(case.planned, int(case.threshold("pregnancy_age_max_years")) + 1)
    if not high < case.patient.birth_date <= low:
        return NotApplicable("the patient is not of an age to become pregnant")
    if _recent_tests(case):
        return Clear()
    older = case.patient.pregnancy_tests[:1]
    return Fired(
        values={"limit": plain(case.threshold("pregnancy_test_max_age_days"))},
        evidence=(
            *(Evidence("pregnancy-test", dated(test.as_reported, test.on), test.origin) for test in older),
            *case.set_aside(frozenset({"pregnancy-test"})),
        ),
        cited=(by, case.known.thresholds["pregnancy_test_max_age_days"].by),
        fixes=(OrderTests(("pregnancy-test",)),),
    )


def _recent_tests(case: Case) -> tuple[PregnancyTest, ...]:
    if not case.patient.pregnancy_tests:
        return ()
    limit = case.days_before(case.threshold("pregnancy_test_max_age_days"))
    return tuple(test for test in case.patient.pregnancy_tests if test.on is not None and test.on >= limit)


def _stop(case: Case, problem: Problem) -> Outcome:
    stop = _rule(case, problem)
    if stop is None:
        return NotApplicable("no such rule on file")
    present = [each for each in case.patient.problems if each.problem is problem]
    if not present:
        return Clear()
    lines = tuple(Evidence("problem", each.label, each.origin) for each in present)
    return _fired(stop, present[0].label[:60], lines)


def _rule(case: Case, problem: Problem) -> Stop | None:
    for stop in case.product.monitoring.stops:
        if stop.problem is problem:
            return stop
    return None


def _fired(stop: Stop, problem: str, evidence: tuple[Evidence, ...]) -> Fired:
    return Fired({"problem": problem, "then": stop.then}, evidence, (stop.by,), fixes=(RemoveOrder(),))
