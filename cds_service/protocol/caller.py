"""Who calls."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Caller:
    """The client that a verified token speaks for."""

    issuer: str
    tenant: str | None = None


@dataclass(frozen=True, slots=True)
class Circumstances:
    """Who asks, and in what kind of encounter; whatever is not known is empty.

    ``user`` is a reference; ``roles`` and ``encounter_class`` are codes, "system|code" and words, in lower case.
    """

    user: str = ""
    roles: frozenset[str] = frozenset()
    encounter_class: frozenset[str] = frozenset()


UNKNOWN = Circumstances()
