"""Does a HER2 status qualify a patient for a drug? Asked of every grade that the results leave open."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from cards.knowledge.schema import Cancer, Setting, Tier
from cards.readings.her2 import POSITIVE, her2_of

if TYPE_CHECKING:
    from cards.knowledge.schema import Eligibility
    from cards.readings.case import Case


class Answer(StrEnum):
    """How many of the possible grades qualify."""

    ALL = "all"
    NONE = "none"
    SOME = "some"
    DEPENDS = "depends"
    """On what is not on record: the setting, the receptors, the cancer, the score."""


def answer_for(case: Case, possible: frozenset[Tier]) -> Answer:
    """Say whether all, none or some of the possible grades qualify, or whether that depends on what is not known."""
    answers = {_qualifies(case, tier) for tier in possible}
    if answers == {True}:
        return Answer.ALL
    if answers == {False}:
        return Answer.NONE
    return Answer.DEPENDS if None in answers else Answer.SOME


def _qualifies(case: Case, tier: Tier) -> bool | None:
    """Return whether a grade qualifies, whatever is still open; ``None`` when it hangs on what is not known.

    A setting or a hormone receptor status that is not on record is tried both ways, an unknown cancer as each of
    the labelled ones.
    """
    answers = {_fits(case, tier, world) for world in _worlds(case)}
    return answers.pop() if len(answers) == 1 else None


def turns_on_grade(case: Case) -> bool:
    """Return whether some of the grades still open may qualify and others not, however else the record is completed.

    A hormone receptor status or a setting that is not on record takes nothing from the grade that pathology owes.
    """
    grades = her2_of(case).possible
    return any(len({_fits(case, grade, world) for grade in grades}) > 1 for world in _worlds(case))


def _worlds(case: Case) -> list[World]:
    settings = (case.setting,) if case.setting else tuple(Setting)
    receptor = case.hormone_receptor_positive
    receptors = (True, False) if receptor is None else (receptor,)
    cancers = (case.cancers,) if case.cancers else tuple({frozenset(row.cancers) for row in case.eligibility})
    ihc_3 = her2_of(case).ihc_3
    scores = (True, False) if ihc_3 is None else (ihc_3,)
    return [
        World(which, setting, positive, ihc_3)
        for which in cancers
        for setting in settings
        for positive in receptors
        for ihc_3 in scores
    ]


def _fits(case: Case, tier: Tier, world: World) -> bool:
    return any(_row_fits(row, tier, world) for row in case.eligibility)


class World(NamedTuple):
    """One way in which what is not on record may turn out."""

    cancers: frozenset[Cancer]
    setting: Setting
    hormone_receptor_positive: bool
    ihc_3: bool


def _row_fits(row: Eligibility, tier: Tier, world: World) -> bool:
    if row.erbb2_mutation or world.cancers.isdisjoint(row.cancers):
        return False
    if row.settings and world.setting not in row.settings:
        return False
    if row.hormone_receptor_positive and not world.hormone_receptor_positive:
        return False
    if row.ihc_3_only:
        return tier is Tier.POSITIVE and world.ihc_3
    return tier in row.tiers


def wants_a_score(case: Case) -> bool:
    """Return whether the indication turns on IHC 3+, and a positive status comes without a score."""
    rows = [row for row in case.eligibility_for_cancers if not row.erbb2_mutation]
    return (
        bool(case.cancers)
        and her2_of(case).possible == POSITIVE
        and her2_of(case).ihc_3 is None
        and all(row.ihc_3_only for row in rows)
    )


def may_fit(case: Case, row: Eligibility) -> bool:
    """Return whether one of the grades that are still open would qualify by a row."""
    return bool(her2_of(case).possible & set(row.tiers))
