"""The label's actions for the newest ejection fraction: hold, or repeat."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cards.facts.outcomes import (
    CannotTell,
    Clear,
    Evidence,
    Fired,
    Fix,
    Missing,
    NotApplicable,
    OrderTests,
    Outcome,
    RemoveOrder,
)
from cards.knowledge.schema import Action, LvefRow
from cards.readings.case import at_same_time, counted, dated, with_date
from cards.readings.lvef_table import read_lvef
from cards.rules.lvef_monitoring import no_lvef
from cards.rules.preliminary import hears_preliminary
from cards.values.quantities import plain

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cards.readings.case import Case
    from cards.readings.lvef_table import LvefReading


@hears_preliminary
def lvef_hold(case: Case) -> Outcome:
    """Fire when the label says not to administer, by setting and by the drop from baseline."""
    return _verdict(case, Action.HOLD)


@hears_preliminary
def lvef_recheck(case: Case) -> Outcome:
    """Fire when the label says continue and repeat within three weeks."""
    return _verdict(case, Action.RECHECK)


def _verdict(case: Case, action: Action) -> Outcome:
    if not case.product.monitoring.lvef_rows:
        return NotApplicable("the label has no table of ejection fractions")
    if not case.patient.lvefs:
        return CannotTell((no_lvef(case),))
    reading = read_lvef(case)
    actions = {row.action if row else Action.CONTINUE for row in reading.rows}
    if len(actions) > 1:
        newest = reading.newest
        if newest.interval.is_exact:
            return CannotTell((_unknown_fall(reading),))
        values = {"lvef": with_date(newest, newest.as_reported)}
        return CannotTell((Missing("lvef-bound", values=values, is_urgent=True),))
    row = reading.rows[0]
    if row is not None and row.action is action:
        return _fired(case, reading, row)
    if row is None and action is Action.HOLD and (low := _low_without_row(case, reading)) is not None:
        return CannotTell((low,))
    return Clear()


def _unknown_fall(reading: LvefReading) -> Missing:
    """Say what the table turns on; urgent if the fall is known to be one, and only the limit of normal is not."""
    newest, baseline = reading.newest, reading.baseline
    if baseline is None or baseline is newest:
        return Missing("baseline", values={"lvef": newest.quoted})
    values = {"lvef": dated(newest.quoted, newest.on), "baseline": dated(baseline.quoted, baseline.on)}
    return Missing("lvef-normal", values=values, is_urgent=True)


def _low_without_row(case: Case, reading: LvefReading) -> Missing | None:
    """Return a low value that a table of falls from baseline has no row for."""
    newest, baseline = reading.newest, reading.baseline
    if baseline is None or any(row.drop is None for row in case.product.monitoring.lvef_rows):
        return None
    low = case.threshold("lvef_low_percent")
    if baseline is newest and not case.history:
        low = case.threshold("lvef_first_low_percent")
        low = min(low, newest.lower_limit.value) if newest.lower_limit is not None else low
    if newest.interval.is_below(low) is False:
        return None
    values = {"lvef": dated(newest.quoted, newest.on)}
    if baseline is newest:
        return Missing("low-first-lvef", values=values)
    return Missing("low-lvef", values={**values, "baseline": dated(baseline.quoted, baseline.on)})


def _fired(case: Case, reading: LvefReading, row: LvefRow) -> Fired:
    newest, baseline = reading.newest, reading.baseline
    notes: list[tuple[str, Mapping[str, str]]] = []
    if reading.assumed is not None:
        notes.append(("setting-unknown", {"setting": str(reading.assumed)}))
    if row.below_normal and newest.lower_limit is None and row.normal_otherwise is None:
        limit = plain(case.threshold("lvef_lowest_lower_limit_percent"))
        notes.append(("normal-unknown", {"limit": limit}))
    evidence = [Evidence("lvef", with_date(newest, newest.as_reported), newest.origin, parts=at_same_time(newest))]
    dropped = ""
    if baseline is not None and baseline is not newest:
        evidence.append(Evidence("lvef-baseline", with_date(baseline, baseline.as_reported), baseline.origin))
        points = (baseline.interval - newest.interval).low
        more = "" if baseline.interval.is_exact and newest.interval.is_exact else "at least "
        dropped = f" ({more}{counted(points, 'point')} below baseline)" if points > 0 else ""
    fixes: tuple[Fix, ...] = (OrderTests(("lvef",)),)
    return Fired(
        values={"lvef": f"{newest.quoted}{dropped}", "then": row.then},
        evidence=tuple(evidence),
        cited=(row.by,),
        notes=tuple(notes),
        fixes=(*fixes, RemoveOrder()) if row.action is Action.HOLD else fixes,
    )
