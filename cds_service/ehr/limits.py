"""How many calls may wait for a neighbour at once: a slow one must not hold up calls that do not need it."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


class NeighbourBusyError(Exception):
    """The limit of calls waiting for this server is reached; the caller should retry shortly."""


class Neighbour:
    """One server that calls wait for."""

    def __init__(self, at_once: int) -> None:
        """Allow ``at_once`` calls to wait for it."""
        self._places = threading.BoundedSemaphore(at_once)

    @contextmanager
    def asked(self) -> Iterator[None]:
        """Count the caller as waiting for the server while the block runs.

        Raises:
            NeighbourBusyError: too many wait for it already.

        """
        if not self._places.acquire(blocking=False):
            raise NeighbourBusyError
        try:
            yield
        finally:
            self._places.release()
