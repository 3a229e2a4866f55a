"""Exchanges with other servers that end at a deadline, however slowly they send.

A socket timeout applies to each read: a server that sends a byte now and then could hold a thread forever, even during
the headers. Here the connection is shut down at the deadline.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from requests.adapters import HTTPAdapter

from cds_service.ehr.connections import Exchange
from cds_service.ehr.pools import pool_classes

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

    import requests

    from cds_service.ehr.pools import Connection


class DeadlineAdapter(HTTPAdapter):
    """A requests adapter for a session that one thread uses for one exchange at a time."""

    def __init__(self, seconds: float) -> None:
        """Limit each exchange, from the first packet to the last byte of its body, to this many seconds."""
        self._seconds = seconds
        self._exchange = Exchange()
        self._timer: threading.Timer | None = None
        super().__init__()

    def init_poolmanager(self, *args: Any, **more: Any) -> None:
        """Create the pools, whose connections report when they are used."""
        super().init_poolmanager(*args, **more)
        self.poolmanager.pool_classes_by_scheme = pool_classes(self._in_use, self._connect)

    def send(self, request: requests.PreparedRequest, *args: Any, **more: Any) -> requests.Response:
        """Send a request; its deadline applies until the next request, or until the session is closed."""
        self._end()
        self._exchange = Exchange()
        self._timer = threading.Timer(self._seconds, self._exchange.give_up)
        self._timer.daemon = True
        self._timer.start()
        try:
            return super().send(request, *args, **more)
        except BaseException:
            self._end()
            raise

    def close(self) -> None:
        """Close the connections."""
        self._end()
        super().close()

    def _in_use(self, connection: Connection) -> None:
        self._exchange.use(connection)

    def _connect(self, connection: Connection, default: Callable[[], socket.socket]) -> socket.socket:
        self._in_use(connection)
        return default()

    def _end(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._exchange.end()


def bound(session: requests.Session, seconds: float) -> None:
    """Give every exchange of a session a deadline."""
    session.mount("https://", DeadlineAdapter(seconds))
    session.mount("http://", DeadlineAdapter(seconds))
