"""A row of a case table: a sentence, what is ordered for whom, and what the rule answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from builders import COVERAGE_RULES, TODAY, judged

from cards.facts import DrugOrder, Moment, Patient
from cards.outcomes import CannotTell, Clear, Fired, NotApplicable
from cards.topics import Topic

if TYPE_CHECKING:
    from cards.billing.facts import BillingFacts
    from cards.outcomes import Outcome, Verdict

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
    moment: Moment = Moment.SIGN
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

    def verdicts(self) -> tuple[Verdict, ...]:
        """Judge the case by the rules of the service that its topic belongs to."""
        of_coverage = self.topic in {rule.topic for rule in COVERAGE_RULES}
        return judged(
            self.order,
            *self.others,
            patient=self.patient,
            moment=self.moment,
            thresholds=self.thresholds,
            today=self.today,
            billing=self.billing,
            rules=COVERAGE_RULES if of_coverage else None,
        )

    def verdict(self) -> Verdict:
        """Judge the case and give the verdict of its topic on its order."""
        return next(v for v in self.verdicts() if v.topic is self.topic and v.order == self.order.origin)
