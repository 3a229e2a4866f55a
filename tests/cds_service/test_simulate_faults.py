"""Faults of a whole site: what is written down changes, from their day on, and nothing else; and they are noticed."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from command_line import run

from cds_service.learning.control import PERIODS
from cds_service.simulate.cohort.courses import SITES
from cds_service.simulate.cohort.generate import LABELS, generate
from cds_service.simulate.cohort.site_faults import SITE_FAULTS, SiteFault
from cds_service.simulate.rows import FIRINGS, ORDERS
from cds_service.simulate.signal_detection import noticed, signal_lines

if TYPE_CHECKING:
    from pathlib import Path

Json = dict[str, Any]
DAY = date(2024, 3, 4)
LIVER = {"1920-8", "1742-6"}


def _read(folder: Path) -> dict[str, Json]:
    found = {}
    for path in sorted(folder.glob("*.ndjson")):
        for line in path.read_text("utf-8").splitlines():
            resource = json.loads(line)
            found[f"{resource['resourceType']}/{resource['id']}"] = resource
    return found


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("clean")
    generate(60, 3, folder)
    return folder


@pytest.fixture(scope="module")
def before(clean: Path) -> dict[str, Json]:
    """Return the resources of the clean cohort."""
    return _read(clean)


def _code(resource: Json) -> str:
    return str(resource.get("code", {}).get("coding", [{}])[0].get("code", ""))


def _about(name: str, resource: Json) -> bool:
    """Say which resources a fault is about, told apart by the clean cohort."""
    if name == "drug-without-a-code":
        return "coding" in resource.get("medicationCodeableConcept", {})
    if name == "drug-by-a-local-name":
        return "medicationCodeableConcept" in resource
    codes = {"local-test-code": {"10230-1"}, "pounds-as-kilograms": {"29463-7"}}.get(name, LIVER)
    return _code(resource) in codes


@pytest.mark.parametrize("name", list(SITE_FAULTS))
@pytest.mark.parametrize("site", [None, "north"])
def test_a_fault_changes_what_it_is_about_from_its_day_on_and_nothing_else(name, site, clean, before, tmp_path) -> None:
    generate(60, 3, tmp_path, fault=SiteFault(name, DAY, site))
    after = _read(tmp_path)
    sites = {
        each["subject"]["reference"]: each["location"][0]["location"]["reference"].removeprefix("Location/site-")
        for each in before.values()
        if each["resourceType"] == "Encounter"
    }
    wanted = {
        key
        for key, each in before.items()
        if _about(name, each)
        and (each.get("effectiveDateTime") or each.get("authoredOn", ""))[:10] >= str(DAY)
        and site in (None, sites[each["subject"]["reference"]])
    }
    assert list(before) == list(after)
    assert {key for key in before if before[key] != after[key]} == wanted != set()
    assert (clean / LABELS).read_bytes() == (tmp_path / LABELS).read_bytes()


@pytest.mark.parametrize(
    ("name", "clean", "written"),
    [
        ("unknown-unit", {"value": 30, "unit": "U/L", "code": "U/L"}, {"value": 30, "unit": "arb", "code": "arb"}),
        ("unit-under-the-old-name", {"value": 30, "unit": "U/L"}, {"value": 0.5, "unit": "U/L"}),
    ],
)
def test_a_laboratory_writes_its_liver_tests(name, clean, written) -> None:
    alt = _observation("1742-6", clean)
    assert SiteFault(name, DAY).written(alt, SITES[0])["valueQuantity"] == written
    assert alt["valueQuantity"] == clean


def test_a_ward_writes_pounds_and_says_kilograms() -> None:
    weight = _observation("29463-7", {"value": 70.0, "unit": "kg"})
    written = SiteFault("pounds-as-kilograms", DAY).written(weight, SITES[0])
    assert written["valueQuantity"] == {"value": 154.3, "unit": "kg"}


def test_a_code_list_is_replaced() -> None:
    lvef = _observation("10230-1", {"value": 61, "unit": "%"})
    (coding,) = SiteFault("local-test-code", DAY).written(lvef, SITES[0])["code"]["coding"]
    assert coding["system"] != "http://loinc.org"


def _observation(code: str, quantity: Json) -> Json:
    return {
        "resourceType": "Observation",
        "id": "p-1",
        "code": {"coding": [{"system": "http://loinc.org", "code": code}]},
        "effectiveDateTime": f"{DAY}T07:40:00Z",
        "valueQuantity": quantity,
    }


@pytest.mark.parametrize(
    "options", [("--fault", "unknown-unit"), ("--fault-from", "2024-03-04"), ("--fault-site", "north")]
)
def test_an_incomplete_fault_is_refused(options, tmp_path) -> None:
    done = run("simulate", "generate", "--output", tmp_path / "cohort", *options)
    assert (done.exit_code, done.output.count("\n")) == (2, 1)
    assert "--fault and --fault-from go together" in done.output
    assert not (tmp_path / "cohort").exists()


def test_a_fault_is_noticed_in_a_whole_run_and_seen_in_its_report(tmp_path) -> None:
    cohort, result = tmp_path / "cohort", tmp_path / "result"
    fault = ("--fault", "unknown-unit", "--fault-from", DAY)
    assert run("simulate", "generate", "--patients", 200, "--weeks", 80, "--output", cohort, *fault).exit_code == 0
    assert run("simulate", "--input", cohort, "--output", result, "--workers", 1).exit_code == 0
    done = run("simulate", "signals", result, "--since", DAY)
    first, *_ = done.output.splitlines()
    assert first.startswith("2024-03-04  checks-incomplete: loud")
    assert "noticed after 7 days" in first
    assert not (result / ".work").exists()
    report = (result / "report.html").read_text("utf-8")
    assert "checks-incomplete: loud" in report
    assert "loud in the period of 2024-03-04" in report
    assert "Findings for 100 orders by topic and month" in report


def test_drugs_no_longer_recognized_are_noticed_in_a_whole_run(tmp_path) -> None:
    cohort, result = tmp_path / "cohort", tmp_path / "result"
    fault = ("--fault", "drug-by-a-local-name", "--fault-from", DAY)
    assert run("simulate", "generate", "--patients", 120, "--weeks", 110, "--output", cohort, *fault).exit_code == 0
    assert run("simulate", "--input", cohort, "--output", result, "--workers", 1).exit_code == 0
    first, *_, last = run("simulate", "signals", result, "--since", DAY).output.splitlines()
    # With eleven orders a week, one week without any may be chance, but not two.
    assert first.startswith("2024-03-11  orders of all drugs: silent over the last 2 weeks, 0 orders where ")
    assert "noticed after 14 days; " in first
    assert last.endswith("which are not over.")
    report = (result / "report.html").read_text("utf-8")
    assert "silent in the period of 2024-03-11" in report
    ended = json.loads((result / "run.json").read_text("utf-8"))["about"]["last order"]
    assert date.fromisoformat(ended) > DAY + timedelta(days=300)


@pytest.fixture
def result(tmp_path: Path) -> Path:
    """Return a result: five orders a day from a Monday on, a finding on one of ten, from week 15 on on six of ten."""
    days = [date(2024, 1, 1) + timedelta(days=number // 5) for number in range(5 * 7 * 20)]
    orders = [
        (f"p-{number}", f"o-{number}", day, f"{day:%Y-%m}", "kadcyla", "Kadcyla", "north", "authoredOn", 0, None)
        for number, day in enumerate(days)
    ]
    fired = [
        (*order[:7], configuration, "lvef-missing", "warning", "live", True, "says")
        for number, order in enumerate(orders)
        for configuration in ("A", "A", "B")
        if number % 10 == 0 or (configuration == "A" and order[2] >= date(2024, 4, 8) and number % 2)
    ]
    for name, schema, rows in (("orders", ORDERS, orders), ("firings", FIRINGS, fired)):
        columns = [pa.array(column, kind.type) for column, kind in zip(zip(*rows, strict=True), schema, strict=True)]
        pq.write_table(pa.table(columns, schema=schema), tmp_path / f"{name}.parquet")
    return tmp_path


def test_the_delay_is_counted_from_the_day_of_the_change(result) -> None:
    first, *_ = noticed(result, "A", PERIODS["week"], date(2024, 4, 8))
    assert (first.topic, first.point.signal, str(first.point.count.begin)) == ("lvef-missing", "loud", "2024-04-08")
    assert (first.days, first.orders) == (7, 35)
    # A change on a Wednesday: only what came after it counts.
    later = noticed(result, "A", 7, date(2024, 4, 10))[0]
    assert (later.days, later.orders) == (5, 25)
    assert noticed(result, "A", 7, None)[0].days is None
    assert noticed(result, "B", 7, date(2024, 4, 8)) == []


def test_an_order_with_two_findings_of_a_topic_counts_once(result) -> None:
    point = noticed(result, "A", 7, None)[0].point
    assert (point.count.orders, point.count.hits) == (35, 21)


def test_signals_are_reported_once_for_each_topic_after_the_change(result) -> None:
    found = noticed(result, "A", 7, date(2024, 4, 8))
    assert len(found) > 1
    (line,) = signal_lines(found, "week")
    told = "2024-04-08  lvef-missing: loud, 21 of 35 orders; noticed after 7 days, 35 orders; "
    assert line == f"{told}{len(found)} weeks in all, the last {found[-1].point.count.begin}"
    assert list(signal_lines([], "week")) == ["no topic went silent or loud, as far as enough is known to say so"]


def test_a_folder_without_a_result_is_reported_in_one_line(tmp_path) -> None:
    done = run("simulate", "signals", tmp_path)
    assert (done.exit_code, done.output.count("\n")) == (2, 1)
    assert "no result of a simulation" in done.output
    assert list(tmp_path.iterdir()) == []
