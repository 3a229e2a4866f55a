"""The public keys of a client, from a JWK Set (RFC 7517): parsed once, and each usable only for its own algorithms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cds_service.protocol.refusals import Reason, Refused

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

    PublicKey = RSAPublicKey | EllipticCurvePublicKey | Ed25519PublicKey

RSA_ALGORITHMS = frozenset({"RS256", "RS384", "RS512", "PS256", "PS384", "PS512"})
CURVES = {"P-256": "ES256", "P-384": "ES384", "P-521": "ES512"}
ALGORITHMS = RSA_ALGORITHMS | frozenset(CURVES.values()) | {"EdDSA"}
"""Every algorithm that a site may allow: all asymmetric."""
_RSA_BITS = range(2048, 8193)
_PRIVATE = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth"})
_MANY = 100
_SHOWN = 60


class JwkProblem(ValueError):  # noqa: N818 - a problem of one key, told beside others
    """A key, or a set of keys, is not usable; the message contains nothing of the key but its id."""


@dataclass(frozen=True, slots=True)
class VerificationKey:
    """A public key and the algorithms that its type and its own ``alg`` allow."""

    id: str
    algorithms: frozenset[str]
    public: PublicKey


class KeySet:
    """The keys of one set by their ids."""

    def __init__(self, keys: list[VerificationKey]) -> None:
        """Take keys; no two may have the same id and algorithm."""
        self._keys: dict[str, list[VerificationKey]] = {}
        for key in keys:
            self._keys.setdefault(key.id, []).append(key)

    def __len__(self) -> int:
        """Count the keys."""
        return sum(map(len, self._keys.values()))

    def __contains__(self, key_id: object) -> bool:
        """Return whether a key has this id."""
        return key_id in self._keys

    def find(self, key_id: str, algorithm: str) -> VerificationKey:
        """Return the key with an id.

        Raises:
            Refused: no key has the id, or the key with the id is not for the algorithm.

        """
        if key_id not in self._keys:
            raise Refused(Reason.KEY_UNKNOWN)
        for key in self._keys[key_id]:
            if algorithm in key.algorithms:
                return key
        raise Refused(Reason.KEY_DOES_NOT_FIT)


def read_keys(jwks: Any) -> tuple[KeySet, list[JwkProblem]]:
    """Read a JWK Set: the keys that can verify signatures, and what is wrong with others.

    Keys for other purposes (encryption, an unsupported curve) are skipped.

    Raises:
        JwkProblem: it is not a JWK Set.

    """
    entries = jwks.get("keys") if isinstance(jwks, dict) else None
    if not isinstance(entries, list):
        raise JwkProblem("a JWK Set is an object with a list 'keys'")
    if len(entries) > _MANY:
        raise JwkProblem(f"more than {_MANY} keys")
    keys: list[VerificationKey] = []
    problems: list[JwkProblem] = []
    for index, entry in enumerate(entries):
        try:
            key = _read_key(entry)
        except JwkProblem as problem:
            problems.append(JwkProblem(f"keys[{index}]{_named(entry)} {problem}"))
        else:
            keys += [key] if key is not None else []
    twice = {(a.id, each) for n, a in enumerate(keys) for b in keys[:n] if a.id == b.id for each in _shared(a, b)}
    problems += [JwkProblem(f"kid {key_id[:_SHOWN]!r} is given twice") for key_id in sorted({key for key, _ in twice})]
    return KeySet([key for key in keys if not any((key.id, each) in twice for each in key.algorithms)]), problems


def _shared(one: VerificationKey, other: VerificationKey) -> frozenset[str]:
    return one.algorithms & other.algorithms


def _named(entry: Any) -> str:
    key_id = entry.get("kid") if isinstance(entry, dict) else None
    return f" (kid {key_id[:_SHOWN]!r})" if isinstance(key_id, str) else ""


def _read_key(entry: Any) -> VerificationKey | None:
    """Read one key; none if it is not for verifying supported signatures.

    Raises:
        JwkProblem: it must not or cannot be used.

    """
    if not isinstance(entry, dict):
        raise JwkProblem("is no JSON object")
    if entry.get("kty") == "oct" or "k" in entry:
        raise JwkProblem("is a symmetric key; clients sign with a private key and give you only the public one")
    if _PRIVATE & entry.keys():
        raise JwkProblem("holds a private key; take it out, and have the client make a new pair: this one is known now")
    operations = entry.get("key_ops")
    if entry.get("use", "sig") != "sig" or (isinstance(operations, list) and "verify" not in operations):
        return None
    algorithms = _algorithms(entry)
    if not algorithms:
        return None
    key_id = entry.get("kid")
    if not isinstance(key_id, str) or not key_id:
        raise JwkProblem("has no 'kid', by which tokens name their key")
    return VerificationKey(key_id, algorithms, _public(entry, min(algorithms)))


def _algorithms(entry: dict[str, Any]) -> frozenset[str]:
    """Return the algorithms that fit the type of a key, less those that its own ``alg`` excludes."""
    kind, curve, own = entry.get("kty"), entry.get("crv"), entry.get("alg")
    fitting: frozenset[str] = frozenset()
    if kind == "RSA":
        fitting = RSA_ALGORITHMS
    elif kind == "EC" and isinstance(curve, str) and curve in CURVES:
        fitting = frozenset({CURVES[curve]})
    elif kind == "OKP" and curve == "Ed25519":
        fitting = frozenset({"EdDSA"})
    if own is None or not fitting:
        return fitting
    if not isinstance(own, str) or (own not in fitting and (own in ALGORITHMS or own.startswith("HS"))):
        raise JwkProblem("has an 'alg' that does not fit its type")
    return fitting & {own}


def _public(entry: dict[str, Any], algorithm: str) -> PublicKey:
    # Loaded only if clients sign their calls.
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey  # noqa: PLC0415
    from jwt import PyJWK  # noqa: PLC0415
    from jwt.exceptions import PyJWTError  # noqa: PLC0415

    try:
        key: PublicKey = PyJWK(entry, algorithm).key
    except (PyJWTError, ValueError, TypeError, KeyError, AttributeError, OverflowError):
        raise JwkProblem("cannot be read; is it whole?") from None
    if isinstance(key, RSAPublicKey) and key.key_size not in _RSA_BITS:
        raise JwkProblem(f"is an RSA key of {key.key_size} bits; {_RSA_BITS[0]} to {_RSA_BITS[-1]} can be used")
    return key
