"""Finds the sentences of free text that nobody should overlook, by the lists of `note_statements.yaml`."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from cards.knowledge.schema import About
from cards.values.caching import cached_by_identity
from cards.values.text_cache import cached_by_text
from fhir_mappings.wire.folding import SENTENCES, fold
from fhir_mappings.wire.word_lists import Words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from cards.knowledge.schema import NoteStatement, NoteStatements

# Behind the name of a measurement, "ANC is only 0.6": no date, time, share or part of a ratio.
_NUMBER = re.compile(
    r"(?:[ :=~]+[a-z'-]{1,14}){0,4}[ :=~]{1,3}(\d{1,6}(?:\.\d{1,3})?)(?![\d/:]|[.-]\d| ?x\b| ?[-/] ?\d)"
)

_THOUSAND = Decimal(1000)
_WORD = re.compile(r"\w+")
_BEGIN = 3
"""The letters of a word that are looked at before its list; no word of one is cut off before."""


def never(_: str) -> bool:
    """Return that a sentence is about nothing of some kind."""
    return False


class _Statement(NamedTuple):
    """A statement with the names of its lists and their patterns."""

    known: NoteStatement
    names: frozenset[str]
    lists: tuple[Words, ...]
    unless: tuple[Words, ...]
    unless_before: tuple[Words, ...]


class NoteStatementReader:
    """Reads the statements of one knowledge; one reader serves every request."""

    def __init__(self, known: NoteStatements) -> None:
        """Index the lists by how their words begin: no pattern is tried on a sentence without such a word."""
        self._lists = {name: Words(listed) for name, listed in known.words.items()}
        self._begun: dict[str, set[str]] = {}
        # By what they are about and by the name of their first list.
        self._about: dict[About, dict[str, list[_Statement]]] = {}
        for each in known.statements:
            lists, unless, before = (
                tuple(self._lists[name] for name in names) for names in (each.all, each.unless, each.unless_before)
            )
            statement = _Statement(each, frozenset(each.all), lists, unless, before)
            for about in each.of:
                self._about.setdefault(about, {}).setdefault(each.all[0], []).append(statement)
        for name in {name for each in known.statements for name in each.all}:
            for word in known.words[name]:
                self._begun.setdefault(_begins(fold(word))[0], set()).add(name)
        self.may_say_of_order = cached_by_text(self._may_say_of_order)

    def says(
        self, sentence: str, *about: About, is_own: Callable[[str], bool] = never, value: Decimal | None = None
    ) -> bool:
        """Return whether a folded sentence beside something says what is to be told.

        ``is_own`` tells whether a sentence names the ordered drug. A number of the sentence must be below ``value``.
        """
        return any(_is_said(each, sentence, is_own, value) for each in self._worded(sentence, about))

    def _may_say_of_order(self, written: str) -> bool:
        """Return False quickly for a text of an order without the words of any statement, as most are."""
        return any(any(self._worded(fold(each), (About.ORDER,))) for each in SENTENCES.split(written))

    def _worded(self, sentence: str, about: Iterable[About]) -> Iterator[_Statement]:
        """Yield the statements that have a word of each of their lists in a sentence."""
        begun = set().union(*map(self._begun.__getitem__, self._begun.keys() & _begins(sentence)))
        for by_first in map(self._about.__getitem__, about):
            for name in by_first.keys() & begun:
                for each in by_first[name]:
                    if each.names <= begun and all(words.pattern.search(sentence) for words in each.lists):
                        yield each


@cached_by_identity(4)
def note_statement_reader(known: NoteStatements) -> NoteStatementReader:
    """Return the reader of some statements; made once, as its patterns take long."""
    return NoteStatementReader(known)


def _begins(plain: str) -> list[str]:
    """List how the words of a folded text begin."""
    return [word[:_BEGIN] for word in _WORD.findall(plain)]


def _is_said(statement: _Statement, sentence: str, is_own: Callable[[str], bool], value: Decimal | None) -> bool:
    """Return whether a sentence with a word of each list says it, too, by what is beside and before these."""
    known = statement.known
    if known.brief is not None and sentence.rpartition(": ")[2].strip().count(" ") >= known.brief:
        # "RN note: patient refused" has two words behind its label.
        return False
    if known.own_drug and not is_own(sentence):
        return False
    if known.apart is not None and not _are_near(statement.lists, sentence, known.apart):
        return False
    if known.below is not None and not _has_lower(statement, sentence, value):
        return False
    if any(each.pattern.search(sentence) for each in statement.unless):
        return False
    first = statement.lists[0].pattern.search(sentence)
    before = sentence[: first.start()] if first is not None else ""
    return not any(each.pattern.search(before) for each in statement.unless_before)


def _are_near(lists: Sequence[Words], sentence: str, most: int) -> bool:
    """Return whether a word of one list stands before one of another with at most some words in between."""
    first, second = lists
    for start in first.pattern.finditer(sentence):
        for end in second.pattern.finditer(sentence, start.end()):
            if sentence.count(" ", start.end(), end.start()) <= most + 1:
                return True
    return False


def _has_lower(statement: _Statement, sentence: str, value: Decimal | None) -> bool:
    """Return whether a number behind a name is below the limit, and below a value if there is one."""
    known = statement.known
    for name in statement.lists[0].pattern.finditer(sentence):
        if (found := _NUMBER.match(sentence, name.end())) is None:
            continue
        number = Decimal(found[1])
        if known.thousands_from is not None and number >= known.thousands_from:
            number /= _THOUSAND
        is_below = known.below is not None and known.at_least <= number < known.below
        if is_below and (value is None or number < value):
            return True
    return False
