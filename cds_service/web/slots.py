"""Slots that are given out in the order in which they were asked for.

A `threading.Semaphore` lets whoever runs take a slot before a waiter has woken up. Under load that is nearly always a
call that has just arrived, and those that were first wait until their patience ends. Here a slot that becomes free is
handed to the first waiter.
"""

from __future__ import annotations

import threading
from collections import deque


class Slots:
    """A number of slots for the threads of one process."""

    def __init__(self, count: int) -> None:
        """Start with all of them free."""
        self._lock = threading.Lock()
        self._free = count
        self._waiting: deque[threading.Lock] = deque()
        self._returning: deque[threading.Lock] = deque()

    @property
    def waiting(self) -> int:
        """How many threads wait for their first slot."""
        return len(self._waiting)

    @property
    def in_line(self) -> int:
        """How many threads wait for a slot, those that had one before included."""
        return len(self._waiting) + len(self._returning)

    def take(self, timeout_s: float, most_waiting: int) -> bool:
        """Take a slot, and wait for one if fewer than ``most_waiting`` threads do; return whether there was one."""
        with self._lock:
            if self._free:
                self._free -= 1
                return True
            if len(self._waiting) >= most_waiting:
                return False
            ticket = _ticket(self._waiting)
        if ticket.acquire(timeout=timeout_s):
            return True
        with self._lock:
            if ticket in self._waiting:
                self._waiting.remove(ticket)
                return False
        # It was handed over at the last moment.
        return True

    def take_back(self) -> None:
        """Take back a slot given up for a while, ahead of calls that wait for their first, even above the limit."""
        with self._lock:
            if self._free:
                self._free -= 1
                return
            ticket = _ticket(self._returning)
        ticket.acquire()

    def give(self) -> None:
        """Hand a slot to the first waiting call, or leave it free."""
        with self._lock:
            queue = self._returning or self._waiting
            if queue:
                queue.popleft().release()
            else:
                self._free += 1


def _ticket(queue: deque[threading.Lock]) -> threading.Lock:
    """Join a queue with a lock that is released when the turn comes."""
    ticket = threading.Lock()
    ticket.acquire()
    queue.append(ticket)
    return ticket
