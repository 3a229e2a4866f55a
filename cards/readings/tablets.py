"""The daily amount of a tablet order, alone and with the product's other orders for that day."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from cards.facts.order import DoseUnit
from cards.facts.outcomes import Indicator
from cards.knowledge.label_doses import near
from cards.readings.dosing import DoseReading, Sense, levels_met_by, tablet_strength, usable_doses
from cards.values.caching import per_case
from cards.values.quantities import Mg

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from cards.facts.order import DosageTiming, DrugOrder
    from cards.knowledge.schema import Level
    from cards.readings.case import Case

_ONE = Decimal(1)
_HUNDRED = Decimal(100)


class Taken(NamedTuple):
    """A dose of tablets and how often a day it is taken; ``a_day`` is ``None`` if not known."""

    reading: DoseReading
    mg: Mg
    a_day: Decimal | None
    times: tuple[str, ...] = ()


class Day(NamedTuple):
    """Everything taken in a day in one step of a schedule."""

    taken: tuple[Taken, ...]

    @property
    def total(self) -> Mg | None:
        """The sum of the day; ``None`` if a frequency is not known."""
        if any(each.a_day is None for each in self.taken):
            return None
        return Mg(sum((each.mg.value * max(each.a_day or _ONE, _ONE) for each in self.taken), Decimal(0)))

    @property
    def a_day(self) -> Decimal | None:
        """How often a day tablets are taken; ``None`` if not known."""
        if any(each.a_day is None for each in self.taken):
            return None
        return sum((each.a_day for each in self.taken if each.a_day is not None), Decimal(0))


@per_case
def days_of(case: Case) -> tuple[Day, ...]:
    """Return the days of an order, one for each step of its schedule; empty if no dose can be judged."""
    timings = {each.instruction: each for each in case.order.timings}
    steps: dict[int, list[Taken]] = {}
    for reading in _each_once(usable_doses(case)):
        mg = reading.in_mg(case.kg)
        timing = timings.get(reading.ordered.instruction)
        if mg is not None:
            step = timing.step if timing is not None else 0
            steps.setdefault(step, []).append(Taken(reading, mg, _a_day(timing), timing.times if timing else ()))
    return tuple(Day(tuple(taken)) for _, taken in sorted(steps.items()))


def first_taken(case: Case) -> tuple[date, Decimal] | None:
    """Return the day and the milligrams of the product's first tablets in the session."""
    kept: dict[object, tuple[date, Decimal] | None] = case.orders.worked_out.setdefault("first tablets", {})
    if case.product.id not in kept:
        cases = (case.as_only_order(order) for order in case.orders.of_product(case.product.id))
        taken = ((each.planned, dose.mg.value) for each in cases for day in days_of(each)[:1] for dose in day.taken)
        kept[case.product.id] = min(taken, default=None)
    return kept[case.product.id]


def _each_once(readings: Iterable[DoseReading]) -> list[DoseReading]:
    """Drop an amount that an instruction states twice, as ordered and as calculated."""
    found: dict[tuple[int, object], DoseReading] = {}
    for reading in readings:
        found.setdefault((reading.ordered.instruction, reading.dose), reading)
    return list(found.values())


def _a_day(timing: DosageTiming | None) -> Decimal | None:
    if timing is None:
        return None
    return _ONE if timing.is_single else timing.a_day


def times_at(case: Case, mg: Mg) -> tuple[int, ...]:
    """Return the labeled frequency per day of a dose: that of its level, else of the matching regimens."""
    tolerance = case.threshold("dose_rounding_tolerance_percent")
    met = [
        times
        for regimen in case.regimens
        for level in regimen.levels
        if near(mg.value, level.dose.value, tolerance) and (times := regimen.times_at(level)) is not None
    ]
    return tuple(dict.fromkeys(met or [each.times_a_day for each in case.regimens if each.times_a_day is not None]))


def day_maximum(case: Case) -> Mg | None:
    """Return the labeled maximum milligrams per day."""
    limit = case.ceiling
    return Mg(limit.maximum.dose.value * (limit.regimen.times_a_day or 1)) if limit is not None else None


def indicator_of_excess(case: Case, excess: Decimal | None) -> Indicator | None:
    """Lower a duplicate to a warning unless the doses exceed the maximum by more than rounding; ``excess`` in %."""
    tolerance = case.threshold("dose_rounding_tolerance_percent")
    return None if excess is not None and excess > tolerance else Indicator.WARNING


def excess_of(case: Case, day: Day) -> Decimal | None:
    """Return the percentage by which a day is above the label's maximum; ``None`` if it is not."""
    limit, total = day_maximum(case), day.total
    if limit is None or total is None or total.value <= limit.value:
        return None
    return (total.value / limit.value - 1) * _HUNDRED


class Together(NamedTuple):
    """The orders of a product for one day. ``in_parts``: they are parts of the doses of that day."""

    others: tuple[DrugOrder, ...]
    day: Day
    in_parts: bool
    levels: tuple[tuple[DoseReading, Level | None], ...] = ()


@per_case
def together(case: Case) -> Together | None:
    """Combine the product's orders for one day; ``None`` if this is the only one, or one has steps."""
    others = case.orders.of_next_day(case.order, case.product.id)
    if not others:
        return None
    cases = [case, *(case.as_only_order(order) for order in others)]
    days = [days_of(each) for each in cases]
    if any(len(each) != 1 for each in days):
        return None
    taken = tuple(each for (day,) in days for each in day.taken)
    return _in_parts(case, cases, others, taken)


def _in_parts(case: Case, cases: list[Case], others: tuple[DrugOrder, ...], taken: tuple[Taken, ...]) -> Together:
    """Distinguish parts from duplicates: two strengths for one dose, or the doses of one day ordered separately."""
    apart = Together(others, Day(taken), in_parts=False)
    if any(each.a_day is None for each in taken):
        return apart
    strengths = [_strength(each) for each in cases]
    if len({each.a_day for each in taken}) == 1 and len(set(strengths)) == len(strengths) == len(taken):
        reading, mg = _sum(taken)
        level = levels_met_by(case, reading)
        if level is not None:
            day = Day((Taken(reading, mg, taken[0].a_day),))
            return Together(others, day, in_parts=True, levels=((reading, level),))
    levels = tuple((each.reading, levels_met_by(case, each.reading)) for each in taken)
    split = all(level is not None for _, level in levels) and len({each.mg for each in taken}) == 1
    if split and Day(taken).a_day in times_at(case, taken[0].mg) and all(each.a_day == 1 for each in taken):
        return Together(others, Day(taken), in_parts=True, levels=levels)
    return apart


def _sum(taken: tuple[Taken, ...]) -> tuple[DoseReading, Mg]:
    """Add up the parts of one dose. The sum has no place in the request, so no suggestion may replace it."""
    mg = Mg(sum((each.mg.value for each in taken), Decimal(0)))
    written = " + ".join(str(each.mg) for each in sorted(taken, key=lambda each: -each.mg.value))
    one = taken[0].reading.ordered
    ordered = msgspec.structs.replace(one, number=mg.value, unit=DoseUnit.MG, as_written=written, computed=True)
    return DoseReading(ordered, Sense.USABLE, mg), mg


def _strength(case: Case) -> Decimal | None:
    """Return the strength of an order's tablets: as stated, else the largest that divides its dose."""
    stated = tablet_strength(case.order, case.product, case.recognizer)
    if stated is not None or case.product.tablets is None:
        return stated
    doses = [each.dose.value for each in usable_doses(case) if each.dose is not None]
    fitting = [size for size in case.product.tablets.strengths_mg if doses and doses[0] % size == 0]
    return max(fitting, default=None)
