"""Which decisions a report, list, export or purge is about: as a value, and as SQL conditions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, exists, or_, select

from cds_service.store.tables import decision_cards, decisions, feedback

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection, Engine

NOT_GIVEN = ""
"""As issuer or tenant: the decisions of calls without one."""
NO_FEEDBACK = "none"
"""As outcome: a card without feedback."""
MOST_NAMES = 200
"""How many issuers or tenants a page offers."""


@dataclass(frozen=True, slots=True)
class Window:
    """Decisions from ``begin`` on and before ``end``, of one service, issuer and tenant; ``None``: of any.

    ``NOT_GIVEN`` as issuer or tenant selects the calls without one, so that the parts always add up to the whole.
    """

    begin: datetime | None = None
    end: datetime | None = None
    service: str | None = None
    issuer: str | None = None
    tenant: str | None = None


@dataclass(frozen=True, slots=True)
class CardFilter:
    """Filters cards by topic, indicator, product and outcome; one card must match all that are given.

    The outcome is the last feedback of the client that got the card: ``accepted``, ``overridden`` or ``NO_FEEDBACK``.
    ``drug`` is asked of the decision and not of a card: one that was about this product, with or without a card.
    """

    topic: str | None = None
    indicator: str | None = None
    product: str | None = None
    outcome: str | None = None
    drug: str | None = None

    @property
    def asks(self) -> bool:
        """Whether any field is set: if not, decisions without a card count too."""
        return any(each is not None for each in (self.topic, self.indicator, self.product, self.outcome))


def judges(drug: str, combinations: Sequence[str] | None) -> ColumnElement[bool]:
    """Return the condition that a decision was about a drug, whether it has a card or not.

    ``combinations`` are those on record with the drug in them; none where there are too many to name. Of decisions
    from before the drugs were kept, those with a card on it are known.
    """
    kept = decisions.c.products
    named = kept.in_(combinations) if combinations is not None else kept.contains(f",{drug},", autoescape=True)
    return or_(named, and_(kept.is_(None), has_card(CardFilter(product=drug))))


def combinations_with(connection: Connection, drug: str) -> list[str] | None:
    """Return the combinations of drugs on record that hold one; none where there are more than can be looked at."""
    found = _walked(connection, decisions.c.products)
    return [each for each in found if f",{drug}," in each] if len(found) < MOST_NAMES else None


def decided_in(window: Window) -> list[ColumnElement[bool]]:
    """Return the conditions on ``decisions`` for a window."""
    return _conditions(decisions.c, decisions.c.at, window)


def received_in(window: Window) -> list[ColumnElement[bool]]:
    """Return the conditions on ``feedback`` that was received in a window."""
    return _conditions(feedback.c, feedback.c.received_at, window)


def has_card(cards: CardFilter) -> ColumnElement[bool]:
    """Return the condition that a decision has a card that matches a filter."""
    of_card = (
        (decision_cards.c.topic, cards.topic),
        (decision_cards.c.indicator, cards.indicator),
        (decision_cards.c.product, cards.product),
    )
    conditions = [decision_cards.c.decision_id == decisions.c.id]
    conditions += [column == value for column, value in of_card if value is not None]
    if cards.outcome is not None:
        conditions.append(_came_to(cards.outcome))
    return exists(select(decision_cards.c.uuid).where(*conditions).correlate(decisions))


def issuers_on_record(engine: Engine) -> list[str]:
    """Return the issuers of the decisions on record, in order, at most ``MOST_NAMES``."""
    return _names(engine, decisions.c.issuer)


def tenants_on_record(engine: Engine) -> list[str]:
    """Return the tenants of the decisions on record, in order, at most ``MOST_NAMES``."""
    return _names(engine, decisions.c.tenant)


def _conditions(columns: Any, at: ColumnElement[Any], window: Window) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if window.begin is not None:
        found.append(at >= window.begin)
    if window.end is not None:
        found.append(at < window.end)
    if window.service is not None:
        found.append(columns.service == window.service)
    for column, name in ((columns.issuer, window.issuer), (columns.tenant, window.tenant)):
        if name is not None:
            found.append(column.is_(None) if name == NOT_GIVEN else column == name)
    return found


def _came_to(outcome: str) -> ColumnElement[bool]:
    """Return the condition that the last feedback on a card is a given outcome."""
    later = feedback.alias()
    about = _about_card(feedback.c)
    if outcome == NO_FEEDBACK:
        return ~exists(select(feedback.c.id).where(about).correlate(decisions, decision_cards))
    said_later = or_(
        later.c.outcome_at > feedback.c.outcome_at,
        and_(later.c.outcome_at == feedback.c.outcome_at, later.c.id > feedback.c.id),
    )
    since_then = select(later.c.id).where(_about_card(later.c), said_later)
    is_last = ~exists(since_then.correlate(decisions, decision_cards, feedback))
    said = select(feedback.c.id).where(about, feedback.c.outcome == outcome, is_last)
    return exists(said.correlate(decisions, decision_cards))


def _about_card(said: Any) -> ColumnElement[bool]:
    """Return the condition that a feedback entry is about a card and from the client that got it."""
    return and_(
        said.card == decision_cards.c.uuid,
        said.issuer.is_not_distinct_from(decisions.c.issuer),
        said.tenant.is_not_distinct_from(decisions.c.tenant),
    )


def _names(engine: Engine, column: ColumnElement[str]) -> list[str]:
    with engine.connect() as connection:
        return _walked(connection, column)


def _walked(connection: Connection, column: ColumnElement[str]) -> list[str]:
    """Skip through the index from each name to the next: reading a million rows would take seconds."""
    found: list[str] = []
    while len(found) < MOST_NAMES:
        last = found[-1] if found else NOT_GIVEN
        name = connection.scalar(select(column).where(column > last).order_by(column).limit(1))
        if name is None:
            break
        found.append(name)
    return found
