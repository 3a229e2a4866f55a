"""``python -m benchmarks.plans``: measures how the time of an answer grows with the orders of a plan.

Doses of Kadcyla three weeks apart, with a chart of 1,000 Observations, right in all: one card says which tests the
later doses need. The sizes are called in turn, so that a busy machine is as unkind to one as to the other.
"""

from __future__ import annotations

import json
import statistics
import time
from datetime import date, timedelta
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from benchmarks import servers
from benchmarks.chart import Json, Person, prefetch
from benchmarks.client import Connection, get, post
from benchmarks.payloads import HOOK, KADCYLA, SERVICE, order

if TYPE_CHECKING:
    from collections.abc import Collection

_OBSERVATIONS = 1000
_SIZES = (1, 100, 1000)
_ROUNDS = 7
_TARGETS = {100: (1, 5), 1000: (100, 11)}
"""For a number of orders, how many times as long as a smaller number it may take."""
_DAYS_APART = 21


def main() -> None:
    """Measure and print."""
    with servers.running(servers.SERVICE) as port, Connection(port) as service:
        services = json.loads(service.call(get("/cds-services")))["services"]
        keys = next(list(each["prefetch"]) for each in services if each["id"] == SERVICE)
        calls = {size: post(f"/cds-services/{SERVICE}", json.dumps(plan(size, keys)).encode()) for size in _SIZES}
        took: dict[int, list[float]] = {size: [] for size in _SIZES}
        for _ in range(_ROUNDS):
            for size, call in calls.items():
                began = time.perf_counter()
                service.call(call)
                took[size].append(time.perf_counter() - began)
    p50 = {size: statistics.median(times) for size, times in took.items()}
    table = Table("orders", "p50 ms", "times", "target", "met")
    for size in _SIZES:
        smaller, target = _TARGETS.get(size, (size, 1))
        ratio = p50[size] / p50[smaller]
        table.add_row(
            str(size), f"{p50[size] * 1000:.1f}", f"{ratio:.1f}", f"{target}", "yes" if ratio <= target else "NO"
        )
    Console(width=100, highlight=False).print(table)


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
