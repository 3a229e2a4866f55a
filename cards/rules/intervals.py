"""The days between doses: within an order, between the orders of a session, and since the last administered dose."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from cards.facts.outcomes import CannotTell, Clear, Evidence, Fired, Missing, NotApplicable, Outcome, RemoveOrder
from cards.facts.schedules import Nearest
from cards.knowledge.schema import LevelRole
from cards.readings.case import counted, shortened, spacing_text
from cards.readings.course import (
    amount_unknown,
    day_given,
    interval_after,
    interval_of_order,
    newest_dose,
    same_antibody,
    undated_doses,
)
from cards.readings.day_total import is_whole_dose, total_excess, written_total
from cards.readings.dosing import levels_met_by, usable_doses
from cards.readings.parts_of_dose import dose_begun, judged_levels, nearest_standing
from cards.readings.possible_doses import doses_not_counted
from cards.rules.dose import without_regimen
from cards.rules.tablets import taken_too_often
from cards.values.caching import per_case
from cards.values.calendar_months import days_after
from cards.values.quantities import plain

if TYPE_CHECKING:
    from decimal import Decimal

    from cards.knowledge.schema import Regimen
    from cards.readings.case import Case
    from cards.readings.session_orders import OrderOfDay

_SHOWN_DAYS = 10


@per_case
def interval_too_short(case: Case) -> Outcome:
    """Fire when two doses are closer together than the labeled days, less the site's window.

    This applies within the order's own schedule, between two orders in the session, and after the last administered
    dose. A dose of the same antibody in another form counts, and the days are those of the schedule that was given. For
    tablets, the frequency per day counts.
    """
    if case.product.is_oral:
        return taken_too_often(case)
    if (within := _within_the_order(case)) is not None:
        return within
    if (between := _between_orders(case)) is not None:
        return between
    after = _after_last_dose(case)
    if isinstance(after, Fired):
        return after
    missing = after.missing if isinstance(after, CannotTell) else ()
    missing = (*missing, *_not_counted(case), *_ordered_near(case), *_unclear_schedule(case))
    return CannotTell(missing) if missing else after


def _not_counted(case: Case) -> tuple[Missing, ...]:
    """Say what may be a dose within the interval though no administration is on record."""
    if not case.regimens or not (case.patient.treatments or case.patient.possible_doses):
        return ()
    interval = interval_of_order(case) or min(each.interval_days for each in case.regimens)
    return doses_not_counted(case, case.recognizer.same_antibody[case.product.id], interval)


def _ordered_near(case: Case) -> tuple[Missing, ...]:
    """Say that an active order in the chart is for a day too near to this dose: one of the two may be meant."""
    day = nearest_standing(case)
    if day is None or not case.regimens:
        return ()
    interval = interval_of_order(case) or min(each.interval_days for each in case.regimens)
    days = abs((day - case.planned).days)
    if days >= interval - case.threshold("interval_window_days"):
        return ()
    return (Missing("standing-order", values={"date": day.isoformat(), "days": counted(days, "day")}, is_urgent=True),)


def _after_last_dose(case: Case) -> Outcome:
    doses = same_antibody(case)
    last = newest_dose(case, doses)
    undated = undated_doses(case, last)
    if last is None or last.on is None:
        return CannotTell(undated) if undated else NotApplicable("no earlier dose on record")
    if not case.regimens:
        return without_regimen(case)
    regimen = min(case.regimens, key=lambda each: each.interval_days)
    window = case.threshold("interval_window_days")
    days = case.age_in_days(last.on)
    interval = interval_after(case, last, doses) or interval_of_order(case)
    if interval is None:
        # Without an amount on record, any of the schedules may apply.
        intervals = sorted({each.interval_days for each in case.regimens})
        if days < intervals[-1] - window and days >= intervals[0] - window:
            return CannotTell((amount_unknown(case, last), *undated))
        interval = intervals[0]
    if days >= interval - window:
        return CannotTell(undated) if undated else Clear()
    other = case.recognizer.product(last.product).name
    return Fired(
        values={
            **_sum_of_that_day(case),
            "days": counted(days, "day"),
            "date": last.on.isoformat(),
            "interval": str(interval),
            "window": plain(window),
            "planned": case.planned.isoformat(),
            "earliest": days_after(last.on, math.ceil(interval - window)).isoformat(),
            "other": other,
        },
        evidence=(day_given(last),),
        cited=(regimen.by, case.known.thresholds["interval_window_days"].by),
        variant="other-form" if last.product != case.product.id else "default" if days > 0 else _that_day(case),
        fixes=(RemoveOrder(),),
    )


def _that_day(case: Case) -> str:
    """Return the wording for an order on the day of a dose: with their sum, if it is above the maximum."""
    begun = dose_begun(case)
    is_above = begun is not None and begun.total is not None and total_excess(case, begun.total) is not None
    return "above-that-day" if is_above else "given-that-day"


def _sum_of_that_day(case: Case) -> dict[str, str]:
    begun, limit = dose_begun(case), case.ceiling
    if begun is None or begun.total is None or limit is None:
        return {}
    return {
        "given": str(begun.given.dose),
        "sum": written_total(case, begun.total),
        "maximum": str(limit.maximum.dose),
    }


def _within_the_order(case: Case) -> Fired | None:
    """Fire on an order whose own doses are closer together than in any labeled schedule."""
    nearest = case.order.schedule.nearest or _repeated(case)
    if nearest is None or not case.regimens:
        return None
    window = case.threshold("interval_window_days")
    regimen = min(case.regimens, key=lambda each: each.interval_days)
    if nearest.days >= regimen.interval_days - window:
        return None
    spacing = spacing_text(nearest.days)
    named = nearest.first is not None and nearest.second is not None
    return Fired(
        values={
            "days": spacing,
            "interval": str(regimen.interval_days),
            "window": plain(window),
            "first": nearest.first.isoformat() if nearest.first else "",
            "second": nearest.second.isoformat() if nearest.second else "",
        },
        evidence=(
            Evidence(
                "schedule-days",
                ", ".join(day.isoformat() for day in case.order.schedule.days[:_SHOWN_DAYS]),
                case.order.origin,
            )
            if named
            else Evidence("schedule", spacing, case.order.origin),
        ),
        cited=(regimen.by,),
        variant="named-days" if named else "schedule",
        fixes=(RemoveOrder(),),
    )


def _repeated(case: Case) -> Nearest | None:
    """Return the spacing of doses repeated a stated number of times from a single named day."""
    repeat = case.order.schedule.repeat
    if repeat is not None and repeat.every_days is not None and (repeat.count or 1) > 1:
        return Nearest(repeat.every_days)
    in_words = case.order.schedule.repeated_in_words
    return Nearest(in_words) if in_words is not None else None


def _between_orders(case: Case) -> Fired | None:
    """Fire on an order too few days after another order in the session for the same antibody."""
    if not case.regimens:
        return None
    related = case.recognizer.same_antibody[case.product.id]
    before = case.orders.last_before(case.order, related, case.planned)
    if before is None:
        return None
    window = case.threshold("interval_window_days")
    longest = max(each.interval_days for each in case.regimens)
    if (days := (case.planned - before.day).days) >= longest - window:
        return None
    regimen = _regimen_of(case, before)
    if days >= regimen.interval_days - window:
        return None
    return Fired(
        values={
            "days": counted(days, "day"),
            "interval": str(regimen.interval_days),
            "window": plain(window),
            "planned": case.planned.isoformat(),
        },
        evidence=(Evidence("schedule-days", case.planned.isoformat(), case.order.origin),),
        cited=(regimen.by,),
        variant="between-orders",
        fixes=(RemoveOrder(),),
    )


def _open_repeat_too_often(case: Case) -> Decimal | None:
    """Return the days of a repeat next to a single named day, also in words, if no schedule of its level is as short.

    The named day alone would be one dose, so the repeat may be meant or not.
    """
    beside = case.order.schedule.beside_day
    if not beside or not case.regimens:
        return None
    shortest = min(each.interval_days for each in _regimens_met(case, case) or case.regimens)
    return beside[0] if beside[0] < shortest - case.threshold("interval_window_days") else None


def _regimens_met(case: Case, ordered: Case) -> list[Regimen]:
    """List the regimens of which an order has a level."""
    levels = [level for _, level in judged_levels(ordered)]
    return [each for each in case.regimens if any(level in each.levels for level in levels if level is not None)]


def _regimen_of(case: Case, before: OrderOfDay) -> Regimen:
    """Return the regimen of an order's level; the one with the shortest interval if that is not clear."""
    if before.identity.product is not None and before.identity.product.id == case.product.id:
        met = _regimens_met(case, case.as_only_order(before.order))
        if len({each.interval_days for each in met}) == 1:
            return met[0]
    return min(case.regimens, key=lambda each: each.interval_days)


def _unclear_schedule(case: Case) -> tuple[Missing, ...]:
    """List the parts of the order's schedule that were not understood or disagree."""
    schedule = case.order.schedule
    # Words that are a remark on the order are told, or fit it, as that.
    remarks = [set(each.text.split()) for each in case.order.text_remarks]
    missing = [
        Missing("schedule-unread", values={"written": shortened(written)})
        for written in schedule.unread
        if not any(said.issuperset(written.split()) for said in remarks)
    ]
    if schedule.conflicting_intervals:
        intervals = " / ".join(spacing_text(each) for each in schedule.conflicting_intervals)
        missing.append(Missing("schedule-differs", values={"intervals": intervals}))
    if schedule.conflicting_counts:
        counts = " / ".join(map(str, schedule.conflicting_counts))
        missing.append(Missing("schedule-counts", values={"counts": counts}))
    if case.order.repeats_day and (doses := _doses_of_one_day(case)):
        day = {"day": schedule.days[0].isoformat()} if schedule.days else {}
        missing.append(Missing("schedule-day-twice" if day else "schedule-dose-twice", values={"doses": doses, **day}))
    if (every := _open_repeat_too_often(case)) is not None:
        missing.append(
            Missing("schedule-once", values={"day": schedule.days[0].isoformat(), "interval": spacing_text(every)})
        )
    return tuple(missing)


def _doses_of_one_day(case: Case) -> str:
    """Return the whole doses of an order's instructions for one day: one dose stated twice, or two doses.

    Without a day, a loading and a maintenance dose are a course.
    """
    whole = {each.ordered.instruction: each for each in usable_doses(case) if is_whole_dose(case, each)}
    roles = {level.role for each in whole.values() if (level := levels_met_by(case, each)) is not None}
    if not case.order.schedule.days and roles == {LevelRole.LOADING, LevelRole.MAINTENANCE}:
        return ""
    return " + ".join(each.ordered.as_written for each in whole.values()) if len(whole) > 1 else ""
