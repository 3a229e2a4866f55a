"""How many calls may wait for a neighbour at once: a slow one must not hold those that need nothing of it."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


class NeighbourBusyError(Exception):
    """As many calls wait for this neighbour as may; one more is to come again in a moment."""


class Neighbour:
    """One server that calls wait for."""

    def __init__(self, at_once: int) -> None:
        """Let so many calls wait for it."""
        self._places = threading.BoundedSemaphore(at_once)

    @contextmanager
    def asked(self) -> Iterator[None]:
        """Ask it something.

        Raises:
            NeighbourBusyError: too many wait for it already.

        """
        if not self._places.acquire(blocking=False):
            raise NeighbourBusyError
        try:
            yield
        finally:
            self._places.release()
