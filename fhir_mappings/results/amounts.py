"""Numbers of results in quantities and texts: with a comparator, as a range, with a unit."""

from __future__ import annotations

import re
from decimal import Decimal

import msgspec

from cards.values.intervals import Bound

# FHIR's comparators, and their spellings in texts. Any other is not read: "!=" does not bound a number.
BOUNDS = {
    "": Bound.EXACT,
    **dict.fromkeys(("<", "less than", "below", "under"), Bound.BELOW),
    **dict.fromkeys(("<=", "=<", "\u2264", "at most", "up to"), Bound.AT_MOST),
    **dict.fromkeys((">=", "=>", "\u2265", "at least"), Bound.AT_LEAST),
    **dict.fromkeys((">", "greater than", "above", "over", "more than"), Bound.ABOVE),
}
_SIGNS = "|".join(re.escape(each) for each in sorted(BOUNDS, key=len, reverse=True) if each)
_AMOUNT = re.compile(
    rf"(?P<bound>{_SIGNS})?\s{{0,3}}(?P<low>\d{{1,9}}(?:[.,]\d{{1,6}})?)"
    r"(?:\s{0,3}(?:-|\u2013|to)\s{0,3}(?P<high>\d{1,9}(?:[.,]\d{1,6})?))?(?P<unit>\s.{1,40}|[^\d\s.,].{0,40})?",
    re.IGNORECASE,
)
# The flags that laboratories append to a value out of range.
_FLAG = re.compile(r"\s?(?:\((?:HH?|LL?|high|low)\)|\*{1,3})$|(?<=/[a-z]L) (?:HH?|LL?)$|(?<=/L) HH?$", re.IGNORECASE)
# 4.500 may be four and a half, or four thousand and five hundred.
_THOUSANDS = re.compile(r"[1-9]\d{0,2}[.,]\d{3}")


class Reading(msgspec.Struct, frozen=True):
    """A number read from a value, before its unit is considered; for a range, its lower end.

    ``bound`` is ``None`` when its comparator is unknown.
    """

    value: Decimal
    code: str
    unit: str
    bound: Bound | None
    as_reported: str
    upper: Decimal | None = None


def read_amount(written: str) -> Reading | None:
    """Read a text that is exactly one number or range with its unit: ">175 U/L", "0,67 ukat/L (H)"."""
    match = _AMOUNT.fullmatch(_FLAG.sub("", written))
    if match is None or any(number and _THOUSANDS.fullmatch(number) for number in (match["low"], match["high"])):
        return None
    bound = BOUNDS[(match["bound"] or "").casefold()]
    low, high = (None if number is None else Decimal(number.replace(",", ".")) for number in match.group("low", "high"))
    if low is None or (high is not None and (low > high or bound is not Bound.EXACT)):
        return None
    return Reading(low, "", (match["unit"] or "").strip(), bound, " ".join(written.split()), high)
