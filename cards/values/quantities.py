"""Amounts that carry their unit in their type, with exact decimal arithmetic.

``Mg / Kg`` is ``MgPerKg``; ``Mg / Mg`` does not type-check. In binary floating point an order of exactly
3.6 mg/kg would look like an overdose at one weight in eleven.
"""

from __future__ import annotations

import re
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal

import msgspec

WHOLE = Decimal(1)
HUNDREDTH = Decimal("0.01")
_POWER_OF_TEN = re.compile(r"(?P<times>(?<=\d) )?(?<![\w.*])10\*(?P<power>\d)/(?P<volume>[um]?L)\b")
_SUPERSCRIPT = dict(zip("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹", strict=True))


def plain(number: Decimal) -> str:
    """Format a number as a clinician would: at most two decimals, no trailing zeros, no exponent."""
    rounded = number.quantize(HUNDREDTH, rounding=ROUND_HALF_UP).normalize()
    return f"{rounded:f}" if rounded else "0"


def in_print(text: str) -> str:
    """Format UCUM codes of cell counts for print: "49 10*3/uL" becomes "49 × 10³/µL"."""
    return text if "10*" not in text else _POWER_OF_TEN.sub(_printed, text)


def _printed(match: re.Match[str]) -> str:
    volume = match["volume"].replace("uL", "µL")
    return f"{' × ' if match['times'] else ''}10{_SUPERSCRIPT[match['power']]}/{volume}"


def share(percent: Decimal) -> str:
    """Format a percentage: whole from two digits on, because "257.14 %" suggests false precision; 5.4 % stays 5.4 %."""
    has_two_digits = percent.adjusted() > 0
    return f"{plain(percent.quantize(WHOLE, ROUND_HALF_UP) if has_two_digits else percent)} %"


def precise(number: Decimal) -> str:
    """Format a number in full, without exponent or trailing zeros, if rounding would be misleading."""
    return f"{number.normalize():f}" if number else "0"


class Kg(msgspec.Struct, frozen=True, order=True):
    """A body weight in kilograms."""

    value: Decimal

    def __str__(self) -> str:
        """Render with the unit."""
        return f"{plain(self.value)} kg"


class Mg(msgspec.Struct, frozen=True, order=True, tag="mg"):
    """An absolute dose in milligrams of the drug (for a fixed combination, of all its antibodies together)."""

    value: Decimal

    def __truediv__(self, weight: Kg) -> MgPerKg:
        """Return the dose per kilogram."""
        return MgPerKg(self.value / weight.value)

    def whole_up(self) -> Mg:
        """Round up to the next whole milligram."""
        return Mg(self.value.quantize(WHOLE, rounding=ROUND_CEILING))

    def whole_down(self) -> Mg:
        """Round down to a whole milligram."""
        return Mg(self.value.quantize(WHOLE, rounding=ROUND_FLOOR))

    def __str__(self) -> str:
        """Render with the unit."""
        return f"{plain(self.value)} mg"


class MgPerKg(msgspec.Struct, frozen=True, order=True, tag="mg/kg"):
    """A dose per kilogram of body weight."""

    value: Decimal

    def __mul__(self, weight: Kg) -> Mg:
        """Return the absolute dose at a body weight."""
        return Mg(self.value * weight.value)

    def __str__(self) -> str:
        """Render with the unit."""
        return f"{plain(self.value)} mg/kg"


class Percent(msgspec.Struct, frozen=True, order=True):
    """A percentage: an ejection fraction, or a tolerance."""

    value: Decimal

    def __str__(self) -> str:
        """Render with the unit."""
        return f"{plain(self.value)} %"
