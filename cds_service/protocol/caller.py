"""The caller of a service."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Caller:
    """The client identified by a verified token."""

    issuer: str
    tenant: str | None = None


@dataclass(frozen=True, slots=True)
class Circumstances:
    """The user and the kind of encounter; empty if not known.

    ``user`` is a reference; ``roles`` and ``encounter_class`` are codes, "system|code" or text, in lower case.
    """

    user: str = ""
    roles: frozenset[str] = frozenset()
    encounter_class: frozenset[str] = frozenset()


UNKNOWN = Circumstances()
