"""Problems for which the label says not to give the drug: lung, heart, pregnancy and its test."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from msgspec import structs

from cards.facts.outcomes import (
    CannotTell,
    Clear,
    Evidence,
    Fired,
    Indicator,
    Missing,
    NotApplicable,
    OrderTests,
    Outcome,
    RemoveOrder,
)
from cards.knowledge.schema import Problem, Stop
from cards.readings.case import at_same_time, dated, is_bare_code, shortened, with_date
from cards.rules.preliminary import hears_preliminary
from cards.values.caching import per_case
from cards.values.calendar_months import years_before
from cards.values.quantities import plain

if TYPE_CHECKING:
    from cards.facts.patient import PresentProblem
    from cards.facts.results import PregnancyTest
    from cards.readings.case import Case

_FEMALE, _MALE = "female", "male"


def ild_active(case: Case) -> Outcome:
    """Fire on active interstitial lung disease or pneumonitis, and on any that began during treatment.

    One that ended before treatment is mentioned at the first dose. Radiation pneumonitis is judged by its grade, where
    the label does so.
    """
    found = _lasting_stop(case, Problem.ILD)
    return found if isinstance(found, Fired | CannotTell) else _by_radiation(case) or found


def _by_radiation(case: Case) -> Fired | CannotTell | None:
    """Judge a present radiation pneumonitis by its grade; of grade 2, or none stated, the chart does not say enough."""
    stop = case.product.monitoring.stop(Problem.RADIATION_PNEUMONITIS)
    if stop is None or stop.from_grade is None:
        return None
    present = case.has(Problem.RADIATION_PNEUMONITIS)
    severe = tuple(each for each in present if each.grade is not None and each.grade >= stop.from_grade)
    if severe:
        return _stopped(stop, severe)
    unclear = [each for each in present if each.grade is None or each.grade + 1 >= stop.from_grade]
    asked = (Missing("radiation-grade", values={"problem": _line(each)}, is_urgent=True) for each in unclear)
    return CannotTell(tuple(asked)) if unclear else None


def heart_failure_active(case: Case) -> Outcome:
    """Fire on active symptomatic heart failure, and on any that began during treatment."""
    return _lasting_stop(case, Problem.HEART_FAILURE)


@per_case
@hears_preliminary
def pregnancy_positive(case: Case) -> Outcome:
    """Fire on a recorded pregnancy, or a positive test without a later negative one.

    Entries older than the duration of a pregnancy, or than a delivery or loss, do not count.
    """
    stop = case.product.monitoring.stop(Problem.PREGNANCY)
    if stop is None:
        return NotApplicable("no such rule on file")
    present = _pregnancies(case)
    if present:
        return _stopped(stop, present)
    newest = _telling_test(case)
    # A tumor or the menopause may raise hCG, too; in a man nothing else does.
    is_other = newest is not None and not may_become_pregnant(case) and (newest.by_amount or _sex(case) == _MALE)
    if newest is not None and newest.positive and not is_other:
        line = Evidence(
            "pregnancy-test", with_date(newest, newest.as_reported), newest.origin, parts=at_same_time(newest)
        )
        fired = _fired(stop, shortened(f"pregnancy test {dated(newest.as_reported, newest.on)}"), (line,))
        limits = (case.known.terminology.hcg.by,) if newest.by_amount else ()
        return structs.replace(fired, cited=(*fired.cited, *limits))
    recent = _tests_since(case, "pregnancy_test_max_age_days")
    if recent and (recent[0].positive is None or (recent[0].positive and is_other)):
        # An older negative test does not replace a newer one that could not be read.
        said = {"value": dated(recent[0].as_reported, recent[0].on)}
        return CannotTell((Missing("pregnancy-answer", values=said, is_urgent=_asks_for_test(case)),))
    # Where no pregnancy is possible, the words may be those of another patient.
    return _unless_named(case, Problem.PREGNANCY)


def pregnancy_test_missing(case: Case) -> Outcome:
    """Fire before the first dose for a patient who may become pregnant, if no recent test is on record."""
    by = case.product.monitoring.pregnancy_test
    if by is None:
        return NotApplicable("no such rule on file")
    if case.history or not case.dose_is_near:
        return NotApplicable("no first dose is planned")
    if isinstance(pregnancy_positive(case), Fired):
        return NotApplicable("a pregnancy is on record, and that card speaks")
    if not may_become_pregnant(case):
        return NotApplicable("the patient cannot become pregnant, by sex, age or history")
    if _tests_since(case, "pregnancy_test_max_age_days"):
        return Clear()
    unknown = [name for name, known in (("sex", _sex(case) == _FEMALE), ("birth-date", _born(case))) if not known]
    if unknown:
        return CannotTell(tuple(Missing(name) for name in unknown))
    older = case.patient.pregnancy_tests[:1]
    advice = case.product.monitoring.contraception
    return Fired(
        values={"limit": plain(case.threshold("pregnancy_test_max_age_days"))},
        evidence=(
            *(Evidence("pregnancy-test", dated(test.as_reported, test.on), test.origin) for test in older),
            *case.unusable(frozenset({"pregnancy-test"})),
        ),
        cited=(by, case.known.thresholds["pregnancy_test_max_age_days"].by, *((advice.by,) if advice else ())),
        notes=(("contraception", {"advice": advice.then}),) if advice else (),
        fixes=(OrderTests(("pregnancy-test",)),),
    )


def _asks_for_test(case: Case) -> bool:
    """Return whether a test would be requested if there were none."""
    is_first = not case.history and case.dose_is_near
    return case.product.monitoring.pregnancy_test is not None and is_first and may_become_pregnant(case)


def may_become_pregnant(case: Case) -> bool:
    """Return whether nothing on record rules out a pregnancy; missing data do not."""
    if _sex(case) == _MALE or case.has(Problem.INFERTILE):
        return False
    born = _born(case)
    if born is None:
        return True
    if born <= years_before(case.planned, int(case.threshold("pregnancy_age_max_years")) + 1):
        return False
    return born <= years_before(case.planned, int(case.threshold("pregnancy_age_min_years")))


def _sex(case: Case) -> str:
    """Return the sex at birth if it is on record, else the administrative one."""
    return case.patient.sex_at_birth or case.patient.sex


def _born(case: Case) -> date | None:
    return case.patient.birth_date


def _pregnancies(case: Case) -> tuple[PresentProblem, ...]:
    """List the recorded pregnancies that may be ongoing, by the last day on which each may have begun, or undated."""
    recorded = case.has(Problem.PREGNANCY)
    if not recorded:
        return ()
    first = _since(case, "pregnancy_max_days")
    return tuple(each for each in recorded if each.on is None or (each.latest or each.on) >= first)


def _since(case: Case, threshold: str) -> date:
    """Return the first day from which a pregnancy, or a test, still counts: none from before a delivery or loss."""
    first = case.days_before(case.threshold(threshold))
    ends = [each.on for each in _of(case, Problem.PREGNANCY_OVER) if each.on is not None and each.is_onset]
    negative = [test.on for test in case.patient.pregnancy_tests if test.positive is False and test.on is not None]
    ends += [each.on for each in _of(case, Problem.MENSTRUATION) if each.on and each.on <= max(negative, default=first)]
    return max([first, *(each + timedelta(days=1) for each in ends if each <= case.tomorrow)])


def _of(case: Case, problem: Problem) -> tuple[PresentProblem, ...]:
    return (*case.has(problem), *case.had(problem))


def _telling_test(case: Case) -> PregnancyTest | None:
    """Return the newest positive or negative test within the duration of a pregnancy."""
    return next((test for test in _tests_since(case, "pregnancy_max_days") if test.positive is not None), None)


def _tests_since(case: Case, threshold: str) -> tuple[PregnancyTest, ...]:
    if not case.patient.pregnancy_tests:
        return ()
    limit = _since(case, threshold)
    return tuple(test for test in case.patient.pregnancy_tests if test.on is not None and _last_day(test) >= limit)


def _last_day(test: PregnancyTest) -> date:
    """Return the last day on which a test may have been; a negative one reassures by its first."""
    first = test.on or date.min
    return test.within[1] if test.within is not None and test.positive is not False else first


def _unless_named(case: Case, problem: Problem) -> Outcome:
    """Return that a problem is not there, unless the words of the order name it."""
    said = [each.label for each in case.order.named_problems if each.problem is problem]
    if not said:
        return Clear()
    return CannotTell(tuple(Missing("problem-on-order", values={"said": each}, is_urgent=True) for each in said))


def _lasting_stop(case: Case, problem: Problem) -> Outcome:
    """Fire on an ongoing problem, or one that began during treatment and is over: the label stops permanently."""
    stop = case.product.monitoring.stop(problem)
    if stop is None:
        return NotApplicable("no such rule on file")
    if present := case.has(problem):
        return _stopped(stop, present)
    past = case.had(problem)
    if not past:
        return _unless_named(case, problem)
    first = _first_dose(case, problem)
    under = tuple(each for each in past if _began_on_treatment(each, first))
    lasting = tuple(each for each in under if each.grade != 1 or stop.grade_1 is None)
    if lasting:
        return _stopped(stop, lasting, "under-treatment")
    if unsure := [each for each in past if _began_on_treatment(each, first) is None]:
        return CannotTell(tuple(Missing("onset", values={"problem": _line(each)}, is_urgent=True) for each in unsure))
    if under:
        return _warned(stop, under, "grade-1", stop.grade_1 or "")
    if problem is Problem.ILD and not case.history:
        return _warned(stop, past, "past", stop.then)
    return _unless_named(case, problem)


def _first_dose(case: Case, problem: Problem) -> date | None:
    """Return the day of the first dose of any drug whose label stops for this problem."""
    stopping = {
        product.id
        for product in case.known.products
        if any(each.problem is problem for each in product.monitoring.stops)
    }
    return min(
        (each.on for each in case.patient.treatments if each.product in stopping and each.on is not None), default=None
    )


def _began_on_treatment(problem: PresentProblem, first: date | None) -> bool | None:
    """Return whether a problem began after a first dose; ``None`` if the chart does not say."""
    if first is None or (problem.ended is not None and problem.ended < first):
        return False
    if problem.on is None:
        return None
    if problem.on < first:
        return None if problem.latest is not None and problem.latest >= first else False
    return True if problem.is_onset else None


def _warned(stop: Stop, past: tuple[PresentProblem, ...], variant: str, then: str) -> Fired:
    """Mention a problem that is over and does not stop treatment by itself."""
    return Fired(
        {"problem": shortened(past[0].label), "date": _ended(past[0]), "then": then},
        tuple(Evidence("problem", _line(each), each.origin) for each in past),
        (stop.by,),
        variant=variant,
        indicator=Indicator.WARNING,
    )


def _stopped(stop: Stop, present: tuple[PresentProblem, ...], variant: str = "") -> Fired:
    lines = tuple(Evidence("problem", _line(each), each.origin) for each in present)
    label = present[0].label
    fired = _fired(stop, shortened(label), lines, variant=variant or ("coded" if is_bare_code(label) else "default"))
    return structs.replace(fired, values={**fired.values, "date": _ended(present[0])}) if variant else fired


def _line(problem: PresentProblem) -> str:
    is_dated = problem.on is not None and problem.latest is None
    began = dated(problem.label, problem.on) if is_dated else problem.label
    return f"{began}, ended {problem.ended.isoformat()}" if problem.ended else began


def _ended(problem: PresentProblem) -> str:
    return (problem.on or problem.ended or "?").__str__()


def _fired(stop: Stop, problem: str, evidence: tuple[Evidence, ...], variant: str = "default") -> Fired:
    return Fired({"problem": problem, "then": stop.then}, evidence, (stop.by,), variant=variant, fixes=(RemoveOrder(),))
