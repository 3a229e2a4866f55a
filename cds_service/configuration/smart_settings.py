"""Which EHRs may launch the app, and how it authenticates to each."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, HttpUrl, SecretStr, model_validator

from cds_service.configuration.section import Section

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "[::1]"})


def is_safe(url: str) -> bool:
    """Return whether a code or a token may be sent to an address: https, or this machine."""
    try:
        split = urlsplit(url)
    except ValueError:
        return False
    if split.username is not None or not split.hostname:
        return False
    return split.scheme == "https" or (split.scheme == "http" and split.netloc.rsplit(":", 1)[0] in _LOOPBACK)


def _checked(url: HttpUrl) -> HttpUrl:
    if not is_safe(str(url)):
        msg = "must be https; only this machine may be without"
        raise ValueError(msg)
    return url


SafeUrl = Annotated[HttpUrl, AfterValidator(_checked)]
"""An address to which a code or a token may be sent."""


SecretVariable = Annotated[
    str | None, Field(description="The environment variable that holds the secret of a confidential client.")
]


def is_unset(variable: str | None) -> bool:
    """Return whether the environment variable of a secret is named but not set."""
    return variable is not None and not os.environ.get(variable)


class SmartServer(Section):
    """An EHR's FHIR server and the app's registration there."""

    iss: SafeUrl = Field(description="Base URL of the FHIR server, as its launches name it.")
    client_id: str = Field(min_length=1, description="The app's client id.")
    client_secret_env: SecretVariable = None
    private_key: Path | None = Field(None, description="PEM of a private key (EC P-384 or RSA) for private_key_jwt.")
    key_id: str | None = Field(None, description="The kid under which the public key is registered.")

    @model_validator(mode="after")
    def _proves_in_one_way(self) -> Self:
        if self.client_secret_env is not None and self.private_key is not None:
            msg = "client_secret_env and private_key exclude each other"
            raise ValueError(msg)
        if is_unset(self.client_secret_env):
            msg = f"the environment variable {self.client_secret_env} is not set"
            raise ValueError(msg)
        if self.private_key is not None and not self.key_id:
            msg = "private_key needs a key_id"
            raise ValueError(msg)
        return self

    @property
    def base(self) -> str:
        """The base URL without a trailing slash."""
        return str(self.iss).rstrip("/")


class SmartSettings(Section):
    """The SMART app; it is off when no server is named."""

    servers: list[SmartServer] = Field([], description="The EHRs that may launch the app.")
    links: bool = Field(
        default=False, description="Add a link to cards that launches the app, for EHRs that support it."
    )
    cookie_key: SecretStr | None = Field(
        None,
        min_length=32,
        description="Encrypts pending launches; set only by HER2_CDS_SMART__COOKIE_KEY. Needed with several machines; "
        "without it each start generates a new key.",
    )

    def server(self, iss: str) -> SmartServer | None:
        """Find the server that a launch names; only a trailing slash may differ."""
        return next((each for each in self.servers if each.base == iss.rstrip("/")), None)
