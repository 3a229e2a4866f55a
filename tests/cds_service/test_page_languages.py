"""The pages in other languages: by the browser, by the site, complete, and with every placeholder in its place."""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING

import pytest
from calls import Caller
from click.testing import CliRunner
from markupsafe import Markup

from cards.knowledge.schema import KnowledgeError
from cds_service.cli import main
from cds_service.page_words import (
    IN_ENGLISH,
    page_languages,
    page_sentences,
    page_words,
    read_words,
    untranslated_pages,
)

if TYPE_CHECKING:
    from pathlib import Path

    from flask.testing import FlaskClient

PAGES = ("/", "/smart", "/smart/launch?iss=https://nobody.example")
TITLES = {"en": "Choose a scenario", "de": "Szenario wählen", "es": "Elija un caso"}


def configured(folder: Path, language: str) -> FlaskClient:
    path = folder / "her2.yaml"
    path.write_text(f'auth: {{mode: "off"}}\nsite: {{language: {language}}}\n')
    return Caller(path=path).client


@pytest.mark.parametrize(
    ("asked", "site", "said"),
    [
        (None, "en", "en"),
        (None, "es", "es"),
        ("de", "en", "de"),
        ("de-AT,de;q=0.9,en;q=0.5", "es", "de"),
        ("en-US,en;q=0.9", "es", "en"),
        ("fr", "es", "es"),
        ("fr,es;q=0.4", "en", "es"),
        ("*", "de", "en"),
        ("x" * 5000, "de", "de"),
    ],
)
def test_a_page_is_in_the_language_of_the_browser_else_of_the_site(tmp_path, asked, site, said) -> None:
    client = configured(tmp_path, site)
    page = client.get("/", headers={"Accept-Language": asked} if asked else {})
    assert f'<html lang="{said}">' in page.text
    assert TITLES[said] in page.text
    assert page.headers["Content-Language"] == said
    assert "Accept-Language" in page.headers["Vary"]
    # The cards are in the language of the site, whatever the page is in.
    assert (f'id="cards" lang="{site}"' in page.text) is (site != said)


@pytest.mark.parametrize("language", ["de", "es"])
def test_every_sentence_of_the_pages_is_translated(language) -> None:
    assert untranslated_pages(language) == ()
    assert set(page_words(language).sentences) <= set(page_sentences())


@pytest.mark.parametrize("language", ["de", "es"])
@pytest.mark.parametrize("path", PAGES)
def test_a_translated_page_says_that_nobody_has_reviewed_it(tmp_path, language, path) -> None:
    page = configured(tmp_path, "en").get(path, headers={"Accept-Language": language})
    assert f'<html lang="{language}">' in page.text
    notice = page_words(language).say("This translation has not been clinically reviewed.")
    assert (notice in page.text) is (path == "/")


def test_a_site_that_has_signed_its_language_is_not_told_so(tmp_path) -> None:
    (tmp_path / "words.yaml").write_text('locale: {signed_by: "M. Ruiz, 2026-12-01"}')
    path = tmp_path / "her2.yaml"
    path.write_text('auth: {mode: "off"}\nsite: {language: es, wording: [words.yaml]}\n')
    client = Caller(path=path).client
    assert "revisada clínicamente" not in client.get("/").text
    german = client.get("/", headers={"Accept-Language": "de"}).text
    assert "klinisch nicht geprüft" in german


def test_the_scripts_get_their_words_and_the_scenarios_are_told_in_the_language(tmp_path) -> None:
    client = configured(tmp_path, "en")
    data = client.get("/try-it/scenarios", headers={"Accept-Language": "de"}).get_json()
    assert data["words"]["No cards"] == "Keine Karten"
    assert data["scenarios"][0]["title"] == "Kadcyla in der Enhertu-Dosis verordnet"
    english = client.get("/try-it/scenarios").get_json()
    assert "words" not in english
    assert english["scenarios"][0]["title"] == "Kadcyla ordered at the Enhertu dose"
    # What goes to the service is the same in every language.
    assert [each["chart"] for each in data["scenarios"]] == [each["chart"] for each in english["scenarios"]]


def test_what_is_filled_in_is_escaped_and_what_is_missing_is_said_in_english() -> None:
    german = page_words("de")
    assert german.say("born {day}", day="<b>1</b>") == Markup("geboren am &lt;b&gt;1&lt;/b&gt;")
    assert german.say("as of {day}", day=Markup("<b>1</b>")) == Markup("Stand <b>1</b>")
    assert german.say("No such sentence, {name}", name="x") == "No such sentence, x"
    assert german.say("as of {day}", day=date(2026, 1, 9)) == "Stand 09.01.2026"
    assert german.plain("{what} below {percent} %", what="Pausieren", percent="49.5") == "Pausieren unter 49,5 %"
    assert (german.dated(None), IN_ENGLISH.dated(date(2026, 1, 9))) == ("", "2026-01-09")
    assert page_words("fr") is IN_ENGLISH
    assert page_words("../de") is IN_ENGLISH
    assert page_languages() == ("en", "de", "es")


@pytest.mark.parametrize(
    ("said", "says"),
    [
        ("geboren am {tag}", "x.yaml:2: the placeholders differ: {day}, {tag}"),
        ("geboren", "x.yaml:2: the placeholders differ: {day}"),
        ("geboren am {day} {day}", ""),
    ],
)
def test_a_misspelt_placeholder_is_an_error_with_its_line(said, says) -> None:
    text = f'sentences:\n  "born {{day}}": "{said}"\n'
    if not says:
        assert read_words(text, "de", "x.yaml").say("born {day}", day=1) == "geboren am 1 1"
        return
    with pytest.raises(KnowledgeError, match=re.escape(says)):
        read_words(text, "de", "x.yaml")


def test_the_check_lists_what_the_pages_say_in_english(monkeypatch) -> None:
    run = CliRunner().invoke
    complete = run(main, ["knowledge", "check", "--language", "de"])
    assert "de: 0 said in English" in complete.output
    monkeypatch.setattr("cds_service.commands.knowledge.untranslated_pages", lambda language: (f"New in {language}",))
    missing = run(main, ["knowledge", "check", "--language", "de"])
    assert (missing.exit_code, "  New in de" in missing.output) == (1, True)
