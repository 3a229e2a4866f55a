"""``GET /``: the try-it page, an order screen whose every change calls the service as an EHR would."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from flask import Blueprint, Response

from cds_service.protocol.json_answer import json_answer
from cds_service.protocol.services import SERVICES
from cds_service.tryit.scenarios import FAMILIES, page_data, read_scenarios
from cds_service.web.answers import decider
from cds_service.web.pages import page, words_of_request

blueprint = Blueprint("tryit", __name__)


@blueprint.get("/")
def try_it() -> Response:
    """Show the page."""
    listed = read_scenarios().scenarios
    say = words_of_request().say
    groups = [(say(label), [each for each in listed if each.family == family]) for family, label in FAMILIES.items()]
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
    words = words_of_request()
    answer = json_answer({**page_data(current.known, today, words.plain), "words": words.sentences})
    answer.headers["Vary"] = "Accept-Language"
    return answer
