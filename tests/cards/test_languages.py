"""Cards in other languages: placeholders, fallback to English, figures and dates, and what is missing."""

from __future__ import annotations

import re

import msgspec
import pytest
from builders import KNOWN
from hypothesis import given
from hypothesis import strategies as st
from rows import FIRES
from test_cases import ROWS

from cards.knowledge.schema import KnowledgeError
from cards.presentation.language import Locale, Localizer
from cards.presentation.renderer import Renderer
from cards.presentation.site_wording import with_site_words
from cards.presentation.translation import (
    Catalog,
    languages,
    plain,
    sentences,
    translate,
    translated,
    wording_in,
)
from cards.presentation.wording import WordingError, default_wording

OTHERS = [each for each in languages() if each != "en"]
FIELD = re.compile(r"\{([^{}]*)\}")
ENGLISH = default_wording()
FIRED = [row for row in ROWS if row.expect is FIRES]


def test_english_spanish_and_german_ship() -> None:
    assert languages()[0] == "en"
    assert {"es", "de"} <= set(OTHERS)
    assert wording_in("en") is ENGLISH
    with pytest.raises(WordingError, match="no language 'xx'; there are en, "):
        translated("xx")


@pytest.mark.parametrize("language", OTHERS)
def test_every_translation_is_of_a_sentence_and_has_its_placeholders(language: str) -> None:
    found = translated(language)
    assert found.wording.locale.code == language
    # Sentences may change faster than their translations: `her2-cds knowledge check --language` lists them.
    assert len(found.missing) < len(set(sentences(ENGLISH))) / 10
    english, said = _leaves(ENGLISH), _leaves(found.wording)
    assert [place for place in english if set(FIELD.findall(said[place])) != set(FIELD.findall(english[place]))] == []


@pytest.mark.parametrize("language", OTHERS)
def test_codes_are_not_translated(language: str) -> None:
    wording = wording_in(language)
    for topic, words in ENGLISH.topics.items():
        other = wording.topics[topic]
        assert (other.indicator, other.override_reasons) == (words.indicator, words.override_reasons)
        assert list(other.variants) == list(words.variants)
    assert wording.places == ENGLISH.places


@pytest.mark.parametrize("language", OTHERS)
def test_an_unreviewed_language_says_so_on_every_card(language: str) -> None:
    wording = wording_in(language)
    assert "not clinically reviewed" in wording.locale.unsigned
    renderer = Renderer(wording, KNOWN, {})
    signed = msgspec.structs.replace(wording.locale, signed_by="an oncology pharmacist, 2026-12-01")
    after = Renderer(msgspec.structs.replace(wording, locale=signed), KNOWN, {})
    for row in FIRED:
        card, other = renderer.card(row.verdict(), "x"), after.card(row.verdict(), "x")
        assert card is not None
        assert other is not None
        assert "not clinically reviewed" in card.detail
        assert "not clinically reviewed" not in other.detail
        assert (card.uuid, card.indicator) == (other.uuid, other.indicator)


@pytest.mark.parametrize("language", OTHERS)
def test_no_summary_is_cut(language: str) -> None:
    renderer, english = Renderer(wording_in(language), KNOWN, {}), Renderer(ENGLISH, KNOWN, {})
    for row in FIRED:
        card, first = renderer.card(row.verdict(), "x"), english.card(row.verdict(), "x")
        assert card is not None
        assert first is not None
        assert first.summary.endswith("…") or not card.summary.endswith("…")


def test_a_sentence_whose_english_has_changed_falls_back() -> None:
    catalog = Catalog(Locale(code="xx"), {"Overdose": "Surdosage", "{drug} was other words once": "{drug} autrement"})
    found = translate(ENGLISH, catalog, "xx.yaml", "")
    assert found.unused == ("{drug} was other words once",)
    assert len(found.missing) == len(set(sentences(ENGLISH))) - 1
    assert "Surdosage" in {place.because for place in found.wording.harm}
    assert found.wording.topics == ENGLISH.topics
    assert found.wording.version != ENGLISH.version


def test_a_misspelled_placeholder_is_refused_with_its_line() -> None:
    text = 'locale: {code: xx}\nsentences:\n  "Planned for {text}": "Prévu le {txt}"\n'
    catalog = Catalog(Locale(code="xx"), {"Planned for {text}": "Prévu le {txt}"})
    with pytest.raises(WordingError, match=r"xx\.yaml:3: unknown placeholder \{txt\}"):
        translate(ENGLISH, catalog, "xx.yaml", text)


def test_a_site_signs_a_translation_and_adds_a_language() -> None:
    signed = with_site_words(wording_in("es"), [("s.yaml", "locale: {signed_by: 'Dra. Ruiz, 2026-12-01'}\n")])
    assert Localizer(signed.locale).notice == ""
    french = (
        "locale: {code: fr, decimal: ',', unsigned: 'not clinically reviewed'}\nevidence: {route: 'Voie : {text}'}\n"
    )
    assert with_site_words(ENGLISH, [("fr.yaml", french)]).locale.code == "fr"
    with pytest.raises(KnowledgeError, match=r"fr\.yaml:1: .*unknown key 'decimals'; did you mean 'decimal'"):
        with_site_words(ENGLISH, [("fr.yaml", "locale: {code: fr, decimals: ','}\n")])


LOCALE = Locale(
    code="xx",
    decimal=",",
    date="{day}.{month}.{year}",
    month="{month}/{year}",
    units={"mL": "ml"},
    terms={"positive": "positiv", "and": "und", "not positive": "nicht positiv", "undated": "ohne Datum"},
    counted={"day": "Tag", "days": "Tage"},
    knowledge={"Hold until at least 1.0 × 10⁹/L.": "Bis mindestens 1,0 × 10⁹/L aussetzen."},
)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("3.6 mg/kg (252 mg)", "3,6 mg/kg (252 mg)"),
        ("0.4 %, 2026-11-21", "0,4 %, 21.11.2026"),
        ("2026-11", "11/2026"),
        ("1,234.56 USD", "1234,56 USD"),
        ("12.6 mL", "12,6 ml"),
        ("1 day, 21 days", "1 Tag, 21 Tage"),
        ("some days", "some days"),
        ("not positive and positive", "nicht positiv und positiv"),
        ("positively", "positively"),
        ("C50.911, Z17.0, LA.PHAR.229", "C50.911, Z17.0, LA.PHAR.229"),
        ("12.05.2026 and 1.2.3", "12.05.2026 und 1.2.3"),
        ("50242-0088-01", "50242-0088-01"),
        ("ALT: Hold until at least 1.0 × 10⁹/L.", "ALT: Bis mindestens 1,0 × 10⁹/L aussetzen."),
        ("2019-2020", "2019-2020"),
    ],
)
def test_what_is_filled_in(text: str, said: str) -> None:
    assert Localizer(LOCALE).text(text) == said


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("written", "2.4 mg/kg positive, 2026-11-21", "2.4 mg/kg positive, 2026-11-21"),
        ("problem", "HER2 positive cancer, 2026-11-21", "HER2 positive cancer, 21.11.2026"),
        ("problem", "Pneumonitis, 2026-09-23, ended 2026-10-23", "Pneumonitis, 23.09.2026, ended 23.10.2026"),
        ("problem", "pregnancy test positive, undated", "pregnancy test positiv, ohne Datum"),
        ("problem", "undated changes, undated", "undated changes, ohne Datum"),
        ("status", "positive", "positiv"),
    ],
)
def test_a_quoted_text_keeps_its_words(name: str, value: str, said: str) -> None:
    assert Localizer(LOCALE).filled(name, value) == said


@given(st.text(max_size=200))
def test_english_is_not_translated(text: str) -> None:
    plain_english = Localizer(Locale())
    assert (plain_english.text(text), plain_english.figures(text)) == (text, text)


@given(st.decimals(min_value=0, max_value=99999, places=2), st.dates())
def test_figures_lose_no_digits(number: object, day: object) -> None:
    said = Localizer(LOCALE).text(f"{number} mg on {day}")
    assert said.split(" mg")[0].replace(",", ".") == str(number)
    assert ".".join(reversed(str(day).split("-"))) in said


def _leaves(wording: object) -> dict[tuple[str, ...], str]:
    found: dict[tuple[str, ...], str] = {}

    def walk(tree: object, place: tuple[str, ...]) -> None:
        if isinstance(tree, dict):
            for key, value in tree.items():
                walk(value, (*place, str(key)))
        elif isinstance(tree, list):
            for index, value in enumerate(tree):
                walk(value, (*place, str(index)))
        elif isinstance(tree, str):
            found[place] = plain(tree)

    walk({k: v for k, v in msgspec.to_builtins(wording).items() if k not in ("locale", "version")}, ())
    return found
