"""Whether the body weight behind a dose is plausible."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from cards.facts.outcomes import Missing
from cards.facts.patient import Treatment
from cards.facts.results import Weight
from cards.knowledge.label_doses import near
from cards.readings.course import has_dose_nearby, newest_dose
from cards.readings.parts_of_dose import judged_levels
from cards.values.caching import per_case
from cards.values.quantities import Mg, MgPerKg, plain

if TYPE_CHECKING:
    from cards.readings.case import Case

_HUNDRED = Decimal(100)


class WeightDoubt(NamedTuple):
    """A weight that differs from an earlier one, or a dose that differs from the last one at the same level.

    ``other`` is the earlier weight; without one, ``last`` is the earlier dose. ``percent`` is the change.
    """

    newest: Weight
    other: Weight | None
    last: Treatment | None
    percent: Decimal
    is_pounds: bool


@per_case
def weight_doubt(case: Case) -> WeightDoubt | None:
    """Return whether the newest weight is in doubt: then neither it nor the previous one is used for calculations."""
    newest = case.weight
    if not case.needs_weight or newest is None or newest.on is None:
        return None
    other = _weight_before(case, newest)
    if other is not None and (case.weight_based or _changes_dose(case, newest, other)):
        return _differing(newest, newest.kg.value, other.kg.value, other, None, case)
    return _by_last_dose(case, newest) if other is None and case.weight_based else None


def _changes_dose(case: Case, newest: Weight, other: Weight) -> bool:
    """Return whether two weights are on different sides of one at which a fixed dose changes."""
    low, high = sorted((newest.kg.value, other.kg.value))
    return any(low < bound <= high for bound in case.weight_bounds)


def is_level_at_other(case: Case) -> bool:
    """Return whether the dose is a labeled level at the other of two weights that cannot both be right."""
    doubt = weight_doubt(case)
    if doubt is None or doubt.other is None:
        return False
    tolerance = case.threshold("dose_rounding_tolerance_percent")
    kg = doubt.other.kg
    levels = [level.dose for regimen in case.product.regimens if regimen.is_for(kg.value) for level in regimen.levels]
    at_other = [reading.per_kg(kg) if case.weight_based else reading.in_mg(kg) for reading, _ in judged_levels(case)]
    return bool(at_other) and all(
        now is not None
        and any(type(level) is type(now) and near(now.value, level.value, tolerance) for level in levels)
        for now in at_other
    )


def stated_otherwise(case: Case) -> Missing | None:
    """Return that the order itself states another body weight than the newest one, if they cannot both be right.

    For a dose by weight they need not differ as much: it is enough that the dose may be a level at one of them alone.
    An order by ideal or adjusted weight has a card of its own.
    """
    newest, ratio = case.weight, case.known.pounds.ratio
    stated = [*case.order.text_weights, *(each for note in case.order.notes for each in note.weights)]
    if newest is None or case.order.weight_basis:
        return None
    apart = case.threshold("dose_rounding_tolerance_percent" if case.weight_based else "weight_change_percent")
    for each in stated:
        kilograms = each.number / ratio if each.in_pounds else each.number
        if not near(kilograms, newest.kg.value, apart):
            values = {"said": f"{plain(each.number)} {'lb' if each.in_pounds else 'kg'}", "weight": str(newest.kg)}
            return Missing("weight-on-order", values=values, is_urgent=True)
    return None


def _weight_before(case: Case, newest: Weight) -> Weight | None:
    """Return the last weight from another day that is near enough for comparison, or one of exactly the same time."""
    if newest.beside:
        tied = [each for each in case.patient.weights if each.on == newest.on and str(each.kg) in newest.beside]
        far = [each for each in tied if _differing(newest, newest.kg.value, each.kg.value, each, None, case)]
        if far:
            return max(far, key=lambda each: each.kg.value)
    most = case.threshold("weight_change_days")
    for weight in case.patient.weights:
        if weight.on is not None and newest.on is not None and weight.on < newest.on:
            return weight if (newest.on - weight.on).days <= most else None
    return None


def _differing(
    newest: Weight, now: Decimal, before: Decimal, other: Weight | None, last: Treatment | None, case: Case
) -> WeightDoubt | None:
    if before <= 0:
        return None
    percent = (now - before) / before * _HUNDRED
    if abs(percent) <= case.threshold("weight_change_percent"):
        return None
    ratio, pounds = max(now, before) / min(now, before), case.known.pounds
    return WeightDoubt(newest, other, last, percent, near(ratio, pounds.ratio, pounds.within_percent))


def _by_last_dose(case: Case, newest: Weight) -> WeightDoubt | None:
    """Compare the dose with the last one in milligrams, if there is no weight from the time of the last one.

    A last dose that is a labeled level at the current weight needs no other weight to explain it.
    """
    # What was given on the day itself may be a part of a dose.
    last = newest_dose(case, tuple(each for each in case.history if each.on != case.planned))
    if (
        last is None
        or not isinstance(last.dose, Mg)
        or last.stopped
        or max(last.bags, last.alike) > 1
        or has_dose_nearby(case, last, case.history)
    ):
        return None
    if case.age_in_days(last.on or case.planned) > case.threshold("weight_change_days"):
        return None
    tolerance = case.threshold("dose_rounding_tolerance_percent")
    levels = [level.dose for regimen in case.product.regimens for level in regimen.levels]
    then = last.dose / newest.kg
    if any(isinstance(level, MgPerKg) and near(then.value, level.value, tolerance) for level in levels):
        return None
    for reading, level in judged_levels(case):
        now = reading.in_mg(newest.kg)
        if level is not None and now is not None:
            return _differing(newest, now.value, last.dose.value, None, last, case)
    return None
