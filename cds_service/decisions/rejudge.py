"""Judges the same facts again: recorded facts, or those of a call for a policy on trial."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import msgspec

from cards.billing.rules import coverage_rules
from cards.facts.billing import BillingSession
from cards.readings.on_treatment import on_treatment
from cards.rules import rules_for_hook
from cds_service.protocol.services import BY_ID
from cds_service.store.record import read_session

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cards.facts.policy import Policy
    from cards.facts.session import Session
    from cards.identification.identity import Identity
    from cards.knowledge.billing_setup import BillingSetup
    from cards.knowledge.schema import Knowledge
    from cards.rules import Rule
    from cds_service.store.reading import StoredDecision


class Question(NamedTuple):
    """The input of a judgment: the facts, the drugs if already identified, and the rules to run."""

    session: Session
    identities: Sequence[Identity] | None
    rules: Sequence[Rule]


def recorded_session(kept: StoredDecision) -> Session:
    """Read the facts of a decision, including billing facts if the service is the coverage service."""
    service = BY_ID.get(kept.row.service)
    return read_session(kept.row.facts, coverage=service is not None and service.coverage)


def question(session: Session, known: Knowledge, policy: Policy, billing: BillingSetup) -> Question:
    """Return the question for facts, with the rules of the service they were read for.

    At an opened chart the orders represent the drugs that the patient is on, which depends on thresholds, so they are
    derived again from the treatments.
    """
    if isinstance(session, BillingSession):
        return Question(session, None, coverage_rules(billing))
    if session.hook.has_orders:
        return Question(session, None, rules_for_hook(session.hook, known))
    drugs = on_treatment(session.patient, known, policy.thresholds, session.today)
    orders = tuple(order for order, _ in drugs)
    identities = [identity for _, identity in drugs]
    return Question(msgspec.structs.replace(session, orders=orders), identities, rules_for_hook(session.hook, known))
