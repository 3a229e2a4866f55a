"""A launch up to the authorization code: state and PKCE, sealed in a cookie of the browser that started it.

Source: SMART App Launch 2.2, RFC 7636 (PKCE, S256 only).
"""

from __future__ import annotations

import base64
import hashlib
import secrets
import threading
import time
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import msgspec

from cards.values.caching import lazy

if TYPE_CHECKING:
    from cryptography.fernet import Fernet

    from cds_service.configuration.smart_settings import SmartServer

MINUTES = 10
"""How long a launch may take; the EHR may ask for a password on the way."""
_READ = ("Patient", "Observation", "Condition", "MedicationRequest", "MedicationAdministration")
_SPENT_AT_MOST = 10_000


class LaunchError(Exception):
    """A launch cannot go on; ``code`` is stable and the message is for the person at the screen.

    ``sentence`` is the message with placeholders for its ``values``, for translation.
    """

    def __init__(self, code: str, sentence: str, status: int = 400, **values: object) -> None:
        """Keep the message and the status."""
        self.message = sentence.format(**values)
        super().__init__(self.message)
        self.code = code
        self.sentence = sentence
        self.values = values
        self.status = status


class Pending(msgspec.Struct, frozen=True):
    """A pending launch: the EHR, and secrets that only the browser that started it has."""

    iss: str
    state: str
    verifier: str
    token_endpoint: str


def begin(iss: str, token_endpoint: str) -> Pending:
    """Begin a launch."""
    return Pending(iss, secrets.token_urlsafe(32), secrets.token_urlsafe(64), token_endpoint)


def scopes(*, from_ehr: bool) -> str:
    """Return the minimal scopes: read five resource types of one patient, and receive the patient's id."""
    context = "launch" if from_ehr else "launch/patient"
    return " ".join([context, *(f"patient/{kind}.rs" for kind in _READ)])


def authorization_url(endpoint: str, server: SmartServer, pending: Pending, redirect_uri: str, launch: str) -> str:
    """Build the EHR's authorization address."""
    digest = hashlib.sha256(pending.verifier.encode()).digest()
    query = {
        "response_type": "code",
        "client_id": server.client_id,
        "redirect_uri": redirect_uri,
        "scope": scopes(from_ehr=bool(launch)),
        "state": pending.state,
        "aud": pending.iss,
        "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
        "code_challenge_method": "S256",
    }
    if launch:
        query["launch"] = launch
    return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(query)}"


def cookie_name(state: str) -> str:
    """Return the cookie name of a launch, so that launches in two tabs do not interfere."""
    return f"her2-launch-{hashlib.sha256(state.encode()).hexdigest()[:16]}"


class Seal:
    """Seals pending launches, and opens each of them once."""

    def __init__(self, key: str) -> None:
        """Derive the key; all workers and machines must have the same."""
        self._key = base64.urlsafe_b64encode(hashlib.sha256(key.encode()).digest())
        self._spent: dict[str, float] = {}
        self._lock = threading.Lock()

    @lazy
    def _fernet(self) -> Fernet:
        """The cipher, loaded for the first launch: most sites have none, and it takes long."""
        from cryptography.fernet import Fernet  # noqa: PLC0415

        return Fernet(self._key)

    def close(self, pending: Pending) -> str:
        """Encrypt and sign a launch."""
        return self._fernet.encrypt(msgspec.json.encode(pending)).decode()

    def open(self, sealed: str, state: str) -> Pending:
        """Open the launch that an answer belongs to.

        Raises:
            LaunchError: it is not ours, is too old, has another state, or was opened before.

        """
        from cryptography.fernet import InvalidToken  # noqa: PLC0415 - see `_fernet`

        try:
            pending = msgspec.json.decode(self._fernet.decrypt(sealed, ttl=MINUTES * 60), type=Pending)
        except (InvalidToken, msgspec.MsgspecError):
            raise LaunchError(
                "unknown-launch", "This launch was not started in this browser, or it is too old."
            ) from None
        if not secrets.compare_digest(pending.state.encode(), state.encode()):
            raise LaunchError("wrong-state", "The answer belongs to another launch.")
        with self._lock:
            now = time.monotonic()
            if state in self._spent:
                raise LaunchError("used-launch", "This launch has been used. Launch the app again from the EHR.")
            for old in [each for each, since in self._spent.items() if now - since > MINUTES * 60]:
                del self._spent[old]
            if len(self._spent) >= _SPENT_AT_MOST:
                raise LaunchError("too-many-launches", "Too many launches are under way.", 503)
            self._spent[state] = now
        return pending
