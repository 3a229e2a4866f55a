"""Publishes code lists and knowledge as FHIR resources, and the source attributes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, request
from werkzeug.exceptions import NotFound

from cards.coverage.form import form_named
from cards.knowledge.billing_setup import with_sources
from cards.knowledge.source_attributes import source_attributes
from cds_service import __version__
from cds_service.audit.source_attributes import attributes
from cds_service.audit.source_attributes_page import page
from cds_service.protocol.json_answer import json_answer
from cds_service.protocol.operation_outcome import ISSUE_TYPES
from cds_service.web.answers import decider
from cds_service.web.pages import page as html_page
from fhir_mappings.coverage.questionnaires import questionnaire
from fhir_mappings.published.code_lists import code_system, value_sets
from fhir_mappings.published.library import LIBRARY_ID, library

if TYPE_CHECKING:
    from cds_service.decisions.decider import Decider

blueprint = Blueprint("terminology", __name__)


@blueprint.get("/CodeSystem/card-topic")
def card_topics() -> Response:
    """List every topic with its display."""
    current = decider()
    concepts = {str(topic): words.display for topic, words in current.wording.topics.items()}
    title = "Topics of HER2 decision support cards"
    return json_answer(code_system(current.settings.base_url, "card-topic", __version__, title, concepts))


@blueprint.get("/CodeSystem/error")
def errors() -> Response:
    """List the codes of the errors."""
    concepts = {code: code.replace("-", " ") for code in ISSUE_TYPES}
    return json_answer(
        code_system(decider().settings.base_url, "error", __version__, "Errors of the service", concepts)
    )


@blueprint.get("/ValueSet", strict_slashes=False)
def all_value_sets() -> Response:
    """Return every code list, or the one at the canonical address that ``url`` names, as a searchset."""
    found = _value_sets(decider())
    wanted = request.args.get("url")
    entries = [
        {"fullUrl": each["url"], "resource": each, "search": {"mode": "match"}}
        for each in found.values()
        if wanted is None or each["url"] == wanted
    ]
    bundle: dict[str, Any] = {"resourceType": "Bundle", "type": "searchset", "total": len(entries)}
    return json_answer({**bundle, "entry": entries} if entries else bundle)


@blueprint.get("/ValueSet/<identifier>")
def value_set(identifier: str) -> Response:
    """Return one code list."""
    found = _value_sets(decider()).get(identifier)
    if found is None:
        raise NotFound
    return json_answer(found)


@blueprint.get("/Questionnaire/<identifier>")
def form(identifier: str) -> Response:
    """Return the form of a payer policy with the criteria in its id; it has no patient data.

    A browser, following a card's link, gets a page to read or print.
    """
    current = decider()
    found = form_named(identifier, current.billing.policies)
    if found is None:
        raise NotFound
    written = questionnaire(found, current.wording.statements, current.settings.base_url, __version__)
    offered = ("application/json", "application/fhir+json", "text/html")
    if request.accept_mimetypes.best_match(offered) == "text/html":
        return html_page("form.html", form=written)
    return json_answer(written)


@blueprint.get(f"/Library/{LIBRARY_ID}")
def knowledge() -> Response:
    """Return the knowledge in force: its version, its documents, and its code lists."""
    current = decider()
    sources = with_sources(current.known, current.billing).sources
    lists = [each["url"] for each in _value_sets(current).values()]
    about = source_attributes().intended_use
    return json_answer(library(current.known, sources, current.settings.base_url, __version__, lists, about))


@blueprint.get("/source-attributes")
def of_each_topic() -> Response:
    """Return the source attributes of each topic, as JSON or, for ``format=markdown``, as a page."""
    told = attributes(decider())
    if request.args.get("format") == "markdown":
        return Response(page(told), content_type="text/markdown; charset=utf-8")
    return json_answer(told)


def _value_sets(current: Decider) -> dict[str, dict[str, Any]]:
    return value_sets(current.known, current.settings.base_url)
