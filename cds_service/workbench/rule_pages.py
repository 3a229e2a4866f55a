"""``/workbench/rules``: the rules of the site with their cases and cards, and a form that makes a new one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, request

from cds_service.smart.markdown import html
from cds_service.web.answers import decider
from cds_service.workbench.access import shown
from cds_service.workbench.current import previewer, today
from cds_service.workbench.forms import text_in
from cds_service.workbench.rule_builder import FIELDS, FIRST, built, choices
from cds_service.workbench.site_rules import rule_views

if TYPE_CHECKING:
    from flask import Response


def add_to(blueprint: Blueprint) -> None:
    """Put the addresses where they belong."""
    blueprint.get("/rules")(rules)
    blueprint.get("/rules/new")(new_rule)
    blueprint.post("/rules/new")(new_rule)


def rules() -> Response:
    """Show every rule of the site."""
    return shown("rules.html", views=rule_views(decider().settings, previewer()), markdown=html)


def new_rule() -> Response:
    """Show the form, and what it makes; nothing is kept."""
    settings = decider().settings
    fields = {name: text_in(request.form, name) for name in FIELDS} if request.method == "POST" else dict(FIRST)
    made = built(fields, settings, today) if request.method == "POST" else None
    return shown("rule.html", fields=fields, made=made, markdown=html, **choices(settings.site_layer.known))
