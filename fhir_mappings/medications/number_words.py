"""Amounts in milligrams whose number is spelled in words: read in English, only found in other languages."""

from __future__ import annotations

import re
from decimal import Decimal

from cards.identification.folding import fold
from cards.values.text_cache import cached_by_text
from cards.values.texts import LONGEST

_SMALL = (
    "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen",
    "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
)  # fmt: skip
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_ENGLISH = {word: number for number, word in enumerate(_SMALL, start=1)}
_ENGLISH |= {word: 10 * number for number, word in enumerate(_TENS, start=2)}
_SCALES = {"hundred": 100, "thousand": 1000}
# The last word of a number in Spanish, Portuguese, Italian, French, German and Dutch. German and Dutch write one word.
_OTHERS = re.compile(
    r"(?:dos|tres|tre|cuatro|quatro|cinco|seis|siete|sete|ocho|oito|nueve|nove|diez|dez|once|doce|quince|veinte|vinte"
    r"|treinta|trinta|cuarenta|quarenta|cincuenta|cinquenta|sesenta|sessenta|setenta|ochenta|oitenta|noventa"
    r"|cien|cento|\w{0,8}cient[oa]s|\w{0,8}centos|quinient[oa]s|mil"
    r"|due|cinque|sei|sette|otto|dieci|\w{0,16}(?:enta|anta|enti)(?:due|tre|cinque|sei|sette|otto|quattro)?"
    r"|\w{0,16}cento\w{0,16}|deux|trois|quatre|cinq|six|sept|huit|neuf|dix|vingts?|trente|quarante|cinquante|soixante"
    r"|cents?|\w{0,20}hundert\w{0,20}|\w{0,20}honderd\w{0,20}|\w{0,12}(?:zig|dreissig|tig))"
)
_MILLIGRAMS = re.compile(
    r"((?:[^\W\d_]{2,40}[\s-]{1,2}){1,9})(?:mgs?|mgm|mill?igram(?:m(?:es?|i)?|s|os?|as?)?)(?![\w/])"
)
_WORDS = re.compile(r"[^\W\d_]+")
# Nearly every text has digits there, which is quickly seen.
_WORD_BEFORE_MILLIGRAMS = re.compile(r"[^\W\d_][\s-]{1,2}m(?:g|il)")


@cached_by_text
def amounts_in_words(written: str) -> tuple[tuple[Decimal, ...], bool]:
    """Return the English amounts in milligrams of a text, and whether it has one in another language."""
    if "illi" not in written.casefold() and "mg" not in written.casefold() and "mili" not in written.casefold():
        return (), False
    found: list[Decimal] = []
    unread = False
    plain = fold(written[:LONGEST])
    if _WORD_BEFORE_MILLIGRAMS.search(plain) is None:
        return (), False
    for match in _MILLIGRAMS.finditer(plain):
        words = _WORDS.findall(match[1])
        number = _english(words)
        if number is not None:
            found.append(number)
        elif _OTHERS.fullmatch(words[-1]):
            unread = True
    return tuple(found), unread


def _english(words: list[str]) -> Decimal | None:
    """Return the number that the last words spell; ``None`` if they spell none."""
    spelled: list[str] = []
    for word in reversed(words):
        if word not in _ENGLISH and word not in _SCALES and not (word == "and" and spelled):
            break
        spelled.append(word)
    total, current = 0, 0
    for word in reversed(spelled):
        if word in _ENGLISH:
            current += _ENGLISH[word]
        elif word == "hundred":
            current = max(current, 1) * _SCALES[word]
        elif word == "thousand":
            total, current = total + max(current, 1) * _SCALES[word], 0
    return Decimal(total + current) if total + current else None
