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
_SYSTEMS = {
    "rxnorm": "http://www.nlm.nih.gov/research/umls/rxnorm",
    "atc": "http://www.whocc.no/atc",
    "snomed": "http://snomed.info/sct",
}


@cache
def _readers() -> tuple[MedicationReader, Recognizer]:
    known = default_knowledge()
    return MedicationReader(ConditionReader(known.terminology)), Recognizer(known)


def read(where: str, text: str) -> str:
    """Return the product that an order with this text is for; `none` when it is for no drug of the service.

    Args:
        where: `text`, or a system and a code that stands beside the text ("rxnorm 1371041").
        text: the text of the drug.

    """
    medications, recognizer = _readers()
    system, _, code = where.partition(" ")
    coding = [{"system": _SYSTEMS[system], "code": code}] if code else []
    order = medications.read({"medicationCodeableConcept": {"coding": coding, "text": text}}, "order", References())
    identity = identify(order, recognizer)
    if not identity.in_scope:
        return NO_DRUG
    if identity.status is not IdentityStatus.SETTLED or identity.product is None:
        return UNREADABLE
    return identity.product.id
