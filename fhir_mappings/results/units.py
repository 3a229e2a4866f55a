"""Dose units, in UCUM and as people write them. Source: UCUM (https://ucum.org/)."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import NamedTuple

from cards.facts.order import DoseUnit
from cards.identification.folding import fold
from cards.values.text_cache import cached_by_text
from fhir_mappings.results.tablet_words import COUNTED

ONE = Decimal(1)
_THOUSAND = Decimal(1000)


class DoseScale(NamedTuple):
    """A dose unit and the factor that turns a number in it into milligrams or millilitres."""

    unit: DoseUnit
    factor: Decimal


_MASS = {
    "mg": ONE, "mgs": ONE, "milligram": ONE, "milligrams": ONE, "milligramm": ONE, "milligramme": ONE,
    "milligrammes": ONE, "miligramo": ONE, "miligramos": ONE, "miligrama": ONE, "miligramas": ONE, "milligrammi": ONE,
    "мг": ONE, "毫克": ONE, "ミリグラム": ONE, "밀리그람": ONE, "ملغ": ONE, "مجم": ONE, "מג": ONE, 'מ"ג': ONE,
    "मिग्रा": ONE, "mgm": ONE, "miligram": ONE, "miligrams": ONE, "milligramos": ONE, "miligramy": ONE,
    "\u0433": _THOUSAND, "мкг": ONE / _THOUSAND,
    "g": _THOUSAND, "gm": _THOUSAND, "gram": _THOUSAND, "grams": _THOUSAND,
    "ug": ONE / _THOUSAND, "mcg": ONE / _THOUSAND, "microgram": ONE / _THOUSAND, "micrograms": ONE / _THOUSAND,
}  # fmt: skip
_VOLUME = {
    "ml": ONE,
    "mls": ONE,
    "milliliter": ONE,
    "milliliters": ONE,
    "millilitre": ONE,
    "millilitres": ONE,
    "l": _THOUSAND,
    "cc": ONE,
    "мл": ONE,
    "毫升": ONE,
}
_VIALS = frozenset({
    "vial", "vials", "flacon", "flacons", "fl", "fla", "flasche", "flaschen", "durchstechflasche", "durchstechflaschen",
    "dsfl", "viales", "frasco", "frascos", "frasco ampola", "flaconcino", "flaconcini", "fiolka", "fiolki", "fiol",
    "injektionsflaska", "injektionsflaskor", "haetteglas", "hetteglas", "injektiopullo", "injectieflacon",
})  # fmt: skip
_PER_WEIGHT = (
    "/kg", "/kg/dose", " per kg", "/kilogram", " per kilogram", "/kg body weight", "/kg bw", "/kg/cycle", "/kgs",
    "/kg kg", "/kgkg", "/kg kgw", "/kg körpergewicht", "/kg koerpergewicht", "/kg de peso", "/kg peso", "/kg poids",
    "/kg lichaamsgewicht", "/kg lg", "/kg m.c", "/kg mc",
)  # fmt: skip
# "mg{actual}" has a UCUM annotation; "mg/dose" and "milligram(s)" mean the plain unit.
_REMARK = re.compile(r"(?<=[\w)])\{(?![^{}]{0,30}(?:kg|m2))[^{}]{0,30}\}\Z")
_PER = re.compile(r"/|\b(?:per|pro|por|units?|vials?|bags?|syringes?|ampou?les?|daily|weekly)\b|%|(?<![a-z\d])\d")
_OF_EACH = re.compile(r"(?:\bper |/)(?:dose|cycle|infusion|treatment|administration|application)\b")
_PER_SURFACE = ("/m2", "/m^2", "/sqm", " per m2")
# "Tablett(er)".
_ENDING = re.compile(r"(?<=\w)\([a-z]{1,3}\)\Z")
_COUNTED_SIGNS = re.compile(r"[{}\[\]().,/-]")
# UCUM is case-sensitive: MG is a megagauss, not a milligram.
_NOT_UCUM = frozenset({"MG", "MG/KG", "G"})
_PLAIN_LETTERS = str.maketrans({"μ": "u", "\u00d7": "x", "²": "2", "³": "^3", "⁶": "^6", "⁹": "^9"})


def _folded(written: str) -> str:
    """Fold case, both micro signs, superscripts, spaces around a slash, and redundant parts of a unit."""
    folded = "/".join(part.strip() for part in written.casefold().translate(_PLAIN_LETTERS).split("/"))
    plain = _REMARK.sub("", folded.replace("(s)", "s")).rstrip(".")
    return plain.removesuffix("/dose") if "/kg" not in plain else plain


@cached_by_text
def dose_scale(code: str, written: str) -> DoseScale | None:
    """Read the unit of a dose; ``None`` if neither the code nor the text is a dose unit, or if they disagree."""
    by_code = _dose_scale(code) if code not in _NOT_UCUM else None
    by_text = _dose_scale(written)
    if by_code is not None and by_text is None and _PER.search(_OF_EACH.sub("", _folded(written))):
        # "Milligram per square meter" under the code of milligrams.
        return None
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
    if _COUNTED_SIGNS.sub(" ", fold(_ENDING.sub("", unit))).strip() in _VIALS:
        return DoseScale(DoseUnit.VIAL, ONE)
    if _is_counted(unit):
        return DoseScale(DoseUnit.TABLET, ONE)
    return None


def _is_counted(unit: str) -> bool:
    """Return whether a unit counts tablets, in any language: "tab(s)", "{tbl}", "comprimés", "Filmtabletten"."""
    plain = fold(unit)
    return any(" ".join(_COUNTED_SIGNS.sub(" ", each).split()) in COUNTED for each in (plain, _ENDING.sub("", plain)))
