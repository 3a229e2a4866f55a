"""The tables. ``migrations`` creates them, and a test checks that both agree.

Times are UTC. JSON is stored as text, so that SQLite and PostgreSQL have the same bytes.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

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
    event,
    text,
)

if TYPE_CHECKING:
    from sqlalchemy import Connection, Dialect

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(column_0_label)s",
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
    }
)

_ONLY_WHERE = "only where"


@event.listens_for(metadata, "before_create")
def _narrow_indexes(_target: MetaData, connection: Connection, **_: Any) -> None:
    """Give partial indexes their condition; as arguments of ``Index`` both dialects would be loaded at every start."""
    for index in (each for table in metadata.tables.values() for each in table.indexes if _ONLY_WHERE in each.info):
        index.dialect_options[connection.dialect.name]["where"] = index.info[_ONLY_WHERE]


class UtcTime(TypeDecorator[datetime]):
    """A time with its zone, even if the database stores none."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Write in UTC.

        Raises:
            ValueError: the time has no zone.

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


def _decision() -> Column[str]:
    return Column("decision_id", String(36), ForeignKey("decisions.id", ondelete="CASCADE"), primary_key=True)


def _serial() -> Column[int]:
    return Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True)


configurations = Table(
    "configurations",
    metadata,
    Column("hash", String(64), primary_key=True),
    Column("first_seen", UtcTime, nullable=False),
    # The settings for the judgment: modes, indicators and thresholds, each with what set it. No addresses, no keys.
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
    # A keyed hash, or whatever the site has chosen.
    Column("patient", String(256), index=True),
    Column("user", String(256)),
    Column("duration_ms", Float, nullable=False),
    Column("code_version", String(32), nullable=False),
    Column("knowledge_version", String(32), nullable=False),
    Column("wording_version", String(32), nullable=False),
    Column("configuration_hash", String(64), nullable=False),
    Column("facts", Text, nullable=False),
    Column("verdicts", Text, nullable=False),
    # True if the store was down at the time, and the record was written later.
    Column("late", Boolean, nullable=False),
    # The products that were judged, in order, with a comma before and after each; null before this was kept.
    Column("products", Text),
    Index("ix_decisions_service_at", "service", "at"),
    *(
        Index(f"ix_decisions_{name}_at", name, "at", info={_ONLY_WHERE: text(f"{name} IS NOT NULL")})
        for name in ("issuer", "tenant", "products")
    ),
)

decision_cards = Table(
    "decision_cards",
    metadata,
    _decision(),
    Column("position", Integer, primary_key=True),
    Column("uuid", String(36), nullable=False, index=True),
    Column("topic", String(64), nullable=False),
    Column("indicator", String(16), nullable=False),
    # As sent, without the resources in its suggestions.
    Column("content", Text, nullable=False),
    # The order that it is about; empty for the request as a whole, null for records older than this column.
    Column("order_name", Text),
    Column("product", String(64)),
    # A digest of patient, order and finding, stored if repeats are suppressed.
    Column("finding", String(64), index=True),
    Index("ix_decision_cards_topic_decision", "topic", "decision_id"),
    Index("ix_decision_cards_product_decision", "product", "decision_id"),
)

suppressions = Table(
    "suppressions",
    metadata,
    _decision(),
    Column("position", Integer, primary_key=True),
    Column("uuid", String(36), nullable=False),
    Column("topic", String(64), nullable=False),
    Column("indicator", String(16), nullable=False),
    # The card that would have been sent, without the resources in its suggestions.
    Column("content", Text, nullable=False),
    Column("order_name", Text, nullable=False),
    # The overridden card, when the override was received, and its reason.
    Column("overridden_card", String(36), nullable=False),
    Column("overridden_at", UtcTime, nullable=False),
    Column("reason", Text, nullable=False),
)

shadow_verdicts = Table(
    "shadow_verdicts",
    metadata,
    _decision(),
    Column("configuration_hash", String(64), nullable=False),
    # What fired for the candidate, and what it could not check.
    Column("verdicts", Text, nullable=False),
)

shadow_reviews = Table(
    "shadow_reviews",
    metadata,
    _serial(),
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
    _serial(),
    # A digest of sender and content: the same entry sent again is the same row.
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
    # The Monday of the week; the process that writes the row examines the week.
    Column("week", String(10), primary_key=True),
    Column("begun_at", UtcTime, nullable=False),
    # What was out of its limits, as JSON; null until done.
    Column("found", Text),
)

seen_tokens = Table(
    "seen_tokens",
    metadata,
    Column("token_hash", String(64), primary_key=True),
    # Seconds since 1970, as in the token itself.
    Column("expires_at", BigInteger, nullable=False, index=True),
)

# Contents, versions and steps of the alert policy: rows are only added, never changed or deleted.

policy_contents = Table(
    "policy_contents",
    metadata,
    Column("hash", String(64), primary_key=True),
    # The canonical JSON behind the hash.
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
    _serial(),
    Column("version", Integer, ForeignKey("policy_versions.number"), nullable=False),
    # Of two who go on from the same step, the constraint lets one.
    Column("position", Integer, nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("step", String(16), nullable=False),
    Column("actor", String(512), nullable=False),
    Column("actor_name", String(256), nullable=False),
    Column("comment", Text, nullable=False),
    # The content after the step.
    Column("content_hash", String(64), ForeignKey("policy_contents.hash"), nullable=False),
    Column("effective_from", UtcTime),
    Column("effective_until", UtcTime),
    UniqueConstraint("version", "position", name="uq_policy_steps_version_position"),
)

# Topics stopped in an emergency, and how each was settled: rows are only added, never changed or deleted.
topic_stops = Table(
    "topic_stops",
    metadata,
    _serial(),
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
