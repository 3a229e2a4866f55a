"""An order for a day that an active order in the chart already covers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cards.facts.outcomes import Clear, Evidence, Fired, Outcome, RemoveOrder
from cards.readings.day_total import total_excess, written_total
from cards.readings.parts_of_dose import with_chart
from cards.readings.tablets import indicator_of_excess

if TYPE_CHECKING:
    from cards.readings.case import Case


def ordered_already(case: Case) -> Outcome:
    """Fire on an order for a day that an active order of the same product names; critical above the maximum.

    An order that is the other part of the dose does not count.
    """
    found = with_chart(case)
    if found is None:
        return Clear()
    total = found.total
    excess = total_excess(case, total) if total is not None else None
    if excess is None and found.in_parts:
        return Clear()
    limit = case.ceiling
    is_over = excess is not None and limit is not None
    return Fired(
        values={
            "day": found.day.isoformat(),
            "sum": written_total(case, total) if total is not None else "",
            "maximum": str(limit.maximum.dose) if limit is not None else "",
        },
        evidence=(
            *(
                Evidence(
                    "active-order",
                    f"{each.names[0]}, {f'{each.dose}, ' if each.dose is not None else ''}{found.day.isoformat()}",
                    each.origin,
                )
                for each in found.orders
            ),
            *case.weight_evidence(),
        ),
        cited=(limit.maximum.by if is_over and limit is not None else case.product.regimens[0].by,),
        variant="active-above" if is_over else "active",
        indicator=indicator_of_excess(case, excess),
        fixes=(RemoveOrder(),),
    )
