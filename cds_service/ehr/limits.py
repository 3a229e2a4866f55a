"""Limits on reading from FHIR servers: which servers, for how long, and by how many calls at once.

A slow server must not delay calls that do not need it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

OnFetched = Callable[[int, int, float], None]
"""Called with how many reads of one call were answered, how many failed, and how long the call waited, in seconds."""
Aside = Callable[[], AbstractContextManager[None]]
"""Returns a context manager inside which a call waits for a FHIR server."""


class FhirLimits(NamedTuple):
    """Which servers may be read, for how long and how much."""

    allowed_servers: tuple[str, ...]
    loopback_only: bool
    timeout_s: float
    body_bytes: int
    ca_bundle: Path | None = None


class ServerBusyError(Exception):
    """The limit on calls waiting for this server is reached; the caller should retry shortly."""


class CallLimit:
    """A server that calls wait for."""

    def __init__(self, at_once: int) -> None:
        """Allow ``at_once`` calls to wait for it."""
        self._places = threading.BoundedSemaphore(at_once)

    @contextmanager
    def asked(self) -> Iterator[None]:
        """Count the caller as waiting for the server while the block runs.

        Raises:
            ServerBusyError: too many wait for it already.

        """
        if not self._places.acquire(blocking=False):
            raise ServerBusyError
        try:
            yield
        finally:
            self._places.release()
