"""``her2-cds check``: the cards of one request from a file."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import BinaryIO

import click

from cds_service.commands.deciding import decider_of, with_settings
from cds_service.commands.options import client_of, client_options, config_option, fail, output_option
from cds_service.decisions.circumstances import profile_of
from cds_service.decisions.data_access import DataMissing
from cds_service.protocol.services import BY_ID, SERVICES
from cds_service.telemetry.logs import configure_logs
from fhir_mappings.request.hook_request import BadRequest, read_request
from fhir_mappings.wire.exact_json import Unreadable, decode_sent, encode
from fhir_mappings.wire.json_place import json_problem

NO_CARDS, CARDS = 0, 1


@click.command()
@click.argument("request_file", type=click.File("rb"))
@config_option
@click.option(
    "--service", type=click.Choice([service.id for service in SERVICES]), help="By default the service of the hook."
)
@client_options
@output_option("text", "json")
def check(
    request_file: BinaryIO,
    config: Path | None,
    service: str | None,
    issuer: str | None,
    tenant: str | None,
    output: str,
) -> None:
    """Answer one CDS Hooks request from a file (or - for standard input) and print its cards.

    A profile applies if it matches the service, the user and the encounter in the request, and the client given by
    --issuer and --tenant.

    Exit code: 0 no cards, 1 cards, 2 the input cannot be used.
    """
    configure_logs()
    decider = decider_of(config)
    body = request_file.read()
    try:
        asked = BY_ID[service] if service else None
        sent = read_request(body, asked.hook if asked else _hook_of(body))
        named = asked or next(each for each in SERVICES if each.hook == sent.hook)
        settings = decider.settings.as_called_by(client_of(issuer, tenant))
        decider = with_settings(decider, profile_of(settings, named.id, sent, decider))
        decision = decider.decide(sent, coverage=asked is not None and asked.coverage)
    except BadRequest as error:
        fail("\n".join(f"{request_file.name}: {each.message}" for each in (error, *error.others)))
    except DataMissing as error:
        fail(f"{request_file.name}: neither in the prefetch nor on a FHIR server that may be read: {error}")
    if output == "json":
        written = decider.crd and asked is not None and asked.coverage
        click.echo(encode({"cards": decision.cards, **({"systemActions": decision.actions} if written else {})}))
    else:
        from rich.console import Console  # noqa: PLC0415 - needed only for output to a terminal

        from cds_service.commands.terminal import print_decision  # noqa: PLC0415

        if decider.settings.profile is not None:
            click.echo(f"Profile: {decider.settings.profile}")
        print_decision(decision, decider.policy, Console(highlight=False))
    sys.exit(CARDS if decision.cards else NO_CARDS)


def _hook_of(body: bytes) -> str:
    """Return the hook of a request; it must be one that a service supports."""
    try:
        request = decode_sent(body)
    except Unreadable:
        raise BadRequest("not-json", f"the file cannot be read: {json_problem(body)}") from None
    if not isinstance(request, dict):
        raise BadRequest("not-an-object", "the file must hold one JSON object, a CDS Hooks request")
    if "hook" not in request and (kind := request.get("resourceType")):
        told = f"this is a FHIR {kind}, not a CDS Hooks request; her2-cds request --order FILE builds one"
        raise BadRequest("hook-mismatch", told, "hook")
    hook = request.get("hook")
    known = list(dict.fromkeys(service.hook for service in SERVICES))
    if hook not in known:
        raise BadRequest("hook-mismatch", f"hook must be one of {', '.join(known)}", "hook")
    return str(hook)
