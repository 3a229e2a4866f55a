"""The pages in other languages: by the browser, by the site, complete, and with every placeholder in its place."""

from __future__ import annotations

import re
from datetime import date
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from bench import BEN, Seat, bench, opened
from calls import Caller
from click.testing import CliRunner
from markupsafe import Markup

import cds_service
from cards.facts.outcomes import Indicator
from cards.facts.policy import Mode
from cards.knowledge.loader import default_knowledge
from cards.knowledge.schema import Expected, KnowledgeError
from cds_service.cli import main
from cds_service.configuration.roles import Role
from cds_service.learning.control import PERIODS as CHART_PERIODS
from cds_service.page_words import (
    IN_ENGLISH,
    page_languages,
    page_sentences,
    page_words,
    read_words,
    untranslated_pages,
)
from cds_service.policies.lifecycle import StepKind, VersionState
from cds_service.policies.stops import StopKind
from cds_service.store.reviews import VERDICTS
from cds_service.workbench.decision_pages import OUTCOMES
from cds_service.workbench.previewing import _SAID
from cds_service.workbench.sources import OF_NO_DRUG, OF_RULES
from cds_service.workbench.topics import FAMILIES, OF_SITE

if TYPE_CHECKING:
    from flask.testing import FlaskClient

PAGES = ("/", "/smart", "/smart/launch?iss=https://nobody.example")
TITLES = {"en": "Choose a scenario", "de": "Szenario wählen", "es": "Elija un caso"}


WORKBENCH = sorted((Path(cds_service.__file__).parent / "templates" / "workbench").glob("*.html"))
JINJA = re.compile(r"\{\{.{0,4000}?\}\}|\{%.{0,4000}?%\}|\{#.{0,4000}?#\}", re.DOTALL)
QUOTED = re.compile(r"<(code|pre)[^<>]*>[^<>]*</(?:code|pre)>")
UNITS = {each.unit for each in default_knowledge().thresholds.values()}
TABLES = {
    "WORDS": Indicator,
    "INDICATORS": Indicator,
    "MODES": Mode,
    "ROLES": Role,
    "STATES": VersionState,
    "STEPS": StepKind,
    "STOPS": StopKind,
    "OUTCOMES": OUTCOMES,
    "ANSWERS": _SAID.values(),
    "OF_RULE": Expected,
    "VERDICTS": VERDICTS,
    "PERIODS": CHART_PERIODS,
    "UNITS": UNITS - {"%", "mg/kg"},
    "FAMILIES": [*(label for label, _ in FAMILIES), OF_SITE],
    "GROUPS": [OF_NO_DRUG, OF_RULES],
}
"""The tables of words in the macros of the workbench, and what each must have a word for."""


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


@pytest.mark.parametrize("language", page_languages()[1:])
def test_the_kept_copy_says_what_the_file_says_and_the_file_repeats_no_sentence(language: str) -> None:
    text = files("cds_service.page_words").joinpath(f"{language}.yaml").read_text(encoding="utf-8")
    assert read_words(text, language, "") == page_words(language)


@pytest.mark.parametrize("language", ["de", "es"])
@pytest.mark.parametrize("path", PAGES)
def test_a_translated_page_says_that_nobody_has_reviewed_it(tmp_path, language, path) -> None:
    page = configured(tmp_path, "en").get(path, headers={"Accept-Language": language})
    assert f'<html lang="{language}">' in page.text
    notice = page_words(language).say("This translation has not been clinically reviewed.")
    assert (notice in page.text) is (path == "/")


def test_a_reviewed_language_has_no_notice(tmp_path) -> None:
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
    # The service gets the same request in every language.
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
def test_a_misspelled_placeholder_is_an_error_with_its_line(said, says) -> None:
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


@pytest.mark.parametrize("template", WORKBENCH, ids=lambda path: path.stem)
def test_every_workbench_text_goes_through_the_translation(template) -> None:
    text = JINJA.sub("", QUOTED.sub("", template.read_text(encoding="utf-8")))
    said = re.sub(r"<[^<>]*>", " ", text).replace("her2-cds", "").replace(" ms ", " ")
    assert re.findall(r"[A-Za-z]{2,}", said) == []
    named = re.findall(r'(?:aria-label|data-label|placeholder|title)="([^"]{2,})"', text)
    assert not any(re.search("[A-Za-z]", each) for each in named)


def test_the_workbench_has_a_word_for_everything_that_the_code_names(tmp_path) -> None:
    templates = bench(opened(tmp_path)).application.jinja_env
    shared = {"t": page_words("de").say, "lang": "de", "lang_of_cards": "en", "url_for": str}
    words = templates.get_template("workbench/macros.html").make_module(shared)
    for table, names in TABLES.items():
        assert set(getattr(words, table)) == {str(each) for each in names}, table


@pytest.mark.parametrize(
    ("language", "title", "refused"),
    [
        ("de", "Ausgangspunkt", "Das darf nur eine Person mit der Rolle Bearbeitung."),
        ("es", "Parte de lo que", "Solo puede hacerlo una persona con la función de edición."),
    ],
)
def test_the_workbench_is_in_the_language_of_the_browser(tmp_path, language, title, refused) -> None:
    seat = Seat(bench(opened(tmp_path))).sign_in(BEN)
    asked = {"Accept-Language": language}
    page = seat.browser.get("/workbench/preview", headers=asked)
    notice = page_words(language).say("This translation has not been clinically reviewed.")
    assert (page.headers["Content-Language"], notice in page.text, title in page.text) == (language, True, True)
    # The cards stay in the language of the site, and say so; the scripts get their words with the page.
    assert '<article class="card critical" lang="en">' in page.text
    assert str(page_words(language).say("{count} cards shown.")) in page.text
    fields = {"csrf_token": seat.token(), "title": "New", "from": "files"}
    answer = seat.browser.post("/workbench/versions", data=fields, headers=asked)
    assert (answer.status_code, refused in answer.text) == (400, True)
