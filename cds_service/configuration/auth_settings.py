"""Which EHRs may call, and what is required of their tokens."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, HttpUrl, field_validator, model_validator

from cds_service.configuration.section import Section, on_off, problem_below
from cds_service.keys.configured import check_key_address, check_keys

AUTHENTICATION_IS_OFF = "anybody who reaches this address may call; keep it on this machine or a private network"
"""The warning at every start and reload without authentication."""
Algorithm = Literal["ES256", "ES384", "ES512", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "EdDSA"]
"""What a token may be signed with: nothing symmetric, and never ``none``."""


class ClientSettings(Section):
    """An EHR that may call, and where its public keys are: in ``jwks``, ``jwks_file`` or behind an address."""

    issuer: str = Field(min_length=1, description="The exact 'iss' of its tokens.")
    jwks: dict[str, Any] | None = Field(None, description="Its public keys, as a JWK Set.")
    jwks_file: Path | None = Field(None, description="A file with its JWK Set, beside the configuration.")
    jwks_url: HttpUrl | None = Field(None, description="Where it publishes its JWK Set: https, or http on loopback.")
    jku: list[str] = Field([], description="Addresses that its tokens may name as 'jku'; empty: 'jku' is ignored.")
    tenants: list[str] = Field([], description="The tenants that may call through it; empty: any.")

    @property
    def key_places(self) -> list[str]:
        """The settings that say where the keys are."""
        given = {"jwks": self.jwks and self.jwks["keys"], "jwks_file": self.jwks_file, "jwks_url": self.jwks_url}
        return [name for name, value in given.items() if value]

    @field_validator("jwks")
    @classmethod
    def _is_public(cls, jwks: dict[str, Any] | None) -> dict[str, Any] | None:
        if jwks is not None:
            check_keys(jwks)
        return jwks

    @field_validator("jwks_url")
    @classmethod
    def _is_safe(cls, url: HttpUrl | None) -> HttpUrl | None:
        if url is not None:
            check_key_address(str(url))
        return url

    @field_validator("jku")
    @classmethod
    def _are_safe(cls, addresses: list[str]) -> list[str]:
        for address in addresses:
            check_key_address(address)
        return addresses


class AuthSettings(Section):
    """Who may call."""

    mode: Annotated[Literal["off", "required"], BeforeValidator(on_off)] = Field(
        "off", description="'required': every call needs a signed JWT."
    )
    clients: list[ClientSettings] = Field([])
    algorithms: list[Algorithm] = Field(
        ["ES384", "RS384", "ES256", "RS256"], min_length=1, description="Allowed signature algorithms."
    )
    leeway_s: int = Field(
        10, ge=0, le=300, description="How much the clocks of the EHR and of this service may differ."
    )
    max_lifetime_s: int = Field(
        86_400, ge=1, le=604_800, description="The longest lifetime of a token, from 'iat' to 'exp'."
    )
    replay_store: Literal["auto", "memory", "database", "redis"] = Field(
        "auto",
        description="Where tokens are remembered that have been used. auto: Redis if there is one; else the database "
        "if it is PostgreSQL or there are several workers; else memory.",
    )

    @model_validator(mode="after")
    def _lets_somebody_in(self) -> AuthSettings:
        issuers = [client.issuer for client in self.clients]
        for index, client in enumerate(self.clients):
            if client.issuer in issuers[:index]:
                raise problem_below(f"clients.{index}", f"issuer {client.issuer!r} is given twice")
            if len(client.key_places) > 1:
                raise problem_below(f"clients.{index}", f"keys in {' and '.join(client.key_places)}; give one of them")
            if self.mode == "required" and not client.key_places and not client.jku:
                raise problem_below(f"clients.{index}", "no keys; give jwks, jwks_file or jwks_url")
        if self.mode == "required" and not self.clients:
            raise problem_below("mode", "'required' without auth.clients lets nobody in; name an issuer and its keys")
        return self
