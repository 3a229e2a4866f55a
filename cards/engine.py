"""Runs every rule on every order, and collects what could not be checked in one separate verdict."""

from __future__ import annotations

from itertools import repeat
from operator import attrgetter
from typing import TYPE_CHECKING

import msgspec

from cards.facts.outcomes import (
    CannotTell,
    Clear,
    Evidence,
    Fired,
    HoldOrder,
    Indicator,
    NotApplicable,
    RemoveOrder,
    Verdict,
)
from cards.facts.policy import Mode
from cards.facts.topics import Topic, TopicCode
from cards.failures import FailedSteps, is_failure, run_rule, run_rules
from cards.identification.identity import Identity, IdentityStatus, identify
from cards.planned_doses import (
    ASKED_LATER,
    LATER,
    later_doses,
    needs_of,
    outcome_for,
    planned_doses,
    postponable_topics,
    tests_needed,
    topics_not_judged,
)
from cards.presentation.urgency import STOPS
from cards.readings.case import Case
from cards.readings.parts_of_dose import completes_dose
from cards.readings.session_orders import SessionOrders
from cards.rules import rules_for_hook
from cards.unavailable import cannot_tell_if_unavailable
from cards.unchecked import could_not_check, incomplete, unchecked
from cards.values.caching import lazy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from cards.facts.outcomes import Outcome
    from cards.facts.policy import Policy
    from cards.facts.session import Session
    from cards.failures import OnFailure
    from cards.identification.recognizer import Recognizer
    from cards.knowledge.schema import Cited, Knowledge
    from cards.planned_doses import PlannedDose
    from cards.rules import Rule

_SILENT = frozenset({Clear, NotApplicable})
_topic, _outcome = attrgetter("topic"), attrgetter("outcome")
_AT_THE_ORDER = NotApplicable("judged when the next dose is ordered")
_UNSETTLED = NotApplicable("which drug is ordered is not settled")
_OF_CODES = frozenset({Topic.HCPCS_MISMATCH, Topic.NDC_MISMATCH})
_AS_OF_TODAY = Evidence("failed-planned-doses", "")
_NOT_LISTED = Evidence("failed-gathering", "")


class _Asked:
    """The rules of one judgment and what is looked up about them once for all orders, without topics that are off."""

    def __init__(self, rules: Sequence[Rule], policy: Policy, known: Knowledge) -> None:
        self.rules = [rule for rule in rules if policy.mode(rule.topic) is not Mode.OFF] if policy.modes else rules
        self.topics = [*map(_topic, self.rules)]
        self._known = known

    @lazy
    def postponable(self) -> list[tuple[int, TopicCode]]:
        """The place and the topic of each rule whose outcome may differ between a planned dose and one today."""
        topics = postponable_topics(self._known)
        return [(place, topic) for place, topic in enumerate(self.topics) if topic in topics]


def judge(
    session: Session,
    recognizer: Recognizer,
    policy: Policy,
    identities: Sequence[Identity] | None = None,
    rules: Sequence[Rule] | None = None,
    on_failure: OnFailure | None = None,
) -> tuple[Verdict, ...]:
    """Return one verdict for each rule and each order in scope, and one on what could not be checked.

    Topics that are off give none. Only what a live card says counts as said. ``identities`` saves settling again
    what has been settled, order by order. ``rules`` are those of the service that is asked; by default
    the clinical ones of the moment. ``on_failure`` hears of a rule or a step that raises an exception, which then is a
    check that could not be carried out, and costs no other; without it the exception is raised.
    """
    failed = FailedSteps(on_failure)
    rules = rules_for_hook(session.hook, recognizer.known) if rules is None else rules
    identities = _identified(session, recognizer, failed) if identities is None else identities
    cases = _cases(session, recognizer, policy, identities, lambda identity: identity.in_scope, failed)
    planned: dict[int, PlannedDose] = {}
    if session.hook.has_orders:
        try:
            planned = planned_doses(cases, policy)
        except Exception as error:  # noqa: BLE001 - each dose is then judged as one of today, which asks for more
            failed.add("planned-doses", error, _AS_OF_TODAY)
    asked = _Asked(rules, policy, recognizer.known)
    verdicts: list[Verdict] = []
    for case in cases:
        verdicts += _verdicts(case, policy, asked, planned.get(id(case)), failed)
        if case.order.schedule.rhythms:
            verdicts += _of_later_doses(case, policy, rules, failed)
    if any(identity.is_miscoded for identity in identities):
        of_codes = _Asked([rule for rule in rules if rule.topic in _OF_CODES], policy, recognizer.known)
        # An order for a neighbor with a code of a checked drug: no other rule runs on it.
        for case in _cases(session, recognizer, policy, identities, lambda each: each.is_miscoded, failed):
            verdicts += _verdicts(case, policy, of_codes, None, failed)
    # Most rules have nothing to say, and most of what follows is about those that do.
    is_silent = _SILENT.issuperset(map(type, map(_outcome, verdicts)))
    telling = [] if is_silent else [verdict for verdict in verdicts if verdict.outcome.__class__ not in _SILENT]
    shown = [v for v in telling if isinstance(v.outcome, Fired) and policy.mode(v.topic) is Mode.LIVE]
    try:
        told = incomplete(cases, telling, shown, session, recognizer, failed.lines)
    except Exception as error:  # noqa: BLE001 - that not all is listed is said in place of the list
        failed.add("gathering", error, _NOT_LISTED)
        told = could_not_check(failed.lines, session.hook.variant_without_drug)
    return (*verdicts, told) if told else tuple(verdicts)


def _identified(session: Session, recognizer: Recognizer, failed: FailedSteps) -> list[Identity]:
    found = []
    for order in session.orders:
        try:
            identity = identify(order, recognizer)
        except Exception as error:  # noqa: BLE001 - one order must not cost the others
            failed.add("identification", error, unchecked(order, recognizer))
            identity = Identity(IdentityStatus.UNKNOWN)
        found.append(identity)
    return found


def cases_in_scope(
    session: Session, recognizer: Recognizer, policy: Policy, identities: Sequence[Identity] | None = None
) -> list[Case]:
    """Return the cases for the rules: each order in focus for a checked drug."""
    if identities is None:
        identities = [identify(order, recognizer) for order in session.orders]
    return _cases(session, recognizer, policy, identities, lambda identity: identity.in_scope, FailedSteps(None))


def _cases(
    session: Session,
    recognizer: Recognizer,
    policy: Policy,
    identities: Sequence[Identity],
    wanted: Callable[[Identity], bool],
    failed: FailedSteps,
) -> list[Case]:
    orders = SessionOrders(zip(session.orders, identities, strict=True), session.today, recognizer)
    cases = []
    for order, identity in orders.identified:
        if not order.in_focus or not wanted(identity):
            continue
        try:
            thresholds = policy.thresholds_for(identity.product.id if identity.product else None)
            cases.append(Case(order, identity, session, orders, recognizer, thresholds, completes_dose))
        except Exception as error:  # noqa: BLE001 - one order must not cost the others
            failed.add("order", error, unchecked(order, recognizer))
    return cases


def _verdicts(
    case: Case, policy: Policy, asked: _Asked, dose: PlannedDose | None, failed: FailedSteps
) -> list[Verdict]:
    """Judge one order. If processing its outcomes fails, its findings stay, and the order is reported."""
    try:
        return _judged(case, asked, policy, dose, failed.on_failure)
    except Exception as error:  # noqa: BLE001 - one order must not cost the others
        failed.add("order", error, unchecked(case.order, case.recognizer))
    try:
        found = list(_judge_as_it_is(case, asked, failed.on_failure))
    except Exception as error:  # noqa: BLE001 - the order is told of already
        failed.add("order", error, unchecked(case.order, case.recognizer))
        return []
    return [verdict for verdict in found if isinstance(verdict.outcome, Fired) or is_failure(verdict.outcome)]


def _judge_as_it_is(case: Case, asked: _Asked, on_failure: OnFailure | None) -> Iterable[Verdict]:
    """Yield what each rule says of an order as it is; nothing is made of it for later doses or a signed order."""
    settled = case.identity.status is IdentityStatus.SETTLED
    product = case.product.id if settled else None
    for rule in asked.rules:
        if settled or rule.before_identity:
            outcome = run_rule(rule, case, on_failure)
            if isinstance(outcome, Fired):
                outcome = msgspec.structs.replace(outcome, fixes=())
            yield Verdict(rule.topic, case.order.origin, outcome, product, case.drug, case.order.tentative)


def _judged(
    case: Case, asked: _Asked, policy: Policy, dose: PlannedDose | None, on_failure: OnFailure | None
) -> list[Verdict]:
    settled = case.identity.status is IdentityStatus.SETTLED
    hook, by, extra = case.session.hook, case.identity.by, None
    if settled and not hook.orders_are_signed and by is None:
        outcomes = run_rules(asked.rules, case, topics_not_judged(dose), on_failure)
        if case.patient.absent:
            outcomes = _withhold_unavailable(outcomes, asked.topics, case)
        if not hook.has_orders:
            outcomes = [
                _lower_stop_to_info(outcome) if topic in STOPS else outcome
                for topic, outcome in zip(asked.topics, outcomes, strict=True)
            ]
    else:
        outcomes = [
            run_rule(rule, case, on_failure) if settled or rule.before_identity else _UNSETTLED for rule in asked.rules
        ]
        if hook.orders_are_signed:
            outcomes = [_hold_instead_of_removal(outcome) for outcome in outcomes]
        if settled and case.patient.absent:
            outcomes = _withhold_unavailable(outcomes, asked.topics, case)
        if by is not None:
            outcomes = [_with_identity_source(by, outcome) for outcome in outcomes]
    if dose is not None and settled:
        extra = _postpone(outcomes, asked, case, dose, policy)
    product = case.product.id if settled else None
    origin, of_order = repeat(case.order.origin), (repeat(product), repeat(case.drug), repeat(case.order.tentative))
    verdicts = list(map(Verdict, asked.topics, origin, outcomes, *of_order))
    return verdicts if extra is None else [*verdicts, extra]


def _lower_stop_to_info(outcome: Outcome) -> Outcome:
    """Lower a stop to info when a chart is opened and nothing is ordered; it is judged again with the order."""
    match outcome:
        case Fired():
            return msgspec.structs.replace(outcome, indicator=Indicator.INFO, fixes=())
        case CannotTell() if not is_failure(outcome):
            return _AT_THE_ORDER
    return outcome


def _with_identity_source(by: Cited, outcome: Outcome) -> Outcome:
    """Add the source that identifies the drug to a finding: if it is not verified, no card is critical."""
    if not isinstance(outcome, Fired) or by in outcome.cited:
        return outcome
    return msgspec.structs.replace(outcome, cited=(*outcome.cited, by))


def _withhold_unavailable(outcomes: list[Outcome], topics: Iterable[TopicCode], case: Case) -> list[Outcome]:
    # A fixed dose is judged without a weight, and some labels require no LVEF.
    idle = {"weight": not case.needs_weight, "lvef": case.product.monitoring.lvef is None}
    absent = tuple((part, why) for part, why in case.patient.absent if not idle.get(part, False))
    return [
        outcome if is_failure(outcome) else cannot_tell_if_unavailable(topic, outcome, absent)
        for topic, outcome in zip(topics, outcomes, strict=True)
    ]


def _postpone(outcomes: list[Outcome], asked: _Asked, case: Case, dose: PlannedDose, policy: Policy) -> Verdict | None:
    """Postpone requests for tests, in place, until a planned dose is near; return the list of what it will need."""
    later: list[Fired] = []
    put_off: set[TopicCode] = set()
    for place, topic in asked.postponable:
        outcome = outcomes[place]
        if outcome is LATER:
            put_off.add(topic)
            continue
        if outcome.__class__ is CannotTell and is_failure(outcome):
            continue
        postponed, wanted = outcome_for(topic, case, dose, outcome)
        if postponed is not outcome:
            put_off.add(topic)
            outcomes[place] = postponed
        if wanted is not None and policy.mode(topic) is Mode.LIVE:
            later.append(wanted)
    if put_off and CannotTell in map(type, outcomes):
        outcomes[:] = [_with_what_it_awaits(outcome, put_off) for outcome in outcomes]
    return tests_needed(case, later) if policy.mode(Topic.MONITORING_PLANNED) is not Mode.OFF else None


def _of_later_doses(case: Case, policy: Policy, rules: Sequence[Rule], failed: FailedSteps) -> list[Verdict]:
    """List what the further doses of one order need, if the order names them."""
    if not case.session.hook.has_orders or case.identity.status is not IdentityStatus.SETTLED:
        return []
    if policy.mode(Topic.MONITORING_PLANNED) is Mode.OFF:
        return []
    try:
        needs = (needs_of(later, rules, policy) for later in later_doses(case))
        return [each for each in needs if each is not None]
    except Exception as error:  # noqa: BLE001 - the dose that is next has been judged
        failed.add("planned-doses", error, _AS_OF_TODAY)
        return []


def _with_what_it_awaits(outcome: Outcome, put_off: set[TopicCode]) -> Outcome:
    """Postpone an outcome that depends on a postponed test."""
    if isinstance(outcome, CannotTell) and all(each.reported_by in put_off for each in outcome.missing):
        return ASKED_LATER
    return outcome


def _hold_instead_of_removal(outcome: Outcome) -> Outcome:
    """Offer to hold an already signed order where a draft would be removed."""
    if not isinstance(outcome, Fired) or RemoveOrder() not in outcome.fixes:
        return outcome
    fixes = tuple(HoldOrder() if isinstance(fix, RemoveOrder) else fix for fix in outcome.fixes)
    return msgspec.structs.replace(outcome, fixes=fixes)
