"""Amounts of hCG as pregnancy tests: clearly below, clearly above, or neither of the two cut-offs.

An amount counts if it is a quantity or a text of a number with its unit, with nothing next to it but the name of the
test or a plain answer: "Beta-hCG: 2300 mIU/mL", "<1.2 IU/L (negative)".
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING

import msgspec

from cards.values.intervals import Bound, Interval
from fhir_mappings.results.amounts import Reading, read_amount, read_quantity
from fhir_mappings.results.answer_words import answered, names_test
from fhir_mappings.results.reference_ranges import NOBODY, Unit
from fhir_mappings.wire.lenient import child, text

if TYPE_CHECKING:
    from datetime import date

    from cards.knowledge.schema import Terminology
    from fhir_mappings.results.measurement_units import UnitReader
    from fhir_mappings.results.reference_ranges import RangeReader, Subject
    from fhir_mappings.wire.lenient import Json

_CONCEPT = "pregnancy-test"
_LONGEST = 100
# What comes before the number, the number with its unit, and what is left behind it.
_STATED = re.compile(
    r"([^\d<>=≤≥]{0,40})([<>=≤≥]{0,2}\s{0,3}\d[\d.,]{0,12}\s{0,3}(?:m?(?:\[?iu\]?|ui|ie|u)\s?/\s?m?l)?)(?![\w/])(.{0,60})",
    re.IGNORECASE,
)


class HcgAmount(msgspec.Struct, frozen=True):
    """What an amount says of a pregnancy, ``None`` between the cut-offs; ``said`` is a plain answer next to it."""

    positive: bool | None
    as_reported: str
    said: bool | None = None


class HcgReader:
    """Judges amounts of hCG; one reader serves every request."""

    def __init__(self, terminology: Terminology, units: UnitReader, ranges: RangeReader) -> None:
        """Keep the cut-offs."""
        self._limits = terminology.hcg
        self._units = units
        self._ranges = ranges

    def read(self, holder: Json, on: date | None, subject: Subject = NOBODY) -> HcgAmount | None:
        """Read a result whose value is an amount; ``None`` for any other, or for a unit that is not one of hCG."""
        quantity = holder.get("valueQuantity")
        if isinstance(quantity, dict):
            reading, said = read_quantity(quantity), None
        else:
            written = text(holder.get("valueString")) or text(child(holder, "valueCodeableConcept").get("text"))
            reading, said = _in_words(written)
        if reading is None or reading.bound is None or reading.upper is not None or reading.value < 0:
            return None
        factor = self._factor(reading)
        if factor is None:
            return None
        possible = Interval.of(reading.value * factor, reading.bound)
        unit = Unit(reading.code, reading.unit, factor)
        upper = self._ranges.high(holder.get("referenceRange") or [], _CONCEPT, unit, subject, on)
        return HcgAmount(self._judged(possible, upper), reading.as_reported, said)

    def _factor(self, reading: Reading) -> Decimal | None:
        if reading.code or reading.unit:
            # In capitals, MIU/ML is a milli-unit here: nobody has a million units of hCG in a milliliter.
            return self._units.factor(_CONCEPT, reading.code.casefold(), reading.unit.casefold())
        # Without a unit only a limit is an amount: a bare 1 may mean "positive".
        return None if reading.bound is Bound.EXACT else Decimal(1)

    def _judged(self, possible: Interval, upper: Decimal | None) -> bool | None:
        if possible.is_below(self._limits.positive_at_least) is False:
            return True
        # The laboratory's own limit for those who are not pregnant; one for a week of pregnancy is above the cut-off.
        own = upper if upper is not None and upper < self._limits.positive_at_least else None
        if possible.is_below(self._limits.negative_below) or (own is not None and possible.is_above(own) is False):
            return False
        return None


def _in_words(written: str) -> tuple[Reading | None, bool | None]:
    """Read a text that holds one amount, with the name of the test before it and a plain answer behind it."""
    match = _STATED.fullmatch(" ".join(written.split())) if len(written) <= _LONGEST else None
    if match is None:
        return None, None
    before, amount, behind = (each.strip(" :;,.()[]-") for each in match.groups())
    if before and not names_test(before):
        return None, None
    said = answered(behind) if behind else None
    reading = read_amount(amount)
    if reading is None or (behind and said is None):
        return None, None
    return msgspec.structs.replace(reading, as_reported=" ".join(written.split())[:40]), said
