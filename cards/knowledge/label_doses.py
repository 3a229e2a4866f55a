"""The doses and limits in a label, derived from its regimens and tables: levels, maxima, rows of a test."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from decimal import Decimal
from typing import NamedTuple

import msgspec

from cards.knowledge.schema import Action, Cancer, LabRow, Level, Maximum, Problem, Product, Regimen

_HUNDRED = Decimal(100)


class Ceiling(msgspec.Struct, frozen=True):
    """The applicable maximum. ``assumed``: the cancer is not known and the strictest maximum was used."""

    maximum: Maximum
    regimen: Regimen
    assumed: bool


class Labeled(NamedTuple):
    """The label's doses for some cancers and a schedule."""

    regimens: tuple[Regimen, ...]
    ceiling: Ceiling | None


class Span(NamedTuple):
    """A level, and the range of doses that match it."""

    low: Decimal
    high: Decimal
    level: Level


class RowsOfTest(NamedTuple):
    """The rows of a label's table for one test, their overall range, and whether one ends treatment."""

    rows: tuple[LabRow, ...]
    lowest: Decimal
    highest: Decimal
    ends_treatment: bool


def regimens_for(product: Product, cancers: Iterable[Cancer], interval_days: Decimal | None) -> tuple[Regimen, ...]:
    """List the regimens that fit the cancers and the ordered interval, as far as either is known.

    The list is empty for a cancer that the label covers but whose doses are not on file. For a cancer not on the
    label, all regimens are listed, because they are the only doses to compare an order with.
    """
    wanted = set(cancers)
    fitting = [regimen for regimen in product.regimens if wanted & set(regimen.cancers)]
    if not fitting:
        if any(wanted & set(row.cancers) for row in product.eligibility):
            return ()
        fitting = list(product.regimens)
    on_schedule = [regimen for regimen in fitting if interval_days == regimen.interval_days]
    return tuple(on_schedule or fitting)


def ceiling(fitting: tuple[Regimen, ...]) -> Ceiling | None:
    """Find the maximum for an order's indication and schedule, from the matching regimens.

    If the schedule is not known, the larger of the labeled schedules applies, because either may be meant; if the
    cancer is not known, or there are several, the smallest does.
    """
    if not fitting:
        return None
    by_cancers: dict[tuple[Cancer, ...], Regimen] = {}
    for regimen in fitting:
        best = by_cancers.get(regimen.cancers)
        if best is None or _number(regimen.maximum) > _number(best.maximum):
            by_cancers[regimen.cancers] = regimen
    strictest = min(by_cancers.values(), key=lambda regimen: _number(regimen.maximum))
    return Ceiling(strictest.maximum, strictest, assumed=len(by_cancers) > 1)


def for_patient(
    regimens: tuple[Regimen, ...], kg: Decimal | None, beside: Collection[str], problems: Collection[Problem]
) -> tuple[Regimen, ...]:
    """Narrow the regimens of tablets to a patient: by body weight, partner drug, and reasons for another dose.

    Weight bounds are ignored if the weight is not known, and partners if none is on record. A dose for a problem on
    record is the maximum; levels for a drug or problem that is not on record are left out.
    """
    fitting = [each for each in regimens if kg is None or each.is_for(kg)]
    partnered = [each for each in fitting if each.beside in beside]
    if partnered:
        fitting = [each for each in fitting if each.beside is None or each.beside in beside]
    return tuple(_adjusted(each, beside, problems) for each in fitting)


def _adjusted(regimen: Regimen, beside: Collection[str], problems: Collection[Problem]) -> Regimen:
    levels = tuple(
        level
        for level in regimen.levels
        if (level.beside is None or level.beside in beside) and (level.problem is None or level.problem in problems)
    )
    limits = [level for level in levels if level.problem is not None]
    if not limits:
        return regimen if len(levels) == len(regimen.levels) else msgspec.structs.replace(regimen, levels=levels)
    lowest = min(limits, key=_number)
    maximum = Maximum(mg=lowest.mg, by=lowest.by)
    kept = tuple(level for level in levels if _number(level) <= _number(lowest))
    return msgspec.structs.replace(regimen, levels=kept, maximum=maximum)


def _number(stated: Maximum | Level) -> Decimal:
    return stated.dose.value


def near(dose: Decimal, level: Decimal, percent: Decimal) -> bool:
    """Return whether a dose lies within ``percent`` of a level."""
    return abs(dose - level) * _HUNDRED <= level * percent


def around(level: Decimal, percent: Decimal) -> tuple[Decimal, Decimal]:
    """Return the lowest and highest dose within ``percent`` of a level."""
    share = level * percent / _HUNDRED
    return level - share, level + share


def rows_by_test(product: Product) -> dict[str, RowsOfTest]:
    """Return the rows of a product's table, grouped by test."""
    tests = dict.fromkeys(test for row in product.monitoring.lab_rows for test in row.tests)
    return {test: _rows_of(test, product.monitoring.lab_rows) for test in tests}


def _rows_of(test: str, table: tuple[LabRow, ...]) -> RowsOfTest:
    rows = tuple(row for row in table if test in row.tests)
    bands = [band for row in rows if (band := row.times_uln or row.value) is not None]
    lowest, highest = min(band.lowest for band in bands), max(band.highest for band in bands)
    return RowsOfTest(rows, lowest, highest, any(row.action is Action.DISCONTINUE for row in rows))
