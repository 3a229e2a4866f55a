"""The time, service and client selected for a workbench report."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from flask import request

from cds_service.protocol.services import BY_ID
from cds_service.store.selection import NOT_GIVEN, Window, issuers_on_record, tenants_on_record
from cds_service.web.answers import decider, in_force, store
from cds_service.workbench.forms import text_in

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_SIGNING = "her2-order-sign"
ANY, WITHOUT = "", "-"
"""URL values for the calls of all clients, and for those without an issuer or tenant."""
_LONGEST_NAME = 512


@dataclass(frozen=True, slots=True)
class ClientChoice:
    """The issuers and tenants that a form offers, and the chosen ones, as URL parameters."""

    issuers: tuple[str, ...]
    tenants: tuple[str, ...]
    issuer: str
    tenant: str

    @property
    def offers(self) -> bool:
        """Whether there is anything to choose."""
        return bool(self.issuers or self.tenants or self.issuer or self.tenant)

    @property
    def query(self) -> dict[str, str]:
        """The URL parameters of the same choice."""
        return {name: value for name, value in (("issuer", self.issuer), ("tenant", self.tenant)) if value}


def window_asked(choices: Sequence[int]) -> tuple[Window, int]:
    """Read the window of a page, and its number of days: one of the choices, by default the second."""
    asked = request.args.get("days", "")
    days = next((each for each in choices if str(each) == asked), choices[1])
    named = request.args.get("service", "")
    service = named if named in BY_ID else _SIGNING
    begin = in_force().clock() - timedelta(days=days)
    return Window(begin, None, service, _asked("issuer"), _asked("tenant")), days


def window_of_client(service: str) -> Window:
    """Return the window of all decisions of a service for the chosen client."""
    return Window(service=service, issuer=_asked("issuer"), tenant=_asked("tenant"))


def client_choice() -> ClientChoice:
    """Return the choices of a form: the configured clients, and those on record."""
    clients, engine = decider().settings.auth.clients, store().engine
    return ClientChoice(
        _together((client.issuer for client in clients), issuers_on_record(engine)),
        _together((tenant for client in clients for tenant in client.tenants), tenants_on_record(engine)),
        _written("issuer"),
        _written("tenant"),
    )


def _together(configured: Iterable[str], recorded: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted({*configured, *recorded}))


def _written(name: str) -> str:
    return text_in(request.args, name)[:_LONGEST_NAME]


def _asked(name: str) -> str | None:
    written = _written(name)
    return None if written == ANY else NOT_GIVEN if written == WITHOUT else written
