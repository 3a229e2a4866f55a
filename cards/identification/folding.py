"""Normalizes text to comparable words: without case, accents and marks, with Cyrillic letters as Latin ones."""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

_MARKS = re.compile("[\u00ae\u2122\u00a9\u2120\u00ad\u200b-\u200f\u2060\ufeff]")
_WRITTEN_MARKS = re.compile(r"\((?:r|tm)\)")
_WORD = re.compile(r"\d+(?:[.,]\d+)?(?![^\W_])|[^\W_]+", re.UNICODE)
# Letters that Unicode does not decompose into a base letter and an accent.
_NORDIC_AND_POLISH = {"ł": "l", "ø": "o", "đ": "d", "æ": "ae", "œ": "oe", "ß": "ss", "\u0131": "i"}
# From U+0430 on in alphabetical order; the hard and the soft sign are dropped.
_ALPHABET = "a b v g d e zh z i i k l m n o p r s t u f kh ts ch sh shch - y - e yu ya".split()  # noqa: SIM905 - one line
_CYRILLIC = {chr(0x430 + place): letters.strip("-") for place, letters in enumerate(_ALPHABET)}
_UKRAINIAN = {"\u0454": "e", "\u0456": "i", "\u0491": "g"}
_LETTERS = str.maketrans(_NORDIC_AND_POLISH | _CYRILLIC | _UKRAINIAN)


class Word(NamedTuple):
    """A word of a folded text, and its position."""

    text: str
    start: int
    end: int


# Japanese and Chinese names touch what follows them: "カドサイラ点滴静注用100mg".
_SCRIPTS = re.compile(
    r"(?<=[\u30a1-\u30fc])(?=[\u4e00-\u9fff0-9a-z])|(?<=[\u4e00-\u9fff])(?=[\u30a1-\u30fa0-9a-z])"
    r"|(?<=[0-9a-z])(?=[\u30a1-\u30fa\u4e00-\u9fff])|(?<=[\uac00-\ud7a3])(?=[0-9])"
)


def fold(text: str) -> str:
    """Fold case, remove accents and marks, also written ones such as "(TM)", and transliterate Cyrillic letters."""
    if text.isascii():
        plain = text.casefold()
        return _WRITTEN_MARKS.sub("", plain) if "(" in plain else plain
    plain = unicodedata.normalize("NFKD", _MARKS.sub("", text).casefold())
    # The vowel signs of Indian scripts are marks too, and differ between spellings of one name.
    folded = "".join(each for each in plain if unicodedata.category(each)[0] != "M").translate(_LETTERS)
    return _SCRIPTS.sub(" ", unicodedata.normalize("NFC", folded))


def words_of(folded: str) -> list[Word]:
    """List the words of a folded text; a number with decimals is one word."""
    return [Word(match.group(), *match.span()) for match in _WORD.finditer(folded)]


def key(text: str) -> tuple[str, ...]:
    """Return the words of a name, for comparison."""
    return tuple(_WORD.findall(fold(text)))
