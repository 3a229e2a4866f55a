"""Removes what a HER2 report says of the handling of its specimen, where that was as the guideline wants it.

"Cold ischemia time: 30 minutes. Fixation: 12 hours": at most one hour, and 6 to 72 hours in formalin (ASCO/CAP 2018,
unchanged in 2023). Any other handling stays in the text, which is then not understood.
"""

from __future__ import annotations

import re

_LINK = r" ?(?:[:=]|is|was|of)? ?"
_COLD = rf"cold ischemi[ac](?: time)?{_LINK}"
_AN_HOUR = r"(?:less than|under|within|at most|no more than|<|<=|≤) ?(?:1 ?(?:hours?|hr|h)|one hour|60 ?min(?:utes)?)"
_FIXED = r"(?:(?:duration of |total )?(?:formalin )?fixation(?: time| duration)?|fixed(?: in formalin)?(?: for)?)"
_HANDLING = re.compile(
    rf"\b(?:{_COLD}(?:{_AN_HOUR}"
    r"|(?P<minutes>\d{1,3}) ?min(?:utes)?)\b"
    rf"|{_FIXED}{_LINK}(?:(?P<hours>\d{{1,3}}) ?(?:hours|hrs|h)|(?:between )?6 ?(?:-|to|and) ?72 ?(?:hours|hrs|h))\b"
    r"|(?:type of )?fixative ?[:=]? ?(?:10 ?% )?(?:neutral[ -]buffered )?formalin\b"
    r"|cold ischemi[ac](?: time)? and fixation times?:? (?:meets?|are within|within)(?: the)?(?: current)? "
    r"(?:requirements|guidelines?|recommendations)"
    r"(?: (?:specified|given|recommended))?(?: (?:in|of|by))?(?: the)?(?: latest| current)?(?: version of the)?"
    r"(?: ?(?:asco ?/ ?cap|cap|asco))?(?: (?:guidelines?|recommendations))?)\.?",
    re.IGNORECASE,
)
_MOST_MINUTES = 60
_HOURS = range(6, 73)


def without_handling(written: str) -> str:
    """Remove statements of a handling that the guideline accepts."""
    return _HANDLING.sub(_removed, written) if "ix" in written or "schemi" in written else written


def _removed(match: re.Match[str]) -> str:
    minutes, hours = match["minutes"], match["hours"]
    is_kept = (minutes is not None and int(minutes) > _MOST_MINUTES) or (hours is not None and int(hours) not in _HOURS)
    return match[0] if is_kept else " ; "
