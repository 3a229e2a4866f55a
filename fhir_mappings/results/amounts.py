"""Numbers of results in quantities and texts: with a comparator, as a range, with a unit."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING

import msgspec

from cards.values.intervals import EXACT, Bound
from cards.values.texts import CUT
from fhir_mappings.wire.lenient import number, shown, text

if TYPE_CHECKING:
    from fhir_mappings.wire.lenient import Json

LONGEST, _LONGEST_COMPARATOR, _LONGEST_UNIT = 100, 20, 80
"""Longer than any number with its unit; a longer text is a narrative."""

# FHIR's comparators, and their spellings in texts. Any other is not read: "!=" does not bound a number.
BOUNDS = {
    **dict.fromkeys(("", "="), EXACT),
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
_FLAG = re.compile(
    r"\s?(?:\((HH?|LL?|N|high|low|normal)\)|\*{1,3})$|(?:(?<=/[a-z]L)|(?<=/L)|(?<=%)) (HH?|LL?)$", re.IGNORECASE
)
_IN_TWO_UNITS = re.compile(
    r"(\d{1,3})\s?([a-z]{2,6}\.?)[\s,]{1,2}(\d{1,3}(?:[.,]\d{1,2})?)\s?([a-z]{1,6}\.?)", re.IGNORECASE
)
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


def apart_from_flag(written: str) -> tuple[str, str]:
    """Return a text without the flag of the laboratory at its end, and the flag: "35 %" and "L" for "35 % (L)"."""
    match = _FLAG.search(written.rstrip())
    return (written[: match.start()], match[1] or match[2] or "") if match is not None else (written, "")


def in_thousands(written: str) -> tuple[Reading, Reading] | None:
    """Read a text that is one number which may be one of thousands, or one with three decimals: "210,000 /uL"."""
    match = _AMOUNT.fullmatch(_FLAG.sub("", written))
    if match is None or match["high"] or match["bound"] or not _THOUSANDS.fullmatch(match["low"]):
        return None
    whole, _, rest = match["low"].replace(",", ".").partition(".")
    unit, shown = (match["unit"] or "").strip(), " ".join(written.split())
    return (
        Reading(Decimal(whole + rest), "", unit, EXACT, shown),
        Reading(Decimal(f"{whole}.{rest}"), "", unit, EXACT, shown),
    )


def read_amount(written: str) -> Reading | None:
    """Read a text that is exactly one number or range with its unit: ">175 U/L", "0,67 ukat/L (H)"."""
    match = _AMOUNT.fullmatch(_FLAG.sub("", written))
    if match is None or any(each and _THOUSANDS.fullmatch(each) for each in (match["low"], match["high"])):
        return None
    bound = BOUNDS[(match["bound"] or "").casefold()]
    low, high = (None if each is None else Decimal(each.replace(",", ".")) for each in match.group("low", "high"))
    if low is None or (high is not None and (low > high or bound is not EXACT)):
        return None
    return Reading(low, "", (match["unit"] or "").strip(), bound, " ".join(written.split()), high)


def in_two_units(written: str) -> tuple[Reading, Reading] | None:
    """Read a text that is one amount in two units, the greater one in whole numbers: "11 st 4 lb", "154 lb 6 oz"."""
    match = _IN_TWO_UNITS.fullmatch(written)
    if match is None:
        return None
    whole, greater, rest, smaller = match.groups()
    return (
        Reading(Decimal(whole), "", greater, EXACT, written),
        Reading(Decimal(rest.replace(",", ".")), "", smaller, EXACT, written),
    )


def read_quantity(quantity: Json) -> Reading | None:
    """Read a quantity, with its comparator; ``None`` if its value is not a number."""
    value = number(quantity.get("value"))
    if value is None:
        return _quantity_in_words(quantity)
    # Inlined from ``text``: this runs more often than anything else on a chart.
    code, unit = quantity.get("code"), quantity.get("unit")
    code = code.strip() if code.__class__ is str else ""
    unit = unit.strip() if unit.__class__ is str else ""
    if len(code) > _LONGEST_UNIT or len(unit) > _LONGEST_UNIT:
        code, unit = _cut(code), _cut(unit)
    if "comparator" not in quantity:
        # With ``!s`` a decimal is written three times as fast.
        return Reading(value, code, unit, EXACT, f"{value!s} {unit or code}".strip())
    written = quantity["comparator"]
    comparator = text(written) if written.__class__ is str else shown(written)
    bound = BOUNDS.get(" ".join(comparator[:_LONGEST_COMPARATOR].casefold().split()))
    return Reading(value, code, unit, bound, f"{comparator[:_LONGEST_COMPARATOR]} {value} {unit or code}".strip())


def _cut(unit: str) -> str:
    """Cut a text that is too long to be a unit; the mark at its end keeps it from matching a known one."""
    return unit if len(unit) <= _LONGEST_UNIT else f"{text(unit[:_LONGEST_UNIT])}{CUT}"


def _quantity_in_words(quantity: Json) -> Reading | None:
    """Read a quantity whose comparator is part of its number ("<0.5"), as some systems export it."""
    written, comparator = quantity.get("value"), quantity.get("comparator")
    read = read_amount(written.strip()) if isinstance(written, str) and len(written) <= LONGEST else None
    if read is None or read.unit or read.upper is not None or comparator is not None:
        return None
    unit, code = text(quantity.get("unit")), text(quantity.get("code"))
    return Reading(read.value, code, unit, read.bound, f"{read.as_reported} {unit or code}".strip())
