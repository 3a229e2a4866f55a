"""Orders of one product for one day: a dose in parts, or the same dose twice."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from cards.facts.order import DoseUnit
from cards.knowledge.label_doses import near
from cards.readings.dosing import DoseReading, Sense, is_component, is_over, levels_met_by, usable_doses
from cards.values.caching import per_case
from cards.values.quantities import Mg

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cards.facts.order import DrugOrder
    from cards.knowledge.schema import Level
    from cards.readings.case import Case
    from cards.readings.session_orders import SameDay

_HUNDRED = Decimal(100)


class DayTotal(NamedTuple):
    """The session's orders for the same day, ``own`` among them, and their sum.

    ``total`` is ``None`` if a dose cannot be read. ``in_parts``: the orders say that they are parts of one dose, or
    only their sum is a labeled level.
    """

    own: DrugOrder
    orders: tuple[DrugOrder, ...]
    total: DoseReading | None
    in_parts: bool
    level: Level | None

    @property
    def others(self) -> Iterator[DrugOrder]:
        """The orders but for the own one."""
        return (order for order in self.orders if order is not self.own)


class _Parts(NamedTuple):
    """The orders of one day combined: their sum in milligrams, if known, and as text."""

    amount: Decimal | None
    written: str
    says_so: bool
    none_alone: bool


@per_case
def day_total(case: Case) -> DayTotal | None:
    """Add up the product's orders for one day; ``None`` if this is the only one, and for tablets.

    Tablets are added up by dose and day in `cards.readings.tablets`.
    """
    if case.product.is_oral:
        return None
    same_day = case.orders.of_same_day(case.order, case.product.id)
    if len(same_day.orders) < 2:  # noqa: PLR2004 - another order
        return None
    parts = _parts(case, same_day)
    if parts.amount is None:
        return DayTotal(case.order, same_day.orders, None, parts.says_so, None)
    total = _total(case, parts)
    level = levels_met_by(case, total)
    return DayTotal(
        case.order, same_day.orders, total, parts.says_so or (level is not None and parts.none_alone), level
    )


def _parts(case: Case, same_day: SameDay) -> _Parts:
    """Combine the orders of one day, once for all of them."""
    orders = same_day.orders
    kept: dict[object, _Parts] = case.orders.worked_out.setdefault("parts of a dose", {})
    key = (case.identity.brand and case.identity.brand.id, same_day.ids)
    if key not in kept:
        cases = [case.as_only_order(order) for order in orders]
        doses = [dose_of(each) for each in cases]
        known = sorted((dose for dose in doses if dose is not None), key=lambda dose: -dose.value)
        says_so = all(each.is_part for each in orders) or _one_group(orders)
        none_alone = not any(is_whole_dose(each, reading) for each in cases for reading in usable_doses(each))
        amount = sum((dose.value for dose in known), Decimal(0)) if len(known) == len(doses) else None
        kept[key] = _Parts(amount, " + ".join(map(str, known)), says_so, none_alone)
    return kept[key]


def _one_group(orders: Sequence[DrugOrder]) -> bool:
    return bool(orders[0].group) and len({order.group for order in orders}) == 1


@per_case
def parts_of_order(case: Case) -> tuple[DoseReading, Level] | None:
    """Return the sum of an order's instructions for one day, if only that is a labeled level: two bags of one dose."""
    if not case.order.repeats_day or case.product.is_oral:
        return None
    by_instruction = {each.ordered.instruction: each for each in usable_doses(case)}
    amounts = [each.in_mg(case.kg) for each in by_instruction.values()]
    known = [amount for amount in amounts if amount is not None]
    if len(known) != len(amounts) or len(known) == 1 or not known:
        return None
    if any(is_whole_dose(case, each) for each in by_instruction.values()):
        return None
    total = total_of(case, *known)
    level = levels_met_by(case, total)
    return (total, level) if level is not None else None


def dose_of(case: Case) -> Mg | None:
    """Return the only amount of an order, in milligrams; that of all its parts, if it gives them."""
    if (parts := parts_of_order(case)) is not None:
        return parts[0].in_mg(case.kg)
    amounts = {reading.in_mg(case.kg) for reading in usable_doses(case)}
    if len(amounts) == 1:
        return amounts.pop()
    known = sorted((amount for amount in amounts if amount is not None), key=lambda amount: amount.value)
    # The same dose per kilogram and in milligrams, rounded.
    same = known and near(known[0].value, known[-1].value, case.threshold("dose_rounding_tolerance_percent"))
    return known[-1] if same else None


def is_whole_dose(case: Case, reading: DoseReading) -> bool:
    """Return whether an amount is a labeled dose by itself, also as written for one antibody of a combination."""
    return levels_met_by(case, reading) is not None or is_component(case.product, reading)


def _total(case: Case, parts: _Parts) -> DoseReading:
    one = usable_doses(case)[0].ordered
    # The sum has no place in the request, so no suggestion may replace it.
    amount = parts.amount or Decimal(0)
    ordered = msgspec.structs.replace(one, number=amount, unit=DoseUnit.MG, as_written=parts.written, computed=True)
    return DoseReading(ordered, Sense.USABLE, Mg(amount))


def total_of(case: Case, *doses: Mg) -> DoseReading:
    """Return the sum of some doses for one day, the largest named first."""
    in_order = sorted(doses, key=lambda dose: -dose.value)
    amount = sum((dose.value for dose in in_order), Decimal(0))
    return _total(case, _Parts(amount, " + ".join(map(str, in_order)), says_so=False, none_alone=False))


def written_total(case: Case, total: DoseReading) -> str:
    """Write a sum, also per kilogram if the dose is based on weight."""
    per_kg = total.per_kg(case.kg) if case.weight_based else None
    return f"{total.dose} ({per_kg})" if per_kg is not None else f"{total.dose}"


def total_excess(case: Case, total: DoseReading) -> Decimal | None:
    """Return the percentage by which the day's sum is above the maximum; ``None`` if it is not."""
    limit = case.ceiling
    if limit is None or not is_over(total, limit, case.kg):
        return None
    maximum = limit.maximum.dose
    dose = total.in_mg(case.kg) if isinstance(maximum, Mg) else total.per_kg(case.kg)
    return (dose.value / maximum.value - 1) * _HUNDRED if dose is not None else None
