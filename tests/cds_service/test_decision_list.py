"""Decisions as a list: every filter, page after page, and from an override to what followed for the same patient."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from bench import BEN, Seat, bench, words
from calls import SIGN, call, order, troubled_prefetch

from cds_service.store import listing, selection
from cds_service.store.database import open_engine, upgrade
from cds_service.store.listing import Place, listed, place_in
from cds_service.store.selection import NO_FEEDBACK, CardFilter, Window
from cds_service.store.tables import decision_cards, decisions, feedback

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Engine

    from cds_service.store.store import Store

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
COUNT = 120
PRODUCTS = (None, ",kadcyla,", ",kadcyla,", ",enhertu,kadcyla,", ",trastuzumab,", ",kadcyla,", None, ",enhertu,", ",x,")
TOPICS = ("weight-stale", "ild-active", "lvef-overdue")


def decision(number: int) -> dict[str, Any]:
    """Return a made-up decision: three share a moment, so that ids decide; every fifth has no tenant."""
    return {
        "id": f"d{number:03}", "at": START + timedelta(minutes=number // 3), "hook_instance": "h", "user": "u",
        "service": "her2-order-dispatch" if number % 11 == 0 else SIGN, "issuer": "https://ehr.example",
        "tenant": None if number % 5 == 0 else f"t{number % 2}", "patient": f"p{number % 7}", "duration_ms": 1.0,
        "code_version": "1", "knowledge_version": "1", "wording_version": "1", "configuration_hash": "c",
        "facts": "{}", "verdicts": "{}", "late": False, "products": PRODUCTS[number % 9],
    }  # fmt: skip


def cards_of(number: int) -> list[dict[str, Any]]:
    """Return the cards of a made-up decision; every fourth has none."""
    return [
        {
            "decision_id": f"d{number:03}", "position": place, "uuid": f"c{number:03}-{place}",
            "topic": TOPICS[(number + place) % 3], "indicator": "critical" if (number + place) % 3 == 1 else "warning",
            "content": '{"summary": "Made up"}', "order_name": "", "product": ("kadcyla", "enhertu")[number % 2],
            "finding": None,
        }
        for place in range(number % 4 and 1 + number % 2)
    ]  # fmt: skip


def words_on(number: int) -> list[dict[str, Any]]:
    """Return what was said of the first card: accepted first and overridden later, or accepted, or nothing."""
    said = {1: ("accepted", "overridden"), 2: ("accepted",)}.get(number % 6, ())
    row = decision(number)
    return [
        {
            "digest": f"{number}-{place}", "received_at": START, "service": SIGN, "issuer": row["issuer"],
            "tenant": row["tenant"], "card": f"c{number:03}-0", "known": True, "outcome": outcome,
            "outcome_at": START + timedelta(hours=place),
            "content": '{"overrideReason": {"display": "Already done", "comment": "Echo elsewhere"}}',
        }
        for place, outcome in enumerate(said)
    ]  # fmt: skip


def fill(engine: Engine) -> Engine:
    """Put the made-up decisions into an empty database."""
    upgrade(engine)
    with engine.begin() as connection:
        for table, rows_of in ((decisions, lambda n: [decision(n)]), (decision_cards, cards_of), (feedback, words_on)):
            connection.execute(table.insert(), [row for number in range(COUNT) for row in rows_of(number)])
    return engine


def expected(window: Window, cards: CardFilter, patient: str | None) -> list[str]:
    """Work out in Python which decisions a list has, the newest first."""

    def outcome(card: dict[str, Any], number: int) -> str:
        said = words_on(number) if card["position"] == 0 else []
        return said[-1]["outcome"] if said else NO_FEEDBACK

    def fits(card: dict[str, Any], number: int) -> bool:
        asked = {"topic": cards.topic, "indicator": cards.indicator, "product": cards.product}
        return all(value is None or card[name] == value for name, value in asked.items()) and (
            cards.outcome in (None, outcome(card, number))
        )

    def is_about(drug: str, number: int) -> bool:
        judged = decision(number)["products"]
        shown = [card["product"] for card in cards_of(number)]
        return drug in (judged.split(",") if judged is not None else shown)

    found = []
    for number in range(COUNT):
        row = decision(number)
        is_in = (
            (window.service is None or row["service"] == window.service)
            and (window.tenant is None or (row["tenant"] or "") == window.tenant)
            and (window.begin is None or row["at"] >= window.begin)
            and (window.end is None or row["at"] < window.end)
            and patient in (None, row["patient"])
            and (cards.drug is None or is_about(cards.drug, number))
        )
        if is_in and (not cards.asks or any(fits(card, number) for card in cards_of(number))):
            found.append((row["at"], row["id"]))
    return [name for _, name in sorted(found, reverse=True)]


def walked(engine: Engine, window: Window, cards: CardFilter, patient: str | None, count: int) -> list[str]:
    """Turn every page, and give the ids of all decisions in their order."""
    found, before = [], None
    for _ in range(COUNT + 2):
        page = listed(engine, window, cards, patient, before, count)
        assert len(page.decisions) <= count
        found += [each.id for each in page.decisions]
        if page.older is None:
            return found
        before = place_in(page.older.written)
    pytest.fail("the pages have no end")


BY_DRUG = (CardFilter(drug="kadcyla"), CardFilter(drug="kad"))
FILTERS = (
    CardFilter(),
    CardFilter(topic="ild-active"),
    CardFilter(product="kadcyla", indicator="critical"),
    CardFilter(outcome="overridden"),
    CardFilter(outcome="accepted"),
    CardFilter(outcome=NO_FEEDBACK),
    CardFilter("weight-stale", "warning", "enhertu", "overridden"),
    CardFilter(topic="no-such-topic"),
    *BY_DRUG,
    CardFilter(topic="ild-active", drug="kadcyla"),
)
WINDOWS = (
    (Window(), None),
    (Window(begin=START + timedelta(minutes=5), end=START + timedelta(minutes=30), service=SIGN), None),
    (Window(tenant="t1"), None),
    (Window(tenant=""), "p3"),
)


@pytest.mark.parametrize(
    ("few", "names", "filters"),
    [
        pytest.param(0, 200, FILTERS, id="walked"),
        pytest.param(10_000, 200, FILTERS, id="begun with the cards"),
        pytest.param(0, 3, BY_DRUG, id="drugs not named"),
    ],
)
def test_every_page_of_every_filter_matches_a_filter_in_python(
    database_url: str, few, names, filters, monkeypatch
) -> None:
    # No number of cards is few, so that every list is walked in short steps; or any is; or drugs are too many to name.
    monkeypatch.setattr(selection, "MOST_NAMES", names)
    monkeypatch.setattr(listing, "FEW", few)
    monkeypatch.setattr(listing, "HORIZON", 37)
    engine = fill(open_engine(database_url))
    for cards in filters:
        for window, patient in WINDOWS:
            assert walked(engine, window, cards, patient, 19) == expected(window, cards, patient)
    engine.dispose()


def test_a_list_is_the_same_with_pages_of_any_length(tmp_path: Path) -> None:
    engine = fill(open_engine(f"sqlite:///{tmp_path / 'x.sqlite3'}"))
    for count, cards in (
        (1, CardFilter(topic="ild-active")),
        (7, CardFilter()),
        (60, CardFilter()),
        (120, CardFilter()),
    ):
        assert walked(engine, Window(), cards, None, count) == expected(Window(), cards, None)
    engine.dispose()


@pytest.mark.parametrize("text", ["", "~", "2026-03-01~x", "yesterday~d1", "x" * 500, "2026-03-01T00:00:00+00:00"])
def test_an_invalid_place_starts_at_the_newest(text: str) -> None:
    assert place_in(text) is None


def test_a_place_reads_as_it_was_written() -> None:
    place = Place(START, "d001")
    assert place_in(place.written) == place


@pytest.fixture
def seat(store: Store) -> Seat:
    """Return a workbench with decisions on one patient: the first has a card that was overridden with a comment."""
    given = Seat(bench(store))
    ids = []
    for dose in (400, 252, 420):
        body = {**call(orders=[order(dose)], prefetch=troubled_prefetch()), "hookInstance": f"visit-{dose}"}
        answer = given.browser.post(f"/cds-services/{SIGN}", json=body)
        ids.append((answer.headers["HER2-CDS-Decision"], answer.get_json()["cards"]))
    (_, cards), *_ = ids
    card = next(each for each in cards if each["source"]["topic"]["code"] == "dose-above-maximum")
    reason = {"reason": {"code": "risk-benefit-ratio"}, "userComment": "Agreed with the tumor board"}
    entry = {"card": card["uuid"], "outcome": "overridden", "overrideReason": reason}
    entry["outcomeTimestamp"] = datetime.now(UTC).isoformat()
    sent = given.browser.post(f"/cds-services/{SIGN}/feedback", json={"feedback": [entry]})
    assert sent.status_code == 200
    given.decisions = [each for each, _ in ids]  # type: ignore[attr-defined] # for the tests
    return given.sign_in(BEN)


def test_the_way_from_an_override_to_what_followed_for_the_patient(seat: Seat) -> None:
    first, second, third = seat.decisions  # type: ignore[attr-defined]
    page = seat.get("/decisions", outcome="overridden", topic="dose-above-maximum", product="kadcyla")
    assert page.text.count(f"id={first}") == 1
    assert f"id={third}" not in page.text
    assert "overridden : Benefit outweighs the risk “Agreed with the tumor board”" in words(page)
    opened = seat.get("/decisions", id=first)
    assert opened.text.index(f"id={second}") < opened.text.index(f"id={third}")
    pseudonym = opened.text.split("patient=", 1)[1].split('"', 1)[0]
    of_patient = seat.get("/decisions", patient=pseudonym).text
    assert all(f"id={each}" in of_patient for each in (first, second, third))
    assert "No decision on record matches" in words(seat.get("/decisions", patient="somebody else"))


def test_a_drug_lists_its_decisions_without_a_card_too(seat: Seat) -> None:
    answer = seat.browser.post(f"/cds-services/{SIGN}", json=call())
    silent = answer.headers["HER2-CDS-Decision"]
    assert answer.get_json()["cards"] == []
    assert f"id={silent}" in seat.get("/decisions", product="kadcyla").text
    assert f"id={silent}" not in seat.get("/decisions", product="enhertu").text
    assert f"id={silent}" not in seat.get("/decisions", product="kadcyla", indicator="critical").text


def test_the_list_accepts_days_of_the_site_and_rejects_other_text(seat: Seat) -> None:
    today = datetime.now(UTC).astimezone().date()
    near = {"from": str(today - timedelta(days=2)), "to": str(today + timedelta(days=2))}
    assert seat.get("/decisions", **near).text.count('scope="row"') == 3
    assert seat.get("/decisions", to=str(today - timedelta(days=3))).text.count('scope="row"') == 0
    for odd in ("today", "2026-02-30", "9999-12-31", "²"):
        assert seat.get("/decisions", to=odd).status_code == 200
    assert "Write a day as 2026-11-30." in words(seat.get("/decisions", to="today"))


def test_a_page_that_is_cut_off_says_how_far_it_looked(seat: Seat, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "FEW", 0)
    monkeypatch.setattr(listing, "HORIZON", 1)
    page = seat.get("/decisions", outcome="overridden")
    assert "decisions were looked through, back to" in words(page)
    assert "Look further back" in words(page)
    assert 'scope="row"' not in page.text
