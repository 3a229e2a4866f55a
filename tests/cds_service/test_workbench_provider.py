"""Signing in with OpenID Connect, at a provider that is a process of its own."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import threading
import time
from base64 import urlsafe_b64decode
from contextlib import contextmanager
from html import unescape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from secrets import token_urlsafe
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urljoin, urlsplit

import pytest
import requests
from bench import Seat, words
from browser import visit
from playwright.sync_api import expect
from running import served
from servers import free_port

from cds_service.app import create_app
from cds_service.configuration.roles import Role
from cds_service.configuration.settings import Settings
from cds_service.policies.people import Person
from cds_service.workbench import access, sessions
from cds_service.workbench.provider import SignedIn

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask.testing import FlaskClient
    from werkzeug.test import TestResponse

    from cds_service.store.store import Store

COMMAND = Path(sys.executable).parent / "oidc-provider-mock"
PATIENCE_S = 60
BASE = "http://127.0.0.1:8080"
PEOPLE: dict[str, dict[str, Any]] = {
    "ann": {"name": "Ann Author", "roles": ["her2-write", "staff"]},
    "bob": {"name": "Bob", "roles": "her2-review", "realm_access": {"roles": ["her2-write", "her2-review"]}},
    "guest": {"name": "Guest", "roles": ["staff"]},
    "none": {"name": "None"},
    "odd": {"name": "Odd", "roles": 7},
    "line\nbreak": {"name": "Two lines", "roles": ["her2-write"]},
}
ROLES = {"editor": ["her2-write"], "reviewer": ["her2-review"]}


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    port = free_port()
    claims = [item for sub, each in PEOPLE.items() for item in ("--user-claims", json.dumps({"sub": sub, **each}))]
    # It is a program for tests, and warns of what its own libraries will drop.
    process = subprocess.Popen(  # noqa: S603 - our own arguments
        [COMMAND, "--port", str(port), "--require-nonce", "true", *claims],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    base = f"http://127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + PATIENCE_S
        while True:
            try:
                requests.get(f"{base}/.well-known/openid-configuration", timeout=1).raise_for_status()
                break
            except requests.RequestException:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.1)
        yield base
    finally:
        process.terminate()
        process.wait(PATIENCE_S)


@pytest.fixture(autouse=True)
def secret(monkeypatch) -> None:
    monkeypatch.setenv("WORKBENCH_SECRET", "of the test")


def browser(store: Store, issuer: str, **oidc: Any) -> FlaskClient:
    """Return a browser before a workbench that signs in with a provider."""
    known = {"client_id": "her2-cds", "client_secret_env": "WORKBENCH_SECRET", "roles": ROLES}
    provider = {"issuer": issuer, **known, **oidc}
    settings = {"public_url": BASE, "workbench": {"sign_in": "oidc", "oidc": provider}}
    return create_app(settings=Settings.model_validate(settings), store=store).test_client()


def begun(client: FlaskClient) -> str:
    """Begin to sign in, and give the address at the provider."""
    answer = client.get("/workbench/sign-in/provider")
    assert answer.status_code == 302, words(answer)
    return answer.headers["Location"]


def allowed(address: str, subject: str) -> str:
    """Be that person at the provider, and give the way back with the code."""
    answer = requests.post(address, data={"sub": subject}, allow_redirects=False, timeout=PATIENCE_S)
    return answer.headers["Location"]


def came_back(client: FlaskClient, address: str) -> TestResponse:
    """Follow the way back."""
    split = urlsplit(address)
    return client.get(f"{split.path}?{split.query}")


def signed_in(client: FlaskClient, subject: str) -> TestResponse:
    """Sign in as somebody, from the first page to the last."""
    return came_back(client, allowed(begun(client), subject))


def test_workbench_asks_the_provider_with_a_challenge_a_state_and_a_nonce(store: Store, issuer: str) -> None:
    asked = parse_qs(urlsplit(begun(browser(store, issuer))).query)
    assert asked["response_type"] == ["code"]
    assert asked["client_id"] == ["her2-cds"]
    assert asked["redirect_uri"] == [f"{BASE}/workbench/sign-in/callback"]
    assert asked["code_challenge_method"] == ["S256"]
    assert "openid" in asked["scope"][0].split()
    assert asked["state"][0]
    assert asked["nonce"][0]


@pytest.mark.parametrize(
    ("subject", "oidc", "shown"),
    [
        pytest.param("ann", {}, "Ann Author (editor)", id="the claim lists roles, some of them ours"),
        pytest.param("bob", {}, "Bob (reviewer)", id="the claim is one role"),
        pytest.param("bob", {"roles_claim": "realm_access.roles"}, "Bob (editor, reviewer)", id="the claim is nested"),
    ],
)
def test_workbench_signs_in_with_roles_when(store: Store, issuer: str, subject, oidc, shown) -> None:
    client = browser(store, issuer, **oidc)
    answer = signed_in(client, subject)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/workbench")
    assert shown in words(client.get("/workbench"))


@pytest.mark.parametrize(
    ("subject", "oidc"),
    [
        pytest.param("guest", {}, id="roles that are not ours"),
        pytest.param("none", {}, id="no such claim"),
        pytest.param("odd", {}, id="a claim of another kind"),
        pytest.param("ann", {"roles_claim": "roles.below"}, id="a path that leads nowhere"),
    ],
)
def test_workbench_admits_nobody_who_has(store: Store, issuer: str, subject, oidc) -> None:
    client = browser(store, issuer, **oidc)
    signed_in(client, subject)
    answer = client.get("/workbench")
    assert answer.status_code == 403
    assert "no role" in words(answer)


def test_workbench_keeps_the_newest_of_many_sign_ins_that_never_ended(store: Store, issuer: str) -> None:
    client = browser(store, issuer)
    for _ in range(30):
        address = begun(client)
    cookie = client.get_cookie("her2-workbench", path="/workbench")
    assert cookie is not None
    assert len(cookie.value) < 2000
    assert came_back(client, allowed(address, "ann")).status_code == 302


def test_workbench_distinguishes_people_by_provider_and_subject(store: Store, issuer: str) -> None:
    client = browser(store, issuer)
    signed_in(client, "ann")
    seat = Seat(client)
    assert seat.send("/versions", title="Mine").status_code == 302
    with store.engine.connect() as connection:
        actors = connection.exec_driver_sql("SELECT actor, actor_name FROM policy_steps").all()
    assert [tuple(each) for each in actors] == [(f"{issuer}|ann", "Ann Author")]


class Signed(Seat):
    """Somebody who has signed in with the provider; its door has no form."""

    def token(self) -> str:
        """Read the token of a form."""
        found = re.search(r'name="csrf_token" value="([^"]+)"', self.get("/versions").text)
        assert found is not None
        return found[1]


def test_workbench_asks_the_provider_again_before_a_change_of_what_is_in_force(
    store: Store, issuer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    roles = {**ROLES, "publisher": ["her2-write"]}
    author, reviewer = (Signed(browser(store, issuer, roles=roles)) for _ in range(2))
    signed_in(author.browser, "ann")
    signed_in(reviewer.browser, "bob")
    assert author.send("/versions", title="Older weights").status_code == 302
    assert author.step(1, "submitted").status_code == 302
    # Reading, writing and submitting go on for as long as the session; a role may have been taken away since.
    monkeypatch.setattr(access, "_FRESH_S", -1)
    answer = reviewer.step(1, "approved")
    assert answer.status_code == 403
    assert "Your roles are checked again for this step" in words(answer)
    assert author.get("/versions/1").status_code == 200
    monkeypatch.setattr(access, "_FRESH_S", 60)
    signed_in(reviewer.browser, "bob")
    assert reviewer.step(1, "approved").status_code == 302
    # The age counts from the sign-in, and not from the last page.
    later = time.time() + 61
    with monkeypatch.context() as clock:
        clock.setattr(sessions.time, "time", lambda: later)
        assert author.get("/versions/1").status_code == 200
        assert author.step(1, "published").status_code == 403
    signed_in(author.browser, "ann")
    assert author.step(1, "published").status_code == 302
    # A sign-in without the reviewer or editor role ends what the person may do.
    signed_in(author.browser, "guest")
    assert author.step(1, "retired").status_code == 403


def refused(answer: TestResponse, status: int) -> None:
    assert answer.status_code == status
    assert "Not signed in" in words(answer)


def test_workbench_accepts_no_code_of_a_sign_in_from_another_browser(store: Store, issuer: str) -> None:
    back = allowed(begun(browser(store, issuer)), "ann")
    other = browser(store, issuer)
    refused(came_back(other, back), 403)
    assert other.get("/workbench").status_code == 302


def test_workbench_accepts_a_code_once(store: Store, issuer: str) -> None:
    client = browser(store, issuer)
    back = allowed(begun(client), "ann")
    assert came_back(client, back).status_code == 302
    refused(came_back(client, back), 403)


@pytest.mark.parametrize(
    "query",
    [
        pytest.param("", id="nothing"),
        pytest.param("code=made-up&state=made-up", id="a state that nobody began"),
        pytest.param("error=access_denied&error_description=%3Cb%3Eno", id="a refusal"),
        pytest.param("error=" + "x" * 5000, id="a refusal without end"),
    ],
)
def test_workbench_signs_in_nobody_who_comes_back_with(store: Store, issuer: str, query, log_lines) -> None:
    client = browser(store, issuer)
    begun(client)
    answer = client.get(f"/workbench/sign-in/callback?{query}")
    refused(answer, 403)
    assert "<b>" not in answer.text
    failed = [line for line in log_lines if line["event"] == "workbench_sign_in_failed"]
    assert [len(line["code"]) < 30 for line in failed] == [True]


def test_workbench_signs_in_nobody_with_a_made_up_code(store: Store, issuer: str) -> None:
    client = browser(store, issuer)
    state = parse_qs(urlsplit(begun(client)).query)["state"][0]
    refused(client.get(f"/workbench/sign-in/callback?code=made-up&state={state}"), 403)


def test_workbench_signs_in_nobody_whom_it_cannot_distinguish(store: Store, issuer: str) -> None:
    refused(signed_in(browser(store, issuer), "line\nbreak"), 403)


def test_workbench_says_that_the_provider_cannot_be_reached(store: Store) -> None:
    client = browser(store, f"http://127.0.0.1:{free_port()}")
    refused(client.get("/workbench/sign-in/provider"), 503)


def test_workbench_goes_to_no_provider_that_names_itself_otherwise(store: Store, issuer: str) -> None:
    metadata = requests.get(f"{issuer}/.well-known/openid-configuration", timeout=PATIENCE_S).content
    with serving(metadata) as other:
        refused(browser(store, other).get("/workbench/sign-in/provider"), 503)


@pytest.mark.parametrize("body", [b"[]", b"7", b"null", b'"x"', b'{"id_token_signing_alg_values_supported": 7}'])
def test_workbench_goes_to_no_provider_whose_metadata_has_another_shape(store: Store, body: bytes) -> None:
    with serving(body) as other:
        refused(browser(store, other).get("/workbench/sign-in/provider"), 503)


@contextmanager
def serving(body: bytes) -> Iterator[str]:
    """Answer every request with a body."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.mark.parametrize("offered", [["none"], ["HS256"], ["none", "HS256", "HS512"]])
def test_workbench_accepts_no_provider_that_signs_with(store: Store, issuer: str, offered) -> None:
    client = browser(store, issuer)
    known = client.application.extensions["her2_cds_workbench_provider"]._client
    known.load_server_metadata()["id_token_signing_alg_values_supported"] = offered
    refused(client.get("/workbench/sign-in/provider"), 503)


def test_workbench_signs_in_nobody_made_up_where_there_is_a_provider(store: Store, issuer: str) -> None:
    seat = Seat(browser(store, issuer))
    page = seat.get("/sign-in")
    assert "Sign in with your organization" in words(page)
    assert "made up" not in words(page)
    assert seat.browser.post("/workbench/sign-in", data={"subject": "local|ada"}).status_code == 400


# --- Signing out -----------------------------------------------------------------------------------------------------


def sign_out_address(client: FlaskClient) -> str:
    """Sign out of the workbench, and give the way out of the provider that its page offers."""
    answer = Seat(client).send("/sign-out")
    assert answer.status_code == 200
    found = re.search(r'<a class="button primary" href="([^"]+)">Sign out at your organization too', answer.text)
    return unescape(found[1]) if found else ""


def left(address: str) -> str:
    """Say at the provider that one wants to leave, and give the way back."""
    page = requests.get(address, timeout=PATIENCE_S)
    page.raise_for_status()
    form = re.search(r'<form method="post" action="([^"]+)"', page.text)
    back = re.search(r'name="redirect_uri" value="([^"]+)"', page.text)
    assert form is not None
    assert back is not None
    there = {"redirect_uri": unescape(back[1])}
    answer = requests.post(urljoin(address, form[1]), data=there, allow_redirects=False, timeout=PATIENCE_S)
    return answer.headers["Location"]


def test_workbench_signs_out_at_the_provider_too(store: Store, issuer: str) -> None:
    client = browser(store, issuer)
    signed_in(client, "ann")
    address = sign_out_address(client)
    assert client.get("/workbench").headers["Location"] == "/workbench/sign-in"
    split = urlsplit(address)
    asked = parse_qs(split.query)
    metadata = requests.get(f"{issuer}/.well-known/openid-configuration", timeout=PATIENCE_S).json()
    assert address.partition("?")[0] == metadata["end_session_endpoint"]
    assert asked["client_id"] == ["her2-cds"]
    assert asked["post_logout_redirect_uri"] == [f"{BASE}/workbench/signed-out"]
    (hint,) = asked["id_token_hint"]
    claims = json.loads(urlsafe_b64decode(hint.split(".")[1] + "=="))
    assert (claims["iss"], claims["sub"]) == (issuer, "ann")
    back = left(address)
    assert back.startswith(f"{BASE}/workbench/signed-out?")
    assert "You are signed out of the workbench and of your organization." in words(came_back(client, back))
    # The return address is valid once.
    assert "You may still be signed in at your organization" in words(came_back(client, back))


@pytest.mark.parametrize("state", ["", "made-up", "\0", "\udcff", "ä" * 3000])
def test_workbench_accepts_no_return_that_it_did_not_start(store: Store, issuer: str, state: str) -> None:
    client = browser(store, issuer)
    signed_in(client, "ann")
    sign_out_address(client)
    page = client.get("/workbench/signed-out", query_string={"state": state.encode(errors="replace").decode()})
    assert page.status_code == 200
    assert "at your organization." not in words(page)
    assert "You may still be signed in at your organization" in words(page)


def test_workbench_never_tells_a_signed_in_person_to_sign_in(store: Store, issuer: str) -> None:
    client = browser(store, issuer)
    signed_in(client, "ann")
    answer = client.get("/workbench/signed-out")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/workbench")


@pytest.mark.parametrize(
    "offered",
    [
        pytest.param(None, id="no way out"),
        pytest.param("", id="an empty one"),
        pytest.param("http://idp.example/logout", id="one without TLS"),
        pytest.param("javascript:alert(1)", id="none at all"),
        pytest.param(["https://idp.example"], id="a list"),
    ],
)
def test_workbench_offers_no_sign_out_at_a_provider_that_names(store: Store, issuer: str, offered: Any) -> None:
    client = browser(store, issuer)
    signed_in(client, "ann")
    known = client.application.extensions["her2_cds_workbench_provider"]._client
    known.load_server_metadata()["end_session_endpoint"] = offered
    assert sign_out_address(client) == ""
    assert client.get("/workbench").headers["Location"] == "/workbench/sign-in"


def test_workbench_keeps_the_query_of_the_sign_out_address(store: Store, issuer: str) -> None:
    client = browser(store, issuer)
    signed_in(client, "ann")
    known = client.application.extensions["her2_cds_workbench_provider"]._client
    known.load_server_metadata()["end_session_endpoint"] = "https://idp.example/logout?realm=staff"
    assert parse_qs(urlsplit(sign_out_address(client)).query)["realm"] == ["staff"]


def test_workbench_signs_out_here_while_the_provider_is_gone(store: Store, issuer: str) -> None:
    client = browser(store, issuer)
    signed_in(client, "ann")
    # As in a worker that has not asked for the metadata yet.
    known = client.application.extensions["her2_cds_workbench_provider"]._client
    known.server_metadata.clear()
    known._server_metadata_url = f"http://127.0.0.1:{free_port()}/.well-known/openid-configuration"
    assert sign_out_address(client) == ""
    assert client.get("/workbench").headers["Location"] == "/workbench/sign-in"


@pytest.mark.parametrize(("length", "is_kept"), [(2400, True), (2401, False), (50_000, False)])
def test_workbench_keeps_no_id_token_that_would_fill_the_cookie(
    store: Store, issuer: str, monkeypatch: pytest.MonkeyPatch, *, length: int, is_kept: bool
) -> None:
    client = browser(store, issuer)
    token = token_urlsafe(length)[:length]
    person = Person(f"https://idp.example|{token_urlsafe(64)}", token_urlsafe(200), frozenset(Role))
    provider = client.application.extensions["her2_cds_workbench_provider"]
    monkeypatch.setattr(provider, "end", lambda: SignedIn(person, token))
    client.get("/workbench/sign-in/callback")
    cookie = client.get_cookie("her2-workbench", path="/workbench")
    assert cookie is not None
    assert len(cookie.value) < 4000
    asked = parse_qs(urlsplit(sign_out_address(client)).query)
    assert asked.get("id_token_hint", []) == ([token] if is_kept else [])
    assert asked["client_id"] == ["her2-cds"]


CONFIGURATION = """
public_url: http://127.0.0.1:{port}
auth: {{mode: off}}
workbench:
  sign_in: oidc
  oidc: {{issuer: "{issuer}", client_id: her2-cds, client_secret_env: WORKBENCH_SECRET, roles: {{viewer: [staff]}}}}
"""


def test_a_person_signs_in_and_out_in_a_real_browser(
    request: pytest.FixtureRequest, issuer: str, tmp_path: Path, pictures: Path
) -> None:
    port = free_port()
    (tmp_path / "her2.yaml").write_text(CONFIGURATION.format(port=port, issuer=issuer), encoding="utf-8")
    with served(tmp_path, "--config", "her2.yaml", port=port, WORKBENCH_SECRET="of the test"):  # noqa: S106
        seen = visit(request.getfixturevalue("browser"), f"http://127.0.0.1:{port}", pictures)
        seen.open("/workbench")
        seen.page.get_by_role("link", name="Sign in with your organization").click()
        seen.page.locator("input[name=sub]").first.fill("guest")
        seen.page.get_by_role("button", name="Authorize").first.click()
        expect(seen.page.get_by_role("heading", level=1)).to_have_text("Topics")
        seen.page.get_by_role("button", name="Sign out").click()
        expect(seen.page.locator("main")).to_contain_text("You may still be signed in at your organization")
        seen.check("workbench-signed-out-desk")
        seen.page.get_by_role("link", name="Sign out at your organization too").click()
        seen.page.get_by_role("button", name="End session").click()
        expect(seen.page.locator("main")).to_contain_text(
            "You are signed out of the workbench and of your organization."
        )
        seen.check("workbench-signed-out-everywhere-desk")
        seen.open("/workbench")
        expect(seen.page.get_by_role("heading", level=1)).to_have_text("Sign in")
        seen.page.context.close()
