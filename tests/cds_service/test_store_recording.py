"""Every decision is on record before its answer leaves, on SQLite and on PostgreSQL, whatever happens to either."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import threading
import uuid
from contextlib import closing, suppress
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from calls import SELECT, SIGN, Caller, aspirin, call, clean_prefetch, order, troubled_prefetch
from running import eventually, start
from sqlalchemy import event, func, select

from cards.facts.topics import Topic
from cds_service.configuration.settings import Settings
from cds_service.configuration.site_settings import AuditSettings
from cds_service.store.checkpoints import Checkpoints
from cds_service.store.database import open_engine, upgrade
from cds_service.store.reading import find, since
from cds_service.store.record import Pseudonyms, read_session
from cds_service.store.recorder import Recorder
from cds_service.store.retention import purge
from cds_service.store.selection import Window
from cds_service.store.tables import decision_cards, decisions, recording_gaps
from cds_service.tryit import examples
from fhir_mappings.request.hook_request import read_request

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from cds_service.store.record import Record

PATIENCE_S = 15
TROUBLED = call(prefetch=troubled_prefetch())


@pytest.fixture
def caller(database_url: str) -> Caller:
    """Return a service with an empty database, of each kind in turn."""
    return Caller(database=database_url)


def count(engine: Engine, table: Any) -> int:
    with engine.connect() as connection:
        return int(connection.scalar(select(func.count()).select_from(table)) or 0)


def a_record(caller: Caller, instance: str = "i-1") -> Record:
    """Return the record of a decision with cards."""
    now = caller.app.extensions["her2_cds"].current()
    request = read_request(json.dumps(TROUBLED | {"hookInstance": instance}).encode(), "order-sign")
    decision = now.decider.decide(request)
    return now.records.record(SIGN, request, None, decision, decision.session)


def test_a_decision_is_kept_with_its_verdicts_facts_cards_and_versions(caller: Caller) -> None:
    answer = caller.post(TROUBLED)
    assert len(answer.cards) > 2
    kept = find(caller.store.engine, answer.cards[0]["uuid"])
    assert kept is not None
    assert kept.row.service == SIGN
    assert kept.row.hook_instance == TROUBLED["hookInstance"]
    assert datetime.now(UTC) - kept.row.at < timedelta(minutes=5)
    assert [card["uuid"] for card in kept.cards] == [card["uuid"] for card in answer.cards]
    session = read_session(kept.row.facts)
    assert [str(weight.kg) for weight in session.patient.weights] == ["70 kg"]
    verdicts = json.loads(kept.row.verdicts)
    told = [each["topic"] for each in (*verdicts["fired"], *verdicts["cannot-tell"])]
    told += [topic for topics in verdicts["clear"].values() for topic in topics]
    told += [topic for kinds in verdicts["not-applicable"].values() for topics in kinds.values() for topic in topics]
    assert set(answer.topics) <= set(told)
    assert len(told) == len(set(told)), "each rule has one verdict about one order"
    assert len(told) > 40
    assert set(told) <= set(Topic)
    assert kept.configuration["thresholds"]["weight_max_age_days"] == {"value": "30", "set_by": "default"}


def test_a_decision_without_cards_is_recorded_but_not_one_out_of_scope(caller: Caller) -> None:
    assert caller.post(call()).cards == []
    assert count(caller.store.engine, decisions) == 1
    assert caller.post(call(orders=[aspirin()])).cards == []
    assert count(caller.store.engine, decisions) == 1


def test_nothing_that_names_the_patient_is_kept(caller: Caller) -> None:
    chart = clean_prefetch("MARKPAT")
    chart["patient"] |= {
        "name": [{"family": "MARKNAME", "given": ["MARKGIVEN"]}],
        "identifier": [{"system": "urn:mrn", "value": "MARKMRN"}],
        "telecom": [{"value": "MARKPHONE"}],
        "address": [{"line": ["MARKSTREET"]}],
    }
    wrong = order(mg=378, patient="MARKPAT")
    wrong["subject"]["display"] = "MARKDISPLAY"
    request = call(orders=[wrong], prefetch=chart)
    request["context"] |= {"patientId": "MARKPAT", "userId": "Practitioner/MARKUSER"}
    assert caller.post(request).cards
    with caller.store.engine.connect() as connection:
        for table in (decisions, decision_cards):
            for row in connection.execute(select(table)):
                assert "MARK" not in str(row).replace("\\u", "")


def test_a_key_tells_patients_apart_and_finds_them_again() -> None:
    hashed = Pseudonyms(AuditSettings(), b"a" * 32)
    assert hashed.name("patient", "1", "https://a.example") == hashed.name("patient", "1", "https://a.example")
    names = {
        hashed.name("patient", "1", "https://a.example"),
        hashed.name("patient", "2", "https://a.example"),
        hashed.name("patient", "1", "https://b.example"),
        hashed.name("user", "1", "https://a.example"),
        Pseudonyms(AuditSettings(), b"b" * 32).name("patient", "1", "https://a.example"),
    }
    assert len(names) == 5
    assert Pseudonyms(AuditSettings(patient="plain"), b"").name("patient", "1") == "1"
    assert Pseudonyms(AuditSettings(patient="none"), b"").name("patient", "1") is None
    assert hashed.name("user", "") is None


def test_text_that_a_database_refuses_is_stored_in_another_form(caller: Caller) -> None:
    answer = caller.post(TROUBLED | {"hookInstance": "nul \0 inside"})
    assert answer.cards
    assert caller.store.recorder.is_up
    assert count(caller.store.engine, decisions) == 1


@pytest.mark.parametrize("name", examples.names())
def test_the_stored_facts_are_those_that_were_judged(name: str) -> None:
    caller = Caller()
    now = caller.app.extensions["her2_cds"].current()
    body = examples.example(name, date.today()).encode()  # noqa: DTZ011 - as the command line has it
    request = read_request(body, json.loads(body)["hook"])
    decision = now.decider.decide(request)
    record = now.records.record(SIGN, request, None, decision, decision.session)
    assert read_session(record.decision["facts"]) == decision.session


def test_equal_settings_are_stored_once(caller: Caller) -> None:
    caller.post(TROUBLED)
    caller.post(TROUBLED)
    other = Caller(Settings(thresholds={"weight_max_age_days": 60}))
    assert a_record(other).decision["configuration_hash"] != a_record(caller).decision["configuration_hash"]
    with caller.store.engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM configurations").scalar() == 1


def test_several_threads_record_at_once(caller: Caller) -> None:
    from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415 - here alone

    records = [a_record(caller, f"i-{number}") for number in range(60)]
    with ThreadPoolExecutor(12) as pool:
        assert all(pool.map(caller.store.recorder.write, records))
    assert count(caller.store.engine, decisions) == 60


def test_what_is_sent_outlives_a_killed_process(tmp_path: Path) -> None:
    service = start(tmp_path)
    try:
        status, _, answer = service.send("POST", f"/cds-services/{SIGN}", TROUBLED)
    finally:
        # Kill every process of the service, the workers first, so that none can clean up.
        for worker in _children(service.process.pid):
            os.kill(worker, signal.SIGKILL)
        service.process.kill()
        service.process.wait()
    assert status == 200
    assert answer["cards"]
    with sqlite3.connect(tmp_path / "her2-cds.sqlite3") as connection:
        kept = {uuid for (uuid,) in connection.execute("SELECT uuid FROM decision_cards")}
    connection.close()
    assert {card["uuid"] for card in answer["cards"]} == kept


def _children(pid: int) -> list[int]:
    listed = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(child) for child in listed.read_text().split()]


def test_cards_are_shown_while_postgresql_is_down_and_recorded_when_it_is_back(postgres) -> None:
    caller = Caller(database=postgres.new_database())
    caller.post(call())
    postgres.stop()
    try:
        assert [caller.post(TROUBLED | {"hookInstance": f"i-{n}"}).status for n in range(3)] == [200] * 3
        assert not caller.store.recorder.is_up
        ready = caller.client.get("/health/ready")
        assert ready.status_code == 503
        assert ready.json["store"] == {"status": "down", "recordsWaiting": 3, "recordsLost": 0}
        assert caller.client.get("/health/live").status_code == 200
        assert "her2_cds_store_up 0.0" in caller.client.get("/metrics").text
        feedback = {"card": "c", "outcome": "overridden", "outcomeTimestamp": "2026-01-01T00:00:00Z"}
        refused = caller.client.post(f"/cds-services/{SIGN}/feedback", json={"feedback": [feedback]})
        assert (refused.status_code, refused.headers["Retry-After"]) == (503, "30")
        assert refused.json["issue"][0]["details"]["coding"][0]["code"] == "store-unavailable"
        assert caller.client.get("/decisions/any").status_code == 503
    finally:
        postgres.start()
    eventually(lambda: caller.store.recorder.is_up)
    engine = caller.store.engine
    assert count(engine, decisions) == 4
    with engine.connect() as connection:
        assert connection.scalar(select(func.count()).where(decisions.c.late)) == 3
        gap = connection.execute(select(recording_gaps)).one()
    assert (gap.recorded_late, gap.lost) == (3, 0)
    assert gap.began_at < gap.ended_at
    assert caller.client.get("/health/ready").status_code == 200
    assert caller.post(call()).status == 200
    assert count(engine, decisions) == 5


def test_a_service_starts_while_its_database_is_down(postgres) -> None:
    url = postgres.new_database()
    postgres.stop()
    try:
        caller = Caller(database=url)
        assert caller.post(TROUBLED).cards
        assert caller.client.get("/health/ready").status_code == 503
    finally:
        postgres.start()
    eventually(lambda: caller.store.recorder.is_up)
    assert count(caller.store.engine, decisions) == 1


def cramped(folder: Path) -> tuple[Engine, list[int]]:
    """Open a database on a disk of so many pages, which can be changed for connections to come."""
    engine = open_engine(f"sqlite:///{folder}/full.sqlite3")
    upgrade(engine)
    pages = [60]
    event.listen(engine, "connect", lambda connection, _: connection.execute(f"PRAGMA max_page_count={pages[0]}"))
    engine.dispose()
    return engine, pages


def test_a_full_disk_loses_no_card_and_the_lost_records_are_counted(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr("cds_service.store.waiting.MOST_RECORDS", 5)
    engine, pages = cramped(tmp_path)
    recorder = Recorder(engine, retry_s=0.05)
    caller = Caller()
    written = [recorder.write(a_record(caller, f"i-{number}")) for number in range(60)]
    assert written[0]
    assert not written[-1]
    held = written.index(False)
    assert recorder.waiting == 5
    assert recorder.lost == 60 - held - 5
    lost = recorder.lost
    pages[0] = 100_000
    engine.dispose()
    eventually(lambda: recorder.is_up)
    with engine.connect() as connection:
        gap = connection.execute(select(recording_gaps)).one()
        assert (gap.recorded_late, gap.lost) == (5, lost)
    assert count(engine, decisions) == held + 5
    recorder.close()
    engine.dispose()


def in_the_file_alone(path: Path) -> int:
    """Count the decisions that a power cut would leave: what stands in the database without its log.

    A copy made while a checkpoint writes has pages of before and after, and counts none: the log would mend it.
    """
    copy = path.with_suffix(".copy")
    shutil.copyfile(path, copy)
    with closing(sqlite3.connect(copy)) as connection, suppress(sqlite3.DatabaseError):
        if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'decisions'").fetchone():
            return 0
        return int(connection.execute("SELECT count(*) FROM decisions").fetchone()[0])
    return 0


def test_committed_rows_are_soon_in_the_database_file(tmp_path: Path) -> None:
    path = tmp_path / "kept.sqlite3"
    engine = open_engine(f"sqlite:///{path}")
    upgrade(engine)
    recorder, caller = Recorder(engine), Caller()
    for number in range(3):
        assert recorder.write(a_record(caller, f"first-{number}"))
    eventually(lambda: in_the_file_alone(path) == 3)
    assert recorder.write(a_record(caller, "second"))
    eventually(lambda: in_the_file_alone(path) == 4)
    recorder.close()
    engine.dispose()


def test_a_failed_checkpoint_is_postponed_without_harm(tmp_path: Path, log_lines) -> None:
    folder = tmp_path / "gone"
    folder.mkdir()
    engine = open_engine(f"sqlite:///{folder}/x.sqlite3")
    shutil.rmtree(folder)
    Checkpoints(engine, after_s=0.01).soon()
    eventually(lambda: any(line["event"] == "checkpoint_put_off" for line in log_lines))
    engine.dispose()


def test_a_checkpoint_without_a_thread_costs_nothing_and_is_asked_for_again(tmp_path: Path, monkeypatch) -> None:
    path = tmp_path / "kept.sqlite3"
    engine = open_engine(f"sqlite:///{path}")
    upgrade(engine)
    recorder, caller = Recorder(engine), Caller()

    def refuse(_: threading.Timer) -> None:
        raise RuntimeError

    with monkeypatch.context() as patched:
        patched.setattr(threading.Timer, "start", refuse)
        assert recorder.write(a_record(caller, "first"))
        assert recorder.is_up
    assert recorder.write(a_record(caller, "second"))
    eventually(lambda: in_the_file_alone(path) == 2)
    recorder.close()
    engine.dispose()


def test_a_gap_counts_records_written_in_several_tries(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr("cds_service.store.waiting.MOST_RECORDS", 8)
    engine, pages = cramped(tmp_path)
    recorder = Recorder(engine, retry_s=0.05)
    caller = Caller()
    while recorder.waiting < 8:
        recorder.write(a_record(caller, str(uuid.uuid4())))
    # Room for only a few of them, so that the next try ends halfway.
    pages[0] = 72
    engine.dispose()
    eventually(lambda: recorder.waiting < 8)
    assert not recorder.is_up
    assert recorder.waiting > 0
    pages[0] = 100_000
    engine.dispose()
    eventually(lambda: recorder.is_up)
    with engine.connect() as connection:
        assert connection.scalar(select(recording_gaps.c.recorded_late)) == 8
        assert connection.scalar(select(func.count()).where(decisions.c.late)) == 8
    recorder.close()
    engine.dispose()


def test_records_that_cannot_be_written_at_a_stop_are_reported(tmp_path: Path, log_lines) -> None:
    engine = open_engine(f"sqlite:///{tmp_path}/gone.sqlite3")
    upgrade(engine)
    recorder = Recorder(engine, retry_s=60)
    with engine.begin() as connection:
        connection.exec_driver_sql("PRAGMA query_only=1")
    engine.dispose()
    event.listen(engine, "connect", lambda connection, _: connection.execute("PRAGMA query_only=1"))
    assert not recorder.write(a_record(Caller()))
    recorder.close()
    engine.dispose()
    assert [line["records"] for line in log_lines if line["event"] == "records_lost_at_stop"] == [1]


def test_old_decisions_are_deleted_and_newer_ones_stay(caller: Caller) -> None:
    caller.post(TROUBLED)
    engine = caller.store.engine
    in_a_week = datetime.now(UTC) + timedelta(days=7)
    assert purge(engine, 8, in_a_week) == (0, 0)
    assert count(engine, decision_cards) > 0
    assert purge(engine, 6, in_a_week) == (1, 0)
    assert count(engine, decisions) == count(engine, decision_cards) == 0


def test_decisions_are_read_in_their_order_and_by_time(caller: Caller) -> None:
    for number in range(3):
        caller.post(TROUBLED | {"hookInstance": f"i-{number}"})
    caller.post(call(service=SELECT), service=SELECT)
    engine = caller.store.engine
    kept = list(since(engine))
    assert [each.row.hook_instance for each in kept][:3] == ["i-0", "i-1", "i-2"]
    assert kept[0].cards
    assert kept[3].cards == ()
    between = Window(kept[1].row.at, kept[3].row.at)
    assert [each.row.id for each in since(engine, between)] == [kept[1].row.id, kept[2].row.id]
    assert find(engine, "no-such-id") is None
