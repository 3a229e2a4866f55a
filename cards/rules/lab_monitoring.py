"""Whether there is a recent result of each laboratory test that the label requires before a dose."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from cards.facts.outcomes import CannotTell, Clear, Evidence, Fired, Missing, NotApplicable, OrderTests, Outcome
from cards.facts.topics import Topic
from cards.knowledge.schema import MissingTestTopic
from cards.readings.case import with_date
from cards.readings.lab_table import newest
from cards.values.quantities import plain

if TYPE_CHECKING:
    from cards.facts.results import LabResult
    from cards.knowledge.schema import Cited, TestsBeforeDose
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
    for wanted in case.product.monitoring.before_each_dose:
        if wanted.topic is topic:
            break
    else:
        return NotApplicable("the label asks for none of these tests before a dose")
    if not case.dose_is_near:
        return NotApplicable("no dose is near")
    recent = {test: newest(case, test) for test in wanted.tests}
    missing = [test for test, result in recent.items() if result is None]
    if not missing:
        undated = tuple(_undated(case, result) for result in recent.values() if result and _may_be_old(case, result))
        return CannotTell(undated) if undated else Clear()
    if case.patient.gaps:
        unread = [test for test in missing if case.unread_since(test, case.labs_since)]
        missing = [test for test in missing if test not in unread]
        if not missing:
            return CannotTell(tuple(Missing("result", reported_by=Topic.CHECKS_INCOMPLETE) for _ in unread))
    request = _request(case, wanted, tuple(missing))
    return Fired(
        values={"tests": request.names, "limit": plain(case.lab_days), "planned": case.planned.isoformat()},
        evidence=request.evidence,
        cited=request.cited,
        variant="default" if wanted.every_days is None else "label-interval",
        fixes=request.fixes,
    )


class _Request(NamedTuple):
    """What is said of some missing tests, whichever dose they are for."""

    names: str
    evidence: tuple[Evidence, ...]
    cited: tuple[Cited, ...]
    fixes: tuple[OrderTests, ...]


def _request(case: Case, wanted: TestsBeforeDose, missing: tuple[str, ...]) -> _Request:
    """Return the request for some tests, written once for all the orders of a product that want them."""
    kept: dict[object, _Request] = case.orders.worked_out.setdefault("requests for tests", {})
    key = (case.product.id, wanted.topic, missing)
    if key not in kept:
        by_site = () if wanted.every_days is not None else (case.known.thresholds["lab_max_age_days"].by,)
        kept[key] = _Request(
            _listed([case.known.terminology.concepts[test].display for test in missing]),
            (*(_line(case, test) for test in missing), *case.unusable(frozenset(missing))),
            (wanted.by, *by_site),
            (OrderTests(missing),),
        )
    return kept[key]


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
    name = case.known.terminology.concepts[test].display
    results: tuple[LabResult, ...] = case.patient.labs.get(test, ())
    if not results:
        return Evidence("lab-none", name)
    newest = results[0]
    return Evidence("lab", f"{name}: {with_date(newest, newest.as_reported)}", newest.origin)


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"
