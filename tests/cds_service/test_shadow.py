"""Trials in the shadow: never seen, always recorded, reported with what speaks for and against showing them."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from calls import SELECT, SIGN, Caller, bundle, call, clean_prefetch, order, troubled_prefetch, weight
from click.testing import CliRunner
from sqlalchemy import func, select

from cds_service.audit.explain import explain
from cds_service.cli import main
from cds_service.configuration.loading import load_settings
from cds_service.configuration.policy_settings import PromotionSettings
from cds_service.configuration.settings import Settings
from cds_service.decisions import shadow
from cds_service.learning.cases import unseen_card
from cds_service.learning.promotion import promotion_report
from cds_service.learning.trial import sample, trials
from cds_service.store.reading import since
from cds_service.store.retention import purge
from cds_service.store.reviews import keep_review, outcomes
from cds_service.store.selection import Window
from cds_service.store.tables import shadow_reviews, shadow_verdicts
from cds_service.tryit import examples

if TYPE_CHECKING:
    from pathlib import Path

TROUBLED = call(prefetch=troubled_prefetch())
NO_GATE = PromotionSettings()
ALL = Window()
STRICT = {"thresholds": {"weight_max_age_days": 1}}
NOW = datetime(2026, 11, 20, tzinfo=UTC)


def stored(caller: Caller) -> list[Any]:
    with caller.store.engine.connect() as connection:
        return list(connection.execute(select(shadow_verdicts)))


def fired(row: Any, topic: str) -> list[Any]:
    return [each for each in json.loads(row.verdicts)["fired"] if each["topic"] == topic]


def report(caller: Caller, topic: str | None = None, gate: PromotionSettings = NO_GATE) -> dict[str, Any]:
    return {each["topic"]: each for each in promotion_report(caller.store.engine, ALL, gate, topic)}


REQUESTS = [
    pytest.param(SIGN, TROUBLED, id="with many cards"),
    pytest.param(SIGN, call(), id="with none"),
    pytest.param(SELECT, call(SELECT, [order(378)]), id="at selection"),
    pytest.param(SIGN, call(prefetch={}), id="refused"),
    pytest.param(SIGN, call(orders=[order(252), order(3.6, "order-2")]), id="of two orders"),
]


@pytest.mark.parametrize(("service_id", "request_"), REQUESTS)
@pytest.mark.parametrize("tried", ["thresholds", "configuration"])
def test_an_answer_is_the_same_byte_by_byte(tmp_path: Path, service_id: str, request_: Any, tried: str) -> None:
    everything_off = "\n".join(f"  {topic}: {{mode: off}}" for topic in ("weight-stale", "dose-above-maximum"))
    (tmp_path / "new.yaml").write_text(f"cards:\n{everything_off}\npublic_url: https://other.example\n")
    (tmp_path / "a.yaml").write_text(f"shadow: {{{_trial(tried)}}}")
    with_trial = Caller(load_settings(tmp_path / "a.yaml", {}))
    path = f"/cds-services/{service_id}"
    assert with_trial.client.post(path, json=request_).data == Caller().client.post(path, json=request_).data
    assert len(stored(with_trial)) == (request_["prefetch"] != {})


def _trial(kind: str) -> str:
    return "configuration: new.yaml" if kind == "configuration" else "thresholds: {weight_max_age_days: 1}"


@pytest.mark.parametrize("name", examples.names())
def test_examples_get_the_same_answers(name: str) -> None:
    body = json.loads(examples.example(name, datetime.now(UTC).date()))
    with_trial = Caller(Settings(shadow=STRICT))
    path = f"/cds-services/her2-{body['hook']}"
    assert with_trial.client.post(path, json=body).data == Caller().client.post(path, json=body).data


def test_a_trial_is_stored_with_the_decision(database_url: str) -> None:
    caller = Caller(Settings(shadow=STRICT), database=database_url)
    assert caller.post(call()).cards == []
    (row,) = stored(caller)
    (found,) = fired(row, "weight-stale")
    assert (found["order"], found["product"], found["mode"]) == ("MedicationRequest/order-1", "kadcyla", "live")
    (kept,) = since(caller.store.engine)
    assert row.configuration_hash != kept.row.configuration_hash
    explanation = explain(caller.store.engine, kept.row.id)
    assert explanation is not None
    assert explanation["shadow"]["wouldShow"] == ["weight-stale MedicationRequest/order-1"]
    assert explanation["replay"]["identical"]
    assert purge(caller.store.engine, 1, datetime.now(UTC) + timedelta(days=3)) == (1, 0)
    assert stored(caller) == []


def test_a_failed_trial_loses_no_answer_and_no_record(monkeypatch: pytest.MonkeyPatch, log_lines: Any) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(shadow, "judge", fail)
    caller = Caller(Settings(shadow=STRICT))
    assert caller.post(TROUBLED).cards
    assert len(list(since(caller.store.engine))) == 1
    assert stored(caller) == []
    assert [line["reason"] for line in log_lines if line["event"] == "shadow_failed"] == ["ZeroDivisionError"]


def test_a_profile_is_tried_with_its_own_settings(tmp_path: Path) -> None:
    profile = "profiles: {p: {match: {service: her2-order-sign}, thresholds: {weight_max_age_days: 100}}}"
    (tmp_path / "a.yaml").write_text(f"{profile}\nshadow: {{thresholds: {{lab_max_age_days: 1}}}}")
    caller = Caller(load_settings(tmp_path / "a.yaml", {}))
    caller.post(TROUBLED)
    caller.post(call(SELECT, prefetch=troubled_prefetch()), SELECT)
    signed, selected = sorted(stored(caller), key=lambda row: len(fired(row, "weight-stale")))
    assert (len(fired(signed, "weight-stale")), len(fired(selected, "weight-stale"))) == (0, 1)
    (tmp_path / "b.yaml").write_text("shadow: {configuration: a.yaml}")
    caller = Caller(load_settings(tmp_path / "b.yaml", {}))
    assert "weight-stale" in caller.post(TROUBLED).topics
    (row,) = stored(caller)
    assert fired(row, "weight-stale") == []


def test_a_topic_in_the_shadow_is_counted_by_drug_prescriber_and_client() -> None:
    caller = Caller(Settings(cards={"weight-stale": {"mode": "shadow"}}))
    for number, days in enumerate((45, 45, 3, 3)):
        request = call(prefetch=clean_prefetch() | {"weight": bundle(weight(days=days))})
        request["context"]["userId"] = f"Practitioner/{number % 2}"
        caller.post(request)
    found = report(caller)
    assert list(found) == ["weight-stale"]
    each = found["weight-stale"]
    assert (each["orders"], each["wouldFire"], each["per100Orders"]) == (4, 2, 50.0)
    assert each["interval95"] == [15.0, 85.0]
    assert (each["firesNow"], each["new"], each["gone"], each["cases"]) == (0, 2, 0, 2)
    assert [(one["name"], one["orders"], one["wouldFire"]) for one in each["byDrug"]] == [("kadcyla", 4, 2)]
    assert [(one["orders"], one["wouldFire"]) for one in each["byPrescriber"]] == [(2, 1), (2, 1)]
    assert [one["name"] for one in each["byClient"]] == ["client without a token"]
    assert each["gate"] == {"result": "none", "reasons": ["promotion sets no gate"]}


def test_a_policy_on_trial_shows_new_and_removed_cards() -> None:
    tried = {"thresholds": {"weight_max_age_days": 60, "lab_max_age_days": 1}}
    caller = Caller(Settings(shadow=tried))
    caller.post(call(prefetch=clean_prefetch() | {"weight": bundle(weight(days=45))}))
    found = report(caller)
    counts = {topic: (each["firesNow"], each["wouldFire"], each["new"], each["gone"]) for topic, each in found.items()}
    assert counts == {
        "weight-stale": (1, 0, 0, 1),
        "liver-tests-missing": (0, 1, 1, 0),
        "blood-count-missing": (0, 1, 1, 0),
    }
    assert report(caller, "lvef-missing")["lvef-missing"]["wouldFire"] == 0


def test_only_the_newest_state_of_a_trial_counts(tmp_path: Path) -> None:
    database = f"sqlite:///{tmp_path}/x.sqlite3"
    for days in (1, 20):
        caller = Caller(Settings(shadow={"thresholds": {"weight_max_age_days": days}}), database=database)
        caller.post(call())
    assert report(caller, "weight-stale")["weight-stale"]["orders"] == 1
    assert report(caller) == {}


def test_unchecked_items_are_counted() -> None:
    caller = Caller(Settings(cards={"pregnancy-test-missing": {"mode": "shadow"}}))
    caller.post(call(prefetch=clean_prefetch() | {"patient": None}))
    (each,) = report(caller).values()
    assert sum(one["decisions"] for one in each["couldNotCheck"]) >= 1


# --- Reviews and the gate --------------------------------------------------------------------------------------------


@pytest.fixture
def tried(database_url: str) -> Caller:
    """Return a service with ten orders of which six would have got a card."""
    caller = Caller(Settings(cards={"weight-stale": {"mode": "shadow"}}), database=database_url)
    for number in range(10):
        days = 45 if number < 6 else 3
        request = call(prefetch=clean_prefetch() | {"weight": bundle(weight(days=days))})
        caller.post(request | {"hookInstance": f"i-{number}"})
    return caller


def test_cases_are_drawn_at_random_and_reproducibly(tried: Caller) -> None:
    cases = trials(tried.store.engine, ALL)["weight-stale"].cases
    first = sample(cases, 3, seed=7)
    assert first == sample(reversed(cases), 3, seed=7)
    assert len({tuple(sample(cases, 3, seed=seed)) for seed in range(20)}) > 5
    card = unseen_card(tried.store.engine, first[0])
    assert card["summary"].startswith("Kadcyla")
    assert card["facts"]["patient"]["weights"]
    assert (card["topic"], card["order"]) == ("weight-stale", "MedicationRequest/order-1")


def test_reviews_are_history_and_the_last_word_of_each_reviewer_counts(tried: Caller) -> None:
    engine = tried.store.engine
    cases = [(case.decision, case.topic) for case in trials(engine, ALL)["weight-stale"].cases]
    said = [
        (0, "right", "a"), (1, "wrong", "a"), (1, "right", "a"), (2, "right", "a"), (2, "wrong", "b"),
        (3, "unsure", "a"), (3, "right", "b"), (4, "right", "b"),
    ]  # fmt: skip
    for minute, (case, verdict, by) in enumerate(said):
        keep_review(engine, cases[case], verdict, by, "nul \0", NOW + timedelta(minutes=minute))
    assert [outcomes(engine).get(case) for case in cases] == ["right", "right", "wrong", "unsure", "right", None]
    with engine.connect() as connection:
        assert connection.scalar(select(func.count()).select_from(shadow_reviews)) == len(said)
    each = report(tried, gate=PromotionSettings(min_reviewed=5, min_right_share=0.6))["weight-stale"]
    assert each["reviewed"] == {"right": 3, "wrong": 1, "unsure": 1}
    assert each["gate"]["result"] == "pass"


@pytest.mark.parametrize(
    ("gate", "result", "reason"),
    [
        pytest.param({"min_orders": 10}, "pass", "yes: 10 orders judged, at least 10", id="enough orders"),
        pytest.param({"min_orders": 11}, "fail", "no: 10 orders judged, at least 11", id="one order too few"),
        pytest.param({"max_per_100_orders": 60}, "pass", "yes: 60.00 per 100 orders, at most 60", id="at the rate"),
        pytest.param({"max_per_100_orders": 59.9}, "fail", "no: 60.00 per 100 orders, at most 59.9", id="too often"),
        pytest.param({"min_reviewed": 1}, "fail", "no: 0 cases reviewed, at least 1", id="not reviewed"),
        pytest.param(
            {"min_right_share": 0}, "fail", "no: 0 of 0 reviewed cases right (0%), at least 0%", id="no reviewed cases"
        ),
        pytest.param({}, "none", "promotion sets no gate", id="no gate"),
    ],
)
def test_the_gate_says_pass_or_fail_and_why(gate: dict[str, Any], result: str, reason: str) -> None:
    caller = Caller(Settings(cards={"weight-stale": {"mode": "shadow"}}))
    for number in range(10):
        days = 45 if number < 6 else 3
        caller.post(call(prefetch=clean_prefetch() | {"weight": bundle(weight(days=days))}))
    found = report(caller, gate=PromotionSettings(**gate))["weight-stale"]["gate"]
    assert (found["result"], found["reasons"]) == (result, [reason])


def test_a_trial_on_the_command_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HER2_CDS_DATABASE", f"sqlite:///{tmp_path}/record.sqlite3")
    monkeypatch.setenv("HER2_CDS_PROMOTION__MIN_ORDERS", "5")
    runner = CliRunner()

    def run(*arguments: str) -> Any:
        return runner.invoke(main, ["shadow", *arguments])

    assert "record.sqlite3: there is no database; call this where the service runs" in run("report").output
    assert CliRunner().invoke(main, ["database", "upgrade"]).exit_code == 0
    assert "nothing is on trial; no decisions of her2-order-sign" in run("report").output
    Caller(Settings(), database=f"sqlite:///{tmp_path}/record.sqlite3").post(call())
    assert run("report").output == "nothing is on trial\n"
    caller = Caller(
        Settings(cards={"weight-stale": {"mode": "shadow"}}), database=f"sqlite:///{tmp_path}/record.sqlite3"
    )
    caller.post(TROUBLED)
    text = run("report")
    assert text.exit_code == 0
    assert "would fire on 1 of 1 orders: 100.0 per 100" in text.output
    assert "gate: fail\n    no: 1 orders judged, at least 5" in text.output
    (topic,) = json.loads(run("report", "--format", "json").output)["topics"]
    assert topic["topic"] == "weight-stale"
    (drawn,) = [json.loads(line) for line in run("sample", "--format", "ndjson").output.splitlines()]
    assert "Kadcyla" in run("sample", "--seed", "3").output
    done = run("review", drawn["decision"], "weight-stale", "--verdict", "right", "--by", "Dr. A", "--comment", "so")
    assert (done.exit_code, "right, by Dr. A" in done.output) == (0, True)
    assert "reviewed: 1 right, 0 wrong" in run("report").output
    assert run("review", "nobody", "weight-stale", "--verdict", "right", "--by", "A").exit_code == 2
    assert run("report", "--to", "2020-01-01").output.startswith("nothing is on trial")
    assert run("sample", "--to", "2020-01-01").output == "no card stayed unseen in this time\n"
