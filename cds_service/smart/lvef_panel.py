"""The panel of ejection fractions, with the label's bands for the next one, and when it is due."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from itertools import groupby, pairwise
from typing import TYPE_CHECKING

import msgspec

from cards.facts.order import DrugOrder
from cards.facts.origins import Origin
from cards.facts.outcomes import Fired
from cards.facts.results import Lvef
from cards.knowledge.schema import Action, Band
from cards.presentation.language import Localizer
from cards.readings.lvef_table import read_lvef
from cards.rules.lvef_monitoring import lvef_overdue
from cards.values.calendar_months import months_before
from cards.values.quantities import Percent, plain
from cds_service.smart.label_words import SHOWN, Say, action_text
from cds_service.smart.panels import Panel, Point, Series, Zone

if TYPE_CHECKING:
    from cards.readings.case import Case


_FURTHEST_DAYS = 800


_WHOLE = Decimal(100)


def lvef_panel(case: Case, say: Say, local: Localizer) -> Panel:
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
        if action is None or action in SHOWN:
            percent, what = plain(top), action_text(action, say)
            at_most = say("{what} at {percent} % or less", what=what, percent=percent)
            label = at_most if is_edge else say("{what} below {percent} %", what=what, percent=percent)
            yield Zone(began, top, label, str(action or "open"))
        began = top


def _edges(case: Case) -> Iterable[Decimal]:
    baseline = read_lvef(case).baseline
    for row in case.product.monitoring.lvef_rows:
        yield from _ends(row.lvef)
        if row.below_normal:
            yield row.normal_otherwise or case.threshold("lvef_lowest_lower_limit_percent")
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


def next_lvef(case: Case, say: Say) -> str:
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
