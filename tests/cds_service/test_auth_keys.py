"""JWK Sets: which keys can verify what, and what is said about those that must not or cannot be used."""

from __future__ import annotations

import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from signers import Signer, as_jwk, private_key

from cds_service.configuration.auth_settings import Algorithm
from cds_service.keys.configured import check_key_address, check_keys, read_key_file
from cds_service.keys.jwk import ALGORITHMS, JwkProblem, read_keys
from cds_service.protocol.refusals import Reason, Refused

CURVE = Signer().jwk
RSA = Signer(algorithm="RS384", key_id="rsa-1").jwk
EDWARDS = Signer(algorithm="EdDSA", key_id="ed-1").jwk
BARE_CURVE, BARE_RSA = as_jwk(private_key("ES384").public_key(), kid="a"), as_jwk(private_key("RS256").public_key())
SECRET = as_jwk(private_key("ES384"))["d"]
RSA_ALGORITHMS = {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512"}


def usable(jwk: Any) -> set[str]:
    keys, problems = read_keys({"keys": [jwk]})
    assert problems == []
    found = set()
    for algorithm in [*ALGORITHMS, "none", "HS256", "ES256K", ""]:
        try:
            found |= {algorithm} if keys.find(jwk.get("kid", ""), algorithm) else set()
        except Refused:
            continue
    return found


USABLE: list[Any] = [
    pytest.param(BARE_CURVE, {"ES384"}, id="a curve fits one algorithm"),
    pytest.param(as_jwk(private_key("ES256").public_key(), kid="a"), {"ES256"}, id="another curve fits another"),
    pytest.param(as_jwk(private_key("ES512").public_key(), kid="a"), {"ES512"}, id="and the third"),
    pytest.param(as_jwk(private_key("EdDSA").public_key(), kid="a"), {"EdDSA"}, id="so does Edwards' curve"),
    pytest.param({**BARE_RSA, "kid": "a"}, RSA_ALGORITHMS, id="RSA fits six"),
    pytest.param({**BARE_RSA, "kid": "a", "alg": "RS384"}, {"RS384"}, id="of which its own alg leaves one"),
    pytest.param({**BARE_RSA, "kid": "a", "alg": "PS256"}, {"PS256"}, id="or another"),
    pytest.param({**BARE_RSA, "kid": "a", "use": "sig", "key_ops": ["verify"]}, RSA_ALGORITHMS, id="for verifying"),
    pytest.param({**BARE_RSA, "kid": "a", "use": "enc"}, set(), id="for encryption"),
    pytest.param({**BARE_RSA, "kid": "a", "use": 1}, set(), id="for something unknown"),
    pytest.param({**BARE_RSA, "kid": "a", "alg": "RSA-OAEP-256"}, set(), id="an algorithm of encryption"),
    pytest.param({**BARE_RSA, "kid": "a", "key_ops": ["encrypt"]}, set(), id="an operation of encryption"),
    pytest.param({**BARE_RSA, "kid": "a", "x5c": ["MIIB"], "x5t": "x"}, RSA_ALGORITHMS, id="with a certificate"),
    pytest.param(as_jwk(ec.generate_private_key(ec.SECP256R1()).public_key(), crv="P-192"), set(), id="an old curve"),
    pytest.param({"kty": "EC", "crv": "secp256k1", "kid": "a"}, set(), id="a curve of coins"),
    pytest.param({"kty": "OKP", "crv": "X25519", "kid": "a"}, set(), id="a curve of key exchange"),
    pytest.param({"kty": "AKP", "kid": "a"}, set(), id="a type of the future"),
    pytest.param({"kty": ["EC"], "kid": "a"}, set(), id="types in a list"),
    pytest.param({"kty": "EC", "crv": ["P-384"], "kid": "a"}, set(), id="curves in a list"),
    pytest.param({"kid": "a"}, set(), id="no type"),
]


@pytest.mark.parametrize(("jwk", "algorithms"), USABLE)
def test_auth_key_is_good_for(jwk, algorithms) -> None:
    assert usable(jwk) == algorithms


PROBLEMS: list[Any] = [
    pytest.param({**CURVE, "d": SECRET}, "holds a private key", id="a private key of a curve"),
    pytest.param(as_jwk(private_key("RS256"), kid="a"), "holds a private key", id="a private RSA key"),
    pytest.param(as_jwk(private_key("EdDSA"), kid="a"), "holds a private key", id="a private Edwards key"),
    pytest.param({**RSA, "dq": "AA"}, "holds a private key", id="a part of a private key"),
    pytest.param({"kty": "oct", "k": SECRET, "kid": "a"}, "is a symmetric key", id="a secret"),
    pytest.param({**CURVE, "k": SECRET}, "is a symmetric key", id="a secret beside a curve"),
    pytest.param({**BARE_RSA}, "has no 'kid'", id="no id"),
    pytest.param({**CURVE, "kid": ""}, "has no 'kid'", id="an empty id"),
    pytest.param({**CURVE, "kid": 7}, "has no 'kid'", id="a number for an id"),
    pytest.param({**CURVE, "alg": "RS384"}, "'alg' that does not fit", id="an algorithm of another type"),
    pytest.param({**CURVE, "alg": "ES256"}, "'alg' that does not fit", id="an algorithm of another curve"),
    pytest.param({**RSA, "alg": "HS256"}, "'alg' that does not fit", id="a symmetric algorithm"),
    pytest.param({**RSA, "alg": ["RS384"]}, "'alg' that does not fit", id="algorithms in a list"),
    pytest.param(as_jwk(private_key("RS256", 0, 1024).public_key(), kid="a"), "1024 bits", id="a short RSA key"),
    pytest.param({**RSA, "n": "AQAB" * 400}, "bits", id="a huge RSA key"),
    pytest.param({**RSA, "e": "AQ"}, "cannot be read", id="an exponent of one"),
    pytest.param({**RSA, "n": ""}, "cannot be read", id="an empty modulus"),
    pytest.param({"kty": "RSA", "kid": "a"}, "cannot be read", id="an RSA key without numbers"),
    pytest.param({**CURVE, "x": CURVE["y"]}, "cannot be read", id="a point that is not on the curve"),
    pytest.param({**CURVE, "x": "AA"}, "cannot be read", id="half a point"),
    pytest.param({**CURVE, "x": 7}, "cannot be read", id="a number for a point"),
    pytest.param({**CURVE, "y": None}, "cannot be read", id="null for a point"),
    pytest.param({**CURVE, "x": "é"}, "cannot be read", id="a point of another alphabet"),
    pytest.param({**EDWARDS, "x": "AA"}, "cannot be read", id="a short Edwards key"),
    pytest.param("key", "is no JSON object", id="a word"),
    pytest.param(None, "is no JSON object", id="null"),
]


@pytest.mark.parametrize(("jwk", "problem"), PROBLEMS)
def test_auth_key_is_refused_with_its_place_and_without_its_secret(jwk, problem) -> None:
    keys, problems = read_keys({"keys": [CURVE, jwk]})
    assert len(keys) == 1
    (said,) = map(str, problems)
    assert said.startswith("keys[1]")
    assert problem in said
    assert "\n" not in said
    for value in jwk.values() if isinstance(jwk, dict) else []:
        assert not isinstance(value, str) or len(value) < 10 or value not in said
    with pytest.raises(JwkProblem):
        check_keys({"keys": [CURVE, jwk]})


@pytest.mark.parametrize(
    "jwks", [None, [], "keys", {}, {"keys": {}}, {"keys": None}, {"keys": "x"}, {"keys": [CURVE] * 101}, CURVE]
)
def test_auth_key_set_is_refused(jwks) -> None:
    with pytest.raises(JwkProblem):
        read_keys(jwks)


def test_auth_keys_of_one_id_and_algorithm_are_both_refused() -> None:
    """Which of the two was meant nobody can tell."""
    twin = Signer(number=1).jwk
    keys, problems = read_keys({"keys": [CURVE, RSA, twin, {**BARE_RSA, "kid": "rsa-1"}]})
    assert [str(problem) for problem in problems] == ["kid 'key-1' is given twice", "kid 'rsa-1' is given twice"]
    assert len(keys) == 0


def test_auth_keys_of_one_id_and_two_types_are_distinguished() -> None:
    """RFC 7517, 4.5: equivalent alternatives may share an id."""
    keys, problems = read_keys({"keys": [CURVE, {**RSA, "kid": "key-1"}]})
    assert problems == []
    assert keys.find("key-1", "ES384").algorithms == {"ES384"}
    assert keys.find("key-1", "RS384").algorithms == {"RS384"}
    with pytest.raises(Refused, match=Reason.KEY_DOES_NOT_FIT):
        keys.find("key-1", "RS256")
    with pytest.raises(Refused, match=Reason.KEY_UNKNOWN):
        keys.find("key-2", "ES384")


def test_auth_a_set_without_a_key_for_signatures_is_refused() -> None:
    with pytest.raises(JwkProblem, match="no key in it can verify"):
        check_keys({"keys": [{**BARE_RSA, "kid": "a", "use": "enc"}]})
    check_keys({"keys": []})


def test_auth_the_site_may_allow_just_the_algorithms_that_keys_can_have() -> None:
    assert set(Algorithm.__args__) == ALGORITHMS
    assert not any(each.startswith("HS") or each == "none" for each in ALGORITHMS)


@pytest.mark.parametrize(
    "url",
    [
        "https://ehr.example.org/jwks.json",
        "https://10.1.2.3:8443/keys",
        "http://127.0.0.1:3100/public_keys",
        "http://localhost/keys",
        "http://[::1]:80/keys",
        "http://127.8.9.1/keys",
    ],
)
def test_auth_keys_may_be_at(url) -> None:
    check_key_address(url)


@pytest.mark.parametrize(
    ("url", "advice"),
    [
        ("http://ehr.example.org/jwks.json", "https only"),
        ("http://10.1.2.3/keys", "https only"),
        ("http://127.0.0.1.evil.example/keys", "https only"),
        ("http://localhost.evil.example/keys", "https only"),
        ("ftp://127.0.0.1/keys", "no address"),
        ("file:///etc/keys.json", "no address"),
        ("https://user:word@ehr.example.org/keys", "no address"),
        ("https:///keys", "no address"),
        ("keys.json", "no address"),
        ("", "no address"),
        ("https://[::1/keys", "Invalid IPv6"),
    ],
)
def test_auth_keys_may_not_be_at(url, advice) -> None:
    with pytest.raises(ValueError, match=advice) as error:
        check_key_address(url)
    assert "word" not in str(error.value)


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        pytest.param("[]", "no JSON object", id="a list"),
        pytest.param("{", "no JSON object", id="half an object"),
        pytest.param('{"keys": [], "keys": []}', "no JSON object", id="two lists"),
        pytest.param("-----BEGIN PUBLIC KEY-----", "no JSON object", id="a PEM file"),
        pytest.param("{}", "list 'keys'", id="no keys"),
        pytest.param('{"keys": []}', "holds no key", id="an empty list"),
        pytest.param(json.dumps({"keys": [{**CURVE, "d": SECRET}]}), "holds a private key", id="a private key"),
    ],
)
def test_auth_key_file_is_refused(tmp_path, text, advice) -> None:
    path = tmp_path / "ehr.json"
    path.write_text(text)
    with pytest.raises(ValueError, match=advice) as error:
        read_key_file(path)
    assert "ehr.json" in str(error.value)
    assert SECRET not in str(error.value)


def test_auth_key_file_must_be_there(tmp_path) -> None:
    with pytest.raises(ValueError, match="cannot be read"):
        read_key_file(tmp_path / "nope.json")
    with pytest.raises(ValueError, match="cannot be read"):
        read_key_file(tmp_path)
