"""``/workbench`` if it is not configured: a page that says so. The workbench code is not loaded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint

from cds_service.web.pages import page

if TYPE_CHECKING:
    from flask import Response

blueprint = Blueprint("workbench", __name__, url_prefix="/workbench")


@blueprint.route("", methods=["GET", "POST"])
@blueprint.route("/<path:rest>", methods=["GET", "POST"])
def not_set_up(rest: str = "") -> Response:  # noqa: ARG001 - whatever page it is
    """Return 404 with the reason."""
    answer = page("workbench/not_set_up.html", 404)
    answer.headers["Cache-Control"] = "no-store"
    return answer
