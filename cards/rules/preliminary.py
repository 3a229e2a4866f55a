"""Results that are not final: they never count, but a rule that one of them would make speak says so."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING

from cards.facts.outcomes import CannotTell, Fired, Missing
from cards.facts.results import Weight
from cards.readings.case import with_date

if TYPE_CHECKING:
    from collections.abc import Callable

    from cards.facts.outcomes import Outcome
    from cards.facts.results import LabResult, Lvef, PregnancyTest
    from cards.readings.case import Case

_WHAT = {"weight": "preliminary-weight"}


def hears_preliminary(judge: Callable[[Case], Outcome]) -> Callable[[Case], Outcome]:
    """Let a rule that does not fire tell of a preliminary result on which it would."""

    @wraps(judge)
    def judged(case: Case) -> Outcome:
        outcome = judge(case)
        more = case.patient.preliminary
        if more is None or isinstance(outcome, Fired):
            return outcome
        supposed = judge(case.if_preliminary_counted)
        if not isinstance(supposed, Fired):
            return outcome
        speaking = {line.origin for line in supposed.evidence}
        results: list[tuple[str, LabResult | Lvef | PregnancyTest | Weight]] = [
            *((each.test, each) for each in more.labs),
            *(("lvef", each) for each in more.lvefs),
            *(("pregnancy-test", each) for each in more.pregnancy_tests),
            *(("weight", each) for each in more.weights),
        ]
        found = tuple(
            Missing(_WHAT.get(test, "preliminary"), values={"result": _written(case, test, each)}, is_urgent=True)
            for test, each in results
            if each.origin in speaking
        )
        if isinstance(outcome, CannotTell):
            return CannotTell((*outcome.missing, *found))
        return CannotTell(found) if found else outcome

    return judged


def _written(case: Case, test: str, result: LabResult | Lvef | PregnancyTest | Weight) -> str:
    name = case.known.terminology.concepts[test].display
    value = str(result.kg) if isinstance(result, Weight) else result.as_reported
    return f"{name}: {with_date(result, value)}"
