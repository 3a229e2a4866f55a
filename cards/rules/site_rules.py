"""Runs a site rule on one order: evaluates the conditions in its file on the same facts as every rule.

Each condition holds, does not hold, or is open because a fact is missing. If one does not hold, the rule is not met;
otherwise an open one makes it "cannot tell".
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from cards.facts.outcomes import CannotTell, Clear, Evidence, Fired, Missing, NotApplicable, OrderTests
from cards.knowledge.schema import Problem
from cards.readings.case import INCOMPLETE_LIST, counted, dated
from cards.readings.her2 import her2_of
from cards.readings.other_drugs import evidence_lines, is_concurrent
from cards.readings.site_results import Found, found, matches, unread
from cards.unavailable import TREATMENT_PARTS, unavailable_parts
from cards.values.calendar_months import years_before

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from cards.facts.outcomes import Outcome
    from cards.facts.patient import PresentProblem, SiteProblem
    from cards.knowledge.schema import ResultCondition, SiteRule
    from cards.readings.case import Case

_SHOWN_DRUGS = 10
_NONE = "none"
_PROBLEMS = frozenset(map(str, Problem))

Answer = bool | tuple[Missing, ...]
"""Whether a condition holds, or what would be needed to tell."""


def judge(rule: SiteRule, case: Case) -> Outcome:
    """Run a rule on an order."""
    about = [answer for ask in _WHEN for answer in ask(rule, case)]
    if False in about:
        return NotApplicable("the rule is about other orders")
    conditions = [*_results(rule, case), *_drugs(rule, case), *_problems(rule, case)]
    if False in conditions:
        return Clear()
    missing: list[Missing] = []
    for answer in (*about, *conditions):
        if isinstance(answer, tuple):
            missing += [each for each in answer if each not in missing]
    return CannotTell(tuple(missing)) if missing else _fired(rule, case)


def _fired(rule: SiteRule, case: Case) -> Fired:
    looked_at = [each for condition in rule.results for each in found(case, condition)]
    newest = looked_at[0] if looked_at else None
    first = rule.results[0] if rule.results else None
    limit = next((each.within_days for each in rule.results if each.within_days is not None), None)
    days = case.age_in_days(newest.on) if newest is not None and newest.on is not None else None
    return Fired(
        values={
            "test": (first.display or "") if first is not None else "",
            "result": newest.text if newest is not None else _NONE,
            "date": newest.on.isoformat() if newest is not None and newest.on is not None else _NONE,
            "days": str(days) if days is not None else _NONE,
            "limit": counted(limit, "day") if limit is not None else _NONE,
        },
        evidence=tuple(_evidence(rule, case)),
        cited=(rule.by,),
        fixes=(OrderTests((rule.order_test.concept,)),) if rule.order_test is not None else (),
    )


def _evidence(rule: SiteRule, case: Case) -> Iterator[Evidence]:
    for condition in rule.results:
        results = found(case, condition)
        name = condition.display or ""
        for each in results[:1]:
            yield Evidence("site-result", each.text, each.origin, values=(("test", name),))
        if not results:
            yield Evidence("site-none", name)
        yield from case.unusable(frozenset(condition.tests))
    for problem in rule.problems:
        for entry in _present(case, problem):
            yield Evidence("site-problem", dated(entry.label, entry.on), entry.origin)
    for name in dict.fromkeys(rule.when.on_drug):
        yield from islice(evidence_lines(case, name), _SHOWN_DRUGS)


def _open(rule: SiteRule, case: Case, what: str, *parts: str, **values: str) -> Answer:
    """Return the missing inputs: the unavailable parts of the chart, else the unknown facts."""
    if absent := _absent(case, parts):
        return absent
    return (Missing(f"site-{what}", values={"rule": rule.display, **values}),)


def _absent(case: Case, parts: Iterable[str]) -> tuple[Missing, ...]:
    wanted = frozenset(parts)
    return unavailable_parts(each for each in case.patient.absent if each[0] in wanted)


def _product(rule: SiteRule, case: Case) -> Iterator[Answer]:
    wanted = rule.when.products
    if wanted:
        brand = case.identity.brand
        yield case.product.id in wanted or (brand is not None and brand.id in wanted)


def _first_dose(rule: SiteRule, case: Case) -> Iterator[Answer]:
    wanted = rule.when.first_dose
    if wanted is None:
        return
    if case.is_first_dose and (absent := _absent(case, TREATMENT_PARTS)):
        yield absent
    else:
        yield case.is_first_dose is wanted


def _cancer(rule: SiteRule, case: Case) -> Iterator[Answer]:
    wanted = rule.when.cancers
    if not wanted:
        return
    if case.cancers:
        yield not case.cancers.isdisjoint(wanted)
    else:
        yield _open(rule, case, "cancer", "conditions")


def _setting(rule: SiteRule, case: Case) -> Iterator[Answer]:
    wanted = rule.when.settings
    if not wanted:
        return
    if case.setting is not None:
        yield case.setting in wanted
    else:
        yield _open(rule, case, "setting", "conditions")


def _tier(rule: SiteRule, case: Case) -> Iterator[Answer]:
    wanted = frozenset(rule.when.tiers)
    if not wanted:
        return
    status = her2_of(case)
    absent = _absent(case, ("tumorMarkers",))
    if absent:
        yield absent
    elif not status.results:
        yield _open(rule, case, "tier", "tumorMarkers")
    elif status.possible <= wanted:
        yield True
    else:
        yield False if status.possible.isdisjoint(wanted) else _open(rule, case, "tier", "tumorMarkers")


def _age(rule: SiteRule, case: Case) -> Iterator[Answer]:
    wanted, born = rule.when.age, case.patient.birth_date
    if wanted is None:
        return
    if born is None:
        yield _open(rule, case, "age", "patient")
        return
    if wanted.at_least is not None:
        yield born <= years_before(case.planned, wanted.at_least)
    if wanted.below is not None:
        yield born > years_before(case.planned, wanted.below)


def _sex(rule: SiteRule, case: Case) -> Iterator[Answer]:
    wanted = rule.when.sex
    if wanted:
        yield case.patient.sex in wanted if case.patient.sex else _open(rule, case, "sex", "patient")


def _on_drug(rule: SiteRule, case: Case) -> Iterator[Answer]:
    if rule.when.on_drug:
        yield is_concurrent(case, rule.when.on_drug) or _absent(case, TREATMENT_PARTS) or False


def _drugs(rule: SiteRule, case: Case) -> Iterator[Answer]:
    if rule.unless_drug:
        yield False if is_concurrent(case, rule.unless_drug) else _absent(case, TREATMENT_PARTS) or True


def _problems(rule: SiteRule, case: Case) -> Iterator[Answer]:
    if rule.problems:
        yield any(_present(case, each) for each in rule.problems) or _absent(case, ("conditions",)) or False


def _present(case: Case, problem: str) -> tuple[PresentProblem | SiteProblem, ...]:
    """List the chart entries for a problem, named in the rule by the service's word or by code."""
    if problem in _PROBLEMS:
        return case.has(Problem(problem))
    today = case.session.today
    return tuple(each for each in case.patient.site_problems if each.code == problem and each.is_present(today))


def _results(rule: SiteRule, case: Case) -> Iterator[Answer]:
    if rule.any_result is not None:
        yield _is_there(rule, case, rule.any_result)
    for condition in (rule.no_result, rule.unless_result):
        if condition is not None:
            answer = _is_there(rule, case, condition)
            yield answer if isinstance(answer, tuple) else not answer


def _is_there(rule: SiteRule, case: Case, condition: ResultCondition) -> Answer:
    """Return whether a matching result is on record, or ``None`` if open."""
    results = found(case, condition)
    looked_at = results[:1] if condition.newest else results
    answers = [matches(case, condition, each) for each in looked_at]
    if True in answers:
        return True
    open_results = [each for each, answer in zip(looked_at, answers, strict=True) if answer is None]
    missing = [_unclear(rule, condition, each) for each in open_results]
    missing += [_not_read(rule, condition, gap.values) for gap in unread(case, condition, results)]
    keys = {str(key) for test in condition.tests if (key := case.known.terminology.concepts[test].asked_by) is not None}
    missing += _absent(case, keys)
    lists = {f"prefetch.{key}" for key in keys}
    if any(gap.reason in INCOMPLETE_LIST and gap.path in lists for gap in case.patient.gaps):
        missing.append(Missing("site-incomplete", values={"rule": rule.display}, is_urgent=True))
    return tuple(missing) if missing else False


def _unclear(rule: SiteRule, condition: ResultCondition, result: Found) -> Missing:
    values = {"rule": rule.display, "test": condition.display or "", "result": result.text}
    return Missing("site-result", values=values, is_urgent=True)


def _not_read(rule: SiteRule, condition: ResultCondition, values: tuple[tuple[str, str], ...]) -> Missing:
    written = dict(values).get("value", "?")
    return Missing(
        "site-result", values={"rule": rule.display, "test": condition.display or "", "result": written}, is_urgent=True
    )


_WHEN: tuple[Callable[[SiteRule, Case], Iterator[Answer]], ...] = (
    _product,
    _first_dose,
    _cancer,
    _setting,
    _tier,
    _age,
    _sex,
    _on_drug,
)
