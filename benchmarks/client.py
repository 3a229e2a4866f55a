"""An HTTP client that does next to nothing: one connection, requests written out beforehand, answers barely read."""

from __future__ import annotations

import socket
import time
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Sequence

_ROOM = 1 << 16
_SECONDS = 20.0
_HEAD_END = b"\r\n\r\n"


class AnswerError(RuntimeError):
    """The server answered with something that cannot be measured."""


def post(path: str, body: bytes) -> bytes:
    """Write out a request."""
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {len(body)}"
    return head.encode() + _HEAD_END + body


def get(path: str) -> bytes:
    """Write out a request without a body."""
    return f"GET {path} HTTP/1.1\r\nHost: localhost".encode() + _HEAD_END


class Connection:
    """A connection that stays open."""

    def __init__(self, port: int) -> None:
        """Connect to a server on this machine."""
        self._called = 0
        self._socket = socket.create_connection(("127.0.0.1", port), _SECONDS)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Hang up."""
        self._socket.close()

    def call(self, request: bytes) -> bytes:
        """Send a request and give the body of the answer.

        Raises:
            AnswerError: the status is not 200, or the length of the answer is not told.

        """
        self._socket.sendall(request)
        answer = self._socket.recv(_ROOM)
        while (end := answer.find(_HEAD_END)) < 0:
            answer += self._more(answer)
        head = answer[:end].lower()
        if not head.startswith(b"http/1.1 200"):
            raise AnswerError(answer[:400].decode(errors="replace"))
        _, told, rest = head.partition(b"content-length:")
        if not told:
            raise AnswerError("the answer does not tell its length")
        whole = end + len(_HEAD_END) + int(rest.partition(b"\r\n")[0])
        while len(answer) < whole:
            answer += self._more(answer)
        return answer[end + len(_HEAD_END) :]

    def _more(self, answer: bytes) -> bytes:
        received = self._socket.recv(_ROOM)
        if not received:
            raise AnswerError(f"the server hung up after {len(answer)} bytes")
        return received

    def times(self, requests: Sequence[bytes], count: int) -> tuple[list[float], float]:
        """Call so many times, with one request after the other, going on where the last calls ended.

        Gives the seconds that each call took, and those of processor time that this client spent.
        """
        took = []
        spent = time.thread_time()
        for _ in range(count):
            request = requests[self._called % len(requests)]
            self._called += 1
            began = time.perf_counter()
            self.call(request)
            took.append(time.perf_counter() - began)
        return took, time.thread_time() - spent
