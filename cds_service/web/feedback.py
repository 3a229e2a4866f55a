"""``POST /cds-services/{id}/feedback``: what became of the cards; this version does not keep it yet."""

from __future__ import annotations

from typing import NoReturn

from flask import Blueprint, abort

blueprint = Blueprint("feedback", __name__)


@blueprint.post("/cds-services/<service_id>/feedback")
def take(service_id: str) -> NoReturn:  # noqa: ARG001 - no service takes feedback yet
    """Say that there is nothing here; the address exists so that a browser's preflight is answered."""
    abort(404)
