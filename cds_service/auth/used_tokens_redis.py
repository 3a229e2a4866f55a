"""Remembers tokens in Redis: for several machines."""

from __future__ import annotations

import secrets
import time
from typing import TYPE_CHECKING

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from cds_service.auth.used_tokens import ReplayStoreError

if TYPE_CHECKING:
    from collections.abc import Callable

_PREFIX = "her2-cds:seen-token:"
_WAIT_S = 0.5


class RedisReplayStore:
    """Remembers tokens as keys that Redis itself forgets in time."""

    def __init__(self, url: str, clock: Callable[[], float] = time.time) -> None:
        """Know the address; the first token connects.

        Raises:
            ReplayStoreError: it is no address of a Redis server.

        """
        self._clock = clock
        try:
            self._redis: redis.Redis = redis.Redis.from_url(
                url,
                socket_timeout=_WAIT_S,
                socket_connect_timeout=_WAIT_S,
                # A connection that has gone stale fails once and at once; the second attempt opens a new one.
                retry=Retry(NoBackoff(), 1),
            )
        except (ValueError, TypeError):
            raise ReplayStoreError("redis: no address of a Redis server; write redis://host:6379/0") from None

    def is_first(self, token: str, expires: int) -> bool:
        """Remember a token; see `ReplayStore`."""
        name, seconds = f"{_PREFIX}{token}", max(1, expires - int(self._clock()))
        mine = secrets.token_bytes(16)
        try:
            if self._redis.set(name, mine, nx=True, ex=seconds):
                return True
            # Where the answer to a first attempt was lost, the second one meets what the first has written.
            return self._redis.get(name) == mine
        except redis.RedisError as error:
            raise ReplayStoreError(f"redis: {type(error).__name__}") from None

    def check(self) -> None:
        """Ask whether it is there; see `ReplayStore`."""
        try:
            self._redis.ping()
        except redis.RedisError as error:
            raise ReplayStoreError(
                f"redis: the server cannot be used ({type(error).__name__}); is it running, and is the address right?"
            ) from None

    def close(self) -> None:
        """Close the connections."""
        self._redis.close()
