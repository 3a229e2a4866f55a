"""``GET /``: the try-it page, an order screen whose every change calls the service as an EHR would."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import msgspec
from flask import Blueprint, Response, abort

from cards.presentation.language import Localizer
from cds_service.decisions.request_from_server import known_drug, request_from_chart
from cds_service.protocol.json_answer import json_answer
from cds_service.protocol.operation_outcome import operation_outcome
from cds_service.protocol.services import SERVICES
from cds_service.tryit.scenarios import FAMILIES, page_data, read_scenarios
from cds_service.web.answers import admission, decider
from cds_service.web.bodies import json_body
from cds_service.web.loopback import is_on_this_machine
from cds_service.web.pages import page, words_of_request
from fhir_mappings.request.builder import BuildError, draft_order, patient_id
from fhir_mappings.wire.depth import is_too_deep

if TYPE_CHECKING:
    from cds_service.configuration.settings import Settings


_LONGEST = 4096
blueprint = Blueprint("tryit", __name__)
_QUOTED = frozenset({"patient", "near", "most"})


class _Asked(msgspec.Struct):
    """The page's form: a server, a patient there, and an order."""

    server: str
    patient: str
    drug: str
    dose: str


@blueprint.get("/")
def try_it() -> Response:
    """Show the try-it page, with its scenarios as of today."""
    listed = read_scenarios().scenarios
    say = words_of_request().say
    groups = [(say(label), [each for each in listed if each.family == family]) for family, label in FAMILIES.items()]
    settings = decider().settings
    return page(
        "tryit.html",
        services=SERVICES,
        base_url=settings.base_url,
        groups=groups,
        wants_token=settings.auth.mode == "required",
        has_workbench=settings.workbench.sign_in != "off",
        reads_fhir=_may_read(settings),
        fhir_servers=[str(each).rstrip("/") for each in settings.fhir.allowed_servers],
    )


@blueprint.get("/try-it/scenarios")
def scenarios() -> Response:
    """Return the scenarios, with dates relative to today."""
    current = decider()
    today = datetime.now(ZoneInfo(current.settings.site.timezone)).date()
    words = words_of_request()
    said = {"words": words.sentences} if words.sentences else {}
    answer = json_answer({**page_data(current.known, today, words.plain), **said})
    answer.headers["Vary"] = "Accept-Language"
    return answer


@blueprint.post("/try-it/request")
def request_of_an_ehr() -> Response:
    """Build the request that an EHR would send, from an allowed FHIR server.

    Only for callers on this machine: anyone else could read charts through it.
    """
    current = decider()
    if not _may_read(current.settings):
        abort(404)
    said = _asked(json_body(_LONGEST))
    try:
        patient = patient_id(said.patient)
        known_drug(said.drug, current)
        order = draft_order(said.drug, said.dose, patient)
        with admission().slot():
            built = request_from_chart(current, said.server, patient, "order-sign", [order])
    except BuildError as error:
        return json_answer(operation_outcome("cannot-build", _said(error), base_url=current.settings.base_url), 422)
    localizer = Localizer(words_of_request().locale)
    missing = {key: localizer.text(why) for key, why in built.missing.items()}
    answer = json_answer({"request": built.request, **({"missing": missing} if missing else {})})
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _said(error: BuildError) -> str:
    """Say in the language of who asks why nothing was built; a reason of the FHIR client is one that cards give too."""
    words = words_of_request()
    localizer = Localizer(words.locale)
    if not error.values:
        return localizer.text(words.plain(error.says))
    given = {name: value if name in _QUOTED else localizer.text(str(value)) for name, value in error.values.items()}
    return words.plain(error.says, **given)


def _may_read(settings: Settings) -> bool:
    return settings.auth.mode == "off" and is_on_this_machine()


def _asked(body: bytes) -> _Asked:
    try:
        return msgspec.json.decode(b"" if is_too_deep(body) else body, type=_Asked)
    except (msgspec.DecodeError, ValueError):
        abort(400)
