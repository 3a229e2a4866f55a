"""Stores feedback as a history, from which the final response to a card is derived."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import msgspec
from sqlalchemy import select

from cds_service.store.database import writing
from cds_service.store.dialects import dialect_of
from cds_service.store.record import plain_text
from cds_service.store.tables import decision_cards, feedback

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Engine

    from cds_service.protocol.caller import Caller
    from cds_service.protocol.feedback import Entry


@dataclass(frozen=True, slots=True)
class KeptEntry:
    """A stored entry. ``known``: its card was on record when it arrived."""

    card: str
    outcome: str
    outcome_at: datetime
    received_at: datetime
    known: bool
    content: dict[str, Any]


def keep(
    engine: Engine, service: str, caller: Caller | None, entries: Sequence[Entry], received: datetime | None = None
) -> int:
    """Store entries durably, all or none; return how many were new.

    Raises:
        SQLAlchemyError: they could not be stored.

    """
    now = received or datetime.now(UTC)
    with writing(engine) as connection:
        cards = {plain_text(entry.card) for entry in entries}
        known = set(connection.scalars(select(decision_cards.c.uuid).where(decision_cards.c.uuid.in_(cards))))
        rows = [
            {
                "digest": entry.digest(service, caller),
                "received_at": now,
                "service": service,
                "issuer": plain_text(caller.issuer) if caller else None,
                "tenant": plain_text(caller.tenant) if caller and caller.tenant else None,
                "card": plain_text(entry.card),
                "known": plain_text(entry.card) in known,
                "outcome": entry.outcome,
                "outcome_at": entry.at,
                "content": msgspec.json.encode(entry.content()).decode(),
            }
            for entry in entries
        ]
        dialect = dialect_of(engine.dialect.name)
        statement = dialect.insert(feedback).on_conflict_do_nothing(index_elements=["digest"])
        return sum(connection.execute(statement, row).rowcount for row in rows)


def history(engine: Engine, card: str) -> list[KeptEntry]:
    """Return all feedback on a card, in order of time."""
    order = (feedback.c.outcome_at, feedback.c.id)
    with engine.connect() as connection:
        rows = connection.execute(select(feedback).where(feedback.c.card == card).order_by(*order)).all()
    return [
        KeptEntry(row.card, row.outcome, row.outcome_at, row.received_at, row.known, msgspec.json.decode(row.content))
        for row in rows
    ]


def current(entries: Sequence[KeptEntry]) -> KeptEntry | None:
    """Return the final response to a card, which may be overridden first and accepted later."""
    return entries[-1] if entries else None
