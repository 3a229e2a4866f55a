"""Whether there is a recent result of each laboratory test that the label requires before a dose."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cards.facts.outcomes import CannotTell, Clear, Evidence, Fired, Missing, NotApplicable, OrderTests, Outcome
from cards.facts.topics import Topic
from cards.knowledge.schema import MissingTestTopic
from cards.readings.case import with_date
from cards.readings.lab_table import newest
from cards.values.quantities import plain

if TYPE_CHECKING:
    from cards.facts.results import LabResult
    from cards.readings.case import Case


def liver_tests_missing(case: Case) -> Outcome:
    """Fire when AST, ALT or total bilirubin has no result near the planned dose.

    The label does not require ALP. An unreadable result is not missing: it is reported on
    ``checks-incomplete``.
    """
    return _missing(case, MissingTestTopic.LIVER_TESTS)


def blood_count_missing(case: Case) -> Outcome:
    """Fire when platelets, or for Enhertu neutrophils and platelets, have no result near the planned dose."""
    return _missing(case, MissingTestTopic.BLOOD_COUNT)


def _missing(case: Case, topic: MissingTestTopic) -> Outcome:
    wanted = next((each for each in case.product.monitoring.before_each_dose if each.topic is topic), None)
    if wanted is None:
        return NotApplicable("the label asks for none of these tests before a dose")
    if not case.dose_is_near:
        return NotApplicable("no dose is near")
    recent = {test: newest(case, test) for test in wanted.tests}
    missing = [test for test, result in recent.items() if result is None]
    if not missing:
        undated = tuple(_undated(case, result) for result in recent.values() if result and _may_be_old(case, result))
        return CannotTell(undated) if undated else Clear()
    unread = [test for test in missing if case.unread_since(test, case.labs_since)]
    missing = [test for test in missing if test not in unread]
    if not missing:
        return CannotTell(tuple(Missing("result", reported_by=Topic.CHECKS_INCOMPLETE) for _ in unread))
    names = [case.known.terminology.concepts[test].display for test in missing]
    limit = plain(case.lab_days)
    by_site = () if wanted.every_days is not None else (case.known.thresholds["lab_max_age_days"].by,)
    return Fired(
        values={"tests": _listed(names), "limit": limit, "planned": case.planned.isoformat()},
        evidence=(*(_line(case, test) for test in missing), *case.unusable(frozenset(missing))),
        cited=(wanted.by, *by_site),
        variant="default" if wanted.every_days is None else "label-interval",
        fixes=(OrderTests(tuple(missing)),),
    )


def _may_be_old(case: Case, result: LabResult) -> bool:
    """Return whether the newest result gives only a month or year, which may have begun too long ago."""
    return result.on is not None and result.on < case.labs_since


def _undated(case: Case, result: LabResult) -> Missing:
    values = {
        "test": case.known.terminology.concepts[result.test].display,
        "result": with_date(result, result.as_reported),
    }
    return Missing("lab-day", values=values, is_urgent=True)


def _line(case: Case, test: str) -> Evidence:
    """Return the line of the newest result of a test, written once for all the orders that want it."""
    kept: dict[str, Evidence] = case.orders.worked_out.setdefault("lines of missing tests", {})
    if test not in kept:
        kept[test] = _written(case, test)
    return kept[test]


def _written(case: Case, test: str) -> Evidence:
    name = case.known.terminology.concepts[test].display
    results: tuple[LabResult, ...] = case.patient.labs.get(test, ())
    if not results:
        return Evidence("lab-none", name)
    newest = results[0]
    return Evidence("lab", f"{name}: {with_date(newest, newest.as_reported)}", newest.origin)


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"
