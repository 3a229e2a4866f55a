"""Lets every token in once: who has read one on its way must not be able to use it again.

Three places to remember tokens: the memory of the process, the database, and Redis. A token is remembered by a hash of
its issuer and id until it has expired, and a while longer, so that neither clocks that differ nor a leeway that is
raised open a gap.
"""

from __future__ import annotations

import hashlib
import heapq
import threading
import time
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

MARGIN_S = 600
"""How long a token is remembered after it has expired; more than the largest leeway."""
_MANY = 1_000_000


class ReplayStoreError(Exception):
    """The store cannot tell whether a token was seen; the message holds no password."""


class ReplayStore(Protocol):
    """Remembers tokens."""

    def is_first(self, token: str, expires: int, issued: float) -> bool:
        """Remember a token until a time (seconds since 1970), and return whether it is new.

        ``issued`` is when it was made: a store that has lost its memory cannot vouch for tokens made before that.

        Of several callers at once, in whatever thread or process, exactly one is told yes.

        Raises:
            ReplayStoreError: the store cannot tell.

        """
        ...

    def check(self) -> None:
        """Make sure that the store can be used.

        Raises:
            ReplayStoreError: it cannot; the message says what to change.

        """
        ...

    def close(self) -> None:
        """Let go of connections."""
        ...


def token_key(issuer: str, token_id: str) -> str:
    """Return the 64 characters by which a token is remembered; ids need only differ within their issuer."""
    text = f"{len(issuer)}:{issuer}{token_id}"
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()


class MemoryReplayStore:
    """Remembers tokens in this process, until it ends."""

    def __init__(self, clock: Callable[[], float] = time.time, many: int = _MANY) -> None:
        """Begin with none; ``many`` is how many there may be."""
        self._clock = clock
        self._many = many
        self._lock = threading.Lock()
        self._seen: set[str] = set()
        self._by_time: list[tuple[int, str]] = []

    def is_first(self, token: str, expires: int, issued: float = 0) -> bool:  # noqa: ARG002 - memory is whole
        """Remember a token; see `ReplayStore`."""
        with self._lock:
            now = self._clock()
            while self._by_time and self._by_time[0][0] <= now:
                self._seen.discard(heapq.heappop(self._by_time)[1])
            if token in self._seen:
                return False
            if len(self._seen) >= self._many:
                raise ReplayStoreError(f"{self._many} tokens that have not expired; use auth.replay_store: redis")
            self._seen.add(token)
            heapq.heappush(self._by_time, (expires, token))
            return True

    def check(self) -> None:
        """Memory is always there."""

    def close(self) -> None:
        """Nothing to let go of."""
