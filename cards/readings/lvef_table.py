"""Looks up the newest ejection fraction in the label's table, with the drop from baseline.

Baseline is the newest measurement up to the first dose on record, or without a dose the oldest one. A measurement from
years before treatment is not a baseline.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from msgspec import structs

from cards.knowledge.schema import Action, LvefRow, Setting
from cards.values.caching import per_case
from cards.values.calendar_months import months_before
from cards.values.intervals import ENDLESS, Bound, Interval
from cards.values.quantities import Percent

if TYPE_CHECKING:
    from cards.facts.results import Lvef
    from cards.readings.case import Case


class LvefReading(NamedTuple):
    """The newest measurement, its baseline if known, and the possible rows."""

    newest: Lvef
    baseline: Lvef | None
    rows: tuple[LvefRow | None, ...]
    assumed: Setting | None


@per_case
def read_lvef(case: Case) -> LvefReading:
    """Look up the newest measurement; there must be one."""
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
    """Return the baseline measurement; none if treatment began before the first one on record."""
    newest = case.patient.lvefs[0]
    # Another method of the newest one's day shows how the methods differ, not how the patient changed.
    counted = (lvef for lvef in case.patient.lvefs if lvef is newest or lvef.on != newest.on)
    measured = [(lvef.on, lvef) for lvef in counted if lvef.on is not None]
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
    """List the possible rows; just one if everything it depends on is known.

    A result that is a limit or a range is looked up at each possible number, nearest to the limit first.
    """
    rows = [row for row in case.product.monitoring.lvef_rows if not row.settings or setting in row.settings]
    measured = newest.interval
    if measured.is_exact:
        return _rows_at(case, rows, newest, measured, baseline)
    cuts = [limit for row in rows for limit in row.lvef.limits]
    if baseline is not None:
        cuts += [baseline.percent.value - limit for row in rows if row.drop is not None for limit in row.drop.limits]
    pieces = measured.pieces(cuts)
    nearest_first = pieces if newest.bound in (Bound.ABOVE, Bound.AT_LEAST) else pieces[::-1]
    found: dict[LvefRow | None, None] = {}
    for each in nearest_first:
        exact = structs.replace(newest, percent=Percent(each), bound=Bound.EXACT, upper=None)
        from_here = exact if baseline is newest else baseline
        found.update(dict.fromkeys(_rows_at(case, rows, exact, exact.interval, from_here)))
    return tuple(found)


def _rows_at(
    case: Case, rows: list[LvefRow], newest: Lvef, measured: Interval, baseline: Lvef | None
) -> tuple[LvefRow | None, ...]:
    rows = [row for row in rows if row.lvef.answers(measured) is not False]
    if not rows:
        # The usual case, whatever the baseline.
        return (None,)
    # Without a baseline, it is only known to be at or below the highest plausible value.
    most = case.threshold("lvef_highest_believed_percent") - measured.low
    drop = baseline.interval - measured if baseline is not None else Interval(-ENDLESS, most, low_open=True)
    possible: list[LvefRow | None] = []
    for row in rows:
        fits = _fits(case, row, newest, (measured, drop))
        if fits:
            return (*possible, row)
        if fits is None:
            possible.append(row)
    return (*possible, None)


def _fits(case: Case, row: LvefRow, newest: Lvef, values: tuple[Interval, Interval]) -> bool | None:
    """Return whether a row that contains a value applies to its drop; ``None`` if that depends on unknown facts."""
    measured, drop = values
    by_drop = True if row.drop is None else row.drop.answers(drop)
    if by_drop is False:
        return False
    below = _below_normal(case, row, newest, measured)
    if below is False:
        return False
    return None if None in (row.lvef.answers(measured), by_drop, below) else True


def _below_normal(case: Case, row: LvefRow, newest: Lvef, measured: Interval) -> bool | None:
    """Return whether a value is below normal; without a limit on the result, by the lowest and highest in use."""
    if not row.below_normal:
        return True
    if newest.lower_limit is not None:
        return measured.is_below(newest.lower_limit.value)
    if row.normal_otherwise is not None:
        return measured.is_below(row.normal_otherwise)
    if measured.is_below(case.threshold("lvef_lowest_lower_limit_percent")) is True:
        return True
    is_normal = measured.is_below(case.threshold("lvef_highest_lower_limit_percent")) is False
    return False if is_normal else None
