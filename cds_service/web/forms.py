"""``POST /Questionnaire/$questionnaire-package``: the forms of payer policies for apps of Da Vinci DTR."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from flask import Blueprint, Response

from cds_service import __version__
from cds_service.protocol.json_answer import json_answer
from cds_service.protocol.operation_outcome import operation_outcome, operation_outcomes
from cds_service.web.answers import admission, in_force
from cds_service.web.bodies import json_body
from fhir_mappings.coverage.questionnaire_package import (
    BadPackageRequest,
    Publisher,
    as_parameters,
    packages,
    read_asked,
)
from fhir_mappings.wire.exact_json import Unreadable, decode_sent
from fhir_mappings.wire.json_place import json_problem

blueprint = Blueprint("forms", __name__)
_LONGEST = 1 << 20


@blueprint.post("/Questionnaire/$questionnaire-package")
def questionnaire_package() -> Response:
    """Return the requested forms, each prefilled from the order and coverage in the call; nothing is stored."""
    active = in_force()
    current = active.decider
    base_url = current.settings.base_url
    body = json_body(min(_LONGEST, current.settings.limits.body_bytes))
    try:
        with admission().slot():
            asked = read_asked(decode_sent(body))
            today = active.clock().astimezone(ZoneInfo(current.settings.site.timezone)).date()
            publisher = Publisher(current.billing.policies, current.wording.statements, base_url, __version__)
            found, unknown = packages(asked, publisher, today)
    except Unreadable:
        return json_answer(operation_outcome("not-json", json_problem(body), base_url=base_url), 400)
    except BadPackageRequest as error:
        return json_answer(operation_outcome(error.code, error.message, [error.expression], base_url), 400)
    unknown_one = "a questionnaire that is asked for is not one of this service"
    problems: list[tuple[str, str, list[str] | None]] = [("not-found", unknown_one, None) for _ in unknown]
    if not asked.forms:
        said = "name the questionnaire: its address is in the coverage-information extension, and on the card"
        problems.append(("required", said, ["questionnaire"]))
    outcome = operation_outcomes(problems, base_url) if problems else None
    return json_answer(as_parameters(found, outcome))
