"""More calls than can be answered: what is answered, how fast, and how the others are refused.

    python -m benchmarks.overload [--seconds 60] [--command her2-cds]... [--times 0.8,1.5,3] [--check]

Calls come when they come, whether earlier ones were answered or not (open loop), each over a connection of its own from
a few that are kept. First the capacity is found with a handful of clients that wait for each answer. Two builds are
compared in one run by naming two commands; the figures of one machine are good for ratios only.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import sys
import time
import urllib.request
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.payloads import SERVICE as SERVICE_ID
from benchmarks.payloads import payloads
from benchmarks.servers import SERVICE, running

_CLIENTS = 8
_WAIT_S = 15.0
_LIVE_S, _P99_S, _LEAST_ANSWERED = 0.5, 1.0, 0.7
_MOST_REFUSED = 0.01
"""The share of calls below the capacity that may get a 503.

The capacity is that of a few seconds, and a machine varies by more than that in ten minutes.
"""
_LIVE = b"GET /health/live HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"


Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]
Kept = list[Connection]
"""Connections that no request is using."""


@dataclass
class Seen:
    """What came of the calls of one run."""

    seconds: list[float] = field(default_factory=list)
    refused: list[float] = field(default_factory=list)
    statuses: Counter[str] = field(default_factory=Counter)
    live: list[float] = field(default_factory=list)


def _request(port: int) -> bytes:
    """Return the smallest request of the benchmarks, with the prefetch keys that the service asks for."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/cds-services") as answer:
        listed = json.load(answer)["services"]
    keys = next(each["prefetch"] for each in listed if each["id"] == SERVICE_ID)
    body = next(each for each in payloads(keys) if each.size == "S").bodies[0]
    head = f"POST /cds-services/her2-order-sign HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n"
    return head.encode() + b"Content-Type: application/json\r\n\r\n" + body


def _idle(kept: Kept) -> Connection | None:
    """Take a connection that is open still: the service closes one that has been idle for 75 s, as clients expect."""
    while kept:
        reader, writer = kept.pop()
        if not reader.at_eof():
            return reader, writer
        writer.close()
    return None


async def _asked(port: int, request: bytes, kept: Kept) -> str:
    """Send one request and give the status of its answer."""
    reader, writer = _idle(kept) or await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
        await reader.readexactly(int(length.partition(b":")[2]))
    except BaseException:
        writer.close()
        raise
    if b"connection: close" in head.lower() or request is _LIVE:
        writer.close()
    else:
        kept.append((reader, writer))
    return head.split(b" ", 2)[1].decode()


async def _one(port: int, request: bytes, kept: Kept, seen: Seen) -> None:
    began = time.perf_counter()
    try:
        status = await asyncio.wait_for(_asked(port, request, kept), _WAIT_S)
    except (OSError, TimeoutError, asyncio.IncompleteReadError) as error:
        seen.statuses[type(error).__name__] += 1
        return
    took = time.perf_counter() - began
    seen.statuses[status] += 1
    (seen.seconds if status == "200" else seen.refused).append(took)


async def capacity(port: int, seconds: float) -> float:
    """Find how many calls a second are answered when each client waits for its answer."""
    request, seen, until = _request(port), Seen(), time.perf_counter() + seconds

    async def client() -> None:
        kept: Kept = []
        while time.perf_counter() < until:
            await _one(port, request, kept, seen)

    await asyncio.gather(*(client() for _ in range(_CLIENTS)))
    return len(seen.seconds) / seconds


async def overload(port: int, rate: float, seconds: float) -> Seen:
    """Send calls at a rate, and ask five times a second whether the process lives."""
    request, seen = _request(port), Seen()
    kept: Kept = []
    tasks: set[asyncio.Task[None]] = set()
    began, sent = time.perf_counter(), 0

    async def look() -> None:
        while time.perf_counter() < began + seconds:
            asked = time.perf_counter()
            try:
                await asyncio.wait_for(_asked(port, _LIVE, []), _WAIT_S)
            except (OSError, TimeoutError, asyncio.IncompleteReadError):
                seen.statuses["not live"] += 1
            seen.live.append(time.perf_counter() - asked)
            await asyncio.sleep(0.2)

    looking = asyncio.create_task(look())
    while (now := time.perf_counter()) < began + seconds:
        while sent < (now - began) * rate:
            task = asyncio.create_task(_one(port, request, kept, seen))
            tasks.add(task)
            task.add_done_callback(tasks.discard)
            sent += 1
        await asyncio.sleep(0.002)
    await asyncio.gather(looking, *tasks)
    return seen


def _p(values: list[float], percent: int) -> float:
    return statistics.quantiles(values, n=100)[percent - 1] if len(values) > 1 else float("nan")


def problems(times: float, answered: float, seen: Seen) -> list[str]:
    """Say what did not hold: up to the capacity nearly all is answered; beyond, what is not is refused at once."""
    found = [f"{name}: {count}" for name, count in seen.statuses.items() if name not in ("200", "503")]
    refused = seen.statuses["503"] / seen.statuses.total()
    if times < 1 and refused > _MOST_REFUSED:
        found.append(f"{refused:.1%} refused below the capacity")
    if answered < _LEAST_ANSWERED * min(times, 1):
        found.append(f"only {answered:.0%} answered")
    if max(seen.live) >= _LIVE_S:
        found.append(f"liveness took {max(seen.live):.2f} s")
    if _p(seen.seconds, 99) >= _P99_S or (seen.refused and _p(seen.refused, 99) >= _P99_S):
        found.append("p99 of a second or more")
    return found


def main() -> None:
    """Measure one build after the other."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--check", action="store_true", help="exit code 1 if something does not hold")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--times", default="0.8,1.5,3")
    parser.add_argument("--command", action="append", help="the her2-cds of a build; by default that of this one")
    chosen = parser.parse_args()
    failed = False
    for command in [(each,) for each in chosen.command or []] or [SERVICE]:
        # Another build finds its own code, and not that of this one.
        root = str(Path(command[0]).resolve().parents[2])
        with running(command, PYTHONPATH=root) as port:
            asyncio.run(capacity(port, 2))
            found = asyncio.run(capacity(port, max(3.0, chosen.seconds / 10)))
            print(f"{command[0]}: capacity {found:.0f} a second")
            for times in map(float, chosen.times.split(",")):
                seen = asyncio.run(overload(port, found * times, chosen.seconds))
                answered = len(seen.seconds) / chosen.seconds / found
                print(
                    f"  {times} times: answered {answered:.0%} of the capacity, p50 {_p(seen.seconds, 50):.3f} s, "
                    f"p99 {_p(seen.seconds, 99):.3f} s; 503 p99 {_p(seen.refused, 99):.3f} s; "
                    f"live {max(seen.live):.3f} s at most; {dict(seen.statuses)}",
                    flush=True,
                )
                wrong = problems(times, answered, seen)
                failed |= bool(wrong)
                print("    " + ("; ".join(wrong) or "holds"), flush=True)
    sys.exit(1 if failed and chosen.check else 0)


if __name__ == "__main__":
    main()
