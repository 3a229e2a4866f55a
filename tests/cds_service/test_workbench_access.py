"""The door of the workbench: who gets in, and who may do what."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from bench import ADA, BEN, EVE, Seat, bench, opened, words
from calls import Caller, call

from cds_service.configuration.layers import ConfigurationError
from cds_service.configuration.loading import load_settings
from cds_service.configuration.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

    from cds_service.store.store import Store

CLIENT = {"issuer": "https://ehr.example", "jwks_url": "https://ehr.example/jwks.json"}
PAGES = ("", "/topics/weight-stale", "/preview", "/versions", "/shadow", "/decisions")


@pytest.fixture
def seat(store: Store) -> Seat:
    return Seat(bench(store))


@pytest.mark.parametrize("path", PAGES)
def test_workbench_requires_a_sign_in(seat: Seat, path: str) -> None:
    answer = seat.get(path)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/workbench/sign-in")


@pytest.mark.parametrize("path", PAGES)
def test_workbench_shows_its_pages_to_a_viewer(seat: Seat, path: str) -> None:
    answer = seat.sign_in(EVE).get(path)
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert "script-src 'self'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("path", ["", "/sign-in", "/preview"])
def test_workbench_does_not_exist_without_a_sign_in(store: Store, path: str) -> None:
    answer = Seat(bench(store, workbench={})).get(path)
    assert answer.status_code == 404
    assert "not set up" in words(answer)


@pytest.mark.parametrize(
    "outside",
    [
        pytest.param({"environ_base": {"REMOTE_ADDR": "192.0.2.7"}}, id="another machine"),
        pytest.param({"environ_base": {"REMOTE_ADDR": "::ffff:192.0.2.7"}}, id="another machine, in IPv6"),
        pytest.param({"headers": {"X-Forwarded-For": "192.0.2.7"}}, id="somebody behind a proxy"),
        pytest.param({"headers": {"Forwarded": "for=192.0.2.7"}}, id="somebody behind a modern proxy"),
        pytest.param({"headers": {"X-Forwarded-Host": "her2.hospital.example"}}, id="somebody who asked elsewhere"),
        pytest.param({"headers": {"Host": "evil.example"}}, id="a browser that came here under another name"),
        pytest.param({"headers": {"Host": "127.0.0.1.evil.example"}}, id="a name that begins like this machine"),
    ],
)
def test_workbench_with_made_up_people_is_closed_to(store: Store, outside) -> None:
    browser = bench(store)
    Seat(browser).sign_in(ADA)
    for path in ("/workbench", "/workbench/sign-in", "/workbench/preview"):
        assert browser.get(path, **outside).status_code == 403


@pytest.mark.parametrize("host", ["localhost", "localhost:8080", "127.0.0.1:8080", "[::1]:8080", "127.0.0.2"])
def test_workbench_with_made_up_people_accepts_this_machine_as(store: Store, host: str) -> None:
    assert bench(store).get("/workbench/sign-in", headers={"Host": host}).status_code == 200


def test_workbench_refuses_made_up_people_where_clients_must_sign_in() -> None:
    with pytest.raises(ValueError, match="for trying out"):
        Settings.model_validate({"auth": {"mode": "required", "clients": [CLIENT]}, "workbench": {"sign_in": "local"}})


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        pytest.param({"subject": ADA}, 400, id="without the token of the form"),
        pytest.param({"subject": ADA, "csrf_token": "made up"}, 400, id="with a token that is made up"),
    ],
)
def test_workbench_accepts_no_form_from_elsewhere(seat: Seat, fields, status) -> None:
    seat.get("/sign-in")
    assert seat.browser.post("/workbench/sign-in", data=fields).status_code == status
    assert seat.get("").status_code == 302


def test_workbench_accepts_no_token_of_another_session(store: Store) -> None:
    one, other = Seat(bench(store)), Seat(bench(store))
    token = one.token()
    other.get("/sign-in")
    assert other.browser.post("/workbench/sign-in", data={"subject": ADA, "csrf_token": token}).status_code == 400


def test_workbench_signs_in_nobody_unknown(seat: Seat) -> None:
    assert seat.send("/sign-in", subject="local|mallory").status_code == 404
    assert seat.get("").status_code == 302


def test_workbench_signs_out(seat: Seat) -> None:
    seat.sign_in(ADA)
    assert seat.send("/sign-out").status_code == 302
    assert seat.get("").status_code == 302


def test_workbench_keeps_the_session_in_a_cookie_for_its_own_pages(seat: Seat) -> None:
    cookie = seat.send("/sign-in", subject=ADA).headers["Set-Cookie"]
    assert cookie.startswith("her2-workbench=")
    assert {"HttpOnly", "Path=/workbench", "SameSite=Lax"} <= set(cookie.split("; "))


def test_workbench_sends_its_cookie_over_tls_alone_where_the_service_has_tls(store: Store) -> None:
    cookie = bench(store, public_url="https://her2.hospital.example").get("/workbench/sign-in").headers["Set-Cookie"]
    assert "Secure" in cookie.split("; ")


def test_workbench_forgets_who_has_been_signed_in_for_too_long(seat: Seat, monkeypatch) -> None:
    seat.sign_in(ADA)
    assert seat.get("").status_code == 200
    later = datetime.now(UTC) + timedelta(hours=8, minutes=1)
    monkeypatch.setattr("itsdangerous.timed.time.time", later.timestamp)
    assert seat.get("").status_code == 302


@pytest.mark.parametrize(
    "cookie", ["", "made-up", "eyJwZXJzb24iOnsic3ViamVjdCI6ImxvY2FsfGFkYSJ9fQ.aSHs4A.made-up-signature"]
)
def test_workbench_accepts_no_cookie_that_it_has_not_signed(store: Store, cookie: str) -> None:
    browser = bench(store)
    browser.set_cookie("her2-workbench", cookie, path="/workbench")
    assert browser.get("/workbench").status_code == 302


def test_a_hook_has_no_session_and_sets_no_cookie(store: Store) -> None:
    browser = bench(store)
    Seat(browser).sign_in(ADA)
    answer = browser.post("/cds-services/her2-order-sign", json=call())
    assert answer.status_code == 200
    assert "Set-Cookie" not in answer.headers
    assert "Vary" not in answer.headers


@pytest.mark.parametrize(
    ("person", "path", "fields"),
    [
        pytest.param(EVE, "/versions", {"title": "Mine"}, id="one who looks begins no version"),
        pytest.param(BEN, "/versions", {"title": "Mine"}, id="a reviewer begins no version"),
        pytest.param(
            EVE, "/shadow/reviews", {"decision": "x", "topic": "weight-stale", "verdict": "right"}, id="reviews no case"
        ),
        pytest.param(
            ADA, "/shadow/reviews", {"decision": "x", "topic": "weight-stale", "verdict": "right"}, id="no editor does"
        ),
    ],
)
def test_workbench_holds_people_to_their_roles(seat: Seat, person: str, path: str, fields) -> None:
    assert seat.sign_in(person).send(path, **fields).status_code in (400, 403)
    assert "No version is in force" in words(seat.get("/versions"))
    assert "Mine" not in seat.get("/versions").text


@pytest.mark.parametrize(
    "path", ["/topics/no-such-topic", "/versions/1", "/versions/0", "/versions/99999999999", "/no"]
)
def test_workbench_answers_a_missing_page_with_a_page(seat: Seat, path: str) -> None:
    answer = seat.sign_in(EVE).get(path)
    assert answer.status_code == 404
    assert answer.content_type.startswith("text/html")


def test_workbench_says_that_the_database_is_down(tmp_path: Path) -> None:
    store = opened(tmp_path)
    seat = Seat(bench(store)).sign_in(ADA)
    store.engine.dispose()
    for each in tmp_path.glob("her2-cds.sqlite3*"):
        each.unlink()
    tmp_path.joinpath("her2-cds.sqlite3").mkdir()
    answer = seat.get("/versions")
    assert answer.status_code == 503
    assert "cannot be reached" in words(answer)


def test_the_record_is_open_on_this_machine_only_under_its_own_name() -> None:
    caller = Caller()
    found = caller.client.get("/decisions/none", headers={"Host": "evil.example"})
    assert found.status_code == 404


@pytest.mark.parametrize(
    ("written", "said"),
    [
        pytest.param("workbench: {sign_in: oidc}", "sign_in: oidc needs the provider", id="no provider"),
        pytest.param(
            "workbench: {sign_in: oidc, oidc: {issuer: 'http://idp.example', client_id: a, roles: {}}}",
            "must be https",
            id="a provider without TLS",
        ),
        pytest.param(
            "workbench: {oidc: {issuer: 'https://idp.example', client_id: a, roles: {king: [a]}}}",
            "king",
            id="a nonexistent role",
        ),
        pytest.param(
            "workbench: {oidc: {issuer: 'https://idp.example', client_id: a, roles: {}, scopes: profile}}",
            "'openid' is what",
            id="scopes that do not ask who",
        ),
        pytest.param(
            "workbench: {oidc: {issuer: 'https://idp.example', client_id: a, roles: {}, client_secret_env: NOT_SET}}",
            "NOT_SET is not set",
            id="a secret that is not set",
        ),
        pytest.param("workbench: {cookie_key: " + "k" * 40 + "}", "is a secret", id="a key in the file"),
        pytest.param("workbench: {sign_in: on}", "workbench.sign_in", id="a way of signing in that does not exist"),
    ],
)
def test_workbench_refuses_a_configuration_with(tmp_path: Path, written: str, said: str) -> None:
    path = tmp_path / "her2.yaml"
    path.write_text(written, encoding="utf-8")
    with pytest.raises(ConfigurationError) as refused:
        load_settings(path, {})
    assert said in "\n".join(refused.value.problems)


def test_a_copied_cookie_is_invalid_after_sign_out(store: Store) -> None:
    browser = bench(store)
    seat = Seat(browser).sign_in(ADA)
    kept = browser.get_cookie("her2-workbench", path="/workbench")
    assert kept is not None
    copy = Seat(bench(store))
    thief = browser.application.test_client()
    thief.set_cookie("her2-workbench", kept.value, path="/workbench")
    assert thief.get("/workbench").status_code == 200
    assert seat.send("/sign-out").status_code == 302
    assert thief.get("/workbench").status_code == 302
    assert thief.get("/workbench/versions").status_code == 302
    # Signing in again works, and another browser was never signed out.
    assert seat.sign_in(ADA).get("").status_code == 200
    assert copy.sign_in(ADA).get("").status_code == 200
