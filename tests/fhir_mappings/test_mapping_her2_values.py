"""What a HER2 result says: codes, scores, ratios and the words of laboratories. A grade is never guessed."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from shapes import LOINC, SNOMED, TERMINOLOGY, Json, coding, concept, observation, quantity

from cards.facts.origins import Gap, Origin
from cards.facts.results import Her2Result
from fhir_mappings.codings import NO_CODE_MAP, CodeMap, Coding
from fhir_mappings.results.her2_values import Her2Vocabulary
from fhir_mappings.results.observations import ObservationReader
from fhir_mappings.wire.stubs import Code

IHC, ISH, RATIO, OVERALL = "her2-ihc", "her2-ish", "her2-ish-ratio", "her2-interpretation"
COPY_NUMBER = "her2-copy-number"
VOCABULARY = Her2Vocabulary(TERMINOLOGY)
READER = ObservationReader(TERMINOLOGY)


def says(kind: str, **value: Any) -> str | None:
    return VOCABULARY.read(kind, value, NO_CODE_MAP)[0].finding


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        pytest.param(coding(LOINC, "LA6111-4"), "ihc-0", id="LOINC 0"),
        pytest.param(coding(LOINC, "LA11841-6", "1+"), "ihc-1+", id="LOINC 1+"),
        pytest.param(coding(LOINC, "LA11842-4", "2+"), "ihc-2+", id="LOINC 2+"),
        pytest.param(coding(LOINC, "LA11843-2", "3+"), "ihc-3+", id="LOINC 3+"),
        pytest.param(coding(LOINC, "LA6576-8", "Positive"), "positive", id="LOINC positive"),
        pytest.param(coding(LOINC, "LA6577-6", "Negative"), "negative", id="LOINC negative"),
        pytest.param(coding(LOINC, "LA11885-3", "Equivocal"), "equivocal", id="LOINC equivocal"),
        pytest.param(coding(LOINC, "LA11884-6"), "indeterminate", id="LOINC indeterminate"),
        pytest.param(coding(LOINC, "LA9663-1"), "indeterminate", id="LOINC inconclusive"),
        pytest.param(coding(LOINC, "LA11840-8", "Mixed"), "indeterminate", id="LOINC mixed is not zero"),
        pytest.param(coding(LOINC, "LA13538-6"), "not-done", id="LOINC not tested"),
        pytest.param(coding(SNOMED, "260347006"), "ihc-1+", id="SNOMED +"),
        pytest.param(coding(SNOMED, "260348001", "++"), "ihc-2+", id="SNOMED ++"),
        pytest.param(coding(SNOMED, "260349009", "+++"), "ihc-3+", id="SNOMED +++"),
        pytest.param(
            coding(SNOMED, "10828004", "Positive (qualifier value)"), "positive", id="SNOMED positive (Synthea)"
        ),
        pytest.param(
            coding(SNOMED, "260385009", "Negative (qualifier value)"), "negative", id="SNOMED negative (Synthea)"
        ),
        pytest.param(coding(SNOMED, "280414007"), "equivocal", id="SNOMED equivocal"),
        pytest.param(coding(SNOMED, "1381317004"), "low", id="SNOMED HER2-low"),
        pytest.param(coding(SNOMED, "427685000"), "positive", id="SNOMED HER2-positive carcinoma as a value"),
        pytest.param(
            coding(SNOMED, "431396003", "HER2-positive carcinoma of breast"),
            "negative",
            id="a disorder displayed as its opposite: the code is believed",
        ),
        pytest.param(coding(LOINC, "LA9633-4", "Present"), None, id="present says nothing of a grade"),
        pytest.param(coding(LOINC, "LA9634-2", "Absent"), None, id="absent says nothing of a grade"),
        pytest.param(coding("urn:local", "3+"), None, id="a local code says nothing"),
        pytest.param(coding("urn:local", "x", "3+"), "ihc-3+", id="the display of a local code does"),
    ],
)
def test_coded(code: Json, expected: str | None) -> None:
    assert says(IHC, valueCodeableConcept=concept(code)) == expected


@pytest.mark.parametrize(
    ("value", "finding", "conflict"),
    [
        pytest.param(concept(coding(LOINC, "LA11841-6", "2+")), "ihc-1+", True, id="1+ by code, 2+ by display"),
        pytest.param(concept(coding(LOINC, "LA11840-8", "0")), "indeterminate", True, id="mixed by code, 0 by display"),
        pytest.param(concept(coding(LOINC, "LA6577-6", "Negative"), text="positive"), "negative", True, id="by text"),
        pytest.param(
            concept(coding(LOINC, "LA6576-8"), coding(SNOMED, "260385009")),
            "negative",
            True,
            id="two codes that differ",
        ),
        pytest.param(
            concept(coding(LOINC, "LA11843-2", "3+"), coding(SNOMED, "10828004", "Positive")),
            "ihc-3+",
            False,
            id="a grade and what it amounts to agree",
        ),
        pytest.param(
            concept(coding(LOINC, "LA11842-4"), coding(LOINC, "LA11885-3")), "ihc-2+", False, id="2+ is equivocal"
        ),
        pytest.param(
            concept(coding(LOINC, "LA6577-6", "N = negativ"), coding(SNOMED, "1381317004", "HER2-low")),
            "low",
            False,
            id="negative and low agree: low is one kind of negative (oBDS)",
        ),
        pytest.param(concept(coding(LOINC, "LA11841-6"), text="HER2-low"), "ihc-1+", False, id="1+ and low agree"),
        pytest.param(concept(coding(LOINC, "LA11843-2", "Ask the lab")), "ihc-3+", False, id="an unknown display"),
    ],
)
def test_code_against_display(value: Json, finding: str, conflict: bool) -> None:  # noqa: FBT001 - a column
    read = VOCABULARY.read(IHC, {"valueCodeableConcept": value}, NO_CODE_MAP)[0]
    assert read.conflict is conflict
    if not conflict:
        assert read.finding == finding


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        pytest.param("3+", "ihc-3+", id="3+"),
        pytest.param("3 +", "ihc-3+", id="3 +"),
        pytest.param("IHC 3+", "ihc-3+", id="IHC 3+"),
        pytest.param("IHC3+", "ihc-3+", id="IHC3+"),
        pytest.param("HER2 IHC 3+ (90 % of cells)", "ihc-3+", id="a score among words"),
        pytest.param("Score 3", "ihc-3+", id="Score 3"),
        pytest.param("3", "ihc-3+", id="3 as text"),
        pytest.param("0", "ihc-0", id="0 as text"),
        pytest.param("1", "ihc-1+", id="1 as text"),
        pytest.param("IHC 0", "ihc-0", id="IHC 0"),
        pytest.param("Score 0", "ihc-0", id="Score 0"),
        pytest.param("Negative (1+).", "ihc-1+", id="with a full stop"),
        pytest.param("2+ (equivocal)", "ihc-2+", id="2+ with its meaning"),
        pytest.param("HER2+", "positive", id="HER2+ is positive, not 2+"),
        pytest.param("HER2-positive", "positive", id="HER2-positive"),
        pytest.param("Positive", "positive", id="positive"),
        pytest.param("overexpressed", "positive", id="overexpressed"),
        pytest.param("NEGATIVE", "negative", id="negative in capitals"),
        pytest.param("equivocal", "equivocal", id="equivocal"),
        pytest.param("HER2-low", "low", id="HER2-low"),
        pytest.param("2+/ISH-", "ihc-2+", id="2+ with a negative ISH"),
        pytest.param("IHC 2+/ISH+", "ihc-2+", id="2+ with a positive ISH"),
        pytest.param("HER2-ultralow", "ultralow", id="ultralow"),
        pytest.param("IHC 0 with membrane staining", "ultralow", id="0 with membrane staining"),
        pytest.param("HER2+ by IHC", "positive", id="the 2 of HER2+ is part of the name, the plus its status"),
        pytest.param("HER-2+ tumour", None, id="and of HER-2+"),
        pytest.param("HER 2+", None, id="HER 2+ may be either"),
        pytest.param("ERBB2+", "positive", id="and of ERBB2+"),
        pytest.param("HER2 3+", "ihc-3+", id="a score after the name"),
        pytest.param("HER2 2+", "ihc-2+", id="2+ after the name"),
        pytest.param("0/1+", None, id="0 or 1+ is two grades"),
        pytest.param("negative (0-1+)", None, id="0 to 1+ is two grades"),
        pytest.param("1+ to 2+", None, id="1+ to 2+"),
        pytest.param("2+ or 3+", None, id="2+ or 3+"),
        pytest.param("2+ (FISH not amplified)", "ihc-2+", id="a score beside another method"),
        pytest.param("not 3+", None, id="a denied score"),
        pytest.param("0+", "ihc-0", id="0+ is written for any 0"),
        pytest.param("low", None, id="low alone may be a flag"),
        pytest.param("QNS", "not-done", id="quantity not sufficient"),
        pytest.param("see report", None, id="see report"),
        pytest.param("", None, id="empty"),
    ],
)
def test_ihc_as_text(written: str, expected: str | None) -> None:
    assert says(IHC, valueString=written) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param({"valueInteger": 3}, "ihc-3+", id="the integer 3"),
        pytest.param({"valueInteger": 0}, "ihc-0", id="the integer 0"),
        pytest.param({"valueInteger": 4}, None, id="the integer 4 is not a score"),
        pytest.param({"valueInteger": "2.7"}, None, id="a fraction sent as a text is not cut off to a score"),
        pytest.param({"valueInteger": "2"}, "ihc-2+", id="an integer sent as a text"),
        pytest.param({"valueInteger": -1}, None, id="a negative integer is not a score"),
        pytest.param({"valueQuantity": {"value": 2}}, "ihc-2+", id="a quantity without unit"),
        pytest.param({"valueQuantity": quantity(2, "{score}")}, "ihc-2+", id="a quantity of scores"),
        pytest.param({"valueQuantity": quantity(Decimal("2.5"), "{score}")}, None, id="half a score"),
        pytest.param({"valueQuantity": quantity(3, "%")}, None, id="a share of cells is not a score"),
        pytest.param({"valueQuantity": quantity(2, "ratio", "{ratio}")}, None, id="a ratio is not a score"),
        pytest.param({"valueQuantity": {"value": 2, "comparator": "<"}}, None, id="less than 2"),
        pytest.param({"valueQuantity": {}}, None, id="an empty quantity"),
        pytest.param({"valueBoolean": True}, None, id="true"),
        pytest.param({"valueRatio": {"numerator": {"value": 6}, "denominator": {"value": 2}}}, None, id="a ratio"),
        pytest.param({"valueCodeableConcept": [concept(text="3+")]}, None, id="a concept sent as an array"),
    ],
)
def test_ihc_as_number(value: Json, expected: str | None) -> None:
    assert says(IHC, **value) == expected


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        pytest.param("greater than 2.2", "positive", id="greater than 2.2 (Synthea)"),
        pytest.param("less than 1.8", "negative", id="less than 1.8 (Synthea)"),
        pytest.param("greater than 1.8", "indeterminate", id="greater than 1.8 leaves both open"),
        pytest.param("less than 2.2", "indeterminate", id="less than 2.2 leaves both open"),
        pytest.param("1.9 ratio", "negative", id="1.9 is below 2.0"),
        pytest.param("2.0", "positive", id="2.0 is the limit, and positive"),
        pytest.param("2.3", "positive", id="2.3"),
        pytest.param(">= 2.0", "positive", id="at least 2.0"),
        pytest.param("\u22652.0", "positive", id="at least 2.0, with the sign"),
        pytest.param("< 2.0", "negative", id="below 2.0"),
        pytest.param("<= 2.0", "indeterminate", id="at most 2.0 leaves both open"),
        pytest.param("amplified", "positive", id="amplified"),
        pytest.param("Not amplified", "negative", id="not amplified"),
        pytest.param("FISH+", "positive", id="FISH+"),
        pytest.param("equivocal", "equivocal", id="equivocal"),
        pytest.param("3+", None, id="an IHC score is not an ISH result"),
        pytest.param("between 1.8 and 2.2", None, id="a range is not placed"),
        pytest.param("see report", None, id="see report"),
    ],
)
@pytest.mark.parametrize("kind", [ISH, RATIO])
def test_ish_as_text(kind: str, written: str, expected: str | None) -> None:
    assert says(kind, valueString=written) == expected


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        pytest.param(RATIO, {"valueQuantity": {"value": Decimal("2.3")}}, "positive", id="a ratio without unit"),
        pytest.param(RATIO, {"valueQuantity": quantity(Decimal("1.4"), "{ratio}")}, "negative", id="a low ratio"),
        pytest.param(ISH, {"valueQuantity": quantity(Decimal("2.3"), "ratio", "{ratio}")}, "positive", id="ISH, ratio"),
        pytest.param(ISH, {"valueQuantity": quantity(6, "{copies}")}, "positive", id="copies, by their unit"),
        pytest.param(ISH, {"valueQuantity": quantity(Decimal("3.1"), "signals/cell")}, "negative", id="few copies"),
        pytest.param(RATIO, {"valueQuantity": quantity(Decimal("3.1"), "{copies}")}, None, id="copies are no ratio"),
        pytest.param(RATIO, {"valueQuantity": quantity(Decimal("3.1"), "%")}, None, id="a percentage is no ratio"),
        pytest.param(
            COPY_NUMBER, {"valueQuantity": quantity(Decimal("3.1"), "{ratio}")}, None, id="a ratio is no copies"
        ),
        pytest.param(ISH, {"valueQuantity": {"value": 6}}, None, id="a number without unit may be copies"),
        pytest.param(
            RATIO, {"valueQuantity": {"value": Decimal("2.2"), "comparator": ">"}}, "positive", id="above 2.2"
        ),
        pytest.param(
            RATIO, {"valueQuantity": {"value": Decimal("2.2"), "comparator": "<"}}, "indeterminate", id="below 2.2"
        ),
        pytest.param(
            RATIO,
            {"valueRatio": {"numerator": {"value": Decimal("6.2")}, "denominator": {"value": 2}}},
            "positive",
            id="copies over copies",
        ),
        pytest.param(
            ISH, {"valueRatio": {"numerator": {"value": 3}, "denominator": {"value": 2}}}, "negative", id="1.5 to 1"
        ),
        pytest.param(
            ISH, {"valueRatio": {"numerator": {"value": 3}, "denominator": {"value": 0}}}, None, id="over nothing"
        ),
        pytest.param(ISH, {"valueRatio": {"numerator": {"value": 3}}}, None, id="half a ratio"),
        pytest.param(
            ISH,
            {"valueCodeableConcept": concept(coding(SNOMED, "10828004", "Positive"))},
            "positive",
            id="positive by code",
        ),
        pytest.param(OVERALL, {"valueInteger": 2}, None, id="a bare number of no stated method"),
        pytest.param(OVERALL, {"valueString": "2"}, None, id="a bare digit of no stated method"),
    ],
)
def test_ish_as_number(kind: str, value: Json, expected: str | None) -> None:
    assert says(kind, **value) == expected


@pytest.mark.parametrize(
    ("code", "method"),
    [
        pytest.param("85319-2", "IHC", id="IHC, breast"),
        pytest.param("18474-7", "IHC", id="IHC, any tissue"),
        pytest.param("85318-4", "ISH", id="FISH, breast"),
        pytest.param("31150-6", "ISH", id="FISH, any tissue"),
        pytest.param("96893-3", "ISH", id="FISH, tumor"),
        pytest.param("49683-6", "ISH", id="FISH ratio"),
        pytest.param("48676-1", "interpretation", id="interpretation"),
        pytest.param("72383-3", "interpretation", id="immunoassay in tissue"),
    ],
)
def test_the_code_says_the_method_whatever_its_display(code: str, method: str) -> None:
    resource = observation(code, code=concept(coding(LOINC, code, "HER2 by something else")), valueString="positive")
    (name,) = READER.index.concepts([(Code(LOINC, code),)])
    (fact,) = READER.read(name, resource, Origin("", "x"))
    assert isinstance(fact, Her2Result)
    assert (fact.method, fact.finding) == (method, "positive")


@pytest.mark.parametrize("code", ["32996-1", "42914-2", "51981-9"])
@pytest.mark.parametrize("beside", ["", "85319-2", "48676-1"])
def test_serum_her2_never_counts(code: str, beside: str) -> None:
    codes = tuple(Code(LOINC, each) for each in (code, beside) if each)
    for listed in (codes, codes[::-1]):
        looked = READER.index.look([listed])
        assert (looked.concepts, looked.never_counts) == ((), True)
        # With the code of a tissue test beside it, the result is told.
        assert bool(looked.misplaced) == bool(beside)


def test_a_method_takes_precedence_over_an_interpretation_in_any_order() -> None:
    codes = (Code(LOINC, "48676-1"), Code(LOINC, "85319-2"))
    assert READER.index.concepts([codes]) == READER.index.concepts([codes[::-1]]) == (IHC,)


def test_the_specimen_and_report_of_a_result() -> None:
    value = concept(coding(LOINC, "LA11843-2", "3+"), text="HER2 3+, strong")
    by_specimen = observation("85319-2", valueCodeableConcept=value, specimen={"reference": "Specimen/s1"})
    by_site = observation("85319-2", valueCodeableConcept=value, bodySite={"text": "Liver"})
    neither = observation("85319-2", valueCodeableConcept=value)
    found = [READER.read(IHC, each, Origin("", "x"))[0] for each in (by_specimen, by_site, neither)]
    assert all(isinstance(fact, Her2Result) for fact in found)
    assert [fact.specimen for fact in found if isinstance(fact, Her2Result)] == ["Specimen/s1", "Liver", None]
    assert [fact.as_reported for fact in found if isinstance(fact, Her2Result)] == ["HER2 3+, strong"] * 3


def test_what_cannot_be_read_is_a_gap_that_shows_it() -> None:
    (gap,) = READER.read(IHC, observation("85319-2", valueString="see pathology report"), Origin("", "x"))
    assert gap == Gap(IHC, "x", "value", gap.on, (("value", "see pathology report"),))


def test_a_local_answer_code_is_read_as_the_code_it_maps_to() -> None:
    code_map = CodeMap({("urn:lab", "H3"): (Coding("loinc", "LA11843-2", "three"),)})
    value = {"valueCodeableConcept": concept(coding("urn:lab", "H3"))}
    assert VOCABULARY.read(IHC, value, code_map)[0].finding == "ihc-3+"


@pytest.mark.parametrize(("code", "tumor"), [("85319-2", "breast"), ("18474-7", None), ("48676-1", None)])
def test_a_code_may_name_the_tumor(code: str, tumor: str | None) -> None:
    (name,) = READER.index.concepts([(Code(LOINC, code),)])
    (fact,) = READER.read(name, observation(code, valueString="3+"), Origin("", "x"))
    assert isinstance(fact, Her2Result)
    assert fact.tumor == tumor


def remarked(value: Json, **remarks: Any) -> Her2Result:
    (found, *_) = READER.read(IHC, observation("85319-2", **value, **remarks), Origin("", "x"))
    assert isinstance(found, Her2Result)
    return found


@pytest.mark.parametrize(
    ("written", "is_void"),
    [
        ("Slide mix-up; see amended report.", True),
        ("Result does not belong to this case.", True),
        ("Specimen identity could not be confirmed.", True),
        ("Troca de amostra, desconsiderar resultado.", True),
        ("Verwisseling van monster, uitslag niet geldig.", True),
        ("Muestra equivocada, resultado anulado.", True),
        ("Result pending pathologist sign-out", True),
        ("Specimens were switched.", True),
        ("Befund gehört zu anderem Patienten", True),
        ("Repeat staining gave the same result.", False),
        ("No evidence of specimen mix-up.", False),
        ("Tested on Ventana 4B5.", False),
    ],
)
def test_a_note_that_voids_the_value(written: str, *, is_void: bool) -> None:
    found = READER.read(IHC, observation("85319-2", valueString="3+", note=[{"text": written}]), Origin("", "x"))
    assert [isinstance(each, Gap) and each.reason == "voided" for each in found] == [is_void]


INTERPRETATION = "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation"
NEGATIVE = [concept(coding(INTERPRETATION, "NEG"))]
POSITIVE = [concept(coding(INTERPRETATION, "POS"))]


@pytest.mark.parametrize(
    ("written", "remarks", "conflict"),
    [
        pytest.param("3+", {"interpretation": NEGATIVE}, True, id="3+ interpreted as negative"),
        pytest.param("3+", {"interpretation": POSITIVE}, False, id="3+ interpreted as positive"),
        pytest.param("1+", {"interpretation": POSITIVE}, True, id="1+ interpreted as positive"),
        pytest.param("2+", {"interpretation": POSITIVE}, False, id="2+ is settled by ISH, whatever it is called"),
        pytest.param("3+", {"interpretation": [{"text": "Negative"}]}, True, id="interpreted in words"),
        pytest.param("3+", {"interpretation": [{"coding": [{"code": "A"}]}]}, False, id="a laboratory flag"),
        pytest.param("3+", {"note": [{"text": "3+ was entered in error, HER2 is 1+"}]}, True, id="taken back"),
        pytest.param("3+", {"note": [{"text": "HER2 is 1+ on review"}]}, True, id="a note with another score"),
        pytest.param("3+", {"note": [{"text": "HER2 negative"}]}, True, id="a note with another status"),
        pytest.param("3+", {"note": [{"text": "HER2 3+ (positive)"}]}, False, id="a note that says the same"),
        pytest.param("2+", {"note": [{"text": "FISH: not amplified"}]}, False, id="the ISH of an equivocal score"),
        pytest.param("2+", {"note": [{"text": "Ratio 2.3, not amplified"}]}, True, id="an ISH that contradicts itself"),
        pytest.param("3+", {"note": [{"text": "FISH: not amplified"}]}, True, id="the ISH of a clear score"),
        pytest.param("3+", {"note": [{"text": "Only the in situ part could be scored"}]}, True, id="not invasive"),
        pytest.param("3+", {"note": [{"text": "No residual invasive carcinoma"}]}, True, id="nothing invasive"),
        pytest.param("3+", {"note": [{"text": "DCIS is present; DCIS not scored"}]}, False, id="beside DCIS"),
        pytest.param(
            "3+",
            {"note": [{"text": "Reference: HER2 negative (0, 1+). HER2 equivocal (2+). HER2 positive (3+)."}]},
            False,
            id="a key in sentences",
        ),
        pytest.param("3+", {"note": [{"text": "Block A 3+, block B 1+"}]}, True, id="scores of two blocks"),
        pytest.param("3+", {"note": [{"text": "This is the DCIS component."}]}, True, id="of the DCIS"),
        pytest.param(
            "3+", {"note": [{"text": "3+ is of the in situ component."}]}, True, id="a score of the in situ part"
        ),
        pytest.param(
            "3+",
            {"note": [{"text": "In-situ component only; invasive tumor negative."}]},
            True,
            id="in situ with a hyphen",
        ),
        pytest.param("3+", {"note": [{"text": "Staining of DCIS was not considered."}]}, False, id="DCIS left out"),
        pytest.param(
            "3+", {"note": [{"text": "HER2 3+ in invasive and in situ components."}]}, False, id="both components"
        ),
        pytest.param("3+", {"note": [{"text": "Reviewed by two readers. HER2 0."}]}, True, id="a sentence amid others"),
        pytest.param(
            "3+",
            {"note": [{"text": "Reported to the provider electronically. HER2 negative on review."}]},
            True,
            id="behind a sentence of routine",
        ),
        pytest.param(
            "3+", {"note": [{"text": "Reviewed by two readers. HER2 3+."}]}, False, id="a sentence that agrees"
        ),
        pytest.param("3+", {"note": [{"text": "Result reviewed. ER 0. PR 0."}]}, False, id="of other markers"),
        pytest.param("3+", {"note": [{"text": "Prior biopsy HER2 0. Reviewed."}]}, True, id="of an earlier biopsy"),
        pytest.param(
            "1+", {"note": [{"text": "Prior biopsy HER2 0. Reviewed."}]}, False, id="of an earlier biopsy that agrees"
        ),
        pytest.param(
            "3+",
            {"note": [{"text": "If HER2 is negative (0, 1+), consider repeat testing."}]},
            False,
            id="under a condition",
        ),
        pytest.param(
            "3+",
            {"note": [{"text": "Repeat testing is advised if the first HER2 result is negative."}]},
            False,
            id="under a condition at the end",
        ),
        pytest.param(
            "3+", {"note": [{"text": "Si HER2 négatif, refaire sur pièce."}]}, False, id="under a condition in French"
        ),
        pytest.param(
            "2+",
            {"note": [{"text": "If FISH is amplified, the tumor is HER2 positive."}]},
            False,
            id="what would follow from a condition",
        ),
        pytest.param(
            "3+",
            {"note": [{"text": "If clinically indicated, repeat. HER2 is negative."}]},
            True,
            id="behind a condition",
        ),
        pytest.param(
            "3+",
            {"note": [{"text": "Unless FISH is amplified, HER2 is negative."}]},
            True,
            id="an exception, and the rule",
        ),
        pytest.param(
            "3+", {"note": [{"text": "It is unclear if HER2 is negative."}]}, True, id="a question is no condition"
        ),
        pytest.param(
            "3+", {"note": [{"text": "Se observa HER2 negativo."}]}, True, id="a Spanish reflexive is no condition"
        ),
        pytest.param("3+", {"note": [{"text": "HER2 2+ cases are reflexed to ISH."}]}, False, id="a policy"),
        pytest.param(
            "3+",
            {"note": [{"text": "Cases with HER2 2+ are sent for FISH; this case is 1+."}]},
            True,
            id="a policy, then this case",
        ),
        pytest.param(
            "3+",
            {"note": [{"text": "The tumors with HER2 3+ are treated, this one is HER2 negative."}]},
            True,
            id="a statement with this case in it",
        ),
        pytest.param(
            "3+",
            {"note": [{"text": "HER2 results should be considered negative."}]},
            True,
            id="results that are this one",
        ),
        pytest.param(
            "1+",
            {"note": [{"text": "Patients with HER2-positive tumors are eligible for trastuzumab."}]},
            False,
            id="of patients in general",
        ),
        pytest.param(
            "1+",
            {"note": [{"text": "This patient with a HER2 positive tumor is eligible for trastuzumab."}]},
            True,
            id="of this patient",
        ),
        pytest.param(
            "1+", {"note": [{"text": "False positives may occur with this clone."}]}, False, id="of errors in general"
        ),
        pytest.param("3+", {"note": [{"text": "This is a false positive."}]}, True, id="of an error here"),
        pytest.param("3+", {"note": [{"text": "Tumors with 1+ are called HER2-low."}]}, False, id="a definition"),
        pytest.param("3+", {"note": [{"text": "A score of 2+ would require FISH."}]}, False, id="of any such score"),
        pytest.param("3+", {"note": [{"text": "The score of 2+ requires FISH."}]}, True, id="of this score"),
        pytest.param(
            "3+",
            {"note": [{"text": "Prior specimen: ER 90 %, PR 10 %, HER2 1+."}]},
            True,
            id="of an earlier specimen, in a list",
        ),
        pytest.param(
            "3+", {"note": [{"text": "Prior biopsy 2021, HER2 negative."}]}, True, id="of which specimen is not clear"
        ),
        pytest.param(
            "3+", {"note": [{"text": "Prior HER2 3+, now HER2 0."}]}, True, id="an earlier one, then this one"
        ),
        pytest.param(
            "3+",
            {"note": [{"text": "Previous report corrected: HER2 negative."}]},
            True,
            id="a correction of an earlier report",
        ),
        pytest.param("3+", {"note": [{"text": "Outside report: HER2 0."}]}, True, id="of another laboratory"),
        pytest.param(
            "3+", {"note": [{"text": "Strong staining in only 5 % of invasive tumor cells."}]}, True, id="of few cells"
        ),
        pytest.param("3+", {"note": [{"text": "Positive in 5% of tumor cells."}]}, True, id="positive in few cells"),
        pytest.param(
            "3+", {"note": [{"text": "Strong complete staining in 90 % of tumor cells."}]}, False, id="of many cells"
        ),
        pytest.param(
            "3+",
            {"note": [{"text": "Weak staining in 5 % of cells, strong in 90 % of cells."}]},
            False,
            id="of few cells and of many",
        ),
        pytest.param(
            "3+", {"note": [{"text": "Ki-67 stains 5 % of tumor cells."}]}, False, id="of few cells by another marker"
        ),
        pytest.param(
            "3+", {"note": [{"text": "Necrosis of 5 % of tumor cells."}]}, False, id="of few cells, not of a stain"
        ),
        pytest.param(
            "1+",
            {"note": [{"text": "Faint staining in 5 % of tumor cells."}]},
            False,
            id="of few cells beside a negative score",
        ),
        pytest.param(
            "3+",
            {"note": [{"text": "HER2 IHC 3+ should be interpreted as negative because of artifact."}]},
            True,
            id="interpreted as negative",
        ),
        pytest.param(
            "3+", {"note": [{"text": "HER2 was scored as 0 on review."}]}, True, id="a score of 0 amid other words"
        ),
        pytest.param(
            "3+", {"note": [{"text": "HER2 scored as 0-3+ at this site."}]}, False, id="the range of the scores"
        ),
        pytest.param("3+", {"note": [{"text": "DCIS component"}]}, True, id="nothing but the in situ part"),
        pytest.param("3+", {"note": [{"text": "Control slide."}]}, True, id="nothing but a control"),
        pytest.param("3+", {"note": [{"text": "DCIS component also present."}]}, False, id="the in situ part beside"),
        pytest.param("3+", {"note": [{"text": "For research use only."}]}, False, id="a disclaimer"),
        pytest.param("3+", {"note": [{"text": "Specimen rejected"}]}, True, id="a specimen that was rejected"),
        pytest.param("3+", {"interpretation": [{"text": "Control slide"}]}, True, id="interpreted as a control"),
        pytest.param("3+", {"interpretation": [{"text": "Abnormal"}]}, False, id="a flag in words"),
        pytest.param(
            "3+",
            {"component": [{"code": {"text": "Comment"}, "valueString": "HER2 negative (1+)"}]},
            True,
            id="a comment as a part",
        ),
        pytest.param(
            "3+", {"component": [{"code": {"text": "ER"}, "valueString": "0"}]}, False, id="another marker as a part"
        ),
        pytest.param("3+", {"note": [{"text": "Should be 1+."}]}, True, id="a correction that begins like a condition"),
        pytest.param(
            "3+",
            {"note": [{"text": "Should HER2 be negative, repeat the test."}]},
            False,
            id="a condition that begins like a correction",
        ),
        pytest.param("3+", {"note": [{"text": "Should read 1+."}]}, True, id="another correction like a condition"),
        pytest.param("3+", {"note": [{"text": "HER2 re-read as 1+ at central lab."}]}, True, id="read again"),
        pytest.param("3+", {"note": [{"text": "Central review: negative."}]}, True, id="a review that names no marker"),
        pytest.param("3+", {"note": [{"text": "Discordant with the core (0)"}]}, True, id="a conflict in words"),
        pytest.param("3+", {"note": [{"text": "Not discordant with the core"}]}, False, id="no conflict in words"),
        pytest.param("3+", {"note": [{"text": "Second opinion: positive"}]}, False, id="a review that agrees"),
        pytest.param("3+", {"note": [{"text": "Repeat testing: ER negative"}]}, False, id="a review of another marker"),
        pytest.param("1+", {"note": [{"text": "HER2 false negative."}]}, True, id="a false negative"),
        pytest.param(
            "1+", {"note": [{"text": "False negative HER2 results may occur."}]}, False, id="false negatives in general"
        ),
        pytest.param(
            "3+", {"note": [{"text": "No false positive staining seen."}]}, False, id="an error that is denied"
        ),
        pytest.param("3+", {"comment": "HER2 negative on review"}, True, id="a comment of an older release"),
        pytest.param("3+", {"note": "HER2 negative on review"}, True, id="a note as a text"),
        pytest.param("3+", {"note": [{"text": "Performed at the main laboratory"}]}, False, id="a note on the place"),
        pytest.param("3+", {"note": [{"text": "Controls negative where they should be"}]}, False, id="on controls"),
        pytest.param(
            "3+", {"note": [{"text": "Key to scores: 0 and 1+ negative, 2+ equivocal, 3+ positive"}]}, False, id="a key"
        ),
    ],
)
def test_what_stands_beside_a_value_is_noticed(written: str, remarks: dict[str, Any], conflict: bool) -> None:  # noqa: FBT001 - a column
    assert remarked({"valueString": written}, **remarks).conflict is conflict


def test_a_ratio_that_is_interpreted_as_its_opposite_is_a_conflict() -> None:
    resource = observation("49683-6", valueQuantity=quantity(Decimal("2.4"), "{ratio}"), interpretation=NEGATIVE)
    (found,) = READER.read(RATIO, resource, Origin("", "x"))
    assert isinstance(found, Her2Result)
    assert found.conflict


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param(concept(coding(SNOMED, "10828004", "Positive"), text="HER2 3+"), "ihc-3+", id="the score"),
        pytest.param(concept(coding(LOINC, "LA6111-4", "0"), text="0 (ultralow)"), "ultralow", id="the finer grade"),
        pytest.param(concept(coding(LOINC, "LA6577-6"), text="negative, score 1+"), "ihc-1+", id="its score"),
        pytest.param(concept(coding(LOINC, "LA11843-2"), text="positive"), "ihc-3+", id="a coarser text adds nothing"),
    ],
)
def test_a_finer_text_beside_a_code_is_kept(value: Json, expected: str) -> None:
    read = remarked({"valueCodeableConcept": value})
    assert (read.finding, read.conflict) == (expected, False)


def test_a_text_that_contradicts_its_code_is_a_conflict() -> None:
    value = concept(coding(LOINC, "LA11843-2", "3+"), text="entered in error, see the new report")
    assert remarked({"valueCodeableConcept": value}).conflict


@pytest.mark.parametrize(
    ("value", "note", "methods"),
    [
        pytest.param("2+", "HER2 FISH: amplified, ratio 4.1", ["IHC", "ISH"], id="amplified"),
        pytest.param("2+", "IHC 2+; FISH not amplified", ["IHC", "ISH"], id="with the score again"),
        pytest.param("2+", "FISH pending", ["IHC"], id="not done yet"),
        pytest.param("2+", "FISH amplified in the outside report", ["IHC"], id="a note that is not understood"),
        pytest.param("1+", "FISH: not amplified", ["IHC"], id="a score that needs none"),
    ],
)
def test_the_ish_in_the_note_of_an_equivocal_score_is_a_result(value: str, note: str, methods: list[str]) -> None:
    sent = observation("85319-2", valueString=value, note=[{"text": note}])
    found = READER.read("her2-ihc", sent, Origin("Observation/1", "x"))
    assert [str(each.method) for each in found if isinstance(each, Her2Result) and not each.conflict] == methods


@pytest.mark.parametrize(
    ("written", "methods"),
    [
        pytest.param("HER2 IHC: Positive (Score\n3+)", ["ihc-3+"], id="a line that was wrapped"),
        pytest.param(
            "HER2 DISH:\nHER2/Chr17 ratio 2.6\nHER2 6.9 copies/cell\nChr17 2.7 copies/cell\nAMPLIFIED",
            ["positive"],
            id="a statement on each line",
        ),
        pytest.param("Part A: HER2 3+\nPart B: HER2 0", [None], id="two specimens that differ"),
        pytest.param("HER2\n3+ in the biopsy of 2024\n0", [None], id="a line that is not understood"),
    ],
)
def test_line_breaks_are_wraps_or_ends(written: str, methods: list[str | None]) -> None:
    read = VOCABULARY.read("her2-ish", {"valueString": written}, NO_CODE_MAP)
    assert [each.finding for each in read if not each.conflict] == methods
