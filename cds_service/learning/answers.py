"""How clinicians responded to cards: accepted, overridden and why, or probably ignored.

Ignored is inferred, because CDS Hooks has no feedback for it, and only for clients that sent some feedback during the
reported period; for a client that never does, nothing is known. A card that was sent twice, because its call was
repeated, counts once.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import msgspec
from sqlalchemy import select

from cds_service.learning.judgments import streamed
from cds_service.store.selection import decided_in, received_in
from cds_service.store.tables import decision_cards, decisions, feedback

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Engine

    from cds_service.store.selection import Window

Json = dict[str, Any]
ACCEPTED, OVERRIDDEN, IGNORED, UNKNOWN = "accepted", "overridden", "ignored (inferred)", "no feedback from this client"


@dataclass(frozen=True, slots=True)
class Answer:
    """A card and the final response to it."""

    card: str
    at: datetime
    service: str
    topic: str
    indicator: str
    product: str
    outcome: str
    reason: Json
    outcome_at: datetime | None


def answers(engine: Engine, window: Window) -> list[Answer]:
    """Return every card in a window once, oldest first, with its last feedback."""
    said, speaking = _said(engine, window)
    statement = (
        select(
            decision_cards,
            decisions.c.at,
            decisions.c.service,
            decisions.c.issuer,
            decisions.c.tenant,
            decisions.c.patient,
        )
        .join(decisions)
        .where(*decided_in(window))
        .order_by(decisions.c.at, decisions.c.id, decision_cards.c.position)
    )
    found: dict[tuple[Any, ...], Answer] = {}
    with engine.connect() as connection:
        for row in streamed(connection, statement):
            client = (row.issuer, row.tenant)
            key = (*client, row.patient, row.uuid)
            if key not in found:
                last = said.get((*client, row.uuid))
                outcome = last.outcome if last else IGNORED if client in speaking else UNKNOWN
                reason = msgspec.json.decode(last.content).get("overrideReason", {}) if last else {}
                found[key] = Answer(
                    row.uuid,
                    row.at,
                    row.service,
                    row.topic,
                    row.indicator,
                    row.product or "",
                    outcome,
                    reason,
                    last.outcome_at if last else None,
                )
    return list(found.values())


def _said(engine: Engine, window: Window) -> tuple[dict[tuple[Any, ...], Any], set[tuple[Any, ...]]]:
    """Return the last feedback on each card, and the clients that sent any."""
    # All feedback since then counts, through any service and however late.
    asked = replace(window, end=None, service=None)
    statement = select(feedback).where(*received_in(asked)).order_by(feedback.c.outcome_at, feedback.c.id)
    last = {}
    with engine.connect() as connection:
        for row in streamed(connection, statement):
            last[(row.issuer, row.tenant, row.card)] = row
    return last, {(issuer, tenant) for issuer, tenant, _ in last}
