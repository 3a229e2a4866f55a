"""``GET /decisions/{id}``: why a card fired, for the operator."""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING

from flask import Blueprint, Response, abort, request
from sqlalchemy.exc import SQLAlchemyError

from cds_service.audit.explain import explain
from cds_service.protocol.json_answer import json_answer
from cds_service.web.answers import decider, store
from cds_service.web.loopback import is_on_this_machine

if TYPE_CHECKING:
    from cds_service.configuration.settings import Settings

blueprint = Blueprint("operator", __name__)


@blueprint.get("/decisions/<identifier>")
def decision(identifier: str) -> Response:
    """Explain a decision by its own id or by the id of one of its cards.

    Without the operator's token the address does not exist.
    """
    if not _is_operator(decider().settings):
        abort(404)
    try:
        found = explain(store().engine, identifier)
    except SQLAlchemyError:
        abort(503)
    if found is None:
        abort(404)
    answer = json_answer(found)
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _is_operator(settings: Settings) -> bool:
    """Return whether the operator's token came along; without one set, a caller on this machine is the operator."""
    token = settings.operator.token
    if token is not None:
        kind, _, given = request.headers.get("Authorization", "").partition(" ")
        return kind.lower() == "bearer" and hmac.compare_digest(given.encode(), token.get_secret_value().encode())
    return settings.auth.mode == "off" and is_on_this_machine()
