"""``GET /cds-services``: the services and their prefetch templates."""

from __future__ import annotations

import gzip
import hashlib
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, request

from cds_service.protocol import crd
from cds_service.protocol.services import SERVICES, SHARED, SHARED_ID
from cds_service.web.answers import caller, in_force
from fhir_mappings.wire.exact_json import encode

if TYPE_CHECKING:
    from cds_service.decisions.active_decider import ActiveDecider
    from cds_service.protocol.caller import Caller
    from cds_service.protocol.services import Service

CDS_HOOKS_VERSION = "3.0.0"
_TAG_DIGITS = 32
blueprint = Blueprint("discovery", __name__)


@blueprint.get("/cds-services", strict_slashes=False)
def discover() -> Response:
    """List the services; a client with the current ETag gets 304."""
    active, client = in_force(), caller()
    now = active.of(client, None)
    # A regular response, which may still be compressed or become a 304.
    listed = encode({"services": [_announced(service, active, now, client) for service in SERVICES]})
    answer = Response(listed, content_type="application/json")
    # The list may differ between clients, and changes with the configuration.
    answer.headers["Cache-Control"] = "private, no-cache"
    answer.headers["Vary"] = "Accept-Encoding, Authorization"
    # Weak, because the list is the same whether compressed or not.
    answer.set_etag(hashlib.sha256(answer.data).hexdigest()[:_TAG_DIGITS], weak=True)
    if request.accept_encodings.quality("gzip") > 0:
        answer.data = gzip.compress(answer.data, mtime=0)
        answer.headers["Content-Encoding"] = "gzip"
    answer.make_conditional(request)
    return answer


def service_ids() -> list[str]:
    """List the service ids."""
    is_shared = in_force().of(caller(), None).same_ids
    return [*(service.id for service in SERVICES), *([SHARED_ID] if is_shared else [])]


def _announced(service: Service, active: ActiveDecider, now: ActiveDecider, client: Caller | None) -> dict[str, Any]:
    templates = now.decider.templates
    is_crd = service.coverage and active.of(client, service.id).decider.crd
    asked = {**templates, **crd.COVERAGE_TEMPLATE} if is_crd else templates
    announced = {
        "hook": service.hook,
        "title": service.title,
        "description": service.description,
        "id": SHARED_ID if now.same_ids and service in SHARED else service.id,
        "prefetch": service.prefetch(asked),
        "usageRequirements": service.usage,
        "version": CDS_HOOKS_VERSION,
        "hookVersion": service.hook_version,
    }
    return {**announced, "extension": crd.DISCOVERY} if is_crd else announced
