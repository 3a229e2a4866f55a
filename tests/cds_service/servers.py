"""Real servers for the tests: PostgreSQL and Redis, started for the run and ended with it.

Where the machine has none the test is skipped and says so; with ``REQUIRE_ALL=1`` that is a failure.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import psycopg
import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

_PATIENCE_S = 60


def lacking(what: str) -> NoReturn:
    """Skip the test, or fail it where everything must be there."""
    if os.environ.get("REQUIRE_ALL") == "1":
        pytest.fail(f"{what} is not installed, and REQUIRE_ALL=1")
    pytest.skip(f"{what} is not installed")


def free_port() -> int:
    """Return a port where nothing listens."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@contextmanager
def postgresql() -> Iterator[Postgres]:
    """Run a PostgreSQL server of its own."""
    folder = _newest("/usr/lib/postgresql/*/bin", "initdb")
    if folder is None:
        lacking("PostgreSQL")
    with _folder() as place:
        data, user = place / "data", _unprivileged()
        options: dict[str, object] = {}
        if user is not None:
            options = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
            shutil.chown(place, user.pw_uid, user.pw_gid)
        subprocess.run(  # noqa: S603 - our own arguments
            [folder / "initdb", "-D", data, "-U", "her2", "-A", "trust", "--no-sync", "-E", "UTF8", "--locale=C"],
            check=True,
            capture_output=True,
            **options,
        )
        server = Postgres(folder / "postgres", data, place, options)
        server.start()
        try:
            yield server
        finally:
            server.stop()


class Postgres:
    """A PostgreSQL server that a test may stop and start again."""

    def __init__(self, program: Path, data: Path, place: Path, options: dict[str, object]) -> None:
        """Keep what a start needs."""
        self.port = free_port()
        self._command = [program, "-D", data, "-p", str(self.port), "-h", "127.0.0.1", "-k", place, "-F"]
        self._log = place / "log"
        self._options = options
        self._process: subprocess.Popen[bytes] | None = None
        self._databases = 0

    def start(self) -> None:
        """Start, and wait until it answers."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(self._command, stdout=log, stderr=log, **self._options)  # type: ignore[call-overload] # noqa: S603
        _wait_for(self.port, self._process)
        self._connect().close()

    def stop(self) -> None:
        """Stop at once, as a power cut would."""
        if self._process is not None:
            self._process.send_signal(signal.SIGQUIT)
            self._process.wait(_PATIENCE_S)
            self._process = None

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Stop every process of the server where it stands: connections are accepted, and nothing is answered."""
        pid = self._process.pid if self._process is not None else 0
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        processes = [pid, *map(int, children)]
        for each in processes:
            os.kill(each, signal.SIGSTOP)
        try:
            yield
        finally:
            for each in processes:
                with suppress(ProcessLookupError):
                    os.kill(each, signal.SIGCONT)

    def new_database(self) -> str:
        """Return the address of an empty database."""
        self._databases += 1
        name = f"test_{self._databases}"
        with self._connect() as connection:
            connection.execute(f"CREATE DATABASE {name}")
        return f"postgresql+psycopg://her2@127.0.0.1:{self.port}/{name}"

    def _connect(self) -> psycopg.Connection:
        """Connect; a server that has just started listens before it answers."""
        address = f"postgresql://her2@127.0.0.1:{self.port}/postgres"
        deadline = time.monotonic() + _PATIENCE_S
        while True:
            try:
                return psycopg.connect(address, autocommit=True)
            except psycopg.OperationalError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)


@contextmanager
def redis() -> Iterator[str]:
    """Run a Redis server of its own, and give its address."""
    program = shutil.which("redis-server")
    if program is None:
        lacking("Redis")
    port = free_port()
    with _folder() as place:
        process = subprocess.Popen(  # noqa: S603 - our own arguments
            [program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", place],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            _wait_for(port, process)
            yield f"redis://127.0.0.1:{port}/0"
        finally:
            process.kill()
            process.wait(_PATIENCE_S)


@contextmanager
def _folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="her2-cds-", dir="/tmp") as name:
        place = Path(name)
        place.chmod(0o755)
        yield place


def _newest(pattern: str, program: str) -> Path | None:
    folders = [folder for folder in Path("/").glob(pattern.lstrip("/")) if (folder / program).exists()]
    if folders:
        return max(folders, key=lambda folder: folder.parent.name.zfill(4))
    found = shutil.which(program)
    return Path(found).parent if found else None


def _unprivileged() -> pwd.struct_passwd | None:
    """Return a user for a server that does not run as root; none when we are not root ourselves."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        with suppress(KeyError):
            return pwd.getpwnam(name)
    return None


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _PATIENCE_S
    while time.monotonic() < deadline:
        if process.poll() is not None:
            pytest.fail(f"a server ended at its start with {process.returncode}")
        with socket.socket() as attempt:
            if attempt.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    pytest.fail("a server did not start")
