"""``POST /cds-services/{id}``: answers one request with its cards."""

from __future__ import annotations

import time
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import msgspec
import structlog
from flask import Blueprint, Response
from werkzeug.exceptions import HTTPException

from cds_service.decisions import failures
from cds_service.decisions.circumstances import decider_for_call
from cds_service.decisions.data_access import DataMissing
from cds_service.ehr.limits import ServerBusyError
from cds_service.protocol.json_answer import json_answer
from cds_service.protocol.operation_outcome import operation_outcome, operation_outcomes
from cds_service.protocol.services import BY_ID, SHARED, SHARED_ID
from cds_service.telemetry import metrics
from cds_service.telemetry.request_names import about_hook
from cds_service.web.answers import admission, caller, in_force, store
from cds_service.web.bodies import json_body, refuse
from cds_service.web.naming import REQUEST_ID, TRACEPARENT
from fhir_mappings.request.hook_request import BadRequest
from fhir_mappings.wire.depth import is_too_deep
from fhir_mappings.wire.exact_json import encode

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType

    from cds_service.decisions.active_decider import ActiveDecider
    from cds_service.decisions.decision import Decision
    from cds_service.protocol.caller import Caller, Circumstances
    from cds_service.protocol.services import Service
    from fhir_mappings.request.hook_request import HookRequest

blueprint = Blueprint("hooks", __name__)
DECISION_HEADER = "HER2-CDS-Decision"
"""The id of the recorded decision, so that an operator can look up why an answer had no cards."""
_EXPOSED = f"{DECISION_HEADER}, {REQUEST_ID}, {TRACEPARENT}"
# The headers that flask-cors would add; it skips responses that have them, which saves matching its rules.
_HEADERS: tuple[tuple[str, str], ...] = (
    ("Access-Control-Allow-Origin", "*"),
    ("Access-Control-Expose-Headers", _EXPOSED),
)
_log = structlog.get_logger()


class _Hook(msgspec.Struct):
    hook: Any = None


_hook = msgspec.json.Decoder(_Hook)


@blueprint.post("/cds-services/<service_id>")
def call(service_id: str) -> Response:
    """Answer a hook: 200 with cards, 400 or 412 with an OperationOutcome, 503 if the service is full."""
    began = time.perf_counter()
    now, client = in_force(), caller()
    service = BY_ID.get(service_id)
    is_shared = service is None and service_id == SHARED_ID and now.of(client, None).same_ids
    if service is None and not is_shared:
        refuse(404)
    body = json_body(now.decider.settings.limits.body_bytes)
    service = service or _shared(body)
    # Take a slot only after the body has arrived, so that a slow client does not occupy one.
    with admission().slot():
        answer = _answered(service, now, client, body)
    with _telemetry_failures_logged:
        metrics.answered(service.id, answer.status_code, time.perf_counter() - began, len(body))
        if answer.status_code != HTTPStatus.OK:
            metrics.called(now.clients.of(client), service.id, answer.status_code)
    return answer


class _FailuresLogged:
    """Logs a failure of metrics or logging instead of losing an answer that is ready.

    A class, because every call enters it three times, and a generator takes four times as long.
    """

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> bool:
        if not isinstance(error, Exception):
            return False
        # A full disk, say.
        failures.part_failed("telemetry", error)
        return True


_telemetry_failures_logged = _FailuresLogged()


def _answered(service: Service, active: ActiveDecider, client: Caller | None, body: bytes) -> Response:
    """Answer a call. If all else fails the answer is one card: most EHRs show an error as if nothing were wrong."""
    try:
        return _answer(service, active, client, body)
    except (HTTPException, ServerBusyError):
        raise
    except Exception as error:  # noqa: BLE001 - whatever it is, it is told on a card
        failures.part_failed("call", error)
        with _telemetry_failures_logged:
            store().recorder.set_aside(type(error).__name__)
        return json_answer(unchecked(active, service), headers=_HEADERS)


def unchecked(active: ActiveDecider, service: Service | None) -> dict[str, Any]:
    """Return the answer to a call of which nothing could be read: the card that says so."""
    shown: dict[str, Any] = {"cards": [active.decider.unchecked_card()]}
    if active.decider.crd and service is not None and service.coverage:
        shown["systemActions"] = []
    return shown


def _written(shown: dict[str, Any], headers: Sequence[tuple[str, str]], active: ActiveDecider) -> Response:
    """Write an answer. A card that cannot be written is given without its buttons, or as the one that says so."""
    try:
        return json_answer(shown, headers=headers)
    except Exception as error:  # noqa: BLE001 - one card must not cost the others
        failures.part_failed("answer", error)
    if not _is_json(shown.get("systemActions")):
        shown["systemActions"] = []
    cards = [each if _is_json(each) else _without_buttons(each) for each in shown["cards"]]
    shown["cards"] = [each if _is_json(each) else active.decider.unchecked_card() for each in cards]
    return json_answer(shown, headers=headers)


def _without_buttons(card: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in card.items() if name not in ("suggestions", "selectionBehavior")}


def _is_json(written: Any) -> bool:
    try:
        encode(written)
    except Exception:  # noqa: BLE001 - whatever keeps it from being written
        return False
    return True


def _shared(body: bytes) -> Service:
    """Find the service for an id that several share; an unknown hook is refused like any other wrong hook."""
    try:
        hook = None if is_too_deep(body) else _hook.decode(body).hook
    except (msgspec.DecodeError, UnicodeDecodeError):
        hook = None
    return next((service for service in SHARED if service.hook == hook), SHARED[0])


def _answer(service: Service, active: ActiveDecider, client: Caller | None, body: bytes) -> Response:
    try:
        request = active.decider.read(body, service.hook)
        about_hook(request.hook_instance)
        now, circumstances, data, gaps = decider_for_call(active, client, service.id, request)
        decision = now.decider.decide(request, coverage=service.coverage, before=data, gaps=gaps)
    except BadRequest as error:
        problems = (error, *error.others)
        if error.hook_instance:
            about_hook(error.hook_instance)
        _log.info(
            "hook_refused",
            service=service.id,
            status=400,
            code=error.code,
            expression=error.expression,
            others=[each.expression for each in error.others],
        )
        told = [(each.code, each.message, [each.expression] if each.expression else None) for each in problems]
        return json_answer(operation_outcomes(told, active.decider.settings.base_url), 400)
    except DataMissing as error:
        _log.info(
            "hook_refused",
            service=service.id,
            status=412,
            code="required-data-missing",
            places=error.places,
            why=error.why,
        )
        message = f"Nothing could be checked. No data for: {error}"
        base_url = active.decider.settings.base_url
        return json_answer(operation_outcome("required-data-missing", message, error.places, base_url), 412)
    decision = _kept(decision, service, now, circumstances, client, request)
    with _telemetry_failures_logged:
        _count_and_log(decision, service, active, client)
    headers = _HEADERS
    if decision.verdicts:
        headers = (*_HEADERS, (DECISION_HEADER, decision.id))
    shown: dict[str, Any] = {"cards": decision.cards}
    # CDS Hooks forbids the empty list that Da Vinci CRD requires.
    if now.decider.crd and service.coverage:
        shown["systemActions"] = decision.actions
    elif now.decider.settings.quirks.crd and request.hook.orders_are_final:
        shown["systemActions"] = []
    return _written(shown, headers, active)


def _kept(
    decision: Decision,
    service: Service,
    now: ActiveDecider,
    circumstances: Circumstances,
    client: Caller | None,
    request: HookRequest,
) -> Decision:
    """Leave out what was overridden, judge the trial, and record the result; none of it can lose the answer."""
    # Only clinicians override; a biller's sheet is not a repeat of a clinical card.
    if now.repeats is not None and not service.coverage:
        try:
            decision = now.repeats.applied(store(), request, client, decision)
        except Exception as error:  # noqa: BLE001 - every card is shown, as where the store cannot be asked
            failures.part_failed("repeats", error)
    session = decision.session
    if session is not None:
        if now.shadow is not None:
            try:
                decision = now.shadow.judged(decision, session, client, service.id, circumstances)
            except Exception as error:  # noqa: BLE001 - a trial shows nothing, and must cost nothing
                failures.part_failed("trial", error)
        # Record before answering, so that every card that was seen is on record.
        recorder = store().recorder
        try:
            record = now.records.record(service.id, request, client, decision, session)
        except Exception as error:  # noqa: BLE001 - that there was an answer is on record, as a gap
            failures.part_failed("record", error)
            recorder.set_aside(type(error).__name__)
            at_once = False
        else:
            at_once = recorder.write(record)
        with _telemetry_failures_logged:
            metrics.recorded(recorder, at_once=at_once)
    return decision


def _count_and_log(decision: Decision, service: Service, active: ActiveDecider, client: Caller | None) -> None:
    """Count and log an answer."""
    topics = [card["source"]["topic"]["code"] for card in decision.cards]
    suppressed = [str(each.content.lead.topic) for each in decision.suppressed]
    cards = list(zip(topics, (card["indicator"] for card in decision.cards), strict=True))
    if (session := decision.session) is not None:
        gaps = [gap.reason for gap in (*session.gaps, *session.patient.gaps)]
        metrics.decided(service.id, cards, suppressed, gaps)
    _log.info(
        "hook_answered",
        service=service.id,
        status=200,
        decision=decision.id,
        cards=topics,
        suppressed=suppressed,
        verdicts=len(decision.verdicts),
        duration_ms=round(decision.duration_s * 1000, 2),
    )
    metrics.called(active.clients.of(client), service.id, HTTPStatus.OK, cards)
