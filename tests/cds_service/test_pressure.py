"""Many clients at once: every feedback is kept once, and who finds no room hears so at once."""

from __future__ import annotations

import sqlite3
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import TYPE_CHECKING

import psycopg
import pytest
from calls import SIGN, Caller, call, clean_prefetch, order
from chart_server import ChartServer, as_json
from running import Running, start, stop
from test_store_feedback import overridden

from cds_service.configuration.settings import Settings
from cds_service.ehr.limits import CallLimit, ServerBusyError
from cds_service.web.admission import Admission, NoRoomError
from cds_service.web.slots import Slots

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CLIENTS, EACH = 8, 12


def count(url: str, table: str) -> int:
    """Count the rows of a table, as somebody else would who looks into the database."""
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection:
            return int(connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])  # noqa: S608 - our own names
    with psycopg.connect(url.replace("+psycopg", "")) as server:
        row = server.execute(f"SELECT count(*) FROM {table}".encode()).fetchone()  # noqa: S608 - our own names
        return int(row[0]) if row else 0


def test_no_feedback_is_refused_or_lost_or_kept_twice(database_url: str, tmp_path: Path) -> None:
    service = start(tmp_path, "--workers", "2", HER2_CDS_DATABASE=database_url)
    try:
        with ThreadPoolExecutor(CLIENTS) as pool:
            statuses = list(pool.map(lambda client: _busy(service, client), range(CLIENTS)))
    finally:
        stop(service)
    assert [each for client in statuses for each in client if each != 200] == []
    assert count(database_url, "feedback") == CLIENTS * EACH
    assert count(database_url, "decisions") == CLIENTS * EACH


def _busy(service: Running, client: int) -> list[int]:
    """Sign an order and say what became of its card, and say it once more, again and again."""
    statuses = []
    for number in range(EACH):
        statuses.append(service.send("POST", f"/cds-services/{SIGN}", call(orders=[order(378)]))[0])
        said = {"feedback": [overridden(f"card-{client}-{number}")]}
        statuses += [service.send("POST", f"/cds-services/{SIGN}/feedback", said)[0] for _ in range(2)]
    return statuses


# --- Capacity --------------------------------------------------------------------------------------------------------


@pytest.fixture
def crowded() -> tuple[Caller, Admission]:
    """Return a service with room for one call, and for one that waits for it."""
    # On a busy machine ten lists that each take 0.7 s do not all arrive within the two seconds of the default.
    caller = Caller(Settings(fhir={"timeout_s": 5}))
    # The gate and the pages use the same waiting room.
    room: Admission = caller.app.extensions["her2_cds_admission"]
    vars(room).update(vars(Admission(at_once=1, waiting=1, patience_s=0.2, burst=0)))
    return caller, room


@pytest.fixture
def chart() -> Iterator[ChartServer]:
    """Yield the FHIR server of the EHR."""
    server = ChartServer()
    yield server
    server.close()


def test_a_call_without_a_free_slot_is_refused_in_time(crowded: tuple[Caller, Admission]) -> None:
    caller, room = crowded
    with room.slot():
        began = time.monotonic()
        answer = caller.client.post(f"/cds-services/{SIGN}", json=call())
        assert answer.status_code == 503
        assert time.monotonic() - began < 4  # a call may take five seconds
        assert answer.headers["Retry-After"] == "1"
        assert answer.get_json()["issue"][0]["details"]["coding"][0]["code"] == "at-its-limit"
    assert caller.client.post(f"/cds-services/{SIGN}", json=call()).status_code == 200


def test_a_full_waiting_room_refuses_calls_unread_and_keeps_working(crowded: tuple[Caller, Admission]) -> None:
    caller, room = crowded
    with room.slot():
        waiting = threading.Thread(target=lambda: caller.client.post(f"/cds-services/{SIGN}", json=call()))
        waiting.start()
        deadline = time.monotonic() + 5
        while not room.is_full and time.monotonic() < deadline:
            time.sleep(0.001)
        answer = caller.client.post(f"/cds-services/{SIGN}", data=b"no JSON", content_type="application/json")
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert caller.client.get("/health/live").status_code == 200
        waiting.join()
    assert b"her2_cds_shed_total" in caller.client.get("/metrics").data


def test_a_call_that_waits_for_a_fhir_server_gives_its_slot_to_another(
    crowded: tuple[Caller, Admission], chart: ChartServer
) -> None:
    caller, room = crowded
    chart.serve({}, **{key: as_json(value, after_s=0.7) for key, value in clean_prefetch().items()})
    with ThreadPoolExecutor(1) as other:
        waiting = other.submit(caller.post, call(prefetch={}, fhirServer=chart.base))
        deadline = time.monotonic() + 5
        while not chart.heard and time.monotonic() < deadline:
            time.sleep(0.001)
        # The only slot is free; the waiting call takes it back when its answers arrive.
        assert caller.client.post(f"/cds-services/{SIGN}", json=call()).status_code == 200
        assert not waiting.done()
        assert waiting.result(5).body == {"cards": []}
    with room.slot():
        pass


def test_a_call_without_a_slot_releases_none() -> None:
    room = Admission(at_once=1, waiting=1, patience_s=0.01, burst=0)
    with room.aside(), room.slot(), pytest.raises(NoRoomError), room.slot():
        pass
    with room.slot(), room.aside(), room.slot():
        pass


def test_a_slot_is_returned_after_use() -> None:
    room = Admission(at_once=2, waiting=2, patience_s=0.01, burst=0)
    for _ in range(5):
        with room.slot(), room.slot(), pytest.raises(NoRoomError), room.slot():
            pass
    assert not room.is_full


def test_a_burst_comes_in_once_until_nobody_waits() -> None:
    room = Admission(at_once=1, waiting=1, patience_s=5, burst=2)
    for _ in range(2):
        with ThreadPoolExecutor(3) as pool, room.slot():
            line = []
            for number in range(3):
                assert room.lets_in()
                line.append(pool.submit(_through, room))
                _until(room, number + 1)
            assert not room.lets_in()
        # The line has been served, and is empty when the next call comes.
        assert [each.result(5) for each in line] == [True] * 3
        assert room.is_full is False


def test_lasting_overload_keeps_the_line_short() -> None:
    room = Admission(at_once=1, waiting=1, patience_s=5, burst=1)
    slots: Slots = vars(room)["_slots"]
    assert slots.take(0, 0)
    with ThreadPoolExecutor(4) as pool:
        for number in range(2):
            assert room.lets_in()
            pool.submit(slots.take, 5, 9)
            _until(room, number + 1)
        for _ in range(2):
            # One is served and one more comes in; there is always somebody who waits.
            slots.give()
            _until(room, 1)
            assert not room.lets_in()
            pool.submit(slots.take, 5, 9)
            _until(room, 2)
            assert room.is_full
        for _ in range(3):
            slots.give()


def _through(room: Admission) -> bool:
    with room.slot():
        return True


def _until(room: Admission, waiting: int) -> None:
    """Wait until as many calls wait."""
    slots: Slots = vars(room)["_slots"]
    deadline = time.monotonic() + 5
    while slots.waiting != waiting and time.monotonic() < deadline:
        time.sleep(0.001)
    assert slots.waiting == waiting


def waiter(slots: Slots, took: list[str], name: str, *, is_back: bool = False) -> threading.Thread:
    """Return a thread that waits for a slot already, and says when it has one."""

    def take() -> None:
        if is_back:
            slots.take_back()
        else:
            assert slots.take(5, 9)
        took.append(name)

    before = slots.in_line
    thread = threading.Thread(target=take)
    thread.start()
    deadline = time.monotonic() + 5
    while slots.in_line == before and time.monotonic() < deadline:
        time.sleep(0.001)
    return thread


def test_a_slot_goes_to_a_waiting_call_not_to_a_new_one() -> None:
    slots, took = Slots(1), list[str]()
    assert slots.take(0, 0)
    first, second = waiter(slots, took, "first"), waiter(slots, took, "second")
    slots.give()
    # It is handed over even if the waiting thread has not woken up yet.
    assert not slots.take(0, 1)
    first.join(5)
    back = waiter(slots, took, "back", is_back=True)
    slots.give()
    back.join(5)
    slots.give()
    second.join(5)
    assert took == ["first", "back", "second"]
    slots.give()
    assert slots.take(0, 0)


def test_a_call_that_waits_too_long_leaves_the_queue() -> None:
    slots = Slots(1)
    assert slots.take(0, 0)
    assert not slots.take(0.01, 1)
    assert slots.in_line == 0
    slots.give()
    assert slots.take(0, 0)


def test_slots_never_exceed_the_limit() -> None:
    slots, held, most = Slots(3), 0, 0
    lock = threading.Lock()

    def work(number: int) -> None:
        nonlocal held, most
        for turn in range(50):
            if not slots.take(0.001 if (number + turn) % 5 == 0 else 5, 9):
                continue
            with lock:
                held += 1
                most = max(most, held)
            time.sleep(0)
            with lock:
                held -= 1
            slots.give()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert most <= 3
    assert (held, slots.in_line) == (0, 0)
    assert all(slots.take(0, 0) for _ in range(3))
    assert not slots.take(0, 0)


def test_a_server_with_enough_waiting_callers_takes_no_more() -> None:
    server = CallLimit(1)
    with server.asked(), pytest.raises(ServerBusyError), server.asked():
        pass
    with server.asked():
        pass
