"""The measurements that can fail, one after the other: each command ends with 0, or its figures say why not."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="network namespaces need root")
COMMANDS = [
    pytest.param("feedback", (), 600, id="feedback of eight clients for a minute, SQLite and PostgreSQL"),
    pytest.param("overload", ("--check", "--times", "1.5,3"), 900, id="a minute at 1.5 and at 3 times the capacity"),
    pytest.param(
        "overload", ("--check", "--times", "0.8", "--seconds", "600"), 1500, id="ten minutes at 0.8 of the capacity"
    ),
    pytest.param("machines", (), 1200, id="machines and cables that fail, one after the other", marks=needs_root),
    pytest.param("cluster", (), 7200, id="a Spark cluster that loses a worker", marks=needs_root),
]


@pytest.mark.parametrize(("module", "arguments", "seconds"), COMMANDS)
def test_holds(module: str, arguments: tuple[str, ...], seconds: int, capfd: pytest.CaptureFixture[str]) -> None:
    missing = {"machines": ("nginx", "redis-server"), "cluster": ("java",)}.get(module, ())
    lacking = [program for program in missing if shutil.which(program) is None]
    if lacking:
        pytest.skip(f"not installed: {', '.join(lacking)}")
    with capfd.disabled():
        sys.stdout.write(f"\n{module} {' '.join(arguments)}\n")
        sys.stdout.flush()
        command = [sys.executable, "-m", f"benchmarks.{module}", *arguments]
        done = subprocess.run(command, check=False, cwd=ROOT, timeout=seconds)  # noqa: S603 - our own
    assert done.returncode == 0
