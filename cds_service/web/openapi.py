"""``GET /openapi.json``: the API as an OpenAPI document; a test checks that it is complete."""

from __future__ import annotations

import re
from importlib import resources
from typing import TYPE_CHECKING, Any

import yaml
from flask import Blueprint, Response, current_app

from cards.values.caching import once
from cds_service import __version__
from cds_service.protocol.json_answer import json_answer
from cds_service.web.answers import decider

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from werkzeug.routing import Map

blueprint = Blueprint("openapi", __name__)


_PARAMETER = re.compile(r"<(?:(\w+):)?(\w+)>")
_METHODS = ("GET", "POST")
_WORKBENCH = "workbench"


@blueprint.get("/openapi.json")
def document() -> Response:
    """Return the document with this service's public address."""
    shipped = _shipped()
    told = {
        "info": {**shipped["info"], "version": __version__},
        "servers": [{"url": decider().settings.base_url}],
        "paths": {**shipped["paths"], **_pages(current_app.url_map, current_app.view_functions)},
    }
    return json_answer({**shipped, **told})


@once
def _shipped() -> dict[str, Any]:
    text = (resources.files("cds_service.web") / "openapi.yaml").read_text(encoding="utf-8")
    found: dict[str, Any] = yaml.safe_load(text)
    return found


def _pages(routes: Map, views: Mapping[str, Callable[..., Any]]) -> dict[str, Any]:
    """List the workbench pages by route: they are for people and not an API."""
    found: dict[str, Any] = {}
    for rule in sorted(routes.iter_rules(), key=lambda each: each.rule):
        if not rule.endpoint.startswith(f"{_WORKBENCH}."):
            continue
        parameters = [
            {"name": name, "in": "path", "required": True, "schema": {"type": "integer" if kind == "int" else "string"}}
            for kind, name in _PARAMETER.findall(rule.rule)
        ]
        path = _PARAMETER.sub(r"{\2}", rule.rule)
        item = found.setdefault(path, {"parameters": parameters} if parameters else {})
        summary = (views[rule.endpoint].__doc__ or "").strip().partition("\n")[0]
        for method in _METHODS:
            if method in (rule.methods or ()):
                item[method.lower()] = {
                    "operationId": f"{method.lower()} {path}",
                    "tags": [_WORKBENCH],
                    "summary": summary,
                    "security": [{"signedIn": []}],
                    "responses": {"default": {"$ref": "#/components/responses/Page"}},
                }
    return found
