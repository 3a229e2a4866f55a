"""Lists decisions, newest first, a page at a time, equally fast for a thousand and for millions.

A page continues where the previous one ended, by time and id, and never counts the rest. If few cards match the filter
(``FEW``), the page starts from those cards; if many do, it walks back in time, at most ``HORIZON`` decisions at once,
and says how far it has looked.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import msgspec
from sqlalchemy import and_, func, literal, or_, select, union

from cds_service.store.selection import (
    NO_FEEDBACK,
    CardFilter,
    Window,
    combinations_with,
    decided_in,
    has_card,
    judges,
)
from cds_service.store.tables import decision_cards, decisions, feedback

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import ColumnElement, CompoundSelect, Connection, Engine, Row, Select

Json = dict[str, Any]
PAGE = 50
HORIZON = 20_000
"""The maximum number of decisions examined for one page."""
FEW = 2000
"""With more matching cards than this in a million decisions, walking back finds a full page within the horizon."""
_LONGEST = 80


@dataclass(frozen=True, slots=True)
class Place:
    """Where a list continues: after the decision with this time and id."""

    at: datetime
    id: str

    @property
    def written(self) -> str:
        """The place as a URL parameter."""
        return f"{self.at.isoformat()}~{self.id}"


def place_in(text: str) -> Place | None:
    """Read a place from a URL; none if it is not valid."""
    at, mark, name = text[:_LONGEST].partition("~")
    try:
        moment = datetime.fromisoformat(at)
    except ValueError:
        return None
    return Place(moment, name) if mark and moment.tzinfo is not None else None


@dataclass(frozen=True, slots=True)
class ListedCard:
    """A card of a listed decision. ``outcome`` is the last feedback on it, if any."""

    uuid: str
    topic: str
    indicator: str
    product: str
    summary: str
    outcome: str | None
    reason: Json


@dataclass(frozen=True, slots=True)
class ListedDecision:
    """A decision as a list shows it."""

    id: str
    at: datetime
    service: str
    issuer: str | None
    tenant: str | None
    patient: str | None
    cards: tuple[ListedCard, ...]


@dataclass(frozen=True, slots=True)
class ListPage:
    """A page of decisions, newest first; ``older`` is where the next page starts.

    ``looked_to``: the page is not full, and nothing older than this was examined.
    """

    decisions: tuple[ListedDecision, ...]
    older: Place | None = None
    looked_to: datetime | None = None


def listed(
    engine: Engine,
    window: Window,
    cards: CardFilter | None = None,
    patient: str | None = None,
    before: Place | None = None,
    count: int = PAGE,
) -> ListPage:
    """Return a page of the decisions in a window with a matching card, or of all if there is no card filter."""
    cards = cards or CardFilter()
    conditions = [*decided_in(window), *([_behind(before)] if before is not None else [])]
    if patient is not None:
        conditions.append(decisions.c.patient == patient)
    if cards.asks:
        conditions.append(has_card(cards))
    with engine.connect() as connection:
        few: Select[Any] | CompoundSelect[Any] | None = _few(connection, cards) if patient is None else None
        if cards.drug is not None:
            combinations = combinations_with(connection, cards.drug)
            conditions.append(judges(cards.drug, combinations))
            if few is None and patient is None and combinations is not None:
                few = _few_of_drug(connection, cards.drug, combinations)
        horizon = None
        if few is not None:
            conditions.append(decisions.c.id.in_(few))
        elif patient is None and (cards.asks or cards.drug is not None):
            horizon = _horizon(connection, window, before)
            conditions += [decisions.c.at >= horizon.at] if horizon is not None else []
        statement = select(*_SHOWN).where(*conditions).order_by(*_order(by_index=few is None and patient is None))
        rows = connection.execute(statement.limit(count + 1)).all()
        page = _with_cards(connection, rows[:count])
    if len(rows) > count:
        return ListPage(page, Place(page[-1].at, page[-1].id))
    if horizon is not None:
        return ListPage(page, horizon, horizon.at)
    return ListPage(page)


def next_of_patient(engine: Engine, row: ListedDecision | Row[Any], count: int = 10) -> tuple[ListedDecision, ...]:
    """Return the later decisions for the same patient, in order; none without a pseudonym."""
    if row.patient is None:
        return ()
    later = or_(decisions.c.at > row.at, and_(decisions.c.at == row.at, decisions.c.id > row.id))
    statement = select(*_SHOWN).where(decisions.c.patient == row.patient, later)
    with engine.connect() as connection:
        rows = connection.execute(statement.order_by(decisions.c.at, decisions.c.id).limit(count)).all()
        return _with_cards(connection, rows)


_SHOWN = tuple(decisions.c[name] for name in ("id", "at", "service", "issuer", "tenant", "patient"))


def _behind(place: Place) -> ColumnElement[bool]:
    at = decisions.c.at
    return and_(at <= place.at, or_(at < place.at, decisions.c.id < place.id))


def _order(*, by_index: bool) -> Sequence[ColumnElement[Any]]:
    """Return the sort order, which avoids the time index if few rows match, so that those are sorted instead."""
    at = decisions.c.at if by_index else func.coalesce(decisions.c.at, decisions.c.at)
    return at.desc(), decisions.c.id.desc()


def _few_of_drug(connection: Connection, drug: str, combinations: Sequence[str]) -> CompoundSelect[Any] | None:
    """Return the decisions about a drug, and those with a card on it, where both are few."""
    judged, shown = decisions.c.products.in_(combinations), decision_cards.c.product == drug
    if not _are_few(connection, judged) or not _are_few(connection, shown):
        return None
    return union(select(decisions.c.id).where(judged), select(decision_cards.c.decision_id).where(shown))


def _few(connection: Connection, cards: CardFilter) -> Select[Any] | None:
    """Return the decisions to start from if few cards match one of the filter's fields, by its index."""
    asked = ((decision_cards.c.topic, cards.topic), (decision_cards.c.product, cards.product))
    for column, value in asked:
        if value is not None and _are_few(connection, column == value):
            return select(decision_cards.c.decision_id).where(column == value)
    if cards.outcome not in (None, NO_FEEDBACK) and _are_few(connection, feedback.c.outcome == cards.outcome):
        of_card = feedback.join(decision_cards, decision_cards.c.uuid == feedback.c.card)
        return select(decision_cards.c.decision_id).select_from(of_card).where(feedback.c.outcome == cards.outcome)
    return None


def _are_few(connection: Connection, condition: ColumnElement[bool]) -> bool:
    some = select(literal(1)).where(condition).limit(FEW + 1).subquery()
    return int(connection.scalar(select(func.count()).select_from(some)) or 0) <= FEW


def _horizon(connection: Connection, window: Window, before: Place | None) -> Place | None:
    """Return how far one page looks back; none if the window has no more than that."""
    conditions = [*decided_in(window), *([decisions.c.at <= before.at] if before is not None else [])]
    chosen = select(decisions.c.at).where(*conditions).order_by(decisions.c.at.desc()).offset(HORIZON).limit(1)
    at = connection.scalar(chosen)
    # No id is smaller, so the next page starts with decisions older than this.
    return Place(at, "") if at is not None else None


def _with_cards(connection: Connection, rows: Sequence[Row[Any]]) -> tuple[ListedDecision, ...]:
    ids = [row.id for row in rows]
    chosen = select(decision_cards).where(decision_cards.c.decision_id.in_(ids))
    sent = connection.execute(chosen.order_by(decision_cards.c.decision_id, decision_cards.c.position)).all()
    said = {}
    words = select(feedback).where(feedback.c.card.in_({card.uuid for card in sent}))
    for entry in connection.execute(words.order_by(feedback.c.outcome_at, feedback.c.id)):
        said[entry.issuer, entry.tenant, entry.card] = entry
    found: dict[str, list[ListedCard]] = {each: [] for each in ids}
    clients = {row.id: (row.issuer, row.tenant) for row in rows}
    for card in sent:
        last = said.get((*clients[card.decision_id], card.uuid))
        found[card.decision_id].append(_card(card, last))
    return tuple(
        ListedDecision(row.id, row.at, row.service, row.issuer, row.tenant, row.patient, tuple(found[row.id]))
        for row in rows
    )


def _card(row: Row[Any], last: Row[Any] | None) -> ListedCard:
    reason = msgspec.json.decode(last.content).get("overrideReason", {}) if last is not None else {}
    return ListedCard(
        row.uuid,
        row.topic,
        row.indicator,
        row.product or "",
        msgspec.json.decode(row.content)["summary"],
        last.outcome if last is not None else None,
        reason,
    )
