"""Looks up overrides with a reason, by finding."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec
from sqlalchemy import and_, bindparam, exists, select

from cds_service.store.tables import decision_cards, decisions, feedback

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from sqlalchemy import Engine, Select


def _statement() -> Select[Any]:
    other_card, other = decision_cards.alias(), decisions.alias()
    of_another_patient = exists().where(
        # Driven by the feedback rather than the card, so that only cards with feedback are read.
        other_card.c.uuid == feedback.c.card,
        other.c.id == other_card.c.decision_id,
        other.c.patient.is_distinct_from(decisions.c.patient),
    )
    said_here = and_(
        feedback.c.card == decision_cards.c.uuid,
        feedback.c.issuer.is_not_distinct_from(decisions.c.issuer),
        feedback.c.tenant.is_not_distinct_from(decisions.c.tenant),
        feedback.c.received_at >= decisions.c.at,
    )
    return (
        select(
            decision_cards.c.finding, decision_cards.c.uuid, decision_cards.c.order_name,
            decisions.c.user, decisions.c.issuer, decisions.c.tenant,
            feedback.c.outcome, feedback.c.received_at, feedback.c.content,
        )
        .join(decisions, decisions.c.id == decision_cards.c.decision_id)
        .join(feedback, said_here)
        .where(decision_cards.c.finding.in_(bindparam("findings", expanding=True)), ~of_another_patient)
        .order_by(feedback.c.outcome_at, feedback.c.id)
    )  # fmt: skip


# Built once: building it takes longer than running it.
_ASKED = _statement()


@dataclass(frozen=True, slots=True)
class Override:
    """An override of a card: its order, by whom, when it was received, and why."""

    finding: str
    card: str
    order: str
    user: str | None
    issuer: str | None
    tenant: str | None
    at: datetime
    reason: dict[str, Any]


def overrides(engine: Engine, findings: Iterable[str], since: datetime) -> list[Override]:
    """Return the overrides with a reason received after a time, if they are the last feedback on their cards.

    A client may give two patients' cards the same id; feedback on such a card counts for neither.

    Raises:
        SQLAlchemyError: the database cannot be read.

    """
    with engine.connect() as connection:
        last = {(row.finding, row.uuid): row for row in connection.execute(_ASKED, {"findings": list(findings)})}
    found = []
    for row in last.values():
        reason = msgspec.json.decode(row.content).get("overrideReason", {})
        if row.outcome == "overridden" and row.received_at >= since and (reason.get("code") or reason.get("comment")):
            found.append(
                Override(
                    row.finding, row.uuid, row.order_name, row.user, row.issuer, row.tenant, row.received_at, reason
                )
            )
    return found
