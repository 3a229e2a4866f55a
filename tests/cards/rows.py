"""A row of a case table: a sentence, what is ordered for whom, and what the rule answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING

from builders import COVERAGE_RULES, POLICY, RECOGNIZER, TODAY, facts_of, with_thresholds

from cards.engine import judge
from cards.facts.billing import BillingFacts
from cards.facts.order import DrugOrder
from cards.facts.outcomes import CannotTell, Clear, Fired, NotApplicable
from cards.facts.patient import Patient
from cards.facts.session import Hook, Session
from cards.facts.topics import Topic

if TYPE_CHECKING:
    from cards.facts.outcomes import Outcome, Verdict

FIRES, SILENT, CANNOT, NOT_ASKED = Fired, Clear, CannotTell, NotApplicable


@dataclass(frozen=True)
class Row:
    """One case.

    ``says`` are parts of the summary, ``tells`` of the detail, ``hides`` of neither; ``fixes`` and ``suggests`` are
    the kinds and the labels of all suggestions; ``missing`` is what a check could not do without.
    ``billing`` is what coverage alone reads.
    """

    topic: Topic
    sentence: str
    expect: type[Outcome]
    order: DrugOrder
    patient: Patient | None = None
    others: tuple[DrugOrder, ...] = ()
    hook: Hook = Hook.SIGN
    thresholds: dict[str, Decimal | None] = field(default_factory=dict)
    indicator: str | None = None
    says: tuple[str, ...] = ()
    fixes: tuple[str, ...] | None = None
    tells: tuple[str, ...] = ()
    hides: tuple[str, ...] = ()
    suggests: tuple[str, ...] | None = None
    missing: tuple[str, ...] = ()
    today: date = TODAY
    billing: BillingFacts | None = None

    def session(self) -> Session:
        """Return the facts, with those of billing where the topic is of coverage."""
        return facts_of(
            self.order,
            *self.others,
            patient=self.patient,
            hook=self.hook,
            today=self.today,
            billing=(self.billing or BillingFacts()) if self._of_coverage else None,
        )

    @property
    def _of_coverage(self) -> bool:
        return self.topic in {rule.topic for rule in COVERAGE_RULES}

    @cached_property
    def verdicts(self) -> tuple[Verdict, ...]:
        """The verdicts of the service that its topic belongs to; judged once for all tests of a process."""
        policy = with_thresholds(POLICY, self.thresholds)
        return judge(self.session(), RECOGNIZER, policy, rules=COVERAGE_RULES if self._of_coverage else None)

    def verdict(self) -> Verdict:
        """Judge the case and give the verdict of its topic on its order."""
        return next(v for v in self.verdicts if v.topic is self.topic and v.order == self.order.origin)
