"""Several hospitals on one service: what is asked of one issuer or tenant, and that the parts add up to the whole."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from bench import BEN, Seat, bench, words
from calls import SELECT, SIGN, Caller, call, troubled_prefetch
from click.testing import CliRunner
from sqlalchemy import func, select

from cds_service.cli import main
from cds_service.configuration.settings import Settings
from cds_service.learning.feedback_export import entries
from cds_service.learning.judgments import newest
from cds_service.learning.report import learning_report
from cds_service.learning.trial import trials
from cds_service.protocol.caller import Caller as Client
from cds_service.protocol.feedback import read_feedback
from cds_service.store import feedback as kept
from cds_service.store import tables
from cds_service.store.reading import since
from cds_service.store.retention import purge
from cds_service.store.reviews import keep_review
from cds_service.store.selection import (
    NO_FEEDBACK,
    NOT_GIVEN,
    CardFilter,
    Window,
    decided_in,
    has_card,
    issuers_on_record,
    tenants_on_record,
)
from cds_service.store.store import open_store
from fhir_mappings.request.hook_request import read_request

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import Engine

    from cds_service.store.store import Store

Json = dict[str, Any]
NORTH, SOUTH = "north", "south"
EPIC, OTHER = "https://ehr.example.org", "https://other.example.org"
CLIENTS = (
    None,
    Client(EPIC, NORTH),
    Client(EPIC, SOUTH),
    Client(EPIC),
    Client(OTHER, NORTH),
    Client(OTHER, "the north"),
)
PARTS = {"issuer": (NOT_GIVEN, EPIC, OTHER), "tenant": (NOT_GIVEN, NORTH, SOUTH, "the north")}
TROUBLED = call(prefetch=troubled_prefetch())
NOW = datetime.now(UTC)
NAMES = ("said", "taken", "silent", "changed")


def judged(caller: Caller, client: Client | None, instance: str, request: Json = TROUBLED, service: str = SIGN) -> Any:
    """Return the record and the cards of a decision as a call of a client would get it."""
    active = caller.app.extensions["her2_cds"].current()
    asked = read_request(json.dumps(request | {"hookInstance": instance}).encode(), service.removeprefix("her2-"))
    decision = active.decider.decide(asked)
    return active.records.record(service, asked, client, decision, decision.session), decision.cards


def say(store: Store, client: Client | None, card: Json, outcome: str, after_s: int = 1) -> None:
    """Give feedback on a card as its client."""
    at = datetime.now(UTC) + timedelta(seconds=after_s)
    more = {"acceptedSuggestions": [{"id": "s-1"}]} if outcome == "accepted" else {}
    entry = {"card": card["uuid"], "outcome": outcome, "outcomeTimestamp": at.isoformat(), **more}
    good, bad = read_feedback({"feedback": [entry]})
    assert not bad
    kept.keep(store.engine, SIGN, client, good)


@pytest.fixture(scope="module")
def calls() -> list[Any]:
    """Return what six clients called for and got; each has as many troubled orders as its place."""
    caller, made = Caller(), []
    for place, client in enumerate(CLIENTS, 1):
        made += [(client, number, *judged(caller, client, f"i-{place}-{number}")) for number in range(place)]
        made.append((client, 0, *judged(caller, client, f"quiet-{place}", call())))
        made.append((client, 0, *judged(caller, client, f"select-{place}", call(SELECT), SELECT)))
    return made


@pytest.fixture
def opened(database_url: str) -> Iterator[Store]:
    """Yield an empty store, of each kind in turn."""
    store = open_store(database_url)
    yield store
    store.close()


@pytest.fixture
def hospitals(opened: Store, calls: list[Any]) -> Store:
    """Return a store with these calls, and with feedback on all but the first of each client."""
    for client, number, record, cards in calls:
        assert opened.recorder.write(record)
        if number:
            say(opened, client, cards[0], ("accepted", "overridden")[number % 2])
    return opened


def counted(report: Json) -> Counter[Any]:
    """Return every number of a report that parts must add up to."""
    found: Counter[Any] = Counter({name: report[name] for name in ("decisions", "orders", "cards")})
    for each in report["topics"]:
        found[each["topic"], "shown"] += each["shown"]
        for outcome in ("accepted", "overridden"):
            found[each["topic"], outcome] += each["outcomes"][outcome]["cards"]
    for each in report["reasons"]:
        found[each["topic"], each["reason"]] += each["cards"]
    for chart in report["charts"]:
        for point in chart["points"]:
            found[chart["topic"], chart["measure"], point["begin"]] += point["hits"]
    return found


def first_of(engine: Engine, tenant: str) -> str:
    """Return a decision of a tenant."""
    chosen = select(tables.decisions.c.id).where(tables.decisions.c.tenant == tenant).limit(1)
    with engine.connect() as connection:
        return str(connection.scalar(chosen))


@pytest.mark.parametrize("by", ["issuer", "tenant"])
def test_the_reports_of_the_parts_add_up_to_the_whole(hospitals: Store, by: str) -> None:
    engine = hospitals.engine
    parts = [Window(service=SIGN, **{by: name}) for name in PARTS[by]]
    whole = Window(service=SIGN)
    reports = [learning_report(engine, part, "week") for part in parts]
    assert sum(map(counted, reports), Counter()) == counted(learning_report(engine, whole, "week"))
    assert all(report["decisions"] for report in reports)
    for listed, key in (
        (lambda window: since(engine, window), lambda each: each.row.id),
        (lambda window: entries(engine, window), lambda each: (each["card"], each["outcomeAt"], each["decision"])),
    ):
        assert sorted(key(each) for part in parts for each in listed(part)) == sorted(map(key, listed(whole)))


def test_the_trials_of_the_parts_add_up_to_the_whole(store: Store) -> None:
    caller = Caller(Settings(cards={"lvef-overdue": {"mode": "shadow"}}))
    for place, client in enumerate(CLIENTS):
        assert store.recorder.write(judged(caller, client, f"i-{place}")[0])
    whole = trials(store.engine, Window())["lvef-overdue"]
    parts = [trials(store.engine, Window(tenant=name))["lvef-overdue"] for name in PARTS["tenant"]]
    assert whole.orders == sum(each.orders for each in parts) == len(CLIENTS)
    assert sorted(each.decision for each in whole.cases) == sorted(one.decision for each in parts for one in each.cases)


def test_the_newest_records_of_a_part_are_its_own(hospitals: Store) -> None:
    engine = hospitals.engine
    cut = newest(engine, Window(tenant=NORTH), 3)
    assert [each.row.tenant for each in since(engine, cut)] == [NORTH] * 3


def test_a_purge_of_one_hospital_leaves_the_others(hospitals: Store) -> None:
    engine = hospitals.engine
    before = Counter(each.row.tenant or NOT_GIVEN for each in since(engine))
    said = Counter(each["tenant"] for each in entries(engine, Window()))
    reviewed = {name: first_of(engine, name) for name in (NORTH, SOUTH)}
    for decision in reviewed.values():
        keep_review(engine, (decision, "lvef-overdue"), "right", "Ada", "", NOW)
    later = NOW + timedelta(days=30)
    assert purge(engine, 10, later, tenant=NORTH) == (before[NORTH], said[NORTH])
    assert Counter(each.row.tenant or NOT_GIVEN for each in since(engine)) == before - Counter({NORTH: before[NORTH]})
    assert {each["tenant"] for each in entries(engine, Window())} == said.keys() - {NORTH}
    with engine.connect() as connection:
        assert list(connection.scalars(select(tables.shadow_reviews.c.decision_id))) == [reviewed[SOUTH]]
        for table in (tables.decision_cards, tables.shadow_verdicts, tables.suppressions):
            orphans = select(func.count()).where(table.c.decision_id.not_in(select(tables.decisions.c.id)))
            assert connection.scalar(orphans) == 0
    # Calls of the other issuers without a tenant are separate.
    assert purge(engine, 10, later, issuer=EPIC, tenant=NOT_GIVEN)[0] == 6
    assert purge(engine, 10, later)[0] == sum(before.values()) - before[NORTH] - 6


def test_the_names_on_record_are_listed(hospitals: Store) -> None:
    assert issuers_on_record(hospitals.engine) == [EPIC, OTHER]
    assert tenants_on_record(hospitals.engine) == [NORTH, SOUTH, "the north"]


# --- Cards that a list asks for --------------------------------------------------------------------------------------


def found(engine: Engine, window: Window, cards: CardFilter) -> set[str]:
    """Return the decisions with a card that fits."""
    with engine.connect() as connection:
        return set(connection.scalars(select(tables.decisions.c.id).where(*decided_in(window), has_card(cards))))


@pytest.fixture(scope="module")
def weighed() -> list[Any]:
    """Return the decisions of one client about four troubled orders and one without a fault."""
    caller, client = Caller(), Client(EPIC, NORTH)
    return [judged(caller, client, name) for name in NAMES] + [judged(caller, client, "clean", call())]


def test_decisions_are_found_by_their_cards(opened: Store, weighed: list[Any]) -> None:
    client, names = Client(EPIC, NORTH), {}
    for name, (record, cards) in zip((*NAMES, ""), weighed, strict=True):
        assert opened.recorder.write(record)
        names[record.decision["id"]] = name
        for card in (each for each in cards if each["source"]["topic"]["code"] == "weight-stale"):
            if name in ("said", "changed"):
                say(opened, client, card, "overridden")
            if name in ("taken", "changed"):
                say(opened, client, card, "accepted", after_s=5)
            # Feedback from another client about an id that it never got does not apply to this card.
            say(opened, Client(OTHER), card, "accepted", after_s=9)
    for cards, fits in (
        (CardFilter(topic="weight-stale"), {*NAMES}),
        (CardFilter(topic="dose-above-maximum"), set()),
        (CardFilter(product="kadcyla", indicator="warning"), {*NAMES}),
        # One card must fit both.
        (CardFilter(topic="weight-stale", indicator="critical"), set()),
        (CardFilter(topic="weight-stale", outcome="overridden"), {"said"}),
        # The last response counts.
        (CardFilter(topic="weight-stale", outcome="accepted"), {"taken", "changed"}),
        (CardFilter(topic="weight-stale", outcome=NO_FEEDBACK), {"silent"}),
    ):
        assert {names[each] for each in found(opened.engine, Window(tenant=NORTH), cards)} == fits, cards
        assert found(opened.engine, Window(tenant=SOUTH), cards) == set()
        assert cards.asks
    assert not CardFilter().asks


# --- On the command line ---------------------------------------------------------------------------------------------


@pytest.fixture
def configured(hospitals: Store, database_url: str, tmp_path: Path) -> Path:
    """Return a configuration that names the database of the hospitals."""
    assert hospitals
    path = tmp_path / "her2-cds.yaml"
    path.write_text(f"database: {database_url}\nauth: {{mode: 'off'}}\n")
    return path


def run(*arguments: str | Path, code: int = 0) -> str:
    """Run a command and return what it wrote."""
    result = CliRunner().invoke(main, [str(each) for each in arguments])
    assert result.exit_code == code, result.output
    return result.output


def test_every_command_takes_the_hospital(configured: Path) -> None:
    one = ("--tenant", SOUTH, "--config", configured)
    assert json.loads(run("learn", "report", "--format", "json", *one))["decisions"] == 4
    assert "4 decisions on 4 orders" in run("learn", "report", *one)
    assert f"her2-order-sign, tenant {SOUTH}. Made " in run("learn", "report", "--format", "html", *one)
    rows = list(csv.DictReader(io.StringIO(run("feedback", "export", *one))))
    assert {row["tenant"] for row in rows} == {SOUTH}
    assert len(rows) == 2
    exported = [json.loads(line) for line in run("audit", "export", *one).splitlines()]
    assert {each["tenant"] for each in exported} == {SOUTH}
    assert {each["service"] for each in exported} == {SIGN, SELECT}
    of_service = run("audit", "export", "--service", SELECT, "--issuer", EPIC, "--config", configured).splitlines()
    assert len(of_service) == 3
    assert json.loads(run("shadow", "report", "--format", "json", *one))["tenant"] == SOUTH
    none_old = run("audit", "purge", "--older-than", "9", *one)
    assert none_old == f"deleted 0 decisions and 0 feedback entries of tenant {SOUTH} older than 9 days\n"


def test_a_hospital_that_is_not_on_record_is_reported_with_those_that_are(configured: Path) -> None:
    told = run("learn", "report", "--tenant", "sauth", "--issuer", "", "--config", configured, code=2)
    assert "no decisions of her2-order-sign of client without a token and tenant sauth to report on" in told
    assert f"tenants on record: {NORTH}, {SOUTH}, the north" in told
    known = f"no tenant 'sauth' on record; there are {NORTH}, {SOUTH}, the north\n"
    for command in (["audit", "export"], ["audit", "purge", "--older-than", "9"], ["feedback", "export"]):
        assert known in run(*command, "--tenant", "sauth", "--config", configured)


# --- On the pages ----------------------------------------------------------------------------------------------------


def test_the_workbench_reports_on_one_hospital(store: Store, calls: list[Any]) -> None:
    for place in range(len(CLIENTS)):
        assert store.recorder.write(next(record for client, _, record, _ in calls if client == CLIENTS[place]))
    seat = Seat(bench(store, cards={"lvef-overdue": {"mode": "shadow"}})).sign_in(BEN)
    assert "6 decisions on 6 orders" in words(seat.get("/learning"))
    assert "2 decisions on 2 orders" in words(seat.get("/learning", tenant=NORTH))
    assert "1 decision on 1 order" in words(seat.get("/learning", tenant=NORTH, issuer=OTHER))
    assert "2 decisions on 2 orders" in words(seat.get("/learning", tenant="-"))
    nobody = seat.get("/learning", tenant="nobody")
    assert "No decision of this service and this client or tenant" in words(nobody)
    assert f'<option value="{SOUTH}">{SOUTH}</option>' in nobody.text
    assert f'<option value="{NORTH}" selected>' in seat.get("/shadow", tenant=NORTH).text
