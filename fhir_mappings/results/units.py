"""Units in UCUM and as people write them, and the exact factors to the canonical unit of each measurement.

Source: UCUM (https://ucum.org/); bilirubin 1 mg/dL = 17.104 umol/L; enzymes 1 ukat/L = 60 U/L.
"""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

from cards.facts.order import DoseUnit
from cards.values.text_cache import cached_by_text

ONE = Decimal(1)
_THOUSAND = Decimal(1000)


class DoseScale(NamedTuple):
    """A dose unit and the factor that turns a number in it into milligrams or millilitres."""

    unit: DoseUnit
    factor: Decimal


_MASS = {
    "mg": ONE, "milligram": ONE, "milligrams": ONE,
    "g": _THOUSAND, "gm": _THOUSAND, "gram": _THOUSAND, "grams": _THOUSAND,
    "ug": ONE / _THOUSAND, "mcg": ONE / _THOUSAND,
}  # fmt: skip
_VOLUME = {"ml": ONE, "milliliter": ONE, "milliliters": ONE, "l": _THOUSAND, "cc": ONE}
_PER_WEIGHT = ("/kg", "/kg/dose", " per kg", "/kilogram")
_PER_SURFACE = ("/m2", "/m^2", "/sqm", " per m2")
# UCUM is case-sensitive: MG is a megagauss, not a milligram.
_NOT_UCUM = frozenset({"MG", "MG/KG", "G"})
_PLAIN_LETTERS = str.maketrans({"μ": "u", "\u00d7": "x", "²": "2", "³": "^3", "⁶": "^6", "⁹": "^9"})


def _folded(written: str) -> str:
    """Fold case, both micro signs, superscripts, and blanks around a stroke."""
    return "/".join(part.strip() for part in written.casefold().translate(_PLAIN_LETTERS).split("/"))


@cached_by_text
def dose_scale(code: str, written: str) -> DoseScale | None:
    """Read the unit of a dose; nothing when neither the code nor the text is a dose unit, or when they disagree."""
    by_code = _dose_scale(code) if code not in _NOT_UCUM else None
    by_text = _dose_scale(written)
    if by_code is not None and by_text is not None and by_code != by_text:
        return None
    return by_code or by_text


def _dose_scale(unit: str) -> DoseScale | None:
    folded = _folded(unit)
    for ending in _PER_SURFACE:
        if folded.endswith(ending) and (factor := _MASS.get(folded.removesuffix(ending).strip())):
            return DoseScale(DoseUnit.MG_PER_M2, factor)
    for ending in _PER_WEIGHT:
        if folded.endswith(ending) and (factor := _MASS.get(folded.removesuffix(ending).strip())):
            return DoseScale(DoseUnit.MG_PER_KG, factor)
    if folded in _MASS:
        return DoseScale(DoseUnit.MG, _MASS[folded])
    if folded in _VOLUME:
        return DoseScale(DoseUnit.ML, _VOLUME[folded])
    return None


_POUND = Decimal("0.45359237")
_OUNCE = Decimal("0.028349523125")
# Short enough for every product with it to be exact: a result at twice its limit must stay at twice its limit.
_BILIRUBIN = (ONE / Decimal("17.104")).quantize(Decimal("1E-12"))
# G/L counts giga-cells; in grams nobody counts them.
_CELLS = {
    "10*3/ul": ONE, "10*9/l": ONE, "10^3/ul": ONE, "10^9/l": ONE, "10e3/ul": ONE, "10e9/l": ONE, "x10e3/ul": ONE,
    "x10e9/l": ONE, "x10*9/l": ONE, "x10^9/l": ONE, "x10*3/ul": ONE, "x10^3/ul": ONE, "x10(3)/mcl": ONE,
    "10*3/mm3": ONE, "k/ul": ONE, "k/mcl": ONE, "k/mm3": ONE, "k/cmm": ONE,
    "thou/ul": ONE, "thou/mm3": ONE, "thousand/ul": ONE, "g/l": ONE, "gpt/l": ONE, "giga/l": ONE,
    "/ul": ONE / _THOUSAND, "/mm3": ONE / _THOUSAND, "cells/ul": ONE / _THOUSAND, "cells/mm3": ONE / _THOUSAND,
    "{cells}/ul": ONE / _THOUSAND, "/mcl": ONE / _THOUSAND, "10*6/l": ONE / _THOUSAND,
}  # fmt: skip
_ENZYMES = {
    "u/l": ONE, "[iu]/l": ONE, "iu/l": ONE, "units/l": ONE, "unit/l": ONE, "[u]/l": ONE, "u/liter": ONE,
    "mu/ml": ONE, "ukat/l": Decimal(60), "nkat/l": Decimal("0.06"),
}  # fmt: skip
_FACTORS: dict[str, dict[str, Decimal]] = {
    "weight": {
        "kg": ONE, "kgs": ONE, "kilogram": ONE, "kilograms": ONE,
        "g": ONE / _THOUSAND, "gram": ONE / _THOUSAND, "grams": ONE / _THOUSAND, "mg": ONE / 1_000_000,
        "[lb_av]": _POUND, "lb_av": _POUND, "lb": _POUND, "lbs": _POUND, "pound": _POUND, "pounds": _POUND,
        "[oz_av]": _OUNCE, "oz_av": _OUNCE, "oz": _OUNCE, "ounce": _OUNCE, "ounces": _OUNCE,
    },
    "ast": _ENZYMES,
    "alt": _ENZYMES,
    "bilirubin-total": {
        "mg/dl": ONE, "mg/l": ONE / 10,
        "umol/l": _BILIRUBIN, "micromol/l": _BILIRUBIN,
    },
    "platelets": _CELLS,
    "neutrophils": _CELLS,
    "lvef": {"%": ONE, "percent": ONE, "1": Decimal(100), "{ratio}": Decimal(100), "{fraction}": Decimal(100)},
}  # fmt: skip
_FACTORS["weight-stated"] = _FACTORS["weight"]


@cached_by_text
def factor_to_canonical(concept: str, code: str, written: str) -> Decimal | None:
    """Give the factor from a unit to the canonical unit of a measurement.

    The code goes before the text; nothing when neither is a unit of the measurement, or when they disagree.
    """
    known = _FACTORS.get(concept, {})
    by_code, by_text = (known.get(_folded(unit).replace(" ", "")) for unit in (code, written))
    if by_code is not None and by_text is not None and by_code != by_text:
        return None
    return by_code if by_code is not None else by_text
