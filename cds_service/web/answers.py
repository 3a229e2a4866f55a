"""JSON answers, and the configuration that the current request is answered by."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Response, current_app

from fhir_mappings.wire import encode

if TYPE_CHECKING:
    from cds_service.auth.authentication import Authentication
    from cds_service.configuration import Configuration
    from cds_service.decide import Decider


def json_answer(body: Any, status: int = 200) -> Response:
    """Write an answer as JSON."""
    return Response(encode(body), status, content_type="application/json")


def decider() -> Decider:
    """Give the decider of the configuration in force."""
    configuration: Configuration = current_app.extensions["her2_cds"]
    return configuration.current()


def authentication() -> Authentication:
    """Give what tells who calls, by the configuration in force."""
    configuration: Configuration = current_app.extensions["her2_cds"]
    return configuration.authentication
