"""Tells whether this Python can serve: every module loads, an example gets its card, and a server answers.

It is run by the Python that is asked about, with the packages of ``requirements.lock`` or others in their place. It
ends with 3 and one line where something that the service needs is not installed.
"""

from __future__ import annotations

import importlib
import json
import os
import pkgutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

PACKAGES = ("cards", "fhir_mappings", "cds_service")
OF_EXTRAS = {"duckdb", "py4j", "pyarrow", "pyspark", "vl_convert"}
EXAMPLE, SAYS = "kadcyla-at-the-enhertu-dose", "above the maximum"
LACKING = 3
_PATIENCE_S = 120.0
_CALL = "import sys; from cds_service.cli import main; sys.argv[0] = 'her2-cds'; main()"


def main() -> None:
    """Load, check and serve."""
    root = Path(__file__).resolve().parents[1]
    with tempfile.TemporaryDirectory() as folder:
        # As it is named where it is installed.
        Path(folder, "her2_cds_examples").symlink_to(root / "examples")
        sys.path[:0] = [str(root), folder]
        os.environ["PYTHONPATH"] = os.pathsep.join((str(root), folder))
        count = _load_everything()
        example = _run(folder, 0, "example", EXAMPLE)
        checked = _run(folder, 1, "check", "-", "--format", "json", given=example)
        _must(any(SAYS in card["summary"] for card in json.loads(checked)["cards"]), "check", checked)
        served = _serve(folder, example)
        _must(any(SAYS in card["summary"] for card in json.loads(served)["cards"]), "serve", served)
    print(f"Python {sys.version.split()[0]}: {count} modules, check and serve")  # noqa: T201 - its report


def _load_everything() -> int:
    count = 0
    try:
        for package in map(importlib.import_module, PACKAGES):
            for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
                # Alembic alone can run the files of migrations.
                if ".migrations." not in found.name:
                    count += _load(found.name)
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] in PACKAGES:
            raise
        print(f"Python {sys.version.split()[0]} cannot be tried: it has no {error.name}")  # noqa: T201 - its report
        sys.exit(LACKING)
    return count


def _load(name: str) -> int:
    try:
        importlib.import_module(name)
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in OF_EXTRAS:
            raise
        return 0
    return 1


def _run(folder: str, ends_with: int, *arguments: str, given: str = "") -> str:
    command = [sys.executable, "-c", _CALL, *arguments]
    done = subprocess.run(  # noqa: S603 - our own program
        command, cwd=folder, input=given, capture_output=True, text=True, timeout=_PATIENCE_S, check=False
    )
    _must(done.returncode == ends_with, " ".join(arguments), done.stderr)
    return done.stdout


def _serve(folder: str, body: str) -> str:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    command = [sys.executable, "-c", _CALL, "serve", "--port", str(port), "--workers", "2"]
    log = Path(folder, "log")
    with log.open("wb") as output:
        process = subprocess.Popen(command, cwd=folder, stdout=output, stderr=output)  # noqa: S603 - our own program
        try:
            service = f"http://127.0.0.1:{port}/cds-services/her2-order-sign"
            answer = _asked(service, body, process, log)
            _must(_are_forked(process.pid), "serve", "the workers are not forked, and share no memory")
            return answer
        finally:
            process.terminate()
            try:
                process.wait(_PATIENCE_S)
            except subprocess.TimeoutExpired:
                process.kill()


def _asked(url: str, body: str, process: subprocess.Popen[bytes], log: Path) -> str:
    request = urllib.request.Request(url, body.encode(), {"Content-Type": "application/json"})  # noqa: S310 - loopback
    end = time.monotonic() + _PATIENCE_S
    while time.monotonic() < end and process.poll() is None:
        try:
            with urllib.request.urlopen(request, timeout=_PATIENCE_S) as answer:  # noqa: S310 - loopback
                return str(answer.read().decode())
        except OSError:
            time.sleep(0.1)
    raise SystemExit(_told("serve", log.read_text(encoding="utf-8", errors="replace")))


def _are_forked(parent: int) -> bool:
    """Tell whether each child has the command line of its parent; a child that was started anew has its own."""
    children = Path(f"/proc/{parent}/task/{parent}/children")
    if not children.exists():
        return True  # no Linux, or one that does not tell
    commands = {Path(f"/proc/{each}/cmdline").read_bytes() for each in (parent, *children.read_text().split())}
    return len(commands) == 1


def _must(holds: object, what: str, told: str) -> None:
    if not holds:
        raise SystemExit(_told(what, told))


def _told(what: str, told: str) -> str:
    return f"{what} does not work:\n{told[-4000:]}"


if __name__ == "__main__":
    main()
