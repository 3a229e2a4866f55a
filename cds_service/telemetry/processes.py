"""Memory, CPU time and open files of all processes of this service, for Prometheus.

The client library reports only the answering process, and nothing with several workers. Source: Linux, proc(5).
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from prometheus_client import Metric

SERVER_VARIABLE = "HER2CDS_SERVER_PID"
"""The environment variable with the process that started the workers."""
_TICKS, _PAGE = os.sysconf("SC_CLK_TCK"), os.sysconf("SC_PAGE_SIZE")
_UTIME, _STIME, _STARTED, _RESIDENT = 11, 12, 19, 21
"""Fields of ``stat`` after the program name."""


class Processes(Collector):
    """Sums up the server and its workers, or reports this process alone if it is not a worker."""

    def __init__(self, proc: Path = Path("/proc")) -> None:
        """Take the ``/proc`` folder."""
        self._proc = proc

    def describe(self) -> Iterable[Metric]:
        """Return nothing, so that nothing is read on registration."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """Read the values; a process that ends meanwhile is left out."""
        server = os.environ.get(SERVER_VARIABLE, "")
        of_server = server == str(os.getppid())
        workers = self._workers(server) if of_server else [str(os.getpid())]
        told = [each for pid in ([server, *workers] if of_server else workers) if (each := self._stat(pid)) is not None]
        if not told:
            return
        yield CounterMetricFamily(
            "process_cpu_seconds",
            "Processor time of the server and its workers; falls when a worker is replaced.",
            value=sum(int(each[_UTIME]) + int(each[_STIME]) for each in told) / _TICKS,
        )
        yield GaugeMetricFamily(
            "process_resident_memory_bytes",
            "Memory of the server and its workers; what they share counts for each.",
            value=sum(int(each[_RESIDENT]) for each in told) * _PAGE,
        )
        yield GaugeMetricFamily(
            "process_start_time_seconds",
            "When the server was started, in seconds since 1970.",
            value=self._booted() + int(told[0][_STARTED]) / _TICKS,
        )
        files = [count for pid in workers if (count := self._open_files(pid)) is not None]
        yield GaugeMetricFamily(
            "process_open_fds", "Open files of the worker that has most.", value=max(files, default=0)
        )
        yield GaugeMetricFamily("process_max_fds", "Files that one worker may open.", value=os.sysconf("SC_OPEN_MAX"))
        yield GaugeMetricFamily("her2_cds_workers", "Workers that run.", value=len(workers))

    def _workers(self, server: str) -> list[str]:
        """Return the server's children that run the same program."""
        own = self._read(server, "cmdline")
        children = self._read(server, f"task/{server}/children").split()
        return [pid for pid in children if self._read(pid, "cmdline") == own] or [str(os.getpid())]

    def _stat(self, pid: str) -> list[str] | None:
        # The program name may contain anything, even a parenthesis.
        _, _, rest = self._read(pid, "stat").rpartition(")")
        return rest.split() or None

    def _open_files(self, pid: str) -> int | None:
        try:
            return sum(1 for _ in (self._proc / pid / "fd").iterdir())
        except OSError:
            return None

    def _booted(self) -> float:
        lines = self._read("", "stat").splitlines()
        return next((float(line.split()[1]) for line in lines if line.startswith("btime ")), 0.0)

    def _read(self, pid: str, name: str) -> str:
        try:
            return (self._proc / pid / name).read_text(encoding="utf-8", errors="replace")
        except OSError:
            return ""
