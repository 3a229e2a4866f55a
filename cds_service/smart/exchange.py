"""Requests to an EHR's authorization server: its endpoints, and a token for a code."""

from __future__ import annotations

import os
import time
import uuid
from typing import TYPE_CHECKING, Any

import msgspec
import requests
import structlog

from cds_service.configuration.smart_settings import is_safe
from cds_service.ehr.connections import EXCHANGE_FAILURES
from cds_service.ehr.deadline import bound
from cds_service.ehr.limits import CallLimit, ServerBusyError
from cds_service.smart.launch import LaunchError

if TYPE_CHECKING:
    from cds_service.configuration.smart_settings import SmartServer
    from cds_service.smart.launch import Pending

TIMEOUT_S = 5.0
"""Seconds allowed for one whole answer."""
_PIECE = 16_384
_SERVERS = CallLimit(4)
_LIMIT = 256 * 1024
_ASSERTION_S = 240
_log = structlog.get_logger()


class Endpoints(msgspec.Struct, frozen=True):
    """An EHR's authorization and token endpoints."""

    authorization: str
    token: str


class Grant(msgspec.Struct, frozen=True):
    """What the EHR granted: the token, which is never written anywhere, and the context of the launch."""

    access_token: str
    patient: str
    app_context: str = ""

    def __repr__(self) -> str:
        """Keep the token and the patient out of logs and traces."""
        return "Grant()"


def endpoints(server: SmartServer) -> Endpoints:
    """Read an EHR's SMART configuration.

    Raises:
        LaunchError: it cannot be read, or the EHR does not support a safe launch.

    """
    found = _asked("GET", f"{server.base}/.well-known/smart-configuration")
    authorization, token = found.get("authorization_endpoint"), found.get("token_endpoint")
    if not (isinstance(authorization, str) and isinstance(token, str) and is_safe(authorization) and is_safe(token)):
        raise LaunchError("no-endpoints", "The EHR does not name the addresses for authorization and tokens.", 502)
    methods = found.get("code_challenge_methods_supported")
    if not isinstance(methods, list) or "S256" not in methods:
        raise LaunchError("no-pkce", "The EHR does not support PKCE with S256, without which no launch is safe.", 502)
    return Endpoints(authorization, token)


def redeem(server: SmartServer, pending: Pending, code: str, redirect_uri: str) -> Grant:
    """Exchange a code for a token.

    Raises:
        LaunchError: the EHR refuses the code, or names no patient.

    """
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": redirect_uri,
        "code_verifier": pending.verifier,
    }
    secret = os.environ.get(server.client_secret_env or "")
    basic = (server.client_id, secret) if secret else None
    if server.private_key is not None:
        form["client_assertion_type"] = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
        form["client_assertion"] = _assertion(server, pending.token_endpoint)
    elif basic is None:
        form["client_id"] = server.client_id
    granted = _asked("POST", pending.token_endpoint, data=form, auth=basic)
    token, patient = granted.get("access_token"), granted.get("patient")
    if not isinstance(token, str) or not token or str(granted.get("token_type", "")).lower() != "bearer":
        raise LaunchError("no-token", "The EHR gave no token.", 502)
    if not isinstance(patient, str) or not patient:
        raise LaunchError("no-patient", "The EHR named no patient. Open a chart and launch the app from there.", 502)
    context = granted.get("appContext")
    return Grant(token, patient, context if isinstance(context, str) else "")


def _assertion(server: SmartServer, audience: str) -> str:
    """Create the assertion for SMART's asymmetric client authentication: ES384 or RS384, valid for a few minutes."""
    # Loaded only by clients with a key.
    import jwt  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey  # noqa: PLC0415
    from cryptography.hazmat.primitives.serialization import load_pem_private_key  # noqa: PLC0415

    if server.private_key is None:
        msg = "the server has no private key"
        raise ValueError(msg)
    try:
        key: Any = load_pem_private_key(server.private_key.read_bytes(), password=None)
    except (OSError, ValueError, TypeError) as error:
        _log.error("smart_key_unreadable", error=type(error).__name__)
        raise LaunchError("no-key", "The app cannot read its own key.", 500) from None
    now = int(time.time())
    claims = {
        "iss": server.client_id,
        "sub": server.client_id,
        "aud": audience,
        "exp": now + _ASSERTION_S,
        "iat": now,
        "jti": str(uuid.uuid4()),
    }
    algorithm = "ES384" if isinstance(key, EllipticCurvePrivateKey) else "RS384"
    return jwt.encode(claims, key, algorithm=algorithm, headers={"kid": server.key_id or ""})


def _asked(method: str, url: str, **more: Any) -> dict[str, Any]:
    """Request a JSON object; redirects are not followed, so that secrets go nowhere else."""
    try:
        with _SERVERS.asked():
            body, status = _read(method, url, **more)
    except ServerBusyError:
        raise LaunchError("busy", "Too many launches are under way. Try again in a moment.", 503) from None
    try:
        found = msgspec.json.decode(body) if len(body) <= _LIMIT else None
    except (msgspec.DecodeError, UnicodeDecodeError):
        found = None
    if status != requests.codes.ok or not isinstance(found, dict):
        _log.warning("smart_server_refused", status=status)
        raise LaunchError(
            "refused", "The EHR's authorization server refused (status {answered}).", 502, answered=status
        )
    return found


def _read(method: str, url: str, **more: Any) -> tuple[bytes, int]:
    """Request with one overall deadline, however slowly data arrives; return the body and the status."""
    deadline = time.monotonic() + TIMEOUT_S
    with requests.Session() as session:
        # The machine's proxy settings and password files must not influence where a code goes.
        session.trust_env = False
        bound(session, TIMEOUT_S)
        try:
            with session.request(
                method,
                url,
                headers={"Accept": "application/json"},
                timeout=TIMEOUT_S,
                allow_redirects=False,
                stream=True,
                **more,
            ) as response:
                body = bytearray()
                while len(body) <= _LIMIT and (piece := response.raw.read1(_PIECE, decode_content=True)):
                    body += piece
                    if time.monotonic() > deadline:
                        raise requests.Timeout
                if time.monotonic() > deadline:
                    # Cut off at the deadline, so the answer is incomplete.
                    raise requests.Timeout
                return bytes(body), response.status_code
        except EXCHANGE_FAILURES as error:
            _log.warning("smart_server_failed", reason=type(error).__name__)
            raise LaunchError("unreachable", "The EHR's authorization server cannot be reached.", 502) from None
