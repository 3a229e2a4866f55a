"""``/health``: whether the process lives, and whether it can answer."""

from __future__ import annotations

from flask import Blueprint, Response

from cds_service import __version__
from cds_service.web.answers import decider, json_answer, store

blueprint = Blueprint("health", __name__, url_prefix="/health")


@blueprint.get("/live")
def live() -> Response:
    """Say that the process answers."""
    return json_answer({"status": "live", "version": __version__})


@blueprint.get("/ready")
def ready() -> Response:
    """Say which knowledge and wording are in force, and whether what is answered can be kept.

    503 while the store is down: cards are still given then, and their record waits in memory.
    """
    current, kept = decider(), store()
    up = kept.is_reachable()
    answer = {
        "status": "ready" if up else "not-ready",
        "knowledge": current.known.version,
        "wording": current.wording.version,
        "configuration": current.versions.configuration_hash,
        "store": {
            "status": "up" if up else "down",
            "recordsWaiting": kept.recorder.waiting,
            "recordsLost": kept.recorder.lost,
        },
    }
    return json_answer(answer, 200 if up else 503)
