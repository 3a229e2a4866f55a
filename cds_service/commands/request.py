"""``her2-cds request``: the CDS Hooks request that an EHR would send, its prefetch filled from a FHIR server."""

from __future__ import annotations

import os
import uuid
from typing import TYPE_CHECKING, BinaryIO
from urllib.parse import quote

import click
from pydantic import HttpUrl, ValidationError

from cds_service.commands.options import config_option, fail, settings_of
from cds_service.decisions.decider import Decider
from cds_service.ehr.client import FhirClient
from cds_service.ehr.servers import why_not_allowed
from cds_service.protocol.services import SERVICES
from fhir_mappings.request.builder import BuildError, as_prefetch, draft_order, hook_request, orders_in, patient_id
from fhir_mappings.request.hook_request import FhirAuthorization, HookRequest
from fhir_mappings.request.prefetch import Answer, PrefetchState
from fhir_mappings.request.queries import own_query
from fhir_mappings.wire.resources import Unreadable, encode

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from cds_service.configuration.settings import Settings
    from fhir_mappings.wire.lenient import Json

TOKEN_VARIABLE = "FHIR_ACCESS_TOKEN"  # noqa: S105 - the name of the variable
_HOOKS = list(dict.fromkeys(service.hook for service in SERVICES))
_ORDER_LIMIT = 1_048_576
_TIMEOUT_S = 20.0


@click.command("request")
@click.option("--fhir-server", required=True, help="The base URL of the FHIR server to read from.")
@click.option("--patient", required=True, help="The id of the patient.")
@click.option("--order", "order_file", type=click.File("rb"), help="A file with the order, or a Bundle of orders.")
@click.option("--drug", help='The drug by its name, as in "Kadcyla"; with --dose.')
@click.option("--dose", help='The dose, as in "252 mg" or "3.6 mg/kg"; with --drug.')
@click.option("--hook", type=click.Choice(_HOOKS), default="order-sign", show_default=True)
@click.option("--timeout", "timeout_s", type=click.FloatRange(0.1, 600), default=_TIMEOUT_S, show_default=True)
@config_option
def request(  # noqa: PLR0913, PLR0917 - one for each option
    fhir_server: str,
    patient: str,
    order_file: BinaryIO | None,
    drug: str | None,
    dose: str | None,
    hook: str,
    timeout_s: float,
    config: Path | None,
) -> None:
    """Print the request that an EHR would send for an order, for `check` or curl.

    The prefetch is read from the FHIR server. A token for it is taken from FHIR_ACCESS_TOKEN and never printed. A
    key that could not be read is left out and named on standard error.

    Exit code: 0 the request is complete, 1 a key is missing, 2 the input cannot be used.
    """
    settings = _reading_from(fhir_server, timeout_s, settings_of(config))
    try:
        identifier = patient_id(patient)
        orders = _orders(order_file, drug, dose, identifier)
        # Fail before fetching if the hook lacks what it needs.
        hook_request(hook, "", identifier, orders, {})
        prefetch, missing = _prefetch(settings, fhir_server, identifier, hook)
        written = hook_request(hook, str(uuid.uuid4()), identifier, orders, prefetch)
    except BuildError as error:
        fail(str(error))
    click.echo(encode(written))
    for key in missing:
        click.echo(f"{key}: not read from the FHIR server, and left out of the prefetch", err=True)
    raise SystemExit(bool(missing))


def _orders(order_file: BinaryIO | None, drug: str | None, dose: str | None, patient: str) -> list[Json]:
    if order_file is not None and (drug or dose):
        raise BuildError("--order and --drug cannot be used together")
    if order_file is not None:
        body = order_file.read(_ORDER_LIMIT + 1)
        if len(body) > _ORDER_LIMIT:
            raise BuildError("the file of the order is larger than 1 MiB")
        return orders_in(body)
    if bool(drug) != bool(dose):
        raise BuildError("--drug and --dose must be used together")
    return [draft_order(drug, dose, patient)] if drug and dose else []


def _reading_from(server: str, timeout_s: float, settings: Settings) -> Settings:
    """Allow the one server that the command names, for as long as it takes to read a chart."""
    reason = why_not_allowed(server)
    try:
        address = HttpUrl(server)
    except ValidationError:
        reason = reason or "it is not an address"
    if reason:
        fail(f"--fhir-server: {reason}")
    fhir = settings.fhir.model_copy(update={"allowed_servers": [address], "timeout_s": timeout_s})
    return settings.model_copy(update={"fhir": fhir})


def _prefetch(settings: Settings, server: str, patient: str, hook: str) -> tuple[dict[str, Json | None], list[str]]:
    """Read every key that the services of the hook ask for; return the values and the keys that could not be read."""
    templates: dict[str, str] = {}
    for service in SERVICES:
        if service.hook == hook:
            templates |= service.prefetch(Decider(settings).templates)
    queries = {key: own_query(template, quote(patient, safe="")) for key, template in templates.items()}
    token = os.environ.get(TOKEN_VARIABLE)
    asked = HookRequest(
        hook=hook,
        hook_instance="",
        patient_id=patient,
        user_id="",
        selections=(),
        draft_orders={},
        prefetch={},
        fhir_server=server,
        fhir_authorization=FhirAuthorization(token) if token else None,
    )
    access = FhirClient(settings.fhir_limits).access(asked)
    if access is None:
        fail("--fhir-server: it may not be asked")
    return _written(access.fetch(queries), queries)


def _written(answers: Mapping[str, Answer], queries: Mapping[str, str]) -> tuple[dict[str, Json | None], list[str]]:
    """Return the answers as a prefetch, and the keys that have none."""
    prefetch: dict[str, Json | None] = {}
    missing = []
    for key, answer in answers.items():
        if answer.state is PrefetchState.FAILED:
            missing.append(key)
            continue
        try:
            prefetch[key] = as_prefetch(answer, queries[key])
        except Unreadable:
            missing.append(key)
    return prefetch, missing
