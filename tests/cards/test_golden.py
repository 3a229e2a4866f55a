"""The cards as they look, one file a topic, for a pharmacist to read and to diff. `make golden` writes them anew."""

from __future__ import annotations

import os
import statistics
from pathlib import Path

import pytest
from builders import ALL_RULES, KNOWN
from rows import FIRES, Row
from test_cases import ROWS

from cards.facts.topics import Topic
from cards.presentation.card import Card
from cards.presentation.renderer import Renderer
from cards.presentation.wording import default_wording

GOLDEN = Path(__file__).parent / "golden"
MOST_CHARACTERS = 175
"""The length of half of all details: 0.6 of the 292 characters that half of them had before they were rewritten."""
RENDERER = Renderer(default_wording(), KNOWN, {})


def as_text(row: Row, card: Card) -> str:
    suggestions = "\n".join(f"- {suggestion.label}" for suggestion in card.suggestions) or "none"
    reasons = ", ".join(reason.display for reason in card.override_reasons)
    return (
        f"# {card.topic}\n\nCase: {row.sentence}\n\n"
        f"**{card.indicator}** {card.summary}\n\n{card.detail}\n\n"
        f"Suggestions:\n{suggestions}\n\nReasons to override: {reasons}\n\n"
        f"Source: [{card.source_label}]({card.source_url})\n"
    )


@pytest.mark.parametrize("topic", [rule.topic for rule in ALL_RULES])
def test_card_looks_as_agreed(topic: Topic) -> None:
    row = next(row for row in ROWS if row.topic is topic and row.expect is FIRES)
    verdict = row.verdict()
    card = RENDERER.card(verdict, "6d6a1c0e-2f0b-4c53-9b3b-6f0f3f1d9a01")
    assert card is not None
    path = GOLDEN / f"{topic}.md"
    if os.environ.get("GOLDEN") == "write":
        path.parent.mkdir(exist_ok=True)
        path.write_text(as_text(row, card), encoding="utf-8")
    assert path.read_text(encoding="utf-8") == as_text(row, card)


def test_no_golden_card_is_left_over() -> None:
    assert {path.stem for path in GOLDEN.glob("*.md")} == {str(rule.topic) for rule in ALL_RULES}


def test_half_of_the_details_are_short() -> None:
    details = []
    for path in GOLDEN.glob("*.md"):
        _, _, _, detail = path.read_text(encoding="utf-8").split("\n\n", 3)
        details.append(len(detail.split("\n\nSuggestions:")[0]))
    assert statistics.median(details) <= MOST_CHARACTERS
