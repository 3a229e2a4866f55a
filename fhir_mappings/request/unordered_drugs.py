"""Drugs in scope that a session names without an order that is checked: what the user may take for checked is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from cards.facts.origins import Gap
from cards.identification.beside_codes import said_beside
from cards.identification.identity import IdentityStatus, identify
from fhir_mappings.medications import doses_in_text
from fhir_mappings.medications.releases import with_r4_drug
from fhir_mappings.medications.services import orders_served
from fhir_mappings.request.order_gaps import names_of
from fhir_mappings.request.planned import has_drug_code, is_dose_in_words, without_order
from fhir_mappings.request.selection import is_group
from fhir_mappings.wire.lenient import text
from fhir_mappings.wire.references import is_same_patient

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from cards.facts.order import DrugOrder
    from cards.identification.identity import Identity
    from cards.identification.recognizer import Recognizer
    from fhir_mappings.medications.medication import MedicationReader
    from fhir_mappings.request.hook_request import HookRequest
    from fhir_mappings.request.planned import Planned
    from fhir_mappings.request.selection import Entry
    from fhir_mappings.wire.lenient import Json
    from fhir_mappings.wire.references import References


class UnorderedDrugs:
    """Finds them; one serves every request."""

    def __init__(self, medication: MedicationReader, recognizer: Recognizer) -> None:
        """Keep what reads and recognizes a drug."""
        self._medication = medication
        self._recognizer = recognizer

    def of_other_release(self, resource: Json, path: str, references: References) -> list[Gap]:
        """Report that an order in another FHIR release was not checked, if it names a drug in scope or none at all."""
        r4 = with_r4_drug(resource)
        kept = ("id", "contained", "medicationCodeableConcept", "medicationReference")
        as_r4 = {name: r4[name] for name in kept if name in r4}
        order = self._medication.read(as_r4, path, references)
        if order.gaps:
            return [Gap(None, path, "other-release-unnamed")]
        return self._if_in_scope(order, path, "other-release")

    def of_unnamed_kind(self, resource: Json, path: str, references: References) -> list[Gap]:
        """Say that a resource was not checked that names a drug in scope but not, or not rightly, what it is."""
        return self._if_in_scope(self._medication.read(resource, path, references), path, "kind-unnamed")

    def in_instructions(
        self, orders: Sequence[tuple[DrugOrder, Identity]], resources: Mapping[str, Json], references: References
    ) -> Iterator[Gap]:
        """Report a drug in scope that only the instructions of a nameless infusion give, with its amount.

        Beside an order of a drug in scope the infusion is its diluent.
        """
        if any(identity.in_scope for _, identity in orders):
            return
        for order, identity in orders:
            if not order.in_focus or identity.status is not IdentityStatus.UNKNOWN or not order.evidence:
                continue
            if any(said_beside(order.evidence, self._recognizer)):
                continue
            path = order.origin.path
            for written in doses_in_text.instructed(resources[path]):
                if doses_in_text.milligrams_named((written,)):
                    named = {"medicationCodeableConcept": {"text": written}}
                    read_as = self._medication.read(named, path, references)
                    yield from self._if_in_scope(read_as, path, "named-in-instructions")

    def in_plans(
        self,
        entries: Iterable[Entry],
        selected: frozenset[str] | None,
        references: References,
        *,
        orders_are_named: bool,
    ) -> Iterator[Gap]:
        """Report what a plan describes without an order that was sent; where orders are named, those are looked for."""
        for path, plan, full_url in entries:
            if plan is None or not is_group(plan):
                continue
            if selected is not None and selected.isdisjoint(names_of(plan, full_url)):
                continue
            told: set[str] = set()
            for step in without_order(plan, path, references):
                if step.path not in told and not (step.is_missing and orders_are_named):
                    found = self._of_step(step, references)
                    told.update(gap.path for gap in found)
                    yield from found

    def in_services(
        self,
        entries: Iterable[Entry],
        selected: frozenset[str] | None,
        orders: Sequence[tuple[DrugOrder, Identity]],
        request: HookRequest,
        references: References,
    ) -> Iterator[Gap]:
        """Report a request for a service that orders a drug for which the session has no order.

        It gives a dose in words, or has a code of the drug. A code is judged as that of the session's only order, if
        there is one; while orders are written or when they are carried out, the drug's own may be elsewhere.
        """
        ordered = {product.id for _, identity in orders for product in identity.named}
        judged = sum(order.in_focus and identity.in_scope for order, identity in orders)
        by_code = judged != 1 and not (request.hook.may_be_incomplete or request.hook.orders_are_signed)
        for path, resource, full_url in entries:
            if resource is None or resource.get("resourceType") != "ServiceRequest":
                continue
            if not self._medication.is_order(resource):
                continue
            if selected is not None and selected.isdisjoint(names_of(resource, full_url)):
                continue
            may_be_coded = has_drug_code(resource)
            if not (may_be_coded or is_dose_in_words(resource)):
                continue
            order = self._medication.drug({"medicationCodeableConcept": resource.get("code")}, references)
            is_coded = may_be_coded and self._recognizer.has_code_of_drug(order)
            if is_coded and (not by_code or orders_served(resource, references)):
                continue
            if not (is_coded or is_dose_in_words(resource)):
                continue
            if not ordered.intersection(product.id for product in identify(order, self._recognizer).named):
                is_own = is_same_patient(resource.get("subject"), request.patient_id, references)
                yield from self._if_in_scope(order, path, "ordered-as-service" if is_own else "other-patient")

    def in_records(
        self, records: Iterable[tuple[str, Json]], identities: Iterable[Identity], references: References
    ) -> Iterator[Gap]:
        """Report the records of a drug in scope in a session without an order of one; beside an order they are read."""
        if any(identity.in_scope for identity in identities):
            return
        for path, resource in records:
            order = self._medication.read(with_r4_drug(resource), path, references)
            kind = text(resource.get("resourceType"))
            for gap in self._if_in_scope(order, path, "no-order"):
                yield msgspec.structs.replace(gap, values=(*gap.values, ("kind", kind)))

    def of_other_patient(self, resource: Json, path: str, references: References) -> list[Gap]:
        """Report an order that is for another patient than the session."""
        order = self._medication.read(resource, path, references)
        return self._if_in_scope(order, path, "other-patient")

    def _of_step(self, step: Planned, references: References) -> list[Gap]:
        order = self._medication.read(step.as_order, step.path, references)
        if order.gaps:
            return [Gap(None, step.path, "plan-order-missing" if step.is_missing else "plan-drug-unread")]
        return self._if_in_scope(order, step.path, "plan-order-named" if step.is_missing else "plan-activity")

    def _if_in_scope(self, order: DrugOrder, path: str, reason: str) -> list[Gap]:
        identity = identify(order, self._recognizer)
        if not identity.in_scope:
            return []
        drug = " / ".join(product.name for product in identity.named)
        return [Gap(None, path, reason, values=(("drug", drug),))]
