"""The vocabulary of drug texts: spellings of names, words that may be skipped and why, and signs of another drug."""

from __future__ import annotations

from enum import StrEnum

from cards.knowledge.schema.sourced import KnowledgeRecord


class WordKind(StrEnum):
    """The part of a drug's name that a word is."""

    ANTIBODY = "antibody"
    PAYLOAD = "payload"
    ENZYME = "enzyme"


class Says(StrEnum):
    """What an ignored word says about the drug's form."""

    INTRAVENOUS = "intravenous"
    SUBCUTANEOUS = "subcutaneous"
    SOLUTION = "solution for injection"
    CONJUGATE = "conjugate"
    FLUID = "fluid"


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
    """A pattern for words that do not name a drug, and the reason."""

    pattern: str
    why: str


class Endings(KnowledgeRecord, frozen=True, kw_only=True):
    """Endings that classify an unknown word."""

    endings: tuple[str, ...]
    why: str


class Alphabet(KnowledgeRecord, frozen=True, kw_only=True):
    """Letters of another alphabet, or pairs of them, each with the Latin letters that it may stand for."""

    letters: dict[str, str]
    why: str


class DrugWords(KnowledgeRecord, frozen=True, kw_only=True):
    """The file ``drug_words.yaml``."""

    spellings: tuple[Spelling, ...]
    ignored: tuple[IgnoredWords, ...]
    patterns: tuple[IgnoredPattern, ...]
    package_numbers: tuple[IgnoredWords, ...] = ()
    package_numbering: tuple[str, ...] = ()
    premedication: tuple[IgnoredWords, ...] = ()
    supportive: tuple[IgnoredWords, ...] = ()
    other_drugs: tuple[IgnoredWords, ...] = ()
    other_drug_endings: tuple[Endings, ...] = ()
    warnings: tuple[IgnoredWords, ...]
    warning_words: tuple[IgnoredWords, ...]
    warning_ends: tuple[IgnoredWords, ...] = ()
    beside_tablets: tuple[IgnoredWords, ...] = ()
    earlier_treatment: tuple[IgnoredWords, ...] = ()
    given_now: tuple[IgnoredWords, ...] = ()
    given_together: tuple[IgnoredWords, ...] = ()
    in_its_place: tuple[IgnoredWords, ...] = ()
    oral_forms: tuple[IgnoredWords, ...] = ()
    fluid_purposes: tuple[IgnoredWords, ...] = ()
    payload_endings: tuple[Endings, ...]
    drug_endings: tuple[Endings, ...]
    alphabets: tuple[Alphabet, ...] = ()
