"""A reader of text answers with all of it or with nothing: an unknown word never leaves a reading as it was."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from benchmarks.reading import her2, lvef, problems, variants
from benchmarks.reading.tables import UNREADABLE, Entry, entries
from cards.knowledge.loader import default_knowledge
from cards.values.quantities import Mg
from fhir_mappings.medications import schedule_text
from fhir_mappings.medications.amounts import without_amounts
from fhir_mappings.medications.dose_shares import shares_in
from fhir_mappings.medications.doses_in_text import doses_in
from fhir_mappings.medications.other_units import amounts_in_other_units
from fhir_mappings.medications.schedule_text import read_schedule_text
from fhir_mappings.medications.tablet_counts import tablets_in
from fhir_mappings.results.variant_texts import mutation_in

if TYPE_CHECKING:
    from collections.abc import Callable

# No word of a language, and not a sign that a table knows.
UNKNOWN = st.text(alphabet="qxzjkvw", min_size=5, max_size=9)
HER2 = [entry for entry in entries("her2") if UNREADABLE not in entry.right]
LVEF = [entry for entry in entries("lvef") if UNREADABLE not in entry.right]
PROBLEMS = [
    (str(group.problem), written)
    for group in default_knowledge().terminology.problems
    if not group.past_counts
    for written in group.texts
]
EARLIER_FIRST = re.compile(r"prior|previous|vorb|antérieur|biopsia previa", re.IGNORECASE)
VARIANTS = [entry for entry in entries("variants") if UNREADABLE not in entry.right]


def with_word(text: str, word: str, place: int) -> str:
    parts = text.split()
    place %= len(parts) + 1
    return " ".join((*parts[:place], word, *parts[place:]))


def assert_refused(read: Callable[[str, str], str], entry: Entry, word: str, place: int) -> None:
    assert read(entry.where, with_word(entry.text, word, place)) == UNREADABLE


@given(st.sampled_from(HER2), UNKNOWN, st.integers(min_value=0, max_value=40))
def test_an_unknown_word_makes_a_her2_text_unread(entry: Entry, word: str, place: int) -> None:
    assert_refused(her2.read, entry, word, place)


@given(st.sampled_from(LVEF), UNKNOWN, st.integers(min_value=0, max_value=40))
def test_an_unknown_word_makes_an_ejection_fraction_unread(entry: Entry, word: str, place: int) -> None:
    assert_refused(lvef.read, entry, word, place)


PARTS = (
    ("focus 1: ", "focus 2: "),
    ("left ", "right "),
    ("L: ", "R: "),
    ("primary ", "node "),
    ("Herd 1: ", "Herd 2: "),
    ("A. Breast ", "B. Axilla "),
)
THINGS = ("results", "tests", "cores", "blocks", "specimens", "tumor cells", "slides", "found")
NUMBERED = ("tumor", "specimen", "core", "block", "biopsy", "lymph node", "slide")
SCORES = st.sampled_from(("0", "1+", "2+", "3+"))


@given(st.sampled_from(PARTS), SCORES, SCORES)
def test_parts_with_one_score_have_it_and_others_disagree(parts: tuple[str, str], one: str, other: str) -> None:
    read = her2.read("ihc", f"HER2 IHC: {parts[0]}{one}, {parts[1]}{other}".replace(", B.", ". B."))
    assert read == (f"IHC {one}" if one == other else "conflict")


@given(st.sampled_from(HER2), SCORES)
def test_an_earlier_specimen_changes_nothing_of_the_current_one(entry: Entry, earlier: str) -> None:
    read = her2.read(entry.where, f"Prior specimen: HER2 {earlier}. Current specimen: {entry.text}")
    assert read in (her2.read(entry.where, entry.text), UNREADABLE)


@given(st.integers(min_value=0, max_value=3), st.sampled_from(THINGS), st.sampled_from(NUMBERED))
def test_a_number_of_things_is_no_score(number: int, counted: str, numbered: str) -> None:
    assert her2.read("ihc", f"HER2 {number} {counted}") == UNREADABLE
    assert her2.read("ihc", f"HER2 {numbered} {number}") == UNREADABLE


DOSES = ("378 mg", "0.378 g", "378 Milligramm", "378000 mcg", "378 mg/250 mL", "378 mg/dose", "378 mg/90 min")


@given(st.sampled_from(DOSES), UNKNOWN, UNKNOWN)
def test_an_unknown_word_never_hides_a_dose(written: str, before: str, behind: str) -> None:
    assert doses_in(f"{before} {written} {behind}") == (Mg(Decimal(378)),)
    assert doses_in(f"{before}: {written}, {behind}") == (Mg(Decimal(378)),)


@given(st.sampled_from(["252 mg/m2", "252 mg per square meter", "252 IU", "3.6 mg/lb", "252 mg/mL"]), UNKNOWN, UNKNOWN)
def test_an_unknown_word_never_hides_another_unit(written: str, before: str, behind: str) -> None:
    assert [each.text for each in amounts_in_other_units(f"{before} {written} {behind}")] == [written]


@given(st.sampled_from(["2 tablets", "2 x 150 mg", "2 comprimidos"]), UNKNOWN, UNKNOWN)
def test_an_unknown_word_never_hides_a_number_of_tablets(written: str, before: str, behind: str) -> None:
    assert [each.count for each in tablets_in(f"{before} {written} {behind}")] == [2]


@given(st.sampled_from(["reduced by 20 %", "80 % of the dose", "20 % dose reduction"]), UNKNOWN, UNKNOWN)
def test_an_unknown_word_never_hides_a_reduction(written: str, before: str, behind: str) -> None:
    assert shares_in(f"{before} {written} {behind}") == (Decimal(80),)


@given(st.sampled_from(VARIANTS), UNKNOWN, st.integers(min_value=0, max_value=40))
def test_an_unknown_word_makes_a_variant_unread(entry: Entry, word: str, place: int) -> None:
    assert_refused(variants.read, entry, word, place)


@given(st.sampled_from(["p.S310F", "exon 20 insertion", "V777L, tier II"]), st.sampled_from(["EGFR", "KRAS", "MET"]))
def test_a_change_of_another_gene_is_never_one_of_erbb2(change: str, gene: str) -> None:
    assert mutation_in(f"{gene} {change}") is None
    assert mutation_in(f"{change} ({gene})") is None
    assert mutation_in(f"{gene} {change}; ERBB2 wild type") is False
    assert mutation_in(f"ERBB2 {change}; {gene} negative") is True


@pytest.mark.parametrize("word", ["previous", "DCIS", "or", "?", "excluded"])
def test_a_word_that_retracts_a_result_makes_it_unread(word: str) -> None:
    for entry in HER2:
        # Before what is said of an earlier specimen, "previous" says that again, and the current one still counts.
        if word != "previous" or EARLIER_FIRST.match(entry.text) is None:
            assert_refused(her2.read, entry, word, 0)


@given(st.sampled_from(PROBLEMS), UNKNOWN, st.integers(min_value=0, max_value=40))
def test_a_problem_after_an_unknown_word_is_neither_accepted_nor_dropped(
    named: tuple[str, str], word: str, place: int
) -> None:
    problem, written = named
    assert problems.read("condition", written) == problem
    assert problems.read("condition", f"{word} {written}") == UNREADABLE
    assert problems.read("condition", f"no {word} {written}") == UNREADABLE
    assert problems.read("condition", with_word(f"no {written}", word, place)) != problem


@given(st.sampled_from(PROBLEMS), st.sampled_from(["no", "kein", "sin", "pas de", "family history of", "risk of"]))
def test_a_problem_that_is_denied_or_someone_elses_is_not_read(named: tuple[str, str], before: str) -> None:
    assert problems.read("condition", f"{before} {named[1]}") == problems.NO_PROBLEM


@given(st.text(max_size=200))
@example("§ S310F")
def test_any_text_is_read_or_not(text: str) -> None:
    for where in ("ihc", "ish", "ratio", "copies", "overall"):
        assert her2.read(where, text)
    assert lvef.read("value", text)
    assert problems.read("condition", text)
    assert mutation_in(text) in (True, False, None)


PIECES = st.sampled_from(
    [
        "252 mg", "168.5 mg", "1,260 mg", "3.6 mg/kg", "2 520 mg", "mg 252", "x 3 mg", "8 mg", "day 1", "days 1, 8 mg",
        "every 3 weeks", "q21d", "IV over 90 minutes", "x 4 doses", "bag 1 of 2", "push", "2026-11-29", "5-FU", ",",
        ".", "weekly 420 mg", "total 12 mg/h", "-30 mg", "whenever", "100 mg vial", "twice daily",
    ]
)  # fmt: skip


@given(st.lists(PIECES, max_size=6).map(" ".join))
@settings(deadline=None)
def test_the_amount_in_milligrams_changes_nothing_of_the_schedule(written: str) -> None:
    assert read_schedule_text(written) == schedule_text._read(written)
    assert len(without_amounts(written)) == len(written)
