"""Requests for services beside the orders of a session: what they bill, and which orders they are for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cards.facts.origins import Origin
from fhir_mappings.codings import Coding
from fhir_mappings.medications import billing_extensions
from fhir_mappings.medications.drug_concepts import Source, billing_code, codes_billed, each_once, written_codings
from fhir_mappings.medications.written_codes import codes_in_text
from fhir_mappings.wire.lenient import child, objects, reference, text

if TYPE_CHECKING:
    from cards.facts.order import BillingCode
    from fhir_mappings.wire.lenient import Json
    from fhir_mappings.wire.references import References


def service_billing(resource: Json, path: str) -> list[BillingCode]:
    """List the HCPCS codes of a ServiceRequest of the session, by its code and by its extensions."""
    identifier = text(resource.get("id"))
    origin = Origin(f"ServiceRequest/{identifier}" if identifier else "", path)
    concept = child(resource, "code")
    source = Source(concept, f"{path}.code", ("code",))
    written = [(coding, pointer) for coding, pointer, _ in written_codings(source) if coding.system == "hcpcs"]
    in_text = [(Coding("hcpcs", code, ""), ()) for code in codes_in_text(text(concept.get("text"))).hcpcs]
    beside = (*billing_extensions.in_extensions(resource, ()), *billing_extensions.on_concept(concept, ("code",)))
    found = (*written, *(each for each in beside if each[0].system == "hcpcs"), *in_text)
    said = [each for coding, pointer in found for each in codes_billed(coding, pointer)]
    return [billing_code(each, origin, on_the_order=False) for each in each_once(said)]


def orders_served(resource: Json, references: References) -> frozenset[str]:
    """List the orders that a ServiceRequest is for."""
    named = ("basedOn", "replaces", "supportingInfo", "reasonReference")
    wanted = {reference(referred) for name in named for _, referred in objects(resource.get(name))}
    found = [references.find(each, resource) or {} for each in wanted if each.startswith("urn:")]
    wanted |= {f"{text(each.get('resourceType'))}/{text(each.get('id'))}" for each in found}
    return frozenset(each for each in wanted if each.startswith("MedicationRequest/"))
