"""Codes of concepts and of their values, each with its source."""

from __future__ import annotations

from cards.knowledge.schema.kinds import Cancer
from cards.knowledge.schema.sourced import Cited, KnowledgeRecord


class CodeEntry(KnowledgeRecord, frozen=True, kw_only=True):
    """A code of a concept; its own source where it differs from the group's. ``tumor``: it names the organ."""

    code: str
    display: str
    tumor: Cancer | None = None
    by: Cited | None = None


class LocalCode(KnowledgeRecord, frozen=True, kw_only=True):
    """A code of a system of the site's, by the system's address."""

    system: str
    code: str


class ValueEntry(KnowledgeRecord, frozen=True, kw_only=True):
    """A coded result and its meaning."""

    means: str
    loinc_answers: tuple[str, ...] = ()
    snomed: tuple[str, ...] = ()
    by: Cited
