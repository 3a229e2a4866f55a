"""Dose levels: at none, at one of another indication, or above the level of an earlier reduction."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cards.case import dated
from cards.dosing import DoseReading, is_component, look_alike_met, regimens_for
from cards.facts import Treatment
from cards.outcomes import CannotTell, Clear, Evidence, Fired, Missing, NotApplicable, Outcome
from cards.quantities import MgPerKg, plain
from cards.records import Basis, Level, LevelRole
from cards.rules.dose import dose_evidence, fixes_to, nothing_usable, written_dose
from cards.topics import Topic

if TYPE_CHECKING:
    from cards.case import Case


def dose_not_a_level(case: Case) -> Outcome:
    """Fire when the dose is more than the tolerance away from every labelled level and no other card says so."""
    if not case.usable:
        return nothing_usable(case)
    if case.over_maximum:
        return NotApplicable("the dose is above the maximum, and that card speaks")
    for reading, level in case.levels_met:
        if _needs_weight(case, reading):
            return CannotTell((Missing("weight", told_by=Topic.DOSE_CANNOT_VERIFY),))
        if level is not None or is_component(case.product, reading):
            continue
        if look_alike_met(case, reading) is not None:
            return NotApplicable("the dose is that of another drug, and that card speaks")
        return _no_level(case, reading)
    return Clear()


def _no_level(case: Case, reading: DoseReading) -> Fired:
    regimens = case.regimens
    levels = {level.dose: level for regimen in regimens for level in regimen.levels}
    dose = reading.per_kg(case.kg) if case.weight_based else reading.in_mg(case.kg)
    below = [level for level in levels if dose is not None and level.value <= dose.value]
    nearest = max(below or levels, key=lambda level: level.value if below else -level.value)
    return Fired(
        values={
            "dose": written_dose(case, reading),
            "levels": ", ".join(str(level) for level in levels),
            "tolerance": plain(case.threshold("dose_rounding_tolerance_percent")),
        },
        evidence=dose_evidence(case, reading),
        cited=(regimens[0].by,),
        fixes=fixes_to(case, nearest, (reading.ordered,)),
    )


def dose_wrong_for_indication(case: Case) -> Outcome:
    """Fire when the dose is a reduced level and no earlier dose explains a reduction."""
    if not case.usable:
        return nothing_usable(case)
    if case.product.basis is Basis.FIXED:
        return NotApplicable("the product has no reduced levels")
    if case.history:
        return Clear()
    for reading, level in case.levels_met:
        if _needs_weight(case, reading):
            return CannotTell((Missing("weight", told_by=Topic.DOSE_CANNOT_VERIFY),))
        if level is not None and level.role is LevelRole.REDUCTION:
            return _reduced(case, reading)
    return Clear()


def _reduced(case: Case, reading: DoseReading) -> Fired:
    regimens = case.regimens
    starts = [level for regimen in regimens for level in regimen.levels if level.role is LevelRole.START]
    cancers = ", ".join(sorted(case.cancers)) or "any cancer on its label"
    return Fired(
        values={
            "dose": written_dose(case, reading),
            "start": ", ".join(dict.fromkeys(str(level.dose) for level in starts)),
            "cancer": cancers,
        },
        evidence=dose_evidence(case, reading),
        cited=tuple(dict.fromkeys(level.by for level in starts)),
        fixes=fixes_to(case, starts[0].dose, (reading.ordered,)) if len(starts) == 1 else (),
    )


def dose_re_escalation(case: Case) -> Outcome:
    """Fire when the dose is above the level of an earlier reduction: the label forbids going back up."""
    if case.product.no_re_escalation is None:
        return NotApplicable("the label has no such rule")
    if not case.usable:
        return nothing_usable(case)
    reductions = [(level, each) for each in case.history if (level := _level_of(case, each)) is not None]
    reduced = [(level, each) for level, each in reductions if level.role is LevelRole.REDUCTION]
    if not reduced:
        return Clear()
    lowest, earlier = min(reduced, key=lambda found: found[0].dose.value)
    for reading, level in case.levels_met:
        if _needs_weight(case, reading):
            return CannotTell((Missing("weight", told_by=Topic.DOSE_CANNOT_VERIFY),))
        if level is not None and level.dose.value > lowest.dose.value:
            return _raised(case, reading, lowest, earlier)
    return Clear()


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


def _level_of(case: Case, earlier: Treatment) -> Level | None:
    """Find the level of an earlier dose, by the weight nearest to its day."""
    if earlier.dose is None or earlier.on is None:
        return None
    weight = case.weight_at(earlier.on)
    per_kg = earlier.dose if isinstance(earlier.dose, MgPerKg) else earlier.dose / weight.kg if weight else None
    if per_kg is None:
        return None
    tolerance = case.threshold("dose_rounding_tolerance_percent")
    levels = [level for regimen in regimens_for(case.product, case.cancers, None) for level in regimen.levels]
    near = [level for level in levels if abs(per_kg.value - level.dose.value) * 100 <= level.dose.value * tolerance]
    return min(near, key=lambda level: abs(per_kg.value - level.dose.value), default=None)


def _needs_weight(case: Case, reading: DoseReading) -> bool:
    return case.weight_based and reading.per_kg(case.kg) is None
