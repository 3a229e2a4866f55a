"""Laboratory values at which the label says hold, reduce or discontinue, against the limits of the same result.

Only results that are recent enough for the planned dose count here; an older one is a missing test. Without an upper
limit of normal there is no verdict. Where the setting is not on record, the stricter row applies and the card says so.
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
    Missing,
    NotApplicable,
    Outcome,
    RemoveOrder,
)
from cards.quantities import plain
from cards.records import Action, Cited, LabRow, Setting

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from cards.case import Case
    from cards.facts import LabResult

_LIVER = ("ast", "alt", "bilirubin-total")
_COUNTS = ("platelets", "neutrophils")
_TRANSAMINASES = ("ast", "alt")


class Match(NamedTuple):
    """A result and the row of the table it falls in; ``assumed`` when another setting would be milder."""

    result: LabResult
    row: LabRow
    assumed: bool


def liver_tests_hold(case: Case) -> Outcome:
    """Fire when AST, ALT or total bilirubin is in a row that says hold or reduce, and none says discontinue."""
    return _verdict(case, _LIVER, Action.HOLD)


def liver_tests_discontinue(case: Case) -> Outcome:
    """Fire when a liver test is in a row that says discontinue, or two together are (Hy's law)."""
    pair = _hepatic_pair(case)
    if pair is not None:
        return pair
    return _verdict(case, _LIVER, Action.DISCONTINUE)


def blood_count_hold(case: Case) -> Outcome:
    """Fire when platelets or neutrophils are in a row that says hold or reduce."""
    return _verdict(case, _COUNTS, Action.HOLD)


def _verdict(case: Case, tests: Iterable[str], action: Action) -> Outcome:
    rows = [row for row in case.product.monitoring.lab_rows if set(row.tests) & set(tests)]
    if not rows:
        return NotApplicable("the label has no such table")
    matches: list[Match] = []
    unlimited: list[Missing] = []
    for test in tests:
        result = _newest(case, test)
        if result is None:
            continue
        if result.upper_limit is None and any(row.times_uln and test in row.tests for row in rows):
            name = case.known.terminology.concepts[test].display
            unlimited.append(Missing("upper-limit", values={"test": name}))
        elif (match := _row_of(case, rows, result)) is not None:
            matches.append(match)
    if action is Action.HOLD and tests is _LIVER and isinstance(liver_tests_discontinue(case), Fired):
        return NotApplicable("a result says discontinue, and that card speaks")
    found = [match for match in matches if match.row.action is action]
    if found:
        return _fired(case, found)
    return CannotTell(tuple(unlimited)) if unlimited else Clear()


def _fired(case: Case, found: list[Match]) -> Fired:
    notes: list[tuple[str, Mapping[str, str]]] = []
    assumed = [match for match in found if match.assumed]
    if assumed:
        notes.append(("setting-unknown", {"setting": str(assumed[0].row.settings[0])}))
    then = dict.fromkeys(f"{_name(case, match.result.test)}: {match.row.then}" for match in found)
    return Fired(
        values={"results": ", ".join(_short(case, match.result) for match in found), "then": " ".join(then)},
        evidence=tuple(_line(case, match.result) for match in found),
        cited=tuple(dict.fromkeys(match.row.by for match in found)),
        notes=tuple(notes),
        fixes=(RemoveOrder(),),
    )


def _row_of(case: Case, rows: list[LabRow], result: LabResult) -> Match | None:
    """Find the row of a result; of the settings in question the one with the severest action."""
    by_setting: dict[Setting, LabRow | None] = {
        setting: next((row for row in rows if _fits(row, setting, result)), None) for setting in case.settings
    }
    matching = [row for row in by_setting.values() if row is not None]
    if not matching:
        return None
    worst = max(matching, key=lambda row: row.action.severity)
    milder = any(row is None or row.action is not worst.action for row in by_setting.values())
    return Match(result, worst, assumed=milder and bool(worst.settings))


def _fits(row: LabRow, setting: Setting, result: LabResult) -> bool:
    if result.test not in row.tests or (row.settings and setting not in row.settings):
        return False
    if row.value is not None:
        return row.value.holds(result.value)
    return row.times_uln is not None and result.upper_limit is not None and row.times_uln.holds(_times(result))


def _hepatic_pair(case: Case) -> Fired | None:
    """Find a transaminase and a bilirubin, drawn within days of each other, that together end treatment."""
    rule = case.product.monitoring.hepatic_pair
    bilirubin = _newest(case, "bilirubin-total")
    if rule is None or bilirubin is None or bilirubin.upper_limit is None or bilirubin.on is None:
        return None
    if _times(bilirubin) <= rule.bilirubin_above:
        return None
    for test in _TRANSAMINASES:
        enzyme = _newest(case, test)
        if enzyme is None or enzyme.upper_limit is None or enzyme.on is None:
            continue
        if _times(enzyme) > rule.transaminase_above and abs((enzyme.on - bilirubin.on).days) <= rule.within_days:
            cited: tuple[Cited, ...] = (rule.by,)
            return Fired(
                values={"results": f"{_short(case, enzyme)}, {_short(case, bilirubin)}", "then": rule.then},
                evidence=(_line(case, enzyme), _line(case, bilirubin)),
                cited=cited,
                fixes=(RemoveOrder(),),
            )
    return None


def _newest(case: Case, test: str) -> LabResult | None:
    """Give the newest result that is recent enough for the planned dose."""
    limit = case.days_before(case.threshold("lab_max_age_days"))
    newest = next((result for result in case.patient.labs.get(test, ()) if result.on is not None), None)
    return newest if newest is not None and newest.on is not None and newest.on >= limit else None


def _times(result: LabResult) -> Decimal:
    """Give a result as a multiple of its own upper limit of normal."""
    return result.value / result.upper_limit if result.upper_limit else Decimal(0)


def _name(case: Case, test: str) -> str:
    return case.known.terminology.concepts[test].display


def _short(case: Case, result: LabResult) -> str:
    if result.upper_limit is None or result.test in _COUNTS:
        return f"{_name(case, result.test)} {plain(result.value)}"
    return f"{_name(case, result.test)} {plain(_times(result))} x ULN"


def _line(case: Case, result: LabResult) -> Evidence:
    limit = f" ({plain(_times(result))} x ULN)" if result.upper_limit is not None and result.test in _LIVER else ""
    return Evidence("lab", f"{_name(case, result.test)}: {dated(result.as_reported + limit, result.on)}", result.origin)
