"""The course of treatment: too soon after the last dose, too many doses, or so late that a loading dose is due."""

from __future__ import annotations

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
from cards.facts.patient import Treatment
from cards.knowledge.schema import CycleLimit, LevelRole, Setting
from cards.readings.case import brief, counted, dated, planned_day, spaced
from cards.readings.course import (
    gap_rule,
    interval_after,
    interval_of_order,
    newest_dose,
    same_antibody,
    schedule_unknown,
    undated_doses,
    weeks_of_treatment,
)
from cards.readings.day_total import judged_levels
from cards.readings.dosing import usable_doses
from cards.rules.dose import cancer_words, dose_evidence, fixes_to, nothing_usable, written_dose
from cards.values.caching import per_case
from cards.values.quantities import plain

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cards.readings.case import Case

_SHOWN_DAYS = 10


@per_case
def interval_too_short(case: Case) -> Outcome:
    """Fire when two doses are nearer than the labelled days, less the site's window.

    Within the order's own schedule; between two orders of the session; after the last dose given. A dose of the same
    antibody in another form counts, and the days are those of the schedule that was given.
    """
    if (within := _within_the_order(case)) is not None:
        return within
    if (between := _between_orders(case)) is not None:
        return between
    after = _after_last_dose(case)
    if isinstance(after, Fired):
        return after
    missing = after.missing if isinstance(after, CannotTell) else ()
    missing = (*missing, *_unclear_schedule(case))
    return CannotTell(missing) if missing else after


def _after_last_dose(case: Case) -> Outcome:
    doses = same_antibody(case)
    last = newest_dose(case, doses)
    undated = undated_doses(case, last)
    if last is None or last.on is None:
        return CannotTell(undated) if undated else NotApplicable("no earlier dose on record")
    if not case.regimens:
        return CannotTell((Missing("regimen", values={"cancer": cancer_words(case)}),))
    regimen = min(case.regimens, key=lambda each: each.interval_days)
    window = case.threshold("interval_window_days")
    days = case.age_in_days(last.on)
    interval = interval_after(case, last, doses) or interval_of_order(case)
    if interval is None:
        # With no amount on record the course may be on any of the schedules.
        intervals = sorted({each.interval_days for each in case.regimens})
        if days < intervals[-1] - window and days >= intervals[0] - window:
            return CannotTell((Missing("earlier-amount", values={"date": last.on.isoformat()}), *undated))
        interval = intervals[0]
    if days >= interval - window:
        return CannotTell(undated) if undated else Clear()
    other = case.recogniser.product(last.product).name
    return Fired(
        values={
            "days": counted(days, "day"),
            "date": last.on.isoformat(),
            "interval": str(interval),
            "window": plain(window),
            "planned": case.planned.isoformat(),
            "other": other,
        },
        evidence=(_given(last),),
        cited=(regimen.by, case.known.thresholds["interval_window_days"].by),
        variant="default" if last.product == case.product.id else "other-form",
        fixes=(RemoveOrder(),),
    )


def _within_the_order(case: Case) -> Fired | None:
    """Fire on an order whose own doses are nearer than any labelled schedule has them."""
    nearest = case.order.schedule.nearest
    window = case.threshold("interval_window_days")
    regimen = min(case.regimens, key=lambda each: each.interval_days, default=None)
    if regimen is None or nearest is None or nearest.days >= regimen.interval_days - window:
        return None
    spacing = spaced(nearest.days)
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


def _between_orders(case: Case) -> Fired | None:
    """Fire on an order that another one of the session, of the same antibody, precedes by too few days."""
    regimen = min(case.regimens, key=lambda each: each.interval_days, default=None)
    if regimen is None or not case.others:
        return None
    window = case.threshold("interval_window_days")
    related = case.recogniser.same_antibody[case.product.id]
    days_of = [
        (case.planned - on).days
        for order, identity in case.others
        if identity.product is not None and identity.product.id in related
        for on in (order.schedule.days or (planned_day(order.start, case.session.today),))
    ]
    days = min((each for each in days_of if each > 0), default=None)
    if days is None or days >= regimen.interval_days - window:
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


def _unclear_schedule(case: Case) -> tuple[Missing, ...]:
    """Say what of the order's schedule was not understood, and where its parts disagree."""
    schedule = case.order.schedule
    missing = [Missing("schedule-unread", values={"written": brief(written)}) for written in schedule.unread]
    if schedule.disagreeing:
        intervals = " / ".join(spaced(each) for each in schedule.disagreeing)
        missing.append(Missing("schedule-differs", values={"intervals": intervals}))
    return tuple(missing)


def cycle_limit_reached(case: Case) -> Outcome:
    """Fire when the order would exceed the labelled number of doses, or weeks of treatment, for the setting.

    Doses are counted, not orders; completed orders stand in where no administration is recorded. Doses of a weekly
    schedule stand for a week each.
    """
    limits = [
        limit
        for limit in case.product.cycle_limits
        if limit.setting in case.settings and (not case.cancers or case.cancers & set(limit.cancers))
    ]
    if not limits:
        return NotApplicable("the label limits no number of doses in this setting")
    limit = limits[0]
    count = len({each.on for each in case.history})
    planned = case.order.cycles or 1
    undated = len(case.undated_of(frozenset({case.product.id})))
    too_many = limit.cycles is not None and count + planned > limit.cycles
    too_long = limit.weeks is not None and weeks_of_treatment(case, further=planned - 1) >= limit.weeks
    if too_many or too_long:
        return _too_many(case, limit, count, planned)
    if undated and limit.cycles is not None and count + undated + planned > limit.cycles:
        return CannotTell((Missing("earlier-doses-undated", values={"undated": str(undated)}),))
    return Clear()


def _too_many(case: Case, limit: CycleLimit, count: int, planned: int) -> Fired:
    notes: list[tuple[str, Mapping[str, str]]] = []
    if case.setting is None:
        notes.append(("setting-unknown", {"setting": str(Setting.EARLY)}))
    variant = "default" if planned == 1 else "several"
    return Fired(
        values={
            "count": counted(count, "dose"),
            "planned": str(planned),
            "limit": str(limit.cycles or limit.weeks),
            "weeks": plain(weeks_of_treatment(case)),
        },
        evidence=(Evidence("count", str(count)), *(_given(each) for each in (*case.history[:1], *case.history[-1:]))),
        cited=(limit.by,),
        variant=variant if limit.cycles is not None else "weeks",
        indicator=Indicator.WARNING if limit.advised else None,
        notes=tuple(notes),
        fixes=(RemoveOrder(),),
    )


def reload_required(case: Case) -> Outcome:
    """Fire when a maintenance dose is ordered after a gap that the label answers with a loading dose.

    The gap is judged by the schedule of the dose that was given.
    """
    if not case.product.reload:
        return NotApplicable("the label has no such rule")
    found = gap_rule(case)
    if found is None:
        if (last := schedule_unknown(case)) is not None and last.on is not None:
            return CannotTell((Missing("earlier-amount", values={"date": last.on.isoformat()}),))
        return NotApplicable("no earlier dose on record")
    if not usable_doses(case):
        return nothing_usable(case)
    rule, last, days = found.rule, found.last, found.days
    for reading, level in judged_levels(case):
        if level is None or level.role is not LevelRole.MAINTENANCE or days < rule.after_days:
            continue
        if undated := undated_doses(case, last):
            return CannotTell(undated)
        regimen = next(each for each in case.regimens if level in each.levels)
        loading = next(each for each in regimen.levels if each.role is LevelRole.LOADING)
        return Fired(
            values={
                "days": str(days),
                "date": found.on.isoformat(),
                "limit": str(rule.after_days),
                "loading": str(loading.dose),
            },
            evidence=(*dose_evidence(case, reading), _given(last)),
            cited=(rule.by,),
            fixes=fixes_to(case, loading.dose, (reading.ordered,)),
        )
    return Clear()


def loading_again(case: Case) -> Fired | None:
    """Fire on a loading dose so soon after the last dose that the label goes on with maintenance."""
    found = gap_rule(case)
    if found is None or found.days >= found.rule.after_days or isinstance(interval_too_short(case), Fired):
        return None
    if any(level is not None and level.role is LevelRole.MAINTENANCE for _, level in judged_levels(case)):
        return None
    for reading, level in judged_levels(case):
        if level is None or level.role is not LevelRole.LOADING:
            continue
        regimen = next(each for each in case.regimens if level in each.levels)
        maintenance = next(each for each in regimen.levels if each.role is LevelRole.MAINTENANCE)
        return Fired(
            values={
                "dose": written_dose(case, reading),
                "days": counted(found.days, "day"),
                "date": found.on.isoformat(),
                "maintenance": str(maintenance.dose),
                "limit": str(found.rule.after_days),
            },
            evidence=(*dose_evidence(case, reading), _given(found.last)),
            cited=(found.rule.by,),
            variant="loading-again",
            fixes=fixes_to(case, maintenance.dose, (reading.ordered,)),
        )
    return None


def _given(earlier: Treatment) -> Evidence:
    day = earlier.on.isoformat() if earlier.on is not None else ""
    if earlier.dose is None:
        return Evidence("earlier-dose-unknown", day, earlier.origin)
    return Evidence("earlier-dose", dated(str(earlier.dose), earlier.on), earlier.origin)
