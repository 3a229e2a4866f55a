"""Dose levels: not at a level, at the level of another indication, or above an earlier reduction."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cards.facts.outcomes import CannotTell, Clear, Evidence, Fired, Missing, NotApplicable, Outcome
from cards.facts.patient import Treatment
from cards.knowledge.schema import Basis, Level, LevelRole
from cards.readings.case import dated, shortened
from cards.readings.course import (
    Reduced,
    fitting_levels,
    gap_rule,
    level_of,
    lowest_reduction,
    perhaps_reduced,
    reduced_by_one_weight,
    reduced_in_parts,
    reduced_in_plan,
    sums_above_maximum,
)
from cards.readings.day_total import day_total, total_excess
from cards.readings.dosing import DoseReading, is_component, look_alike_met, over_maximum, usable_doses
from cards.readings.parts_of_dose import judged_levels, with_chart
from cards.readings.possible_doses import reduced_beside_doses, reduced_since_last_dose
from cards.readings.stated_doses import dose_conflict
from cards.readings.weights import is_level_at_other, weight_doubt
from cards.rules.dose import WITHOUT_WEIGHT, cancer_words, dose_evidence, fixes_to, nothing_usable, written_dose
from cards.rules.first_doses import loading_left_out
from cards.rules.schedule import loading_again, loading_last, loading_repeated
from cards.rules.tablets import is_reported_by_frequency, taken_too_seldom
from cards.values.quantities import plain

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from cards.readings.case import Case

_OTHER_WEIGHT = "the order is by another body weight, and the card on that speaks"
_DOUBTFUL_WEIGHT = "the dose is a level at the weight before, and the card on the two weights speaks"
_WHICH_IS_MEANT = "the order gives two doses, and the card on that asks which is meant"


def dose_not_a_level(case: Case) -> Outcome:
    """Fire when the dose is more than the tolerance away from every labeled level and no other card says so."""
    if not usable_doses(case):
        return nothing_usable(case)
    if (why := _why_not_judged(case)) is not None:
        return NotApplicable(why)
    for reading, level in judged_levels(case):
        if _needs_weight(case, reading):
            return WITHOUT_WEIGHT
        if level is not None or is_component(case.product, reading):
            continue
        if look_alike_met(case, reading) is not None:
            return NotApplicable("the dose is that of another drug, and that card speaks")
        if case.product.is_oral and is_reported_by_frequency(case):
            return NotApplicable("the dose of the day is a level, and the card on how often it is taken speaks")
        return _no_level(case, reading)
    return (taken_too_seldom(case) if case.product.is_oral else None) or Clear()


def _why_by_weight(case: Case) -> str | None:
    """Return why the card on the weight speaks of the dose; ``None`` where the newest weight decides."""
    if case.order.weight_basis and case.weight_based:
        return _OTHER_WEIGHT
    return _DOUBTFUL_WEIGHT if is_level_at_other(case) else None


def _why_not_judged(case: Case) -> str | None:
    """Return why another card speaks of the dose, or none can; ``None`` where its level is to be judged."""
    if over_maximum(case):
        return "the dose is above the maximum, and that card speaks"
    if dose_conflict(case) is not None:
        return _WHICH_IS_MEANT
    if (why := _why_by_weight(case)) is not None:
        return why
    sums = [each.total for each in (day_total(case), with_chart(case)) if each is not None and each.total is not None]
    if any(total_excess(case, total) is not None for total in sums):
        return "the orders of the day are above the maximum together, and that card speaks"
    return None if case.regimens else "no dose on file for this cancer"


def _no_level(case: Case, reading: DoseReading) -> Fired:
    regimens = case.regimens
    levels = dict.fromkeys(level.dose for regimen in regimens for level in regimen.levels)
    dose = reading.per_kg(case.kg) if case.weight_based else reading.in_mg(case.kg)
    fitting = [level.dose for level in fitting_levels(case)]
    below = [level for level in fitting if dose is not None and level.value <= dose.value]
    nearest = max(below, default=None) or min(fitting, default=None)
    return Fired(
        values={
            "dose": written_dose(case, reading),
            "levels": ", ".join(str(level) for level in levels),
            "tolerance": plain(case.threshold("dose_rounding_tolerance_percent")),
        },
        evidence=dose_evidence(case, reading),
        cited=(regimens[0].by,),
        fixes=fixes_to(case, nearest, (reading.ordered,)) if nearest is not None else (),
    )


def dose_wrong_for_indication(case: Case) -> Outcome:
    """Fire when a labeled level does not fit the course.

    That is a reduced level without an earlier dose that explains it; or a loading dose, so soon after the last dose
    that the label continues with maintenance, after the maintenance dose of the same order, or more than once. A
    maintenance dose without a dose on record is accepted, because courses may begin elsewhere.
    """
    if not usable_doses(case):
        return nothing_usable(case)
    if (of_course := _of_course(case)) is not None:
        return of_course
    if not case.is_first_dose:
        return Clear()
    if (why := _why_by_weight(case)) is not None:
        return NotApplicable(why)
    if case.product.basis is Basis.FIXED and not case.product.is_oral:
        return NotApplicable("the product has no reduced levels")
    if dose_conflict(case) is not None:
        return NotApplicable(_WHICH_IS_MEANT)
    begins_at: int | None = None
    for reading, level in judged_levels(case):
        if _needs_weight(case, reading):
            return WITHOUT_WEIGHT
        if _is_start(level):
            begins_at = reading.ordered.instruction
        is_later_step = begins_at is not None and reading.ordered.instruction > begins_at
        if level is not None and level.role is LevelRole.REDUCTION and not is_later_step:
            return Clear() if _starts_before(case) else _reduced(case, reading)
    return Clear()


def _of_course(case: Case) -> Outcome | None:
    """Return what a loading dose out of place is told as, or an amount that may be of one; ``None`` for neither."""
    fired = loading_again(case) or loading_last(case) or loading_repeated(case) or loading_left_out(case)
    if fired is None and (part := _of_one_antibody(case)) is not None:
        return CannotTell((part,))
    return fired


def _of_one_antibody(case: Case) -> Missing | None:
    """Say that the amount of one antibody tells no loading dose from maintenance, where either may be due."""
    gap = gap_rule(case)
    if not (case.is_first_dose or (gap is not None and gap.days >= gap.rule.after_days)):
        return None
    judged = judged_levels(case)
    if any(level is not None for _, level in judged):
        return None
    levels = [level.dose for regimen in case.regimens for level in regimen.levels]
    for reading, _ in judged:
        if is_component(case.product, reading):
            values = {"dose": written_dose(case, reading), "levels": ", ".join(map(str, levels))}
            return Missing("dose-of-part", values=values, is_urgent=True)
    return None


def _starts_before(case: Case) -> bool:
    """Return whether an earlier order of the session has the starting dose, so that this one is a planned reduction."""
    if case.orders.is_alone(case.order):
        return False
    kept: dict[str, date | None] = case.orders.worked_out.setdefault("days of starting doses", {})
    if case.product.id not in kept:
        cases = (case.as_only_order(order) for order in case.orders.of_product(case.product.id))
        days = (each.planned for each in cases if any(_is_start(level) for _, level in judged_levels(each)))
        kept[case.product.id] = min(days, default=None)
    first = kept[case.product.id]
    return first is not None and first < case.planned


def _is_start(level: Level | None) -> bool:
    return level is not None and level.role is LevelRole.START


def _reduced(case: Case, reading: DoseReading) -> Fired:
    regimens = case.regimens
    starts = [level for regimen in regimens for level in regimen.levels if level.role is LevelRole.START]
    return Fired(
        values={
            "dose": written_dose(case, reading),
            "start": ", ".join(dict.fromkeys(str(level.dose) for level in starts)),
            "cancer": cancer_words(case),
        },
        evidence=dose_evidence(case, reading),
        cited=tuple(dict.fromkeys(level.by for level in starts)),
        fixes=fixes_to(case, starts[0].dose, (reading.ordered,)) if len(starts) == 1 else (),
    )


def dose_re_escalation(case: Case) -> Outcome:
    """Fire when the dose is above the level of an earlier reduction: the label forbids going back up."""
    if case.product.no_re_escalation is None:
        return NotApplicable("the label has no such rule")
    if not usable_doses(case):
        return nothing_usable(case)
    reduced = lowest_reduction(case) or reduced_in_plan(case)
    if reduced is None:
        return _if_all_read(case)
    lowest, earlier = reduced
    for reading, level in judged_levels(case):
        if _needs_weight(case, reading):
            return WITHOUT_WEIGHT
        if level is not None and level.dose.value > lowest.dose.value:
            return _raised(case, reading, lowest, earlier)
    return _if_all_read(case)


def _if_all_read(case: Case) -> Outcome:
    """Return an outcome that lists unreadable earlier doses, which may hide a reduction."""
    unread = [
        Missing("earlier-dose-unread", values={"written": shortened(written), "date": each.on.isoformat()})
        for each in case.history
        if each.on is not None and (written := each.unread_dose or _reduced_in_words_alone(case, each))
    ]
    missing = (*unread[:1], *sums_above_maximum(case)[:1], *_level_unknown(case), *_lower_in_order(case))
    return CannotTell(missing) if missing else Clear()


def _reduced_in_words_alone(case: Case, given: Treatment) -> str:
    """Return the words that call an earlier dose reduced, unless its amount is that of a reduced level."""
    if not given.reduced_in_words:
        return ""
    level = level_of(case, given)
    return "" if level is not None and level.role is LevelRole.REDUCTION else given.reduced_in_words


def _level_unknown(case: Case) -> Iterator[Missing]:
    """Say that an earlier dose may have been a reduced one, below the one that is ordered."""
    for key, found in (
        ("earlier-level", perhaps_reduced(case)),
        ("earlier-level-by-weight", reduced_by_one_weight(case)),
        ("earlier-level-in-parts", reduced_in_parts(case)),
    ):
        if found is not None and weight_doubt(case) is None and _is_above(case, found.level):
            yield _perhaps_lower(key, found, is_apart=True)
            return


def _lower_in_order(case: Case) -> Iterator[Missing]:
    """Say that an order without an administration on record was for a lower level than is ordered now."""
    beside = next((each for each in reduced_beside_doses(case) if _is_above(case, each.level)), None)
    if beside is not None:
        yield _perhaps_lower("earlier-order-level", beside, is_urgent=True)
        return
    newest = reduced_since_last_dose(case)
    if newest is not None and weight_doubt(case) is None and _is_above(case, newest[0].level):
        yield _perhaps_lower(f"earlier-{newest[1]}", newest[0], is_urgent=True)


def _is_above(case: Case, lowest: Level) -> bool:
    return any(level is not None and level.dose.value > lowest.dose.value for _, level in judged_levels(case))


def _perhaps_lower(key: str, found: Reduced, *, is_apart: bool = False, is_urgent: bool = False) -> Missing:
    """Say which dose may be a reduced one; ``is_apart`` if the sentence names its level by itself."""
    level, earlier = found
    on = earlier.on.isoformat() if earlier.on is not None else ""
    dose, at_level = str(earlier.dose), str(level.dose)
    if not is_apart and dose != at_level:
        dose = f"{dose} ({at_level})"
    values = {"dose": dose, "level": at_level, "date": on, "count": str(earlier.alike)}
    return Missing(key, values=values, is_urgent=is_urgent)


def _raised(case: Case, reading: DoseReading, lowest: Level, earlier: Treatment) -> Fired:
    by = case.product.no_re_escalation
    given = Evidence("earlier-dose", dated(f"{lowest.dose}", earlier.on), earlier.origin)
    return Fired(
        values={
            "dose": written_dose(case, reading),
            "lowest": str(lowest.dose),
            "date": earlier.on.isoformat() if earlier.on else "",
        },
        evidence=(*dose_evidence(case, reading), given),
        cited=(by,) if by is not None else (),
        fixes=fixes_to(case, lowest.dose, (reading.ordered,)),
    )


def _needs_weight(case: Case, reading: DoseReading) -> bool:
    return case.weight_based and reading.lacks_weight(case.kg)
