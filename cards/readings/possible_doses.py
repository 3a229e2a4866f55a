"""Entries that may be a dose given, though no administration: statements, dispenses, and orders.

They are told where the ordered dose would then be too early, or would raise a reduced level again.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from cards.facts.outcomes import Missing
from cards.facts.patient import PossibleDose, PossibleKind, Treatment, TreatmentState
from cards.knowledge.schema import LevelRole
from cards.readings.course import Reduced, level_of, newest_dose
from cards.readings.parts_of_dose import is_same_order

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from decimal import Decimal

    from cards.readings.case import Case

_KEYS = {kind: f"possible-{kind}" for kind in PossibleKind}
_OF_LEVEL = (PossibleKind.DISPENSE, PossibleKind.STATEMENT)


def doses_not_counted(case: Case, products: frozenset[str], interval: int) -> tuple[Missing, ...]:
    """List what may be a dose of some products within an interval and is beside no administration on record.

    A dispense of the product from the day before, and an order of the planned day, are of this dose.
    """
    entries = tuple(_entries(case, products))
    if not entries:
        return ()
    window = case.threshold("interval_window_days")
    known = [
        each.on
        for each in case.patient.treatments
        if each.state is TreatmentState.GIVEN and each.on is not None and each.product in products
    ]
    found: dict[PossibleKind, PossibleDose] = {}
    for each in entries:
        days = (case.planned - each.on).days
        if each.kind is PossibleKind.DISPENSE:
            of_this_dose = each.product == case.product.id
        else:
            of_this_dose = each.kind is PossibleKind.ORDER and days == 0
        if not 0 <= days < interval - window or (of_this_dose and days <= 1):
            continue
        # An administration near it is that dose; after a later one, this one no longer matters.
        if any((on - each.on).days >= -window for on in known if on <= case.planned):
            continue
        found[each.kind] = each
    return tuple(
        Missing(
            _KEYS[each.kind], values={"date": each.on.isoformat(), "other": case.recognizer.product(each.product).name}
        )
        for each in _one_each(found, window)
    )


def orders_beside_doses(case: Case, products: frozenset[str]) -> tuple[Treatment, ...]:
    """Return the completed orders of some products that are no administration on record, but may be doses given.

    So stand the doses of before a site recorded administrations. An order within the interval of another dose is of it.
    """
    if not case.patient.treatments:
        return ()
    given = {each.on for each in case.doses_recorded(products) if each.on is not None}
    completed = [
        each
        for each in case.patient.treatments
        if each.product in products and each.state is TreatmentState.COMPLETED and each.on is not None
    ]
    if not given or not completed or not case.regimens:
        return ()
    apart = min(regimen.interval_days for regimen in case.regimens) - case.threshold("interval_window_days")
    found: list[Treatment] = []
    days = set(given)
    for each in sorted(completed, key=lambda order: (order.on, order.origin.reference), reverse=True):
        if each.on is not None and all(abs((each.on - day).days) >= apart for day in days):
            days.add(each.on)
            found.append(each)
    return tuple(found)


def reduced_beside_doses(case: Case) -> Iterator[Reduced]:
    """Yield the completed orders beside doses that were for a reduced level, the newest first.

    A higher dose on record after it shows that the level was not kept.
    """
    for order in orders_beside_doses(case, frozenset({case.product.id})):
        found = _as_reduced(case, order)
        if found is None or order.on is None:
            continue
        since = [level_of(case, each) for each in case.history if each.on is not None and each.on > order.on]
        if not any(level is not None and level.dose.value > found.level.dose.value for level in since):
            yield found


def reduced_since_last_dose(case: Case) -> tuple[Reduced, PossibleKind] | None:
    """Return the newest order, dispense or statement if it is of a reduced level and no dose was given since.

    A dispense of the day before is of this dose.
    """
    if not case.patient.treatments and not case.patient.possible_doses:
        return None
    # A dose without an amount may have been that of the order before it.
    last = newest_dose(case, tuple(each for each in case.history if each.dose is not None))
    since = last.on if last is not None and last.on is not None else date.min
    counted = {each.origin for each in case.history}
    found = [
        (each, PossibleKind.ORDER)
        for each in case.patient.treatments
        if each.product == case.product.id and each.state is not TreatmentState.GIVEN and each.origin not in counted
    ]
    found += [
        (Treatment(each.product, (case.drug,), each.on, each.origin, TreatmentState.ACTIVE, each.dose), each.kind)
        for each in case.patient.possible_doses
        if each.product == case.product.id
        and each.kind in _OF_LEVEL
        and each.dose is not None
        and not (each.kind is PossibleKind.DISPENSE and case.age_in_days(each.on) <= 1)
    ]
    within = [each for each in found if each[0].on is not None and since < each[0].on <= case.planned]
    newest = max(within, key=lambda each: (each[0].on or date.min, each[0].origin.reference), default=None)
    session = {each.origin.reference for each in case.orders.of_product(case.product.id)}
    if newest is None or newest[0].origin.reference in session:
        return None
    reduced = _as_reduced(case, newest[0])
    return (reduced, newest[1]) if reduced is not None else None


def _as_reduced(case: Case, order: Treatment) -> Reduced | None:
    level = level_of(case, order)
    return Reduced(level, order) if level is not None and level.role is LevelRole.REDUCTION else None


def _one_each(found: Mapping[PossibleKind, PossibleDose], window: Decimal) -> list[PossibleDose]:
    """Leave one entry for each possible dose: an order, its dispense and a statement of one time are about the same."""
    kept: list[PossibleDose] = []
    for kind in PossibleKind:
        each = found.get(kind)
        if each is not None and all(abs((each.on - other.on).days) > window for other in kept):
            kept.append(each)
    return kept


def _entries(case: Case, products: frozenset[str]) -> Iterator[PossibleDose]:
    """Yield the entries for some products, the newest of each kind last."""
    yield from (each for each in case.patient.possible_doses if each.product in products)
    past = [found for found in _past_orders(case) if found[1].product in products]
    if not past:
        return
    counted = {each.origin for each in case.doses_recorded(products)}
    for day, each in past:
        if each.origin not in counted and not is_same_order(case, each):
            yield PossibleDose(each.product, day, each.origin, PossibleKind.ORDER)


def _past_orders(case: Case) -> list[tuple[date, Treatment]]:
    """List the active and completed orders of the chart for an earlier day, each with its last, once a session."""
    kept: dict[str, list[tuple[date, Treatment]]] = case.orders.worked_out.setdefault("past orders", {})
    if "all" not in kept:
        today = case.session.today
        named = (
            (each.days or ((each.on,) if each.state is TreatmentState.COMPLETED and each.on is not None else ()), each)
            for each in case.patient.treatments
            if each.product and each.state is not TreatmentState.GIVEN
        )
        past = [(max(day for day in days if day <= today), each) for days, each in named if days and min(days) <= today]
        kept["all"] = sorted(past, key=lambda found: (found[0], found[1].origin.reference))
    return kept["all"]
