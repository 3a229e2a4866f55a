"""Tokens are let in once: the same table for memory, SQLite, PostgreSQL and Redis, with threads and with processes."""

from __future__ import annotations

import multiprocessing
import socket
import threading
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from typing import TYPE_CHECKING, Protocol

import pytest
import racing
import redis
import servers
from calls import Caller
from running import eventually
from signers import DISCOVERY, Signer, bearer, client, required
from sqlalchemy import text

from cds_service.auth.authentication import open_replay_store, store_kind
from cds_service.auth.authenticator import Authenticator
from cds_service.auth.used_tokens import MARGIN_S, MemoryReplayStore, ReplayStore, ReplayStoreError, token_key
from cds_service.auth.used_tokens_database import DatabaseReplayStore
from cds_service.auth.used_tokens_redis import RedisReplayStore
from cds_service.configuration.auth_settings import AuthSettings
from cds_service.configuration.settings import Settings
from cds_service.protocol.refusals import Reason, Refused
from cds_service.store.database import open_engine

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

EHR = Signer()
KINDS = ("memory", "sqlite", "postgresql", "redis")


class Clock:
    """The time of day, with something added."""

    def __init__(self) -> None:
        """Begin with the true time."""
        self.ahead = 0

    def __call__(self) -> float:
        """Tell the time."""
        return time.time() + self.ahead


class Opens(Protocol):
    """Opens a store that goes by a clock."""

    def __call__(self, clock: Callable[[], float] = time.time) -> ReplayStore:
        """Open it."""
        ...


@pytest.fixture(params=KINDS)
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Opens]:
    """Yield what opens a store of each kind; all that one test opens remember the same tokens."""
    kept: list[ReplayStore] = []
    memory: list[MemoryReplayStore] = []
    url = ""
    if request.param == "redis":
        url = request.getfixturevalue("redis_url")
    elif request.param == "postgresql":
        url = request.getfixturevalue("postgres").new_database()
    elif request.param == "sqlite":
        url = f"sqlite:///{tmp_path}/her2-cds.sqlite3"

    def opens(clock: Callable[[], float] = time.time) -> ReplayStore:
        store: ReplayStore
        if request.param == "memory":
            memory[:] = memory or [MemoryReplayStore(clock)]
            store = memory[0]
        else:
            store = RedisReplayStore(url, clock) if request.param == "redis" else database_store(url, clock)
        store.check()
        kept.append(store)
        return store

    yield opens
    for store in kept:
        store.close()


def database_store(url: str, clock: Callable[[], float] = time.time) -> DatabaseReplayStore:
    return DatabaseReplayStore(open_engine(url), clock)


def name(number: int = 0) -> str:
    return token_key(f"https://ehr-{time.perf_counter_ns()}.example", str(number))


def in_an_hour() -> int:
    return int(time.time()) + 3600


def test_auth_replay_store_recognizes_a_used_token(opened: Opens) -> None:
    store, token = opened(), name()
    assert [store.is_first(token, in_an_hour(), time.time()) for _ in range(4)] == [True, False, False, False]
    assert store.is_first(name(1), in_an_hour(), time.time())


def test_auth_replay_store_recognizes_a_used_token_through_another_connection(opened: Opens) -> None:
    token = name()
    assert opened().is_first(token, in_an_hour(), time.time())
    assert not opened().is_first(token, in_an_hour(), time.time())


def test_auth_replay_store_keeps_a_token_until_its_first_expiry(opened: Opens) -> None:
    store, token = opened(), name()
    assert store.is_first(token, in_an_hour(), time.time())
    assert not store.is_first(token, int(time.time()) + 1, time.time())
    assert not store.is_first(token, in_an_hour(), time.time())


@pytest.mark.parametrize("opened", ["memory", "sqlite", "postgresql"], indirect=True)
def test_auth_replay_store_drops_expired_tokens(opened: Opens) -> None:
    clock = Clock()
    store, token = opened(clock), name()
    assert store.is_first(token, in_an_hour(), time.time())
    clock.ahead = 3500
    assert not store.is_first(token, in_an_hour(), time.time())
    clock.ahead = 3700
    assert store.is_first(token, in_an_hour() + 3600, time.time())
    assert not store.is_first(token, in_an_hour() + 3600, time.time())


def test_auth_replay_store_in_redis_drops_expired_tokens(redis_url) -> None:
    store, token = RedisReplayStore(redis_url), name()
    assert store.is_first(token, int(time.time()) + 2, time.time())
    assert not store.is_first(token, int(time.time()) + 2, time.time())
    eventually(lambda: store._redis.get(f"her2-cds:seen-token:{token}") is None)
    assert store.is_first(token, in_an_hour(), time.time())
    assert 3500 < store._redis.ttl(f"her2-cds:seen-token:{token}") <= 3600
    store.close()


def test_auth_replay_store_admits_one_of_many_threads(opened: Opens) -> None:
    store = opened()
    for number in range(15):
        token, start = name(number), threading.Barrier(8)

        def race(_: int, token: str = token, start: threading.Barrier = start) -> bool:
            start.wait()
            return store.is_first(token, in_an_hour(), time.time())

        with ThreadPoolExecutor(8) as pool:
            assert sum(pool.map(race, range(8))) == 1


@pytest.fixture(scope="module")
def racers() -> Iterator[ProcessPoolExecutor]:
    """Yield three processes that have nothing of this one; to start them is what costs."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(3, context, racing.begin, (context.Barrier(3),)) as processes:
        yield processes


@pytest.mark.parametrize("kind", ["sqlite", "postgresql", "redis"])
def test_auth_replay_store_admits_one_of_many_processes(kind, request, racers, tmp_path) -> None:
    if kind == "redis":
        url = request.getfixturevalue("redis_url")
        store: ReplayStore = RedisReplayStore(url)
    else:
        url = f"sqlite:///{tmp_path}/x.sqlite3"
        if kind == "postgresql":
            url = request.getfixturevalue("postgres").new_database()
        store = database_store(url)
    store.check()
    store.close()
    tokens = [name(number) for number in range(60)]
    begun = [racers.submit(racing.use_tokens, kind, url, tokens) for _ in range(3)]
    told = [each.result(timeout=60) for each in begun]
    assert [sum(each) for each in zip(*told, strict=True)] == [1] * len(tokens)


def test_auth_replay_store_in_a_database_purges_expired_tokens(database_url) -> None:
    clock = Clock()
    store = database_store(database_url, clock)
    store.check()
    for number in range(5):
        assert store.is_first(name(number), in_an_hour() + number // 3 * 9000, time.time())
    clock.ahead = 3700
    assert store.is_first(name(9), in_an_hour() + 3700, time.time())
    with store._engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM seen_tokens")) == 3
    store.close()


def test_auth_replay_store_in_memory_purges_expired_tokens() -> None:
    clock = Clock()
    store = MemoryReplayStore(clock)
    for number in range(100):
        assert store.is_first(name(number), in_an_hour(), time.time())
    clock.ahead = 3700
    assert store.is_first(name(), in_an_hour() + 3700, time.time())
    assert (len(store._seen), len(store._by_time)) == (1, 1)


def test_auth_replay_store_in_memory_admits_nobody_when_full() -> None:
    store, tokens = MemoryReplayStore(many=3), [name(number) for number in range(4)]
    assert all(store.is_first(token, in_an_hour(), time.time()) for token in tokens[:3])
    assert not store.is_first(tokens[0], in_an_hour(), time.time())
    with pytest.raises(ReplayStoreError, match="redis"):
        store.is_first(tokens[3], in_an_hour(), time.time())


def test_auth_token_keys_differ_whenever_the_issuer_or_the_id_does() -> None:
    pairs = [("a", "bc"), ("ab", "c"), ("abc", ""), ("", "abc"), ("1:a", "b"), ("a", "b"), ("a", "\ud800"), ("a", "?")]
    keys = {token_key(*pair) for pair in pairs}
    assert len(keys) == len(pairs)
    assert {len(key) for key in keys} == {64}


def test_auth_tokens_are_remembered_for_longer_than_any_leeway() -> None:
    (longest,) = (each.le for each in AuthSettings.model_fields["leeway_s"].metadata if hasattr(each, "le"))
    assert longest < MARGIN_S


def test_auth_a_leeway_that_is_raised_does_not_revive_a_used_token() -> None:
    """The configuration may change at any time; what was seen outlives it."""
    clock = Clock()
    memory = MemoryReplayStore(clock)
    token = f"Bearer {EHR.token()}"
    Authenticator(required(client(EHR), leeway_s=0).auth, memory, clock=clock).authenticate(token, DISCOVERY)
    clock.ahead = 300 + 200
    with pytest.raises(Refused, match=Reason.REPLAYED):
        Authenticator(required(client(EHR), leeway_s=300).auth, memory, clock=clock).authenticate(token, DISCOVERY)


# --- Lost connections ------------------------------------------------------------------------------------------------


def test_auth_replay_store_in_redis_survives_a_lost_connection(redis_url) -> None:
    store = RedisReplayStore(redis_url)
    assert store.is_first(name(), in_an_hour(), time.time())
    store._redis.connection_pool.get_connection()._sock.shutdown(socket.SHUT_RDWR)
    store._redis.execute_command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
    token = name()
    assert store.is_first(token, in_an_hour(), time.time())
    assert not store.is_first(token, in_an_hour(), time.time())
    store.close()


class Deaf:
    """Stands between the store and Redis, and loses the answer to one command."""

    def __init__(self, url: str) -> None:
        """Listen on a free port."""
        self.loses = threading.Event()
        self._port = int(url.rpartition(":")[2].partition("/")[0])
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"redis://127.0.0.1:{self._listener.getsockname()[1]}/0"
        self._threads = [threading.Thread(target=self._serve, daemon=True)]
        self._threads[0].start()

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            thread = threading.Thread(target=self._pass_on, args=(client,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _pass_on(self, client: socket.socket) -> None:
        with client, socket.create_connection(("127.0.0.1", self._port)) as server:
            while asked := client.recv(65536):
                server.sendall(asked)
                answer = server.recv(65536)
                if self.loses.is_set() and b"SET" in asked:
                    self.loses.clear()
                    return
                client.sendall(answer)

    def close(self) -> None:
        """Stop."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join()


def test_auth_replay_store_in_redis_does_not_mistake_its_own_first_attempt_for_another(redis_url) -> None:
    deaf = Deaf(redis_url)
    store, token = RedisReplayStore(deaf.url), name()
    store.check()
    deaf.loses.set()
    assert store.is_first(token, in_an_hour(), time.time())
    assert not deaf.loses.is_set()
    assert not store.is_first(token, in_an_hour(), time.time())
    store.close()
    deaf.close()


# --- A store that is down --------------------------------------------------------------------------------------------


def test_auth_admits_nobody_while_redis_is_down(log_lines) -> None:
    with servers.redis() as url:
        caller = Caller(required(client(EHR)).model_copy(update={"redis": url}))
        assert caller.get("/cds-services", headers=bearer(EHR.token())).status == 200
    unused = EHR.token()
    began = time.monotonic()
    response = caller.client.get("/cds-services", headers={**bearer(unused), "Origin": "https://x.example"})
    assert time.monotonic() - began < 3
    assert response.status_code == 503
    assert int(response.headers["Retry-After"]) > 0
    assert response.headers["Access-Control-Allow-Origin"] in ("*", "https://x.example")
    assert response.json["resourceType"] == "OperationOutcome"
    assert b"redis" not in response.data.lower()
    (line,) = (line for line in log_lines if line["event"] == "auth_refused")
    assert line["reason"] == "replay-store-unavailable"
    assert "redis" in line["problem"]


def test_auth_admits_nobody_while_the_database_is_down_and_everybody_afterwards(request, log_lines) -> None:
    postgres: servers.Postgres = request.getfixturevalue("postgres")
    settings = required(client(EHR), replay_store="database").model_copy(update={"database": postgres.new_database()})
    caller = Caller(settings, database=settings.database)
    used, unused = EHR.token(), EHR.token()
    assert caller.get("/cds-services", headers=bearer(used)).status == 200
    postgres.stop()
    try:
        assert caller.client.get("/cds-services", headers=bearer(unused)).status_code == 503
    finally:
        postgres.start()
    assert caller.get("/cds-services", headers=bearer(unused)).status == 200
    assert caller.get("/cds-services", headers=bearer(used)).status == 401
    caller.app.extensions["her2_cds"].authentication._replay.close()
    caller.store.close()
    assert [line["reason"] for line in log_lines if line["event"] == "auth_refused"] == [
        "replay-store-unavailable",
        "replayed",
    ]


def test_auth_admits_nobody_until_the_database_of_used_tokens_exists() -> None:
    """A start does not wait for its database; what cannot be looked up is not taken for unused."""
    nowhere = f"postgresql+psycopg://nobody@127.0.0.1:{servers.free_port()}/nowhere"
    settings = required(client(EHR), replay_store="database").model_copy(update={"database": nowhere})
    caller = Caller(settings)
    assert caller.client.get("/cds-services", headers=bearer(EHR.token())).status_code == 503
    caller.app.extensions["her2_cds"].authentication._replay.close()


def test_auth_replay_store_in_postgresql_survives_a_restart_of_the_server(request) -> None:
    postgres: servers.Postgres = request.getfixturevalue("postgres")
    store = database_store(postgres.new_database())
    store.check()
    tokens = [name(number) for number in range(4)]
    with ThreadPoolExecutor(2) as pool:
        assert all(pool.map(store.is_first, tokens[:2], [in_an_hour()] * 2))
    postgres.stop()
    postgres.start()
    assert store.is_first(tokens[2], in_an_hour(), time.time())
    assert not store.is_first(tokens[0], in_an_hour(), time.time())
    store.close()


def test_auth_reveals_nothing_to_an_unauthenticated_caller_while_the_store_is_down() -> None:
    with servers.redis() as url:
        caller = Caller(required(client(EHR)).model_copy(update={"redis": url}))
    stranger = Signer(number=2)
    assert caller.get("/cds-services", headers=bearer(stranger.token())).status == 401
    assert caller.get("/cds-services").status == 401


# --- Which store -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "kind"),
    [
        ({}, "memory"),
        ({"database": "sqlite:////tmp/x.sqlite3"}, "memory"),
        ({"database": "sqlite+pysqlite:///x.sqlite3"}, "memory"),
        ({"database": "postgresql://u@127.0.0.1:1/x"}, "database"),
        ({"database": "postgresql+psycopg://u@127.0.0.1:1/x", "redis": "redis://127.0.0.1:1/0"}, "redis"),
        ({"database": "postgresql://u@127.0.0.1:1/x", "auth": {"replay_store": "memory"}}, "memory"),
        ({"redis": "redis://127.0.0.1:1/0"}, "redis"),
        ({"auth": {"replay_store": "database"}, "database": "sqlite://", "redis": "redis://127.0.0.1:1/0"}, "database"),
        ({"auth": {"replay_store": "memory"}, "redis": "redis://127.0.0.1:1/0"}, "memory"),
        ({"auth": {"replay_store": "redis"}, "redis": "redis://127.0.0.1:1/0"}, "redis"),
    ],
)
def test_auth_remembers_tokens_where_the_site_says(settings, kind) -> None:
    assert store_kind(Settings(**settings)) == kind
    store = open_replay_store(Settings(**settings))
    assert type(store).__name__.lower().startswith(kind)
    store.close()


def test_auth_replay_store_in_sqlite_makes_no_call_wait_for_the_disk(tmp_path) -> None:
    store = database_store(f"sqlite:///{tmp_path}/x.sqlite3")
    store.check()
    with store._engine.connect() as connection:
        assert connection.scalar(text("PRAGMA synchronous")) == 1
        assert connection.scalar(text("PRAGMA journal_mode")) == "wal"
    store.close()


def test_auth_remembers_used_tokens_when_the_configuration_changes() -> None:
    caller = Caller(required(client(EHR)))
    token = EHR.token()
    assert caller.get("/cds-services", headers=bearer(token)).status == 200
    authentication = caller.app.extensions["her2_cds"].authentication
    authentication.use(required(client(EHR, tenants=[]), leeway_s=60))
    assert caller.get("/cds-services", headers=bearer(token)).status == 401
    authentication.use(Settings())
    authentication.use(required(client(EHR)))
    assert caller.get("/cds-services", headers=bearer(token)).status == 401
    assert caller.get("/cds-services", headers=bearer(EHR.token())).status == 200


def test_auth_redis_after_data_loss_admits_no_older_token(redis_url) -> None:
    used, other = name(), name(1)
    issued = time.time() - 100  # from before the loss, and no older than what a start admits
    first, second = RedisReplayStore(redis_url), RedisReplayStore(redis_url)
    first.check()
    assert first.is_first(used, in_an_hour(), time.time())
    assert second.is_first(name(3), in_an_hour(), time.time())
    with redis.Redis.from_url(redis_url) as server:
        server.flushall()
    # If it was not admitted, it is older than anything Redis remembers now; if it was, it is still known.
    with pytest.raises(ReplayStoreError, match="lost its memory"):
        second.is_first(used, in_an_hour(), issued)
    assert not first.is_first(used, in_an_hour(), issued)
    with pytest.raises(ReplayStoreError, match="lost its memory"):
        second.is_first(other, in_an_hour(), issued)
    assert second.is_first(name(2), in_an_hour(), time.time() + 2)
    for store in (first, second):
        store.close()
