"""Faults of a whole site from a day on: a laboratory, a pharmacy or a ward changes something without telling anybody.

The courses and their labels stay the same; only the way they are written changes.
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cds_service.simulate.cohort.resources import TESTS

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

Json = dict[str, Any]
_WITH_A_DRUG = ("MedicationRequest", "MedicationAdministration")
_UNITS_IN_A_MICROKATAL = 60
_POUNDS_IN_A_KILOGRAM = 2.20462


def _unknown_unit(resource: Json) -> None:
    """Report AST and ALT in an unknown unit."""
    if _is(resource, "ast", "alt"):
        resource["valueQuantity"] |= {"unit": "arb", "code": "arb"}


def _unit_under_the_old_name(resource: Json) -> None:
    """Measure AST and ALT in microkatals, and go on writing U/L and the old limits."""
    if _is(resource, "ast", "alt"):
        value = resource["valueQuantity"]["value"]
        resource["valueQuantity"]["value"] = round(value / _UNITS_IN_A_MICROKATAL, 2)


def _local_test_code(resource: Json) -> None:
    """Send ejection fractions with a local code."""
    if _is(resource, "lvef"):
        resource["code"] = {"coding": [{"system": "urn:oid:2.16.840.1.113883.19.5.1", "code": "EF-2"}]}


def _drug_without_a_code(resource: Json) -> None:
    """Order and administer drugs by text only."""
    if resource["resourceType"] in _WITH_A_DRUG:
        resource["medicationCodeableConcept"].pop("coding", None)


def _drug_by_a_local_name(resource: Json) -> None:
    """Order and administer drugs by a name that only this site knows."""
    if resource["resourceType"] in _WITH_A_DRUG:
        text = str(resource["medicationCodeableConcept"]["text"])
        resource["medicationCodeableConcept"] = {"text": f"Formulary {sum(text.encode()) % 1000:03}"}


def _pounds_as_kilograms(resource: Json) -> None:
    """Weigh in pounds, and go on writing kg."""
    if _is(resource, "weight"):
        resource["valueQuantity"]["value"] = round(resource["valueQuantity"]["value"] * _POUNDS_IN_A_KILOGRAM, 1)


SITE_FAULTS: dict[str, Callable[[Json], None]] = {
    "unknown-unit": _unknown_unit,
    "unit-under-the-old-name": _unit_under_the_old_name,
    "local-test-code": _local_test_code,
    "drug-without-a-code": _drug_without_a_code,
    "drug-by-a-local-name": _drug_by_a_local_name,
    "pounds-as-kilograms": _pounds_as_kilograms,
}


@dataclass(frozen=True, slots=True)
class SiteFault:
    """A named fault, from the beginning of a day on, at one site or at all."""

    name: str
    begin: date
    site: str | None = None

    def written(self, resource: Json, site: str) -> Json:
        """Return a resource as the site writes it."""
        if self.site not in (None, site) or _day(resource) < str(self.begin):
            return resource
        changed = deepcopy(resource)
        SITE_FAULTS[self.name](changed)
        return changed


def _day(resource: Json) -> str:
    """Tell the day of a result, an order or a dose; nothing else changes."""
    return str(resource.get("effectiveDateTime") or resource.get("authoredOn") or "")[:10]


def _is(resource: Json, *tests: str) -> bool:
    codes = {TESTS[name][0] for name in tests}
    return resource["resourceType"] == "Observation" and resource["code"]["coding"][0]["code"] in codes
