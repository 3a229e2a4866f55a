"""Reads what the lines of a synoptic report need before they are joined: check boxes and bullets.

"[ ] Negative [x] Positive (3+)" says "Positive (3+)": an option without a check mark is left out, up to the next box,
the end of the line or of the sentence, if every word of it is known.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from cards.values.texts import LONGEST

if TYPE_CHECKING:
    from collections.abc import Callable

_BOX = re.compile(r"\[ {0,3}([xX✓✔√]?) {0,3}\]|\( {0,3}([xX✓✔√]?) {0,3}\)|([☑☒■])|[☐□]|_{1,5}([xX]?)_{1,5}")
_MARKS = frozenset("xX✓✔√☑☒■")
_ENDS = re.compile(r"[\n\r;]|\. ")
# Bullets, and the sign by which synoptic protocols mark an optional line.
_BULLET = re.compile(r"^[ \t]{0,8}[*+•·▪‣>][ \t]{0,3}(?=[A-Za-z])", re.MULTILINE)


def joined(value: Any, is_known: Callable[[str], bool]) -> Any:
    """Return the text of a report with its boxes and bullets read; anything else as it is."""
    if value.__class__ is not str or "\n" not in value or len(value) > LONGEST:
        return value
    return _BULLET.sub("", checked(value, is_known))


def checked(written: str, is_known: Callable[[str], bool]) -> str:
    """Return a text without its empty boxes and what stands beside them; unchanged if no box is checked.

    ``is_known`` tells whether every word of an option is known.
    """
    boxes = list(_BOX.finditer(written)) if not _MARKS.isdisjoint(written) else []
    if not any(any(box.groups()) for box in boxes):
        return written
    kept = [written[: boxes[0].start()]]
    for at, box in enumerate(boxes):
        end = boxes[at + 1].start() if at + 1 < len(boxes) else len(written)
        option = written[box.end() : end]
        if not any(box.groups()):
            stop = _ENDS.search(option)
            left = option[: stop.start()] if stop is not None else option
            option = option[len(left) :] if is_known(left) else f"{box[0]} {option}"
        kept += [" ; ", option]
    return "".join(kept)
