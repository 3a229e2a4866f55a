"""The base classes of knowledge records: no unknown fields, and a citation."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class KnowledgeError(ValueError):
    """A knowledge file is wrong: each problem names the file and the field."""

    def __init__(self, *problems: str) -> None:
        """Keep the problems, one line each."""
        super().__init__("\n".join(problems))
        self.problems = problems


class Confidence(StrEnum):
    """How a fact was established."""

    PRIMARY = "V"
    """Read in a primary or near-primary text."""
    SECONDARY = "V2"
    """Read in a secondary text."""
    SITE = "S"
    """Stated by the site, which is responsible for it."""
    DEFAULT = "D"
    """A default of this service, chosen by its maintainers; no text states it. Only sources marked ``own`` have it."""
    UNVERIFIED = "K"
    """Own knowledge, not verified: never drives a critical card alone."""


class KnowledgeRecord(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A piece of a knowledge file."""


class Cited(KnowledgeRecord, frozen=True, kw_only=True):
    """Where a value comes from."""

    source: str
    section: str
    confidence: Confidence


class Source(KnowledgeRecord, frozen=True, kw_only=True):
    """A document that values are taken from. ``own``: there is no document, the value is a default of this service."""

    title: str
    url: str
    as_of: str
    note: str | None = None
    own: bool = False

    def __post_init__(self) -> None:
        """Refuse a URL that a card cannot link to."""
        if not self.url.startswith(("https://", "http://", "/")):
            raise ValueError("url must be an address that begins with https:// or http://")

    def address(self, base_url: str) -> str:
        """Return the document's URL; a page of the service itself is found under ``base_url``."""
        return f"{base_url}{self.url}" if self.url.startswith("/") else self.url
