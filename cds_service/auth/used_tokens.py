"""Accepts every token only once, so that an intercepted token cannot be used again.

Used tokens are stored in the memory of the process, in the database, or in Redis. A token is stored by a hash of its
issuer and id until some time after it has expired, so that neither clock differences nor a raised leeway open a gap.
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
    """The store cannot tell whether a token was used before; the message contains no password."""


class ReplayStore(Protocol):
    """Remembers tokens."""

    def is_first(self, token: str, expires: int, issued: float) -> bool:
        """Remember a token until a time (seconds since 1970), and return whether it is new.

        ``issued`` is when it was made: a store that has lost its data cannot vouch for tokens made before that.

        Of several simultaneous calls, in any thread or process, exactly one gets True.

        Raises:
            ReplayStoreError: the store cannot tell.

        """
        ...

    def check(self) -> None:
        """Check that the store works.

        Raises:
            ReplayStoreError: it does not; the message says what to change.

        """
        ...

    def close(self) -> None:
        """Close the connections."""
        ...


def token_key(issuer: str, token_id: str) -> str:
    """Return the 64-character key under which a token is stored; token ids are unique only per issuer."""
    text = f"{len(issuer)}:{issuer}{token_id}"
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()


class MemoryReplayStore:
    """Remembers tokens in this process, until it ends."""

    def __init__(self, clock: Callable[[], float] = time.time, many: int = _MANY) -> None:
        """Start empty; ``many`` is the maximum number of tokens."""
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
        """Memory always works."""

    def close(self) -> None:
        """There is nothing to close."""
