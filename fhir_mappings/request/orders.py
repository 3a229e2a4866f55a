"""The orders of a request, as far as they could be read."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from cards.facts.order import DrugOrder
from cards.facts.origins import Gap
from cards.identification.identity import Identity
from fhir_mappings.medications.medication import NO_ORDER
from fhir_mappings.request.dispatched import Lacking
from fhir_mappings.request.hook_request import HookRequest
from fhir_mappings.request.patient_reader import OF_CHARTS
from fhir_mappings.wire.lenient import Json, reference, server_of, text
from fhir_mappings.wire.resources import ResourceList, contained_in
from fhir_mappings.wire.stubs import ResourceStub

_SESSION = "context.draftOrders"
_CONTAINED = ("Observation", "Condition")
_UNRESOLVED = frozenset({"unresolved-drug", "other-release-unnamed", "plan-order-missing", "plan-order-named"})


class Orders(msgspec.Struct, frozen=True):
    """The drug orders of a session, the EHR's own JSON of each, and what could not be read."""

    orders: tuple[DrugOrder, ...]
    resources: Mapping[str, Json]
    gaps: tuple[Gap, ...]

    identities: tuple[Identity, ...]
    patient_id: str
    lacking: tuple[Lacking, ...] = ()
    server: str = ""

    @property
    def references(self) -> frozenset[str]:
        """The references of the orders."""
        return frozenset(order.origin.reference for order in self.orders)

    @property
    def beside(self) -> ResourceList:
        """What stands among the draft orders and belongs to a chart: a result, a dose given, an order that is ended.

        An order that this session ends is no longer what the chart says. Results and problems that an order contains
        as its supporting information count too.
        """
        stubs: list[ResourceStub] = []
        for path, each in self.resources.items():
            if path.startswith(_SESSION):
                stubs += [ResourceStub.of_content(each, path)] if _is_of_chart(each) else []
                stubs += contained_in(each, path, _CONTAINED) if "contained" in each else ()
        return ResourceList(stubs)

    @property
    def unresolved(self) -> bool:
        """Whether an order of this request, or its drug, is an unresolved reference."""
        if self.lacking:
            return True
        gaps = (*self.gaps, *(gap for order in self.orders if order.in_focus for gap in order.gaps))
        return any(gap.reason in _UNRESOLVED for gap in gaps)

    @property
    def refers_to_chart(self) -> bool:
        """Whether an order in scope refers to a Medication that may be among the chart data.

        The display of the reference names the drug; the Medication may name another, and has the diluent.
        """
        for order, identity in zip(self.orders, self.identities, strict=True):
            referred = self.resources.get(order.origin.path, {}).get("medicationReference")
            if referred is not None and order.in_focus and identity.in_scope:
                wanted = reference(referred)
                if wanted and not wanted.startswith("#"):
                    return True
        return False

    @property
    def drugs_to_fetch(self) -> dict[str, str]:
        """The Medications that orders refer to and that the request does not hold, each with the place that does."""
        wanted = {}
        for order in self.orders:
            if order.in_focus and any(gap.reason == "unresolved-drug" for gap in order.gaps):
                referred = self.resources[order.origin.path].get("medicationReference")
                if server_of(referred) in ("", self.server):
                    wanted[reference(referred)] = order.origin.path
        return {each: f"{path}.medicationReference" for each, path in wanted.items() if each.startswith("Medication/")}

    @property
    def in_scope(self) -> bool:
        """Whether any order of this request is, or may be, for a drug that this service checks."""
        return any(
            order.in_focus and identity.in_scope for order, identity in zip(self.orders, self.identities, strict=True)
        )

    @property
    def is_miscoded(self) -> bool:
        """Whether any order of this request is for a known neighbor and has a code of a drug in scope."""
        return any(
            order.in_focus and identity.is_miscoded
            for order, identity in zip(self.orders, self.identities, strict=True)
        )


def _is_of_chart(resource: Json) -> bool:
    kind, status = text(resource.get("resourceType")), text(resource.get("status"))
    return kind in OF_CHARTS or (kind == "MedicationRequest" and status in NO_ORDER)


def requested_in(request: HookRequest) -> Json:
    """Return the fields for a new order if there is no order to copy them from: the encounter and the user."""
    found: Json = {}
    if request.encounter_id:
        found["encounter"] = {"reference": f"Encounter/{request.encounter_id}"}
    if request.user_id.startswith(("Practitioner/", "PractitionerRole/")):
        found["requester"] = {"reference": request.user_id}
    return found
