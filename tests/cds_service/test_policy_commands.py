"""``her2-cds policy``: versions read from the command line, and exported for the other commands."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click
import pytest
import yaml
from calls import call, order
from command_line import run
from policy_people import ANN, BOB, published, retire

from cds_service.cli import main
from cds_service.configuration.policy_content import read_content
from cds_service.policies.library import Library
from cds_service.store.tables import policy_contents

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Engine

OFF = "cards: {dose-above-maximum: {mode: off, owner: Pharmacy}}\nshadow: {lab_max_age_days: 3}"
SIXTY = "thresholds: {weight_max_age_days: 60}"


@pytest.fixture
def library(database_url: str, engine: Engine, monkeypatch) -> Library:
    """Return the versions of the database that the commands open."""
    monkeypatch.setenv("HER2_CDS_DATABASE", database_url)
    return Library(engine)


def policy(*arguments: str) -> str:
    result = run("policy", *arguments)
    assert result.exit_code == 0, result.output
    return result.output


def test_versions_are_listed_the_newest_first(library: Library) -> None:
    assert policy("list") == "no version; the configuration files alone are in force\n"
    published(library, OFF, "No dose cards")
    library.draft(ANN, "Sixty days", read_content(SIXTY), based_on=1)
    first, second = policy("list").splitlines()
    assert (first.split()[:2], second.split()[:2]) == (["2", "draft"], ["1", "live"])
    assert first.endswith("Sixty days  (based on 1)")
    assert second.endswith("No dose cards")


def test_a_version_is_shown_with_its_steps_and_content(library: Library) -> None:
    version = published(library, OFF, "No dose cards")
    retire(library, 1)
    shown = json.loads(policy("show", "1", "--format", "json"))
    assert yaml.safe_load(policy("show", "1")) == shown
    assert (shown["version"], shown["title"], shown["state"]) == (1, "No dose cards", "retired")
    assert [(each["step"], each["by"]) for each in shown["steps"]] == [
        ("drafted", "Ann"), ("submitted", "Ann"), ("approved", "Bob"), ("published", "Bob"), ("retired", "Bob"),
    ]  # fmt: skip
    assert shown["steps"][3]["effective_from"] == version.last.at.isoformat()
    assert (shown["steps"][4]["subject"], shown["steps"][4]["comment"]) == (BOB.subject, "Too many cards")
    assert shown["content"] == json.loads(read_content(OFF).canonical())


def test_versions_are_compared_in_the_words_of_config_diff(library: Library) -> None:
    published(library, OFF)
    published(library, SIXTY)
    told = run("policy", "diff", "1", "2")
    assert (told.exit_code, told.output.splitlines()[0]) == (1, "dose-above-maximum: live instead of off")
    assert "A weight older than 60 days instead of 30 days makes weight-stale fire" in told.output
    kinds = [each["kind"] for each in json.loads(run("policy", "diff", "default", "1", "--format", "json").output)]
    assert kinds == ["mode", "owner", "setting"]
    assert (run("policy", "diff", "2", "2").exit_code, run("policy", "diff", "2", "2").output) == (0, "no difference\n")


def test_an_exported_version_is_a_file_for_the_other_commands(library: Library, tmp_path: Path) -> None:
    published(library, OFF, 'No "dose" cards\n')
    path = tmp_path / "version.yaml"
    path.write_text(policy("export", "1"), encoding="utf-8")
    assert path.read_text(encoding="utf-8").startswith('# Version 1, live: "No \\"dose\\" cards"\n')
    (tmp_path / "site.yaml").write_text('auth: {mode: "off"}\n', encoding="utf-8")
    served = tmp_path / "served.yaml"
    served.write_text(f"extends: site.yaml\n{path.read_text(encoding='utf-8')}", encoding="utf-8")
    assert run("config", "check", str(served)).exit_code == 0
    assert run("config", "diff", "default", str(path)).output == run("policy", "diff", "default", "1").output
    asked = tmp_path / "request.json"
    asked.write_text(json.dumps(call(orders=[order(378)])), encoding="utf-8")
    assert run("check", str(asked)).exit_code == 1
    silent = run("check", str(asked), "--config", str(served))
    assert (silent.exit_code, "No cards" in silent.output) == (0, True)


def test_what_is_in_force_is_shown_with_the_policy(library: Library, tmp_path: Path) -> None:
    path = tmp_path / "site.yaml"
    path.write_text('thresholds: {weight_max_age_days: 20}\nauth: {mode: "off"}', encoding="utf-8")

    def line(*arguments: str) -> list[str]:
        shown = run("config", "show", "--config", str(path), *arguments).output
        return next(each.split() for each in shown.splitlines() if "weight_max_age_days" in each)

    assert line("--with-policy") == ["weight_max_age_days:", "20", "#", f"{path}:1"]
    published(library, SIXTY)
    assert line() == ["weight_max_age_days:", "20", "#", f"{path}:1"]
    assert line("--with-policy") == ["weight_max_age_days:", "60", "#", "version", "1"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("show", "7"), "there is no version 7"),
        (("export", "99999999999999999999"), "there is no version 99999999999999999999"),
        (("diff", "1", "2"), "there is no version 1"),
        (("diff", "default", "site.yaml"), "site.yaml: name two versions by their numbers, or 'default'"),
        (("diff", "default", "²"), "name two versions by their numbers"),
    ],
)
def test_what_is_not_there_is_reported(library: Library, arguments: tuple[str, ...], says: str) -> None:
    assert library.versions() == []
    result = run("policy", *arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert says in result.stderr


def test_content_that_this_release_does_not_accept_can_still_be_read(library: Library) -> None:
    published(library, SIXTY)
    kept: dict[str, Any] = {"content": '{"thresholds":{"weight_max_age_days":"6000"}}'}
    with library._engine.begin() as connection:
        connection.execute(policy_contents.update().values(kept))
    assert "6000" in policy("show", "1")
    for arguments in (("export", "1"), ("diff", "default", "1")):
        result = run("policy", *arguments)
        assert (result.exit_code, result.stdout) == (2, "")
        assert "version 1: thresholds.weight_max_age_days: must lie between 1 and 365 days" in result.stderr


def test_a_store_that_cannot_be_reached_is_reported_in_one_line() -> None:
    result = run("policy", "list", env={"HER2_CDS_DATABASE": "postgresql://x@127.0.0.1:1/x"})
    assert (result.exit_code, result.stdout, result.stderr.count("\n")) == (2, "", 1)


def test_no_command_writes_approves_or_publishes() -> None:
    group: Any = main.get_command(click.Context(main), "policy")
    assert sorted(group.commands) == ["diff", "export", "list", "show", "stop", "stops", "trial"]
    assert sorted(group.commands["trial"].commands) == ["begin", "end"]
