"""What is published reaches every process, by itself and while the store comes and goes."""

from __future__ import annotations

import json
import os
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from calls import SIGN, call, order
from command_line import run
from following import HIGH, Following, events
from policy_people import START, published, retire
from prometheus_client.parser import text_string_to_metric_families
from running import Running, eventually, served, start, stop

from cds_service.decisions.active import Configuration
from cds_service.policies.library import Library
from cds_service.policies.publication import Standing, follow
from cds_service.store.database import open_engine, upgrade
from cds_service.store.reading import since
from cds_service.store.tables import policy_contents
from cds_service.web.hooks import DECISION_HEADER

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from sqlalchemy import Engine

OFF = "cards: {dose-above-maximum: {mode: off}}"
WITHIN_S = 5.0
soon = partial(eventually, within=WITHIN_S)
TOPIC = "HER2_CDS_CARDS__DOSE_ABOVE_MAXIMUM__MODE"


FIRED = ["dose-above-maximum"]


def test_what_is_published_and_retired_is_followed(log_lines) -> None:
    service = Following()
    assert service.topics() == FIRED
    version = published(service.library, OFF)
    assert service.topics() == []
    assert service.topics() == []
    retire(service.library, 1)
    assert service.topics() == FIRED
    told = [(each["version"], each.get("hash")) for each in events(log_lines, "policy_in_force")]
    assert told == [(None, None), (1, version.content_hash), (None, None)]


def test_a_start_and_an_end_take_effect_without_a_further_step() -> None:
    service = Following()
    published(
        service.library, OFF, effective_from=START + timedelta(hours=1), effective_until=START + timedelta(hours=2)
    )
    seen = []
    for _ in range(5):
        seen.append(service.topics())
        service.watch.later(minutes=30)
    assert seen == [FIRED, FIRED, [], [], FIRED]


def test_health_and_metrics_say_which_version_is_in_force() -> None:
    service = Following()
    ready = service.client.get("/health/ready")
    assert (ready.status_code, ready.json["status"], ready.json["policy"]) == (
        503,
        "not-ready",
        {"status": "not-asked"},
    )
    service.publication.look()
    assert service.get("/health/ready").body["policy"] == {"status": "none"}
    published(service.library, OFF)
    service.publication.look()
    ready = service.get("/health/ready")
    assert (ready.status, ready.body["policy"]) == (200, {"status": "in-force", "version": 1})
    assert gauge(service.client.get("/metrics").text) == [1]
    retire(service.library, 1)
    service.publication.look()
    assert gauge(service.client.get("/metrics").text) == [0]


def gauge(text: str) -> list[float]:
    families = text_string_to_metric_families(text)
    return [each.value for family in families for each in family.samples if each.name == "her2_cds_policy_version"]


def test_an_environment_variable_takes_precedence(monkeypatch, tmp_path: Path) -> None:
    monkeypatch.setenv(TOPIC, "live")
    path = tmp_path / "site.yaml"
    path.write_text("auth: {mode: off}", encoding="utf-8")
    service = Following(path)
    published(service.library, OFF)
    assert service.topics() == FIRED
    assert service.configuration.current().decider.settings.set_by("cards", "dose-above-maximum") == TOPIC


def test_a_profile_takes_precedence(tmp_path: Path) -> None:
    path = tmp_path / "site.yaml"
    profile = "{match: {service: her2-order-sign}, cards: {dose-above-maximum: {mode: live}}}"
    path.write_text(f"auth: {{mode: off}}\nprofiles: {{signing: {profile}}}", encoding="utf-8")
    service = Following(path)
    published(service.library, OFF)
    assert service.topics() == FIRED
    assert service.configuration.current().decider.policy.mode("dose-above-maximum") == "off"


def test_a_file_may_change_under_a_policy(tmp_path: Path, monkeypatch, log_lines) -> None:
    monkeypatch.setattr("cds_service.decisions.active._LOOK_EVERY_S", -1)
    path = tmp_path / "site.yaml"
    path.write_text("auth: {mode: off}\nthresholds: {weight_max_age_days: 20}", encoding="utf-8")
    service = Following(path)
    published(service.library, OFF)
    assert service.topics() == []

    def rewrite(text: str) -> tuple[Any, Any]:
        path.write_text(f"auth: {{mode: off}}\n{text}", encoding="utf-8")
        later = time.time_ns() + 10**9
        os.utime(path, ns=(later, later))
        assert service.topics() == []
        settings = service.configuration.current().decider.settings
        assert service.configuration.base_settings.published is None
        return settings.thresholds.get("weight_max_age_days"), settings.published.version

    assert rewrite("thresholds: {weight_max_age_days: 200}\ncards: {dose-above-maximum: {mode: live}}") == (200, 1)
    assert rewrite("thresholds: {weight_max_age_days: 9000}") == (200, 1)
    assert rewrite("thresholds: {weight_max_age_days: 21}") == (21, 1)
    retire(service.library, 1)
    assert service.topics() == FIRED
    assert len(events(log_lines, "configuration_refused")) == 1


def test_content_that_this_release_does_not_accept_is_refused_once_and_the_last_valid_stays(log_lines) -> None:
    service = Following()
    published(service.library, OFF)
    assert service.topics() == []
    version = published(service.library, "thresholds: {weight_max_age_days: 60}")
    with service.store.engine.begin() as connection:
        # As if another release, with wider bounds, had published it.
        wider = policy_contents.update().where(policy_contents.c.hash == version.content_hash)
        connection.execute(wider.values(content='{"thresholds":{"weight_max_age_days":"6000"}}'))
    for _ in range(3):
        assert service.topics() == []
    (refused,) = events(log_lines, "policy_refused")
    assert (refused["version"], refused["in_force"]) == (2, 1)
    assert "must lie between" in refused["problems"][0]
    assert service.publication.standing is Standing.REFUSED
    assert service.get("/health/ready").body["policy"] == {"status": "refused", "version": 1}
    retire(service.library, 2)
    assert service.topics() == []
    assert service.publication.standing is Standing.IN_FORCE
    retire(service.library, 1)
    assert service.topics() == FIRED


def test_a_missing_file_delays_the_policy_until_it_is_back(tmp_path: Path, log_lines) -> None:
    path, codes = tmp_path / "site.yaml", tmp_path / "codes.json"
    codes.write_text('{"resourceType": "ConceptMap", "group": []}', encoding="utf-8")
    path.write_text("auth: {mode: off}\nsite: {code_maps: [codes.json]}", encoding="utf-8")
    service = Following(path)
    assert service.topics() == FIRED
    published(service.library, OFF)
    codes.rename(tmp_path / "away")
    assert [service.topics(), service.topics()] == [FIRED, FIRED]
    assert service.publication.standing is Standing.REFUSED
    (tmp_path / "away").rename(codes)
    assert service.topics() == []
    assert len(events(log_lines, "policy_refused")) == 1


def test_the_shadow_of_a_policy_is_ignored_if_a_file_is_on_trial(tmp_path: Path, log_lines) -> None:
    (tmp_path / "trial.yaml").write_text("thresholds: {lab_max_age_days: 5}", encoding="utf-8")
    (tmp_path / "site.yaml").write_text("auth: {mode: off}\nshadow: {configuration: trial.yaml}", encoding="utf-8")
    service = Following(tmp_path / "site.yaml")
    published(service.library, "shadow: {lab_max_age_days: 3}")
    service.publication.look()
    (warning,) = events(log_lines, "policy_shadow_ignored")
    assert (warning["log_level"], warning["version"]) == ("warning", 1)


def test_a_recorded_decision_names_the_version(tmp_path: Path) -> None:
    service = Following(database=f"sqlite:///{tmp_path / 'record.sqlite3'}")
    asked = call(orders=[order(378)])
    version = published(service.library, "cards: {dose-above-maximum: {indicator: warning}}")
    service.publication.look()
    decision = service.post(asked).headers[DECISION_HEADER]
    retire(service.library, 1)
    service.publication.look()
    other = service.post(asked).headers[DECISION_HEADER]
    variables = {"HER2_CDS_DATABASE": str(service.store.engine.url)}

    def explain(*arguments: str) -> str:
        result = run("explain", *arguments, env=variables)
        assert result.exit_code == 0, result.output
        return result.output

    told = json.loads(explain(decision, "--format", "json"))
    assert told["policy"] == {"version": 1, "hash": version.content_hash}
    assert told["replay"]["identical"]
    (check,) = [each for each in told["checks"] if each["topic"] == "dose-above-maximum"]
    assert (check["setBy"], check["indicator"]) == ("version 1", "warning")
    assert f"by version 1 of the policy ({version.content_hash[:12]})" in explain(decision)
    exported = run("audit", "export", env=variables).output.splitlines()
    assert [json.loads(each)["policy"] for each in exported] == [told["policy"], None]
    as_fhir = run("audit", "export", "--format", "fhir", env=variables).output.splitlines()
    details = [
        {each["type"]: each["valueString"] for each in json.loads(row)["entity"][0]["detail"]} for row in as_fhir
    ]
    assert [each.get("policy") for each in details] == [f"version 1 {version.content_hash}", None]
    assert json.loads(explain(other, "--format", "json"))["policy"] is None
    assert "of the policy" not in explain(other)


def test_while_the_store_is_down_the_last_good_stays(postgres, log_lines) -> None:
    service = Following(database=postgres.new_database())
    published(service.library, OFF)
    assert service.topics() == []
    postgres.stop()
    try:
        for _ in range(3):
            assert service.topics() == []
    finally:
        postgres.start()
    (warning,) = events(log_lines, "policy_store_unreachable")
    assert (warning["log_level"], warning["in_force"]) == ("warning", 1)
    assert service.topics() == []
    retire(service.library, 1)
    assert service.topics() == FIRED
    assert len(events(log_lines, "policy_store_back")) == 1


def test_a_start_while_the_store_is_down_is_not_ready_until_the_store_answered(postgres) -> None:
    url = postgres.new_database()
    engine = open_engine(url)
    upgrade(engine)
    published(Library(engine), OFF)
    engine.dispose()
    postgres.stop()
    try:
        service = Following(database=url)
        service.watch.time = datetime.now(UTC)
        assert service.topics() == FIRED
        ready = service.client.get("/health/ready")
        assert (ready.status_code, ready.json["policy"]) == (503, {"status": "not-asked"})
    finally:
        postgres.start()
    soon(lambda: service.store.recorder.is_up)
    assert service.client.get("/health/ready").status_code == 503
    service.watch.time = datetime.now(UTC)
    assert service.topics() == []
    assert service.get("/health/ready").body["policy"] == {"status": "in-force", "version": 1}


def test_no_request_waits_while_a_policy_is_laid_over_the_files(monkeypatch, tmp_path: Path) -> None:
    monkeypatch.setattr("cds_service.decisions.active._LOOK_EVERY_S", -1)
    path = tmp_path / "site.yaml"
    path.write_text("auth: {mode: off}", encoding="utf-8")
    configuration = Configuration(path)
    with ThreadPoolExecutor(1) as pool, configuration._lock:
        assert pool.submit(configuration.current).result(timeout=WITHIN_S) is configuration._in_force


def test_every_answer_is_from_one_version_while_versions_change() -> None:
    """Four clients call without a break while versions are published and retired; the record tells each answer."""
    service = Following()
    goes_on = True

    def client(_: int) -> int:
        calls = 0
        with service.app.test_client() as own:
            while goes_on:
                assert own.post(f"/cds-services/{SIGN}", json=HIGH).status_code == 200
                calls += 1
        return calls

    with ThreadPoolExecutor(4) as pool:
        clients = [pool.submit(client, number) for number in range(4)]
        for number in range(1, 7):
            published(service.library, OFF)
            service.publication.look()
            time.sleep(0.1)
            retire(service.library, number)
            service.publication.look()
            time.sleep(0.1)
        goes_on = False
        answered = sum(each.result() for each in clients)
    kept = list(since(service.store.engine))
    assert len(kept) == answered
    shown = {(each.configuration["policy"] is None, len(each.cards)) for each in kept}
    assert shown == {(True, 1), (False, 0)}


def test_an_unforeseen_error_does_not_end_the_polling(monkeypatch, log_lines) -> None:
    service = Following()
    found, asked = service.library.in_force, []

    def odd() -> Any:
        asked.append(1)
        if len(asked) < 3:
            raise RuntimeError("nobody foresaw this")
        return found()

    published(service.library, OFF)
    monkeypatch.setattr(service.library, "in_force", odd)
    follow(service.publication, 0.2)
    soon(lambda: service.publication.standing is Standing.IN_FORCE)
    assert [each["reason"] for each in events(log_lines, "policy_look_failed")] == ["RuntimeError", "RuntimeError"]
    # The thread runs as long as the process, not only as long as this test.
    service.publication.look = lambda: None


# --- Real processes --------------------------------------------------------------------------------------------------


def answers(service: Running) -> list[str]:
    status, _, body = service.send("POST", f"/cds-services/{SIGN}", HIGH)
    assert status == 200
    return [card["source"]["topic"]["code"] for card in body["cards"]]


@pytest.fixture
def library(engine: Engine) -> Library:
    """Return the versions of a database that services share."""
    return Library(engine)


@pytest.fixture
def two(database_url: str, library: Library, tmp_path: Path) -> Iterator[list[Running]]:
    """Yield two services on one database."""
    assert library.versions() == []
    with ExitStack() as services:
        both = []
        for name in ("one", "two"):
            (tmp_path / name).mkdir()
            both.append(services.enter_context(served(tmp_path / name, HER2_CDS_DATABASE=database_url)))
        yield both


def everywhere(services: list[Running], expected: list[str]) -> Callable[[], bool]:
    return lambda: all(answers(each) == expected for each in services)


def test_two_services_follow_what_is_published_and_retired(library: Library, two: list[Running]) -> None:
    assert everywhere(two, FIRED)()
    version = published(library, OFF)
    soon(everywhere(two, []))
    retire(library, 1)
    soon(everywhere(two, FIRED))
    begin = datetime.now(UTC) + timedelta(seconds=3)
    published(library, OFF, effective_from=begin, effective_until=begin + timedelta(seconds=4))
    assert everywhere(two, FIRED)()
    soon(everywhere(two, []), within=3 + WITHIN_S)
    assert datetime.now(UTC) >= begin
    soon(everywhere(two, FIRED), within=4 + WITHIN_S)
    for service in two:
        told = [each.get("version") for each in service.logged if each["event"] == "policy_in_force"]
        assert told == [None, 1, None, 2, None]
        assert version.content_hash in [each.get("hash") for each in service.logged]


def test_a_service_continues_while_its_store_is_unavailable(postgres, tmp_path: Path) -> None:
    url = postgres.new_database()
    engine = open_engine(url)
    upgrade(engine)
    library = Library(engine)
    published(library, OFF)
    service = start(tmp_path, HER2_CDS_DATABASE=url)
    try:
        assert answers(service) == []
        postgres.stop()
        time.sleep(5)
        assert answers(service) == []
        postgres.start()
        # The connections of the test itself did not outlive the server either.
        engine.dispose()
        retire(library, 1)
        soon(lambda: answers(service) == FIRED, within=10)
        warnings = [each for each in service.logged if each["event"] == "policy_store_unreachable"]
        assert [each["level"] for each in warnings] == ["warning"]
    finally:
        engine.dispose()
        stop(service)


def test_every_worker_follows(tmp_path: Path) -> None:
    service = start(tmp_path, "--workers", "2", HER2_CDS_DATABASE=f"sqlite:///{tmp_path / 'shared.sqlite3'}")
    engine = open_engine(f"sqlite:///{tmp_path / 'shared.sqlite3'}")
    try:
        published(Library(engine), OFF)
        soon(lambda: gauge(text_of(service)) == [1])
        soon(lambda: all(answers(service) == [] for _ in range(10)))
    finally:
        engine.dispose()
        stop(service)


def text_of(service: Running) -> str:
    with urllib.request.urlopen(f"http://127.0.0.1:{service.port}/metrics", timeout=5) as answer:
        text: str = answer.read().decode()
    return text
