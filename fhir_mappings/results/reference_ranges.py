"""The limits of normal of a result: chosen from its reference ranges as the normal one for this patient.

A range with a description that is not understood does not count as normal: a critical range of 500 would make a result
of 300 look harmless.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from fhir_mappings.codings import codings
from fhir_mappings.results.range_texts import FEMALE, MALE, RangeWords, folded
from fhir_mappings.wire.cached_json import CachedByJson
from fhir_mappings.wire.lenient import child, items, number, objects, text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

    from cards.knowledge.schema import Terminology
    from fhir_mappings.results.measurement_units import UnitReader
    from fhir_mappings.wire.lenient import Json

_PLAIN = frozenset({"low", "high"})
_ONE = Decimal(1)
_BOTH = frozenset({FEMALE, MALE})


class Subject(NamedTuple):
    """The patient's data that reference ranges depend on."""

    sex: str = ""
    birth_date: date | None = None


NOBODY = Subject()


class Unit(NamedTuple):
    """The unit of a result: its code, its text, and its factor to the canonical unit, ``None`` when it is not known."""

    code: str
    written: str
    factor: Decimal | None


class _Range(NamedTuple):
    """A normal range for the patient; ``fits`` counts the criteria that match, ``sexes`` limits it to some."""

    low: Decimal | None
    high: Decimal | None
    fits: int
    sexes: frozenset[str] = frozenset()


class _NotRead(Exception):  # noqa: N818 - it is a state of the input, not a fault of ours
    """A range has a part that is not understood."""


class _NotTheirs(Exception):  # noqa: N818 - likewise
    """A range is for other patients, or is not a normal range."""


class RangeReader:
    """Reads reference ranges; one reader serves every request."""

    def __init__(self, terminology: Terminology, units: UnitReader) -> None:
        """Prepare the words."""
        known = terminology.reference_ranges
        self._units = units
        self._words = RangeWords(known)
        self._normal_types = frozenset(known.normal_types)
        self._sexes = dict.fromkeys(known.female_codes, FEMALE) | dict.fromkeys(known.male_codes, MALE)
        self._age_units = known.age_units
        year, adults = known.age_units.get("a"), known.adults
        self._adult_days = (adults.from_years * year, adults.to_years * year) if adults and year else None
        self._again = CachedByJson(self._read)

    def high(self, ranges: Any, concept: str, unit: Unit, subject: Subject, on: date | None) -> Decimal | None:
        """Return the upper limit of normal in the canonical unit, or in the result's own if it has no known factor."""
        return _only(self._limits(ranges, "high", concept, unit, subject, on))

    def lowest_high(self, ranges: Any, concept: str, unit: Unit, subject: Subject, on: date | None) -> Decimal | None:
        """Return the lowest upper limit that may be the patient's: a result up to it is normal by all of them."""
        return min(self._limits(ranges, "high", concept, unit, subject, on), default=None)

    def low(self, ranges: Any, concept: str, unit: Unit, subject: Subject, on: date | None) -> Decimal | None:
        """Return the lower limit of normal, in the same unit as `high`."""
        return _only(self._limits(ranges, "low", concept, unit, subject, on))

    def _limits(
        self, ranges: Any, side: str, concept: str, unit: Unit, subject: Subject, on: date | None
    ) -> Sequence[Decimal]:
        listed = items(ranges)
        if len(listed) == 1 and listed[0].__class__ is dict and _PLAIN.issuperset(listed[0]):
            # Many ranges have limits alone, which are for everybody: to write them as a key takes longer than to read.
            return self._plain(listed[0], side, concept, unit)
        code, written, known = unit
        factor = "" if known is None else str(known)
        sex, born = subject
        age = ""
        if born is not None and on is not None and any("age" in entry for entry in listed if entry.__class__ is dict):
            age = str((on - born).days)
        return self._again(listed, concept, code, written, factor, sex, age, side)

    def _plain(self, entry: Json, side: str, concept: str, unit: Unit) -> tuple[Decimal, ...]:
        try:
            found = self._stated(entry, side, concept, unit)
        except _NotRead:
            return ()
        return (found,) if found is not None and found > 0 else ()

    def _read(self, ranges: list[Any], *beside: str) -> tuple[Decimal, ...]:
        concept, code, written, factor, sex, age, side = beside
        unit = Unit(code, written, Decimal(factor) if factor else None)
        normal = [
            each
            for entry in ranges
            if isinstance(entry, dict)
            for each in self._normal(entry, (concept, unit), sex, age)
            if getattr(each, side) is not None
        ]
        if sex not in _BOTH and not _BOTH.issubset(name for each in normal for name in each.sexes):
            # If the sex is not known, a range for one sex counts only beside that for the other.
            normal = [each for each in normal if not each.sexes]
        best = max((each.fits for each in normal), default=0)
        return tuple({limit for each in normal if each.fits == best and (limit := getattr(each, side)) > 0})

    def _normal(self, entry: Json, result: tuple[str, Unit], sex: str, age: str) -> Iterator[_Range]:
        """Yield the normal ranges in an entry that are for the patient; a text may have one for each sex."""
        concept, unit = result
        try:
            fits = self._typed(entry) + self._aged(entry, age)
            groups = self._groups(entry)
            low, high = (self._stated(entry, side, concept, unit) for side in ("low", "high"))
        except (_NotRead, _NotTheirs):
            return
        written = folded(text(entry.get("text")))
        for said in self._words.parts(written, lambda spelled: self._factor("", spelled, concept, unit)):
            if said is None:
                # If limits are coded as normal, any remark is allowed.
                if self._is_coded_normal(entry) and (low, high) != (None, None):
                    yield _Range(low, high, fits)
                continue
            sexes = groups | said.sexes
            if sexes and sex in _BOTH and sex not in sexes and sexes != _BOTH:
                continue
            if (low, high) == (None, None):
                yield _Range(said.low, said.high, fits + bool(sexes), sexes)
            elif _agree(said.low, low) and _agree(said.high, high):
                # Some senders write one limit as a field and both in words.
                fields = (said.low if low is None else low, said.high if high is None else high)
                yield _Range(*fields, fits + bool(sexes), sexes)

    def _is_coded_normal(self, entry: Json) -> bool:
        return any(coding.code in self._normal_types for coding in codings(entry.get("type")))

    def _typed(self, entry: Json) -> int:
        """Return 1 for a range whose type is normal, 0 for one without a type."""
        if "type" not in entry:
            return 0
        if self._is_coded_normal(entry):
            return 1
        concept = child(entry, "type")
        spoken = " ".join(_texts(concept))
        if not spoken or self._words.sexes(folded(spoken)) is None:
            raise _NotTheirs
        return 1

    def _groups(self, entry: Json) -> frozenset[str]:
        """Return the sexes that a range is for; empty when it is for everyone."""
        found: set[str] = set()
        for _, concept in objects(entry.get("appliesTo")):
            coded = {self._sexes[coding.code] for coding in codings(concept) if coding.code in self._sexes}
            spoken = folded(" ".join(_texts(concept)))
            named = self._words.sexes(spoken) if spoken else None
            if not coded and named is None:
                raise _NotTheirs
            if coded and named and coded != named:
                raise _NotRead
            found |= coded | (named or frozenset())
        return frozenset(found)

    def _aged(self, entry: Json, days: str) -> int:
        """Return 1 for a range for the patient's age, 0 for one without an age."""
        if "age" not in entry:
            return 0
        ages = child(entry, "age")
        low, high = self._days(ages, "low"), self._days(ages, "high")
        if low is None and high is None:
            raise _NotRead
        if days:
            is_old_enough = low is None or Decimal(days) >= low[0]
            # "Up to 17 years" lasts until the eighteenth birthday.
            is_young_enough = high is None or Decimal(days) < high[0] + high[1]
        elif self._adult_days is None:
            raise _NotTheirs
        else:
            is_old_enough = low is None or low[0] <= self._adult_days[0]
            is_young_enough = high is None or high[0] >= self._adult_days[1]
        if not (is_old_enough and is_young_enough):
            raise _NotTheirs
        return 1

    def _days(self, ages: Json, end: str) -> tuple[Decimal, Decimal] | None:
        """Return an age in days, and how long its unit is; ``None`` when there is none."""
        if end not in ages:
            return None
        quantity = child(ages, end)
        value = number(quantity.get("value"))
        units = (text(quantity.get(name)).casefold() for name in ("code", "unit"))
        size = next((self._age_units[each] for each in units if each in self._age_units), None)
        if value is None or (size is None and value != 0):
            raise _NotRead
        return value * (size or 0), size or Decimal(0)

    def _stated(self, entry: Json, side: str, concept: str, unit: Unit) -> Decimal | None:
        """Return a limit in the canonical unit; ``None`` when there is none."""
        limit = child(entry, side)
        if not limit:
            return None
        value = number(limit.get("value"))
        factor = self._factor(text(limit.get("code")), text(limit.get("unit")), concept, unit)
        if value is None or factor is None or "comparator" in limit:
            raise _NotRead
        return value * factor

    def _factor(self, code: str, written: str, concept: str, unit: Unit) -> Decimal | None:
        """Return the factor of a limit's unit: that of the result if it has none or the same text."""
        own = _ONE if unit.factor is None else unit.factor
        if written == unit.written and code in ("", unit.code):
            # Fast path for nearly every limit.
            return own
        if not (code or written) or (written and self._units.same(written, unit.written)):
            return own
        if unit.factor is None:
            return own if code and code == unit.code else None
        return self._units.factor(concept, code, written)


def _only(limits: Sequence[Decimal]) -> Decimal | None:
    """Return the limit; if two normal ranges disagree, it is unknown which applies."""
    return limits[0] if len(limits) == 1 else None


def _texts(concept: Json) -> list[str]:
    return [each for each in (text(concept.get("text")), *(coding.display for coding in codings(concept))) if each]


def _agree(one: Decimal | None, other: Decimal | None) -> bool:
    return one is None or other is None or one == other
