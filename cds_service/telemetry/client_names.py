"""How clients are called in metrics: by the issuers and tenants that the configuration names, and by no other word.

A token may name any tenant where the configuration leaves that open; as a label each would be a series for ever.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cds_service.configuration.auth_settings import AuthSettings
    from cds_service.protocol.caller import Caller

NONE, OTHER = "none", "other"


class ClientNames:
    """The names of one state of the configuration."""

    def __init__(self, auth: AuthSettings) -> None:
        """Take the clients that may call."""
        self._issuers = frozenset(client.issuer for client in auth.clients)
        self._tenants = frozenset(tenant for client in auth.clients for tenant in client.tenants)

    def of(self, caller: Caller | None) -> tuple[str, str]:
        """Return the issuer and the tenant of a caller as labels."""
        if caller is None:
            return NONE, NONE
        issuer = caller.issuer if caller.issuer in self._issuers else OTHER
        if not caller.tenant:
            return issuer, NONE
        return issuer, caller.tenant if caller.tenant in self._tenants else OTHER
