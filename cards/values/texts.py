"""Bounds a text before any pattern sees it: blanks folded, control characters gone, and no longer than a page.

A text from an EHR may be empty, one word, or megabytes of spaces. Patterns that read instructions and stages retry at
each position in a run of spaces, so their time grows with its square. Every reader gets its texts
through here; none needs its own limit.
"""

from __future__ import annotations

import re

LONGEST = 2000
"""Characters of a text that are read; the longest instruction of a protocol that is known has some 1,200."""
CUT = "\u2026"
"""Ends a text that was cut, visible to readers of the card as well."""
_UNSAFE = re.compile(r"[\x00-\x08\x0e-\x1b\x7f\ud800-\udfff]")
_REPLACEMENT = "\ufffd"


def bounded(written: str) -> str:
    """Return a text as patterns may see it: each run of whitespace becomes one space, with none at either end.

    What no database keeps (NUL and other control characters, halves of a surrogate pair) becomes U+FFFD. A text over
    `LONGEST` characters is cut there and ends in `CUT`; a caller that needs the whole text checks `is_cut`.
    """
    if len(written) <= LONGEST and "  " not in written and written.isprintable():
        # Fast path for nearly every text: one pass and no copy.
        return written.strip()
    folded = " ".join(written.split())
    if len(folded) > LONGEST:
        folded = folded[: LONGEST - 1].rstrip() + CUT
    return folded if folded.isprintable() else _UNSAFE.sub(_REPLACEMENT, folded)


def is_cut(written: str) -> bool:
    """Return whether the end of a text may be missing, cut off here or by its sender."""
    return written.endswith(CUT)
