"""The vocabulary of drug texts, indexed once: names by words, spellings, words that may be skipped."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from cards.identification.folding import fold, key
from cards.identification.foreign_letters import ForeignLetters
from cards.identification.near_names import LONGEST, NearNames
from cards.identification.sounds import Sounds
from cards.identification.targets import Target
from cards.knowledge.schema import Scope, WordKind
from cards.values.caching import lazy
from cards.values.text_cache import cached_by_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from cards.identification.targets import Meaning
    from cards.knowledge.schema import Knowledge, Says, Spelling

Phrase = tuple[str, ...]
_ANTIBODY = "mab"
PREFIXES = frozenset({"ado", "fam"})
"""Prefixes of an antibody that identify its conjugate; with the payload they add nothing."""
_DIGITS = str.maketrans("0135", "oles")
"""Digits that stand for the letters they look like: "0givri", "Kadcy1a"."""
_LOT_NUMBER = re.compile(r"[a-z0-9]{4,14}")
_LOT_DIGITS = 3
"""The fewest digits of a lot number, so that "DM1" is not taken for one."""


_WORDS = 1024
_SHORTEST_CUT = 4
"""The fewest letters of a listed word at the end of a text that is cut off."""
_WITH_STEM = 8
"""The shortest word that is known by the stem of its international name."""
_SHORT = 6
"""Words up to this length keep their ending."""


class Known(NamedTuple):
    """How a word was recognized: its usual spelling, and whether it was cut off or mistyped."""

    word: str
    kind: WordKind | None
    is_cut: bool = False
    is_typo: bool = False


class Vocabulary:
    """Everything that a word of a drug text may be."""

    def __init__(self, known: Knowledge, names: Mapping[str, Meaning]) -> None:
        """Index the names of products and the lists of words."""
        words = known.drug_words
        self._known = _spelled(words.spellings)
        self.antibodies = frozenset(each.word for each in words.spellings if each.kind is WordKind.ANTIBODY)
        self._payloads = tuple(each.word for each in words.spellings if each.kind is WordKind.PAYLOAD)
        self._of_conjugates = PREFIXES | {each for each, kept in self._known.items() if kept.kind is WordKind.PAYLOAD}
        self.names: dict[Phrase, Meaning] = {}
        for name, meaning in names.items():
            phrase = self.usual(key(name))
            self.names[phrase] = self.names.get(phrase, frozenset()) | meaning
        for phrase, meaning in tuple(self.names.items()):
            if len(phrase) > 1:
                self.names.setdefault(("".join(phrase),), meaning)
        self._listed_names = frozenset(word for phrase in self.names for word in phrase)
        self.classes = {
            self.usual(key(name)): frozenset(map(Target, ambiguous.may_mean))
            for ambiguous in known.ambiguous_names
            if ambiguous.is_class
            for name in ambiguous.names
        }
        self.ignored: dict[Phrase, Says | None] = {}
        for group in words.ignored:
            self.ignored |= {self.usual(key(word)): group.says for word in group.words}
        shipped = (group for group in known.drug_classes if not group.of_site)
        self.partners = {self.usual(key(name)) for group in shipped for name in group.names}
        # Another antibody is never skipped as a partner drug: an order is for only one of them.
        self.partners = {phrase for phrase in self.partners if not phrase[-1].endswith(_ANTIBODY)} - self.names.keys()
        self.warnings = {key(word) for group in words.warnings for word in group.words}
        self.beside_tablets = self.warnings | {key(word) for group in words.beside_tablets for word in group.words}
        self.warning_words = frozenset(fold(word) for group in words.warning_words for word in group.words)
        self.fluid_purposes = frozenset(fold(word) for group in words.fluid_purposes for word in group.words)
        self.oral_forms = frozenset(fold(word) for group in words.oral_forms for word in group.words)
        self.warning_ends = frozenset(fold(word) for group in words.warning_ends for word in group.words)
        self._lots = {key(word) for group in words.package_numbers for word in group.words}
        self._numbering = frozenset(part for word in words.package_numbering for part in key(word))
        self.premedication = {key(word) for group in words.premedication for word in group.words}
        self.supportive = {key(word) for group in words.supportive for word in group.words}
        self.supportive_drugs = frozenset(
            fold(word) for group in words.supportive if group.names_drugs for word in group.words
        )
        # The drugs given with a HER2 drug have amounts of their own, too.
        self.supportive_drugs |= {phrase[0] for phrase in self.partners if len(phrase) == 1}
        self._words = words
        self._patterns = re.compile("|".join(f"(?:{each.pattern})" for each in words.patterns))
        self._payload_endings = _endings(each.endings for each in words.payload_endings)
        self._other_endings = _endings(each.endings for each in words.other_drug_endings)
        self._drug_endings = _endings(each.endings for each in words.drug_endings)
        told = (self.names, self.classes)
        phrases = (*told, self.ignored, self.partners, self.beside_tablets, self.premedication, self.supportive)
        self.reach: dict[str, int] = {}
        """For each first word, the number of words in the longest phrase that begins with it."""
        for phrase in (each for group in phrases for each in group):
            self.reach[phrase[0]] = max(len(phrase), self.reach.get(phrase[0], 0))
        bare = frozenset(product.id for product in known.products if product.generic in self.antibodies)
        self.words_of_product = _words_of_products(self.names, bare)
        self._listed = frozenset(word for group in phrases for phrase in group for word in phrase)
        checked = {product.id for product in known.products if product.scope is Scope.CHECKED}
        single = {
            phrase[0]
            for phrase, meaning in self.names.items()
            if len(phrase) == 1 and any(target.product in checked for target in meaning)
        }
        self._near_names = NearNames(single | {each for each, known in self._known.items() if not known.is_cut})
        # Names in their usual spelling. Those in other spellings sound like them, and more like other drugs.
        usual = {fold(brand.name) for each in known.products for brand in each.brands}
        usual |= {fold(each.generic) for each in known.products}
        # "tablet", "oral", "release": the same words come back in the names of many drugs.
        self.meant_by_sound = cached_by_key(_WORDS)(self._meant_by_sound)
        self._sounding = sorted(each for each in usual & (single | self.antibodies) if (each,) in self.names)

    def usual(self, words: Phrase) -> Phrase:
        """Return words in their standard spelling."""
        return tuple(self._known[word].word if word in self._known else word for word in words)

    def look_up(self, word: str) -> Known:
        """Return the usual spelling of a word, or of one that is cut off."""
        return self._known.get(word) or Known(word, None)

    def is_listed(self, word: str) -> bool:
        """Return whether a word is in a name or in a listed phrase."""
        return word in self._listed

    def is_name(self, word: str) -> bool:
        """Return whether a word is a name, or a word of one."""
        return (word,) in self.names or self.look_up(word).kind is not None

    @lazy
    def _without_blanks(self) -> frozenset[str]:
        """The words of scripts that are written without blanks between them."""
        return frozenset(word for word in (*self._listed, *self._known) if not word.isascii())

    def is_of_name(self, word: str) -> bool:
        """Return whether a word is a word of any name, or a spelling of one."""
        return word in self._listed_names or self.is_name(word)

    def parts_of(self, word: str) -> tuple[str, ...]:
        """Return the listed words and numbers that a word consists of; none if anything of it is left over."""
        if len(word) > LONGEST:
            return ()
        # For each length, the parts of that beginning of the word; each part is as long as it can be.
        found: list[tuple[str, ...] | None] = [()]
        for end in range(1, len(word) + 1):
            parts = (
                (*before, word[start:end])
                for start, before in enumerate(found)
                if before is not None and (word[start:end] in self._without_blanks or word[start:end].isdecimal())
            )
            found.append(next(parts, None))
        return found[-1] or ()

    @lazy
    def _beginnings(self) -> dict[str, str]:
        """The shortest listed word for each of its beginnings, without those that are words or begin a drug's name."""
        words = sorted((phrase[0] for phrase in self.ignored if len(phrase) == 1), key=len, reverse=True)
        found = {word[:end]: word for word in words for end in range(_SHORTEST_CUT, len(word))}
        drugs = (*self._other_drugs, *self._known, *self._listed_names)
        taken = {drug[:end] for drug in drugs for end in range(_SHORTEST_CUT, len(drug) + 1)}
        taken |= {phrase[-1] for phrase in self.ignored}
        return {cut: word for cut, word in found.items() if cut not in taken}

    def completed(self, word: str) -> str:
        """Return the listed word that a word begins, as a field of fixed length leaves it, or the word itself."""
        is_whole = (word,) in self.ignored or self.is_ignored(word)
        return word if is_whole else self._beginnings.get(word, word)

    def nearest(self, word: str) -> Known | None:
        """Find the name that a word is a misspelling of: one letter off, digits for letters, joined to another word."""
        near = self._near_names.nearest(word if word.isalpha() else word.translate(_DIGITS))
        if near is None or self.is_other_drug(word):
            return None
        known = self.look_up(near)
        return Known(known.word, known.kind, is_typo=True)

    @lazy
    def _sounds(self) -> Sounds:
        """The sounds of the names, for the texts that name nothing."""
        return Sounds(self._sounding)

    @lazy
    def _sounds_of_payloads(self) -> Sounds:
        return Sounds(self._payloads)

    @lazy
    def _letters(self) -> ForeignLetters:
        """The letters of other alphabets, for the texts that name nothing."""
        return ForeignLetters(each.letters for each in self._words.alphabets)

    def _meant_by_sound(self, word: str) -> Meaning | None:
        """Return the meaning of the name that a word sounds like; ``None`` for the name of a known other drug."""
        name = self._sounds.nearest(word)
        if name is None or word in self.supportive_drugs or self.is_other_drug(word):
            return None
        return self.names[self.usual((name,))]

    def meant_by_letters(self, text: str) -> list[Meaning]:
        """Return the meanings of the names that words of a text spell in another alphabet."""
        return [self.names[self.usual((name,))] for name in self._letters.names_in(text, self._sounding)]

    def is_ignored(self, word: str) -> bool:
        """Return whether a word matches a pattern for words that do not name a drug."""
        return len(word) <= LONGEST and self._patterns.fullmatch(word) is not None

    @lazy
    def _other_drugs(self) -> frozenset[str]:
        """The names of known other drugs, for the few orders that have nothing but the billing code of a HER2 drug."""
        return frozenset(_stem(fold(word)) for group in self._words.other_drugs for word in group.words)

    def is_other_drug(self, word: str) -> bool:
        """Return whether a word names a drug that is not of the service: a known one, or one with a known stem."""
        stem = _stem(word)
        if stem in self._other_drugs:
            return True
        return len(word) >= _WITH_STEM and (word.endswith(self._other_endings) or stem.endswith(self._other_endings))

    def names_premedication(self, words: Phrase) -> bool:
        """Return whether words speak of drugs that are given before the one that is ordered."""
        return any(
            words[place : place + length] in self.premedication for place in range(len(words)) for length in (1, 2)
        )

    def is_package_number(self, before: Phrase, word: str) -> bool:
        """Return whether a word is a lot number, by its form and the words before it."""
        if not _LOT_NUMBER.fullmatch(word) or sum(map(str.isdigit, word)) < _LOT_DIGITS or self.is_listed(word):
            return False
        while before and before[-1] in self._numbering:
            before = before[:-1]
        return before[-1:] in self._lots or before[-2:] in self._lots

    def numbers_package(self, before: Phrase, word: str, after: Phrase) -> bool:
        """Return whether a word is the "no." of a lot: before or after a word for "lot"."""
        if word not in self._numbering:
            return False
        while before and before[-1] in self._numbering:
            before = before[:-1]
        while after and after[0] in self._numbering:
            after = after[1:]
        around = (before[-1:], before[-2:], after[:1], after[:2])
        return any(each in self._lots for each in around)

    def is_payload(self, word: str) -> bool:
        """Return whether an unknown word ends like the payload of a conjugate, or sounds like a known one."""
        return word.endswith(self._payload_endings) or self._sounds_of_payloads.nearest(word) is not None

    def is_drug(self, word: str) -> bool:
        """Return whether an unknown word ends like the name of a drug."""
        return word.endswith(self._drug_endings)

    def may_cut_payload(self, word: str, *, is_last: bool) -> bool:
        """Return whether a word behind an antibody may be what is left of a payload: of a known one, or one letter.

        The last word may begin a payload in any language, "en" of entansina, or the prefix of a conjugate, "ado".
        """
        if self.begins_payload(word) or (len(word) == 1 and (word,) not in self.ignored):
            return True
        return is_last and any(each.startswith(word) for each in self._of_conjugates)

    def begins_payload(self, word: str) -> bool:
        """Return whether a word may be the first letters of a payload."""
        return any(each.startswith(word) for each in self._payloads)


def _stem(word: str) -> str:
    """Return a name without the ending that differs between languages: "docetaxel" of docetaxelum, docetaxelo."""
    return word.removesuffix("um").rstrip("aeioy") if len(word) > _SHORT else word


def _words_of_products(names: Mapping[Phrase, Meaning], bare: frozenset[str]) -> dict[str, frozenset[str]]:
    """Return the words of each product's names, without the antibody's "ado", which may belong to the conjugate."""
    found: dict[str, frozenset[str]] = {}
    for phrase, meaning in names.items():
        for target in meaning:
            found[target.product] = found.get(target.product, frozenset()).union(phrase)
    for product in bare:
        found[product] -= PREFIXES
    return found


def _spelled(spellings: Iterable[Spelling]) -> dict[str, Known]:
    """Index every spelling, whole and cut off; a whole word never counts as the cut-off form of another."""
    whole: dict[str, Known] = {}
    cut_off: dict[str, Known] = {}
    for spelling in spellings:
        for variant in (spelling.word, *spelling.variants):
            whole[fold(variant)] = Known(spelling.word, spelling.kind)
            if spelling.cut_to is not None and variant.isascii():
                shorter = (variant[:length] for length in range(spelling.cut_to, len(variant)))
                cut_off |= dict.fromkeys(shorter, Known(spelling.word, spelling.kind, is_cut=True))
    return cut_off | whole


def _endings(groups: Iterable[Iterable[str]]) -> tuple[str, ...]:
    return tuple(sorted({fold(each) for group in groups for each in group}))
