"""Versions of the alert policy: their contents, and every step that somebody took with them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Add three tables."""
    op.create_table(
        "policy_contents",
        sa.Column("hash", sa.String(64), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("hash", name="pk_policy_contents"),
    )
    op.create_table(
        "policy_versions",
        sa.Column("number", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("based_on", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["based_on"], ["policy_versions.number"], name="fk_policy_versions_based_on"),
        sa.PrimaryKeyConstraint("number", name="pk_policy_versions"),
    )
    op.create_table(
        "policy_steps",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("at", _TIME, nullable=False),
        sa.Column("step", sa.String(16), nullable=False),
        sa.Column("actor", sa.String(512), nullable=False),
        sa.Column("actor_name", sa.String(256), nullable=False),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("content_hash", sa.String(64), nullable=False),
        sa.Column("effective_from", _TIME, nullable=True),
        sa.Column("effective_until", _TIME, nullable=True),
        sa.ForeignKeyConstraint(["version"], ["policy_versions.number"], name="fk_policy_steps_version"),
        sa.ForeignKeyConstraint(["content_hash"], ["policy_contents.hash"], name="fk_policy_steps_content_hash"),
        sa.PrimaryKeyConstraint("id", name="pk_policy_steps"),
        sa.UniqueConstraint("version", "position", name="uq_policy_steps_version_position"),
    )
