"""Layers, trials, profiles and repeats, where they meet authentication, opened charts, dispatch and coverage."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from calls import COVERAGE, DISPATCH, SELECT, SIGN, VIEW, Caller, call, on_kadcyla, order
from certificates import Authority
from command_line import run
from signers import Signer
from sqlalchemy import select

from cds_service.audit.explain import explain
from cds_service.configuration.diff import differences
from cds_service.configuration.loading import load_settings
from cds_service.configuration.settings import Settings
from cds_service.learning.cases import unseen_card
from cds_service.learning.trial import trials
from cds_service.store.reading import since
from cds_service.store.selection import Window
from cds_service.store.tables import decision_cards, shadow_verdicts

if TYPE_CHECKING:
    from pathlib import Path

STRICT = {"thresholds": {"weight_max_age_days": 1}}
SERVICES = [SELECT, SIGN, DISPATCH, VIEW, COVERAGE]


@pytest.fixture
def group(tmp_path: Path) -> Path:
    """Return a site's file that extends one in another folder, beside which every kind of file lies."""
    folder = tmp_path / "group"
    folder.mkdir()
    authority = Authority(folder)
    (folder / "ehr.json").write_text(json.dumps({"keys": [Signer().jwk]}))
    clients = [{"issuer": "https://ehr.example", "jwks_file": "ehr.json"}]
    server = {"iss": "https://ehr.example/fhir", "client_id": "x", "private_key": "smart.pem", "key_id": "k"}
    tree = {
        "auth": {"mode": "off", "clients": clients},
        "fhir": {"ca_bundle": authority.path.name},
        "coverage": {"policy_files": ["own.yaml"], "asp_file": "asp.csv"},
        "smart": {"servers": [server]},
    }
    (folder / "base.yaml").write_text(yaml.safe_dump(tree))
    path = tmp_path / "site.yaml"
    path.write_text("extends: group/base.yaml\n")
    return path


def test_every_file_is_found_beside_the_layer_that_names_it(group: Path) -> None:
    folder = group.parent / "group"
    settings = load_settings(group, {})
    assert settings.auth.clients[0].jwks
    assert settings.fhir.ca_bundle is not None
    assert settings.fhir.ca_bundle.parent == folder
    assert settings.coverage.policy_files == [folder / "own.yaml"]
    assert settings.coverage.asp_file == folder / "asp.csv"
    assert settings.smart.servers[0].private_key == folder / "smart.pem"


def test_a_file_named_by_a_variable_is_found_beside_the_top_layer(group: Path) -> None:
    environment = {"HER2_CDS_COVERAGE__ASP_FILE": "here.csv", "HER2_CDS_COVERAGE__POLICY_FILES": "[/etc/plan.yaml]"}
    coverage = load_settings(group, environment).coverage
    assert coverage.asp_file == group.parent / "here.csv"
    assert [str(each) for each in coverage.policy_files] == ["/etc/plan.yaml"]


def test_what_is_shown_names_key_files_and_can_be_used_again(group: Path) -> None:
    shown = run("config", "show", "--config", group, catch_exceptions=False).output
    again = group.parent / "again.yaml"
    again.write_text(shown)
    assert differences(load_settings(group, {}), load_settings(again, {})) == []
    assert Signer().jwk["x"] not in shown


def troubled(service: str, days: int = 18) -> Any:
    if service == VIEW:
        return call(VIEW, prefetch=on_kadcyla(days, lvef=None, liver_tests=None, blood_counts=None))
    return call(service, [order(378)])


@pytest.mark.parametrize("service", SERVICES)
def test_a_trial_of_every_service_changes_no_answer_and_is_kept(service: str, log_lines: Any) -> None:
    tried, plain = Caller(Settings(shadow=STRICT)), Caller()
    request = troubled(service)
    path = f"/cds-services/{service}"
    answer = tried.client.post(path, json=request)
    assert answer.data == plain.client.post(path, json=request).data
    assert answer.json["cards"]
    engine = tried.store.engine
    (kept,) = since(engine)
    assert kept.shadow is not None
    # The trial gives the same result for anything that does not depend on the age of a weight.
    verdicts = [json.loads(each)["fired"] for each in (kept.row.verdicts, kept.shadow.verdicts)]
    now, then = [{(each["topic"], each["order"]) for each in fired} for fired in verdicts]
    assert now <= then
    assert then - now <= {("weight-stale", "MedicationRequest/order-1")}
    explanation = explain(engine, kept.row.id)
    assert explanation is not None
    assert explanation["replay"]["identical"]
    assert not [line for line in log_lines if line["event"] == "shadow_failed"]
    for tally in trials(engine, Window()).values():
        for case in tally.cases:
            assert unseen_card(engine, case)["indicator"]


@pytest.mark.parametrize(("service", "topic"), [(COVERAGE, "billing-summary"), (VIEW, "lvef-missing")])
def test_a_topic_in_the_shadow_is_worded_for_the_reviewer(service: str, topic: str) -> None:
    caller = Caller(Settings(cards={topic: {"mode": "shadow"}}))
    caller.post(troubled(service), service)
    (case,) = trials(caller.store.engine, Window(), topic)[topic].cases
    assert unseen_card(caller.store.engine, case)["indicator"]


def test_a_trial_without_a_drug_for_the_patient_reports_nothing() -> None:
    caller = Caller(Settings(shadow={"thresholds": {"on_treatment_margin_days": 0}}))
    assert caller.post(troubled(VIEW, days=30), VIEW).cards
    with caller.store.engine.connect() as connection:
        (row,) = connection.execute(select(shadow_verdicts))
    assert json.loads(row.verdicts) == {"fired": [], "cannot-tell": []}


def test_a_card_that_lists_several_tests_is_kept_under_its_own_order() -> None:
    caller = Caller()
    cards = caller.post(troubled(VIEW), VIEW).cards
    with caller.store.engine.connect() as connection:
        rows = list(connection.execute(select(decision_cards)))
    assert [(row.topic, row.product) for row in rows] == [
        (card["source"]["topic"]["code"], "kadcyla") for card in cards
    ]


def test_a_request_without_a_judgment_is_neither_tried_nor_suppressed() -> None:
    caller = Caller(Settings(shadow=STRICT, suppress_repeats={"enabled": True}))
    assert caller.post(call(VIEW, prefetch={"administrations": None, "medications": None}), VIEW).cards == []
    assert list(since(caller.store.engine)) == []


def test_the_shared_id_keeps_what_each_service_asks_for() -> None:
    plain = Caller().get("/cds-services").body["services"]
    shared = Caller(Settings(quirks={"same_ids": True})).get("/cds-services").body["services"]
    assert [{**each, "id": ""} for each in shared] == [{**each, "id": ""} for each in plain]
    assert [each["id"] for each in shared] == ["her2-orders"] * 3 + [
        VIEW,
        COVERAGE,
        "her2-coverage-select",
        "her2-coverage-dispatch",
    ]
    caller = Caller(Settings(quirks={"same_ids": True}))
    assert "dose-above-maximum" in caller.post(call(DISPATCH, [order(378)]), "her2-orders").topics
