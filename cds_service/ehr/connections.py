"""Connections to FHIR servers: pooled and shared, always verified, and only to checked addresses.

A name is resolved once for each connection; the addresses are checked and one of them is used, so that a second DNS
answer cannot differ. Certificates, SNI and the Host header use the name.
"""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Sequence
from functools import partial
from http.cookiejar import DefaultCookiePolicy
from typing import TYPE_CHECKING, Any

import requests
import structlog
from requests.adapters import HTTPAdapter
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NameResolutionError, NewConnectionError
from urllib3.util.connection import create_connection

from cards.values.caching import lazy
from cds_service.ehr.authorities import tls_context
from cds_service.ehr.pools import Connection, pool_classes
from cds_service.ehr.servers import RefusedAddressError, check_addresses

if TYPE_CHECKING:
    from pathlib import Path

Resolver = Callable[[str, int], Sequence[str]]
"""Returns the addresses of a host; raises OSError if there are none."""
_log = structlog.get_logger()
EXCHANGE_FAILURES = (requests.RequestException, HTTPError, OSError, ValueError)
"""What an exchange may raise: a token that cannot be sent UnicodeError, reading a body urllib3's own errors."""


def resolve(host: str, port: int) -> list[str]:
    """Resolve a host with the machine's resolver."""
    found = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(each[4][0]) for each in found))


class Exchange:
    """One request to a server, which the waiting caller may give up at any time."""

    def __init__(self) -> None:
        """Start without a connection."""
        self._lock = threading.Lock()
        self._connection: Connection | None = None
        self._is_over = False

    def use(self, connection: Connection) -> None:
        """Note the connection in use.

        Raises:
            TimeoutError: nobody waits any more.

        """
        with self._lock:
            if self._is_over:
                raise TimeoutError
            self._connection = connection

    def end(self) -> None:
        """Release the connection, which another exchange may use from now on."""
        with self._lock:
            self._is_over, self._connection = True, None

    def give_up(self) -> None:
        """Wake a thread that still waits for data: a slow server must not hold it."""
        with self._lock:
            self._is_over = True
            sock = self._connection.sock if self._connection is not None else None
            if isinstance(sock, socket.socket):
                try:
                    sock.shutdown(socket.SHUT_RDWR)
                except OSError:
                    _log.debug("fhir_connection_gone")


class FhirConnections:
    """The connections of one service, with a session for each thread."""

    def __init__(self, size: int, ca_bundle: Path | None = None, resolver: Resolver = resolve) -> None:
        """Pool up to ``size`` connections to each server."""
        self._local = threading.local()
        self._ca_bundle = ca_bundle
        self._adapter = partial(_CheckedAdapter, size, resolver, self._in_use)
        self.plain = self._adapter(None)

    def open(self) -> None:
        """Read the certificate authorities now, which a connection would do.

        Raises:
            OSError: they cannot be read.

        """
        _read = self.secure

    @lazy
    def secure(self) -> _CheckedAdapter:
        """The adapter for HTTPS. It has the certificate authorities, which take long to read.

        Raises:
            OSError: they cannot be read.

        """
        return self._adapter(tls_context(self._ca_bundle))

    def _in_use(self, connection: Connection) -> None:
        exchange: Exchange | None = getattr(self._local, "exchange", None)
        if exchange is not None:
            exchange.use(connection)

    def get(self, exchange: Exchange, url: str, headers: dict[str, str], timeout_s: float) -> requests.Response:
        """Request an address without following redirects; the caller reads the body.

        Raises:
            requests.RequestException: the request failed.
            OSError: the certificate authorities cannot be read.

        """
        self._local.exchange = exchange
        session = self._session(is_secure=url[:6].lower() == "https:")
        return session.get(url, headers=headers, timeout=timeout_s, allow_redirects=False, stream=True)

    def _session(self, *, is_secure: bool) -> requests.Session:
        """Return this thread's session: connections can be shared between threads, sessions cannot."""
        name = "secure" if is_secure else "plain"
        session: requests.Session | None = getattr(self._local, name, None)
        if session is None:
            session = requests.Session()
            # The machine's proxy settings and password files must not influence where a token goes.
            session.trust_env = False
            # Cookies from one call, made with one user's token, must not be sent with the next.
            session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
            adapter = self.secure if is_secure else self.plain
            session.mount("https://", adapter)
            session.mount("http://", adapter)
            setattr(self._local, name, session)
        return session


class _CheckedAdapter(HTTPAdapter):
    """An adapter of requests whose connections go to checked addresses and whose certificates are always verified."""

    def __init__(
        self, size: int, resolver: Resolver, in_use: Callable[[Connection], None], context: ssl.SSLContext | None
    ) -> None:
        self._context = context
        self._pools = pool_classes(in_use, lambda connection, _: _connected(connection, resolver, in_use))
        super().__init__(pool_connections=size, pool_maxsize=size)

    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **more: Any) -> None:  # noqa: FBT001, FBT002 - the signature of requests
        super().init_poolmanager(
            connections, maxsize, block, ssl_context=self._context, cert_reqs=ssl.CERT_REQUIRED, **more
        )
        self.poolmanager.pool_classes_by_scheme = self._pools

    def build_connection_pool_key_attributes(
        self, request: requests.PreparedRequest, verify: Any, cert: Any = None
    ) -> tuple[Any, Any]:
        """Leave verification to the shared TLS context, so that no request can weaken it."""
        host, _ = super().build_connection_pool_key_attributes(request, verify, cert)
        return host, {}

    def cert_verify(self, conn: Any, url: Any, verify: Any, cert: Any) -> None:
        """Do nothing: otherwise the authorities would be read from disk for every connection."""


def _connected(connection: Connection, resolver: Resolver, in_use: Callable[[Connection], None]) -> socket.socket:
    """Connect to the first of the host's addresses that answers, once all of them have been checked."""
    host, port = connection._dns_host, connection.port or connection.default_port  # noqa: SLF001 - with its last dot
    try:
        addresses = resolver(host, port)
        check_addresses(host, addresses)
    except RefusedAddressError as error:
        _log.warning("fhir_address_refused", kind=error.kind)
        raise NewConnectionError(connection, "the address is never asked") from error
    except socket.gaierror as error:
        raise NameResolutionError(connection.host, connection, error) from error
    except OSError as error:
        raise NewConnectionError(connection, "the name could not be resolved") from error
    in_use(connection)
    total = connection.timeout if isinstance(connection.timeout, int | float) else None
    failure: OSError | None = None
    for address in addresses:
        # One unreachable address must not use up the time for the others.
        share = total / len(addresses) if total is not None else None
        try:
            return create_connection((address, port), share, socket_options=connection.socket_options)
        except OSError as error:
            failure = error
    if isinstance(failure, TimeoutError):
        raise ConnectTimeoutError(connection, "the connection took too long") from failure
    raise NewConnectionError(connection, "no connection") from failure
