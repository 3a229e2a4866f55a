"""Reviewers' verdicts on cases of a trial, kept as a history."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from cds_service.store.database import writing
from cds_service.store.record import plain_text
from cds_service.store.tables import decisions, shadow_reviews

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Engine

VERDICTS = ("right", "wrong", "unsure")
Case = tuple[str, str]
"""A decision and a topic."""


def is_on_record(engine: Engine, decision: str) -> bool:
    """Return whether a decision with this id exists."""
    with engine.connect() as connection:
        return connection.scalar(select(decisions.c.id).where(decisions.c.id == decision)) is not None


def keep_review(engine: Engine, case: Case, verdict: str, by: str, comment: str, at: datetime) -> None:
    """Add a verdict on a case; earlier verdicts are never changed."""
    with writing(engine) as connection:
        connection.execute(
            shadow_reviews.insert().values(
                at=at,
                decision_id=case[0],
                topic=case[1],
                verdict=verdict,
                reviewer=plain_text(by),
                comment=plain_text(comment),
            )
        )


def outcomes(engine: Engine) -> dict[Case, str]:
    """Return the outcome of each reviewed case by each reviewer's last verdict.

    One "wrong" makes it wrong; it is right if all reviewers say so.
    """
    last: dict[Case, dict[str, str]] = {}
    with engine.connect() as connection:
        for row in connection.execute(select(shadow_reviews).order_by(shadow_reviews.c.at, shadow_reviews.c.id)):
            last.setdefault((row.decision_id, row.topic), {})[row.reviewer] = row.verdict
    return {case: _together(set(said.values())) for case, said in last.items()}


def _together(said: set[str]) -> str:
    return "wrong" if "wrong" in said else "right" if said == {"right"} else "unsure"
