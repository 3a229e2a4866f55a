"""The stopped topics of a site, in its database: what is stopped now, and the only way to carry out a step."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from cds_service.clock import Clock, now
from cds_service.policies import rows
from cds_service.policies.lifecycle import StepKind, schedules
from cds_service.policies.people import NAME_LIMIT
from cds_service.policies.stops import OpenStop, StopKind, StopStep, check_step, unsettled
from cds_service.store.database import writing
from cds_service.store.safe_rows import kept_text
from cds_service.store.tables import topic_stops

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Connection, Engine, Row

    from cds_service.policies.lifecycle import Step
    from cds_service.policies.people import Person


class StopLog:
    """The stops in a database. Every method may raise ``SQLAlchemyError``: the database cannot be used."""

    def __init__(self, engine: Engine, clock: Clock = now) -> None:
        """Take the database, and the clock that says when a step is taken."""
        self._engine = engine
        self._clock = clock

    def open(self, without: int | None = None) -> list[OpenStop]:
        """Return what is stopped and not settled, oldest first.

        ``without``: a version that settles nothing, because this process refuses it.
        """
        by_topic: dict[str, list[StopStep]] = {}
        with self._engine.connect() as connection:
            for step in _steps(connection):
                by_topic.setdefault(step.topic, []).append(step)
            found = [each for steps in by_topic.values() if (each := unsettled(steps)) is not None]
            settled = self._settled(connection, found, without)
        return sorted((each for each in found if each.stopped.id not in settled), key=lambda each: each.stopped.id)

    def topic(self, topic: str) -> tuple[OpenStop | None, list[StopStep]]:
        """Return the current stop of a topic, if any, and its whole history, newest first."""
        with self._engine.connect() as connection:
            steps = _steps(connection, topic)
            return self._now(connection, steps), steps[::-1]

    def step(self, person: Person, topic: str, kind: StopKind, comment: str, seen: int | None = None) -> StopStep:
        """Carry out a step; ``seen`` is the id of the topic's last step, if any, when the person decided.

        Raises:
            StepConflictError: somebody else has taken a step meanwhile; nothing was done.
            StepRefusedError: the person lacks the role, or the topic is not in a state that allows it.

        """
        with writing(self._engine) as connection:
            steps = _steps(connection, topic)
            last = steps[-1] if steps else None
            # Stopping does not depend on earlier steps: it is simply refused if the topic is already stopped.
            if kind is not StopKind.STOPPED and (last is None or last.id != seen):
                raise rows.StepConflictError
            check_step(kind, person, comment, self._now(connection, steps))
            # Machine clocks differ: a step is never dated before the one that it follows.
            at = max(self._clock(), last.at) if last is not None else self._clock()
            position = last.position + 1 if last is not None else 0
            said = [kept_text(each) for each in (person.subject, person.name[:NAME_LIMIT], comment.strip())]
            row = dict(
                zip(("topic", "position", "at", "step", *_WORDS), (topic, position, at, str(kind), *said), strict=True)
            )
            try:
                result = connection.execute(topic_stops.insert(), row)
            except IntegrityError:
                raise rows.StepConflictError from None
            number: Any = result.inserted_primary_key
            return StopStep(int(number[0]), topic, position, at, kind, *said)

    def _now(self, connection: Connection, steps: Sequence[StopStep]) -> OpenStop | None:
        found = unsettled(steps)
        return None if found is None or self._settled(connection, [found]) else found

    def _settled(self, connection: Connection, stops: Sequence[OpenStop], without: int | None = None) -> set[int]:
        """Return the ids of the stops settled by a version that was approved and came into force since."""
        if not stops:
            return set()
        moment, first = self._clock(), min(each.stopped.at for each in stops)
        published = rows.publications(connection)
        retired = {step.version: step.at for step in published if step.kind is StepKind.RETIRED}
        begun = [
            step
            for step in schedules(published)
            if step.version != without
            and step.effective_from is not None
            and first < step.effective_from <= min(moment, retired.get(step.version, moment))
        ]
        contents = rows.contents(connection, {step.content_hash for step in begun})
        settled: set[int] = set()
        for step in begun:
            approved = _approved_at(rows.steps(connection, step.version))
            cards = json.loads(contents[step.content_hash]).get("cards", {})
            settled |= {
                each.stopped.id
                for each in stops
                if "mode" in cards.get(each.stopped.topic, {}) and approved is not None and approved > each.stopped.at
            }
        return settled


_WORDS = ("actor", "actor_name", "comment")


def _approved_at(steps: Sequence[Step]) -> datetime | None:
    return next((step.at for step in reversed(steps) if step.kind is StepKind.APPROVED), None)


def _steps(connection: Connection, topic: str | None = None) -> list[StopStep]:
    statement = select(topic_stops).order_by(topic_stops.c.topic, topic_stops.c.position)
    if topic is not None:
        statement = statement.where(topic_stops.c.topic == topic)
    return [_read(row) for row in connection.execute(statement)]


def _read(row: Row[Any]) -> StopStep:
    return StopStep(row.id, row.topic, row.position, row.at, StopKind(row.step), row.actor, row.actor_name, row.comment)
