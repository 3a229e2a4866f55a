"""The FHIR queries of the services, as prefetch templates.

They use only the widely supported subset (instance read, type search, token, ``_sort``, ``_count``) and only the token
``{{context.patientId}}``: a client that cannot resolve others sends empty lists that look like "no data".
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from cards.knowledge.schema import Query

if TYPE_CHECKING:
    from cards.knowledge.schema import Terminology
    from fhir_mappings.codings import CodeMap

_PATIENT = "{{context.patientId}}"
_URI = {"loinc": "http://loinc.org", "snomed": "http://snomed.info/sct"}
_VARIANT = "erbb2-mutation"
_ESCAPED = str.maketrans({":": "%3A", "/": "%2F", "|": "%7C"})
PAGE_SIZES = {**dict.fromkeys(map(str, Query), 100), "conditions": 200, "administrations": 200, "medications": 200}
"""The ``_count`` of each list, by key."""
TREATMENT_KEYS = ("administrations", "medications")
"""The lists that show which drugs a patient is on."""
MONITORING_KEYS = ("patient", "lvef", "labs", "conditions", *TREATMENT_KEYS)
"""The keys that monitoring depends on; HER2 results and the weight do not matter for it."""


def templates(terminology: Terminology, code_map: CodeMap) -> dict[str, str]:
    """Return the prefetch templates by key, with the site's local codes in addition to the standard ones."""
    found = {"patient": f"Patient/{_PATIENT}"}
    for key in Query:
        concepts = terminology.asked_by(key)
        tokens = [token for concept in concepts for token in _tokens(concept, terminology, code_map)]
        if _VARIANT in concepts:
            # The assessment of a variant may be a result of its own.
            tokens.append(f"{_URI['loinc']}|{terminology.genes.significance}")
        codes = ",".join(tokens)
        found[str(key)] = f"Observation?patient={_PATIENT}&code={codes}&_sort=-date&_count={PAGE_SIZES[key]}"
    found["conditions"] = f"Condition?patient={_PATIENT}&_count={PAGE_SIZES['conditions']}"
    found["administrations"] = f"MedicationAdministration?patient={_PATIENT}&_count={PAGE_SIZES['administrations']}"
    ordered = "status=active,completed"
    found["medications"] = f"MedicationRequest?patient={_PATIENT}&{ordered}&_count={PAGE_SIZES['medications']}"
    return found


def _tokens(concept: str, terminology: Terminology, code_map: CodeMap) -> list[str]:
    entry = terminology.concepts[concept]
    standard = [("loinc", code.code) for code in entry.loinc] + [("snomed", code.code) for code in entry.snomed]
    tokens = [f"{_URI[system]}|{code}" for system, code in standard]
    tokens += [f"{_written(each.system)}|{_written(each.code)}" for each in entry.local]
    local = [
        f"{_written(uri)}|{_written(code)}"
        for system, wanted in standard
        for uri, code in code_map.local_for(system, wanted)
    ]
    return tokens + local


def _written(part: str) -> str:
    """Escape part of a token: first FHIR's separators, then characters not allowed in a URL."""
    for mark in ("\\", ",", "|", "$"):
        part = part.replace(mark, f"\\{mark}")
    return quote(part, safe=":/.-_~")


def resolve(template: str, patient_id: str) -> str:
    """Fill in the patient."""
    return template.replace(_PATIENT, patient_id)


def filled_query(template: str, patient_id: str) -> str:
    """Fill in the patient, and percent-encode the values so that proxies do not change them.

    The templates are in CDS Hooks form (``code=http://loinc.org|29463-7``). A proxy may turn ``//`` into ``/``, as the
    official SMART launcher does, and the server then finds nothing and reports an empty list.
    """
    path, mark, values = resolve(template, patient_id).partition("?")
    return path + mark + values.translate(_ESCAPED)
