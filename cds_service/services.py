"""The services on offer, one id for each hook: clients key services by their address."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Service:
    """A service as discovery announces it. ``coverage``: it answers by the rules of billing and coverage alone."""

    id: str
    hook: str
    hook_version: str
    title: str
    description: str
    coverage: bool = False


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
    Service(
        id="her2-coverage",
        hook="order-sign",
        hook_version="1.0",
        title="HER2 drug orders, billing and coverage",
        description="For billers, infusion pharmacists and prior authorisation: billing units and claim lines, vials "
        "and discarded drug, NDCs, administration and diagnosis codes, quantities that do not match the dose, and the "
        "criteria of payer policies. It carries out none of the clinical checks.",
        coverage=True,
    ),
)
USAGE = "Every prefetch key is needed for an order in scope, by prefetch or from the FHIR server."
BY_ID = {service.id: service for service in SERVICES}
