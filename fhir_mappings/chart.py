"""A request into the facts of one session: the orders, the patient's chart, and what had to be set aside."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from cards.facts import (
    DrugOrder,
    Gap,
    Her2Result,
    LabResult,
    Lvef,
    Origin,
    Patient,
    ReceptorResult,
    Weight,
)
from cards.identity import identify
from cards.records import Setting
from fhir_mappings.codings import NO_CODE_MAP
from fhir_mappings.conditions import ConditionReader
from fhir_mappings.hook_request import bundle_entries, selected_references
from fhir_mappings.lenient import child, reference, text
from fhir_mappings.medication import MedicationReader, orders_served, service_billing
from fhir_mappings.observations import ObservationReader
from fhir_mappings.references import References
from fhir_mappings.wire import Unreadable

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from cards.facts import BillingCode, Diagnosis
    from cards.identity import Identity
    from cards.recognition import Recogniser
    from cards.records import Terminology
    from fhir_mappings.codings import CodeMap
    from fhir_mappings.hook_request import HookRequest
    from fhir_mappings.lenient import Json
    from fhir_mappings.observations import Fact
    from fhir_mappings.prefetch import Answer
    from fhir_mappings.wire import Glimpse

_MENTIONS = {
    "her2-interpretation": (b"HER2", b"HER-2", b"Her2", b"ERBB2", b"c-erbB-2"),
    "lvef": (b"LVEF", b"jection fraction", b"jection Fraction"),
}
_NARRATIVE_TYPES = frozenset({"Observation", "DiagnosticReport", "DocumentReference"})


@dataclass(frozen=True, slots=True)
class Orders:
    """The drug orders of a session, the EHR's own JSON of each, and what could not be read."""

    orders: tuple[DrugOrder, ...]
    resources: Mapping[str, Json]
    gaps: tuple[Gap, ...]

    identities: tuple[Identity, ...]

    @property
    def unresolved(self) -> bool:
        """Whether the drug of an order that is asked about is a reference that could not be followed yet."""
        return any(gap.reason == "unresolved-drug" for order in self.orders if order.in_focus for gap in order.gaps)

    @property
    def in_scope(self) -> bool:
        """Whether any order that is asked about is, or may be, for a drug that this service checks."""
        return any(
            order.in_focus and identity.in_scope for order, identity in zip(self.orders, self.identities, strict=True)
        )


class ChartReader:
    """Reads requests; one reader serves all of them."""

    def __init__(self, terminology: Terminology, recogniser: Recogniser, code_map: CodeMap = NO_CODE_MAP) -> None:
        """Prepare the readers of each resource type."""
        self._observations = ObservationReader(terminology, code_map)
        self._conditions = ConditionReader(terminology, code_map)
        self._medication = MedicationReader(self._conditions, code_map)
        self._recogniser = recogniser

    def orders(self, request: HookRequest, glimpses: Iterable[Glimpse] = ()) -> Orders:
        """Read the orders of the session."""
        references = References()
        entries = list(bundle_entries(request.draft_orders, "context.draftOrders"))
        for _, resource, full_url in entries:
            if resource is not None:
                references.add(resource, full_url)
        references.add_glimpses(glimpses)
        selected = selected_references(request) if request.hook == "order-select" else None
        orders: list[DrugOrder] = []
        resources: dict[str, Json] = {}
        gaps: list[Gap] = []
        services: list[tuple[frozenset[str], list[BillingCode]]] = []
        for path, resource, _ in entries:
            if resource is None:
                gaps.append(Gap(None, path, "unreadable-order"))
                continue
            kind, own = text(resource.get("resourceType")), _reference_of(resource)
            resources[own or path] = resource
            in_focus = selected is None or own in selected
            if kind == "ServiceRequest":
                services.append((orders_served(resource), service_billing(resource, path)))
            elif kind == "MedicationOrder" or (
                kind == "MedicationRequest" and isinstance(resource.get("medication"), dict)
            ):
                if in_focus:
                    gaps += self._of_other_release(resource, path)
            elif kind == "MedicationRequest" and self._medication.is_order(resource):
                if not _same_patient(resource.get("subject"), request.patient_id, references):
                    gaps += self._of_other_patient(resource, path, references) if in_focus else []
                    continue
                orders.append(self._medication.read(resource, path, references, in_focus=in_focus))
        read = tuple(_with_services(orders, services))
        identities = tuple(identify(order, self._recogniser) for order in read)
        return Orders(read, resources, tuple(gaps), identities)

    def with_reasons(self, orders: Orders, glimpses: Iterable[Glimpse]) -> tuple[DrugOrder, ...]:
        """Add to each order the cancers that it gives as its reason, which may stand in the chart."""
        references = References()
        for resource in orders.resources.values():
            references.add(resource)
        references.add_glimpses(glimpses)
        with_reasons = []
        for order in orders.orders:
            resource = orders.resources.get(order.origin.reference or order.origin.path, {})
            reasons = tuple(self._medication.reasons(resource, order.origin.path, references))
            with_reasons.append(msgspec.structs.replace(order, reasons=reasons) if reasons else order)
        return tuple(with_reasons)

    def _of_other_release(self, resource: Json, path: str) -> list[Gap]:
        """Say that an order of another FHIR release was not checked, when it names a drug in scope."""
        concept = resource.get("medicationCodeableConcept")
        if not isinstance(concept, dict):
            concept = child(child(resource, "medication"), "concept")
        as_r4 = {"id": resource.get("id"), "medicationCodeableConcept": concept}
        order = self._medication.read(as_r4, path, References())
        return self._if_in_scope(order, path, "other-release")

    def _of_other_patient(self, resource: Json, path: str, references: References) -> list[Gap]:
        order = self._medication.read(resource, path, references)
        return self._if_in_scope(order, path, "other-patient")

    def _if_in_scope(self, order: DrugOrder, path: str, reason: str) -> list[Gap]:
        identity = identify(order, self._recogniser)
        if not identity.in_scope:
            return []
        drug = " / ".join(product.name for product in identity.named)
        return [Gap(None, path, reason, values=(("drug", drug),))]

    def patient(self, answers: Mapping[str, Answer], patient_id: str, required: frozenset[str]) -> Patient:
        """Read the chart from the answers to all queries, and from whatever else the client sent along."""
        facts: list[Fact] = []
        diagnoses: list[tuple[Diagnosis, bool]] = []
        settings: list[Setting] = []
        left: list[Glimpse] = []
        references = References()
        for answer in answers.values():
            if answer.listing is not None:
                references.add_glimpses(g for g in answer.listing.glimpses if g.resource_type == "Patient")
        for glimpse in _once(answers.values()):
            try:
                concept = self._observations.index.concept(glimpse.codes)
                if glimpse.resource_type == "Observation":
                    if concept is None:
                        left += self._unpicked(glimpse, facts)
                        continue
                    facts += self._observation(concept, glimpse, patient_id, references)
                elif glimpse.resource_type == "Condition":
                    self._condition(glimpse, patient_id, references, facts, diagnoses, settings)
                elif glimpse.resource_type == "Patient" and glimpse.reference != f"Patient/{patient_id}":
                    facts.append(Gap("patient", glimpse.path, "other-patient"))
                elif glimpse.resource_type in _NARRATIVE_TYPES:
                    left.append(glimpse)
            except Unreadable:
                facts.append(Gap(None, glimpse.path, "malformed"))
        facts += _lacking(answers, required)
        return _assembled(facts, diagnoses, settings, left)

    def _unpicked(self, glimpse: Glimpse, facts: list[Fact]) -> list[Glimpse]:
        """Keep an Observation that means nothing known for a look at its words; note one that has no code at all."""
        if self._observations.index.never_counts(glimpse.codes):
            return []
        if not glimpse.has_code:
            facts.append(Gap(None, glimpse.path, "no-code"))
        return [glimpse]

    def _observation(self, concept: str, glimpse: Glimpse, patient_id: str, references: References) -> list[Fact]:
        content = glimpse.content
        if not _same_patient(content.get("subject"), patient_id, references):
            return [Gap(concept, glimpse.path, "other-patient", self._observations.date_of(content))]
        return self._observations.read(concept, content, Origin(glimpse.reference, glimpse.path))

    def _condition(
        self,
        glimpse: Glimpse,
        patient_id: str,
        references: References,
        facts: list[Fact],
        diagnoses: list[tuple[Diagnosis, bool]],
        settings: list[Setting],
    ) -> None:
        content = glimpse.content
        if not _same_patient(content.get("subject"), patient_id, references):
            facts.append(Gap("diagnosis", glimpse.path, "other-patient"))
            return
        if not isinstance(content.get("code"), dict):
            facts.append(Gap("diagnosis", glimpse.path, "no-code"))
            return
        diagnosis = self._conditions.diagnosis(content, Origin(glimpse.reference, glimpse.path))
        if diagnosis is not None:
            diagnoses.append((diagnosis, self._conditions.is_past(content)))
        setting = self._conditions.setting(content)
        if setting is not None:
            settings.append(setting)


def _reference_of(resource: Json) -> str:
    identifier = text(resource.get("id"))
    return f"{text(resource.get('resourceType'))}/{identifier}" if identifier else ""


def _with_services(
    orders: list[DrugOrder], services: list[tuple[frozenset[str], list[BillingCode]]]
) -> Iterable[DrugOrder]:
    """Lay beside each order the billing codes of the session's services that are, or may be, for it."""
    for order in orders:
        beside = [
            msgspec.structs.replace(code, linked=order.origin.reference in served)
            for served, found in services
            for code in found
            if not served or order.origin.reference in served
        ]
        yield msgspec.structs.replace(order, billing=(*order.billing, *beside)) if beside else order


def _same_patient(subject: object, patient_id: str, references: References) -> bool:
    """Tell whether a resource is the patient's: a subject that is absent is trusted, one that is another's is not."""
    wanted = reference(subject)
    if not wanted:
        return True
    if wanted == f"Patient/{patient_id}":
        return True
    if wanted.startswith("urn:"):
        resolved = references.find(wanted, {})
        return (resolved is not None and resolved.get("id") == patient_id) or wanted.rpartition(":")[2] == patient_id
    return False


def _once(answers: Iterable[Answer]) -> Iterable[Glimpse]:
    """Give every resource once, however many keys hold it."""
    seen: set[str] = set()
    for answer in answers:
        for glimpse in answer.listing.glimpses if answer.listing is not None else ():
            if glimpse.reference and glimpse.reference in seen:
                continue
            seen.add(glimpse.reference)
            yield glimpse


def _lacking(answers: Mapping[str, Answer], required: frozenset[str]) -> Iterable[Gap]:
    """Say which lists are known to be incomplete and which of their entries could not be read at all."""
    for key, answer in answers.items():
        if key not in required or answer.listing is None:
            continue
        if answer.listing.next_page:
            yield Gap(None, f"prefetch.{key}", "next-page")
        if answer.partial:
            yield Gap(None, f"prefetch.{key}", "partial")
        yield from (Gap(None, path, "malformed") for path in answer.listing.broken)


def _newest_first(fact: Weight | Lvef | LabResult | Her2Result | ReceptorResult) -> tuple[int, str, str]:
    """Order by date, undated last, and then by what does not depend on the order in which the client sent them."""
    return (-fact.on.toordinal() if fact.on else 0, fact.origin.reference, getattr(fact, "as_reported", ""))


def _measured_first(weight: Weight) -> tuple[int, bool, str]:
    """Order weights likewise; of one day a measured weight goes before a stated one."""
    day_before, reference_of, _ = _newest_first(weight)
    return day_before, weight.stated, reference_of


def _assembled(
    facts: list[Fact], diagnoses: list[tuple[Diagnosis, bool]], settings: list[Setting], left: list[Glimpse]
) -> Patient:
    labs: dict[str, list[LabResult]] = {}
    for fact in facts:
        if isinstance(fact, LabResult):
            labs.setdefault(fact.test, []).append(fact)
    lvefs = sorted((fact for fact in facts if isinstance(fact, Lvef)), key=_newest_first)
    her2 = sorted((fact for fact in facts if isinstance(fact, Her2Result)), key=_newest_first)
    gaps = [fact for fact in facts if isinstance(fact, Gap)]
    if not her2:
        gaps += _mentions("her2-interpretation", "her2-in-text", left)
    if not lvefs:
        gaps += _mentions("lvef", "lvef-in-text", left)
    current = [diagnosis for diagnosis, past in diagnoses if not past]
    listed = current or [diagnosis for diagnosis, _ in diagnoses]
    return Patient(
        weights=tuple(sorted((fact for fact in facts if isinstance(fact, Weight)), key=_measured_first)),
        lvefs=tuple(lvefs),
        labs={test: tuple(sorted(results, key=_newest_first)) for test, results in labs.items()},
        her2=tuple(her2),
        receptors=tuple(sorted((fact for fact in facts if isinstance(fact, ReceptorResult)), key=_newest_first)),
        diagnoses=tuple(sorted(listed, key=lambda diagnosis: (diagnosis.origin.reference, diagnosis.label))),
        setting=Setting.METASTATIC if Setting.METASTATIC in settings else Setting.EARLY if settings else None,
        gaps=tuple(sorted(gaps, key=lambda gap: gap.path)),
    )


def _mentions(about: str, reason: str, left: list[Glimpse]) -> list[Gap]:
    words = _MENTIONS[about]
    return [Gap(about, glimpse.path, reason) for glimpse in left if glimpse.mentions(words)]
