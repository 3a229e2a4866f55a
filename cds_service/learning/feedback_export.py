"""Feedback with the card it is about, one row per entry, for a spreadsheet or another program."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from sqlalchemy import and_, select

from cds_service.learning.judgments import streamed
from cds_service.store.selection import received_in
from cds_service.store.tables import decision_cards, decisions, feedback

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Engine

    from cds_service.store.selection import Window

COLUMNS = (
    "receivedAt", "outcomeAt", "outcome", "reasonSystem", "reasonCode", "reasonDisplay", "comment",
    "acceptedSuggestions", "card", "topic", "indicator", "drug", "order", "summary", "shownAt", "decision", "service",
    "hook", "issuer", "tenant", "codeVersion", "knowledgeVersion", "wordingVersion", "configurationHash",
)  # fmt: skip


def entries(engine: Engine, window: Window) -> Iterator[dict[str, Any]]:
    """Yield the feedback received in a window, each entry once, with the newest earlier card with its id."""
    shown = and_(
        decision_cards.c.uuid == feedback.c.card,
        decision_cards.c.decision_id == decisions.c.id,
    )
    before = and_(
        decisions.c.at <= feedback.c.received_at,
        decisions.c.issuer.is_not_distinct_from(feedback.c.issuer),
        decisions.c.tenant.is_not_distinct_from(feedback.c.tenant),
    )
    statement = (
        select(
            feedback.c.id.label("entry"), feedback.c.received_at, feedback.c.outcome_at, feedback.c.outcome,
            feedback.c.content.label("said"), feedback.c.card.label("named"), feedback.c.service.label("told"),
            feedback.c.issuer.label("from_issuer"), feedback.c.tenant.label("from_tenant"), decision_cards, decisions,
        )
        .outerjoin(decision_cards.join(decisions, decision_cards.c.decision_id == decisions.c.id), and_(shown, before))
        .where(*received_in(window))
        .order_by(feedback.c.received_at, feedback.c.id, decisions.c.at.desc())
    )  # fmt: skip
    last = None
    with engine.connect() as connection:
        for row in streamed(connection, statement):
            if row.entry != last:
                last = row.entry
                yield _entry(row)


def _entry(row: Any) -> dict[str, Any]:
    said = msgspec.json.decode(row.said)
    reason = said.get("overrideReason", {})
    service = row.service or row.told
    return {
        "receivedAt": row.received_at.isoformat(),
        "outcomeAt": row.outcome_at.isoformat(),
        "outcome": row.outcome,
        "reasonSystem": reason.get("system", ""),
        "reasonCode": reason.get("code", ""),
        "reasonDisplay": reason.get("display", ""),
        "comment": reason.get("comment", ""),
        "acceptedSuggestions": " ".join(said.get("acceptedSuggestions", ())),
        "card": row.named,
        "topic": row.topic or "",
        "indicator": row.indicator or "",
        "drug": row.product or "",
        "order": row.order_name or "",
        "summary": msgspec.json.decode(row.content)["summary"] if row.content else "",
        "shownAt": row.at.isoformat() if row.at else "",
        "decision": row.decision_id or "",
        "service": service,
        "hook": service.removeprefix("her2-"),
        "issuer": row.from_issuer or "",
        "tenant": row.from_tenant or "",
        "codeVersion": row.code_version or "",
        "knowledgeVersion": row.knowledge_version or "",
        "wordingVersion": row.wording_version or "",
        "configurationHash": row.configuration_hash or "",
    }
