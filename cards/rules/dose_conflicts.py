"""Different amounts in one order: in the dose field and the instructions, or in two quantities of one instruction."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cards.facts.outcomes import (
    CannotTell,
    Clear,
    Evidence,
    Fired,
    Indicator,
    Missing,
    NotApplicable,
    Outcome,
    RemoveOrder,
)
from cards.knowledge.label_doses import near
from cards.readings.dose_remarks import contradicted_remarks
from cards.readings.dosing import in_basis, is_over, may_be_own, reading_of, usable_doses
from cards.readings.held_amounts import held_otherwise
from cards.readings.order_notes import restated_otherwise, unread_in_notes
from cards.readings.stated_doses import (
    DoseConflict,
    above_limit_of_day,
    beside_other_words,
    counted_otherwise,
    day_stated_otherwise,
    dose_conflict,
    drawn_otherwise,
    in_another_unit,
    names_own_dose,
    several_in_text,
    units_beside_other_words,
)
from cards.rules.dose import written_dose
from cards.values.quantities import Mg, plain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cards.facts.order import AmountInOtherUnit
    from cards.readings.case import Case


def dose_text_conflict(case: Case) -> Outcome:
    """Fire when an order says two different amounts; critical when either is above the maximum.

    A note is free text about any dose and drug: whatever it names besides those of the order is reported.
    """
    noted = (*_in_instructions(case), *_beside_other_words(case), *(unread_in_notes(case) if case.order.notes else ()))
    if (case.order.named_mg or case.order.combined_mg is not None) and not case.product.is_oral:
        noted = (*noted, *_in_name(case))
    if case.order.restated:
        noted = (*noted, *restated_otherwise(case))
    noted = (*noted, *_stated(case))
    if case.order.held:
        noted = (*noted, *held_otherwise(case))
    if case.order.text_remarks:
        noted = (*noted, *contradicted_remarks(case))
    if not usable_doses(case):
        return CannotTell(noted) if noted else NotApplicable("no dose that can be compared")
    conflict = dose_conflict(case)
    if conflict is None:
        if several := several_in_text(case):
            values = {
                "doses": ", ".join(str(each) for each in several),
                "dose": usable_doses(case)[0].ordered.as_written,
            }
            is_urgent = any(may_be_own(case, each) for each in several)
            return CannotTell((Missing("dose-in-text", values=values, is_urgent=is_urgent), *noted))
        others = case.order.text_other_units
        if others and (in_unit := in_another_unit(case, others)) is not None:
            return _unit_differs(case, in_unit, noted)
        return CannotTell(noted) if noted else Clear()
    other = conflict.other_as_written(case.product) if conflict.percent is None else f"{plain(conflict.percent)} %"
    return Fired(
        values={"dose": written_dose(case, conflict.field), "other": other},
        evidence=(
            Evidence("dose", written_dose(case, conflict.field), case.order.origin),
            Evidence("dose-in-text" if conflict.in_text else "dose", other, case.order.origin),
            *case.weight_evidence(),
        ),
        cited=((case.regimens or case.product.regimens)[0].by,),
        variant="share" if conflict.percent is not None else "text" if conflict.in_text else "fields",
        indicator=None if _either_is_over(case, conflict) else Indicator.WARNING,
        fixes=(RemoveOrder(),),
    )


def _stated(case: Case) -> Iterator[Missing]:
    """Yield what the texts of an order say besides, where no rule on a problem says it."""
    told = [each.label for each in case.order.named_problems if case.product.monitoring.stop(each.problem) is not None]
    for said in case.order.statements:
        if not any(map(said.startswith, told)):
            yield Missing("order-statement", values={"said": said}, is_urgent=True)


def _unit_differs(case: Case, other: AmountInOtherUnit, noted: tuple[Missing, ...]) -> Outcome:
    reading = usable_doses(case)[0]
    dose = written_dose(case, reading)
    if other.unclear:
        values = {"said": other.text, "dose": reading.ordered.as_written}
        return CannotTell((Missing("dose-remark", values=values), *noted))
    return Fired(
        values={"dose": dose, "other": other.text},
        evidence=(
            Evidence("dose", dose, case.order.origin),
            Evidence("dose-in-text", other.text, case.order.origin),
        ),
        cited=((case.regimens or case.product.regimens)[0].by,),
        variant="unit",
        indicator=Indicator.WARNING,
        fixes=(RemoveOrder(),),
    )


def _in_instructions(case: Case) -> tuple[Missing, ...]:
    """Say that the instructions name another drug, or spell an amount in words that were not read."""
    found = []
    if case.order.text_drugs:
        names = " / ".join(case.recognizer.product(each).name for each in case.order.text_drugs)
        found.append(Missing("drug-in-text", values={"other": names}, is_urgent=True))
    if case.order.has_unread_number:
        found.append(Missing("dose-in-words"))
    others = (
        drawn_otherwise(case),
        counted_otherwise(case),
        above_limit_of_day(case),
        day_stated_otherwise(case),
    )
    found += [each for each in others if each is not None]
    return tuple(found)


def _in_name(case: Case) -> tuple[Missing, ...]:
    """Say that the name of the drug gives another dose: a level, or above the maximum; any other may be a vial."""
    tolerance = case.threshold("dose_rounding_tolerance_percent")
    ordered = in_basis(case, Mg)
    sizes = {each.contents_mg for each in case.recognizer.packages(case.product, None)}
    own = sizes.union(case.product.component_doses_mg, (dose.value for _, dose in ordered))
    found = []
    combined = case.order.combined_mg
    if combined is not None and ordered and all(dose.value != combined for _, dose in ordered):
        # Both antibodies of one vial: the other dose has another ratio of the two.
        found.append(str(Mg(combined)))
    for each in case.order.named_mg:
        if not ordered or each in own or any(near(dose.value, each, tolerance) for _, dose in ordered):
            continue
        if may_be_own(case, Mg(each)):
            found.append(str(Mg(each)))
    if not found:
        return ()
    values = {"doses": ", ".join(found), "dose": ordered[0][0].ordered.as_written}
    return (Missing("dose-in-name", values=values),)


def _beside_other_words(case: Case) -> tuple[Missing, ...]:
    """Say which amounts were not compared, because a word that is not known stands before them.

    In a text that also names the dose of the order, such an amount is plainly that of something else.
    """
    found = [f"{each.after} {each.dose}" for each in beside_other_words(case) if not names_own_dose(case, each)]
    if case.order.text_other_units:
        found += [f"{each.beside} {each.text}" for each in units_beside_other_words(case)]
    if not found:
        return ()
    values = {"doses": ", ".join(dict.fromkeys(found[:3]))}
    return (Missing("dose-beside-word", values=values),)


def _either_is_over(case: Case, conflict: DoseConflict) -> bool:
    limit = case.ceiling
    if limit is None:
        return False
    return any(is_over(reading, limit, case.kg) for reading in (conflict.field, reading_of(conflict.other)))
