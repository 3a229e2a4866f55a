"""Starts services from a process that has loaded their modules: a start takes a third of the processor time.

Each service is a process of its own, forked before anything was opened, with its own folder, environment and output; it
runs ``her2-cds serve`` from the command line on. One with several workers is forked from a process that has not loaded
the metrics: these decide at their import whether workers share their numbers.
"""

from __future__ import annotations

import gc
import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING, BinaryIO, NoReturn

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_PATIENCE_S = 60
_MOST = 1_000_000
_READ_AT_THE_START = ("LD_", "PYTHON", "MALLOC_", "PROMETHEUS_")
"""Variables that a process reads before it could be given them."""


def can_be_given(variables: dict[str, str]) -> bool:
    """Tell whether a process that runs already can be given these variables."""
    return not any(name.startswith(_READ_AT_THE_START) for name in variables)


class Forked:
    """A process that is not our child, with what ``subprocess.Popen`` offers of one that is."""

    def __init__(self, told: socket.socket) -> None:
        """Read its number; its exit code follows when it has ended."""
        self._told = told
        told.settimeout(_PATIENCE_S)
        self.pid = int(told.recv(20))
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """Return the exit code, if it has ended."""
        with suppress(TimeoutError):
            return self._read(0.001)
        return None

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end, and return the exit code; a signal as its negative number.

        Raises:
            subprocess.TimeoutExpired: it goes on.

        """
        try:
            return self._read(timeout)
        except TimeoutError:
            raise subprocess.TimeoutExpired("her2-cds serve", timeout or 0) from None

    def send_signal(self, number: int) -> None:
        """Send a signal, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """End it at once."""
        self.send_signal(signal.SIGKILL)

    def _read(self, timeout: float | None) -> int:
        if self.returncode is None:
            self._told.settimeout(timeout)
            self.returncode = int(self._told.recv(20) or -signal.SIGKILL)
            self._told.close()
        return self.returncode


def fork(command: Sequence[str], folder: Path, environment: dict[str, str], out: BinaryIO, err: BinaryIO) -> Forked:
    """Run ``her2-cds`` with these arguments in a folder."""
    ours, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    asked = json.dumps([list(command), str(folder), environment]).encode()
    # What a command line may say about workers is left to the service, so the word alone counts.
    parent = _parent()
    one_for_it = parent.without_metrics if "--workers" in command else parent.with_metrics
    with its:
        socket.send_fds(one_for_it, [asked], [its.fileno(), out.fileno(), err.fileno()])
    return Forked(ours)


def begin() -> None:
    """Start the process that services are forked from; what is forked from this one shares it."""
    _parent()


def end() -> None:
    """Let go of the process that services are forked from, if it runs; it ends when all have."""
    if _parent.cache_info().currsize:
        _parent().end()
        _parent.cache_clear()


class _Parent:
    """The process that services are forked from, and one forked from it that has loaded the rest."""

    def __init__(self) -> None:
        self.without_metrics, its = _pair()
        self.with_metrics, its_fork = _pair()
        with its, its_fork:
            numbers = [its.fileno(), its_fork.fileno()]
            self._process = subprocess.Popen(  # noqa: S603 - this file
                [sys.executable, "-P", __file__, *map(str, numbers)], stdin=subprocess.DEVNULL, pass_fds=numbers
            )

    def end(self) -> None:
        self.with_metrics.close()
        self.without_metrics.close()
        self._process.wait(_PATIENCE_S)


def _pair() -> tuple[socket.socket, socket.socket]:
    ours, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _MOST)
    return ours, its


@lru_cache(maxsize=1)
def _parent() -> _Parent:
    return _Parent()


def _serve_requests(*numbers: int) -> None:
    """Fork a service for each request; returns in the forked process only, where it may run."""
    _load()
    # No caller waits for those that wait for the services.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    without_metrics, with_metrics = (socket.socket(fileno=each) for each in numbers)
    if os.fork():
        asked = without_metrics
        with_metrics.close()
    else:
        asked = with_metrics
        without_metrics.close()
        _load_with_metrics()
    while True:
        request, files, *_ = socket.recv_fds(asked, _MOST, 3)
        if not request:
            os._exit(0)
        if os.fork() == 0:
            asked.close()
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            _become(request, files)
            return
        for each in files:
            os.close(each)


def _become(request: bytes, files: list[int]) -> None:
    """Fork once more, and return in the one that runs the service; the other waits for it and tells how it ended."""
    told, out, err = files
    service = os.fork()
    if service != 0:
        _tell(told, service)
    sys.argv, folder, environment = json.loads(request)
    os.dup2(out, 1)
    os.dup2(err, 2)
    os.closerange(3, 256)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    time.tzset()


def _tell(told: int, service: int) -> NoReturn:
    """Tell how the service ended; end it when there is nobody left to be told."""
    os.closerange(0, told)
    os.closerange(told + 1, 256)
    os.write(told, str(service).encode())
    either = select.poll()
    either.register(told, select.POLLHUP)
    either.register(os.pidfd_open(service), select.POLLIN)
    if any(each == told for each, _ in either.poll()):
        os.kill(service, signal.SIGKILL)
    _, status = os.waitpid(service, 0)
    with suppress(OSError):
        os.write(told, str(os.waitstatus_to_exitcode(status)).encode())
    os._exit(0)


def _load() -> None:
    gc.disable()
    from importlib import import_module  # noqa: PLC0415

    for name in (
        "cds_service.commands.serve",
        "flask",
        "flask_cors",
        "flask_wtf.csrf",
        "jinja2.sandbox",
        "jwt",
        "psycopg",
        "sqlalchemy.dialects.sqlite",
    ):
        import_module(name)
    from cards.knowledge.billing_loader import default_billing, default_policies  # noqa: PLC0415
    from cards.knowledge.loader import default_knowledge  # noqa: PLC0415
    from cards.presentation.wording import default_wording  # noqa: PLC0415
    from cds_service.configuration.settings import Settings  # noqa: PLC0415
    from cds_service.decisions.decider import Decider  # noqa: PLC0415

    for read in (default_knowledge, default_billing, default_policies, default_wording):
        read()
    # The patterns of the shipped knowledge are compiled with the first.
    Decider(Settings(), date.today)
    # It decides at its import whether several processes share their numbers.
    assert "prometheus_client" not in sys.modules
    gc.freeze()
    gc.enable()


def _load_with_metrics() -> None:
    gc.disable()
    from cds_service import wsgi  # noqa: PLC0415

    wsgi.read_scenarios()
    gc.freeze()
    gc.enable()


if __name__ == "__main__":
    _serve_requests(*map(int, sys.argv[1:]))
    from cds_service.cli import main

    main()
