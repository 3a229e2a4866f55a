"""Reads measurements: a number in a known unit, its comparator or range, and the limits of normal.

What cannot be read to the end becomes a gap with the value as it was sent.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from msgspec import structs

from cards.facts.origins import Gap, Origin
from cards.facts.results import TIMES_LIMIT, LabResult, Lvef, Weight
from cards.values.intervals import EXACT, Bound, Interval
from cards.values.quantities import Kg, Percent
from fhir_mappings.codings import texts
from fhir_mappings.results.amounts import (
    LONGEST,
    Reading,
    apart_from_flag,
    in_thousands,
    in_two_units,
    read_amount,
    read_quantity,
)
from fhir_mappings.results.lvef_texts import LvefStated, read_lvef_text
from fhir_mappings.results.reference_ranges import NOBODY, Unit
from fhir_mappings.results.results_in_sentences import SentenceReader
from fhir_mappings.results.values_in_notes import Measured, NoteValueReader, last_digit
from fhir_mappings.results.written_values import written_value
from fhir_mappings.wire.folding import fold
from fhir_mappings.wire.lenient import child, number, text

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from cards.knowledge.schema import Terminology
    from fhir_mappings.codings import CodeMap
    from fhir_mappings.results.measurement_units import UnitReader
    from fhir_mappings.results.reference_ranges import RangeReader, Subject
    from fhir_mappings.results.result_flags import ResultFlags
    from fhir_mappings.wire.lenient import Json

_LETTERS, _PERCENT = 2, 100
_ASIDE = frozenset({"note", "comment", "comments", "method", "interpretation", "component"})
"""The elements that may say another value."""
# An amount with the same in another unit behind it.
_TWICE = re.compile(r"([^()]{2,40})\(([^()]{2,40})\)")
# What stands in brackets behind a result: "Platelets 38 K/uL (critical)".
_NO_LABS = frozenset({"lvef", "weight", "weight-stated"})
# The range of reference in brackets behind a result: "24 U/L [ref: 10-40 U/L]".
_RANGE_BEHIND = re.compile(
    r"(.{1,40}\D) ?[(\[]((?:ref(?:erence)?\.?(?: range)?:? ?)?\d{1,6}(?:[.,]\d{1,3})? ?- ?\d{1,6}(?:[.,]\d{1,3})?"
    r"(?: [^()\[\]]{1,20})?)[)\]]",
    re.IGNORECASE,
)
_REMARK_BEHIND = re.compile(r" ?\([^()\d]{1,30}\)\Z")
Number = Weight | Lvef | LabResult | Gap
"""What a measurement becomes."""


class NumberReader:
    """Reads measurements; one reader serves every request."""

    def __init__(
        self, terminology: Terminology, units: UnitReader, ranges: RangeReader, flags: ResultFlags, code_map: CodeMap
    ) -> None:
        """Keep the readers of units, ranges and flags."""
        self._terminology = terminology
        self._units, self._ranges, self._flags, self._code_map = units, ranges, flags, code_map
        # For a range, these use the upper end; every other measurement uses the lower.
        self._harmful_when_high = terminology.harmful_when_high
        self._in_notes, self._in_sentences = NoteValueReader(terminology, units), SentenceReader(terminology, units)
        self._rounded = 1 + terminology.result_doubts.same_within_percent / _PERCENT
        self._times_normal = frozenset(terminology.times_normal)
        self._name_before = {
            name: _before_number((*concept.names, *concept.names_with_unit), terminology.words_beside_tests)
            for name, concept in terminology.concepts.items()
            if concept.units is not None
        }

    def read(self, concept: str, holder: Json, origin: Origin, on: date | None, subject: Subject) -> Number:
        """Read the number of a measurement, with its unit and limits; a gap if one of these is not understood."""
        quantity = holder.get("valueQuantity")
        if quantity.__class__ is dict:
            reading = read_quantity(quantity)
        else:
            holder = _with_flag(holder if concept in _NO_LABS else _with_range(holder))
            reading = self._number_of(holder, concept)
        if reading is None:
            return Gap(concept, origin.path, "value", on, (("value", written_value(holder)),))
        bound = reading.bound
        if bound is None:
            return Gap(concept, origin.path, "comparator", on, (("value", reading.as_reported[:40]),))
        if bound is EXACT and reading.upper is None and "interpretation" in holder:
            bound = self._flags.bound(holder)
            if bound is not EXACT:
                written = f"{bound.sign} {reading.as_reported}"
                reading = structs.replace(reading, bound=bound, as_reported=written)
        code, written_unit = reading.code, reading.unit
        factor = self._units.factor(concept, code, written_unit)
        unit = self._local_unit(concept, reading, quantity) if factor is None else Unit(code, written_unit, factor)
        reported = reading.upper if concept in self._harmful_when_high and reading.upper is not None else reading.value
        if unit.factor is None:
            return self._in_unknown_unit(concept, (reading, reported, unit), holder, origin, on, subject)
        value = reported * unit.factor
        known = self._terminology.concepts[concept]
        gate = known.plausible
        if gate is not None and not gate[0] <= value <= gate[1] and (bound is EXACT or value <= 0):
            return Gap(concept, origin.path, "implausible", on, (("value", reading.as_reported),))
        if not _ASIDE.isdisjoint(holder) and (
            note := self._in_notes.other_value(concept, Measured(value, reading, unit), holder)
        ):
            return Gap(concept, origin.path, "voided", on, (("value", reading.as_reported), ("note", note)))
        if concept in ("weight", "weight-stated"):
            if bound is not EXACT:
                return Gap(concept, origin.path, "value", on, (("value", reading.as_reported),))
            return Weight(Kg(value), on, origin, stated=concept == "weight-stated")
        if concept == "lvef":
            return self._lvef(Measured(value, reading, unit), holder, origin, on, subject)
        return self._lab(concept, Measured(value, reading, unit), holder, origin, on, subject)

    def value_of(self, concept: str, holder: Json) -> Interval | None:
        """Return what a measurement may be, in its canonical unit; ``None`` if it cannot be read."""
        found = self.read(concept, holder, Origin("", ""), None, NOBODY)
        if isinstance(found, Weight):
            return Interval(found.kg.value, found.kg.value)
        return found.interval if isinstance(found, LabResult | Lvef) else None

    def is_same(self, one: Interval, other: Interval) -> bool:
        """Return whether two values may be the same, rounded or stated in two units."""
        return one.low <= other.high * self._rounded and other.low <= one.high * self._rounded

    def named_in(self, sentence: str) -> tuple[str, Decimal] | None:
        """Return the test that a sentence names, and its number in the canonical unit; ``None`` for anything else."""
        plain = _REMARK_BEHIND.sub("", sentence)
        for concept, name in self._name_before.items():
            rest = name.sub("", plain, count=1)
            reading = read_amount(rest) if rest != plain else None
            if reading is not None and reading.bound is EXACT and reading.upper is None:
                factor = self._units.factor(concept, "", reading.unit)
                if factor is not None:
                    return concept, reading.value * factor
        return self._in_sentences.find(sentence)

    def _lvef(self, measured: Measured, holder: Json, origin: Origin, on: date | None, subject: Subject) -> Number:
        value, reading, unit = measured
        ranges, factor = holder.get("referenceRange"), unit.factor or Decimal(1)
        normal = self._ranges.low(ranges, "lvef", unit, subject, on) if ranges else None
        if "interpretation" in holder and (flag := self._flags.against("lvef", holder, value, normal, None)):
            return Gap("lvef", origin.path, "flagged", on, (("value", reading.as_reported), ("flag", flag)))
        limit = Percent(normal) if normal is not None else None
        end = Percent(reading.upper * factor) if reading.upper is not None else None
        return Lvef(Percent(value), on, origin, reading.as_reported, limit, reading.bound or EXACT, upper=end)

    def _lab(
        self, concept: str, measured: Measured, holder: Json, origin: Origin, on: date | None, subject: Subject
    ) -> Number:
        value, reading, unit = measured
        ranges, known = holder.get("referenceRange"), self._terminology.concepts[concept]
        upper = self._ranges.high(ranges, concept, unit, subject, on) if ranges else None
        if upper is None and ranges:
            lowest = self._ranges.lowest_high(ranges, concept, unit, subject, on)
            upper = lowest if lowest is not None and value <= lowest and reading.bound is EXACT else None
        if "interpretation" in holder:
            lower = self._ranges.low(ranges, concept, unit, subject, on) if ranges else None
            if flag := self._flags.against(concept, holder, value, lower, upper):
                return Gap(concept, origin.path, "flagged", on, (("value", reading.as_reported), ("flag", flag)))
        limits = known.plausible_limit
        if upper is not None and limits is not None and not limits[0] <= upper <= limits[1]:
            # A limit in another unit than the result, or a slipped decimal, would make any result look normal.
            upper = None
        bound = reading.bound or EXACT
        found = LabResult(concept, value, known.unit or "", on, origin, reading.as_reported, upper, bound)
        if upper is not None and unit.factor is not None and unit.factor != 1:
            structs.force_setattr(found, "limit_as_reported", upper / unit.factor)
        return found

    def _number_of(self, holder: Json, concept: str) -> Reading | None:
        """Read a value other than a quantity: the lower end of a range, an integer, or a text with number and unit."""
        value_range = child(holder, "valueRange")
        if value_range:
            return _of_range(child(value_range, "low"), child(value_range, "high"))
        if concept == "lvef" and (ratio := child(holder, "valueRatio")):
            return _share_of(ratio)
        whole = number(holder.get("valueInteger"))
        if whole is not None:
            return Reading(whole, "", "", EXACT, str(whole))
        written = _text_of(holder)
        if concept == "lvef":
            return self._ejection_fraction(holder, written)
        if len(written) > LONGEST:
            return None
        plain = self._name_before[concept].sub("", written, count=1).strip(" :=")
        if (twice := _TWICE.fullmatch(plain)) is not None and (stated := self._stated_twice(concept, *twice.groups())):
            return stated
        return self._in_two_units(concept, plain) or read_amount(plain) or self._plausible(concept, plain)

    def _stated_twice(self, concept: str, first: str, second: str) -> Reading | None:
        """Read an amount that is stated in a second unit as well, if both are the same: "70 kg (154 lb 5 oz)"."""
        both = first.strip(), second.strip()
        read = [self._in_two_units(concept, each) or read_amount(each) for each in both]
        amounts: list[tuple[Decimal, Decimal]] = []
        for each in read:
            factor = self._units.factor(concept, "", each.unit) if each is not None else None
            if each is None or factor is None or each.bound is not EXACT or each.upper is not None:
                return None
            amounts.append((each.value * factor, last_digit(each.value) * factor))
        (one, rounded), (other, also_rounded) = amounts
        if abs(one - other) > rounded + also_rounded:
            return None
        return read[0]

    def _plausible(self, concept: str, written: str) -> Reading | None:
        """Read a number that may be one of thousands, or one with decimals, where only one of the two is plausible."""
        gate, both = self._terminology.concepts[concept].plausible, in_thousands(written)
        if gate is None or both is None or (factor := self._units.factor(concept, "", both[0].unit)) is None:
            return None
        fitting = [each for each in both if gate[0] <= each.value * factor <= gate[1]]
        return fitting[0] if len(fitting) == 1 else None

    def _in_two_units(self, concept: str, written: str) -> Reading | None:
        """Read an amount in two units of one kind as one in the canonical unit."""
        parts = in_two_units(written)
        if parts is None:
            return None
        factors = [self._units.factor(concept, "", each.unit) for each in parts]
        if factors[0] is None or factors[1] is None or parts[1].value * factors[1] >= factors[0]:
            return None
        total = parts[0].value * factors[0] + parts[1].value * factors[1]
        unit = self._terminology.concepts[concept].unit or ""
        return structs.replace(parts[0], value=total, unit=unit, as_reported=" ".join(written.split())[:40])

    def _ejection_fraction(self, holder: Json, written: str) -> Reading | None:
        """Read an ejection fraction from a value's text or display."""
        written = written or next(iter(texts(holder.get("valueCodeableConcept"))), "")
        plain, flag = apart_from_flag(written)
        # "Normal" in brackets is part of what the text says.
        plain = plain if len(flag) <= _LETTERS else written
        found = read_lvef_text(plain, self._terminology.lvef_in_words) if plain else None
        if not isinstance(found, LvefStated):
            return None
        as_reported = " ".join(written.split())[:60]
        return Reading(found.value, "%" if found.in_percent else "", "", found.bound, as_reported, found.upper)

    def _local_unit(self, concept: str, reading: Reading, quantity: Any) -> Unit:
        """Return a unit that is not known by itself: as a site's code map has it, or that of a bare fraction."""
        factor = None
        if self._code_map and isinstance(quantity, dict):
            local = [*self._code_map.standard(text(quantity.get("system")), reading.code)]
            local += self._code_map.standard("", reading.unit)
            factors = {self._units.factor(concept, each.code, "") for each in local if each.system == "ucum"}
            factor = factors.pop() if len(factors) == 1 else None
        if factor is None and concept == "lvef" and not reading.code and not reading.unit:
            factor = Decimal(100) if reading.value <= 1 else Decimal(1)
        return Unit(reading.code, reading.unit, factor)

    def _in_unknown_unit(
        self,
        concept: str,
        number: tuple[Reading, Decimal, Unit],
        holder: Json,
        origin: Origin,
        on: date | None,
        subject: Subject,
    ) -> Number:
        """Read a result in an unknown unit: as a multiple of its upper limit, if that is in the same unit.

        "6 x ULN" is such a multiple itself.
        """
        reading, reported, unit = number
        is_multiple = concept in self._harmful_when_high and fold(reading.unit or reading.code) in self._times_normal
        if is_multiple and reading.bound is not None:
            one = Decimal(1)
            return LabResult(concept, reported, TIMES_LIMIT, on, origin, reading.as_reported, one, reading.bound)
        ranges = holder.get("referenceRange")
        upper = (
            self._ranges.high(ranges, concept, unit, subject, on)
            if concept in self._harmful_when_high and ranges
            else None
        )
        if upper is None or reading.bound is None or self._units.is_known(reading.code, reading.unit):
            reason = "unit-unknown" if reading.code or reading.unit else "unit-missing"
            return Gap(concept, origin.path, reason, on, (("value", reading.as_reported[:40]),))
        written = (reading.unit or reading.code)[:20]
        return LabResult(concept, reported, written, on, origin, reading.as_reported, upper, reading.bound)


def _before_number(names: Iterable[str], beside: Iterable[str]) -> re.Pattern[str]:
    """Return a pattern that finds the name of a test before its number: "AST: 24 U/L", "Platelet count 49 K/uL"."""
    listed, more = ("|".join(map(re.escape, sorted(each, key=len, reverse=True))) for each in (names, beside))
    pattern = rf"\A(?:{listed})(?:,? (?:{more})){{0,2}}(?: ?[:=-] ?| )(?=[<>\u2264\u2265\d])"
    return re.compile(pattern if listed else r"(?!)", re.IGNORECASE)


def _text_of(holder: Json) -> str:
    return text(holder.get("valueString")) or text(child(holder, "valueCodeableConcept").get("text"))


def _with_range(holder: Json) -> Json:
    """Return a result with the range in brackets at the end of its text as its range of reference, if it has none."""
    written = holder.get("valueString")
    match = _RANGE_BEHIND.fullmatch(text(written)) if written.__class__ is str and len(written) <= LONGEST else None
    if match is None:
        return holder
    return {"referenceRange": [{"text": match[2]}], **holder, "valueString": match[1]}


def _with_flag(holder: Json) -> Json:
    """Return a result with the flag at the end of its text as its interpretation, if it has none."""
    flag = "" if "interpretation" in holder else apart_from_flag(_text_of(holder))[1]
    return {**holder, "interpretation": [{"text": flag}]} if flag else holder


def _of_range(low: Json, high: Json) -> Reading | None:
    """Read a range; where FHIR has no other end, it goes on without limit."""
    reading = read_quantity(low or high)
    if reading is None or reading.bound is not EXACT:
        return None
    if not (low and high):
        bound = Bound.AT_LEAST if low else Bound.AT_MOST
        return structs.replace(reading, bound=bound, as_reported=f"{bound.sign}{reading.as_reported}")
    upper = number(high.get("value"))
    if upper is None or upper < reading.value:
        return None
    written = f"{reading.value}-{upper} {reading.unit or reading.code}".strip()
    return structs.replace(reading, as_reported=written, upper=upper)


def _share_of(ratio: Json) -> Reading | None:
    """Read an ejection fraction as a ratio of two numbers without a unit: 55 to 100."""
    above, below = (read_quantity(child(ratio, name)) for name in ("numerator", "denominator"))
    if above is None or below is None or {above.bound, below.bound} != {EXACT}:
        return None
    if not 0 < above.value <= below.value or above.unit != below.unit or above.code != below.code:
        return None
    return Reading(above.value / below.value, "", "", EXACT, f"{above.value}:{below.value}")
