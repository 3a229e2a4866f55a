"""The services, one id for each hook, because clients identify services by their address."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fhir_mappings.request.queries import MONITORING_KEYS

if TYPE_CHECKING:
    from collections.abc import Mapping


_USAGE = "Every prefetch key is needed for an order in scope, by prefetch or from the FHIR server."


@dataclass(frozen=True, slots=True)
class Service:
    """A service as announced by discovery. ``coverage``: it runs only the billing and coverage rules."""

    id: str
    hook: str
    hook_version: str
    title: str
    description: str
    coverage: bool = False
    keys: tuple[str, ...] = ()
    """The service's prefetch keys; empty: all of them."""
    usage: str = _USAGE

    def prefetch(self, templates: Mapping[str, str]) -> dict[str, str]:
        """Return the service's prefetch templates."""
        return {key: template for key, template in templates.items() if not self.keys or key in self.keys}


SERVICES: tuple[Service, ...] = (
    Service(
        id="her2-order-select",
        hook="order-select",
        hook_version="1.0",
        title="HER2 drug orders, at selection",
        description="Checks the selected orders of HER2-targeted cancer drugs for look-alike drugs and billing codes, "
        "doses above the maximum, missing or unfit HER2 results and overdue monitoring. "
        "Fields that are not filled in yet do not cause a card.",
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
        id="her2-order-dispatch",
        hook="order-dispatch",
        hook_version="1.1",
        title="HER2 drug orders, at dispatch",
        description="Checks the dispatched orders of HER2-targeted cancer drugs once more, as at signing, with the "
        "data of that moment. The orders are taken from the prefetch or read from the FHIR server by their references.",
        usage="The dispatched orders and every prefetch key are needed, by prefetch or from the FHIR server. Orders "
        "may stand under any key; an order of a drug out of scope needs no key.",
    ),
    Service(
        id="her2-patient-view",
        hook="patient-view",
        hook_version="1.0",
        title="HER2 drugs: monitoring that is due",
        description="For a patient on a HER2-targeted cancer drug: lists the tests that are missing, overdue or due "
        "before the next dose, one card a drug. Silent when nothing is due, or the patient is on no such drug.",
        keys=MONITORING_KEYS,
        usage="The lists of administrations and medications are needed, by prefetch or from the FHIR server; the other "
        "keys only for a patient on a HER2-targeted drug.",
    ),
    Service(
        id="her2-coverage",
        hook="order-sign",
        hook_version="1.0",
        title="HER2 drug orders, billing and coverage",
        description="For billers, infusion pharmacists and prior authorization: billing units and claim lines, vials "
        "and discarded drug, NDCs, administration and diagnosis codes, quantities that do not match the dose, and the "
        "criteria of payer policies. It carries out none of the clinical checks.",
        coverage=True,
    ),
    Service(
        id="her2-coverage-select",
        hook="order-select",
        hook_version="1.0",
        title="HER2 drug orders, billing and coverage at selection",
        description="The same as her2-coverage on the selected orders, for clients of Da Vinci CRD. Fields that are "
        "not filled in yet do not cause a card, and no documents are asked for.",
        coverage=True,
    ),
    Service(
        id="her2-coverage-dispatch",
        hook="order-dispatch",
        hook_version="1.1",
        title="HER2 drug orders, billing and coverage at dispatch",
        description="The same as her2-coverage on the dispatched orders, for clients of Da Vinci CRD, with the data of "
        "that moment.",
        coverage=True,
        usage="The dispatched orders and every prefetch key are needed, by prefetch or from the FHIR server. Orders "
        "may stand under any key; an order of a drug out of scope needs no key.",
    ),
)
BY_ID = {service.id: service for service in SERVICES}
SHARED_ID = "her2-orders"
"""The id of the order services for a client that needs one id for all hooks (``quirks.same_ids``)."""
_SHARING = ("her2-order-select", "her2-order-sign", "her2-order-dispatch")
SHARED = tuple(service for service in SERVICES if service.id in _SHARING)
