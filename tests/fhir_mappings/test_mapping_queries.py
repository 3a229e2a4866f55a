"""The prefetch templates: inside what clients support, and with every code that a rule reads."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

import pytest
from shapes import LOINC, TERMINOLOGY

from fhir_mappings.codings import NO_CODE_MAP, CodeMap, Coding
from fhir_mappings.request.queries import resolve, templates

TEMPLATES = templates(TERMINOLOGY, NO_CODE_MAP)
SEARCHES = {key: template for key, template in TEMPLATES.items() if "?" in template}


def codes(template: str) -> set[str]:
    return set(parse_qs(urlsplit(template).query)["code"][0].split(","))


@pytest.mark.parametrize("template", TEMPLATES.values(), ids=TEMPLATES)
def test_a_template_asks_for_the_patient_and_uses_no_other_token(template: str) -> None:
    assert set(re.findall(r"\{\{.*?\}\}", template)) == {"{{context.patientId}}"}
    assert " " not in template


@pytest.mark.parametrize("template", SEARCHES.values(), ids=SEARCHES)
def test_a_search_stays_inside_the_supported_subset(template: str) -> None:
    kind, _, query = template.partition("?")
    assert re.fullmatch(r"[A-Z][A-Za-z]+", kind)
    names = set(parse_qs(query, strict_parsing=True))
    assert "patient" in names or "subject" in names
    assert not [name for name in names if "." in name or "_has" in name or "_include" in name or ":" in name]


@pytest.mark.parametrize(
    ("key", "concepts"),
    [
        pytest.param("weight", ["weight", "weight-stated"], id="weight"),
        pytest.param(
            "tumorMarkers",
            [
                "her2-ihc",
                "her2-ish",
                "her2-ish-ratio",
                "her2-interpretation",
                "her2-immunoassay",
                "er-status",
                "pr-status",
            ],
            id="tumour markers",
        ),
        pytest.param("lvef", ["lvef"], id="ejection fraction"),
        pytest.param("labs", ["ast", "alt", "bilirubin-total", "platelets", "neutrophils"], id="laboratory"),
    ],
)
def test_every_code_of_what_is_read_is_asked_for(key: str, concepts: list[str]) -> None:
    asked = codes(TEMPLATES[key])
    for name in concepts:
        assert {f"{LOINC}|{entry.code}" for entry in TERMINOLOGY.concepts[name].loinc} <= asked
        assert {f"http://snomed.info/sct|{entry.code}" for entry in TERMINOLOGY.concepts[name].snomed} <= asked


def test_what_never_counts_is_not_asked_for() -> None:
    asked = {code for template in SEARCHES.values() if "code=" in template for code in codes(template)}
    never = {f"{LOINC}|{entry.code}" for concept in TERMINOLOGY.concepts.values() for entry in concept.never}
    assert not asked & never


def test_local_codes_are_asked_for_beside_the_standard_ones() -> None:
    local = CodeMap({("urn:site", "WT"): (Coding("loinc", "29463-7", ""), Coding("snomed", "27113001", ""))})
    found = templates(TERMINOLOGY, local)
    assert codes(found["weight"]) - codes(TEMPLATES["weight"]) == {"urn:site|WT"}
    assert found["labs"] == TEMPLATES["labs"]


def test_resolve_fills_in_the_patient() -> None:
    assert resolve(TEMPLATES["patient"], "pat-1") == "Patient/pat-1"
    assert "{{" not in "".join(resolve(template, "pat-1") for template in TEMPLATES.values())
