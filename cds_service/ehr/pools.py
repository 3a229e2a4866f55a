"""Connection pools of urllib3 whose connections report each request, and may connect in a way of their own."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

Connection = HTTPConnection | HTTPSConnection


Connect = Callable[[Connection, Callable[[], socket.socket]], socket.socket]
"""Opens the socket of a connection; the second argument is what urllib3 would do."""


def pool_classes(in_use: Callable[[Connection], None], connect: Connect) -> dict[str, Any]:
    """Create the pool classes by scheme; ``in_use`` is called before each request."""

    class Plain(HTTPConnection):
        def _new_conn(self) -> socket.socket:
            return connect(self, super()._new_conn)

        def request(self, *args: Any, **more: Any) -> None:
            in_use(self)
            super().request(*args, **more)

    class Secure(HTTPSConnection):
        def _new_conn(self) -> socket.socket:
            return connect(self, super()._new_conn)

        def request(self, *args: Any, **more: Any) -> None:
            in_use(self)
            super().request(*args, **more)

    class PlainPool(HTTPConnectionPool):
        ConnectionCls = Plain

    class SecurePool(HTTPSConnectionPool):
        ConnectionCls = Secure

    return {"http": PlainPool, "https": SecurePool}
