"""Finds decisions: by id, by the id of a card, or in a window."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec
from sqlalchemy import Row, select

from cds_service.store.selection import Window, decided_in
from cds_service.store.tables import configurations, decision_cards, decisions, shadow_verdicts, suppressions

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection, Engine

_AT_A_TIME = 500
EVERYTHING = Window()
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class StoredDecision:
    """A recorded decision: its row, its cards as sent, and its settings.

    ``suppressed`` are the cards that were not sent because they would have repeated others; ``shadow`` is the result of
    a policy on trial.
    """

    row: Row[Any]
    cards: tuple[Json, ...]
    configuration: Json
    suppressed: tuple[Row[Any], ...] = ()
    shadow: Row[Any] | None = None


def find(engine: Engine, identifier: str) -> StoredDecision | None:
    """Find the decision with this id, or the newest that sent a card with this id."""
    with engine.connect() as connection:
        row = connection.execute(select(decisions).where(decisions.c.id == identifier)).one_or_none()
        if row is None:
            sent = select(decisions).join(decision_cards).where(decision_cards.c.uuid == identifier)
            row = connection.execute(sent.order_by(decisions.c.at.desc()).limit(1)).one_or_none()
        return _kept(connection, row, {}) if row is not None else None


def since(engine: Engine, window: Window = EVERYTHING) -> Iterator[StoredDecision]:
    """Yield the decisions in a window, oldest first, with a few hundred in memory at a time."""
    statement = select(decisions).where(*decided_in(window)).order_by(decisions.c.at, decisions.c.id)
    settings: dict[str, Json] = {}
    with engine.connect() as reading, engine.connect() as looking_up:
        for row in reading.execution_options(yield_per=_AT_A_TIME).execute(statement):
            yield _kept(looking_up, row, settings)


def newest(engine: Engine, window: Window, count: int) -> Iterator[StoredDecision]:
    """Yield the newest decisions in a window, newest first."""
    statement = select(decisions).where(*decided_in(window))
    settings: dict[str, Json] = {}
    with engine.connect() as connection:
        chosen = connection.execute(statement.order_by(decisions.c.at.desc(), decisions.c.id).limit(count)).all()
        for row in chosen:
            yield _kept(connection, row, settings)


def _kept(connection: Connection, row: Row[Any], settings: dict[str, Json]) -> StoredDecision:
    chosen = select(decision_cards.c.content).where(decision_cards.c.decision_id == row.id)
    cards = connection.scalars(chosen.order_by(decision_cards.c.position)).all()
    if row.configuration_hash not in settings:
        content = select(configurations.c.content).where(configurations.c.hash == row.configuration_hash)
        settings[row.configuration_hash] = msgspec.json.decode(connection.scalar(content) or "{}")
    held_back = select(suppressions).where(suppressions.c.decision_id == row.id).order_by(suppressions.c.position)
    tried = select(shadow_verdicts).where(shadow_verdicts.c.decision_id == row.id)
    return StoredDecision(
        row,
        tuple(msgspec.json.decode(card) for card in cards),
        settings[row.configuration_hash],
        tuple(connection.execute(held_back)),
        connection.execute(tried).one_or_none(),
    )
