"""The server process: it replaces workers that end, and they all end with it."""

from __future__ import annotations

import multiprocessing
import os
import resource
import signal
import threading
import time
from typing import Any

import structlog
from granian.server.mp import MPServer

_LIVED_S = 5.0
"""A worker that ends sooner than this after its start is restarted only after a pause."""
_PAUSE_S = 1.0
_LOOK_S = 0.5
_GRACE_S = 10.0
_MOST_FILES = 65_536
_log = structlog.get_logger()


class Server(MPServer):
    """Keeps the number of workers constant.

    Granian gives up if a worker ends twice within a few seconds, and stops the others too. Here the others continue,
    and the worker is restarted, with a pause if it keeps ending. The server gives up only if the very first workers end
    by themselves.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        """Take Granian's arguments, and fork workers on every Python, so that they share what was loaded before.

        Since Python 3.14 ``multiprocessing`` no longer forks by default. Each worker would load everything again: 1.5 s
        of processor time at the start and 90 MB of its own, instead of 0.1 s and 40 MB.
        """
        multiprocessing.set_start_method("fork", force=True)
        super().__init__(*arguments, **options)

    def _serve_loop(self, spawn_target: Any, target_loader: Any) -> None:
        began = time.monotonic()
        while True:
            self.main_loop_interrupt.wait()
            if self.interrupt_signal:
                return
            self.main_loop_interrupt.clear()
            ended = sorted(set(self.interrupt_children))
            self.interrupt_children.clear()
            if self.reload_signal:
                self._reload(spawn_target, target_loader)  # type: ignore[no-untyped-call]
            if not ended:
                continue
            codes = [self.wrks[each].inner.exitcode for each in ended]
            if time.monotonic() - began < _LIVED_S and any(code is not None and code > 0 for code in codes):
                _log.error("workers_do_not_start")
                self.interrupt_children.extend(ended)
                return
            _log.error("worker_replaced", workers=ended, exit_codes=codes)
            if any(time.monotonic() - self.respawned_wrks.get(each, 0.0) < _LIVED_S for each in ended):
                time.sleep(_PAUSE_S)
            self._respawn_workers(ended, spawn_target, target_loader)


def end_with_parent() -> None:
    """End this worker when its parent process is gone, because nothing else would."""
    parent = os.getppid()
    threading.Thread(target=_watch, args=(parent,), name="parent", daemon=True).start()


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_LOOK_S)
    _log.error("worker_ends_with_its_parent")
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(_GRACE_S)
    os._exit(1)


def allow_many_connections() -> None:
    """Raise the limit on open files to the machine's maximum, so that idle connections do not block others."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _MOST_FILES if hard == resource.RLIM_INFINITY else min(hard, _MOST_FILES)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
