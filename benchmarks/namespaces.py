"""Machines of one network on this machine: network namespaces on a bridge. Linux, and root."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def run(*command: str) -> None:
    """Run a command of the system."""
    subprocess.run(command, check=True, capture_output=True)


class Namespaces:
    """Namespaces by their names, each with an address on a bridge, and the processes that were started in them."""

    def __init__(self, folder: Path, prefix: str, bridge: str, addresses: Mapping[str, str]) -> None:
        """Lay the cables; ``bridge`` is the address of this machine; names begin with ``prefix``, four letters."""
        self.folder = folder
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.prefix, self.addresses = prefix, addresses
        self.close()
        run("ip", "link", "add", f"{prefix}br", "type", "bridge")
        run("ip", "addr", "add", f"{bridge}/24", "dev", f"{prefix}br")
        run("ip", "link", "set", f"{prefix}br", "up")
        for name, address in addresses.items():
            run("ip", "netns", "add", f"{prefix}-{name}")
            ends = (self._cable(name), "type", "veth", "peer", "name", "eth0", "netns", f"{prefix}-{name}")
            run("ip", "link", "add", *ends)
            run("ip", "link", "set", self._cable(name), "master", f"{prefix}br", "up")
            for command in (f"addr add {address}/24 dev eth0", "link set eth0 up", "link set lo up"):
                run("ip", "-n", f"{prefix}-{name}", *command.split())

    def _cable(self, name: str) -> str:
        return f"{self.prefix[:4]}-{name}"[:15]

    def close(self) -> None:
        """Take everything away, also what a run left that was killed."""
        for name in list(self.processes):
            self.kill(name)
        for name in self.addresses:
            # A namespace lives as long as a process in it, and its cable with it.
            self.kill_machine(name)
            subprocess.run(["ip", "netns", "delete", f"{self.prefix}-{name}"], check=False, capture_output=True)
            subprocess.run(["ip", "link", "delete", self._cable(name)], check=False, capture_output=True)
        subprocess.run(["ip", "link", "delete", f"{self.prefix}br"], check=False, capture_output=True)

    def start(self, name: str, machine: str, *command: str, **variables: str) -> None:
        """Start something on a machine."""
        (self.folder / machine).mkdir(exist_ok=True)
        with (self.folder / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                ["ip", "netns", "exec", f"{self.prefix}-{machine}", *command],
                stdout=log,
                stderr=log,
                cwd=self.folder / machine,
                env=os.environ | variables,
                start_new_session=True,
            )

    def kill(self, name: str) -> None:
        """Kill something, with everything it has started."""
        process = self.processes.pop(name)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def kill_machine(self, machine: str) -> None:
        """Kill every process in a namespace, if there is one, as when its power fails."""
        found = subprocess.run(
            ["ip", "netns", "pids", f"{self.prefix}-{machine}"], check=False, capture_output=True, text=True
        )
        for pid in found.stdout.split():
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(pid), signal.SIGKILL)

    def cut(self, machine: str, *, up: bool) -> None:
        """Cut the cable of a machine, or mend it."""
        run("ip", "link", "set", self._cable(machine), "up" if up else "down")
