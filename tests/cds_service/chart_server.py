"""A small FHIR server that only reads, over real HTTP, and that can be told to misbehave."""

from __future__ import annotations

import json
import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from calls import KEYS, QUERIES

if TYPE_CHECKING:
    from email.message import Message

    from calls import Json

_PATIENCE_S = 20.0


@dataclass
class Reply:
    """What the server says to one query."""

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    after_s: float = 0
    """How long the server thinks first, unless it is closed meanwhile."""
    trickles: bool = False
    """Whether the body comes one byte at a time, for as long as anybody listens."""
    hangs_up: bool = False
    """Whether the server closes the connection without a word."""
    drips: bool = False
    """Whether the headers never end, and come one byte at a time."""


@dataclass
class Heard:
    """What the server was asked."""

    method: str
    path: str
    headers: Message
    port: int
    """The port of the caller, by which connections are told apart."""
    raw: str = ""
    """The path as it was sent."""


class ChartServer(ThreadingHTTPServer):
    """Answers the queries of the prefetch under ``/fhir``, and remembers what it was asked."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, chart: Json | None = None, tls: ssl.SSLContext | None = None) -> None:
        """Serve a chart, given as a prefetch."""
        super().__init__(("127.0.0.1", 0), _Handler)
        self.server_names: list[str] = []
        if tls is not None:
            tls.sni_callback = lambda _socket, name, _context: self.server_names.append(name or "")
            self.socket = tls.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)
        self.replies: dict[str, Reply | Callable[[], Reply]] = {}
        self.heard: list[Heard] = []
        self.closing = threading.Event()
        self.serve(chart or {})
        self._thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self._thread.start()

    @property
    def base(self) -> str:
        """The base address of the FHIR server."""
        return f"http://127.0.0.1:{self.server_port}/fhir"

    def serve(self, chart: Json, **replies: Reply | Callable[[], Reply]) -> None:
        """Forget what was, and serve another chart; replies by key take the place of its lists."""
        self.heard.clear()
        self.replies = {f"/fhir/{QUERIES[key]}": as_json(value) for key, value in chart.items()}
        self.replies |= {f"/fhir/{QUERIES[key]}": reply for key, reply in replies.items()}

    def add(self, path: str, reply: Reply) -> str:
        """Serve something at another path, and give its address."""
        self.replies[path] = reply
        return f"http://127.0.0.1:{self.server_port}{path}"

    @property
    def keys(self) -> list[str]:
        """The prefetch keys that were asked for."""
        paths = [each.path for each in self.heard]
        return [key for key in KEYS for path in paths if path == f"/fhir/{QUERIES[key]}"]

    def handle_error(self, *_: object) -> None:
        """Keep quiet about a client that hangs up in the middle of a handshake."""

    def close(self) -> None:
        """Stop."""
        self.closing.set()
        self.shutdown()
        self.server_close()
        self._thread.join()


def as_json(value: Any, **more: Any) -> Reply:
    """Return a reply that holds a resource."""
    return Reply(json.dumps(value).encode(), headers={"Content-Type": "application/fhir+json"}, **more)


def when_all_ask(count: int, chart: Json) -> dict[str, Callable[[], Reply]]:
    """Return replies by key that come only when so many queries wait for theirs at the same time."""
    everybody = threading.Barrier(count, timeout=_PATIENCE_S)

    def reply(value: Any) -> Reply:
        everybody.wait()
        return as_json(value)

    return {key: partial(reply, value) for key, value in chart.items()}


class _Handler(BaseHTTPRequestHandler):
    server: ChartServer
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *_: object) -> None:
        """Keep quiet."""

    def _answer(self) -> None:
        path = unquote(self.path)
        self.server.heard.append(Heard(self.command, path, self.headers, self.client_address[1], self.path))
        found = self.server.replies.get(path, Reply(status=404))
        reply = found() if callable(found) else found
        self.server.closing.wait(reply.after_s)
        if reply.hangs_up:
            self.close_connection = True
            return
        try:
            self._write(reply)
        except OSError:
            self.close_connection = True

    def _write(self, reply: Reply) -> None:
        if reply.drips:
            self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Drip: ")
            while not self.server.closing.is_set():
                self.wfile.write(b"x")
                time.sleep(0.02)
            return
        self.send_response(reply.status)
        headers = {"Content-Length": str(10**9 if reply.trickles else len(reply.body)), **reply.headers}
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        while reply.trickles and not self.server.closing.is_set():
            self.wfile.write(b" ")
            time.sleep(0.02)
        self.wfile.write(reply.body)
        if int(headers["Content-Length"]) != len(reply.body):
            self.close_connection = True

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = _answer  # noqa: N815 - the names that http.server wants
