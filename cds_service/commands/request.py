"""``her2-cds request``: the CDS Hooks request that an EHR would send, its prefetch filled from a FHIR server."""

from __future__ import annotations

import logging
import os
from typing import TYPE_CHECKING, BinaryIO

import click
from pydantic import HttpUrl, ValidationError

from cds_service.commands.options import config_option, fail, settings_of
from cds_service.decisions.decider import Decider
from cds_service.decisions.request_from_server import HOOKS, UnknownDrugError, known_drug, request_from_chart
from cds_service.ehr.servers import why_not_allowed
from cds_service.telemetry.logs import configure_logs
from fhir_mappings.request.builder import BuildError, draft_order, orders_in, patient_id
from fhir_mappings.wire.exact_json import encode

if TYPE_CHECKING:
    from pathlib import Path

    from cds_service.configuration.settings import Settings
    from fhir_mappings.wire.lenient import Json

TOKEN_VARIABLE = "FHIR_ACCESS_TOKEN"  # noqa: S105 - the name of the variable
_ORDER_LIMIT = 1_048_576
_TIMEOUT_S = 20.0


@click.command("request")
@click.option("--fhir-server", required=True, help="The base URL of the FHIR server to read from.")
@click.option("--patient", required=True, help="The id of the patient.")
@click.option("--order", "order_file", type=click.File("rb"), help="A file with the order, or a Bundle of orders.")
@click.option("--drug", help='The drug by its name, as in "Kadcyla"; with --dose.')
@click.option("--dose", help='The dose, as in "252 mg" or "3.6 mg/kg"; with --drug.')
@click.option("--hook", type=click.Choice(HOOKS), default="order-sign", show_default=True)
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
    key that could not be read is left out and named on standard error, with the reason.

    Exit code: 0 the request is complete, 1 a key is missing, 2 no request: the input cannot be used, or the server
    cannot be reached or has no such patient.
    """
    # The command itself prints what could not be read.
    configure_logs(logging.CRITICAL)
    settings = _reading_from(fhir_server, timeout_s, settings_of(config))
    decider = Decider(settings)
    try:
        identifier = patient_id(patient)
        orders = _orders(order_file, drug, dose, identifier, decider)
        built = request_from_chart(decider, fhir_server, identifier, hook, orders, os.environ.get(TOKEN_VARIABLE))
    except BuildError as error:
        fail(str(error))
    click.echo(encode(built.request))
    for key, why in built.missing.items():
        click.echo(f"{key}: not read from the FHIR server, and left out of the prefetch: {why}", err=True)
    raise SystemExit(bool(built.missing))


def _orders(
    order_file: BinaryIO | None, drug: str | None, dose: str | None, patient: str, decider: Decider
) -> list[Json]:
    if order_file is not None and (drug or dose):
        raise BuildError("--order and --drug cannot be used together")
    if order_file is not None:
        body = order_file.read(_ORDER_LIMIT + 1)
        if len(body) > _ORDER_LIMIT:
            raise BuildError("the file of the order is larger than 1 MiB")
        try:
            return orders_in(body)
        except BuildError as error:
            raise BuildError(f"{order_file.name}: {error}") from None
    if bool(drug) != bool(dose):
        raise BuildError("--drug and --dose must be used together")
    if not (drug and dose):
        return []
    order = draft_order(drug, dose, patient)
    try:
        known_drug(drug, decider)
    except UnknownDrugError as error:
        raise BuildError(f"--drug: {error}; write the order of any other drug to a file, for --order") from None
    return [order]


def _reading_from(server: str, timeout_s: float, settings: Settings) -> Settings:
    """Allow only the server that the command names, with enough time to read a chart."""
    reason = why_not_allowed(server)
    try:
        address = HttpUrl(server)
    except ValidationError:
        reason = reason or "it is not an address"
    if reason:
        fail(f"--fhir-server: {reason}")
    fhir = settings.fhir.model_copy(update={"allowed_servers": [address], "timeout_s": timeout_s})
    return settings.model_copy(update={"fhir": fhir})
