"""Prints cards in a terminal as a person would read them: in colour where there is any, plain otherwise."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.markdown import Markdown
from rich.padding import Padding
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

_STYLES = {"critical": "bold white on red", "warning": "bold black on yellow", "info": "bold white on blue"}


def print_cards(cards: Sequence[dict[str, Any]], console: Console) -> None:
    """Print each card with its evidence, source and suggestions; say so when there is none."""
    if not cards:
        console.print(Text("No cards: every check that applies was carried out and found nothing.", style="green"))
        return
    for card in cards:
        console.print(
            Text.assemble(
                (f" {card['indicator'].upper()} ", _STYLES[card["indicator"]]),
                " ",
                (card["summary"], "bold"),
                ("  " + card["source"]["topic"]["code"], "dim"),
            )
        )
        console.print(Padding(Markdown(card["detail"]), (0, 0, 0, 4)))
        for suggestion in card.get("suggestions", ()):
            console.print(Padding(Text(f"→ {suggestion['label']}", style="cyan"), (0, 0, 0, 4)))
        console.print(Padding(Text(card["source"]["url"], style="dim"), (0, 0, 0, 4)))
        console.print()
    count = len(cards)
    console.print(f"{count} card{'s' if count > 1 else ''}")
