"""``GET /metrics``: the metrics for Prometheus."""

from __future__ import annotations

from flask import Blueprint, Response

from cds_service.telemetry import metrics

blueprint = Blueprint("metrics", __name__)


@blueprint.get("/metrics")
def numbers() -> Response:
    """Return the metrics."""
    text, content_type = metrics.exposition()
    return Response(text, content_type=content_type)
