"""Builds the CDS Hooks request that an EHR would send, with the prefetch read from a FHIR server as discovery asks."""

from __future__ import annotations

import difflib
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

from cards.facts.session import Hook
from cards.knowledge.schema import Scope
from cds_service.ehr import reasons
from cds_service.protocol.services import SERVICES
from fhir_mappings.request.builder import BuildError, as_prefetch, hook_request
from fhir_mappings.request.hook_request import FhirAuthorization, HookRequest
from fhir_mappings.request.prefetch import Answer, PrefetchState
from fhir_mappings.request.queries import filled_query
from fhir_mappings.wire.exact_json import Unreadable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cds_service.decisions.decider import Decider
    from fhir_mappings.wire.lenient import Json

HOOKS = tuple(dict.fromkeys(service.hook for service in SERVICES))
_PATIENT = "patient"
_SUGGESTED = 3


class NotReachedError(BuildError):
    """The FHIR server returned nothing."""


class NotFoundError(BuildError):
    """The FHIR server has no such patient."""


class UnknownDrugError(BuildError):
    """No drug that the service knows has this name."""


@dataclass(frozen=True, slots=True)
class Built:
    """A request, and the keys that could not be read, each with the reason; they are left out of its prefetch."""

    request: Json
    missing: Mapping[str, str]


def known_drug(name: str, decider: Decider) -> None:
    """Check that a drug name is one that the service knows.

    Raises:
        UnknownDrugError: it is not; the message has the nearest names.

    """
    if decider.reads_drug(name):
        return
    names = {
        each.casefold(): each
        for product in decider.known.products
        if product.scope is Scope.CHECKED
        for brand in product.brands
        for each in (brand.name, brand.generic)
    }
    close = difflib.get_close_matches(name.strip().casefold(), names, n=_SUGGESTED, cutoff=0.7)
    if not close:
        raise UnknownDrugError("no drug of this service is called by that name")
    near = ", ".join(names[each] for each in close)
    raise UnknownDrugError("no drug of this service is called by that name; the nearest are {near}", near=near)


def request_from_chart(
    decider: Decider,
    server: str,
    patient: str,
    hook: str,
    orders: Sequence[Json],
    token: str | None = None,
) -> Built:
    """Read what the services of a hook ask for, and build the request.

    Raises:
        BuildError: the hook needs an order, the server is not allowed or returned nothing, or it has no such patient.
        ServerBusyError: too many calls wait for FHIR servers already.

    """
    # Fail before fetching if the hook needs an order and has none.
    hook_request(hook, "", patient, orders, {})
    asked = HookRequest(
        hook=Hook(hook),
        hook_instance="",
        patient_id=patient,
        user_id="",
        selections=(),
        draft_orders={},
        prefetch={},
        fhir_server=server,
        fhir_authorization=FhirAuthorization(token) if token else None,
    )
    access = decider.fhir.access(asked)
    if access is None:
        raise NotReachedError("this FHIR server is not asked: {why}", why=decider.fhir.why_no_access(asked))
    templates: dict[str, str] = {}
    for service in SERVICES:
        if service.hook == hook:
            templates |= service.prefetch(decider.templates)
    queries = {key: filled_query(template, quote(patient, safe="")) for key, template in templates.items()}
    answers = access.fetch(queries)
    prefetch: dict[str, Json | None] = {}
    missing: dict[str, str] = {}
    for key, answer in answers.items():
        written, is_read = _written(answer, queries[key])
        if is_read:
            prefetch[key] = written
        else:
            missing[key] = _why(key, access.failures, access.causes)
    if not prefetch:
        raise NotReachedError(next(iter(missing.values()), "the FHIR server was not asked"))
    if _PATIENT in prefetch and prefetch[_PATIENT] is None:
        raise NotFoundError("the FHIR server has no Patient/{patient}", patient=patient)
    return Built(hook_request(hook, str(uuid.uuid4()), patient, orders, prefetch), missing)


def _why(key: str, failures: Mapping[str, str], causes: Mapping[str, str]) -> str:
    said = failures.get(key, reasons.TOO_LATE)
    return f"{said} ({causes[key]})" if key in causes else said


def _written(answer: Answer, query: str) -> tuple[Json | None, bool]:
    """Return an answer as the value of a prefetch key, and whether it could be read."""
    if answer.state is PrefetchState.FAILED:
        return None, False
    try:
        return as_prefetch(answer, query), True
    except Unreadable:
        return None, False
