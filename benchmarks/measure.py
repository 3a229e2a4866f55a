"""Calls two servers in turn, block by block, so that a noisy machine is as unkind to one as to the other."""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.client import Connection


@dataclass
class Timings:
    """The times of every call to one server, in seconds."""

    took: list[float] = field(default_factory=list)
    client_s: float = 0.0

    def block(self, connection: Connection, requests: Sequence[bytes], count: int) -> float:
        """Call so many times, and give the median of this block alone."""
        took, spent = connection.times(requests, count)
        self.took += took
        self.client_s += spent
        return statistics.median(took)

    @property
    def p50(self) -> float:
        """The median, in milliseconds."""
        return statistics.median(self.took) * 1000

    @property
    def p95(self) -> float:
        """The time that 19 of 20 calls stay below, in milliseconds."""
        return statistics.quantiles(self.took, n=20)[-1] * 1000

    @property
    def per_second(self) -> float:
        """How many calls one connection makes in a second."""
        return len(self.took) / sum(self.took)

    @property
    def client(self) -> float:
        """The processor time of the client in each call, in milliseconds."""
        return self.client_s / len(self.took) * 1000


@dataclass
class Pair:
    """The service beside the hello-world. ``ratio`` is the median of the ratios of adjacent blocks."""

    ours: Timings = field(default_factory=Timings)
    hello: Timings = field(default_factory=Timings)
    ratios: list[float] = field(default_factory=list)

    @property
    def ratio(self) -> float:
        """How many times the hello-world's time the service takes."""
        return statistics.median(self.ratios)

    @property
    def spread(self) -> tuple[float, float]:
        """The ratios between which the middle half of the blocks lies."""
        low, _, high = statistics.quantiles(self.ratios, n=4)
        return low, high


def compare(
    ours: tuple[Connection, Sequence[bytes]],
    hello: tuple[Connection, Sequence[bytes]],
    block: int,
    blocks: int,
    seconds: float,
) -> Pair:
    """Call both in turn, A B B A, for so many pairs of blocks or so many seconds, whichever is less."""
    for connection, requests in (ours, hello):
        connection.times(requests, 2 * block)
    pair = Pair()
    deadline = time.monotonic() + seconds
    for number in range(blocks):
        if number % 2:
            of_hello = pair.hello.block(*hello, block)
            of_ours = pair.ours.block(*ours, block)
        else:
            of_ours = pair.ours.block(*ours, block)
            of_hello = pair.hello.block(*hello, block)
        pair.ratios.append(of_ours / of_hello)
        if time.monotonic() > deadline:
            break
    return pair
