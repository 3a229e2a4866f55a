"""Reads a request as the facts of one session: the orders, the patient's chart, and gaps."""

from __future__ import annotations

from itertools import tee
from typing import TYPE_CHECKING

import msgspec

from cards.facts.order import DrugOrder, NotedDose, OrderNote
from cards.facts.origins import Gap
from cards.facts.outcomes import FAILED
from cards.identification.combined_amounts import amounts_stated, combined_amount
from cards.identification.identity import Identity, IdentityStatus, identify
from cards.knowledge.schema import Route
from cards.values.caching import cached_by_identity
from cards.values.quantities import Mg
from fhir_mappings.codings import NO_CODE_MAP
from fhir_mappings.medications import doses_in_text
from fhir_mappings.medications.medication import MedicationReader, has_reasons_of, with_reasons_of
from fhir_mappings.medications.other_texts import every_text, noted_elsewhere, restated, texts_beside
from fhir_mappings.medications.releases import is_of_other_release
from fhir_mappings.medications.services import orders_served, service_billing
from fhir_mappings.medications.treatments import TreatmentReader
from fhir_mappings.patient.conditions import ConditionReader
from fhir_mappings.request.billing import BillingReader
from fhir_mappings.request.chart_source import UNKNOWN_SOURCE, ChartSource
from fhir_mappings.request.dispatched import Lacking, dispatched_entries
from fhir_mappings.request.hook_request import BadRequest
from fhir_mappings.request.order_gaps import (
    bare_concepts,
    cut_texts,
    names_of,
    of_unknown_parts,
    of_unknown_selections,
    of_void_medications,
    unread_drug,
)
from fhir_mappings.request.orders import Orders
from fhir_mappings.request.patient_reader import PatientReader
from fhir_mappings.request.results_in_orders import results_in_orders
from fhir_mappings.request.selection import bundle_entries, drafts_of_groups, each_once, selected_references
from fhir_mappings.request.sizes import TooManyError, check_orders
from fhir_mappings.request.unordered_drugs import UnorderedDrugs
from fhir_mappings.request.words_of_plans import PlanWords, words_of_plans
from fhir_mappings.results.observations import ObservationReader
from fhir_mappings.wire.exact_json import encode
from fhir_mappings.wire.lenient import base_of, text
from fhir_mappings.wire.references import References, is_same_patient
from fhir_mappings.wire.shapes import misshapen

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date, tzinfo
    from types import TracebackType

    from cards.facts.order import BillingCode
    from cards.facts.patient import Patient
    from cards.identification.recognizer import Recognizer
    from cards.knowledge.schema import Product, Terminology
    from fhir_mappings.codings import CodeMap
    from fhir_mappings.request.chart_draft import OnFailure
    from fhir_mappings.request.hook_request import HookRequest
    from fhir_mappings.request.prefetch import Answer
    from fhir_mappings.request.selection import Entry
    from fhir_mappings.wire.lenient import Json
    from fhir_mappings.wire.stubs import ResourceStub

_REASONS = frozenset({"Condition", "Patient"})
_ORDERS = frozenset({"MedicationRequest", "MedicationOrder", "ServiceRequest"})
_AS_ORDERS = frozenset(each.lower() for each in _ORDERS)
# Other resources that name a drug in the same elements as an order does.
_OF_DRUGS = frozenset({"MedicationAdministration", "MedicationDispense", "MedicationStatement"})
_DRUGS = ("medicationCodeableConcept", "medicationReference")
# Drugs supplied or taken according to a record; an administration is handled as part of the chart.
_RECORDS = frozenset({"MedicationDispense", "MedicationStatement"})
_NEVER_TAKEN = frozenset({"entered-in-error", "cancelled", "declined", "not-done", "not-taken"})


def _may_be_order(resource: Json) -> bool:
    """Return whether a resource that is not named as an order may be one.

    Its type is missing, in other letters, or one that does not name a drug as an order does.
    """
    kind = text(resource.get("resourceType"))
    if kind in _ORDERS or kind in _OF_DRUGS:
        return False
    return not kind or kind.lower() in _AS_ORDERS or any(name in resource for name in _DRUGS)


class _Found(msgspec.Struct, eq=False):
    """What has been read of the orders of one session so far."""

    patient_id: str
    references: References
    may_be_incomplete: bool = False
    orders: list[DrugOrder] = []
    resources: dict[str, Json] = {}
    gaps: list[Gap] = []
    services: list[tuple[frozenset[str], list[BillingCode]]] = []
    said_by_plans: dict[int, PlanWords] = {}
    records: list[tuple[str, Json]] = []
    """What names a drug and is no order: a dispense, a statement."""


def _check_dispatched(orders: Sequence[Json | None], request: HookRequest) -> None:
    """Refuse dispatched orders that exceed the limits of a request; they were not in its body."""
    try:
        check_orders(orders, request.sizes, "context.dispatchedOrders")
    except TooManyError as error:
        raise BadRequest("too-long", f"the dispatched orders have {error}", error.expression) from None


@cached_by_identity(4)
def _indexed(terminology: Terminology, code_map: CodeMap) -> tuple[ConditionReader, ObservationReader]:
    """Return the readers that index the whole terminology; the deciders of all profiles and versions share them."""
    conditions = ConditionReader(terminology, code_map)
    return conditions, ObservationReader(terminology, code_map, conditions.stages)


class _Step:
    """Lets a step fail alone: its subject is then a gap, and reported as not checked.

    A class, because each order takes several steps, and a generator takes four times as long.
    """

    __slots__ = ("_gaps", "_on_failure", "_place", "_step")

    def __init__(self, on_failure: OnFailure | None, step: str, place: str, gaps: list[Gap]) -> None:
        self._on_failure, self._step, self._place, self._gaps = on_failure, step, place, gaps

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> bool:
        if not isinstance(error, Exception) or self._on_failure is None:
            return False
        self._on_failure(self._step, error)
        self._gaps.append(Gap(None, self._place, FAILED))
        return True


class ChartReader:
    """Reads requests; one reader serves all of them."""

    def __init__(
        self,
        terminology: Terminology,
        recognizer: Recognizer,
        code_map: CodeMap = NO_CODE_MAP,
        zone: tzinfo | None = None,
        on_failure: OnFailure | None = None,
    ) -> None:
        """Prepare the readers of each resource type; ``zone`` is the time zone for the days of given and planned doses.

        ``on_failure`` hears of an error in reading one order, one resource or one part of the chart, which is then set
        aside; without it the error is raised.
        """
        self._on_failure = on_failure
        conditions, observations = _indexed(terminology, code_map or NO_CODE_MAP)
        self._medication = MedicationReader(conditions, code_map, recognizer.supportive_drugs, zone)
        self._recognizer = recognizer
        self._unordered = UnorderedDrugs(self._medication, recognizer)
        treatments = TreatmentReader(self._medication, recognizer, zone, code_map)
        ended = frozenset(
            each for each, tests in recognizer.lab_rows.items() if any(t.ends_treatment for t in tests.values())
        )
        self._patient = PatientReader(observations, conditions, treatments, ended, on_failure)
        self._reports = observations.reports
        self.billing = BillingReader(conditions, observations, code_map)

    def orders(self, request: HookRequest, stubs: Iterable[ResourceStub] = ()) -> Orders:
        """Read the orders of the session. One that fails to be read or identified is a gap, and costs no other."""
        references = References(request.fhir_server)
        references.add_stubs(stubs)
        lacking: tuple[Lacking, ...] = ()
        if request.hook.orders_are_signed:
            place = "context.dispatchedOrders"
            entries, lacking = dispatched_entries(request.dispatched, references)
            _check_dispatched([resource for _, resource, _ in entries], request)
        else:
            place = "context.draftOrders"
            entries = each_once(bundle_entries(request.draft_orders, place))
            entries += drafts_of_groups(entries, references, place)
        found = _Found(request.patient_id, references, request.hook.may_be_incomplete)
        selected = self._selected(request, entries, found.gaps)
        self._read_entries(entries, selected, found)
        with self._step("plans", place, found.gaps):
            named = request.hook.orders_are_signed
            found.gaps += [*self._unordered.in_plans(entries, selected, references, orders_are_named=named)]
            found.said_by_plans = words_of_plans(entries, references)
        read = tuple(found.orders)
        with self._step("services", place, found.gaps):
            read = tuple(_with_services(found.orders, found.services))
        identities = tuple(self._identity(order, found) for order in read)
        read = tuple(self._with_product(*each, found) for each in zip(read, identities, strict=True))
        with self._step("texts", place, found.gaps):
            found.gaps += self._beside(tuple(zip(read, identities, strict=True)), entries, selected, request, found)
        return Orders(
            read,
            found.resources,
            tuple(found.gaps),
            identities,
            request.patient_id,
            lacking,
            base_of(request.fhir_server),
        )

    def _selected(self, request: HookRequest, entries: Iterable[Entry], gaps: list[Gap]) -> frozenset[str] | None:
        """Return what the user selected; ``None`` where every order is looked at, also after a failure."""
        with self._step("selection", "context.selections", gaps):
            return selected_references(request.selections, entries) if request.hook.may_be_incomplete else None
        return None

    def _read_entries(self, entries: Sequence[Entry], selected: frozenset[str] | None, found: _Found) -> None:
        for path, resource, full_url in entries:
            if resource is not None:
                # What refers to one that fails is not followed, which is told.
                with self._step("orders", path, found.gaps):
                    found.references.add(resource, full_url)
        unread: list[str] = []
        for path, resource, full_url in entries:
            if resource is None:
                unread.append(path)
                continue
            found.resources[path] = resource
            with self._step("orders", path, found.gaps):
                in_focus = selected is None or not selected.isdisjoint(names_of(resource, full_url))
                self._read(resource, path, found, in_focus=in_focus)
        # Beside a readable order, an entry without one matters only to an order that is checked; alone, it may be it.
        reason = "unreadable-order" if found.orders or found.services else "unreadable-session"
        found.gaps += [Gap(None, path, reason) for path in unread]

    def _beside(
        self,
        orders: Sequence[tuple[DrugOrder, Identity]],
        entries: Sequence[Entry],
        selected: frozenset[str] | None,
        request: HookRequest,
        found: _Found,
    ) -> list[Gap]:
        """List what is to be told beside the orders that were read."""
        return [
            *self._unordered.in_services(entries, selected, orders, request, found.references),
            *cut_texts(orders, found.resources),
            *of_unknown_parts(orders, found.resources),
            *bare_concepts(orders, found.resources),
            *of_void_medications(orders, found.resources, found.references),
            *of_unknown_selections(selected, entries, orders),
            *self._unordered.in_instructions(orders, found.resources, found.references),
            *self._unordered.in_records(found.records, [identity for _, identity in orders], found.references),
        ]

    def _read(self, resource: Json, path: str, found: _Found, *, in_focus: bool) -> None:
        """Read an entry of the session as what it is."""
        kind = text(resource.get("resourceType"))
        references = found.references
        if kind not in _ORDERS or not self._medication.is_order(resource):
            if in_focus and kind in _RECORDS and text(resource.get("status")) not in _NEVER_TAKEN:
                found.records.append((path, resource))
            may_be = in_focus and _may_be_order(resource)
            found.gaps += self._unordered.of_unnamed_kind(resource, path, references) if may_be else []
            return
        if kind == "ServiceRequest":
            if misshapen(kind, encode(resource)):
                found.gaps.append(Gap(None, path, "unreadable-order"))
            if is_same_patient(resource.get("subject"), found.patient_id, references):
                found.services.append((orders_served(resource, references), service_billing(resource, path)))
        elif kind == "MedicationOrder" or is_of_other_release(resource):
            found.gaps += self._unordered.of_other_release(resource, path, references) if in_focus else []
        elif not is_same_patient(resource.get("subject"), found.patient_id, references):
            found.gaps += self._unordered.of_other_patient(resource, path, references) if in_focus else []
        else:
            order = self._medication.read(resource, path, references, in_focus=in_focus)
            found.orders.append(order)
            may_be_incomplete = found.may_be_incomplete
            unread = unread_drug(order, resource, path, self._recognizer, may_be_incomplete=may_be_incomplete)
            if in_focus and unread:
                found.gaps.append(unread)

    def _identity(self, order: DrugOrder, found: _Found) -> Identity:
        with self._step("identification", order.origin.path, found.gaps):
            return identify(order, self._recognizer)
        return Identity(IdentityStatus.UNKNOWN)

    def _with_product(self, order: DrugOrder, identity: Identity, found: _Found) -> DrugOrder:
        """Add what can be read of the doses only when the product is known."""
        product = identity.product
        if product is None or not identity.in_scope:
            return order
        resource = found.resources[order.origin.path]
        with self._step("texts", order.origin.path, found.gaps):
            if not order.doses and order.text_doses:
                read = self._medication.doses_only_in_text(resource)
                if read.doses and self._recognizer.are_names_of(product, read.names):
                    order = msgspec.structs.replace(order, doses=read.doses)
            if product.component_doses_mg:
                written = (*(each.value for each in order.evidence), *doses_in_text.instructed(resource))
                combined = combined_amount(product, written, order.ndcs)
                order = msgspec.structs.replace(order, combined_mg=combined) if combined is not None else order
            if product.route is Route.SUBCUTANEOUS:
                said = (
                    stated for each in doses_in_text.instructed(resource) for stated in amounts_stated(product, each)
                )
                order = msgspec.structs.replace(
                    order,
                    injected_mg=tuple(dict.fromkeys(said)),
                    notes=tuple(_with_amounts(product, each) for each in order.notes),
                )
            order = self._with_words(order, product, resource)
            if not product.is_oral and (named := doses_in_text.milligrams_named(each.value for each in order.evidence)):
                order = msgspec.structs.replace(order, named_mg=named)
            if (of_plan := found.said_by_plans.get(id(resource))) is not None:
                order = of_plan.added_to(order)
            if product.look_alikes and "dosageInstruction" in resource:
                others = self._named_in_instructions(resource, product)
                order = msgspec.structs.replace(order, text_drugs=others) if others else order
        # After a failure it is judged by what its fields say.
        return order

    def _with_words(self, order: DrugOrder, product: Product, resource: Json) -> DrugOrder:
        """Add what the texts of an order say beside its dose: amounts, problems, and what nobody should overlook."""
        for_notes, beside = tee(texts_beside(resource))
        if elsewhere := noted_elsewhere(resource, for_notes):
            order = msgspec.structs.replace(order, notes=(*order.notes, *elsewhere))
        if said_again := restated(resource):
            order = msgspec.structs.replace(order, restated=said_again)
        written = tuple(every_text(resource, beside))
        if problems := self._medication.named_problems(written):
            order = msgspec.structs.replace(order, named_problems=problems)
        names = (product.name, *product.names, *(each.name for each in product.brands))
        if statements := self._medication.statements(written, names):
            order = msgspec.structs.replace(order, statements=statements)
        return order

    def _named_in_instructions(self, resource: Json, product: Product) -> tuple[str, ...]:
        """List the look-alikes of a product that its instructions name, unless they only warn of them."""
        found: dict[str, None] = {}
        for written in doses_in_text.instructed(resource):
            if not self._recognizer.may_name_others(product, written):
                continue
            for clause in self._recognizer.clauses_of_now(written):
                meanings = self._recognizer.read_text(clause).meanings
                found |= dict.fromkeys(each.product for meaning in meanings if len(meaning) == 1 for each in meaning)
        return tuple(each for each in product.look_alikes if each in found)

    def _step(self, step: str, place: str, gaps: list[Gap]) -> _Step:
        return _Step(self._on_failure, step, place, gaps)

    def with_reasons(self, orders: Orders, stubs: Iterable[ResourceStub]) -> tuple[DrugOrder, ...]:
        """Add to each order what its own reasons, which may be in the chart, say about the cancer."""
        if not any("reasonCode" in each or "reasonReference" in each for each in orders.resources.values()):
            return orders.orders
        references = References()
        for resource in orders.resources.values():
            references.add(resource)
        references.add_stubs(each for each in stubs if each.resource_type in _REASONS)
        read: list[DrugOrder] = []
        for order in orders.orders:
            before = read[-1] if read and not any(gap.reason == FAILED for gap in read[-1].gaps) else None
            read.append(self._with_reasons(order, before, orders, references))
        return tuple(read)

    def _with_reasons(
        self, order: DrugOrder, before: DrugOrder | None, orders: Orders, references: References
    ) -> DrugOrder:
        """Read the reasons of an order; those of the order ``before`` it are taken over where both state the same."""
        resource = orders.resources.get(order.origin.path, {})
        gaps: list[Gap] = []
        with self._step("reasons", order.origin.path, gaps):
            if before is not None and has_reasons_of(resource, orders.resources.get(before.origin.path, {})):
                return with_reasons_of(order, before)
            return self._medication.with_reasons(
                order,
                resource,
                references,
                lambda each: is_same_patient(each.get("subject"), orders.patient_id, references),
            )
        # It is then judged by what the chart says of the cancer.
        return msgspec.structs.replace(order, gaps=(*order.gaps, *gaps))

    def with_words_of_orders(self, patient: Patient, orders: Orders, today: date) -> Patient:
        """Add to a chart what only the words of the orders state against its results."""
        gaps: list[Gap] = []
        with self._step("texts", "context.draftOrders", gaps):
            gaps += results_in_orders(orders, patient, self._reports, today)
        return msgspec.structs.replace(patient, gaps=(*patient.gaps, *gaps)) if gaps else patient

    def patient(
        self,
        answers: Mapping[str, Answer],
        patient_id: str,
        required: frozenset[str],
        session: frozenset[str] = frozenset(),
        *,
        every_lab: bool = False,
        chart_source: ChartSource = UNKNOWN_SOURCE,
    ) -> Patient:
        """Read the chart from the answers to all queries, and from anything else that the client sent.

        ``session`` names the orders that are being asked about: they are not history, wherever else they appear.
        ``every_lab`` reads the laboratory results of all days, not only the newest. ``chart_source`` says of which
        server the chart is, and on which day it is read.
        """
        return self._patient.read(
            answers, patient_id, required, session, every_lab=every_lab, chart_source=chart_source
        )


def _with_amounts(product: Product, note: OrderNote) -> OrderNote:
    """Add the doses that a note gives by the volume or by both antibodies of an injection."""
    stated = amounts_stated(product, note.text)
    if not stated:
        return note
    parts = {Mg(each) for each in product.component_doses_mg}
    # Where both antibodies are named, neither amount is a dose by itself.
    own = tuple(each for each in note.doses if each.dose not in parts)
    if doses_in_text.is_of_another_time(note.text):
        return msgspec.structs.replace(note, doses=own)
    together = tuple(NotedDose(Mg(each)) for group in stated for each in group)
    return msgspec.structs.replace(note, doses=(*own, *together))


def _with_services(
    orders: list[DrugOrder], services: list[tuple[frozenset[str], list[BillingCode]]]
) -> Iterable[DrugOrder]:
    """Add to each order the billing codes of the session's services that are, or may be, for it."""
    for order in orders:
        beside = [
            msgspec.structs.replace(code, linked=order.origin.reference in served)
            for served, found in services
            for code in found
            if not served or order.origin.reference in served
        ]
        yield msgspec.structs.replace(order, billing=(*order.billing, *beside)) if beside else order
