"""Every way into the service that is known for tokens: which are let in, and for what reason the others are not."""

from __future__ import annotations

import json
import re
import time
import uuid
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import jwt
import pytest
from calls import SIGN, Caller
from chart_server import ChartServer, as_json
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from jwt.utils import base64url_decode
from signers import BASE, DISCOVERY, EHR, OTHER_EHR, Signer, bearer, client, encoded, required

from cds_service.auth.authenticator import Authenticator
from cds_service.auth.used_tokens import MemoryReplayStore
from cds_service.protocol.refusals import Reason, Refused

if TYPE_CHECKING:
    from structlog.typing import EventDict

ES, RS = Signer(), Signer(algorithm="RS384", key_id="key-2")
OTHER = Signer(OTHER_EHR, key_id="other-1", number=1)
STRANGER = Signer(number=2)
"""Names itself and its key as the EHR does, and has another key."""
LEEWAY_S = 10
CLIENTS = (client(ES, RS, tenants=["north", "south"]), client(OTHER))
NOW = int(time.time())
"""When the run began; no run takes an hour."""
Make = Callable[[], str]


@pytest.fixture(scope="module")
def caller() -> Caller:
    """Return a service that knows two EHRs."""
    return Caller(required(*CLIENTS))


def good(header: Any = None, audience: Any = DISCOVERY, **claims: Any) -> str:
    """Make a token of the EHR; members and claims that are None are left out."""
    return ES.token(audience, header, **{"tenant": "north", **claims})


def refusal(caller: Caller, log_lines: list[EventDict], **headers: str) -> tuple[int, str]:
    answer = caller.get("/cds-services", headers=headers)
    assert answer.status != 200
    (line,) = (line for line in log_lines if line["event"] == "auth_refused")
    assert line["status"] == answer.status
    return answer.status, line["reason"]


# --- Admitted --------------------------------------------------------------------------------------------------------

LET_IN: list[Any] = [
    pytest.param(good, id="a good token"),
    pytest.param(lambda: RS.token(tenant="south"), id="another key of the same EHR"),
    pytest.param(OTHER.token, id="another EHR, which has no tenants"),
    pytest.param(lambda: OTHER.token(tenant="any"), id="any tenant of an EHR that has no list"),
    pytest.param(lambda: good(audience=["https://elsewhere.example", DISCOVERY]), id="an audience among others"),
    pytest.param(lambda: good({"typ": "jwt"}), id="a type in small letters"),
    pytest.param(lambda: good({"jku": "https://ehr.example.org/jwks.json"}), id="an address of keys that is not asked"),
    pytest.param(lambda: good({"x5t": "abc", "cty": "x", "other": [1]}), id="header members that mean nothing here"),
    pytest.param(lambda: good(nbf=NOW - 5), id="a start in the past"),
    pytest.param(lambda: good(nbf=NOW + 5), id="a start within the leeway"),
    pytest.param(lambda: good(iat=NOW + 5), id="a clock that is a little fast"),
    pytest.param(lambda: good(exp=NOW + 3600.5, iat=NOW - 0.25), id="moments with a fraction"),
    pytest.param(lambda: good(exp=int(time.time()) - 5), id="expired within the leeway"),
    pytest.param(lambda: good(exp=NOW + 86_400, iat=NOW), id="a day, as the CRD request generator asks"),
    pytest.param(lambda: good(jti=uuid.uuid4().hex * 4), id="an id of 128 characters, as the same sends"),
    pytest.param(lambda: good(jti="é\ud800" + str(uuid.uuid4())), id="an id of odd characters"),
    pytest.param(lambda: good(sub="x", nonce=None, acr=[{}]), id="claims that mean nothing here"),
]


@pytest.mark.parametrize("make", LET_IN)
def test_auth_admits(caller, make: Make) -> None:
    assert caller.get("/cds-services", headers=bearer(make())).status == 200


@pytest.mark.parametrize("scheme", ["Bearer ", "bearer ", "BEARER ", "Bearer   "])
def test_auth_accepts_the_scheme_in_any_case(caller, scheme) -> None:
    assert caller.get("/cds-services", headers={"Authorization": scheme + good()}).status == 200


@pytest.mark.parametrize("algorithm", ["ES256", "ES384", "ES512", "RS256", "RS384", "RS512", "PS256", "PS384", "EdDSA"])
def test_auth_accepts_every_algorithm_that_the_site_allows(algorithm) -> None:
    signer = Signer(algorithm=algorithm)
    assert let_in(signer.token(), client(signer), algorithms=[algorithm])
    with pytest.raises(Refused, match=Reason.ALGORITHM_NOT_ALLOWED):
        let_in(signer.token(), client(signer), algorithms=["ES256" if algorithm != "ES256" else "ES384"])


def let_in(token: str, *clients: Any, at: float | None = None, audience: str = DISCOVERY, **settings: Any) -> Any:
    """Ask the authenticator itself, at a time that is given."""
    clock = (lambda: at) if at is not None else time.time
    settings = required(*clients, **settings).auth
    return Authenticator(settings, MemoryReplayStore(clock), clock=clock).authenticate(f"Bearer {token}", audience)


# --- What is missing or wrong in the token ---------------------------------------------------------------------------


def other_header(**changes: Any) -> Make:
    return lambda: good(changes)


def other_claims(**changes: Any) -> Make:
    return lambda: good(**changes)


def signed(header: str, payload: Any = None) -> Make:
    """Sign a header that is written out."""
    return lambda: ES.signed(header, payload or ES.claims(tenant="north"))


def symmetric(secret: bytes, algorithm: str) -> str:
    """Sign with a public key as if it were a secret; PyJWT itself would refuse to."""
    text = f"{encoded(ES.header(alg=algorithm))}.{encoded(ES.claims(tenant='north'))}"
    return f"{text}.{encoded(jwt.get_algorithm_by_name(algorithm).sign(text.encode(), secret))}"


def pem(signer: Signer) -> bytes:
    return signer.key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def with_signature(change: Callable[[bytes], bytes]) -> Make:
    """Make a good token and spoil its signature."""

    def make() -> str:
        text, _, signature = good().rpartition(".")
        return f"{text}.{encoded(change(base64url_decode(signature)))}"

    return make


def _der(raw: bytes) -> bytes:
    return encode_dss_signature(int.from_bytes(raw[:48]), int.from_bytes(raw[48:]))


def unsigned(algorithm: str) -> Make:
    return lambda: f"{encoded(ES.header(alg=algorithm))}.{encoded(ES.claims(tenant='north'))}.AA"


def twice(name: str, value: str) -> str:
    """Write the claims with one of them twice: once as it should be and once not."""
    return json.dumps(ES.claims(tenant="north"))[:-1] + f', "{name}": {value}}}'


WRONG_TYPES: dict[str, list[Any]] = {
    "iss": ["", 1, True, [EHR], {"iss": EHR}],
    "aud": ["", [], [DISCOVERY, 1], [DISCOVERY, ""], {"aud": DISCOVERY}, 1, True, [[DISCOVERY]]],
    "exp": ["2000000000", True, [NOW + 300], {}, "", -1, 1e300, 10**400, NOW * 1000],
    "iat": [str(NOW), True, [NOW], {}, "", -1, 1e300, 10**400],
    "nbf": [str(NOW), False, [NOW], {}, "", -1, 1e300],
    "jti": ["", 1, True, ["a"], {"a": 1}],
    "tenant": ["", 1, True, ["north"], {"north": 1}],
}
M = Reason.TOKEN_MALFORMED
TURNED_AWAY: list[Any] = [
    # The algorithm and the key
    pytest.param(unsigned("none"), 401, "algorithm-not-allowed", id="no algorithm"),
    pytest.param(unsigned("None"), 401, "algorithm-not-allowed", id="no algorithm, written otherwise"),
    pytest.param(unsigned(""), 401, "algorithm-not-allowed", id="an empty algorithm"),
    pytest.param(lambda: unsigned("none")()[:-2], 401, M, id="no algorithm and no signature"),
    pytest.param(lambda: symmetric(pem(ES), "HS256"), 401, "algorithm-not-allowed", id="the public key as a secret"),
    pytest.param(lambda: symmetric(pem(RS), "HS384"), 401, "algorithm-not-allowed", id="the RSA key as a secret"),
    pytest.param(
        lambda: symmetric(json.dumps(ES.jwk).encode(), "HS512"), 401, "algorithm-not-allowed", id="its JWK as a secret"
    ),
    pytest.param(other_header(alg=None), 401, "algorithm-not-allowed", id="no name of an algorithm"),
    pytest.param(other_header(alg=["ES384"]), 401, "algorithm-not-allowed", id="algorithms in a list"),
    pytest.param(other_header(alg="es384"), 401, "algorithm-not-allowed", id="an algorithm in small letters"),
    pytest.param(other_header(alg="RS384"), 401, "key-does-not-fit", id="RSA with a key of a curve"),
    pytest.param(other_header(alg="ES256"), 401, "key-does-not-fit", id="the algorithm of another curve"),
    pytest.param(other_header(alg="RS256", kid="key-2"), 401, "key-does-not-fit", id="an algorithm the key excludes"),
    pytest.param(other_header(alg="PS384"), 401, "algorithm-not-allowed", id="an algorithm that is not on the list"),
    pytest.param(other_header(kid="key-2", alg="RS384"), 401, "signature-wrong", id="another key of its own"),
    pytest.param(other_header(kid="other-1"), 401, "key-unknown", id="the key of another client"),
    pytest.param(lambda: OTHER.token(iss=EHR), 401, "key-unknown", id="another client in the name of this one"),
    pytest.param(
        lambda: Signer(key_id="key-1", number=1).token(), 401, "signature-wrong", id="another client's key by this id"
    ),
    pytest.param(other_header(kid=None), 401, "key-id-missing", id="no key id"),
    pytest.param(other_header(kid=""), 401, "key-id-missing", id="an empty key id"),
    pytest.param(other_header(kid=["key-1"]), 401, "key-id-missing", id="key ids in a list"),
    pytest.param(other_header(kid="../../dev/null"), 401, "key-unknown", id="a key id that is a path"),
    pytest.param(other_header(kid="x' UNION SELECT 'key"), 401, "key-unknown", id="a key id that is a query"),
    pytest.param(lambda: STRANGER.token(tenant="north"), 401, "signature-wrong", id="another party's key"),
    pytest.param(
        lambda: STRANGER.token(header={"jwk": STRANGER.jwk}, tenant="north"), 401, "signature-wrong", id="its own jwk"
    ),
    pytest.param(
        lambda: STRANGER.token(header={"x5c": ["MIIB"], "x5u": "https://evil.example"}, tenant="north"),
        401,
        "signature-wrong",
        id="its own certificate",
    ),
    pytest.param(
        lambda: STRANGER.token(header={"jku": "https://evil.example/jwks.json"}, tenant="north"),
        401,
        "signature-wrong",
        id="its own address of keys",
    ),
    pytest.param(other_header(jku=["https://evil.example"]), 401, "key-address-not-allowed", id="addresses in a list"),
    # The type and the extensions
    pytest.param(other_header(typ=None), 401, "type-wrong", id="no type"),
    pytest.param(other_header(typ="at+jwt"), 401, "type-wrong", id="an access token"),
    pytest.param(other_header(typ=["JWT"]), 401, "type-wrong", id="types in a list"),
    pytest.param(other_header(crit=["exp"]), 401, "extension-not-supported", id="an extension that must be known"),
    pytest.param(other_header(crit=[]), 401, "extension-not-supported", id="no extension that must be known"),
    pytest.param(
        other_header(crit=["b64"], b64=False), 401, "extension-not-supported", id="a payload that is not encoded"
    ),
    pytest.param(other_header(b64=True), 401, "extension-not-supported", id="a payload that is, but says so"),
    # The audience
    pytest.param(other_claims(aud=f"{DISCOVERY}/"), 401, "audience-wrong", id="a slash too many"),
    pytest.param(other_claims(aud=BASE), 401, "audience-wrong", id="the base address"),
    pytest.param(other_claims(aud=f"{DISCOVERY}/{SIGN}"), 401, "audience-wrong", id="a service"),
    pytest.param(other_claims(aud=DISCOVERY[:-1]), 401, "audience-wrong", id="a letter too few"),
    pytest.param(other_claims(aud=DISCOVERY.upper()), 401, "audience-wrong", id="capital letters"),
    pytest.param(other_claims(aud=f" {DISCOVERY}"), 401, "audience-wrong", id="a space before it"),
    pytest.param(other_claims(aud=f"{DISCOVERY}?x=1"), 401, "audience-wrong", id="a query"),
    pytest.param(other_claims(aud="http://localhost/cds-services"), 401, "audience-wrong", id="the Host header"),
    pytest.param(other_claims(aud=["https://a.example"]), 401, "audience-wrong", id="a list without it"),
    # The times
    pytest.param(other_claims(exp=NOW - 3600), 401, "expired", id="expired an hour ago"),
    pytest.param(other_claims(exp=0), 401, "expired", id="expired in 1970"),
    pytest.param(other_claims(iat=NOW + 3600, exp=NOW + 7200), 401, "issued-in-future", id="of tomorrow"),
    pytest.param(other_claims(nbf=NOW + 3600), 401, "not-yet-valid", id="not yet valid"),
    pytest.param(other_claims(exp=NOW + 90_000), 401, "lifetime-too-long", id="valid for more than a day"),
    pytest.param(other_claims(iat=1, exp=NOW + 7200), 401, "lifetime-too-long", id="issued in 1970"),
    # Who is allowed
    pytest.param(other_claims(iss="https://evil.example"), 403, "issuer-not-allowed", id="an unknown issuer"),
    pytest.param(other_claims(iss=f"{EHR}/"), 403, "issuer-not-allowed", id="an issuer with a slash"),
    pytest.param(other_claims(iss=f"{EHR}\0"), 403, "issuer-not-allowed", id="an issuer with a null character"),
    pytest.param(other_claims(iss="https://ehr.example.\u043erg"), 403, "issuer-not-allowed", id="a Cyrillic letter"),
    pytest.param(other_claims(iss="\ud800" * 300), 403, "issuer-not-allowed", id="an issuer of half characters"),
    pytest.param(other_claims(tenant="west"), 403, "tenant-not-allowed", id="an unknown tenant"),
    pytest.param(other_claims(tenant=None), 403, "tenant-not-allowed", id="no tenant where there must be one"),
    pytest.param(
        lambda: STRANGER.token(tenant="west"), 401, "signature-wrong", id="an unauthenticated caller who tries tenants"
    ),
    # Claims that are missing or have the wrong type
    *(
        pytest.param(other_claims(**{name: None}), 401, "claim-missing", id=f"no {name}")
        for name in ("iss", "aud", "exp", "iat", "jti")
    ),
    *(
        pytest.param(other_claims(**{name: value}), 401, "claim-wrong-type", id=f"{name}: {type(value).__name__} {n}")
        for name, values in WRONG_TYPES.items()
        for n, value in enumerate(values)
    ),
    *(
        pytest.param(signed(json.dumps(ES.header()), twice(name, "null")), 401, M, id=f"{name} twice")
        for name in ("iss", "aud", "exp", "iat", "jti", "tenant")
    ),
    pytest.param(
        signed(json.dumps(ES.header()), json.dumps(ES.claims(exp=NOW)).replace(str(NOW), "NaN")), 401, M, id="NaN"
    ),
    pytest.param(
        signed(json.dumps(ES.header()), json.dumps(ES.claims(exp=7)).replace(": 7,", ": Infinity,")),
        401,
        M,
        id="forever",
    ),
    pytest.param(signed('{"alg":"none","alg":"ES384","kid":"key-1","typ":"JWT"}'), 401, M, id="two algorithms"),
    pytest.param(signed('{"kid":"other-1","alg":"ES384","kid":"key-1","typ":"JWT"}'), 401, M, id="two key ids"),
    # The signature
    pytest.param(with_signature(lambda raw: bytes(len(raw))), 401, "signature-wrong", id="a signature of zeros"),
    pytest.param(with_signature(lambda raw: bytes(raw[:48]) + bytes(48)), 401, "signature-wrong", id="s is zero"),
    pytest.param(with_signature(lambda raw: bytes(48) + raw[48:]), 401, "signature-wrong", id="r is zero"),
    pytest.param(with_signature(lambda raw: b"\xff" * len(raw)), 401, "signature-wrong", id="beyond the order"),
    pytest.param(with_signature(lambda raw: raw[:-1]), 401, "signature-wrong", id="a byte too few"),
    pytest.param(with_signature(lambda raw: raw + b"\0"), 401, "signature-wrong", id="a byte too many"),
    pytest.param(with_signature(lambda raw: raw[:48] + b"\0" + raw[48:]), 401, "signature-wrong", id="a byte between"),
    pytest.param(with_signature(lambda raw: raw[48:] + raw[:48]), 401, "signature-wrong", id="r and s exchanged"),
    pytest.param(with_signature(_der), 401, "signature-wrong", id="the same signature in ASN.1"),
    pytest.param(lambda: good().rpartition(".")[0] + ".", 401, M, id="no signature"),
    pytest.param(lambda: good().rpartition(".")[0], 401, M, id="two parts"),
    # The form
    pytest.param(lambda: good() + ".", 401, M, id="a dot at the end"),
    pytest.param(lambda: good() + "=", 401, M, id="an equals sign at the end"),
    pytest.param(lambda: good().replace(".", "==.", 1), 401, M, id="equals signs within"),
    pytest.param(lambda: f"{encoded(ES.header())}..{encoded(b'x' * 96)}", 401, M, id="a payload that is elsewhere"),
    pytest.param(lambda: ".".join([encoded(ES.header(enc="A256GCM"))] + ["AAAA"] * 4), 401, M, id="an encrypted token"),
    pytest.param(lambda: json.dumps({"payload": "", "signatures": []}), 401, M, id="the JSON form"),
    pytest.param(lambda: f"{good()}, {good()}", 401, M, id="two tokens"),
    pytest.param(lambda: f"{good()} {good()}", 401, M, id="two tokens without a comma"),
    pytest.param(lambda: f"{good()}\t", 401, M, id="a tab"),
    pytest.param(lambda: "", 401, M, id="nothing"),
    pytest.param(lambda: "...", 401, M, id="dots"),
    pytest.param(lambda: "a.b.c", 401, M, id="letters"),
    pytest.param(lambda: good().replace("e", "é", 1), 401, M, id="a letter with an accent"),
    pytest.param(lambda: ES.signed([1], ES.claims()), 401, M, id="a header that is a list"),
    pytest.param(lambda: ES.signed(ES.header(), [1]), 401, M, id="claims that are a list"),
    pytest.param(lambda: ES.signed(ES.header(), "null"), 401, M, id="claims that are null"),
    pytest.param(lambda: ES.signed(ES.header(), b"\xff\xfe"), 401, M, id="claims that are not text"),
    pytest.param(lambda: ES.signed(ES.header(), "\ufeff{}"), 401, M, id="claims after a byte order mark"),
    pytest.param(lambda: ES.signed(ES.header(), "[" * 101), 401, M, id="lists 101 deep"),
    pytest.param(lambda: ES.signed(ES.header(), '{"exp":' + "9" * 5000 + "}"), 401, M, id="5,000 digits"),
    pytest.param(lambda: ES.signed(ES.header(), json.dumps(ES.claims()).encode("utf-16")), 401, M, id="UTF-16"),
    pytest.param(lambda: good(more="x" * 9000), 401, "token-too-long", id="9,000 characters"),
    pytest.param(lambda: "a" * 1_000_000, 401, "token-too-long", id="a million characters"),
]


@pytest.mark.parametrize(("make", "status", "reason"), TURNED_AWAY)
def test_auth_refuses(caller, log_lines, make: Make, status, reason) -> None:
    assert refusal(caller, log_lines, **bearer(make())) == (status, reason)


@pytest.mark.parametrize(
    "field",
    [
        pytest.param(None, id="no field"),
        pytest.param("", id="an empty field"),
        pytest.param("Basic dXNlcjpwYXNz", id="a password"),
        pytest.param("Token {}", id="another scheme"),
        pytest.param("{}", id="no scheme"),
        pytest.param(" Bearer {}", id="a space before it"),
    ],
)
def test_auth_refuses_a_used_token(caller, log_lines, field) -> None:
    headers = {} if field is None else {"Authorization": field.format(good())}
    # HTTP clients strip a space before a value; then the field is valid.
    if field is not None and field.startswith(" "):
        with pytest.raises(Refused, match=Reason.TOKEN_MISSING):
            Authenticator(required(*CLIENTS).auth, MemoryReplayStore()).authenticate(field.format(good()), DISCOVERY)
        return
    assert refusal(caller, log_lines, **headers) == (401, "token-missing")


@pytest.mark.parametrize(
    "field",
    [
        pytest.param("Bearer", id="no token"),
        pytest.param("Bearer{}", id="no space"),
        pytest.param("Bearer\t{}", id="a tab"),
        pytest.param("Bearer\u00a0{}", id="a space that does not break"),
        pytest.param("Bearer Bearer {}", id="the scheme twice"),
        pytest.param('Bearer token="{}"', id="a parameter"),
    ],
)
def test_auth_refuses_a_field_that_has(field) -> None:
    with pytest.raises(Refused, match=Reason.TOKEN_MALFORMED):
        Authenticator(required(*CLIENTS).auth, MemoryReplayStore()).authenticate(field.format(good()), DISCOVERY)


@pytest.mark.parametrize("name", ["access_token", "token", "Authorization", "jwt"])
def test_auth_refuses_a_token_in_the_query(caller, name) -> None:
    assert caller.get("/cds-services", query_string={name: good()}).status == 401


def test_auth_refuses_a_token_in_a_cookie(caller) -> None:
    assert caller.get("/cds-services", headers={"Cookie": f"Authorization=Bearer {good()}"}).status == 401


def test_auth_refuses_two_fields(caller) -> None:
    fields = [("Authorization", f"Bearer {good()}"), ("Authorization", f"Bearer {good()}")]
    assert caller.send("GET", "/cds-services", headers=fields).status == 401


def test_auth_never_asks_an_address_that_a_token_names(caller) -> None:
    server = ChartServer()
    url = server.add("/keys", as_json({"keys": [STRANGER.jwk]}))
    header = {"jku": url, "x5u": url}
    assert caller.get("/cds-services", headers=bearer(STRANGER.token(header=header, tenant="north"))).status == 401
    assert caller.get("/cds-services", headers=bearer(good(header))).status == 200
    assert server.heard == []
    server.close()


# --- One thing wrong at a time ---------------------------------------------------------------------------------------

ODD: tuple[Any, ...] = ("", " ", 0, 1, -1, 1.5, True, False, [], [""], {}, {"a": 1}, "\0", "x" * 1025, "\u202e", [[]])
MUST_BE_TOLD = {"header": ("alg", "kid", "typ"), "claims": ("iss", "aud", "exp", "iat", "jti", "tenant")}


def spoiled() -> Iterator[tuple[str, str]]:
    """Yield tokens with exactly one thing wrong: each member by each odd value, each part cut, changed or exchanged."""
    for place, names in MUST_BE_TOLD.items():
        for name in names:
            for value in ODD:
                if place == "header":
                    yield f"header {name}: {value!r:.20}", good({name: value})
                # A number is a valid time; a client's own id may be any text within the limit.
                elif not (name in ("exp", "iat") and type(value) in (int, float)) and [name, value] not in SOUND:
                    yield f"{name}: {value!r:.20}", good(**{name: value})
    text = good()
    parts = text.split(".")
    for length in range(0, len(text), len(text) // 40):
        yield f"the first {length} characters", text[:length]
    for number, part in enumerate(parts):
        others = ".".join(part[1:] if number == at else each for at, each in enumerate(parts))
        yield f"part {number} without its first character", others
        yield f"part {number} twice", ".".join([*parts[: number + 1], part, *parts[number + 1 :]])
        yield f"part {number} left out", ".".join([*parts[:number], *parts[number + 1 :]])
        for other in range(3):
            if other != number:
                yield (
                    f"part {other} for part {number}",
                    ".".join(parts[other] if at == number else each for at, each in enumerate(parts)),
                )


SOUND = [["jti", " "], ["jti", "\0"], ["jti", "\u202e"]]
"""Ids that are odd and no less ids."""


def test_auth_refuses_a_token_with_one_thing_wrong() -> None:
    asked = Authenticator(required(*CLIENTS).auth, MemoryReplayStore())
    assert asked.authenticate(f"Bearer {good()}", DISCOVERY).issuer == EHR
    tried, let_in_though = 0, []
    for what, token in spoiled():
        tried += 1
        try:
            asked.authenticate(f"Bearer {token}", DISCOVERY)
        except Refused:
            continue
        let_in_though.append(what)
    assert let_in_though == []
    assert tried > 180


# --- To the second ---------------------------------------------------------------------------------------------------

T = 1_800_000_000
SECONDS: list[Any] = [
    pytest.param({"exp": T - LEEWAY_S + 1}, None, id="expires in the last second of the leeway"),
    pytest.param({"exp": T - LEEWAY_S + 0.001}, None, id="expires in its last millisecond"),
    pytest.param({"exp": T - LEEWAY_S}, "expired", id="has expired as the leeway ends"),
    pytest.param({"iat": T + LEEWAY_S}, None, id="issued as the leeway ends"),
    pytest.param({"iat": T + LEEWAY_S + 1}, "issued-in-future", id="issued a second after the leeway"),
    pytest.param({"nbf": T + LEEWAY_S}, None, id="valid from the end of the leeway"),
    pytest.param({"nbf": T + LEEWAY_S + 0.5}, "not-yet-valid", id="valid from half a second after it"),
    pytest.param({"exp": T + 86_400 + LEEWAY_S}, None, id="valid for a day and the leeway"),
    pytest.param({"exp": T + 86_400 + LEEWAY_S + 1}, "lifetime-too-long", id="valid for a second more"),
]


@pytest.mark.parametrize(("claims", "reason"), SECONDS)
def test_auth_is_exact_to_the_second_when_a_token(claims, reason) -> None:
    token = OTHER.token(**{"iat": T, "exp": T + 300, **claims})
    if reason is None:
        assert let_in(token, client(OTHER), at=T).issuer == OTHER_EHR
    else:
        with pytest.raises(Refused, match=reason):
            let_in(token, client(OTHER), at=T)


def test_auth_allows_no_leeway_if_the_site_sets_none() -> None:
    token = OTHER.token(iat=T - 300, exp=T)
    with pytest.raises(Refused, match=Reason.EXPIRED):
        let_in(token, client(OTHER), at=T, leeway_s=0)
    assert let_in(token, client(OTHER), at=T - 1, leeway_s=0)


def test_auth_takes_the_longest_life_from_the_site() -> None:
    with pytest.raises(Refused, match=Reason.LIFETIME_TOO_LONG):
        let_in(OTHER.token(iat=T, exp=T + 611), client(OTHER), at=T, max_lifetime_s=600)
    assert let_in(OTHER.token(iat=T, exp=T + 610), client(OTHER), at=T, max_lifetime_s=600)


# --- Once ------------------------------------------------------------------------------------------------------------


def test_auth_admits_a_token_once(caller, log_lines) -> None:
    token = good()
    assert caller.get("/cds-services", headers=bearer(token)).status == 200
    assert refusal(caller, log_lines, **bearer(token)) == (401, "replayed")


def test_auth_knows_a_token_by_its_issuer_and_id_however_it_is_signed(caller, log_lines) -> None:
    jti = str(uuid.uuid4())
    assert caller.get("/cds-services", headers=bearer(good(jti=jti))).status == 200
    assert caller.get("/cds-services", headers=bearer(OTHER.token(jti=jti))).status == 200
    assert refusal(caller, log_lines, **bearer(RS.token(jti=jti, tenant="south", exp=NOW + 9000))) == (401, "replayed")


def test_auth_recognizes_a_second_valid_signature_as_the_same_token(caller, log_lines) -> None:
    """Whoever has (r, s) has (r, n - s) too, which is as good a signature: the id tells that it is the same token."""
    order = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFC7634D81F4372DDF581A0DB248B0A77AECEC196ACCC52973
    token = good()
    text, _, signature = token.rpartition(".")
    raw = base64url_decode(signature)
    twin = f"{text}.{encoded(raw[:48] + (order - int.from_bytes(raw[48:])).to_bytes(48))}"
    assert caller.get("/cds-services", headers=bearer(token)).status == 200
    assert refusal(caller, log_lines, **bearer(twin)) == (401, "replayed")


def test_auth_admits_a_token_that_a_stranger_tried_to_use(caller) -> None:
    """Nothing is remembered of a token that proves false, or anybody could use up the ids of others."""
    jti = str(uuid.uuid4())
    tries = [
        STRANGER.token(jti=jti, tenant="north"),
        good(jti=jti, aud=BASE),
        good(jti=jti, tenant="west"),
        good(jti=jti, exp=NOW - 900),
        good({"kid": "nope"}, jti=jti),
    ]
    assert {caller.get("/cds-services", headers=bearer(each)).status for each in tries} == {401, 403}
    assert caller.get("/cds-services", headers=bearer(good(jti=jti))).status == 200


# --- What is reported ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("named", [{"X-Request-ID": "req-1"}, {}], ids=["named by the caller", "named here"])
def test_auth_gives_the_same_answer_to_every_refused_caller(caller, named: dict[str, str]) -> None:
    """The one header that may differ is the id of a request that came without one, and that is by chance."""
    used = good()
    caller.get("/cds-services", headers=bearer(used))
    told: dict[int, set[Any]] = {401: set(), 403: set()}
    made: list[str] = []
    tokens = [used, *(param.values[0]() for param in TURNED_AWAY)]
    for token in tokens:
        answer = caller.get("/cds-services", headers={**bearer(token), **named, "Origin": "https://x.example"})
        headers = [(name, value) for name, value in answer.headers if name != "Date"]
        if not named:
            (request_id,) = answer.headers.getlist("X-Request-ID")
            made.append(request_id)
            headers = [(name, "made here" if name == "X-Request-ID" else value) for name, value in headers]
        told[answer.status].add((answer.raw, json.dumps(headers)))
    assert [len(each) for each in told.values()] == [1, 1]
    if not named:
        assert len(set(made)) == len(tokens)
        assert all(re.fullmatch("[0-9a-f]{32}", request_id) for request_id in made)
    assert caller.get("/cds-services").headers["WWW-Authenticate"] == "Bearer"


def test_auth_does_not_say_why_in_the_answer_nor_the_token_in_the_log(caller, log_lines) -> None:
    tokens = [param.values[0]() for param in TURNED_AWAY]
    for token in tokens:
        answer = caller.get("/cds-services", headers=bearer(token))
        assert not any(str(reason).encode() in answer.raw for reason in Reason)
    for line, token in zip(log_lines, tokens, strict=True):
        for part in token.split("."):
            assert len(part) < 20 or part not in json.dumps(line)
        written = json.dumps(line, ensure_ascii=False)
        assert len(written) < 1500
        assert written.isascii()


@pytest.mark.usefixtures("failures_as_in_service")
def test_auth_refuses_when_something_breaks(caller, monkeypatch) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("cds_service.auth.authenticator.Authenticator.authenticate", fail)
    response = caller.client.get("/cds-services", headers=bearer(good()))
    assert response.status_code == 503
    assert b"services" not in response.data
