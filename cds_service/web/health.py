"""``/health``: whether the process is alive, and whether it is ready."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response

from cds_service import __version__
from cds_service.policies.publication import Standing
from cds_service.protocol.json_answer import json_answer
from cds_service.web.answers import configuration, decider, publication, store

blueprint = Blueprint("health", __name__, url_prefix="/health")


@blueprint.get("/live")
def live() -> Response:
    """Say that the process answers."""
    return json_answer({"status": "live", "version": __version__})


@blueprint.get("/ready")
def ready() -> Response:
    """Return the knowledge and wording in force, and whether decisions can be recorded.

    503 while the store is down: cards are still shown then, and their records wait. Also 503 until the store has been
    asked once which policy is published, because the configuration files alone may not be what the site has decided.
    """
    current, kept, following = decider(), store(), publication()
    up = kept.is_reachable()
    is_told = following is None or following.standing is not Standing.NOT_ASKED
    answer: dict[str, Any] = {
        "status": "ready" if up and is_told else "not-ready",
        "knowledge": current.known.version,
        "wording": current.wording.version,
        "configuration": current.versions.configuration_hash,
        "store": {
            "status": "up" if up else "down",
            "recordsWaiting": kept.recorder.waiting,
            "recordsLost": kept.recorder.lost,
        },
    }
    if configuration().is_refused:
        answer["configurationRefused"] = True
    if following is not None:
        named = {"version": following.version, "trial": following.trial}
        told = {name: number for name, number in named.items() if number is not None}
        answer["policy"] = {"status": following.standing, **told}
        if stops := following.stops.here:
            answer["stopped"] = [{"topic": stop.topic, "since": stop.at.isoformat()} for stop in stops]
        if following.stops.is_refused:
            answer["stopsRefused"] = True
    return json_answer(answer, 200 if up and is_told else 503)
