"""Results that answer yes or no, and those that do not."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from cards.facts.origins import Gap, Origin
from cards.facts.results import Mutation
from cards.knowledge.loader import default_knowledge
from fhir_mappings.results.findings import FindingReader
from fhir_mappings.results.hcg_amounts import HcgReader
from fhir_mappings.results.measurement_units import UnitReader
from fhir_mappings.results.reference_ranges import RangeReader

TERMINOLOGY = default_knowledge().terminology
UNITS = UnitReader(TERMINOLOGY)
READER = FindingReader(TERMINOLOGY, HcgReader(TERMINOLOGY, UNITS, RangeReader(TERMINOLOGY, UNITS)))
ORIGIN = Origin("Observation/1", "prefetch.labs.entry[0].resource")
LOINC, SNOMED = "http://loinc.org", "http://snomed.info/sct"
INTERPRETATION = "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation"
SO = "http://www.sequenceontology.org"


def coded(system: str, code: str, text: str = "") -> dict[str, Any]:
    return {"valueCodeableConcept": {"coding": [{"system": system, "code": code}], "text": text}}


@pytest.mark.parametrize(
    ("value", "positive"),
    [
        pytest.param(coded(LOINC, "LA6577-6"), False, id="negative by LOINC answer"),
        pytest.param(coded(SNOMED, "10828004"), True, id="positive by SNOMED"),
        pytest.param({"valueString": "Negative"}, False, id="negative in a word"),
        pytest.param({"valueString": "POSITIVE"}, True, id="positive in a word"),
        pytest.param({"valueString": "negative, repeat in a week"}, None, id="a sentence is not a plain answer"),
        pytest.param({"valueBoolean": True}, True, id="a truth value, as the test is of presence"),
        pytest.param({"valueBoolean": False}, False, id="false"),
        pytest.param({"valueBoolean": "true"}, True, id="a truth value as text"),
        pytest.param({"valueBoolean": "yes"}, None, id="another text in its place"),
        pytest.param({"valueBoolean": True, "valueString": "Negative"}, None, id="two values that disagree"),
        pytest.param(coded(INTERPRETATION, "POS"), True, id="positive by the code of an interpretation"),
        pytest.param(coded(INTERPRETATION, "ND"), False, id="not detected by such a code"),
        pytest.param(coded(INTERPRETATION, "POS", "Negative"), None, id="such a code and its words disagree"),
        pytest.param({"valueString": "Yes"}, None, id="yes to what"),
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
        pytest.param(coded(SNOMED, "102874004"), "102874004", id="a code that is not known"),
    ],
)
def test_an_unclear_pregnancy_test_is_shown_as_written(value, shown) -> None:
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


def amount(value: float, unit: str = "mIU/mL", comparator: str = "", high: float | None = None) -> dict[str, Any]:
    quantity = {"value": Decimal(str(value)), "unit": unit} | ({"comparator": comparator} if comparator else {})
    return {"valueQuantity": quantity} | (
        {"referenceRange": [{"high": {"value": Decimal(str(high)), "unit": unit}}]} if high else {}
    )


@pytest.mark.parametrize(
    ("value", "positive"),
    [
        pytest.param(amount(2), False, id="below 5"),
        pytest.param(amount(5, comparator="<"), False, id="below 5, as a limit"),
        pytest.param(amount(4.99, "[IU]/L"), False, id="units per liter are the same number"),
        pytest.param(amount(5), None, id="5 is between"),
        pytest.param(amount(24.9), None, id="just below 25"),
        pytest.param(amount(25), True, id="25"),
        pytest.param(amount(2300), True, id="far above"),
        pytest.param(amount(2.3, "IU/mL"), True, id="in units per milliliter"),
        pytest.param(amount(25, "kIU/L"), True, id="in thousands per liter"),
        pytest.param(amount(2300, "mIU/L"), False, id="in thousandths per liter"),
        pytest.param(amount(2300, "MIU/ML"), True, id="in capitals, as many systems print"),
        pytest.param(amount(25, comparator=">="), True, id="at least 25"),
        pytest.param(amount(10, comparator=">"), None, id="above 10 may be anything"),
        pytest.param(amount(25, comparator="<"), None, id="below 25 may be anything"),
        pytest.param(amount(2, "ng/mL"), None, id="a mass unit is not used for hCG"),
        pytest.param(amount(2, ""), None, id="no unit"),
        pytest.param(amount(-1), None, id="a number that stands for something else"),
        pytest.param(amount(8, high=10), False, id="within the laboratory's limit"),
        pytest.param(amount(12, high=10), None, id="above the laboratory's limit, below the cut-off"),
        pytest.param(amount(12, high=29000), None, id="the limit of a week of pregnancy is not that of others"),
        pytest.param(amount(8) | {"interpretation": [{"coding": [{"code": "N"}]}]}, False, id="between, normal"),
        pytest.param(amount(8) | {"interpretation": [{"coding": [{"code": "H"}]}]}, None, id="between, high"),
        pytest.param(amount(8) | {"interpretation": [{"coding": [{"code": "NEG"}]}]}, False, id="between, negative"),
        pytest.param(amount(2) | {"interpretation": [{"coding": [{"code": "POS"}]}]}, None, id="low, but positive"),
        pytest.param(amount(900) | {"interpretation": [{"coding": [{"code": "N"}]}]}, True, id="high and normal"),
        pytest.param(amount(900) | {"interpretation": [{"coding": [{"code": "NEG"}]}]}, None, id="high, but negative"),
        pytest.param({"valueString": "hCG 2300 mIU/mL"}, True, id="with the name of the test"),
        pytest.param({"valueString": "Beta-hCG: <2.0 mIU/mL (negative)"}, False, id="with its answer"),
        pytest.param({"valueString": "<1.2 IU/L"}, False, id="a text"),
        pytest.param({"valueString": "<5"}, False, id="a limit without a unit"),
        pytest.param({"valueString": "<20 mIU/mL (negative)"}, False, id="its answer if no limit applies"),
        pytest.param({"valueString": "< 0,1 mUI/ml"}, False, id="in Spanish"),
        pytest.param({"valueString": "β-hCG >1000 IU/L"}, True, id="a Greek letter"),
        pytest.param({"valueString": "25 borderline"}, None, id="a word that is not an answer"),
        pytest.param({"valueString": "1"}, None, id="a bare number may be an answer"),
        pytest.param({"valueString": "0"}, None, id="a bare zero, too"),
        pytest.param({"valueString": "2.300 mIU/mL"}, None, id="thousands, or two and a half"),
        pytest.param({"valueString": "2 weeks"}, None, id="weeks"),
        pytest.param({"valueString": "hCG 2 mIU/mL on 11/02, now 900 mIU/mL"}, None, id="two amounts"),
        pytest.param({"valueString": "900 mIU/mL (negative)"}, None, id="its answer says the opposite"),
        pytest.param({"valueCodeableConcept": {"text": "<5 mIU/mL"}}, False, id="the text of a concept"),
        pytest.param({"valueString": "Negative (<5 mIU/mL)"}, False, id="an answer with its limit"),
        pytest.param({"valueString": "Negative <5.0 mIU/mL"}, False, id="without brackets"),
        pytest.param({"valueString": "Positive <5.0 mIU/mL"}, None, id="of the other side, without brackets"),
        pytest.param({"valueString": "Positive (>25 mIU/mL)"}, True, id="positive with its limit"),
        pytest.param({"valueString": "Positive (<5 mIU/mL)"}, None, id="a limit of the other side"),
        pytest.param({"valueString": "Positive - internal control valid"}, True, id="a control that is valid"),
        pytest.param({"valueString": "Neg (QC ok)"}, False, id="a control in brackets"),
        pytest.param({"valueString": "QC ok"}, None, id="a control alone"),
        pytest.param({"valueString": "陽性"}, True, id="in Japanese"),
        pytest.param({"valueString": "negatiivinen"}, False, id="in Finnish"),
    ],
)
def test_an_amount_of_hcg(value: dict[str, Any], positive: bool | None) -> None:  # noqa: FBT001
    found = READER.pregnancy_test(value, None, ORIGIN)
    assert found.positive is positive
    assert found.as_reported


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


def assessed(system: str, question: str, answer: str) -> dict[str, Any]:
    said = {"coding": [{"system": system, "code": answer}]}
    part = {"code": {"coding": [{"system": LOINC, "code": question}]}, "valueCodeableConcept": said}
    return variant("HGNC:3430", coded(LOINC, "LA9633-4"), part)


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
        pytest.param(named("ERBB2 exon 20 insertion, not detected"), False, id="denied after a comma"),
        pytest.param(
            named("ERBB2 amplification not detected; ERBB2 exon 20 insertion detected"), True, id="one of two changes"
        ),
        pytest.param(named("KRAS G12C detected, ERBB2 not mutated"), False, id="another gene is left out"),
        pytest.param(named("EGFR exon 20 insertion detected"), None, id="another gene alone says nothing"),
        pytest.param(named("EGFR exon 20 insertion, ERBB2 wild type"), False, id="the insertion is of another gene"),
        pytest.param(named("ERBB2 exon 20 insertion. EGFR, KRAS negative"), True, id="others are negative"),
        pytest.param(named("EGFR p.L858R; insertion detected"), None, id="of which gene the second is"),
        pytest.param(named("p.L858R, EGFR"), None, id="a gene that follows its change"),
        pytest.param(named("ERBB2 and EGFR mutated"), None, id="two genes in one clause"),
        pytest.param(named("XYZ1 insertion detected"), None, id="a gene that is not known"),
        pytest.param(named("ERBB2-GRB7 fusion"), False, id="a fusion and its partner"),
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
        pytest.param(assessed(LOINC, "53037-8", "LA26333-7"), False, id="of uncertain significance, by code alone"),
        pytest.param(assessed(LOINC, "53037-8", "LA26334-5"), False, id="likely benign, by code alone"),
        pytest.param(assessed(LOINC, "53037-8", "LA6675-8"), False, id="benign, by code alone"),
        pytest.param(assessed(LOINC, "53037-8", "LA26332-9"), True, id="likely pathogenic, by code alone"),
        pytest.param(assessed(SO, "48006-1", "SO:0001587"), False, id="a stop gained, by code alone"),
        pytest.param(assessed(SO, "48006-1", "SO:0001627"), False, id="in an intron, by code alone"),
        pytest.param(assessed(SO, "48006-1", "SO:0001821"), True, id="an insertion in frame, by code alone"),
        pytest.param(
            variant("HGNC:3430", coded(LOINC, "LA9633-4")) | {"interpretation": [{"coding": [{"code": "NEG"}]}]},
            None,
            id="present, and interpreted as negative",
        ),
        pytest.param(
            variant("HGNC:3430", coded(LOINC, "LA9633-4")) | {"interpretation": [{"text": "Likely benign"}]},
            None,
            id="present, and benign in the words of its interpretation",
        ),
        pytest.param(
            variant("HGNC:3430", coded(LOINC, "LA9633-4")) | {"note": [{"text": "Variant of uncertain significance."}]},
            None,
            id="present, and uncertain in a note",
        ),
        pytest.param(named("ERBB2 p.Y772_A775dup; no ERBB2 mutation"), None, id="a change, and that there is none"),
        pytest.param(
            named("ERBB2 p.S310F; exon 20 insertion not detected"), True, id="one kind of change, not another"
        ),
        pytest.param(named("EGFR, ALK, ERBB2: wild type"), False, id="a denial of each gene in a list"),
        pytest.param(named("No mutations in EGFR, ERBB2, MET"), False, id="a denial before the genes"),
        pytest.param(
            variant(
                "HGNC:3430", coded(LOINC, "LA9633-4"), {"code": {"text": "Comment"}, "valueString": "Not detected"}
            ),
            None,
            id="a comment as a part",
        ),
        pytest.param(
            variant("HGNC:3430", coded(LOINC, "LA9633-4")) | {"note": [{"text": "No other variants. KRAS wild type."}]},
            True,
            id="a note on others",
        ),
    ],
)
def test_a_mutation(observation, found) -> None:
    result = READER.mutation(observation, None, ORIGIN)
    if found is None:
        assert result is None or isinstance(result, Gap)
        return
    assert isinstance(result, Mutation)
    assert result.found is found


@pytest.mark.parametrize(
    ("written", "residues"),
    [
        ("ERBB2 p.S310F; EGFR p.L858R", (310,)),
        ("EGFR p.L858R; ERBB2 p.Y772_A775dup", (772,)),
        ("ERBB2 S310F and V777L", (310, 777)),
    ],
)
def test_residues_are_those_of_erbb2(written: str, residues: tuple[int, ...]) -> None:
    result = READER.mutation(named(written), None, ORIGIN)
    assert isinstance(result, Mutation)
    assert result.residues == residues
