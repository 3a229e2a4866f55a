"""Notes and reports are read to their end, page by page; one that is longer than what is read is told."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapes import (
    SNOMED,
    bundle,
    cards,
    chart,
    coding,
    condition,
    dosage,
    dose_given,
    dose_of,
    observation,
    order,
)

from cards.values.texts import CUT, LONGEST, MOST_PAGES, pages
from fhir_mappings.wire.narratives import goes_on, notes_of, pages_of

PROSE = "Vital signs before and after. The line was checked and flushed as usual. Family was present; no questions. "


@given(st.text(alphabet="ab. ;\n\t\u00a0\u2026é", max_size=400), st.integers(1, 60))
def test_the_pages_together_are_the_text(written, times) -> None:
    found = pages(written * times)
    whole = " ".join((written * times).split())
    assert all(len(each) <= LONGEST for each in found)
    assert len(found) <= MOST_PAGES
    if not found[-1].endswith(CUT) or written.rstrip().endswith(CUT):
        assert "".join(found).replace(" ", "") == whole.replace(" ", "")


@pytest.mark.parametrize(
    ("written", "lengths"),
    [
        pytest.param("", [0], id="nothing"),
        pytest.param("a" * LONGEST, [LONGEST], id="one page"),
        pytest.param("a" * (LONGEST + 1), [LONGEST, 1], id="a word that is longer than a page"),
        pytest.param("a " * LONGEST, [LONGEST - 1] * 2, id="words without sentences"),
        pytest.param("Give it. " + "a" * LONGEST, [8, LONGEST], id="the end of a sentence"),
        pytest.param("ok; " + "a" * LONGEST, [3, LONGEST], id="the end of a part"),
        pytest.param(" " * 500_000 + "a" + " " * 500_000, [1], id="blanks"),
        pytest.param("a" * LONGEST * MOST_PAGES, [LONGEST] * MOST_PAGES, id="the longest that is read"),
        pytest.param("a" * (LONGEST * MOST_PAGES + 1), [LONGEST] * MOST_PAGES, id="longer"),
    ],
)
def test_a_page_ends_where_a_sentence_or_a_word_does(written, lengths) -> None:
    found = pages(written)
    assert [len(each) for each in found] == lengths
    assert goes_on(found[-1]) is (len(written.strip()) > LONGEST * MOST_PAGES)


@pytest.mark.parametrize(
    "value",
    [None, 7, [], {}, "", "  ", [{"text": "a"}]],
    ids=["none", "number", "list", "object", "", "blanks", "notes"],
)
def test_what_is_no_text_has_no_pages(value) -> None:
    assert list(pages_of(value)) == []


def test_each_note_has_its_own_pages() -> None:
    long = "A word. " * LONGEST
    read = list(
        notes_of({"note": [{"text": "first"}, {"text": long}, {"text": ""}, {"author": "x"}, {"text": "last"}]})
    )
    assert read[0] == "first"
    assert read[-1] == "last"
    assert "".join(read[1:-1]).replace(" ", "") == long.replace(" ", "")


def _on_order(note: str) -> list[tuple[str, str]]:
    return _told(order(dosage(dose_of(252, "mg")), note=[{"text": note}]))


def _on_lvef(note: str) -> list[tuple[str, str]]:
    return _told(lvef=bundle(_lvef(note=[{"text": note}])))


def _on_lvef_as_comment(note: str) -> list[tuple[str, str]]:
    return _told(lvef=bundle(_lvef(comment=note)))


def _on_her2(note: str) -> list[tuple[str, str]]:
    value = {"valueCodeableConcept": {"text": "3+"}}
    return _told(tumorMarkers=bundle(observation("85319-2", "h-1", note=[{"text": note}], **value)))


def _on_cancer(note: str) -> list[tuple[str, str]]:
    cancer = condition("c-1", coding(SNOMED, "254837009"), note=[{"text": note}], stage=[{"summary": {"text": "IV"}}])
    return _told(conditions=bundle(cancer))


def _on_dose(note: str) -> list[tuple[str, str]]:
    return _told(administrations=bundle(dose_given(note=[{"text": note}])))


def _in_report(conclusion: str, **changes: object) -> list[tuple[str, str]]:
    report = {
        "resourceType": "DiagnosticReport",
        "id": "report-1",
        "status": "final",
        "code": {"text": "Echocardiogram"},
        "subject": {"reference": "Patient/pat-1"},
        "effectiveDateTime": "2026-11-21",
        "conclusion": conclusion,
        **changes,
    }
    return _told(lvef=bundle(_lvef(), report))


def _lvef(**changes: object) -> dict:
    return observation("10230-1", "e-1", valueQuantity={"value": 60, "unit": "%"}, **changes)


def _told(*orders: dict, **changes: object) -> list[tuple[str, str]]:
    said = cards(*orders or (order(dosage(dose_of(252, "mg"))),), prefetch=chart(**changes))
    return [(card["indicator"], f"{card['summary']} {card['detail']}") for card in said]


PLACES = {
    "order": (_on_order, "Hold this dose until cardiology calls back"),
    "LVEF": (_on_lvef, "Corrected: LVEF is 38 %, not 60 %"),
    "LVEF, as a comment": (_on_lvef_as_comment, "Wrong patient"),
    "HER2": (_on_her2, "Wrong patient"),
    "cancer": (_on_cancer, "Diagnosis entered in error"),
    "dose given": (_on_dose, "The dose was not given"),
    "report": (_in_report, "LVEF 35 %"),
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("length", [0, 1_900, 2_000, 5_000, 19_000])
def test_what_a_note_says_counts_wherever_in_it_it_stands(place, length) -> None:
    """A result that belongs to another patient was believed where its note had more than 2,000 characters."""
    told, statement = PLACES[place]
    before = PROSE * (length // len(PROSE))
    assert told(before) == []
    said = told(f"{before}{statement}")
    assert said
    assert said == told(statement)


@pytest.mark.parametrize("place", ["order", "LVEF", "HER2"])
def test_a_note_that_is_longer_than_what_is_read_is_told(place) -> None:
    told, statement = PLACES[place]
    assert told(PROSE * (19_000 // len(PROSE))) == []
    said = told(PROSE * (1 + LONGEST * MOST_PAGES // len(PROSE)) + statement)
    assert "too long to be read in full" in " ".join(detail for _, detail in said)


def test_an_order_with_more_texts_than_are_read_is_told() -> None:
    few, many = ([{"text": f"Visit {number} as planned."} for number in range(most)] for most in (30, 60))
    assert _told(order(dosage(dose_of(252, "mg")), note=few)) == []
    said = _told(order(dosage(dose_of(252, "mg")), note=many))
    assert ["too long to be read in full" in detail for _, detail in said] == [True]


def test_a_report_is_read_behind_a_short_conclusion() -> None:
    attached = base64.b64encode(b"Echo of today.\nLVEF 35 %.\n").decode()
    forms = [{"contentType": "text/plain", "data": attached}]
    assert _in_report("See attached report.", presentedForm=forms) == _in_report("LVEF 35 %.")


def test_a_report_of_forty_pages_is_read_to_its_end() -> None:
    assert _in_report(PROSE * 800 + "LVEF 35 %.") == _in_report("LVEF 35 %.")


@pytest.mark.parametrize("levels", [1, 4, 8, 20])
def test_an_extension_counts_however_deep_it_stands(levels) -> None:
    extension = {"url": "https://example.org/remark", "valueString": "Hold this dose"}
    for _ in range(levels - 1):
        extension = {"url": "https://example.org/group", "extension": [extension]}
    said = _told(order(dosage(dose_of(252, "mg")), extension=[extension]))
    assert ["hold this dose" in detail.casefold() for _, detail in said] == [True]
