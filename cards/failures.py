"""A rule that raises an exception counts as a check that could not be carried out; the other rules still run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from cards.facts.outcomes import FAILED, CannotTell, Missing, Outcome
from cards.facts.topics import TopicCode

if TYPE_CHECKING:
    from cards.readings.case import Case
    from cards.rules import Rule

OnFailure = Callable[[TopicCode, Exception], None]
"""Called with each failed rule and its error. The error may quote the chart and must not be logged."""


def unheard(_topic: TopicCode, _error: Exception) -> None:
    """Ignore a failure that was reported when the facts were first judged."""


def asked(rule: Rule, case: Case, on_failure: OnFailure | None) -> Outcome:
    """Run a rule on a case. Without a failure handler its exception is raised, so that it is not lost."""
    try:
        return rule.judge(case)
    except Exception as error:
        if on_failure is None:
            raise
        on_failure(rule.topic, error)
        return CannotTell((Missing(FAILED, values={"check": str(rule.topic)}, is_urgent=True),))


def all_asked(rules: Sequence[Rule], case: Case, on_failure: OnFailure | None) -> list[Outcome]:
    """Run rules on a case, as `asked` does."""
    try:
        return [rule.judge(case) for rule in rules]
    except Exception:  # noqa: BLE001 - asked once more, one by one, to find which
        return [asked(rule, case, on_failure) for rule in rules]


def is_failure(outcome: Outcome) -> bool:
    """Return whether a rule failed, so that nothing else may replace its outcome."""
    return isinstance(outcome, CannotTell) and outcome.missing[0].what == FAILED
