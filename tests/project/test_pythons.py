"""Every Python that is here and has what the service needs can serve; of the others it is said what they lack."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SMOKE = Path(__file__).parents[2] / "scripts" / "smoke.py"
CANNOT = 3


def tried(python: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([python, SMOKE], capture_output=True, text=True, timeout=200, check=False)


def test_this_python_is_accepted() -> None:
    done = tried(sys.executable)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.endswith("modules, check and serve\n")


@pytest.mark.parametrize("name", ["python3.11", "python3.12", "python3.13", "python3.14"])
def test_every_other_python_is_accepted(name: str) -> None:
    python = shutil.which(name)
    # A name on the path may be a stand-in for a version that is not chosen.
    if python is None or subprocess.run([python, "-c", ""], capture_output=True, timeout=60, check=False).returncode:
        pytest.skip(f"{name} is not here")
    if name == f"python{sys.version_info.major}.{sys.version_info.minor}":
        pytest.skip("tried by the test above, with what is installed for it")
    done = tried(python)
    if done.returncode == CANNOT:
        pytest.skip(f"{done.stdout.strip()}; `make pythons` installs it in an environment of its own")
    assert done.returncode == 0, done.stdout + done.stderr


def test_what_is_not_installed_is_reported() -> None:
    """By this Python without its packages."""
    bare = subprocess.run(
        [sys.executable, "-S", SMOKE], capture_output=True, text=True, timeout=60, check=False, env={"PATH": ""}
    )
    assert (bare.returncode, "cannot be tried: it has no " in bare.stdout) == (CANNOT, True), bare.stderr
