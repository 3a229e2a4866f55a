"""What stops for good is remembered: results and diseases that are over, and began under treatment or before it."""

from __future__ import annotations

import msgspec
from builders import at, chart, days_ago, given, lab, order
from rows import CANNOT, FIRES, SILENT, Row

from cards.facts.patient import Patient, PresentProblem, TreatmentState
from cards.facts.results import LabResult
from cards.facts.topics import Topic
from cards.knowledge.schema import Problem

LIVER_STOP, LUNG, FAILURE = Topic.LIVER_TESTS_DISCONTINUE, Topic.ILD_ACTIVE, Topic.HEART_FAILURE_ACTIVE
TOGETHER = Topic.HER2_AGENTS_COMBINED
LABELS = {
    Problem.ILD: "Pneumonitis",
    Problem.HEART_FAILURE: "Heart failure",
    Problem.RADIATION_PNEUMONITIS: "Radiation pneumonitis",
}
RADIATION = Problem.RADIATION_PNEUMONITIS
KADCYLA, ENHERTU, PERJETA = order("Kadcyla", "252 mg"), order("Enhertu", "378 mg"), order("Perjeta", "420 mg")


def drawn(*doses: int, alt: tuple[tuple[str, int], ...]) -> Patient:
    """Build a chart with doses of Kadcyla so many days ago, and results of ALT as multiples of its limit."""
    now = chart()
    results: tuple[LabResult, ...] = tuple(lab("alt", f"{value} ULN", days) for value, days in alt)
    treatments = tuple(given("kadcyla", days, "252 mg") for days in doses)
    return msgspec.structs.replace(now, treatments=treatments, labs={**now.labs, "alt": results})


def had(
    began: int | None,
    ended: int | None = None,
    *doses: int,
    drug: str = "enhertu",
    problem: Problem = Problem.ILD,
    is_onset: bool = True,
    grade: int | None = None,
) -> Patient:
    """Build a chart with a problem of some days, that is over, and doses so many days ago."""
    entry = PresentProblem(
        problem,
        LABELS[problem],
        at("problem"),
        None if began is None else days_ago(began),
        ended is None,
        None if ended is None else days_ago(ended),
        is_onset,
        grade,
    )
    treatments = tuple(given(drug, days) for days in doses)
    return msgspec.structs.replace(chart(history=treatments), problems=(entry,))


def irradiated(grade: int | None) -> Patient:
    """Build a chart with a present radiation pneumonitis."""
    found = had(10, problem=RADIATION, grade=grade)
    return msgspec.structs.replace(found, problems=(msgspec.structs.replace(found.problems[0], is_past=False),))


def active_until(began: int, ended: int) -> Patient:
    """Build a chart with an active entry of Enhertu whose own period ends so many days ago."""
    entry = given("enhertu", began, state=TreatmentState.ACTIVE)
    return chart(history=(msgspec.structs.replace(entry, ended=days_ago(ended)),))


ROWS = [
    # Results.
    Row(
        LIVER_STOP,
        "ALT above 20 times its limit under treatment, and two doses given since",
        FIRES,
        KADCYLA,
        drawn(90, 42, 21, alt=(("1", 1), ("25", 60))),
        indicator="critical",
        says=("ALT 25 × ULN on 2026-09-23, during treatment",),
        tells=("until a decision is documented",),
    ),
    Row(
        LIVER_STOP,
        "at 20 times it was a hold, and is over",
        SILENT,
        KADCYLA,
        drawn(90, 21, alt=(("1", 1), ("20", 60))),
    ),
    Row(
        LIVER_STOP,
        "before the first dose it is no result of treatment",
        SILENT,
        KADCYLA,
        drawn(60, 21, alt=(("1", 1), ("25", 61))),
    ),
    # Lung disease.
    Row(
        LUNG,
        "one that ended before the first dose is named",
        FIRES,
        ENHERTU,
        had(400, 300),
        indicator="warning",
        says=("past lung disease (Pneumonitis)", "before the first dose"),
        tells=("ended 2026-01-26",),
        hides=("is active",),
        fixes=(),
    ),
    Row(LUNG, "one that is over without a date likewise", FIRES, ENHERTU, had(400), indicator="warning"),
    Row(LUNG, "one that ended before treatment is named at the first dose alone", SILENT, ENHERTU, had(400, 300, 21)),
    Row(
        LUNG,
        "one that began under treatment stops it though it has ended",
        FIRES,
        ENHERTU,
        had(60, 30, 90),
        indicator="critical",
        says=("Pneumonitis began during treatment (2026-09-23)", "do not give"),
        tells=("until a decision is documented",),
        hides=("is active",),
        fixes=("RemoveOrder",),
    ),
    Row(LUNG, "on the day of the dose", FIRES, ENHERTU, had(90, 30, 90), indicator="critical"),
    Row(LUNG, "on the day before the dose", SILENT, ENHERTU, had(91, 30, 90)),
    Row(LUNG, "under another drug that stops for it", FIRES, ENHERTU, had(60, 30, 90, drug="kadcyla"), says=("began",)),
    Row(LUNG, "after one that does not stop for it", FIRES, ENHERTU, had(60, 30, 90, drug="perjeta"), says=("past",)),
    Row(
        LUNG,
        "known only to have been recorded under treatment",
        CANNOT,
        ENHERTU,
        had(60, 30, 90, is_onset=False),
        missing=("onset",),
    ),
    Row(
        LUNG,
        "of a year in which treatment began",
        CANNOT,
        ENHERTU,
        msgspec.structs.replace(
            had(60, 30, 40),
            problems=(msgspec.structs.replace(had(300, 30).problems[0], latest=days_ago(-20)),),
        ),
    ),
    Row(LUNG, "recorded before it", SILENT, ENHERTU, had(120, 30, 90, is_onset=False)),
    Row(LUNG, "over, and nobody knows since when", CANNOT, ENHERTU, had(None, 30, 90)),
    Row(LUNG, "over before treatment, and nobody knows since when", SILENT, ENHERTU, had(None, 100, 90)),
    Row(
        LUNG,
        "of grade 1 under Enhertu, whose label has a row for it",
        FIRES,
        ENHERTU,
        had(60, 30, 90, grade=1),
        indicator="warning",
        says=("grade 1",),
        tells=("within 28 days",),
        fixes=(),
    ),
    Row(LUNG, "of grade 2 it stops", FIRES, ENHERTU, had(60, 30, 90, grade=2), indicator="critical"),
    Row(
        LUNG,
        "of grade 1 under Kadcyla it stops",
        FIRES,
        KADCYLA,
        had(60, 30, 90, drug="kadcyla", grade=1),
        indicator="critical",
    ),
    Row(
        LUNG,
        "an end that lies ahead changes nothing",
        FIRES,
        ENHERTU,
        had(60, -10),
        says=("is active",),
        indicator="critical",
    ),
    Row(LUNG, "one that ends today lasts", FIRES, ENHERTU, had(60, 0), says=("is active",)),
    # Heart failure.
    Row(
        FAILURE,
        "heart failure that began under treatment stays a stop",
        FIRES,
        KADCYLA,
        had(60, 30, 90, drug="kadcyla", problem=Problem.HEART_FAILURE),
        indicator="critical",
        says=("Heart failure began during treatment",),
    ),
    Row(FAILURE, "one that ended before it is past", SILENT, KADCYLA, had(400, 300, problem=Problem.HEART_FAILURE)),
    # Radiation pneumonitis: by its grade, where the label says so.
    Row(
        LUNG,
        "radiation pneumonitis of grade 3 under Kadcyla",
        FIRES,
        KADCYLA,
        irradiated(3),
        indicator="critical",
        says=("Radiation pneumonitis is active",),
        tells=("grade 3 or higher",),
    ),
    Row(LUNG, "of grade 2", CANNOT, KADCYLA, irradiated(2), missing=("radiation-grade",)),
    Row(LUNG, "of no grade", CANNOT, KADCYLA, irradiated(None), missing=("radiation-grade",)),
    Row(LUNG, "of grade 1", SILENT, KADCYLA, irradiated(1)),
    Row(LUNG, "one of grade 3 that is over", SILENT, KADCYLA, had(400, 300, problem=RADIATION, grade=3)),
    Row(LUNG, "radiation pneumonitis is no matter of Enhertu's label", SILENT, ENHERTU, irradiated(None)),
    # Entries whose own period has ended.
    Row(
        TOGETHER,
        "another HER2 drug whose statement ended years ago",
        SILENT,
        KADCYLA,
        active_until(2000, 1),
    ),
    Row(
        TOGETHER,
        "one that ends today is active",
        FIRES,
        KADCYLA,
        active_until(20, 0),
    ),
    Row(
        TOGETHER,
        "one that ends tomorrow is active",
        FIRES,
        KADCYLA,
        active_until(20, -1),
    ),
]
