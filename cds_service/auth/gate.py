"""Guards every CDS Hooks address: if the site requires authentication, no call gets through without a valid token."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import structlog
from flask import Flask, Response, g
from flask.globals import request_ctx

from cds_service.protocol.json_answer import json_answer
from cds_service.protocol.operation_outcome import operation_outcome
from cds_service.protocol.refusals import Reason, Refused
from cds_service.protocol.services import BY_ID, SHARED_ID

if TYPE_CHECKING:
    from collections.abc import Callable

    from cds_service.auth.authenticator import Authenticator

PROTECTED = "/cds-services"
"""The discovery path; calls and feedback are below it. Anything else added there is protected too."""
_OUTCOMES = {
    401: ("not-authenticated", "the call is not authenticated"),
    403: ("not-allowed", "the caller is not allowed here"),
    503: ("try-again", "the call cannot be checked just now"),
}
_RETRY_AFTER_S = "5"
_SHOWN = 200
_log = structlog.get_logger()


def protect(
    app: Flask,
    ask: Callable[[], tuple[str, Authenticator | None]],
    on_refused: Callable[[Reason], None] | None = None,
    admitted: str = "",
) -> None:
    """Require authentication for an application; ``on_refused`` is called for every refused call.

    ``ask`` returns the public address and the authenticator in force, if there is one. A call that is let in has the
    key ``admitted`` in its WSGI environment.

    It sets ``flask.g.caller`` to the `Caller`, or None if authentication is off.
    """

    @app.before_request
    def check() -> Response | None:
        g.caller = None
        # The request object itself, because every access through the proxy is slower.
        asked = request_ctx.request
        path = asked.path.rstrip("/")
        # A preflight carries no token: the browser asks whether it may send one.
        if asked.method == "OPTIONS" or not (path == PROTECTED or path.startswith(f"{PROTECTED}/")):
            return None
        base_url, authenticator = ask()
        if authenticator is None:
            asked.environ[admitted] = True
            return None
        try:
            g.caller = authenticator.authenticate(asked.headers.get("Authorization"), base_url + path)
        except Refused as refused:
            _log.warning(
                "auth_refused",
                reason=str(refused.reason),
                status=refused.reason.status,
                endpoint=_endpoint(path),
                **{name: _shown(value) for name, value in refused.details.items() if value is not None},
            )
            if on_refused is not None:
                on_refused(refused.reason)
            return _answer(refused.reason.status, base_url)
        asked.environ[admitted] = True
        return None


def _answer(status: int, base_url: str) -> Response:
    """Refuse the call, always with the same text: the reason would help an attacker."""
    answer = json_answer(operation_outcome(*_OUTCOMES[status], base_url=base_url), status)
    # The body is not read, so that a stranger cannot keep a thread busy with it; the connection is closed.
    answer.headers["Connection"] = "close"
    if status == 401:  # noqa: PLR2004 - as the standards write it
        answer.headers["WWW-Authenticate"] = "Bearer"
    if status == 503:  # noqa: PLR2004
        answer.headers["Retry-After"] = _RETRY_AFTER_S
    return answer


def _endpoint(path: str) -> str:
    """Name the endpoint in our own words: an unknown path may contain anything."""
    _, _, below = path.removeprefix(PROTECTED).partition("/")
    service, _, rest = below.partition("/")
    if not below:
        return "discovery"
    if service not in (*BY_ID, SHARED_ID) or rest not in ("", "feedback"):
        return "unknown"
    return f"{service}/{rest}" if rest else service


def _shown(value: Any) -> Any:
    """Make a stranger's text safe for the log: short, one line, no control characters."""
    if isinstance(value, int):
        return value
    return value[:_SHOWN].encode("unicode_escape").decode()[:_SHOWN] if isinstance(value, str) else "?"
