"""An order for a day that an active order in the chart already covers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from cards.facts.order import DoseUnit
from cards.facts.outcomes import Clear, Evidence, Fired, Outcome, RemoveOrder
from cards.readings.day_total import dose_of, is_whole_dose, total_excess, total_of, written_total
from cards.readings.dosing import DoseReading, Sense, levels_met_by, usable_doses
from cards.readings.tablets import indicator_of_excess
from cards.values.quantities import Mg

if TYPE_CHECKING:
    from datetime import date

    from cards.facts.patient import Treatment
    from cards.readings.case import Case


def ordered_already(case: Case) -> Outcome:
    """Fire on an order for a day that an active order of the same product names; critical above the maximum.

    Only named days count: the rhythm of a standing order is often the plan that this order carries out. An order that
    this one replaces or carries out does not count, nor does one that is the other part of the dose.
    """
    found = _standing(case)
    if found is None:
        return Clear()
    standing, day = found
    total = _together(case, standing)
    excess = total_excess(case, total) if total is not None else None
    if excess is None and _are_parts(case, standing, total):
        return Clear()
    limit = case.ceiling
    is_over = excess is not None and limit is not None
    dose = f"{standing.dose}, " if standing.dose is not None else ""
    return Fired(
        values={
            "day": day.isoformat(),
            "sum": written_total(case, total) if total is not None else "",
            "maximum": str(limit.maximum.dose) if limit is not None else "",
        },
        evidence=(
            Evidence("active-order", f"{standing.names[0]}, {dose}{day.isoformat()}", standing.origin),
            *case.weight_evidence(),
        ),
        cited=(limit.maximum.by if is_over and limit is not None else case.product.regimens[0].by,),
        variant="active-above" if is_over else "active",
        indicator=indicator_of_excess(case, excess),
        fixes=(RemoveOrder(),),
    )


def _standing(case: Case) -> tuple[Treatment, date] | None:
    """Return the active order of the product that names a day of this order, and the day."""
    for each in _standing_orders(case).get(case.product.id, ()):
        shared = case.orders.days_of(case.order).intersection(each.days)
        day = min((day for day in shared if day >= case.session.today), default=None)
        if day is not None and not _is_same(case, each):
            return each, day
    return None


def _standing_orders(case: Case) -> dict[str, list[Treatment]]:
    """Return the active orders of the chart that name a day from today on, by product, once for a session."""
    kept: dict[str, dict[str, list[Treatment]]] = case.orders.worked_out.setdefault("standing orders", {})
    if "by product" not in kept:
        today, found = case.session.today, kept.setdefault("by product", {})
        for each in case.patient.treatments:
            if each.days and each.days[-1] >= today and each.is_active(today):
                found.setdefault(each.product, []).append(each)
    return kept["by product"]


def _is_same(case: Case, standing: Treatment) -> bool:
    """Return whether an order in the chart is one of the session, or one of the two replaces or carries out the other.

    A pharmacy's own order, for example, carries out the one that was signed.
    """
    reference = standing.origin.reference
    if reference and reference in case.order.replaces:
        return True
    same = {reference, *standing.replaces} - {""}
    return bool(same) and any(order.origin.reference in same for order in case.orders.of_product(case.product.id))


def _together(case: Case, standing: Treatment) -> DoseReading | None:
    """Return the sum of both doses; ``None`` if one of them is not known in milligrams."""
    own, other = dose_of(case), _in_mg(case, standing)
    return total_of(case, own, other) if own is not None and other is not None else None


def _are_parts(case: Case, standing: Treatment, total: DoseReading | None) -> bool:
    """Return whether both orders are parts of one dose: they say so, or only their sum is a labeled level."""
    if case.order.is_part or (case.order.group and case.order.group == standing.group):
        return True
    if total is None or levels_met_by(case, total) is None:
        return False
    other = _in_mg(case, standing)
    readings = usable_doses(case)
    if other is None or not readings:
        return False
    ordered = msgspec.structs.replace(readings[0].ordered, number=other.value, unit=DoseUnit.MG)
    alone = (*readings, DoseReading(ordered, Sense.USABLE, other))
    return not any(is_whole_dose(case, reading) for reading in alone)


def _in_mg(case: Case, standing: Treatment) -> Mg | None:
    if isinstance(standing.dose, Mg) or standing.dose is None:
        return standing.dose
    return standing.dose * case.kg if case.kg is not None else None
