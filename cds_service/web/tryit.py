"""``GET /``: the try-it page, an order screen whose every change calls the service as an EHR would."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from flask import Blueprint, Response

from cds_service.protocol.json_answer import json_answer
from cds_service.protocol.services import SERVICES
from cds_service.tryit.scenarios import page_data, read_scenarios
from cds_service.web.answers import decider
from cds_service.web.pages import page

blueprint = Blueprint("tryit", __name__)
FAMILIES = {
    "dose": "Dose",
    "identity": "Identity and coding",
    "biomarker": "HER2 and indication",
    "monitoring": "Monitoring",
    "regimen": "Course of treatment",
    "clean": "All is well",
}


@blueprint.get("/")
def try_it() -> Response:
    """Show the page."""
    listed = read_scenarios().scenarios
    groups = [(label, [each for each in listed if each.family == family]) for family, label in FAMILIES.items()]
    settings = decider().settings
    return page(
        "tryit.html",
        services=SERVICES,
        groups=groups,
        wants_token=settings.auth.mode == "required",
        has_workbench=settings.workbench.sign_in != "off",
    )


@blueprint.get("/try-it/scenarios")
def scenarios() -> Response:
    """Return the scenarios, with results as old today as they are meant to be."""
    current = decider()
    today = datetime.now(ZoneInfo(current.settings.site.timezone)).date()
    return json_answer(page_data(current.known, today))
