"""A receiver of OTLP over HTTP, as a collector has it: it keeps the spans that are sent to it."""

from __future__ import annotations

import gzip
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

if TYPE_CHECKING:
    from collections.abc import Callable

_PATIENCE_S = 30


class SpanReceiver:
    """Listens on a free port of this machine until it is closed."""

    def __init__(self) -> None:
        """Begin."""
        self.raw = b""
        self.resource: dict[str, Any] = {}
        self.spans: list[Any] = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                body = gzip.decompress(body) if self.headers.get("Content-Encoding") == "gzip" else body
                assert (self.path, self.headers["Content-Type"]) == ("/v1/traces", "application/x-protobuf")
                receiver.take(body)
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def take(self, body: bytes) -> None:
        """Keep what a message holds."""
        self.raw += body
        for each in ExportTraceServiceRequest.FromString(body).resource_spans:
            self.resource = attributes(each.resource)
            self.spans += [span for scope in each.scope_spans for span in scope.spans]

    def trace(self, trace_id: str, least: int) -> list[Any]:
        """Wait for the spans of a trace."""
        return self._once(trace_id, lambda found: len(found) >= least)

    def answer_of(self, trace_id: str) -> Any:
        """Wait for the span of the answer: it ends last, and may come in a batch of its own."""
        return self._once(trace_id, lambda found: any(map(is_answer, found)))[-1]

    def _once(self, trace_id: str, is_enough: Callable[[list[Any]], bool]) -> list[Any]:
        deadline = time.monotonic() + _PATIENCE_S
        while True:
            found = sorted((span for span in self.spans if span.trace_id.hex() == trace_id), key=is_answer)
            if is_enough(found):
                return found
            assert time.monotonic() < deadline, [span.name for span in self.spans]
            time.sleep(0.05)

    def close(self) -> None:
        """End."""
        self._server.shutdown()
        self._server.server_close()


def is_answer(span: Any) -> bool:
    """Return whether a span is that of a whole answer."""
    return "http.response.status_code" in attributes(span)


def attributes(holder: Any) -> dict[str, Any]:
    """Return the attributes of a span or a resource by their keys."""
    return {each.key: _value(each.value) for each in holder.attributes}


def _value(value: Any) -> Any:
    kind = value.WhichOneof("value")
    return [_value(each) for each in value.array_value.values] if kind == "array_value" else getattr(value, kind)
