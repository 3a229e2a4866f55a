"""Whole runs by the command line: the same bytes however they came about, and one line for whatever is wrong."""

from __future__ import annotations

import csv
import gzip
import hashlib
import json
import os
import random
import shutil
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from browser import inaccessible
from click.testing import CliRunner, Result
from command_line import run
from servers import lacking

from cds_service.cli import main
from cds_service.simulate.accuracy import Proportion
from cds_service.simulate.cohort.generate import generate
from cds_service.simulate.figures import Figures, Share
from cds_service.simulate.inputs import ExportFile
from cds_service.simulate.report import About, _differences
from cds_service.simulate.tables import connect

if TYPE_CHECKING:
    from collections.abc import Iterator

PATIENTS = 40


def bytes_of(folder: Path) -> dict[str, str]:
    """Return a digest of every file of a result, but of the one that lists the names of the input."""
    assert not (folder / ".work").exists()
    results = (path for path in sorted(folder.iterdir()) if path.name != "files.csv")
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in results}


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="session")
def cohort(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cohort")
    generate(PATIENTS, 5, folder, 60)
    return folder


@pytest.fixture(scope="session")
def small_cohort(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an export for runs of which the size is not the point."""
    folder = tmp_path_factory.mktemp("small-cohort")
    generate(6, 5, folder, 60)
    return folder


@pytest.fixture(scope="session")
def other_configuration(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("configuration") / "b.yaml"
    path.write_text("thresholds:\n  weight_max_age_days: 14\ncards:\n  lvef-missing: {mode: 'off'}\n")
    return path


@pytest.fixture(scope="session")
def compared(cohort: Path, other_configuration: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the result of a run with everything: two configurations and labels."""
    output = tmp_path_factory.mktemp("result") / "run"
    done = run("simulate", *options(cohort, other_configuration), "--output", output, "--workers", 1)
    assert done.exit_code == 0, done.output
    return output


def options(cohort: Path, other: Path) -> tuple[object, ...]:
    return "--input", cohort, "--against", other, "--labels", cohort / "labels.csv"


def test_a_run_with_more_workers_gives_the_same_bytes(cohort, other_configuration, compared, tmp_path) -> None:
    done = run("simulate", *options(cohort, other_configuration), "--output", tmp_path / "again", "--workers", 3)
    assert done.exit_code == 0, done.output
    assert bytes_of(tmp_path / "again") == bytes_of(compared)


def test_the_same_resources_in_other_files_give_the_same_bytes(cohort, other_configuration, compared, tmp_path) -> None:
    lines = [line for path in sorted(cohort.glob("*.ndjson")) for line in path.read_bytes().splitlines()]
    random.Random(1).shuffle(lines)  # noqa: S311 - no secret
    third = len(lines) // 3
    moved = tmp_path / "moved" / "below"
    moved.mkdir(parents=True)
    (moved / "export.000.ndjson").write_bytes(b"\r\n".join(lines[:third]))
    (moved / "export.001.ndjson.gz").write_bytes(gzip.compress(b"\n".join(lines[third : 2 * third]) + b"\n\n"))
    (moved / "all.jsonl").write_bytes(b"\n".join(lines[2 * third :]))
    shutil.copy(cohort / "labels.csv", tmp_path / "moved" / "labels.csv")
    done = run(
        "simulate", *options(tmp_path / "moved", other_configuration), "--output", tmp_path / "again", "--workers", 2
    )
    assert done.exit_code == 0, done.output
    assert bytes_of(tmp_path / "again") == bytes_of(compared)


def test_no_progress_bar_of_duckdb_is_drawn_into_the_output(monkeypatch) -> None:
    connected = duckdb.connect

    def in_a_forked_process(**options: Any) -> duckdb.DuckDBPyConnection:
        database = connected(**options)
        database.execute("SET enable_progress_bar = true")
        return database

    monkeypatch.setattr(duckdb, "connect", in_a_forked_process)
    with connect() as database:
        assert database.execute("SELECT current_setting('enable_progress_bar')").fetchone() == (False,)


def test_the_tables_hold_the_same_in_parquet_and_csv(compared) -> None:
    for name in ("orders", "firings", "differences", "left_out"):
        table = pq.read_table(compared / f"{name}.parquet")
        rows = rows_of(compared / f"{name}.csv")
        assert table.column_names == list(rows[0] if rows else table.column_names)
        written = [["" if v is None else str(v) for v in row.values()] for row in table.to_pylist()]
        spelled = {"True": "true", "False": "false"}
        assert [list(row.values()) for row in rows] == [[spelled.get(v, v) for v in row] for row in written]
        assert len(rows) == table.num_rows
    orders = rows_of(compared / "orders.csv")
    assert {row["site"] for row in orders} <= {f"{n} oncology" for n in ("North", "South", "Harbour", "Day Clinic")}
    assert sum(int(row["orders"]) for row in rows_of(compared / "by_month.csv")) == len(orders)


def test_a_changed_threshold_differs_in_its_own_cards_alone(compared) -> None:
    rows = rows_of(compared / "differences.csv")
    firings = rows_of(compared / "firings.csv")
    off = [row for row in rows if row["topic"] == "lvef-missing"]
    assert {row["change"] for row in off} == {"only A"}
    assert len(off) == sum(row["topic"] == "lvef-missing" and row["configuration"] == "A" for row in firings) > 0
    older = [row for row in rows if row["topic"] == "weight-stale"]
    assert {row["change"] for row in older} <= {"only B"}
    assert {row["topic"] for row in rows} <= {"lvef-missing", "weight-stale", "checks-incomplete"}


def test_the_report_begins_with_the_cases_that_differ(compared) -> None:
    page = (compared / "report.html").read_text("utf-8")
    places = [page.index(f'id="h-{name}"') for name in ("differences", "settings", "topics")]
    assert places == sorted(places)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        pytest.param((), "A and B have the same settings, and no card differs on any of 1,234 orders.", id="no change"),
        pytest.param(
            (("weight_max_age_days", "30", "31"),),
            "The change changed nothing: 1 setting differs, but no card differs on any of 1,234 orders.",
            id="a change that changed nothing",
        ),
    ],
)
def test_a_comparison_without_a_different_card_says_so(settings, said: str, tmp_path: Path) -> None:
    (tmp_path / "differences.csv").write_text("order,day,drug,topic,change,summary_a,summary_b\n")
    whole = Share("all", 1234, 0, 0)
    found = Figures(whole, {}, {}, {}, {}, {})
    section = _differences(tmp_path, found, About(("a", "b"), (), (), settings))
    assert section.text[0].startswith(said)
    assert section.table is None


def test_every_labeled_error_of_the_cohort_is_found(compared) -> None:
    rows = [row for row in rows_of(compared / "accuracy.csv") if row["configuration"] == "A"]
    assert len(rows) >= 5
    for row in rows:
        assert (row["sensitivity"], row["ppv"]) == ("1.0", "1.0"), row
    off = [r for r in rows_of(compared / "accuracy.csv") if (r["configuration"], r["topic"]) == ("B", "lvef-missing")]
    assert [row["sensitivity"] for row in off] == ["0.0"]


@pytest.mark.parametrize(
    ("part", "whole", "interval"),
    [
        # R, binom::binom.confint(x, n, methods = "wilson")
        (8, 10, (0.4902, 0.9433)),
        (0, 10, (0.0, 0.2775)),
        (10, 10, (0.7225, 1.0)),
        (50, 100, (0.4038, 0.5962)),
    ],
)
def test_an_interval_is_that_of_wilson(part: int, whole: int, interval: tuple[float, float]) -> None:
    assert Proportion(part, whole).interval == interval
    assert Proportion(0, 0).interval is None


def test_a_run_that_was_killed_goes_on_and_ends_with_the_same_bytes(
    cohort, other_configuration, compared, tmp_path
) -> None:
    command = [Path(sys.executable).with_name("her2-cds"), "simulate", *options(cohort, other_configuration)]
    command += ["--output", tmp_path / "again", "--workers", "1"]
    process = subprocess.Popen(list(map(str, command)), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # noqa: S603
    parts = tmp_path / "again" / ".work" / "parts"
    deadline = time.monotonic() + 120
    try:
        while time.monotonic() < deadline and not list(parts.glob("????")):
            time.sleep(0.02)
    finally:
        process.kill()
        process.wait()
    done = list(parts.glob("????"))
    assert done
    # Earlier work is reused: a mark put on it is still there.
    counts = json.loads((done[0] / "counts.json").read_text())
    (done[0] / "counts.json").write_text(json.dumps({**counts, "undated Mark": 7}))
    result = run("simulate", *options(cohort, other_configuration), "--output", tmp_path / "again", "--workers", 1)
    assert result.exit_code == 0, result.output
    assert "going on where the last run was broken off" in result.output
    assert json.loads((tmp_path / "again" / "run.json").read_text())["undated"] == {"Mark": 7}
    told = ("run.json", "report.html")
    expected = {name: digest for name, digest in bytes_of(compared).items() if name not in told}
    assert {name: digest for name, digest in bytes_of(tmp_path / "again").items() if name not in told} == expected


def test_work_of_another_run_is_not_reused(small_cohort, tmp_path) -> None:
    work = tmp_path / "again" / ".work"
    (work / "parts" / "0000").mkdir(parents=True)
    (work / "run.json").write_text(json.dumps({"run": "another"}))
    for name in ("differences.csv", "accuracy.csv"):
        (tmp_path / "again" / name).write_text("of an earlier run\n")
    done = run("simulate", "--input", small_cohort, "--output", tmp_path / "again", "--workers", 1)
    assert done.exit_code == 0, done.output
    assert "going on" not in done.output
    assert not (tmp_path / "again" / "differences.csv").exists()
    assert not (tmp_path / "again" / "accuracy.csv").exists()


def test_spark_gives_the_same_bytes_of_files_with_odd_names(odd, other_configuration, compared, tmp_path) -> None:
    if find_spec("pyspark") is None:
        lacking("PySpark")
    if shutil.which("java") is None:
        lacking("Java")
    command = [Path(sys.executable).with_name("her2-cds"), "simulate", *options(odd, other_configuration)]
    command += ["--output", tmp_path / "again", "--workers", "2", "--engine", "spark"]
    # A short run: a Java that starts quickly is worth more than one that gets fast, and Spark's classes need no proof.
    options_of_java = "-XX:+UnlockDiagnosticVMOptions -XX:-BytecodeVerificationRemote"
    environment = {**os.environ, "JAVA_TOOL_OPTIONS": f"{options_of_java} -XX:TieredStopAtLevel=1 -XX:+UseSerialGC"}
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False, env=environment)  # noqa: S603
    assert done.returncode == 0, done.stderr
    assert bytes_of(tmp_path / "again") == bytes_of(compared)


ODD_NAMES = {
    "_Patient.ndjson": "",
    ".Observation.ndjson": "",
    "MedicationRequest [1].json": "",
    "a{b,c}*?.ndjson.zst": "zstd",
    "part-00000": "",
    "part-00001": "zstd",
    "two words/and, more/bom.ndjson": "mark",
    "%41#x.jsonl": "",
    "ärger.NDJSON.GZ": "gzip",
    "new\nline.ndjson": "",
}
LEFT_ASIDE = {
    "manifest.json": (b'{"transactionTime": "2026-01-01", "output": []}', "its first line is no resource"),
    "_SUCCESS": (b"", "empty"),
    "labels.txt": (b"order,topic,expected", "its first line is no resource"),
}
MAY_BE_DATA = {
    "bundle.json": (b'{"resourceType": "Bundle", "entry": []}', "a Bundle: write its resources one on a line"),
    "pretty.json": (b'{\n "resourceType": "Patient"\n}', "resources, but not one on a line"),
    "wide.ndjson": ("\ufeff{}".encode("utf-16-le"), "UTF-16: write it as UTF-8"),
    "old.ndjson.bz2": (b"BZh91AY", "compressed with bzip2: unpack it"),
    "half.json.gz": (gzip.compress(b"{}" * 9999)[:30], "cannot be unpacked"),
}


@pytest.fixture(scope="module")
def odd(cohort: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the cohort in files with names and in forms that exports have and engines pass over."""
    folder = tmp_path_factory.mktemp("odd")
    lines = [line for path in sorted(cohort.glob("*.ndjson")) for line in path.read_bytes().splitlines()]
    for number, (name, form) in enumerate(ODD_NAMES.items()):
        content = b"\n".join(lines[number :: len(ODD_NAMES)])
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if form == "zstd":
            # Two frames, as a file that was appended to.
            half = content.index(b"\n", len(content) // 2) + 1
            content = b"".join(pa.compress(part, "zstd", asbytes=True) for part in (content[:half], content[half:]))
        elif form == "gzip":
            content = gzip.compress(content)
        path.write_bytes(b"\xef\xbb\xbf" + content if form == "mark" else content)
    shutil.copy(cohort / "labels.csv", folder / "labels.csv")
    return folder


def test_files_with_unusual_names_give_the_same_bytes_and_are_listed(
    odd, other_configuration, compared, tmp_path
) -> None:
    done = run("simulate", *options(odd, other_configuration), "--output", tmp_path / "again", "--workers", 1)
    assert (done.exit_code, done.output.count("\n")) == (0, 1), done.output
    assert bytes_of(tmp_path / "again") == bytes_of(compared)
    listed = {row["file"]: (row["read"], row["how"]) for row in rows_of(tmp_path / "again" / "files.csv")}
    packed = {"zstd", "gzip"}
    wanted = {name.replace("\n", "\\n"): ("yes", form if form in packed else "") for name, form in ODD_NAMES.items()}
    assert listed == wanted | {"labels.csv": ("no", "its first line is no resource")}


def test_what_is_not_read_is_reported(small_cohort, tmp_path) -> None:
    folder = tmp_path / "export"
    shutil.copytree(small_cohort, folder)
    for name, (content, _) in (LEFT_ASIDE | MAY_BE_DATA).items():
        (folder / name).write_bytes(content)
    (folder / "elsewhere").symlink_to(small_cohort)
    done = run("simulate", "--input", folder, "--output", folder / "out", "--workers", 1)
    assert done.exit_code == 1
    first, *_ = done.output.splitlines()
    assert first == "not read: bundle.json: a Bundle: write its resources one on a line"
    assert "not read: 1 more files (files.csv lists them)" in done.output
    listed = {row["file"]: row["how"] for row in rows_of(folder / "out" / "files.csv") if row["read"] == "no"}
    assert listed == {name: why for name, (_, why) in (LEFT_ASIDE | MAY_BE_DATA).items()} | {
        "labels.csv": "its first line is no resource",
        "elsewhere": "a link to a folder is not followed",
    }
    assert "bundle.json: a Bundle" in (folder / "out" / "report.html").read_text("utf-8")


@pytest.mark.parametrize("size", [1, 7, 64, 1000])
def test_pieces_contain_every_line_once_however_they_are_cut(size, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("cds_service.simulate.inputs.PIECE_BYTES", size)
    lines = [b"x" * (number % 9) for number in range(200)]
    path = tmp_path / "lines.ndjson"
    path.write_bytes(b"\xef\xbb\xbf" + b"\r\n".join(lines) + b"\n")
    file = ExportFile(path)
    assert [line for piece in file.pieces() for line in piece.lines()] == lines
    assert list(file.whole.lines()) == lines


@pytest.fixture(scope="module")
def damaged(small_cohort: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Result]]:
    """Yield a run over an export with broken lines, an order of another release and drafts in it."""
    folder = tmp_path_factory.mktemp("damaged")
    for path in small_cohort.glob("*.ndjson"):
        shutil.copy(path, folder)
    who = {"subject": {"reference": "Patient/p5-0000000"}, "authoredOn": "2024-01-01"}
    secret = "Grace Hopper"  # noqa: S105 - a name that must not come up
    order = {"resourceType": "MedicationRequest", "status": "active", **who}
    added = [
        json.dumps({**order, "id": "r5", "medication": {"concept": {"text": "Kadcyla"}}}),
        json.dumps({**order, "id": "draft", "status": "draft"}),
        '{"resourceType": "Observation", "name": "' + secret,
        "",
        '["' + secret + '"]',
        json.dumps({"resourceType": "Observation", "id": "nobody", "note": secret}),
        json.dumps({"resourceType": "Claim", "id": "c"}),
    ]
    (folder / "added.ndjson").write_bytes("\n".join(added).encode() + b"\n\xff\xfe" + secret.encode() + b"\n")
    result = run("simulate", "--input", folder, "--output", folder / "out", "--workers", 1)
    yield folder, result
    shutil.rmtree(folder)


def test_what_cannot_be_read_is_counted_and_listed_without_its_content(damaged) -> None:
    folder, result = damaged
    assert result.exit_code == 1
    assert "1 orders are of FHIR R5" in result.output
    assert "1 orders are drafts" in result.output
    assert "3 lines could not be read: unreadable.csv lists them" in result.output
    assert rows_of(folder / "out" / "unreadable.csv") == [
        {"file": "added.ndjson", "line": str(number)} for number in (3, 5, 8)
    ]
    written = result.output + "".join(p.read_text("utf-8", "replace") for p in (folder / "out").iterdir())
    assert "Hopper" not in written
    run = json.loads((folder / "out" / "run.json").read_text())
    assert run["not used"]["Claim: type"] == 1
    assert run["not used"]["Observation: no patient"] == 1
    assert run["left out"] == {"not-signed": 1, "other-release": 1}


@pytest.mark.parametrize(
    ("prepare", "says"),
    [
        pytest.param(lambda _: None, "no NDJSON files", id="no files"),
        pytest.param(
            lambda folder: (folder / "Patient.ndjson").write_text('{"resourceType":"Patient","id":"p"}\n'),
            "no orders (MedicationRequest) in it",
            id="no orders",
        ),
        pytest.param(
            lambda folder: (folder / "Orders.ndjson").write_text('{"a":' * 200 + "1" + "}" * 200 + "\n"),
            "no orders (MedicationRequest) in it; 1 line could not be read: unreadable.csv lists them",
            id="only a line nested too deep",
        ),
        pytest.param(
            lambda folder: (folder / "Patient.ndjson.gz").write_bytes(gzip.compress(b"{}\n" * 9999)[:40]),
            "Patient.ndjson.gz: cannot be read",
            id="half a gzip file",
        ),
        pytest.param(
            lambda folder: (folder / "Patient.ndjson.gz").write_bytes(b"no gzip"), "cannot be read", id="no gzip file"
        ),
    ],
)
def test_an_input_that_cannot_be_used_is_reported_in_one_line(prepare, says, tmp_path) -> None:
    folder = tmp_path / "export"
    folder.mkdir()
    prepare(folder)
    result = run("simulate", "--input", folder, "--output", tmp_path / "out", "--workers", 1)
    assert result.exit_code == 2
    assert says in result.output
    assert len(result.output.strip().splitlines()) == 1


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ("order,topic\n", ":1: the columns must be order, topic, expected"),
        (
            "order,topic,expected\nMedicationRequest/1,lvef-missing,maybe\n",
            ":2: needs an order, a topic, and yes or no",
        ),
        ("order,topic,expected\nMedicationRequest/1,lvef,yes\n", ":2: there is no such topic"),
        ("order,topic,expected\n\xff\xfe\n", ""),
    ],
)
def test_unusable_labels_are_reported_with_their_line(written, says, cohort, tmp_path) -> None:
    labels = tmp_path / "labels.csv"
    labels.write_text(written, encoding="latin-1")
    result = run("simulate", "--input", cohort, "--labels", labels, "--output", tmp_path / "out")
    assert result.exit_code == 2
    assert result.output.startswith(f"{labels}{says}")
    assert len(result.output.strip().splitlines()) == 1


def test_without_an_input_it_is_said_what_to_do() -> None:
    result = run("simulate")
    assert result.exit_code == 2
    assert "--input DIR" in result.output


def test_a_missing_extra_is_named(cohort, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("cds_service.commands.simulate.find_spec", lambda _: None)
    for engine, extra in (("duckdb", "'simulate' (in a clone: scripts/install"), ("spark", "'spark' (in a clone: ")):
        result = run("simulate", "--input", cohort, "--output", tmp_path, "--engine", engine)
        assert result.exit_code == 2
        assert f"the simulation needs more than the service: install the extra {extra}" in result.output


def test_a_full_disk_is_reported_in_one_line_and_the_run_can_go_on(small_cohort, tmp_path) -> None:
    full = Path("/dev/full")
    output = tmp_path / "out"
    output.mkdir()
    (output / "orders.csv").symlink_to(full)
    result = run("simulate", "--input", small_cohort, "--output", output, "--workers", 1)
    assert result.exit_code == 3
    assert "the disk is full; start again" in result.output
    assert len(result.output.strip().splitlines()) == 1
    (output / "orders.csv").unlink()
    result = run("simulate", "--input", small_cohort, "--output", output, "--workers", 1)
    assert result.exit_code == 0
    assert "going on where the last run was broken off" in result.output


def test_the_generator_gives_the_same_bytes_for_the_same_seed(cohort, tmp_path) -> None:
    done = CliRunner().invoke(
        main,
        [
            "simulate",
            "generate",
            "--patients",
            str(PATIENTS),
            "--seed",
            "5",
            "--errors",
            "60",
            "--output",
            str(tmp_path),
        ],
    )
    assert done.exit_code == 0, done.output
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == {
        p.name: p.read_bytes() for p in cohort.iterdir() if p.is_file()
    }


def test_the_report_is_complete_offline_and_accessible(browser, compared) -> None:
    asked: list[str] = []
    said: list[str] = []
    address = (compared / "report.html").as_uri()
    for width in (1280, 360):
        page = browser.new_page(viewport={"width": width, "height": 900})
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.goto(address)
        assert not (found := inaccessible(page)), found
        wide, window = page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
        assert wide <= window
        assert page.locator("svg").count() == page.locator("svg > title").count() >= 5
        page.close()
    assert [url for url in asked if not url.startswith("data:")] == [address, address]
    assert said == []
