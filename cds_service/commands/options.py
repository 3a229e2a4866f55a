"""What commands share: options, and how they exit on unusable input."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn, TypeVar

import click

from cds_service.configuration.environment import CONFIG_VARIABLE
from cds_service.configuration.layers import ConfigurationError
from cds_service.configuration.loading import load_settings
from cds_service.protocol.caller import Caller

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from cds_service.configuration.settings import Settings

C = TypeVar("C", bound="Callable[..., Any]")
BAD_INPUT = 2
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
config_option = click.option("--config", "config", type=FILE, envvar=CONFIG_VARIABLE, help="The configuration file.")
_issuer = click.option("--issuer", help="Use the profiles for the client whose tokens have this 'iss'.")
_tenant = click.option("--tenant", help="Use the profiles for this 'tenant' too.")


def output_option(*formats: str) -> Callable[[C], C]:
    """Add ``--format``, passed as ``output``; the first format is the default."""
    return click.option("--format", "output", type=click.Choice(formats), default=formats[0], show_default=True)


moment = click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"])


def settings_of(path: Path | None, *, whole: bool = True) -> Settings:
    """Read the configuration, or exit with what is wrong with it.

    A ``whole`` one is what a service could run with; one that is only compared need not say who may call.
    """
    try:
        return load_settings(path, serving=whole)
    except ConfigurationError as error:
        fail("\n".join(error.problems))


def client_options(command: C) -> C:
    """Add the options that name a client."""
    return _issuer(_tenant(command))


def client_of(issuer: str | None, tenant: str | None) -> Caller | None:
    """Return the client of these options; without an issuer, nobody's."""
    return Caller(issuer or "", tenant) if issuer or tenant else None


def utc(given: datetime | None) -> datetime | None:
    """Interpret a time from the command line as UTC."""
    return given.replace(tzinfo=UTC) if given is not None else None


def fail(message: str) -> NoReturn:
    """Exit with a message and the code for bad input."""
    click.echo(message, err=True)
    sys.exit(BAD_INPUT)
