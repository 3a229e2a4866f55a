"""``her2-cds serve`` as a real process, for the tests that need one."""

from __future__ import annotations

import http.client
import json
import os
import signal
import ssl
import subprocess
import sys
import time
import weakref
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import forking
import pytest
from servers import free_port

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

COMMAND = Path(sys.executable).parent / "her2-cds"
PATIENCE_S = 60


def environment() -> dict[str, str]:
    """Return the environment without what configures the service."""
    return {name: value for name, value in os.environ.items() if not name.startswith("HER2_CDS_")}


@dataclass
class Running:
    """A running service."""

    process: subprocess.Popen[bytes] | forking.Forked
    port: int
    folder: Path
    tls: ssl.SSLContext | None = None

    @property
    def printed(self) -> str:
        """What it has written to standard output."""
        return (self.folder / "stdout").read_text(encoding="utf-8")

    @property
    def logged(self) -> list[dict[str, Any]]:
        """What it has written to standard error, line by line."""
        return [json.loads(line) for line in (self.folder / "stderr").read_text(encoding="utf-8").splitlines()]

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any, Any]:
        """Send a request; bytes in a list are sent in chunks, without a Content-Length."""
        connection = (
            http.client.HTTPSConnection("localhost", self.port, timeout=PATIENCE_S, context=self.tls)
            if self.tls
            else http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_S)
        )
        in_chunks = isinstance(body, list)
        raw = body if in_chunks or body is None or isinstance(body, bytes) else json.dumps(body).encode()
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        if in_chunks:
            named["Transfer-Encoding"] = "chunked"
        try:
            connection.request(
                method,
                path,
                iter(raw) if in_chunks else raw,
                {"Content-Type": "application/json", **named},
                encode_chunked=in_chunks,
            )
            response = connection.getresponse()
            answer = response.read()
            return response.status, response.headers, json.loads(answer) if answer else None
        finally:
            connection.close()


def start(folder: Path, *arguments: str, tls: ssl.SSLContext | None = None, port: int = 0, **variables: str) -> Running:
    """Start a service, with variables of the environment, and wait until it is ready; without a port on a free one."""
    return _started(folder, arguments, variables, "/health/ready", tls, port)


def start_afresh(folder: Path, *arguments: str) -> Running:
    """Start a service by the command itself, as an administrator does, with all that it loads."""
    return _started(folder, arguments, {"PYTHONUNBUFFERED": ""}, "/health/ready")


def start_live(folder: Path, *arguments: str, **variables: str) -> Running:
    """Start a service and wait until it lives, whether it is ready or not."""
    return _started(folder, arguments, variables, "/health/live")


def _started(
    folder: Path,
    arguments: tuple[str, ...],
    variables: dict[str, str],
    asked: str,
    tls: ssl.SSLContext | None = None,
    port: int = 0,
) -> Running:
    port = port or free_port()
    command = [str(COMMAND), "serve", "--port", str(port), *arguments]
    # Temporary files it leaves when killed belong to the test.
    own = environment() | {"TMPDIR": str(folder)}
    process: subprocess.Popen[bytes] | forking.Forked
    with (folder / "stdout").open("wb") as out, (folder / "stderr").open("wb") as err:
        if forking.can_be_given(variables):
            process = forking.fork(command, folder, own | variables, out, err)
        else:
            process = subprocess.Popen(command, stdout=out, stderr=err, cwd=folder, env=own | variables)  # noqa: S603
    running = Running(process, port, folder, tls)
    # However the test ends, even before its fixture yields, nothing started here is left running.
    weakref.finalize(running, _end, process)
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if running.send("GET", asked)[0] == 200:
                return running
        except OSError:
            time.sleep(0.05)
    _end(process)
    pytest.fail(f"the service did not start: {(folder / 'stderr').read_text()} {running.printed}")


def refused(folder: Path, *arguments: str, port: int = 0, **variables: str) -> str:
    """Start a service that must not start, and return what it writes to standard error."""
    command = [str(COMMAND), "serve", "--port", str(port or free_port()), *arguments]
    with (folder / "stdout").open("wb") as out, (folder / "stderr").open("wb") as err:
        process = forking.fork(command, folder, environment() | variables, out, err)
    try:
        code = process.wait(PATIENCE_S)
    finally:
        _end(process)
    said = (folder / "stderr").read_text(encoding="utf-8")
    assert code == 2, said
    return said


def stop(running: Running) -> int:
    """Ask it to stop, and give its exit code; again and again if need be."""
    running.process.send_signal(signal.SIGTERM)
    try:
        return running.process.wait(PATIENCE_S)
    finally:
        _end(running.process)


@contextmanager
def served(folder: Path, *arguments: str, **options: Any) -> Iterator[Running]:
    """Yield a service as ``start`` does, which is stopped also when an assertion fails in between."""
    running = start(folder, *arguments, **options)
    try:
        yield running
    finally:
        stop(running)


def _end(process: subprocess.Popen[bytes] | forking.Forked) -> None:
    process.kill()
    process.wait()


def eventually(holds: Callable[[], bool], within: float = PATIENCE_S) -> float:
    """Wait until something holds, and return how many seconds that took."""
    began = time.monotonic()
    while not holds():
        assert time.monotonic() - began < within, f"not within {within} seconds"
        time.sleep(0.05)
    return time.monotonic() - began
