"""The words of a drug text: the spellings of names, what may be skipped and why, and what names another drug."""

from __future__ import annotations

from enum import StrEnum

from cards.knowledge.schema.sourced import KnowledgeRecord


class WordKind(StrEnum):
    """What part of a drug's name a word is."""

    ANTIBODY = "antibody"
    PAYLOAD = "payload"
    ENZYME = "enzyme"


class Says(StrEnum):
    """What a word that names no drug tells of its form."""

    INTRAVENOUS = "intravenous"
    SUBCUTANEOUS = "subcutaneous"
    SOLUTION = "solution for injection"
    CONJUGATE = "conjugate"


class Spelling(KnowledgeRecord, frozen=True, kw_only=True):
    """A word of a name in its other spellings; with ``cut_to``, also cut off after so many letters or more."""

    word: str
    kind: WordKind
    variants: tuple[str, ...] = ()
    cut_to: int | None = None
    why: str


class IgnoredWords(KnowledgeRecord, frozen=True, kw_only=True):
    """Words and phrases that name no drug in scope, and the reason. ``names_drugs``: each names some other drug."""

    words: tuple[str, ...]
    says: Says | None = None
    names_drugs: bool = False
    why: str


class IgnoredPattern(KnowledgeRecord, frozen=True, kw_only=True):
    """A pattern of words that name no drug, and the reason."""

    pattern: str
    why: str


class Endings(KnowledgeRecord, frozen=True, kw_only=True):
    """Endings that tell what an unknown word is."""

    endings: tuple[str, ...]
    why: str


class DrugWords(KnowledgeRecord, frozen=True, kw_only=True):
    """The file of the words of a drug text."""

    spellings: tuple[Spelling, ...]
    ignored: tuple[IgnoredWords, ...]
    patterns: tuple[IgnoredPattern, ...]
    package_numbers: tuple[IgnoredWords, ...] = ()
    package_numbering: tuple[str, ...] = ()
    premedication: tuple[IgnoredWords, ...] = ()
    supportive: tuple[IgnoredWords, ...] = ()
    warnings: tuple[IgnoredWords, ...]
    warning_words: tuple[IgnoredWords, ...]
    payload_endings: tuple[Endings, ...]
    drug_endings: tuple[Endings, ...]
