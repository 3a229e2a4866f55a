"""The body of a request: JSON by its content type, and within the limit."""

from __future__ import annotations

from typing import NoReturn

from flask import abort
from flask.globals import request_ctx

_READ_ON_AT_MOST = 64 << 20
_PIECE = 1 << 20


def json_body(limit: int) -> bytes:
    """Read the body: in one go where its length is known, which is several times faster for a large one.

    One of unknown length that goes on after the limit would otherwise be cut off there without notice. Anything that
    is not JSON by its content type is answered with 415, anything over ``limit`` bytes with 413.
    """
    # The request itself: each look through the proxy takes three steps.
    asked = request_ctx.request
    # Written in just these letters, as by nearly every client, it need not be taken apart.
    kind = asked.environ.get("CONTENT_TYPE")
    if kind != "application/json":
        kind = asked.mimetype
    if kind != "application/json" and not (kind.startswith("application/") and kind.endswith(("+json", "json+fhir"))):
        refuse(415)
    length = asked.content_length
    if length is not None:
        if length > limit:
            refuse(413)
        body: bytes = asked.environ["wsgi.input"].read(length)
        if len(body) < length:
            # The client stopped before the end, or was cut off; what came may look like a whole request.
            abort(400)
        return body
    asked.max_content_length = limit
    body = asked.get_data(cache=False)
    if len(body) == limit and asked.environ["wsgi.input"].read(1):
        refuse(413)
    return body


def refuse(status: int) -> NoReturn:
    """Answer with an error, but let the caller finish its body first: one still sending sees its connection break.

    It would never hear why. One that goes on and on is cut off all the same. Who is not let in is not waited for:
    authentication comes before.
    """
    asked = request_ctx.request
    left = min(asked.content_length or _READ_ON_AT_MOST, _READ_ON_AT_MOST)
    while left > 0 and (piece := asked.environ["wsgi.input"].read(min(_PIECE, left))):
        left -= len(piece)
    abort(status)
