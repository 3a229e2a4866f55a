"""Finds the orders of an order-dispatch request, which only has references, among all resources that were sent.

A dispatched order is signed; it may be in the list of active orders, under a client's own key, or only on the FHIR
server.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from fhir_mappings.request.selection import Entry, bundle_entries, is_group, orders_of_group

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fhir_mappings.wire.references import References

_NO_DRUG_ORDERS = frozenset(
    {
        "Appointment", "CommunicationRequest", "DeviceRequest", "ImmunizationRecommendation", "NutritionOrder",
        "ServiceRequest", "SupplyRequest", "Task", "VisionPrescription",
    }
)  # fmt: skip
_GROUPED_LIMIT = 200
_PLANNED_LIMIT = 1000


class Lacking(NamedTuple):
    """A dispatched order that is not available: its place in the request and its reference."""

    path: str
    reference: str

    @property
    def may_be_for_a_drug(self) -> bool:
        """Whether, by the type in the reference, it may be a drug order."""
        return may_be_for_a_drug(self.reference)


def may_be_for_a_drug(reference: str) -> bool:
    """Return whether the type in a reference, if it has one, may be that of a drug order or of a plan."""
    return reference.partition("/")[0] not in _NO_DRUG_ORDERS


def dispatched_entries(wanted: Iterable[str], references: References) -> tuple[list[Entry], tuple[Lacking, ...]]:
    """Return the path, the resource and the fullUrl of each dispatched order, and those that are missing.

    The orders of a dispatched group are dispatched with it.
    """
    places = {each: f"context.dispatchedOrders[{index}]" for index, each in enumerate(wanted)}
    entries: list[Entry] = []
    lacking: list[Lacking] = []
    for each, path in list(places.items()):
        _take(each, path, references, entries, lacking)
    groups = [resource for _, resource, _ in entries if is_group(resource)]
    for group in groups:
        for member in list(dict.fromkeys(orders_of_group(group or {})))[:_GROUPED_LIMIT]:
            if member not in places and not member.startswith("#") and len(places) < _PLANNED_LIMIT:
                places[member] = f"context.dispatchedOrders.{member}"
                taken = len(entries)
                _take(member, places[member], references, entries, lacking)
                # A plan may be made of groups.
                groups.extend(resource for _, resource, _ in entries[taken:] if is_group(resource))
    return entries, tuple(lacking)


def _take(wanted: str, path: str, references: References, entries: list[Entry], lacking: list[Lacking]) -> None:
    resource = references.find(wanted, {})
    if resource is None:
        lacking.append(Lacking(path, wanted))
    elif is_group(resource):
        # A group contains orders, as in a Bundle of drafts.
        held = list(bundle_entries({"entry": [{"resource": resource}]}, path))
        entries.extend([(path, resource, ""), *held[1:]])
    else:
        entries.append((path, resource, ""))
