"""The specimens of the workbench are cases of these tables; `make golden` writes them anew."""

from __future__ import annotations

import os
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from builders import ALL_RULES, COVERAGE_RULES
from rows import CANNOT, FIRES, SILENT
from test_cases import RENDERER, ROWS

from cards.presentation.wording import default_wording

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rows import Row

FILE = Path(str(files("cds_service.workbench"))) / "specimens.ndjson"
OF_COVERAGE = {rule.topic for rule in COVERAGE_RULES}
TAKEN = ((FIRES, "fired", 3), (SILENT, "clear", 1), (CANNOT, "cannot-tell", 1))
"""How many cases of a kind are taken for each topic."""
_encode = msgspec.json.Encoder(decimal_format="string").encode


def written() -> bytes:
    return b"\n".join(_lines()) + b"\n"


def _lines() -> Iterator[bytes]:
    # A case that is about another setting of the site would look wrong by default.
    usual = [row for row in ROWS if not row.thresholds]
    for rule in ALL_RULES:
        for kind, name, count in TAKEN:
            found = [row for row in usual if row.topic is rule.topic and row.expect is kind and _is_plain(row)]
            # The first that fires represents its topic, so it has the usual urgency.
            rows = sorted(found, key=_is_unusual)
            for number, row in enumerate(rows[:count], 1):
                yield _line(row, name, f"{rule.topic}-{name}-{number}")


def _is_unusual(row: Row) -> bool:
    """Return whether the card of a case is more or less urgent than its topic is as a rule."""
    card = RENDERER.card(row.verdict(), "specimen")
    return card is not None and card.indicator is not default_wording().topics[row.topic].indicator


def _is_plain(row: Row) -> bool:
    """Return whether a case is what it is taken for: no card of its topic on another order, where it is silent."""
    answers = {type(verdict.outcome) for verdict in row.verdicts if verdict.topic is row.topic}
    return row.expect is FIRES or answers == {row.expect}


def _line(row: Row, expect: str, identifier: str) -> bytes:
    return _encode(
        {
            "id": identifier,
            "topic": row.topic,
            "sentence": row.sentence,
            "expect": expect,
            "coverage": row.topic in OF_COVERAGE,
            "facts": row.session(),
        }
    )


def test_the_specimens_are_up_to_date() -> None:
    if os.environ.get("GOLDEN") == "write":
        FILE.write_bytes(written())
    assert FILE.read_bytes() == written()
