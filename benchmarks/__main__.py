"""``python -m benchmarks``: measures the service at three sizes and says which targets are met."""

from __future__ import annotations

import json
import os
import platform
from datetime import UTC, datetime
from importlib.metadata import version
from typing import NamedTuple

from rich.console import Console
from rich.table import Table

from benchmarks import hello, servers
from benchmarks.client import AnswerError, Connection, get, post
from benchmarks.measure import Pair, compare
from benchmarks.payloads import SERVICE, Payload, payloads

_SECONDS = 12.0


class Plan(NamedTuple):
    """How often a size is called, and what is wanted of it: a ratio to the hello-world, or a median in ms."""

    block: int
    blocks: int
    ratio: float | None = None
    p50: float | None = None


PLANS = {"S": Plan(50, 60, ratio=5), "M": Plan(20, 60, ratio=6), "L": Plan(5, 50, p50=8)}


def main() -> None:
    """Measure and print."""
    load = os.getloadavg()[0]
    table = Table("size", "request", "server", "p50 ms", "p95 ms", "req/s", "client ms", "ratio", "target", "met")
    with (
        servers.running(servers.SERVICE) as our_port,
        servers.running(servers.HELLO) as hello_port,
        Connection(our_port) as ours,
        Connection(hello_port) as bare,
    ):
        for payload in payloads(_keys(ours)):
            _check(ours, payload)
            plan = PLANS[payload.size]
            pair = compare(
                (ours, [post(f"/cds-services/{SERVICE}", body) for body in payload.bodies]),
                (bare, [post(hello.PATH, body) for body in payload.bodies]),
                plan.block,
                plan.blocks,
                _SECONDS,
            )
            _add_rows(table, payload, plan, pair)
    console = Console(width=max(Console().width, 120), highlight=False)
    console.print(
        f"{datetime.now(UTC):%Y-%m-%d}, Python {platform.python_version()}, {os.cpu_count()} processors, "
        f"load {load:.1f} before the run, granian {version('granian')}, one worker, one connection"
    )
    console.print(table)
    console.print("ratio: ours / hello, median of adjacent blocks (in brackets: the middle half of the blocks)")


def _keys(ours: Connection) -> list[str]:
    """List the prefetch keys that the service announces."""
    services = json.loads(ours.call(get("/cds-services")))["services"]
    return next(list(service["prefetch"]) for service in services if service["id"] == SERVICE)


def _check(ours: Connection, payload: Payload) -> None:
    """Make sure that what is measured is what it should be: an answer without cards."""
    for body in payload.bodies:
        cards = json.loads(ours.call(post(f"/cds-services/{SERVICE}", body)))["cards"]
        if cards:
            raise AnswerError(f"{payload.size} is not clean: {[card['summary'] for card in cards]}")


def _add_rows(table: Table, payload: Payload, plan: Plan, pair: Pair) -> None:
    if plan.ratio is not None:
        target, met = f"ratio <= {plan.ratio:g}", pair.ratio <= plan.ratio
    else:
        target, met = f"p50 < {plan.p50:g} ms", pair.ours.p50 < (plan.p50 or 0)
    low, high = pair.spread
    holds = f"{payload.orders} / {payload.observations}, {len(payload.bodies[0]) / 1000:,.0f} kB"
    for name, each, more in (
        ("ours", pair.ours, (f"{pair.ratio:.2f} ({low:.2f}-{high:.2f})", target, "yes" if met else "NO")),
        ("hello", pair.hello, ("", "", "")),
    ):
        figures = (f"{each.p50:.3f}", f"{each.p95:.3f}", f"{each.per_second:,.0f}", f"{each.client:.3f}")
        first = (payload.size, holds) if name == "ours" else ("", "")
        table.add_row(*first, name, *figures, *more, end_section=name == "hello")


if __name__ == "__main__":
    main()
