"""``python -m benchmarks.load [--minutes 10] [--share 0.8]``: load for minutes, and nothing may be lost.

First the capacity: as many calls as eight connections bring about. Then calls at a share of it, each at its own time
whether or not the last one is back, so that waiting counts. At the end every answer that judged an order must be in the
record, and every card that was given.
"""

from __future__ import annotations

import argparse
import json
import sqlite3
import statistics
import threading
import time
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from benchmarks import servers
from benchmarks.client import AnswerError, Connection, get, post
from benchmarks.payloads import SERVICE, payloads
from cds_service.tryit import examples

if TYPE_CHECKING:
    from collections.abc import Sequence

CONNECTIONS = 8
_CAPACITY_S = 15.0
_INSTANCE = b"6d6a1c0e-2f0b-4c53-9b3b-6f0f3f1d9a01"


class Mix:
    """What is sent, in turn: seven clean orders, two with cards, one of a drug out of scope; each call is its own."""

    def __init__(self, keys: Sequence[str]) -> None:
        """Make the requests."""
        clean = payloads(keys)[0].bodies[0]
        shown = examples.example("kadcyla-monitoring-overdue", datetime.now(UTC).date())
        troubled = json.dumps(json.loads(shown) | {"hookInstance": _INSTANCE.decode()}).encode()
        other = clean.replace(b"1371046", b"1191").replace(b"ado-trastuzumab emtansine (KADCYLA) IV", b"aspirin")
        self._bodies = [(clean, True)] * 7 + [(troubled, True)] * 2 + [(other, False)]
        self._numbers = count()

    def next(self) -> tuple[bytes, bool]:
        """Return the next request, and whether its answer is recorded."""
        number = next(self._numbers)
        body, recorded = self._bodies[number % len(self._bodies)]
        return post(f"/cds-services/{SERVICE}", body.replace(_INSTANCE, f"{number:036d}".encode())), recorded


class Tally:
    """What the callers saw."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.seconds: list[float] = []
        self.recorded = 0
        self.cards: set[str] = set()
        self.errors: list[str] = []


def main() -> None:
    """Measure and print; end with 1 when anything was lost or failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--share", type=float, default=0.8)
    asked = parser.parse_args()
    with TemporaryDirectory() as folder:
        database = Path(folder) / "load.sqlite3"
        with servers.running(servers.SERVICE, HER2_CDS_DATABASE=f"sqlite:///{database}") as port:
            with Connection(port) as first:
                services = json.loads(first.call(get("/cds-services")))["services"]
            mix = Mix(next(list(each["prefetch"]) for each in services if each["id"] == SERVICE))
            first_calls = _together(port, mix, _CAPACITY_S, None)
            capacity = sum(len(tally.seconds) for tally in first_calls) / _CAPACITY_S
            tallies = _together(port, mix, asked.minutes * 60, capacity * asked.share)
        lost = _lost(database, [*first_calls, *tallies])
    seconds = sorted(took for tally in tallies for took in tally.seconds)
    errors = [error for tally in tallies for error in tally.errors]
    at = [seconds[int(len(seconds) * share)] * 1000 for share in (0.5, 0.95, 0.99, 0.999)]
    print(f"capacity {capacity:,.0f}/s; {asked.share:.0%} of it for {asked.minutes:g} minutes: {len(seconds):,} calls")
    print(f"p50 {at[0]:.1f}  p95 {at[1]:.1f}  p99 {at[2]:.1f}  p99.9 {at[3]:.1f}  max {seconds[-1] * 1000:.0f} ms")
    print(f"mean {statistics.mean(seconds) * 1000:.2f} ms; errors {len(errors)} {errors[:2]}; not on record {lost}")
    if errors or lost:
        raise SystemExit(1)


def _together(port: int, mix: Mix, seconds: float, rate: float | None) -> list[Tally]:
    """Call over several connections at once: as fast as answers come, or at a rate."""
    tallies = [Tally() for _ in range(CONNECTIONS)]
    begin = time.perf_counter() + 0.1
    each = None if rate is None else CONNECTIONS / rate
    threads = [
        threading.Thread(
            target=_call, args=(port, mix, tally, begin + index * (each or 0) / CONNECTIONS, seconds, each)
        )
        for index, tally in enumerate(tallies)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return tallies


def _call(port: int, mix: Mix, tally: Tally, begin: float, seconds: float, each: float | None) -> None:
    with Connection(port) as connection:
        due, end = begin, begin + seconds
        while due < end:
            time.sleep(max(0.0, due - time.perf_counter()))
            request, recorded = mix.next()
            began = due if each is not None else time.perf_counter()
            try:
                cards = json.loads(connection.call(request))["cards"]
            except (AnswerError, OSError) as error:
                tally.errors.append(repr(error)[:200])
                return
            tally.seconds.append(time.perf_counter() - began)
            tally.recorded += recorded
            tally.cards.update(card["uuid"] for card in cards)
            due = due + each if each is not None else time.perf_counter()


def _lost(database: Path, tallies: Sequence[Tally]) -> int:
    """Count what was answered and is not on record."""
    with sqlite3.connect(database) as connection:
        decisions = connection.execute("SELECT count(*) FROM decisions").fetchone()[0]
        cards = {uuid for (uuid,) in connection.execute("SELECT uuid FROM decision_cards")}
    connection.close()
    answered = sum(tally.recorded for tally in tallies)
    given = set().union(*(tally.cards for tally in tallies))
    return max(0, answered - decisions) + len(given - cards)


if __name__ == "__main__":
    main()
