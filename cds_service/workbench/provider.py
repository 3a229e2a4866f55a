"""Sign-in with the site's OpenID provider, through Authlib: code flow with PKCE, and roles from a claim."""

from __future__ import annotations

import os
from base64 import urlsafe_b64decode
from typing import TYPE_CHECKING, Any, NamedTuple

import requests
from authlib.common.urls import add_params_to_uri
from authlib.integrations.base_client import OAuthError
from authlib.integrations.flask_client import FlaskOAuth2App, OAuth
from authlib.integrations.requests_client import OAuth2Session
from joserfc.errors import JoseError

from cds_service.configuration.smart_settings import is_safe
from cds_service.ehr.deadline import bound
from cds_service.ehr.limits import CallLimit, ServerBusyError
from cds_service.policies.people import Person
from cds_service.workbench import sessions
from cds_service.workbench.sign_in_error import SignInError
from fhir_mappings.wire.depth import is_too_deep

if TYPE_CHECKING:
    from flask import Flask
    from werkzeug.wrappers import Response

    from cds_service.configuration.workbench_settings import OidcSettings

_TIMEOUT_S = 5
_PROVIDERS = CallLimit(4)
_WAY_OUT = "end_session_endpoint"
_SIGNED_WITH = "id_token_signing_alg_values_supported"
_REFUSALS = frozenset({"access_denied", "mismatching_state", "invalid_grant", "invalid_client", "login_required"})
# Claims for the display name, in order of preference.
_NAMES = ("name", "preferred_username", "email")
# Accepted signature algorithms; never a shared secret or none, whatever the provider's metadata say.
_ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")


class SignedIn(NamedTuple):
    """The person who signed in, and the ID token."""

    person: Person
    id_token: str


class _Session(OAuth2Session):  # type: ignore[misc] # Authlib has no types
    """Ends each exchange at a deadline, and checks the nesting depth of the answers before Authlib parses them."""

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        bound(self, _TIMEOUT_S)

    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:
        answer: requests.Response = super().send(request, **options)
        if is_too_deep(answer.content):
            raise ValueError("nested too deep")
        return answer


class _App(FlaskOAuth2App):  # type: ignore[misc]
    """Checks the nesting depth of an ID token, which must be parsed before its signature can be verified."""

    client_cls = _Session

    def parse_id_token(self, token: dict[str, Any], *further: Any, **named: Any) -> Any:
        parts = str(token.get("id_token", "")).split(".")[:2]
        if any(is_too_deep(urlsafe_b64decode(part + "=" * (-len(part) % 4))) for part in parts):
            raise ValueError("nested too deep")
        return super().parse_id_token(token, *further, **named)


class Provider:
    """The OpenID provider of the site."""

    def __init__(self, app: Flask, settings: OidcSettings) -> None:
        """Register the provider with Authlib; nothing is fetched before the first sign-in."""
        self._settings = settings
        secret = settings.client_secret_env
        self._client: Any = OAuth(app).register(
            "workbench",
            client_id=settings.client_id,
            client_secret=os.environ[secret] if secret else None,
            client_cls=_App,
            server_metadata_url=f"{settings.base}/.well-known/openid-configuration",
            client_kwargs={
                "scope": settings.scopes,
                "code_challenge_method": "S256",
                "token_endpoint_auth_method": "client_secret_basic" if secret else "none",
                "default_timeout": _TIMEOUT_S,
            },
        )

    def begin(self, redirect_uri: str) -> Response:
        """Send the browser to the provider.

        Raises:
            SignInError: the provider cannot be reached, or is not the configured one.

        """
        try:
            with _PROVIDERS.asked():
                self._check()
                sessions.forget_sign_ins()
                answer: Response = self._client.authorize_redirect(redirect_uri)
        except ServerBusyError:
            raise _busy() from None
        except (requests.RequestException, ValueError, RuntimeError) as error:
            raise _unreachable(error) from None
        return answer

    def end(self) -> SignedIn:
        """Redeem the code from the browser, and return who signed in.

        Raises:
            SignInError: the provider refused, cannot be reached, or its answer is not valid.

        """
        try:
            with _PROVIDERS.asked():
                self._check()
                token = self._client.authorize_access_token()
        except ServerBusyError:
            raise _busy() from None
        except OAuthError as error:
            # Both texts come from the browser, and may be anything.
            code = error.error if error.error in _REFUSALS else "refused"
            raise SignInError(code, "The sign-in was refused. Begin again.", 403) from None
        except (JoseError, KeyError, TypeError, AttributeError) as error:
            raise SignInError(
                type(error).__name__, "The answer of the sign-in page could not be verified.", 403
            ) from None
        except (requests.RequestException, ValueError, RuntimeError) as error:
            raise _unreachable(error) from None
        if not token.get("userinfo"):
            raise SignInError("no-id-token", "The sign-in page did not say who signed in.", 403)
        return SignedIn(self._person(dict(token["userinfo"])), str(token.get("id_token", "")))

    def sign_out_address(self, id_token: str, back: str, state: str) -> str | None:
        """Return the provider's sign-out address, which sends the browser ``back`` with the ``state``.

        None if the provider has no such address, or cannot be reached. (OpenID Connect RP-Initiated Logout 1.0)
        """
        try:
            with _PROVIDERS.asked():
                self._check()
                address = str(self._client.load_server_metadata().get(_WAY_OUT) or "")
        except (ServerBusyError, requests.RequestException, ValueError, RuntimeError):
            return None
        if not is_safe(address):
            return None
        asked = {"client_id": self._settings.client_id, "post_logout_redirect_uri": back, "state": state}
        hint = [("id_token_hint", id_token)] if id_token else []
        return str(add_params_to_uri(address, [*asked.items(), *hint]))

    def _check(self) -> None:
        """Read the provider's metadata; it must name itself as the site does, and sign with a key of its own."""
        try:
            metadata = self._client.load_server_metadata()
            issuer = str(metadata.get("issuer", ""))
            usable = [each for each in metadata.get(_SIGNED_WITH) or ["RS256"] if each in _ALGORITHMS]
        except (TypeError, AttributeError):
            # The metadata has values of the wrong type.
            raise ValueError("metadata that cannot be read") from None
        if issuer.rstrip("/") != self._settings.base:
            raise ValueError("another issuer")
        if not usable:
            raise ValueError("no usable signature")
        metadata[_SIGNED_WITH] = usable

    def _person(self, claims: dict[str, Any]) -> Person:
        given = _values(claims, self._settings.roles_claim)
        roles = frozenset(role for role, values in self._settings.roles.items() if given & set(values))
        name = next((claims[each] for each in _NAMES if claims.get(each)), claims["sub"])
        try:
            return Person(f"{self._settings.base}|{claims['sub']}", str(name), roles)
        except ValueError:
            raise SignInError("unusable-subject", "The sign-in page did not say clearly who signed in.", 403) from None


def _values(claims: dict[str, Any], path: str) -> set[str]:
    """Return the values of a claim; a claim with dots in its name takes precedence over a path."""
    found: Any = claims.get(path)
    if found is None:
        found = claims
        for step in path.split("."):
            found = found.get(step) if isinstance(found, dict) else None
    listed = [found] if isinstance(found, str) else found if isinstance(found, list) else []
    return {each for each in listed if isinstance(each, str)}


def _busy() -> SignInError:
    return SignInError("busy", "Too many sign-ins are under way. Try again in a moment.", 503)


def _unreachable(error: Exception) -> SignInError:
    return SignInError(type(error).__name__, "The sign-in page of this site cannot be reached just now.", 503)
