"""Lets in as many calls as can be answered, and turns the others away at once.

A call that waits for its turn for seconds is a call that the EHR has given up on, and work that is done for it is lost
to the next. So a few calls are worked on at a time, a few more wait for a moment, and whoever comes on top of these
hears within milliseconds that there is no room (503, ``Retry-After``). Health and metrics are never turned away.
"""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

CALLS_AT_ONCE = 40
"""Calls that one process works on at a time; some may wait for a FHIR server, which costs the others nothing."""
WAITING = 48
"""Calls that wait for one of these to end."""
PATIENCE_S = 0.5
"""How long one waits; the next may be answered in time."""
RETRY_AFTER_S = "1"
_GUARDED = "/cds-services/"


class NoRoomError(Exception):
    """The service is at its limit; the caller is to come again in a moment."""


class Admission:
    """The room of one process."""

    def __init__(self, at_once: int = CALLS_AT_ONCE, waiting: int = WAITING, patience_s: float = PATIENCE_S) -> None:
        """Begin with an empty room."""
        self._slots = threading.Semaphore(at_once)
        self._most_waiting = waiting
        self._patience_s = patience_s
        self._lock = threading.Lock()
        self._waiting = 0

    @property
    def is_full(self) -> bool:
        """Whether a call that comes now would have to be turned away."""
        return self._waiting >= self._most_waiting

    @contextmanager
    def slot(self) -> Iterator[None]:
        """Work on a call, once there is room for it.

        Raises:
            NoRoomError: there is none, or there was none in time.

        """
        if not self._slots.acquire(blocking=False):
            self._wait()
        try:
            yield
        finally:
            self._slots.release()

    def _wait(self) -> None:
        with self._lock:
            if self.is_full:
                raise NoRoomError
            self._waiting += 1
        try:
            if not self._slots.acquire(timeout=self._patience_s):
                raise NoRoomError
        finally:
            with self._lock:
                self._waiting -= 1


class Doorkeeper:
    """Stands before the application: a call that finds the room full costs no more than to say so."""

    def __init__(
        self, application: Callable[..., Any], admission: Admission, refusal: bytes, on_shed: Callable[[], None]
    ) -> None:
        """Take what answers, and the words of a refusal; ``on_shed`` is told of each."""
        self._application = application
        self._admission = admission
        self._refusal = refusal
        self._headers = [
            ("Content-Type", "application/json"),
            ("Content-Length", str(len(refusal))),
            ("Retry-After", RETRY_AFTER_S),
            ("Access-Control-Allow-Origin", "*"),
        ]
        self._on_shed = on_shed

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer a request of WSGI."""
        if (
            self._admission.is_full
            and environ["PATH_INFO"].startswith(_GUARDED)
            and environ["REQUEST_METHOD"] == "POST"
        ):
            self._on_shed()
            start_response("503 Service Unavailable", self._headers)
            return [self._refusal]
        answer: Iterable[bytes] = self._application(environ, start_response)
        return answer
