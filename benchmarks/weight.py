"""What the service weighs: its start, its commands and its memory, beside another installation of it.

``python -m benchmarks.weight OLD NEW`` takes the ``her2-cds`` programs of two environments and calls them in turn, so
that a machine which changes its pace does so for both. Every figure is processor time or memory, not time on the clock.
"""

from __future__ import annotations

import os
import resource
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from collections.abc import Callable

_RUNS = 3
_PATIENCE_S = 60
_WORKERS = 4
_EXAMPLE = "kadcyla-at-the-enhertu-dose"


def main() -> None:
    """Measure both, and print the figures with their ratios."""
    old, new = (Path(argument).absolute() for argument in sys.argv[1:3])
    table = Table("", "old", "new", "ratio")
    for name, unit, measure, runs in (
        ("her2-cds --version", "s", _version, _RUNS),
        ("her2-cds check", "s", _check, _RUNS),
        ("start of a server", "s", _start, _RUNS),
        (f"memory of {_WORKERS} idle workers (PSS)", "MB", _memory, 1),
        ("installed", "MB", _installed, 1),
    ):
        before, after = _in_turn(measure, old, new, runs)
        table.add_row(name, f"{before:.2f} {unit}", f"{after:.2f} {unit}", f"{after / before:.2f}")
    Console().print(table)


def _in_turn(measure: Callable[[Path], float], old: Path, new: Path, runs: int) -> tuple[float, float]:
    """Measure both so many times, one after the other, and give the medians."""
    pairs = [(measure(old), measure(new)) for _ in range(runs)]
    return statistics.median(each for each, _ in pairs), statistics.median(each for _, each in pairs)


def _version(program: Path) -> float:
    return _seconds(program, "--version")


def _check(program: Path) -> float:
    body = subprocess.run([program, "example", _EXAMPLE], capture_output=True, check=True).stdout
    return _seconds(program, "check", "-", body=body)


def _seconds(program: Path, *arguments: str, body: bytes = b"") -> float:
    """Give the processor time of a command and of what it starts."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([program, *arguments], input=body, capture_output=True, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _start(program: Path) -> float:
    """Give the processor time that a server of one worker takes until it is ready, and for its stop."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    _serving(program, 1, lambda _: 0.0)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _memory(program: Path) -> float:
    return _serving(program, _WORKERS, _proportional_mb)


def _serving(program: Path, workers: int, measure: Callable[[int], float]) -> float:
    """Start a server, measure its process group when it is ready, and stop it."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        command = [program, "serve", "--port", str(port), "--workers", str(workers)]
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        process = subprocess.Popen(command, cwd=folder, start_new_session=True, **quiet)
        try:
            _wait(port)
            if workers > 1:
                time.sleep(8)  # until the last worker has started too
            return measure(process.pid)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(_PATIENCE_S)


def _wait(port: int) -> None:
    deadline = time.monotonic() + _PATIENCE_S
    while time.monotonic() < deadline:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/health/ready", timeout=5).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise TimeoutError


def _proportional_mb(group: int) -> float:
    """Add up the memory of a process group; what several share counts once (Linux)."""
    total = 0
    for folder in Path("/proc").iterdir():
        with suppress(OSError):  # a process that has ended meanwhile
            if folder.name.isdecimal() and os.getpgid(int(folder.name)) == group:
                lines = (folder / "smaps_rollup").read_text().splitlines()
                total += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return total / 1024


def _installed(program: Path) -> float:
    """Return the size of the environment."""
    root = program.parent.parent
    sizes = (path.stat().st_size for path in root.rglob("*") if path.is_file() and not path.is_symlink())
    return sum(sizes) / 1e6


if __name__ == "__main__":
    main()
