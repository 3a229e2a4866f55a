"""The tables. ``migrations`` makes them; a test holds the two together.

Times are UTC. JSON is kept as text, so that SQLite and PostgreSQL hold the very same bytes.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    text,
)

if TYPE_CHECKING:
    from sqlalchemy import Dialect

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(column_0_label)s",
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
    }
)


class UtcTime(TypeDecorator[datetime]):
    """A moment with its time zone, also where the database keeps none."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Write in UTC.

        Raises:
            ValueError: the moment says no time zone.

        """
        if value is not None and value.tzinfo is None:
            msg = "a moment without a time zone"
            raise ValueError(msg)
        return value.astimezone(UTC) if value is not None else None

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Read in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


configurations = Table(
    "configurations",
    metadata,
    Column("hash", String(64), primary_key=True),
    Column("first_seen", UtcTime, nullable=False),
    # What the judgement went by: modes, indicators and thresholds, and for each who set it. No address, no key.
    Column("content", Text, nullable=False),
)

decisions = Table(
    "decisions",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("at", UtcTime, nullable=False, index=True),
    Column("service", String(64), nullable=False),
    Column("hook_instance", String(256), nullable=False),
    Column("issuer", String(512)),
    Column("tenant", String(256)),
    # A keyed hash, or what the site has chosen instead.
    Column("patient", String(256), index=True),
    Column("user", String(256)),
    Column("duration_ms", Float, nullable=False),
    Column("code_version", String(32), nullable=False),
    Column("knowledge_version", String(32), nullable=False),
    Column("wording_version", String(32), nullable=False),
    Column("configuration_hash", String(64), nullable=False),
    Column("facts", Text, nullable=False),
    Column("verdicts", Text, nullable=False),
    # True when the store was down at the time, and the record was written when it had come back.
    Column("late", Boolean, nullable=False),
    # The products that were judged, in order, with a comma before and after each; null before this was kept.
    Column("products", Text),
    Index("ix_decisions_service_at", "service", "at"),
    *(
        Index(f"ix_decisions_{column}_at", column, "at", sqlite_where=is_given, postgresql_where=is_given)
        for column, is_given in ((name, text(f"{name} IS NOT NULL")) for name in ("issuer", "tenant", "products"))
    ),
)

decision_cards = Table(
    "decision_cards",
    metadata,
    Column("decision_id", String(36), ForeignKey("decisions.id", ondelete="CASCADE"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("uuid", String(36), nullable=False, index=True),
    Column("topic", String(64), nullable=False),
    Column("indicator", String(16), nullable=False),
    # As sent, without the resources of its suggestions.
    Column("content", Text, nullable=False),
    # The order that it is about; empty for the request as a whole, null before this was kept.
    Column("order_name", Text),
    Column("product", String(64)),
    # A digest of patient, order and finding, kept where repeats are suppressed.
    Column("finding", String(64), index=True),
    Index("ix_decision_cards_topic_decision", "topic", "decision_id"),
    Index("ix_decision_cards_product_decision", "product", "decision_id"),
)

suppressions = Table(
    "suppressions",
    metadata,
    Column("decision_id", String(36), ForeignKey("decisions.id", ondelete="CASCADE"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("uuid", String(36), nullable=False),
    Column("topic", String(64), nullable=False),
    Column("indicator", String(16), nullable=False),
    # The card that would have been sent, without the resources of its suggestions.
    Column("content", Text, nullable=False),
    Column("order_name", Text, nullable=False),
    # The card that was overridden, when that was received, and the reason that was given.
    Column("overridden_card", String(36), nullable=False),
    Column("overridden_at", UtcTime, nullable=False),
    Column("reason", Text, nullable=False),
)

shadow_verdicts = Table(
    "shadow_verdicts",
    metadata,
    Column("decision_id", String(36), ForeignKey("decisions.id", ondelete="CASCADE"), primary_key=True),
    Column("configuration_hash", String(64), nullable=False),
    # What fired and what could not be checked by the candidate.
    Column("verdicts", Text, nullable=False),
)

shadow_reviews = Table(
    "shadow_reviews",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("at", UtcTime, nullable=False),
    Column("decision_id", String(36), nullable=False, index=True),
    Column("topic", String(64), nullable=False),
    Column("verdict", String(16), nullable=False),
    Column("reviewer", String(256), nullable=False),
    Column("comment", Text, nullable=False),
)

feedback = Table(
    "feedback",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    # Of who said it and every word of it: the same entry sent again is the same row.
    Column("digest", String(64), nullable=False, unique=True),
    Column("received_at", UtcTime, nullable=False),
    Column("service", String(64), nullable=False),
    Column("issuer", String(512)),
    Column("tenant", String(256)),
    Column("card", String(256), nullable=False),
    Column("known", Boolean, nullable=False),
    Column("outcome", String(16), nullable=False),
    Column("outcome_at", UtcTime, nullable=False),
    Column("content", Text, nullable=False),
    Index("ix_feedback_card_outcome_at", "card", "outcome_at"),
    Index("ix_feedback_outcome_card", "outcome", "card"),
)

recording_gaps = Table(
    "recording_gaps",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("began_at", UtcTime, nullable=False),
    Column("ended_at", UtcTime, nullable=False),
    Column("recorded_late", Integer, nullable=False),
    Column("lost", Integer, nullable=False),
)

watches = Table(
    "watches",
    metadata,
    # The Monday of the week that is looked at; who writes the row looks.
    Column("week", String(10), primary_key=True),
    Column("begun_at", UtcTime, nullable=False),
    # What was out of its limits, as JSON; null until the look is done.
    Column("found", Text),
)

seen_tokens = Table(
    "seen_tokens",
    metadata,
    Column("token_hash", String(64), primary_key=True),
    # Seconds since 1970, as the token itself says it.
    Column("expires_at", BigInteger, nullable=False, index=True),
)

# Contents, versions and steps of the alert policy: rows are added and never changed or deleted.

policy_contents = Table(
    "policy_contents",
    metadata,
    Column("hash", String(64), primary_key=True),
    # The canonical JSON that the hash is of.
    Column("content", Text, nullable=False),
)

policy_versions = Table(
    "policy_versions",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("title", Text, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("based_on", Integer, ForeignKey("policy_versions.number")),
)

policy_steps = Table(
    "policy_steps",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("version", Integer, ForeignKey("policy_versions.number"), nullable=False),
    # Of two who go on from the same step, the constraint lets one.
    Column("position", Integer, nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("step", String(16), nullable=False),
    Column("actor", String(512), nullable=False),
    Column("actor_name", String(256), nullable=False),
    Column("comment", Text, nullable=False),
    # What the step is about: the content as it stands after it.
    Column("content_hash", String(64), ForeignKey("policy_contents.hash"), nullable=False),
    Column("effective_from", UtcTime),
    Column("effective_until", UtcTime),
    UniqueConstraint("version", "position", name="uq_policy_steps_version_position"),
)

# Topics stopped in an emergency, and how each was settled: rows are added and never changed or deleted.
topic_stops = Table(
    "topic_stops",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("topic", String(64), nullable=False),
    # Of two who go on from the same step, the constraint lets one.
    Column("position", Integer, nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("step", String(16), nullable=False),
    Column("actor", String(512), nullable=False),
    Column("actor_name", String(256), nullable=False),
    Column("comment", Text, nullable=False),
    UniqueConstraint("topic", "position", name="uq_topic_stops_topic_position"),
)
