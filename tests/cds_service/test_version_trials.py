"""A whole version on trial: on every machine within seconds, judged as it would be in force, and never shown."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from calls import (
    COVERAGE,
    DISPATCH,
    SELECT,
    SIGN,
    VIEW,
    Caller,
    bundle,
    call,
    clean_prefetch,
    on_kadcyla,
    order,
    troubled_prefetch,
    weight,
)
from command_line import run
from flask import g
from following import HIGH, Following, events
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from policy_people import ANN, BOB, CLEO, START, approved, published, retire, take, tried
from running import Running, eventually, start, stop
from sqlalchemy import select

from cards.facts.topics import Topic
from cards.knowledge.loader import default_knowledge
from cds_service.audit.explain import explain
from cds_service.configuration.loading import load_settings
from cds_service.configuration.overlay import PublishedPolicy
from cds_service.configuration.policy_content import content_of, read_content
from cds_service.configuration.policy_settings import PromotionSettings
from cds_service.configuration.roles import Role
from cds_service.learning.promotion import promotion_report
from cds_service.learning.trial import versions_tried
from cds_service.policies.library import Library
from cds_service.policies.lifecycle import StepKind, StepRefusedError, VersionState
from cds_service.policies.people import Person
from cds_service.policies.rows import StepConflictError
from cds_service.protocol import caller as calling
from cds_service.store.database import open_engine
from cds_service.store.reading import find, since
from cds_service.store.selection import Window
from cds_service.store.tables import policy_contents, shadow_verdicts
from cds_service.web.hooks import DECISION_HEADER

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Engine

OFF = "cards: {dose-above-maximum: {mode: off}}"
STRICT = "thresholds: {weight_max_age_days: 1}"
# A configuration file says who may call.
OPEN = 'auth: {mode: "off"}\n'
TROUBLED = call(prefetch=troubled_prefetch())
OLD_WEIGHT = call(prefetch={**clean_prefetch(), "weight": bundle(weight(days=45))})
NO_GATE = PromotionSettings()
K, S = StepKind, VersionState
WITHIN_S = 5.0
soon = partial(eventually, within=WITHIN_S)


@pytest.fixture
def library(engine: Engine) -> Library:
    """Return the versions of an empty database."""
    return Library(engine)


def kept(service: Caller) -> list[Any]:
    """Return the trials on record, the oldest decision first."""
    return [each.shadow for each in since(service.store.engine)]


# --- The library -----------------------------------------------------------------------------------------------------


def number_on_trial(library: Library) -> int | None:
    found = library.on_trial()
    return found.version if found is not None else None


def test_a_trial_is_begun_and_ended_and_listed_in_the_history(library: Library) -> None:
    assert library.on_trial() is None
    version = take(library, BOB, approved(library, OFF), K.TRIAL_BEGUN, comment="Four weeks")
    found = library.on_trial()
    assert found is not None
    assert (found.version, found.hash, found.content) == (1, version.content_hash, read_content(OFF))
    assert (found.begun.actor, found.begun.actor_name, found.begun.comment) == (BOB.subject, "Bob", "Four weeks")
    assert (version.state, library.versions()[0].state, library.in_force()) == (S.ON_TRIAL, S.ON_TRIAL, None)
    version = take(library, CLEO, version, K.TRIAL_ENDED, comment="Enough")
    assert (version.state, library.on_trial()) == (S.APPROVED, None)
    assert [(each.kind, each.actor_name, each.comment) for each in version.steps[-2:]] == [
        (K.TRIAL_BEGUN, "Bob", "Four weeks"),
        (K.TRIAL_ENDED, "Cleo", "Enough"),
    ]
    take(library, BOB, version, K.TRIAL_BEGUN)
    assert number_on_trial(library) == 1


@pytest.mark.parametrize(
    ("kind", "more", "state"),
    [
        pytest.param(K.PUBLISHED, {}, S.LIVE, id="published"),
        pytest.param(K.PUBLISHED, {"effective_from": START + timedelta(days=9000)}, S.SCHEDULED, id="for later"),
        pytest.param(K.RETIRED, {"comment": "Wrong"}, S.RETIRED, id="retired"),
    ],
)
def test_a_trial_ends_when_its_version_is(library: Library, kind: StepKind, more: Any, state: VersionState) -> None:
    assert take(library, BOB, tried(library, OFF), kind, **more).state is state
    assert library.on_trial() is None
    tried(library, STRICT)
    assert number_on_trial(library) == 2


def test_only_one_version_is_on_trial(library: Library) -> None:
    first, second = tried(library, OFF), approved(library, STRICT)
    with pytest.raises(StepRefusedError, match="version 1 is on trial; end that trial first") as refused:
        take(library, BOB, second, K.TRIAL_BEGUN)
    assert refused.value.reason == "trial"
    assert (library.version(2).steps, number_on_trial(library)) == (second.steps, 1)
    take(library, BOB, first, K.TRIAL_ENDED)
    take(library, BOB, second, K.TRIAL_BEGUN)
    assert number_on_trial(library) == 2


def test_one_of_several_concurrent_trials_begins(library: Library) -> None:
    versions = [approved(library, OFF) for _ in range(4)]

    def begin(number: int) -> str:
        try:
            take(library, BOB, versions[number], K.TRIAL_BEGUN)
        except (StepRefusedError, StepConflictError) as error:
            return type(error).__name__
        return "begun"

    with ThreadPoolExecutor(4) as pool:
        several = sorted(pool.map(begin, range(4)))
    assert several == ["StepRefusedError"] * 3 + ["begun"]
    number = number_on_trial(library)
    assert number is not None
    take(library, BOB, library.version(number), K.TRIAL_ENDED)
    versions = [library.version(number)] * 4
    with ThreadPoolExecutor(4) as pool:
        same = sorted(pool.map(begin, range(4)))
    assert same == ["StepConflictError"] * 3 + ["begun"]


def test_a_reviewer_and_an_editor_begin_no_trial(library: Library) -> None:
    version = approved(library, OFF)
    for role in set(Role) - {Role.PUBLISHER}:
        with pytest.raises(StepRefusedError, match="role publisher"):
            take(library, Person("x|y", "Dan", frozenset({role})), version, K.TRIAL_BEGUN)
    assert library.on_trial() is None


def test_an_unapproved_version_is_not_tried(library: Library) -> None:
    draft = library.draft(ANN, "Mine", read_content(OFF))
    with pytest.raises(StepRefusedError, match="a version that is draft cannot be put on trial"):
        take(library, BOB, draft, K.TRIAL_BEGUN)
    review = take(library, ANN, draft, K.SUBMITTED)
    with pytest.raises(StepRefusedError, match="a version that is review cannot be put on trial"):
        take(library, BOB, review, K.TRIAL_BEGUN)


def too_wide(engine: Engine, digest: str) -> None:
    """Make a content what another release, with wider bounds, may have taken."""
    with engine.begin() as connection:
        wider = policy_contents.update().where(policy_contents.c.hash == digest)
        connection.execute(wider.values(content='{"thresholds":{"weight_max_age_days":"6000"}}'))


def test_content_that_this_release_does_not_accept_is_not_put_on_trial(library: Library, engine: Engine) -> None:
    version = approved(library, STRICT)
    too_wide(engine, version.content_hash)
    with pytest.raises(StepRefusedError, match="must lie between"):
        take(library, BOB, version, K.TRIAL_BEGUN)


# --- One process -----------------------------------------------------------------------------------------------------


def test_what_is_on_trial_is_followed_recorded_and_not_shown(log_lines: Any) -> None:
    service = Following()
    assert service.topics() == ["dose-above-maximum"]
    version = tried(service.library, OFF)
    assert [service.topics(), service.topics()] == [["dose-above-maximum"]] * 2
    assert service.get("/health/ready").body["policy"] == {"status": "none", "trial": 1}
    assert "her2_cds_policy_trial 1.0" in service.client.get("/metrics").text
    take(service.library, BOB, service.library.version(1), K.TRIAL_ENDED)
    assert service.topics() == ["dose-above-maximum"]
    assert service.get("/health/ready").body["policy"] == {"status": "none"}
    assert "her2_cds_policy_trial 0.0" in service.client.get("/metrics").text
    assert [each is not None for each in kept(service)] == [False, True, True, False]
    assert [json.loads(each.verdicts)["fired"] for each in kept(service)[1:3]] == [[], []]
    told = [(each["version"], each.get("hash")) for each in events(log_lines, "policy_on_trial")]
    assert told == [(1, version.content_hash), (None, None)]


def test_a_version_that_is_published_is_in_force_and_tried_no_more() -> None:
    service = Following()
    version = tried(service.library, OFF)
    assert service.topics() == ["dose-above-maximum"]
    take(service.library, BOB, version, K.PUBLISHED)
    assert service.topics() == []
    assert service.get("/health/ready").body["policy"] == {"status": "in-force", "version": 1}
    assert [each is not None for each in kept(service)] == [True, False]


def test_a_version_is_tried_beside_another_that_is_in_force() -> None:
    service = Following()
    published(service.library, STRICT)
    tried(service.library, OFF)
    assert sorted(service.topics()) == ["dose-above-maximum", "weight-stale"]
    (row,) = kept(service)
    # The whole version is tried, not the sum of both.
    assert json.loads(row.verdicts)["fired"] == []
    decision = next(since(service.store.engine)).row.id
    explanation = explain(service.store.engine, decision)
    assert explanation is not None
    assert (explanation["policy"]["version"], explanation["shadow"]["version"]) == (1, 2)
    assert explanation["replay"]["identical"]
    retire(service.library, 1)
    assert service.topics() == ["dose-above-maximum"]
    assert service.get("/health/ready").body["policy"] == {"status": "none", "trial": 2}


def test_a_trial_that_this_release_does_not_accept_leaves_the_policy_in_force_unchanged(log_lines: Any) -> None:
    service = Following()
    version = tried(service.library, STRICT)
    too_wide(service.store.engine, version.content_hash)
    published(service.library, OFF)
    assert [service.topics(), service.topics()] == [[], []]
    (refused,) = events(log_lines, "policy_trial_refused")
    assert (refused["version"], refused["log_level"]) == (1, "error")
    assert "must lie between" in refused["problems"][0]
    assert service.get("/health/ready").body["policy"] == {"status": "in-force", "version": 2}
    assert kept(service) == [None, None]


def test_a_refused_trial_does_not_continue_the_previous_one() -> None:
    service = Following()
    first, second = tried(service.library, OFF), approved(service.library, STRICT)
    service.topics()
    take(service.library, BOB, first, K.TRIAL_ENDED)
    take(service.library, BOB, second, K.TRIAL_BEGUN)
    too_wide(service.store.engine, second.content_hash)
    service.topics()
    assert [each is not None for each in kept(service)] == [True, False]


def test_unreadable_files_delay_a_trial(tmp_path: Path, log_lines: Any) -> None:
    path, codes = tmp_path / "site.yaml", tmp_path / "codes.json"
    codes.write_text('{"resourceType": "ConceptMap", "group": []}', encoding="utf-8")
    path.write_text(OPEN + "site: {code_maps: [codes.json]}", encoding="utf-8")
    service = Following(path)
    service.topics()
    tried(service.library, OFF)
    codes.rename(tmp_path / "away")
    service.topics()
    service.topics()
    (tmp_path / "away").rename(codes)
    service.topics()
    assert [each is not None for each in kept(service)] == [False, False, False, True]
    assert len(events(log_lines, "policy_trial_refused")) == 1


def test_a_file_may_change_under_a_trial(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cds_service.decisions.active._LOOK_EVERY_S", -1)
    path = tmp_path / "site.yaml"
    path.write_text(OPEN, encoding="utf-8")
    service = Following(path)
    tried(service.library, OFF)
    service.topics()
    path.write_text(OPEN + STRICT, encoding="utf-8")
    assert sorted(service.topics()) == ["dose-above-maximum", "weight-stale"]
    assert [each["topic"] for each in json.loads(kept(service)[-1].verdicts)["fired"]] == ["weight-stale"]


# --- Order of precedence ---------------------------------------------------------------------------------------------


def test_a_file_on_trial_takes_precedence_over_a_version(tmp_path: Path, log_lines: Any) -> None:
    (tmp_path / "trial.yaml").write_text(OPEN + STRICT, encoding="utf-8")
    (tmp_path / "site.yaml").write_text(OPEN + "shadow: {configuration: trial.yaml}", encoding="utf-8")
    service = Following(tmp_path / "site.yaml")
    tried(service.library, OFF)
    service.topics()
    assert {each["topic"] for each in json.loads(kept(service)[0].verdicts)["fired"]} == {
        "dose-above-maximum",
        "weight-stale",
    }
    (warning,) = events(log_lines, "policy_trial_ignored")
    assert (warning["log_level"], warning["version"], warning["because"]) == (
        "warning",
        1,
        "shadow.configuration is set",
    )
    assert service.get("/health/ready").body["policy"] == {"status": "none"}
    (tmp_path / "site.yaml").write_text(OPEN, encoding="utf-8")
    take(service.library, BOB, service.library.version(1), K.TRIAL_ENDED)
    service.publication.look()
    assert service.configuration.trial is None


@pytest.mark.parametrize("where", ["file", "version"])
def test_thresholds_in_the_shadow_wait_for_the_end_of_a_trial(tmp_path: Path, log_lines: Any, where: str) -> None:
    path = tmp_path / "site.yaml"
    shadow = {"file": "shadow: {thresholds: {weight_max_age_days: 1}}", "version": ""}[where]
    path.write_text(OPEN + shadow, encoding="utf-8")
    service = Following(path)
    if where == "version":
        published(service.library, "shadow: {weight_max_age_days: 1}")
    version = tried(service.library, "cards: {lvef-overdue: {mode: off}}")
    service.topics()
    take(service.library, BOB, version, K.TRIAL_ENDED)
    service.topics()
    found = [[each["topic"] for each in json.loads(row.verdicts)["fired"]] for row in kept(service)]
    assert found == [["dose-above-maximum"], ["dose-above-maximum", "weight-stale"]]
    # A change of the policy in force is a new state, so it is logged again.
    warning = events(log_lines, "shadow_thresholds_ignored")[-1]
    assert (warning["log_level"], warning["thresholds"]) == ("warning", ["weight_max_age_days"])
    assert warning["because"] == f"version {version.number} is on trial"


VARIABLE = "HER2_CDS_CARDS__DOSE_ABOVE_MAXIMUM__MODE"
PROFILES = """
thresholds: {lab_max_age_days: 4}
profiles:
  ehr: {match: {issuer: https://ehr.example}, thresholds: {weight_max_age_days: 20}}
  signing: {match: {issuer: https://ehr.example, service: her2-order-sign}, cards: {ild-active: {mode: off}}}
"""
_thresholds = default_knowledge().thresholds
_contents = st.fixed_dictionaries(
    {},
    optional={
        "cards": st.dictionaries(
            st.sampled_from([str(topic) for topic in Topic]),
            st.fixed_dictionaries(
                {},
                optional={
                    "mode": st.sampled_from(["live", "shadow", "off"]),
                    "indicator": st.sampled_from(["info", "warning", "critical"]),
                    "owner": st.just("Pharmacy"),
                },
            ),
            max_size=12,
        ),
        "thresholds": st.fixed_dictionaries(
            {},
            optional={
                name: st.sampled_from([each.minimum, each.maximum])
                for name, each in _thresholds.items()
                if each.minimum != each.maximum
            },
        ),
        "shadow": st.just({"weight_max_age_days": 3}),
    },
).map(content_of)
_requests = st.sampled_from(
    [
        (SIGN, TROUBLED),
        (SIGN, HIGH),
        (SIGN, call()),
        (SIGN, call(orders=[order(252), order(3.6, "order-2")])),
        (SELECT, call(SELECT, [order(378)])),
        (DISPATCH, call(DISPATCH, [order(378)])),
        (COVERAGE, call(COVERAGE)),
        (VIEW, call(VIEW, prefetch=on_kadcyla(18, lvef=None))),
    ]
)


@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Caller]:
    """Return three services of one configuration, with profiles and a variable: one tries, one goes by, one neither."""
    path = tmp_path_factory.mktemp("three") / "site.yaml"
    path.write_text(OPEN + PROFILES, encoding="utf-8")
    found = {name: Caller(load_settings(path, {VARIABLE: "live"})) for name in ("on trial", "in force", "as it was")}
    for each in found.values():
        each.app.before_request(lambda: setattr(g, "caller", _who[0]))
    return found


_who: list[calling.Caller | None] = [None]
_callers = st.sampled_from([None, calling.Caller("https://ehr.example"), calling.Caller("https://other.example")])


@settings(max_examples=settings.default.max_examples // 2, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=_contents, asked=_requests, who=_callers)
def test_law_a_trial_changes_no_byte_and_finds_what_the_version_would_if_it_were_in_force(
    three: dict[str, Caller], content: Any, asked: tuple[str, Any], who: calling.Caller | None
) -> None:
    service_id, body = asked
    _who[0] = who
    policy = PublishedPolicy(content, 7, content.hash)
    three["on trial"].app.extensions["her2_cds"].use_trial(policy)
    three["in force"].app.extensions["her2_cds"].use_policy(policy)
    answers = {name: each.client.post(f"/cds-services/{service_id}", json=body) for name, each in three.items()}
    assert answers["on trial"].data == answers["as it was"].data
    assert answers["on trial"].status == answers["as it was"].status
    unseen, seen = (_decision(three[name], answers[name]) for name in ("on trial", "in force"))
    assert unseen.shadow.configuration_hash == seen.row.configuration_hash
    would, does = (json.loads(text) for text in (unseen.shadow.verdicts, seen.row.verdicts))
    assert would["fired"] == [
        {name: each[name] for name in ("topic", "order", "product", "mode")} for each in does["fired"]
    ]
    assert [(each["topic"], each["order"]) for each in would["cannot-tell"]] == [
        (each["topic"], each["order"]) for each in does["cannot-tell"]
    ]


def _decision(service: Caller, answer: Any) -> Any:
    return find(service.store.engine, answer.headers[DECISION_HEADER])


# --- Reports ---------------------------------------------------------------------------------------------------------


def report(service: Caller, version: int | None = None) -> dict[str, Any]:
    found = promotion_report(service.store.engine, Window(), NO_GATE, version=version)
    return {each["topic"]: each for each in found}


def test_a_report_separates_the_trials_of_versions() -> None:
    service = Following()
    for content in (STRICT, OFF):
        version = tried(service.library, content)
        service.topics()
        service.topics()
        take(service.library, BOB, version, K.TRIAL_ENDED)
    service.topics()
    assert versions_tried(service.store.engine, Window()) == {2: 2, 1: 2}
    counts = {
        number: {topic: (each["orders"], each["new"], each["gone"]) for topic, each in report(service, number).items()}
        for number in (1, 2, 3)
    }
    assert counts == {1: {"weight-stale": (2, 2, 0)}, 2: {"dose-above-maximum": (2, 0, 2)}, 3: {}}


def test_thresholds_that_a_version_in_force_tries_are_not_taken_for_a_version_on_trial() -> None:
    service = Following()
    published(service.library, "shadow: {weight_max_age_days: 1}")
    service.topics()
    assert [each is not None for each in kept(service)] == [True]
    assert versions_tried(service.store.engine, Window()) == {}
    assert list(report(service)) == ["weight-stale"]


def test_clinicians_no_longer_see_a_topic_that_a_version_shadows() -> None:
    service = Following()
    tried(service.library, "cards: {dose-above-maximum: {mode: shadow}}")
    service.topics()
    found = report(service, 1)["dose-above-maximum"]
    assert found["mode"] == {"inForce": "live", "onTrial": "shadow"}
    assert (found["firesNow"], found["wouldFire"], found["new"], found["gone"], found["cases"]) == (1, 1, 0, 1, 0)


def test_a_topic_that_only_became_less_urgent_is_reported() -> None:
    service = Following()
    tried(service.library, "cards: {dose-above-maximum: {indicator: info}}")
    service.topics()
    found = report(service, 1)
    assert list(found) == ["dose-above-maximum"]
    each = found["dose-above-maximum"]
    assert each["indicator"] == {"inForce": "critical", "onTrial": "info"}
    assert (each["firesNow"], each["wouldFire"], each["new"], each["gone"]) == (1, 1, 0, 0)
    assert "mode" not in each


def test_a_topic_in_the_shadow_is_counted_as_if_it_were_live_beside_a_version_on_trial() -> None:
    service = Following()
    published(service.library, "cards: {dose-above-maximum: {mode: shadow}}")
    tried(service.library, "cards: {dose-above-maximum: {mode: shadow}, lvef-overdue: {mode: off}}")
    service.topics()
    found = report(service, 2)["dose-above-maximum"]
    assert (found["wouldFire"], found["new"], found["gone"], found["cases"]) == (1, 1, 0, 1)


# --- The command line ------------------------------------------------------------------------------------------------


def test_a_trial_from_the_command_line(library: Library, engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HER2_CDS_DATABASE", engine.url.render_as_string(hide_password=False))
    approved(library, OFF)
    begun = run("policy", "trial", "begin", "1", "--by", "A. Beck", "--comment", "Four weeks")
    assert (begun.exit_code, begun.output) == (0, "version 1 is on trial; see 'her2-cds shadow report --version 1'\n")
    step = library.version(1).last
    assert (step.kind, step.actor, step.actor_name, step.comment) == (
        K.TRIAL_BEGUN,
        "command line|A. Beck",
        "A. Beck (command line)",
        "Four weeks",
    )
    assert "on-trial" in run("policy", "list").output
    ended = run("policy", "trial", "end", "1", "--by", "A. Beck")
    assert (ended.exit_code, ended.output) == (0, "version 1 is on trial no more\n")
    assert library.on_trial() is None


def test_a_trial_of_a_version_is_reported_on_the_command_line(monkeypatch: pytest.MonkeyPatch) -> None:
    service = Following()
    monkeypatch.setenv("HER2_CDS_DATABASE", str(service.store.engine.url))
    tried(service.library, OFF)
    service.topics()
    text = run("shadow", "report", "--version", "1").output
    assert "dose-above-maximum" in text
    assert "mode off instead of live" in text
    assert "nothing is on trial" in run("shadow", "report", "--version", "2").output
    assert run("shadow", "sample", "--version", "1").output == "no card stayed unseen in this time\n"
    (decision,) = [each.row.id for each in since(service.store.engine)]
    assert "on trial version 1: no card" in run("explain", decision).output


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        pytest.param(("begin", "2", "--by", "A"), "version 1 is on trial; end that trial first", id="a second"),
        pytest.param(("begin", "1", "--by", "A"), "that is on-trial cannot be put on trial", id="twice"),
        pytest.param(("end", "2", "--by", "A"), "that is approved cannot be taken off trial", id="none of it"),
        pytest.param(("begin", "9", "--by", "A"), "there is no version 9", id="a nonexistent version"),
        pytest.param(("begin", "2", "--by", " "), "--by: write a name", id="no name"),
        pytest.param(("begin", "2", "--by", "A\nB"), "--by: write a name", id="two lines"),
        pytest.param(("begin", "2", "--by", "x" * 121), "--by: write a name", id="a long name"),
        pytest.param(("begin", "2"), "--by", id="nobody"),
        pytest.param(
            ("end", "1", "--by", "A", "--comment", "x" * 4001), "at most 4000 characters", id="a long comment"
        ),
    ],
)
def test_the_command_line_refuses(
    library: Library, engine: Engine, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], says: str
) -> None:
    monkeypatch.setenv("HER2_CDS_DATABASE", engine.url.render_as_string(hide_password=False))
    tried(library, OFF)
    approved(library, STRICT)
    result = run("policy", "trial", *arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert says in result.stderr
    assert number_on_trial(library) == 1


# --- Real processes --------------------------------------------------------------------------------------------------


def trial_of(service: Running) -> int | None:
    _, _, body = service.send("GET", "/health/ready")
    number: int | None = body["policy"].get("trial")
    return number


def test_two_services_follow_what_is_on_trial(
    database_url: str, library: Library, engine: Engine, tmp_path: Path
) -> None:
    services: list[Running] = []
    try:
        for name in ("one", "two"):
            (tmp_path / name).mkdir()
            services.append(start(tmp_path / name, HER2_CDS_DATABASE=database_url))
        version = tried(library, OFF)
        soon(lambda: all(trial_of(each) == 1 for each in services))
        for each in services:
            status, _, body = each.send("POST", f"/cds-services/{SIGN}", HIGH)
            assert (status, [card["source"]["topic"]["code"] for card in body["cards"]]) == (
                200,
                ["dose-above-maximum"],
            )
        with engine.connect() as connection:
            rows = connection.execute(select(shadow_verdicts)).all()
        assert [json.loads(row.verdicts)["fired"] for row in rows] == [[], []]
        assert versions_tried(engine, Window()) == {1: 2}
        take(library, BOB, version, K.TRIAL_ENDED)
        soon(lambda: all(trial_of(each) is None for each in services))
        for each in services:
            assert [line.get("version") for line in each.logged if line["event"] == "policy_on_trial"] == [1, None]
    finally:
        for each in services:
            stop(each)


def test_every_worker_follows_what_is_on_trial(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'shared.sqlite3'}"
    service = start(tmp_path, "--workers", "2", HER2_CDS_DATABASE=url)
    engine = open_engine(url)
    try:
        tried(Library(engine), OFF)
        soon(lambda: sum(line["event"] == "policy_on_trial" for line in service.logged) == 2)
        assert all(trial_of(service) == 1 for _ in range(10))
    finally:
        engine.dispose()
        stop(service)
