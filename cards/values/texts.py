"""Bounds a text before patterns are applied: whitespace folded, control characters removed, and cut to a page.

A text from an EHR may be empty, one word, or megabytes of spaces. Patterns for instructions and stages retry at each
position in a run of spaces, so their time is quadratic. All readers get their texts through here, so none needs its own
limit.
"""

from __future__ import annotations

import re
from html import unescape

LONGEST = 2000
"""The maximum number of characters read from a text; the longest known protocol instruction has about 1,200."""
CUT = "\u2026"
"""The end of a text that was cut, visible on cards too."""
MOST_PAGES = 10
"""The maximum number of pages that are read of a note."""
_UNSAFE = re.compile(r"[\x00-\x08\x0e-\x1b\x7f\ud800-\udfff]")
# Editors of notes write HTML; "<38" is no tag.
_ATTRIBUTES = r"(?: {1,3}[a-z-]{1,20}=[^<>]{0,400})? ?/?>"
_BLOCK = re.compile(rf"</?(?:p|br|div|li|ul|ol|tr|table|h[1-6]){_ATTRIBUTES}", re.IGNORECASE)
_INLINE = re.compile(rf"</?(?:b|i|u|em|strong|span|sup|sub|font|a|td|th){_ATTRIBUTES}", re.IGNORECASE)
_ENDS = (". ", "; ", " ")
_REPLACEMENT = "\ufffd"
# HL7 version 2 writes the end of a line so.
_BREAK = re.compile(r"\\\.(?:br|sp\d?)\\", re.IGNORECASE)


def bounded(written: str) -> str:
    r"""Return a text in the form for patterns: each run of whitespace becomes one space, with none at either end.

    A break between lines in the notation of HL7 version 2, or in HTML, ends a sentence: "LVEF 60 %\.br\Normal wall
    motion". Other tags and references of HTML, as in "<b>252&nbsp;mg</b>", are read as what they show.

    Characters that databases refuse (NUL and other control characters, lone surrogates) become U+FFFD. A text over
    `LONGEST` characters is cut there and ends in `CUT`; a caller that needs the whole text checks `is_cut`.
    """
    written = _without_markup(written)
    if len(written) <= LONGEST and "  " not in written and written.isprintable():
        # Fast path for nearly every text: one pass and no copy.
        return written.strip()
    folded = " ".join(written.split())
    if len(folded) > LONGEST:
        folded = folded[: LONGEST - 1].rstrip() + CUT
    return folded if folded.isprintable() else _UNSAFE.sub(_REPLACEMENT, folded)


def pages(written: str, most: int = MOST_PAGES) -> list[str]:
    """Return a narrative as bounded texts, its pages: one for nearly every note, several for a long report.

    A page ends with a sentence; a sentence that is longer than a page is split between two words. If there are more
    than ``most`` pages, the last one returned ends in `CUT`.
    """
    if len(written) <= LONGEST:
        return [bounded(written)]
    rest = " ".join(_without_markup(written).split())[: (most + 1) * LONGEST]
    found: list[str] = []
    while rest:
        if len(found) == most - 1 or len(rest) <= LONGEST:
            found.append(bounded(rest))
            break
        ends = (rest.rfind(mark, 1, LONGEST) + 1 for mark in _ENDS)
        end = next((each for each in ends if each > 0), LONGEST)
        found.append(bounded(rest[:end]))
        rest = rest[end:].lstrip()
    return found


def _without_markup(written: str) -> str:
    if "\\." in written:
        written = _BREAK.sub("; ", written)
    if "<" in written:
        written = _INLINE.sub("", _BLOCK.sub("; ", written))
    return unescape(written) if "&" in written else written


def is_cut(written: str) -> bool:
    """Return whether the end of a text may be missing, because it was cut off here or by its sender."""
    return written.endswith(CUT)
