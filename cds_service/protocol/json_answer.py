"""JSON over HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Response

from fhir_mappings.wire.resources import encode

if TYPE_CHECKING:
    from collections.abc import Mapping


def json_answer(body: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Write an answer as JSON."""
    return Response(encode(body), status, headers, content_type="application/json")
