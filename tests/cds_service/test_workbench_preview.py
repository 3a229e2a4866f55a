"""What the workbench says cards would be: it must be what the service would answer, and leave nothing behind."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from bench import EVE, Seat, bench, words
from calls import COVERAGE, QUERIES, Caller, bundle, call, clean_prefetch, ihc, order, troubled_prefetch, without
from sqlalchemy import func, select

from cards.facts.policy import Mode
from cards.facts.topics import Topic
from cards.knowledge.loader import default_knowledge
from cds_service.clock import now
from cds_service.configuration.overlay import PublishedPolicy, with_policy
from cds_service.configuration.policy_content import content_of
from cds_service.configuration.settings import Settings
from cds_service.store.tables import metadata
from cds_service.tryit.requests import scenario_request
from cds_service.tryit.scenarios import read_scenarios
from cds_service.workbench.previewing import Previewer, changed_cases
from cds_service.workbench.specimens import specimens, typical

if TYPE_CHECKING:
    from cds_service.store.store import Store
    from cds_service.tryit.scenarios import Scenario
    from cds_service.workbench.specimens import Specimen

SETTINGS = Settings()
TOO_HIGH = call(orders=[order(400)])


def previewer(**content: dict[str, object]) -> Previewer:
    """Judge by the defaults, with a content laid over them."""
    tried = content_of(content)
    return Previewer(with_policy(SETTINGS, PublishedPolicy(tried, 0, tried.hash)), lambda: now().date())


DEFAULT = previewer()


@pytest.fixture
def seat(store: Store) -> Seat:
    return Seat(bench(store)).sign_in(EVE)


@pytest.mark.parametrize("specimen", specimens().values(), ids=list(specimens()))
def test_specimen_answers_as_its_rule_did(specimen: Specimen) -> None:
    seen = DEFAULT.of_specimen(specimen)
    answers = {each.outcome for each in seen.checks if each.topic == specimen.topic}
    said = {"fired": "fired", "clear": "checked-and-fine", "cannot-tell": "could-not-check"}
    assert said[specimen.expect] in answers
    assert (specimen.topic in {card["source"]["topic"]["code"] for card in seen.cards}) == (specimen.expect == "fired")


def test_every_topic_with_a_rule_has_a_typical_case() -> None:
    assert {topic for topic in Topic if typical(topic) is None} == {
        Topic.CHECKS_INCOMPLETE,
        Topic.MONITORING_PLANNED,
    }


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(call(), id="a clean order"),
        pytest.param(TOO_HIGH, id="a dose too high"),
        pytest.param(call(prefetch=troubled_prefetch()), id="a chart with troubles"),
        pytest.param(call(prefetch={**clean_prefetch(), "tumorMarkers": bundle(ihc("LA11842-4", "2+"))}), id="IHC 2+"),
    ],
)
def test_preview_of_a_request_is_what_the_service_answers(body) -> None:
    seen = DEFAULT.of_request(json.dumps(body).encode())
    answered = Caller().post(body).body["cards"]
    assert [without(card, "uuid") for card in seen.cards] == [without(card, "uuid") for card in answered]


def test_preview_asks_about_coverage_where_that_is_wanted() -> None:
    seen = DEFAULT.of_request(json.dumps(call()).encode(), coverage=True)
    answered = Caller().post(call(), COVERAGE)
    assert [card["source"]["topic"]["code"] for card in seen.cards] == answered.topics


@pytest.mark.parametrize(
    ("content", "changed"),
    [
        pytest.param({"thresholds": {"weight_max_age_days": 31}}, {"weight-stale-fired-1"}, id="one day more"),
        pytest.param({"cards": {"weight-stale": {"mode": "off"}}}, {Topic.WEIGHT_STALE}, id="a topic off"),
        pytest.param({"cards": {"weight-stale": {"mode": "shadow"}}}, {Topic.WEIGHT_STALE}, id="a topic in the shadow"),
        pytest.param({"cards": {"weight-stale": {"indicator": "info"}}}, {Topic.WEIGHT_STALE}, id="less urgent"),
        pytest.param({"cards": {"weight-stale": {"owner": "Pharmacy"}}}, set(), id="another owner"),
        pytest.param({"shadow": {"weight_max_age_days": 60}}, set(), id="a threshold on trial"),
        pytest.param({"thresholds": {"weight_max_age_days": 30}}, set(), id="what is so already"),
    ],
)
def test_what_if_names_the_cases_that_get_other_cards(content, changed) -> None:
    found = {each.specimen.id: each for each in changed_cases(DEFAULT, previewer(**content))}
    if Topic.WEIGHT_STALE in changed:
        topics = {code for each in found.values() for code, _, _ in (*each.gone, *each.new)}
        # Data missing for a topic that is off is listed with everything else that could not be checked.
        assert topics - {Topic.CHECKS_INCOMPLETE} == changed
    else:
        assert set(found) == changed


def test_card_of_a_case_is_shown_whatever_the_mode_of_its_topic() -> None:
    case = typical(Topic.WEIGHT_STALE)
    off = previewer(cards={"weight-stale": {"mode": Mode.OFF}})
    assert case is not None
    assert off.of_specimen(case).cards == ()
    shown, as_ever = off.card_of(case), DEFAULT.card_of(case)
    assert shown == as_ever
    assert shown is not None


@pytest.mark.parametrize(
    ("pasted", "said"),
    [
        pytest.param("", "Paste a request", id="nothing"),
        pytest.param("{", "no JSON that can be read", id="no JSON"),
        pytest.param("[]", "must be one of order-select", id="no object"),
        pytest.param('{"hook": "encounter-start"}', "must be one of order-select", id="a hook that is not ours"),
        pytest.param('{"hook": "order-sign"}', "hookInstance", id="a request without nearly everything"),
        pytest.param("[" * 101, "no JSON that can be read", id="lists that go too deep"),
        pytest.param(json.dumps(without(call(), "prefetch")), "a preview fetches nothing", id="no prefetch"),
    ],
)
def test_preview_says_what_is_wrong_with(seat: Seat, pasted: str, said: str) -> None:
    answer = seat.send("/preview", case="pasted", pasted=pasted)
    assert answer.status_code == 200
    assert said in words(answer)


def test_preview_of_a_request_leaves_nothing_behind(store: Store, seat: Seat, log_lines) -> None:
    before = _rows(store)
    answer = seat.send("/preview", case="pasted", pasted=json.dumps(TOO_HIGH), coverage="on")
    assert answer.status_code == 200
    shown = words(seat.send("/preview/result", case="pasted", pasted=json.dumps(TOO_HIGH)))
    assert shown.count("Dose above the maximum") == 1
    assert _rows(store) == before
    assert "pat-1" not in json.dumps(log_lines)


def _rows(store: Store) -> dict[str, int]:
    with store.engine.connect() as connection:
        return {
            name: connection.scalar(select(func.count()).select_from(table)) or 0
            for name, table in metadata.tables.items()
        }


def test_preview_goes_to_no_server_that_a_pasted_request_names(seat: Seat, monkeypatch) -> None:
    def asked(*_: object, **__: object) -> None:
        pytest.fail("a server was asked")

    monkeypatch.setattr("cds_service.ehr.access.FhirAccess.fetch", asked)
    monkeypatch.setattr("socket.getaddrinfo", asked)
    access = {"access_token": "t", "token_type": "Bearer", "expires_in": 300, "scope": "*", "subject": "s"}
    named = {**without(call(), "prefetch"), "fhirServer": "http://127.0.0.1:9/fhir", "fhirAuthorization": access}
    assert "a preview fetches nothing" in words(seat.send("/preview", case="pasted", pasted=json.dumps(named)))


def test_preview_takes_a_request_as_long_as_one_that_is_sent(seat: Seat) -> None:
    long = json.dumps({**TOO_HIGH, "extension": {"x": "y" * 2_000_000}})
    assert "Dose above the maximum" in words(seat.send("/preview", case="pasted", pasted=long))
    too_long = json.dumps({**TOO_HIGH, "extension": {"x": "y" * 6_000_000}})
    answer = seat.send("/preview", case="pasted", pasted=too_long)
    assert answer.status_code == 413
    assert "Too long" in words(answer)


def test_preview_shows_no_mark_of_a_chart_as_a_mark_of_the_page(seat: Seat) -> None:
    hostile = order(400)
    hostile["medicationCodeableConcept"]["text"] = "<img src=x onerror=alert(1)> **Kadcyla**"
    answer = seat.send("/preview", case="pasted", pasted=json.dumps(call(orders=[hostile])))
    assert "<img" not in answer.text.replace("&lt;img", "")


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        pytest.param({"thresholds.weight_max_age_days": "60"}, "older than 60 days instead of", id="a threshold"),
        pytest.param({"thresholds.weight_max_age_days": "60,0"}, "older than 60 days", id="a comma instead of a point"),
        pytest.param({"thresholds.weight_max_age_days": "4000"}, "must lie between 1 and 365", id="out of bounds"),
        pytest.param({"thresholds.weight_max_age_days": "soon"}, "thresholds.weight_max_age_days", id="no number"),
        pytest.param({"cards.weight-stale.mode": "loud"}, "cards.weight-stale.mode", id="no mode"),
        pytest.param({"cards.weight-stale.owner": "x" * 121}, "cards.weight-stale.owner", id="too long an owner"),
        pytest.param({"cards.weight-stale.mode": "off"}, "weight-stale: off instead of live", id="a mode"),
        pytest.param({"cards.no-such-topic.mode": "off"}, "Cards as configured now", id="an unknown topic"),
    ],
)
def test_what_if_says_of(seat: Seat, fields, said: str) -> None:
    answer = seat.browser.post(
        "/workbench/preview/result", data={"csrf_token": seat.token(), "case": "weight-stale-fired-1", **fields}
    )
    assert answer.status_code == 200
    assert said in words(answer)


def test_what_if_begins_with_what_is_in_force(seat: Seat) -> None:
    page = words(seat.send("/preview", case="weight-stale-fired-1"))
    assert "Cards as configured now" in page
    assert "What would change" not in page


@pytest.mark.parametrize("scenario", read_scenarios().scenarios, ids=lambda each: each.id)
def test_preview_of_a_scenario_shows_what_the_scenario_is_there_for(scenario: Scenario) -> None:
    request = scenario_request(scenario.id, default_knowledge(), QUERIES, now().date())
    seen = DEFAULT.of_request(json.dumps(request).encode())
    assert sorted(card["source"]["topic"]["code"] for card in seen.cards) == sorted(scenario.expect)


def test_preview_offers_every_scenario(seat: Seat) -> None:
    page = seat.get("/preview", case="kadcyla-at-the-enhertu-dose").text
    for scenario in read_scenarios().scenarios:
        assert f'<option value="{scenario.id}"' in page


def test_preview_of_no_case_says_so(seat: Seat) -> None:
    assert "There is no such case" in words(seat.get("/preview", case="../../etc/passwd"))
