"""``/workbench/rules``: the site's rules with their cases and cards, and a form for a new one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from flask import Blueprint, redirect, request, url_for

from cds_service.configuration.layers import ConfigurationError
from cds_service.configuration.policy_content import content_over
from cds_service.configuration.roles import Role
from cds_service.policies.library import TITLE_LIMIT
from cds_service.policies.lifecycle import StepRefusedError
from cds_service.smart.markdown import html
from cds_service.web.answers import decider
from cds_service.web.pages import later, say
from cds_service.workbench.access import me, not_done, refused_draft, shown
from cds_service.workbench.banners import refused
from cds_service.workbench.current import base_settings, content_in_force, library, previewer, today
from cds_service.workbench.forms import text_in
from cds_service.workbench.rule_builder import FIELDS, FIRST, built, choices
from cds_service.workbench.rule_texts import with_rule
from cds_service.workbench.site_rules import rule_views

if TYPE_CHECKING:
    from flask import Response
    from werkzeug.wrappers import Response as AnyResponse

    from cds_service.workbench.rule_builder import Built


def add_to(blueprint: Blueprint) -> None:
    """Add the routes."""
    blueprint.get("/rules")(rules)
    blueprint.get("/rules/new")(new_rule)
    blueprint.post("/rules/new")(new_rule)
    blueprint.post("/rules/draft")(draft_rule)


def rules() -> Response:
    """Show all site rules."""
    return shown("rules.html", views=later(lambda: rule_views(decider().settings, previewer())), markdown=html)


def new_rule() -> Response:
    """Show the form and its result; nothing is stored."""
    fields = _fields() if request.method == "POST" else dict(FIRST)
    return _page(fields, built(fields, decider().settings, today) if request.method == "POST" else None)


def draft_rule() -> AnyResponse:
    """Create a draft version: what is in force, plus the rule from the form."""
    fields = _fields()
    made = built(fields, decider().settings, today)
    if made.problem:
        return _page(fields, made, 400)
    if (unusable := refused()) is not None:
        said = say("This release does not accept version {version}. Copy the file instead.", version=unusable.version)
        return not_done(said, 409)
    now, content = library().in_force(), content_in_force()
    site = {**content.site.parts(), "rules": with_rule(content.site.rules, made.text)}
    title = f"{fields['display'] or fields['topic']}"[:TITLE_LIMIT]
    try:
        content = content_over(
            {**content.model_dump(exclude_unset=True), "site": site}, "form", base_settings().site_layer
        )
        found = library().draft(me(), title, content, based_on=now.version if now else None)
    except ConfigurationError as error:
        return _page(fields, replace(made, problem="; ".join(error.problems)), 400)
    except StepRefusedError as error:
        return refused_draft(error)
    return redirect(url_for("workbench.version", number=found.number))


def _fields() -> dict[str, str]:
    return {name: text_in(request.form, name) for name in FIELDS}


def _page(fields: dict[str, str], made: Built | None, status: int = 200) -> Response:
    known = decider().settings.site_layer.known
    may_draft = Role.EDITOR in me().roles
    return shown("rule.html", status, fields=fields, made=made, markdown=html, may_draft=may_draft, **choices(known))
