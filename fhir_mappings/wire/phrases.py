"""Finds the longest phrase of a table at a position in a text, word by word."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from fhir_mappings.wire.folding import fold

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_RAW = re.compile(r"\d+(?:\.\d+)?|[^\W\d_]+|[<>]=|\++|\S")
_INNER_HYPHEN = re.compile(r"(?<=[^\W\d_])-(?=\w)|(?<=\d)-(?=[^\W\d_])|_")
_LINES = re.compile(r"[\r\n]+")
_LONGEST_NUMBER = 7
_LISTED = re.compile(r"[|\n]")

Meaning = tuple[str, Any]


class Word(NamedTuple):
    """A word, number or sign of a folded text, and whether it touches the one before it."""

    text: str
    touches: bool


def words_of(written: str) -> list[Word]:
    """Split a folded text into words; the caller has already limited its length. A line break becomes a semicolon."""
    folded = _INNER_HYPHEN.sub(" ", fold(_LINES.sub(" ; ", written)))
    found: list[Word] = []
    end = -1
    for match in _RAW.finditer(folded):
        found.append(Word(match[0], match.start() == end))
        end = match.end()
    return found


def is_plain(words: Sequence[Word], at: int) -> bool:
    """Return whether a number is written normally: neither "055" nor ".55", and no longer than a result."""
    word = words[at].text
    has_point_before = words[at].touches and words[at - 1].text == "."
    starts_with_zero = len(word) > 1 and word[0] == "0" and word[1].isdigit()
    return len(word) <= _LONGEST_NUMBER and not has_point_before and not starts_with_zero


class _Node:
    """The words that may follow, and the meaning of the phrase so far."""

    __slots__ = ("following", "meaning")

    def __init__(self) -> None:
        self.following: dict[str, _Node] = {}
        self.meaning: Meaning | None = None


class Phrases:
    """Tables of phrases: lists separated by "|" or lines, each with a meaning; the last table wins."""

    def __init__(self, tables: Iterable[tuple[str, Any, str]]) -> None:
        """Index the tables."""
        self._root = _Node()
        for kind, value, listed in tables:
            for phrase in _LISTED.split(listed):
                if phrase.strip():
                    self.add(phrase, (kind, value))

    def add(self, phrase: str, meaning: Meaning, *, only_new: bool = False) -> None:
        """Add a phrase; with ``only_new``, an existing one keeps its meaning."""
        node = self._root
        for each in _RAW.findall(fold(phrase)):
            following = node.following.get(each)
            if following is None:
                following = node.following[each] = _Node()
            node = following
        if node.meaning is None or not only_new:
            node.meaning = meaning

    def longest(self, words: Sequence[Word], at: int) -> tuple[Meaning, int] | None:
        """Return the meaning of the longest phrase at a position and the position after it, or ``None``."""
        node, found = self._root, None
        while at < len(words) and (following := node.following.get(words[at].text)) is not None:
            node, at = following, at + 1
            if node.meaning is not None:
                found = node.meaning, at
        return found
