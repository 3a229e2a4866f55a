"""How the dose is made up and given: route and diluent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cards.facts.outcomes import Clear, Evidence, Fired, NotApplicable, Outcome, RemoveOrder

if TYPE_CHECKING:
    from cards.readings.case import Case


def route_wrong(case: Case) -> Outcome:
    """Fire when a subcutaneous product is ordered intravenously, or the reverse."""
    ordered, wanted, by = case.order.route, case.product.route, case.product.route_by
    if ordered is None or wanted is None or by is None:
        return NotApplicable("no route on the order")
    if ordered is wanted:
        return Clear()
    return Fired(
        values={"ordered": str(ordered), "wanted": str(wanted)},
        evidence=(Evidence("route", str(ordered), case.order.origin),),
        cited=(by,),
        fixes=(RemoveOrder(),),
    )


def diluent_incompatible(case: Case) -> Outcome:
    """Fire when the order is made up in a diluent that the label forbids."""
    if not case.product.forbidden_diluents:
        return NotApplicable("the label forbids no diluent on file")
    if not case.order.diluents:
        return NotApplicable("no diluent on the order")
    for forbidden in case.product.forbidden_diluents:
        if forbidden.diluent in case.order.diluents:
            return Fired(
                values={"diluent": str(forbidden.diluent), "instead": forbidden.instead},
                evidence=(Evidence("diluent", str(forbidden.diluent), case.order.origin),),
                cited=(forbidden.by,),
                fixes=(RemoveOrder(),),
            )
    return Clear()
