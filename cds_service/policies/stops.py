"""The life of a stop: one person stops a topic at once, and two people settle it.

Pure functions over the steps of one topic, oldest first. A stop is settled when a second person agrees to restore the
topic, or when a version comes into force that was approved after the stop and sets the topic's mode.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from cds_service.configuration.roles import Role
from cds_service.configuration.stop import Stop
from cds_service.policies.lifecycle import COMMENT_LIMIT, StepRefusedError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from cds_service.policies.people import Person


class StopKind(StrEnum):
    """The steps for stopping a topic and settling the stop."""

    STOPPED = "stopped"
    ASKED = "put-back-asked"
    DECLINED = "declined"
    PUT_BACK = "put-back"


@dataclass(frozen=True, slots=True)
class StopStep:
    """A recorded step, by whom and when. ``position`` counts the topic's steps from 0."""

    id: int
    topic: str
    position: int
    at: datetime
    kind: StopKind
    actor: str
    actor_name: str
    comment: str


@dataclass(frozen=True, slots=True)
class OpenStop:
    """A stop that is not settled. ``asked``: somebody wants the topic restored, and a second person must agree."""

    stopped: StopStep
    last: StopStep
    asked: StopStep | None

    @property
    def stop(self) -> Stop:
        """The stop as used by the configuration."""
        step = self.stopped
        return Stop(step.topic, step.id, step.at, step.actor_name, step.comment)


MAY_STOP = frozenset({Role.PUBLISHER, Role.REVIEWER})
"""Who may stop a topic and settle it: whoever may retire a version, and clinical reviewers."""
_AFTER: dict[StopKind, frozenset[StopKind | None]] = {
    StopKind.STOPPED: frozenset({None}),
    StopKind.ASKED: frozenset({StopKind.STOPPED, StopKind.DECLINED}),
    StopKind.DECLINED: frozenset({StopKind.ASKED}),
    StopKind.PUT_BACK: frozenset({StopKind.ASKED}),
}
_NOT_NOW = {
    StopKind.STOPPED: "it is stopped already",
    StopKind.ASKED: "it is not stopped, or somebody has asked for it already",
    StopKind.DECLINED: "nobody has asked to put it back",
    StopKind.PUT_BACK: "nobody has asked to put it back",
}
_NEEDS_WORDS = frozenset({StopKind.STOPPED, StopKind.ASKED, StopKind.DECLINED})


def unsettled(steps: Sequence[StopStep]) -> OpenStop | None:
    """Return the open stop of a topic by its own steps; none if it was restored or never stopped."""
    last = steps[-1] if steps else None
    if last is None or last.kind is StopKind.PUT_BACK:
        return None
    stopped = next(step for step in reversed(steps) if step.kind is StopKind.STOPPED)
    return OpenStop(stopped, last, last if last.kind is StopKind.ASKED else None)


def check_step(kind: StopKind, person: Person, comment: str, now: OpenStop | None) -> None:
    """Refuse a step that is not allowed; ``now`` is the current stop, none if the topic is not stopped.

    Raises:
        StepRefusedError: it says why.

    """
    if not MAY_STOP & person.roles:
        raise StepRefusedError("role", "only a person with the role publisher or reviewer may do this")
    if (now.last.kind if now is not None else None) not in _AFTER[kind]:
        raise StepRefusedError("state", _NOT_NOW[kind])
    if kind is StopKind.PUT_BACK and now is not None and person.subject == now.last.actor:
        raise StepRefusedError("author", "whoever asked to put it back cannot agree to it; ask somebody else")
    if kind in _NEEDS_WORDS and not comment.strip():
        raise StepRefusedError("comment", "say why")
    if len(comment) > COMMENT_LIMIT:
        raise StepRefusedError("comment", "a reason has at most {limit} characters", limit=COMMENT_LIMIT)


def possible_steps(person: Person, now: OpenStop | None) -> tuple[StopKind, ...]:
    """List the steps that a person may take."""
    last = now.last.kind if now is not None else None
    if not MAY_STOP & person.roles:
        return ()
    return tuple(
        kind
        for kind, after in _AFTER.items()
        if last in after and not (kind is StopKind.PUT_BACK and now is not None and now.last.actor == person.subject)
    )
