"""The course of treatment: too soon after the last dose, too many doses, or so late that a loading dose is due."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cards.case import dated
from cards.outcomes import Clear, Evidence, Fired, NotApplicable, Outcome, RemoveOrder
from cards.quantities import plain
from cards.records import CycleLimit, LevelRole, Reload, Setting
from cards.rules.dose import dose_evidence, fixes_to, nothing_usable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cards.case import Case
    from cards.facts import Treatment


def interval_too_short(case: Case) -> Outcome:
    """Fire when the previous dose was fewer than the labelled days, less the site's window, before the planned one."""
    last = _last(case)
    if last is None or last.on is None:
        return NotApplicable("no earlier dose on record")
    regimens = case.regimens
    regimen = min(regimens, key=lambda each: each.interval_days)
    window = case.threshold("interval_window_days")
    days = case.age_in_days(last.on)
    if days >= regimen.interval_days - window:
        return Clear()
    return Fired(
        values={
            "days": f"{days} day{'' if days == 1 else 's'}",
            "date": last.on.isoformat(),
            "interval": str(regimen.interval_days),
            "window": plain(window),
            "planned": case.planned.isoformat(),
        },
        evidence=(_given(last),),
        cited=(regimen.by, case.known.thresholds["interval_window_days"].by),
        fixes=(RemoveOrder(),),
    )


def cycle_limit_reached(case: Case) -> Outcome:
    """Fire when the order would exceed the labelled number of doses for the setting.

    Doses are counted, not orders; completed orders stand in where no administration is recorded.
    """
    limits = [limit for limit in case.product.cycle_limits if limit.setting in case.settings]
    if not limits:
        return NotApplicable("the label limits no number of doses in this setting")
    limit = limits[0]
    count = len({each.on for each in case.history})
    planned = case.order.cycles or 1
    if count + planned <= limit.cycles:
        return Clear()
    return _too_many(case, limit, count, planned)


def _too_many(case: Case, limit: CycleLimit, count: int, planned: int) -> Fired:
    notes: list[tuple[str, Mapping[str, str]]] = []
    if case.patient.setting is None:
        notes.append(("setting-unknown", {"setting": str(Setting.EARLY)}))
    return Fired(
        values={"count": str(count), "planned": str(planned), "limit": str(limit.cycles)},
        evidence=(Evidence("count", str(count)), *(_given(each) for each in case.history[:1])),
        cited=(limit.by,),
        variant="default" if planned == 1 else "several",
        notes=tuple(notes),
        fixes=(RemoveOrder(),),
    )


def reload_required(case: Case) -> Outcome:
    """Fire when a maintenance dose is ordered after a gap that the label answers with a loading dose."""
    if not case.product.reload:
        return NotApplicable("the label has no such rule")
    last = _last(case)
    if last is None or last.on is None:
        return NotApplicable("no earlier dose on record")
    if not case.usable:
        return nothing_usable(case)
    regimens = case.regimens
    for reading, level in case.levels_met:
        if level is None or level.role is not LevelRole.MAINTENANCE:
            continue
        regimen = next(each for each in regimens if level in each.levels)
        rule: Reload | None = next((r for r in case.product.reload if r.interval_days == regimen.interval_days), None)
        days = case.age_in_days(last.on)
        if rule is None or days < rule.after_days:
            continue
        loading = next(each for each in regimen.levels if each.role is LevelRole.LOADING)
        return Fired(
            values={
                "days": str(days),
                "date": last.on.isoformat(),
                "limit": str(rule.after_days),
                "loading": str(loading.dose),
            },
            evidence=(*dose_evidence(case, reading), _given(last)),
            cited=(rule.by,),
            fixes=fixes_to(case, loading.dose, (reading.ordered,)),
        )
    return Clear()


def _last(case: Case) -> Treatment | None:
    """Give the newest dose before the planned one."""
    return next((each for each in case.history if each.on is not None and each.on <= case.planned), None)


def _given(earlier: Treatment) -> Evidence:
    return Evidence("earlier-dose", dated(str(earlier.dose) if earlier.dose else "dose", earlier.on), earlier.origin)
