"""The ejection fraction against the label's table, with the drop from baseline.

Baseline is the newest measurement up to the first dose on record; with no dose on record the oldest there is.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from cards.case import dated
from cards.outcomes import (
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
from cards.quantities import plain
from cards.records import Action, LvefRow, Setting
from cards.topics import Topic

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cards.case import Case
    from cards.facts import Lvef


class Reading(NamedTuple):
    """The newest measurement, its baseline if one is known, and the rows that come into question."""

    newest: Lvef
    baseline: Lvef | None
    rows: tuple[LvefRow | None, ...]
    assumed: Setting | None


def lvef_hold(case: Case) -> Outcome:
    """Fire when the label says not to administer, by setting and by the drop from baseline."""
    return _verdict(case, Action.HOLD)


def lvef_recheck(case: Case) -> Outcome:
    """Fire when the label says continue and repeat within three weeks."""
    return _verdict(case, Action.RECHECK)


def _verdict(case: Case, action: Action) -> Outcome:
    if not case.product.monitoring.lvef_rows:
        return NotApplicable("the label has no table of ejection fractions")
    if not case.patient.lvefs:
        return CannotTell((Missing("lvef", told_by=Topic.LVEF_MISSING),))
    reading = _read(case)
    actions = {row.action if row else Action.CONTINUE for row in reading.rows}
    if len(actions) > 1:
        return CannotTell((Missing("baseline", values={"lvef": str(reading.newest.percent)}),))
    row = reading.rows[0]
    if row is None or row.action is not action:
        return Clear()
    return _fired(reading, row)


def _read(case: Case) -> Reading:
    newest = case.patient.lvefs[0]
    baseline = _baseline(case)
    by_setting = {setting: _rows_for(case, setting, newest, baseline) for setting in case.settings}
    severest = max(by_setting.items(), key=lambda item: max(_severity(row) for row in item[1]))
    differ = len({tuple(_severity(row) for row in rows) for rows in by_setting.values()}) > 1
    return Reading(newest, baseline, severest[1], severest[0] if differ else None)


def _severity(row: LvefRow | None) -> int:
    return row.action.severity if row else Action.CONTINUE.severity


def _baseline(case: Case) -> Lvef | None:
    """Give the measurement that a drop is counted from; none when treatment began before the first one on record."""
    measured = [lvef for lvef in case.patient.lvefs if lvef.on is not None]
    given = [each.on for each in case.history if each.on is not None]
    if not measured:
        return None
    if given:
        return next((lvef for lvef in measured if lvef.on is not None and lvef.on <= min(given)), None)
    return measured[-1]


def _rows_for(case: Case, setting: Setting, newest: Lvef, baseline: Lvef | None) -> tuple[LvefRow | None, ...]:
    """List the rows that may be the one: one when everything it asks for is known."""
    possible: list[LvefRow | None] = []
    drop = baseline.percent.value - newest.percent.value if baseline is not None else None
    for row in case.product.monitoring.lvef_rows:
        if (row.settings and setting not in row.settings) or not row.lvef.holds(newest.percent.value):
            continue
        fits = _drop_fits(row, drop, newest)
        if fits:
            return (*possible, row)
        if fits is None:
            possible.append(row)
    return (*possible, None)


def _drop_fits(row: LvefRow, drop: Decimal | None, newest: Lvef) -> bool | None:
    """Tell whether the conditions beside the value hold; ``None`` when one that is not known decides."""
    if row.drop is not None:
        if drop is None:
            return None
        if not row.drop.holds(drop):
            return False
    if not row.below_normal:
        return True
    return newest.percent < newest.lower_limit if newest.lower_limit is not None else None


def _fired(reading: Reading, row: LvefRow) -> Fired:
    newest, baseline = reading.newest, reading.baseline
    notes: list[tuple[str, Mapping[str, str]]] = []
    if reading.assumed is not None:
        notes.append(("setting-unknown", {"setting": str(reading.assumed)}))
    evidence = [Evidence("lvef", dated(newest.as_reported, newest.on), newest.origin)]
    dropped = ""
    if baseline is not None and baseline is not newest:
        evidence.append(Evidence("lvef-baseline", dated(baseline.as_reported, baseline.on), baseline.origin))
        points = baseline.percent.value - newest.percent.value
        dropped = f" ({plain(points)} points below baseline)" if points > 0 else ""
    fixes: tuple[Fix, ...] = (OrderTests(("lvef",)),)
    return Fired(
        values={"lvef": f"{newest.percent}{dropped}", "then": row.then},
        evidence=tuple(evidence),
        cited=(row.by,),
        notes=tuple(notes),
        fixes=(*fixes, RemoveOrder()) if row.action is Action.HOLD else fixes,
    )
