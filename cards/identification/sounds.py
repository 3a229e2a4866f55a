"""Finds the name that a word sounds like, or differs from in a letter or two: "Enhertoo", "Transtuzamab".

This is for a text that names nothing otherwise. The order is asked about; it is never taken for one of the drug.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_SPELLINGS = {
    "dzh": "j", "zh": "j", "ph": "f", "ck": "k", "qu": "k", "kh": "", "gh": "g", "tz": "s", "ts": "s", "ou": "u",
    "oo": "u", "ee": "i", "ea": "i", "ie": "i", "ei": "i", "ey": "i", "ae": "e", "oe": "e", "c": "k", "q": "k",
    "w": "v", "x": "ks", "y": "i", "z": "s", "h": "",
}  # fmt: skip
_SOFT = {"c": "s", "g": "j"}
_SPELLING = re.compile("(?P<soft>[cg](?=[eiy]))|" + "|".join(sorted(_SPELLINGS, key=len, reverse=True)))
_DOUBLED = re.compile(r"(.)\1+")
_SHORTEST = 5
"""The shortest sound that is compared."""
_ONE_WRONG = 6
"""The shortest sound in which one letter may be wrong."""
_TWO_WRONG = 8
"""The shortest sound in which two letters may be wrong."""
_LONGEST = 24
_CASES = ("ami", "owi", "ach", "em", "om", "ou", "ie", "oj", "ej")
"""Endings that Slavic languages put in the place of a name's last vowel."""
_VOWELS = dict.fromkeys("aeiou", "a")
_ANY_VOWEL = str.maketrans(_VOWELS)


class Sounds:
    """The sounds of names, by their first letters; in a misspelled name one vowel may stand for another."""

    def __init__(self, names: Iterable[str]) -> None:
        """Index the names."""
        self._names = {sound: name for name in sorted(names) if len(sound := sound_of(name)) >= _SHORTEST}
        self._stems = {name[:-1]: name for name in sorted(names) if name[-1] in _VOWELS and len(name) > _SHORTEST}
        # Vowels are what is misheard most, and no other drug has the consonants of a name in the same places.
        self._by_consonants = {
            each.translate(_ANY_VOWEL): name for each, name in self._names.items() if len(each) >= _ONE_WRONG
        }
        self._by_first: dict[str, list[tuple[str, frozenset[str], int]]] = {}
        for sound in self._names:
            allowed = (len(sound) >= _ONE_WRONG) + (len(sound) >= _TWO_WRONG)
            self._by_first.setdefault(_first(sound), []).append((sound, frozenset(sound), allowed))

    def nearest(self, word: str) -> str | None:
        """Find the name that a word of ASCII letters sounds most like."""
        if not (word.isascii() and word.isalpha() and _SHORTEST <= len(word) <= _LONGEST):
            return None
        sound = sound_of(word)
        if (same := self._names.get(sound)) is not None:
            return same
        if len(sound) < _SHORTEST:
            return None
        if (declined := next((word[: -len(each)] for each in _CASES if word.endswith(each)), "")) in self._stems:
            return self._stems[declined]
        letters = frozenset(sound)
        # A wrong letter changes the length by one at most, and which letters there are by two.
        likely = (
            (each, allowed)
            for each, own, allowed in self._by_first.get(_first(sound), ())
            if abs(len(sound) - len(each)) <= allowed and len(letters ^ own) <= 2 * allowed
        )
        likely = ((each, allowed) for each, allowed in likely if _letters_missing(sound, each) <= allowed)
        wrong = ((_letters_wrong(sound, each), each, allowed) for each, allowed in likely)
        best = min(((count, each) for count, each, allowed in wrong if count <= allowed), default=None)
        return self._names[best[1]] if best else self._by_consonants.get(sound.translate(_ANY_VOWEL))


def _first(sound: str) -> str:
    return _VOWELS.get(sound[0], sound[0])


def sound_of(word: str) -> str:
    """Return a word as it sounds: each sound in one spelling, without double and silent letters."""
    return _DOUBLED.sub(r"\1", _SPELLING.sub(_spelled, word))


def _spelled(found: re.Match[str]) -> str:
    return (_SOFT if found["soft"] else _SPELLINGS)[found.group()]


def _letters_missing(first: str, second: str) -> int:
    """Count the letters that one of two words has and the other has not, in any order: no more than are wrong."""
    left = second
    for letter in first:
        left = left.replace(letter, "", 1)
    return max(len(left), len(first) - len(second) + len(left))


def _letters_wrong(first: str, second: str) -> int:
    """Count the letters to add, drop or change, and the pairs to swap, to make one word of the other."""
    before: list[int] = []
    above = list(range(len(second) + 1))
    for row, letter in enumerate(first, 1):
        here = [row]
        for column, other in enumerate(second, 1):
            count = min(above[column] + 1, here[-1] + 1, above[column - 1] + (letter != other))
            if row > 1 and column > 1 and letter == second[column - 2] and first[row - 2] == other:
                count = min(count, before[column - 2] + 1)
            here.append(count)
        before, above = above, here
    return above[-1]
