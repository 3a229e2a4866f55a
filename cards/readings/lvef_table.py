"""Reads the newest ejection fraction against the label's table, with the drop from baseline.

Baseline is the newest measurement up to the first dose on record; with no dose on record the oldest there is. One from
years before treatment is none.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from cards.knowledge.schema import Action, LvefRow, Setting
from cards.values.calendar_months import months_before

if TYPE_CHECKING:
    from cards.facts import Lvef
    from cards.readings.case import Case


class LvefReading(NamedTuple):
    """The newest measurement, its baseline if one is known, and the rows that come into question."""

    newest: Lvef
    baseline: Lvef | None
    rows: tuple[LvefRow | None, ...]
    assumed: Setting | None


def read_lvef(case: Case) -> LvefReading:
    """Read the newest measurement; there must be one."""
    newest = case.patient.lvefs[0]
    baseline = _baseline(case)
    by_setting = {setting: _rows_for(case, setting, newest, baseline) for setting in case.settings}
    if case.setting is not None:
        return LvefReading(newest, baseline, by_setting[case.setting], None)
    severest = max(by_setting.items(), key=lambda item: max(_severity(row) for row in item[1]))
    differ = len({tuple(_severity(row) for row in rows) for rows in by_setting.values()}) > 1
    return LvefReading(newest, baseline, severest[1], severest[0] if differ else None)


def _severity(row: LvefRow | None) -> int:
    return row.action.severity if row else Action.CONTINUE.severity


def _baseline(case: Case) -> Lvef | None:
    """Give the measurement that a drop is counted from; none when treatment began before the first one on record."""
    measured = [(lvef.on, lvef) for lvef in case.patient.lvefs if lvef.on is not None]
    if not measured:
        return None
    given = [each.on for each in case.history if each.on is not None]
    counts_from = min(given) if given else measured[0][0]
    oldest = months_before(counts_from, int(case.threshold("lvef_baseline_max_months")))
    before = [lvef for on, lvef in measured if oldest <= on <= counts_from]
    if not before:
        return None
    return before[0] if given else before[-1]


def _rows_for(case: Case, setting: Setting, newest: Lvef, baseline: Lvef | None) -> tuple[LvefRow | None, ...]:
    """List the rows that may be the one: one when everything it asks for is known."""
    possible: list[LvefRow | None] = []
    drop = baseline.percent.value - newest.percent.value if baseline is not None else None
    for row in case.product.monitoring.lvef_rows:
        if (row.settings and setting not in row.settings) or not row.lvef.holds(newest.percent.value):
            continue
        fits = _drop_fits(case, row, drop, newest)
        if fits:
            return (*possible, row)
        if fits is None:
            possible.append(row)
    return (*possible, None)


def _drop_fits(case: Case, row: LvefRow, drop: Decimal | None, newest: Lvef) -> bool | None:
    """Tell whether the conditions beside the value hold; ``None`` when one that is not known decides."""
    answers = (_dropped(case, row, drop, newest), _below_normal(case, row, newest))
    if False in answers:
        return False
    return None if None in answers else True


def _dropped(case: Case, row: LvefRow, drop: Decimal | None, newest: Lvef) -> bool | None:
    """Without a baseline the drop is not known, and no larger than from the highest ejection fraction believed."""
    if row.drop is None:
        return True
    if drop is not None:
        return row.drop.holds(drop)
    most = case.threshold("lvef_highest_believed_percent") - newest.percent.value
    return None if row.drop.reaches(most) else False


def _below_normal(case: Case, row: LvefRow, newest: Lvef) -> bool | None:
    """Without a lower limit of normal on the result, a value is normal from the highest limit in use on."""
    if not row.below_normal:
        return True
    if newest.lower_limit is not None:
        return newest.percent < newest.lower_limit
    if row.normal_otherwise is not None:
        return newest.percent.value < row.normal_otherwise
    return False if newest.percent.value >= case.threshold("lvef_highest_lower_limit_percent") else None
