"""A small EHR over real HTTP: SMART authorization with PKCE, and a FHIR server that wants the token it handed out.

It is as strict as the standard asks: each code once, only with its verifier, its redirect URI and its client.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, parse_qsl, unquote, urlencode, urlsplit

import jwt

if TYPE_CHECKING:
    from calls import Json

CLIENT = "her2-time-line"


@dataclass
class Authorized:
    """What a code stands for."""

    redirect_uri: str
    challenge: str
    scope: str


@dataclass
class Temper:
    """How the EHR misbehaves or is set up."""

    methods: tuple[str, ...] = ("S256",)
    state: str | None = None
    """What is sent back in the place of the state."""
    denies: str = ""
    token: Json = field(default_factory=dict)
    """What differs in the answer of the token endpoint."""
    fails: str = ""
    """The resource type whose searches fail."""
    secret: str = ""
    public_key: Any = None
    app_context: str = ""


class SmartEhr(ThreadingHTTPServer):
    """Authorizes at ``/auth`` and serves one chart at ``/fhir``."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, chart: list[Json], patient: str = "pat-1") -> None:
        """Serve a chart."""
        super().__init__(("127.0.0.1", 0), _Handler)
        self.chart = chart
        self.patient = patient
        self.temper = Temper()
        self.codes: dict[str, Authorized] = {}
        self.tokens: set[str] = set()
        self.asked: list[str] = []
        self.scopes: list[str] = []
        self.refusals: list[str] = []
        self._thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self._thread.start()

    @property
    def origin(self) -> str:
        """The address of the server."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    @property
    def iss(self) -> str:
        """The base URL of its FHIR server."""
        return f"{self.origin}/fhir"

    def close(self) -> None:
        """Stop."""
        self.shutdown()
        self.server_close()


class _Handler(BaseHTTPRequestHandler):
    server: SmartEhr
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        split = urlsplit(self.path)
        self.server.asked.append(self.path)
        if split.path == "/fhir/.well-known/smart-configuration":
            self._json(
                {
                    "authorization_endpoint": f"{self.server.origin}/auth/authorize",
                    "token_endpoint": f"{self.server.origin}/auth/token",
                    "code_challenge_methods_supported": list(self.server.temper.methods),
                    "capabilities": ["launch-ehr", "launch-standalone", "client-public"],
                }
            )
        elif split.path == "/auth/authorize":
            self._authorize(dict(parse_qsl(split.query)))
        elif split.path.startswith("/fhir/"):
            self._fhir(unquote(split.path.removeprefix("/fhir/")), parse_qs(split.query))
        else:
            self._json({}, 404)

    def do_POST(self) -> None:
        form = dict(parse_qsl(self.rfile.read(int(self.headers["Content-Length"])).decode()))
        self._json(*self._token(form))

    def _authorize(self, asked: dict[str, str]) -> None:
        """Ask nobody, but be strict about what was asked."""
        wrong = [
            name
            for name, right in {
                "response_type": asked.get("response_type") == "code",
                "client_id": asked.get("client_id") == CLIENT,
                "aud": asked.get("aud") == self.server.iss,
                "code_challenge": len(asked.get("code_challenge", "")) == 43,
                "code_challenge_method": asked.get("code_challenge_method") == "S256",
                "state": len(asked.get("state", "")) >= 32,
                "scope": "launch" in asked.get("scope", "") and ("launch" in asked) == ("launch " in asked["scope"]),
            }.items()
            if not right
        ]
        if wrong:
            self.server.refusals += wrong
            self._json({"error": "invalid_request"}, 400)
            return
        self.server.scopes.append(asked["scope"])
        state = self.server.temper.state or asked["state"]
        if self.server.temper.denies:
            self._redirect(asked["redirect_uri"], {"error": self.server.temper.denies, "state": state})
            return
        code = secrets.token_urlsafe(16)
        self.server.codes[code] = Authorized(asked["redirect_uri"], asked["code_challenge"], asked["scope"])
        self._redirect(asked["redirect_uri"], {"code": code, "state": state})

    def _token(self, form: dict[str, str]) -> tuple[Json, int]:
        known = self.server.codes.pop(form.get("code", ""), None)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(form.get("code_verifier", "").encode()).digest())
        refusals = [
            name
            for name, right in {
                "code": known is not None,
                "grant_type": form.get("grant_type") == "authorization_code",
                "redirect_uri": known is not None and form.get("redirect_uri") == known.redirect_uri,
                "code_verifier": known is not None and challenge.rstrip(b"=").decode() == known.challenge,
                "client": self._is_client(form),
            }.items()
            if not right
        ]
        if refusals or known is None:
            self.server.refusals += refusals
            return {"error": "invalid_grant"}, 400
        token = secrets.token_urlsafe(24)
        self.server.tokens.add(token)
        granted = {
            "access_token": token,
            "token_type": "Bearer",
            "expires_in": 300,
            "scope": known.scope,
            "patient": self.server.patient,
            **({"appContext": self.server.temper.app_context} if self.server.temper.app_context else {}),
            **self.server.temper.token,
        }
        return {name: value for name, value in granted.items() if value is not None}, 200

    def _is_client(self, form: dict[str, str]) -> bool:
        temper = self.server.temper
        if temper.secret:
            expected = base64.b64encode(f"{CLIENT}:{temper.secret}".encode()).decode()
            return self.headers["Authorization"] == f"Basic {expected}" and "client_id" not in form
        if temper.public_key is not None:
            claims = jwt.decode(
                form.get("client_assertion", ""),
                temper.public_key,
                algorithms=["ES384", "RS384"],
                audience=f"{self.server.origin}/auth/token",
                issuer=CLIENT,
                options={"require": ["exp", "iat", "jti", "sub", "iss", "aud"]},
            )
            return bool(claims["sub"] == CLIENT)
        return form.get("client_id") == CLIENT and "Authorization" not in self.headers

    def _fhir(self, path: str, query: dict[str, list[str]]) -> None:
        kind, _, identifier = path.partition("/")
        if (self.headers["Authorization"] or "").removeprefix("Bearer ") not in self.server.tokens:
            self._json({}, 401)
        elif kind == self.server.temper.fails:
            self._json({}, 500)
        elif identifier:
            found = [each for each in self.server.chart if each["resourceType"] == kind and each["id"] == identifier]
            self._json(found[0] if found else {}, 200 if found else 404)
        else:
            found = [each for each in self.server.chart if each["resourceType"] == kind and _matches(each, query)]
            entries = [{"resource": each} for each in found]
            self._json({"resourceType": "Bundle", "type": "searchset", "total": len(found), "entry": entries})

    def _redirect(self, to: str, values: dict[str, str]) -> None:
        self.send_response(302)
        self.send_header("Location", f"{to}?{urlencode(values)}")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _json(self, body: Json, status: int = 200) -> None:
        raw = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def _matches(resource: Json, query: dict[str, list[str]]) -> bool:
    if resource["subject"]["reference"] != f"Patient/{query['patient'][0]}":
        return False
    if "status" in query and resource["status"] not in query["status"][0].split(","):
        return False
    tokens = {f"{each['system']}|{each['code']}" for each in resource.get("code", {}).get("coding", [])}
    return "code" not in query or not tokens.isdisjoint(query["code"][0].split(","))
