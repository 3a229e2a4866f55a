"""EHRs that sign their calls: keys made for the run, tokens as clients send them, and tokens as attackers do."""

from __future__ import annotations

import json
import time
import uuid
from base64 import urlsafe_b64encode
from functools import cache
from typing import TYPE_CHECKING, Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

from cds_service.configuration.settings import Settings

if TYPE_CHECKING:
    from calls import Json

BASE = "https://cds.hospital.example/her2"
DISCOVERY = f"{BASE}/cds-services"
EHR, OTHER_EHR = "https://ehr.example.org", "https://other.example.org"
_CURVES = {"ES256": ec.SECP256R1(), "ES384": ec.SECP384R1(), "ES512": ec.SECP521R1()}


@cache
def private_key(algorithm: str, number: int = 0, bits: int = 2048) -> Any:  # noqa: ARG001 - number tells keys apart
    """Make a key once for the run."""
    if algorithm in _CURVES:
        return ec.generate_private_key(_CURVES[algorithm])
    if algorithm == "EdDSA":
        return ed25519.Ed25519PrivateKey.generate()
    return rsa.generate_private_key(65537, bits)


def as_jwk(key: Any, **more: Any) -> Json:
    """Write a key, private or public, as a JWK."""
    kinds = {"RSA": RSAAlgorithm, "Ell": ECAlgorithm, "ECP": ECAlgorithm, "Ed2": OKPAlgorithm}
    kind: Any = next(reader for name, reader in kinds.items() if type(key).__name__.startswith(name))
    return kind.to_jwk(key, as_dict=True) | more


def encoded(part: Any) -> str:
    """Write a part of a token; text and bytes are taken as they are."""
    raw = part if isinstance(part, bytes) else (part if isinstance(part, str) else json.dumps(part)).encode()
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


class Signer:
    """A client with one key."""

    def __init__(self, issuer: str = EHR, algorithm: str = "ES384", key_id: str = "key-1", number: int = 0) -> None:
        """Take a key of its own; ``number`` tells it from others of its type."""
        self.issuer = issuer
        self.algorithm = algorithm
        self.key_id = key_id
        self.key = private_key(algorithm, number)

    @property
    def jwk(self) -> Json:
        """The public key."""
        return as_jwk(self.key.public_key(), kid=self.key_id, alg=self.algorithm, use="sig")

    def header(self, **more: Any) -> Json:
        """Return the header of a token; None takes a member away."""
        return _with({"alg": self.algorithm, "kid": self.key_id, "typ": "JWT"}, more)

    def claims(self, audience: Any = DISCOVERY, **more: Any) -> Json:
        """Return the claims of a token; None takes one away."""
        now = int(time.time())
        known = {"iss": self.issuer, "aud": audience, "iat": now, "exp": now + 300, "jti": str(uuid.uuid4())}
        return _with(known, more)

    def token(self, audience: Any = DISCOVERY, header: Json | None = None, **claims: Any) -> str:
        """Sign a token."""
        return self.signed(self.header(**(header or {})), self.claims(audience, **claims))

    def signed(self, header: Any, payload: Any, separator: str = ".") -> str:
        """Sign whatever is given."""
        text = f"{encoded(header)}{separator}{encoded(payload)}"
        return f"{text}.{encoded(self.signature(text))}"

    def signature(self, text: str) -> bytes:
        """Return the signature of a text."""
        return jwt.get_algorithm_by_name(self.algorithm).sign(text.encode(), self.key)


def _with(known: Json, more: Json) -> Json:
    return {name: value for name, value in {**known, **more}.items() if value is not None}


def bearer(token: str) -> dict[str, str]:
    """Return the header fields of a call with a token."""
    return {"Authorization": f"Bearer {token}"}


def client(*signers: Signer, **more: Any) -> Json:
    """Return the configuration of the client that some signers are."""
    return {"issuer": signers[0].issuer, "jwks": {"keys": [signer.jwk for signer in signers]}, **more}


def required(*clients: Json, **more: Any) -> Settings:
    """Return a configuration in which these clients may call, and nobody else."""
    return Settings(public_url=BASE, auth={"mode": "required", "clients": clients, **more})
