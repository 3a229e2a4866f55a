"""Results that answer yes or no, and those that do not."""

from __future__ import annotations

from typing import Any

import pytest

from cards.facts.origins import Gap, Origin
from cards.facts.results import Mutation
from cards.knowledge.loader import default_knowledge
from fhir_mappings.results.findings import FindingReader

READER = FindingReader(default_knowledge().terminology)
ORIGIN = Origin("Observation/1", "prefetch.labs.entry[0].resource")
LOINC, SNOMED = "http://loinc.org", "http://snomed.info/sct"


def coded(system: str, code: str, text: str = "") -> dict[str, Any]:
    return {"valueCodeableConcept": {"coding": [{"system": system, "code": code}], "text": text}}


@pytest.mark.parametrize(
    ("value", "positive"),
    [
        pytest.param(coded(LOINC, "LA6577-6"), False, id="negative by LOINC answer"),
        pytest.param(coded(SNOMED, "10828004"), True, id="positive by SNOMED"),
        pytest.param({"valueString": "Negative"}, False, id="negative in a word"),
        pytest.param({"valueString": "POSITIVE"}, True, id="positive in a word"),
        pytest.param({"valueString": "negative, repeat in a week"}, None, id="a sentence is no plain answer"),
        pytest.param({"valueQuantity": {"value": 3, "unit": "m[IU]/mL"}}, None, id="an amount is no answer"),
    ],
)
def test_a_pregnancy_test(value, positive) -> None:
    assert READER.pregnancy_test(value, None, ORIGIN).positive is positive


def interpreted(code: str = "", text: str = "") -> dict[str, Any]:
    return {"interpretation": [{"coding": [{"code": code}], "text": text}]}


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        pytest.param(coded(SNOMED, "260385009", "Positive"), "negative, Positive", id="its words say the opposite"),
        pytest.param(coded(LOINC, "LA6577-6", "POS"), "negative, POS", id="a LOINC answer and its text"),
        pytest.param(coded(SNOMED, "10828004", "Negative"), "Negative, positive", id="positive by code, not by text"),
        pytest.param(coded(SNOMED, "260385009") | interpreted("POS"), "negative, POS", id="its interpretation"),
        pytest.param({"valueString": "Negative"} | interpreted("DET"), "Negative, DET", id="negative and detected"),
        pytest.param({"valueString": "neg"} | interpreted(text="positive"), "neg, positive", id="in words"),
        pytest.param({"valueQuantity": {"value": 5, "unit": "mIU/mL", "comparator": "<"}}, "< 5 mIU/mL", id="below"),
        pytest.param(coded(SNOMED, "102874004"), "102874004", id="a code that is not known"),
    ],
)
def test_a_pregnancy_test_that_gives_no_plain_answer_is_shown_as_it_is_written(value, shown) -> None:
    found = READER.pregnancy_test(value, None, ORIGIN)
    assert (found.positive, found.as_reported) == (None, shown)


@pytest.mark.parametrize(
    ("value", "positive"),
    [
        pytest.param(coded(SNOMED, "260385009", "Negative (qualifier value)") | interpreted("N"), False, id="normal"),
        pytest.param(coded(SNOMED, "10828004", "pos.") | interpreted("A"), True, id="abnormal"),
        pytest.param(coded(LOINC, "LA6577-6", "Negative") | interpreted("NEG", "neg"), False, id="all say negative"),
    ],
)
def test_a_pregnancy_test_whose_parts_agree(value, positive) -> None:
    assert READER.pregnancy_test(value, None, ORIGIN).positive is positive


def variant(gene: str, value: dict[str, Any], *components: dict[str, Any]) -> dict[str, Any]:
    studied = {
        "code": {"coding": [{"system": LOINC, "code": "48018-6"}]},
        "valueCodeableConcept": {"coding": [{"system": "http://www.genenames.org", "code": gene}]},
    }
    return {"code": {"coding": [{"system": LOINC, "code": "69548-6"}]}, **value, "component": [studied, *components]}


def of_gene(name: str, value: dict[str, Any]) -> dict[str, Any]:
    studied = {"code": {"coding": [{"system": LOINC, "code": "48018-6"}]}, "valueCodeableConcept": {"text": name}}
    return {"code": {"coding": [{"system": LOINC, "code": "69548-6"}]}, **value, "component": [studied]}


def named(value: str) -> dict[str, Any]:
    return {"code": {"coding": [{"system": LOINC, "code": "42783-1"}]}, "valueString": value}


def changed(code: str, display: str = "") -> dict[str, Any]:
    kind = {"system": "http://www.sequenceontology.org", "code": code, "display": display}
    return {"code": {"coding": [{"system": LOINC, "code": "48019-4"}]}, "valueCodeableConcept": {"coding": [kind]}}


def copies(number: int) -> dict[str, Any]:
    return {"code": {"coding": [{"system": LOINC, "code": "82155-3"}]}, "valueQuantity": {"value": number}}


@pytest.mark.parametrize(
    ("observation", "found"),
    [
        pytest.param(variant("HGNC:3430", coded(LOINC, "LA9633-4")), True, id="present, of ERBB2"),
        pytest.param(variant("3430", coded(LOINC, "LA9633-4")), True, id="the gene without its prefix"),
        pytest.param(variant("HGNC:3430", coded(LOINC, "LA9634-2")), False, id="absent, of ERBB2"),
        pytest.param(variant("HGNC:1100", coded(LOINC, "LA9633-4")), None, id="another gene"),
        pytest.param(of_gene("ERBB2", coded(LOINC, "LA9633-4")), True, id="the gene in words"),
        pytest.param(of_gene("HER2 (ERBB2)", coded(LOINC, "LA9634-2")), False, id="absent, the gene in words"),
        pytest.param(of_gene("ERBB3", coded(LOINC, "LA9633-4")), None, id="another gene in words"),
        pytest.param(
            variant("HGNC:3430", coded(LOINC, "LA9633-4"), {"valueString": "Uncertain significance"}),
            False,
            id="present, of uncertain significance",
        ),
        pytest.param(named("p.Y772_A775dup"), True, id="the variant by its name"),
        pytest.param(named("not detected"), False, id="none detected"),
        pytest.param(named("wild type"), False, id="wild type"),
        pytest.param(named("ERBB2 exon 20 insertion"), True, id="the variant in words"),
        pytest.param(named("No ERBB2 mutation detected"), False, id="no mutation, in a sentence"),
        pytest.param(named("ERBB2 not mutated"), False, id="not mutated"),
        pytest.param(named("None"), False, id="none"),
        pytest.param(named("Negative for ERBB2 mutation"), False, id="negative for it"),
        pytest.param(named("No pathogenic variants"), False, id="no pathogenic variants"),
        pytest.param(named("Test not performed"), None, id="not performed says nothing"),
        pytest.param(named("pending"), None, id="pending says nothing"),
        pytest.param(named("See report"), None, id="a report elsewhere says nothing"),
        pytest.param(named("QNS"), None, id="too little tissue says nothing"),
        pytest.param(named("Indeterminate"), None, id="indeterminate says nothing"),
        pytest.param(named("ERBB2 amplification"), False, id="an amplification"),
        pytest.param(named("ERBB2 amplification detected"), False, id="an amplification that is detected"),
        pytest.param(named("ERBB2 fusion"), False, id="a fusion"),
        pytest.param(named("ERBB2 copy number loss"), False, id="a loss"),
        pytest.param(named("p.Leu755="), False, id="a silent change of the protein"),
        pytest.param(named("p.S310S"), False, id="the same residue"),
        pytest.param(named("ERBB2 S310F, VAF 12 %"), True, id="a change of one residue"),
        pytest.param(named("ERBB2 p.(Gly776delinsValCys), exon 20"), True, id="brackets of HGVS"),
        pytest.param(named("ERBB2 p.S310F, benign"), False, id="a benign variant"),
        pytest.param(named("ERBB2 exon 20 insertion, not detected"), False, id="denied behind a comma"),
        pytest.param(
            named("ERBB2 amplification not detected; ERBB2 exon 20 insertion detected"), True, id="one of two changes"
        ),
        pytest.param(named("KRAS G12C detected, ERBB2 not mutated"), None, id="another gene is not understood"),
        pytest.param(named("see ERBB2 exon 20 insertion"), None, id="an unknown word"),
        pytest.param(
            variant("HGNC:3430", coded(LOINC, "LA9633-4"), changed("SO:0001742")), False, id="copy number gain by code"
        ),
        pytest.param(
            variant("HGNC:3430", coded(LOINC, "LA9633-4"), changed("x", "gene_fusion")), False, id="fusion by display"
        ),
        pytest.param(variant("HGNC:3430", coded(LOINC, "LA9633-4"), copies(12)), False, id="a number of copies alone"),
        pytest.param(
            variant("HGNC:3430", coded(LOINC, "LA9633-4"), copies(2), {"valueString": "p.Y772_A775dup"}),
            True,
            id="a number of copies beside a change of the protein",
        ),
        pytest.param(variant("HGNC:3430", coded(LOINC, "LA9633-4", "ERBB2 amplification")), False, id="in the text"),
    ],
)
def test_a_mutation(observation, found) -> None:
    result = READER.mutation(observation, None, ORIGIN)
    if found is None:
        assert result is None or isinstance(result, Gap)
        return
    assert isinstance(result, Mutation)
    assert result.found is found
