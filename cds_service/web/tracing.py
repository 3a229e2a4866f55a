"""OpenTelemetry, if installed and configured: one span per request, and one per step.

Without ``OTEL_EXPORTER_OTLP_ENDPOINT`` nothing is loaded and the traced functions stay unwrapped, so requests pay
nothing. Spans contain no patient data, only step names, counts, topics and our own ids (ADR 34).
"""

from __future__ import annotations

import functools
import os
from typing import TYPE_CHECKING, Any

import structlog
from flask import request

from cds_service import __version__
from cds_service.decisions import decider
from cds_service.decisions.decider import Decider
from cds_service.decisions.recording import RecordWriter
from cds_service.decisions.shadow import Shadow
from cds_service.decisions.suppression import RepeatSuppressor
from cds_service.ehr.access import FhirAccess
from cds_service.protocol.services import BY_ID, SHARED_ID
from cds_service.store.recorder import Recorder
from cds_service.telemetry.request_names import current
from cds_service.web import hooks
from cds_service.web.answers import caller, in_force
from cds_service.web.naming import TRACEPARENT
from fhir_mappings.request.chart import ChartReader
from fhir_mappings.request.hook_request import RequestReader

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from flask import Flask, Response

    from cds_service.decisions.decision import Decision
    from cds_service.web.naming import Naming

_ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
_PROTOCOLS = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")
_SPOKEN = "http/protobuf"
_UNTRACED = ("/health/", "/metrics")
_SERVER_ERROR = 500
_log = structlog.get_logger()


def _steps() -> tuple[tuple[Any, str, str], ...]:
    """Return the function of each step of a request, and the name of its span."""
    # The signature code is loaded only if callers have to sign, or if it is traced.
    from cds_service.auth.authenticator import Authenticator  # noqa: PLC0415

    return (
        (Authenticator, "authenticate", "authenticate"),
        (RequestReader, "read", "read request"),
        (hooks, "decider_for_call", "choose profile"),
        (Decider, "decide", "decide"),
        (FhirAccess, "fetch", "fetch from FHIR server"),
        (ChartReader, "patient", "read chart"),
        (decider, "judge", "judge"),
        (decider, "to_show", "choose cards"),
        (RepeatSuppressor, "applied", "leave out repeats"),
        (Shadow, "judged", "judge trial"),
        (RecordWriter, "record", "write record"),
        (Recorder, "write", "store record"),
    )


def is_asked_for() -> bool:
    """Return whether OpenTelemetry's environment variables name an endpoint."""
    return any(os.environ.get(name) for name in _ENDPOINTS) and os.environ.get("OTEL_SDK_DISABLED", "") != "true"


def begin() -> Traces | None:
    """Start tracing, if the environment names an endpoint; call this before the application is built.

    A worker calls it once, after the fork, which the exporter thread would not survive.
    """
    if not is_asked_for():
        return None
    protocol = next((value for name in _PROTOCOLS if (value := os.environ.get(name))), _SPOKEN)
    if protocol != _SPOKEN:
        _log.error("tracing_is_off", reason=f"of the protocols of OTLP only {_SPOKEN} is spoken here")
        return None
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415
        from opentelemetry.sdk.resources import Resource  # noqa: PLC0415
        from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
        from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415
    except ModuleNotFoundError:
        _log.error("tracing_is_off", reason="OpenTelemetry is not installed (requirements-otel.lock)")
        return None
    named = {"service.name": os.environ.get("OTEL_SERVICE_NAME", "her2-cds"), "service.version": __version__}
    provider = TracerProvider(resource=Resource.create(named))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    traces = Traces(provider)
    for owner, name, step in _steps():
        setattr(owner, name, _traced(traces.tracer, getattr(owner, name), step))
    _log.info("tracing_is_on", sampler=os.environ.get("OTEL_TRACES_SAMPLER", "parentbased_always_on"))
    return traces


class Traces:
    """Creates and exports spans."""

    def __init__(self, provider: Any) -> None:
        """Take the provider of OpenTelemetry's SDK."""
        self._provider = provider
        self.tracer = provider.get_tracer("her2-cds", __version__)

    def watch(self, app: Flask) -> None:
        """Create a span for each request of an application."""
        naming: Naming = app.extensions["her2_cds_naming"]
        naming.application = Tracing(naming.application, self.tracer)
        app.after_request(_described)

    def close(self) -> None:
        """Export the last spans."""
        self._provider.shutdown()


class Tracing:
    """WSGI middleware: a span for each request, as a child of the sender's span."""

    def __init__(self, application: Callable[..., Any], tracer: Any) -> None:
        """Take the application and the tracer."""
        from opentelemetry.trace import SpanKind  # noqa: PLC0415
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator  # noqa: PLC0415

        self._application = application
        self._tracer = tracer
        self._kind = SpanKind.SERVER
        self._extract = TraceContextTextMapPropagator().extract

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Handle a WSGI request."""
        names = current()
        if names is None or environ["PATH_INFO"].startswith(_UNTRACED):
            untraced: Iterable[bytes] = self._application(environ, start_response)
            return untraced
        parent = self._extract({TRACEPARENT: names.traceparent}) if names.traceparent else None
        method = environ["REQUEST_METHOD"]
        with self._tracer.start_as_current_span(
            method if method in ("GET", "POST", "OPTIONS", "HEAD") else "other",
            context=parent,
            kind=self._kind,
            record_exception=False,
            set_status_on_exception=False,
        ) as span:
            names.trace_id = names.trace_id or f"{span.get_span_context().trace_id:032x}"

            def start(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
                code = int(status[:3])
                span.set_attribute("http.response.status_code", code)
                if code >= _SERVER_ERROR:
                    _is_error(span)
                return start_response(status, headers, *more)

            span.set_attribute("http.request.method", span.name)
            answer: Iterable[bytes] = self._application(environ, start)
            span.set_attribute("her2_cds.request_id", names.request_id)
            if names.hook_instance:
                span.set_attribute("her2_cds.hook_instance", names.hook_instance)
            return answer


def _described(answer: Response) -> Response:
    """Name the span by the route, because the path may contain anything."""
    from opentelemetry.trace import get_current_span  # noqa: PLC0415

    span: Any = get_current_span()
    rule = request.url_rule
    if rule is None or not span.is_recording():
        return answer
    span.update_name(f"{span.name} {rule.rule}")
    span.set_attribute("http.route", rule.rule)
    service = (request.view_args or {}).get("service_id")
    if service in BY_ID or service == SHARED_ID:
        issuer, tenant = in_force().clients.of(caller())
        span.set_attributes({"her2_cds.service": service, "her2_cds.issuer": issuer, "her2_cds.tenant": tenant})
    return answer


def _traced(tracer: Any, plain: Callable[..., Any], step: str) -> Callable[..., Any]:
    """Wrap a function in a span. For an exception, the span has only its type."""

    @functools.wraps(plain)
    def with_span(*args: Any, **named: Any) -> Any:
        with tracer.start_as_current_span(step, record_exception=False, set_status_on_exception=False) as span:
            try:
                found = plain(*args, **named)
            except Exception as error:
                span.set_attribute("error.type", type(error).__name__)
                raise
            if step == "decide":
                span.set_attributes(_of_decision(found))
            return found

    return with_span


def _of_decision(decision: Decision) -> dict[str, Any]:
    return {
        "her2_cds.decision": decision.id,
        "her2_cds.verdicts": len(decision.verdicts),
        "her2_cds.topics": [card["source"]["topic"]["code"] for card in decision.cards],
    }


def _is_error(span: Any) -> None:
    from opentelemetry.trace import StatusCode  # noqa: PLC0415

    span.set_status(StatusCode.ERROR)
