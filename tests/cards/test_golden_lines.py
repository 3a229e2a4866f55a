"""Every sentence in which a rule says what it could not check, each with a case, for a pharmacist to read."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from builders import KNOWN
from test_cases import ROWS

from cards.facts.outcomes import CannotTell, Evidence
from cards.presentation.renderer import Renderer
from cards.presentation.wording import default_wording
from cards.unchecked import could_not_check

if TYPE_CHECKING:
    from rows import Row

GOLDEN = Path(__file__).parent / "golden-lines" / "rules.md"
RENDERER = Renderer(default_wording(), KNOWN, {})


def said(row: Row) -> dict[str, str]:
    """Return the sentences of a row by their keys, as a card lists them."""
    verdict = row.verdict()
    assert isinstance(verdict.outcome, CannotTell)
    found = {}
    for missing in verdict.outcome.missing:
        line = Evidence(f"missing-{missing.what}", verdict.drug, values=tuple(sorted(missing.values.items())))
        card = RENDERER.card(could_not_check([line], "single"), "6d6a1c0e-2f0b-4c53-9b3b-6f0f3f1d9a01")
        assert card is not None
        found[missing.what] = card.detail.splitlines()[0]
    return found


def test_what_a_rule_could_not_check_reads_as_agreed() -> None:
    shown: dict[str, str] = {}
    for row in ROWS:
        if row.expect is CannotTell:
            for key, line in said(row).items():
                shown.setdefault(key, f"## {key}\n\nCase: {row.topic}, {row.sentence}\n\n{line}\n")
    written = "\n".join(["# What a rule could not check\n", *(shown[key] for key in sorted(shown))])
    if os.environ.get("GOLDEN") == "write":
        GOLDEN.parent.mkdir(exist_ok=True)
        GOLDEN.write_text(written, encoding="utf-8")
    assert GOLDEN.read_text(encoding="utf-8") == written
