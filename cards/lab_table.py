"""Reads recent laboratory results against the label's table, each against the limits of the same result."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from cards.records import LabRow, Setting

if TYPE_CHECKING:
    from cards.case import Case
    from cards.facts import LabResult

_TRANSAMINASES = ("ast", "alt")
_BILIRUBIN = "bilirubin-total"


class Match(NamedTuple):
    """A result and the row of the table it falls in; ``assumed`` when another setting would be milder."""

    result: LabResult
    row: LabRow
    assumed: bool


class LabTable(NamedTuple):
    """What the recent results come to: the rows they fall in, those without a limit, and Hy's pair where it is met."""

    matches: tuple[Match, ...]
    unlimited: tuple[LabResult, ...]
    pair: tuple[LabResult, LabResult] | None


def read_table(case: Case) -> LabTable:
    """Read every test of the product's table; an older result than the site allows is a missing test and not read."""
    matches: list[Match] = []
    unlimited: list[LabResult] = []
    for test, table in case.recogniser.lab_rows[case.product.id].items():
        result = newest(case, test)
        if result is None:
            continue
        if table.rows[0].times_uln is None:
            number = result.value
        elif result.upper_limit is None:
            unlimited.append(result)
            continue
        else:
            number = times_limit(result)
        # Most results are normal, and lie outside of every row.
        if table.lowest <= number <= table.highest and (match := _row_of(case, table.rows, result, number)) is not None:
            matches.append(match)
    return LabTable(tuple(matches), tuple(unlimited), _pair(case))


def newest(case: Case, test: str) -> LabResult | None:
    """Give the newest result that is recent enough for the planned dose."""
    for result in case.patient.labs.get(test, ()):
        if result.on is not None:
            return result if result.on >= case.labs_since else None
    return None


def times_limit(result: LabResult) -> Decimal:
    """Give a result as a multiple of its own upper limit of normal; nothing known counts as nothing raised."""
    return result.value / result.upper_limit if result.upper_limit else Decimal(0)


def _row_of(case: Case, rows: tuple[LabRow, ...], result: LabResult, number: Decimal) -> Match | None:
    """Find the row of a result by its number; of the settings in question the one with the severest action."""
    fitting = [row for row in rows if (band := row.times_uln or row.value) is not None and band.holds(number)]
    if not fitting:
        return None
    by_setting = {setting: _first(fitting, setting) for setting in case.settings}
    matching = [row for row in by_setting.values() if row is not None]
    if not matching:
        return None
    worst = max(matching, key=lambda row: row.action.severity)
    milder = any(row is None or row.action is not worst.action for row in by_setting.values())
    return Match(result, worst, assumed=milder and bool(worst.settings))


def _first(rows: list[LabRow], setting: Setting) -> LabRow | None:
    return next((row for row in rows if not row.settings or setting in row.settings), None)


def _pair(case: Case) -> tuple[LabResult, LabResult] | None:
    """Find a transaminase and a bilirubin, drawn within days of each other, that together end treatment."""
    rule = case.product.monitoring.hepatic_pair
    if rule is None:
        return None
    bilirubin = newest(case, _BILIRUBIN)
    if bilirubin is None or bilirubin.on is None or times_limit(bilirubin) <= rule.bilirubin_above:
        return None
    for test in _TRANSAMINASES:
        enzyme = newest(case, test)
        if enzyme is None or enzyme.on is None or times_limit(enzyme) <= rule.transaminase_above:
            continue
        if abs((enzyme.on - bilirubin.on).days) <= rule.within_days:
            return enzyme, bilirubin
    return None
