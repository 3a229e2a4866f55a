"""Determines whether a HER2 status qualifies a patient for a drug, for every grade that the results leave open."""

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
    """It depends on missing facts: the setting, the receptors, the cancer, the score."""


def answer_for(case: Case, possible: frozenset[Tier]) -> Answer:
    """Return whether all, none or some of the possible grades qualify, or whether that depends on unknown facts."""
    answers = {_qualifies(case, tier) for tier in possible}
    if answers == {True}:
        return Answer.ALL
    if answers == {False}:
        return Answer.NONE
    return Answer.DEPENDS if None in answers else Answer.SOME


def _qualifies(case: Case, tier: Tier) -> bool | None:
    """Return whether a grade qualifies, whatever is still open; ``None`` if it depends on unknown facts.

    A setting or a hormone receptor status that is not on record is tried both ways, an unknown cancer as each of the
    labeled ones.
    """
    answers = {_fits(case, tier, world) for world in _possible_statuses(case)}
    return answers.pop() if len(answers) == 1 else None


def depends_on_grade(case: Case) -> bool:
    """Return whether some of the open grades may qualify and others not, however the record is completed.

    A missing hormone receptor status or setting does not make the missing grade irrelevant.
    """
    grades = her2_of(case).possible
    return any(len({_fits(case, grade, world) for grade in grades}) > 1 for world in _possible_statuses(case))


def _possible_statuses(case: Case) -> list[PossibleStatus]:
    settings = (case.setting,) if case.setting else tuple(Setting)
    receptor = case.hormone_receptor_positive
    receptors = (True, False) if receptor is None else (receptor,)
    cancers = (case.cancers,) if case.cancers else tuple({frozenset(row.cancers) for row in case.eligibility})
    ihc_3 = her2_of(case).ihc_3
    scores = (True, False) if ihc_3 is None else (ihc_3,)
    return [
        PossibleStatus(which, setting, positive, ihc_3)
        for which in cancers
        for setting in settings
        for positive in receptors
        for ihc_3 in scores
    ]


def _fits(case: Case, tier: Tier, world: PossibleStatus) -> bool:
    return any(_row_fits(row, tier, world) for row in case.eligibility)


class PossibleStatus(NamedTuple):
    """One possible completion of the missing facts."""

    cancers: frozenset[Cancer]
    setting: Setting
    hormone_receptor_positive: bool
    ihc_3: bool


def _row_fits(row: Eligibility, tier: Tier, world: PossibleStatus) -> bool:
    if row.erbb2_mutation or world.cancers.isdisjoint(row.cancers):
        return False
    if row.settings and world.setting not in row.settings:
        return False
    if row.hormone_receptor_positive and not world.hormone_receptor_positive:
        return False
    if row.ihc_3_only:
        return tier is Tier.POSITIVE and world.ihc_3
    return tier in row.tiers


def needs_ihc_score(case: Case) -> bool:
    """Return whether the indication requires IHC 3+, and a positive status has no score."""
    rows = [row for row in case.eligibility_for_cancers if not row.erbb2_mutation]
    return (
        bool(case.cancers)
        and her2_of(case).possible == POSITIVE
        and her2_of(case).ihc_3 is None
        and all(row.ihc_3_only for row in rows)
    )


def may_fit(case: Case, row: Eligibility) -> bool:
    """Return whether one of the open grades would qualify by a row."""
    return bool(her2_of(case).possible & set(row.tiers))
