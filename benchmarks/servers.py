"""Starts a server as a child process on a free loopback port, and ends it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

SERVICE = (str(Path(sys.executable).with_name("her2-cds")),)
HELLO = (sys.executable, "-m", "benchmarks.hello")
_ROOT = Path(__file__).resolve().parent.parent
_START_S = 60.0
_STOP_S = 10.0


class ServerError(RuntimeError):
    """A server does not start."""


@contextmanager
def running(command: tuple[str, ...], **configuration: str) -> Iterator[int]:
    """Run ``serve`` of a command with one worker, in a directory of its own, and give its port.

    The configuration is that of a fresh installation but for what is given as variables of the environment.

    The log goes to a file, as in production it goes somewhere: writing it is part of what a request costs.
    """
    port = _free_port()
    arguments = [*command, "serve", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    with tempfile.TemporaryDirectory() as directory, tempfile.TemporaryFile(dir=directory) as log:
        process = subprocess.Popen(arguments, cwd=directory, env=_environment() | configuration, stdout=log, stderr=log)
        try:
            _wait(process, port)
            yield port
        except ServerError:
            log.seek(0)
            sys.stderr.buffer.write(log.read()[-4000:])
            raise
        finally:
            _end(process)


def _environment() -> dict[str, str]:
    """Leave out what would configure the service, and let the child find this package."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("HER2_CDS")}
    return {**own, "PYTHONPATH": str(_ROOT)}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(process: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + _START_S
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise ServerError(f"{process.args} ended with {process.returncode}")
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise ServerError(f"{process.args} does not listen")


def _end(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(_STOP_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
