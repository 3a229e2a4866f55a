"""The patient's age against the label."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cards.facts.outcomes import CannotTell, Clear, Evidence, Fired, Missing, NotApplicable, Outcome, RemoveOrder
from cards.values.calendar_months import years_before

if TYPE_CHECKING:
    from cards.readings.case import Case


def age_not_labeled(case: Case) -> Outcome:
    """Fire when the patient is younger than the labeled age."""
    limit = case.product.age
    if limit is None:
        return NotApplicable("the label's age is not on file")
    born = case.patient.birth_date
    if born is None:
        return CannotTell((Missing("age"),))
    if born <= years_before(case.planned, limit.years):
        return Clear()
    return Fired(
        values={"years": str(limit.years), "born": born.isoformat()},
        evidence=(Evidence("birth-date", born.isoformat()),),
        cited=(limit.by,),
        fixes=(RemoveOrder(),),
    )
