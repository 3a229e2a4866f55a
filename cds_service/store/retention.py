"""Deletes records past the site's retention period."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import delete, select

from cds_service.store.database import writing
from cds_service.store.selection import Window, decided_in, received_in
from cds_service.store.tables import (
    decision_cards,
    decisions,
    feedback,
    recording_gaps,
    seen_tokens,
    shadow_reviews,
    shadow_verdicts,
    suppressions,
    watches,
)

if TYPE_CHECKING:
    from sqlalchemy import Engine

_AT_A_TIME = 500


def purge(
    engine: Engine,
    keep_days: int,
    now: datetime | None = None,
    *,
    issuer: str | None = None,
    tenant: str | None = None,
) -> tuple[int, int]:
    """Delete decisions, feedback and gaps older than ``keep_days``; return the numbers of decisions and feedback.

    Feedback is aged by when it was received. A few hundred rows are deleted at a time, so that recording does not have
    to wait long. For one issuer or tenant, the reviews of its decisions are deleted too, and what belongs to no client
    stays.

    Raises:
        SQLAlchemyError: the database cannot be used.

    """
    limit = (now or datetime.now(UTC)) - timedelta(days=keep_days)
    window = Window(end=limit, issuer=issuer, tenant=tenant)
    is_part = issuer is not None or tenant is not None
    parts = (decision_cards, suppressions, shadow_verdicts, *((shadow_reviews,) if is_part else ()))
    gone = 0
    while True:
        with writing(engine) as connection:
            old = select(decisions.c.id).where(*decided_in(window)).limit(_AT_A_TIME)
            ids = list(connection.scalars(old))
            for table in parts:
                connection.execute(delete(table).where(table.c.decision_id.in_(ids)))
            gone += connection.execute(delete(decisions).where(decisions.c.id.in_(ids))).rowcount
        if len(ids) < _AT_A_TIME:
            break
    with writing(engine) as connection:
        said = connection.execute(delete(feedback).where(*received_in(window))).rowcount
        if not is_part:
            connection.execute(delete(shadow_reviews).where(shadow_reviews.c.at < limit))
            connection.execute(delete(watches).where(watches.c.begun_at < limit))
            connection.execute(delete(recording_gaps).where(recording_gaps.c.ended_at < limit))
            # Used tokens and signed-out cookies are kept for as long as they would have been valid.
            connection.execute(delete(seen_tokens).where(seen_tokens.c.expires_at < int(time.time())))
    return gone, said
