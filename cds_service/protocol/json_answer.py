"""JSON over HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Response
from werkzeug.datastructures import Headers

from fhir_mappings.wire.exact_json import encode

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from wsgiref.types import StartResponse, WSGIEnvironment


def json_answer(body: Any, status: int = 200, headers: Sequence[tuple[str, str]] = ()) -> Response:
    """Create a JSON response; ``headers`` are added to those of its content."""
    written = encode(body)
    content = (("Content-Type", "application/json"), ("Content-Length", str(len(written))))
    return _Whole(written, Headers([*headers, *content]), status)


class _Whole(Response):
    """A response that is complete when created, so that nothing is recomputed when it is sent."""

    def __init__(self, written: bytes, headers: Headers, status: int) -> None:
        super().__init__([written], status, headers)
        self._written = written

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] == "HEAD":
            return super().__call__(environ, start_response)
        start_response(self.status, self.headers.to_wsgi_list())
        return [self._written]
