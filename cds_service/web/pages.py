"""HTML answers: every page keeps to one strict policy, so that no text of a chart can become a script."""

from __future__ import annotations

from typing import Any

from flask import Response, render_template

_POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self'",
    "connect-src": "'self'",
    "base-uri": "'none'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
}


def page(template: str, status: int = 200, **values: Any) -> Response:
    """Write a page from a template; what is filled in is escaped."""
    answer = Response(render_template(template, **values), status, content_type="text/html; charset=utf-8")
    answer.headers["Content-Security-Policy"] = "; ".join(f"{name} {value}" for name, value in _POLICY.items())
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["Referrer-Policy"] = "no-referrer"
    answer.headers["Cross-Origin-Opener-Policy"] = "same-origin"
    return answer
