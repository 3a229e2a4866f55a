"""The policy versions of a site: queries for the pages and the command line, and the only way to carry out a step."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

from cds_service.clock import Clock, now
from cds_service.configuration.layers import ConfigurationError
from cds_service.configuration.policy_content import PolicyContent
from cds_service.policies import lifecycle, rows
from cds_service.policies.lifecycle import Step, StepKind, StepRefusedError, Turn, VersionState, Wish
from cds_service.policies.people import NAME_LIMIT
from cds_service.policies.stop_log import StopLog
from cds_service.policies.views import Change, StoredPolicy, Trial, UnknownVersionError, Version

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Connection, Engine

    from cds_service.policies.people import Person
    from cds_service.policies.views import Place, SectionName

TITLE_LIMIT = 200
NUMBER_LIMIT = 2**31 - 1
_TAKES_CONTENT = (StepKind.SUBMITTED, StepKind.APPROVED, StepKind.TRIAL_BEGUN, StepKind.PUBLISHED)


class Library:
    """The versions in a database. Every method may raise ``SQLAlchemyError``: the database cannot be used."""

    def __init__(self, engine: Engine, clock: Clock = now) -> None:
        """Take the database, and the clock that says when a step is taken."""
        self._engine = engine
        self._clock = clock
        self.stops = StopLog(engine, clock)

    def versions(self) -> list[Version]:
        """Return every version with its state and steps, without contents; newest first."""
        with self._engine.connect() as connection:
            # In this order, so that every listed version has its first step when the steps are read.
            listed, every = rows.versions(connection), rows.steps(connection)
            own: dict[int, list[Step]] = {}
            for step in every:
                own.setdefault(step.version, []).append(step)
            return [self._version(row, own[row.number], every, {}) for row in listed]

    def version(self, number: int) -> Version:
        """Return one version with its steps and all its contents.

        Raises:
            UnknownVersionError: no such version.

        """
        with self._engine.connect() as connection:
            return self._read(connection, number)

    def draft(
        self, person: Person, title: str, content: PolicyContent, *, based_on: int | None = None, comment: str = ""
    ) -> Version:
        """Create a draft; ``based_on`` names the version that it was written from.

        Raises:
            StepRefusedError: the person lacks the role, or the title is not valid.
            UnknownVersionError: the version it is based on does not exist.

        """
        title = " ".join(title.split())
        if not 0 < len(title) <= TITLE_LIMIT:
            raise StepRefusedError("title", "give it a title of 1 to {limit} characters", limit=TITLE_LIMIT)
        wish, at = Wish(StepKind.DRAFTED, comment), self._clock()
        lifecycle.check(wish, person, (), None, at)
        with self._in_turn() as connection:
            if based_on is not None:
                self._row(connection, based_on)
            number = rows.add_version(connection, title, at, based_on)
            rows.add_step(connection, _step(wish, person, number, 0, at, rows.add_content(connection, content)))
            return self._read(connection, number)

    def restore(self, person: Person, number: int, *, comment: str = "") -> Version:
        """Create a draft with the content of an older version.

        Raises:
            StepRefusedError: the person lacks the role, or this release no longer accepts the content.
            UnknownVersionError: no such version.

        """
        old = self.version(number)
        title = f"Version {number} again: {old.title}"[:TITLE_LIMIT]
        return self.draft(person, title, _usable(old), based_on=number, comment=comment)

    def step(self, person: Person, number: int, seen: int, wish: Wish, content: PolicyContent | None = None) -> Version:
        """Carry out a step; ``seen`` is the id of the version's last step when the person decided.

        ``content`` is given only with a revision.

        Raises:
            StepConflictError: somebody else has taken a step meanwhile; nothing was done.
            StepRefusedError: the person lacks the role, or the version is not in a state that allows it.
            UnknownVersionError: no such version.

        """
        if (content is not None) != (wish.kind is StepKind.REVISED):
            raise StepRefusedError("content", "a revision has a content, and no other step has")
        with self._in_turn() as connection:
            # Read the clock once: the state of the version and the time of the step must belong to the same moment.
            now = self._clock()
            version = self._read(connection, number, now)
            if version.last.id != seen:
                raise rows.StepConflictError
            # Machine clocks differ: a step is never dated before the one that it follows.
            at = max(now, version.last.at)
            lifecycle.check(wish, person, version.steps, version.state, at)
            wish = _complete(wish, version)
            if wish.kind is StepKind.TRIAL_BEGUN:
                _alone(connection, number)
            if content is not None:
                digest = rows.add_content(connection, content)
            else:
                digest = version.content_hash
                if wish.kind in _TAKES_CONTENT:
                    _usable(version)
            rows.add_step(connection, _step(wish, person, number, version.last.position + 1, at, digest))
            return self._read(connection, number, at)

    def possible(self, person: Person, version: Version) -> tuple[StepKind, ...]:
        """List the steps that a person may take with a version; none for viewers."""
        return lifecycle.possible(person, version.steps, version.state)

    def in_force(self, at: datetime | None = None) -> StoredPolicy | None:
        """Return what is in force, now or at a time; ``None`` means only the configuration files."""
        with self._engine.connect() as connection:
            return _in_force(connection, lifecycle.in_force(rows.publications(connection), at or self._clock()))

    def on_trial(self) -> Trial | None:
        """Return the version on trial, if there is one."""
        with self._engine.connect() as connection:
            step = rows.trial(connection)
            return Trial(step.version, step.content_hash, _text(connection, step), step) if step is not None else None

    def after_retiring(self, number: int, at: datetime | None = None) -> StoredPolicy | None:
        """Return what would be in force if a version were retired; ``None`` means only the configuration files."""
        with self._engine.connect() as connection:
            steps = rows.publications(connection)
            return _in_force(connection, lifecycle.after_retiring(number, steps, at or self._clock()))

    def next_change(self, at: datetime | None = None) -> Turn | None:
        """Return the next scheduled change of what is in force, if there is one."""
        moment = at or self._clock()
        with self._engine.connect() as connection:
            turns = lifecycle.turns(rows.publications(connection), moment)
        return next((turn for turn in turns if turn.at > moment), None)

    def history(self, section: SectionName, name: str) -> list[Change]:
        """Return every change of a topic or threshold by versions that came into force, newest first."""
        return self.histories([(section, name)])[section, name]

    def histories(self, wanted: Iterable[Place]) -> dict[Place, list[Change]]:
        """Return the changes of several topics and thresholds, read once."""
        moment = self._clock()
        found: dict[Place, list[Change]] = {place: [] for place in wanted}
        with self._engine.connect() as connection:
            steps = rows.publications(connection)
            turns = [turn for turn in lifecycle.turns(steps, moment) if turn.at <= moment]
            published = [step for turn in turns for step in (turn.before, turn.after) if step is not None]
            texts = rows.contents(connection, {step.content_hash for step in published})
            trees = {digest: json.loads(text) for digest, text in texts.items()}
            versions = {number: self._read(connection, number) for number in {step.version for step in published}}
        for turn in reversed(turns):
            version = versions[turn.after.version] if turn.after is not None else None
            for (section, name), changes in found.items():
                before, after = (_value(step, trees, section, name) for step in (turn.before, turn.after))
                if before != after:
                    changes.append(Change(turn.at, version, *_because(turn, steps), before, after))
        return found

    @contextmanager
    def _in_turn(self) -> Iterator[Connection]:
        """Yield a transaction that reads before it writes; SQLite serializes these."""
        options = {"sqlite_begin": "BEGIN IMMEDIATE"}
        with self._engine.connect().execution_options(**options) as connection, connection.begin():
            yield connection

    def _row(self, connection: Connection, number: int) -> rows.VersionRow:
        row = rows.version(connection, number) if 0 < number <= NUMBER_LIMIT else None
        if row is None:
            raise UnknownVersionError(f"there is no version {number}")
        return row

    def _read(self, connection: Connection, number: int, at: datetime | None = None) -> Version:
        """Read a version as it stands at a time; by default now."""
        row, own = self._row(connection, number), rows.steps(connection, number)
        contents = rows.contents(connection, (step.content_hash for step in own))
        return self._version(row, own, rows.publications(connection), contents, at)

    def _version(
        self,
        row: rows.VersionRow,
        own: Sequence[Step],
        every: Sequence[Step],
        contents: Mapping[str, str],
        at: datetime | None = None,
    ) -> Version:
        state = lifecycle.state(own, every, max(at or self._clock(), own[-1].at))
        return Version(row.number, row.title, row.created_at, row.based_on, state, tuple(own), contents)


def _step(wish: Wish, person: Person, number: int, position: int, at: datetime, digest: str) -> Step:
    begin = (wish.effective_from or at) if wish.kind in (StepKind.PUBLISHED, StepKind.MOVED) else None
    return Step(
        id=0,
        version=number,
        position=position,
        at=at,
        kind=wish.kind,
        actor=person.subject,
        actor_name=person.name[:NAME_LIMIT],
        comment=wish.comment.strip(),
        content_hash=digest,
        effective_from=begin,
        effective_until=wish.effective_until,
    )


def _complete(wish: Wish, version: Version) -> Wish:
    """Keep the begin of a version that has begun, if only its end is moved."""
    schedule = version.schedule
    if wish.kind is StepKind.MOVED and version.state is VersionState.LIVE and schedule is not None:
        return replace(wish, effective_from=schedule.effective_from)
    return wish


def _usable(version: Version) -> PolicyContent:
    try:
        return version.content
    except ConfigurationError as error:
        raise StepRefusedError("content", "\n".join(error.problems)) from None


def _in_force(connection: Connection, step: Step | None) -> StoredPolicy | None:
    if step is None:
        return None
    return StoredPolicy(step.version, step.content_hash, _text(connection, step))


def _text(connection: Connection, step: Step) -> str:
    return rows.contents(connection, [step.content_hash])[step.content_hash]


def _alone(connection: Connection, number: int) -> None:
    """Refuse a trial if another version is on trial; simultaneous attempts are serialized."""
    rows.hold_trials(connection)
    other = rows.trial(connection)
    if other is not None and other.version != number:
        raise StepRefusedError("trial", "version {version} is on trial; end that trial first", version=other.version)


def _value(step: Step | None, trees: Mapping[str, Any], section: str, name: str) -> Any:
    return None if step is None else trees[step.content_hash].get(section, {}).get(name)


def _because(turn: Turn, steps: Sequence[Step]) -> tuple[Literal["published", "retired", "ended"], Step | None]:
    """Say what caused a change."""
    if turn.after is not None and turn.after.effective_from == turn.at:
        return "published", turn.after
    gone = turn.before.version if turn.before is not None else None
    retired = next((step for step in steps if step.kind is StepKind.RETIRED and step.version == gone), None)
    if retired is not None and retired.at == turn.at:
        return "retired", retired
    return "ended", None
