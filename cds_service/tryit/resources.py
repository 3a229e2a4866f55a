"""FHIR resources of synthetic charts, with the codes from the knowledge."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cards.knowledge.schema import Brand, Concept, Knowledge, Product

Json = dict[str, Any]

PATIENT = "pat-1"
USER = "Practitioner/onc-17"
_SUBJECT = {"reference": f"Patient/{PATIENT}"}
_LOINC, _SNOMED, _UCUM = "http://loinc.org", "http://snomed.info/sct", "http://unitsofmeasure.org"
_RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
_ICD10 = "http://hl7.org/fhir/sid/icd-10-cm"
HCPCS = "http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets"
_ACTIVE = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/condition-clinical", "code": "active"}]}
_TESTS = {"ihc": "her2-ihc", "ish": "her2-ish", "interpretation": "her2-interpretation"}


@dataclass(frozen=True, slots=True)
class Writer:
    """Builds resources as of a day."""

    known: Knowledge
    today: date
    ranges: Mapping[str, Json]
    """The reference ranges of the laboratory, by concept."""

    def patient(self, name: str, gender: str, born: date) -> Json:
        """Write the patient."""
        given, _, family = name.rpartition(" ")
        return {
            "resourceType": "Patient",
            "id": PATIENT,
            "name": [{"text": name, "given": given.split(), "family": family}],
            "gender": gender,
            "birthDate": born.isoformat(),
        }

    def condition(self, identifier: str, icd10: str, text: str, stage: str = "") -> Json:
        """Write an active condition."""
        written: Json = {
            "resourceType": "Condition",
            "id": identifier,
            "clinicalStatus": _ACTIVE,
            "code": {"coding": [{"system": _ICD10, "code": icd10, "display": text}], "text": text},
            "subject": _SUBJECT,
        }
        if stage:
            written["stage"] = [{"summary": {"text": stage}}]
        return written

    def measurement(self, concept: str, value: float | None, days_ago: int, identifier: str = "") -> Json:
        """Write a measurement in the unit of its concept, with the laboratory's range; no value: a form for one."""
        known = self.known.terminology.concepts[concept]
        unit = known.unit or ""
        quantity = {"unit": unit, "system": _UCUM, "code": unit}
        written = self._observation(identifier or concept, known, days_ago)
        written["valueQuantity"] = quantity if value is None else {"value": value, **quantity}
        if concept in self.ranges:
            ends = {end: {"value": limit, **quantity} for end, limit in self.ranges[concept].items()}
            written["referenceRange"] = [ends]
        return written

    def her2(self, test: str, answer: str, days_ago: int, identifier: str) -> Json:
        """Write a HER2 result: ``ihc`` with a score, ``ish`` or ``interpretation`` with positive or negative.

        Raises:
            LookupError: there is no such test or answer.

        """
        means = f"ihc-{answer}" if test == "ihc" else answer
        values = self.known.terminology.her2_values
        value = next((each for each in values if each.means == means and each.loinc_answers), None)
        if value is None:
            raise LookupError(means)
        written = self._observation(identifier, self.known.terminology.concepts[_TESTS[test]], days_ago)
        display = answer.capitalize()
        written["valueCodeableConcept"] = {
            "coding": [{"system": _LOINC, "code": value.loinc_answers[0], "display": display}],
            "text": display,
        }
        return written

    def concept(self, product: Product, brand: Brand) -> Json:
        """Build the drug of an order as in a pharmacy's formulary."""
        codes = brand.rxnorm or product.rxnorm
        text = f"{brand.name} ({brand.generic}) {'SC' if product.route == 'subcutaneous' else 'IV'}"
        if not codes:
            return {"text": text}
        return {"coding": [{"system": _RXNORM, "code": codes[0].code, "display": brand.name}], "text": text}

    def order(self, identifier: str, concept: Json, dosage: Json) -> Json:
        """Write a draft order."""
        return {
            "resourceType": "MedicationRequest",
            "id": identifier,
            "status": "draft",
            "intent": "order",
            "medicationCodeableConcept": concept,
            "subject": _SUBJECT,
            "requester": {"reference": USER},
            "dosageInstruction": [dosage],
        }

    def dosage(self, product: Product) -> Json:
        """Build a dosage without a dose: the product's route, and the interval of its last regimen."""
        written: Json = {}
        if product.regimens:
            days = product.regimens[-1].interval_days
            weeks = days // 7
            written["timing"] = {"repeat": {"frequency": 1, "period": weeks, "periodUnit": "wk"}}
        routes = [each for each in self.known.terminology.routes if each.route is product.route]
        if routes:
            code = routes[0].snomed[0]
            written["route"] = {"coding": [{"system": _SNOMED, "code": code.code, "display": code.display}]}
        return written

    def administration(self, identifier: str, concept: Json, milligrams: float, days_ago: int) -> Json:
        """Write a dose that was given."""
        return {
            "resourceType": "MedicationAdministration",
            "id": identifier,
            "status": "completed",
            "medicationCodeableConcept": concept,
            "subject": _SUBJECT,
            "effectiveDateTime": self._day(days_ago),
            "dosage": {"dose": {"value": milligrams, "unit": "mg", "system": _UCUM, "code": "mg"}},
        }

    def _observation(self, identifier: str, concept: Concept, days_ago: int) -> Json:
        code = concept.order_loinc or concept.loinc[0].code
        display = next((each.display for each in concept.loinc if each.code == code), concept.display)
        return {
            "resourceType": "Observation",
            "id": identifier,
            "status": "final",
            "code": {"coding": [{"system": _LOINC, "code": code, "display": display}], "text": concept.display},
            "subject": _SUBJECT,
            "effectiveDateTime": self._day(days_ago),
        }

    def _day(self, days_ago: int) -> str:
        return (self.today - timedelta(days=days_ago)).isoformat()


def hcpcs_coding(code: str) -> Json:
    """Write a billing code as a coding of a drug."""
    return {"system": HCPCS, "code": code}
