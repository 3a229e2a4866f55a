"""Laws of tokens: no change of a good one is let in, and nothing that is sent breaks the reader."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from jwt.utils import base64url_decode
from signers import DISCOVERY, EHR, OTHER_EHR, Signer, client, encoded, required

from cds_service.auth.authenticator import Authenticator
from cds_service.auth.tokens import read_token
from cds_service.auth.used_tokens import MemoryReplayStore
from cds_service.protocol.refusals import Refused

SIGNERS = (Signer(algorithm="ES256"), Signer(algorithm="RS256"), Signer(algorithm="EdDSA"), Signer())
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
ANY = ["ES256", "RS256", "EdDSA", "ES384", "PS256", "RS384"]


def lets_in(signer: Signer, field: str) -> bool:
    auth = required(client(signer), client(Signer(OTHER_EHR, number=1)), algorithms=ANY).auth
    try:
        caller = Authenticator(auth, MemoryReplayStore()).authenticate(field, DISCOVERY)
    except Refused:
        return False
    assert caller.issuer == EHR
    return True


signers = st.sampled_from(SIGNERS)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@given(signers, st.data())
@settings(max_examples=2 * settings.default.max_examples)
def test_no_token_with_a_changed_character_is_admitted(signer: Signer, data: Any) -> None:
    token = signer.token()
    place = data.draw(st.integers(0, len(token) - 1))
    other = data.draw(st.sampled_from(ALPHABET + "=.+/ é\0"))
    assume(other != token[place])
    assert lets_in(signer, f"Bearer {token}")
    assert not lets_in(signer, f"Bearer {token[:place]}{other}{token[place + 1 :]}")


@given(signers, st.data())
@settings(max_examples=2 * settings.default.max_examples)
def test_a_token_that_was_cut_or_extended_is_refused(signer: Signer, data: Any) -> None:
    token = signer.token()
    begin = data.draw(st.integers(0, len(token)))
    end = data.draw(st.integers(begin, len(token)))
    new = data.draw(st.text(ALPHABET + ".=, ", max_size=6))
    assume(new != token[begin:end])
    changed = f"{token[:begin]}{new}{token[end:]}"
    # Spaces before the token belong to the scheme.
    assume(changed.lstrip(" ") != token)
    assert not lets_in(signer, f"Bearer {changed}")


@given(signers, st.sampled_from(["alg", "kid", "typ", "jku", "jwk", "x5c", "crit", "b64", "zip", "enc"]), json_values)
@settings(max_examples=2 * settings.default.max_examples)
def test_no_unsigned_header_is_admitted(signer: Signer, name: str, value: Any) -> None:
    _, payload, signature = signer.token().split(".")
    header = signer.header(**{name: value})
    assume(header != signer.header())
    assert not lets_in(signer, f"Bearer {encoded(header)}.{payload}.{signature}")


@given(signers, st.sampled_from(["iss", "aud", "exp", "iat", "nbf", "jti", "tenant", "sub"]), json_values)
@settings(max_examples=2 * settings.default.max_examples)
def test_no_unsigned_claim_is_admitted(signer: Signer, name: str, value: Any) -> None:
    header, payload, signature = signer.token().split(".")
    claims = json.loads(base64url_decode(payload))
    changed = {**claims, name: value}
    assume(changed != claims)
    assert not lets_in(signer, f"Bearer {header}.{encoded(changed)}.{signature}")


@given(signers, st.binary(max_size=600))
@settings(max_examples=2 * settings.default.max_examples)
@example(SIGNERS[0], b"")
@example(SIGNERS[0], bytes(64))
@example(SIGNERS[1], bytes(256))
@example(SIGNERS[2], bytes(64))
@example(SIGNERS[3], bytes(96))
def test_no_other_signature_is_admitted(signer: Signer, signature: bytes) -> None:
    text = signer.token().rpartition(".")[0]
    assert not lets_in(signer, f"Bearer {text}.{encoded(signature)}")


@given(json_values, json_values, st.binary(max_size=40))
@settings(max_examples=2 * settings.default.max_examples)
def test_whatever_a_token_holds_is_read_or_refused(header: Any, payload: Any, signature: bytes) -> None:
    try:
        text = f"Bearer {encoded(header)}.{encoded(payload)}.{encoded(signature)}"
        read_token(text)
    except Refused:
        return


@given(st.text(max_size=300) | st.binary(max_size=300).map(lambda raw: raw.decode("latin-1")))
@settings(max_examples=2 * settings.default.max_examples)
def test_whatever_a_field_holds_is_refused(field: str) -> None:
    for text in (field, f"Bearer {field}"):
        with pytest.raises(Refused):
            read_token(text)


@given(st.dictionaries(st.sampled_from(["iss", "aud", "exp", "iat", "nbf", "jti", "tenant"]), json_values))
@settings(max_examples=2 * settings.default.max_examples)
def test_a_key_holder_is_admitted_or_refused_and_nothing_else(claims: Any) -> None:
    signer = SIGNERS[0]
    payload = {**signer.claims(), **claims}
    field = f"Bearer {signer.signed(signer.header(), json.dumps(payload))}"
    if lets_in(signer, field):
        assert payload["aud"] == DISCOVERY or DISCOVERY in payload["aud"]
