"""Collects the tests once and runs them in forked processes: ``pytest --processes=4``.

Collecting costs fifteen seconds of processor time, and pytest-xdist pays it again in each of its workers; a forked
process has everything that was collected. Each process takes one file after another, in the order of the collection,
and tells of every test; here it is reported. A process that dies fails the test it ran, and another takes its place.
One that tells nothing for ``faulthandler_timeout`` seconds is ended, with the stack of each thread. pytest would start
and end a thread for every test to see to that: a fifth of what a test costs.

Tables of cases say "30 days ago" as a date, and so are of the day on which they were collected. A service that is
called after midnight has another day. So what fails after midnight is run again at the end, in a new process, which
collects it on the new day: its result counts.
"""

from __future__ import annotations

import atexit
import json
import math
import os
import signal
import subprocess
import sys
import threading
import time
import warnings
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from itertools import groupby
from multiprocessing.connection import Connection, Pipe, wait
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pytest

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

_LOOK_EVERY_S = 1.0
"""How often to look for processes that hang."""
_PATIENCE_S = 30.0
"""How long processes have to clear up when the run is broken off."""


def day() -> date:
    """Return the day, as the tests and the services that they call have it."""
    return datetime.now(UTC).date()


_BEGUN_ON = day()
"""Before anything was collected."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the number of processes."""
    parser.addoption("--processes", type=int, default=1, help="run the files of tests in this many forked processes")


@pytest.hookimpl(wrapper=True)
def pytest_cmdline_main(config: pytest.Config) -> Generator[None, int, int]:
    """End as soon as all is told, if there are processes, and leave it to the system to free the memory.

    An interpreter that ends looks at every object once more, millions of them: three seconds in each process.
    """
    code = yield
    if config.option.processes > 1:
        threading._shutdown()
        atexit._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    return code


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> bool | None:
    """Run what was collected in processes, if there are to be several."""
    option = session.config.option
    if option.processes < 2 or option.collectonly or option.usepdb or session.testsfailed:
        return None
    return _Run(session).run()


@dataclass
class _Process:
    """A forked process, and what it is about."""

    number: int
    told: Connection
    left: list[int] = field(default_factory=list)
    """The tests that it was given and has not finished, as places in the session's list."""
    heard: float = field(default_factory=time.monotonic)
    """When it last told something."""
    hangs: bool = False


class _Run:
    """A run: the files that nobody has taken yet, and the processes."""

    def __init__(self, session: pytest.Session) -> None:
        self._session = session
        self._config = session.config
        places = range(len(session.items))
        self._files = [list(group) for _, group in groupby(places, key=lambda place: session.items[place].path)]
        self._files.reverse()
        self._processes: list[_Process] = []
        self._forked = 0
        self._temporary: Path = session.config._tmp_path_factory.getbasetemp()  # type: ignore[attr-defined]
        self._failed_after_midnight: dict[str, tuple[pytest.Item, list[dict[str, Any]]]] = {}
        self._may_be_silent_s = float(session.config.getini("faulthandler_timeout")) or math.inf

    def run(self) -> bool:
        """Run all tests; in a forked process, those that it is given.

        Raises:
            pytest.Session.Failed: there are as many failures as the run was to go on to.

        """
        capture = self._config.pluginmanager.getplugin("capturemanager")
        capture.suspend_global_capture(in_=True)
        try:
            for _ in range(min(self._config.option.processes, len(self._files))):
                if self._fork():
                    return True
            while self._processes:
                for told in wait([each.told for each in self._processes], timeout=_LOOK_EVERY_S):
                    process = next(each for each in self._processes if each.told is told)
                    if not self._hear(process) and self._bury(process) and self._fork():
                        return True
                self._end_what_hangs()
                if self._session.shouldfail:
                    raise self._session.Failed(self._session.shouldfail)
            if self._failed_after_midnight:
                self._run_again()
        finally:
            self._end()
            capture.resume_global_capture()
        return True

    def _fork(self) -> bool:
        """Fork a process, and tell whether this is the one."""
        ours, its = Pipe()
        self._forked += 1
        # What waits to be shown would be shown by both.
        self._config.get_terminal_writer().flush()
        number = os.fork()
        if number:
            its.close()
            self._processes.append(_Process(number, ours))
            return False
        ours.close()
        for each in self._processes:
            each.told.close()
        self._processes = []
        _Inside(self._session, its, self._temporary / f"process-{self._forked}").run()
        return True

    def _hear(self, process: _Process) -> bool:
        """Take in one message; tell whether the process goes on."""
        process.heard = time.monotonic()
        try:
            kind, said = process.told.recv()
        except (EOFError, ConnectionResetError):
            return False
        if kind == "wants":
            file = self._files.pop() if self._files else []
            process.left += file
            with suppress(BrokenPipeError):
                process.told.send(file)
        elif kind == "finished":
            item = self._session.items[process.left.pop(0)]
            if day() != _BEGUN_ON and any(step["outcome"] == "failed" for step in said):
                self._failed_after_midnight[item.nodeid] = item, said
            else:
                self._report(item, said)
        else:
            text, path, line, *about = said
            warning = warnings.WarningMessage(UserWarning(text), UserWarning, path, line)
            named = dict(zip(("when", "nodeid", "location"), about, strict=True))
            self._config.hook.pytest_warning_recorded.call_historic(kwargs={"warning_message": warning, **named})
        return True

    def _report(self, item: pytest.Item, steps: list[dict[str, Any]]) -> None:
        hook = self._config.hook
        for each in steps:
            hook.pytest_runtest_logreport(report=hook.pytest_report_from_serializable(config=self._config, data=each))
        # To find where the test stands takes a while, and the process that ran it has.
        hook.pytest_runtest_logfinish(nodeid=item.nodeid, location=steps[-1]["location"])

    def _bury(self, process: _Process) -> bool:
        """Let go of a process that has ended; tell whether it died with tests that another has to run."""
        self._processes.remove(process)
        process.told.close()
        _, status = os.waitpid(process.number, 0)
        code = os.waitstatus_to_exitcode(status)
        if not process.left and code in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
            return False
        died, *left = process.left or [len(self._session.items) - 1]
        item = self._session.items[died]
        said = f"the process that ran this test ended with {code}"
        if process.hangs:
            said += f": it was silent for {self._may_be_silent_s:g} seconds, and told to end with its stacks (stderr)"
        self._report(item, [self._step(item, "failed", said)])
        if left:
            self._files.append(left)
        return bool(self._files)

    def _end_what_hangs(self) -> None:
        """Let a process print the stack of each thread and end, if it has been silent for too long."""
        for each in self._processes:
            if not each.hangs and time.monotonic() - each.heard > self._may_be_silent_s:
                each.hangs = True
                # Python's fault handler, which pytest has enabled, prints the stacks at this signal.
                os.kill(each.number, signal.SIGABRT)

    def _step(self, item: pytest.Item, outcome: Literal["passed", "failed"], said: str | None) -> dict[str, Any]:
        report = pytest.TestReport(item.nodeid, item.location, {}, outcome, said, when="call")
        step: dict[str, Any] = self._config.hook.pytest_report_to_serializable(config=self._config, report=report)
        return step

    def _run_again(self) -> None:
        """Run in a new process what failed after midnight, and report it: as it was if it fails again."""
        folder, names = self._temporary / "after-midnight", self._temporary / "after-midnight.txt"
        names.write_text("\n".join(self._failed_after_midnight), encoding="utf-8")
        again = [sys.executable, "-m", "pytest", "-p", "cacheprovider", "-o", f"cache_dir={folder}", f"@{names}"]
        code = subprocess.run(again, cwd=self._config.rootpath, check=False).returncode  # noqa: S603 - our own tests
        listed = folder / "v" / "cache" / "lastfailed"
        failed = set(json.loads(listed.read_text(encoding="utf-8"))) if listed.exists() else set()
        if code not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
            failed = set(self._failed_after_midnight)
        for name, (item, steps) in self._failed_after_midnight.items():
            self._report(item, steps if name in failed else [self._step(item, "passed", None)])

    def _end(self) -> None:
        """End the processes of a run that is broken off, gently at first."""
        for each in self._processes:
            os.kill(each.number, signal.SIGINT)
            each.told.close()
        deadline = time.monotonic() + _PATIENCE_S
        for each in self._processes:
            while os.waitpid(each.number, os.WNOHANG) == (0, 0):
                if time.monotonic() > deadline:
                    os.kill(each.number, signal.SIGKILL)
                time.sleep(0.05)
        self._processes = []


class _Inside:
    """What a forked process does: a session that runs what it is given, shows nothing, and tells of it."""

    def __init__(self, session: pytest.Session, told: Connection, temporary: Path) -> None:
        self._session = session
        self._told = told
        self._steps: list[dict[str, Any]] = []
        # Earlier warnings are repeated to whoever registers.
        self._is_new = True
        config = session.config
        # Known from pytest-xdist: plugins leave to the other process what is done once in a run.
        config.workerinput = {"workerid": temporary.name}  # type: ignore[attr-defined]
        config.get_terminal_writer()._file = Path(os.devnull).open("w")  # noqa: SIM115 - until the process ends
        config.pluginmanager.unregister(name="terminalreporter")
        # Its threads; the handler of faults stays.
        config.pluginmanager.unregister(name="faulthandler")
        config.pluginmanager.register(self, "inside a forked process")
        self._is_new = False
        temporary.mkdir()
        config._tmp_path_factory._basetemp = temporary  # type: ignore[attr-defined]
        # The files that catch what is printed would be shared with all others.
        capture = config.pluginmanager.getplugin("capturemanager")
        capture.stop_global_capturing()
        capture.start_global_capturing()

    def run(self) -> None:
        """Run one file after the other."""
        places = self._places()
        place = next(places, None)
        while place is not None:
            item = self._session.items[place]
            # What the next test shares with this one is kept for it, in another file too.
            following = next(places, None)
            item.config.hook.pytest_runtest_protocol(
                item=item, nextitem=None if following is None else self._session.items[following]
            )
            self._told.send(("finished", self._steps))
            self._steps.clear()
            place = following

    def _places(self) -> Iterator[int]:
        while True:
            self._told.send(("wants", None))
            file: list[int] = self._told.recv()
            if not file:
                return
            yield from file

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep what became of a step of a test, until the test is finished."""
        config = self._session.config
        self._steps.append(config.hook.pytest_report_to_serializable(config=config, report=report))

    def pytest_warning_recorded(
        self, warning_message: warnings.WarningMessage, when: str, nodeid: str, location: Any
    ) -> None:
        """Tell of a warning."""
        if self._is_new:
            return
        said = str(warning_message.message), warning_message.filename, warning_message.lineno, when, nodeid, location
        self._told.send(("warning", said))
