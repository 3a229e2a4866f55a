"""Versions in a database, on SQLite and on PostgreSQL: kept for good, one step after the other, told as they stand."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from policy_people import ANN, BOB, CLEO, START, Watch, approved, published, retire, take
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from cds_service.configuration.policy_content import read_content
from cds_service.configuration.roles import Role
from cds_service.policies.library import NUMBER_LIMIT, TITLE_LIMIT, Library
from cds_service.policies.lifecycle import StepKind, StepRefusedError, VersionState, Wish
from cds_service.policies.people import Person
from cds_service.policies.rows import StepConflictError
from cds_service.policies.views import UnknownVersionError
from cds_service.store.database import open_engine, upgrade
from cds_service.store.retention import purge
from cds_service.store.tables import policy_contents, policy_steps

if TYPE_CHECKING:
    from sqlalchemy import Engine

OFF, ON = "cards: {weight-stale: {mode: off}}", "cards: {weight-stale: {mode: live}}"
K, S = StepKind, VersionState


@pytest.fixture
def watch() -> Watch:
    """Return a clock that stands still."""
    return Watch()


@pytest.fixture
def library(engine: Engine, watch: Watch) -> Library:
    """Return the versions of an empty database."""
    return Library(engine, watch)


def test_a_version_from_draft_to_retirement(library: Library, watch: Watch) -> None:
    version = library.draft(ANN, "  Fewer\n weights ", read_content(OFF), comment=" first ")
    assert (version.number, version.title, version.state, version.last.comment) == (
        1,
        "Fewer weights",
        S.DRAFT,
        "first",
    )
    version = take(library, CLEO, version, K.REVISED, content=read_content(ON))
    version = take(library, ANN, version, K.SUBMITTED)
    version = take(library, BOB, version, K.RETURNED, comment="Off, I think")
    version = take(library, ANN, version, K.REVISED, content=read_content(OFF))
    version = take(library, ANN, version, K.SUBMITTED)
    with pytest.raises(StepRefusedError, match="cannot approve"):
        take(library, CLEO, version, K.APPROVED)
    version = take(library, BOB, version, K.APPROVED)
    watch.later(hours=1)
    end = watch.time + timedelta(days=1)
    version = take(library, BOB, version, K.PUBLISHED, effective_until=end)
    assert (version.state, version.last.effective_from, version.last.effective_until) == (S.LIVE, watch.time, end)
    assert [step.kind for step in version.steps] == [
        K.DRAFTED, K.REVISED, K.SUBMITTED, K.RETURNED, K.REVISED, K.SUBMITTED, K.APPROVED, K.PUBLISHED,
    ]  # fmt: skip
    assert version.authors == {ANN.subject: "Ann", CLEO.subject: "Cleo"}
    assert len(version.contents) == 2
    returned = version.taken("returned")
    assert returned is not None
    assert (returned.actor_name, returned.comment, version.taken("retired")) == ("Bob", "Off, I think", None)
    assert [version.content_of(step).canonical() for step in version.steps[:2]] == [
        read_content(OFF).canonical(),
        read_content(ON).canonical(),
    ]
    found = library.in_force()
    assert found is not None
    assert (found.version, found.content) == (1, read_content(OFF))
    turn = library.next_change()
    assert turn is not None
    assert (turn.at, turn.after) == (end, None)
    watch.time = end
    assert library.in_force() is None
    assert library.version(1).state is S.EXPIRED
    assert library.versions()[0].state is S.EXPIRED
    assert library.next_change() is None


def test_what_is_in_force_when_versions_follow_each_other(library: Library, watch: Watch) -> None:
    published(library, OFF)
    later = watch.later(hours=1)
    published(library, ON, effective_from=later + timedelta(hours=1))
    assert [(each.number, each.state) for each in library.versions()] == [(2, S.SCHEDULED), (1, S.LIVE)]
    watch.later(hours=1)
    assert [(each.number, each.state) for each in library.versions()] == [(2, S.LIVE), (1, S.SUPERSEDED)]
    after = library.after_retiring(2)
    assert after is not None
    assert after.version == 1
    watch.later(hours=1)
    assert retire(library, 2).state is S.RETIRED
    now, then = library.in_force(), library.in_force(later)
    assert now is not None
    assert then is not None
    assert (now.version, then.version, library.version(1).state) == (1, 1, S.LIVE)
    retire(library, 1)
    assert library.in_force() is None
    assert library.in_force(START) is not None


def test_a_version_under_another_can_be_retired(library: Library) -> None:
    published(library, OFF)
    published(library, ON)
    assert library.version(1).state is S.SUPERSEDED
    retire(library, 1)
    assert library.after_retiring(2) is None


def test_restoring_creates_a_draft_that_another_person_approves(library: Library) -> None:
    published(library, OFF)
    published(library, ON)
    version = library.restore(BOB, 1, comment="Back")
    assert (version.number, version.based_on, version.state) == (3, 1, S.DRAFT)
    assert version.content == read_content(OFF)
    version = take(library, BOB, version, K.SUBMITTED)
    with pytest.raises(StepRefusedError, match="cannot approve"):
        take(library, BOB, version, K.APPROVED)
    take(library, ANN, version, K.APPROVED)


def test_the_history_of_a_topic_and_of_a_threshold(library: Library, watch: Watch) -> None:
    published(library, OFF, "Off")
    watch.later(hours=1)
    published(library, f"{OFF}\nthresholds: {{weight_max_age_days: 60}}", "Sixty")
    watch.later(hours=1)
    published(library, ON, "For an hour", effective_until=watch.time + timedelta(hours=1))
    watch.later(hours=2)
    retire(library, 2)
    retire(library, 1)
    told = [
        (
            (each.at - START) / timedelta(hours=1),
            each.version.title if each.version else None,
            each.because,
            each.by.actor_name if each.by else None,
            each.before,
            each.after,
        )
        for each in library.history("cards", "weight-stale")
    ]
    off, on = {"mode": "off"}, {"mode": "live"}
    assert told == [
        (4, None, "retired", "Bob", off, None),
        (3, "Sixty", "ended", None, on, off),
        (2, "For an hour", "published", "Bob", off, on),
        (0, "Off", "published", "Bob", None, off),
    ]
    values = [(each.because, each.before, each.after) for each in library.history("thresholds", "weight_max_age_days")]
    assert values == [
        ("retired", "60", None), ("ended", None, "60"), ("published", "60", None), ("published", None, "60"),
    ]  # fmt: skip
    newest = library.history("thresholds", "weight_max_age_days")[1].version
    assert newest is not None
    assert set(newest.authors.values()) == {"Ann"}
    assert library.history("cards", "lvef-missing") == []


def test_one_of_two_decisions_on_the_same_step_is_refused(library: Library) -> None:
    version = library.draft(ANN, "x", read_content(OFF))
    take(library, CLEO, version, K.REVISED, content=read_content(ON))
    with pytest.raises(StepConflictError):
        take(library, ANN, version, K.SUBMITTED)
    assert [step.kind for step in library.version(1).steps] == [K.DRAFTED, K.REVISED]


def test_one_of_many_concurrent_writers_takes_the_step(library: Library) -> None:
    """Each has an own look, and all come at the same moment, on connections of their own."""
    version = library.draft(ANN, "x", read_content(OFF))
    for _ in range(5):
        seen = library.version(1)

        def attempt(number: int, last: int = seen.last.id) -> bool:
            content = read_content(f"thresholds: {{weight_max_age_days: {number + 10}}}")
            try:
                library.step(CLEO, version.number, last, Wish(K.REVISED), content)
            except StepConflictError:
                return False
            return True

        with ThreadPoolExecutor(8) as pool:
            assert sum(pool.map(attempt, range(8))) == 1
    steps = library.version(1).steps
    assert [step.position for step in steps] == list(range(6))
    assert [step.id for step in steps] == sorted(step.id for step in steps)


def test_an_approval_does_not_slip_past_a_revision_at_the_same_moment(library: Library) -> None:
    for _ in range(5):
        version = library.draft(ANN, "x", read_content(OFF))
        version = take(library, ANN, version, K.SUBMITTED)

        def approve(number: int = version.number, last: int = version.last.id) -> str:
            try:
                return library.step(BOB, number, last, Wish(K.APPROVED)).last.kind
            except StepConflictError:
                return "conflict"

        def put_back(number: int = version.number, last: int = version.last.id) -> str:
            try:
                return library.step(CLEO, number, last, Wish(K.RETURNED, "no")).last.kind
            except StepConflictError:
                return "conflict"

        with ThreadPoolExecutor(2) as pool:
            both = {pool.submit(approve), pool.submit(put_back)}
        assert sorted(each.result() for each in both)[1:] in (["conflict"], ["returned"], ["approved"])
        assert sum(each.result() == "conflict" for each in both) == 1


def test_versions_begun_at_once_get_different_numbers(library: Library) -> None:
    with ThreadPoolExecutor(6) as pool:
        drafts = list(pool.map(lambda n: library.draft(ANN, f"draft {n}", read_content(OFF)), range(12)))
    assert len({each.number for each in drafts}) == 12
    assert len(library.versions()) == 12


def test_a_slow_clock_puts_no_step_before_the_last(library: Library, engine: Engine, watch: Watch) -> None:
    version = approved(library, OFF)
    behind = Watch()
    behind.time = watch.time - timedelta(minutes=5)
    slow = Library(engine, behind)
    version = take(slow, BOB, version, K.PUBLISHED)
    assert version.last.at == version.last.effective_from == watch.time
    assert library.version(1).state is slow.version(1).state is S.LIVE


def test_a_schedule_that_begins_while_it_is_moved_is_judged_at_one_moment(
    library: Library, engine: Engine, watch: Watch
) -> None:
    begin = watch.time + timedelta(hours=1)
    version = published(library, OFF, effective_from=begin)
    assert version.state is S.SCHEDULED
    # A minute passes at each look at the clock; the schedule begins after the first.
    watch.time = begin - timedelta(seconds=90)
    moving = Library(engine, lambda: watch.later(minutes=1))
    later = begin + timedelta(days=1)
    version = take(moving, BOB, version, K.MOVED, comment="not yet", effective_from=later)
    assert version.last.at < begin
    assert version.state is S.SCHEDULED
    assert moving.in_force() is None


@pytest.mark.parametrize(
    ("kind", "content", "says"),
    [
        pytest.param(K.REVISED, None, "a revision has a content", id="a revision without"),
        pytest.param(K.SUBMITTED, ON, "no other step has", id="another step with"),
    ],
)
def test_only_a_revision_has_content(library: Library, kind: StepKind, content: str | None, says: str) -> None:
    version = library.draft(ANN, "x", read_content(OFF))
    with pytest.raises(StepRefusedError, match=says):
        take(library, ANN, version, kind, content=content and read_content(content))


@pytest.mark.parametrize("title", ["", " \n", "x" * (TITLE_LIMIT + 1)])
def test_a_draft_needs_a_title(library: Library, title: str) -> None:
    with pytest.raises(StepRefusedError, match="title"):
        library.draft(ANN, title, read_content(OFF))
    assert library.versions() == []


@pytest.mark.parametrize("number", [0, -1, 7, NUMBER_LIMIT, NUMBER_LIMIT + 1, 10**30])
def test_a_version_that_does_not_exist(library: Library, number: int) -> None:
    with pytest.raises(UnknownVersionError):
        library.version(number)
    with pytest.raises(UnknownVersionError):
        library.step(ANN, number, 1, Wish(K.SUBMITTED))
    with pytest.raises(UnknownVersionError):
        library.draft(ANN, "x", read_content(OFF), based_on=number)
    assert library.versions() == []


def test_whatever_is_written_is_kept_as_it_is(library: Library) -> None:
    odd = "Robert'); DROP TABLE policy_steps;-- <b>&\0 漢"
    version = library.draft(
        Person("https://idp.example|ü", odd * 20, frozenset(Role)), odd, read_content(OFF), comment=odd
    )
    kept = library.version(version.number)
    assert kept.title == kept.last.comment == odd.replace("\0", "\N{SYMBOL FOR NULL}")
    assert len(kept.last.actor_name) == 256
    broken = library.draft(
        Person("https://idp.example|x", "half \ud800", frozenset(Role)), "half \ud800", read_content(OFF)
    )
    assert (broken.title, broken.last.actor_name) == ("half ?", "half ?")


def test_content_that_a_release_no_longer_accepts_is_shown_and_not_published(
    library: Library, engine: Engine, watch: Watch
) -> None:
    version = approved(library, "thresholds: {weight_max_age_days: 60}")
    with engine.begin() as connection:
        # As if an older release with wider bounds had kept it.
        connection.execute(policy_contents.update().values(content='{"thresholds":{"weight_max_age_days":"6000"}}'))
    with pytest.raises(StepRefusedError, match="must lie between 1 and 365 days") as caught:
        take(library, BOB, version, K.PUBLISHED)
    assert caught.value.reason == "content"
    with pytest.raises(StepRefusedError, match="must lie between"):
        library.restore(ANN, 1)
    assert library.version(1).state is S.APPROVED
    assert watch.time == START


def test_nothing_of_it_is_ever_deleted(library: Library, engine: Engine) -> None:
    published(library, OFF)
    purge(engine, 1, datetime(2090, 1, 1, tzinfo=UTC))
    assert len(library.version(1).steps) == 4
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM policy_contents")) == 1


def test_the_database_itself_takes_one_step_in_a_position(library: Library, engine: Engine) -> None:
    version = library.draft(ANN, "x", read_content(OFF))
    with engine.connect() as connection:
        row = dict(connection.execute(policy_steps.select()).one()._mapping)
    del row["id"]
    with pytest.raises(IntegrityError), engine.begin() as connection:
        connection.execute(policy_steps.insert(), row)
    assert len(library.version(version.number).steps) == 1


# --- Laws of the whole, in a real database ----------------------------------------------------------------------------

_people = st.sampled_from([ANN, BOB, CLEO, Person("https://idp.example|eve", "Eve", frozenset({Role.EDITOR}))])
_ways = st.sampled_from([ANN, BOB, CLEO]).flatmap(
    lambda author: st.tuples(st.just(author), st.lists(st.tuples(_people, st.sampled_from(list(StepKind))), max_size=8))
)


@settings(max_examples=30, deadline=None)
@given(lives=st.lists(_ways, min_size=1, max_size=4))
def test_law_nothing_comes_into_force_without_two_people(tmp_path_factory, lives) -> None:
    engine = open_engine(f"sqlite:///{tmp_path_factory.mktemp('law') / 'law.sqlite3'}")
    upgrade(engine)
    watch = Watch()
    library = Library(engine, watch)
    past = []
    for author, ways in lives:
        version = library.draft(author, "x", read_content(OFF))
        for person, kind in [(author, K.SUBMITTED), *ways]:
            watch.later(minutes=1)
            content = (
                read_content(f"thresholds: {{weight_max_age_days: {1 + len(past)}}}") if kind is K.REVISED else None
            )
            try:
                version = library.step(person, version.number, version.last.id, Wish(kind, "why"), content)
            except StepRefusedError:
                continue
            finally:
                past.append((watch.time, library.in_force()))
    for moment, then in past:
        found = library.in_force(moment)
        assert found == then
        if found is not None:
            steps = library.version(found.version).steps
            written = {step.actor for step in steps if step.kind in (K.DRAFTED, K.REVISED)}
            (agreed,) = [step for step in steps if step.kind is K.APPROVED]
            assert agreed.actor not in written
            assert agreed.content_hash == found.hash
    engine.dispose()
