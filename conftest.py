"""What all tests share."""

from __future__ import annotations

import gc
import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

# The processes that tests start shall not each compile our modules anew.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

LONGEST_FILES = (
    "tests/cds_service/test_workbench_browser.py",
    "tests/cds_service/test_simulate_runs.py",
    "tests/cds_service/test_service_tryit.py",
    "tests/cds_service/test_workbench_versions.py",
    "tests/cds_service/test_version_trials.py",
    "tests/cds_service/test_policy_publication.py",
    "tests/cds_service/test_service_laws.py",
    "tests/cds_service/test_simulate_replaying.py",
    "tests/cds_service/test_service_smart.py",
    "tests/cds_service/test_service_operation.py",
    "tests/cds_service/test_closed.py",
    "tests/cds_service/test_simulate_faults.py",
    "tests/cds_service/test_service_fetching.py",
    "tests/cds_service/test_record_faults.py",
    "tests/cds_service/test_workbench_callers.py",
    "tests/cds_service/test_workbench_provider.py",
    "tests/cds_service/test_committee_report.py",
    "tests/cds_service/test_store_recording.py",
    "tests/cds_service/test_learning.py",
    "tests/cds_service/test_waiting.py",
    "tests/cds_service/test_store_waiting.py",
    "tests/cds_service/test_service_own_server.py",
    "tests/cds_service/test_auth_process.py",
    "tests/cds_service/test_auth_replay.py",
    "tests/cds_service/test_service_conformance.py",
    "tests/cds_service/test_learning_page.py",
    "tests/cds_service/test_charts.py",
    "tests/cds_service/test_shadow.py",
    "tests/cds_service/test_store_explaining.py",
    "tests/cds_service/test_policy_library.py",
    "tests/project/test_wheel.py",
    "tests/project/test_pythons.py",
    "tests/real_data/test_mutated_requests.py",
)
"""What takes longest, the longest first: a file is run as a whole, and one that comes last is waited for by all."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that take longest; the order within a file stays."""
    root = Path(__file__).parent
    rank = {root / name: place for place, name in enumerate(LONGEST_FILES)}
    items.sort(key=lambda item: rank.get(item.path, len(rank)))


def pytest_collection_finish() -> None:
    """Spare the garbage collector what was loaded to collect the tests: it stays to the end, and is most there is."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def no_garbage_collection_in_deep_tests(request: pytest.FixtureRequest) -> Iterator[None]:
    """Keep the garbage collector out of a test that goes to the limit of recursion.

    A collection that happens to start there finalises what other tests have left behind, has no stack to do it with,
    and the failure is put down to this test.
    """
    if "deep" not in request.node.name:
        yield
        return
    gc.collect()
    gc.disable()
    yield
    gc.enable()
