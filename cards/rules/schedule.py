"""The course of treatment: too many doses, a reload due after a gap, or a loading dose too soon."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from msgspec import structs

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
from cards.knowledge.schema import CycleLimit, LevelRole, Setting
from cards.readings.case import counted
from cards.readings.course import (
    amount_unknown,
    day_given,
    doses_of_course,
    gap_rule,
    products_counting,
    products_of_course,
    schedule_unknown,
    undated_doses,
    weeks_of_treatment,
)
from cards.readings.dosing import usable_doses
from cards.readings.parts_of_dose import judged_levels
from cards.readings.possible_doses import doses_not_counted, orders_beside_doses
from cards.rules.dose import dose_evidence, fixes_to, nothing_usable, written_dose
from cards.rules.intervals import interval_too_short
from cards.values.quantities import plain

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from cards.knowledge.schema import Level, Reload
    from cards.readings.case import Case


def cycle_limit_reached(case: Case) -> Outcome:
    """Fire when the order would exceed the labeled number of doses, or weeks of treatment, for the setting.

    Doses are counted, not orders, in every form of the antibody; completed orders count if no administration is
    recorded, and are told beside administrations where they may be doses, too. Each dose of a weekly schedule counts as
    one week.
    """
    limits = [
        limit
        for limit in case.product.cycle_limits
        if limit.setting in case.settings and (not case.cancers or case.cancers & set(limit.cancers))
    ]
    if not limits:
        return NotApplicable("the label limits no number of doses in this setting")
    limit = limits[0]
    count = len({each.on for each in doses_of_course(case)})
    # Other orders in the session for earlier days count too.
    planned = _doses_of(case) + case.orders.doses_before(case.product.id, case.planned)
    undated = len(case.undated_doses_of(products_counting(case)))
    if _exceeds(case, limit, count, planned):
        return _too_many(case, limit, count, planned)
    if undated and limit.cycles is not None and count + undated + planned > limit.cycles:
        return CannotTell((Missing("earlier-doses-undated", values={"undated": str(undated)}),))
    ordered = len(orders_beside_doses(case, products_of_course(case)))
    if ordered and _exceeds(case, limit, count, ordered + planned):
        values = {"orders": str(ordered), "count": str(count)}
        return CannotTell((Missing("earlier-orders", values=values, is_urgent=True),))
    named = case.order.text_cycle
    if named is not None and limit.cycles is not None and named > limit.cycles:
        values = {"cycle": str(named), "limit": str(limit.cycles), "count": counted(count, "dose")}
        return CannotTell((Missing("cycle-number", values=values),))
    return Clear()


def _exceeds(case: Case, limit: CycleLimit, count: int, further: int) -> bool:
    """Return whether further doses after those of the course are more than the limit, or the last begins behind it."""
    if limit.cycles is not None and count + further > limit.cycles:
        return True
    return limit.weeks is not None and weeks_of_treatment(case, further=further - 1) >= limit.weeks


def _doses_of(case: Case) -> int:
    """Return how many doses an order plans: as repeated from a single named day only if no other order has them."""
    stated = case.order.schedule.doses_from_day
    if stated is not None and len(case.orders.of_product(case.product.id)) <= 1:
        return stated
    return case.order.cycles or 1


def _too_many(case: Case, limit: CycleLimit, count: int, planned: int) -> Fired:
    notes: list[tuple[str, Mapping[str, str]]] = []
    if case.setting is None:
        notes.append(("setting-unknown", {"setting": str(Setting.EARLY)}))
    variant = "default" if planned == 1 else "several"
    doses = doses_of_course(case)
    return Fired(
        values={
            "count": counted(count, "dose"),
            "planned": str(planned),
            "limit": str(limit.cycles or limit.weeks),
            "weeks": plain(weeks_of_treatment(case)),
        },
        evidence=(
            Evidence("count", _counted_by_drug(case, count)),
            *(day_given(each) for each in doses[:1]),
            *(day_given(each, "first-dose") for each in doses[1:][-1:]),
        ),
        cited=(limit.by,),
        variant=variant if limit.cycles is not None else "weeks",
        indicator=Indicator.WARNING if limit.advised else None,
        notes=tuple(notes),
        fixes=(RemoveOrder(),),
    )


def _counted_by_drug(case: Case, count: int) -> str:
    """Return the number of doses, and of which drugs they were if not all of the ordered one."""
    drugs = Counter(each.product for each in {(each.product, each.on): each for each in doses_of_course(case)}.values())
    if not set(drugs) - {case.product.id}:
        return str(count)
    return f"{count} ({', '.join(f'{case.recognizer.product(each).name} {drugs[each]}' for each in sorted(drugs))})"


def reload_required(case: Case) -> Outcome:
    """Fire when a maintenance dose is ordered after a gap for which the label requires a new loading dose.

    The gap is judged by the schedule of the last administered dose. Where a later entry may be a dose, it is not known.
    """
    if not case.product.reload:
        return NotApplicable("the label has no such rule")
    found = gap_rule(case)
    if found is None:
        if (last := schedule_unknown(case)) is not None and last.on is not None:
            return CannotTell((amount_unknown(case, last),))
        return NotApplicable("no earlier dose on record")
    if not usable_doses(case):
        return nothing_usable(case)
    rule, last, days = found.rule, found.last, found.days
    if last.within is not None and days < rule.after_days <= case.age_in_days(last.within[0]):
        values = {"first": last.within[0].isoformat(), "last": found.on.isoformat()}
        return CannotTell((Missing("earlier-dose-within", values=values),))
    for reading, level in judged_levels(case):
        if level is None or level.role is not LevelRole.MAINTENANCE or days < rule.after_days:
            continue
        if last.within is None and (undated := undated_doses(case, last)):
            return CannotTell(undated)
        if possible := doses_not_counted(case, products_counting(case), rule.after_days):
            # What may be a later dose: no course that may be on time is reloaded.
            return CannotTell(tuple(structs.replace(each, is_urgent=True) for each in possible))
        loading = _same_regimen(case, level, LevelRole.LOADING)
        return Fired(
            values={
                "days": f"at least {days}" if last.within is not None else str(days),
                "date": found.on.isoformat(),
                "limit": str(rule.after_days),
                "loading": str(loading.dose),
            },
            evidence=(*dose_evidence(case, reading), day_given(last)),
            cited=(rule.by,),
            fixes=fixes_to(case, loading.dose, (reading.ordered,)),
        )
    return Clear()


def loading_again(case: Case) -> Fired | None:
    """Fire on a loading dose so soon after the last dose that the label continues with maintenance.

    The last dose is an administered one, or an earlier one in another order of the session.
    """
    if not case.product.reload:
        return None
    found = gap_rule(case)
    if found is not None and found.days < found.rule.after_days:
        fired = _loading(case, found.rule, found.days, found.on, day_given(found.last))
        if fired is not None:
            return fired
    before = case.orders.last_before(case.order, products_counting(case), case.planned)
    if before is None:
        return None
    days = (case.planned - before.day).days
    line = Evidence("schedule-days", before.day.isoformat(), before.order.origin)
    levels = {level for _, level in judged_levels(case)}
    intervals = {each.interval_days for each in case.regimens if levels.intersection(each.levels)}
    rule = next((each for each in case.product.reload if each.interval_days in intervals), None)
    if rule is None or days >= rule.after_days:
        return None
    return _loading(case, rule, days, before.day, line)


def loading_last(case: Case) -> Fired | None:
    """Fire on an order whose instructions give the maintenance dose first and then the loading dose."""
    before = None
    for reading, level in judged_levels(case):
        if level is None:
            continue
        if level.role is LevelRole.MAINTENANCE and before is None:
            before = (reading, level)
        elif level.role is LevelRole.LOADING and before is not None:
            earlier, maintenance = before
            if reading.ordered.instruction == earlier.ordered.instruction:
                continue
            return Fired(
                values={"dose": written_dose(case, reading), "maintenance": written_dose(case, earlier)},
                evidence=(*dose_evidence(case, earlier), *dose_evidence(case, reading)),
                cited=(level.by, maintenance.by),
                variant="loading-last",
            )
    return None


def loading_repeated(case: Case) -> Fired | None:
    """Fire on an order that gives nothing but loading doses, and more than one.

    How long an order is valid says nothing about the number of doses, and neither does "every 3 weeks" alone.
    """
    judged = judged_levels(case)
    if not judged or any(level is None or level.role is not LevelRole.LOADING for _, level in judged):
        return None
    schedule = case.order.schedule
    count = max(len(schedule.days), schedule.doses_from_day or 0, *(each.doses or 0 for each in schedule.rhythms))
    if count <= 1:
        return None
    reading, level = judged[0]
    maintenance = _same_regimen(case, level, LevelRole.MAINTENANCE) if level is not None else None
    return Fired(
        values={
            "dose": written_dose(case, reading),
            "count": str(count),
            "maintenance": str(maintenance.dose) if maintenance is not None else "",
        },
        evidence=dose_evidence(case, reading),
        cited=(level.by,) if level is not None else (),
        variant="loading-repeated",
    )


def _loading(case: Case, rule: Reload, days: int, on: date, last: Evidence) -> Fired | None:
    """Return the finding for a loading dose too soon after another dose."""
    judged = judged_levels(case)
    if any(level is not None and level.role is LevelRole.MAINTENANCE for _, level in judged):
        return None
    if isinstance(interval_too_short(case), Fired):
        return None
    for reading, level in judged:
        if level is None or level.role is not LevelRole.LOADING:
            continue
        maintenance = _same_regimen(case, level, LevelRole.MAINTENANCE)
        return Fired(
            values={
                "dose": written_dose(case, reading),
                "days": counted(days, "day"),
                "date": on.isoformat(),
                "maintenance": str(maintenance.dose),
                "limit": str(rule.after_days),
            },
            evidence=(*dose_evidence(case, reading), last),
            cited=(rule.by,),
            variant="loading-again",
            fixes=fixes_to(case, maintenance.dose, (reading.ordered,)),
        )
    return None


def _same_regimen(case: Case, level: Level, role: LevelRole) -> Level:
    """Return the level with a role in the regimen of another level."""
    regimen = next(each for each in case.regimens if level in each.levels)
    return next(each for each in regimen.levels if each.role is role)
