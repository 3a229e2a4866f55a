"""The command line: ``her2-cds serve``, ``check`` and ``config``."""

from __future__ import annotations

import json
import os
import socket
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO, NoReturn

import click
import structlog
from granian import Granian
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from rich.console import Console

from cds_service import __version__, examples
from cds_service.coverage_files import CoverageFileError, prices_in_scope, read_price_file
from cds_service.decide import DataMissing, Decider
from cds_service.logs import configure_logs
from cds_service.services import BY_ID, SERVICES
from cds_service.settings import ConfigurationError, json_schema, load_settings
from cds_service.terminal import print_cards
from cds_service.wsgi import CONFIG_VARIABLE
from fhir_mappings.codings import CodeMapError
from fhir_mappings.hook_request import BadRequest, read_request
from fhir_mappings.wire import encode

_IDLE_MS = 75_000
NO_CARDS, CARDS, BAD_INPUT = 0, 1, 2
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_config_option = click.option("--config", "config", type=_FILE, envvar=CONFIG_VARIABLE, help="The configuration file.")


@click.group()
@click.version_option(__version__, prog_name="her2-cds")
def main() -> None:
    """Decision support for orders of HER2-targeted cancer drugs, over CDS Hooks and FHIR R4."""


@main.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8080, show_default=True, type=click.IntRange(1, 65535))
@click.option("--workers", default=1, show_default=True, type=click.IntRange(1, 64))
@_config_option
def serve(host: str, port: int, workers: int, config: Path | None) -> None:
    """Run the service."""
    configure_logs()
    decider = _decider(config)
    if decider.settings.auth.mode == "off":
        structlog.get_logger().warning(
            "authentication_is_off", meaning="anybody who reaches this address may call; keep it on a private network"
        )
    if config is not None:
        os.environ[CONFIG_VARIABLE] = str(config.resolve())
    _must_be_free(host, port)
    address = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
    click.echo(f"her2-cds {__version__}")
    for path in ("/", "/cds-services", "/health/ready"):
        click.echo(f"  {address}{path}")
    for service in SERVICES:
        click.echo(f"  {address}/cds-services/{service.id}  ({service.hook})")
    sys.stdout.flush()
    Granian(
        "cds_service.wsgi:application",
        factory=True,
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        http=HTTPModes.http1,
        # Proxies keep idle connections for up to a minute; the side that closes first must be theirs.
        http1_settings=HTTP1Settings(header_read_timeout=_IDLE_MS),
        workers=workers,
        websockets=False,
        # Threads wait for a FHIR server or a slow client; one that never answers must not hold up a stop (ADR 3).
        blocking_threads=16,
        workers_kill_timeout=10,
        log_access=False,
    ).serve()


@main.command()
@click.argument("request_file", type=click.File("rb"))
@_config_option
@click.option("--service", type=click.Choice([service.id for service in SERVICES]), help="By default that of the hook.")
@click.option("--format", "output", type=click.Choice(["text", "json"]), default="text", show_default=True)
def check(request_file: BinaryIO, config: Path | None, service: str | None, output: str) -> None:
    """Answer one CDS Hooks request from a file (or - for standard input) and print its cards.

    Exit code: 0 no cards, 1 cards, 2 the input cannot be used.
    """
    configure_logs()
    decider = _decider(config)
    body = request_file.read()
    try:
        asked = BY_ID[service] if service else None
        request = read_request(body, asked.hook if asked else _hook_of(body))
        decision = decider.decide(request, coverage=asked is not None and asked.coverage)
    except BadRequest as error:
        _fail(f"{request_file.name}: {error.message}")
    except DataMissing as error:
        _fail(f"{request_file.name}: the prefetch lacks {error}, and no FHIR server that may be read is named")
    if output == "json":
        click.echo(encode({"cards": decision.cards}))
    else:
        print_cards(decision.cards, Console(highlight=False))
    sys.exit(CARDS if decision.cards else NO_CARDS)


@main.command()
@click.argument("name", required=False)
def example(name: str | None) -> None:
    """Print a request of examples/ as if it were sent today; without a name, list them."""
    if name is None:
        click.echo("\n".join(examples.names()))
        return
    try:
        click.echo(examples.example(name, datetime.now(UTC).date()))
    except LookupError:
        _fail(f"no example {name!r}; there are {', '.join(examples.names())}")


@main.group()
def config() -> None:
    """Look after configuration files."""


@config.command("check")
@click.argument("file", type=_FILE)
def config_check(file: Path) -> None:
    """Validate a configuration file; every problem is told with its line."""
    _decider(file)
    click.echo(f"{file}: valid")


@config.command("schema")
def config_schema() -> None:
    """Print the JSON Schema of the configuration, for editors."""
    click.echo(json.dumps(json_schema(), indent=2))


@main.group()
def asp() -> None:
    """Take in the CMS pricing file for Part B drugs, quarter by quarter."""


@asp.command("import")
@click.argument("file", type=_FILE)
@click.option(
    "--output", type=click.Path(dir_okay=False, path_type=Path), help="Where to write; by default asp-YYYY-QN.csv here."
)
def asp_import(file: Path, output: Path | None) -> None:
    """Read the CSV or ZIP that CMS publishes, and write the payment limits of the drugs in scope to a small file.

    Name that file as coverage.asp_file in the configuration; the CMS file itself will do as well.
    """
    try:
        prices = read_price_file(file)
    except CoverageFileError as error:
        _fail(str(error))
    written, lacking = prices_in_scope(prices)
    output = output or Path(f"asp-{prices.quarter.replace(' ', '-')}.csv")
    try:
        output.write_text(written, encoding="utf-8")
    except OSError as error:
        _fail(f"{output}: cannot be written ({error.strerror})")
    click.echo(f"{prices.quarter}: {prices.since} to {prices.until}")
    click.echo(written.partition("\n\n")[2].rstrip())
    if lacking:
        click.echo(f"not in the file: {', '.join(lacking)}")
    click.echo(f"written to {output}; put it into the configuration:\ncoverage:\n  asp_file: {output}")


def _decider(path: Path | None) -> Decider:
    try:
        return Decider(load_settings(path))
    except ConfigurationError as error:
        _fail("\n".join(error.problems))
    except CodeMapError as error:
        _fail(f"site.code_maps: {error}")
    except CoverageFileError as error:
        _fail(f"coverage: {error}")


def _must_be_free(host: str, port: int) -> None:
    """Refuse an address where something listens: the server would share it, and each would get some of the calls."""
    try:
        socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET).close()
    except OSError as error:
        _fail(f"{host}:{port} cannot be listened on: {error.strerror}")


def _hook_of(body: bytes) -> str:
    """Give the hook that a request names, if one of the services answers it."""
    try:
        request: Any = json.loads(body)
    except (ValueError, RecursionError):
        raise BadRequest("not-json", "the file is no JSON that can be read") from None
    hook = request.get("hook") if isinstance(request, dict) else None
    known = [service.hook for service in SERVICES]
    if hook not in known:
        raise BadRequest("hook-mismatch", f"hook must be one of {', '.join(known)}", "hook")
    return str(hook)


def _fail(message: str) -> NoReturn:
    click.echo(message, err=True)
    sys.exit(BAD_INPUT)
