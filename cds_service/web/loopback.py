"""Recognizes callers on this machine."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from flask import request

# Headers that proxies add to a request.
_FORWARDED = ("forwarded", "via", "x-real-ip", "x-client-ip", "x-cluster-client-ip", "true-client-ip", "cdn-loop")
_FORWARDED_KINDS = ("x-forwarded", "x-original-", "cf-", "x-envoy-", "x-amzn-")


def is_on_this_machine() -> bool:
    """Return whether the caller is on this machine and used one of its names.

    Behind a proxy every caller seems to be local, so forwarded requests do not count. A browser that was led here by
    DNS rebinding sends a foreign Host.
    """
    if any(name.lower() in _FORWARDED or name.lower().startswith(_FORWARDED_KINDS) for name, _ in request.headers):
        return False
    return _is_loopback(request.remote_addr or "") and _names_this_machine(request.host)


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
