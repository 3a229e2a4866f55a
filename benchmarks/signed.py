"""``python -m benchmarks.signed``: measures what a signed call costs more than one that nobody has signed."""

from __future__ import annotations

import json
import time
import uuid

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm
from rich.console import Console
from rich.table import Table

from benchmarks import servers
from benchmarks.client import Connection, get, post
from benchmarks.measure import Pair, compare
from benchmarks.payloads import SERVICE, Payload, payloads

_BASE = "http://127.0.0.1:8080"
_PATH = f"/cds-services/{SERVICE}"
_BLOCK, _BLOCKS, _SECONDS = 50, 40, 30.0
_TARGET_MS = 1.0
_CURVES: dict[str, ec.EllipticCurve] = {"ES384": ec.SECP384R1(), "ES256": ec.SECP256R1()}
_STORES = ("memory", "database")


class Signer:
    """An EHR with one key."""

    def __init__(self, algorithm: str) -> None:
        """Make the key."""
        self._algorithm = algorithm
        self._key = ec.generate_private_key(_CURVES[algorithm])

    def configuration(self, store: str) -> dict[str, str]:
        """Let this EHR call, and nobody else."""
        jwk = ECAlgorithm.to_jwk(self._key.public_key(), as_dict=True) | {"kid": "key-1"}
        return {
            "HER2_CDS_PUBLIC_URL": _BASE,
            "HER2_CDS_AUTH__MODE": "required",
            "HER2_CDS_AUTH__CLIENTS": json.dumps([{"issuer": "https://ehr.example.org", "jwks": {"keys": [jwk]}}]),
            "HER2_CDS_AUTH__REPLAY_STORE": store,
        }

    def token(self) -> str:
        """Sign a call."""
        now = int(time.time())
        claims = {"iss": "https://ehr.example.org", "aud": _BASE + _PATH, "iat": now, "exp": now + 3600}
        return jwt.encode({**claims, "jti": str(uuid.uuid4())}, self._key, self._algorithm, {"kid": "key-1"})


def main() -> None:
    """Measure and print."""
    table = Table("signed", "tokens in", "p50 ms", "unsigned p50 ms", "more, ms", "target", "met")
    for algorithm in _CURVES:
        for store in _STORES:
            pair = _measure(Signer(algorithm), store)
            # From adjacent blocks, because the machine may be busier in one minute than in the next.
            more = (pair.ratio - 1) * pair.hello.p50
            figures = (f"{pair.ours.p50:.3f}", f"{pair.hello.p50:.3f}", f"{more:.3f}")
            table.add_row(algorithm, store, *figures, f"< {_TARGET_MS:g}", "yes" if more < _TARGET_MS else "NO")
    Console(width=100, highlight=False).print(table)


def _measure(signer: Signer, store: str) -> Pair:
    with (
        servers.running(servers.SERVICE) as plain_port,
        servers.running(servers.SERVICE, **signer.configuration(store)) as signed_port,
        Connection(plain_port) as plain,
    ):
        small = _small(plain)
        requests = [post(_PATH, body) for body in small.bodies]
        # Every call has a token of its own, made before anything is measured.
        calls = range((_BLOCKS + 2) * _BLOCK)
        signed = [_with_token(requests[number % len(requests)], signer.token()) for number in calls]
        with Connection(signed_port) as other:
            return compare((other, signed), (plain, requests), _BLOCK, _BLOCKS, _SECONDS)


def _small(plain: Connection) -> Payload:
    services = json.loads(plain.call(get("/cds-services")))["services"]
    keys = next(list(service["prefetch"]) for service in services if service["id"] == SERVICE)
    return next(payload for payload in payloads(keys) if payload.size == "S")


def _with_token(request: bytes, token: str) -> bytes:
    line, _, rest = request.partition(b"\r\n")
    return b"\r\n".join((line, f"Authorization: Bearer {token}".encode(), rest))


if __name__ == "__main__":
    main()
