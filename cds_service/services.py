"""The services on offer, one id for each hook: clients key services by their address."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Service:
    """A service as discovery announces it."""

    id: str
    hook: str
    hook_version: str
    title: str
    description: str


SERVICES: tuple[Service, ...] = (
    Service(
        id="her2-order-select",
        hook="order-select",
        hook_version="1.0",
        title="HER2 drug orders, at selection",
        description="Checks the selected orders of HER2-targeted cancer drugs for look-alike drugs and billing codes, "
        "doses above the maximum, missing or unfit HER2 results and overdue monitoring. "
        "What an order does not say yet is not held against it.",
    ),
    Service(
        id="her2-order-sign",
        hook="order-sign",
        hook_version="1.0",
        title="HER2 drug orders, at signing",
        description="Checks every order of a HER2-targeted cancer drug for look-alike drugs and billing codes, doses "
        "above the maximum or not verifiable, missing or unfit HER2 results and overdue monitoring.",
    ),
)
USAGE = "Every prefetch key is needed for an order in scope, by prefetch or from the FHIR server."
BY_ID = {service.id: service for service in SERVICES}
SHARED_ID = "her2-orders"
"""The id of the services of orders for a client that wants one for all hooks (``quirks.same_ids``)."""
_SHARING = ("her2-order-select", "her2-order-sign", "her2-order-dispatch")
SHARED = tuple(service for service in SERVICES if service.id in _SHARING)
