"""What raises an exception costs itself alone: a rule is a check that could not be carried out, and so is a step.

The other rules and orders still answer, and the card on what was not checked lists each failure.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from cards.facts.outcomes import FAILED, CannotTell, Evidence, Missing, Outcome
from cards.facts.topics import Topic, TopicCode
from cards.planned_doses import LATER
from cards.repeated_orders import outcomes_alike

if TYPE_CHECKING:
    from cards.readings.case import Case
    from cards.rules import Rule

OnFailure = Callable[[TopicCode, Exception], None]
"""Hears of each rule or step that failed, and of its error. The error may quote the chart: it is never for a log."""


def ignore_failure(_topic: TopicCode, _error: Exception) -> None:
    """Ignore a failure that was reported when the facts were first judged."""


def run_rule(rule: Rule, case: Case, on_failure: OnFailure | None) -> Outcome:
    """Run a rule on a case. Without a failure handler its exception is raised, so that it is not lost."""
    try:
        return rule.judge(case)
    except Exception as error:
        if on_failure is None:
            raise
        on_failure(rule.topic, error)
        return CannotTell((Missing(FAILED, values={"check": str(rule.topic)}, is_urgent=True),))


def run_rules(
    rules: Sequence[Rule], case: Case, later: frozenset[Topic], on_failure: OnFailure | None
) -> list[Outcome]:
    """Run rules on a case, as `run_rule` runs one; those of the topics ``later`` are not judged today."""
    try:
        return outcomes_alike(case, rules, later)
    except Exception:  # noqa: BLE001 - asked once more, one by one, to find which
        return [LATER if rule.topic in later else run_rule(rule, case, on_failure) for rule in rules]


def is_failure(outcome: Outcome) -> bool:
    """Return whether a rule failed, so that nothing else may replace its outcome."""
    return isinstance(outcome, CannotTell) and outcome.missing[0].what == FAILED


class FailedSteps:
    """The steps of one judgment that failed, and the lines that tell the reader of them."""

    def __init__(self, on_failure: OnFailure | None) -> None:
        """Tell ``on_failure`` of each; without it the exception is raised."""
        self.on_failure = on_failure
        self.lines: list[Evidence] = []

    def add(self, step: str, error: Exception, line: Evidence) -> None:
        """Note that a step failed, and what the card on what was not checked says of it."""
        if self.on_failure is None:
            raise error
        self.on_failure(step, error)
        self.lines.append(line)
