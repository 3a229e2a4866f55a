"""Derives the HER2 status from the results that count, without guessing a grade that was not reported.

The status is the set of grades that the results leave open: IHC 2+ without ISH leaves positive and low, a bare IHC 0
leaves ultralow and null, "negative" leaves all three other than positive. If one grade is left, it is known. The
numbers of ISH groups 2 to 4 alone decide nothing. Source: ASCO/CAP HER2 testing guideline; labels: positive is IHC 3+
or ISH amplified.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from cards.facts.results import Her2Finding, Her2Method, Her2Result
from cards.knowledge.schema import Tier
from cards.values.caching import per_case

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cards.readings.case import Case

POSITIVE = frozenset({Tier.POSITIVE})
LOW = frozenset({Tier.LOW})
NOT_POSITIVE = frozenset({Tier.LOW, Tier.ULTRALOW, Tier.NULL})
EQUIVOCAL = frozenset({Tier.POSITIVE, Tier.LOW})

_ALONE: dict[Her2Finding, frozenset[Tier]] = {
    Her2Finding.IHC_0: frozenset({Tier.ULTRALOW, Tier.NULL}),
    Her2Finding.IHC_1: LOW,
    Her2Finding.IHC_2: EQUIVOCAL,
    Her2Finding.IHC_3: POSITIVE,
    Her2Finding.POSITIVE: POSITIVE,
    Her2Finding.NEGATIVE: NOT_POSITIVE,
    Her2Finding.EQUIVOCAL: EQUIVOCAL,
    Her2Finding.LOW: LOW,
    Her2Finding.ULTRALOW: frozenset({Tier.ULTRALOW}),
    Her2Finding.NULL: frozenset({Tier.NULL}),
}
ANY_GRADE = NOT_POSITIVE | POSITIVE
_UNDECIDED = frozenset({Her2Finding.EQUIVOCAL, Her2Finding.INDETERMINATE, Her2Finding.NOT_DONE, Her2Finding.WORK_UP})
_SCORES = {
    **{each: each for each in (Her2Finding.IHC_0, Her2Finding.IHC_1, Her2Finding.IHC_2, Her2Finding.IHC_3)},
    Her2Finding.ULTRALOW: Her2Finding.IHC_0,
    Her2Finding.NULL: Her2Finding.IHC_0,
}
# Findings by ratio and by copies, in groups 2, 3 and 4 of dual-probe ISH.
_UNSETTLED = frozenset(
    {
        (Her2Finding.POSITIVE, Her2Finding.NEGATIVE),
        (Her2Finding.NEGATIVE, Her2Finding.POSITIVE),
        (Her2Finding.NEGATIVE, Her2Finding.EQUIVOCAL),
    }
)


class Her2Status(msgspec.Struct, frozen=True):
    """The grades still possible (none: no result counts), the results they rest on, and whether results disagree.

    ``against`` are the results that contradict the overall status. ``unsettled`` are ISH results that need the combined
    work-up: groups 2 to 4, or a number that no guideline classifies.
    """

    possible: frozenset[Tier]
    results: tuple[Her2Result, ...]
    ihc: Her2Result | None = None
    ish: Her2Result | None = None
    disagree: bool = False
    against: tuple[Her2Result, ...] = ()
    unsettled: tuple[Her2Result, ...] = ()

    @property
    def needs_ish(self) -> bool:
        """Whether IHC is 2+ and no ISH result decides. An overall "positive" or "negative" does not count as ISH."""
        return self.ihc is not None and self.possible == EQUIVOCAL and not self.unsettled

    @property
    def ish_in_doubt(self) -> bool:
        """Whether an ISH result that is not older than the score contradicts itself."""
        on = self.ihc.on if self.ihc is not None else None
        return any(
            each.conflict and each.method is Her2Method.ISH and (on is None or each.on is None or each.on >= on)
            for each in self.results
        )

    @property
    def ihc_3(self) -> bool | None:
        """Whether the newest IHC score is 3+; ``None`` if no score is on record, as with a bare "positive"."""
        if self.ihc is None or self.ihc.finding is Her2Finding.POSITIVE:
            return None
        return self.ihc.finding is Her2Finding.IHC_3


@per_case
def her2_of(case: Case) -> Her2Status:
    """Return the HER2 status from every result that counts."""
    others = her2_of_another_tumor(case)
    results = case.patient.her2
    return her2_status(tuple(each for each in results if each not in others) if others else results)


@per_case
def her2_of_another_tumor(case: Case) -> tuple[Her2Result, ...]:
    """List the results whose code names an organ other than the order's, in a patient who also has that cancer.

    If that cancer is not on record, the code is more likely wrong.
    """
    on_record = {diagnosis.cancer for diagnosis in case.patient.diagnoses}
    return tuple(
        result
        for result in case.patient.her2
        if result.tumor is not None and result.tumor in on_record and result.tumor not in case.cancers
    )


def her2_status(results: tuple[Her2Result, ...]) -> Her2Status:
    """Combine the newest result of each method; older or other-specimen results show only as disagreement."""
    counting = tuple(result for result in results if result.finding in _ALONE or result.method is Her2Method.ISH)
    usable = tuple(result for result in counting if not result.conflict)
    ihc = _newest(usable, Her2Method.IHC)
    ish, unsettled = _newest_ish(usable)
    read = _newest(usable, Her2Method.INTERPRETATION)
    if unsettled:
        possible = _resolve_work_up(ihc, read, unsettled[0])
        if possible not in (EQUIVOCAL, ANY_GRADE):
            unsettled = ()
    else:
        possible = _combine(ihc, ish, read)
    conflict = any(result.conflict for result in counting)
    excused = _undecided_groups(usable)
    against = tuple(result for result in usable if result not in excused and _contradicts(result, possible))
    against += tuple(result for result in _other_scores(usable, ihc) if result not in against)
    return Her2Status(possible, counting, ihc, ish, conflict or bool(against), against, unsettled)


def grades_of(result: Her2Result) -> frozenset[Tier]:
    """Return the grades that a result leaves open when taken alone."""
    return _ALONE.get(result.finding, frozenset())


def _newest(results: Iterable[Her2Result], method: Her2Method) -> Her2Result | None:
    for result in results:
        if result.method is method:
            return result
    return None


def _newest_ish(usable: tuple[Her2Result, ...]) -> tuple[Her2Result | None, tuple[Her2Result, ...]]:
    """Return the newest decisive ISH result, or those of its day that need the combined work-up.

    On one day, a stated result takes precedence over numbers, and a ratio over a copy number alone.
    """
    listed = tuple(each for each in usable if each.method is Her2Method.ISH and _is_decisive(each))
    if not listed:
        return None, ()
    of_day = tuple(each for each in listed if each.on == listed[0].on)
    decided = tuple(each for each in of_day if each.finding not in _UNDECIDED)
    stated = next((each for each in decided if not (each.by_copies or each.by_ratio)), None)
    if stated is not None:
        return stated, ()
    unsettled = tuple(each for each in of_day if each.finding is Her2Finding.WORK_UP) or _group(of_day)
    if unsettled:
        return None, unsettled
    ratio = next((each for each in decided if not each.by_copies), None)
    if ratio is not None or decided:
        return ratio or decided[0], ()
    unplaced = tuple(each for each in of_day if each.by_copies and each.finding is Her2Finding.INDETERMINATE)
    if unplaced:
        return None, unplaced
    older = tuple(each for each in listed if each not in of_day)
    return _newest_ish(older) if older else (None, ())


def _is_decisive(result: Her2Result) -> bool:
    return result.finding not in _UNDECIDED or result.by_copies or result.finding is Her2Finding.WORK_UP


def _group(of_day: tuple[Her2Result, ...]) -> tuple[Her2Result, ...]:
    """Return the ratio and the copies of one day if they form group 2, 3 or 4, or one cannot be classified."""
    ratio = next((each for each in of_day if each.by_ratio), None)
    copies = next((each for each in of_day if each.by_copies), None)
    if ratio is None or copies is None:
        return ()
    return (ratio, copies) if (ratio.finding, copies.finding) in _UNSETTLED else ()


def _undecided_groups(usable: tuple[Her2Result, ...]) -> tuple[Her2Result, ...]:
    """Return the numbers that are not decisive alone; a conclusion stated with them may be either."""
    numbers = tuple(each for each in usable if each.by_ratio or each.by_copies)
    days = dict.fromkeys(each.on for each in numbers)
    return tuple(each for on in days for each in _group(tuple(number for number in numbers if number.on == on)))


def _other_scores(usable: tuple[Her2Result, ...], ihc: Her2Result | None) -> tuple[Her2Result, ...]:
    """Return the IHC results from the newest one's day with another score: 2+ and 3+ cannot be one result."""
    if ihc is None or ihc.finding not in _SCORES:
        return ()
    return tuple(
        each
        for each in usable
        if each.method is Her2Method.IHC
        and each.on == ihc.on
        and _SCORES.get(each.finding, _SCORES[ihc.finding]) is not _SCORES[ihc.finding]
    )


def _resolve_work_up(ihc: Her2Result | None, read: Her2Result | None, unsettled: Her2Result) -> frozenset[Tier]:
    """Resolve an ISH of groups 2 to 4: by IHC unless it is 2+, otherwise by a conclusion that is not older."""
    possible = _ALONE[ihc.finding] if ihc is not None else ANY_GRADE
    if possible != EQUIVOCAL and ihc is not None:
        return _narrowed(possible, read)
    is_later = read is not None and (read.on is None or unsettled.on is None or read.on >= unsettled.on)
    return _narrowed(possible, read) if is_later else possible


def _combine(ihc: Her2Result | None, ish: Her2Result | None, read: Her2Result | None) -> frozenset[Tier]:
    if ish is not None and ish.finding is Her2Finding.POSITIVE:
        return POSITIVE
    if ihc is not None:
        possible = _ALONE[ihc.finding]
        if possible == EQUIVOCAL:
            return EQUIVOCAL if ish is None else LOW
        return _narrowed(possible, read)
    if ish is not None:
        return _narrowed(NOT_POSITIVE, read)
    return _ALONE[read.finding] if read is not None else frozenset()


def _narrowed(possible: frozenset[Tier], read: Her2Result | None) -> frozenset[Tier]:
    """Use an overall interpretation to decide between the grades that the methods leave open."""
    if read is None:
        return possible
    return (possible & _ALONE[read.finding]) or possible


def _contradicts(result: Her2Result, possible: frozenset[Tier]) -> bool:
    """Return whether a result, taken alone, rules out every grade that the combined status leaves open."""
    if result.finding not in _ALONE:
        return False
    return _ALONE[result.finding].isdisjoint(possible)
