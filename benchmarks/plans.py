"""``python -m benchmarks.plans``: measures how the time of an answer grows with the orders of a plan.

Doses of Kadcyla three weeks apart, with a chart of 1,000 Observations, right in all: one card says which tests the
later doses need. The sizes are called in turn, so that a busy machine is as unkind to one as to the other. Two builds
are called in turn likewise: ``--command`` once for each, with the path of its ``her2-cds``.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from contextlib import ExitStack
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from benchmarks import servers
from benchmarks.chart import Json, Person, prefetch
from benchmarks.client import Connection, get, post
from benchmarks.payloads import HOOK, KADCYLA, SERVICE, order

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

_OBSERVATIONS = 1000
_SIZES = (1, 100, 1000)
_ROUNDS = 7
_TARGETS = {100: (1, 5), 1000: (100, 11)}
"""For a number of orders, how many times as long as a smaller number it may take."""
_DAYS_APART = 21


def main() -> None:
    """Measure one build, or several side by side, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--command", action="append", help="the her2-cds of a build; by default that of this one")
    parser.add_argument("--sizes", type=int, nargs="+", default=_SIZES, help="how many orders the plans have")
    parser.add_argument("--rounds", type=int, default=_ROUNDS)
    arguments = parser.parse_args()
    # Another build finds its own code, and not that of this one.
    commands = [str(Path(each).absolute()) for each in arguments.command or servers.SERVICE]
    with ExitStack() as opened:
        services = []
        for command in commands:
            root = str(Path(command).parents[2])
            port = opened.enter_context(servers.running((command,), PYTHONPATH=root))
            services.append(opened.enter_context(Connection(port)))
        took = _times(services, arguments.sizes, arguments.rounds)
    console = Console(width=100, highlight=False)
    for command, times in zip(commands, took, strict=True):
        console.print(_table(command, {size: statistics.median(each) for size, each in times.items()}))


def _times(services: Sequence[Connection], sizes: Sequence[int], rounds: int) -> list[dict[int, list[float]]]:
    """Call every service with every size in turn, and give the seconds that each call took."""
    calls = [_calls(service, sizes) for service in services]
    took: list[dict[int, list[float]]] = [{size: [] for size in sizes} for _ in services]
    for _ in range(rounds):
        for size in sizes:
            for service, call, times in zip(services, calls, took, strict=True):
                began = time.perf_counter()
                service.call(call[size])
                times[size].append(time.perf_counter() - began)
    return took


def _calls(service: Connection, sizes: Iterable[int]) -> dict[int, bytes]:
    listed = json.loads(service.call(get("/cds-services")))["services"]
    keys = next(list(each["prefetch"]) for each in listed if each["id"] == SERVICE)
    return {size: post(f"/cds-services/{SERVICE}", json.dumps(plan(size, keys)).encode()) for size in sizes}


def _table(title: str, p50: Mapping[int, float]) -> Table:
    table = Table("orders", "p50 ms", "times", "target", "met", title=title)
    for size, seconds in p50.items():
        smaller, target = _TARGETS.get(size, (size, 1))
        ratio = seconds / p50[smaller] if smaller in p50 else 1.0
        table.add_row(
            str(size), f"{seconds * 1000:.1f}", f"{ratio:.1f}", f"{target}", "yes" if ratio <= target else "NO"
        )
    return table


def plan(size: int, keys: Collection[str]) -> Json:
    """Make a request that signs so many doses, three weeks apart, the first today."""
    person = Person(1)
    entries = [{"resource": _dose(person, number)} for number in range(size)]
    return {
        "hook": HOOK,
        "hookInstance": "6d6a1c0e-2f0b-4c53-9b3b-6f0f3f1d0001",
        "context": {
            "userId": "Practitioner/onc-17",
            "patientId": person.id,
            "draftOrders": {"resourceType": "Bundle", "type": "collection", "entry": entries},
        },
        "prefetch": prefetch(keys, _OBSERVATIONS, person),
    }


def _dose(person: Person, number: int) -> Json:
    ordered = order(KADCYLA, number + 1, person)
    day = date.today() + timedelta(days=_DAYS_APART * number)  # noqa: DTZ011 - the day of the machine, as the service's
    ordered["dosageInstruction"][0]["timing"] = {"event": [day.isoformat()]}
    return ordered


if __name__ == "__main__":
    main()
