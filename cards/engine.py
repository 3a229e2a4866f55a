"""Runs every rule on every order, and collects what could not be checked in one separate verdict."""

from __future__ import annotations

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
from cards.knowledge.schema import Cited
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
from cards.readings.session_orders import SessionOrders
from cards.rules import rules_for_hook
from cards.unavailable import cannot_tell_if_unavailable
from cards.unchecked import could_not_check, incomplete, unchecked

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from cards.facts.outcomes import Outcome
    from cards.facts.policy import Policy
    from cards.facts.session import Session
    from cards.failures import OnFailure
    from cards.identification.recognizer import Recognizer
    from cards.planned_doses import PlannedDose
    from cards.rules import Rule

_SILENT = (Clear, NotApplicable)
_AT_THE_ORDER = NotApplicable("judged when the next dose is ordered")
_UNSETTLED = NotApplicable("which drug is ordered is not settled")
_OF_CODES = frozenset({Topic.HCPCS_MISMATCH, Topic.NDC_MISMATCH})
_AS_OF_TODAY = Evidence("failed-planned-doses", "")
_NOT_LISTED = Evidence("failed-gathering", "")


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
    verdicts: list[Verdict] = []
    for case in cases:
        verdicts += _verdicts(case, policy, rules, planned.get(id(case)), failed)
        if case.order.schedule.rhythms:
            verdicts += _of_later_doses(case, policy, rules, failed)
    if any(identity.is_miscoded for identity in identities):
        of_codes = [rule for rule in rules if rule.topic in _OF_CODES]
        # An order for a neighbor with a code of a checked drug: no other rule runs on it.
        for case in _cases(session, recognizer, policy, identities, lambda each: each.is_miscoded, failed):
            verdicts += _verdicts(case, policy, of_codes, None, failed)
    # Most rules have nothing to say, and most of what follows is about those that do.
    telling = [verdict for verdict in verdicts if verdict.outcome.__class__ not in _SILENT]
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
            cases.append(Case(order, identity, session, orders, recognizer, thresholds))
        except Exception as error:  # noqa: BLE001 - one order must not cost the others
            failed.add("order", error, unchecked(order, recognizer))
    return cases


def _verdicts(
    case: Case, policy: Policy, rules: Sequence[Rule], dose: PlannedDose | None, failed: FailedSteps
) -> list[Verdict]:
    """Judge one order. If processing its outcomes fails, its findings stay, and the order is reported."""
    try:
        return _judged(case, policy, rules, dose, failed.on_failure)
    except Exception as error:  # noqa: BLE001 - one order must not cost the others
        failed.add("order", error, unchecked(case.order, case.recognizer))
    try:
        found = list(_judge_as_it_is(case, policy, rules, failed.on_failure))
    except Exception as error:  # noqa: BLE001 - the order is told of already
        failed.add("order", error, unchecked(case.order, case.recognizer))
        return []
    return [verdict for verdict in found if isinstance(verdict.outcome, Fired) or is_failure(verdict.outcome)]


def _judge_as_it_is(
    case: Case, policy: Policy, rules: Sequence[Rule], on_failure: OnFailure | None
) -> Iterable[Verdict]:
    """Yield what each rule says of an order as it is; nothing is made of it for later doses or a signed order."""
    settled = case.identity.status is IdentityStatus.SETTLED
    product = case.product.id if settled else None
    for rule in rules:
        if policy.mode(rule.topic) is not Mode.OFF and (settled or rule.before_identity):
            outcome = run_rule(rule, case, on_failure)
            if isinstance(outcome, Fired):
                outcome = msgspec.structs.replace(outcome, fixes=())
            yield Verdict(rule.topic, case.order.origin, outcome, product, case.drug, case.order.tentative)


def _judged(
    case: Case, policy: Policy, rules: Sequence[Rule], dose: PlannedDose | None, on_failure: OnFailure | None
) -> list[Verdict]:
    settled = case.identity.status is IdentityStatus.SETTLED
    product = case.product.id if settled else None
    origin, drug, tentative = case.order.origin, case.drug, case.order.tentative
    signed = case.session.hook.orders_are_signed
    if policy.modes:
        rules = [rule for rule in rules if policy.mode(rule.topic) is not Mode.OFF]
    if settled and not signed and case.identity.by is None:
        later = topics_not_judged(dose)
        due = [rule for rule in rules if rule.topic not in later] if later else rules
        outcomes = run_rules(due, case, on_failure)
        if later:
            judged = iter(outcomes)
            outcomes = [LATER if rule.topic in later else next(judged) for rule in rules]
        verdicts = [
            Verdict(rule.topic, origin, outcome, product, drug, tentative)
            for rule, outcome in zip(rules, outcomes, strict=True)
        ]
        verdicts = _withhold_unavailable(verdicts, case)
        if not case.session.hook.has_orders:
            return [_lower_stop_to_info(verdict) if verdict.topic in STOPS else verdict for verdict in verdicts]
        return verdicts if dose is None else _for_planned_dose(verdicts, case, dose, policy)
    verdicts = []
    for rule in rules:
        outcome = run_rule(rule, case, on_failure) if settled or rule.before_identity else _UNSETTLED
        if signed and isinstance(outcome, Fired) and RemoveOrder() in outcome.fixes:
            outcome = _hold_instead_of_removal(outcome)
        verdicts.append(Verdict(rule.topic, origin, outcome, product, drug, tentative))
    if settled:
        verdicts = _withhold_unavailable(verdicts, case)
    if case.identity.by is not None:
        verdicts = [_with_identity_source(case.identity.by, verdict) for verdict in verdicts]
    return verdicts if dose is None or not settled else _for_planned_dose(verdicts, case, dose, policy)


def _lower_stop_to_info(verdict: Verdict) -> Verdict:
    """Lower a stop to info when a chart is opened and nothing is ordered; it is judged again with the order."""
    match verdict.outcome:
        case Fired() as finding:
            calm: Outcome = msgspec.structs.replace(finding, indicator=Indicator.INFO, fixes=())
        case CannotTell() as outcome if not is_failure(outcome):
            calm = _AT_THE_ORDER
        case outcome:
            calm = outcome
    return msgspec.structs.replace(verdict, outcome=calm)


def _with_identity_source(by: Cited, verdict: Verdict) -> Verdict:
    """Add the source that identifies the drug to a finding: if it is not verified, no card is critical."""
    outcome = verdict.outcome
    if not isinstance(outcome, Fired) or by in outcome.cited:
        return verdict
    return msgspec.structs.replace(verdict, outcome=msgspec.structs.replace(outcome, cited=(*outcome.cited, by)))


def _withhold_unavailable(verdicts: list[Verdict], case: Case) -> list[Verdict]:
    absent = case.patient.absent
    if not absent:
        return verdicts
    if case.product.is_oral:
        # Tablets with a fixed dose are judged without a weight; some labels require no LVEF.
        idle = {"weight": not case.needs_weight, "lvef": case.product.monitoring.lvef is None}
        absent = tuple((part, why) for part, why in absent if not idle.get(part, False))
    return [
        verdict
        if is_failure(verdict.outcome)
        else msgspec.structs.replace(
            verdict, outcome=cannot_tell_if_unavailable(verdict.topic, verdict.outcome, absent)
        )
        for verdict in verdicts
    ]


def _for_planned_dose(verdicts: list[Verdict], case: Case, dose: PlannedDose, policy: Policy) -> list[Verdict]:
    """Postpone requests for tests until a planned dose is near, and list what it will need."""
    later: list[Fired] = []
    put_off: set[TopicCode] = set()
    found = []
    concerned = postponable_topics(case)
    for verdict in verdicts:
        if verdict.topic not in concerned or is_failure(verdict.outcome):
            found.append(verdict)
            continue
        outcome, wanted = outcome_for(verdict.topic, case, dose, verdict.outcome)
        if outcome is not verdict.outcome or outcome is LATER:
            put_off.add(verdict.topic)
            verdict = msgspec.structs.replace(verdict, outcome=outcome)  # noqa: PLW2901 - the same one, postponed
        if wanted is not None and policy.mode(verdict.topic) is Mode.LIVE:
            later.append(wanted)
        found.append(verdict)
    if put_off:
        found = [
            _postponed(verdict, put_off) if verdict.outcome.__class__ is CannotTell else verdict for verdict in found
        ]
    if policy.mode(Topic.MONITORING_PLANNED) is not Mode.OFF and (extra := tests_needed(case, later)) is not None:
        found.append(extra)
    return found


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


def _postponed(verdict: Verdict, put_off: set[TopicCode]) -> Verdict:
    """Postpone a verdict that depends on a postponed test."""
    if isinstance(verdict.outcome, CannotTell) and all(each.reported_by in put_off for each in verdict.outcome.missing):
        return msgspec.structs.replace(verdict, outcome=ASKED_LATER)
    return verdict


def _hold_instead_of_removal(finding: Fired) -> Fired:
    """Offer to hold an already signed order where a draft would be removed."""
    fixes = tuple(HoldOrder() if isinstance(fix, RemoveOrder) else fix for fix in finding.fixes)
    return msgspec.structs.replace(finding, fixes=fixes)
