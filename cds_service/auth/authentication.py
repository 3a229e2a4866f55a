"""The authenticator for the configuration in force, and the state that survives a change: used tokens, fetched keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cds_service.auth.key_fetching import FetchedKeys
from cds_service.auth.used_tokens import MemoryReplayStore, ReplayStore, ReplayStoreError
from cds_service.auth.used_tokens_database import DatabaseReplayStore
from cds_service.store.database import DatabaseError, open_engine

if TYPE_CHECKING:
    from cds_service.auth.authenticator import Authenticator
    from cds_service.configuration.settings import Settings


class Authentication:
    """Provides the authenticator, or none if authentication is off."""

    def __init__(self) -> None:
        """Begin without clients."""
        self.current: Authenticator | None = None
        self._replay: ReplayStore | None = None
        self._fetched: dict[str, FetchedKeys] = {}

    def use(self, settings: Settings) -> None:
        """Switch to another configuration; the store of used tokens stays the one chosen at the start.

        Raises:
            ReplayStoreError: the address of the store is not valid; the previous configuration stays in force.

        """
        if settings.auth.mode == "off":
            self.current = None
            return
        # Load the signature code only if callers have to sign.
        from cds_service.auth.authenticator import Authenticator  # noqa: PLC0415

        self._replay = self._replay or open_replay_store(settings)
        self.current = Authenticator(settings.auth, self._replay, self._keys_at)

    def _keys_at(self, url: str) -> FetchedKeys:
        return self._fetched.setdefault(url, FetchedKeys(url))


def store_kind(settings: Settings) -> str:
    """Return which store holds the used tokens. A site with a database server may well run several instances."""
    if settings.auth.replay_store == "auto":
        return "redis" if settings.redis else "memory" if settings.database.startswith("sqlite") else "database"
    return settings.auth.replay_store


def open_replay_store(settings: Settings) -> ReplayStore:
    """Open the store of a configuration, without connecting yet.

    Raises:
        ReplayStoreError: its address is not valid.

    """
    kind = store_kind(settings)
    if kind == "redis":
        from cds_service.auth.used_tokens_redis import RedisReplayStore  # noqa: PLC0415 - for a site that has Redis

        return RedisReplayStore(settings.redis or "")
    if kind == "database":
        try:
            return DatabaseReplayStore(open_engine(settings.database))
        except DatabaseError as error:
            raise ReplayStoreError(str(error)) from None
    return MemoryReplayStore()
