"""Drugs that are required with tablets, or must be avoided: prophylaxis and interactions."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from cards.facts.outcomes import Clear, Fired, NotApplicable, Outcome
from cards.knowledge.schema import Confidence, LevelRole
from cards.readings.case import counted, shortened
from cards.readings.parts_of_dose import judged_levels
from cards.readings.tablets import first_taken
from cards.rules.concurrent_drugs import first_concurrent
from cards.rules.dose import fixes_to
from cards.rules.tablets import times_words
from cards.values.quantities import Mg

if TYPE_CHECKING:
    from cards.facts.outcomes import Evidence
    from cards.knowledge.schema import Cited, Interaction, Prophylaxis
    from cards.readings.case import Case


def interaction(case: Case) -> Outcome:
    """Fire on a drug that the label says to avoid with the product, or to lower the dose for.

    The dose that the label gives for the combination is correct, and does not fire.
    """
    if not case.product.interactions:
        return NotApplicable("the label names no interaction on file")
    for rule in case.product.interactions:
        if rule.drug_class in case.concurrent_names and not _is_adjusted(case, rule):
            return _with(case, rule)
    return Clear()


def _is_adjusted(case: Case, rule: Interaction) -> bool:
    """Return whether every dose is the labeled one for use with a class of drugs, or lower."""
    lowered = [
        level.dose.value
        for regimen in case.regimens
        for level in regimen.levels
        if level.role is LevelRole.ADJUSTED and level.beside == rule.drug_class
    ]
    met = [level for _, level in judged_levels(case)]
    return bool(lowered and met) and all(level is not None and level.dose.value <= max(lowered) for level in met)


def _with(case: Case, rule: Interaction) -> Fired:
    group, name, line = first_concurrent(case, rule.drug_class)
    # The source of the class matters if it is not verified: then the card asks to verify.
    of_class = (group.by,) if group.by.confidence is Confidence.UNVERIFIED else ()
    return _fired(case, rule, shortened(name), (line,), (rule.by, *of_class))


def _fired(case: Case, rule: Interaction, other: str, lines: tuple[Evidence, ...], cited: tuple[Cited, ...]) -> Fired:
    """Offer the labeled dose for use with the other drug, if there is one."""
    values = {"other": other, "then": rule.then}
    for regimen in case.regimens:
        for level in regimen.levels:
            if level.role is LevelRole.ADJUSTED and level.beside == rule.drug_class:
                often = times_words(Decimal(regimen.times_at(level) or 1))
                return Fired(
                    values={**values, "dose": f"{level.dose} {often}"},
                    evidence=lines,
                    cited=cited,
                    variant="adjusted",
                    fixes=fixes_to(case, level.dose, tuple(reading.ordered for reading, _ in judged_levels(case))),
                )
    return Fired(values=values, evidence=lines, cited=cited)


def prophylaxis_missing(case: Case) -> Outcome:
    """Fire when the label requires a drug with the product, and neither the session nor the chart has it."""
    if not case.product.prophylaxis:
        return NotApplicable("the label requires no prophylaxis on file")
    if case.session.hook.may_be_incomplete:
        return NotApplicable("further orders may follow")
    for rule in case.product.prophylaxis:
        if _is_asked(case, rule) and rule.drug_class not in case.concurrent_names:
            first = _first_day(case)
            return Fired(
                values={
                    "what": rule.what,
                    "days": counted(rule.first_days, "day") if rule.first_days is not None else "",
                    "begun": first.isoformat() if first is not None else "",
                },
                evidence=(),
                cited=(rule.by,),
                variant="first-dose" if rule.first_days is None else "begun" if first is not None else "default",
            )
    return Clear()


def _is_asked(case: Case, rule: Prophylaxis) -> bool:
    if not case.concurrent_names.issuperset(rule.with_classes):
        return False
    first = _first_day(case)
    if rule.first_days is None:
        return case.is_first_dose
    if first is not None and (case.planned - first).days >= rule.first_days:
        return False
    return not (rule.unless_escalated and _is_escalated(case))


def _first_day(case: Case) -> date | None:
    return min((each.on for each in case.history if each.on is not None), default=None)


def _is_escalated(case: Case) -> bool:
    """Return whether the course starts below the full dose: on record, in another order, or in a step of this one."""
    levels = [level for regimen in case.product.regimens for level in regimen.levels]
    full = max(level.dose.value for level in levels if level.role is LevelRole.START)
    doses = [(each.on or date.min, each.dose.value) for each in case.history if isinstance(each.dose, Mg)]
    if (first := first_taken(case)) is not None:
        doses.append(first)
    if bool(doses) and min(doses)[1] < full:
        return True
    # The steps may be only in the instruction text.
    steps = {level.dose.value for level in levels if level.role is LevelRole.STEP}
    written = {dose.value for dose in case.order.text_doses if isinstance(dose, Mg)}
    return not case.history and full in written and not steps.isdisjoint(written)
