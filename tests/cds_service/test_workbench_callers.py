"""Previews for the callers of a profile: held to what the service itself answers them."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import pytest
from bench import EVE, Seat, bench, words
from calls import COVERAGE, QUERIES, SELECT, SIGN, VIEW, Caller, call, on_kadcyla, order, troubled_prefetch, without
from flask import g

from cards.knowledge.loader import default_knowledge
from cds_service.clock import now
from cds_service.configuration.loading import load_settings
from cds_service.configuration.overlay import PublishedPolicy, with_policy
from cds_service.configuration.policy_content import content_of
from cds_service.protocol.caller import Caller as Client
from cds_service.tryit.requests import scenario_request
from cds_service.tryit.scenarios import read_scenarios
from cds_service.workbench.callers import EVERY_CALLER, CallerPreviewer
from cds_service.workbench.previewing import Previewer, changed_cases
from cds_service.workbench.specimens import specimens

if TYPE_CHECKING:
    from cds_service.configuration.settings import Settings
    from cds_service.store.store import Store

EHR = "https://ehr.example"
PROFILES = """
auth: {mode: "off"}
workbench: {sign_in: local}
thresholds: {weight_max_age_days: 25}
profiles:
  ehr: {match: {issuer: https://ehr.example}, cards: {lvef-overdue: {mode: "off"}}}
  clinic:
    match: {issuer: https://ehr.example, tenant: clinic-1}
    cards: {weight-stale: {indicator: info}}
    thresholds: {lab_max_age_days: 60}
  signing-there:
    match: {issuer: https://ehr.example, tenant: clinic-1, service: her2-order-sign}
    thresholds: {weight_max_age_days: 300}
  tenant-elsewhere:
    match: {issuer: https://other.example, tenant: clinic-2}
    cards: {dose-above-maximum: {indicator: info}}
"""
ONE_SERVICE = """
profiles:
  selecting: {match: {service: her2-order-select}, cards: {dose-above-maximum: {mode: "off"}}}
  somewhere: {match: {tenant: clinic-1, service: her2-order-select}, cards: {dose-above-maximum: {indicator: info}}}
"""
WHO = {
    EVERY_CALLER: None,
    "ehr": Client(EHR),
    "clinic": Client(EHR, "clinic-1"),
    "signing-there": Client(EHR, "clinic-1"),
    "tenant-elsewhere": Client("https://other.example", "clinic-2"),
}
REQUESTS = {
    "a dose too high": (SIGN, call(orders=[order(400)])),
    "a dose too high, at selection": (SELECT, call(SELECT, [order(400)])),
    "a chart with troubles": (SIGN, call(prefetch=troubled_prefetch())),
    "the same at selection": (SELECT, call(SELECT, prefetch=troubled_prefetch())),
    "coverage": (COVERAGE, call(COVERAGE)),
    "an opened chart": (VIEW, call(VIEW, prefetch=on_kadcyla(18, lvef=None))),
}
AS_IT_IS = "as things stand"
IF = {
    AS_IT_IS: None,
    "another weight": {"thresholds": {"weight_max_age_days": 90, "lab_max_age_days": 5}},
    "other topics": {"cards": {"weight-stale": {"mode": "off"}, "lvef-overdue": {"indicator": "critical"}}},
}


def read(path: Path, text: str) -> Settings:
    (path / "site.yaml").write_text(text, encoding="utf-8")
    return load_settings(path / "site.yaml", {})


def bare(cards: Any) -> list[Any]:
    return [without(card, "uuid") for card in cards]


@cache
def settings_of(text: str) -> Settings:
    with TemporaryDirectory() as folder:
        return read(Path(folder), text)


@cache
def published(what_if: str, number: int) -> PublishedPolicy | None:
    given = IF[what_if]
    content = None if given is None else content_of(given)
    return None if content is None else PublishedPolicy(content, number, content.hash)


def calling(text: str, what_if: str) -> Caller:
    """Start the service itself, with a content published; who calls is set before each call."""
    caller = Caller(settings_of(text))
    caller.app.before_request(lambda: setattr(g, "caller", caller.app.extensions["who"]))
    if (policy := published(what_if, 1)) is not None:
        caller.app.extensions["her2_cds"].use_policy(policy)
    return caller


@pytest.fixture(scope="module")
def callers() -> dict[tuple[str, str], Caller]:
    """Return the service with each settings and content; none of the calls changes it."""
    asked = [*((PROFILES, what_if) for what_if in IF), (ONE_SERVICE, AS_IT_IS)]
    return {each: calling(*each) for each in asked}


@cache
def previewing(text: str, profile: str, what_if: str) -> CallerPreviewer:
    settings, policy = settings_of(text), published(what_if, 0)
    laid = settings if policy is None else with_policy(settings, policy)
    return CallerPreviewer(laid, lambda: now().date(), profile)


def answered(caller: Caller, who: Client | None, service: str, body: Any) -> list[Any]:
    """Ask the service itself through a client."""
    caller.app.extensions["who"] = who
    return bare(caller.post(body, service).body["cards"])


def previewed(text: str, profile: str, what_if: str, request_: str) -> list[Any]:
    service, body = REQUESTS[request_]
    seen = previewing(text, profile, what_if).of_request(json.dumps(body).encode(), coverage=service == COVERAGE)
    return bare(seen.cards)


@pytest.mark.parametrize("request_", REQUESTS)
@pytest.mark.parametrize("what_if", IF)
@pytest.mark.parametrize("profile", WHO)
def test_a_preview_is_what_the_service_answers_that_caller(callers, profile: str, what_if: str, request_: str) -> None:
    expected = answered(callers[PROFILES, what_if], WHO[profile], *REQUESTS[request_])
    assert previewed(PROFILES, profile, what_if, request_) == expected


@pytest.mark.parametrize("request_", REQUESTS)
@pytest.mark.parametrize(
    ("profile", "who"),
    [(EVERY_CALLER, None), ("selecting", None), ("somewhere", Client("https://any.example", "clinic-1"))],
)
def test_a_profile_for_a_service_applies_only_to_its_calls(
    callers, profile: str, who: Client | None, request_: str
) -> None:
    expected = answered(callers[ONE_SERVICE, AS_IT_IS], who, *REQUESTS[request_])
    assert previewed(ONE_SERVICE, profile, AS_IT_IS, request_) == expected


def test_the_profiles_distinguish_callers() -> None:
    """The cases above would say nothing if every caller got the same cards."""
    found = {name: json.dumps(previewed(PROFILES, name, AS_IT_IS, "a chart with troubles")) for name in WHO}
    # A caller from a clinic with a profile for signing gets that one, whichever of its profiles is named.
    assert found["clinic"] == found["signing-there"]
    assert len({found[name] for name in (EVERY_CALLER, "ehr", "clinic")}) == 3
    assert len({json.dumps(previewed(PROFILES, name, AS_IT_IS, "the same at selection")) for name in WHO}) == 3


def test_without_profiles_every_case_is_unchanged() -> None:
    settings, today = load_settings(None, {}), lambda: now().date()
    mine, ever = CallerPreviewer(settings, today, EVERY_CALLER), Previewer(settings, today)
    assert mine.cases == ever.cases
    assert changed_cases(ever, mine) == []


def test_cases_of_the_rules_are_judged_by_the_profile_of_their_service(tmp_path: Path) -> None:
    settings, today = read(tmp_path, ONE_SERVICE), lambda: now().date()
    changed = changed_cases(Previewer(settings, today), CallerPreviewer(settings, today, "selecting"))
    assert {str(each.specimen.session().hook) for each in changed} <= {"order-select"}
    own = CallerPreviewer(settings, today, "selecting").cases
    assert set(own) == set(specimens())


@pytest.fixture
def seat(store: Store, tmp_path: Path) -> Seat:
    return Seat(bench(store, given=read(tmp_path, PROFILES))).sign_in(EVE)


CASE = {"case": "weight-stale-fired-1"}


def test_the_page_previews_for_a_profile(seat: Seat) -> None:
    page = seat.get("/preview", **CASE).text
    options = page.split('<select id="profile"', 1)[1].split("</select>", 1)[0]
    named = words(type("_", (), {"text": f"<x{options}"})())
    assert named == "every caller profile clinic profile ehr profile signing-there profile tenant-elsewhere"
    assert EHR not in page
    assert "clinic-1" not in page
    everybody = seat.send("/preview", **CASE)
    assert "the last weight, 70 kg, is 31 days old" in words(everybody)
    assert 'data-in-force="weight_max_age_days">25 days<' in everybody.text
    there = seat.send("/preview", profile="signing-there", **CASE)
    assert "No card." in words(there)
    assert 'data-in-force="weight_max_age_days">300 days<' in there.text
    assert '<option value="signing-there" selected>' in there.text


def test_what_if_says_what_changes_for_the_profile(seat: Seat) -> None:
    fields = {**CASE, "thresholds__weight_max_age_days": "90", "thresholds__lab_max_age_days": "5"}
    everybody = words(seat.send("/preview/result", **fields))
    assert "older than 90 days instead of 25 days" in everybody
    assert "within 5 days instead of" in everybody
    clinic = words(seat.send("/preview/result", profile="clinic", **fields))
    assert "older than 90 days instead of 25 days" in clinic
    assert "within 5 days instead of" not in clinic
    there = words(
        seat.send("/preview/result", **{**CASE, "thresholds__weight_max_age_days": "90"}, profile="signing-there")
    )
    assert "Nothing here: a variable or the profile sets it already." in there
    assert "0 of the" in there


@pytest.mark.parametrize("odd", ["nobody", "", "<b>", "\0", "x" * 5000])
def test_an_unknown_profile_applies_to_no_call(seat: Seat, odd: str) -> None:
    page = seat.send("/preview", profile=odd, **CASE)
    assert page.status_code == 200
    assert "31 days old" in words(page)
    assert "<b>" not in page.text


def test_a_site_without_profiles_has_no_profile_choice(store: Store) -> None:
    page = Seat(bench(store)).sign_in(EVE).get("/preview").text
    assert 'id="profile"' not in page
    assert "What a profile sets" not in page


def test_a_scenario_is_previewed_for_a_profile(callers, seat: Seat) -> None:
    scenario = next(each for each in read_scenarios().scenarios if "dose-above-maximum" in each.expect)
    body = scenario_request(scenario.id, default_knowledge(), QUERIES, now().date())
    service = f"her2-{body['hook']}"
    expected = answered(callers[PROFILES, AS_IT_IS], WHO["tenant-elsewhere"], service, body)
    shown = seat.send("/preview/result", case=scenario.id, profile="tenant-elsewhere").text
    assert [shown.count(f'<article class="card {each}"') for each in ("critical", "warning", "info")] == [
        sum(card["indicator"] == each for card in expected) for each in ("critical", "warning", "info")
    ]
