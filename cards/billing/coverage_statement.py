"""Coverage statements for an order: covered or not, authorization, documents, and reasons.

They are derived from the payer's policy and the chart, for clients that write them on the order. Without a policy for
the coverage, or with data unavailable, the statement is left open: never covered or not covered.
"""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum
from typing import TYPE_CHECKING

import msgspec

from cards.billing.bill import bill
from cards.coverage.criteria_rule import answer_path
from cards.coverage.form import Form, form_of
from cards.coverage.paths import choose, policies_for, policies_of_payers
from cards.coverage.view import Status, View
from cards.facts.billing import BillingSession, InsuredBy
from cards.facts.origins import Origin
from cards.facts.outcomes import Evidence
from cards.identification.identity import IdentityStatus
from cards.knowledge.schema import Cited
from cards.knowledge.schema.coverage import PriorAuthorization

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from cards.coverage.paths import Chosen
    from cards.facts.billing import Approval
    from cards.knowledge.billing_setup import BillingSetup
    from cards.readings.case import Case

_MOST_COVERAGES = 4
_ORDER = "MedicationRequest/"


class Covered(StrEnum):
    """Whether an order is covered."""

    COVERED = "covered"
    NOT_COVERED = "not-covered"
    CONDITIONAL = "conditional"
    """It depends on something that the chart does not say."""
    INDETERMINATE = "indeterminate"
    """It could not be determined."""


class Authorization(StrEnum):
    """Whether the payer requires prior authorization."""

    NONE = "no-auth"
    NEEDED = "auth-needed"
    SATISFIED = "satisfied"
    CONDITIONAL = "conditional"
    INDETERMINATE = "indeterminate"


class Reason(msgspec.Struct, frozen=True):
    """A reason: a key of the wording with its values, and a standard code if there is one."""

    key: str
    values: tuple[tuple[str, str], ...] = ()
    code: str = ""


class Statement(msgspec.Struct, frozen=True):
    """The statement for one order under one coverage."""

    order: Origin
    drug: str
    coverage: InsuredBy
    covered: Covered
    authorization: Authorization | None
    reasons: tuple[Reason, ...]
    documents: tuple[str, ...] = ()
    billing_codes: tuple[str, ...] = ()
    policy: Cited | None = None
    approval: str = ""
    """The number of the prior authorization that satisfies the payer."""
    form: Form | None = None


def statements(case: Case, setup: BillingSetup) -> tuple[Statement, ...]:
    """State the coverage of an order under each of the patient's coverages in force.

    If none is in force, the last one is stated as ended. There is no statement for an order without an id, which could
    not be updated, or without a coverage, which every statement must name.
    """
    session = case.session
    if not isinstance(session, BillingSession) or not case.order.origin.reference.startswith(_ORDER):
        return ()
    named = [each for each in session.billing.coverages if each.reference]
    in_force = [each for each in named if each.is_in_force(session.today)]
    if in_force:
        return tuple(_stated(case, each, session, setup) for each in in_force[:_MOST_COVERAGES])
    return tuple(_over(case, each) for each in named[:1])


def form_for(case: Case, setup: BillingSetup) -> Form | None:
    """Make the form for the policy that the criteria card shows first."""
    view = View(case, setup.known)
    policies = policies_for(setup.policies, view) if case.identity.status is IdentityStatus.SETTLED else ()
    return form_of(choose(policies[0], view), view) if policies else None


def _over(case: Case, coverage: InsuredBy) -> Statement:
    reason = Reason("not-in-force", (("coverage", coverage.payer.name or coverage.reference),), "no-active-coverage")
    return Statement(case.order.origin, case.drug, coverage, Covered.NOT_COVERED, None, (reason,))


def _stated(case: Case, coverage: InsuredBy, session: BillingSession, setup: BillingSetup) -> Statement:
    """State the coverage by this payer's own policies."""
    payers = (coverage.payer,) if coverage.payer.name else ()
    facts = msgspec.structs.replace(session.billing, payers=payers)
    alone = replace(case, session=msgspec.structs.replace(session, billing=facts))
    open_ = Statement(case.order.origin, case.drug, coverage, Covered.INDETERMINATE, Authorization.INDETERMINATE, ())
    if case.identity.status is not IdentityStatus.SETTLED:
        return msgspec.structs.replace(open_, reasons=(_technical("identity", drug=case.drug),))
    if not payers:
        return msgspec.structs.replace(open_, reasons=(_technical("payer-unread", coverage=coverage.reference),))
    view = View(alone, setup.known)
    own = policies_of_payers(setup.policies, view)
    billed = bill(alone, setup)
    open_ = msgspec.structs.replace(open_, billing_codes=tuple(dict.fromkeys(each.code for each in billed.entries)))
    if not own:
        reason = _technical("no-policy", payer=coverage.payer.name, drug=case.drug)
        return msgspec.structs.replace(open_, reasons=(reason,))
    made = _by_policy(choose(own[0], view), view, open_)
    approval = _approval(session, coverage, open_.billing_codes, case.planned)
    if made.authorization not in (Authorization.NEEDED, Authorization.CONDITIONAL) or approval is None:
        return made
    reasons = tuple(each for each in made.reasons if each.key != "authorization-varies")
    return msgspec.structs.replace(
        made, authorization=Authorization.SATISFIED, approval=approval.number, reasons=reasons
    )


def _approval(session: BillingSession, coverage: InsuredBy, codes: tuple[str, ...], on: date) -> Approval | None:
    """Find this coverage's prior authorization for the drug's code that is valid on the day of the dose.

    One that names no coverage counts only if just one is in force: a number must not apply to two of them.
    """
    in_force = [each for each in session.billing.coverages if each.is_in_force(session.today)]
    own = (coverage.reference, "") if len(in_force) == 1 else (coverage.reference,)
    return next((each for each in session.billing.approvals if each.is_for(codes, on) and each.coverage in own), None)


def _by_policy(chosen: Chosen, view: View, open_: Statement) -> Statement:
    policy = chosen.policy
    authorization = {
        PriorAuthorization.REQUIRED: Authorization.NEEDED,
        PriorAuthorization.NOT_REQUIRED: Authorization.NONE,
        PriorAuthorization.VARIES: Authorization.CONDITIONAL,
        None: None,
    }[policy.prior_authorization]
    named = {"policy": policy.id, "payer": policy.payer}
    found = msgspec.structs.replace(open_, authorization=authorization, policy=policy.by)
    absent = view.case.patient.absent
    if chosen.path is None:
        if absent:
            return msgspec.structs.replace(found, reasons=(_unavailable(absent), *_auth(authorization, named)))
        if not view.case.cancers:
            reasons = (_reason("no-cancer", **named), *_auth(authorization, named))
            return msgspec.structs.replace(found, covered=Covered.CONDITIONAL, reasons=reasons)
        reason = _reason("no-path", **named)
        return msgspec.structs.replace(found, covered=Covered.NOT_COVERED, authorization=None, reasons=(reason,))
    answer = answer_path(chosen.path, view)
    lines = list(zip(answer.lines, answer.standings, strict=True))
    not_met = [line for line, standing in lines if standing is Status.NOT_MET]
    not_known = [line for line, standing in lines if standing is Status.NOT_KNOWN]
    path = {**named, "path": chosen.path.name}
    if absent and (not_met or not_known):
        covered, reasons = Covered.INDETERMINATE, (_unavailable(absent),)
    elif not_met:
        covered, reasons = Covered.NOT_COVERED, (_reason("not-met", criteria=_listed(not_met), **path),)
    elif not_known or chosen.open_points:
        covered, reasons = Covered.CONDITIONAL, (_reason("not-known", criteria=_listed(not_known), **path),)
    else:
        covered, reasons = Covered.COVERED, (_reason("all-met", **path),)
    if covered is Covered.NOT_COVERED:
        return msgspec.structs.replace(found, covered=covered, authorization=None, reasons=reasons)
    is_told = covered is not Covered.INDETERMINATE and view.case.session.hook.orders_are_final
    documents = answer.documents if is_told else ()
    wanted = (_reason("documents", documents="; ".join(documents)),) if documents else ()
    return msgspec.structs.replace(
        found,
        covered=covered,
        documents=documents,
        reasons=(*reasons, *_auth(authorization, named), *wanted),
        form=form_of(chosen, view) if documents else None,
    )


def _listed(lines: list[Evidence]) -> str:
    """List criteria with their places in the policy; a group of alternatives by its members."""
    said = []
    for line in lines:
        text = f"{line.text} {', or '.join(each.text for each in line.below)}" if line.below else line.text
        said.append(f"{dict(line.values)['ref']}: {text}")
    return "; ".join(said)


def _unavailable(absent: Sequence[tuple[str, str]]) -> Reason:
    return _technical("unavailable", parts=",".join(part for part, _ in absent))


def _auth(authorization: Authorization | None, named: dict[str, str]) -> tuple[Reason, ...]:
    return (_reason("authorization-varies", **named),) if authorization is Authorization.CONDITIONAL else ()


def _reason(key: str, **values: str) -> Reason:
    return Reason(key, tuple(values.items()))


def _technical(key: str, **values: str) -> Reason:
    return Reason(key, tuple(values.items()), "technical")
