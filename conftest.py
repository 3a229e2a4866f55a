"""What all tests share."""

from __future__ import annotations

import gc
import os
import signal
import time
import uuid
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Generator

# The processes that tests start shall not each compile our modules anew.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

_RUN = "HER2_TEST_RUN"
"""Every process that a test starts inherits this variable, and so does what that process starts."""
os.environ.setdefault(_RUN, f"{uuid.uuid4().hex}-{os.getpid()}")
_PATIENCE_S = 10.0
_OBJECTS_BETWEEN_COLLECTIONS = 50_000
_ENDS_WITH_US = (
    b"from multiprocessing.forkserver import",
    b"from multiprocessing.resource_tracker import",
    # The workers of pytest-xdist.
    b"exec(eval(sys.stdin.readline()))",
)

LONGEST_FILES = (
    "tests/cds_service/test_workbench_browser.py",
    "tests/cds_service/test_workbench_versions.py",
    "tests/cds_service/test_workbench_callers.py",
    "tests/cds_service/test_simulate_replaying.py",
    "tests/cds_service/test_service_fetching.py",
    "tests/cds_service/test_committee_report.py",
    "tests/cds_service/test_service_tryit.py",
    "tests/cds_service/test_service_laws.py",
    "tests/cds_service/test_simulate_runs.py",
    "tests/cds_service/test_learning.py",
    "tests/cds_service/test_service_conformance.py",
    "tests/project/test_suite.py",
    "tests/cds_service/test_workbench_version_trials.py",
    "tests/fhir_mappings/test_mapping_texts.py",
    "tests/cds_service/test_workbench_provider.py",
    "tests/cds_service/test_simulate_faults.py",
    "tests/cds_service/test_workbench_preview.py",
    "tests/real_data/test_shared_data.py",
    "tests/cds_service/test_volume.py",
    "tests/cds_service/test_service_dispatch.py",
    "tests/test_architecture.py",
    "tests/cds_service/test_auth_replay.py",
    "tests/real_data/test_mutated_requests.py",
    "tests/fhir_mappings/test_mapping_laws.py",
    "tests/cards/test_laws.py",
    "tests/cards/test_completeness.py",
    "tests/cards/test_languages.py",
    "tests/cds_service/test_version_trials.py",
    "tests/cds_service/test_charts.py",
    "tests/cds_service/test_service_smart.py",
    "tests/cds_service/test_learning_page.py",
    "tests/project/test_pythons.py",
    "tests/cds_service/test_policy_library.py",
    "tests/cds_service/test_service_prefetch.py",
    "tests/cds_service/test_stops.py",
    "tests/cds_service/test_store_recording.py",
    "tests/cds_service/test_policy_publication.py",
    "tests/cds_service/test_repeats.py",
    "tests/project/test_wheel.py",
    "tests/cds_service/test_shadow.py",
    "tests/cds_service/test_store_explaining.py",
    "tests/cds_service/test_closed.py",
    "tests/cds_service/test_service_own_server.py",
    "tests/cds_service/test_store_waiting.py",
    "tests/cds_service/test_record_faults.py",
    "tests/cds_service/test_waiting.py",
    "tests/cds_service/test_service_operation.py",
    "tests/cds_service/test_auth_process.py",
)
"""What takes longest, the longest first: a file is run as a whole, and one that comes last is waited for by all."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that take longest; the order within a file stays."""
    root = Path(__file__).parent
    rank = {root / name: place for place, name in enumerate(LONGEST_FILES)}
    items.sort(key=lambda item: rank.get(item.path, len(rank)))


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail a run that leaves a process behind: a server, a worker, a browser, a database."""
    is_outermost = os.environ[_RUN].endswith(f"-{os.getpid()}")
    if not is_outermost or not Path("/proc/self/environ").exists():
        return
    # What was just told to end gets the time to.
    deadline = time.monotonic() + _PATIENCE_S
    while (left := _left_over()) and time.monotonic() < deadline:
        time.sleep(0.1)
    if not left:
        return
    session.exitstatus = pytest.ExitCode.TESTS_FAILED
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    for process, command in left.items():
        if reporter is not None:
            reporter.write_line(f"\nLEFT BEHIND: process {process}: {command}", red=True)
        with suppress(OSError):
            os.kill(process, signal.SIGKILL)


def _left_over() -> dict[int, str]:
    """Return the processes of this run that are still there, but for this one, each with its command."""
    marked = f"{_RUN}={os.environ[_RUN]}".encode()
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        # Those of others cannot be read, one that has ended neither.
        with suppress(OSError):
            if int(folder.name) == os.getpid() or marked not in (folder / "environ").read_bytes().split(b"\0"):
                continue
            command = (folder / "cmdline").read_bytes()
            if not any(each in command for each in _ENDS_WITH_US):
                found[int(folder.name)] = command.replace(b"\0", b" ").decode(errors="replace")[:200]
    return found


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Spare the garbage collector what is loaded to collect the tests: it stays to the end, and is most there is.

    To look through it again and again took a sixth of the collection, in every process. The tests then leave as much
    between two collections as the service does; most garbage needs no collector.
    """
    gc.disable()
    try:
        return (yield)
    finally:
        gc.collect()
        gc.freeze()
        gc.set_threshold(_OBJECTS_BETWEEN_COLLECTIONS)
        gc.enable()


def pytest_unconfigure(config: pytest.Config) -> None:
    """Give back to the garbage collector what it was spared, so that the interpreter can clear it up at its end.

    DuckDB's classes refer to each other, so only the collector frees them; what is left of them is reported as leaked,
    dozens of lines under the result of the run. A run in processes clears up nothing (``tests/processes.py``).
    """
    if config.getoption("processes", 1) == 1:
        gc.unfreeze()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Keep the garbage collector out of a test that goes to the limit of recursion.

    A collection that happens to start there finalises what other tests have left behind, has no stack to do it with,
    and the failure is put down to this test.
    """
    if "deep" not in item.name:
        return (yield)
    gc.collect()
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()
