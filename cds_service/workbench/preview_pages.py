"""``/workbench/preview``: the cards of a case or a pasted request, now and with other settings."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from flask import Blueprint, request

from cds_service.configuration.layers import ConfigurationError
from cds_service.smart.markdown import html
from cds_service.tryit import examples
from cds_service.tryit.requests import scenario_request
from cds_service.tryit.scenarios import read_scenarios
from cds_service.web.answers import decider
from cds_service.web.pages import later, say
from cds_service.workbench.access import shown
from cds_service.workbench.banners import refused
from cds_service.workbench.callers import EVERY_CALLER
from cds_service.workbench.current import (
    base_settings,
    content_in_force,
    differences_to,
    previewer,
    previewer_for,
    previewer_of_caller,
    settings_in,
    today,
)
from cds_service.workbench.forms import content_from, fields_in, fields_of
from cds_service.workbench.previewing import Answering, Seen, changed_cases
from cds_service.workbench.specimens import specimens
from cds_service.workbench.topics import families, threshold_rows
from fhir_mappings.wire.exact_json import encode

if TYPE_CHECKING:
    from flask import Response

_FIRST = "kadcyla-at-the-enhertu-dose"
_MOST_LISTED = 40


def add_to(blueprint: Blueprint) -> None:
    """Add the routes."""
    blueprint.get("/preview")(preview)
    blueprint.post("/preview")(preview)
    blueprint.post("/preview/result")(result)


def preview() -> Response:
    """Render the whole page; a submitted request is answered and not stored."""
    case = request.form.get("case") or request.args.get("case") or _FIRST
    content = content_in_force()
    settings, profile = decider().settings, _profile()
    answer = _answer(case)
    return shown(
        "preview.html",
        case=case,
        profile=profile,
        profiles=sorted(settings.profiles),
        refused=later(refused),
        pasted=request.form.get("pasted", ""),
        coverage="coverage" in request.form,
        examples=examples.names(),
        title=examples.title,
        scenarios=read_scenarios().scenarios,
        cases=specimens().values(),
        families=later(lambda: families(settings, previewer())),
        rows=later(lambda: threshold_rows(settings_in(settings, profile))),
        fields=defaultdict(str, fields_in(request.form) if request.method == "POST" else fields_of(content)),
        **{name: value for name, value in answer.items() if name != "content"},
    )


def result() -> Response:
    """Render the part of the page that changes with the form."""
    answer = _answer(request.form.get("case") or _FIRST)
    return shown("result.html", **{name: value for name, value in answer.items() if name != "content"})


def _answer(case: str) -> dict[str, Any]:
    """Judge the case with the current settings and with those of the form."""
    base, profile = content_in_force(), _profile()
    now = later(lambda: previewer_for(profile))
    seen = later(lambda: _seen(now(), case))
    answer: dict[str, Any] = {"markdown": html, "most": _MOST_LISTED, "now": seen, "problems": []}
    if request.method == "GET":
        return answer
    try:
        content = content_from(request.form, base_settings().site_layer)
    except ConfigurationError as error:
        return {**answer, "problems": error.problems}
    answer["content"] = content
    if content.hash != base.hash:
        then = later(lambda: previewer_of_caller(content, profile))
        answer |= {
            "then": later(lambda: _seen(then(), case)),
            "differences": later(lambda: differences_to(content, profile)),
            "changed": later(lambda: changed_cases(now(), then())),
            "of": len(specimens()),
        }
    return answer


def _profile() -> str:
    """Read the chosen profile; an unknown one counts as none."""
    asked = request.form.get("profile", EVERY_CALLER)
    return asked if asked in decider().settings.profiles else EVERY_CALLER


def _seen(judge: Answering, case: str) -> Seen:
    coverage = "coverage" in request.form
    pasted = request.form.get("pasted", "").strip()
    if case == "pasted":
        return judge.of_request(pasted.encode(), coverage=coverage) if pasted else Seen(problem=say("Paste a request."))
    if case in examples.names():
        return judge.of_request(examples.example(case, today()).encode(), coverage=coverage)
    if case in {each.id for each in read_scenarios().scenarios}:
        now = decider()
        return judge.of_request(encode(scenario_request(case, now.known, now.templates, today())), coverage=coverage)
    specimen = specimens().get(case)
    return judge.of_specimen(specimen) if specimen else Seen(problem=say("There is no such case."))
