"""Runs a simulation from its input to its report."""

from __future__ import annotations

import csv
import json
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cds_service.simulate.accuracy import accuracy
from cds_service.simulate.figures import figures
from cds_service.simulate.inputs import LINE_LIMIT, printable
from cds_service.simulate.replaying import DAY, Replayer
from cds_service.simulate.report import About, write_report
from cds_service.simulate.routing import Router
from cds_service.simulate.signal_detection import LAST_ORDER, RUN
from cds_service.simulate.tables import write_tables

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from cds_service.simulate.figures import Figures
    from cds_service.simulate.partitioning import Counts
    from cds_service.simulate.plan import Plan

_REASONS = {
    "no-time": "have no time at all",
    "no-id": "have no id",
    "not-signed": "are drafts",
    "entered-in-error": "were entered in error",
    "do-not-perform": "say that the drug must not be given",
    "reported": "are reports of what was ordered elsewhere",
    "other-release": "are of FHIR R5",
    "drug-unknown": "refer to a drug that is not in the export",
}
_LISTED_LINES = 1000
_LISTED_FILES = 5
FILES = "files.csv"
# Files that an earlier run with other options may have left.
_NOT_ALWAYS = ("differences.parquet", "differences.csv", "accuracy.csv", "unreadable.csv")


@dataclass(frozen=True, slots=True)
class Summary:
    """The result of a run, and what it had to leave out."""

    figures: Figures
    counts: Counts
    totals: dict[str, int]
    reasons: dict[str, int]
    not_read: tuple[str, ...] = ()
    """Files that may hold orders and were not read, each with the reason."""

    @property
    def incomplete(self) -> bool:
        """Whether something that may be an order could not be read at all."""
        return bool(self.counts.unreadable or self.reasons.get("other-release") or self.not_read)

    def warnings(self) -> list[str]:
        """List in one line each what the results do not include."""
        found = [f"not read: {each}" for each in self.not_read[:_LISTED_FILES]]
        if len(self.not_read) > _LISTED_FILES:
            found.append(f"not read: {len(self.not_read) - _LISTED_FILES:,} more files ({FILES} lists them)")
        found += [f"{number:,} orders {_REASONS[reason]}" for reason, number in self.reasons.items()]
        if self.counts.unreadable:
            lines = "1 line" if self.counts.unreadable == 1 else f"{self.counts.unreadable:,} lines"
            found.append(f"{lines} could not be read: unreadable.csv lists them")
        for name, number in sorted(self.totals.items()):
            if name.startswith("undated "):
                kind = name.removeprefix("undated ")
                found.append(f"{number:,} resources of type {kind} have no date, so no order was judged by them")
        for name, number in sorted(self.counts.unused.items()):
            kind, _, why = name.partition(": ")
            if kind == "Bundle":
                found.append(f"{number:,} Bundles were not opened: an export has one resource on a line")
            elif why in ("no patient", "no id"):
                found.append(f"{number:,} resources of type {kind} have {why}")
        return found


def finish(run: Plan, counts: Counts, parts: list[Path]) -> Summary:
    """Write the tables, the counts and the report, and delete the work folder.

    Raises:
        OSError: the output cannot be written.

    """
    compared = run.b is not None
    for name in _NOT_ALWAYS:
        (run.output / name).unlink(missing_ok=True)
    write_tables(parts, run.output, compared=compared)
    found = figures(run.output, compared=compared)
    totals: dict[str, int] = {}
    for part in parts:
        for name, number in json.loads((part / "counts.json").read_text(encoding="utf-8")).items():
            totals[name] = totals.get(name, 0) + number
    judged = accuracy(run.output, run.labels, "AB" if compared else "A") if run.labels else []
    if counts.unreadable:
        _write_unreadable(run)
    _write_files(run)
    summary = Summary(found, counts, totals, _reasons(run.output), tuple(_not_read(run)))
    written = _written(run, summary)
    told = [(name, str(value)) for name, value in written["about"].items()]
    about = About(run.names, told, summary.warnings(), _settings_that_differ(run))
    (run.output / RUN).write_text(json.dumps(written, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    write_report(run.output, found, judged, about)
    shutil.rmtree(run.work, ignore_errors=True)
    return summary


def _not_read(run: Plan) -> Iterator[str]:
    for each in run.aside:
        if each.may_be_data:
            yield f"{printable(each.path, run.folder)}: {each.why}"


def _written(run: Plan, summary: Summary) -> dict[str, dict[str, object]]:
    """Describe the run, without its time or place."""
    about: dict[str, object] = {
        "code": run.versions[0].code,
        "knowledge": run.versions[0].knowledge,
        "wording": run.versions[0].wording,
        "patients": summary.totals.get("patients", 0),
        "orders": summary.totals.get("orders", 0),
        "orders in scope": summary.totals.get("in scope", 0),
        "lines read": summary.counts.lines,
        LAST_ORDER: max((each.removeprefix(DAY) for each in summary.totals if each.startswith(DAY)), default=""),
    }
    for name, version in zip("AB", run.versions, strict=False):
        about[f"configuration {name}"] = version.configuration_hash
    return {
        "about": about,
        "resources": dict(sorted(summary.counts.kinds.items())),
        "not used": dict(sorted(summary.counts.unused.items())),
        "left out": dict(summary.reasons),
        "undated": {n.removeprefix("undated "): v for n, v in summary.totals.items() if n.startswith("undated ")},
        "unreadable lines": {"lines": summary.counts.unreadable},
    }


def _settings_that_differ(run: Plan) -> list[tuple[str, str, str]]:
    """List the thresholds and topics that the two configurations set differently."""
    both = [json.loads(version.configuration) for version in run.versions]
    if len(both) == 1:
        return []
    found = []
    for section, keys in (("thresholds", ("value",)), ("topics", ("mode", "indicator"))):
        for name, own in both[0][section].items():
            other = both[1][section].get(name, {})
            found += [
                (name if key == "value" else f"{name}: {key}", str(own[key]), str(other.get(key)))
                for key in keys
                if own[key] != other.get(key)
            ]
    return sorted(found)


def _reasons(output: Path) -> dict[str, int]:
    found: dict[str, int] = {}
    with (output / "left_out.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            found[row["reason"]] = found.get(row["reason"], 0) + 1
    return dict(sorted(found.items()))


def _write_unreadable(run: Plan) -> None:
    """List the unreadable lines by file and number, without their content."""
    with (run.output / "unreadable.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("file", "line"))
        for _, place in zip(range(_LISTED_LINES), _unreadable(run), strict=False):
            writer.writerow(place)


def _unreadable(run: Plan) -> Iterator[tuple[str, int]]:
    """Find the unreadable lines again to get their numbers, which pieces of files do not have."""
    replayer = Replayer(run.a, run.b)
    router = Router(replayer.wanted, with_roles=replayer.asks_roles)
    for each in run.files:
        for number, line in enumerate(each.whole.lines(), 1):
            plain = line.strip()
            if plain and (len(plain) > LINE_LIMIT or router.route(plain).unused == "unreadable"):
                yield printable(each.path, run.folder), number


def _write_files(run: Plan) -> None:
    """List every file of the input: what was read, and what was not and why."""
    rows = [(printable(each.path, run.folder), "yes", each.packed) for each in run.files]
    rows += [(printable(each.path, run.folder), "no", each.why) for each in run.aside]
    with (run.output / FILES).open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([("file", "read", "how"), *sorted(rows)])
