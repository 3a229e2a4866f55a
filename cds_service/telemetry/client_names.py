"""Client labels in metrics: only issuers and tenants named in the configuration.

If the configuration does not restrict tenants, a token may name any; as labels they would create an unbounded number of
series.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cds_service.configuration.auth_settings import AuthSettings
    from cds_service.protocol.caller import Caller

NONE, OTHER = "none", "other"


class ClientNames:
    """The client labels of one configuration."""

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
