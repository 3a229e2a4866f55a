"""What a shadow would have done, reviews of it, cards that were not repeated, and what a card is about."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Add columns to the cards, and three tables."""
    op.add_column("decision_cards", sa.Column("order_name", sa.Text(), nullable=True))
    op.add_column("decision_cards", sa.Column("product", sa.String(64), nullable=True))
    op.add_column("decision_cards", sa.Column("finding", sa.String(64), nullable=True))
    op.create_index("ix_decision_cards_finding", "decision_cards", ["finding"])
    op.create_table(
        "suppressions",
        sa.Column("decision_id", sa.String(36), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("uuid", sa.String(36), nullable=False),
        sa.Column("topic", sa.String(64), nullable=False),
        sa.Column("indicator", sa.String(16), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("order_name", sa.Text(), nullable=False),
        sa.Column("overridden_card", sa.String(36), nullable=False),
        sa.Column("overridden_at", _TIME, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["decision_id"], ["decisions.id"], name="fk_suppressions_decision_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("decision_id", "position", name="pk_suppressions"),
    )
    op.create_table(
        "shadow_verdicts",
        sa.Column("decision_id", sa.String(36), nullable=False),
        sa.Column("configuration_hash", sa.String(64), nullable=False),
        sa.Column("verdicts", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["decision_id"], ["decisions.id"], name="fk_shadow_verdicts_decision_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("decision_id", name="pk_shadow_verdicts"),
    )
    op.create_table(
        "shadow_reviews",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("at", _TIME, nullable=False),
        sa.Column("decision_id", sa.String(36), nullable=False),
        sa.Column("topic", sa.String(64), nullable=False),
        sa.Column("verdict", sa.String(16), nullable=False),
        sa.Column("reviewer", sa.String(256), nullable=False),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_shadow_reviews"),
    )
    op.create_index("ix_shadow_reviews_decision_id", "shadow_reviews", ["decision_id"])
