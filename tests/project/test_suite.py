"""The suite itself: what its order and its lanes name is there."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def test_the_files_that_are_begun_with_are_there(request: pytest.FixtureRequest) -> None:
    conftest = next(
        each
        for each in request.config.pluginmanager.get_plugins()
        if getattr(each, "__file__", None) == str(ROOT / "conftest.py")
    )
    assert [name for name in conftest.LONGEST_FILES if not (ROOT / name).is_file()] == []
