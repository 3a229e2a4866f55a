"""Remembers tokens in Redis: for several machines.

A Redis server that restarts without its data, or is flushed, has lost every token. A marker next to the tokens says
since when it has been keeping them: if the marker is gone, so are the tokens, and tokens issued before a new marker are
refused. Each process also remembers the tokens that it accepted itself.
"""

from __future__ import annotations

import math
import secrets
import time
from typing import TYPE_CHECKING

import redis
import structlog
from redis.backoff import NoBackoff
from redis.retry import Retry

from cds_service.auth.used_tokens import MemoryReplayStore, ReplayStoreError

if TYPE_CHECKING:
    from collections.abc import Callable

_PREFIX = "her2-cds:seen-token:"
_SINCE = "her2-cds:seen-tokens-since"
_WAIT_S = 0.5
_JUST_STARTED_S = 60
_OWN_TOKENS = 200_000
_MADE_BEFORE_THE_START_S = 300
_log = structlog.get_logger()


class RedisReplayStore:
    """Remembers tokens as keys that Redis expires by itself."""

    def __init__(self, url: str, clock: Callable[[], float] = time.time) -> None:
        """Take the address; the connection is opened for the first token.

        Raises:
            ReplayStoreError: it is not the address of a Redis server.

        """
        self._clock = clock
        self._seen_whole: float | None = None
        self._own = MemoryReplayStore(clock, _OWN_TOKENS)
        try:
            self._redis: redis.Redis = redis.Redis.from_url(
                url,
                socket_timeout=_WAIT_S,
                socket_connect_timeout=_WAIT_S,
                # A stale connection fails at once; the retry opens a new one.
                retry=Retry(NoBackoff(), 1),
            )
        except (ValueError, TypeError):
            raise ReplayStoreError("redis: not the address of a Redis server; write redis://host:6379/0") from None

    def is_first(self, token: str, expires: int, issued: float) -> bool:
        """Remember a token; see `ReplayStore`."""
        name, seconds = f"{_PREFIX}{token}", max(1, expires - int(self._clock()))
        mine = secrets.token_bytes(16)
        try:
            # One transaction, so that no restart can happen between the marker and the token.
            both = self._redis.pipeline(transaction=True)
            both.get(_SINCE)
            both.set(name, mine, nx=True, ex=seconds)
            since, is_new = both.execute()
            # If the answer to the first attempt was lost, the retry finds the token that the first one wrote.
            if not is_new and self._redis.get(name) != mine:
                return False
            remembers_since = self._kept_since() if since is None else float(since)
            self._seen_whole = self._clock()
        except (redis.RedisError, ValueError) as error:
            raise ReplayStoreError(f"redis: {type(error).__name__}") from None
        if not self._is_first_in_process(token, expires):
            return False
        if issued < remembers_since:
            raise ReplayStoreError("redis: it has lost its memory, and this token is older than that")
        return True

    def _is_first_in_process(self, token: str, expires: int) -> bool:
        """Return whether this process has not accepted the token before; it forgets tokens beyond its capacity."""
        try:
            return self._own.is_first(token, expires)
        except ReplayStoreError:
            return True

    def _kept_since(self) -> float:
        """Record since when the server has kept tokens: its own start, if that lost them, or now."""
        now = self._clock()
        started = math.floor(now - float(self._redis.info("server")["uptime_in_seconds"]))
        has_restarted = now - started <= _JUST_STARTED_S and (
            self._seen_whole is None or self._seen_whole <= started + 1
        )
        since = started if has_restarted else math.ceil(now)
        self._redis.set(_SINCE, since, nx=True)
        _log.warning("seen_tokens_lost", meaning="Redis has forgotten the used tokens; older ones are not let in")
        return float(self._redis.get(_SINCE) or since)

    def check(self) -> None:
        """Check that the server answers, and start remembering; see `ReplayStore`."""
        try:
            # At startup, freshly issued tokens are fine: none has been used here yet.
            self._redis.set(_SINCE, math.floor(self._clock()) - _MADE_BEFORE_THE_START_S, nx=True)
        except redis.RedisError as error:
            raise ReplayStoreError(
                f"redis: the server cannot be used ({type(error).__name__}); is it running, and is the address right?"
            ) from None

    def close(self) -> None:
        """Close the connections."""
        self._redis.close()
