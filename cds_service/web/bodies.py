"""Reads the body of a request: JSON by its content type, plain or gzip, within the size limit."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, NoReturn

from flask import abort
from flask.globals import request_ctx
from werkzeug.exceptions import BadRequest, RequestEntityTooLarge, UnsupportedMediaType

if TYPE_CHECKING:
    from flask import Request

_READ_ON_AT_MOST = 64 << 20
_PIECE = 1 << 20
_GZIP = zlib.MAX_WBITS | 16


class EncodingNotTakenError(UnsupportedMediaType):
    """The body's content encoding is not supported."""

    problem = ("content-encoding-not-taken", "the body may be sent plain or with Content-Encoding gzip, and no other")

    def get_headers(self, *args: object, **more: object) -> list[tuple[str, str]]:
        """Name the supported encoding (RFC 9110, 15.5.16)."""
        return [*super().get_headers(*args, **more), ("Accept-Encoding", "gzip")]  # type: ignore[arg-type]


class NotGzipError(BadRequest):
    """The body does not match its Content-Encoding."""

    problem = ("not-gzip", "the body is not one whole gzip file, as its Content-Encoding says")


class TooLargeError(RequestEntityTooLarge):
    """The body, or what it unpacks to, is over the limit."""

    def __init__(self, limit: int) -> None:
        """Say how many bytes there may be."""
        super().__init__()
        self.problem = ("body-too-large", f"the body is over the limit of {limit} bytes")


class CutOffError(BadRequest):
    """The body is shorter than its Content-Length."""

    problem = ("body-cut-off", "the body is shorter than its Content-Length")


def json_body(limit: int) -> bytes:
    """Read the body: all at once if its length is known, which is several times faster for a large one.

    One of unknown length is checked for exceeding the limit, because it would otherwise be cut off silently. A content
    type other than JSON gets 415, more than ``limit`` bytes 413.
    """
    # The request object itself, because every access through the proxy is slower.
    asked = request_ctx.request
    # Fast path: nearly every client sends exactly this, which needs no parsing.
    kind = asked.environ.get("CONTENT_TYPE")
    if kind != "application/json":
        kind = asked.mimetype
    if kind != "application/json" and not (kind.startswith("application/") and kind.endswith(("+json", "json+fhir"))):
        refuse(415)
    encoding = asked.environ.get("HTTP_CONTENT_ENCODING")
    if encoding is None:
        return _plain(asked, limit)
    encoding = encoding.strip().lower()
    if encoding in ("", "identity"):
        return _plain(asked, limit)
    if encoding not in ("gzip", "x-gzip"):
        _read_to_its_end()
        raise EncodingNotTakenError
    return _unpacked(_plain(asked, limit), limit)


def _plain(asked: Request, limit: int) -> bytes:
    length = asked.content_length
    if length is not None:
        if length > limit:
            _refuse_size(limit)
        body: bytes = asked.environ["wsgi.input"].read(length)
        if len(body) < length:
            # The client stopped early or was cut off; the part that arrived may look like a complete request.
            raise CutOffError
        return body
    asked.max_content_length = limit
    body = asked.get_data(cache=False)
    if len(body) == limit and asked.environ["wsgi.input"].read(1):
        _refuse_size(limit)
    return body


def _unpacked(packed: bytes, limit: int) -> bytes:
    """Decompress a body up to the limit."""
    unpacking = zlib.decompressobj(_GZIP)
    try:
        body = unpacking.decompress(packed, limit + 1)
    except zlib.error:
        raise NotGzipError from None
    if len(body) > limit:
        raise TooLargeError(limit)
    if not unpacking.eof or unpacking.unused_data:
        raise NotGzipError
    return body


def refuse(status: int) -> NoReturn:
    """Return an error, but read the rest of the body first: a client still sending would only see a broken connection.

    A client that keeps sending is cut off eventually. Unauthenticated callers are refused earlier, without this.
    """
    _read_to_its_end()
    abort(status)


def _refuse_size(limit: int) -> NoReturn:
    _read_to_its_end()
    raise TooLargeError(limit)


def _read_to_its_end() -> None:
    asked = request_ctx.request
    left = min(asked.content_length or _READ_ON_AT_MOST, _READ_ON_AT_MOST)
    while left > 0 and (piece := asked.environ["wsgi.input"].read(min(_PIECE, left))):
        left -= len(piece)
