"""Finds the decisions of one issuer or tenant without reading those of the others."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add an index for each; a decision without the one costs it nothing."""
    for column in ("issuer", "tenant"):
        is_given = sa.text(f"{column} IS NOT NULL")
        op.create_index(
            f"ix_decisions_{column}_at",
            "decisions",
            [column, "at"],
            sqlite_where=is_given,
            postgresql_where=is_given,
        )
