"""Removes what a HER2 report says of the handling of its specimen, where that was as the guideline wants it.

"Cold ischemia time: 30 minutes. Fixation: 12 hours". Any other handling stays in the text, which is then not
understood.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cards.knowledge.schema import SpecimenHandling

_LINK = r" ?(?:[:=]|is|was|of)? ?"
_AT_MOST = r"(?:less than|under|within|at most|no more than|<|<=|≤)"
_FIXED = r"(?:(?:duration of |total )?(?:formalin )?fixation(?: time| duration)?|fixed(?: in formalin)?(?: for)?)"
_HANDLING = re.compile(
    rf"\b(?:cold ischemi[ac](?: time)?{_LINK}(?:{_AT_MOST} ?)?"
    r"(?:(?P<minutes>\d{1,3}) ?min(?:utes)?|(?P<ischemia>one|\d{1,2}) ?(?:hours?|hrs?|h))\b"
    rf"|{_FIXED}{_LINK}(?:between )?(?P<from>\d{{1,3}})(?: ?(?:-|to|and) ?(?P<to>\d{{1,3}}))? ?(?:hours|hrs|h)\b"
    r"|(?:type of )?fixative ?[:=]? ?(?:10 ?% )?(?:neutral[ -]buffered )?formalin\b"
    r"|cold ischemi[ac](?: time)? and fixation times?:? (?:meets?|are within|within)(?: the)?(?: current)? "
    r"(?:requirements|guidelines?|recommendations)"
    r"(?: (?:specified|given|recommended))?(?: (?:in|of|by))?(?: the)?(?: latest| current)?(?: version of the)?"
    r"(?: ?(?:asco ?/ ?cap|cap|asco))?(?: (?:guidelines?|recommendations))?)\.?",
    re.IGNORECASE,
)
_MINUTES_IN_AN_HOUR = 60


def without_handling(written: str, limits: SpecimenHandling) -> str:
    """Remove statements of a handling that the guideline accepts."""
    if "ix" not in written and "schemi" not in written:
        return written
    return _HANDLING.sub(lambda found: " ; " if _is_accepted(found, limits) else found[0], written)


def _is_accepted(found: re.Match[str], limits: SpecimenHandling) -> bool:
    if found["minutes"] or found["ischemia"]:
        hours = 1 if found["ischemia"] == "one" else int(found["ischemia"] or 0)
        minutes = int(found["minutes"] or 0) + _MINUTES_IN_AN_HOUR * hours
        return minutes <= limits.ischemia_minutes
    fixed = (int(each) for each in (found["from"], found["to"]) if each)
    return all(limits.fixation_hours.at_least <= each <= limits.fixation_hours.at_most for each in fixed)
