"""Policy versions in the database: rows are added, read, and never changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import exists, select
from sqlalchemy.exc import IntegrityError

from cds_service.policies.lifecycle import Step, StepKind
from cds_service.store.dialects import dialect_of
from cds_service.store.safe_rows import kept_text
from cds_service.store.tables import policy_contents, policy_steps, policy_versions

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from typing import Any

    from sqlalchemy import Connection, Row

    from cds_service.configuration.policy_content import PolicyContent

# An arbitrary number, the same in every process and unique to this lock.
_TRIAL_LOCK = 0x4845_5254
_PUBLICATION = (StepKind.PUBLISHED, StepKind.MOVED, StepKind.RETIRED)


class StepConflictError(Exception):
    """Somebody else has taken a step with the version in the meantime; read it again before deciding."""

    def __init__(self) -> None:
        """Say so."""
        super().__init__("somebody else has taken a step with this version meanwhile; look at it again")


@dataclass(frozen=True, slots=True)
class VersionRow:
    """A version as it was created."""

    number: int
    title: str
    created_at: datetime
    based_on: int | None


def add_content(connection: Connection, content: PolicyContent) -> str:
    """Store a content, if it is not stored already, and return its hash."""
    dialect = dialect_of(connection.dialect.name)
    row = {"hash": content.hash, "content": content.canonical()}
    connection.execute(dialect.insert(policy_contents).on_conflict_do_nothing(index_elements=["hash"]), row)
    return content.hash


def add_version(connection: Connection, title: str, at: datetime, based_on: int | None) -> int:
    """Create a version, and return its number."""
    row = {"title": kept_text(title), "created_at": at, "based_on": based_on}
    result = connection.execute(policy_versions.insert(), row)
    return int(result.inserted_primary_key[0])  # type: ignore[index] # it has one


def add_step(connection: Connection, step: Step) -> int:
    """Add a step, and return the id that the database assigns.

    Raises:
        StepConflictError: there is already a step in its position.

    """
    row = {
        "version": step.version,
        "position": step.position,
        "at": step.at,
        "step": str(step.kind),
        "actor": kept_text(step.actor),
        "actor_name": kept_text(step.actor_name),
        "comment": kept_text(step.comment),
        "content_hash": step.content_hash,
        "effective_from": step.effective_from,
        "effective_until": step.effective_until,
    }
    try:
        result = connection.execute(policy_steps.insert(), row)
    except IntegrityError:
        raise StepConflictError from None
    return int(result.inserted_primary_key[0])  # type: ignore[index] # it has one


def versions(connection: Connection) -> list[VersionRow]:
    """Return every version, newest first."""
    rows = connection.execute(select(policy_versions).order_by(policy_versions.c.number.desc()))
    return [_version(row) for row in rows]


def version(connection: Connection, number: int) -> VersionRow | None:
    """Return one version."""
    row = connection.execute(select(policy_versions).where(policy_versions.c.number == number)).one_or_none()
    return _version(row) if row is not None else None


def steps(connection: Connection, number: int | None = None) -> list[Step]:
    """Return the steps of one version, or of all, in the order in which they were taken."""
    statement = select(policy_steps).order_by(policy_steps.c.version, policy_steps.c.position)
    if number is not None:
        statement = statement.where(policy_steps.c.version == number)
    return [_step(row) for row in connection.execute(statement)]


def publications(connection: Connection) -> list[Step]:
    """Return the steps that published, moved or retired versions: these decide what is in force."""
    chosen = policy_steps.c.step.in_([str(each) for each in _PUBLICATION])
    return [_step(row) for row in connection.execute(select(policy_steps).where(chosen).order_by(policy_steps.c.id))]


def trial(connection: Connection) -> Step | None:
    """Return the step that began the current trial: nothing was done to its version since."""
    later = policy_steps.alias()
    goes_on = ~exists().where(later.c.version == policy_steps.c.version, later.c.position > policy_steps.c.position)
    begun = policy_steps.c.step == str(StepKind.TRIAL_BEGUN)
    row = connection.execute(select(policy_steps).where(begun, goes_on).order_by(policy_steps.c.id.desc())).first()
    return _step(row) if row is not None else None


def hold_trials(connection: Connection) -> None:
    """Keep anyone else from beginning a trial before this transaction ends; on SQLite nobody can anyway."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_TRIAL_LOCK})")


def contents(connection: Connection, hashes: Iterable[str]) -> dict[str, str]:
    """Return contents by their hashes, as canonical JSON."""
    rows = connection.execute(select(policy_contents).where(policy_contents.c.hash.in_(set(hashes))))
    return {row.hash: row.content for row in rows}


def _version(row: Row[Any]) -> VersionRow:
    return VersionRow(row.number, row.title, row.created_at, row.based_on)


def _step(row: Row[Any]) -> Step:
    return Step(
        id=row.id,
        version=row.version,
        position=row.position,
        at=row.at,
        kind=StepKind(row.step),
        actor=row.actor,
        actor_name=row.actor_name,
        comment=row.comment,
        content_hash=row.content_hash,
        effective_from=row.effective_from,
        effective_until=row.effective_until,
    )
