"""``/health``: whether the process lives, and whether it can answer."""

from __future__ import annotations

from flask import Blueprint, Response

from cds_service import __version__
from cds_service.web.answers import decider, json_answer

blueprint = Blueprint("health", __name__, url_prefix="/health")


@blueprint.get("/live")
def live() -> Response:
    """Say that the process answers."""
    return json_answer({"status": "live", "version": __version__})


@blueprint.get("/ready")
def ready() -> Response:
    """Say which knowledge and wording are in force; the service is ready once they are loaded."""
    current = decider()
    return json_answer({"status": "ready", "knowledge": current.known.version, "wording": current.wording.version})
