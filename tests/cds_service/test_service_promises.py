"""The table of promises, each in one request; the order of the cards, their words, and their buttons."""

from __future__ import annotations

import re

import pytest
from calls import SIGN, Caller, Json, call
from promises import PROMISES, Promise, plan, request_of

SHORT = {"critical": "C", "warning": "W", "info": "I"}


def answer_to(service: Caller, promise: Promise) -> list[Json]:
    orders, chart = request_of(promise)
    body = call(promise.service, orders, chart)
    body["context"].update(promise.context)
    return service.post(body, promise.service).cards


def split(listed: str) -> list[str]:
    return [each for each in listed.split(", ") if each]


@pytest.mark.parametrize("promise", PROMISES, ids=lambda promise: promise.sentence)
def test_a_promise_is_kept(service: Caller, promise: Promise) -> None:
    cards = answer_to(service, promise)
    shown = [f"{SHORT[card['indicator']]} {card['source']['topic']['code']}" for card in cards]
    also = set(split(promise.also))
    assert [each for each in shown if each not in also] == split(promise.cards)
    written = " ".join(str(card) for card in cards)
    assert [each for each in promise.says if each not in written] == []
    for card in cards:
        check_words(card)


def check_words(card: Json) -> None:
    """Hold one card to what holds for all."""
    assert len(card["summary"]) < 140
    assert not re.search(r"<[a-zA-Z/]", card["detail"])
    assert re.search(r"\(\d{4}(-\d\d){0,2}\)", card["detail"]), "the source has no date"
    assert card["source"]["url"].startswith("http")
    assert card["source"]["topic"]["system"].endswith("/CodeSystem/card-topic")
    assert card["source"]["topic"]["display"]
    for reason in card["overrideReasons"]:
        assert reason["system"].endswith("/non-adherence-reason-codes")
        assert reason["display"]
    for suggestion in card.get("suggestions", []):
        for action in suggestion["actions"]:
            if action["type"] == "delete":
                assert action["resourceId"].startswith("MedicationRequest/")
                # Which of two orders goes is the prescriber's choice.
                assert not suggestion.get("isRecommended") or len(card["suggestions"]) == 1
            if action["type"] == "create":
                assert action["resource"]["resourceType"] in ("ServiceRequest", "QuestionnaireResponse")


def test_an_update_changes_what_must_change_and_nothing_else(service: Caller) -> None:
    (wrong,) = plan(420)
    wrong |= {"extension": [{"url": "http://ehr.example/x", "valueString": "kept"}], "note": [{"text": "kept"}]}
    (card,) = service.post(call(SIGN, [wrong])).cards
    (action,) = card["suggestions"][0]["actions"]
    changed = action["resource"]
    assert changed["dosageInstruction"][0]["doseAndRate"][0]["doseQuantity"]["value"] == 252
    changed["dosageInstruction"][0]["doseAndRate"][0]["doseQuantity"]["value"] = 420
    assert changed == wrong


# Billing has tables of its own, a third HER2 result is in the tables of results, and a recheck in those of LVEF.
ELSEWHERE = {"billing-summary", "billing-units-mismatch", "coverage-criteria", "her2-discordant", "lvef-recheck"}


def test_every_topic_has_a_promise(service: Caller) -> None:
    known = {each["code"] for each in service.get("/CodeSystem/card-topic").body["concept"]}
    promised = {each.split()[1] for promise in PROMISES for each in split(promise.cards)}
    assert known - promised == ELSEWHERE
