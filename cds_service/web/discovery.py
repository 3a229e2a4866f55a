"""``GET /cds-services``: what is on offer, and what each service needs to know."""

from __future__ import annotations

from flask import Blueprint, Response

from cds_service.services import SERVICES
from cds_service.web.answers import decider, json_answer

CDS_HOOKS_VERSION = "3.0.0"
blueprint = Blueprint("discovery", __name__)


@blueprint.get("/cds-services", strict_slashes=False)
def discover() -> Response:
    """List the services."""
    templates = decider().templates
    return json_answer(
        {
            "services": [
                {
                    "hook": service.hook,
                    "title": service.title,
                    "description": service.description,
                    "id": service.id,
                    "prefetch": service.prefetch(templates),
                    "usageRequirements": service.usage,
                    "version": CDS_HOOKS_VERSION,
                    "hookVersion": service.hook_version,
                }
                for service in SERVICES
            ]
        }
    )
