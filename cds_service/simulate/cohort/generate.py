"""Writes a cohort: NDJSON files by resource type, and the labels of its orders. Same seed, same bytes."""

from __future__ import annotations

import csv
import json
from contextlib import ExitStack, contextmanager
from random import Random
from typing import TYPE_CHECKING, Any

from cds_service.simulate.cohort.courses import WEEKS, clean_course, cut_short
from cds_service.simulate.cohort.faults import put_in
from cds_service.simulate.cohort.plans import RIGHT, plan_resources, plans
from cds_service.simulate.cohort.resources import places, resources

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from typing import TextIO

    from cds_service.simulate.cohort.courses import Course
    from cds_service.simulate.cohort.site_faults import SiteFault

LABELS, PLANS = "labels.csv", "plans.csv"
ERRORS_PERCENT = 25


def courses(patients: int, seed: int, errors_percent: int = ERRORS_PERCENT, weeks: int = WEEKS) -> Iterator[Course]:
    """Make the courses of a cohort of so many weeks; each depends only on the seed, its number and the weeks."""
    for number in range(patients):
        random = Random(f"{seed}/{number}")  # noqa: S311 - a cohort, no secret
        course = clean_course(f"p{seed}-{number:07}", random, weeks * 7)
        if random.randrange(100) < errors_percent:
            put_in(course, random)
        cut_short(course, weeks)
        yield course


def generate_plans(patients: int, seed: int, output: Path, errors_percent: int = ERRORS_PERCENT) -> tuple[int, int]:
    """Write a cohort of whole plans, one per patient; return the number of orders, and of plans with an error.

    ``plans.csv`` says for each patient what is wrong, if anything.

    Raises:
        OSError: the folder cannot be written.

    """
    orders = wrong = 0
    with _files(output, PLANS, ("patient", "error")) as (write, errors):
        for plan in plans(patients, seed, errors_percent):
            errors.writerow((f"Patient/{plan.course.patient}", plan.error))
            wrong += plan.error != RIGHT
            for resource, ordered in plan_resources(plan):
                write(resource)
                orders += ordered is not None
    return orders, wrong


@contextmanager
def _files(output: Path, table: str, columns: tuple[str, ...]) -> Iterator[tuple[Callable[[Any], None], Any]]:
    """Open a folder with the sites in it; give what writes a resource to the file of its type, and a CSV table."""
    output.mkdir(parents=True, exist_ok=True)
    files: dict[str, TextIO] = {}
    with ExitStack() as stack:

        def write(resource: dict[str, object]) -> None:
            kind = str(resource["resourceType"])
            if kind not in files:
                path = output / f"{kind}.ndjson"
                files[kind] = stack.enter_context(path.open("w", encoding="utf-8", newline="\n"))
            files[kind].write(json.dumps(resource, separators=(",", ":")) + "\n")

        opened = stack.enter_context((output / table).open("w", encoding="utf-8", newline=""))
        rows = csv.writer(opened, lineterminator="\n")
        rows.writerow(columns)
        for place in places():
            write(place)
        yield write, rows


def generate(
    patients: int,
    seed: int,
    output: Path,
    errors_percent: int = ERRORS_PERCENT,
    fault: SiteFault | None = None,
    weeks: int = WEEKS,
) -> tuple[int, int]:
    """Write a cohort; return the number of orders, and of orders with an error.

    A site fault changes how data are written but not the labels.

    Raises:
        OSError: the folder cannot be written.

    """
    orders = wrong = 0
    with _files(output, LABELS, ("order", "topic", "expected")) as (write, labels):
        for course in courses(patients, seed, errors_percent, weeks):
            for resource, ordered in resources(course):
                write(fault.written(resource, course.site) if fault else resource)
                if ordered is None:
                    continue
                orders += 1
                wrong += bool(ordered.expected)
                reference = f"MedicationRequest/{resource['id']}"
                labels.writerows((reference, topic, "yes") for topic in sorted(ordered.expected))
                labels.writerow((reference, "*", "no"))
    return orders, wrong
