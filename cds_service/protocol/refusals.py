"""Why a call is refused: a code for the operator's log, and a status for the caller, who learns nothing more."""

from __future__ import annotations

from enum import StrEnum
from typing import Any


class Reason(StrEnum):
    """A stable code; ``docs/authentication.md`` says what each means and what to do about it."""

    TOKEN_MISSING = "token-missing"  # noqa: S105 - codes, no secrets
    TOKEN_TOO_LONG = "token-too-long"  # noqa: S105
    TOKEN_MALFORMED = "token-malformed"  # noqa: S105
    TYPE_WRONG = "type-wrong"
    ALGORITHM_NOT_ALLOWED = "algorithm-not-allowed"
    KEY_ID_MISSING = "key-id-missing"
    EXTENSION_NOT_SUPPORTED = "extension-not-supported"
    CLAIM_MISSING = "claim-missing"
    CLAIM_WRONG_TYPE = "claim-wrong-type"
    ISSUER_NOT_ALLOWED = "issuer-not-allowed"
    AUDIENCE_WRONG = "audience-wrong"
    EXPIRED = "expired"
    NOT_YET_VALID = "not-yet-valid"
    ISSUED_IN_FUTURE = "issued-in-future"
    LIFETIME_TOO_LONG = "lifetime-too-long"
    KEY_ADDRESS_NOT_ALLOWED = "key-address-not-allowed"
    KEY_UNKNOWN = "key-unknown"
    KEY_DOES_NOT_FIT = "key-does-not-fit"
    KEYS_UNAVAILABLE = "keys-unavailable"
    SIGNATURE_WRONG = "signature-wrong"
    TENANT_NOT_ALLOWED = "tenant-not-allowed"
    REPLAYED = "replayed"
    REPLAY_STORE_UNAVAILABLE = "replay-store-unavailable"

    @property
    def status(self) -> int:
        """The HTTP status of the answer."""
        return _STATUS.get(self, 401)


_STATUS = {
    Reason.ISSUER_NOT_ALLOWED: 403,
    Reason.TENANT_NOT_ALLOWED: 403,
    Reason.REPLAY_STORE_UNAVAILABLE: 503,
}


class Refused(Exception):  # noqa: N818 - named for the answer it leads to
    """A call is refused."""

    def __init__(self, reason: Reason, **details: Any) -> None:
        """Keep the reason and further fields for the log, never the token."""
        super().__init__(reason)
        self.reason = reason
        self.details = details
