"""Who calls."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Caller:
    """The client that a verified token speaks for."""

    issuer: str
    tenant: str | None = None
