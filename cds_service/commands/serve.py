"""``her2-cds serve``: the service, with one or more workers."""

from __future__ import annotations

import atexit
import gc
import json
import os
import secrets
import shutil
import socket
import ssl
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click
import structlog
from granian.constants import HTTPModes, Interfaces, SSLProtocols
from granian.http import HTTP1Settings

from cds_service import __version__
from cds_service.auth.authentication import open_replay_store, store_kind
from cds_service.auth.used_tokens import ReplayStoreError
from cds_service.commands.deciding import decider_of
from cds_service.commands.options import FILE, config_option, fail
from cds_service.configuration.auth_settings import AUTHENTICATION_IS_OFF
from cds_service.configuration.environment import CONFIG_VARIABLE, ENV_PREFIX, LISTENING_AT, STAYS_REQUIRED
from cds_service.ehr.servers import is_loopback_host
from cds_service.protocol.services import SERVICES
from cds_service.server import Server, allow_many_connections
from cds_service.store.database import DatabaseError, DatabaseNewerError, open_engine, upgrade
from cds_service.telemetry.logs import OF_LIBRARIES, configure_logs

if TYPE_CHECKING:
    from cds_service.configuration.settings import Settings

_IDLE_MS = 75_000
_PEM_LIMIT = 1_048_576
_BACKLOG, _CONNECTIONS, _THREADS = 4096, 30_000, 256
# Not imported from ``metrics``, which must not be loaded before the variable is set.
MULTIPROCESS_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
SERVER_VARIABLE = "HER2CDS_SERVER_PID"
_PATIENT_KEY = f"{ENV_PREFIX}AUDIT__PATIENT_KEY"
_COOKIE_KEYS = (f"{ENV_PREFIX}SMART__COOKIE_KEY", f"{ENV_PREFIX}WORKBENCH__COOKIE_KEY")


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8080, show_default=True, type=click.IntRange(1, 65535))
@click.option("--workers", default=1, show_default=True, type=click.IntRange(1, 64))
@click.option("--tls-certificate", type=FILE, help="Serve HTTPS with this certificate chain (PEM).")
@click.option("--tls-key", type=FILE, help="The key of the certificate (PEM, not encrypted).")
@click.option("--insecure", is_flag=True, help="Allow a --host other than loopback although authentication is off.")
@config_option
def serve(  # noqa: PLR0913 - one for each option
    host: str,
    port: int,
    workers: int,
    tls_certificate: Path | None,
    tls_key: Path | None,
    config: Path | None,
    *,
    insecure: bool,
) -> None:
    """Run the service."""
    # What is loaded stays, and then this process only watches the workers. A worker turns garbage collection on again
    # when it is set up.
    gc.disable()
    configure_logs()
    decider = decider_of(config)
    _must_be_private(host, decider.settings, insecure=insecure)
    _must_be_free(host, port)
    _warn(decider.settings)
    _must_be_usable(tls_certificate, tls_key)
    _prepare(decider.settings)
    _prepare_authentication(decider.settings, workers)
    if config is not None:
        os.environ[CONFIG_VARIABLE] = str(config.resolve())
    os.environ[LISTENING_AT] = address = _address(host, port, is_tls=tls_certificate is not None)
    _announce(address, decider.settings)
    _share_metrics(workers)
    os.environ[SERVER_VARIABLE] = str(os.getpid())
    decider.fhir.open()
    _preload(decider.settings, workers)
    allow_many_connections()
    Server(
        "cds_service.wsgi:application",
        factory=True,
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        http=HTTPModes.http1,
        # Proxies keep idle connections for up to a minute, and the proxy must be the side that closes first.
        http1_settings=HTTP1Settings(header_read_timeout=_IDLE_MS),
        workers=workers,
        websockets=False,
        # Idle connections wait in parallel with the others, not ahead of them.
        backlog=_BACKLOG,
        backpressure=_CONNECTIONS,
        # Threads wait for a FHIR server or a slow client; one that never answers must not delay a stop (ADR 3).
        # `admission` limits how many calls are processed at a time.
        blocking_threads=_THREADS,
        workers_kill_timeout=10,
        log_access=False,
        log_dictconfig=OF_LIBRARIES,
        ssl_cert=tls_certificate,
        ssl_key=tls_key,
        ssl_protocol_min=SSLProtocols.tls12,
    ).serve()


def _address(host: str, port: int, *, is_tls: bool) -> str:
    """Write the address that callers on this machine use; a wildcard such as 0.0.0.0 becomes loopback."""
    named = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - read, not listened on
    return f"{'https' if is_tls else 'http'}://{f'[{named}]' if ':' in named else named}:{port}"


def _announce(address: str, settings: Settings) -> None:
    """Print the addresses: line by line at a terminal, otherwise as one line of JSON like the rest of the log."""
    workbench = ["/workbench"] if settings.workbench.sign_in != "off" else []
    paths = ("/", *workbench, "/cds-services", "/health/ready", "/metrics")
    if sys.stdout.isatty():
        click.echo(f"her2-cds {__version__}")
        for path in paths:
            click.echo(f"  {address}{path}")
        for service in SERVICES:
            click.echo(f"  {address}/cds-services/{service.id}  ({service.hook})")
    else:
        said = {
            "event": "serving",
            "version": __version__,
            "addresses": [f"{address}{path}" for path in paths],
            "services": {f"{address}/cds-services/{service.id}": service.hook for service in SERVICES},
            "level": "info",
            "timestamp": datetime.now(UTC).isoformat().replace("+00:00", "Z"),
        }
        click.echo(json.dumps(said))
    sys.stdout.flush()


def _warn(settings: Settings) -> None:
    """Log a warning for each setting that is meant only for trials."""
    log = structlog.get_logger()
    if settings.auth.mode == "off":
        log.warning("authentication_is_off", meaning=AUTHENTICATION_IS_OFF)
    if settings.audit.patient == "hashed" and settings.audit.patient_key is None:
        log.warning(
            "no_patient_key",
            meaning=f"{_PATIENT_KEY} is not set; decisions of different starts about one patient cannot be linked",
        )


def _prepare(settings: Settings) -> None:
    """Create the tables, and set up what the workers must share."""
    try:
        engine = open_engine(settings.database)
    except DatabaseError as error:
        fail(str(error))
    try:
        upgrade(engine)
    except DatabaseNewerError as error:
        fail(str(error))
    except DatabaseError as error:
        if engine.dialect.name == "sqlite":
            fail(str(error))
        # The database may start later than the service; until then cards are shown and their records wait.
        structlog.get_logger().error("database_not_reached", problem=str(error), meaning="tried again while serving")
    # The workers are forked from this process and must not share its connections.
    engine.dispose()
    os.environ.setdefault(_PATIENT_KEY, secrets.token_hex(32))
    for name in _COOKIE_KEYS:
        os.environ.setdefault(name, secrets.token_hex(32))


def _share_metrics(workers: int) -> None:
    """Set the folder in which workers combine their metrics, before any of them loads the metrics module."""
    if workers > 1 and MULTIPROCESS_VARIABLE not in os.environ:
        folder = tempfile.mkdtemp(prefix="her2-cds-metrics-")
        atexit.register(_remove, folder, os.getpid())
        os.environ[MULTIPROCESS_VARIABLE] = folder


def _preload(settings: Settings, workers: int) -> None:
    """Load the application before the workers are forked, and after the metrics folder was set."""
    from cds_service.wsgi import preload  # noqa: PLC0415

    preload(settings, workers)


def _remove(folder: str, owner: int) -> None:
    """Remove the folder, unless this is a worker: exit handlers also run in forked processes."""
    if os.getpid() == owner:
        shutil.rmtree(folder, ignore_errors=True)


def _must_be_private(host: str, settings: Settings, *, insecure: bool) -> None:
    """Refuse to serve a network without authentication, unless --insecure asks for it."""
    if settings.auth.mode == "off" and not insecure and not is_loopback_host(host):
        fail(
            f"--host {host}: authentication is off (auth.mode), and others could call; say --insecure if that is meant"
        )


def _must_be_usable(certificate: Path | None, key: Path | None) -> None:
    """Refuse a certificate and key that do not match, at the start rather than at the first connection."""
    if certificate is None and key is None:
        return
    if certificate is None or key is None:
        fail("--tls-certificate and --tls-key go together")
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key, password="")
    except (ssl.SSLError, OSError) as error:
        for path, what in ((certificate, "CERTIFICATE"), (key, "PRIVATE KEY")):
            if not _holds_pem(path, what):
                fail(f"{path}: holds no {what.lower()} in PEM")
        fail(f"{certificate} and {key} cannot be used for TLS: {getattr(error, 'reason', None) or error}")


def _holds_pem(path: Path, what: str) -> bool:
    """Return whether a file has a PEM section of this kind; whether the section is sound, only the TLS library says."""
    try:
        return f"{what}-----".encode() in path.read_bytes()[:_PEM_LIMIT]
    except OSError:
        return False


def _prepare_authentication(settings: Settings, workers: int) -> None:
    """Make sure that a token used at one worker is known to the others.

    Done even without authentication, which may be turned on while the workers run.
    """
    if settings.auth.mode == "required":
        os.environ[STAYS_REQUIRED] = "1"
    kind = store_kind(settings)
    if workers > 1 and settings.auth.replay_store == "memory":
        fail("auth.replay_store: the memory of one worker is not known to another; use database or redis")
    if workers > 1 and settings.auth.replay_store == "auto":
        os.environ[f"{ENV_PREFIX}AUTH__REPLAY_STORE"] = kind = "database" if kind == "memory" else kind
    if settings.auth.mode == "off" or kind == "database":
        return
    try:
        store = open_replay_store(settings)
        store.check()
    except ReplayStoreError as error:
        fail(str(error))
    store.close()


def _must_be_free(host: str, port: int) -> None:
    """Refuse an address already in use: the server would share it, and each process would get some of the calls."""
    try:
        socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET).close()
    except socket.gaierror as error:
        fail(f"{host}:{port} cannot be listened on: {error.strerror}")
    except OSError as error:
        # Its own text repeats the address.
        fail(f"{host}:{port} cannot be listened on: {os.strerror(error.errno or 0)}")
