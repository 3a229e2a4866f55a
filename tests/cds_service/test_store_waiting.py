"""What waits for the database outlives a stop and a kill, and a record that it refuses stops no other."""

from __future__ import annotations

import os
import signal
import sqlite3
from typing import TYPE_CHECKING, Any

import pytest
from calls import SIGN, Caller, call, changed, order
from running import Running, start, start_live, stop
from servers import free_port
from sqlalchemy import func, select

from cds_service.store.database import open_engine
from cds_service.store.record import Record
from cds_service.store.recorder import Recorder
from cds_service.store.tables import decisions, recording_gaps
from cds_service.store.waiting import Waiting

if TYPE_CHECKING:
    from pathlib import Path

NOWHERE = f"postgresql+psycopg://her2@127.0.0.1:{free_port()}/her2"


def calls(service: Running, times: int) -> None:
    for _ in range(times):
        assert service.send("POST", f"/cds-services/{SIGN}", call(orders=[order(378)]))[0] == 200


def kept(url: str) -> tuple[int, int, int]:
    """Count the decisions on record, those of them that came late, and what the gaps say was lost."""
    engine = open_engine(url)
    with engine.connect() as connection:
        every = connection.scalar(select(func.count()).select_from(decisions)) or 0
        late = connection.scalar(select(func.count()).where(decisions.c.late)) or 0
        lost = connection.scalar(select(func.coalesce(func.sum(recording_gaps.c.lost), 0))) or 0
    engine.dispose()
    return every, late, lost


@pytest.mark.parametrize("ends", ["killed", "stopped"])
def test_the_queue_is_taken_over_by_the_next_process(tmp_path: Path, postgres: Any, ends: str) -> None:
    url = postgres.new_database()
    service = start_live(tmp_path, HER2_CDS_DATABASE=NOWHERE)
    calls(service, 3)
    (file,) = (tmp_path / "her2-cds-waiting").iterdir()
    assert oct(file.stat().st_mode)[-3:] == "600"
    if ends == "killed":
        os.kill(service.process.pid, signal.SIGKILL)
        service.process.wait()
    else:
        stop(service)
        assert not any(line["event"] == "records_lost_at_stop" for line in service.logged)
    with file.open("ab") as broken:
        broken.write(b'{"decision": {"id": "broke o')
    # The worker of a service that was killed notices, ends, and lets the file go.
    service = start(tmp_path, HER2_CDS_DATABASE=url)
    try:
        calls(service, 1)
    finally:
        stop(service)
    if ends == "killed" and kept(url)[0] == 1:
        stop(start(tmp_path, HER2_CDS_DATABASE=url))
    assert kept(url) == (4, 3, 1)
    assert not list((tmp_path / "her2-cds-waiting").iterdir())


ODD = {
    "an order id with NUL": call(orders=[order(378, "a\0b")]),
    "an order id of half a pair": call(orders=[order(378, "a\ud800b")]),
    "an order id of 5,000 letters": call(orders=[order(378, "i" * 5000)]),
    "a user with NUL": changed(call(orders=[order(378)]), "context.userId", "Practitioner/\0"),
    "an instance with NUL": call(orders=[order(378)]) | {"hookInstance": "a\0b"},
    "a drug with NUL": call(orders=[order(378, medicationCodeableConcept={"text": "Kadcyla \0"})]),
}


@pytest.mark.parametrize("name", ODD)
def test_an_odd_record_is_made_safe_or_set_aside_and_blocks_no_other(database_url: str, name: str) -> None:
    caller = Caller(database=database_url)
    answer = caller.client.post(f"/cds-services/{SIGN}", json=ODD[name])
    assert answer.status_code in (200, 400)
    assert caller.post(call(orders=[order(378)])).status == 200
    caller.store.close()
    every, _, lost = kept(database_url)
    assert every + lost == (2 if answer.status_code == 200 else 1)


@pytest.mark.parametrize("text", ["a\0b", "a\ud800b", "t" * 300])
def test_a_row_too_long_for_its_columns_is_shortened(database_url: str, text: str) -> None:
    caller = Caller(database=database_url)
    recorder = caller.store.recorder
    written: list[Record] = []
    write, recorder.write = recorder.write, lambda record: written.append(record) or True  # type: ignore[method-assign]
    caller.post(call(orders=[order(378)]))
    recorder.write = write  # type: ignore[method-assign]
    (record,) = written
    spoilt = Record({**record.decision, "tenant": text}, record.cards, record.configurations)
    assert recorder.write(spoilt)
    assert recorder.is_up
    caller.store.close()
    engine = open_engine(database_url)
    with engine.connect() as connection:
        tenant = connection.scalar(select(decisions.c.tenant)) or ""
    engine.dispose()
    assert 0 < len(tenant) <= 300
    assert database_url.startswith("sqlite") or "\0" not in tenant


def test_the_queue_is_bounded_in_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cds_service.store.waiting.MOST_BYTES", 1000)
    waiting = Waiting(tmp_path / "w")
    record = Record({"id": "x", "facts": "f" * 300}, (), ())
    assert [waiting.add(record) for _ in range(4)] == [True, True, False, False]
    waiting.done()
    assert waiting.add(record)
    waiting.close()


def test_a_folder_that_cannot_be_written_keeps_records_in_memory_and_is_reported(
    tmp_path: Path, log_lines: list[Any]
) -> None:
    (tmp_path / "file").write_text("no folder")
    waiting = Waiting(tmp_path / "file")
    record = Record({"id": "x", "facts": "f"}, (), ())
    assert waiting.add(record)
    assert waiting.add(record)
    assert [line["event"] for line in log_lines] == ["waiting_in_memory_alone"]


def test_a_locked_database_gets_its_records_late(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'her2-cds.sqlite3'}"
    caller = Caller(database=url)
    other = sqlite3.connect(tmp_path / "her2-cds.sqlite3", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    assert caller.post(call(orders=[order(378)])).status == 200
    assert not caller.store.recorder.is_up
    other.execute("ROLLBACK")
    other.close()
    caller.store.close()
    assert kept(url) == (1, 1, 0)


def test_a_recorder_without_a_folder_says_what_a_stop_loses(log_lines: list[Any]) -> None:
    engine = open_engine(NOWHERE)
    recorder = Recorder(engine, ready=False, retry_s=60)
    recorder.write(Record({"id": "x", "facts": "f"}, (), ()))
    recorder.close()
    assert [line["records"] for line in log_lines if line["event"] == "records_lost_at_stop"] == [1]
