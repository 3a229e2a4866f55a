"""Which FHIR servers may be read, and by how many calls at once.

The HTTP code (``access``) is loaded on first use, or by ``open``: `her2-cds check` seldom needs it, and HTTP and
certificates take a fifth of a command's time.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from typing import TYPE_CHECKING

import structlog

from cards.values.caching import lazy
from cds_service.ehr import reasons
from cds_service.ehr.limits import CallLimit
from cds_service.ehr.servers import FhirServers, is_base_url

if TYPE_CHECKING:
    from cds_service.ehr.access import FhirAccess
    from cds_service.ehr.connections import FhirConnections, Resolver
    from cds_service.ehr.limits import Aside, FhirLimits, OnFetched
    from fhir_mappings.request.hook_request import HookRequest

CALLS_AT_ONCE = 16
"""How many calls of one process may wait for FHIR servers at a time; each may need every key."""
_KEYS_AT_ONCE = 8
_log = structlog.get_logger()


class FhirClient:
    """Runs searches and reads; one client serves all requests and pools its connections."""

    def __init__(
        self,
        limits: FhirLimits,
        resolver: Resolver | None = None,
        on_fetched: OnFetched | None = None,
        aside: Aside = nullcontext,
    ) -> None:
        """Take the allowed servers and the limits; ``on_fetched`` is called with what each call fetched.

        ``resolver`` returns the addresses of a host; the default is the machine's. Each call waits inside the context
        manager ``aside``.
        """
        self.servers = FhirServers(limits.allowed_servers, loopback_only=limits.loopback_only)
        self.on_fetched = on_fetched
        self.aside = aside
        self.budget_s = limits.timeout_s
        self.body_limit = limits.body_bytes
        self._ca_bundle = limits.ca_bundle
        self._resolver = resolver
        # A slow server can block all threads of the calls that need it, so other calls must not share them.
        self._size = CALLS_AT_ONCE * _KEYS_AT_ONCE
        self.call_limit = CallLimit(CALLS_AT_ONCE)
        self.threads = ThreadPoolExecutor(max_workers=self._size, thread_name_prefix="fhir")

    def open(self) -> FhirClient:
        """Load the HTTP code, and the certificate authorities for servers that need them, so that no call has to wait.

        Raises:
            OSError: the certificate authorities cannot be read.

        """
        _loaded = self._access, self.connections
        if self.servers.any_secure:
            self.connections.open()
        return self

    @lazy
    def _access(self) -> type[FhirAccess]:
        """The class that reads from a server for one call."""
        from cds_service.ehr.access import FhirAccess  # noqa: PLC0415 - see the head of this module

        return FhirAccess

    @lazy
    def connections(self) -> FhirConnections:
        """The connections that are kept to servers."""
        from cds_service.ehr.connections import FhirConnections, resolve  # noqa: PLC0415 - see the head of this module

        return FhirConnections(self._size, self._ca_bundle, self._resolver or resolve)

    def access(self, request: HookRequest) -> FhirAccess | None:
        """Return access to the server of a request, if it is allowed and the token is not for another patient."""
        why = self.why_no_access(request)
        if why:
            if request.fhir_server:
                _log.info("fhir_server_not_asked", reason=why)
            return None
        return self._access(self, request)

    def why_no_access(self, request: HookRequest) -> str:
        """Return why the server of a request may not be read; empty if it may."""
        if not request.fhir_server:
            return reasons.NO_SERVER
        authorization = request.fhir_authorization
        if authorization is not None and authorization.patient not in ("", request.patient_id):
            return reasons.OTHER_PATIENT
        if not is_base_url(request.fhir_server):
            return reasons.NO_BASE_URL
        if not self.servers.allows(request.fhir_server):
            return reasons.NOT_ALLOWED
        return ""
