"""HER2 results of two methods in one text: both are read, or none. What is not understood to the last word is none."""

from __future__ import annotations

from decimal import Decimal

import pytest
from shapes import LOINC, TERMINOLOGY, Json, coding, concept, observation, quantity

from cards.facts.origins import Gap, Origin
from cards.facts.results import Her2Result
from fhir_mappings.codings import NO_CODE_MAP
from fhir_mappings.results.her2_values import Her2Vocabulary
from fhir_mappings.results.observations import ObservationReader

VOCABULARY = Her2Vocabulary(TERMINOLOGY)
READER = ObservationReader(TERMINOLOGY)


def read(written: str, kind: str = "her2-interpretation") -> list[tuple[str | None, str | None]]:
    return [(each.method, each.finding) for each in VOCABULARY.read(kind, {"valueString": written}, NO_CODE_MAP)]


@pytest.mark.parametrize(
    ("written", "ihc", "ish"),
    [
        ("IHC 2+, FISH negative", "ihc-2+", "negative"),
        ("HER2 2+ by IHC, ISH not amplified", "ihc-2+", "negative"),
        ("IHC 3+ / ISH amplified", "ihc-3+", "positive"),
        ("IHC 2+/ISH-", "ihc-2+", "negative"),
        ("IHC2+/FISH+", "ihc-2+", "positive"),
        ("2+ (FISH not amplified)", "ihc-2+", "negative"),
        ("IHC 2+; negative by FISH", "ihc-2+", "negative"),
        ("HER2/neu 3+ by immunohistochemistry; gene amplified by FISH", "ihc-3+", "positive"),
        ("HER2 IHC score 0, FISH negative", "ihc-0", "negative"),
        ("IHC 0, FISH amplified", "ihc-0", "positive"),
        ("IHC 2+ and ISH equivocal", "ihc-2+", "equivocal"),
        ("IHC 2+ \u2013 FISH: non\u2011amplified", "ihc-2+", "negative"),
        ("IHC 2+, DISH non-amplified", "ihc-2+", "negative"),
        ("IHC 2+, in situ hybridization: no amplification detected", "ihc-2+", "negative"),
        ("IHC 2+, FISH ratio 2.4", "ihc-2+", "positive"),
        ("IHC 2+, FISH ratio 2.0", "ihc-2+", "positive"),
        ("IHC 2+, FISH ratio 1.9", "ihc-2+", "negative"),
        ("IHC 2+, FISH ratio < 2.0", "ihc-2+", "negative"),
        ("IHC 2+, HER2 copy number 6.0", "ihc-2+", "positive"),
        ("IHC 2+, HER2 copy number 3.9", "ihc-2+", "negative"),
        ("IHC 2+, HER2 copy number 4.0", "ihc-2+", "equivocal"),
        ("IHC: 1+; FISH: not amplified, ratio 1.2", "ihc-1+", "negative"),
        (
            "IHC 2+ (equivocal), FISH amplified (HER2/CEP17 ratio 3.1, average HER2 copy number 7.4)",
            "ihc-2+",
            "positive",
        ),
        ("IHC score: 2+. FISH: HER2/CEP17 ratio 1.3, HER2 copy number 2.8 per cell", "ihc-2+", "negative"),
        ("HER2 negative (IHC 1+, ISH not amplified)", "ihc-1+", "negative"),
        ("HER2 positive (IHC 2+, ISH amplified)", "ihc-2+", "positive"),
        ("HER2 low (IHC 2+, FISH not amplified)", "ihc-2+", "negative"),
        ("Equivocal (2+), FISH amplified", "ihc-2+", "positive"),
    ],
)
def test_both_methods(written: str, ihc: str, ish: str) -> None:
    for kind in ("her2-ihc", "her2-ish", "her2-interpretation"):
        assert read(written, kind) == [("IHC", ihc), ("ISH", ish)]


@pytest.mark.parametrize(
    "written",
    [
        "IHC 2+ or 3+, FISH negative",
        "IHC 1+ to 2+, FISH negative",
        "IHC 2+ FISH negative IHC 3+",
        "not IHC 3+, FISH negative",
        "previous IHC 2+, FISH negative",
        "IHC 2+, FISH negative (2019), repeat biopsy positive",
        "IHC 2+ (negative), FISH amplified",
        "HER2 low (IHC 0, FISH not amplified)",
        "IHC 2+, FISH ratio 1.3%",
        "IHC 2+, FISH negative?",
        "HER2 by IHC/FISH: positive",
        "IHC 2+, FISH",
        "pending",
        "x" * 5000,
    ],
)
def test_a_text_is_read_only_if_every_word_is_understood(written: str) -> None:
    assert read(written) == [(None, None)]


@pytest.mark.parametrize(
    "written",
    [
        "IHC 2+, FISH pending",
        "IHC 2+, FISH to follow",
        "IHC 2+ (reflex FISH ordered)",
        "IHC 2+, FISH not done",
        "IHC 2+; awaiting FISH",
        "IHC 2+, no ISH performed",
    ],
)
def test_a_pending_ish_leaves_the_score(written: str) -> None:
    assert read(written) == [("IHC", "ihc-2+")]


@pytest.mark.parametrize(
    "written",
    [
        "3+ (negative)",
        "0 (positive)",
        "HER2 positive (IHC 2+, ISH not amplified)",
        "HER2 negative (IHC 3+, FISH negative)",
        "IHC 2+, FISH negative, ratio 2.5",
        "IHC 2+, FISH negative, copy number 7.2",
        "FISH positive, ratio 1.2, average HER2 copy number 2.0",
        "FISH: amplified, group 5",
    ],
)
def test_what_contradicts_itself_is_a_conflict(written: str) -> None:
    assert all(each.conflict for each in VOCABULARY.read("her2-interpretation", {"valueString": written}, NO_CODE_MAP))


@pytest.mark.parametrize(
    ("written", "findings"),
    [
        ("HER2/CEP17 ratio 2.1; HER2 copy number 3.2", ["positive", "negative"]),
        ("HER2/CEP17 ratio 1.8; average HER2 copy number 6.5", ["negative", "positive"]),
        ("ratio 1.6, average HER2 copy number 4.8", ["negative", "equivocal"]),
    ],
)
def test_the_numbers_of_groups_2_to_4_are_kept_one_by_one(written: str, findings: list[str]) -> None:
    listed = VOCABULARY.read("her2-ish", {"valueString": written}, NO_CODE_MAP)
    assert [each.finding for each in listed] == findings
    assert [(each.by_ratio, each.by_copies) for each in listed] == [(True, False), (False, True)]


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("FISH: not amplified (ratio 1.3)", [("ISH", "negative")]),
        ("Amplified, HER2/CEP17 ratio 4.2, average HER2 copy number 9.1", [("ISH", "positive")]),
        ("not amplified", [("ISH", "negative")]),
        ("group 3", [("ISH", "work-up")]),
        ("Negative (group 4)", [("ISH", "negative")]),
    ],
)
def test_ish_alone_with_its_numbers(written: str, expected: list[tuple[str | None, str]]) -> None:
    assert read(written, "her2-ish") == expected


def test_a_coded_score_keeps_the_ish_that_its_text_adds() -> None:
    value = concept(coding(LOINC, "LA11842-4", "2+"), text="2+ (FISH not amplified)")
    found = READER.read("her2-ihc", observation("85319-2", valueCodeableConcept=value), Origin("", "x"))
    assert [(f.method, f.finding, f.as_reported) for f in found if isinstance(f, Her2Result)] == [
        ("IHC", "ihc-2+", "2+ (FISH not amplified)"),
        ("ISH", "negative", "2+ (FISH not amplified)"),
    ]


def test_a_coded_score_that_its_text_contradicts_stays_a_conflict() -> None:
    value = concept(coding(LOINC, "LA11841-6", "1+"), text="IHC 2+, FISH negative")
    (found,) = READER.read("her2-ihc", observation("85319-2", valueCodeableConcept=value), Origin("", "x"))
    assert isinstance(found, Her2Result)
    assert found.finding == "ihc-1+"


def copies(value: Json) -> Her2Result | Gap:
    (found,) = READER.read("her2-copy-number", observation("74860-8", valueQuantity=value), Origin("", "x"))
    assert isinstance(found, Her2Result | Gap)
    return found


@pytest.mark.parametrize(
    ("number", "finding"), [("6.0", "positive"), ("5.9", "equivocal"), ("4.0", "equivocal"), ("3.9", "negative")]
)
def test_gene_copies_alone(number: str, finding: str) -> None:
    found = copies(quantity(Decimal(number), "{copies}/{nucleus}"))
    assert isinstance(found, Her2Result)
    assert (found.method, found.finding, found.by_copies) == ("ISH", finding, True)


@pytest.mark.parametrize("value", [{"value": 31}, {"value": 100}, {"value": 6, "comparator": "<"}])
def test_a_copy_number_outside_the_guideline_groups(value: Json) -> None:
    found = copies(value)
    assert isinstance(found, Her2Result)
    assert (found.finding, found.by_copies) == ("indeterminate", True)


@pytest.mark.parametrize("value", [{}, {"value": 0}, {"value": 6, "comparator": "!="}])
def test_gene_copies_that_cannot_be_read(value: Json) -> None:
    assert isinstance(copies(value), Gap)


@pytest.mark.parametrize(
    ("written", "findings"),
    [
        ("average HER2 copy number 6.5; average CEP17 copy number 3.6", ["negative", "positive"]),
        ("HER2 signals/cell 6.5, CEP17 3.6", ["negative", "positive"]),
        ("copies 5.0, CEP17 2.9", ["negative", "equivocal"]),
        ("copies 3.6, CEP17 1.4", ["positive", "negative"]),
        ("HER2 signals 6.5, CEP17 signals 1.8", ["positive"]),
        ("copies 2.2, CEP17 1.9", ["negative"]),
        ("ratio 2.4, copies 6.5, CEP17 2.7", ["positive"]),
        ("Amplified. copies 4.2, CEP17 2.1", ["positive"]),
        # Rounded averages near the limit, and bounds, decide nothing.
        ("copies 6.2, CEP17 3.1", [None]),
        ("copies 4.2, CEP17 2.1", [None]),
        ("copies > 6, CEP17 3.6", [None]),
        ("ratio < 2.1, copies 6.5", [None]),
        ("copies 6.5, CEP17 0", [None]),
        ("copies 6.5, CEP17 1.8, CEP17 3.6", [None]),
    ],
)
def test_with_chromosome_17_counted_copies_alone_decide_nothing(written, findings) -> None:
    assert [finding for _, finding in read(written, "her2-ish")] == findings


@pytest.mark.parametrize(
    "written", ["HER2 +/-", "HER2 + / -", "HER2 -/+", "3+/-", "2+/-", "3+ / -", "HER2: +/-", "+/-"]
)
@pytest.mark.parametrize("kind", ["her2-ihc", "her2-interpretation"])
def test_plus_and_minus_signs_are_neither_positive_nor_negative(written, kind) -> None:
    assert [finding for _, finding in read(written, kind)] == [None]


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("HER2 (by immunohistochemistry)\n  Negative (Score 1+)", [("IHC", "ihc-1+")]),
        (
            "HER2: Equivocal (Score 2+)\nPercentage of Cells with Uniform Intense Complete Membrane Staining: 5%",
            [("IHC", "ihc-2+")],
        ),
        ("BREAST BIOMARKERS\nER: Positive, 95%\nPR: Negative\nHER2: Negative (1+)\nKi-67: 20%", [("IHC", "ihc-1+")]),
        ("\u2022 HER2: 3+ (positive)\n\u2022 ER: negative\n\u2022 PR: negative", [("IHC", "ihc-3+")]),
        ("+HER2 by IHC: Positive (Score 3+)\n+Clone: 4B5", [("IHC", "ihc-3+")]),
        ("Marker | Result\nER | Positive\nHER2 | 2+", [("IHC", "ihc-2+")]),
        ("___ Negative (Score 0)\n_X_ Positive (Score 3+)", [("IHC", "ihc-3+")]),
        (
            "[ ] Negative (1+)\n[x] Equivocal (2+)\n[ ] Positive (3+)\nFISH: not amplified",
            [("IHC", "ihc-2+"), ("ISH", "negative")],
        ),
        ("[ ] Negative (1+)\n[ ] Positive (3+)", [(None, None)]),
        ("1. Right breast: HER2 3+\n2. Right axilla: HER2 3+", [("IHC", "ihc-3+")]),
        ("A. Breast: HER2 3+\nB. Lymph node: HER2 pending", [(None, None)]),
        ("nuc ish(D17Z1,ERBB2)x2[100]\nNegative for HER2 gene amplification", [("ISH", "negative")]),
    ],
)
def test_reports_of_several_lines(written: str, found: list[tuple[str | None, str | None]]) -> None:
    kind = "her2-ish" if written.startswith("nuc") else "her2-ihc"
    own = "ISH" if kind == "her2-ish" else "IHC"
    assert [(method or (own if finding else None), finding) for method, finding in read(written, kind)] == found


def test_specimens_that_differ_are_a_conflict() -> None:
    (stated,) = VOCABULARY.read("her2-ihc", {"valueString": "A. Breast: HER2 3+. B. Liver: HER2 1+."}, NO_CODE_MAP)
    assert stated.conflict


@pytest.mark.parametrize(
    ("handling", "is_read"),
    [
        ("Fixative: 10 % neutral buffered formalin", True),
        ("Cold ischemia time: less than 1 hour", True),
        ("Cold ischemia time: 60 minutes", True),
        ("Cold ischemia time: 61 minutes", False),
        ("Fixation time: 6 hours", True),
        ("Fixation: 72 h", True),
        ("Fixation: 5 hours", False),
        ("Fixation: 73 hours", False),
        ("Fixation: unknown", False),
        ("Cold ischemic and fixation times: meet requirements specified in latest ASCO/CAP guidelines", True),
        ("Cold ischemic and fixation times do not meet requirements", False),
    ],
)
@pytest.mark.parametrize("written", ["HER2 IHC 3+. {}.", "{}. HER2 IHC 3+."])
def test_the_handling_of_the_specimen(handling: str, is_read, written: str) -> None:
    assert (("IHC", "ihc-3+") in read(written.format(handling))) is is_read
