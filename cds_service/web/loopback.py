"""Recognizes callers on this machine."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from flask import request

# Headers that proxies add to a request.
_FORWARDED = frozenset(
    ("forwarded", "via", "cdn-loop", "front-end-https", "proxy-connection", "x-host", "x-scheme", "x-varnish")
)
_FORWARDED_KINDS = ("x-forwarded", "x-original-", "cf-", "x-envoy-", "x-amzn-", "x-arr-", "x-azure-", "fastly-")
_ADDRESS = "-ip"
"""The end of the names under which proxies pass on the address of the caller: ``X-Real-IP``, ``True-Client-IP``."""
_OF_PROXIES = ("HTTP/1.0", "HTTP/1")
"""What nginx speaks to a service unless told otherwise, under the service's own name and without another header."""


def is_on_this_machine() -> bool:
    """Return whether the caller is on this machine and used one of its names.

    Behind a proxy every caller seems to be local, so forwarded requests do not count. A browser that was led here by
    DNS rebinding sends a foreign Host.
    """
    if request.environ.get("SERVER_PROTOCOL") in _OF_PROXIES or any(
        _is_of_proxy(name.lower()) for name, _ in request.headers
    ):
        return False
    return _is_loopback(request.remote_addr or "") and _names_this_machine(request.host)


def _is_of_proxy(header: str) -> bool:
    return header in _FORWARDED or header.startswith(_FORWARDED_KINDS) or header.endswith(_ADDRESS)


def _names_this_machine(host: str) -> bool:
    try:
        name = urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return False
    return name == "localhost" or _is_loopback(name)


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False
