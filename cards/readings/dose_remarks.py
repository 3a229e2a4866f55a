"""What the instructions say of the dose in words, held against the dose field."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cards.facts.order import RemarkKind
from cards.facts.outcomes import Missing
from cards.knowledge.schema import LevelRole
from cards.readings.parts_of_dose import judged_levels

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cards.facts.order import DoseRemark
    from cards.readings.case import Case

_AGAINST = {
    RemarkKind.REDUCED: frozenset(LevelRole) - {LevelRole.REDUCTION},
    RemarkKind.RAISED: frozenset(LevelRole),
    RemarkKind.LOADING: frozenset(LevelRole) - {LevelRole.LOADING},
    RemarkKind.MAINTENANCE: frozenset({LevelRole.LOADING}),
}
"""The roles of a dose that a remark does not fit: a full dose that is called reduced."""
_OF_ORDER = frozenset({RemarkKind.TAKEN_BACK, RemarkKind.AS_NEEDED, RemarkKind.TOO_FAST, RemarkKind.OF_PATIENT})
"""Remarks that contradict any dose."""


def contradicted_remarks(case: Case) -> tuple[Missing, ...]:
    """Return the remarks of the instructions that do not fit the dose; a reduction in percent is a conflict instead."""
    return contradicted(case, case.order.text_remarks, "dose-remark")


def contradicted(case: Case, remarks: Sequence[DoseRemark], key: str) -> tuple[Missing, ...]:
    """Return what of some remarks does not fit the dose, with the dose; nothing if all do.

    Words that take the whole order back, or say that the patient reacted to the drug, are a warning: signed as it is,
    it would be given.
    """
    if not remarks:
        return ()
    of_order = [each.text for each in remarks if each.kind in _OF_ORDER or _is_too_soon(case, each)]
    if of_order:
        written = case.order.doses[0].as_written if case.order.doses else "-"
        is_urgent = any(each.kind in (RemarkKind.TAKEN_BACK, RemarkKind.OF_PATIENT) for each in remarks)
        return (Missing(key, values={"said": ", ".join(of_order), "dose": written}, is_urgent=is_urgent),)
    remarks = [each for each in remarks if each.kind in _AGAINST]
    judged = [(reading, level) for reading, level in judged_levels(case) if level is not None]
    # An order that gives both doses is a course.
    if not judged or len({level.role for _, level in judged}) > 1:
        return ()
    reading, level = judged[0]
    said = [
        each.text
        for each in remarks
        if level.role in _AGAINST[each.kind] and not (each.kind is RemarkKind.REDUCED and case.order.text_shares)
    ]
    if not said:
        return ()
    return (Missing(key, values={"said": ", ".join(said), "dose": reading.ordered.as_written}),)


def _is_too_soon(case: Case, remark: DoseRemark) -> bool:
    """Return whether a remark gives an infusion or injection again, sooner than in any labeled schedule."""
    if remark.kind is not RemarkKind.AGAIN or case.product.is_oral or not case.regimens:
        return False
    shortest = min(each.interval_days for each in case.regimens)
    return remark.days < shortest - case.threshold("interval_window_days")
