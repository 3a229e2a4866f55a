"""Which FHIR servers may be read, and at which IP addresses: some are never allowed.

A server is named by its base URL. An allowed name may resolve to a private address, as is usual inside a hospital, but
never to a link-local, metadata, unspecified, multicast or reserved one, and to loopback only if the name itself says
so. If any of its addresses is not allowed, the name is refused.
"""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Address = IPv4Address | IPv6Address
_LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})
# Characters that URL parsers and HTTP clients may interpret differently.
_PLAIN_URL = re.compile(r"[!-\[\]-~]+")
# Cloud metadata services, which hand out machine credentials, outside the link-local range.
_METADATA = frozenset(
    ip_address(written)
    for written in ("fd00:ec2::254", "fd20:ce::254", "100.100.100.200", "168.63.129.16", "192.0.0.192")
)
# Ranges reserved by the special-address registries (IANA, RFC 6890), where no hospital server can be. 100.64.0.0/10
# is not included because clusters use it for their pods.
_SPECIAL = tuple(
    ip_network(written)
    for written in (
        "192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24",
        "192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "240.0.0.0/4",
        "64:ff9b:1::/48", "100::/63", "2001::/23", "2001:db8::/32", "2620:4f:8000::/48", "3fff::/20", "5f00::/16",
        "fec0::/10",
    )
)  # fmt: skip
_NAT64 = IPv6Network("64:ff9b::/96")
_IPV4_BITS = 32
_DECODINGS = 4
_STEPS = re.compile(r"[/\\]")


class RefusedAddressError(OSError):
    """A name resolves to an address that is never allowed; only its ``kind`` is revealed."""

    def __init__(self, kind: str) -> None:
        """Keep the kind of the address."""
        super().__init__(kind)
        self.kind = kind


class FhirServers:
    """The servers that may be read."""

    def __init__(self, allowed: Iterable[str], *, loopback_only: bool) -> None:
        """Take the allowed base URLs; ``loopback_only`` counts when there are none."""
        self._allowed = [parts(url) for url in allowed]
        self._loopback_only = loopback_only and not self._allowed

    @property
    def any_secure(self) -> bool:
        """Whether one of the allowed servers is asked over HTTPS."""
        return any(base[0] == "https" for base in self._allowed)

    def allows(self, url: str) -> bool:
        """Return whether a base URL is allowed."""
        if not is_base_url(url):
            return False
        found = parts(url)
        if self._loopback_only:
            return found[1] in _LOOPBACK_NAMES
        return any(found[:3] == base[:3] and is_below(found[3], base[3]) for base in self._allowed)


def is_base_url(url: str) -> bool:
    """Return whether a text is the http or https address of a server: no user, query, fragment, blank or way up."""
    try:
        path = parts(url)[3]
    except ValueError:
        return False
    return "?" not in url and "#" not in url and is_plain_path(path)


def why_not_allowed(url: str) -> str:
    """Return why a base URL cannot be allowed; empty if it can."""
    try:
        _, host, _, path = parts(url)
    except ValueError:
        return "a base URL has a scheme, a host and a path, and no user, as in https://ehr.example.org/fhir"
    if "?" in url or "#" in url or not is_below(path, ""):
        return "a base URL has no query, no fragment and no way up"
    kind = kind_of(host)
    return "" if kind in ("", "loopback", "no address") else f"{kind} addresses are never asked"


def is_same_server(url: str, base: str) -> bool:
    """Return whether an address is on the same server as a base URL, and below it."""
    try:
        page, own = parts(url), parts(base)
    except ValueError:
        return False
    return page[:3] == own[:3] and is_below(page[3], own[3])


def parts(url: str) -> tuple[str, str, int, str]:
    """Split an address into scheme, host, port and path.

    Raises:
        ValueError: it has no host, a user, an invalid port, or an invalid character.

    """
    split = urlsplit(url)
    host = split.hostname if _PLAIN_URL.fullmatch(url) and split.username is None else None
    if not host or split.scheme not in ("http", "https"):
        raise ValueError("no plain http address")
    port = split.port or {"http": 80, "https": 443}[split.scheme]
    return split.scheme, host.lower(), port, split.path.rstrip("/")


def is_below(path: str, base: str) -> bool:
    """Return whether a path is at or below another, without climbing out of it."""
    return (path == base or path.startswith(f"{base}/")) and is_plain_path(path)


def is_plain_path(path: str) -> bool:
    """Return whether every server reads a path the same way: no ".", ".." or empty segment, however encoded.

    Some servers drop what follows a semicolon ("..;x"), some decode twice, some treat a backslash as a slash.
    """
    for _ in range(_DECODINGS):
        steps = [step.partition(";")[0] for step in _STEPS.split(path)[1:]]
        if any(step in ("", ".", "..") for step in steps) or not path.isprintable():
            return False
        decoded = unquote(path)
        if decoded == path:
            return True
        path = decoded
    return False


def check_addresses(host: str, addresses: Sequence[str]) -> None:
    """Check the addresses that the name of an allowed server resolves to.

    Raises:
        RefusedAddressError: the host has no address, or one of them is never allowed.

    """
    if not addresses:
        raise RefusedAddressError("none")
    wants_loopback = _is_loopback_name(host)
    for written in addresses:
        kind = kind_of(written)
        if kind == "loopback" and wants_loopback:
            continue
        if kind or wants_loopback:
            raise RefusedAddressError(kind or "not loopback")


def is_loopback_host(host: str) -> bool:
    """Return whether a host name or address is this machine only."""
    return _is_loopback_name(host)


def _is_loopback_name(host: str) -> bool:
    bare = host.strip("[]").rstrip(".").lower()
    return bare == "localhost" or bare.endswith(".localhost") or kind_of(bare) == "loopback"


def kind_of(written: str) -> str:
    """Return the kind of an address that needs special treatment; empty for any other."""
    try:
        address = _innermost(ip_address(written.partition("%")[0]))
    except ValueError:
        return "no address"
    if address.is_loopback:
        return "loopback"
    if address in _METADATA:
        return "metadata"
    if any(address in network for network in _SPECIAL if network.version == address.version):
        return "reserved"
    kinds = {
        "unspecified": address.is_unspecified or (address.version == 4 and int(address) >> 24 == 0),  # noqa: PLR2004
        "link-local": address.is_link_local,
        "multicast": address.is_multicast,
        "reserved": address.is_reserved,
    }
    return next((kind for kind, holds in kinds.items() if holds), "")


def _innermost(address: Address) -> Address:
    """Return the IPv4 address embedded in an IPv6 one, if any."""
    if isinstance(address, IPv4Address):
        return address
    if address in _NAT64:
        return IPv4Address(int(address) & (2**_IPV4_BITS - 1))
    return address.ipv4_mapped or address.sixtofour or address
