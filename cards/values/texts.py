"""Bounds a text before any pattern sees it: blanks folded, control characters gone, and no longer than a page.

What an EHR sends as a text may be empty, a word, or megabytes of blanks. Patterns that read instructions and stages try
a run of blanks from each of its places, so that their time grows with the square of it. Every reader gets its texts
through here; none has to think of it.
"""

from __future__ import annotations

import re

LONGEST = 2000
"""Characters of a text that are read; the longest instruction of a protocol that is known has some 1,200."""
CUT = "\u2026"
"""Stands at the end of a text that was cut, where a reader of the card sees it too."""
_UNSAFE = re.compile(r"[\x00-\x08\x0e-\x1b\x7f\ud800-\udfff]")
_REPLACEMENT = "\ufffd"


def bounded(written: str) -> str:
    """Return a text as patterns may see it: each run of blanks and line ends is one space, none at either end.

    What no database keeps (NUL and other control characters, halves of a surrogate pair) becomes U+FFFD. A text over
    `LONGEST` characters is cut there and ends in `CUT`; whoever needs the whole of it asks `is_cut`.
    """
    if len(written) <= LONGEST and "  " not in written and written.isprintable():
        # So is nearly every text: one look at each character, and no copy.
        return written.strip()
    folded = " ".join(written.split())
    if len(folded) > LONGEST:
        folded = folded[: LONGEST - 1].rstrip() + CUT
    return folded if folded.isprintable() else _UNSAFE.sub(_REPLACEMENT, folded)


def is_cut(written: str) -> bool:
    """Return whether something may have stood behind the end of a text, cut here or by whoever wrote it."""
    return written.endswith(CUT)
