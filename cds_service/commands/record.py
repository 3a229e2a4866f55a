"""The commands for recorded decisions: ``explain`` and ``audit``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.console import Console
from sqlalchemy.exc import SQLAlchemyError

from cds_service.audit.explain import explain as explained
from cds_service.audit.export import as_audit_event, as_row
from cds_service.commands.options import config_option, fail, output_option, settings_of
from cds_service.commands.terminal import print_explanation
from cds_service.commands.window import client_options, of_client, record_options, warn_of_unknown_client
from cds_service.store.database import DatabaseError, address_of, open_engine, upgrade
from cds_service.store.reading import since
from cds_service.store.retention import purge as purge_now
from fhir_mappings.wire.exact_json import encode

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from cds_service.configuration.settings import Settings
    from cds_service.store.selection import Window


@click.command("explain")
@click.argument("identifier")
@output_option("text", "json")
@config_option
def explain(identifier: str, output: str, config: Path | None) -> None:
    """Explain a decision or a card; IDENTIFIER is the id of either."""
    try:
        found = explained(open_record(settings_of(config)), identifier)
    except SQLAlchemyError as error:
        fail(f"the record cannot be read: {type(error).__name__}")
    if found is None:
        fail(f"no decision and no card {identifier!r} on record")
    if output == "json":
        click.echo(encode(found))
    else:
        print_explanation(found, Console(highlight=False))


@click.group()
def audit() -> None:
    """Export recorded decisions, or delete old ones."""


@audit.command("export")
@output_option("ndjson", "fhir")
@record_options
@config_option
def export(*, window: Window, output: str, config: Path | None) -> None:
    """Write decisions to standard output, one JSON object per line: in full, or as FHIR AuditEvents."""
    settings = settings_of(config)
    try:
        engine = open_record(settings)
        warn_of_unknown_client(engine, window.issuer, window.tenant)
        for kept in since(engine, window):
            written = as_row(kept) if output == "ndjson" else as_audit_event(kept, settings.base_url)
            sys.stdout.buffer.write(encode(written) + b"\n")
    except SQLAlchemyError as error:
        fail(f"the record cannot be read: {type(error).__name__}")


@audit.command("purge")
@click.option("--older-than", "days", type=click.IntRange(1, 36500), help="Days; without it, audit.keep_days.")
@client_options
@config_option
def purge(days: int | None, issuer: str | None, tenant: str | None, config: Path | None) -> None:
    """Delete decisions and feedback older than the retention period, for all clients or for one."""
    settings = settings_of(config)
    keep = days if days is not None else settings.audit.keep_days
    if keep is None:
        fail("audit.keep_days is null, so nothing is old; say --older-than DAYS")
    try:
        engine = open_record(settings)
        warn_of_unknown_client(engine, issuer, tenant)
        decisions, feedback = purge_now(engine, keep, issuer=issuer, tenant=tenant)
    except SQLAlchemyError as error:
        fail(f"the record cannot be changed: {type(error).__name__}")
    whose = of_client(issuer, tenant)
    click.echo(f"deleted {decisions} decisions and {feedback} feedback entries{whose} older than {keep} days")


def open_record(settings: Settings, *, may_be_new: bool = False) -> Engine:
    """Open the database, migrated to this version, until the command ends, or exit with what is wrong with it.

    A command that only reads finds nothing in a new file: it was called elsewhere than where the service runs.
    """
    try:
        address = address_of(settings.database)
        file = Path((address.database or "").removeprefix("file:"))
        if address.get_backend_name() == "sqlite" and not may_be_new and not file.exists():
            where = "call this where the service runs, or name its configuration with --config"
            fail(f"{file.absolute()}: there is no database; {where}")
        engine = open_engine(settings.database)
        click.get_current_context().call_on_close(engine.dispose)
        upgrade(engine)
    except DatabaseError as error:
        fail(str(error))
    return engine
