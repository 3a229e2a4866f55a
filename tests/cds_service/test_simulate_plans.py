"""Made-up plans, signed whole: how many cards they get when all is right, and when one thing is wrong."""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING

from click.testing import CliRunner
from command_line import run

from cds_service.cli import main
from cds_service.configuration.settings import Settings
from cds_service.simulate.cohort.plans import ERRORS, RIGHT, plans
from cds_service.simulate.plan_cards import cards_of_plans

if TYPE_CHECKING:
    from pathlib import Path

# The topics that each error also raises; 5.4 mg/kg of Kadcyla is above its maximum.
TOPICS = {
    "look-alike dose in every cycle": {"dose-above-maximum", "dose-matches-other-drug"},
    "look-alike dose in one cycle": {"dose-above-maximum", "dose-matches-other-drug"},
    "mg/kg as mg": {"dose-implausible"},
    "no dose in one cycle": {"dose-cannot-verify"},
    "code of another drug": {"hcpcs-mismatch"},
    "every other week": {"interval-too-short"},
    "one dose twice": {"duplicate-order"},
    "HER2 missing": {"her2-missing"},
    "HER2 equivocal": {"her2-ish-missing"},
    "LVEF missing": {"lvef-missing"},
    "LVEF overdue": {"lvef-overdue"},
    "weight old": {"weight-stale"},
    "weight missing": {"dose-cannot-verify"},
    "liver tests missing": {"liver-tests-missing"},
    "platelets missing": {"blood-count-missing"},
    "ALT high": {"liver-tests-hold"},
    "liver injury": {"liver-tests-discontinue"},
    "platelets low": {"blood-count-hold"},
    "pneumonitis": {"ild-active"},
    "heart failure": {"heart-failure-active"},
    "pregnancy": {"pregnancy-positive"},
    "agents combined": {"her2-agents-combined"},
    "subcutaneous": {"route-wrong"},
    "gap without reload": {"reload-required"},
}
# Before the first dose of trastuzumab the label gives no limit without a baseline.
SOMETIMES_SILENT = {"LVEF low": {"lvef-hold"}}


def test_a_correct_plan_has_at_most_one_info_card_and_an_error_its_own_card_and_few_others() -> None:
    found = {each.error: each for each in cards_of_plans(plans(220, 3, 70), Settings())}
    right = found.pop(RIGHT)
    assert right.most <= 1
    assert set(right.topics) == {"monitoring-planned"}
    assert len(found) > 20
    for error, each in found.items():
        assert each.most <= 3, error
        own = sum(each.topics.get(topic, 0) for topic in TOPICS.get(error, ()))
        assert error not in TOPICS or own >= len(each.counts), error
    counts = [count for each in found.values() for count in each.counts]
    assert statistics.median(counts) == 1


def test_every_error_names_the_topic_that_must_fire() -> None:
    assert set(ERRORS) == set(TOPICS) | set(SOMETIMES_SILENT)


def test_the_cohort_of_plans_is_an_export_and_the_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("cohort", "again"):
        done = CliRunner().invoke(
            main, ["simulate", "generate", "--plans", "--patients", "12", "--output", str(tmp_path / name)]
        )
        assert done.exit_code == 0, done.output
        assert "in 12 plans" in done.output
    lines = (tmp_path / "cohort" / "plans.csv").read_text(encoding="utf-8").splitlines()
    assert lines[0] == "patient,error"
    assert len(lines) == 13
    assert (tmp_path / "cohort" / "MedicationRequest.ndjson").stat().st_size > 0
    for path in (tmp_path / "cohort").iterdir():
        assert path.read_bytes() == (tmp_path / "again" / path.name).read_bytes()


def test_the_command_prints_a_line_for_each_kind_of_error() -> None:
    done = run("simulate", "plans", "--patients", "20")
    assert done.exit_code == 0, done.output
    assert "nothing" in done.output
    assert "cards, median" in done.output
    refused = CliRunner().invoke(
        main,
        ["simulate", "generate", "--plans", "--fault", "unknown-unit", "--fault-from", "2024-03-04", "--output", "x"],
    )
    assert refused.exit_code == 2
