"""Trials, reports and decisions on the pages of the workbench."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from bench import ADA, BEN, EVE, Seat, bench, words
from calls import SELECT, SIGN, bundle, call, clean_prefetch, order, troubled_prefetch, weight
from sqlalchemy import select

from cds_service.store.tables import shadow_reviews
from cds_service.workbench import learning_pages, trial_pages

if TYPE_CHECKING:
    from cds_service.store.store import Store

TROUBLED = call(prefetch=troubled_prefetch())
IN_SHADOW = {"cards": {"lvef-overdue": {"mode": "shadow"}}, "promotion": {"min_orders": 2, "min_reviewed": 1}}


@pytest.fixture
def seat(store: Store) -> Seat:
    """Return a workbench with three decisions on record, and a topic on trial in each."""
    given = Seat(bench(store, **IN_SHADOW))
    for _ in range(3):
        assert given.browser.post(f"/cds-services/{SIGN}", json=TROUBLED).status_code == 200
    return given.sign_in(BEN)


def decided(seat: Seat) -> tuple[str, str]:
    """Sign an order that is too high, and give the ids of the decision and of its card."""
    answer = seat.browser.post(f"/cds-services/{SIGN}", json=call(orders=[order(400)]))
    (card,) = answer.get_json()["cards"]
    return answer.headers["HER2-CDS-Decision"], card["uuid"]


def test_the_page_of_trials_shows_what_would_have_fired_and_the_gate(seat: Seat) -> None:
    page = words(seat.get("/shadow"))
    assert "lvef-overdue" in page
    assert "3 of 3 orders: 100.0 per 100" in page
    assert "New to clinicians 3, gone for clinicians 0, shown now 0" in page
    assert "Gate: not passed" in page
    assert "no: 0 cases reviewed, at least 1" in page


def test_a_review_is_kept_under_the_name_and_subject_of_the_reviewer(seat: Seat, store: Store) -> None:
    page = seat.get("/shadow", topic="lvef-overdue").text
    decision = page.split('name="decision" value="', 1)[1].split('"', 1)[0]
    sent = seat.send(
        "/shadow/reviews",
        decision=decision,
        topic="lvef-overdue",
        verdict="wrong",
        comment="Echo of yesterday elsewhere",
    )
    assert sent.status_code == 302
    with store.engine.connect() as connection:
        (row,) = connection.execute(select(shadow_reviews))
    assert (row.decision_id, row.topic, row.verdict) == (decision, "lvef-overdue", "wrong")
    assert row.reviewer == f"Ben, oncology pharmacist (made up) ({BEN})"
    assert row.comment == "Echo of yesterday elsewhere"
    assert "0 right, 1 wrong, 0 unsure" in words(seat.get("/shadow", topic="lvef-overdue"))


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({"verdict": "maybe"}, id="a nonexistent verdict"),
        pytest.param({"topic": "no-such-topic"}, id="a nonexistent topic"),
        pytest.param({"decision": "no-such-decision"}, id="a nonexistent decision"),
        pytest.param({"decision": ""}, id="no decision"),
        pytest.param({"comment": "x" * 5000}, id="too long a comment"),
    ],
)
def test_no_review_is_kept_with(seat: Seat, store: Store, fields) -> None:
    decision, _ = decided(seat)
    given = {"decision": decision, "topic": "lvef-overdue", "verdict": "right", "comment": ""}
    assert seat.send("/shadow/reviews", **{**given, **fields}).status_code == 400
    with store.engine.connect() as connection:
        assert connection.execute(select(shadow_reviews)).all() == []


def test_pages_read_the_newest_decisions_and_say_so_if_there_are_more(seat: Seat, monkeypatch) -> None:
    assert "newest" not in words(seat.get("/shadow"))
    monkeypatch.setattr(trial_pages, "AT_MOST", 2)
    monkeypatch.setattr(learning_pages, "AT_MOST", 2)
    assert "Only the newest 2 decisions;" in words(seat.get("/shadow"))
    assert "2 of 2 orders" in words(seat.get("/shadow"))
    assert "Only the newest 2 decisions were read" in words(seat.get("/learning"))


def test_a_decision_is_found_by_its_id_and_by_the_id_of_its_card(seat: Seat) -> None:
    decision, card = decided(seat)
    for identifier in (decision, card, f" {card} "):
        page = words(seat.get("/decisions", id=identifier))
        assert "Kadcyla 400 mg (5.71 mg/kg) is above the maximum" in page
        assert "Evaluated again today, it gives the same cards." in page
        assert "dose_rounding_tolerance_percent 5 % (as shipped)" in page
        assert "Feedback: no feedback" in page


@pytest.mark.parametrize("identifier", ["none", "'; DROP TABLE decisions; --", "x" * 5000, "\0"])
def test_an_unknown_decision_is_not_found(seat: Seat, identifier: str) -> None:
    answer = seat.get("/decisions", id=identifier)
    assert answer.status_code == 404
    assert "is on record" in words(answer)


@pytest.mark.parametrize("query", [{"days": "0"}, {"days": "99999999"}, {"service": "none"}, {"period": "year"}])
def test_reports_treat_unknown_values_as_usual(seat: Seat, query) -> None:
    for path in ("/shadow", "/learning"):
        assert seat.get(path, **query).status_code == 200


@pytest.mark.parametrize("person", [ADA, EVE])
def test_only_a_reviewer_is_offered_a_review(seat: Seat, person: str) -> None:
    seat.send("/sign-out")
    page = words(seat.sign_in(person).get("/shadow", topic="lvef-overdue"))
    assert "Cases drawn at random" in page
    assert "The card would be right" not in page


STALE = {**clean_prefetch(), "weight": bundle(weight(days=45))}
WHY = {"code": "expert-contradicts", "system": "urn:x", "display": "Expert advice says otherwise"}


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        pytest.param({"reason": WHY}, "Expert advice says otherwise", id="a coded reason"),
        pytest.param({"reason": {**WHY, "display": ""}}, "expert-contradicts", id="a code without a display"),
        pytest.param({"userComment": "Weighed at home"}, "Weighed at home", id="a comment alone"),
    ],
)
def test_a_card_that_was_left_out_is_shown_with_the_reason_for_it(store: Store, reason, said: str) -> None:
    seat = Seat(bench(store, suppress_repeats={"enabled": True})).sign_in(EVE)
    (card,) = seat.browser.post(f"/cds-services/{SELECT}", json=call(SELECT, prefetch=STALE)).get_json()["cards"]
    entry = {"card": card["uuid"], "outcome": "overridden", "overrideReason": reason}
    entry["outcomeTimestamp"] = datetime.now(UTC).isoformat()
    assert seat.browser.post(f"/cds-services/{SELECT}/feedback", json={"feedback": [entry]}).status_code == 200
    signed = {**call(prefetch=STALE), "hookInstance": "sign-1"}
    answer = seat.browser.post(f"/cds-services/{SIGN}", json=signed)
    assert answer.get_json() == {"cards": []}
    page = words(seat.get("/decisions", id=answer.headers["HER2-CDS-Decision"]))
    assert f"Left out as a repeat: {card['summary']} (overridden before: {said})" in page
