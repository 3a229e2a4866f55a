"""Tablets per day: too much, too often, not often enough, and duplicate orders."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from cards.facts.outcomes import (
    CannotTell,
    Clear,
    Evidence,
    Fired,
    Indicator,
    Missing,
    NotApplicable,
    Outcome,
    RemoveOrder,
)
from cards.readings.case import shortened, spacing_text
from cards.readings.dosing import tablet_strength, usable_doses
from cards.readings.tablets import day_maximum, days_of, excess_of, indicator_of_excess, times_at, together
from cards.values.quantities import Mg, plain, share

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cards.knowledge.schema import Cited
    from cards.readings.case import Case
    from cards.readings.tablets import Day

_ONE = Decimal(1)
_TENTH = Decimal("0.1")
_TIMES = {Decimal(1): "once a day", Decimal(2): "twice a day"}


def above_in_a_day(case: Case) -> Outcome:
    """Fire when each dose is within the maximum but the daily total is not."""
    for day in _own_days(case):
        excess, limit, total = excess_of(case, day), day_maximum(case), day.total
        if excess is not None and limit is not None and total is not None and case.ceiling is not None:
            tolerance = case.threshold("dose_rounding_tolerance_percent")
            return Fired(
                values={
                    "dose": _written(day),
                    "total": str(total),
                    "maximum": str(limit),
                    "limit": str(limit),
                    "excess": share(excess),
                },
                evidence=(*_lines(case, day), *case.weight_evidence()),
                cited=(case.ceiling.maximum.by,),
                variant="per-day",
                indicator=Indicator.WARNING if excess <= tolerance else None,
                fixes=(RemoveOrder(),),
            )
    return _frequency_known(case)


def _frequency_known(case: Case) -> Outcome:
    """Report an order without a frequency per day; before signing it may still be added.

    What was not understood beside a frequency, such as "7 days off", may take days from it.
    """
    if all(day.total is not None for day in days_of(case)):
        parts = case.order.schedule.unread_of_tablets
        unread = tuple(Missing("schedule-unread", values={"written": shortened(each)}) for each in parts)
        unread += (*_without_beginning(case), *_supplied_otherwise(case))
        return CannotTell(unread) if unread else Clear()
    if case.session.hook.may_be_incomplete:
        return Clear()
    unclear = any(each.is_unclear for each in case.order.timings)
    if differing := case.order.schedule.distinct_intervals:
        values = {"intervals": " / ".join(spacing_text(each) for each in differing)}
        return CannotTell((Missing("schedule-differs", values=values, is_urgent=True),))
    said = ", ".join(case.order.schedule.unread)
    missing = Missing(
        "tablet-frequency", values={"written": shortened(said) if said else "not stated"}, is_urgent=unclear
    )
    return CannotTell((missing,))


def _supplied_otherwise(case: Case) -> Iterator[Missing]:
    """Yield a supply that is another number of tablets a day than the order has, to the nearest whole one."""
    supply, days = case.order.supply, days_of(case)
    strength = tablet_strength(case.order, case.product, case.recognizer)
    if supply is None or strength is None or len(days) != 1 or (total := days[0].total) is None:
        return
    ordered, supplied = total.value / strength, supply.tablets / supply.days
    if supplied.quantize(_ONE) != ordered.quantize(_ONE):
        values = {"tablets": plain(supply.tablets), "days": plain(supply.days), "total": str(total)}
        yield Missing("tablet-supply", values={**values, "strength": str(Mg(strength))})


def _without_beginning(case: Case) -> Iterator[Missing]:
    late = {each.instruction for each in case.order.timings if each.never_begins}
    for reading in usable_doses(case) if late else ():
        if reading.ordered.instruction in late:
            values = {"dose": reading.ordered.as_written}
            yield Missing("schedule-never-begins", values=values, is_urgent=True)


def taken_too_often(case: Case) -> Outcome:
    """Fire when tablets are ordered more often a day than labeled for this dose, within the daily maximum."""
    for day in _own_days(case):
        if day.a_day is None or excess_of(case, day) is not None:
            continue
        wanted = _wanted(case, day)
        if wanted and day.a_day > max(wanted):
            return Fired(
                values={
                    "dose": _written(day),
                    "times": times_words(day.a_day),
                    "labeled": _or(wanted),
                },
                evidence=_lines(case, day),
                cited=(_cited(case),),
                variant="tablets",
                fixes=(RemoveOrder(),),
            )
    return Clear() if case.order.timings else NotApplicable("no schedule on the order")


def taken_too_seldom(case: Case) -> Fired | None:
    """Fire when a labeled dose of tablets is ordered less often than labeled."""
    if any(each.is_single for each in case.order.timings):
        return None
    for day in _own_days(case):
        wanted = _wanted(case, day)
        if day.a_day is not None and wanted and day.a_day < min(wanted):
            return Fired(
                values={"dose": _written(day), "times": times_words(day.a_day), "labeled": _or(wanted)},
                evidence=_lines(case, day),
                cited=(_cited(case),),
                variant="too-seldom",
            )
    return None


def is_reported_by_frequency(case: Case) -> bool:
    """Return whether the daily total is a labeled dose and only its division is wrong, which another card reports."""
    if not isinstance(taken_too_often(case), Fired):
        return False
    totals = {day.total.value for day in _own_days(case) if day.total is not None}
    labeled = {
        level.dose.value * (regimen.times_at(level) or 1) for regimen in case.regimens for level in regimen.levels
    }
    return bool(totals & labeled)


def duplicate_tablets(case: Case, lines: tuple[Evidence, ...]) -> Outcome:
    """Fire when the same tablets are ordered twice for one day; critical if the day is above the maximum."""
    found = together(case)
    if found is None or found.in_parts:
        return Clear()
    limit, total, excess = day_maximum(case), found.day.total, excess_of(case, found.day)
    is_over = excess is not None and total is not None and limit is not None
    return Fired(
        values={
            "sum": f"{total} a day" if total is not None else "",
            "maximum": f"{limit} a day" if limit is not None else "",
            "count": str(len(found.others) + 1),
        },
        evidence=lines,
        cited=(case.ceiling.maximum.by if is_over and case.ceiling is not None else _cited(case),),
        variant="above" if is_over else "default",
        indicator=indicator_of_excess(case, excess),
        fixes=(RemoveOrder(),),
    )


def _own_days(case: Case) -> tuple[Day, ...]:
    """Return the days of the order, or the combined day that it is part of."""
    found = together(case)
    return (found.day,) if found is not None and found.in_parts else days_of(case)


def _wanted(case: Case, day: Day) -> tuple[int, ...]:
    return tuple(dict.fromkeys(times for each in day.taken for times in times_at(case, each.mg)))


def _written(day: Day) -> str:
    return " and ".join(dict.fromkeys(each.reading.ordered.as_written for each in day.taken))


def _lines(case: Case, day: Day) -> tuple[Evidence, ...]:
    return tuple(
        Evidence("dose", f"{each.reading.ordered.as_written}, {times_words(each.a_day)}", case.order.origin)
        for each in day.taken
    )


def _cited(case: Case) -> Cited:
    return (case.regimens or case.product.regimens)[0].by


def _or(times: tuple[int, ...]) -> str:
    return " or ".join(times_words(Decimal(each)) for each in sorted(times, reverse=True))


def times_words(a_day: Decimal | None) -> str:
    """Return how often a day tablets are taken, in words."""
    if a_day is None:
        return "not known how often"
    if a_day < _ONE:
        return f"every {spacing_text(_ONE / a_day)}"
    return _TIMES.get(a_day) or f"{plain(a_day.quantize(_TENTH).normalize())} times a day"
