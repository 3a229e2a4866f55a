"""Sensitivity and positive predictive value of each topic, given labels that say what is right.

Labels are a CSV file with the columns order, topic and expected (yes or no). The topic ``*`` stands for every topic
without a row of its own for the order. Unlabeled topics are not counted.
"""

from __future__ import annotations

import csv
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cards.facts.topics import Topic
from cds_service.simulate.inputs import ExportError
from cds_service.simulate.tables import open_database

if TYPE_CHECKING:
    from pathlib import Path

_Z = 1.959963984540054
_ANY = "*"
_COLUMNS = ["order", "topic", "expected"]
_QUERY = """
    WITH labels AS (
        SELECT "order", topic, expected = 'yes' AS expected
        FROM read_csv($labels, header = true, all_varchar = true, delim = ',', quote = '"', escape = '"')
    ),
    replayed AS (SELECT DISTINCT "order" FROM read_parquet($orders)),
    fired AS (SELECT DISTINCT "order", topic FROM read_parquet($firings) WHERE configuration = $configuration),
    own AS (SELECT labels.* FROM labels JOIN replayed USING ("order") WHERE topic <> '*'),
    others AS (SELECT DISTINCT "order", expected FROM labels JOIN replayed USING ("order") WHERE topic = '*'),
    judged AS (
        SELECT own.topic, own.expected, fired.topic IS NOT NULL AS fired
        FROM own LEFT JOIN fired ON fired."order" = own."order" AND fired.topic = own.topic
        UNION ALL
        SELECT fired.topic, others.expected, true
        FROM fired JOIN others USING ("order") ANTI JOIN own ON own."order" = fired."order" AND own.topic = fired.topic
    )
    SELECT topic, count(*) FILTER (expected AND fired), count(*) FILTER (NOT expected AND fired),
        count(*) FILTER (expected AND NOT fired)
    FROM judged GROUP BY topic HAVING count(*) FILTER (expected OR fired) > 0 ORDER BY topic
"""


@dataclass(frozen=True, slots=True)
class Proportion:
    """A share with Wilson's 95 % confidence interval; ``None`` without data."""

    part: int
    whole: int

    @property
    def value(self) -> float | None:
        """The share itself."""
        return round(self.part / self.whole, 4) if self.whole else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """The interval in which the true share lies in 95 of 100 such samples.

        Source: E. B. Wilson, J Am Stat Assoc 22 (1927), 209-212.
        """
        if not self.whole:
            return None
        n, p, square = self.whole, self.part / self.whole, _Z * _Z
        middle = (p + square / (2 * n)) / (1 + square / n)
        half = _Z / (1 + square / n) * math.sqrt(p * (1 - p) / n + square / (4 * n * n))
        return round(max(0.0, middle - half), 4), round(min(1.0, middle + half), 4)


@dataclass(frozen=True, slots=True)
class Accuracy:
    """How a topic did against the labels under one configuration, shown or in shadow."""

    configuration: str
    topic: str
    right: int
    wrong: int
    missed: int

    @property
    def sensitivity(self) -> Proportion:
        """The share of expected findings that fired."""
        return Proportion(self.right, self.right + self.missed)

    @property
    def predictive_value(self) -> Proportion:
        """The share of findings that were expected."""
        return Proportion(self.right, self.right + self.wrong)


def check_labels(path: Path) -> None:
    """Check that a file contains labels.

    Raises:
        ExportError: it does not; the message names the line.

    """
    known = {str(topic) for topic in Topic} | {_ANY}
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = csv.reader(file)
            if next(rows, None) != _COLUMNS:
                raise ExportError(f"{path}:1: the columns must be {', '.join(_COLUMNS)}")
            for row in rows:
                if len(row) != len(_COLUMNS) or row[2] not in ("yes", "no"):
                    raise ExportError(f"{path}:{rows.line_num}: needs an order, a topic, and yes or no")
                if row[1] not in known:
                    raise ExportError(f"{path}:{rows.line_num}: there is no such topic")
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ExportError(f"{path}: cannot be read: {getattr(error, 'strerror', None) or 'no CSV in UTF-8'}") from None


def accuracy(output: Path, labels: Path, configurations: str) -> list[Accuracy]:
    """Compare the findings with the labels, and write the result as CSV."""
    found = []
    with open_database(output) as database:
        for configuration in configurations:
            parameters = {
                "labels": str(labels),
                "orders": str(output / "orders.parquet"),
                "firings": str(output / "firings.parquet"),
                "configuration": configuration,
            }
            rows = database.execute(_QUERY, parameters).fetchall()
            found += [Accuracy(configuration, *row) for row in rows]
    with (output / "accuracy.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(
            (
                *("configuration", "topic", "right", "wrong", "missed"),
                *("sensitivity", "sensitivity_low", "sensitivity_high", "ppv", "ppv_low", "ppv_high"),
            )
        )
        for each in found:
            written = [
                number
                for share in (each.sensitivity, each.predictive_value)
                for number in (share.value, *(share.interval or (None, None)))
            ]
            writer.writerow((each.configuration, each.topic, each.right, each.wrong, each.missed, *written))
    return found
