"""Reads what only billing and coverage need: supply, claim lines, diagnosis codes, receptors, prescribers, payers.

It is read only for the coverage service, so that the clinical services do not pay for it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cards.facts.billing import (
    BillingFacts,
    ClaimLine,
    Counted,
    Quantity,
    Receptor,
    RecordedCode,
    Supplied,
)
from cards.facts.order import DoseUnit
from cards.facts.origins import Origin
from fhir_mappings.codings import codings, texts
from fhir_mappings.medications import billing_extensions
from fhir_mappings.medications.infusion import infusion_minutes
from fhir_mappings.medications.services import orders_served
from fhir_mappings.patient.conditions import label_of
from fhir_mappings.request.payers import CLAIM_CODE, approvals, coverages, payers
from fhir_mappings.results.units import dose_scale
from fhir_mappings.wire.exact_json import Unreadable
from fhir_mappings.wire.lenient import child, number, objects, reference, text
from fhir_mappings.wire.references import References, is_same_patient

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from fhir_mappings.codings import CodeMap
    from fhir_mappings.patient.conditions import ConditionReader
    from fhir_mappings.request.hook_request import HookRequest
    from fhir_mappings.request.orders import Orders
    from fhir_mappings.request.prefetch import Answer
    from fhir_mappings.results.observations import ObservationReader
    from fhir_mappings.wire.lenient import Json
    from fhir_mappings.wire.stubs import ResourceStub

_MODIFIER = re.compile(r"[A-Z][A-Z0-9]|25|59|76|77")
_ICD10 = re.compile(r"([A-Z]\d[0-9A-Z])\.?([0-9A-Z]{0,4})")
_READ_CHAPTERS = ("C", "Z17", "Z51", "Z85")
_PLACE = re.compile(r"\d{2}")
_UNITS = re.compile(r"(?:billing |hcpcs )?units?|\[arb'u\]|\{units?\}|\{billing.units?\}", re.IGNORECASE)
_VIALS = re.compile(r"vials?|\{vials?\}|un|ea|each|kits?|packages?", re.IGNORECASE)
_UNSAID = frozenset({"", "1", "{count}", "count"})
_SUBJECTS = {"Coverage": "beneficiary", "Claim": "patient", "ClaimResponse": "patient"}
_RECEPTORS = {"er-status": Receptor.ESTROGEN, "pr-status": Receptor.PROGESTERONE}


class BillingReader:
    """Reads what billing needs; one reader serves every request."""

    def __init__(self, conditions: ConditionReader, observations: ObservationReader, code_map: CodeMap) -> None:
        """Keep the readers of conditions and results."""
        self._conditions = conditions
        self._observations = observations
        self._code_map = code_map

    def read(self, request: HookRequest, orders: Orders, answers: Mapping[str, Answer]) -> BillingFacts:
        """Read the orders, the session and every list that was sent."""
        stubs = _once(answers.values())
        references = References()
        for resource in orders.resources.values():
            references.add(resource)
        references.add_stubs(stubs)
        contents = list(_contents(stubs))
        own = [(c, o) for c, o in contents if is_same_patient(_subject(c), request.patient_id, references)]
        services = [
            (path, resource)
            for path, resource in orders.resources.items()
            if text(resource.get("resourceType")) == "ServiceRequest"
            and is_same_patient(resource.get("subject"), request.patient_id, references)
        ]
        people = list(_specialties([*contents, *_contained(orders.resources)]))
        return BillingFacts(
            supplied={
                order.origin.path: _supplied(
                    orders.resources[order.origin.path], order.origin, services, references, request.user_id, people
                )
                for order in orders.orders
            },
            codes=tuple(dict.fromkeys(code for each in own for code in self._codes(*each))),
            receptors=self._receptors(own),
            payers=tuple(payers(own, references)),
            coverages=tuple(coverages(own, references)),
            approvals=tuple(approvals(own, references)),
        )

    def _codes(self, content: Json, origin: Origin) -> Iterator[RecordedCode]:
        """Yield the diagnosis codes of a condition that is neither refuted nor over."""
        if content.get("resourceType") != "Condition" or self._conditions.is_refuted(content):
            return
        past = self._conditions.is_past(content)
        concept = child(content, "code")
        for coding in codings(concept, self._code_map):
            match = _ICD10.fullmatch(coding.code.strip().upper()) if coding.system == "icd10" else None
            if match is None or (past and not match[1].startswith("Z")):
                continue
            code = f"{match[1]}.{match[2]}" if match[2] else match[1]
            if code.startswith(_READ_CHAPTERS):
                yield RecordedCode(code, coding.display or label_of(concept), origin)

    def _receptors(self, own: list[tuple[Json, Origin]]) -> dict[Receptor, bool]:
        """Return the newest clear result for each hormone receptor."""
        newest: dict[Receptor, tuple[str, bool]] = {}
        for content, origin in own:
            if content.get("resourceType") != "Observation":
                continue
            for concept, receptor in _RECEPTORS.items():
                for result in self._observations.receptors(concept, content, origin):
                    on = result.on.isoformat() if result.on else ""
                    if receptor not in newest or on > newest[receptor][0]:
                        newest[receptor] = (on, result.positive)
        return {receptor: positive for receptor, (_, positive) in newest.items()}


def _once(answers: Iterable[Answer]) -> list[ResourceStub]:
    """Return every resource once, even if several lists contain it."""
    found: dict[str, ResourceStub] = {}
    for answer in answers:
        for stub in answer.listing.stubs if answer.listing is not None else ():
            found.setdefault(stub.reference or stub.path, stub)
    return list(found.values())


def _contents(stubs: Iterable[ResourceStub]) -> Iterator[tuple[Json, Origin]]:
    for stub in stubs:
        try:
            yield stub.content, Origin(stub.reference, stub.path)
        except Unreadable:
            continue


def _contained(resources: Mapping[str, Json]) -> Iterator[tuple[Json, Origin]]:
    """Yield the contained resources of the session's orders, under their local references."""
    for path, resource in resources.items():
        yield resource, Origin(f"{text(resource.get('resourceType'))}/{text(resource.get('id'))}", path)
        for index, inner in objects(resource.get("contained")):
            # Two orders may use the same local id: the path distinguishes them.
            yield inner, Origin(f"{path}#{text(inner.get('id'))}", f"{path}.contained[{index or 0}]")


def _subject(content: Json) -> object:
    return content.get(_SUBJECTS.get(text(content.get("resourceType")), "subject"))


def _supplied(
    resource: Json,
    origin: Origin,
    services: list[tuple[str, Json]],
    references: References,
    user: str,
    people: list[tuple[frozenset[str], tuple[str, ...]]],
) -> Supplied:
    """Read the supply data of an order and its services; without a requester, the user is the prescriber."""
    requester = reference(resource.get("requester")) or user
    if requester.startswith("#"):
        requester = f"{origin.path}{requester}"
    dispensed = child(child(resource, "dispenseRequest"), "quantity")
    lines: list[ClaimLine] = []
    for path, service in services:
        served = orders_served(service, references)
        if not served or origin.reference in served:
            lines += _lines(service, path, linked=bool(served))
    return Supplied(
        dispensed=_quantity(dispensed),
        infusion_minutes=infusion_minutes(resource),
        specialties=tuple(dict.fromkeys(each for known, said in people if requester in known for each in said)),
        lines=tuple(lines),
    )


def _lines(service: Json, path: str, *, linked: bool) -> Iterator[ClaimLine]:
    """Read the billing codes of a service with quantity, modifiers and place."""
    identifier = text(service.get("id"))
    origin = Origin(f"ServiceRequest/{identifier}" if identifier else "", path)
    concept = child(service, "code")
    details = [coding.code.upper() for _, each in objects(service.get("orderDetail")) for coding in codings(each)]
    details += [word.upper() for _, each in objects(service.get("orderDetail")) for word in texts(each)]
    places = tuple(
        coding.code
        for _, each in objects(service.get("locationCode"))
        for coding in codings(each)
        if _PLACE.fullmatch(coding.code)
    )
    quantity = _quantity(child(service, "quantityQuantity"))
    written = [coding.code for coding in codings(concept)]
    beside = billing_extensions.on_concept(concept, ())
    written += [coding.code for coding, _ in beside if coding.system == "hcpcs"]
    for code in dict.fromkeys(written):
        if (match := CLAIM_CODE.fullmatch(code.strip().upper())) is None:
            continue
        modifiers = [*re.findall(r"[A-Z0-9]{2}", match[2] or ""), *(d for d in details if _MODIFIER.fullmatch(d))]
        yield ClaimLine(match[1], quantity, tuple(dict.fromkeys(modifiers)), places, origin, linked)


def _quantity(quantity: Json) -> Quantity | None:
    value = number(quantity.get("value"))
    if value is None:
        return None
    code, unit = text(quantity.get("code")), text(quantity.get("unit"))
    written = f"{value.normalize():f} {unit or code}".strip()[:40]
    scale = dose_scale(code, unit)
    if scale is not None and scale.unit in (DoseUnit.MG, DoseUnit.ML):
        counted = Counted.MG if scale.unit is DoseUnit.MG else Counted.ML
        return Quantity(value * scale.factor, counted, written)
    for word in (unit, code):
        # "UN" counts vials on a claim; "unit" counts billing units of the code.
        if _VIALS.fullmatch(word):
            return Quantity(value, Counted.VIALS, written)
        if _UNITS.fullmatch(word):
            return Quantity(value, Counted.UNITS, written)
    unsaid = {unit.casefold(), code.casefold()} <= _UNSAID
    return Quantity(value, Counted.UNSAID if unsaid else Counted.OTHER, written)


def _specialties(people: list[tuple[Json, Origin]]) -> Iterator[tuple[frozenset[str], tuple[str, ...]]]:
    """Read specialties from roles and qualifications, by every reference to the same person."""
    for content, origin in people:
        kind = content.get("resourceType")
        if kind == "PractitionerRole":
            concepts = [concept for _, concept in objects(content.get("specialty"))]
            concepts += [concept for _, concept in objects(content.get("code"))]
            known = {origin.reference, reference(content.get("practitioner"))}
        elif kind == "Practitioner":
            concepts = [child(each, "code") for _, each in objects(content.get("qualification"))]
            known = {origin.reference}
        else:
            continue
        said = [*(w for c in concepts for w in texts(c)), *(coding.code for c in concepts for coding in codings(c))]
        yield frozenset(known - {""}), tuple(each[:80] for each in said if each)
