"""Runs every rule on every order, and collects what could not be checked in one separate verdict."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from cards.absent import TREATMENT_PARTS, absent_parts, without_parts
from cards.facts.outcomes import (
    FAILED,
    CannotTell,
    Clear,
    Evidence,
    Fired,
    HoldOrder,
    Indicator,
    Missing,
    NotApplicable,
    RemoveOrder,
    Verdict,
)
from cards.facts.policy import Mode
from cards.facts.topics import Topic, TopicCode
from cards.failures import all_asked, asked, is_failure
from cards.identification.identity import Identity, IdentityStatus, identify
from cards.knowledge.schema import Cited, Confidence
from cards.planned_doses import (
    ASKED_LATER,
    LATER,
    judged_later,
    may_be_postponed,
    needed,
    outcome_for,
    planned_doses,
)
from cards.presentation.urgency import STOPS
from cards.readings.case import UNREAD, Case, gap_line
from cards.readings.session_orders import SessionOrders
from cards.rules import rules_at

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable, Sequence
    from datetime import date

    from cards.facts.origins import Gap, Origin
    from cards.facts.outcomes import Outcome
    from cards.facts.patient import Patient
    from cards.facts.policy import Policy
    from cards.facts.session import Session
    from cards.failures import OnFailure
    from cards.identification.recogniser import Recogniser
    from cards.knowledge.schema import Product
    from cards.planned_doses import PlannedDose
    from cards.rules import Rule

_SILENT = (Clear, NotApplicable)
_AT_THE_ORDER = NotApplicable("judged when the next dose is ordered")
_UNSETTLED = NotApplicable("which drug is ordered is not settled")
# A result that does not count is an answer, and a mention in text is shown on the card that asks for the result.
_QUIET = frozenset({"status", "absent", "her2-in-text", "lvef-in-text"})
_ALWAYS_URGENT = frozenset({"deceased", "suspected", FAILED})
_HER2 = frozenset(
    {"her2-ihc", "her2-ish", "her2-ish-ratio", "her2-copy-number", "her2-interpretation", "her2-immunoassay"}
)
# An entry that is not an order matters only alongside an order in scope.
_NO_ORDER = "unreadable-order"
_OF_CODES = frozenset({Topic.HCPCS_MISMATCH, Topic.NDC_MISMATCH})
_OWN_PRINCIPLE = Cited(source="practice", section="what could not be checked is said", confidence=Confidence.DEFAULT)


def judge(
    session: Session,
    recogniser: Recogniser,
    policy: Policy,
    identities: Sequence[Identity] | None = None,
    rules: Sequence[Rule] | None = None,
    on_failure: OnFailure | None = None,
) -> tuple[Verdict, ...]:
    """Return one verdict for each rule and each order in scope, and one on what could not be checked.

    Topics that are off get none. A missing fact counts as reported only if a live card reports it. ``identities`` are
    those already determined, in the order of the orders. ``rules`` are those of the service; by default the clinical
    ones for the moment. ``on_failure`` is called with a rule that raises an exception, which then counts as a check
    that could not be carried out; without it the exception is raised.
    """
    rules = rules_at(session.moment, recogniser.known) if rules is None else rules
    identities = [identify(order, recogniser) for order in session.orders] if identities is None else identities
    cases = cases_in_scope(session, recogniser, policy, identities)
    planned = planned_doses(cases, policy) if session.moment.has_orders else {}
    verdicts: list[Verdict] = []
    for case in cases:
        verdicts += _verdicts(case, policy, rules, planned.get(id(case)), on_failure)
    if any(identity.is_miscoded for identity in identities):
        of_codes = [rule for rule in rules if rule.topic in _OF_CODES]
        # An order for a neighbor with a code of a checked drug: no other rule runs on it.
        for case in _cases(session, recogniser, policy, identities, lambda identity: identity.is_miscoded):
            verdicts += _verdicts(case, policy, of_codes, None, on_failure)
    # Most rules have nothing to say, and most of what follows is about those that do.
    telling = [verdict for verdict in verdicts if verdict.outcome.__class__ not in _SILENT]
    shown = [v for v in telling if isinstance(v.outcome, Fired) and policy.mode(v.topic) is Mode.LIVE]
    incomplete = _incomplete(cases, telling, shown, session, recogniser)
    return (*verdicts, incomplete) if incomplete else tuple(verdicts)


def cases_in_scope(
    session: Session, recogniser: Recogniser, policy: Policy, identities: Sequence[Identity] | None = None
) -> list[Case]:
    """Return the cases for the rules: each order in focus for a checked drug."""
    if identities is None:
        identities = [identify(order, recogniser) for order in session.orders]
    return _cases(session, recogniser, policy, identities, lambda identity: identity.in_scope)


def _cases(
    session: Session,
    recogniser: Recogniser,
    policy: Policy,
    identities: Sequence[Identity],
    wanted: Callable[[Identity], bool],
) -> list[Case]:
    orders = SessionOrders(zip(session.orders, identities, strict=True), session.today, recogniser)
    return [
        Case(
            order,
            identity,
            session,
            orders,
            recogniser,
            policy.thresholds_for(identity.product.id if identity.product else None),
        )
        for order, identity in orders.identified
        if order.in_focus and wanted(identity)
    ]


def _verdicts(
    case: Case, policy: Policy, rules: Sequence[Rule], dose: PlannedDose | None, on_failure: OnFailure | None
) -> list[Verdict]:
    settled = case.identity.status is IdentityStatus.SETTLED
    product = case.product.id if settled else None
    origin, drug, tentative = case.order.origin, case.drug, case.order.tentative
    signed = case.session.moment.orders_are_signed
    if policy.modes:
        rules = [rule for rule in rules if policy.mode(rule.topic) is not Mode.OFF]
    if settled and not signed and case.identity.by is None:
        later = judged_later(dose)
        due = [rule for rule in rules if rule.topic not in later] if later else rules
        outcomes = iter(all_asked(due, case, on_failure))
        verdicts = [
            Verdict(rule.topic, origin, LATER if rule.topic in later else next(outcomes), product, drug, tentative)
            for rule in rules
        ]
        verdicts = _without_parts(verdicts, case)
        if not case.session.moment.has_orders:
            return [_of_opened_chart(verdict) if verdict.topic in STOPS else verdict for verdict in verdicts]
        return verdicts if dose is None else _of_planned_dose(verdicts, case, dose, policy)
    verdicts = []
    for rule in rules:
        outcome = asked(rule, case, on_failure) if settled or rule.before_identity else _UNSETTLED
        if signed and isinstance(outcome, Fired) and RemoveOrder() in outcome.fixes:
            outcome = _held_instead(outcome)
        verdicts.append(Verdict(rule.topic, origin, outcome, product, drug, tentative))
    if settled:
        verdicts = _without_parts(verdicts, case)
    if case.identity.by is not None:
        verdicts = [_resting_on(case.identity.by, verdict) for verdict in verdicts]
    return verdicts if dose is None or not settled else _of_planned_dose(verdicts, case, dose, policy)


def _of_opened_chart(verdict: Verdict) -> Verdict:
    """Lower a stop to info when a chart is opened and nothing is ordered; it is judged again with the order."""
    match verdict.outcome:
        case Fired() as finding:
            calm: Outcome = msgspec.structs.replace(finding, indicator=Indicator.INFO, fixes=())
        case CannotTell() as outcome if not is_failure(outcome):
            calm = _AT_THE_ORDER
        case outcome:
            calm = outcome
    return msgspec.structs.replace(verdict, outcome=calm)


def _resting_on(by: Cited, verdict: Verdict) -> Verdict:
    """Add the source that identifies the drug to a finding: if it is not verified, no card is critical."""
    outcome = verdict.outcome
    if not isinstance(outcome, Fired) or by in outcome.cited:
        return verdict
    return msgspec.structs.replace(verdict, outcome=msgspec.structs.replace(outcome, cited=(*outcome.cited, by)))


def _without_parts(verdicts: list[Verdict], case: Case) -> list[Verdict]:
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
        else msgspec.structs.replace(verdict, outcome=without_parts(verdict.topic, verdict.outcome, absent))
        for verdict in verdicts
    ]


def _of_planned_dose(verdicts: list[Verdict], case: Case, dose: PlannedDose, policy: Policy) -> list[Verdict]:
    """Postpone requests for tests until a planned dose is near, and list what it will need."""
    later: list[Fired] = []
    put_off: set[TopicCode] = set()
    found = []
    concerned = may_be_postponed(case)
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
            _told_later(verdict, put_off) if verdict.outcome.__class__ is CannotTell else verdict for verdict in found
        ]
    if policy.mode(Topic.MONITORING_PLANNED) is not Mode.OFF and (extra := needed(case, later)) is not None:
        found.append(extra)
    return found


def _told_later(verdict: Verdict, put_off: set[TopicCode]) -> Verdict:
    """Postpone a verdict that depends on a postponed test."""
    if isinstance(verdict.outcome, CannotTell) and all(each.reported_by in put_off for each in verdict.outcome.missing):
        return msgspec.structs.replace(verdict, outcome=ASKED_LATER)
    return verdict


def _held_instead(finding: Fired) -> Fired:
    """Offer to hold an already signed order where a draft would be removed."""
    fixes = tuple(HoldOrder() if isinstance(fix, RemoveOrder) else fix for fix in finding.fixes)
    return msgspec.structs.replace(finding, fixes=fixes)


def _incomplete(
    cases: list[Case], telling: list[Verdict], shown: list[Verdict], session: Session, recogniser: Recogniser
) -> Verdict | None:
    """Collect what no other card reports: missing facts, and unusable data that a check needed.

    It is a warning if data are present that could not be judged, and their absence would be a warning. ``telling`` are
    the verdicts other than clear, ``shown`` those that became a card.
    """
    lines: dict[Evidence, None] = {}
    if not cases and not session.moment.has_orders:
        lines.update(dict.fromkeys(_unknown_treatment(session.patient)))
    elif not cases and not any(gap.about is None and gap.reason != _NO_ORDER for gap in session.gaps):
        return None
    is_urgent = bool(lines)
    said = {(each.topic, each.order) for each in shown}
    for verdict in telling:
        if isinstance(verdict.outcome, CannotTell):
            for missing in verdict.outcome.missing:
                if not _told(missing, verdict, said):
                    lines[_line(missing, verdict.drug)] = None
                    is_urgent = is_urgent or missing.is_urgent
        elif verdict.topic is Topic.COVERAGE_CRITERIA:
            # The coverage card says "not known" both for unavailable data and for data not on record, so name the
            # former here.
            missing_parts = absent_parts(session.patient.absent)
            lines.update(dict.fromkeys(_line(missing, verdict.drug) for missing in missing_parts))
            is_urgent = is_urgent or bool(missing_parts)
    told = {line.gap for v in shown if isinstance(v.outcome, Fired) for line in v.outcome.evidence if line.gap}
    for gap in _gaps(cases, session):
        if gap not in told:
            lines[gap_line(recogniser.known, gap)] = None
            is_read = gap.reason not in UNREAD or not _may_count(gap, session.patient, recogniser.measured)
            is_urgent = is_urgent or not is_read or gap.reason in _ALWAYS_URGENT
    if not lines:
        return None
    count = f"{len(lines)} check{'s' if len(lines) > 1 else ''}"
    drugs = ", ".join(dict.fromkeys(case.drug for case in cases))
    finding = Fired(
        {"count": count},
        tuple(lines),
        (_OWN_PRINCIPLE,),
        variant="default" if drugs else "no-drug" if session.moment.has_orders else "treatment-unknown",
        indicator=None if is_urgent else Indicator.INFO,
    )
    return Verdict(Topic.CHECKS_INCOMPLETE, None, finding, drug=drugs)


def _unknown_treatment(patient: Patient) -> Iterable[Evidence]:
    """Report unavailable medication lists for a patient whose other lists show no checked drug."""
    for part, why in patient.absent:
        if part in TREATMENT_PARTS:
            yield Evidence(f"treatment-unknown-{part}", why)


def _line(missing: Missing, drug: str) -> Evidence:
    return Evidence(f"missing-{missing.what}", drug, values=tuple(sorted(missing.values.items())))


def _told(missing: Missing, verdict: Verdict, said: Container[tuple[TopicCode | None, Origin | None]]) -> bool:
    # Unusable data always get a line on this card.
    return missing.reported_by is Topic.CHECKS_INCOMPLETE or (missing.reported_by, verdict.order) in said


def _gaps(cases: list[Case], session: Session) -> Iterable[Gap]:
    """List the gaps that affect a check of one of the orders."""
    yield from (gap for gap in session.gaps if gap.about is None)
    if not cases:
        return
    if not session.patient.gaps:
        return
    needed = {concept for case in cases if case.identity.product for concept in _needed(case)}
    for gap in session.patient.gaps:
        if gap.reason in _QUIET:
            continue
        if gap.about is None or (gap.about in needed and not _superseded(gap, session.patient)):
            yield gap


def _needed(case: Case) -> Iterable[str]:
    """Return the concepts that checks of the case use."""
    product = case.product
    yield from (f"problem-{each.problem}" for each in product.monitoring.stops)
    if not case.session.moment.has_orders:
        yield from _monitored(product, near=case.dose_is_near)
        return
    yield from _monitored(product, near=True)
    yield from ("diagnosis", "treatment", "erbb2-mutation")
    if case.needs_weight:
        yield from ("weight", "weight-stated")
    if product.eligibility:
        yield from sorted(_HER2)


def _monitored(product: Product, *, near: bool) -> Iterable[str]:
    """Return the concepts that the product's monitoring uses; most of them only when a dose is near."""
    if product.monitoring.lvef:
        yield "lvef"
    if near:
        yield from ("patient", "pregnancy-test")
        for wanted in product.monitoring.before_each_dose:
            yield from wanted.tests


def _may_count(gap: Gap, patient: Patient, measured: Container[str | None]) -> bool:
    """Return whether an unreadable result may be the one that counts; for HER2, if no readable result is newer."""
    if gap.about in _HER2:
        read = [result.on for result in patient.her2 if result.on is not None]
        return gap.on is None or not read or gap.on >= max(read)
    return gap.about in measured


def _superseded(gap: Gap, patient: Patient) -> bool:
    """Return whether a readable result is newer than the one that could not be read."""
    newest: date | None
    if gap.about in ("weight", "weight-stated"):
        newest = patient.weights[0].on if patient.weights else None
    elif gap.about == "lvef":
        newest = patient.lvefs[0].on if patient.lvefs else None
    else:
        results = patient.labs.get(gap.about or "", ())
        newest = results[0].on if results else None
    return newest is not None and gap.on is not None and gap.on < newest
