"""``POST /cds-services/{id}``: one request, its cards."""

from __future__ import annotations

import structlog
from flask import Blueprint, Response, abort, request

from cds_service.decide import DataMissing
from cds_service.errors import operation_outcome
from cds_service.services import BY_ID
from cds_service.web.answers import decider, json_answer
from fhir_mappings.hook_request import BadRequest, read_request

blueprint = Blueprint("hooks", __name__)
_log = structlog.get_logger()


@blueprint.post("/cds-services/<service_id>")
def call(service_id: str) -> Response:
    """Answer a hook."""
    service = BY_ID.get(service_id)
    if service is None:
        abort(404)
    kind = request.mimetype
    if kind != "application/json" and not (kind.startswith("application/") and kind.endswith(("+json", "json+fhir"))):
        abort(415)
    current = decider()
    body = _body(current.settings.limits.body_bytes)
    try:
        decision = current.decide(read_request(body, service.hook), coverage=service.coverage)
    except BadRequest as error:
        _log.info("hook_refused", service=service.id, status=400, code=error.code, expression=error.expression)
        where = [error.expression] if error.expression else None
        return json_answer(operation_outcome(error.code, error.message, where, current.settings.base_url), 400)
    except DataMissing as error:
        _log.info("hook_refused", service=service.id, status=412, code="required-data-missing", keys=error.keys)
        message = f"required data is neither in the prefetch nor on a FHIR server that may be read: {error}"
        where = [f"prefetch.{key}" for key in error.keys]
        outcome = operation_outcome("required-data-missing", message, where, current.settings.base_url)
        return json_answer(outcome, 412)
    _log.info(
        "hook_answered",
        service=service.id,
        decision=decision.id,
        cards=[card["source"]["topic"]["code"] for card in decision.cards],
        verdicts=len(decision.verdicts),
        duration_ms=round(decision.duration_s * 1000, 2),
    )
    return json_answer({"cards": decision.cards})


def _body(limit: int) -> bytes:
    """Read the body: in one go where its length is known, which is several times faster for a large one.

    One of unknown length that goes on after the limit would otherwise be cut off there without notice.
    """
    length = request.content_length
    if length is not None:
        if length > limit:
            abort(413)
        body: bytes = request.environ["wsgi.input"].read(length)
        return body
    request.max_content_length = limit
    body = request.get_data(cache=False)
    if len(body) == limit and request.environ["wsgi.input"].read(1):
        abort(413)
    return body
