"""Finds the decisions of a topic, a product, an outcome or a service without reading those of the others."""

from __future__ import annotations

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add an index for each."""
    op.create_index("ix_decision_cards_topic_decision", "decision_cards", ["topic", "decision_id"])
    op.create_index("ix_decision_cards_product_decision", "decision_cards", ["product", "decision_id"])
    op.create_index("ix_feedback_outcome_card", "feedback", ["outcome", "card"])
    op.create_index("ix_decisions_service_at", "decisions", ["service", "at"])
