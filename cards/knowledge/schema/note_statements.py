"""What free text beside an order, a result or a diagnosis says that is told wherever it stands."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum

import msgspec

from cards.knowledge.schema.sourced import Cited, KnowledgeRecord


class About(StrEnum):
    """What a note stands beside; ``RESULT`` is any result.

    ``HER2_POSITIVE`` is a positive result of HER2, ``EJECTION`` the result of an ejection fraction, ``LVEF`` a sentence
    that may name one, ``LVEF_NORMAL`` one that is not called reduced, ``WEIGHT`` a body weight, ``GIVEN`` a dose that
    was given.
    """

    ORDER = "order"
    RESULT = "result"
    HER2 = "her2"
    HER2_POSITIVE = "her2-positive"
    LVEF = "lvef"
    EJECTION = "ejection"
    WEIGHT = "weight"
    LVEF_NORMAL = "lvef-normal"
    DIAGNOSIS = "diagnosis"
    GIVEN = "given"


class NoteStatement(KnowledgeRecord, frozen=True, kw_only=True):
    """A sentence with a word of each list of ``all``, and none of ``unless``, says this.

    The lists are named, as in ``NoteStatements.words``. ``apart``: the words of two lists stand in this order, with at
    most so many words between them. ``own_drug``: the sentence names the ordered drug, too. ``below``: a number behind
    the words is lower than this; less than ``at_least`` is no such measurement, and one from ``thousands_from`` on
    counts single cells, so it is divided by a thousand. ``brief``: the sentence has at most so many words, so that it
    says nothing else.
    """

    because: str
    of: tuple[About, ...]
    all: tuple[str, ...]
    unless: tuple[str, ...] = ()
    unless_before: tuple[str, ...] = ()
    """Those that count only before the words of the first list."""
    apart: int | None = None
    own_drug: bool = False
    brief: int | None = None
    below: Decimal | None = None
    at_least: Decimal = Decimal(0)
    thousands_from: Decimal | None = None


class NoteStatements(KnowledgeRecord, frozen=True, kw_only=True):
    """The lists of words, each by its name, and what a sentence with them says."""

    words: Mapping[str, tuple[str, ...]] = msgspec.field(default_factory=dict)
    statements: tuple[NoteStatement, ...] = ()
    by: Cited | None = None
