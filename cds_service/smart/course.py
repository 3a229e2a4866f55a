"""The course of one drug as panels on one timeline.

Every number comes from the chart or from the knowledge. If the label's rows depend on the setting and none is on
record, the stricter row is drawn, as in the rules.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from itertools import groupby, pairwise
from typing import TYPE_CHECKING

import msgspec

from cards.facts.order import DrugOrder
from cards.facts.origins import Origin
from cards.facts.outcomes import Fired
from cards.facts.results import Lvef
from cards.knowledge.schema import Action, Band, CycleLimit, LabRow, LevelRole, Setting
from cards.knowledge.schema import Panel as Tests
from cards.presentation.language import Locale, Localizer
from cards.readings.dosing import usable_doses
from cards.readings.lab_table import times_limit
from cards.readings.lvef_table import read_lvef
from cards.rules.lvef_monitoring import lvef_overdue
from cards.values.calendar_months import months_before
from cards.values.quantities import Mg, Percent, in_print, plain
from cds_service.smart.panels import Line, Panel, Point, Series, Zone

if TYPE_CHECKING:
    from cards.facts.results import LabResult
    from cards.readings.case import Case

_SHOWN = (Action.HOLD, Action.DISCONTINUE, Action.RECHECK)
IN_ENGLISH = Localizer(Locale())
Say = Callable[..., str]
"""Returns a sentence in a language, with its values."""
_FURTHEST_DAYS = 800
_ULN = "× ULN"
_WHOLE = Decimal(100)


@dataclass(frozen=True, slots=True)
class Course:
    """What the page shows for one drug."""

    drug: str
    generic: str
    count: int
    limit: str
    setting: str
    panels: tuple[Panel, ...]
    lvef_due: str


def course(case: Case, say: Say = str.format, local: Localizer = IN_ENGLISH) -> Course:
    """Build the course of a drug in the language of the page.

    ``say`` returns a sentence with its values, ``local`` writes numbers, units and the names of tests. What the chart
    says stands as it says it.
    """
    limits = [each for each in case.product.cycle_limits if each.setting in case.settings]
    tests = case.known.terminology.in_panel(Tests.LIVER)
    liver = _labs(case, tests, say("Liver tests, multiples of the upper limit of normal"), say, local)
    counts = _labs(case, tuple(test for test in _tests(case) if test not in tests), say("Blood counts"), say, local)
    panels = (
        _doses(case, say, local),
        *([_lvef(case, say, local)] if case.product.monitoring.lvef else []),
        *liver,
        *counts,
    )
    return Course(
        case.drug,
        case.product.generic,
        len({each.on for each in case.history}),
        _limit(limits[0], say) if limits else "",
        _setting(case.setting, say) if case.setting else say("not on record: the stricter rows count"),
        panels,
        _due(case, say),
    )


def _setting(setting: Setting, say: Say) -> str:
    return say("metastatic") if setting is Setting.METASTATIC else say("early")


def _limit(limit: CycleLimit, say: Say) -> str:
    if limit.setting is Setting.EARLY:
        return say("of {count} in early disease", count=limit.cycles)
    return say("of {count} in metastatic disease", count=limit.cycles)


def _doses(case: Case, say: Say, local: Localizer) -> Panel:
    """Show the doses given, per kilogram at the weight on that day, against the label's levels."""
    unit = "mg/kg" if case.weight_based else "mg"
    points, rows = [], []
    for treatment in reversed(case.history):
        if treatment.on is None or treatment.dose is None:
            continue
        dose = treatment.dose
        weight = case.weight_at(treatment.on)
        note = ""
        if case.weight_based and isinstance(dose, Mg):
            if weight is None:
                rows.append((treatment.on, local.figures(str(dose)), say("no weight on record")))
                continue
            note = say("{dose} at {weight}", dose=dose, weight=weight.kg)
            dose = dose / weight.kg
        points.append(Point(treatment.on, dose.value, local.figures(str(dose))))
        rows.append((treatment.on, local.figures(str(dose)), note))
    lines: dict[Decimal, list[str]] = {}
    maximum = None
    for regimen in case.regimens:
        for level in regimen.levels:
            _add(lines, level.dose.value, _role(level.role, say))
        maximum = max(maximum or Decimal(0), regimen.maximum.dose.value)
    drawn = [
        Line(value, f"{local.figures(plain(value))} {', '.join(names)}", "level") for value, names in lines.items()
    ]
    if maximum is not None:
        drawn = [each for each in drawn if each.value != maximum]
        names = ", ".join([*lines.get(maximum, []), say("maximum")])
        drawn.append(Line(maximum, f"{local.figures(plain(maximum))} {names}", "limit"))
    series = [Series(say("Given"), tuple(points), "square")]
    if ordered := _ordered(case, local):
        series.append(Series(say("Ordered"), ordered, "ring"))
        rows += [(point.on, point.said, say("ordered")) for point in ordered]
    return Panel(say("Doses"), unit, tuple(series), tuple(drawn), rows=tuple(rows))


def _role(role: LevelRole, say: Say) -> str:
    words = {
        LevelRole.START: say("start"),
        LevelRole.LOADING: say("loading"),
        LevelRole.MAINTENANCE: say("maintenance"),
        LevelRole.REDUCTION: say("reduction"),
        LevelRole.ADJUSTED: say("adjusted"),
        LevelRole.STEP: say("step"),
    }
    return words.get(role, str(role))


def _ordered(case: Case, local: Localizer) -> tuple[Point, ...]:
    """Show the ordered doses, if readable, on the planned day."""
    weight = case.weight.kg if case.weight else None
    doses = (each.per_kg(weight) if case.weight_based else each.in_mg(weight) for each in usable_doses(case))
    return tuple(Point(case.planned, dose.value, local.figures(str(dose))) for dose in doses if dose is not None)


def _add(lines: dict[Decimal, list[str]], value: Decimal, name: str) -> None:
    names = lines.setdefault(value, [])
    if name not in names:
        names.append(name)


def _lvef(case: Case, say: Say, local: Localizer) -> Panel:
    """Show the ejection fractions with the label's bands for the next one."""
    measured = [lvef for lvef in reversed(case.patient.lvefs) if lvef.on is not None]
    points = tuple(Point(each.on, each.percent.value, local.figures(str(each.percent))) for each in measured if each.on)
    rows = tuple((each.on, each.as_reported, "") for each in case.patient.lvefs[::-1])
    zones = tuple(_zones(case, say)) if measured else ()
    return Panel("LVEF", "%", (Series("LVEF", points, "circle"),), zones=zones, rows=rows, low=Decimal(30))


def _zones(case: Case, say: Say) -> Iterable[Zone]:
    """Look up what the label's table would say about every ejection fraction, if it were measured today.

    The action can change only at a limit of a row, or at a drop from baseline in a row, so these are looked up, and one
    value between each two.
    """
    edges = sorted({edge for edge in _edges(case) if 0 < edge < _WHOLE})
    asked: list[tuple[Decimal, bool]] = []
    for low, high in pairwise([Decimal(0), *edges, _WHOLE]):
        asked += [((low + high) / 2, False), (high, True)]
    runs = groupby(asked[:-1], key=lambda each: _action_at(case, each[0]))
    began = Decimal(0)
    for action, values in runs:
        last, is_edge = list(values)[-1]
        top = last if is_edge else next((edge for edge in edges if edge > last), _WHOLE)
        if action is None or action in _SHOWN:
            percent, what = plain(top), _action(action, say)
            at_most = say("{what} at {percent} % or less", what=what, percent=percent)
            label = at_most if is_edge else say("{what} below {percent} %", what=what, percent=percent)
            yield Zone(began, top, label, str(action or "open"))
        began = top


def _action(action: Action | None, say: Say) -> str:
    words = {
        Action.HOLD: say("hold"),
        Action.DISCONTINUE: say("discontinue"),
        Action.RECHECK: say("repeat soon"),
        None: say("more data decides"),
    }
    return words.get(action, str(action))


def _edges(case: Case) -> Iterable[Decimal]:
    baseline = read_lvef(case).baseline
    for row in case.product.monitoring.lvef_rows:
        yield from _ends(row.lvef)
        if row.drop is not None and baseline is not None:
            yield from (baseline.percent.value - end for end in _ends(row.drop))


def _ends(band: Band) -> Iterable[Decimal]:
    return (end for end in (band.above, band.at_least, band.below, band.at_most) if end is not None)


def _action_at(case: Case, percent: Decimal) -> Action | None:
    """Return the table's action for a value; ``None`` if it depends on data that are not on record."""
    measured = Lvef(Percent(percent), case.session.today, Origin("", ""), "")
    patient = msgspec.structs.replace(case.patient, lvefs=(measured, *case.patient.lvefs))
    session = msgspec.structs.replace(case.session, patient=patient)
    rows = read_lvef(replace(case, session=session)).rows
    actions = {row.action if row else Action.CONTINUE for row in rows}
    return actions.pop() if len(actions) == 1 else None


def _due(case: Case, say: Say) -> str:
    """Return when the next ejection fraction is due, by the rule for an overdue one."""
    newest = next((each.on for each in case.patient.lvefs if each.on is not None), None)
    if newest is None:
        return ""
    outcome = lvef_overdue(case)
    if isinstance(outcome, Fired):
        due = _last_day(newest, int(outcome.values["months"]))
        return say("overdue since {day}", day=due + timedelta(days=1))
    for days in range(1, _FURTHEST_DAYS):
        day = case.session.today + timedelta(days=days)
        order = msgspec.structs.replace(case.order, start=day)
        if isinstance(lvef_overdue(_with(case, order)), Fired):
            return say("next due by {day}", day=day - timedelta(days=1))
    return ""


def _with(case: Case, order: DrugOrder) -> Case:
    return replace(case, order=order)


def _last_day(on: date, months: int) -> date:
    """Return the last day on which a measurement is recent enough."""
    day = on
    while months_before(day + timedelta(days=1), months) <= on:
        day += timedelta(days=1)
    return day


def _tests(case: Case) -> tuple[str, ...]:
    return tuple(case.recognizer.lab_rows[case.product.id])


def _labs(case: Case, tests: tuple[str, ...], title: str, say: Say, local: Localizer) -> tuple[Panel, ...]:
    """Show the tests in the label's tables, with the values at which the label says hold or discontinue."""
    wanted = [test for test in tests if test in _tests(case)]
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
    what, number = _action(Action(action), say), plain(value)
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
        if band is None or row.action not in _SHOWN:
            continue
        low = band.above if band.above is not None else band.at_least
        high = band.below if band.below is not None else band.at_most
        if row.times_uln is not None and low is not None:
            above[row.action] = min(low, above.get(row.action, low))
        elif row.value is not None and high is not None:
            below[row.action] = max(high, below.get(row.action, high))
    yield from ((value, "above", action) for action, value in above.items())
    yield from ((value, "below", action) for action, value in below.items())
