"""A row of a case table: a sentence, what is ordered for whom, and what the rule answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING

from builders import COVERAGE_RULES, judged

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

    ``says`` are parts of the summary, ``indicator`` that of the card; ``missing`` is what a check could not do without.
    ``detail`` are parts of the detail, ``never`` what must not stand on the card. ``billing`` is for coverage alone.
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
    fixes: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    billing: BillingFacts | None = None
    detail: tuple[str, ...] = ()
    never: tuple[str, ...] = ()


def judged_row(row: Row) -> tuple[Verdict, ...]:
    """Judge the case of a row by the rules of the service that its topic belongs to."""
    of_coverage = row.topic in {rule.topic for rule in COVERAGE_RULES}
    return judged(
        row.order,
        *row.others,
        patient=row.patient,
        moment=row.moment,
        thresholds=row.thresholds,
        billing=row.billing,
        **({"rules": COVERAGE_RULES} if of_coverage else {}),
    )
