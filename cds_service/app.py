"""The Flask application: routes, limits, CORS, and every error as an OperationOutcome."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any, NoReturn

import structlog
from flask import Flask, Response, current_app, request
from flask_cors import CORS
from werkzeug.exceptions import HTTPException, MethodNotAllowed
from werkzeug.routing import MapAdapter

from cds_service.auth.gate import PROTECTED, protect
from cds_service.clock import Clock, now
from cds_service.decisions import failures
from cds_service.decisions.active import Configuration
from cds_service.ehr.limits import ServerBusyError
from cds_service.protocol.json_answer import json_answer
from cds_service.protocol.operation_outcome import operation_outcome
from cds_service.protocol.services import BY_ID
from cds_service.store.store import open_store
from cds_service.telemetry import metrics as numbers
from cds_service.web import (
    discovery,
    feedback,
    forms,
    health,
    hooks,
    metrics,
    openapi,
    operator,
    smart,
    terminology,
    tryit,
)
from cds_service.web.admission import RETRY_AFTER_S, Admission, Doorkeeper, NoRoomError
from cds_service.web.answers import decider, store
from cds_service.web.last_resort import ADMITTED, LastResort, is_call
from cds_service.web.naming import REQUEST_ID, TRACEPARENT, Naming
from cds_service.web.pages import failed_page
from cds_service.web.slow_bodies import Bodies
from fhir_mappings.wire.exact_json import encode

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from flask import Blueprint, Request

    from cds_service.configuration.settings import Settings
    from cds_service.store.store import Store

_log = structlog.get_logger()
_INTERNAL = ("internal", "the request could not be answered")
AT_ITS_LIMIT = ("at-its-limit", "too many calls just now; send it again in a moment")
_CODES = {
    400: ("not-json", "the request could not be read"),
    404: ("not-found", ""),
    405: ("method-not-allowed", ""),
    413: ("body-too-large", "the body is over the limit"),
    415: ("not-json-content", "the Content-Type must be application/json"),
    503: ("store-unavailable", "the store cannot be reached just now"),
}


_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class _HookRoute(MapAdapter):
    """The route to one service: known without a search of all addresses."""

    def __init__(self, app: Flask, service: str) -> None:
        super().__init__(app.url_map, "", "/", None, "http", f"/cds-services/{service}", "POST")
        self._rule = next(app.url_map.iter_rules("hooks.call"))
        self._service = service

    def match(self, *_: Any, **__: Any) -> tuple[Any, Any]:
        """Return the rule and its arguments."""
        return self._rule, {"service_id": self._service}


class _Application(Flask):
    """A Flask application whose views are all plain functions, and whose hooks are found at once."""

    hook_routes: Mapping[str, _HookRoute] = {}

    def create_url_adapter(self, request: Request | None) -> MapAdapter | None:
        """Find the route of a request; nearly all are calls of a service."""
        if request is not None and request.method == "POST":
            route = self.hook_routes.get(request.path)
            if route is not None:
                return route
        return super().create_url_adapter(request)

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """Return the view unchanged; Flask would inspect it again on every call."""
        return func

    def handle_exception(self, e: Exception) -> NoReturn:
        """Leave what even the error handlers did not answer to the last resort; Flask would answer 500."""
        raise e


def create_app(
    path: Path | None = None, settings: Settings | None = None, store: Store | None = None, clock: Clock = now
) -> Flask:
    """Build the application; without a ``store`` it opens the one from the configuration.

    Raises:
        ConfigurationError: the configuration is not valid.
        DatabaseError: the database address is unusable.

    """
    room = Admission()
    configuration = Configuration(path, settings, clock, numbers.reloaded, numbers.fetched, room.aside)
    app = _Application(__name__)
    app.extensions["her2_cds"] = configuration
    app.extensions["her2_cds_store"] = store or open_store(
        configuration.current().decider.settings.database, numbers.store_changed
    )
    # A path with a double slash is unknown like any other; a redirect would not be an OperationOutcome.
    app.url_map.merge_slashes = False
    for module in (discovery, hooks, feedback, forms, health, metrics, openapi, operator, smart, terminology, tryit):
        app.register_blueprint(module.blueprint)
    app.register_blueprint(workbench_of(configuration.current().decider.settings))
    app.hook_routes = {f"/cds-services/{each}": _HookRoute(app, each) for each in BY_ID}
    # Browser clients preflight discovery, call and feedback; nothing here depends on cookies.
    CORS(
        app,
        resources={
            r"/cds-services.*": {"origins": "*"},
            r"/(CodeSystem|ValueSet|Library|Questionnaire|source-attributes).*": {"origins": "*"},
        },
        allow_headers=["Authorization", "Content-Type", REQUEST_ID, TRACEPARENT],
        expose_headers=[hooks.DECISION_HEADER, REQUEST_ID, TRACEPARENT, "ETag", "Retry-After"],
        methods=["GET", "POST", "OPTIONS"],
        max_age=3600,
        send_wildcard=True,
    )
    protect(app, configuration.gate, on_refused=numbers.refused, admitted=ADMITTED)
    app.extensions["her2_cds_admission"] = room
    base_url = configuration.current().decider.settings.base_url
    refusal = encode(operation_outcome(*AT_ITS_LIMIT, base_url=base_url))
    bodies = app.extensions["her2_cds_bodies"] = Bodies()
    app.wsgi_app = Doorkeeper(app.wsgi_app, room, bodies, refusal, numbers.shed)  # type: ignore[method-assign]
    naming = app.extensions["her2_cds_naming"] = Naming(app.wsgi_app)
    last = app.extensions["her2_cds_last_resort"] = LastResort(
        naming,
        lambda service: hooks.unchecked(configuration.latest, BY_ID.get(service)),
        lambda: configuration.authentication.current is None,
        base_url,
    )
    app.wsgi_app = last  # type: ignore[method-assign]
    app.register_error_handler(NoRoomError, _busy)
    app.register_error_handler(ServerBusyError, _busy)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(Exception, _unexpected)
    return app


def workbench_of(settings: Settings) -> Blueprint:
    """Load the workbench pages, which take most of the startup time, or the page that says there is no workbench."""
    if settings.workbench.sign_in == "off":
        from cds_service.web.no_workbench import blueprint  # noqa: PLC0415
    else:
        from cds_service.workbench.blueprint import blueprint  # noqa: PLC0415
    return blueprint


def _busy(error: Exception) -> Response:  # noqa: ARG001 - whatever it is that has no room
    numbers.shed()
    answer = json_answer(operation_outcome(*AT_ITS_LIMIT, base_url=decider().settings.base_url), 503)
    answer.headers["Retry-After"] = RETRY_AFTER_S
    return answer


def _http_error(error: HTTPException) -> Response:
    status = error.code or 500
    code, message = getattr(error, "problem", None) or _CODES.get(status, _INTERNAL)
    message = message or _SAID[status](error)
    _log.info("request_refused", status=status, code=code, method=_method(), **_place())
    answer = json_answer(operation_outcome(code, message, base_url=decider().settings.base_url), status)
    for name, value in error.get_headers():
        if name.lower() in ("allow", "retry-after", "accept-encoding"):
            answer.headers[name] = value
    return answer


def _place() -> dict[str, str | None]:
    """Say what was asked for in words of our own; the address itself may hold anything, the id of a patient too."""
    _, first, service, *_ = (*request.path.split("/", 3), "", "")
    is_service = first == "cds-services" and service in BY_ID
    return {"route": request.url_rule.rule if request.url_rule else None, "service": service if is_service else None}


def _method() -> str:
    return request.method if request.method in _METHODS else "other"


def _wrong_method(error: HTTPException) -> str:
    allowed = error.valid_methods if isinstance(error, MethodNotAllowed) else None
    taken = sorted(set(allowed or ()) - {"HEAD", "OPTIONS"})
    return f"this address takes {' and '.join(taken)} only" if taken else "this address does not take the method"


def _not_found(_: HTTPException) -> str:
    """Answer 404: list the services if one was asked for; otherwise say where they are listed."""
    if not request.path.startswith("/cds-services/"):
        return "there is nothing at this address; the services are listed at /cds-services"
    return f"there is no such service; those that exist are {', '.join(discovery.service_ids())}"


_SAID = {404: _not_found, 405: _wrong_method}
"""What depends on the request, and so is said of it alone."""


def _is_page(blueprint: str | None, endpoint: str | None) -> bool:
    return blueprint in ("workbench", "smart") or endpoint == "tryit.try_it"


def _unexpected(error: Exception) -> Response:
    """Answer without details of what went wrong; the log has the type and the place, never the message.

    A call to a hook gets the card that says that nothing could be checked, and a person a page.
    """
    if request.path.startswith(PROTECTED):
        failures.part_failed("call", error)
        if is_call(request.environ):
            with suppress(Exception):
                store().recorder.set_aside(type(error).__name__)
        last: LastResort = current_app.extensions["her2_cds_last_resort"]
        answer = last.answer(request.environ)
        return Response(answer.body, answer.status, answer.headers)
    if _is_page(request.blueprint, request.endpoint):
        failures.part_failed("page", error)
        return failed_page()
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    where = f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else ""
    _log.error("unexpected_error", status=500, error=type(error).__name__, where=where)
    message = "an internal error, recorded in the log"
    return json_answer(operation_outcome("internal", message, base_url=decider().settings.base_url), 500)
