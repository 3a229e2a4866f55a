"""Splits a drug text into words: names with blanks in them are joined, and what is written together is split."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cards.identification.folding import Word, fold, words_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cards.identification.vocabulary import Vocabulary

# "Kadcyla160mg", and "zzKadcyla", as entries that are no longer in use are named so that they are listed last.
_BESIDE_NAME = re.compile(r"(z{2,4})?([^\W\d_]{3,40}?)(\d[^\W_]{0,11})?")
_SPACED = re.compile(r"(?<![^\W_])[^\W\d_](?:[\W_]{1,3}[^\W_](?![^\W_])){3,39}")
_SHORTEST_SPACED = 4
"""Letters set apart: "K a d c y l a", "H.E.R.C.E.P.T.I.N". The longest names have about as many, the shortest four."""


class Splitter:
    """Splits drug texts with one vocabulary."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        """Keep the vocabulary."""
        self._vocabulary = vocabulary

    def split(self, written: str) -> tuple[str, list[Word]]:
        """Return a text as it is compared, and its words."""
        folded = fold(written)
        words = words_of(folded)
        if sum(word.end - word.start == 1 for word in words) >= _SHORTEST_SPACED:
            folded = _SPACED.sub(self._letters_joined, folded)
            words = words_of(folded)
        return folded, self._with_names_joined([part for word in words for part in self._apart(word)])

    def _apart(self, word: Word) -> Iterator[Word]:
        """Yield the parts of a word in which a name is written together with other words or a number."""
        vocabulary = self._vocabulary
        parts: tuple[str, ...] = ()
        if not vocabulary.is_listed(word.text):
            if not word.text.isascii():
                parts = vocabulary.parts_of(word.text)
            elif (match := _BESIDE_NAME.fullmatch(word.text)) and (
                vocabulary.is_name(match[2]) or (match[1] and vocabulary.is_listed(match[2]))
            ):
                parts = tuple(filter(None, match.groups()))
        start = word.start
        for part in parts or (word.text,):
            yield Word(part, start, start + len(part))
            start += len(part)

    def _letters_joined(self, spaced: re.Match[str]) -> str:
        """Join letters that stand apart where they spell a name, or nearly: "K a d c y l a"."""
        vocabulary = self._vocabulary
        letters = "".join(filter(str.isalnum, spaced.group()))
        for first in range(len(letters) - _SHORTEST_SPACED + 1):
            for end in range(len(letters), first + _SHORTEST_SPACED - 1, -1):
                name = letters[first:end]
                if vocabulary.usual((name,)) in vocabulary.names:
                    return " ".join((*letters[:first], name, *letters[end:]))
        return letters if vocabulary.nearest(letters) or vocabulary.meant_by_sound(letters) else spaced.group()

    def _with_names_joined(self, words: list[Word]) -> list[Word]:
        """Join two words that are a name with a blank in it, "Kad cyla", unless both are listed words themselves."""
        vocabulary = self._vocabulary
        for place in range(len(words) - 1, 0, -1):
            first, second = words[place - 1], words[place]
            joined = first.text + second.text
            if (
                (joined,) in vocabulary.names
                and second.start - first.end == 1
                and not (vocabulary.is_listed(first.text) and vocabulary.is_listed(second.text))
            ):
                words[place - 1 : place + 1] = [Word(joined, first.start, second.end)]
        return words
