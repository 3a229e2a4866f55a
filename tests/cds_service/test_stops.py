"""A topic that one person stops in an emergency, and what two people then make of it."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from bench import words
from calls import SIGN, call, order
from click.testing import CliRunner
from following import HIGH, Following
from office import OLD_WEIGHT, Office
from policy_people import ANN, BOB, CLEO, START, approved, published, take
from prometheus_client.parser import text_string_to_metric_families

from cds_service.cli import main
from cds_service.configuration.policy_settings import TopicSettings
from cds_service.configuration.roles import Role
from cds_service.configuration.settings import Settings
from cds_service.configuration.stop import Stop
from cds_service.configuration.stopped import with_stops
from cds_service.learning.page import learning_page
from cds_service.learning.report import learning_report
from cds_service.learning.text import learning_lines
from cds_service.policies.lifecycle import StepKind, StepRefusedError
from cds_service.policies.people import Person
from cds_service.policies.rows import StepConflictError
from cds_service.policies.stops import StopKind
from cds_service.store.selection import Window
from cds_service.store.store import Store, open_store
from cds_service.store.tables import policy_contents

if TYPE_CHECKING:
    from pathlib import Path

TOPIC = "dose-above-maximum"
FIRED = [TOPIC]
WHY = "It fires on every order since the scales changed"


def stop(service: Following, topic: str = TOPIC, person: Person = ANN) -> int:
    """Stop a topic, and give the id of the step."""
    return service.library.stops.step(person, topic, StopKind.STOPPED, WHY).id


def recorded(service: Following) -> dict[str, Any]:
    """Sign an order that is too high, and give its decision as it is explained."""
    service.publication.look()
    decision = service.post(HIGH).headers["HER2-CDS-Decision"]
    found = service.client.get(f"/decisions/{decision}").json
    assert isinstance(found, dict)
    return found


def test_a_stopped_topic_is_judged_and_recorded_and_shown_to_nobody(database_url: str) -> None:
    service = Following(database=database_url)
    assert service.topics() == FIRED
    before = recorded(service)
    number = stop(service)
    assert service.topics() == []
    found = recorded(service)
    assert found["cards"] == []
    (check,) = [each for each in found["checks"] if each["topic"] == TOPIC]
    assert (check["outcome"], check["mode"], check["setBy"]) == ("fired", "shadow", f"stop {number}")
    told = {"number": number, "at": START.isoformat(), "by": "Ann", "reason": WHY}
    assert found["stopped"] == {TOPIC: told}
    assert found["versions"]["configuration"] != before["versions"]["configuration"]
    assert found["replay"]["identical"]
    service.store.close()


def test_one_person_asks_to_restore_a_topic_and_another_agrees(database_url: str) -> None:
    service = Following(database=database_url)
    stops = service.library.stops
    first = stop(service)
    with pytest.raises(StepRefusedError, match="stopped already"):
        stops.step(BOB, TOPIC, StopKind.STOPPED, WHY)
    with pytest.raises(StepRefusedError, match="nobody has asked"):
        stops.step(BOB, TOPIC, StopKind.PUT_BACK, "", first)
    asked = stops.step(ANN, TOPIC, StopKind.ASKED, "The scales are mended", first).id
    assert service.topics() == []
    with pytest.raises(StepRefusedError, match="cannot agree") as refused:
        stops.step(ANN, TOPIC, StopKind.PUT_BACK, "", asked)
    assert refused.value.reason == "author"
    with pytest.raises(StepConflictError):
        stops.step(BOB, TOPIC, StopKind.PUT_BACK, "", first)
    declined = stops.step(BOB, TOPIC, StopKind.DECLINED, "Not before Monday", asked).id
    again = stops.step(CLEO, TOPIC, StopKind.ASKED, "It is Monday", declined).id
    stops.step(ANN, TOPIC, StopKind.PUT_BACK, "", again)
    assert service.topics() == FIRED
    assert stops.open() == []
    stop(service)
    assert service.topics() == []
    _, history = stops.topic(TOPIC)
    assert [str(each.kind) for each in history] == [
        "stopped", "put-back", "put-back-asked", "declined", "put-back-asked", "stopped",
    ]  # fmt: skip
    service.store.close()


@pytest.mark.parametrize("mode", ["shadow", "off", "live"])
def test_a_version_that_sets_the_mode_settles_a_stop(mode: str) -> None:
    service = Following()
    stop(service)
    service.watch.later(minutes=1)
    published(service.library, f"cards: {{{TOPIC}: {{mode: {mode}}}}}")
    assert service.topics() == (FIRED if mode == "live" else [])
    assert service.library.stops.open() == []
    assert service.publication.stops.here == ()
    assert recorded(service)["stopped"] == {}


def test_a_version_approved_before_the_stop_does_not_settle_it() -> None:
    service = Following()
    early = approved(service.library, f"cards: {{{TOPIC}: {{mode: live}}}}")
    service.watch.later(minutes=1)
    stop(service)
    service.watch.later(minutes=1)
    take(service.library, BOB, early, StepKind.PUBLISHED)
    assert service.topics() == []
    assert [each.stopped.topic for each in service.library.stops.open()] == FIRED


def test_a_version_without_the_mode_keeps_the_stop_and_a_scheduled_one_waits_for_its_time() -> None:
    service = Following()
    stop(service)
    service.watch.later(minutes=1)
    published(service.library, f"cards: {{{TOPIC}: {{indicator: warning}}}}")
    assert service.topics() == []
    published(service.library, f"cards: {{{TOPIC}: {{mode: live}}}}", effective_from=START + timedelta(hours=1))
    assert service.topics() == []
    service.watch.later(hours=2)
    assert service.topics() == FIRED


def test_a_stop_overrides_a_version_a_variable_and_a_profile(monkeypatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HER2_CDS_CARDS__DOSE_ABOVE_MAXIMUM__MODE", "live")
    path = tmp_path / "site.yaml"
    profile = f"{{match: {{service: {SIGN}}}, cards: {{{TOPIC}: {{mode: live, indicator: warning}}}}}}"
    path.write_text(f"auth: {{mode: off}}\nprofiles: {{signing: {profile}}}", encoding="utf-8")
    service = Following(path)
    published(service.library, f"cards: {{{TOPIC}: {{mode: live}}}}")
    assert service.topics() == FIRED
    number = stop(service)
    assert service.topics() == []
    assert service.configuration.current().decider.policy.mode(TOPIC) == "shadow"
    (check,) = [each for each in recorded(service)["checks"] if each["topic"] == TOPIC]
    assert (check["mode"], check["setBy"]) == ("shadow", f"stop {number}")


def test_a_stop_only_lowers_the_mode() -> None:
    settings = Settings.model_validate(
        {"cards": {TOPIC: {"mode": "off", "indicator": "warning"}}, "thresholds": {"weight_max_age_days": 60}}
    )
    stopped = with_stops(settings, [Stop(TOPIC, 1, START, "Ann", WHY), Stop("weight-stale", 2, START, "Ann", WHY)])
    policy = stopped.policy()
    assert (policy.mode(TOPIC), policy.mode("weight-stale"), policy.mode("ild-active")) == ("off", "shadow", "live")
    assert (policy.thresholds, policy.indicators) == (settings.policy().thresholds, settings.policy().indicators)
    assert with_stops(settings, []) is settings
    assert settings.cards[TOPIC] == TopicSettings(mode="off", indicator="warning")


@pytest.mark.parametrize("role", [Role.VIEWER, Role.EDITOR])
def test_a_stop_is_refused_to(role: Role) -> None:
    service = Following()
    with pytest.raises(StepRefusedError) as refused:
        stop(service, person=Person("x|y", "Y", frozenset({role})))
    assert refused.value.reason == "role"
    assert service.topics() == FIRED


def test_a_stop_needs_a_reason() -> None:
    with pytest.raises(StepRefusedError, match="say why"):
        Following().library.stops.step(ANN, TOPIC, StopKind.STOPPED, "  ")


def test_a_version_that_is_refused_here_settles_nothing_here(tmp_path: Path, log_lines) -> None:
    database = f"sqlite:///{tmp_path / 'her2.sqlite3'}"
    service = Following(database=database)
    stop(service)
    service.watch.later(minutes=1)
    version = published(
        service.library, f"cards: {{{TOPIC}: {{mode: shadow}}}}\nthresholds: {{weight_max_age_days: 60}}"
    )
    with service.store.engine.begin() as connection:
        # As if another release, with wider bounds, had published it.
        wider = f'{{"cards":{{"{TOPIC}":{{"mode":"shadow"}}}},"thresholds":{{"weight_max_age_days":"6000"}}}}'
        of_it = policy_contents.update().where(policy_contents.c.hash == version.content_hash)
        connection.execute(of_it.values(content=wider))
    assert service.library.stops.open() == []
    assert service.topics() == []
    assert Following(database=database).topics() == []
    take(service.library, BOB, service.library.version(1), StepKind.RETIRED, comment="Refused")
    assert service.topics() == FIRED
    assert [line["topic"] for line in log_lines if line["event"] == "topic_stop_settled"] == FIRED


def test_a_missing_file_does_not_lose_a_stop(tmp_path: Path, log_lines) -> None:
    path, codes = tmp_path / "site.yaml", tmp_path / "codes.json"
    codes.write_text('{"resourceType": "ConceptMap", "group": []}', encoding="utf-8")
    path.write_text("auth: {mode: off}\nsite: {code_maps: [codes.json]}", encoding="utf-8")
    service = Following(path)
    assert service.topics() == FIRED
    codes.rename(tmp_path / "away")
    stop(service)
    assert [service.topics(), service.topics()] == [FIRED, FIRED]
    assert service.get("/health/ready").body["stopsRefused"] is True
    assert len([line for line in log_lines if line["event"] == "topics_not_stopped"]) == 1
    (tmp_path / "away").rename(codes)
    assert service.topics() == []
    assert "stopsRefused" not in service.get("/health/ready").body


def test_health_metrics_and_log_say_what_is_stopped(log_lines) -> None:
    service = Following()
    first = stop(service)
    service.publication.look()
    ready = service.get("/health/ready")
    assert (ready.status, ready.body["stopped"]) == (200, [{"topic": TOPIC, "since": START.isoformat()}])
    assert gauge(service) == {TOPIC: 1}
    asked = service.library.stops.step(ANN, TOPIC, StopKind.ASKED, "Mended", first).id
    service.library.stops.step(BOB, TOPIC, StopKind.PUT_BACK, "", asked)
    service.publication.look()
    assert "stopped" not in service.get("/health/ready").body
    assert gauge(service) == {TOPIC: 0}
    told = [line for line in log_lines if line["event"] == "topic_stopped"]
    assert [line["topic"] for line in told] == FIRED
    assert WHY not in str(told)


def gauge(service: Following) -> dict[str, float]:
    families = text_string_to_metric_families(service.client.get("/metrics").text)
    samples = [each for family in families for each in family.samples if each.name == "her2_cds_topic_stopped"]
    return {each.labels["topic"]: each.value for each in samples if each.labels["topic"] == TOPIC}


def test_a_trial_that_sets_the_mode_is_tried_without_the_stop() -> None:
    service = Following()
    stop(service)
    for text, shown in ((f"cards: {{{TOPIC}: {{mode: live}}}}", [f"{TOPIC} draft-1"]), ("{}", [])):
        service.watch.later(minutes=1)
        version = approved(service.library, text)
        version = take(service.library, BOB, version, StepKind.TRIAL_BEGUN)
        tried = recorded(service)["shadow"]["wouldShow"]
        assert [each.split()[0] for each in tried] == [each.split()[0] for each in shown]
        take(service.library, BOB, version, StepKind.TRIAL_ENDED)


def test_the_reports_say_what_is_stopped_and_when_it_was() -> None:
    service = Following()
    service.topics()
    number = stop(service)
    service.topics()
    report = learning_report(service.store.engine, Window(), "week")
    assert report["stopped"] == [{"topic": TOPIC, "since": START.isoformat(), "by": "Ann", "reason": WHY}]
    said = f"{TOPIC} is stopped since 2026-03-01 12:00 UTC by Ann: {WHY}. Its cards are not shown."
    assert said in list(learning_lines(report))
    assert said in learning_page({**report, "charts": [], "topics": [], "reasons": [], "weeks": []}, "all time")
    (change,) = report["changes"]
    assert change["words"][0] == f"{TOPIC} stopped by Ann: {WHY}"
    assert number


def test_the_command_line_stops_and_lists_topics_and_cannot_restore_them(tmp_path: Path) -> None:
    service = Following(database=f"sqlite:///{tmp_path / 'her2.sqlite3'}")
    variables = {"HER2_CDS_DATABASE": str(service.store.engine.url)}

    def run(*arguments: str) -> Any:
        return CliRunner().invoke(main, list(arguments), env=variables)

    assert run("policy", "stops").output == "no topic is stopped\n"
    wrong = run("policy", "stop", "dose-above-maximun", "--by", "Ann", "--reason", WHY)
    assert (wrong.exit_code, wrong.stderr) == (
        2,
        "dose-above-maximun: no such topic; did you mean 'dose-above-maximum'?\n",
    )
    assert run("policy", "stop", TOPIC, "--by", "Ann", "--reason", "").exit_code == 2
    done = run("policy", "stop", TOPIC, "--by", "Ann", "--reason", WHY)
    assert (done.exit_code, done.output.splitlines()[0]) == (
        0,
        f"{TOPIC} is stopped: still checked and recorded, and shown to nobody",
    )
    assert service.topics() == []
    listed = run("policy", "stops").output
    assert listed.startswith(f"{TOPIC}  stop 1, ")
    assert listed.endswith(f" by Ann (command line): {WHY}\n")
    assert json.loads(run("policy", "stops", "--format", "json").output)[0]["reason"] == WHY
    shown = run("config", "show", "--with-policy").output
    line = next(each for each in shown.splitlines() if "mode: shadow" in each)
    assert f"by Ann (command line): {WHY}" in line
    assert TOPIC in run("policy", "diff", "default", "default").stderr
    decision = service.post(call(orders=[order(378)])).headers["HER2-CDS-Decision"]
    assert f"{TOPIC} was stopped" in run("explain", decision).output
    assert run("policy", "put-back", TOPIC).exit_code == 2
    service.store.close()


@pytest.fixture
def office(store: Store) -> Office:
    return Office(store)


def test_a_topic_is_stopped_and_settled_on_its_page(database_url: str) -> None:
    kept = open_store(database_url)
    office = Office(kept)
    assert office.shown() == ["weight-stale"]
    page = words(office.ada.get("/topics/weight-stale"))
    assert "In the last 28 days its card was shown 1 times" in page
    assert "Its card is critical" not in page
    assert "Stop this topic now" in page
    critical = words(office.ben.get("/topics/dose-above-maximum"))
    assert "clinicians take silence for “checked and fine”" in critical
    assert "dose_rounding_tolerance_percent" in critical
    assert "Stop this topic now" not in words(office.eve.get("/topics/weight-stale"))
    assert office.eve.send("/topics/weight-stale/stop", kind="stopped", comment=WHY).status_code == 403
    assert office.ben.send("/topics/weight-stale/stop", kind="stopped", comment=WHY).status_code == 302
    assert office.shown() == []
    for path in ("", "/versions", "/preview", "/learning", "/shadow", "/decisions", "/topics/ild-active"):
        assert "weight-stale is stopped since" in words(office.eve.get(path)), path
    seen = _seen(office, "weight-stale")
    assert (
        office.ben.send("/topics/weight-stale/stop", kind="put-back-asked", comment="Mended", seen=seen).status_code
        == 302
    )
    seen = _seen(office, "weight-stale")
    assert office.ben.send("/topics/weight-stale/stop", kind="put-back", seen=seen).status_code == 403
    assert "has asked to put it back" in words(office.eve.get(""))
    assert office.ada.send("/topics/weight-stale/stop", kind="put-back", seen="1").status_code == 409
    assert office.ada.send("/topics/weight-stale/stop", kind="put-back", seen=seen).status_code == 302
    assert office.shown() == ["weight-stale"]
    assert "is stopped since" not in words(office.eve.get(""))
    kept.close()


def _seen(office: Office, topic: str) -> str:
    return office.ada.get(f"/topics/{topic}").text.split('name="seen" value="', 1)[1].split('"', 1)[0]


def test_a_version_begun_from_the_page_keeps_the_topic_in_the_shadow(office: Office) -> None:
    office.ada.send("/topics/weight-stale/stop", kind="stopped", comment=WHY)
    assert office.shown() == []
    assert office.ada.send("/topics/weight-stale/keep-quiet").headers["Location"] == "/workbench/versions/1"
    page = words(office.ada.get("/versions/1"))
    assert "Once it is in force it settles the stop of weight-stale : it stays in the shadow" in page
    office.ada.step(1, "submitted")
    office.ben.step(1, "approved")
    office.ada.step(1, "published")
    assert office.shown() == []
    assert "is stopped since" not in words(office.eve.get(""))
    assert "weight-stale 0 1 0" not in words(office.eve.get("/versions/1", record="1"))


def test_what_a_version_would_change_is_reported_with_the_stops_that_it_leaves(office: Office) -> None:
    office.shown()
    office.ada.send("/topics/weight-stale/stop", kind="stopped", comment=WHY)
    office.shown()
    office.ada.send("/versions", title="Another topic")
    office.ada.revise(1, **{"cards__ild-active__mode": "shadow"})
    page = words(office.ada.get("/versions/1"))
    assert "ild-active: shadow instead of live" in page
    assert "weight-stale: live instead of shadow" not in page
    assert "a weight of thirty-one days ago" not in page
    office.ada.revise(1, **{"cards__weight-stale__mode": "live"})
    page = words(office.ada.get("/versions/1"))
    assert "weight-stale: live instead of shadow" in page
    assert "its card is shown again" in page


@pytest.mark.parametrize(
    ("path", "fields", "status"),
    [
        pytest.param("/topics/no-such-topic/stop", {"kind": "stopped", "comment": WHY}, 404, id="no such topic"),
        pytest.param("/topics/no-such-topic/keep-quiet", {}, 404, id="no such topic to keep quiet"),
        pytest.param("/topics/weight-stale/stop", {"kind": "silenced", "comment": WHY}, 400, id="no such step"),
        pytest.param("/topics/weight-stale/stop", {"kind": "stopped"}, 400, id="no reason"),
        pytest.param("/topics/weight-stale/stop", {"kind": "put-back", "seen": "9"}, 409, id="what is not stopped"),
    ],
)
def test_a_form_is_refused_for(office: Office, path: str, fields, status: int) -> None:
    assert office.ada.send(path, **fields).status_code == status
    assert office.shown() == ["weight-stale"]


def test_a_stop_without_the_token_of_a_form_is_refused(office: Office) -> None:
    sent = office.ada.browser.post("/workbench/topics/weight-stale/stop", data={"kind": "stopped", "comment": WHY})
    assert sent.status_code == 400
    assert office.app.test_client().post(f"/cds-services/{SIGN}", json=OLD_WEIGHT).get_json()["cards"]
