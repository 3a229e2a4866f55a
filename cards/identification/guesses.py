"""Guesses what the words of a text that names nothing may be meant for: by sound, in parts, in other letters."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cards.identification.folding import Word
    from cards.identification.targets import Meaning
    from cards.identification.vocabulary import Vocabulary

_FEWEST_PARTS, _MOST_PARTS, _LONGEST_PART = 3, 4, 6
"""The parts of a name with blanks in it: "Ka dcy la". A name in two parts is joined before a text is read."""
_SEARCHED = 16
"""The most words of a text that names nothing in which a misspelled name is searched for."""


class Guesser:
    """Guesses with one vocabulary. What it finds is asked about, and never taken for the drug."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        """Keep the vocabulary."""
        self._vocabulary = vocabulary

    def guesses(self, words: Sequence[Word], unread: Sequence[str], written: str) -> Iterator[Meaning]:
        """Yield what the words may be meant for."""
        vocabulary = self._vocabulary
        found = [vocabulary.meant_by_sound(word) for word in unread[:_SEARCHED]]
        if any(len(word) <= _LONGEST_PART and word not in vocabulary.oral_forms for word in unread):
            found += self._in_parts(words)
        if not written.isascii():
            found += vocabulary.meant_by_letters(written)
        return (meaning for meaning in found if meaning is not None)

    def _in_parts(self, words: Sequence[Word]) -> Iterator[Meaning | None]:
        """Yield the meanings of names with blanks in them: "Ka dcy la", or "cad silla" as it is heard."""
        vocabulary = self._vocabulary
        parts: list[str] = []
        for word in words[:_SEARCHED]:
            parts = [*parts[1 - _MOST_PARTS :], word.text] if word.end - word.start <= _LONGEST_PART else []
            for count in range(_FEWEST_PARTS, len(parts) + 1):
                yield vocabulary.names.get(vocabulary.usual(("".join(parts[-count:]),)))
            heard = parts[1 - _FEWEST_PARTS :]
            joined = "".join(heard)
            are_words = all(map(vocabulary.is_listed, heard)) or any(map(vocabulary.is_other_drug, heard))
            if len(joined) > _LONGEST_PART and not are_words:
                yield vocabulary.meant_by_sound(joined)
