"""``simulate`` on a Spark cluster of two workers, one of which is lost midway; beside the engine of one machine.

    sudo .venv/bin/python -m benchmarks.cluster [--orders 100000]

A master, two workers of one core each and the machine that starts the run are network namespaces on one bridge (Linux,
root, Java 17 or later, the extra ``spark``). Speed is in orders for each second of processor time, which other work on
the machine changes little; that of the cluster has the start of Java in it. Exit code 1: the bytes differ, or the
cluster is slower than 0.9 of the other engine.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import os
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.namespaces import Namespaces
from benchmarks.processor_time import processor_time

if TYPE_CHECKING:
    from collections.abc import Callable

ADDRESSES = {"master": "10.78.0.2", "driver": "10.78.0.3", "one": "10.78.0.11", "two": "10.78.0.12"}
PORT = 7077
MASTER = f"spark://{ADDRESSES['master']}:{PORT}"
CORES = 2
_ORDERS_OF_A_PATIENT = 11
_LEAST = 0.9
_LONGEST_S = 3600
_LONGEST_START_S = 120
_COMMAND = str(Path(sys.executable).with_name("her2-cds"))


class Cluster(Namespaces):
    """The machines of a standalone cluster."""

    def __init__(self, folder: Path) -> None:
        """Start the master and both workers."""
        super().__init__(folder, "h2sp", "10.78.0.1", ADDRESSES)
        self._spark("master", "Master", "--host", ADDRESSES["master"], "--port", str(PORT))
        _eventually_open(ADDRESSES["master"], PORT)
        for name in ("one", "two"):
            self.worker(name)
        # A site's cluster is up when a run begins: what its start takes is not part of the run.
        for name in ("one", "two"):
            self._eventually_logs(name, "Successfully registered with master")

    def worker(self, name: str) -> None:
        """Start a worker of one core."""
        options = ("--host", ADDRESSES[name], "--cores", "1", "--memory", "1500m", "--webui-port", "0")
        self._spark(name, "Worker", *options, "--work-dir", str(self.folder / name / "work"), MASTER)

    def _spark(self, name: str, what: str, *options: str) -> None:
        import pyspark  # noqa: PLC0415 - an extra

        program = str(Path(pyspark.__file__).parent / "bin" / "spark-class")
        kind = f"org.apache.spark.deploy.{what.lower()}.{what}"
        self.start(name, name, program, kind, *options, SPARK_LOCAL_IP=ADDRESSES[name], SPARK_DAEMON_MEMORY="256m")

    def _eventually_logs(self, name: str, text: str) -> None:
        deadline = time.monotonic() + _LONGEST_START_S
        while text not in (self.folder / f"{name}.log").read_text(errors="replace"):
            if time.monotonic() > deadline:
                raise SystemExit(f"{name} did not start: {(self.folder / f'{name}.log').read_text()[-2000:]}")
            time.sleep(0.2)

    def simulate(self, cohort: Path, output: Path) -> None:
        """Begin a run on the cluster."""
        options = ("--input", str(cohort), "--output", str(output), "--engine", "spark", "--master", MASTER)
        self.start("driver", "driver", _COMMAND, "simulate", *options, SPARK_LOCAL_IP=ADDRESSES["driver"])

    def wait(self) -> None:
        """Wait until the run has ended."""
        code = self.processes.pop("driver").wait(_LONGEST_S)
        if code:
            raise SystemExit(f"exit code {code}: {(self.folder / 'driver.log').read_text()[-2000:]}")


def main() -> None:
    """Run a cohort on one machine, on the cluster, and on a cluster that loses a worker."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--orders", type=int, default=100_000, help="orders of any drug, about")
    patients = parser.parse_args().orders // _ORDERS_OF_A_PATIENT + 1
    with tempfile.TemporaryDirectory(prefix="her2-cluster-") as name, processor_time("her2-cluster") as used:
        folder = Path(name)
        cohort = folder / "co hort"
        said = _run("simulate", "generate", "--patients", str(patients), "--output", str(cohort))
        orders = int(said.split(maxsplit=1)[0])
        plain = _Stopwatch(used)
        _run("simulate", "--input", str(cohort), "--output", str(folder / "plain"), "--workers", str(CORES))
        plain.stop()
        print(f"one machine: {orders} orders in {plain.told(orders)}", flush=True)
        expected = _bytes(folder / "plain")
        with contextlib.closing(Cluster(folder)) as cluster:
            whole = _Stopwatch(used)
            cluster.simulate(cohort, folder / "whole")
            cluster.wait()
            whole.stop()
            share = plain.processor / whole.processor
            same = [_bytes(folder / "whole") == expected]
            print(f"two workers: {whole.told(orders)}; {share:.2f} of that, the same bytes: {same[0]}", flush=True)
            lost = _Stopwatch(used)
            cluster.simulate(cohort, folder / "lost")
            time.sleep(whole.clock * 0.6)
            cluster.kill_machine("two")
            cluster.wait()
            lost.stop()
            same.append(_bytes(folder / "lost") == expected)
            print(
                f"one lost after {whole.clock * 0.6:.0f} s: {lost.told(orders)}, the same bytes: {same[1]}", flush=True
            )
    sys.exit(0 if all(same) and share >= _LEAST else 1)


class _Stopwatch:
    """Seconds by the clock and of processor time, from its beginning to its stop."""

    def __init__(self, used: Callable[[], float]) -> None:
        self._used, self._began, self._used_before = used, time.monotonic(), used()
        self.clock = self.processor = 0.0

    def stop(self) -> None:
        self.clock, self.processor = time.monotonic() - self._began, self._used() - self._used_before

    def told(self, orders: int) -> str:
        each = orders / self.processor
        return f"{self.clock:.0f} s, {self.processor:.0f} s of processor time: {each:.0f} orders a second and core"


def _run(*arguments: str) -> str:
    done = subprocess.run([_COMMAND, *arguments], check=False, capture_output=True, text=True, timeout=_LONGEST_S)
    if done.returncode:
        raise SystemExit(done.stderr)
    return done.stdout


def _bytes(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir())}


def _eventually_open(host: str, port: int) -> None:
    deadline = time.monotonic() + _LONGEST_START_S
    while True:
        try:
            socket.create_connection((host, port), timeout=1).close()
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)
        else:
            return


if __name__ == "__main__":
    if os.geteuid() != 0:
        sys.exit("network namespaces need root")
    main()
