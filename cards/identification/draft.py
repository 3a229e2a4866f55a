"""What has been found in a drug text so far, while it is read."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cards.identification.folding import Word
    from cards.identification.targets import Meaning
    from cards.identification.vocabulary import Known
    from cards.knowledge.schema import Says

_CHOICE = re.compile(r"[\s,()\[\]]*(?:or|oder|ou|eller|lub|o|nebo|ili|veya)[\s(\[]+")
_CLAUSE_END = re.compile(r"[;)\]\n]|\.(?!\d)|\s[-\u2013\u2014]+\s")


class Span(NamedTuple):
    """A name in the text: the index of its first word, the index after its last, and what it means."""

    first: int
    end: int
    meaning: Meaning


class Draft:
    """What has been found in one text so far."""

    def __init__(self, folded: str, words: Sequence[Word], known: Sequence[Known]) -> None:
        """Begin with the words of a text, and how each was recognized."""
        self.folded = folded
        self.words = words
        self.known = known
        self.spans: list[Span] = []
        self.loose: list[int] = []
        self.warned: set[int] = set()
        self.ruled_out: list[Meaning] = []
        self.said: dict[Says, int] = {}
        self.in_phrase: set[int] = set()
        self.partners: list[int] = []
        self.classes: list[Span] = []
        self.unread: list[str] = []
        self._usual = tuple(each.word for each in known)

    def usual(self, first: int, end: int) -> tuple[str, ...]:
        """Return some of the words in their usual spelling."""
        return self._usual[first:end]

    def clause_end(self, place: int) -> int:
        """Return the index at which the clause of the word before a place ends."""
        end = _CLAUSE_END.search(self.folded, self.words[place - 1].end)
        return end.start() if end else len(self.folded)

    def between(self, first: Span, second: Span) -> str:
        """Return what is written between two names."""
        return self.folded[self.words[first.end - 1].end : self.words[second.first].start]

    def choices(self) -> list[str]:
        """List the drugs given besides that the text offers in the place of the one before: "Kadcyla or docetaxel"."""
        found = []
        for place in self.partners:
            before = max((span.end for span in self.spans if span.end <= place), default=0)
            if before and _CHOICE.fullmatch(self.folded, self.words[before - 1].end, self.words[place].start):
                found.append(self.words[place].text)
        return found

    def as_written(self, span: Span) -> str:
        """Return a name as it is written."""
        return self.folded[self.words[span.first].start : self.words[span.end - 1].end]
