"""Where a token is wanted and for which address, what the hooks learn of the caller, and what the log says."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from calls import SELECT, SIGN, Caller, call, order
from flask import Flask, g
from signers import BASE, DISCOVERY, EHR, Signer, bearer, client, required

from cds_service.app import create_app
from cds_service.auth.gate import PROTECTED, protect
from cds_service.configuration.settings import Settings
from cds_service.decisions.active import Configuration
from cds_service.protocol.caller import Caller as Known
from cds_service.protocol.refusals import Reason
from cds_service.protocol.services import BY_ID

if TYPE_CHECKING:
    from structlog.typing import EventDict

SIGNER = Signer()
ORIGIN = {"Origin": "https://sandbox.cds-hooks.org"}
SIGN_URL, SELECT_URL = f"{DISCOVERY}/{SIGN}", f"{DISCOVERY}/{SELECT}"


@pytest.fixture(scope="module")
def caller() -> Caller:
    """Return a service that one EHR may call."""
    return Caller(required(client(SIGNER)))


ADDRESSES: list[Any] = [
    pytest.param("GET", "/cds-services", DISCOVERY, id="discovery"),
    pytest.param("GET", "/cds-services/", DISCOVERY, id="discovery with a slash"),
    pytest.param("HEAD", "/cds-services", DISCOVERY, id="the head of discovery"),
    pytest.param("POST", f"/cds-services/{SIGN}", SIGN_URL, id="a call"),
    pytest.param("POST", f"/cds-services/{SELECT}", SELECT_URL, id="a call of another service"),
    pytest.param("POST", f"/cds-services/{SIGN}/feedback", f"{SIGN_URL}/feedback", id="feedback"),
]


def send(caller: Caller, method: str, path: str, token: str | None) -> int:
    headers = {**ORIGIN, **(bearer(token) if token else {})}
    body = {"json": call(path.split("/")[2])} if method == "POST" else {}
    response = caller.client.open(path, method=method, headers=headers, **body)
    assert response.headers["Access-Control-Allow-Origin"] in ("*", ORIGIN["Origin"])
    if response.status_code == 401:
        assert response.headers["WWW-Authenticate"] == "Bearer"
    return response.status_code


@pytest.mark.parametrize(("method", "path", "url"), ADDRESSES)
def test_auth_gate_requires_a_token_for(caller, method, path, url) -> None:
    assert send(caller, method, path, None) == 401
    assert send(caller, method, path, SIGNER.token(url)) not in (401, 403)


@pytest.mark.parametrize(("method", "path", "url"), ADDRESSES)
@pytest.mark.parametrize("other", sorted({DISCOVERY, SIGN_URL, SELECT_URL, f"{SIGN_URL}/feedback", BASE}))
def test_auth_gate_refuses_a_token_for_another_address(caller, method, path, url, other) -> None:
    if other != url:
        assert send(caller, method, path, SIGNER.token(other)) == 401
        assert send(caller, method, path, SIGNER.token([other, url])) != 401


@pytest.mark.parametrize(
    "aud",
    [
        f"{SIGN_URL}/",
        SIGN_URL[:-1],
        f"{SIGN_URL}x",
        SIGN_URL.replace("https", "http"),
        SIGN_URL.replace("hospital", "HOSPITAL"),
        SIGN_URL.replace("/her2/", "/"),
        SIGN_URL.replace("/her2/", "/her2//"),
        f"{SIGN_URL}#x",
        f"http://localhost/cds-services/{SIGN}",
        f"/cds-services/{SIGN}",
        SIGN,
        "*",
    ],
)
def test_auth_gate_refuses_an_audience_that_is_nearly_right(caller, aud) -> None:
    assert send(caller, "POST", f"/cds-services/{SIGN}", SIGNER.token(aud)) == 401


@pytest.mark.parametrize(
    "name", ["Host", "X-Forwarded-Host", "X-Forwarded-Prefix", "Forwarded", "X-Original-URL", "X-HTTP-Method-Override"]
)
def test_auth_gate_uses_the_configured_address_whatever_a_header_says(caller, name) -> None:
    token = SIGNER.token("https://evil.example/cds-services")
    assert caller.get("/cds-services", headers={**bearer(token), name: "evil.example"}).status == 401
    assert caller.client.post("/cds-services", headers={name: "OPTIONS"}).status_code == 401


@pytest.mark.parametrize(
    "path",
    [
        "/cds-services/nope",
        f"/cds-services/{SIGN}/",
        f"/cds-services/{SIGN}/nope",
        "/cds-services//",
        "/cds-services/%2e%2e/health/live",
        "/cds-services/é",
        "/%63ds-services",
        f"/cds-services/{SIGN}?x=/health/live",
    ],
)
def test_auth_gate_is_closed_to_unauthenticated_callers_at_every_address_below(caller, path) -> None:
    assert caller.send("POST", path).status == 401
    assert caller.send("DELETE", path).status == 401


@pytest.mark.parametrize(
    "path", ["//cds-services", "/./cds-services", "/CDS-Services", "/x/../cds-services", "/cds-services\0"]
)
def test_auth_gate_is_not_bypassed_by(caller, path) -> None:
    assert caller.client.get("/", environ_overrides={"PATH_INFO": path}).status_code in (401, 404)


def test_auth_gate_comes_before_every_rule_of_the_hooks(caller) -> None:
    """Whatever else is added below the address of discovery is protected from the first moment."""
    rules = [rule for rule in caller.app.url_map.iter_rules() if "cds-services" in rule.rule]
    assert len(rules) >= 3
    for rule in rules:
        path = rule.rule.replace("<service_id>", SIGN)
        for method in rule.methods - {"OPTIONS"}:
            assert caller.client.open(path, method=method).status_code == 401, (method, path)
    blueprints = {rule.endpoint.partition(".")[0] for rule in caller.app.url_map.iter_rules() if rule not in rules}
    assert not blueprints & {"discovery", "hooks", "feedback"}


def test_auth_gate_answers_404_to_a_known_caller(caller) -> None:
    url = f"{DISCOVERY}/nope"
    assert caller.send("POST", "/cds-services/nope", headers=bearer(SIGNER.token(url))).status == 404
    assert caller.send("DELETE", "/cds-services", headers=bearer(SIGNER.token())).status == 405


@pytest.mark.parametrize("path", ["/", "/health/live", "/health/ready", "/CodeSystem/card-topic", "/static/page.css"])
def test_auth_gate_requires_no_token_for(caller, path) -> None:
    assert caller.client.get(path, buffered=True).status_code == 200


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/cds-services"), ("POST", f"/cds-services/{SIGN}"), ("POST", f"/cds-services/{SIGN}/feedback")],
)
def test_auth_gate_lets_a_preflight_through(caller, method, path) -> None:
    headers = {
        **ORIGIN,
        "Access-Control-Request-Method": method,
        "Access-Control-Request-Headers": "authorization,content-type",
    }
    response = caller.client.options(path, headers=headers)
    assert response.status_code in (200, 204)
    assert "authorization" in response.headers["Access-Control-Allow-Headers"].lower()
    assert response.data == b""


def test_auth_gate_comes_before_the_body_is_read(caller) -> None:
    raw = b" " * (6 * 1024 * 1024)
    assert caller.post(raw).status == 401
    answer = caller.send("POST", f"/cds-services/{SIGN}", data=raw, headers=bearer(SIGNER.token(SIGN_URL)))
    assert answer.status in (413, 415)


def test_auth_gate_gives_cards_to_authorized_callers(caller) -> None:
    answer = caller.send(
        "POST", f"/cds-services/{SIGN}", json=call(orders=[order(378)]), headers=bearer(SIGNER.token(SIGN_URL))
    )
    assert answer.topics == ["dose-above-maximum"]


# --- What the hooks receive ------------------------------------------------------------------------------------------


def known(app: Flask, headers: dict[str, str], path: str = "/cds-services") -> Any:
    """Return what is known of the caller while a call is answered."""
    found = []
    app.after_request_funcs.setdefault(None, []).append(lambda response: (found.append(g.caller), response)[1])
    app.test_client().get(path, headers=headers)
    app.after_request_funcs[None].pop()
    return found[0]


@pytest.mark.parametrize("tenant", [None, "north"])
def test_auth_gate_reports_the_caller(tenant) -> None:
    app = create_app(settings=required(client(SIGNER)))
    assert known(app, bearer(SIGNER.token(tenant=tenant))) == Known(EHR, tenant)


def test_auth_gate_reports_no_caller_without_a_verified_token() -> None:
    off = create_app(settings=Settings())
    assert known(off, bearer(SIGNER.token("http://127.0.0.1:8080/cds-services"))) is None
    assert known(off, {"Authorization": "Bearer x"}) is None
    on = create_app(settings=required(client(SIGNER)))
    assert known(on, bearer(SIGNER.token()), "/health/live") is None
    assert known(on, {}) is None


def test_auth_gate_looks_at_nothing_when_it_is_off(service, log_lines) -> None:
    for field in ("Bearer x", "Basic x", "", "Bearer " + "x" * 9000):
        assert service.get("/cds-services", headers={"Authorization": field}).status == 200
    assert not log_lines


# --- What the operator is told ---------------------------------------------------------------------------------------


def test_auth_gate_tells_an_observer_of_every_refusal() -> None:
    refused: list[Reason] = []
    app = Flask("bare")
    protect(app, Configuration(settings=required(client(SIGNER))).gate, refused.append)
    app.get(PROTECTED)(lambda: "in")
    http = app.test_client()
    token = SIGNER.token()
    tokens = [token, token, SIGNER.token(BASE), SIGNER.token(iss="x"), "x"]
    assert [http.get(PROTECTED, headers=bearer(each)).status_code for each in tokens] == [200, 401, 401, 403, 401]
    assert refused == [
        Reason.REPLAYED,
        Reason.AUDIENCE_WRONG,
        Reason.ISSUER_NOT_ALLOWED,
        Reason.TOKEN_MALFORMED,
    ]


LOGGED: list[Any] = [
    pytest.param({"aud": f"{BASE}/x"}, {"reason": "audience-wrong", "expected": SIGN_URL}, id="the audience"),
    pytest.param({"iss": "https://x.example"}, {"issuer": "https://x.example", "status": 403}, id="the issuer"),
    pytest.param({"exp": 1}, {"reason": "expired", "issuer": EHR, "key_id": "key-1"}, id="the time"),
    pytest.param({"jti": None}, {"reason": "claim-missing", "claim": "jti", "issuer": EHR}, id="a claim"),
    pytest.param({"iss": "a\nb\x1b[31m\u202e\ud800"}, {"issuer": r"a\nb\x1b[31m\u202e\ud800"}, id="odd characters"),
    pytest.param({"iss": "x" * 3000}, {"issuer": "x" * 200}, id="a long issuer"),
    pytest.param({"iss": {"a": 1}}, {"issuer": "?", "claim": "iss"}, id="no issuer at all"),
]


@pytest.mark.parametrize(("claims", "fields"), LOGGED)
def test_auth_gate_logs(caller, log_lines: list[EventDict], claims, fields) -> None:
    token = SIGNER.token(**{"audience": SIGN_URL, **{"aud" if k == "aud" else k: v for k, v in claims.items()}})
    assert caller.send("POST", f"/cds-services/{SIGN}", headers=bearer(token)).status in (401, 403)
    (line,) = log_lines
    assert line["event"] == "auth_refused"
    assert line["log_level"] == "warning"
    assert line["endpoint"] == SIGN
    assert {name: line[name] for name in fields} == fields


@pytest.mark.parametrize(
    ("path", "endpoint"),
    [
        ("/cds-services", "discovery"),
        ("/cds-services/", "discovery"),
        (f"/cds-services/{SIGN}/feedback", f"{SIGN}/feedback"),
        ("/cds-services/MARK", "unknown"),
        (f"/cds-services/{SIGN}/MARK", "unknown"),
    ],
)
def test_auth_gate_logs_the_address_in_its_own_words(caller, log_lines, path, endpoint) -> None:
    caller.send("POST", path)
    (line,) = log_lines
    assert line["endpoint"] == endpoint
    assert "MARK" not in json.dumps(line)


def test_auth_every_service_has_an_audience_of_its_own(caller) -> None:
    for service_id in BY_ID:
        token = SIGNER.token(f"{DISCOVERY}/{service_id}")
        assert caller.send("POST", f"/cds-services/{service_id}", headers=bearer(token), json={}).status == 400
