"""Keys that an operator configures: any problem prevents the start, and no message shows a key."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from cds_service.keys.jwk import JwkProblem, read_keys
from cds_service.keys.strict_json import read_object

if TYPE_CHECKING:
    from pathlib import Path


def check_keys(jwks: dict[str, Any]) -> None:
    """Check a JWK Set; an empty one is not an error by itself.

    Raises:
        JwkProblem: a key in it is private, symmetric, weak, broken or duplicated, or none can verify a signature.

    """
    keys, problems = read_keys(jwks)
    if problems:
        raise JwkProblem("; ".join(str(problem) for problem in problems))
    if jwks["keys"] and not keys:
        raise JwkProblem("no key in it can verify a signature (type EC, RSA or OKP, use 'sig')")


def check_key_address(url: str) -> None:
    """Check an address where keys are published: whoever can alter them in transit can impersonate any caller.

    Raises:
        ValueError: it is not https, nor on this machine.

    """
    parts = urlsplit(url)
    if not parts.hostname or parts.username is not None or parts.scheme not in ("http", "https"):
        raise ValueError("no address; write https://host/path, without a user")
    if parts.scheme == "http" and not _is_loopback(parts.hostname):
        raise ValueError("keys are fetched over https only (http on this machine alone)")


def read_key_file(path: Path) -> dict[str, Any]:
    """Read a JWK Set from a file.

    Raises:
        ValueError: the file cannot be read, or does not contain a usable set of public keys.

    """
    try:
        jwks = read_object(path.read_bytes())
    except OSError as error:
        raise ValueError(f"{path} cannot be read ({type(error).__name__})") from None
    except ValueError:
        raise ValueError(f"{path} is no JSON object; it must hold a JWK Set, {{'keys': [...]}}") from None
    try:
        check_keys(jwks)
    except JwkProblem as problem:
        raise ValueError(f"{path}: {problem}") from None
    if not jwks["keys"]:
        raise ValueError(f"{path} holds no key")
    return jwks


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
