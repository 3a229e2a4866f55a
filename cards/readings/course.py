"""The course of treatment so far: the schedule of each earlier dose, and the number of weeks of treatment.

A course may change its schedule: weekly trastuzumab with paclitaxel continues every three weeks, one week after the
last weekly dose. What is due depends on the dose that was given, not on the one that is ordered.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from cards.facts.outcomes import Evidence, Missing
from cards.facts.patient import Treatment, TreatmentState
from cards.facts.topics import Topic
from cards.knowledge.label_doses import Labeled, around
from cards.knowledge.schema import Level, LevelRole, Reload
from cards.readings.case import dated
from cards.readings.parts_of_dose import judged_levels
from cards.values.caching import per_case
from cards.values.quantities import Mg, MgPerKg

if TYPE_CHECKING:
    from cards.readings.case import Case

WEEK = 7


def same_antibody(case: Case) -> tuple[Treatment, ...]:
    """Return the earlier doses of every product that shares an antibody with the ordered one, newest first."""
    return case.doses_of(case.recognizer.same_antibody[case.product.id])


def per_kg(case: Case, earlier: Treatment) -> MgPerKg | None:
    """Return an earlier dose per kilogram, using the weight at that time."""
    if isinstance(earlier.dose, MgPerKg):
        return earlier.dose
    on = earlier.on or (earlier.within[0] if earlier.within else None)
    weight = case.weight_at(on) if on is not None else None
    return earlier.dose / weight.kg if isinstance(earlier.dose, Mg) and weight is not None else None


def level_of(case: Case, earlier: Treatment) -> Level | None:
    """Find the level of an earlier dose, within the site's tolerance: the nearest if there are several."""
    dose = per_kg(case, earlier)
    return _level_at(case, earlier, dose) if dose is not None else None


def _level_at(case: Case, earlier: Treatment, dose: MgPerKg) -> Level | None:
    tolerance = case.threshold("dose_rounding_tolerance_percent")
    spans = case.recognizer.spans_per_kg(earlier.product, case.cancers, tolerance)
    met = [level for low, high, level in spans if low <= dose.value <= high]
    if len(met) > 1:
        return min(met, key=lambda level: abs(dose.value - level.dose.value))
    return met[0] if met else None


def interval_after(case: Case, earlier: Treatment, doses: tuple[Treatment, ...]) -> int | None:
    """Return the days that the label requires after an earlier dose; ``None`` if its schedule is unknown.

    If the product has several schedules, by the level of the dose, else by the time since the dose before it.
    """
    product = case.recognizer.product(earlier.product)
    regimens = case.recognizer.labeled(product.id, case.cancers, None).regimens
    intervals = {regimen.interval_days for regimen in regimens}
    if len(intervals) == 1:
        return intervals.pop()
    level = level_of(case, earlier)
    if level is not None:
        return next(regimen.interval_days for regimen in regimens if level in regimen.levels)
    before = next(
        (each.on for each in doses if each.on is not None and earlier.on is not None and each.on < earlier.on), None
    )
    if before is None or earlier.on is None or not intervals:
        # Of a product without a schedule on file for this cancer, none is known.
        return None
    return min(intervals) if (earlier.on - before).days <= case.known.weekly.at_most_days else max(intervals)


@per_case
def interval_of_order(case: Case) -> int | None:
    """Return the days of the order's own schedule: the only one that fits, or that of its level."""
    intervals = {regimen.interval_days for regimen in case.regimens}
    if len(intervals) == 1:
        return intervals.pop()
    met = {
        regimen.interval_days
        for _, level in judged_levels(case)
        if level is not None and level.role is not LevelRole.LOADING
        for regimen in case.regimens
        if level in regimen.levels
    }
    return met.pop() if len(met) == 1 else None


def undated_doses(case: Case, last: Treatment | None) -> tuple[Missing, ...]:
    """List doses of the same antibody on an unknown day that may be too close to the planned one."""
    undated = case.undated_doses_of(case.recognizer.same_antibody[case.product.id])
    if not undated:
        return ()
    longest = max((regimen.interval_days for regimen in case.regimens), default=WEEK)
    found: list[Missing] = []
    for each in undated:
        if each.within is None:
            found.append(Missing("earlier-dose-undated", values={"drug": case.recognizer.product(each.product).name}))
            continue
        first, latest = each.within
        newer = last is None or last.on is None or latest > last.on
        if newer and first <= case.planned and case.age_in_days(min(latest, case.planned)) < longest:
            values = {"first": first.isoformat(), "last": min(latest, case.planned).isoformat()}
            found.append(Missing("earlier-dose-within", values=values))
    return tuple(each for place, each in enumerate(found) if each not in found[:place])


@per_case
def doses_of_course(case: Case) -> tuple[Treatment, ...]:
    """Return the doses that count toward the labeled course, in every form of the antibody, newest first.

    An infusion that was stopped and finished within days is one dose.
    """
    doses = case.doses_of(products_of_course(case))
    return tuple(each for each in doses if not (each.stopped and has_dose_nearby(case, each, doses)))


def products_of_course(case: Case) -> frozenset[str]:
    """Return the products whose doses count toward the labeled course."""
    return products_counting(case) if case.product.reload else case.recognizer.same_antibody[case.product.id]


def weeks_of_treatment(case: Case, further: int = 0) -> Decimal:
    """Add up the weeks of treatment from the earlier doses of the course, plus further doses as ordered."""
    usual = min((regimen.interval_days for regimen in case.regimens), default=WEEK)
    doses = doses_of_course(case)
    days = {each.on: interval_after(case, each, doses) or usual for each in doses}
    return Decimal(sum(days.values()) + further * usual) / WEEK


class GapRule(NamedTuple):
    """The label's rule on a gap, the dose it counts from, and the days since then."""

    rule: Reload
    last: Treatment
    on: date
    days: int


@per_case
def gap_rule(case: Case) -> GapRule | None:
    """Find the rule on a gap for the schedule of the last dose; none if there was no dose.

    If the amount of the last dose is not on record, the order's own schedule is used; if that is unknown too, there is
    no rule, and ``schedule_unknown`` reports it.
    """
    last = _last_counting(case)
    if last is None or last.on is None or not case.regimens:
        return None
    interval = _interval_since(case, last)
    rule = next((each for each in case.product.reload if each.interval_days == interval), None)
    return GapRule(rule, last, last.on, case.age_in_days(last.on)) if rule is not None else None


@per_case
def schedule_unknown(case: Case) -> Treatment | None:
    """Return the last dose if neither it nor the order shows which of the product's schedules applies."""
    last = _last_counting(case)
    if last is None or not case.regimens:
        return None
    return last if _interval_since(case, last) is None else None


def _interval_since(case: Case, last: Treatment) -> int | None:
    return interval_after(case, last, _doses_counting(case)) or interval_of_order(case)


def amount_unknown(case: Case, last: Treatment) -> Missing:
    """Say why the schedule of an earlier dose is unknown: its amount, or the weight at that time."""
    on = last.on.isoformat() if last.on is not None else ""
    if not isinstance(last.dose, Mg):
        return Missing("earlier-amount", values={"date": on})
    if case.weight is None:
        return Missing("weight", reported_by=Topic.DOSE_CANNOT_VERIFY)
    return Missing("earlier-weight", values={"date": on})


def _doses_counting(case: Case) -> tuple[Treatment, ...]:
    if not case.product.reload:
        return ()
    return case.doses_of(products_counting(case))


def products_counting(case: Case) -> frozenset[str]:
    """Return the products whose doses count as the last one before a gap: this one, and those the label names."""
    return frozenset({case.product.id}.union(*(rule.also_after for rule in case.product.reload)))


def _last_counting(case: Case) -> Treatment | None:
    """Return the last dose; one known only to the month counts as given on the last possible day."""
    if not case.patient.treatments:
        return None
    dated = newest_dose(case, _doses_counting(case))
    latest = max(
        (
            msgspec.structs.replace(each, on=min(each.within[1], case.planned))
            for each in (case.undated_doses_of(products_counting(case)) if case.product.reload else ())
            if each.within is not None and each.within[0] <= case.planned
        ),
        key=lambda each: (each.on or date.min, each.origin.reference),
        default=None,
    )
    if dated is None or latest is None:
        return dated or latest
    return latest if (latest.on or date.min) > (dated.on or date.min) else dated


def newest_dose(case: Case, doses: tuple[Treatment, ...]) -> Treatment | None:
    """Return the newest dose before the planned one; in some time zone it is tomorrow already."""
    if not doses:
        return None
    latest = max(case.planned, case.tomorrow)
    return next((each for each in doses if each.on is not None and each.on <= latest), None)


class Reduced(NamedTuple):
    """The lowest level that a course was reduced to, and the dose."""

    level: Level
    earlier: Treatment


def lowest_reduction(case: Case) -> Reduced | None:
    """Find the lowest reduced level among the earlier doses of the product.

    An infusion that was stopped, or given in parts on adjacent days, is not a reduction.
    """
    doses = (*case.history, *case.undated_doses_of(frozenset({case.product.id})))
    if not doses:
        return None
    regimens = _labeled(case).regimens
    if not any(level.role is LevelRole.REDUCTION for regimen in regimens for level in regimen.levels):
        return None
    levels = [(level_of(case, each), each) for each in doses if not each.stopped]
    reduced = [
        Reduced(level, each)
        for level, each in levels
        if level is not None
        and level.role is LevelRole.REDUCTION
        and not has_dose_nearby(case, each, case.history)
        and not _is_other_by_weight_before(case, each, level)
    ]
    return min(reduced, key=lambda found: found.level.dose.value, default=None)


def reduced_by_one_weight(case: Case) -> Reduced | None:
    """Return the newest dose that is of a reduced level by the weight before it or the one after it, not by both."""
    for each in case.history:
        level = level_of(case, each)
        if each.stopped or not _is_other_by_weight_before(case, each, level):
            continue
        reduced = [one for one in (level, _level_before(case, each)) if one and one.role is LevelRole.REDUCTION]
        if reduced and not has_dose_nearby(case, each, case.history):
            return Reduced(min(reduced, key=lambda one: one.dose.value), each)
    return None


def reduced_in_parts(case: Case) -> Reduced | None:
    """Return the newest dose of several alike entries whose amount is no level, and together a reduced one."""
    for each in case.history:
        dose = per_kg(case, each) if each.alike > 1 and not each.stopped else None
        if dose is None or _level_at(case, each, dose) is not None:
            continue
        level = _level_at(case, each, MgPerKg(dose.value * each.alike))
        if level is not None and level.role is LevelRole.REDUCTION:
            return Reduced(level, each)
    return None


def _is_other_by_weight_before(case: Case, earlier: Treatment, level: Level | None) -> bool:
    """Return whether a dose is of another level by the last weight before it, where the nearest one is from after it.

    Which of the two it was worked out from is not known: the patient may have gained weight since.
    """
    if not isinstance(earlier.dose, Mg) or earlier.on is None:
        return False
    nearest = case.weight_at(earlier.on)
    if nearest is None or nearest.on is None or nearest.on <= earlier.on or case.weight_before(earlier.on) is None:
        return False
    return _level_before(case, earlier) != level


def _level_before(case: Case, earlier: Treatment) -> Level | None:
    before = case.weight_before(earlier.on) if earlier.on is not None else None
    return _level_at(case, earlier, earlier.dose / before.kg) if before and isinstance(earlier.dose, Mg) else None


def perhaps_reduced(case: Case) -> Reduced | None:
    """Return the last dose if it is a reduced level at today's weight and no weight from its own time is on record."""
    last = newest_dose(case, case.history)
    if last is None or last.stopped or not isinstance(last.dose, Mg) or case.kg is None or not case.weight_based:
        return None
    if per_kg(case, last) is not None or has_dose_nearby(case, last, case.history):
        return None
    level = _level_at(case, last, last.dose / case.kg)
    return Reduced(level, last) if level is not None and level.role is LevelRole.REDUCTION else None


def _labeled(case: Case) -> Labeled:
    """Return what the label says for the order's cancers, at any time."""
    return case.recognizer.labeled(case.product.id, case.cancers, None)


def has_dose_nearby(case: Case, dose: Treatment, doses: tuple[Treatment, ...]) -> bool:
    """Return whether another of some doses was so close to this one that both may be parts of the same dose."""
    regimens = _labeled(case).regimens
    apart = min((regimen.interval_days for regimen in regimens), default=WEEK) / 2
    return any(
        each is not dose and each.on is not None and dose.on is not None and abs((each.on - dose.on).days) < apart
        for each in doses
    )


def sums_above_maximum(case: Case) -> tuple[Missing, ...]:
    """List the days whose administrations add up to more than the label's maximum, which cannot be a level."""
    limit = _labeled(case).ceiling
    several = [each for each in case.history if each.bags > 1]
    if limit is None or not several:
        return ()
    maximum = limit.maximum.dose
    tolerance = case.threshold("dose_rounding_tolerance_percent")
    found = []
    for each in several:
        dose = each.dose if isinstance(maximum, Mg) else per_kg(case, each)
        if dose is not None and each.on is not None and dose.value > around(maximum.value, tolerance)[1]:
            values = {"date": each.on.isoformat(), "sum": str(each.dose), "bags": str(each.bags)}
            found.append(Missing("earlier-dose-sum", values=values))
    return tuple(found)


def reduced_in_plan(case: Case) -> Reduced | None:
    """Find the lowest reduced level among the earlier orders of the session."""
    if case.orders.is_alone(case.order):
        return None
    kept: dict[str, list[Reduced]] = case.orders.worked_out.setdefault("reduced doses", {})
    if case.product.id not in kept:
        cases = (case.as_only_order(order) for order in case.orders.of_product(case.product.id))
        kept[case.product.id] = [
            Reduced(
                level, Treatment(each.product.id, (each.drug,), each.planned, each.order.origin, TreatmentState.ACTIVE)
            )
            for each in cases
            for _, level in judged_levels(each)
            if level is not None and level.role is LevelRole.REDUCTION
        ]
    before = [each for each in kept[case.product.id] if each.earlier.on is not None and each.earlier.on < case.planned]
    return min(before, key=lambda found: found.level.dose.value, default=None)


def fitting_levels(case: Case) -> list[Level]:
    """List the levels at which the course may go on: what a suggestion may offer without causing another card."""
    levels = [level for regimen in case.regimens for level in regimen.levels]
    reduced = None
    if case.product.no_re_escalation is not None:
        reduced = lowest_reduction(case) or reduced_in_plan(case)
    unfit: set[LevelRole] = {LevelRole.REDUCTION} if case.is_first_dose and reduced is None else set()
    if (gap := gap_rule(case)) is not None:
        unfit.add(LevelRole.LOADING if gap.days < gap.rule.after_days else LevelRole.MAINTENANCE)
    return [
        level
        for level in levels
        if level.role not in unfit and (reduced is None or level.dose.value <= reduced.level.dose.value)
    ]


def day_given(earlier: Treatment, label: str = "last-dose") -> Evidence:
    """Return the evidence line of the last dose, or another, where its day matters more than its amount."""
    amount = str(earlier.dose) if earlier.dose is not None else ""
    day = earlier.on.isoformat() if earlier.on is not None else ""
    return Evidence(label, ", ".join(filter(None, (amount, day))), earlier.origin)


def given_line(earlier: Treatment) -> Evidence:
    """Return the evidence line of an earlier dose."""
    day = earlier.on.isoformat() if earlier.on is not None else ""
    if earlier.dose is None:
        return Evidence("earlier-dose-unknown", day, earlier.origin)
    return Evidence("earlier-dose", dated(str(earlier.dose), earlier.on), earlier.origin)
