"""Reads a number in a unit as a result of a measurement, and gives it in the unit that the rules judge in."""

from __future__ import annotations

from decimal import Decimal
from functools import cache

from benchmarks.reading.tables import UNREADABLE
from cards.knowledge.loader import default_knowledge
from cards.values.quantities import precise
from fhir_mappings.results.measurement_units import UnitReader

_DECIMALS = Decimal("0.0001")


@cache
def _reader() -> UnitReader:
    return UnitReader(default_knowledge().terminology)


def read(where: str, text: str) -> str:
    """Return a number and its unit in the canonical unit.

    Args:
        where: the measurement, a blank, and the number ("platelets 180").
        text: the unit, as its code or its text.

    """
    measurement, _, number = where.partition(" ")
    factor = _reader().factor(measurement, "", text)
    if factor is None:
        return UNREADABLE
    unit = default_knowledge().terminology.concepts[measurement].unit
    return f"{precise((Decimal(number) * factor).quantize(_DECIMALS))} {unit}"
