"""``GET /cds-services``: what is on offer, and what each service needs to know."""

from __future__ import annotations

from flask import Blueprint, Response

from cds_service.protocol.json_answer import json_answer
from cds_service.protocol.services import SERVICES, SHARED, SHARED_ID
from cds_service.web.answers import caller, in_force

CDS_HOOKS_VERSION = "3.0.0"
blueprint = Blueprint("discovery", __name__)


@blueprint.get("/cds-services", strict_slashes=False)
def discover() -> Response:
    """List the services."""
    now = in_force().of(caller(), None)
    templates = now.decider.templates
    return json_answer(
        {
            "services": [
                {
                    "hook": service.hook,
                    "title": service.title,
                    "description": service.description,
                    "id": SHARED_ID if now.same_ids and service in SHARED else service.id,
                    "prefetch": service.prefetch(templates),
                    "usageRequirements": service.usage,
                    "version": CDS_HOOKS_VERSION,
                    "hookVersion": service.hook_version,
                }
                for service in SERVICES
            ]
        }
    )
