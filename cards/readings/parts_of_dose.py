"""The parts of one dose: orders of the session, and orders in the chart and doses given of the same day."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from cards.facts.order import DoseUnit
from cards.readings.day_total import day_total, dose_of, is_whole_dose, parts_of_order, total_excess, total_of
from cards.readings.dosing import DoseReading, Sense, levels_met_by, usable_doses
from cards.readings.tablets import together
from cards.values.caching import per_case
from cards.values.quantities import Mg

if TYPE_CHECKING:
    from datetime import date

    from cards.facts.patient import Treatment
    from cards.knowledge.schema import Level
    from cards.readings.case import Case


class WithChart(NamedTuple):
    """The active orders of the chart for a day of this order, and the sum of that day's doses.

    ``total`` is ``None`` if a dose is not known in milligrams. ``in_parts``: the orders say that they are parts of one
    dose, or only their sum is a labeled level.
    """

    orders: tuple[Treatment, ...]
    day: date
    total: DoseReading | None
    level: Level | None
    in_parts: bool


class Begun(NamedTuple):
    """A dose given on the planned day, and its sum with the order's.

    ``total`` is ``None`` if either is not known in milligrams. ``is_completed``: the order gives the rest of the dose,
    because it says that it is a part, or because only the sum is a labeled level.
    """

    given: Treatment
    total: DoseReading | None
    level: Level | None
    is_completed: bool


@per_case
def dose_begun(case: Case) -> Begun | None:
    """Add what was given on the planned day to the order's dose; ``None`` if nothing was."""
    if case.product.is_oral or not case.patient.treatments:
        return None
    recorded = case.doses_recorded(frozenset({case.product.id}))
    given = next((each for each in recorded if each.on == case.planned), None)
    if given is None:
        return None
    total = _together(case, (given,))
    if total is None:
        return Begun(given, None, None, is_completed=False)
    level = levels_met_by(case, total)
    # An infusion that was stopped was no whole dose, whatever its amount.
    whole = () if given.stopped else (given,)
    in_parts = case.order.is_part or (level is not None and _none_alone(case, whole))
    return Begun(given, total, level, is_completed=in_parts and total_excess(case, total) is None)


def completes_dose(case: Case) -> bool:
    """Whether the order completes a dose of which a part was given on the planned day."""
    begun = dose_begun(case)
    return begun is not None and begun.is_completed


@per_case
def with_chart(case: Case) -> WithChart | None:
    """Add the active orders of the chart to the session's dose of the day; ``None`` if it has no such order.

    Only named days count: the rhythm of a standing order is often the plan that this order carries out. An order that
    this one replaces or carries out does not count.
    """
    if not case.patient.treatments:
        return None
    standing = _standing_orders(case).get(case.product.id, ())
    if not standing or case.product.is_oral:
        return None
    days = case.orders.days_of(case.order)
    shared = [(day, each) for each in standing if (day := _shared(case, days, each)) is not None]
    if not shared:
        return None
    day = min(day for day, _ in shared)
    orders = tuple(each for on, each in shared if on == day)
    total = _together(case, orders)
    level = levels_met_by(case, total) if total is not None else None
    return WithChart(
        orders, day, total, level, _say_so(case, orders) or (level is not None and _none_alone(case, orders))
    )


def _shared(case: Case, days: frozenset[date], standing: Treatment) -> date | None:
    """Return the first day from today on that both orders name, unless they are one order."""
    day = min((day for day in days.intersection(standing.days) if day >= case.session.today), default=None)
    return None if day is None or is_same_order(case, standing) else day


def nearest_standing(case: Case) -> date | None:
    """Return the day, nearest to this dose and another, for which the chart has an active order of the product."""
    standing = _standing_orders(case).get(case.product.id)
    if not standing:
        return None
    own = case.orders.days_of(case.order)
    days = {
        day
        for each in standing
        if not is_same_order(case, each) and own.isdisjoint(each.days)
        for day in each.days
        if day >= case.session.today
    }
    return min(days, key=lambda day: (abs((day - case.planned).days), day), default=None)


def _standing_orders(case: Case) -> dict[str, list[Treatment]]:
    """Return the active orders of the chart that name a day from today on, by product, once for a session."""
    kept: dict[str, dict[str, list[Treatment]]] = case.orders.worked_out.setdefault("standing orders", {})
    if "by product" not in kept:
        today, found = case.session.today, kept.setdefault("by product", {})
        for each in case.patient.treatments:
            if each.days and each.days[-1] >= today and each.is_active(today):
                found.setdefault(each.product, []).append(each)
    return kept["by product"]


def is_same_order(case: Case, standing: Treatment) -> bool:
    """Return whether an order in the chart is one of the session, or one of the two replaces or carries out the other.

    A pharmacy's own order, for example, carries out the one that was signed.
    """
    reference = standing.origin.reference
    if reference and reference in case.order.replaces:
        return True
    same = {reference, *standing.replaces} - {""}
    return bool(same) and any(order.origin.reference in same for order in case.orders.of_product(case.product.id))


def _together(case: Case, orders: tuple[Treatment, ...]) -> DoseReading | None:
    """Return the sum of the doses; ``None`` if one of them is not known in milligrams."""
    day = day_total(case)
    total = day.total if day is not None else None
    own = dose_of(case) if day is None else total.in_mg(case.kg) if total is not None else None
    others = [_in_mg(case, each) for each in orders]
    known = [each for each in others if each is not None]
    return total_of(case, own, *known) if own is not None and len(known) == len(others) else None


def _say_so(case: Case, orders: tuple[Treatment, ...]) -> bool:
    return case.order.is_part or bool(case.order.group and all(each.group == case.order.group for each in orders))


def _none_alone(case: Case, orders: tuple[Treatment, ...]) -> bool:
    """Return whether no order, of the session or the chart, has a labeled dose by itself."""
    readings = usable_doses(case)
    if not readings:
        return False
    day = day_total(case)
    cases = [case.as_only_order(each) for each in day.orders] if day is not None else [case]
    if any(is_whole_dose(each, reading) for each in cases for reading in usable_doses(each)):
        return False
    for each in orders:
        amount = (_in_mg(case, each) or Mg(Decimal(0))).value
        ordered = msgspec.structs.replace(readings[0].ordered, number=amount, unit=DoseUnit.MG)
        if is_whole_dose(case, DoseReading(ordered, Sense.USABLE, Mg(amount))):
            return False
    return True


def _in_mg(case: Case, standing: Treatment) -> Mg | None:
    if isinstance(standing.dose, Mg) or standing.dose is None:
        return standing.dose
    # What is given is rounded; without it, a dose by the kilogram and its rest would seem to be above the maximum.
    return (standing.dose * case.kg).whole_down() if case.kg is not None else None


@per_case
def judged_levels(case: Case) -> list[tuple[DoseReading, Level | None]]:
    """List the doses to compare with the levels: those of the order, or the sum of all its parts."""
    if case.product.is_oral:
        parts = together(case)
        return list(parts.levels) if parts is not None and parts.in_parts else _levels(case)
    begun = dose_begun(case)
    if begun is not None and begun.is_completed and begun.total is not None:
        return [(begun.total, begun.level)]
    beside = with_chart(case)
    if beside is not None and beside.in_parts and beside.total is not None:
        return [(beside.total, beside.level)]
    day = day_total(case)
    if day is not None and day.in_parts and day.total is not None:
        return [(day.total, day.level)]
    return _levels(case)


def _levels(case: Case) -> list[tuple[DoseReading, Level | None]]:
    if (parts := parts_of_order(case)) is not None:
        return [parts]
    return [(reading, levels_met_by(case, reading)) for reading in usable_doses(case)]
