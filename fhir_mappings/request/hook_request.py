"""Parses and validates the CDS Hooks request, field by field; errors never contain its content.

Source: CDS Hooks 2.0.1 and 3.0.0, HTTP request; hook definitions order-select 1.0, order-sign 1.0, order-dispatch 1.1
(and 1.0, which some clients still send) and patient-view 1.0.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import msgspec

from cards.facts.session import Hook
from fhir_mappings.request.sizes import Sizes, TooManyError, check_sizes
from fhir_mappings.wire.depth import is_too_deep
from fhir_mappings.wire.json_place import json_problem
from fhir_mappings.wire.lenient import Json, base_of, number, reference, text
from fhir_mappings.wire.resources import BundleEnvelope, ObservationBundle

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from fhir_mappings.request.prefetch import Answer

    Prefetched = msgspec.Raw | BundleEnvelope | Answer | None

_ID_LIMIT = 256
_ORDERS_LIMIT = 200


class BadRequest(ValueError):  # noqa: N818 - named for the answer it leads to
    """The request is invalid.

    ``others`` are the further problems of the same request, so that its sender can mend all of them at once.
    ``hook_instance`` is the one of the request, where it could be read.
    """

    def __init__(self, code: str, message: str, expression: str = "") -> None:
        """Keep the problem and the field."""
        super().__init__(message)
        self.code = code
        self.message = message
        self.expression = expression
        self.others: tuple[BadRequest, ...] = ()
        self.hook_instance = ""


@dataclass(frozen=True, slots=True)
class FhirAuthorization:
    """The access token for the EHR's FHIR server; it is never logged or stored."""

    access_token: str = field(repr=False)
    patient: str = ""


class HookRequest(msgspec.Struct, frozen=True):
    """A request that has every required field, with its prefetch still unread.

    ``user_id`` and ``encounter_id`` are empty where the hook has none. ``dispatched`` has the references of an
    order-dispatch, whose ``draft_orders`` are empty; ``sizes`` are the limits for these orders once they are found.
    ``extension`` is that of the request itself.
    """

    hook: Hook
    hook_instance: str
    patient_id: str
    user_id: str
    selections: tuple[str, ...]
    draft_orders: Json
    prefetch: Mapping[str, Prefetched]
    fhir_server: str = ""
    fhir_authorization: FhirAuthorization | None = None
    dispatched: tuple[str, ...] = ()
    encounter_id: str = ""
    extension: Json = msgspec.field(default_factory=dict)
    sizes: Sizes = Sizes()


class _Fields(msgspec.Struct):
    hook: Any = None
    hookInstance: Any = None  # noqa: N815 - CDS Hooks' own names
    context: Any = None
    fhirServer: Any = None  # noqa: N815
    fhirAuthorization: Any = None  # noqa: N815
    user: Any = None
    extension: Any = None


class _Envelope(_Fields):
    prefetch: dict[str, msgspec.Raw] | None = None


_envelope = msgspec.json.Decoder(_Envelope, float_hook=Decimal)
_fields_alone = msgspec.json.Decoder(_Fields, float_hook=Decimal)


def read_request(body: bytes, hook: str) -> HookRequest:
    """Read and check a request for one hook.

    Raises:
        BadRequest: it is not a JSON object or is nested too deeply, a required field is missing or of the wrong type,
            or it is for another hook.

    """
    refuse_depth(body)
    return _read(body, hook)


def refuse_depth(body: bytes) -> None:
    """Refuse a body that is nested too deeply to decode.

    Raises:
        BadRequest: objects and arrays are nested too deeply.

    """
    if is_too_deep(body):
        raise BadRequest("not-json", "the body is nested too deeply to be read")


def _read(body: bytes, hook: str) -> HookRequest:
    envelope = _read_envelope(body, hook)
    return _checked(envelope, envelope.prefetch or {}, hook)


class RequestReader:
    """Reads requests that match the prefetch templates in one pass instead of two.

    Lists are split into resources while the request is parsed. Anything unexpected is read the slower way.
    """

    def __init__(self, templates: Mapping[str, str], limits: Sizes | None = None) -> None:
        """Keep the service's prefetch templates by key, and the size limits."""
        self._limits = limits or Sizes()
        self._keys = {f"key_{number}": key for number, key in enumerate(templates)}
        fields = [(name, _shape(templates[key]), msgspec.UNSET) for name, key in self._keys.items()]
        prefetch = msgspec.defstruct("Prefetch", fields, rename=self._keys, forbid_unknown_fields=True)
        asked = msgspec.defstruct("Asked", [("prefetch", prefetch | None, None)], bases=(_Fields,))
        self._asked = msgspec.json.Decoder(asked, float_hook=Decimal)

    def read(self, body: bytes, hook: str) -> HookRequest:
        """Read and check a request for one hook.

        Raises:
            BadRequest: as for ``read_request``, or it exceeds a size limit.

        """
        request = self._read(body, hook)
        try:
            check_sizes(request.prefetch, request.draft_orders, self._limits)
        except TooManyError as error:
            raise BadRequest("too-long", f"the request has {error}", error.expression) from None
        return msgspec.structs.replace(request, sizes=self._limits) if request.dispatched else request

    def _read(self, body: bytes, hook: str) -> HookRequest:
        refuse_depth(body)
        try:
            if not body.isascii():
                body.decode("utf-8")
            envelope: Any = self._asked.decode(body)
        except (msgspec.DecodeError, ValueError, ArithmeticError):
            return _read(body, hook)
        prefetch = self._prefetched(envelope.prefetch)
        return _read(body, hook) if prefetch is None else _checked(envelope, prefetch, hook)

    def _prefetched(self, sent: Any) -> dict[str, Prefetched] | None:
        """Return the prefetch by key; nothing if a single resource was sent for a list, or a list without entries."""
        found: dict[str, Prefetched] = {}
        for name, key in self._keys.items() if sent is not None else ():
            value = getattr(sent, name)
            if value is msgspec.UNSET:
                continue
            if isinstance(value, BundleEnvelope) and (value.resourceType != "Bundle" or value.has_no_entries):
                return None
            found[key] = value
        return found


def _shape(template: str) -> Any:
    """Return the type for the answer to a query: a list's envelope, or an unparsed single resource."""
    if template.startswith("Observation?"):
        return ObservationBundle | None | msgspec.UnsetType
    return BundleEnvelope | None | msgspec.UnsetType if "?" in template else msgspec.Raw | msgspec.UnsetType


def _checked(envelope: _Fields, prefetch: Mapping[str, Prefetched], hook: str) -> HookRequest:
    try:
        return _request(envelope, prefetch, hook)
    except BadRequest as error:
        error.others = _others(error, envelope, hook)
        error.hook_instance = _instance(envelope)
        raise


def _instance(envelope: _Fields) -> str:
    """Return the hookInstance of a refused request; empty if it is not valid itself."""
    with suppress(BadRequest):
        return _string(envelope.hookInstance, "hookInstance")
    return ""


def _request(envelope: _Fields, prefetch: Mapping[str, Prefetched], hook: str) -> HookRequest:
    given = _hook(envelope, hook)
    instance = _string(envelope.hookInstance, "hookInstance")
    context = _context(envelope)
    server, authorization = _fhir_access(envelope)
    return HookRequest(
        hook=given,
        hook_instance=instance,
        patient_id=_patient_id(context),
        user_id=_user_id(envelope, context) if not given.orders_are_signed else "",
        selections=_selections(context) if given.may_be_incomplete else (),
        draft_orders=_draft_orders(context) if given.has_orders and not given.orders_are_signed else {},
        prefetch=prefetch,
        fhir_server=server,
        fhir_authorization=authorization,
        dispatched=_dispatched(context) if given.orders_are_signed else (),
        encounter_id=text(context.get("encounterId")).removeprefix("Encounter/")[:_ID_LIMIT],
        extension=envelope.extension if isinstance(envelope.extension, dict) else {},
    )


def _others(first: BadRequest, envelope: _Fields, hook: str) -> tuple[BadRequest, ...]:
    """Check every field of an invalid request, and return the problems after the first."""
    checks: list[Callable[[], object]] = [
        lambda: _hook(envelope, hook),
        lambda: _string(envelope.hookInstance, "hookInstance"),
        lambda: _fhir_access(envelope),
        lambda: _server_address(envelope.fhirServer),
        lambda: _context(envelope),
    ]
    if isinstance(envelope.context, dict):
        checks += _checks_of_context(envelope, envelope.context, hook)
    found: dict[str, BadRequest] = {}
    for check in checks:
        try:
            check()
        except BadRequest as error:
            found.setdefault(error.expression, error)
    found.pop(first.expression, None)
    return tuple(found.values())


def _checks_of_context(envelope: _Fields, context: Json, hook: str) -> Iterator[Callable[[], object]]:
    """Yield the checks of a context; for another hook, only of the fields that every hook has."""
    yield lambda: _patient_id(context)
    if envelope.hook != hook:
        return
    kind = Hook(hook)
    if kind.orders_are_signed:
        yield lambda: _dispatched(context)
        yield lambda: _string(context.get("performer"), "context.performer")
        return
    yield lambda: _user_id(envelope, context)
    if kind.may_be_incomplete:
        yield lambda: _selections(context)
    if kind.has_orders:
        yield lambda: _draft_orders(context)


def _hook(envelope: _Fields, hook: str) -> Hook:
    given = _string(envelope.hook, "hook")
    if given != hook:
        sent = f", and the request is for {given}" if given in set(Hook) else ""
        message = f"this service answers the hook {hook}{sent}; the service of each hook is listed at /cds-services"
        raise BadRequest("hook-mismatch", message, "hook")
    return Hook(given)


def _context(envelope: _Fields) -> Json:
    context = envelope.context
    if not isinstance(context, dict):
        raise BadRequest(_why(context), "context must be an object", "context")
    return context


def _read_envelope(body: bytes, hook: str) -> _Envelope:
    try:
        # Parts that are never decoded would otherwise not be checked for valid UTF-8.
        if not body.isascii():
            body.decode("utf-8")
        return _envelope.decode(body)
    except msgspec.ValidationError as error:
        where = str(error).rpartition("$")[2].strip("`. ")
        if where.startswith("prefetch"):
            wrong = BadRequest("wrong-type", "prefetch must be an object", "prefetch")
            with suppress(msgspec.DecodeError, ValueError, ArithmeticError):
                fields = _fields_alone.decode(body)
                wrong.others, wrong.hook_instance = _others(wrong, fields, hook), _instance(fields)
            raise wrong from None
        raise BadRequest("not-an-object", "the body must be a JSON object") from None
    except (msgspec.DecodeError, ValueError, ArithmeticError):
        raise BadRequest("not-json", json_problem(body)) from None


def _why(value: object) -> str:
    return "required" if value is None else "wrong-type"


def _string(value: object, where: str) -> str:
    if not isinstance(value, str) or not value.strip():
        code = "required" if value is None or value == "" else "wrong-type"
        raise BadRequest(code, f"{where} must be a non-empty string", where)
    if len(value) > _ID_LIMIT:
        raise BadRequest("too-long", f"{where} is longer than {_ID_LIMIT} characters", where)
    return value


def _patient_id(context: Json) -> str:
    """Return the patient id, which some clients send as a reference, relative or absolute."""
    identifier = _string(context.get("patientId"), "context.patientId")
    return _string(identifier.strip().rpartition("Patient/")[2], "context.patientId")


def _user_id(envelope: _Fields, context: Json) -> str:
    """Return the user, whom clients of the first CDS Hooks drafts send outside the context."""
    return _string(envelope.user if context.get("userId") is None else context["userId"], "context.userId")


def _dispatched(context: Json) -> tuple[str, ...]:
    """Return the references of the dispatched orders; hook version 1.0 has the one ``order``.

    The tasks of either version contain nothing that is checked, and the published examples disagree on their name and
    type.
    """
    listed = context.get("dispatchedOrders")
    if listed is None and context.get("order") is not None:
        listed = [_string(context["order"], "context.order")]
    if not isinstance(listed, list) or not all(isinstance(each, str) and each.strip() for each in listed):
        message = "context.dispatchedOrders must be a list of references"
        raise BadRequest(_why(listed), message, "context.dispatchedOrders")
    if len(listed) > _ORDERS_LIMIT:
        message = f"context.dispatchedOrders has more than {_ORDERS_LIMIT} orders"
        raise BadRequest("too-long", message, "context.dispatchedOrders")
    _string(context.get("performer"), "context.performer")
    return tuple(dict.fromkeys(reference(each) for each in listed))


def _draft_orders(context: Json) -> Json:
    """Return the Bundle of the orders; any other object or entries would look like a Bundle without orders."""
    orders = context.get("draftOrders")
    if not isinstance(orders, dict) or (orders.get("resourceType") != "Bundle" and "entry" not in orders):
        raise BadRequest(_why(orders), "context.draftOrders must be a Bundle", "context.draftOrders")
    if not isinstance(orders.get("entry"), list | dict | None):
        message = "context.draftOrders.entry must be a list of entries"
        raise BadRequest("wrong-type", message, "context.draftOrders.entry")
    return orders


def _selections(context: Json) -> tuple[str, ...]:
    selections = context.get("selections")
    if not isinstance(selections, list) or not all(isinstance(each, str) for each in selections):
        raise BadRequest(_why(selections), "context.selections must be a list of references", "context.selections")
    return tuple(reference(each) for each in selections)


def _fhir_access(envelope: _Fields) -> tuple[str, FhirAuthorization | None]:
    server = envelope.fhirServer
    if server is not None and not isinstance(server, str):
        raise BadRequest("wrong-type", "fhirServer must be a string", "fhirServer")
    authorization = envelope.fhirAuthorization
    if authorization is None:
        return server or "", None
    if not isinstance(authorization, dict):
        raise BadRequest("wrong-type", "fhirAuthorization must be an object", "fhirAuthorization")
    if not server:
        raise BadRequest("required", "fhirAuthorization needs a fhirServer", "fhirServer")
    token = "" if _is_over(authorization.get("expires_in")) else text(authorization.get("access_token"))
    patient = text(authorization.get("patient")).removeprefix("Patient/")
    return server, FhirAuthorization(token, patient) if token else None


def _server_address(server: object) -> None:
    """Refuse an address that cannot be read from; alone it costs no cards, so it only joins other problems."""
    if isinstance(server, str) and server and not base_of(server):
        raise BadRequest("wrong-type", "fhirServer must be an http or https URL", "fhirServer")


def _is_over(seconds: object) -> bool:
    """Return whether a token has expired; without an expiry it is assumed to be valid."""
    left = number(seconds)
    return left is not None and left <= 0
