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


def test_a_run_that_leaves_a_process_behind_fails_and_says_nothing_else(tmp_path: Path) -> None:
    conftest = (ROOT / "conftest.py").read_text(encoding="utf-8")
    (tmp_path / "conftest.py").write_text(conftest.replace("_PATIENCE_S = 10.0", "_PATIENCE_S = 0.2"))
    (tmp_path / "test_it.py").write_text(
        "import duckdb, subprocess\n"
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
    # DuckDB reports its classes as leaked if they were kept from the garbage collector to the very end.
    assert done.stderr == ""


FILES = {
    "conftest.py": """
import os, pytest
from processes import pytest_addoption, pytest_cmdline_main, pytest_runtestloop
@pytest.fixture(scope="session")
def server(tmp_path_factory):
    with open("set-up", "a") as file: file.write("x")
    yield tmp_path_factory.mktemp("server")
    with open("torn-down", "a") as file: file.write("x")
""",
    "test_1.py": """
import os, pytest
def test_right(server): pass
def test_wrong(server):
    print("said in between")
    assert 1 == 2
@pytest.mark.skip(reason="not here")
def test_skipped(): pass
""",
    "test_2.py": """
import os, warnings
def test_warns(server): warnings.warn("old")
def test_dies(server): os._exit(3)
def test_after_it(server): pass
""",
    "test_3.py": "def test_another(server): pass",
}


def run_of_files(folder: Path, *arguments: str, files: dict[str, str] = FILES) -> subprocess.CompletedProcess[str]:
    for name, text in files.items():
        (folder / name).write_text(text)
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT / "tests")},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_processes_report_each_test_once_and_a_dead_one_is_replaced(tmp_path: Path) -> None:
    done = run_of_files(tmp_path, "--processes=2")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "2 failed, 4 passed, 1 skipped, 1 warning" in done.stdout
    for line in ("said in between", "assert 1 == 2", "the process that ran this test ended with 3", "UserWarning: old"):
        assert line in done.stdout
    # The process that died left its server behind; the one in its place, and the other if it got a file, did not.
    set_up, torn_down = ((tmp_path / name).read_text() for name in ("set-up", "torn-down"))
    assert set_up in ("xx", "xxx")
    assert len(torn_down) == len(set_up) - 1


HANGS = {
    "conftest.py": FILES["conftest.py"],
    "test_1.py": """
import time
def test_right(): pass
def test_hangs(): time.sleep(50)
def test_after_it(): pass
""",
    "test_2.py": "def test_another(): pass",
}


def test_a_process_that_hangs_is_ended_with_its_stacks_and_replaced(tmp_path: Path) -> None:
    done = run_of_files(tmp_path, "--processes=2", "-o", "faulthandler_timeout=8", files=HANGS)
    assert "1 failed, 3 passed" in done.stdout.splitlines()[-1], done.stdout + done.stderr
    assert "ended with -6: it was silent for 8 seconds" in done.stdout
    assert "in test_hangs" in done.stderr


def test_processes_stop_at_the_first_failure_if_they_are_to(tmp_path: Path) -> None:
    done = run_of_files(tmp_path, "--processes=2", "-x", "test_1.py")
    assert (done.returncode, "1 failed, 1 passed" in done.stdout) == (1, True), done.stdout + done.stderr


AFTER_MIDNIGHT = {
    "conftest.py": """
from datetime import timedelta
import processes
from processes import pytest_addoption, pytest_cmdline_main, pytest_runtestloop
processes._BEGUN_ON -= timedelta(days=1)
""",
    "test_1.py": """
from pathlib import Path
def test_right(): pass
def test_wrong(): assert 1 == 2
def test_fails_once():
    first = not Path("run-before").exists()
    Path("run-before").touch()
    assert not first
""",
    "test_2.py": "def test_another(): pass",
}


def test_what_fails_after_midnight_is_run_again_on_the_new_day(tmp_path: Path) -> None:
    done = run_of_files(tmp_path, "--processes=2", files=AFTER_MIDNIGHT)
    assert "1 failed, 1 passed" in done.stdout
    assert "1 failed, 3 passed" in done.stdout.splitlines()[-1]
    assert done.returncode == 1
    (tmp_path / "run-before").unlink()
    without = {**AFTER_MIDNIGHT, "test_1.py": AFTER_MIDNIGHT["test_1.py"].replace("1 == 2", "1 == 1")}
    assert run_of_files(tmp_path, "--processes=2", files=without).returncode == 0


def test_what_fails_on_the_day_of_the_collection_is_not_run_again(tmp_path: Path) -> None:
    same_day = AFTER_MIDNIGHT["conftest.py"].replace("-= timedelta(days=1)", "= processes.day()")
    done = run_of_files(tmp_path, "--processes=2", files={**AFTER_MIDNIGHT, "conftest.py": same_day})
    assert "2 failed, 2 passed" in done.stdout.splitlines()[-1]
