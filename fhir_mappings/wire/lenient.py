"""Reads FHIR JSON as it comes: arrays sent as objects, numbers sent as text, codes with stray blanks.

Lenient about structure, strict about values: what is not clearly a number is not a number.
"""

from __future__ import annotations

import re
from datetime import date
from decimal import Context, Decimal
from typing import TYPE_CHECKING, Any

from cards.values.texts import LONGEST, bounded

if TYPE_CHECKING:
    from collections.abc import Sequence

Json = dict[str, Any]

_NUMBER = re.compile(r"[+-]?\d{1,12}(?:\.\d{1,20})?")
_LONGEST_DATE = 16
# Nobody alive has results or doses of the years up to this one. Systems write 0001-01-01, 1753-01-01, 1840-12-31,
# 1899-12-30 or 1900-01-01 for a date that is not known.
_LAST_FILLER_YEAR = 1900
_DATE = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?(?=$|T|[ t]\d\d:)")
# No clinical number has more digits or a larger exponent; beyond that, arithmetic is slow or must round.
_DIGITS_LIMIT = 40
_POWERS_OF_TEN = 12
_LARGEST = 10**_POWERS_OF_TEN
# A binary float has fifteen digits. What it adds after a number of at most twelve is noise: in an EHR that computes
# with floats, 85 x 5.4 is 459.00000000000006 instead of 459.
_FLOAT = Context(prec=15)
_MEANT_DIGITS = 12
_ONE = Decimal(1)


def items(value: Any) -> list[Any]:
    """Return the elements of an array; a single object counts as an array of one, absence as none."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def objects(value: Any) -> Sequence[tuple[int | None, Json]]:
    """Return the objects of an array with their index; a single object sent in place of an array has none."""
    if value.__class__ is list:
        if len(value) == 1:
            # Fast path for most arrays.
            return ((0, value[0]),) if value[0].__class__ is dict else ()
        return [each for each in enumerate(value) if each[1].__class__ is dict]
    return ((None, value),) if value.__class__ is dict else ()


def child(value: Any, name: str) -> Json:
    """Return a member that should be an object; an empty one if it is not."""
    found: Any = value.get(name) if value.__class__ is dict else None
    return found if found.__class__ is dict else {}


def flag(value: Any) -> bool | None:
    """Return a truth value, also one that was sent as text; ``None`` for anything else."""
    if value.__class__ is bool:
        return bool(value)
    return {"true": True, "false": False}.get(value.strip().casefold()) if value.__class__ is str else None


def shown(value: Any) -> str:
    """Return a value that cannot be used as a card may show it; an array or an object, cut to a mark, says nothing."""
    return "…" if isinstance(value, list | dict) else str(value)


def text(value: Any) -> str:
    """Return a text in the form for patterns (`bounded`): spaces folded, and cut; empty if the value is not a text."""
    if value.__class__ is not str:
        return ""
    if (
        len(value) <= LONGEST
        and "  " not in value
        and "\\" not in value
        and "<" not in value
        and "&" not in value
        and value.isprintable()
    ):
        # Fast path, equivalent to `bounded`: nothing is called more often, and nearly every text is short and clean.
        stripped: str = value.strip()
        return stripped
    return bounded(value)


def number(value: Any) -> Decimal | None:
    """Return an exact number, without binary float noise; nothing if it is not clearly a number."""
    kind = value.__class__
    if kind is int:
        return Decimal(value) if -_LARGEST < value < _LARGEST else None
    if kind is str and _NUMBER.fullmatch(value.strip()):
        value = Decimal(value.strip())
    elif kind is not Decimal:
        return None
    written = str(value)
    length = len(written)
    if length <= _POWERS_OF_TEN and "E" not in written and value.is_finite():
        # Fast path for nearly every number.
        exact: Decimal = value
        return exact
    sensible = (
        value.is_finite()
        # A text within the limit cannot have more digits; counting them takes much longer.
        and (length <= _DIGITS_LIMIT or len(value.as_tuple().digits) <= _DIGITS_LIMIT)
        and -_POWERS_OF_TEN < value.adjusted() < _POWERS_OF_TEN
    )
    if not sensible:
        return None
    return value if length <= _FLOAT.prec else _shortest_decimal(value)


def _shortest_decimal(value: Decimal) -> Decimal:
    """Return the short number that a binary float approximates; any other unchanged."""
    meant = _FLOAT.plus(value).normalize(_FLOAT)
    if len(meant.as_tuple().digits) > _MEANT_DIGITS:
        return value
    return meant if meant.adjusted() < 0 or meant != meant.to_integral_value() else meant.quantize(_ONE)


def day(value: Any) -> date | None:
    """Return the calendar day of a FHIR date or dateTime as written; for a month or year its first day.

    A filler for an unknown day, such as 1900-01-01, gives ``None``.
    """
    found = _calendar_day(value) if isinstance(value, str) else None
    return found if found is not None and found.year > _LAST_FILLER_YEAR else None


def _calendar_day(value: str) -> date | None:
    try:
        # Fast path: nearly every date is complete; the pattern is for the rest.
        if value[10:11] in ("", "T"):
            return date.fromisoformat(value[:10])
    except ValueError:
        pass
    if not (match := _DATE.match(value.strip()[:_LONGEST_DATE])):
        return None
    year, month, day_of_month = match.groups()
    try:
        return date(int(year), int(month or 1), int(day_of_month or 1))
    except ValueError:
        return None


def reference(value: Any) -> str:
    """Return a reference as ``Type/id``, ``#id`` or ``urn:…``; the server and the version are dropped."""
    if value is None:
        return ""
    written = text(value.get("reference")) if value.__class__ is dict else text(value)
    if written.count("/") == 1 and "/_history" not in written:
        # Fast path for nearly every reference.
        return written
    if written.startswith(("#", "urn:")):
        return written
    parts = written.partition("/_history")[0].split("/")
    return "/".join(parts[-2:])


def server_of(value: Any) -> str:
    """Return the server of an absolute reference, normalized for comparison; empty for a relative one."""
    written = text(value.get("reference")) if value.__class__ is dict else text(value)
    scheme, mark, rest = written.partition("://")
    if not mark or scheme.casefold() not in ("http", "https"):
        return ""
    return "/".join(rest.partition("/_history")[0].rstrip("/").split("/")[:-2]).casefold()


def base_of(address: str) -> str:
    """Return the base address of a server as ``server_of`` writes it."""
    scheme, mark, rest = address.strip().partition("://")
    return rest.rstrip("/").casefold() if mark and scheme.casefold() in ("http", "https") else ""
