"""``GET /``: where things are, for somebody who opens the address in a browser."""

from __future__ import annotations

from flask import Blueprint, Response, render_template

from cds_service.services import SERVICES

blueprint = Blueprint("welcome", __name__)


@blueprint.get("/")
def welcome() -> Response:
    """Show the addresses and how to send a first request."""
    answer = Response(render_template("welcome.html", services=SERVICES), content_type="text/html; charset=utf-8")
    answer.headers["Content-Security-Policy"] = "default-src 'none'; style-src 'self'"
    answer.headers["X-Content-Type-Options"] = "nosniff"
    return answer
