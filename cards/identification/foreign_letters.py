"""Finds the name that a word in another alphabet spells: by sound, or by letters that only look like Latin ones.

Herzuma in Greek capitals mixes both: its first letter is an H by its look, its third an R by its sound. So each letter
stands for every Latin letter that it is written for, and a name is meant if each of its letters may be.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_WORD = re.compile(r"[^\W\d_]{5,24}")


class ForeignLetters:
    """The letters of other alphabets, each with the Latin letters that it may stand for."""

    def __init__(self, alphabets: Iterable[Mapping[str, str]]) -> None:
        """Index the letters, and the pairs of letters that are written for one sound."""
        written = {letters: latin.split() for alphabet in alphabets for letters, latin in alphabet.items()}
        self._meant = {letters: f"(?:{'|'.join(latin)})" for letters, latin in written.items()}
        # The hard and the soft sign have no sound of their own.
        self._meant |= {"\u044a": "", "\u044c": "j?"}
        self._letters = re.compile("|".join(sorted(self._meant, key=len, reverse=True)))

    def names_in(self, text: str, names: Iterable[str]) -> list[str]:
        """List those of some names that words of a text spell in another alphabet."""
        words = (word for word in _WORD.findall(_plain(text)) if not word.isascii())
        spells = [re.compile(self._letters.sub(self._latin, word)).fullmatch for word in words]
        return [name for name in names if any(each(name) for each in spells)]

    def _latin(self, letters: re.Match[str]) -> str:
        return self._meant[letters.group()]


def _plain(text: str) -> str:
    """Return a text in lower case and without accents."""
    written = unicodedata.normalize("NFD", text.casefold())
    return "".join(each for each in written if unicodedata.category(each) != "Mn")
