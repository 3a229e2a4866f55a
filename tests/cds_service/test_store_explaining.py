"""Why a card fired and why another did not, from the record alone; who may ask; the record taken out."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from calls import INSTANCE, SELECT, SIGN, Caller, call, order, troubled_prefetch, without
from click.testing import CliRunner
from command_line import run
from fhir.resources.R4B.auditevent import AuditEvent
from sqlalchemy import select, update

from cds_service.audit.explain import explain
from cds_service.cli import main
from cds_service.configuration.settings import Settings
from cds_service.decisions.reproduce import replay
from cds_service.store.reading import find, since
from cds_service.store.tables import configurations, decisions
from cds_service.tryit import examples

if TYPE_CHECKING:
    from pathlib import Path

TROUBLED = call(prefetch=troubled_prefetch())
TOKEN = "an-operator-knows-this"  # noqa: S105 - opens nothing


def checks(explanation: Any, outcome: str) -> dict[str, Any]:
    return {check["topic"]: check for check in explanation["checks"] if check["outcome"] == outcome}


def explained(caller: Caller, identifier: str) -> dict[str, Any]:
    found = explain(caller.store.engine, identifier)
    assert found is not None
    return found


def only_decision(caller: Caller) -> str:
    with caller.store.engine.connect() as connection:
        return str(connection.scalars(select(decisions.c.id)).one())


def test_a_card_that_fired(database_url: str) -> None:
    caller = Caller(Settings(thresholds={"weight_max_age_days": 40}), database=database_url)
    card = next(card for card in caller.post(TROUBLED).cards if card["source"]["topic"]["code"] == "weight-stale")
    found = explained(caller, card["uuid"])
    fired = checks(found, "fired")["weight-stale"]
    assert fired["says"] == card["summary"]
    assert fired["detail"] == card["detail"]
    assert found["facts"]["patient"]["weights"][0]["origin"]["reference"] == "Observation/weight-1"
    threshold = next(each for each in fired["thresholds"] if each["name"] == "weight_max_age_days")
    assert (threshold["value"], threshold["unit"], threshold["set_by"]) == ("40", "days", "settings")
    assert threshold["source"]
    assert found["replay"] == {"identical": True, "otherVersionsNow": []}
    assert found["decision"]["hookInstance"] == INSTANCE


def test_why_nothing_fired() -> None:
    caller = Caller()
    caller.post(call())
    found = explained(caller, only_decision(caller))
    assert found["cards"] == []
    assert "dose-above-maximum" in checks(found, "checked-and-fine")
    assert checks(found, "not-applicable")["diluent-incompatible"]["because"]
    assert found["facts"]["patient"]["weights"][0]["origin"]["reference"] == "Observation/weight-1"


def test_what_could_not_be_checked_is_reported() -> None:
    caller = Caller()
    caller.post(call(prefetch=TROUBLED["prefetch"] | {"patient": None}))
    open_checks = checks(explained(caller, only_decision(caller)), "could-not-check")
    assert any("pregnancy" in line for check in open_checks.values() for line in check["missing"])


def test_a_shadowed_card_is_explained_although_nobody_saw_it() -> None:
    caller = Caller(Settings(cards={"weight-stale": {"mode": "shadow"}}))
    answer = caller.post(TROUBLED)
    assert "weight-stale" not in answer.topics
    fired = checks(explained(caller, only_decision(caller)), "fired")["weight-stale"]
    assert (fired["mode"], fired["setBy"]) == ("shadow", "settings")
    assert fired["says"]


def test_the_layer_that_set_a_value_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "site.yaml").write_text(
        "thresholds:\n  weight_max_age_days: 31\nauth: {mode: off}\ncards:\n  weight-stale: {mode: live}\n"
    )
    monkeypatch.setenv("HER2_CDS_THRESHOLDS__LAB_MAX_AGE_DAYS", "6")
    caller = Caller(path=tmp_path / "site.yaml")
    caller.post(TROUBLED)
    fired = checks(explained(caller, only_decision(caller)), "fired")
    named = {each["name"]: each["set_by"] for check in fired.values() for each in check["thresholds"]}
    assert named["weight_max_age_days"] == "site.yaml"
    assert named["lab_max_age_days"] == "HER2_CDS_THRESHOLDS__LAB_MAX_AGE_DAYS"
    assert named["lvef_interval_months"] == "default"
    assert fired["weight-stale"]["setBy"] == "site.yaml"


def test_a_threshold_is_named_where_it_was_asked_for() -> None:
    caller = Caller()
    caller.post(TROUBLED)
    found = {
        check["topic"]: [each["name"] for each in check["thresholds"]]
        for check in explained(caller, only_decision(caller))["checks"]
    }
    assert "weight_max_age_days" in found["weight-stale"]
    assert "plausible_dose_max_mg_per_kg" in found["dose-above-maximum"]
    assert found["heart-failure-active"] == []


@pytest.mark.parametrize("name", examples.names())
def test_every_example_replays_to_the_same_cards(name: str) -> None:
    caller = Caller()
    runner = CliRunner()
    body = json.loads(runner.invoke(main, ["example", name]).output)
    service = f"her2-{body['hook']}"
    shown = caller.post(body, service).cards
    kept = find(caller.store.engine, only_decision(caller))
    assert kept is not None
    again = replay(kept)
    assert again.identical
    assert [card["uuid"] for card in again.cards] == [card["uuid"] for card in shown]


@pytest.mark.parametrize("service", [SELECT, SIGN])
def test_orders_with_the_same_id_and_orders_without_one_replay(service: str) -> None:
    caller = Caller()
    orders = [order(378), order(378), order(252, name=None), order(3.6, "order-2")]
    if service == SELECT:
        orders.pop(2)
    assert caller.post(call(service, orders), service).cards
    kept = find(caller.store.engine, only_decision(caller))
    assert kept is not None
    assert replay(kept).identical


def test_an_answer_that_was_tampered_with_does_not_replay() -> None:
    caller = Caller()
    caller.post(TROUBLED)
    engine, identifier = caller.store.engine, only_decision(caller)
    with engine.begin() as connection:
        facts = str(connection.scalar(select(decisions.c.facts)))
        connection.execute(update(decisions).values(facts=facts.replace('"value":"70"', '"value":"20"')))
    assert explained(caller, identifier)["replay"]["identical"] is False


def test_a_record_older_than_a_threshold_still_explains_itself() -> None:
    caller = Caller()
    caller.post(TROUBLED)
    whole = explained(caller, only_decision(caller))
    asked = next(
        each for check in whole["checks"] for each in check["thresholds"] if each["name"] == "lab_max_age_days"
    )
    with caller.store.engine.begin() as connection:
        content = json.loads(connection.scalars(select(configurations.c.content)).one())
        del content["thresholds"]["lab_max_age_days"]
        connection.execute(update(configurations).values(content=json.dumps(content)))
    found = explained(caller, only_decision(caller))
    assert found["checks"] == whole["checks"]
    assert asked["set_by"] == "default"
    assert found["replay"]["identical"]


def test_another_version_is_named() -> None:
    caller = Caller()
    caller.post(TROUBLED)
    with caller.store.engine.begin() as connection:
        connection.execute(update(decisions).values(knowledge_version="older", wording_version="older"))
    assert explained(caller, only_decision(caller))["replay"]["otherVersionsNow"] == ["knowledge", "wording"]


def ask(caller: Caller, address: str = "127.0.0.1", **headers: str) -> Any:
    identifier = only_decision(caller)
    return caller.client.get(f"/decisions/{identifier}", environ_base={"REMOTE_ADDR": address}, headers=headers)


def asked(**settings: Any) -> Caller:
    caller = Caller(Settings(**settings))
    caller.post(TROUBLED)
    return caller


def test_operator_endpoints_need_no_token_on_this_machine() -> None:
    answer = ask(asked())
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.json["replay"]["identical"]


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "X-Real-IP"])
def test_operator_endpoints_refuse_a_proxy(header: str) -> None:
    assert ask(asked(), **{header: "10.1.1.1"}).status_code == 404


@pytest.mark.parametrize("address", ["10.0.0.8", "192.168.1.1", "", "::ffff:10.0.0.8"])
def test_operator_endpoints_refuse_another_machine(address: str) -> None:
    assert ask(asked(), address).status_code == 404


@pytest.mark.parametrize(
    ("header", "status"),
    [
        (f"Bearer {TOKEN}", 200),
        (f"bearer {TOKEN}", 200),
        ("", 404),
        (f"Bearer {TOKEN}x", 404),
        (f"Basic {TOKEN}", 404),
        ("Bearer \u00e9", 404),
    ],
)
def test_operator_endpoints_accept_the_operator_token(header: str, status: int) -> None:
    caller = asked(operator={"token": TOKEN})
    assert ask(caller, "10.0.0.8", Authorization=header).status_code == status


def test_operator_asks_for_an_unknown_decision() -> None:
    assert Caller().client.get("/decisions/nope").status_code == 404


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Caller:
    """Return a service whose database the command line finds too."""
    monkeypatch.setenv("HER2_CDS_DATABASE", f"sqlite:///{tmp_path}/record.sqlite3")
    caller = Caller(database=f"sqlite:///{tmp_path}/record.sqlite3")
    caller.post(TROUBLED)
    caller.post(call())
    return caller


def test_explain_on_the_command_line(site: Caller) -> None:
    with_cards = next(kept for kept in since(site.store.engine) if kept.cards)
    text = run("explain", with_cards.row.id)
    assert text.exit_code == 0
    assert "judged again on the recorded facts: the same cards" in text.output
    assert "weight_max_age_days = 30 days (set by default)" in text.output
    written = run("explain", with_cards.cards[0]["uuid"], "--format", "json")
    assert json.loads(written.output)["decision"]["id"] == with_cards.row.id
    nobody = run("explain", "nobody")
    assert (nobody.exit_code, nobody.output) == (2, "no decision and no card 'nobody' on record\n")


def test_the_record_as_lines_and_as_audit_events(site: Caller) -> None:
    lines = [json.loads(line) for line in run("audit", "export").output.splitlines()]
    assert [len(line["cards"]) > 0 for line in lines] == [True, False]
    assert without(lines[0], "cards", "facts", "verdicts")["service"] == SIGN
    events = [json.loads(line) for line in run("audit", "export", "--format", "fhir").output.splitlines()]
    assert [event["id"] for event in events] == [line["id"] for line in lines]
    for event_ in events:
        AuditEvent.model_validate(event_)
    assert "pat-1" not in json.dumps(events)
    assert site.store.recorder.is_up
    assert run("audit", "export", "--to", "2020-01-01").output == ""
    assert len(run("audit", "export", "--from", "2020-01-01").output.splitlines()) == 2


def test_purge_and_upgrade_on_the_command_line(site: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run("audit", "purge").output == "deleted 0 decisions and 0 feedback entries older than 730 days\n"
    assert "its tables are those of this version" in run("database", "upgrade").output
    monkeypatch.setenv("HER2_CDS_AUDIT__KEEP_DAYS", "null")
    assert run("audit", "purge").exit_code == 2
    assert site.store.recorder.is_up
    monkeypatch.setenv("HER2_CDS_DATABASE", "mysql://x/y")
    refused = run("audit", "export")
    assert (refused.exit_code, refused.output.count("\n")) == (2, 1)
