"""Cuts off clients that stop in the middle of a body, so that they do not use up the service's threads.

The answering thread reads the body, and the server has no timeout for that. So the time is measured here, and a watcher
shuts down the connections of requests that have taken too long. The application does not know a request's connection,
but the kernel knows when each last received and sent, which identifies it (Linux only). The more bodies are pending,
the less time they get.
"""

from __future__ import annotations

import os
import socket
import struct
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import structlog

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

SLOW_S = 1.0
"""A body that takes longer is slow; nearly all arrive with the request."""
CROWD = 32
"""With this many slow bodies at once, each gets little more time than an answer may take."""
MOST = 160
"""With this many pending bodies, slow or not, a request with a body is refused, so that threads are left for others."""
_LOOK_S = 0.25
_TIMES, _BYTES = struct.Struct("=4I"), struct.Struct("=2Q")
_TIMES_AT, _BYTES_AT = 44, 120
_log = structlog.get_logger()


class Bodies:
    """The bodies that this process is reading."""

    def __init__(self) -> None:
        """Start with none."""
        self._reading: dict[int, float] = {}
        self.port = ""
        """The port of the service."""

    def slow(self, now: float) -> list[float]:
        """Return how long each slow body has been pending."""
        return [now - began for began in list(self._reading.values()) if now - began > SLOW_S]

    @property
    def is_full(self) -> bool:
        """Whether there is no room for another body."""
        return len(self._reading) >= MOST

    def of(self, environ: dict[str, Any]) -> Body:
        """Wrap the body of a request with timing."""
        self.port = environ["SERVER_PORT"]
        return Body(environ["wsgi.input"], self)

    def reading(self, body: Body, began: float) -> None:
        """Note that a body is being read."""
        self._reading[id(body)] = began

    def done(self, body: Body) -> None:
        """Note that it is not being read now."""
        self._reading.pop(id(body), None)


class Body:
    """The body of one request, as provided by WSGI."""

    def __init__(self, stream: Any, bodies: Bodies) -> None:
        """Keep the body and the registry of bodies."""
        self._stream = stream
        self._bodies = bodies
        self._began: float | None = None

    def _timed(self, read: Callable[..., Any], *size: int) -> Any:
        self._began = self._began or time.monotonic()
        self._bodies.reading(self, self._began)
        try:
            return read(*size)
        finally:
            self._bodies.done(self)

    def read(self, *size: int) -> bytes:
        """Read a number of bytes; fewer if the client stops early."""
        found: bytes = self._timed(self._stream.read, *size)
        return found

    def readline(self, *size: int) -> bytes:
        """Read a line."""
        found: bytes = self._timed(self._stream.readline, *size)
        return found

    def readlines(self, *hint: int) -> list[bytes]:
        """Read the lines."""
        found: list[bytes] = self._timed(self._stream.readlines, *hint)
        return found

    def __iter__(self) -> Iterator[bytes]:
        """Read line by line."""
        while line := self.readline():
            yield line


class Seen(NamedTuple):
    """The kernel's data on a connection.

    ``waits``: its client has sent something and has no answer yet; ``quiet_s``: for how long it has sent nothing;
    ``got``: how many bytes of answers it has received, which distinguishes one request from the next.
    """

    peer: tuple[Any, ...]
    waits: bool
    quiet_s: float
    got: int


class Watcher:
    """Shuts down connections whose requests have taken too long, while bodies are pending."""

    def __init__(self, bodies: Bodies, patience_s: Callable[[], float], answer_s: Callable[[], float]) -> None:
        """Keep the time limits for a body, and for an answer after the body."""
        self._bodies = bodies
        self._patience_s = patience_s
        self._answer_s = answer_s
        self._since: dict[tuple[Any, ...], float] = {}

    def start(self) -> None:
        """Watch until the process ends."""
        threading.Thread(target=self._watch, name="slow-bodies", daemon=True).start()

    def _watch(self) -> None:
        while True:
            time.sleep(_LOOK_S)
            try:
                self.look()
            except Exception as error:  # noqa: BLE001 - the next look may go better, and nobody else looks
                _log.error("slow_bodies_not_looked_at", reason=type(error).__name__)

    def look(self) -> int:
        """Check once, and return how many connections were shut down."""
        now = time.monotonic()
        slow = self._bodies.slow(now)
        if not slow:
            self._since.clear()
            return 0
        body_s = SLOW_S if len(slow) >= CROWD else self._patience_s()
        limit = body_s + self._answer_s()
        # A client that stops after "100 Continue" looks like an idle one, so idle ones are shut down last.
        idle_too = max(slow) > 2 * limit
        cut, waiting = 0, {}
        for connection, seen in _connections(int(self._bodies.port)):
            if seen.waits:
                request = (*seen.peer, seen.got)
                since = waiting[request] = self._since.get(request, now - seen.quiet_s)
                if now - since > limit:
                    cut += _shut(connection)
            elif idle_too and seen.quiet_s > limit:
                cut += _shut(connection)
            connection.close()
        self._since = waiting
        if cut:
            _log.warning("slow_bodies_cut_off", connections=cut, waited_for=len(slow))
        return cut


def _shut(connection: socket.socket) -> bool:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        return False
    return True


def _connections(port: int) -> Iterable[tuple[socket.socket, Seen]]:
    """List the connections to this process's port; the caller must close each."""
    for each in Path("/dev/fd").iterdir():
        try:
            copy = os.dup(int(each.name))
        except OSError:
            continue
        try:
            connection = socket.socket(fileno=copy)
        except OSError:
            os.close(copy)
            continue
        seen = _seen(connection, port)
        if seen is None:
            connection.close()
        else:
            yield connection, seen


def _seen(connection: socket.socket, port: int) -> Seen | None:
    try:
        if connection.type is not socket.SOCK_STREAM or connection.getsockname()[1] != port:
            return None
        peer = tuple(connection.getpeername()[:2])
        told = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 256)
        sent_ms, _, received_ms, _ = _TIMES.unpack_from(told, _TIMES_AT)
        acknowledged, received = _BYTES.unpack_from(told, _BYTES_AT)
    except (OSError, AttributeError, IndexError, struct.error):
        return None
    # The last packet came from the client, and nothing has been sent since.
    waits = received > 0 and (received_ms < sent_ms or acknowledged == 0)
    return Seen(peer, waits, received_ms / 1000, acknowledged)
