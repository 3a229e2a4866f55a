"""What was overridden at selection is not told again, as long as nothing that it stands on has changed."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from calls import (
    DISPATCH,
    INSTANCE,
    ORDER,
    SELECT,
    SIGN,
    TODAY,
    Caller,
    bundle,
    call,
    changed,
    clean_prefetch,
    days_ago,
    order,
    weight,
)
from flask import g

from cds_service.audit.explain import explain
from cds_service.configuration.settings import Settings
from cds_service.decisions import suppression
from cds_service.protocol.caller import Caller as Client
from cds_service.store.reading import since

if TYPE_CHECKING:
    from collections.abc import Callable

Json = dict[str, Any]
ON = {"enabled": True}
REASON = {"reason": {"code": "expert-contradicts", "system": "urn:x", "display": "Expert advice says otherwise"}}
STALE = clean_prefetch() | {"weight": bundle(weight(days=45))}
ENDPOINT = "/cds-services/her2-order-select/feedback"


class Moving:
    """A clock that a test sets forward."""

    def __init__(self) -> None:
        """Begin at noon: no test shall cross midnight by chance."""
        self.at = datetime.combine(TODAY, datetime.min.time(), UTC) + timedelta(hours=12)

    def __call__(self) -> datetime:
        """Return the moment that is set."""
        return self.at


@pytest.fixture(autouse=True)
def a_busy_machine_is_no_store_that_is_down(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait longer for the store than the fifth of a second that an answer waits, but where that is what is tried."""
    if "suppresses_no_card" not in request.node.name:
        monkeypatch.setattr(suppression, "DEADLINE_S", 20.0)


def sign(**more: Any) -> Json:
    return call(SIGN, prefetch=STALE, **more) | {"hookInstance": "sign-1"}


def with_user(request: Json, user: str) -> Json:
    return changed(request, "context.userId", user)


def stale(cards: list[Json]) -> Json:
    return next(card for card in cards if card["source"]["topic"]["code"] == "weight-stale")


def override(caller: Caller, card: str, at: datetime, outcome: str = "overridden", **more: Any) -> None:
    entry = {"card": card, "outcome": outcome, "outcomeTimestamp": at.isoformat(), **more}
    assert caller.client.post(ENDPOINT, json={"feedback": [entry]}).status_code == 200


def overridden(settings: Settings | None = None, database: str | None = None, clock: Moving | None = None) -> Caller:
    """Return a service at which the stale weight of an order was overridden with a reason at selection."""
    clock = clock or Moving()
    caller = Caller(settings or Settings(suppress_repeats=ON), database=database, clock=clock)
    card = stale(caller.post(call(SELECT, prefetch=STALE), SELECT).cards)
    override(caller, card["uuid"], clock(), overrideReason=REASON)
    return caller


def test_an_overridden_finding_is_not_repeated_and_that_is_recorded(database_url: str) -> None:
    caller = overridden(database=database_url)
    assert caller.post(sign()).topics == []
    (kept,) = [each for each in since(caller.store.engine) if each.row.service == SIGN]
    found = explain(caller.store.engine, kept.row.id)
    assert found is not None
    (left_out,) = found["suppressed"]
    assert (left_out["topic"], left_out["order"]) == ("weight-stale", f"MedicationRequest/{ORDER}")
    assert left_out["because"]["code"] == "expert-contradicts"
    first = explain(caller.store.engine, left_out["because"]["overriddenCard"])
    assert first is not None
    assert first["decision"]["service"] == SELECT
    assert found["cards"] == []
    assert found["replay"]["identical"]


def new_name(request: Json) -> Json:
    return changed(request, "context.draftOrders.entry", [{"resource": order(252, "order-77")}])


SAME: list[Any] = [
    pytest.param(lambda request: request, id="the same order"),
    pytest.param(new_name, id="the order under another id"),
    pytest.param(lambda r: changed(r, "context.draftOrders.entry", [{"resource": order(252, None)}]), id="without id"),
    pytest.param(
        lambda r: changed(r, "prefetch.lvef.entry", list(reversed(r["prefetch"]["lvef"]["entry"]))),
        id="results in another order",
    ),
]
OTHER: list[Any] = [
    pytest.param(lambda r: changed(r, "context.draftOrders.entry", [{"resource": order(250)}]), id="the dose"),
    pytest.param(
        lambda r: changed(
            r, "context.draftOrders.entry", [{"resource": order(252, medicationCodeableConcept=ENHERTU)}]
        ),
        id="the drug",
    ),
    pytest.param(lambda r: changed(r, "prefetch.weight", bundle(weight(70, 46))), id="the date of the result"),
    pytest.param(lambda r: changed(r, "prefetch.weight", bundle(weight(71, 45))), id="the result"),
    pytest.param(lambda r: changed(r, "context.draftOrders.entry", [{"resource": later()}]), id="the start"),
    pytest.param(lambda r: with_user(r, "Practitioner/other"), id="the user, who never saw the card"),
    pytest.param(
        lambda r: changed(r, "context.draftOrders.entry", [{"resource": order(252, "n-1")}, {"resource": order(252)}]),
        id="a second order that is the same",
    ),
]
ENHERTU = {
    "coding": [{"system": "http://www.nlm.nih.gov/research/umls/rxnorm", "code": "2267574"}],
    "text": "fam-trastuzumab deruxtecan-nxki (ENHERTU) IV",
}


def later() -> Json:
    request = order(252)
    request["dosageInstruction"][0]["timing"]["event"] = [days_ago(-5)]
    return request


@pytest.mark.parametrize("change", SAME)
def test_it_stays_suppressed_if_only_this_changed(change: Callable[[Json], Json]) -> None:
    assert "weight-stale" not in overridden().post(change(sign())).topics


@pytest.mark.parametrize("change", OTHER)
def test_it_is_repeated_when_this_changed(change: Callable[[Json], Json]) -> None:
    assert "weight-stale" in overridden().post(change(sign())).topics


def test_it_is_not_repeated_at_dispatch_either_which_names_no_user() -> None:
    chart = STALE | {"orders": bundle(order(252, status="active"))}
    request = call(DISPATCH, [order(252, status="active")], chart) | {"hookInstance": "dispatch-1"}
    assert "weight-stale" in Caller(Settings(suppress_repeats=ON)).post(request, DISPATCH).topics
    assert "weight-stale" not in overridden().post(request, DISPATCH).topics


def test_only_the_overridden_one_of_two_equal_orders_is_suppressed() -> None:
    orders = [order(252, "order-2"), order(252)]
    cards = overridden().post(sign(orders=orders)).cards
    assert [card["source"]["topic"]["code"] for card in cards].count("weight-stale") == 1
    assert "MedicationRequest/order-1" not in stale(cards)["detail"]


def test_another_patient_is_judged_separately() -> None:
    caller = overridden()
    chart = clean_prefetch("pat-2") | {"weight": bundle(weight(days=45, patient="pat-2"))}
    request = changed(call(SIGN, [order(252, patient="pat-2")], chart), "context.patientId", "pat-2")
    assert "weight-stale" in caller.post(request).topics


def test_off_is_the_default() -> None:
    assert "weight-stale" in overridden(Settings()).post(sign()).topics


def test_a_patient_without_a_name_on_record_stays_unnamed() -> None:
    settings = Settings(suppress_repeats=ON, audit={"patient": "none"})
    assert "weight-stale" in overridden(settings).post(sign()).topics


@pytest.mark.parametrize(
    ("minutes", "hours", "told"),
    [
        pytest.param(23 * 60, 24, False, id="within the time"),
        pytest.param(60, 1, False, id="at its end"),
        pytest.param(61, 1, True, id="after it"),
    ],
)
def test_an_override_applies_for_some_hours(minutes: int, hours: int, *, told: bool) -> None:
    clock = Moving()
    clock.at -= timedelta(hours=12)
    caller = overridden(Settings(suppress_repeats=ON | {"hours": hours}), clock=clock)
    clock.at += timedelta(minutes=minutes)
    assert ("weight-stale" in caller.post(sign()).topics) is told


def test_critical_cards_are_repeated_unless_the_site_says_otherwise() -> None:
    for never, told in ((["critical"], True), ([], False), (["critical", "warning"], True)):
        caller = Caller(Settings(suppress_repeats=ON | {"never": never}))
        for card in caller.post(call(SELECT, [order(378)]), SELECT).cards:
            override(caller, card["uuid"], datetime.now(UTC), overrideReason=REASON)
        assert ("dose-above-maximum" in caller.post(call(SIGN, [order(378)])).topics) is told
    caller = overridden(Settings(suppress_repeats=ON | {"never": ["warning"]}))
    assert "weight-stale" in caller.post(sign()).topics


@pytest.mark.parametrize(
    ("first", "then"),
    [
        pytest.param({}, None, id="no reason was given"),
        pytest.param({"overrideReason": {}}, None, id="an empty reason was given"),
        pytest.param(
            {"overrideReason": REASON},
            {"outcome": "accepted", "acceptedSuggestions": [{"id": "s"}]},
            id="it was accepted after all",
        ),
        pytest.param({"overrideReason": REASON}, {"outcome": "overridden"}, id="the last word has no reason"),
    ],
)
def test_it_is_repeated_when(first: Json, then: Json | None) -> None:
    clock = Moving()
    caller = Caller(Settings(suppress_repeats=ON), clock=clock)
    card = stale(caller.post(call(SELECT, prefetch=STALE), SELECT).cards)["uuid"]
    override(caller, card, clock(), **first)
    if then:
        override(caller, card, clock() + timedelta(minutes=1), **then)
    assert "weight-stale" in caller.post(sign()).topics


def test_a_comment_is_a_reason() -> None:
    clock = Moving()
    caller = Caller(Settings(suppress_repeats=ON), clock=clock)
    card = stale(caller.post(call(SELECT, prefetch=STALE), SELECT).cards)["uuid"]
    override(caller, card, clock(), overrideReason={"userComment": "weighed this morning, will be entered"})
    assert caller.post(sign()).topics == []


def test_what_was_overridden_at_signing_is_told_at_the_next_signing() -> None:
    clock = Moving()
    caller = Caller(Settings(suppress_repeats=ON), clock=clock)
    override(caller, stale(caller.post(sign()).cards)["uuid"], clock(), overrideReason=REASON)
    assert "weight-stale" in caller.post(sign() | {"hookInstance": "sign-2"}).topics


def test_another_client_has_no_influence() -> None:
    clock = Moving()
    caller = Caller(Settings(suppress_repeats=ON), clock=clock)
    speaking = [Client("https://a.example")]
    caller.app.before_request(lambda: setattr(g, "caller", speaking[0]))
    card = stale(caller.post(call(SELECT, prefetch=STALE), SELECT).cards)["uuid"]
    speaking[0] = Client("https://b.example")
    override(caller, card, clock(), overrideReason=REASON)
    speaking[0] = Client("https://a.example")
    assert "weight-stale" in caller.post(sign()).topics
    override(caller, card, clock(), overrideReason=REASON)
    assert caller.post(sign()).topics == []
    speaking[0] = Client("https://a.example", "clinic")
    assert "weight-stale" in caller.post(sign()).topics


def test_a_card_id_shared_by_two_patients_matches_neither() -> None:
    """Clients exist that send every call with the same hookInstance."""
    clock = Moving()
    caller = Caller(Settings(suppress_repeats=ON), clock=clock)

    def of(service: str, patient: str) -> Json:
        chart = clean_prefetch(patient) | {"weight": bundle(weight(days=45, patient=patient))}
        request = changed(call(service, [order(252, patient=patient)], chart), "context.patientId", patient)
        return request | {"hookInstance": INSTANCE}

    first = stale(caller.post(of(SELECT, "pat-1"), SELECT).cards)["uuid"]
    assert first == stale(caller.post(of(SELECT, "pat-2"), SELECT).cards)["uuid"]
    override(caller, first, clock(), overrideReason=REASON)
    for patient in ("pat-1", "pat-2"):
        assert "weight-stale" in caller.post(of(SIGN, patient)).topics


def test_a_slow_store_suppresses_no_card(postgres: Any, log_lines: list[Any]) -> None:
    url = postgres.new_database()
    caller = overridden(database=url)
    with psycopg.connect(url.replace("postgresql+psycopg", "postgresql")) as holding:
        holding.execute("LOCK TABLE feedback IN ACCESS EXCLUSIVE MODE")
        assert "weight-stale" in caller.post(sign()).topics
        holding.rollback()
    # The answer's deadline ended the wait, not the store's; a busy machine may take longer.
    assert "TimeoutError" in [line["reason"] for line in log_lines if line["event"] == "overrides_not_known"]
    time.sleep(0.5)
    assert caller.post(sign()).topics == []


def test_a_store_that_is_down_suppresses_no_card(postgres: Any) -> None:
    caller = overridden(database=postgres.new_database())
    postgres.stop()
    try:
        for _ in range(2):
            assert "weight-stale" in caller.post(sign()).topics
        assert not caller.store.recorder.is_up
    finally:
        postgres.start()
