"""Configuration in layers, profiles of clients, what is different between two configurations, and what is in force."""

from __future__ import annotations

import json
import os
import time
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from calls import SIGN, Caller, call, order, troubled_prefetch
from command_line import run
from flask import g
from sqlalchemy import select

from cards.facts.topics import Topic
from cards.knowledge.loader import default_knowledge
from cards.presentation.wording import default_wording
from cds_service.configuration.diff import differences
from cds_service.configuration.layers import ConfigurationError
from cds_service.configuration.loading import load_settings
from cds_service.configuration.settings import Settings
from cds_service.protocol import caller as calling
from cds_service.store.reading import since
from cds_service.store.tables import configurations

if TYPE_CHECKING:
    from pathlib import Path

TROUBLED = call(prefetch=troubled_prefetch())
ISSUER = "https://ehr.example"
SITE = "extends: base.yaml\nauth: {mode: off}"


def write(folder: Path, **files: str) -> Path:
    """Write files, and give the first."""
    for name, text in files.items():
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    return folder / f"{next(iter(files))}.yaml"


def refused(path: Path, environment: dict[str, str] | None = None) -> str:
    with pytest.raises(ConfigurationError) as caught:
        load_settings(path, environment or {})
    return "\n".join(caught.value.problems)


# --- Layers ----------------------------------------------------------------------------------------------------------


def test_a_higher_layer_replaces_a_lower_one_key_by_key(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        ward="extends: site.yaml\ncards: {weight-stale: {indicator: info}}\nfhir: {allowed_servers: [https://c.example]}",
        site="extends: group.yaml\nthresholds: {weight_max_age_days: 60}",
        group="thresholds: {weight_max_age_days: 20, lab_max_age_days: 5}\ncards: {weight-stale: {mode: shadow}}\n"
        "fhir: {timeout_s: 3, allowed_servers: [https://a.example, https://b.example]}",
    )
    settings = load_settings(path, {"HER2_CDS_FHIR__TIMEOUT_S": "4"})
    assert {name: int(value or 0) for name, value in settings.thresholds.items()} == {
        "weight_max_age_days": 60,
        "lab_max_age_days": 5,
    }
    topic = settings.cards[Topic.WEIGHT_STALE]
    assert (topic.mode, topic.indicator) == ("shadow", "info")
    assert [str(each) for each in settings.fhir.allowed_servers] == ["https://c.example/"]
    assert settings.fhir.timeout_s == 4
    assert [each.name for each in settings.files] == ["ward.yaml", "site.yaml", "group.yaml"]
    assert settings.set_by("thresholds", "weight_max_age_days") == "site.yaml"
    assert settings.set_by("thresholds", "lab_max_age_days") == "group.yaml"
    assert settings.place_of("cards", "weight-stale", "mode") == f"{tmp_path}/group.yaml:2"
    assert settings.place_of("cards", "weight-stale", "indicator") == f"{tmp_path}/ward.yaml:2"


@pytest.mark.parametrize(
    ("files", "says"),
    [
        pytest.param(
            {"a": "extends: b.yaml", "b": "\nthresholds:\n  lab_max_age_days: 99"},
            "b.yaml:3: thresholds.lab_max_age_days: must lie between",
            id="a value of a layer",
        ),
        pytest.param({"a": "extends: b.yaml", "b": "fhri: {}"}, "b.yaml:1: unknown key 'fhri'", id="a key of a layer"),
        pytest.param({"a": "x: 1\nextends: a.yaml"}, "a.yaml:2: extends:", id="itself"),
        pytest.param(
            {"a": "extends: b.yaml", "b": "\nextends: ./c.yaml", "c": "extends: a.yaml"},
            "c.yaml:1: extends: ",
            id="a circle of three",
        ),
        pytest.param(
            {"a": "\n\nextends: none.yaml"}, "a.yaml:3: extends: ", id="a file that does not exist, named by its line"
        ),
        pytest.param({"a": "extends: b.yaml", "b": "x: ["}, "b.yaml:1: not valid YAML", id="a layer that is not YAML"),
        pytest.param({"a": "extends: [b.yaml]"}, "a.yaml:1: extends: name one file", id="a list"),
        pytest.param(
            {"a": "profiles:\n  x:\n    match: {isuer: a}"},
            "a.yaml:3: unknown key 'profiles.x.match.isuer'; did you mean 'issuer'?",
            id="a key of a profile",
        ),
        pytest.param(
            {"a": "profiles: {x: {match: {}}}"}, "name an issuer, a tenant, a service, a user", id="no condition"
        ),
        pytest.param(
            {"a": "profiles: {x: {match: {service: her2-sign}}}"}, "did you mean 'her2-order-sign'?", id="no service"
        ),
        pytest.param(
            {"a": "profiles:\n  x: {match: {issuer: a}}\n  y:\n    match: {service: her2-order-sign}"},
            "a.yaml:4: profiles.y.match: a call may be one of 'x' too",
            id="profiles that are left to chance",
        ),
        pytest.param(
            {"a": "profiles: {x: {match: {issuer: a}, thresholds: {lab_max_age_days: 0}}}"},
            "profiles.x.thresholds.lab_max_age_days: must lie between",
            id="a threshold of a profile",
        ),
        pytest.param(
            {"a": "profiles: {x: {match: {service: her2-order-sign}, quirks: {same_ids: true}}}"},
            "profiles.x.quirks.same_ids: is for all services",
            id="one id for one service",
        ),
        pytest.param(
            {"a": "shadow: {configuration: b.yaml, thresholds: {lab_max_age_days: 5}}"},
            "shadow.thresholds: put them into the file",
            id="two trials at once",
        ),
        pytest.param(
            {"a": "shadow: {configuration: b.yaml}", "b": "\nfhri: 1"}, "b.yaml:2: unknown key", id="a broken trial"
        ),
    ],
)
def test_a_layer_is_refused_at_its_line(tmp_path: Path, files: dict[str, str], says: str) -> None:
    assert says in refused(write(tmp_path, **files))


def test_extends_is_not_a_variable(tmp_path: Path) -> None:
    assert "stands in a file" in refused(write(tmp_path, a=""), {"HER2_CDS_EXTENDS": "b.yaml"})


def test_a_path_is_relative_to_the_layer_that_names_it(tmp_path: Path) -> None:
    (tmp_path / "group").mkdir()
    (tmp_path / "group" / "maps.json").write_text('{"resourceType": "ConceptMap"}')
    (tmp_path / "group" / "base.yaml").write_text("site: {code_maps: [maps.json]}")
    path = write(tmp_path, site="extends: group/base.yaml")
    assert load_settings(path, {}).site.code_maps == [tmp_path / "group" / "maps.json"]


def test_a_change_of_any_layer_takes_effect_and_a_faulty_one_is_corrected_in_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cds_service.decisions.active._LOOK_EVERY_S", -1)
    path = write(tmp_path, site=SITE, base="cards: {weight-stale: {mode: off}}", other="fhri: 1")
    caller = Caller(path=path)

    def rewrite(name: str, text: str) -> list[str]:
        file = tmp_path / f"{name}.yaml"
        file.write_text(text, encoding="utf-8")
        os.utime(file, ns=(time.time_ns(), file.stat().st_mtime_ns + 1_000_000))
        return caller.post(TROUBLED).topics

    assert "weight-stale" not in caller.post(TROUBLED).topics
    assert "weight-stale" in rewrite("base", "cards: {weight-stale: {mode: live}}")
    assert "weight-stale" in rewrite("base", "cards: {weight-stale: {mood: off}}")
    assert "weight-stale" not in rewrite("base", "cards: {weight-stale: {mode: off}}")
    assert "weight-stale" not in rewrite("site", SITE.replace("base", "other"))
    assert "weight-stale" not in rewrite("other", "")
    assert "weight-stale" in rewrite("other", "site: {timezone: UTC}")


# --- Profiles and quirks ---------------------------------------------------------------------------------------------


def through(caller: Caller, issuer: str | None, tenant: str | None = None) -> Caller:
    """Let the calls come through a client, as the check of its token would have it."""
    caller.app.before_request(lambda: setattr(g, "caller", calling.Caller(issuer, tenant) if issuer else None))
    return caller


PROFILES = """
profiles:
  ehr: {match: {issuer: https://ehr.example}, cards: {weight-stale: {mode: off}}, quirks: {crd: true}}
  clinic:
    match: {issuer: https://ehr.example, tenant: clinic-1}
    cards: {weight-stale: {indicator: info}}
    thresholds: {lab_max_age_days: 60}
"""


@pytest.mark.parametrize(
    ("issuer", "tenant", "weight", "labs"),
    [
        pytest.param(None, None, "warning", "asked for", id="a call without a token"),
        pytest.param("https://other.example", "clinic-1", "warning", "asked for", id="another client"),
        pytest.param(ISSUER, None, None, "asked for", id="the client"),
        pytest.param(ISSUER, "clinic-2", None, "asked for", id="another tenant of it"),
        pytest.param(ISSUER, "clinic-1", "info", "not asked for", id="the tenant, whose profile names more"),
    ],
)
def test_a_profile_applies_to_the_calls_that_it_names(
    tmp_path: Path, issuer: str | None, tenant: str | None, weight: str | None, labs: str
) -> None:
    caller = through(Caller(path=write(tmp_path, a="auth: {mode: off}\n" + PROFILES)), issuer, tenant)
    cards = {card["source"]["topic"]["code"]: card["indicator"] for card in _cards(caller)}
    assert cards.get("weight-stale") == weight
    assert ("liver-tests-missing" in cards) is (labs == "asked for")


def _cards(caller: Caller) -> list[Any]:
    return list(caller.client.post(f"/cds-services/{SIGN}", json=TROUBLED).json["cards"])


def test_the_profile_in_force_is_on_record_with_every_decision(tmp_path: Path) -> None:
    caller = Caller(path=write(tmp_path, a="auth: {mode: off}\n" + PROFILES))
    asked = [None]
    caller.app.before_request(lambda: setattr(g, "caller", asked[0]))
    for asked[0] in (None, calling.Caller(ISSUER), calling.Caller(ISSUER, "clinic-1"), calling.Caller(ISSUER)):
        _cards(caller)
    kept = list(since(caller.store.engine))
    assert [each.configuration["profile"] for each in kept] == [None, "ehr", "clinic", "ehr"]
    assert len({each.row.configuration_hash for each in kept}) == 3
    assert kept[2].configuration["thresholds"]["lab_max_age_days"] == {"value": "60", "set_by": "profile clinic"}
    with caller.store.engine.connect() as connection:
        assert len(connection.execute(select(configurations)).all()) == 3


def test_an_empty_list_of_system_actions_is_sent_to_crd_clients_alone_and_at_signing() -> None:
    crd, usual = Caller(Settings(quirks={"crd": True})), Caller()
    assert crd.client.post(f"/cds-services/{SIGN}", json=call()).json == {"cards": [], "systemActions": []}
    assert usual.client.post(f"/cds-services/{SIGN}", json=call()).json == {"cards": []}
    select_call = call(service="her2-order-select")
    assert crd.client.post("/cds-services/her2-order-select", json=select_call).json == {"cards": []}


def test_one_id_for_all_order_hooks_if_the_client_wants_it() -> None:
    caller = Caller(Settings(quirks={"same_ids": True}))
    announced = [(each["id"], each["hook"]) for each in caller.get("/cds-services").body["services"]]
    assert ("her2-orders", "order-select") in announced
    assert ("her2-orders", "order-sign") in announced
    assert len(set(announced)) == len(announced)
    assert caller.post(call(orders=[order(378)]), "her2-orders").topics == ["dose-above-maximum"]
    selected = call(service="her2-order-select", orders=[order(378)])
    assert caller.post(selected, "her2-orders").topics == ["dose-above-maximum"]
    assert {kept.row.service for kept in since(caller.store.engine)} == {
        "her2-order-select",
        "her2-order-sign",
    }
    entry = {"card": "c", "outcome": "overridden", "outcomeTimestamp": "2026-01-01T00:00:00Z"}
    assert caller.client.post("/cds-services/her2-orders/feedback", json={"feedback": [entry]}).status_code == 200
    assert caller.post(b"{", "her2-orders").code == "not-json"
    assert caller.post(call() | {"hook": "patient-view"}, "her2-orders").code == "hook-mismatch"


def test_the_shared_id_is_unknown_to_everybody_else(service: Caller) -> None:
    assert service.post(call(), "her2-orders").status == 404
    assert service.send("POST", "/cds-services/her2-orders/feedback", json={"feedback": []}).status == 404
    assert "her2-orders" not in [each["id"] for each in service.get("/cds-services").body["services"]]


def test_no_card_holds_a_table_or_html(service: Caller) -> None:
    for card in service.post(TROUBLED).cards:
        assert not any(line.startswith("|") or "<" in line for line in card["detail"].splitlines())


# --- What is different -----------------------------------------------------------------------------------------------


def said(tmp_path: Path, before: str, after: str) -> list[str]:
    files = [load_settings(write(tmp_path, **{name: text}), {}) for name, text in (("a", before), ("b", after))]
    return [f"{each.says}. {each.effect}" if each.effect else each.says for each in differences(*files)]


@pytest.mark.parametrize(
    ("before", "after", "sentences"),
    [
        pytest.param("", "", [], id="nothing"),
        pytest.param("", "thresholds: {weight_max_age_days: 30}", [], id="a default that is written out"),
        pytest.param(
            "",
            "cards: {weight-stale: {mode: off}}",
            [
                (
                    "weight-stale: off instead of live. Body weight is out of date. Its card is no longer shown; "
                    "it is neither checked nor recorded."
                )
            ],
            id="a topic that is off",
        ),
        pytest.param(
            "cards: {dose-above-maximum: {mode: shadow}}",
            "",
            [
                (
                    "dose-above-maximum: live instead of shadow. Dose above the maximum. Its card, so far only "
                    "recorded, is shown. It is critical: have a second person agree."
                )
            ],
            id="a critical topic that goes live",
        ),
        pytest.param(
            "",
            "cards: {lvef-missing: {indicator: info}}",
            ["lvef-missing: info instead of warning. LVEF missing. Its card is less urgent."],
            id="an indicator",
        ),
        pytest.param(
            "",
            "thresholds: {weight_max_age_days: 60}",
            [
                (
                    "A weight older than 60 days instead of 30 days makes weight-stale fire. "
                    "weight-stale will fire less often."
                )
            ],
            id="a threshold",
        ),
        pytest.param(
            "thresholds: {look_alike_match_percent: 1.50}",
            "",
            [
                (
                    "A dose that is within 2% instead of 1.5% of a level of a look-alike makes dose-matches-other-drug "
                    "fire. dose-matches-other-drug will fire more often."
                )
            ],
            id="a threshold that goes back to its default",
        ),
        pytest.param(
            "thresholds: {lvef_interval_months: 4}",
            "",
            [
                "An ejection fraction older than the label's own value instead of 4 months makes lvef-overdue fire",
            ],
            id="back to the label",
        ),
        pytest.param(
            "thresholds: {lab_max_age_days: 5}\nprofiles: {x: {match: {issuer: a}}}",
            "thresholds: {lab_max_age_days: 5}\nprofiles: {x: {match: {issuer: a}, thresholds: {lab_max_age_days: 9}}}",
            [
                (
                    "profile x: No laboratory result within 9 days instead of 5 days of the planned dose makes "
                    "liver-tests-missing and blood-count-missing fire. "
                    "liver-tests-missing, blood-count-missing will fire less often."
                )
            ],
            id="a threshold of a profile, beside what held for all",
        ),
        pytest.param(
            "profiles: {x: {match: {issuer: a}}}",
            "profiles: {x: {match: {issuer: b}}}",
            ["profile x is for calls of issuer b instead of issuer a"],
            id="the calls of a profile",
        ),
        pytest.param(
            "profiles: {x: {match: {issuer: a}, quirks: {crd: true}}}",
            "",
            [
                "profile x is gone. Calls of issuer a go by what holds for all.",
                (
                    "profile x: quirks.crd: no instead of yes. Answer order-sign and order-dispatch with an empty "
                    "systemActions, as Da Vinci CRD clients and their test suite want it."
                ),
            ],
            id="a profile that was removed",
        ),
        pytest.param(
            "fhir: {allowed_servers: [https://a.example, https://b.example]}",
            "fhir: {allowed_servers: [https://b.example, https://c.example]}",
            [
                (
                    "fhir.allowed_servers: adds https://c.example/; no longer https://a.example/. "
                    "Base URLs that may be fetched from; empty with auth off: loopback only."
                )
            ],
            id="servers",
        ),
        pytest.param(
            "database: postgresql://u:one@h/d",
            "database: postgresql://u:two@h/d",
            ["database: another password instead of a password"],
            id="a password, which is not shown",
        ),
    ],
)
def test_what_is_different(tmp_path: Path, before: str, after: str, sentences: list[str]) -> None:
    assert said(tmp_path, before, after) == sentences


def test_every_threshold_has_a_sentence() -> None:
    known, words = default_knowledge().thresholds, default_wording().thresholds
    assert set(words) == set(known)
    for name, each in words.items():
        assert "{value}" in each.says, name
        assert each.topics


def test_diff_on_the_command_line(tmp_path: Path) -> None:
    path = str(write(tmp_path, a="cards: {weight-stale: {mode: off}}", broken="x: 1"))
    assert (run("config", "diff", path, path).exit_code, run("config", "diff", path, path).output) == (
        0,
        "no difference\n",
    )
    text = run("config", "diff", "default", path)
    assert (text.exit_code, text.output.splitlines()[0]) == (1, "weight-stale: off instead of live")
    (found,) = json.loads(run("config", "diff", "default", path, "--format", "json").output)
    assert (found["kind"], found["name"], found["before"], found["after"]) == ("mode", "weight-stale", "live", "off")
    bad = run("config", "diff", path, str(tmp_path / "broken.yaml"))
    assert (bad.exit_code, "unknown key 'x'" in bad.output) == (2, True)
    assert run("config", "diff", path, "nowhere.yaml").exit_code == 2


def test_what_is_in_force_is_shown_with_its_layers_and_can_be_used_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(
        tmp_path,
        site=f"extends: base.yaml\n{PROFILES}\nshadow: {{thresholds: {{lab_max_age_days: 9}}}}",
        base='thresholds: {weight_max_age_days: 60}\ncards: {weight-stale: {mode: off}}\nauth: {mode: "off"}',
    )
    monkeypatch.setenv("HER2_CDS_OPERATOR__TOKEN", "an-operator-knows-this")
    monkeypatch.setenv("HER2_CDS_THRESHOLDS__LAB_MAX_AGE_DAYS", "3")
    shown = run("config", "show", "--config", str(path)).output
    lines = {line.split("#")[0].strip(): line.partition("# ")[2] for line in shown.splitlines() if "# " in line}
    assert lines["weight_max_age_days: 60"] == f"{tmp_path}/base.yaml:1"
    assert lines["lab_max_age_days: 3"] == "HER2_CDS_THRESHOLDS__LAB_MAX_AGE_DAYS"
    assert lines["interval_window_days: 2"] == "default"
    assert "an-operator-knows-this" not in shown
    monkeypatch.undo()
    again = tmp_path / "again.yaml"
    again.write_text(shown, encoding="utf-8")
    merged = load_settings(path, {"HER2_CDS_THRESHOLDS__LAB_MAX_AGE_DAYS": "3"})
    assert differences(merged, load_settings(again, {})) == []
    assert yaml.safe_load(shown)["cards"]["weight-stale"] == {"mode": "off", "indicator": "warning"}
    listed = json.loads(run("config", "show", "--config", str(path), "--format", "json").output)
    assert {"key": "thresholds.weight_max_age_days", "value": 60, "setBy": f"{tmp_path}/base.yaml:1"} in listed
