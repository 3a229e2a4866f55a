"""A row of a case table: a sentence, what is ordered for whom, and what the rule answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING

from cards.facts import DrugOrder, Moment, Patient
from cards.outcomes import CannotTell, Clear, Fired, NotApplicable
from cards.topics import Topic

if TYPE_CHECKING:
    from cards.outcomes import Outcome

FIRES, SILENT, CANNOT, NOT_ASKED = Fired, Clear, CannotTell, NotApplicable


@dataclass(frozen=True)
class Row:
    """One case.

    ``says`` are parts of the summary, ``indicator`` that of the card; ``missing`` is what a check could not do without.
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
