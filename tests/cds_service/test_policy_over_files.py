"""A published policy between the files and the environment: what wins, and who is said to have set it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from command_line import run

from cards.facts.topics import Topic
from cds_service.configuration.layers import ConfigurationError
from cds_service.configuration.loading import load_settings
from cds_service.configuration.overlay import PublishedPolicy, with_policy
from cds_service.configuration.policy_content import read_content
from cds_service.configuration.settings import Settings
from cds_service.decisions.decider import Decider

if TYPE_CHECKING:
    from collections.abc import Mapping

TOPIC, DAYS = "HER2_CDS_CARDS__WEIGHT_STALE", "HER2_CDS_THRESHOLDS__WEIGHT_MAX_AGE_DAYS"
POLICY = """
cards: {weight-stale: {mode: off, indicator: info}}
thresholds: {weight_max_age_days: 60}
shadow: {lab_max_age_days: 3, weight_max_age_days: 90}
"""


def settings(folder: Path, text: str = "", policy: str = POLICY, **environment: str) -> Settings:
    path = folder / "site.yaml"
    path.write_text(text, encoding="utf-8")
    return with_policy(load_settings(path, environment), PublishedPolicy(read_content(policy), 7, "abc"))


def seen(found: Settings) -> tuple[Any, ...]:
    """Return mode, indicator, days, and who is said to have set topic and days."""
    policy = found.policy()
    return (
        str(policy.mode(Topic.WEIGHT_STALE)),
        str(policy.indicators.get(Topic.WEIGHT_STALE)),
        int(policy.thresholds["weight_max_age_days"] or 0),
        found.set_by("cards", "weight-stale"),
        found.set_by("thresholds", "weight_max_age_days"),
    )


FILE = "cards: {weight-stale: {mode: shadow, indicator: critical}}\nthresholds: {weight_max_age_days: 20}"
PROFILE = """
profiles:
  signing:
    match: {service: her2-order-sign}
    cards: {weight-stale: {mode: shadow}}
    thresholds: {weight_max_age_days: 45}
"""


@pytest.mark.parametrize(
    ("text", "environment", "expected"),
    [
        pytest.param("", {}, ("off", "info", 60, "version 7", "version 7"), id="nothing else"),
        pytest.param(FILE, {}, ("off", "info", 60, "version 7", "version 7"), id="over the file"),
        pytest.param(
            FILE, {f"{TOPIC}__MODE": "live", DAYS: "14"}, ("live", "info", 14, f"{TOPIC}__MODE", DAYS),
            id="a variable takes precedence, key by key",
        ),
        pytest.param(
            "", {f"{TOPIC}__MODE": "live", DAYS: "14"}, ("live", "info", 14, f"{TOPIC}__MODE", DAYS),
            id="a variable takes precedence over a value that no file sets",
        ),
        pytest.param(
            "", {TOPIC: "{mode: live}"}, ("live", "info", 60, TOPIC, "version 7"), id="a variable of the whole topic"
        ),
        pytest.param(
            FILE, {"HER2_CDS_THRESHOLDS": "{weight_max_age_days: 14}"},
            ("off", "info", 14, "version 7", "settings"), id="a variable of all thresholds",
        ),
        pytest.param(
            FILE, {"HER2_CDS_CARDS": "{weight-stale: {mode: live, indicator: warning}}"},
            ("live", "warning", 60, "settings", "version 7"), id="a variable of all topics",
        ),
        pytest.param(
            "", {"HER2_CDS_CARDS__LVEF_MISSING__MODE": "off", "HER2_CDS_THRESHOLDS__LAB_MAX_AGE_DAYS": "2"},
            ("off", "info", 60, "version 7", "version 7"), id="a variable for something else",
        ),
        pytest.param(
            "", {f"{TOPIC}__OWNER": "Ward"}, ("off", "info", 60, "version 7", "version 7"), id="a variable of an owner"
        ),
    ],
)  # fmt: skip
def test_order_of_precedence(tmp_path: Path, text: str, environment: dict[str, str], expected: tuple[Any, ...]) -> None:
    assert seen(settings(tmp_path, text, **environment)) == expected


def test_settings_that_the_policy_does_not_name_stay_as_in_the_file(tmp_path: Path) -> None:
    found = settings(tmp_path, FILE, "cards: {weight-stale: {owner: Ward}, lvef-missing: {mode: off}}")
    assert seen(found) == ("shadow", "critical", 20, "site.yaml", "site.yaml")
    assert found.cards[Topic.WEIGHT_STALE].owner == "Ward"
    assert found.set_by("cards", "lvef-missing") == "version 7"
    assert found.place_of("cards", "weight-stale", "owner") == "version 7"
    assert found.place_of("cards", "weight-stale", "mode").endswith("site.yaml:1")


def test_a_profile_overrides_the_policy(tmp_path: Path) -> None:
    found = settings(tmp_path, PROFILE)
    assert seen(found.in_profile("signing")) == ("shadow", "info", 45, "profile signing", "profile signing")
    assert found.in_profile("signing").published == (7, "abc")
    assert seen(found)[:3] == ("off", "info", 60)


def tried(found: Settings) -> Mapping[str, Any]:
    candidate = found.tried()
    assert candidate is not None
    return {name: int(value or 0) for name, value in candidate.thresholds.items()}


def test_the_shadow_of_the_policy_overrides_that_of_the_file(tmp_path: Path) -> None:
    text = "shadow: {thresholds: {lab_max_age_days: 10, interval_window_days: 1}}"
    expected = {"weight_max_age_days": 90, "lab_max_age_days": 3, "interval_window_days": 1}
    assert tried(settings(tmp_path, text)) == expected
    braked = settings(tmp_path, text, HER2_CDS_SHADOW__THRESHOLDS__LAB_MAX_AGE_DAYS="12")
    assert tried(braked) == expected | {"lab_max_age_days": 12}
    assert tried(settings(tmp_path)) == {"weight_max_age_days": 90, "lab_max_age_days": 3}
    assert settings(tmp_path, "", "cards: {weight-stale: {mode: off}}").tried() is None


def test_a_trial_of_a_whole_file_is_unchanged(tmp_path: Path) -> None:
    (tmp_path / "trial.yaml").write_text("thresholds: {lab_max_age_days: 5}", encoding="utf-8")
    found = settings(tmp_path, "shadow: {configuration: trial.yaml}")
    assert tried(found) == {"lab_max_age_days": 5}
    candidate = found.tried()
    assert candidate is not None
    assert candidate.published is None
    assert seen(found)[:3] == ("off", "info", 60)


def test_the_base_settings_are_not_changed(tmp_path: Path) -> None:
    (tmp_path / "site.yaml").write_text(FILE, encoding="utf-8")
    beneath = load_settings(tmp_path / "site.yaml", {})
    before = beneath.model_dump(), beneath.set_by("cards", "weight-stale"), beneath.place_of("thresholds")
    with_policy(beneath, PublishedPolicy(read_content(POLICY), 7, "abc"))
    assert before == (beneath.model_dump(), beneath.set_by("cards", "weight-stale"), beneath.place_of("thresholds"))
    assert beneath.published is None


def configuration(found: Settings) -> tuple[dict[str, Any], str]:
    versions = Decider(found).versions
    return json.loads(versions.configuration), versions.configuration_hash


def test_the_configuration_on_record_names_the_version(tmp_path: Path) -> None:
    content, digest = configuration(settings(tmp_path))
    assert content["policy"] == {"version": 7, "hash": "abc"}
    assert content["topics"]["weight-stale"] == {"mode": "off", "indicator": "info", "set_by": "version 7"}
    assert content["thresholds"]["weight_max_age_days"] == {"value": "60", "set_by": "version 7"}
    alone, other = configuration(Settings())
    assert alone["policy"] is None
    assert digest != other


# --- Owners ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param("", "cards: {weight-stale: {owner: Ward}}", id="an owner alone"),
        pytest.param(FILE, FILE.replace("mode:", "owner: Ward, mode:"), id="beside a mode"),
        pytest.param(
            PROFILE, PROFILE.replace("{weight-stale: {mode: shadow}}", "{weight-stale: {mode: shadow, owner: Ward}}"),
            id="in a profile",
        ),
        pytest.param(
            PROFILE, PROFILE.replace("cards: {", "cards: {lvef-missing: {owner: Ward}, "), id="alone in a profile"
        ),
    ],
)  # fmt: skip
def test_an_owner_does_not_affect_the_judgment(tmp_path: Path, before: str, after: str) -> None:
    found = []
    for text in (before, after):
        (tmp_path / "site.yaml").write_text(text, encoding="utf-8")
        read = load_settings(tmp_path / "site.yaml", {})
        found.append([configuration(each) for each in (read, *(each for _, each in read.by_profile()))])
    assert found[0] == found[1]


def test_an_owner_in_a_higher_layer_does_not_claim_the_mode_of_a_lower_one(tmp_path: Path) -> None:
    (tmp_path / "site.yaml").write_text("cards: {weight-stale: {mode: off}}", encoding="utf-8")
    (tmp_path / "ward.yaml").write_text("extends: site.yaml\ncards: {weight-stale: {owner: Ward}}", encoding="utf-8")
    read = load_settings(tmp_path / "ward.yaml", {f"{TOPIC}__OWNER": "Pharmacy"})
    assert read.set_by("cards", "weight-stale") == "site.yaml"
    assert read.cards[Topic.WEIGHT_STALE].owner == "Pharmacy"


def test_an_owner_is_shown_and_a_change_is_reported(tmp_path: Path) -> None:
    path = tmp_path / "site.yaml"
    path.write_text('cards:\n  weight-stale: {owner: Ward 3}\nauth: {mode: "off"}\n', encoding="utf-8")
    shown = run("config", "show", "--config", path).output
    assert [line.split() for line in shown.splitlines() if "owner:" in line] == [
        ["owner:", "Ward", "3", "#", f"{path}:2"]
    ]
    told = run("config", "diff", "default", path)
    assert (told.exit_code, told.output) == (1, "weight-stale: Ward 3 answers for it instead of nobody\n")
    schema = json.loads(run("config", "schema").output)
    assert schema["$defs"]["TopicSettings"]["properties"]["owner"]["anyOf"][0]["maxLength"] == 120


def test_an_owner_must_be_one_line(tmp_path: Path) -> None:
    path = tmp_path / "site.yaml"
    path.write_text('cards: {weight-stale: {owner: "a\\tb"}}', encoding="utf-8")
    with pytest.raises(ConfigurationError, match=r"site.yaml:1: cards.weight-stale.owner: must be one line"):
        load_settings(path, {})
