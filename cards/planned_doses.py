"""Doses planned for later days: what to judge today, and what will be needed before each.

The next dose of a product is the earliest not yet given, in the session or active in the chart. Current chart data are
judged for it. Missing and old tests are requested when it is near; further off, and for later doses, they are listed
with the days on which they are needed.
"""

from __future__ import annotations

import dataclasses
from bisect import bisect_left
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from cards.facts.outcomes import CannotTell, Evidence, Fired, NotApplicable, OrderTests, Verdict
from cards.facts.patient import TreatmentState
from cards.facts.policy import Mode, PlannedDoses
from cards.facts.schedules import NO_SCHEDULE
from cards.facts.session import planned_day
from cards.facts.topics import Topic, TopicCode
from cards.readings.course import products_counting
from cards.values.calendar_months import months_before

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import date

    from cards.facts.outcomes import Outcome
    from cards.facts.policy import Policy
    from cards.knowledge.schema import Cited, Knowledge
    from cards.readings.case import Case
    from cards.rules import Rule

_LVEF = frozenset({Topic.LVEF_MISSING, Topic.LVEF_OVERDUE})
AGEING = _LVEF | {
    Topic.WEIGHT_STALE,
    Topic.LIVER_TESTS_MISSING,
    Topic.BLOOD_COUNT_MISSING,
    Topic.PREGNANCY_TEST_MISSING,
}
"""The topics that ask for a test that is missing, or too old on the day of the dose."""
_OF_THE_MOMENT = frozenset({Topic.LVEF_HOLD, Topic.LVEF_RECHECK, Topic.LIVER_TESTS_HOLD, Topic.BLOOD_COUNT_HOLD})
_AFTER_THE_FIRST = _OF_THE_MOMENT | {Topic.PREGNANCY_TEST_MISSING}
_POSTPONED = _OF_THE_MOMENT | AGEING | {Topic.RELOAD_REQUIRED}
_NONE = frozenset[Topic]()
_WEEK = 7
_MOST_LATER_DOSES = 60
LATER = NotApplicable("judged for the next dose, and again when this one is dispatched")
ASKED_LATER = NotApplicable("asked for nearer to the dose")


class PlannedDose(NamedTuple):
    """How a planned dose is judged: ``is_first`` of its product in the session, ``is_next`` of all not yet given."""

    is_first: bool
    is_next: bool
    day: date
    today: date


def planned_doses(cases: Sequence[Case], policy: Policy) -> dict[int, PlannedDose]:
    """Map the ``id()`` of each case that is not fully judged today to how it is judged."""
    if policy.planned_doses is PlannedDoses.EVERY:
        return {}
    found: dict[int, PlannedDose] = {}
    days: dict[str, list[date]] = {}
    for case in cases:
        day, today = case.planned, case.session.today
        if day <= today or (product := case.identity.product) is None:
            continue
        if product.id not in days:
            days[product.id] = sorted(set(_days_in_session(case)))
        ordered = days[product.id]
        standing = min(_days_in_chart(case), default=ordered[0])
        place = bisect_left(ordered, day)
        found[id(case)] = PlannedDose(place == 0, day <= min(ordered[0], standing), day, today)
    return found


def _days_in_session(case: Case) -> Iterable[date]:
    """Yield the days on which the session orders doses of a product."""
    today, own = case.session.today, case.identity.product
    yield case.planned
    yield from (planned_day(order.start, today) for order, identity in case.others if identity.product == own)


def _days_in_chart(case: Case) -> Iterable[date]:
    """Yield the future days on which the chart has doses of a product ordered."""
    for each in case.patient.treatments:
        if each.state is not TreatmentState.ACTIVE or each.product != case.product.id:
            continue
        if each.on is not None and each.on >= case.session.today:
            yield each.on


def later_doses(case: Case) -> Iterator[Case]:
    """Yield the further doses of one order that names several, or a number of them, each as a separate order.

    If the session has other orders of the product, those are the plan. Tablets follow their own schedule.
    """
    if case.order.schedule is NO_SCHEDULE or case.session.hook.orders_are_signed or case.product.is_oral:
        return
    days = case.order.schedule.days_from(case.order.start or case.planned)
    if len(days) == 1 or len(case.orders.of_product(case.product.id)) > 1:
        return
    for day in days[:_MOST_LATER_DOSES]:
        if day > case.planned:
            order = msgspec.structs.replace(case.order, start=day, cycles=None, schedule=NO_SCHEDULE)
            yield dataclasses.replace(case, order=order)


def needs_of(case: Case, rules: Iterable[Rule], policy: Policy) -> Verdict | None:
    """Return a verdict that lists the tests that a further dose of an order will need, if any."""
    dose = PlannedDose(is_first=False, is_next=False, day=case.planned, today=case.session.today)
    wanted = []
    for rule in rules:
        if rule.topic in postponable_topics(case.known) and policy.mode(rule.topic) is Mode.LIVE:
            _, later = outcome_for(rule.topic, case, dose, rule.judge(case))
            if later is not None:
                wanted.append(later)
    return tests_needed(case, wanted)


def postponable_topics(known: Knowledge) -> frozenset[TopicCode]:
    """Return the topics whose outcome may differ between a planned dose and one today."""
    if not known.site_rules:
        return _POSTPONED
    return _POSTPONED.union(rule.topic for rule in known.site_rules)


def outcome_for(topic: TopicCode, case: Case, dose: PlannedDose, outcome: Outcome) -> tuple[Outcome, Fired | None]:
    """Return a rule's outcome as it applies to a planned dose, and the finding to raise later, if there is one."""
    if topic in _OF_THE_MOMENT and not dose.is_first:
        return LATER, None
    if topic is Topic.RELOAD_REQUIRED and isinstance(outcome, Fired):
        return (LATER if _follows_a_dose(case) else outcome), None
    by_site = case.known.site_rule(topic) if case.known.site_rules else None
    ages = topic in AGEING or (by_site is not None and by_site.ages)
    if not ages or (dose.is_next and is_near(topic, case, dose)):
        return outcome, None
    of_first_dose = topic is Topic.PREGNANCY_TEST_MISSING or (by_site is not None and by_site.when.first_dose)
    if of_first_dose and not dose.is_first:
        return LATER, None
    if isinstance(outcome, Fired):
        return ASKED_LATER, outcome
    return (ASKED_LATER if isinstance(outcome, CannotTell) else outcome), None


def _follows_a_dose(case: Case) -> bool:
    """Return whether an earlier dose of the same plan closes the gap before this one, like one already given."""
    before = case.orders.last_before(case.order, products_counting(case), case.planned)
    longest = max((regimen.interval_days for regimen in case.product.regimens), default=0)
    return before is not None and (case.planned - before.day).days <= longest + _WEEK


def topics_not_judged(dose: PlannedDose | None) -> frozenset[Topic]:
    """Return the topics that are not judged for a planned dose, because another dose in the session precedes it."""
    return _AFTER_THE_FIRST if dose is not None and not dose.is_first else _NONE


def is_near(topic: TopicCode, case: Case, dose: PlannedDose) -> bool:
    """Return whether a dose is near enough to ask for its tests: within the label's interval, or the site's days."""
    if (dose.day - dose.today).days <= case.lab_days:
        return True
    wanted = case.product.monitoring.lvef
    if topic in _LVEF and wanted is not None and wanted.interval_months is not None:
        return months_before(dose.day, wanted.interval_months) <= dose.today
    rule = case.known.site_rule(topic) if case.known.site_rules else None
    # A result from today will still be valid on the day of the dose.
    return rule is not None and (rule.valid_days is None or (dose.day - dose.today).days <= rule.valid_days)


def tests_needed(case: Case, later: Sequence[Fired]) -> Verdict | None:
    """Return a verdict that lists the tests a planned dose will need, if any; each is asked for again near the day."""
    asked = tuple((finding.fixes, finding.cited) for finding in later)
    kept: dict[object, tuple[str, tuple[Cited, ...]]] = case.orders.worked_out.setdefault("tests needed", {})
    if asked not in kept:
        kept[asked] = _tests_and_sources(case, later)
    tests, cited = kept[asked]
    if not tests:
        return None
    day = case.planned.isoformat()
    return Verdict(
        Topic.MONITORING_PLANNED,
        case.order.origin,
        Fired(
            values={"day": day},
            evidence=(Evidence("planned-tests", tests, values=(("days", day),)),),
            cited=cited,
        ),
        case.product.id,
        case.drug,
        case.order.tentative,
    )


def _tests_and_sources(case: Case, later: Iterable[Fired]) -> tuple[str, tuple[Cited, ...]]:
    """Name the tests that some findings ask for, and their sources; the orders of a plan ask for the same ones."""
    concepts: dict[str, None] = {}
    cited: dict[Cited, None] = {}
    for finding in later:
        for fix in finding.fixes:
            if isinstance(fix, OrderTests):
                concepts.update(dict.fromkeys(fix.concepts))
        cited.update(dict.fromkeys(finding.cited))
    known = case.known.terminology.concepts
    return ", ".join(known[concept].display for concept in concepts), tuple(cited)
