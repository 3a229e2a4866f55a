"""Panels of laboratory tests, with the values at which the label says hold or discontinue."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import TYPE_CHECKING

from cards.knowledge.schema import Action, LabRow, Setting
from cards.presentation.language import Localizer
from cards.readings.lab_table import times_limit
from cards.values.quantities import in_print, plain
from cds_service.smart.label_words import SHOWN, Say, action_text
from cds_service.smart.panels import Line, Panel, Point, Series

if TYPE_CHECKING:
    from cards.facts.results import LabResult
    from cards.readings.case import Case


_ULN = "× ULN"


def tests_of(case: Case) -> tuple[str, ...]:
    """Return the tests in the tables of the product's label."""
    return tuple(case.recognizer.lab_rows[case.product.id])


def lab_panels(case: Case, tests: tuple[str, ...], title: str, say: Say, local: Localizer) -> tuple[Panel, ...]:
    """Show the tests in the label's tables, with the values at which the label says hold or discontinue."""
    wanted = [test for test in tests if test in tests_of(case)]
    if not wanted:
        return ()
    names = {test: local.text(case.known.terminology.concepts[test].display) for test in wanted}
    by_limit = any(row.times_uln for test in wanted for row in _rows(case, test))
    series = tuple(
        Series(names[test], tuple(_points(case.patient.labs.get(test, ()), local, by_limit=by_limit)), shape)
        for test, shape in zip(wanted, ("circle", "square", "triangle"), strict=False)
    )
    lines: dict[tuple[Decimal, str, str], list[str]] = {}
    for test in wanted:
        for value, side, action in _limits(_rows(case, test)):
            lines.setdefault((value, side, str(action)), []).append(names[test])
    unit = _ULN if by_limit else in_print(case.known.terminology.concepts[wanted[0]].unit or "")
    drawn = tuple(
        Line(value, _line(action, side, value, say) + (f" ({', '.join(of)})" if len(wanted) > 1 else ""), action)
        for (value, side, action), of in sorted(lines.items())
    )
    rows = tuple(
        (result.on, f"{names[test]} {in_print(result.as_reported)}", _multiple(result, say) if by_limit else "")
        for test in wanted
        for result in reversed(case.patient.labs.get(test, ()))
    )
    return (Panel(title, local.locale.units.get(unit, unit), series, drawn, rows=rows),)


def _line(action: str, side: str, value: Decimal, say: Say) -> str:
    what, number = action_text(Action(action), say), plain(value)
    above = say("{what} above {number}", what=what, number=number)
    return above if side == "above" else say("{what} below {number}", what=what, number=number)


def _multiple(result: LabResult, say: Say) -> str:
    if not result.upper_limit:
        return say("no upper limit of normal with the result")
    return say("{number} × ULN", number=plain(times_limit(result)))


def _points(results: Iterable[LabResult], local: Localizer, *, by_limit: bool) -> Iterable[Point]:
    for result in reversed(tuple(results)):
        if result.on is None or (by_limit and not result.upper_limit):
            continue
        value = times_limit(result) if by_limit else result.value
        yield Point(result.on, value, local.figures(f"{plain(value)} {_ULN}" if by_limit else plain(value)))


def _rows(case: Case, test: str) -> tuple[LabRow, ...]:
    settings: tuple[Setting, ...] = case.settings
    rows = case.recognizer.lab_rows[case.product.id][test].rows
    return tuple(row for row in rows if not row.settings or not set(row.settings).isdisjoint(settings))


def _limits(rows: Iterable[LabRow]) -> Iterable[tuple[Decimal, str, Action]]:
    """Return the value at which each action begins; if several settings are possible, the stricter one."""
    above: dict[Action, Decimal] = {}
    below: dict[Action, Decimal] = {}
    for row in rows:
        band = row.times_uln or row.value
        if band is None or row.action not in SHOWN:
            continue
        low = band.above if band.above is not None else band.at_least
        high = band.below if band.below is not None else band.at_most
        if row.times_uln is not None and low is not None:
            above[row.action] = min(low, above.get(row.action, low))
        elif row.value is not None and high is not None:
            below[row.action] = max(high, below.get(row.action, high))
    yield from ((value, "above", action) for action, value in above.items())
    yield from ((value, "below", action) for action, value in below.items())
