"""Keys behind an address, over real HTTP: kept, renewed, asked for again, and what happens when they cannot be had."""

from __future__ import annotations

import datetime as dt
import ssl
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
from calls import Caller
from chart_server import ChartServer, Reply, as_json
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from signers import BASE, DISCOVERY, EHR, Signer, as_jwk, bearer, private_key, required

from cds_service.auth.key_fetching import (
    BETWEEN_FETCHES_S,
    MAX_BYTES,
    RENEW_S,
    USELESS_S,
    WAIT_FOR_RENEWAL_S,
    WAIT_S,
    FetchedKeys,
)
from cds_service.configuration.settings import Settings
from cds_service.protocol.refusals import Reason, Refused

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

OLD, NEW = Signer(key_id="old"), Signer(key_id="new", number=1)
PATH = "/jwks.json"


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        """Begin at any time."""
        self.now = 1000.0

    def __call__(self) -> float:
        """Tell the time."""
        return self.now


class Published:
    """An address with keys behind it."""

    def __init__(self, server: ChartServer) -> None:
        """Publish one key."""
        self.server = server
        self.clock = Clock()
        self.publish(OLD)
        self.keys = FetchedKeys(f"http://127.0.0.1:{server.server_port}{PATH}", self.clock)

    def publish(self, *signers: Signer) -> None:
        """Publish other keys."""
        self.answer(as_json({"keys": [signer.jwk for signer in signers]}))

    def answer(self, reply: Reply) -> None:
        """Say something else at the address."""
        self.server.add(PATH, reply)

    def has(self, signer: Signer) -> bool:
        """Return whether a key is found."""
        return self.tells(signer) is None

    def tells(self, signer: Signer) -> Reason | None:
        """Tell why a key is not found."""
        try:
            self.keys.find(signer.key_id, signer.algorithm)
        except Refused as refused:
            return refused.reason
        return None

    @property
    def asked(self) -> int:
        """How often the address was asked."""
        return len(self.server.heard)

    def eventually_asked(self, times: int) -> bool:
        """Wait for what goes on beside the calls."""
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            if self.asked == times and self.keys._running is None:
                return True
            time.sleep(0.01)
        return False


@pytest.fixture
def published() -> Iterator[Published]:
    """Yield an address with one key behind it."""
    server = ChartServer()
    yield Published(server)
    server.close()


def test_auth_keys_are_fetched_when_they_are_needed_and_once(published) -> None:
    assert published.asked == 0
    assert all(published.has(OLD) for _ in range(5))
    assert published.asked == 1
    assert published.server.heard[0].headers.get("Authorization") is None


def test_auth_keys_are_fetched_again_when_one_is_not_known(published) -> None:
    assert published.has(OLD)
    published.publish(OLD, NEW)
    published.clock.now += BETWEEN_FETCHES_S
    assert published.has(NEW)
    assert published.asked == 2


def test_auth_made_up_key_ids_do_not_trigger_fetches(published) -> None:
    assert published.has(OLD)
    for number in range(50):
        assert published.tells(Signer(key_id=f"made-up-{number}")) is Reason.KEY_UNKNOWN
    assert published.asked == 1
    published.clock.now += BETWEEN_FETCHES_S
    for number in range(50):
        assert published.tells(Signer(key_id=f"made-up-{number}")) is Reason.KEY_UNKNOWN
    assert published.asked == 2
    assert published.has(OLD)


def test_auth_keys_are_renewed_in_the_background(published) -> None:
    assert published.has(OLD)
    published.publish(NEW)
    published.clock.now += RENEW_S
    assert published.has(OLD)
    assert published.asked == 1
    published.clock.now += 1
    assert published.has(OLD)
    assert published.eventually_asked(2)
    assert published.tells(OLD) is Reason.KEY_UNKNOWN
    assert published.has(NEW)


def test_auth_keys_that_nobody_used_for_long_are_renewed_before_they_are_used(published) -> None:
    assert published.has(OLD)
    published.publish(NEW)
    published.clock.now += WAIT_FOR_RENEWAL_S + 1
    assert published.tells(OLD) is Reason.KEY_UNKNOWN
    assert published.asked == 2


FAILING: list[Any] = [
    pytest.param(Reply(status=404), id="there is nothing"),
    pytest.param(Reply(status=500), id="an error"),
    pytest.param(Reply(status=204), id="no content"),
    pytest.param(Reply(hangs_up=True), id="it closes the connection"),
    pytest.param(Reply(b"<html>"), id="a page"),
    pytest.param(Reply(b"[]"), id="a list"),
    pytest.param(Reply(b"{}"), id="an object without keys"),
    pytest.param(Reply(b'{"keys": [], "keys": []}'), id="two lists of keys"),
    pytest.param(Reply(b"[" * 101), id="lists 101 deep"),
    pytest.param(Reply(b"\xff"), id="no text"),
    pytest.param(Reply(b"{}", headers={"Content-Encoding": "gzip"}), id="a body not compressed as declared"),
    pytest.param(Reply(b" " * (MAX_BYTES + 1)), id="too large"),
    pytest.param(Reply(headers={"Content-Length": "99"}), id="a body that breaks off"),
    pytest.param(as_json({"keys": [OLD.jwk] * 101}), id="too many keys"),
]


@pytest.mark.parametrize("reply", FAILING)
def test_auth_without_keys_nobody_is_admitted(published, log_lines, reply) -> None:
    published.answer(reply)
    assert published.tells(OLD) is Reason.KEYS_UNAVAILABLE
    assert {line["event"] for line in log_lines} <= {"jwks_not_fetched", "jwks_refused"}
    assert log_lines
    assert published.tells(OLD) is Reason.KEYS_UNAVAILABLE
    assert published.asked == 1
    published.publish(OLD)
    published.clock.now += BETWEEN_FETCHES_S
    assert published.has(OLD)


@pytest.mark.parametrize("reply", FAILING)
def test_auth_keys_are_kept_for_a_day_when_they_cannot_be_renewed(published, reply) -> None:
    assert published.has(OLD)
    published.answer(reply)
    for age in (RENEW_S + 1, WAIT_FOR_RENEWAL_S + 1, USELESS_S):
        published.clock.now = 1000 + age
        assert published.has(OLD), age
    published.clock.now = 1000 + USELESS_S + 1
    assert published.tells(OLD) is Reason.KEYS_UNAVAILABLE


def test_auth_keys_are_not_fetched_from_where_a_redirect_points(published) -> None:
    elsewhere = published.server.add("/elsewhere", as_json({"keys": [OLD.jwk]}))
    for status in (301, 302, 303, 307, 308):
        published.answer(Reply(status=status, headers={"Location": elsewhere}))
        assert published.tells(OLD) is Reason.KEYS_UNAVAILABLE
        published.clock.now += BETWEEN_FETCHES_S
    assert {each.path for each in published.server.heard} == {PATH}


def test_auth_keys_are_not_fetched_through_a_proxy_of_the_machine(published, monkeypatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    assert published.has(OLD)


def test_auth_keys_that_must_not_be_published_are_left_out(published, log_lines) -> None:
    private = as_jwk(private_key("ES384", 3), kid="private")
    symmetric = {"kty": "oct", "k": "c2VjcmV0", "kid": "symmetric", "alg": "HS256"}
    weak = as_jwk(private_key("RS256", 0, 1024).public_key(), kid="weak")
    published.answer(as_json({"keys": [private, OLD.jwk, symmetric, weak, "x", {"kty": "EC"}]}))
    assert published.has(OLD)
    for key_id in ("private", "symmetric", "weak"):
        with pytest.raises(Refused, match=Reason.KEY_UNKNOWN):
            published.keys.find(key_id, "ES384")
    said = [line["problem"] for line in log_lines if line["event"] == "jwk_refused"]
    assert [problem.partition(" ")[0] for problem in said] == ["keys[0]", "keys[2]", "keys[3]", "keys[4]"]
    assert private["d"] not in str(log_lines)


@pytest.mark.parametrize(
    "reply", [Reply(after_s=30), Reply(trickles=True)], ids=["it thinks for long", "it sends a byte now and then"]
)
def test_auth_waits_for_keys_only_briefly(published, reply) -> None:
    published.answer(reply)
    began = time.monotonic()
    assert published.tells(OLD) is Reason.KEYS_UNAVAILABLE
    assert WAIT_S * 0.9 < time.monotonic() - began < 2 * WAIT_S


def test_auth_does_not_wait_again_for_the_same_keys(published) -> None:
    published.answer(Reply(after_s=30))
    assert published.tells(OLD) is Reason.KEYS_UNAVAILABLE
    published.clock.now += WAIT_S
    began = time.monotonic()
    assert {published.tells(OLD) for _ in range(20)} == {Reason.KEYS_UNAVAILABLE}
    assert time.monotonic() - began < WAIT_S
    assert published.asked == 1


def test_auth_does_not_wait_for_known_keys(published) -> None:
    assert published.has(OLD)
    published.answer(Reply(after_s=30))
    published.clock.now += RENEW_S + 1
    began = time.monotonic()
    assert published.has(OLD)
    assert time.monotonic() - began < WAIT_S


def test_auth_keys_are_fetched_by_one_of_many_who_need_them(published) -> None:
    published.answer(as_json({"keys": [OLD.jwk]}, after_s=0.3))
    start = threading.Barrier(12)

    def ask(_: int) -> bool:
        start.wait()
        return published.has(OLD)

    with ThreadPoolExecutor(12) as pool:
        assert all(pool.map(ask, range(12)))
    assert published.asked == 1


def test_auth_keys_are_not_accepted_from_an_unverified_server(tmp_path) -> None:
    server = ChartServer()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(self_signed(tmp_path))
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    server.add(PATH, as_json({"keys": [OLD.jwk]}))
    keys = FetchedKeys(f"https://127.0.0.1:{server.server_port}{PATH}")
    with pytest.raises(Refused, match=Reason.KEYS_UNAVAILABLE):
        keys.find(OLD.key_id, OLD.algorithm)
    assert server.heard == []
    server.close()


def self_signed(folder: Path) -> Path:
    key = private_key("ES256")
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), 1)
        .not_valid_before(now)
        .not_valid_after(now + dt.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path = folder / "server.pem"
    path.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
    return path


# --- Through the service ---------------------------------------------------------------------------------------------


def service(**client: Any) -> Caller:
    return Caller(required({"issuer": EHR, **client}))


def status(caller: Caller, signer: Signer, **header: Any) -> int:
    return caller.get("/cds-services", headers=bearer(signer.token(header=header))).status


def test_auth_admits_clients_whose_keys_are_fetched(published) -> None:
    caller = service(jwks_url=published.keys.url)
    assert [status(caller, OLD), status(caller, OLD), status(caller, NEW)] == [200, 200, 401]
    assert published.asked == 1


def test_auth_asks_an_address_in_a_token_if_the_configuration_has_it_too(published) -> None:
    url = published.keys.url
    other = published.server.add("/other.json", as_json({"keys": [NEW.jwk]}))
    caller = service(jku=[url])
    assert status(caller, OLD, jku=url) == 200
    assert status(caller, OLD) == 401
    assert status(caller, NEW, jku=other) == 401
    assert status(caller, OLD, jku=url + "?") == 401
    assert status(caller, OLD, jku=url.replace("http", "HTTP")) == 401
    assert {each.path for each in published.server.heard} == {PATH}


def test_auth_holds_a_token_to_the_list_of_addresses_and_prefers_the_keys_at_hand(published) -> None:
    """As for the official sandbox behind a firewall: its address is known and cannot be reached."""
    url = "https://sandbox.cds-hooks.org/.well-known/jwks.json"
    caller = service(jku=[url], jwks={"keys": [OLD.jwk]})
    assert status(caller, OLD, jku=url) == 200
    assert status(caller, OLD) == 200
    assert status(caller, OLD, jku=published.keys.url) == 401
    assert published.asked == 0


def test_auth_keeps_the_keys_it_has_fetched_when_the_configuration_changes(published) -> None:
    caller = service(jwks_url=published.keys.url)
    assert status(caller, OLD) == 200
    client = {"issuer": EHR, "jwks_url": published.keys.url, "tenants": []}
    configuration = caller.app.extensions["her2_cds"]
    configuration.authentication.use(
        Settings(public_url=BASE, auth={"mode": "required", "clients": [client], "leeway_s": 5})
    )
    assert status(caller, OLD) == 200
    assert published.asked == 1


def test_auth_does_not_mix_up_the_keys_of_two_clients(published) -> None:
    theirs = published.server.add("/theirs.json", as_json({"keys": [NEW.jwk]}))
    caller = Caller(
        required({"issuer": EHR, "jwks_url": published.keys.url}, {"issuer": "https://b.example", "jwks_url": theirs})
    )
    assert status(caller, OLD) == 200
    assert status(caller, NEW) == 401
    forged = NEW.token(DISCOVERY, iss="https://b.example")
    assert caller.get("/cds-services", headers=bearer(forged)).status == 200
    assert caller.get("/cds-services", headers=bearer(OLD.token(iss="https://b.example"))).status == 401
