"""Reads a drug text as an order's, alone or beside a clinical code."""

from __future__ import annotations

from functools import cache

from benchmarks.reading.tables import UNREADABLE
from cards.identification.identity import IdentityStatus, identify
from cards.identification.recognizer import Recognizer
from cards.knowledge.loader import default_knowledge
from fhir_mappings.medications.medication import MedicationReader
from fhir_mappings.patient.conditions import ConditionReader
from fhir_mappings.wire.references import References

NO_DRUG = "none"
CODE_ALONE = "-"
_SYSTEMS = {
    "rxnorm": "http://www.nlm.nih.gov/research/umls/rxnorm",
    "atc": "http://www.whocc.no/atc",
    "snomed": "http://snomed.info/sct",
    "hcpcs": "http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets",
    "cpt": "http://www.ama-assn.org/go/cpt",
    "ndc": "http://hl7.org/fhir/sid/ndc",
    "oid-rxnorm": "urn:oid:2.16.840.1.113883.6.88",
    "gtin": "https://www.gs1.org/gtin",
    "unii": "http://fdasis.nlm.nih.gov",
    "cvx": "http://hl7.org/fhir/sid/cvx",
    "local": "urn:oid:1.2.3.4",
}


@cache
def _readers() -> tuple[MedicationReader, Recognizer]:
    known = default_knowledge()
    return MedicationReader(ConditionReader(known.terminology)), Recognizer(known)


def read(where: str, text: str) -> str:
    """Return the product that an order with this text is for; `none` when it is for no drug of the service.

    Args:
        where: `text`, or a system and a code that stands beside the text ("rxnorm 1371041").
        text: the text of the drug; "-" for none.

    """
    medications, recognizer = _readers()
    system, _, code = where.partition(" ")
    coding = [{"system": _SYSTEMS[system], "code": code}] if code else []
    concept = {"coding": coding} if text == CODE_ALONE else {"coding": coding, "text": text}
    order = medications.read({"medicationCodeableConcept": concept}, "order", References())
    identity = identify(order, recognizer)
    if not identity.in_scope:
        return NO_DRUG
    if identity.status is not IdentityStatus.SETTLED or identity.product is None:
        return UNREADABLE
    return identity.product.id
