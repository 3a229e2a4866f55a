"""Who may sign in to the workbench, and with which roles."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, SecretStr, field_validator, model_validator

from cds_service.configuration.roles import Role
from cds_service.configuration.section import Section, on_off, problem_below
from cds_service.configuration.smart_settings import SafeUrl, SecretVariable, is_unset


class OidcSettings(Section):
    """The site's OpenID provider."""

    issuer: SafeUrl = Field(description="The provider's exact issuer ('iss').")
    client_id: str = Field(min_length=1, description="The workbench's client id.")
    client_secret_env: SecretVariable = None
    scopes: str = Field(
        "openid profile", description="'openid' and any scope that the provider needs for the roles claim."
    )
    roles_claim: str = Field(
        "roles", min_length=1, description="The ID token claim that lists roles; dots lead into objects."
    )
    roles: dict[Role, list[str]] = Field(description="For each role, the claim values that grant it.")

    @field_validator("scopes")
    @classmethod
    def _asks_who(cls, scopes: str) -> str:
        if "openid" not in scopes.split():
            msg = "'openid' is what makes the provider say who signed in"
            raise ValueError(msg)
        return scopes

    @model_validator(mode="after")
    def _has_its_secret(self) -> Self:
        if is_unset(self.client_secret_env):
            raise problem_below("client_secret_env", f"the environment variable {self.client_secret_env} is not set")
        return self

    @property
    def base(self) -> str:
        """The issuer without a trailing slash."""
        return str(self.issuer).rstrip("/")


class WorkbenchSettings(Section):
    """The workbench; it exists only if ``sign_in`` is set."""

    sign_in: Annotated[Literal["off", "local", "oidc"], BeforeValidator(on_off)] = Field(
        "off",
        description="'local' signs in made-up people, only on this machine and only with auth.mode 'off'.",
    )
    oidc: OidcSettings | None = None
    session_hours: int = Field(8, ge=1, le=24, description="How long a person stays signed in.")
    cookie_key: SecretStr | None = Field(
        None,
        min_length=32,
        description="Signs the session cookie; set only by HER2_CDS_WORKBENCH__COOKIE_KEY. Needed with several "
        "machines; without it each start generates a new key.",
    )

    @model_validator(mode="after")
    def _knows_its_provider(self) -> Self:
        if self.sign_in == "oidc" and self.oidc is None:
            raise problem_below("oidc", "sign_in: oidc needs the provider here")
        return self
