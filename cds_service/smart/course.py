"""The course of one drug as panels on one timeline.

Every number comes from the chart or from the knowledge. If the label's rows depend on the setting and none is on
record, the stricter row is drawn, as in the rules.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from cards.knowledge.schema import CycleLimit, LevelRole, Setting
from cards.knowledge.schema import Panel as Tests
from cards.presentation.language import Locale, Localizer
from cards.readings.dosing import usable_doses
from cards.values.quantities import Mg, plain
from cds_service.smart.lab_panels import lab_panels, tests_of
from cds_service.smart.label_words import Say
from cds_service.smart.lvef_panel import lvef_panel, next_lvef
from cds_service.smart.panels import Line, Panel, Point, Series

if TYPE_CHECKING:
    from cards.readings.case import Case

IN_ENGLISH = Localizer(Locale())


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
    liver = lab_panels(case, tests, say("Liver tests, multiples of the upper limit of normal"), say, local)
    counts = lab_panels(
        case, tuple(test for test in tests_of(case) if test not in tests), say("Blood counts"), say, local
    )
    panels = (
        _doses(case, say, local),
        *([lvef_panel(case, say, local)] if case.product.monitoring.lvef else []),
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
        next_lvef(case, say),
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
