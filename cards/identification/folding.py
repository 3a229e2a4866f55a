"""Normalizes text to comparable words: without case, accents and marks, with Cyrillic and Greek in Latin letters."""

from __future__ import annotations

import re
import unicodedata
from html import unescape
from typing import NamedTuple

_MARKS = re.compile("[\u00ae\u2122\u00a9\u2120\u00ad\u200b-\u200f\u2060\ufeff]")
# "(R)", "(TM)", and the "(s)" of a plural: "flacon(s)".
_WRITTEN_MARKS = re.compile(r"\((?:r|tm|s)\)", re.IGNORECASE)
# Markup, and escapes that an interface wrote out: "Kadcyla\n160 mg", "\.br\" of HL7 version 2.
_MARKUP = re.compile(r"</?[a-z]{1,8} ?/?>|\\(?:\.br\\|[fstre]\\|[nrt])", re.IGNORECASE)
_WORD = re.compile(r"\d+(?:[.,]\d+)?(?![^\W_])|[^\W_]+", re.UNICODE)
# Letters that Unicode does not decompose into a base letter and an accent.
_NORDIC_AND_POLISH = {"ł": "l", "ø": "o", "đ": "d", "æ": "ae", "œ": "oe", "ß": "ss", "\u0131": "i"}
# From U+0430 on in alphabetical order; the hard and the soft sign are dropped.
_ALPHABET = "a b v g d e zh z i i k l m n o p r s t u f kh ts ch sh shch - y - e yu ya".split()  # noqa: SIM905 - one line
_CYRILLIC = {chr(0x430 + place): letters.strip("-") for place, letters in enumerate(_ALPHABET)}
_UKRAINIAN = {"\u0454": "e", "\u0456": "i", "\u0491": "g"}
_SERBIAN = {"\u0458": "j", "\u0459": "lj", "\u045a": "nj", "\u045b": "c", "\u0452": "dj", "\u045f": "dj"}
_LETTERS = str.maketrans(_NORDIC_AND_POLISH | _CYRILLIC | _UKRAINIAN | _SERBIAN)
# From U+03B1 on in alphabetical order. Only words are transliterated: in "\u03bcg" the letter is the prefix of a unit.
_GREEK_ALPHABET = "a v g d e z i th i k l m n x o p r s s t y f h ps o".split()  # noqa: SIM905 - one line
_GREEK = str.maketrans({chr(0x3B1 + place): letters for place, letters in enumerate(_GREEK_ALPHABET)})
_GREEK_PAIRS = {
    "\u03bc\u03c0": "b", "\u03bd\u03c4": "d", "\u03b3\u03ba": "g", "\u03bf\u03c5": "u", "\u03b5\u03b9": "i",
    "\u03bf\u03b9": "i", "\u03b1\u03c5": "av", "\u03b5\u03c5": "ev",
}  # fmt: skip
_GREEK_PAIR = re.compile("|".join(_GREEK_PAIRS))
_GREEK_WORD = re.compile("[\u03b1-\u03c9]{4,}")
# Letters that look like Latin ones. Where a word mixes them with Latin letters, their shape is meant.
_ANY_WORD = re.compile(r"[^\W\d_]{5,}")
_ASCII_LETTER = re.compile("[A-Za-z]")
_SHAPES = str.maketrans(
    "\u0410\u0412\u0415\u0406\u0408\u041a\u041c\u041d\u041e\u0420\u0421\u0405\u0422\u0423\u0425"
    "\u0430\u0432\u0435\u0456\u0458\u043a\u043c\u043d\u043e\u0440\u0441\u0455\u0442\u0443\u0445\u04bb\u0501"
    "\u0391\u0392\u0395\u0396\u0397\u0399\u039a\u039c\u039d\u039f\u03a1\u03a4\u03a5\u03a7"
    "\u03b1\u03b2\u03b3\u03b5\u03b7\u03b9\u03ba\u03bd\u03bf\u03c1\u03c4\u03c5\u03c7\u03c9\u03f2",
    "ABEIJKMHOPCSTYXabeijkmhopcstyxhdABEZHIKMNOPTYXabyenikvoptuxwc",
)


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
    """Fold case, remove accents, markup and marks such as "(TM)", and write Cyrillic and Greek in Latin letters."""
    if "&" in text or "<" in text or "\\" in text:
        text = _MARKUP.sub(" ", unescape(text))
    if "(" in text:
        text = _WRITTEN_MARKS.sub("", text)
    if text.isascii():
        return text.casefold()
    plain = unicodedata.normalize("NFKD", _ANY_WORD.sub(_by_shape, _MARKS.sub("", text))).casefold()
    # The vowel signs of Indian scripts are marks too, and differ between spellings of one name.
    folded = "".join(each for each in plain if unicodedata.category(each)[0] != "M").translate(_LETTERS)
    folded = _GREEK_WORD.sub(_in_latin, folded)
    return _SCRIPTS.sub(" ", unicodedata.normalize("NFC", folded))


def _by_shape(word: re.Match[str]) -> str:
    """Return a word that mixes Latin letters with others of their shape in Latin letters; any other word as it is."""
    written = word.group()
    if written.isascii() or _ASCII_LETTER.search(written) is None:
        return written
    shaped = written.translate(_SHAPES)
    return shaped if shaped.isascii() else written


def _in_latin(word: re.Match[str]) -> str:
    return _GREEK_PAIR.sub(lambda pair: _GREEK_PAIRS[pair.group()], word.group()).translate(_GREEK)


def words_of(folded: str) -> list[Word]:
    """List the words of a folded text; a number with decimals is one word."""
    return [Word(match.group(), *match.span()) for match in _WORD.finditer(folded)]


def key(text: str) -> tuple[str, ...]:
    """Return the words of a name, for comparison."""
    return tuple(_WORD.findall(fold(text)))
