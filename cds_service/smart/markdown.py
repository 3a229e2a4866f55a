"""Renders the Markdown of our own cards as HTML: paragraphs, lists, bold; everything else is escaped text."""

from __future__ import annotations

import re

from markupsafe import Markup, escape

_PARTS = re.compile(r"\\([!-/:-@\[-`{-~])|\*\*")


def html(text: str) -> Markup:
    """Render the detail of a card."""
    return Markup("").join(_block(block) for block in re.split(r"\n\s*\n", text.strip()))


def _block(block: str) -> Markup:
    lines = block.split("\n")
    if all(line.startswith("- ") for line in lines):
        items = Markup("").join(Markup("<li>{}</li>").format(_inline(line[2:])) for line in lines)
        return Markup("<ul>{}</ul>").format(items)
    return Markup("<p>{}</p>").format(_inline(" ".join(lines)))


def _inline(text: str) -> Markup:
    """Turn pairs of double asterisks into bold; a character after a backslash is literal."""
    plain = _PARTS.sub(lambda found: found[1] or "\0", text.replace("\0", ""))
    pieces = plain.split("\0")
    if len(pieces) % 2 == 0:
        # An unclosed pair is literal.
        pieces[-2:] = [f"{pieces[-2]}**{pieces[-1]}"]
    return Markup("").join(
        Markup("<strong>{}</strong>").format(piece) if at % 2 else escape(piece) for at, piece in enumerate(pieces)
    )
