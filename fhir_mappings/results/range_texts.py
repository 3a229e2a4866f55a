"""Reads reference ranges written as text: "10 - 40 U/L", "bis 40", "female: < 35 U/L"; completely or not at all."""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from cards.knowledge.schema import ReferenceRanges

FEMALE, MALE = "female", "male"
_LONGEST = 160
_SEPARATORS = re.compile(r"[;|\n]|, | / ")
_NUMBER = r"(\d{1,6}(?:[.,]\d{1,4})?)"
_WORDS = re.compile(r"[^\W\d_][\w'.]*")
# The year of a set of ranges: "JCCLS 2022", "共用基準範囲2022".
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_DASHES = str.maketrans(dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212\uff5e\u301c", "-"))


class Said(NamedTuple):
    """The sexes and the limits in a text."""

    sexes: frozenset[str]
    low: Decimal | None = None
    high: Decimal | None = None


class RangeWords:
    """The vocabulary of reference ranges."""

    def __init__(self, words: ReferenceRanges) -> None:
        """Prepare the patterns."""
        self._harmless = frozenset(map(folded, words.normal_words))
        self._sexes = dict.fromkeys(map(folded, words.female_words), FEMALE)
        self._sexes |= dict.fromkeys(map(folded, words.male_words), MALE)
        sexes = _any_of((*words.female_words, *words.male_words))
        self._before_sex = re.compile(rf" (?=(?:{sexes})\.?:)")
        self._sex_first, self._at_sex = re.compile(rf"(?:{sexes})\b"), re.compile(rf"(?<=\S) (?=(?:{sexes})\b)")
        to, up_to, least = (_any_of(each) for each in (words.to_words, words.up_to_words, words.from_words))
        self._pattern = re.compile(
            rf"(?:(?:{least}) ?)?{_NUMBER} ?(?:-|\.\.\.?|~|{to}) ?{_NUMBER}|"
            rf"(?:{up_to}):? ?{_NUMBER}|(?:{least}):? ?{_NUMBER}"
        )

    def sexes(self, written: str) -> frozenset[str] | None:
        """Return the sexes named in some words; ``None`` if a word is unknown or a number is among them."""
        if any(character.isdigit() for character in written):
            written = _YEAR.sub(" ", written)
            if any(character.isdigit() for character in written):
                return None
        words = [word.rstrip(".") for word in _WORDS.findall(written)]
        if not all(word in self._sexes or word in self._harmless for word in words):
            return None
        return frozenset(self._sexes[word] for word in words if word in self._sexes)

    def parts(self, written: str, factor: Callable[[str], Decimal | None]) -> list[Said | None]:
        """Read a text that may have several ranges, one for each sex; ``None`` in place of an unreadable one.

        ``factor`` returns the factor of a unit by its text, and of the result's own unit for an empty text.
        """
        if len(written) > _LONGEST:
            return [None]
        whole = self.read(written, factor)
        if whole:
            return [whole]
        # "F: 10-35 M: 10-50": a sex with a colon begins another range.
        before = self._at_sex if self._sex_first.match(written) else self._before_sex
        parts = _SEPARATORS.split(before.sub("\n", written))
        return [self.read(part, factor) for part in parts if part.strip()]

    def read(self, written: str, factor: Callable[[str], Decimal | None]) -> Said | None:
        """Read the text with a range, or one range with its text; ``None`` if something is not understood."""
        found = list(self._pattern.finditer(written[: _LONGEST + 1]))
        if not found:
            sexes = self.sexes(written)
            return None if sexes is None else Said(sexes)
        match = found[0]
        before, after = self.sexes(written[: match.start()]), self._after(written[match.end() :], factor)
        if len(found) > 1 or before is None or after is None:
            return None
        low, high, up_to, least = (
            None if group is None else Decimal(group.replace(",", ".")) * after[1] for group in match.groups()
        )
        if low is not None and high is not None and low > high:
            return None
        return Said(before | after[0], least if low is None else low, up_to if high is None else high)

    def _after(self, written: str, factor: Callable[[str], Decimal | None]) -> tuple[frozenset[str], Decimal] | None:
        """Read what follows the numbers: a unit and known words."""
        tokens = written.strip(" .,:;()[]").split()
        for count in range(len(tokens), -1, -1):
            found = factor(" ".join(tokens[:count]).strip(" ()[],;:"))
            sexes = self.sexes(" ".join(tokens[count:]))
            if found is not None and sexes is not None:
                return sexes, found
        return None


def folded(written: str) -> str:
    """Fold case, full-width letters, dashes and whitespace; line breaks stay because they separate ranges."""
    plain = unicodedata.normalize("NFKC", written[: 2 * _LONGEST]).casefold().translate(_DASHES)
    return "\n".join(" ".join(line.split()) for line in plain.splitlines())


def _any_of(words: Iterable[str]) -> str:
    """Return a pattern that matches any of some words as a whole, trying the longest first.

    Scripts without case have no spaces around their words.
    """
    longest_first = sorted(set(map(folded, words)), key=lambda word: (-len(word), word))
    return "|".join(
        rf"(?<!\w){re.escape(word)}(?!\w)" if word[0].islower() else re.escape(word) for word in longest_first
    )
