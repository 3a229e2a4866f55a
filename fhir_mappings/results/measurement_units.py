"""Reads units of measurements, completely or not at all, with the factor to the unit used by the rules.

Sources and spellings are in ``cards/knowledge/units.yaml``. A unit with one unknown part is not read.
"""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal
from typing import TYPE_CHECKING

from cards.values.text_cache import cached_by_text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cards.knowledge.schema import Terminology, UnitEntry, UnitTable

_LONGEST = 60
_ONE = Decimal(1)
# Superscripts before anything else: without them 10³ would be 103.
_SUPERSCRIPTS = str.maketrans({**{sign: f"^{n}" for n, sign in enumerate("⁰¹²³⁴⁵⁶⁷⁸⁹")}, "⁻": "^-"})
_SIGNS = str.maketrans(
    {
        "μ": "u",  # after NFKC the micro sign is this letter
        "\u00d7": "x",
        "\u0445": "x",  # the Cyrillic letter
        "\u2062": "",
        "\u00b7": ".",
        "\u22c5": ".",
        "\u30fb": ".",
        "\u2219": ".",
        "\u2044": "/",
        "\u2215": "/",
        "\u02c6": "^",
        "\u2217": "*",
        "\u2212": "-",
        "\u2010": "-",
        "\u2011": "-",
        "\u2013": "-",
    }
)
_ANNOTATION = re.compile(r"\{[^{}]{0,40}\}")
_PER = re.compile(r" (?:per|por|pro|par|je) ")
_INVERSE = re.compile(r"(?:^|[ .*])([a-z]{1,3})\^?-\^?1$")
# "103/uL" is what is left of 10³/µL where superscripts were lost: no count is in multiples of 103, 106 or 109.
_POWER = re.compile(
    r"(?:10[ .]?(?:\*\*|\*|\^|e\+?|exp|') ?0?(1[0-2]|[3-9])|10 ?(?:\*|\^)? ?\((1[0-2]|[3-9])\)|10 (1[0-2]|[3-9])"
    r"|1?e ?\+?0?(1[0-2]|[3-9])|10([369]))(?!\d)"
)
_THOUSANDS = re.compile(r"1(0{3,6})(?!\d)")
# What HL7 v2 has behind a code: its text, and which system defines it.
_OF_V2 = re.compile(r"\^[^^]{0,40}\^(?:UCUM|ISO\+?|ANS\+?|L|99\w{1,10})\Z", re.IGNORECASE)
# A unit in two forms: "Kilogram (kg)".
_TWICE = re.compile(r"([^()]{1,30}) ?\(([^()]{1,20})\)")
# Ambiguous: a mega-unit in UCUM, or a milli-unit in capitals.
_MEGA_OR_MILLI = re.compile(r"M\[?I?U\]?/[a-zA-Z]?L")


class UnitReader:
    """Reads the units of measurements; one reader serves every request."""

    def __init__(self, terminology: Terminology) -> None:
        """Index the spellings."""
        units = terminology.units
        volumes = _by_text(units.volumes)
        tables = {name: _Table(table, volumes) for name, table in units.tables.items()}
        self._tables = {
            name: tables[concept.units] for name, concept in terminology.concepts.items() if concept.units is not None
        }
        self._ignored = sorted((word for group in units.ignored for word in group.texts), key=len, reverse=True)
        self.factor = cached_by_text(self._factor)

    def _factor(self, concept: str, code: str, written: str) -> Decimal | None:
        """Return the factor from a unit to the canonical unit of a measurement.

        The code takes precedence over the text. ``None`` if neither is a unit of the measurement, if they disagree, or
        if one is a unit of something else.
        """
        table = self._tables.get(concept)
        if table is None:
            return None
        both = [self._folded(unit) for unit in (code, written) if unit]
        found = [table.factor(*unit) for unit in both]
        if written and found[-1] is None and (twice := _TWICE.fullmatch(written.strip())):
            first, second = (table.factor(*self._folded(each)) for each in twice.groups())
            found[-1] = first if first == second else None
        factors = {factor for factor in found if factor is not None}
        if len(factors) != 1:
            return None
        for unit, factor in zip(both, found, strict=True):
            if factor is None and any(other.factor(*unit) for other in self._tables.values()):
                return None
        return factors.pop()

    def is_known(self, *units: str) -> bool:
        """Return whether any of these units is known for any measurement."""
        both = [self._folded(unit) for unit in units if unit]
        return any(table.factor(*unit) is not None for unit in both for table in self._tables.values())

    def same(self, one: str, other: str) -> bool:
        """Return whether two texts spell the same unit, known or not."""
        return bool(one) and _spelled(one) == _spelled(other)

    def _folded(self, written: str) -> tuple[str, str]:
        """Return a unit as one word, and also with its slash but without words that do not affect the amount."""
        if "^" in written:
            written = _OF_V2.sub("", written)
        if len(written) > _LONGEST or _MEGA_OR_MILLI.fullmatch(written):
            return "", ""
        whole = _spelled(written)
        plain = _ANNOTATION.sub("", whole).replace("(s)", "s")
        for word in self._ignored:
            if plain.endswith(word) and plain != word:
                plain = plain.removesuffix(word).rstrip()
                break
        plain = _INVERSE.sub(r"/\1", plain)
        if plain.startswith("per "):
            plain = "/" + plain.removeprefix("per ")
        return _words(whole), "/".join(part.strip() for part in _PER.sub("/", plain).split("/"))


@cached_by_text
def _spelled(written: str) -> str:
    """Fold case, superscripts, full-width letters and similar-looking signs."""
    plain = unicodedata.normalize("NFKC", written.translate(_SUPERSCRIPTS)).casefold().translate(_SIGNS)
    return " ".join(plain.split())


def _words(part: str) -> str:
    """Drop the dots and spaces within one word: "cu. mm", "U.I."."""
    return part.replace(" ", "").replace(".", "").replace(",", "")


class _Table:
    """The units of one kind of measurement."""

    def __init__(self, table: UnitTable, volumes: dict[str, Decimal]) -> None:
        self._volumes = volumes
        self._whole = _by_text(table.whole)
        self._numerators = _by_text(table.numerators)
        self._is_count = table.is_count
        self._counted = frozenset(_words(_spelled(each)) for each in table.counted)
        self._scale = table.scale

    def factor(self, word: str, folded: str) -> Decimal | None:
        """Return the factor of a unit; ``None`` when a part of it is not known."""
        for whole in (word, _words(folded)):
            if whole in self._whole:
                return self._whole[whole]
        numerator, stroke, denominator = folded.rpartition("/")
        first, apart, _ = denominator.partition(" ")
        # "U/L T" has a word behind it, and is not the "U/LT" of some countries.
        has_word_behind = bool(apart) and first in self._volumes
        volume = self._volumes.get(_words(denominator)) if stroke and not has_word_behind else None
        if volume is None:
            return None
        amount = self._counts(numerator) if self._is_count else self._numerators.get(_words(numerator))
        return amount / volume * self._scale if amount is not None else None

    def _counts(self, numerator: str) -> Decimal | None:
        """Read the multiplier of a count: a power of ten, thousands in words, or single cells."""
        rest, number = numerator.strip().removeprefix("x").removeprefix("*").strip(), _ONE
        if power := _POWER.match(rest):
            number = Decimal(10) ** int(next(digit for digit in power.groups() if digit))
        elif power := _THOUSANDS.match(rest.replace(",", "").replace(".", "")):
            rest = rest.replace(",", "").replace(".", "")
            number = Decimal(10) ** len(power[1])
        rest = rest[power.end() :] if power else rest
        word = _words(rest.strip(" x*"))
        if not word and not power and numerator.strip():
            return None
        if word in ("", "1") or word in self._counted:
            return number
        return None if power else self._in_words(word)

    def _in_words(self, word: str) -> Decimal | None:
        for counted in ("", *self._counted):
            if (thousands := word.removesuffix(counted)) in self._numerators:
                return self._numerators[thousands]
        return None


def _by_text(entries: Iterable[UnitEntry]) -> dict[str, Decimal]:
    return {_words(_spelled(text)): entry.factor for entry in entries for text in entry.texts}
