"""The options that select the decisions for a report."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import click

from cds_service.commands.options import moment, utc
from cds_service.learning.judgments import services_on_record
from cds_service.protocol.services import BY_ID
from cds_service.store.selection import MOST_NAMES, Window, issuers_on_record, tenants_on_record

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Engine

_ALL = "all"
_TIME = (
    click.option("--from", "begin", type=moment, help="From this time on (UTC)."),
    click.option("--to", "end", type=moment, help="Before this time (UTC)."),
)
_CLIENT = (
    click.option("--issuer", help="Only calls of this client ('iss' of its tokens); '': calls without a token."),
    click.option("--tenant", help="Only calls of this tenant; '': calls without one."),
)
Command = Callable[..., None]


def _service(default: str, says: str) -> Callable[[Command], Command]:
    choices = click.Choice([*BY_ID, _ALL])
    return click.option("--service", type=choices, default=default, show_default=True, help=says)


_OF_ONE_SERVICE = (
    *_TIME,
    _service("her2-order-sign", "The service whose decisions count; at selection one order may be judged many times."),
    *_CLIENT,
)
_OF_ONE_SERVICE_AT_ANY_TIME = _OF_ONE_SERVICE[len(_TIME) :]
_OF_ALL = (*_TIME, _service(_ALL, "Decisions of this service alone."), *_CLIENT)


def window_options(command: Command) -> Command:
    """Add the options for a window of one service; the command gets them as one ``window``."""
    return _with(_OF_ONE_SERVICE, _taking_window(command))


def record_options(command: Command) -> Command:
    """Add the same options for all services, unless one is named."""
    return _with(_OF_ALL, _taking_window(command))


def one_service_options(command: Command) -> Command:
    """Add the options for a window whose dates come from elsewhere."""
    return _with(_OF_ONE_SERVICE_AT_ANY_TIME, _taking_window(command))


def client_options(command: Command) -> Command:
    """Add the options ``issuer`` and ``tenant``."""
    return _with(_CLIENT, command)


def _taking_window(command: Command) -> Command:
    @functools.wraps(command)
    def with_window(
        *,
        service: str,
        issuer: str | None,
        tenant: str | None,
        begin: datetime | None = None,
        end: datetime | None = None,
        **others: Any,
    ) -> None:
        if begin is not None and end is not None and begin >= end:
            raise click.BadParameter(f"{end} is not after --from {begin}", param_hint="--to")
        of_service = None if service == _ALL else service
        command(window=Window(utc(begin), utc(end), of_service, issuer, tenant), **others)

    return with_window


def _with(options: Sequence[Callable[[Command], Command]], command: Command) -> Command:
    for option in reversed(options):
        command = option(command)
    return command


def of_client(issuer: str | None, tenant: str | None) -> str:
    """Return " of" the client and tenant, with a leading space; empty for all clients."""
    named = (("issuer", issuer, "client without a token"), ("tenant", tenant, "no tenant"))
    said = [f"{what} {name}" if name else without for what, name, without in named if name is not None]
    return f" of {' and '.join(said)}" if said else ""


def warn_of_unknown_client(engine: Engine, issuer: str | None, tenant: str | None) -> None:
    """Say on standard error that a client or tenant that was named is not on record: it may be misspelled."""
    for what, name, names in (("issuer", issuer, issuers_on_record), ("tenant", tenant, tenants_on_record)):
        if name and name not in (known := names(engine)) and len(known) < MOST_NAMES:
            click.echo(f"no {what} {name!r} on record; there are {', '.join(known) or 'none'}", err=True)


def nothing_on_record(engine: Engine, window: Window) -> str:
    """Say that there is nothing to report, and what to select instead."""
    asked = f"{window.service or 'any service'}{of_client(window.issuer, window.tenant)}"
    there_is = ", ".join(f"{count} of {name}" for name, count in services_on_record(engine).items()) or "none"
    said = [f"no decisions of {asked} to report on (on record: {there_is}; see --service)"]
    for what, name, names in (
        ("issuers", window.issuer, issuers_on_record),
        ("tenants", window.tenant, tenants_on_record),
    ):
        if name is not None:
            said.append(f"{what} on record: {', '.join(names(engine)) or 'none'}")
    return "\n".join(said)
