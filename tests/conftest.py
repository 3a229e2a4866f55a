"""What holds for every test."""

import os
import re
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from hypothesis import settings
from processes import pytest_addoption, pytest_cmdline_main, pytest_runtestloop

from cds_service.decisions import failures

__all__ = ["pytest_addoption", "pytest_cmdline_main", "pytest_runtestloop"]

_numbers = count(1)

# How long an example takes depends on the machine, not on the code. A law that hangs is ended all the same. Examples
# are other ones in every run: few are tried every day, and ten times as many in ``make soak``.
settings.register_profile(
    "any machine", parent=settings(), deadline=None, max_examples=500 if os.environ.get("SOAK") else 50
)
settings.load_profile("any machine")


def _raise(_part: str, error: Exception) -> None:
    raise error


@pytest.fixture(scope="session", autouse=True)
def failures_are_raised() -> Iterator[None]:
    """Raise the error of a rule or reader that fails: a test must not take it for a card on what was not checked."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(failures, "part_failed", _raise)
        yield


@pytest.fixture
def tmp_path(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an empty folder of the test.

    pytest's own fixture reads the names of all folders to find a free number, and there are thousands in a run.
    """
    name = re.sub(r"\W", "_", request.node.name)[:30]
    folder = tmp_path_factory.getbasetemp() / f"{name}-{next(_numbers)}"
    folder.mkdir(mode=0o700)
    return folder
