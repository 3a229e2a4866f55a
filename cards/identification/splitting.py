"""Splits a drug text into words: names with blanks in them are joined, and what is written together is split."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cards.identification.folding import Word, fold, words_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cards.identification.vocabulary import Vocabulary

# "Kadcyla160mg".
_BESIDE_NAME = re.compile(r"([^\W\d_]{3,40}?)(\d[^\W_]{0,11})?")
# "zzKadcyla": entries that are no longer in use are named so that they are listed last.
_NAME = re.compile(r"[^\W\d_]+")
_LISTED_LAST = re.compile(r"(?<![^\W_])zz[^\W_]+-?")
_FEWEST_MARKS, _MOST_MARKS = 2, 4
_HYPHENS = str.maketrans(dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212", "-"))
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
        folded = _with_blanks(fold(written))
        if "zz" in folded:
            folded = _LISTED_LAST.sub(self._listed_last, folded)
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
            elif (match := _BESIDE_NAME.fullmatch(word.text)) and vocabulary.is_name(match[1]):
                parts = tuple(filter(None, match.groups()))
        start = word.start
        for part in parts or (word.text,):
            yield Word(part, start, start + len(part))
            start += len(part)

    def _listed_last(self, found: re.Match[str]) -> str:
        """Set the mark before a name apart: "zzKadcyla", "zzT-DM1", "zzZiihera". Any other word stays as it is."""
        vocabulary, written = self._vocabulary, found.group()
        run = len(written) - len(written.lstrip("z"))
        after = [written[end:] for end in range(_FEWEST_MARKS, min(run, _MOST_MARKS) + 1)]
        names = {rest: match.group() for rest in after if (match := _NAME.match(rest))}
        names = {rest: name for rest, name in names.items() if len(name) > 1 or rest.endswith("-")}
        exact = [rest for rest, name in names.items() if vocabulary.is_of_name(name)]
        near = [rest for rest, name in names.items() if vocabulary.nearest(name)]
        return next((f"zz {rest}" for rest in (*exact, *reversed(near))), written)

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


def _with_blanks(folded: str) -> str:
    """Return a text with blanks where interfaces write another mark for them, and with one kind of hyphen."""
    if "%20" in folded:
        folded = folded.replace("%20", " ")
    if "+" in folded and " " not in folded:
        folded = folded.replace("+", " ")
    return folded.replace("_", " ") if folded.isascii() else folded.replace("_", " ").translate(_HYPHENS)
