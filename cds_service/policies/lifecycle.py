"""The life of a version: which step may follow, who may take it, and what is in force at a time.

Pure functions over recorded steps. What is in force at a time depends only on the steps up to that time, so it can be
determined for any time in the past, and no step changes what was in force before it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from cds_service.configuration.roles import Role

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from cds_service.policies.people import Person

COMMENT_LIMIT = 4000
FURTHEST = timedelta(days=36525)
"""How far ahead a publication may begin and end."""


class StepKind(StrEnum):
    """What can be done to a version."""

    DRAFTED = "drafted"
    REVISED = "revised"
    SUBMITTED = "submitted"
    RETURNED = "returned"
    APPROVED = "approved"
    TRIAL_BEGUN = "trial-begun"
    TRIAL_ENDED = "trial-ended"
    PUBLISHED = "published"
    MOVED = "moved"
    RETIRED = "retired"
    WITHDRAWN = "withdrawn"


class VersionState(StrEnum):
    """The state of a version at a time."""

    DRAFT = "draft"
    REVIEW = "review"
    APPROVED = "approved"
    ON_TRIAL = "on-trial"
    SCHEDULED = "scheduled"
    LIVE = "live"
    SUPERSEDED = "superseded"
    EXPIRED = "expired"
    RETIRED = "retired"


@dataclass(frozen=True, slots=True)
class Step:
    """A recorded step: what was done to a version, by whom and when; ``content_hash`` names the content concerned."""

    id: int
    version: int
    position: int
    at: datetime
    kind: StepKind
    actor: str
    actor_name: str
    comment: str
    content_hash: str
    effective_from: datetime | None = None
    effective_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Wish:
    """A step that a person wants to take."""

    kind: StepKind
    comment: str = ""
    effective_from: datetime | None = None
    effective_until: datetime | None = None


class StepRefusedError(Exception):
    """A step may not be taken.

    ``reason`` is a stable word: role, author, state, trial, comment, time, title or content. ``says`` is the sentence
    with its placeholders, which a page says in its own language, and ``values`` what they stand for.
    """

    def __init__(self, reason: str, says: str, **values: object) -> None:
        """Keep the word and the sentence."""
        super().__init__(says.format(**values) if values else says)
        self.reason, self.says, self.values = reason, says, values


@dataclass(frozen=True, slots=True)
class _Rule:
    role: Role
    after: frozenset[VersionState]
    comment: bool = False


_AGREED = frozenset({VersionState.APPROVED, VersionState.ON_TRIAL})
_PUBLISHED = frozenset({VersionState.SCHEDULED, VersionState.LIVE, VersionState.SUPERSEDED})
_SCHEDULING = frozenset({StepKind.PUBLISHED, StepKind.MOVED})
_RULES = {
    StepKind.DRAFTED: _Rule(Role.EDITOR, frozenset()),
    StepKind.REVISED: _Rule(Role.EDITOR, frozenset({VersionState.DRAFT})),
    StepKind.SUBMITTED: _Rule(Role.EDITOR, frozenset({VersionState.DRAFT})),
    StepKind.WITHDRAWN: _Rule(Role.EDITOR, frozenset({VersionState.DRAFT, VersionState.REVIEW})),
    StepKind.RETURNED: _Rule(Role.REVIEWER, frozenset({VersionState.REVIEW}), comment=True),
    StepKind.APPROVED: _Rule(Role.REVIEWER, frozenset({VersionState.REVIEW})),
    # A trial is invisible, but every machine runs it, so it needs an approved version and a publisher.
    StepKind.TRIAL_BEGUN: _Rule(Role.PUBLISHER, frozenset({VersionState.APPROVED})),
    StepKind.TRIAL_ENDED: _Rule(Role.PUBLISHER, frozenset({VersionState.ON_TRIAL})),
    StepKind.PUBLISHED: _Rule(Role.PUBLISHER, _AGREED),
    # A version that has begun keeps its begin, because no step changes what was in force before it.
    StepKind.MOVED: _Rule(Role.PUBLISHER, frozenset({VersionState.SCHEDULED, VersionState.LIVE}), comment=True),
    # A superseded version returns when the newer one ends, so it can be retired too.
    StepKind.RETIRED: _Rule(Role.PUBLISHER, _AGREED | _PUBLISHED, comment=True),
}
_DONE = {kind: str(kind) for kind in StepKind} | {
    StepKind.TRIAL_BEGUN: "put on trial",
    StepKind.TRIAL_ENDED: "taken off trial",
}
_STATE_AFTER = {
    StepKind.DRAFTED: VersionState.DRAFT,
    StepKind.REVISED: VersionState.DRAFT,
    StepKind.RETURNED: VersionState.DRAFT,
    StepKind.SUBMITTED: VersionState.REVIEW,
    StepKind.APPROVED: VersionState.APPROVED,
    StepKind.TRIAL_BEGUN: VersionState.ON_TRIAL,
    StepKind.TRIAL_ENDED: VersionState.APPROVED,
    StepKind.RETIRED: VersionState.RETIRED,
    StepKind.WITHDRAWN: VersionState.RETIRED,
}


def in_force(steps: Iterable[Step], at: datetime) -> Step | None:
    """Return the publication in force at a time: of the valid ones, the one that began last."""
    known = [step for step in steps if step.at <= at]
    retired = {step.version for step in known if step.kind is StepKind.RETIRED}
    holding = [step for step in schedules(known) if step.version not in retired and _holds(step, at)]
    return max(holding, key=lambda step: (step.effective_from, step.id), default=None)


def schedules(steps: Iterable[Step]) -> list[Step]:
    """Return for each version the last step that sets its begin and end."""
    last: dict[int, Step] = {}
    for step in sorted(steps, key=lambda each: each.id):
        if step.kind in _SCHEDULING:
            last[step.version] = step
    return list(last.values())


def _holds(step: Step, at: datetime) -> bool:
    if step.effective_from is None or step.effective_from > at:
        return False
    return step.effective_until is None or at < step.effective_until


def state(steps: Sequence[Step], every: Iterable[Step], at: datetime) -> VersionState:
    """Return the state of a version at a time; ``steps`` are its own, at least one.

    ``every`` has the steps of all versions, at least those that publish, move and retire.
    """
    last = [step for step in steps if step.at <= at][-1]
    if last.kind not in _SCHEDULING:
        return _STATE_AFTER[last.kind]
    if last.effective_until is not None and last.effective_until <= at:
        return VersionState.EXPIRED
    if last.effective_from is not None and last.effective_from > at:
        return VersionState.SCHEDULED
    now = in_force(every, at)
    return VersionState.LIVE if now is not None and now.version == last.version else VersionState.SUPERSEDED


def authors(steps: Iterable[Step]) -> frozenset[str]:
    """Return the subjects of everyone who wrote content of a version, including content that was returned."""
    return frozenset(step.actor for step in steps if step.kind in (StepKind.DRAFTED, StepKind.REVISED))


def check(wish: Wish, person: Person, steps: Sequence[Step], now: VersionState | None, at: datetime) -> None:
    """Refuse a step that is not allowed; ``now`` is the state of the version, none before it is drafted.

    Raises:
        StepRefusedError: it says why.

    """
    rule = _RULES[wish.kind]
    if rule.role not in person.roles:
        raise StepRefusedError("role", "only a person with the role {role} may do this", role=rule.role)
    if (now not in rule.after) if now is not None else bool(rule.after):
        state, done = now or "not there", _DONE[wish.kind]
        raise StepRefusedError("state", "a version that is {state} cannot be {done}", state=state, done=done)
    if wish.kind is StepKind.APPROVED and person.subject in authors(steps):
        raise StepRefusedError("author", "whoever wrote part of a version cannot approve it; ask somebody else")
    if rule.comment and not wish.comment.strip():
        raise StepRefusedError("comment", "say why, in a comment")
    if len(wish.comment) > COMMENT_LIMIT:
        raise StepRefusedError("comment", "a comment has at most {limit} characters", limit=COMMENT_LIMIT)
    _check_times(wish, now, at)


def _check_times(wish: Wish, now: VersionState | None, at: datetime) -> None:
    begin, end = wish.effective_from, wish.effective_until
    if wish.kind is StepKind.MOVED and now is VersionState.LIVE and begin is not None:
        raise StepRefusedError("time", "it has begun, so only its end can be moved")
    if wish.kind not in _SCHEDULING:
        if begin is not None or end is not None:
            raise StepRefusedError("time", "only a publication says from when and until when")
        return
    for each in (begin, end):
        if each is not None and each.tzinfo is None:
            raise StepRefusedError("time", "say the time zone")
        if each is not None and each > at + FURTHEST:
            raise StepRefusedError("time", "say a time within a hundred years")
    if begin is not None and begin < at:
        raise StepRefusedError("time", "it cannot begin in the past; leave the start empty to publish now")
    # In UTC: Python compares two times in the same zone by wall clock, which repeats an hour once a year.
    if end is not None and (end <= at or (begin is not None and end.astimezone(UTC) <= begin.astimezone(UTC))):
        raise StepRefusedError("time", "it must end after it begins")


def possible(person: Person, steps: Sequence[Step], now: VersionState) -> tuple[StepKind, ...]:
    """List the steps that a person may take with a version."""
    return tuple(
        kind
        for kind, rule in _RULES.items()
        if now in rule.after
        and rule.role in person.roles
        and not (kind is StepKind.APPROVED and person.subject in authors(steps))
    )


def after_retiring(version: int, steps: Iterable[Step], at: datetime) -> Step | None:
    """Return what would be in force if a version were retired at a time; ``None`` for only the configuration files."""
    return in_force((step for step in steps if step.version != version), at)


@dataclass(frozen=True, slots=True)
class Turn:
    """A time at which what is in force changes from ``before`` to ``after``; ``None`` for only the files."""

    at: datetime
    before: Step | None
    after: Step | None


def _says(step: Step | None) -> tuple[int, str] | None:
    """Name the version in force by a step; a version whose time was moved stays the same."""
    return (step.version, step.content_hash) if step is not None else None


def turns(steps: Sequence[Step], known_at: datetime) -> list[Turn]:
    """List every change of what is in force, oldest first; those after ``known_at`` are the scheduled ones."""
    known = [step for step in steps if step.at <= known_at]
    moments = {step.at for step in known if step.kind is StepKind.RETIRED}
    moments |= {each for step in known for each in (step.effective_from, step.effective_until) if each is not None}
    found: list[Turn] = []
    before: Step | None = None
    for moment in sorted(moments):
        after = in_force(known, moment)
        if _says(after) != _says(before):
            found.append(Turn(moment, before, after))
            before = after
    return found
