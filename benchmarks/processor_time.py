"""The processor time of this process and of all that it starts, whoever their parents are by then: Linux, and root.

``getrusage`` counts only children that were waited for, and not every process that Java or a fork server starts is.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_ROOT = Path("/sys/fs/cgroup")
_VERSION_1 = _ROOT / "cpuacct"


@contextlib.contextmanager
def processor_time(name: str) -> Iterator[Callable[[], float]]:
    """Count in a control group of this name; give what reads the seconds that were used in it.

    Raises:
        OSError: the system has no control groups, or this user may not make one.

    """
    above = _VERSION_1 if _VERSION_1.is_dir() else _ROOT
    group = above / name
    group.mkdir(exist_ok=True)
    before = _seconds(group)
    _enter(group)
    try:
        yield lambda: _seconds(group) - before
    finally:
        _enter(above)
        # What was killed may take a moment to be gone; an empty group left behind does no harm.
        with contextlib.suppress(OSError):
            group.rmdir()


def _enter(group: Path) -> None:
    (group / "cgroup.procs").write_text(str(os.getpid()))


def _seconds(group: Path) -> float:
    nanoseconds = group / "cpuacct.usage"
    if nanoseconds.exists():
        return int(nanoseconds.read_text()) / 1e9
    counted = dict(line.split() for line in (group / "cpu.stat").read_text().splitlines())
    return int(counted["usage_usec"]) / 1e6
