"""Finds the results for a site rule's condition in all lists of the chart, and whether one matches.

A match is certain, excluded, or open (``None``) because of an unknown date or unit.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

from cards.readings.case import UNREAD, dated, with_date
from cards.values.intervals import Interval

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import date

    from cards.facts.origins import Gap, Origin
    from cards.facts.results import Her2Result, LabResult, Lvef, ReceptorResult, SiteResult, Weight
    from cards.knowledge.schema import ResultCondition
    from cards.readings.case import Case

_HER2 = {
    "her2-ihc": "IHC",
    "her2-ish": "ISH",
    "her2-ish-ratio": "ISH",
    "her2-copy-number": "ISH",
    "her2-interpretation": "interpretation",
    "her2-immunoassay": "interpretation",
}
_RECEPTORS = {"er-status": "ER", "pr-status": "PR"}


class Found(NamedTuple):
    """A result: as written with its day, the possible days, the number, its unit, and its answers."""

    text: str
    origin: Origin
    on: date | None
    within: tuple[date, date] | None = None
    interval: Interval | None = None
    unit: str = ""
    says: tuple[str, ...] = ()


def found(case: Case, condition: ResultCondition) -> tuple[Found, ...]:
    """List the results of a condition's tests, the newest first and undated ones last."""
    results = [each for test in condition.tests for each in _of_test(case, test)]
    return tuple(sorted(results, key=lambda each: -each.on.toordinal() if each.on else 0))


def matches(case: Case, condition: ResultCondition, result: Found) -> bool | None:
    """Return whether a result matches a condition; ``None`` if unknown."""
    return _all_of((_is_recent(case, condition, result), _is_as_compared(condition, result)))


def unread(case: Case, condition: ResultCondition, results: Iterable[Found]) -> tuple[Gap, ...]:
    """List unreadable results of a condition's tests, unless a newer result was read."""
    newest = max((each.on for each in results if each.on is not None), default=None)
    since = _since(case, condition)
    return tuple(
        gap
        for gap in case.patient.gaps
        if gap.about in condition.tests
        and gap.reason in UNREAD
        and (gap.on is None or ((newest is None or gap.on >= newest) and (since is None or gap.on >= since)))
    )


def _since(case: Case, condition: ResultCondition) -> date | None:
    return None if condition.within_days is None else case.planned - timedelta(days=condition.within_days)


def _is_recent(case: Case, condition: ResultCondition, result: Found) -> bool | None:
    since = _since(case, condition)
    if since is None:
        return True
    first, last = result.within or (result.on, result.on)
    if first is None or last is None:
        return None
    if first >= since:
        return True
    return False if last < since else None


def _is_as_compared(condition: ResultCondition, result: Found) -> bool | None:
    if condition.values:
        wanted = {each.casefold() for each in condition.values}
        if not wanted.isdisjoint(result.says):
            return True
        return False if result.says else None
    if not condition.has_bounds:
        return True
    if result.interval is None or result.unit != condition.unit:
        return None
    return _all_of(tuple(_bounds(condition, result.interval)))


def _all_of(answers: tuple[bool | None, ...]) -> bool | None:
    """Combine answers: one no decides, then one unknown."""
    return False if False in answers else None if None in answers else True


def _bounds(condition: ResultCondition, interval: Interval) -> Iterator[bool | None]:
    if condition.below is not None:
        yield interval.is_below(condition.below)
    if condition.at_least is not None:
        below = interval.is_below(condition.at_least)
        yield None if below is None else not below
    if condition.above is not None:
        yield interval.is_above(condition.above)
    if condition.at_most is not None:
        above = interval.is_above(condition.at_most)
        yield None if above is None else not above


def _of_test(case: Case, test: str) -> Iterator[Found]:
    patient = case.patient
    if test == "lvef":
        yield from (_lvef(each) for each in patient.lvefs)
    elif test in ("weight", "weight-stated"):
        yield from (_weight(each) for each in patient.weights if each.stated == (test == "weight-stated"))
    elif test == "pregnancy-test":
        for each in patient.pregnancy_tests:
            says = {True: ("positive",), False: ("negative",), None: ()}[each.positive]
            yield Found(with_date(each, each.as_reported), each.origin, each.on, each.within, says=says)
    elif test == "erbb2-mutation":
        for mutation in patient.mutations:
            says = ("positive",) if mutation.found else ("negative",)
            text = dated(mutation.as_reported, mutation.on)
            yield Found(text, mutation.origin, mutation.on, mutation.within, says=says)
    elif test in _HER2:
        yield from (_her2(each) for each in patient.her2 if str(each.method) == _HER2[test])
    elif test in _RECEPTORS:
        yield from (_receptor(each) for each in patient.receptors if str(each.receptor) == _RECEPTORS[test])
    elif test in patient.labs:
        yield from (_lab(each) for each in patient.labs[test])
    else:
        yield from (_of_site(each) for each in patient.site_results if each.test == test)


def _lvef(each: Lvef) -> Found:
    return Found(with_date(each, each.as_reported), each.origin, each.on, each.within, each.interval, "%")


def _weight(each: Weight) -> Found:
    return Found(with_date(each, str(each.kg)), each.origin, each.on, each.within, Interval.of(each.kg.value), "kg")


def _lab(each: LabResult) -> Found:
    return Found(with_date(each, each.as_reported), each.origin, each.on, each.within, each.interval, each.unit)


def _her2(each: Her2Result) -> Found:
    finding = str(each.finding)
    says = (finding, finding.removeprefix("ihc-"))
    return Found(dated(each.as_reported, each.on), each.origin, each.on, says=says)


def _receptor(each: ReceptorResult) -> Found:
    said = "positive" if each.positive else "negative"
    return Found(dated(said, each.on), each.origin, each.on, says=(said,))


def _of_site(each: SiteResult) -> Found:
    interval = Interval.of(each.value, each.bound) if each.value is not None else None
    text = f"{each.as_reported}, {each.time.taken}" if each.within and each.time else dated(each.as_reported, each.on)
    return Found(text, each.origin, each.on, each.within, interval, each.unit, each.says)
