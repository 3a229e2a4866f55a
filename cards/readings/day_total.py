"""Orders of one product for one day: a dose in parts, or the same dose twice."""

from __future__ import annotations

import dataclasses
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from cards.facts.order import DoseUnit
from cards.facts.session import planned_day
from cards.knowledge.label_doses import near
from cards.readings.dosing import DoseReading, Sense, is_over, levels_met_by, usable_doses
from cards.readings.tablets import together
from cards.values.caching import per_case
from cards.values.quantities import Mg

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from cards.facts.order import DrugOrder
    from cards.knowledge.schema import Level
    from cards.readings.case import Case

_HUNDRED = Decimal(100)


class DayTotal(NamedTuple):
    """The orders of the session for the day of this one, and what they come to together.

    ``total`` is ``None`` if a dose cannot be read. ``in_parts``: the orders say that they are parts of one dose, or
    only their sum is a labelled level.
    """

    others: tuple[DrugOrder, ...]
    total: DoseReading | None
    in_parts: bool
    level: Level | None


@per_case
def day_total(case: Case) -> DayTotal | None:
    """Add up the orders of the product for one day; ``None`` when this is the only one, and of tablets.

    Tablets are added up by dose and day in `cards.readings.tablets`.
    """
    if not case.others or case.product.is_oral:
        return None
    own = _days(case.order, case.session.today)
    others = tuple(
        order
        for order, identity in case.others
        if identity.product is not None
        and identity.product.id == case.product.id
        and not own.isdisjoint(_days(order, case.session.today))
    )
    if not others:
        return None
    cases = [case, *(dataclasses.replace(case, order=order, others=()) for order in others)]
    doses = [_dose(each) for each in cases]
    total = _sum(case, doses)
    says_so = all(each.order.is_part for each in cases) or _one_group([each.order for each in cases])
    if total is None:
        return DayTotal(others, None, says_so, None)
    level = levels_met_by(case, total)
    none_alone = all(level_met is None for each in cases for _, level_met in _levels(each))
    return DayTotal(others, total, says_so or (level is not None and none_alone), level)


def _days(order: DrugOrder, today: date) -> frozenset[date]:
    return frozenset(order.schedule.days or (planned_day(order.start, today),))


def _one_group(orders: Sequence[DrugOrder]) -> bool:
    return bool(orders[0].group) and len({order.group for order in orders}) == 1


def _dose(case: Case) -> Mg | None:
    """Return the one amount of an order in milligrams."""
    amounts = {reading.in_mg(case.kg) for reading in usable_doses(case)}
    if len(amounts) == 1:
        return amounts.pop()
    known = sorted((amount for amount in amounts if amount is not None), key=lambda amount: amount.value)
    # The same dose per kilogram and in milligrams, rounded.
    same = known and near(known[0].value, known[-1].value, case.threshold("dose_rounding_tolerance_percent"))
    return known[-1] if same else None


def _levels(case: Case) -> list[tuple[DoseReading, Level | None]]:
    return [(reading, levels_met_by(case, reading)) for reading in usable_doses(case)]


def _sum(case: Case, doses: Sequence[Mg | None]) -> DoseReading | None:
    known = [dose for dose in doses if dose is not None]
    if len(known) < len(doses):
        return None
    amount = sum((dose.value for dose in known), Decimal(0))
    written = " + ".join(str(dose) for dose in sorted(known, key=lambda dose: -dose.value))
    one = usable_doses(case)[0].ordered
    # The sum has no place in the request, so no suggestion may replace it with a dose.
    ordered = msgspec.structs.replace(one, number=amount, unit=DoseUnit.MG, as_written=written, computed=True)
    return DoseReading(ordered, Sense.USABLE, Mg(amount))


def total_excess(case: Case, total: DoseReading) -> Decimal | None:
    """Return the percentage by which the day's sum is above the maximum; ``None`` when it is not."""
    limit = case.ceiling
    if limit is None or not is_over(total, limit, case.kg):
        return None
    maximum = limit.maximum.dose
    dose = total.in_mg(case.kg) if isinstance(maximum, Mg) else total.per_kg(case.kg)
    return (dose.value / maximum.value - 1) * _HUNDRED if dose is not None else None


@per_case
def judged_levels(case: Case) -> list[tuple[DoseReading, Level | None]]:
    """List the doses to compare with the levels: those of the order, or the sum of all its parts."""
    if case.product.is_oral:
        parts = together(case)
        return list(parts.levels) if parts is not None and parts.in_parts else _levels(case)
    day = day_total(case)
    if day is not None and day.in_parts and day.total is not None:
        return [(day.total, day.level)]
    return _levels(case)
