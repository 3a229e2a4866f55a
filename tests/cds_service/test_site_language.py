"""``site.language``: the cards of the service, what is refused, and how a decision explains itself later."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from calls import SIGN, Caller, call, order
from command_line import run
from sqlalchemy import select

from cards.facts.outcomes import AN_INTERNAL_ERROR
from cards.presentation.language import Localizer
from cards.presentation.translation import languages, wording_in
from cds_service.audit.explain import explain
from cds_service.configuration.layers import ConfigurationError
from cds_service.configuration.loading import load_settings
from cds_service.decisions.reproduce import replay
from cds_service.ehr import reasons
from cds_service.store.reading import find
from cds_service.store.tables import decisions

if TYPE_CHECKING:
    from pathlib import Path

TOO_MUCH = call(orders=[order(378)])


def configured(folder: Path, site: str, **files: str) -> Any:
    for name, text in files.items():
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    path = folder / "config.yaml"
    path.write_text(f"auth: {{mode: 'off'}}\nsite: {site}\n", encoding="utf-8")
    return load_settings(path, {})


def test_cards_are_in_the_language_of_the_site(tmp_path: Path) -> None:
    caller = Caller(configured(tmp_path, "{language: es}"))
    card = caller.post(TOO_MUCH).cards[0]
    assert card["summary"].startswith("Kadcyla 378 mg (5,4 mg/kg) supera el máximo de 3,6 mg/kg (252 mg")
    assert "not clinically reviewed" in card["detail"]
    assert card["source"]["topic"]["display"] == "Dosis superior al máximo"
    assert card["source"]["topic"]["code"] == "dose-above-maximum"


def test_an_environment_variable_sets_it() -> None:
    settings = load_settings(None, {"HER2_CDS_SITE__LANGUAGE": "es"})
    assert settings.site_layer.wording.locale.code == "es"


def test_words_of_the_site_override_those_of_the_language(tmp_path: Path) -> None:
    words = "topics: {dose-above-maximum: {variants: {default: {summary: '{drug}: dosis {dose}, llame a farmacia'}}}}\n"
    caller = Caller(configured(tmp_path, "{language: es, wording: [ours.yaml]}", ours=words))
    assert caller.post(TOO_MUCH).cards[0]["summary"] == "Kadcyla: dosis 378 mg (5,4 mg/kg), llame a farmacia"


def test_a_file_of_the_site_may_add_a_language(tmp_path: Path) -> None:
    french = (
        "locale: {code: fr, name: Français, decimal: ',', unsigned: not clinically reviewed}\n"
        "topics: {dose-above-maximum: {variants: {default: {summary: '{drug} {dose} dépasse {maximum}'}}}}\n"
    )
    caller = Caller(configured(tmp_path, "{language: fr, wording: [fr.yaml]}", fr=french))
    assert caller.post(TOO_MUCH).cards[0]["summary"].startswith("Kadcyla 378 mg (5,4 mg/kg) dépasse 3,6 mg/kg")


@pytest.mark.parametrize("site", ["{language: xx}", "{language: Spanish}"])
def test_a_language_that_is_not_there_is_refused(tmp_path: Path, site: str) -> None:
    with pytest.raises(ConfigurationError, match=r"site\.language"):
        configured(tmp_path, site)


def test_a_decision_explains_itself_in_the_language_of_its_time(tmp_path: Path) -> None:
    caller = Caller(configured(tmp_path, "{language: es}"))
    caller.post(TOO_MUCH, SIGN)
    engine = caller.store.engine
    with engine.connect() as connection:
        identifier = str(connection.scalars(select(decisions.c.id)).one())
    explained = explain(engine, identifier)
    assert explained is not None
    assert explained["cards"][0]["summary"].startswith("Kadcyla 378 mg (5,4 mg/kg) supera el máximo")
    kept = find(engine, identifier)
    assert kept is not None
    assert replay(kept).identical


def test_the_check_lists_what_a_language_says_in_english() -> None:
    result = run("knowledge", "check", "--language", "es")
    found = re.search(r"es: (\d{1,4}) said in English", result.output)
    assert found is not None
    assert result.exit_code == (1 if int(found[1]) else 0)
    assert len(result.output.split(found[0])[1].strip().splitlines()) == int(found[1])


def test_the_check_knows_its_languages() -> None:
    result = run("knowledge", "check", "--language", "fr")
    assert (result.exit_code, "no language 'fr'" in result.output) == (2, True)


@pytest.mark.parametrize("language", [each for each in languages() if each != "en"])
def test_why_something_was_not_available_is_said_in_the_language(language: str) -> None:
    localizer = Localizer(wording_in(language).locale)
    assert [said for said in (*reasons.ALL, AN_INTERNAL_ERROR) if localizer.text(said) == said] == []


def test_a_key_that_failed_in_the_prefetch_is_reported_as_failed(tmp_path: Path) -> None:
    sent = call()
    refused = {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "forbidden"}]}
    sent["prefetch"]["lvef"] = refused
    (card,) = Caller(configured(tmp_path, "{language: de}")).post(sent).cards
    assert (card["source"]["topic"]["code"], card["indicator"]) == ("checks-incomplete", "warning")
    assert "im Prefetch steht dafür ein Fehler, und die Anfrage nennt keinen fhirServer" in card["detail"]
