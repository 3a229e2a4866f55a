"""Works out a HER2 status from the results that count, without ever guessing a grade that was not reported.

The status is the set of grades that the results leave open: IHC 2+ without ISH leaves positive and low, a bare IHC 0
leaves ultralow and null, "negative" leaves all three that are not positive. One grade left means that it is known.
Source: ASCO/CAP HER2 testing guideline; labels: positive is IHC 3+ or ISH amplified.
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
_UNDECIDED = frozenset({Her2Finding.EQUIVOCAL, Her2Finding.INDETERMINATE, Her2Finding.NOT_DONE})


class Her2Status(msgspec.Struct, frozen=True):
    """The grades still possible (none: no result counts), the results they rest on, and whether results disagree.

    ``against`` are the results that the status as a whole contradicts.
    """

    possible: frozenset[Tier]
    results: tuple[Her2Result, ...]
    ihc: Her2Result | None = None
    ish: Her2Result | None = None
    disagree: bool = False
    against: tuple[Her2Result, ...] = ()

    @property
    def needs_ish(self) -> bool:
        """Whether IHC is 2+ and no ISH decides. An overall "positive" or "negative" is no ISH."""
        return self.ihc is not None and self.possible == EQUIVOCAL

    @property
    def ihc_3(self) -> bool | None:
        """Whether the newest IHC score is 3+; ``None`` where no score is on record, as with a bare "positive"."""
        if self.ihc is None or self.ihc.finding is Her2Finding.POSITIVE:
            return None
        return self.ihc.finding is Her2Finding.IHC_3


@per_case
def her2_of(case: Case) -> Her2Status:
    """Give the HER2 status from every result that counts."""
    others = her2_of_another_tumour(case)
    results = case.patient.her2
    return her2_status(tuple(each for each in results if each not in others) if others else results)


@per_case
def her2_of_another_tumour(case: Case) -> tuple[Her2Result, ...]:
    """List the results whose code names an organ that the order is not for, in a patient who has that cancer as well.

    With that cancer not on record the code is more likely wrong than the tumor.
    """
    on_record = {diagnosis.cancer for diagnosis in case.patient.diagnoses}
    return tuple(
        result
        for result in case.patient.her2
        if result.tumour is not None and result.tumour in on_record and result.tumour not in case.cancers
    )


def her2_status(results: tuple[Her2Result, ...]) -> Her2Status:
    """Combine the newest result of each method; older or other-specimen results show only as disagreement."""
    counting = tuple(result for result in results if result.finding in _ALONE or result.method is Her2Method.ISH)
    usable = tuple(result for result in counting if not result.conflict)
    ihc = _newest(usable, Her2Method.IHC)
    ish = _decisive(r for r in usable if r.method is Her2Method.ISH and r.finding not in _UNDECIDED)
    read = _newest(usable, Her2Method.INTERPRETATION)
    possible = _combine(ihc, ish, read)
    conflict = any(result.conflict for result in counting)
    against = tuple(result for result in usable if _contradicts(result, possible))
    return Her2Status(possible, counting, ihc, ish, conflict or bool(against), against)


def grades_of(result: Her2Result) -> frozenset[Tier]:
    """Give the grades that a result leaves open when taken alone."""
    return _ALONE.get(result.finding, frozenset())


def _newest(results: Iterable[Her2Result], method: Her2Method) -> Her2Result | None:
    for result in results:
        if result.method is method:
            return result
    return None


def _decisive(results: Iterable[Her2Result]) -> Her2Result | None:
    """Give the newest result of ISH; of one day a stated result or a ratio goes before a number of copies."""
    listed = tuple(results)
    newest = listed[0] if listed else None
    return next((each for each in listed if newest and each.on == newest.on and not each.by_copies), newest)


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
    """Let an overall interpretation decide between the grades that the methods leave open."""
    if read is None:
        return possible
    return (possible & _ALONE[read.finding]) or possible


def _contradicts(result: Her2Result, possible: frozenset[Tier]) -> bool:
    """Tell whether a result, taken alone, rules out every grade that the combined status leaves open."""
    if result.finding in (Her2Finding.INDETERMINATE, Her2Finding.NOT_DONE):
        return False
    return _ALONE[result.finding].isdisjoint(possible)
