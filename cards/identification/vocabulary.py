"""The vocabulary of drug texts, indexed once: names by their words, spellings, words that may be passed over."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from cards.identification.folding import fold, key
from cards.knowledge.schema import Scope, WordKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from cards.identification.targets import Meaning
    from cards.knowledge.schema import Knowledge, Says

Phrase = tuple[str, ...]
_LONGEST_WORD = 40
_TYPED = 6
"""From so many letters on a word is compared with names that differ in one letter."""
_INSIDE = 7
"""From so many letters on a name is looked for inside of a longer word."""


class Known(NamedTuple):
    """A word as it is known: its usual spelling, and whether it was cut off or mistyped."""

    word: str
    kind: WordKind | None
    is_cut: bool = False
    is_typo: bool = False


class Vocabulary:
    """Everything that a word of a drug text may be."""

    def __init__(self, known: Knowledge, names: Mapping[str, Meaning]) -> None:
        """Index the names of products and the lists of words."""
        words = known.drug_words
        self._known: dict[str, Known] = {}
        for spelling in words.spellings:
            for variant in (spelling.word, *spelling.variants):
                self._known[fold(variant)] = Known(spelling.word, spelling.kind)
        cut_off = {
            each: Known(spelling.word, spelling.kind, is_cut=True)
            for spelling in words.spellings
            if spelling.cut_to is not None
            for variant in (spelling.word, *spelling.variants)
            if variant.isascii()
            for each in _cut_off(variant, spelling.cut_to)
        }
        self._known = cut_off | self._known
        self.antibodies = frozenset(each.word for each in words.spellings if each.kind is WordKind.ANTIBODY)
        self._payloads = tuple(each.word for each in words.spellings if each.kind is WordKind.PAYLOAD)
        self.names: dict[Phrase, Meaning] = {}
        for name, meaning in names.items():
            phrase = self.usual(key(name))
            self.names[phrase] = self.names.get(phrase, frozenset()) | meaning
        for phrase, meaning in tuple(self.names.items()):
            if len(phrase) > 1:
                self.names.setdefault(("".join(phrase),), meaning)
        self.ignored: dict[Phrase, Says | None] = {}
        for group in words.ignored:
            self.ignored |= {self.usual(key(word)): group.says for word in group.words}
        self.partners = {self.usual(key(name)) for group in known.drug_classes for name in group.names}
        self.partners -= self.names.keys()
        self.warnings = {key(word) for group in words.warnings for word in group.words}
        self.warning_words = frozenset(fold(word) for group in words.warning_words for word in group.words)
        self._patterns = re.compile("|".join(f"(?:{each.pattern})" for each in words.patterns))
        self._payload_endings = _endings(each.endings for each in words.payload_endings)
        self._drug_endings = _endings(each.endings for each in words.drug_endings)
        phrases = (self.names, self.ignored, self.partners, self.warnings)
        self.longest = max(len(phrase) for group in phrases for phrase in group)
        self._listed = frozenset(word for group in phrases for phrase in group for word in phrase)
        checked = {product.id for product in known.products if product.scope is Scope.CHECKED}
        single = {
            phrase[0]
            for phrase, meaning in self.names.items()
            if len(phrase) == 1 and any(target.product in checked for target in meaning)
        }
        # A misspelt name is compared with every word that is a name by itself, or a part of one.
        self._near: dict[str, str] = {}
        self._long: list[str] = []
        for word in sorted(single | {each for each, known in self._known.items() if not known.is_cut}):
            if len(word) >= _TYPED and word.isascii() and word.isalpha():
                self._near |= dict.fromkeys(_one_taken_out(word), word)
                if len(word) >= _INSIDE:
                    self._long.append(word)

    def usual(self, words: Phrase) -> Phrase:
        """Give words in their usual spelling."""
        return tuple(self._known[word].word if word in self._known else word for word in words)

    def look_up(self, word: str) -> Known:
        """Give the usual spelling of a word, or of one that is cut off."""
        return self._known.get(word) or Known(word, None)

    def is_listed(self, word: str) -> bool:
        """Tell whether a word stands in a name or in a listed phrase."""
        return word in self._listed

    def nearest(self, word: str) -> Known | None:
        """Find the name that a word is a misspelling of: one letter off, or joined to another word."""
        if not (_TYPED <= len(word) <= _LONGEST_WORD and word.isascii() and word.isalpha()):
            return None
        near = next((self._near[each] for each in _one_taken_out(word) if each in self._near), None)
        if near is None:
            near = next((each for each in self._long if each in word), None)
        if near is None:
            return None
        known = self.look_up(near)
        return Known(known.word, known.kind, is_typo=True)

    def is_ignored(self, word: str) -> bool:
        """Tell whether a word is of a shape that names no drug."""
        return len(word) <= _LONGEST_WORD and self._patterns.fullmatch(word) is not None

    def is_payload(self, word: str) -> bool:
        """Tell whether an unknown word ends like the payload of a conjugate."""
        return self._payload_endings.search(word[-_LONGEST_WORD:]) is not None

    def is_drug(self, word: str) -> bool:
        """Tell whether an unknown word ends like the name of a drug."""
        return self._drug_endings.search(word[-_LONGEST_WORD:]) is not None

    def begins_payload(self, word: str) -> bool:
        """Tell whether a word may be the first letters of a payload."""
        return any(each.startswith(word) for each in self._payloads)


def _cut_off(word: str, shortest: int) -> Iterator[str]:
    return (word[:length] for length in range(shortest, len(word)))


def _one_taken_out(word: str) -> list[str]:
    """List a word and what is left of it without one of its letters: two words that share one of these are near."""
    return [word, *(word[:place] + word[place + 1 :] for place in range(len(word)))]


def _endings(groups: Iterable[Iterable[str]]) -> re.Pattern[str]:
    endings = sorted({fold(each) for group in groups for each in group})
    return re.compile("(?:" + "|".join(map(re.escape, endings)) + r")\Z")
