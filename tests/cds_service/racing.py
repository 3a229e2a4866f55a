"""A process that hurries to use tokens: in a module of its own, so that it loads the store alone and not the tests."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from threading import Barrier

    from cds_service.auth.used_tokens import ReplayStore

_PATIENCE_S = 60
_others: list[Barrier] = []


def begin(others: Barrier) -> None:
    """Keep what the processes wait for each other at."""
    _others.append(others)


def use_tokens(kind: str, url: str, tokens: list[str]) -> list[bool]:
    """Open the store, wait for the others, and tell which of the tokens nobody had used before."""
    store: ReplayStore
    if kind == "redis":
        from cds_service.auth.used_tokens_redis import RedisReplayStore  # noqa: PLC0415

        store = RedisReplayStore(url)
    else:
        from cds_service.auth.used_tokens_database import DatabaseReplayStore  # noqa: PLC0415
        from cds_service.store.database import open_engine  # noqa: PLC0415

        store = DatabaseReplayStore(open_engine(url))
    # Nobody goes on before all are here, so each is in a process of its own.
    _others[0].wait(_PATIENCE_S)
    used = [store.is_first(token, int(time.time()) + 3600, time.time()) for token in tokens]
    store.close()
    return used
