"""Connections to PostgreSQL that do not wait for a frozen server.

If a server is suspended, or its disk hangs, its kernel still acknowledges packets: neither the server's statement
timeout nor the TCP timeout ends the wait. So each statement also has a deadline here.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, TypeVar

import psycopg

if TYPE_CHECKING:
    from collections.abc import Generator

T = TypeVar("T")
LONGEST_S = 2.5
"""Slightly more than the server's own timeout, whose message is more informative."""


class BoundedConnection(psycopg.Connection[Any]):
    """A connection that gives up, and closes itself, when an answer takes longer than ``longest_s``."""

    longest_s: float | None = LONGEST_S

    def wait(self, gen: Generator[Any, Any, T], *args: Any, **named: Any) -> T:
        """Wait for the server.

        Raises:
            OperationalError: it did not answer in time.

        """
        longest = self.longest_s
        return super().wait(gen if longest is None else self._until(gen, time.monotonic() + longest), *args, **named)

    def _until(self, gen: Generator[Any, Any, T], deadline: float) -> Generator[Any, Any, T]:
        try:
            wanted = next(gen)
            while True:
                # Nothing is ready yet: psycopg wakes up now and then so that it can be interrupted.
                ready = yield wanted
                if not ready and time.monotonic() > deadline:
                    self.close()
                    raise psycopg.OperationalError("the server has not answered in time")
                wanted = gen.send(ready)
        except StopIteration as end:
            found: T = end.value
            return found
