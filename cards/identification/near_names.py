"""Finds the name for a misspelled word, or inside a longer word."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

LONGEST = 40
_CUT = 3
"""The maximum number of letters missing at the end of a name."""
_CUT_SHORTEST = 5
"""The shortest beginning of a name that is taken for the name cut off."""
_TYPED = 6
"""The shortest word that is compared with names that differ by one letter."""
_TYPED_FOREIGN = 5
"""The same in scripts that leave out vowels or write a syllable by one sign."""
_INSIDE = 7
"""The shortest name that is searched for inside a longer word."""


class NearNames:
    """The words of names, indexed so that a word with one letter wrong finds its name without comparing all."""

    def __init__(self, names: Iterable[str]) -> None:
        """Index the words."""
        words = sorted(names, key=lambda each: (-len(each), each))
        plain = [word for word in words if word.isascii() and word.isalpha() and len(word) >= _TYPED]
        # A name without its last letters, as cut off by an EHR field, then names with one letter different.
        self._near = {word[:end]: word for word in plain for end in range(max(_TYPED, len(word) - _CUT), len(word))}
        self._near |= {each: word for word in plain for each in _with_one_letter_removed(word)}
        self._cut_short = {word[:_CUT_SHORTEST]: word for word in plain if len(word) - _CUT <= _CUT_SHORTEST}
        # By their first letters, longest first: only words that contain those are searched.
        self._long: dict[str, list[str]] = {}
        for word in plain:
            if len(word) >= _INSIDE:
                self._long.setdefault(word[:_INSIDE], []).append(word)
        # Names in scripts that do not put spaces between words.
        self._foreign = [word for word in words if not word.isascii()]
        spelled = (word for word in self._foreign if word.isalpha() and len(word) >= _TYPED_FOREIGN)
        self._near |= {each: word for word in spelled for each in _with_one_letter_removed(word)}

    def nearest(self, word: str) -> str | None:
        """Find the name meant by a word: with one wrong letter, or joined to another word."""
        if not word.isascii():
            joined = next((each for each in self._foreign if each in word[:LONGEST]), None)
            return joined or self._misspelled(word, _TYPED_FOREIGN)
        if len(word) == _CUT_SHORTEST:
            return self._cut_short.get(word)
        if not (_TYPED <= len(word) <= LONGEST and word.isalpha()):
            return None
        near = self._misspelled(word, _TYPED)
        if near is not None or len(word) <= _INSIDE:
            return near
        parts = (word[place : place + _INSIDE] for place in range(len(word) - _INSIDE + 1))
        inside = (each for part in parts for each in self._long.get(part, ()) if each in word)
        return max(inside, key=len, default=None)

    def _misspelled(self, word: str, shortest: int) -> str | None:
        if not (shortest <= len(word) <= LONGEST and word.isalpha()):
            return None
        return next((self._near[each] for each in _with_one_letter_removed(word) if each in self._near), None)


def _with_one_letter_removed(word: str) -> list[str]:
    """List a word and its variants with one letter removed; two words that share a variant are near."""
    return [word, *(word[:place] + word[place + 1 :] for place in range(len(word)))]
