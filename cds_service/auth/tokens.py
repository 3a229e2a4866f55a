"""Parses a token strictly, before anything in it is trusted (RFC 7515, RFC 7519, CDS Hooks on trusting clients)."""

from __future__ import annotations

import binascii
import re
from base64 import urlsafe_b64decode
from dataclasses import dataclass
from typing import Any

from cds_service.keys.strict_json import read_object
from cds_service.protocol.refusals import Reason, Refused

MAX_LENGTH = 8192
"""The maximum length of the header: the longest known client needs 900 characters."""
_FIELD = re.compile(r"(?i:Bearer) +([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)", re.ASCII)
LONGEST_CLAIM = {"iss": 512, "jti": 1024, "tenant": 256}
"""The maximum length of a claim: what fits the record, and longer than any known one."""
_LAST_MOMENT = 253_402_300_799
"""The end of the year 9999, in seconds since 1970."""


@dataclass(frozen=True, slots=True)
class Token:
    """The contents of a token. Nothing in it can be trusted before its signature has been verified.

    ``expires``, ``issued`` and ``not_before`` are seconds since 1970; ``key_address`` is the header's ``jku``.
    """

    raw: str
    algorithm: str
    key_id: str
    key_address: str | None
    issuer: str
    audience: tuple[str, ...]
    expires: float
    issued: float
    not_before: float | None
    id: str
    tenant: str | None


def read_token(authorization: str | None) -> Token:
    """Read the ``Authorization`` header of a call.

    Raises:
        Refused: there is no token, or it cannot be read in exactly one way.

    """
    if authorization is None or authorization[:6].lower() != "bearer":
        raise Refused(Reason.TOKEN_MISSING)
    if len(authorization) > MAX_LENGTH:
        raise Refused(Reason.TOKEN_TOO_LONG)
    if (parts := _FIELD.fullmatch(authorization)) is None:
        raise Refused(Reason.TOKEN_MALFORMED)
    header, payload = (_part(parts[number], name) for number, name in ((1, "header"), (2, "payload")))
    try:
        return _token(authorization[parts.start(1) :], header, payload)
    except Refused as refused:
        refused.details |= {"issuer": payload.get("iss"), "key_id": header.get("kid")}
        raise


def _part(encoded: str, name: str) -> dict[str, Any]:
    try:
        return read_object(urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)))
    except (binascii.Error, ValueError):
        raise Refused(Reason.TOKEN_MALFORMED, part=name) from None


def _token(raw: str, header: dict[str, Any], payload: dict[str, Any]) -> Token:
    algorithm, key_id, kind, address = (header.get(name) for name in ("alg", "kid", "typ", "jku"))
    # Media types are not case-sensitive (RFC 7515, 4.1.9); "at+jwt" and the like are tokens for other purposes.
    if not isinstance(kind, str) or kind.upper() != "JWT":
        raise Refused(Reason.TYPE_WRONG)
    if not isinstance(algorithm, str):
        raise Refused(Reason.ALGORITHM_NOT_ALLOWED)
    if not isinstance(key_id, str) or not key_id:
        raise Refused(Reason.KEY_ID_MISSING)
    # No extension is supported, and a token with an unsupported critical extension must be refused (RFC 7515, 4.1.11).
    if "crit" in header or "b64" in header:
        raise Refused(Reason.EXTENSION_NOT_SUPPORTED)
    if address is not None and not isinstance(address, str):
        raise Refused(Reason.KEY_ADDRESS_NOT_ALLOWED)
    return Token(
        raw=raw,
        algorithm=algorithm,
        key_id=key_id,
        key_address=address,
        issuer=_text(payload, "iss"),
        audience=_audience(payload),
        expires=_moment(payload, "exp"),
        issued=_moment(payload, "iat"),
        not_before=_moment(payload, "nbf") if "nbf" in payload else None,
        id=_text(payload, "jti"),
        tenant=_text(payload, "tenant") if "tenant" in payload else None,
    )


def _claim(payload: dict[str, Any], name: str) -> Any:
    if name not in payload:
        raise Refused(Reason.CLAIM_MISSING, claim=name)
    return payload[name]


def _text(payload: dict[str, Any], name: str) -> str:
    value = _claim(payload, name)
    if not isinstance(value, str) or not value:
        raise Refused(Reason.CLAIM_WRONG_TYPE, claim=name)
    # An accepted claim is recorded, so it must fit the column uncut.
    if len(value) > LONGEST_CLAIM[name]:
        raise Refused(Reason.CLAIM_WRONG_TYPE, claim=name)
    return value


def _audience(payload: dict[str, Any]) -> tuple[str, ...]:
    value = _claim(payload, "aud")
    values = value if isinstance(value, list) else [value]
    if not values or not all(isinstance(each, str) and each for each in values):
        raise Refused(Reason.CLAIM_WRONG_TYPE, claim="aud")
    return tuple(values)


def _moment(payload: dict[str, Any], name: str) -> float:
    """Read a date as RFC 7519 defines it: a JSON number, possibly with a fraction; not a number in quotes."""
    value = _claim(payload, name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Refused(Reason.CLAIM_WRONG_TYPE, claim=name)
    if not 0 <= value <= _LAST_MOMENT:
        raise Refused(Reason.CLAIM_WRONG_TYPE, claim=name)
    return value
