"""The suite itself: what its order and its lanes name is there."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def test_the_files_named_as_starting_points_exist(request: pytest.FixtureRequest) -> None:
    conftest = next(
        each
        for each in request.config.pluginmanager.get_plugins()
        if getattr(each, "__file__", None) == str(ROOT / "conftest.py")
    )
    assert [name for name in conftest.LONGEST_FILES if not (ROOT / name).is_file()] == []


def test_a_run_that_leaves_a_process_behind_fails(tmp_path: Path) -> None:
    conftest = (ROOT / "conftest.py").read_text(encoding="utf-8")
    (tmp_path / "conftest.py").write_text(conftest.replace("_PATIENCE_S = 10.0", "_PATIENCE_S = 0.2"))
    (tmp_path / "test_it.py").write_text(
        "import subprocess\n"
        "def test_no_dose_is_left(): subprocess.run(['sleep', '0'])\n"
        "def test_two_doses_are_left(): [subprocess.Popen(['sh', '-c', 'sleep 61; true'], start_new_session=True)]\n"
    )
    own = {name: value for name, value in os.environ.items() if name != "HER2_TEST_RUN"}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q"],
        cwd=tmp_path,
        env=own,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert "2 passed" in done.stdout
    left = [line for line in done.stdout.splitlines() if line.startswith("LEFT BEHIND")]
    assert sorted(line.split(": ", 2)[2].split()[0] for line in left) == ["sh", "sleep"]
