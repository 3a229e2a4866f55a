"""The life of a version: every step in every state, and the laws of what is in force."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from policy_people import ANN, BOB, CLEO, EVERYTHING, START

from cds_service.configuration.roles import Role
from cds_service.policies.lifecycle import (
    COMMENT_LIMIT,
    FURTHEST,
    Step,
    StepKind,
    StepRefusedError,
    VersionState,
    Wish,
    after_retiring,
    authors,
    check,
    in_force,
    possible,
    schedules,
    state,
    turns,
)
from cds_service.policies.people import Person

K, S = StepKind, VersionState
HOUR = timedelta(hours=1)


def life(*taken: tuple[StepKind, Person], version: int = 1) -> list[Step]:
    """Return the steps of a version, one an hour; what is published begins at once and has no end."""
    found: list[Step] = []
    for position, (kind, person) in enumerate(taken):
        at = START + position * HOUR
        begin = at if kind is K.PUBLISHED else None
        content = f"c{position}" if kind in (K.DRAFTED, K.REVISED) else found[-1].content_hash
        found.append(
            Step(version * 100 + position, version, position, at, kind, person.subject, "", "", content, begin)
        )
    return found


BEGUN = ((K.DRAFTED, ANN), (K.REVISED, CLEO))
REVIEWED = (*BEGUN, (K.SUBMITTED, ANN))
AGREED = (*REVIEWED, (K.APPROVED, BOB))
OUT = (*AGREED, (K.PUBLISHED, BOB))
LIVES: dict[VersionState, list[Step]] = {
    S.DRAFT: life(*BEGUN),
    S.REVIEW: life(*REVIEWED),
    S.APPROVED: life(*AGREED),
    S.ON_TRIAL: life(*AGREED, (K.TRIAL_BEGUN, BOB)),
    S.SCHEDULED: [*life(*AGREED), replace(life(*OUT)[-1], effective_from=START + 100 * HOUR)],
    S.LIVE: life(*OUT),
    S.SUPERSEDED: life(*OUT),
    S.EXPIRED: [*life(*AGREED), replace(life(*OUT)[-1], effective_until=START + 5 * HOUR)],
    S.RETIRED: life(*OUT, (K.RETIRED, BOB)),
}
ALLOWED = {
    K.DRAFTED: set(),
    K.REVISED: {S.DRAFT},
    K.SUBMITTED: {S.DRAFT},
    K.WITHDRAWN: {S.DRAFT, S.REVIEW},
    K.RETURNED: {S.REVIEW},
    K.APPROVED: {S.REVIEW},
    K.TRIAL_BEGUN: {S.APPROVED},
    K.TRIAL_ENDED: {S.ON_TRIAL},
    K.PUBLISHED: {S.APPROVED, S.ON_TRIAL},
    K.MOVED: {S.SCHEDULED, S.LIVE},
    K.RETIRED: {S.APPROVED, S.ON_TRIAL, S.SCHEDULED, S.LIVE, S.SUPERSEDED},
}
ROLE = {
    K.DRAFTED: Role.EDITOR,
    K.REVISED: Role.EDITOR,
    K.SUBMITTED: Role.EDITOR,
    K.WITHDRAWN: Role.EDITOR,
    K.RETURNED: Role.REVIEWER,
    K.APPROVED: Role.REVIEWER,
    K.TRIAL_BEGUN: Role.PUBLISHER,
    K.TRIAL_ENDED: Role.PUBLISHER,
    K.PUBLISHED: Role.PUBLISHER,
    K.MOVED: Role.PUBLISHER,
    K.RETIRED: Role.PUBLISHER,
}
NOW = START + 20 * HOUR
AUTUMN = datetime(2026, 11, 1, 1, tzinfo=ZoneInfo("America/New_York"))
"""An hour that comes twice."""


def reason(wish: Wish, person: Person, steps: list[Step], now: VersionState | None, at: datetime = NOW) -> str | None:
    try:
        check(wish, person, steps, now, at)
    except StepRefusedError as error:
        return error.reason
    return None


@pytest.mark.parametrize(("now", "kind"), list(product(VersionState, StepKind)))
def test_each_step_in_each_state(now: VersionState, kind: StepKind) -> None:
    allowed = now in ALLOWED[kind]
    assert reason(Wish(kind, "because"), BOB, LIVES[now], now) == (None if allowed else "state")
    assert (kind in possible(BOB, LIVES[now], now)) is allowed


@pytest.mark.parametrize(("kind", "role"), list(product(StepKind, Role)))
def test_each_step_by_each_role(kind: StepKind, role: Role) -> None:
    person = Person("https://idp.example|dan", "Dan", frozenset({role}))
    now = min(ALLOWED[kind], default=None)
    steps = LIVES[now] if now is not None else []
    expected = None if role is ROLE[kind] else "role"
    assert reason(Wish(kind, "because"), person, steps, now) == expected
    if now is not None:
        assert (kind in possible(person, steps, now)) is (expected is None)


def test_a_viewer_and_a_person_without_a_role_may_do_nothing() -> None:
    for roles, now, kind in product((frozenset(), {Role.VIEWER}), (None, *VersionState), StepKind):
        nobody = Person("x", "x", frozenset(roles))
        assert reason(Wish(kind, "because"), nobody, LIVES.get(now, []), now) == "role"


@pytest.mark.parametrize("now", list(VersionState))
def test_each_state_follows_from_the_steps(now: VersionState) -> None:
    steps, every = LIVES[now], list(LIVES[now])
    if now is S.SUPERSEDED:
        every += [replace(step, id=step.id + 100, version=2, at=step.at + HOUR) for step in steps]
        every[-1] = replace(every[-1], effective_from=NOW - HOUR)
    assert state(steps, every, NOW) is now


@pytest.mark.parametrize(
    ("taken", "approver", "expected"),
    [
        pytest.param(REVIEWED, BOB, None, id="somebody who wrote nothing"),
        pytest.param(REVIEWED, ANN, "author", id="who drafted it"),
        pytest.param(REVIEWED, CLEO, "author", id="who revised it"),
        pytest.param(
            (*REVIEWED, (K.RETURNED, BOB), (K.REVISED, CLEO), (K.SUBMITTED, CLEO)), ANN, "author",
            id="who drafted it, all rewritten since",
        ),
        pytest.param(
            (*REVIEWED, (K.RETURNED, BOB), (K.REVISED, BOB), (K.SUBMITTED, ANN)), BOB, "author",
            id="the reviewer who has put it right himself",
        ),
        pytest.param((*BEGUN, (K.SUBMITTED, BOB)), BOB, None, id="who has only handed it in"),
        pytest.param(REVIEWED, replace(ANN, name="Somebody else"), "author", id="the author under another name"),
        pytest.param(REVIEWED, replace(BOB, name="Ann"), None, id="another person of the author's name"),
    ],
)  # fmt: skip
def test_nobody_approves_their_own_content(taken, approver: Person, expected: str | None) -> None:
    steps = life(*taken)
    assert reason(Wish(K.APPROVED), approver, steps, S.REVIEW) == expected
    assert (K.APPROVED in possible(approver, steps, S.REVIEW)) is (expected is None)


@pytest.mark.parametrize(
    ("wish", "now", "expected"),
    [
        pytest.param(Wish(K.RETURNED), S.REVIEW, "comment", id="returned without a word"),
        pytest.param(Wish(K.RETURNED, " \n"), S.REVIEW, "comment", id="returned with spaces"),
        pytest.param(Wish(K.RETIRED), S.LIVE, "comment", id="retired without a word"),
        pytest.param(Wish(K.APPROVED), S.REVIEW, None, id="approved without a word"),
        pytest.param(Wish(K.APPROVED, "x" * COMMENT_LIMIT), S.REVIEW, None, id="as long as it may be"),
        pytest.param(Wish(K.APPROVED, "x" * (COMMENT_LIMIT + 1)), S.REVIEW, "comment", id="too long"),
        pytest.param(Wish(K.PUBLISHED), S.APPROVED, None, id="now"),
        pytest.param(Wish(K.PUBLISHED, effective_from=NOW), S.APPROVED, None, id="this very moment"),
        pytest.param(
            Wish(K.PUBLISHED, effective_from=NOW - timedelta(microseconds=1)), S.APPROVED, "time", id="just after"
        ),
        pytest.param(Wish(K.PUBLISHED, effective_from=NOW + HOUR), S.APPROVED, None, id="in an hour"),
        pytest.param(Wish(K.PUBLISHED, effective_until=NOW + HOUR), S.APPROVED, None, id="now for an hour"),
        pytest.param(Wish(K.PUBLISHED, effective_until=NOW), S.APPROVED, "time", id="over at once"),
        pytest.param(
            Wish(K.PUBLISHED, "", NOW + HOUR, NOW + HOUR), S.APPROVED, "time", id="an end equal to the start"
        ),
        pytest.param(Wish(K.PUBLISHED, "", NOW + HOUR, NOW + 2 * HOUR), S.APPROVED, None, id="an hour, in an hour"),
        pytest.param(
            Wish(K.PUBLISHED, effective_from=(NOW + HOUR).replace(tzinfo=None)), S.APPROVED, "time", id="no time zone"
        ),
        pytest.param(
            Wish(K.PUBLISHED, effective_until=NOW + FURTHEST), S.APPROVED, None, id="as far ahead as it may be"
        ),
        pytest.param(
            Wish(K.PUBLISHED, effective_from=datetime.max.replace(tzinfo=ZoneInfo("America/New_York"))),
            S.APPROVED, "time", id="the end of time, somewhere",
        ),
        pytest.param(
            Wish(K.PUBLISHED, effective_until=datetime.min.replace(tzinfo=ZoneInfo("Asia/Tokyo"))),
            S.APPROVED, "time", id="the beginning of time, somewhere",
        ),
        pytest.param(
            Wish(K.PUBLISHED, "", AUTUMN.replace(minute=50), AUTUMN.replace(minute=10, fold=1)),
            S.APPROVED, None, id="the clock is set back between start and end",
        ),
        pytest.param(
            Wish(K.PUBLISHED, "", AUTUMN.replace(minute=10, fold=1), AUTUMN.replace(minute=50)),
            S.APPROVED, "time", id="before the start, though at a later time of day",
        ),
        pytest.param(Wish(K.MOVED), S.SCHEDULED, "comment", id="moved without a word"),
        pytest.param(Wish(K.MOVED, "later", NOW + HOUR), S.SCHEDULED, None, id="moved before it begins"),
        pytest.param(Wish(K.MOVED, "earlier", NOW - HOUR), S.SCHEDULED, "time", id="moved into the past"),
        pytest.param(Wish(K.MOVED, "shorter", None, NOW + HOUR), S.LIVE, None, id="its end moved, once it has begun"),
        pytest.param(Wish(K.MOVED, "later", NOW + HOUR), S.LIVE, "time", id="its start moved, once it has begun"),
        pytest.param(Wish(K.SUBMITTED, effective_from=NOW + HOUR), S.DRAFT, "time", id="an unreadable start"),
        pytest.param(Wish(K.RETIRED, "why", effective_until=NOW + HOUR), S.LIVE, "time", id="retired for a time"),
    ],
)  # fmt: skip
def test_comments_and_times(wish: Wish, now: VersionState, expected: str | None) -> None:
    assert reason(wish, BOB, LIVES[now], now) == expected


def out(version: int, at: float, begin: float, end: float | None = None, number: int | None = None) -> Step:
    """Return a publication, its times in hours."""
    until = START + end * HOUR if end is not None else None
    moment = START + at * HOUR
    return Step(number or version, version, 9, moment, K.PUBLISHED, "b", "", "", "c", START + begin * HOUR, until)


def moved(version: int, at: float, begin: float, end: float | None = None) -> Step:
    """Return a step that moves the time of a publication, its times in hours."""
    return replace(out(version, at, begin, end, number=50 + version), kind=K.MOVED)


def gone(version: int, at: float) -> Step:
    return Step(90 + version, version, 10, START + at * HOUR, K.RETIRED, "b", "", "", "c")


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        pytest.param([], {0: None}, id="nothing published"),
        pytest.param([out(1, 1, 1)], {0.9: None, 1: 1, 50: 1}, id="from its start on"),
        pytest.param([out(1, 1, 3)], {2.9: None, 3: 1}, id="scheduled"),
        pytest.param([out(1, 1, 1, 3)], {2.9: 1, 3: None}, id="until its end, which is not part of it"),
        pytest.param([out(1, 1, 1), out(2, 2, 2)], {1.5: 1, 2: 2}, id="the newer one"),
        pytest.param([out(1, 1, 1), out(2, 2, 2, 4)], {3: 2, 4: 1}, id="the one before, when one runs out"),
        pytest.param(
            [out(1, 1, 1), out(2, 2, 2), gone(2, 5)], {4.9: 2, 5: 1}, id="the one before, when one is retired"
        ),
        pytest.param(
            [out(1, 1, 1), out(2, 2, 2), gone(1, 3), gone(2, 5)], {4: 2, 5: None}, id="the one before was retired"
        ),
        pytest.param([out(1, 1, 1, 3), out(2, 2, 2), gone(2, 5)], {4: 2, 5: None}, id="the one before has run out"),
        pytest.param([out(1, 1, 6), out(2, 2, 2)], {3: 2, 6: 1}, id="by the start, not by the number"),
        pytest.param([out(1, 1, 4, number=8), out(2, 2, 4, number=7)], {4: 1}, id="at one moment, the later step"),
        pytest.param([out(1, 1, 3), moved(1, 2, 6)], {3: None, 6: 1}, id="moved before it began"),
        pytest.param([out(1, 1, 1, 9), moved(1, 4, 1, 5)], {3: 1, 4.5: 1, 5: None}, id="its end moved"),
        pytest.param([out(1, 1, 1, 3), moved(1, 2, 1)], {2.5: 1, 50: 1}, id="its end taken away"),
        pytest.param([out(1, 1, 6), gone(1, 3)], {2: None, 7: None}, id="retired before it began"),
    ],
)
def test_what_is_in_force(steps: list[Step], expected: dict[float, int | None]) -> None:
    for hours, version in expected.items():
        found = in_force(steps, START + hours * HOUR)
        assert (found.version if found else None) == version, hours


def test_what_would_be_in_force_after_retiring() -> None:
    steps = [out(1, 1, 1), out(2, 2, 2), out(3, 3, 30)]
    at = START + 5 * HOUR
    assert [getattr(after_retiring(number, steps, at), "version", None) for number in (1, 2, 3)] == [2, 1, 2]
    assert after_retiring(1, steps[:1], at) is None


def test_the_change_points_are_listed_in_order() -> None:
    steps = [out(1, 1, 1), out(2, 2, 2, 6), out(3, 3, 4, 5), gone(1, 7)]
    found = [
        ((turn.at - START) / HOUR, turn.before and turn.before.version, turn.after and turn.after.version)
        for turn in turns(steps, START + 10 * HOUR)
    ]
    assert found == [(1, None, 1), (2, 1, 2), (4, 2, 3), (5, 3, 2), (6, 2, 1), (7, 1, None)]
    assert [(turn.at - START) / HOUR for turn in turns(steps, START + 2 * HOUR)] == [1, 2, 6]


def test_moving_the_end_of_what_is_in_force_is_not_a_change_point() -> None:
    steps = [out(1, 1, 1, 9), moved(1, 4, 1, 6), out(2, 2, 3, 5)]
    found = [
        ((turn.at - START) / HOUR, turn.before and turn.before.version, turn.after and turn.after.version)
        for turn in turns(steps, START + 10 * HOUR)
    ]
    assert found == [(1, None, 1), (3, 1, 2), (5, 2, 1), (6, 1, None)]


WORDS = {
    "draft": K.DRAFTED, "revise": K.REVISED, "submit": K.SUBMITTED, "withdraw": K.WITHDRAWN,
    "return": K.RETURNED, "approve": K.APPROVED, "begin trial": K.TRIAL_BEGUN, "end trial": K.TRIAL_ENDED,
    "publish": K.PUBLISHED, "move its time": K.MOVED, "retire": K.RETIRED,
}  # fmt: skip


def test_the_page_on_the_lifecycle_lists_every_step_with_its_states_and_role() -> None:
    page = (Path(__file__).parents[2] / "docs" / "lifecycle.md").read_text(encoding="utf-8")
    rows = page.partition("| step | from |")[2].partition("\n\n")[0].splitlines()[2:]
    told = [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]
    found = {WORDS[cells[0]]: cells for cells in told}
    assert set(found) == set(StepKind)
    for kind, (_, states, _, role, more) in found.items():
        assert {state.strip() for state in states.split(",")} - {""} == ALLOWED[kind], kind
        assert role == ROLE[kind]
        assert ("a comment" in more) == (kind in (K.RETURNED, K.MOVED, K.RETIRED)), kind


@pytest.mark.parametrize("subject", ["", "  ", "a\nb", "a\0b", "x" * 513])
def test_a_person_without_issuer_or_subject_is_refused(subject: str) -> None:
    with pytest.raises(ValueError, match="subject"):
        Person(subject, "Ann", EVERYTHING)


# --- Laws ------------------------------------------------------------------------------------------------------------

_people = st.sampled_from([ANN, BOB, CLEO, Person("https://idp.example|eve", "Ann", frozenset({Role.EDITOR}))])
_hours = st.none() | st.integers(-1, 30)
_attempts = st.lists(
    st.tuples(_people, st.integers(1, 3), st.sampled_from(list(StepKind)), st.integers(0, 3), _hours, _hours),
    max_size=60,
)


def lived(attempts) -> list[Step]:
    """Try steps one after the other, and give those that were accepted."""
    every: list[Step] = []
    at = datetime(2026, 3, 1, tzinfo=UTC)
    for person, version, kind, pause, begin, end in attempts:
        at += pause * HOUR
        own = [step for step in every if step.version == version]
        only = kind in (K.PUBLISHED, K.MOVED)
        wish = Wish(
            kind,
            "why",
            at + begin * HOUR if only and begin is not None else None,
            at + end * HOUR if only and end is not None else None,
        )
        try:
            check(wish, person, own, state(own, every, at) if own else None, at)
        except StepRefusedError:
            continue
        writes = kind in (K.DRAFTED, K.REVISED)
        content = f"content {len(every)}" if writes else own[-1].content_hash
        began = (wish.effective_from or at) if only else None
        if kind is K.MOVED and (schedule := schedules(own)[0]).effective_from < at:
            # A schedule that has begun keeps its start.
            began = schedule.effective_from
        subject = person.subject
        every.append(
            Step(
                len(every), version, len(own), at, kind, subject, "", "why", content, began, wish.effective_until
            )
        )  # fmt: skip
    return every


def _moments(every: list[Step]) -> list[datetime]:
    named = [each for step in every for each in (step.at, step.effective_from, step.effective_until) if each]
    return sorted({moment + by for moment in named for by in (-HOUR / 2, timedelta(0), HOUR / 2)})


# Random steps seldom get far; this start puts a version in review, from where every path is open.
_start = [(ANN, 1, K.DRAFTED, 0, None, None), (CLEO, 1, K.REVISED, 0, None, None), (ANN, 1, K.SUBMITTED, 0, None, None)]
_far = [
    *_start,
    (BOB, 1, K.APPROVED, 0, None, None),
    (BOB, 1, K.PUBLISHED, 0, None, 9),
    (ANN, 2, K.DRAFTED, 1, None, None),
    (ANN, 2, K.SUBMITTED, 0, None, None),
    (CLEO, 2, K.APPROVED, 0, None, None),
    (CLEO, 2, K.PUBLISHED, 0, 2, None),
]
_lives = st.tuples(st.sampled_from([[], _start, _far]), _attempts).map(lambda pair: lived(pair[0] + pair[1]))


@given(_lives)
def test_law_what_comes_into_force_was_approved_by_a_person_who_wrote_none_of_it(every: list[Step]) -> None:
    for moment in _moments(every):
        found = in_force(every, moment)
        if found is None:
            continue
        before = [step for step in every if step.version == found.version and step.position < found.position]
        approvals = [step for step in before if step.kind is K.APPROVED]
        assert [step.content_hash for step in approvals] == [found.content_hash]
        assert approvals[0].actor not in authors(before)
        written = [step for step in before if step.kind in (K.DRAFTED, K.REVISED)]
        assert written[-1].content_hash == found.content_hash


@given(_lives)
def test_law_what_is_in_force_depends_only_on_earlier_steps(every: list[Step]) -> None:
    for moment in _moments(every):
        assert in_force(every, moment) == in_force([step for step in every if step.at <= moment], moment)
        assert in_force(every[::-1], moment) == in_force(every, moment)


@given(_lives)
def test_law_at_most_one_version_is_live_and_it_is_the_one_in_force(every: list[Step]) -> None:
    for moment in _moments(every):
        begun = {step.version for step in every if step.at <= moment}
        own = {version: [step for step in every if step.version == version] for version in begun}
        live = [version for version, steps in own.items() if state(steps, every, moment) is S.LIVE]
        found = in_force(every, moment)
        assert live == ([found.version] if found else [])


def _says(step: Step | None) -> tuple[int, str, datetime | None] | None:
    """Name what is in force; a step that moves the end of what has begun leaves all of this as it is."""
    return (step.version, step.content_hash, step.effective_from) if step is not None else None


@given(_lives)
def test_law_nothing_changes_between_two_change_points(every: list[Step]) -> None:
    listed = turns(every, datetime(2030, 1, 1, tzinfo=UTC))
    for moment in _moments(every):
        past = [turn for turn in listed if turn.at <= moment]
        found, came = in_force(every, moment), past[-1].after if past else None
        assert _says(found) == _says(came)
        # A step replaces the one in force only if it moves the end of the same version.
        assert found == came or (found.kind is K.MOVED and past[-1].at <= found.at <= moment)


@given(_lives)
def test_law_every_change_point_changes_what_is_in_force(every: list[Step]) -> None:
    before = None
    for turn in turns(every, datetime(2030, 1, 1, tzinfo=UTC)):
        assert turn.before == before
        assert turn.after == in_force(every, turn.at)
        assert _says(turn.before) == _says(in_force(every, turn.at - timedelta(microseconds=1)))
        assert _says(turn.before) != _says(turn.after)
        before = turn.after


@given(_lives)
def test_law_nothing_stays_in_force_past_its_end(every: list[Step]) -> None:
    for moment in _moments(every):
        found = in_force(every, moment)
        if found is None:
            continue
        # The last schedule counts: a moved end is a change point at its new time, if not before.
        said = [step for step in every if step.version == found.version and step.at <= moment]
        assert found == [step for step in said if step.kind in (K.PUBLISHED, K.MOVED)][-1]
        to_come = [turn for turn in turns(every, moment) if turn.at > moment]
        if found.effective_until is not None:
            assert moment < to_come[0].at <= found.effective_until
            assert _says(to_come[0].before) == _says(found)


def test_the_laws_cover_versions_in_force() -> None:
    every = lived(_far)
    assert [step.kind for step in every if step.version == 1][-1] is K.PUBLISHED
    assert len(turns(every, datetime(2030, 1, 1, tzinfo=UTC))) == 2


@pytest.mark.parametrize(
    ("end", "expected"),
    [
        pytest.param(None, [(0, None, 1), (3, 1, 2)], id="taken away"),
        pytest.param(1, [(0, None, 1), (2, 1, None), (3, None, 2)], id="nearer"),
    ],
)
def test_the_laws_cover_moved_ends(end: int | None, expected: list[Any]) -> None:
    every = lived([*_far, (ANN, 1, K.MOVED, 0, None, end)])
    assert every[-1].kind is K.MOVED
    begin = every[0].at
    assert in_force(every, begin + HOUR) == every[-1]
    found = [
        ((turn.at - begin) / HOUR, turn.before and turn.before.version, turn.after and turn.after.version)
        for turn in turns(every, datetime(2030, 1, 1, tzinfo=UTC))
    ]
    assert found == expected
