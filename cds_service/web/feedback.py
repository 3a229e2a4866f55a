"""``POST /cds-services/{id}/feedback``: responses to cards; 200 once every entry is durably stored."""

from __future__ import annotations

import msgspec
import structlog
from flask import Blueprint, Response
from sqlalchemy.exc import SQLAlchemyError

from cds_service.protocol.feedback import BadEntry, read_feedback
from cds_service.protocol.json_answer import json_answer
from cds_service.protocol.operation_outcome import operation_outcome, operation_outcomes
from cds_service.protocol.services import BY_ID, SHARED_ID
from cds_service.store import feedback as kept
from cds_service.telemetry import metrics
from cds_service.web.answers import admission, caller, in_force, store
from cds_service.web.bodies import json_body, refuse
from fhir_mappings.wire.depth import is_too_deep
from fhir_mappings.wire.json_place import json_problem

blueprint = Blueprint("feedback", __name__)
_RETRY_AFTER_S = "30"
_log = structlog.get_logger()


@blueprint.post("/cds-services/<service_id>/feedback")
def take(service_id: str) -> Response:
    """Store feedback. Invalid entries are reported; the others are still stored."""
    now = in_force()
    if service_id not in BY_ID and not (service_id == SHARED_ID and now.of(caller(), None).same_ids):
        refuse(404)
    settings = now.decider.settings
    raw = json_body(settings.limits.body_bytes)
    try:
        good, bad = read_feedback(_decoded(raw))
    except BadEntry as error:
        good, bad = [], [error]
    added = 0
    if good:
        try:
            with admission().slot():
                added = kept.keep(store().engine, service_id, caller(), good, now.clock())
        except SQLAlchemyError as error:
            _log.error(
                "feedback_not_stored", service=service_id, status=503, reason=type(error).__name__, entries=len(good)
            )
            message = "feedback cannot be stored just now; send it again"
            answer = json_answer(operation_outcome("store-unavailable", message, base_url=settings.base_url), 503)
            answer.headers["Retry-After"] = _RETRY_AFTER_S
            return answer
    outcomes = [*(entry.outcome for entry in good), *("refused" for _ in bad)]
    metrics.feedback_received(now.clients.of(caller()), service_id, outcomes)
    status = 400 if bad else 200
    _log.info("feedback_taken", service=service_id, status=status, entries=len(good), new=added, refused=len(bad))
    if bad:
        problems = [(error.code, error.message, [error.expression] if error.expression else None) for error in bad]
        return json_answer(operation_outcomes(problems, settings.base_url), 400)
    return json_answer({})


def _decoded(raw: bytes) -> object:
    if is_too_deep(raw):
        raise BadEntry("not-json", "the body is nested too deeply to be read", "")
    try:
        return msgspec.json.decode(raw)
    except (msgspec.DecodeError, ValueError):
        raise BadEntry("not-json", json_problem(raw), "") from None
