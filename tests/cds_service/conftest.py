"""What the tests of the service share: one application, and the log lines of a test."""

from __future__ import annotations

import os
import sys
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import forking
import made_once
import pytest
import servers
import structlog
from browser import ARGUMENTS, CHROMIUM, closed, folder_of_pictures
from calls import FOLDERS, Caller, clean_prefetch, remove
from chart_server import ChartServer
from databases import closed_at_the_end
from playwright.sync_api import sync_playwright
from running import start, stop

from cds_service.decisions import failures
from cds_service.store import store as store_module
from cds_service.store.database import open_engine, upgrade
from cds_service.store.store import open_store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser
    from sqlalchemy import Engine
    from structlog.typing import EventDict

    from cds_service.store.store import Store

made_once.keep()


def pytest_collection_finish(session: pytest.Session) -> None:
    """Begin to load what services are forked from, if tests run in processes: one is enough for all of them."""
    if session.config.option.processes > 1:
        forking.begin()


def pytest_sessionfinish() -> None:
    """Remove the folders of services that nobody has let go of, and end what services were forked from."""
    forking.end()
    for folder in list(FOLDERS):
        remove(folder)


@pytest.fixture(scope="session")
def service() -> Caller:
    """Return the service with the configuration of a fresh installation."""
    return Caller()


@pytest.fixture(scope="session")
def postgres() -> Iterator[servers.Postgres]:
    """Yield a PostgreSQL server."""
    with servers.postgresql() as server:
        yield server


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    """Yield the address of a Redis server."""
    with servers.redis() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return the address of an empty database, of each kind in turn."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'her2-cds.sqlite3'}"
    server: servers.Postgres = request.getfixturevalue("postgres")
    return server.new_database()


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """Yield a database of each kind with its tables."""
    opened = open_engine(database_url)
    upgrade(opened)
    yield opened
    opened.dispose()


@pytest.fixture
def chart() -> Iterator[ChartServer]:
    """Yield a FHIR server with a chart in which nothing is wrong."""
    server = ChartServer(clean_prefetch())
    yield server
    server.close()


@pytest.fixture
def eager(monkeypatch: pytest.MonkeyPatch) -> None:
    """Check the files at every request."""
    monkeypatch.setattr("cds_service.decisions.active._LOOK_EVERY_S", -1)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """Yield the store of a database in a folder of the test."""
    kept = open_store(f"sqlite:///{tmp_path / 'her2-cds.sqlite3'}")
    yield kept
    kept.close()


_part_failed = failures.part_failed


@pytest.fixture
def failures_as_in_service(monkeypatch: pytest.MonkeyPatch) -> None:
    """Answer in spite of a failure, log it and count it, as the service does."""
    monkeypatch.setattr(failures, "part_failed", _part_failed)


@pytest.fixture(scope="session", autouse=True)
def records_wait_by_database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Let the records for PostgreSQL wait in a folder of their database.

    A service lets them wait where it was started. Here that is one place for all the processes that run tests: one
    would take over what another's test has left waiting.
    """
    ours = store_module._folder
    root = tmp_path_factory.mktemp("waiting")

    def folder(engine: Engine) -> Path | None:
        if engine.dialect.name == "sqlite":
            return ours(engine)
        return root / f"{engine.url.port}-{engine.url.database}" / "her2-cds-waiting"

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(store_module, "_folder", folder)
        yield


@pytest.fixture(autouse=True)
def databases_are_closed() -> Iterator[None]:
    """Close the databases of a test, whatever has opened them."""
    with closed_at_the_end():
        yield


@pytest.fixture(autouse=True)
def environment_stays_as_it_is() -> Iterator[None]:
    """Take away what a test has put into the environment; ``serve`` leaves there what its workers share."""
    # As the system has it: to decode all of it twice is what costs.
    known = os.environ._data.copy()  # type: ignore[attr-defined]
    yield
    if os.environ._data == known:  # type: ignore[attr-defined]
        return
    for name in os.environb.keys() - known.keys():
        del os.environb[name]
    os.environb.update(known)


@pytest.fixture(autouse=True)
def log_lines() -> Iterator[list[EventDict]]:
    """Yield what is logged during a test, however logging was set up before; what is logged later is dropped."""
    _start_afresh()
    with structlog.testing.capture_logs() as lines:
        yield lines
    _start_afresh()


def _start_afresh() -> None:
    for logger in _loggers(len(sys.modules)):
        vars(logger).pop("bind", None)
    structlog.reset_defaults()
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())


@lru_cache(maxsize=1)
def _loggers(_modules: int) -> list[Any]:
    """List the loggers of our modules; looked for anew when more modules have been loaded."""
    ours = [module for name, module in list(sys.modules.items()) if name.startswith("cds_service.")]
    return [module._log for module in ours if hasattr(module, "_log")]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Yield Debian's Chromium."""
    if CHROMIUM is None:
        servers.lacking("Chromium (/usr/bin/chromium-headless-shell or /usr/bin/chromium)")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield chromium
        chromium.close()
        closed()


@pytest.fixture(scope="module")
def running_service(tmp_path_factory) -> Iterator[str]:
    """Yield the address of a service that runs with the configuration of a fresh installation."""
    service = start(tmp_path_factory.mktemp("service"))
    yield f"http://127.0.0.1:{service.port}"
    stop(service)


@pytest.fixture
def pictures(tmp_path) -> Path:
    """Return the folder where pictures of pages are kept."""
    return folder_of_pictures(tmp_path / "pictures")
