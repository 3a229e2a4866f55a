"""What of the orders of a session was not understood, or not sent: told beside what was judged."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cards.facts.order import DoseUnit
from cards.facts.origins import Gap
from cards.identification.recognizer import CODE_SYSTEMS
from cards.knowledge.schema import Route
from cards.values.codes import hcpcs_with_modifiers
from cards.values.texts import is_cut
from fhir_mappings.codings import texts
from fhir_mappings.medications.doses_in_text import instructed
from fhir_mappings.medications.other_texts import is_read_in_full
from fhir_mappings.medications.unknown_elements import unknown_in_instructions
from fhir_mappings.request.dispatched import may_be_for_a_drug
from fhir_mappings.wire.exact_json import encode
from fhir_mappings.wire.lenient import objects, reference, text
from fhir_mappings.wire.modifiers import is_modified_within
from fhir_mappings.wire.references import own_reference
from fhir_mappings.wire.shapes import gap_of_part, misshapen

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from cards.facts.order import DrugOrder
    from cards.identification.identity import Identity
    from cards.identification.recognizer import Recognizer
    from fhir_mappings.request.selection import Entry
    from fhir_mappings.wire.lenient import Json
    from fhir_mappings.wire.references import References

# How many unknown parts of an order are named.
_NAMED = 3
_BY_MASS = frozenset({DoseUnit.MG, DoseUnit.MG_PER_KG})
# Of a dose, units that do not say how much of the drug it is.
_NO_AMOUNT = frozenset({DoseUnit.TABLET, DoseUnit.VIAL, DoseUnit.OTHER})


def cut_texts(orders: Iterable[tuple[DrugOrder, Identity]], resources: Mapping[str, Json]) -> Iterable[Gap]:
    """List the texts of this request's orders that were too long to be read completely."""
    for order, identity in orders:
        if not order.in_focus:
            continue
        resource = resources[order.origin.path]
        instructions = objects(resource.get("dosageInstruction"))
        if identity.in_scope and any(is_cut(text(each.get("text"))) for _, each in instructions):
            yield Gap(None, order.origin.path, "instructions-cut")
        elif identity.in_scope and not is_read_in_full(resource):
            yield Gap(None, order.origin.path, "text-cut")
        # The part cut off may contain the name of a drug in scope.
        elif not identity.named and any(is_cut(each) for each in texts(resource.get("medicationCodeableConcept"))):
            yield Gap(None, order.origin.path, "drug-text-cut")


def of_unknown_parts(orders: Iterable[tuple[DrugOrder, Identity]], resources: Mapping[str, Json]) -> Iterable[Gap]:
    """List the orders in scope that hold what is not known here: it may change their meaning, or be instructions."""
    for order, identity in orders:
        path = order.origin.path
        if not order.in_focus:
            continue
        if not identity.in_scope:
            # What could be read of the drug may not be what it is.
            concept = resources[path].get("medicationCodeableConcept")
            if misshapen("MedicationRequest", encode({"medicationCodeableConcept": concept})):
                yield Gap(None, path, "drug-unreadable")
            continue
        if is_modified_within(resources[path], "dosageInstruction"):
            yield Gap(None, path, "order-modified")
        if unknown := unknown_in_instructions(resources[path]):
            yield Gap(None, path, "instructions-unknown", values=(("unknown", ", ".join(unknown[:_NAMED])),))
        elif part := misshapen("MedicationRequest", encode(resources[path])):
            yield gap_of_part(None, path, part)


def of_void_medications(
    orders: Iterable[tuple[DrugOrder, Identity]], resources: Mapping[str, Json], references: References
) -> Iterator[Gap]:
    """Report an order in scope whose Medication says of itself that it was entered in error."""
    for order, identity in orders:
        resource = resources[order.origin.path]
        if not (order.in_focus and identity.in_scope and "medicationReference" in resource):
            continue
        medication = references.resolve(resource["medicationReference"], resource)
        if medication is not None and text(medication.get("status")) == "entered-in-error":
            yield Gap(None, order.origin.path, "medication-void")


def unread_drug(
    order: DrugOrder, resource: Json, path: str, recognizer: Recognizer, *, may_be_incomplete: bool
) -> Gap | None:
    """Report an order whose drug has no word that may name one, and no code that is known.

    While an order is being written its drug or the words for it may still be missing. A code alone is reported where a
    dose or route comes with it that may be a HER2 drug's, not for a cream or "1 tablet daily"; "Chemotherapy infusion"
    where a dose in milligrams does.
    """
    words = [each.value for each in order.evidence if not each.system]
    if order.gaps or not all(recognizer.read_text(each).names_nothing for each in words):
        return None
    has_mass = order.text_doses or any(dose.unit in _BY_MASS for dose in order.doses)
    if words and (may_be_incomplete or not has_mass):
        return None
    # "Chemotherapy infusion" whose instructions name the drug is reported with that name.
    if words and not all(recognizer.read_text(each).names_nothing for each in instructed(resource)):
        return None
    named = [(each.system, each.value) for each in order.evidence if each.system and each.value]
    named += [("ndc", each.text) for each in order.ndcs]
    if any(recognizer.is_settled(*each) for each in named):
        return None
    if any(not each.beside_drug and hcpcs_with_modifiers(each.code) for each in order.billing):
        return None
    concept = resource.get("medicationCodeableConcept")
    if concept is None and "medicationReference" not in resource and may_be_incomplete:
        return None
    holders = [each for _, each in objects(concept)]
    codings = [coding for each in holders for _, coding in objects(each.get("coding"))]
    written = [f"{CODE_SYSTEMS[system]} {code}" for system, code in named]
    written += [text(coding.get("code")) for coding in codings if text(coding.get("system"))]
    code = next(filter(None, written), "")
    if not code:
        return Gap(None, path, "drug-unreadable")
    has_dose = order.text_doses or any(dose.unit not in _NO_AMOUNT for dose in order.doses)
    if may_be_incomplete or not (has_dose or order.route not in (None, Route.ORAL)):
        return None
    return Gap(None, path, "unknown-code", values=(("code", code[:80]),))


def bare_concepts(orders: Iterable[tuple[DrugOrder, Identity]], resources: Mapping[str, Json]) -> Iterator[Gap]:
    """Report an order whose drug is plain text in place of a concept, although it was read as a name."""
    for order, identity in orders:
        bare = text(resources[order.origin.path].get("medicationCodeableConcept"))
        if bare and order.in_focus and identity.in_scope:
            yield Gap(None, order.origin.path, "concept-as-text", values=(("written", bare[:80]),))


def of_unknown_selections(
    selected: frozenset[str] | None,
    entries: Iterable[Entry],
    orders: Iterable[tuple[DrugOrder, Identity]],
) -> Iterator[Gap]:
    """Report a selection that is not in the session, where an unselected order of a drug in scope may be meant."""
    if not selected:
        return
    names = {name for _, resource, full_url in entries if resource is not None for name in names_of(resource, full_url)}
    unknown = selected - names - {""}
    # A reference that begins with # is to a resource inside the one that refers to it.
    if not any(may_be_for_a_drug(each) and not each.startswith("#") for each in unknown):
        return
    drugs = [identity for order, identity in orders if identity.in_scope and not order.in_focus]
    if drugs:
        drug = " / ".join(dict.fromkeys(product.name for identity in drugs for product in identity.named))
        yield Gap(None, "context.selections", "selection-unknown", values=(("drug", drug),))


def names_of(resource: Json, full_url: str) -> set[str]:
    """List the names by which a selection may refer to a resource: its reference, its bare id, its fullUrl."""
    own = own_reference(resource)
    return {own, own.rpartition("/")[2], reference(full_url)} - {""}
