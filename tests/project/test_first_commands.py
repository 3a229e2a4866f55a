"""What ``make run`` and ``make test`` do before they install, and the scripts that are run by hand."""

from __future__ import annotations

import os
import runpy
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).parents[2] / "scripts"


def found(place: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Look for a Python in one folder alone."""
    return subprocess.run(
        ["/bin/sh", SCRIPTS / "find-python"],
        env={"PATH": str(place), **variables},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def put(place: Path, name: str, *, works: bool = True) -> str:
    """Put a program there that answers as a Python that will do, or as a name without a version behind it."""
    program = place / name
    program.write_text(f"#!/bin/sh\nexit {0 if works else 127}\n")
    program.chmod(0o755)
    return str(program)


def test_the_newest_python_is_taken(tmp_path: Path) -> None:
    put(tmp_path, "python3.11")
    put(tmp_path, "python3")
    newest = put(tmp_path, "python3.13")
    put(tmp_path, "python3.14", works=False)
    assert found(tmp_path).stdout.strip() == newest


def test_any_recent_python_is_used(tmp_path: Path) -> None:
    only = put(tmp_path, "python3")
    assert found(tmp_path).stdout.strip() == only


def test_another_python_can_be_named(tmp_path: Path) -> None:
    put(tmp_path, "python3.13")
    named = put(tmp_path, "mine")
    assert found(tmp_path, PYTHON=named).stdout.strip() == named


@pytest.mark.parametrize(
    ("named", "said"),
    [
        ({}, "Python 3.11 or later with its venv module is needed"),
        ({"PYTHON": "python9"}, "PYTHON=python9 is not Python"),
    ],
    ids=["none", "the named one"],
)
def test_one_line_says_that_no_suitable_python_was_found(tmp_path: Path, named: dict[str, str], said: str) -> None:
    put(tmp_path, "python3", works=False)
    done = found(tmp_path, **named)
    assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (1, "", 1)
    assert done.stderr.startswith(said)


def asked(port: str) -> subprocess.CompletedProcess[str]:
    """Ask as ``make run`` does, but for its installation."""
    program = shutil.which("make")
    if program is None:
        pytest.skip("make is not here")
    return subprocess.run(
        [
            program,
            "--no-print-directory",
            "-C",
            SCRIPTS.parent,
            "run",
            f"PORT={port}",
            "MAKE=echo installed; exit 9; echo",
        ],
        env=os.environ | {"PYTHON": sys.executable},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("port", ["0", "65536", "http", "", "-1", "8" * 5000])
def test_a_wrong_port_is_reported(port: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["port_is_free.py", port])
    with pytest.raises(SystemExit, match=f"^PORT={port[:40]} is not a port: give a number from 1 to 65535$"):
        runpy.run_path(str(SCRIPTS / "port_is_free.py"), run_name="__main__")


def test_a_port_in_use_is_reported_before_the_installation() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = asked(str(port))
    assert "installed" not in done.stdout
    assert done.stderr.startswith(
        f"127.0.0.1:{port} cannot be listened on: Address already in use. "
        "Stop what listens there, or choose another port: make run PORT=8080\n"
    )
    assert asked(str(port)).stdout == "installed\n"


def test_an_installation_that_fails_says_what_pip_does_not(tmp_path: Path) -> None:
    place = tmp_path / "venv" / "bin"
    place.mkdir(parents=True)
    put(place, "python", works=False)
    done = subprocess.run(
        ["/bin/sh", SCRIPTS / "install", tmp_path / "venv", "requirements.lock", "later.lock"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout) == (1, "")
    (said,) = done.stderr.splitlines()
    assert said.startswith("requirements.lock could not be installed; ")
    assert "the package registry was not reached: check the network, or name your own (PIP_INDEX_URL" in said


@pytest.mark.skipif(
    shutil.which("cc") is None or sys.platform != "linux", reason="there is no C compiler for Linux here"
)
def test_ahead_of_time_the_date_is_another_and_waits_end_as_always() -> None:
    asked = "import threading, time; print(int(time.time())); print(threading.Event().wait(0.05), time.monotonic())"
    done = subprocess.run(
        [SCRIPTS / "ahead-of-time", "1095", sys.executable, "-S", "-c", asked],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    told, waited, monotonic = done.stdout.split()
    # The suite itself may be run ahead of time.
    today = time.time() - int(os.environ.get("AHEAD_S", "0"))
    assert abs(int(told) - today - 1095 * 86400) < 60
    assert (waited, abs(float(monotonic) - time.monotonic()) < 60) == ("False", True)
