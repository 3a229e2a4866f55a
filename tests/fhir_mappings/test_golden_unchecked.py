"""Every sentence on what could not be used or was not there, with a request that gets it, for a pharmacist to read."""

from __future__ import annotations

import os
from pathlib import Path

from cases_unchecked import ROWS, Unchecked
from shapes import DECIDER, KNOWN, hook_request

from cards.facts.outcomes import Evidence, Fired, Indicator
from cards.facts.topics import Topic
from cards.presentation.renderer import Renderer
from cards.presentation.wording import default_wording
from cards.unchecked import could_not_check

GOLDEN = Path(__file__).parent / "golden" / "unchecked.md"
OF_RULES = Path(__file__).parent.parent / "cards" / "golden-lines" / "rules.md"
WORDING = default_wording()
RENDERER = Renderer(WORDING, KNOWN, {})

ELSEWHERE = {
    # Of no card, as a result that does not count is an answer, or the card that asks for the result says it.
    *("absent", "preliminary", "status", "value", "implausible", "her2-in-text", "lvef-in-text", "named-otherwise"),
    # Only in decisions that were recorded before such things got other words.
    *(
        "no-unit",
        "text-differs",
        "undated",
        "unit",
        "missing-lvef-undated",
        "missing-upper-limit",
        "missing-weight-undated",
    ),
    # Of billing, and of rules that a site wrote itself (tests/cards/golden-site-rules).
    *("missing-billing-both-antibodies", "missing-billing-vials", "missing-billing-weight"),
    *(f"missing-site-{what}" for what in ("age", "cancer", "incomplete", "result", "setting", "sex", "tier")),
    # Failures, which tests/cds_service/test_failing_parts.py brings about, and bounds.
    *("internal-error", "missing-internal-error", "list-cut", "drug-text-cut", "malformed", "result-misshapen"),
}
"""The sentences that no row gets, by the reason."""


def key_of(line: Evidence) -> str:
    return line.gap.reason if line.gap is not None else line.label


def said(row: Unchecked) -> tuple[str, Indicator | None]:
    """Return the sentence of a row as a card lists it, and the indicator of the card."""
    decision = DECIDER.decide(hook_request(*row.orders, **row.changes))
    verdict = next(each for each in decision.verdicts if each.topic is Topic.CHECKS_INCOMPLETE)
    assert isinstance(verdict.outcome, Fired), row
    lines = [line for line in verdict.outcome.evidence if key_of(line) == row.key]
    assert lines, (row.key, verdict.outcome.evidence)
    card = RENDERER.card(could_not_check(lines[:1], "single"), "6d6a1c0e-2f0b-4c53-9b3b-6f0f3f1d9a01")
    assert card is not None
    return card.detail.splitlines()[0], verdict.outcome.indicator or Indicator.WARNING


def test_what_could_not_be_used_reads_as_agreed() -> None:
    parts = ["# What could not be used or was not there\n"]
    for row in sorted(ROWS, key=lambda row: row.key):
        line, indicator = said(row)
        parts.append(f"## {row.key}\n\nCase: {row.sentence} ({indicator})\n\n{line}\n")
    written = "\n".join(parts)
    if os.environ.get("GOLDEN") == "write":
        GOLDEN.parent.mkdir(exist_ok=True)
        GOLDEN.write_text(written, encoding="utf-8")
    assert GOLDEN.read_text(encoding="utf-8") == written


def test_every_sentence_has_a_case() -> None:
    of_rules = OF_RULES.read_text(encoding="utf-8").splitlines()
    shown = {row.key for row in ROWS} | {f"missing-{line[3:]}" for line in of_rules if line.startswith("## ")}
    written = {key for key in WORDING.evidence if key.startswith("missing-")} | set(WORDING.gaps)
    assert written - shown - ELSEWHERE == set()
    assert shown - written == set()
    assert ELSEWHERE - written == set()
    assert ELSEWHERE & shown == set()
