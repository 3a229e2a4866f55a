"""WSGI middleware: gives each request its ids, and returns them with the answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cds_service.decisions import failures
from cds_service.telemetry.request_names import begin

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

REQUEST_ID, TRACEPARENT = "X-Request-ID", "traceparent"


class Naming:
    """The outermost middleware, so that everything logged or refused carries the ids."""

    def __init__(self, application: Callable[..., Any]) -> None:
        """Take the application."""
        self.application = application

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Handle a WSGI request."""
        try:
            names = begin(environ.get("HTTP_X_REQUEST_ID"), environ.get("HTTP_TRACEPARENT"))
        except Exception as error:  # noqa: BLE001 - a call without ids is answered all the same
            failures.part_failed("naming", error)
            unnamed: Iterable[bytes] = self.application(environ, start_response)
            return unnamed
        own = [(REQUEST_ID, names.request_id)]
        if names.traceparent:
            own.append((TRACEPARENT, names.traceparent))

        def start(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
            return start_response(status, [*headers, *own], *more)

        answer: Iterable[bytes] = self.application(environ, start)
        return answer
