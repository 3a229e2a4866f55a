"""Keeps which drugs a decision was about, so that those without a card are found by drug too."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column, empty for what is on record already, and its index."""
    is_given = sa.text("products IS NOT NULL")
    op.add_column("decisions", sa.Column("products", sa.Text))
    op.create_index(
        "ix_decisions_products_at",
        "decisions",
        ["products", "at"],
        sqlite_where=is_given,
        postgresql_where=is_given,
    )
