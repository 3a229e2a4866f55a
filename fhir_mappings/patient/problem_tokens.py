"""The words of a diagnosis, by what they do to a problem, and which of them are about another cause of it."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from cards.knowledge.schema import Problem

if TYPE_CHECKING:
    from collections.abc import Sequence


class Said(StrEnum):
    """What words make of a problem."""

    STATED = "stated"
    PAST = "past"
    SUSPECTED = "suspected"
    UNCLEAR = "unclear"
    DENIED = "denied"
    OTHER = "other"


NOT = frozenset({"not", "nicht", "non", "nie", "nao", "ei", "ej", "ikke", "not in", "never", "не"})
"""Denials of what is said, here of the doubt, and not of what is named."""
ORS = frozenset({"or", "oder", "o", "ou", "lub", "eller"})
# A negative sign, which may also be that of something else.
SIGNS = frozenset({"negative", "neg"})
WITHOUT = frozenset({"no", "without", "w/o", "ohne", "sin", "sans", "senza", "sem", "zonder", "bez", "uden", "utan"})
_HAS_OTHER_CAUSES = frozenset({Problem.ILD})
"""Where the words that make it something else name a cause: "viral" pneumonitis, unlike a pregnancy "test"."""


class Token(NamedTuple):
    """A phrase: its kind, and the problems that it names or rules out."""

    kind: str
    value: object
    written: str


def parts(token: Token) -> bool:
    """Return whether a token parts a sign from the problem: a word, or what joins another diagnosis."""
    return token.kind == "join" or token.written[0].isalpha()


def causes_denied(problem: Problem, right: Sequence[Token]) -> frozenset[int]:
    """Return the places of other causes that are denied: "COVID negative", "viral cause ruled out"."""
    found: set[int] = set()
    if problem not in _HAS_OTHER_CAUSES:
        return frozenset()
    for at, token in enumerate(right):
        if token.kind == "unless":
            for end in range(at + 1, len(right)):
                if right[end].written == ",":
                    break
                if right[end].kind == "denied-after":
                    found.update(range(at, end + 1))
                    break
    return frozenset(found)


def is_denied_cause(problem: Problem, left: Sequence[Token], at: int) -> bool:
    """Return whether another cause before a problem is denied: "COVID negative", "non-viral pneumonitis"."""
    if problem not in _HAS_OTHER_CAUSES:
        return False
    after = left[at + 1].written if at + 1 < len(left) else ""
    return after in SIGNS or (at > 0 and left[at - 1].written in NOT)
